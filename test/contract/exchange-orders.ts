/** The part of the exchange's contract about orders that act at once or rest in the book, look-ups, and ids that are never used twice (I2, I4). */
import { describe, expect, test } from 'vitest';
import { dec, plain } from '../../src/domain/decimal.ts';
import { AMOUNT, BASE_PRICE, LEG_ACTS, named } from './exchange-desk.ts';
import type { LegAct } from './exchange-desk.ts';
import type { Subject } from './exchange.ts';

const [OPEN_LONG, CLOSE_LONG, OPEN_SHORT] = LEG_ACTS as readonly [LegAct, LegAct, LegAct, LegAct];

export function orderTests({ desk, mode, capabilities, lacks }: Subject): void {
  describe('at market', () => {
    test.each(named(LEG_ACTS))('an order %s, is read back, and its trade bears its id', async (_, act) => {
      const d = desk();
      if (!act.opens) await d.hold(act.leg);
      const request = d.acting(act);
      await d.placed(request);
      await d.order(request, { status: 'closed', filled: AMOUNT, reason: null });
      await d.eventually(async () => {
        const [trade, ...more] = await d.tradesOf(request.clientOrderId);
        expect(more).toEqual([]);
        expect(trade).toMatchObject({
          account: d.harness.account,
          symbol: d.harness.symbol,
          side: act.side,
          positionSide: mode === 'hedge' ? act.leg : null,
          price: BASE_PRICE,
          amount: AMOUNT,
          fee: plain(dec(AMOUNT).times(BASE_PRICE).times(d.harness.instrument.takerFee)),
          takerOrMaker: 'taker',
        });
        expect(await d.held()).toEqual({ long: '0', short: '0', ...(act.opens && { [act.leg]: AMOUNT }) });
      });
    });

    test('a part of a position is closed, the rest stays', async () => {
      const d = desk();
      await d.hold('long', '0.3');
      await d.placed(d.acting(CLOSE_LONG));
      await d.eventually(async () => expect(await d.held()).toEqual({ long: '0.2', short: '0' }));
    });

    test(mode === 'hedge' ? 'both legs are held side by side' : 'an order larger than the position turns it', async () => {
      const d = desk();
      await d.hold('long');
      await d.placed(d.acting(OPEN_SHORT, { amount: '0.25' }));
      await d.eventually(async () => expect(await d.held()).toEqual(mode === 'hedge' ? { long: AMOUNT, short: '0.25' } : { long: '0', short: '0.15' }));
    });

    test('one order in several trades: each with an id of its own, together the amount', async () => {
      const d = desk();
      d.harness.behind.acts.changeMarket(d.harness.symbol, { maxAmountPerTrade: '0.04' });
      const request = d.acting(OPEN_LONG);
      await d.placed(request).finally(() => d.harness.behind.acts.changeMarket(d.harness.symbol, { maxAmountPerTrade: null }));
      await d.order(request, { status: 'closed', filled: AMOUNT });
      await d.eventually(async () => {
        const trades = await d.tradesOf(request.clientOrderId);
        expect(trades.map(({ amount }) => amount)).toEqual(['0.04', '0.04', '0.02']);
        expect(new Set(trades.map(({ id }) => id)).size).toBe(3);
      });
    });
  });

  describe('a limit order', () => {
    test('rests until its price is reached, then fills as maker at it', async () => {
      const d = desk();
      const request = d.acting(OPEN_LONG, { type: 'limit', price: '9900' });
      await d.placed(request);
      await d.order(request, { status: 'open', triggered: false, filled: '0' });
      await d.harness.tick({ last: '9950' });
      await d.order(request, { status: 'open', filled: '0' });
      await d.harness.tick({ last: '9890' });
      await d.order(request, { status: 'closed', filled: AMOUNT });
      await d.eventually(async () => {
        const fee = plain(dec(AMOUNT).times('9900').times(d.harness.instrument.makerFee));
        expect(await d.tradesOf(request.clientOrderId)).toMatchObject([{ price: '9900', takerOrMaker: 'maker', fee }]);
      });
    });

    test('is cancelled by its id, once', async () => {
      const d = desk();
      const request = d.acting(OPEN_SHORT, { type: 'limit', price: '10100' });
      await d.placed(request);
      expect(await d.cancel(request.clientOrderId)).toMatchObject({ type: 'done', value: { clientOrderId: request.clientOrderId, status: 'canceled', filled: '0' } });
      await d.order(request, { status: 'canceled', filled: '0' });
      expect(await d.cancel(request.clientOrderId)).toMatchObject({ type: 'refused', code: 'ORDER_NOT_FOUND' });
    });

    test.skipIf(lacks('post-only'))('that may only add to the book rests', async () => {
      const d = desk();
      const request = d.acting(OPEN_LONG, { type: 'limit', price: '9900', postOnly: true });
      await d.placed(request);
      await d.order(request, { status: 'open', filled: '0', postOnly: true });
    });
  });

  describe('an id', () => {
    test('that never was at the exchange has no order', async () => {
      const d = desk();
      expect(await d.fetchOrder(d.newId())).toBeNull();
    });

    const forgets = lacks('memory of closed ids');

    test.skipIf(forgets)('of a market order is not taken again: it trades once', async () => {
      const d = desk();
      const request = d.acting(OPEN_LONG);
      await d.placed(request);
      expect(await d.exchange.placeOrder(request)).toMatchObject({ type: 'refused', code: 'DUPLICATE_CLIENT_ORDER_ID' });
      await d.harness.tick({ last: BASE_PRICE });
      expect(d.behindOf(request.clientOrderId)).toEqual({ orders: 1, trades: 1 });
    });

    test.each(forgets ? (['open'] as const) : (['open', 'canceled', 'closed'] as const))('of a stop that is %s is not taken again, with the same content or another', async (state) => {
      const d = desk();
      const request = d.acting(OPEN_SHORT, { type: 'stop-market', triggerPrice: '9900' });
      await d.placed(request);
      if (state === 'canceled') await d.cancel(request.clientOrderId);
      if (state === 'closed') await d.harness.tick({ last: '9900' });
      await d.order(request, { status: state });
      for (const repeat of [request, { ...request, triggerPrice: '9800' }]) {
        expect(await d.exchange.placeOrder(repeat)).toMatchObject({ type: 'refused', code: 'DUPLICATE_CLIENT_ORDER_ID' });
      }
      expect(d.behindOf(request.clientOrderId)).toEqual({ orders: 1, trades: state === 'closed' ? 1 : 0 });
      await d.order(request, { status: state });
    });

    test('sent twice at the same time becomes one order', async () => {
      const d = desk();
      const request = d.acting(OPEN_LONG, forgets ? { type: 'limit', price: '9900' } : {});
      const outcomes = await Promise.all([d.exchange.placeOrder(request), d.exchange.placeOrder(request)]);
      expect(outcomes.map((outcome) => (outcome.type === 'refused' ? outcome.code : outcome.type)).sort()).toEqual(['DUPLICATE_CLIENT_ORDER_ID', 'done']);
      expect(d.behindOf(request.clientOrderId)).toEqual({ orders: 1, trades: forgets ? 0 : 1 });
    });

    test(`is written ${capabilities.clientOrderIdForm}, and in no other form`, async () => {
      const d = desk();
      for (const clientOrderId of ['', 'with space', capabilities.clientOrderIdForm === 'hex128' ? 'hr1' : 'ä', 'x'.repeat(80)]) {
        expect(await d.exchange.placeOrder(d.acting(OPEN_LONG, { clientOrderId })), clientOrderId).toMatchObject({ type: 'refused', code: 'BAD_REQUEST' });
      }
    });
  });
}
