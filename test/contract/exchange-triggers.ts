/** The part of the exchange's contract about conditional orders: both directions, both legs, moving, cancelling, what becomes of them (I1, I7, I13). */
import { describe, expect, test } from 'vitest';
import type { OrderRequest } from '../../src/ports/exchange.ts';
import { AMOUNT, BASE_PRICE, LEG_ACTS, named } from './exchange-desk.ts';
import type { LegAct } from './exchange-desk.ts';
import type { Subject } from './exchange.ts';

const [OPEN_LONG, CLOSE_LONG, OPEN_SHORT, CLOSE_SHORT] = LEG_ACTS as readonly [LegAct, LegAct, LegAct, LegAct];

/** A sell waits below the market, a buy above it. */
function waiting({ side }: LegAct): { readonly trigger: string; readonly short: string; readonly beyond: string } {
  return side === 'sell' ? { trigger: '9900', short: '9901', beyond: '9800' } : { trigger: '10100', short: '10099', beyond: '10200' };
}

export function triggerTests({ desk, mode, capabilities }: Subject): void {
  describe.each(named(LEG_ACTS))('a stop that %s', (_, act) => {
    const { trigger, short, beyond } = waiting(act);

    test('waits short of its trigger and fires at it', async () => {
      const d = desk();
      if (!act.opens) await d.hold(act.leg);
      const request = d.acting(act, { type: 'stop-market', triggerPrice: trigger });
      const answer = await d.placed(request);
      expect(answer).toMatchObject({ clientOrderId: request.clientOrderId, status: 'open', triggered: false, filled: '0' });
      await d.order(request, { id: answer.id, status: 'open', triggered: false, filled: '0', reason: null });
      await d.harness.tick({ last: short });
      await d.order(request, { status: 'open', triggered: false, filled: '0' });
      await d.harness.tick({ last: trigger });
      await d.order(request, { status: 'closed', triggered: true, filled: AMOUNT, reason: null });
      await d.eventually(async () => {
        expect(await d.tradesOf(request.clientOrderId)).toMatchObject([{ side: act.side, positionSide: mode === 'hedge' ? act.leg : null, price: trigger, amount: AMOUNT, takerOrMaker: 'taker' }]);
        expect(await d.held()).toEqual({ long: '0', short: '0', ...(act.opens && { [act.leg]: AMOUNT }) });
      });
    });

    test('fills where a jump over its trigger lands', async () => {
      const d = desk();
      if (!act.opens) await d.hold(act.leg);
      const request = d.acting(act, { type: 'stop-market', triggerPrice: trigger });
      await d.placed(request);
      await d.harness.tick({ last: beyond });
      await d.order(request, { status: 'closed', triggered: true, filled: AMOUNT });
      await d.eventually(async () => expect(await d.tradesOf(request.clientOrderId)).toMatchObject([{ price: beyond, amount: AMOUNT }]));
    });

    test('does not fire when it was cancelled', async () => {
      const d = desk();
      if (!act.opens) await d.hold(act.leg);
      const request = d.acting(act, { type: 'stop-market', triggerPrice: trigger });
      await d.placed(request);
      expect(await d.cancel(request.clientOrderId)).toMatchObject({ type: 'done', value: { clientOrderId: request.clientOrderId, status: 'canceled', filled: '0', triggered: false } });
      await d.order(request, { status: 'canceled', filled: '0', triggered: false });
      await d.harness.tick({ last: trigger });
      await d.order(request, { status: 'canceled', filled: '0', triggered: false });
      expect(d.behindOf(request.clientOrderId)).toEqual({ orders: 1, trades: 0 });
      expect(await d.cancel(request.clientOrderId)).toMatchObject({ type: 'refused', code: 'ORDER_NOT_FOUND' });
    });

    test('with a limit fills within it', async () => {
      const d = desk();
      if (!act.opens) await d.hold(act.leg);
      const request = d.acting(act, { type: 'stop-limit', triggerPrice: trigger, price: beyond });
      await d.placed(request);
      await d.order(request, { status: 'open', triggered: false });
      await d.harness.tick({ last: trigger });
      await d.order(request, { status: 'closed', triggered: true, filled: AMOUNT });
      await d.eventually(async () => expect(await d.tradesOf(request.clientOrderId)).toMatchObject([{ price: trigger, amount: AMOUNT, takerOrMaker: 'taker' }]));
    });

    test('with a limit that is jumped rests there, fired and unfilled, until the price comes back', async () => {
      const d = desk();
      if (!act.opens) await d.hold(act.leg);
      const request = d.acting(act, { type: 'stop-limit', triggerPrice: trigger, price: trigger });
      await d.placed(request);
      await d.harness.tick({ last: beyond });
      await d.order(request, { status: 'open', triggered: true, filled: '0' });
      await d.readsTheTruth();
      await d.harness.tick({ last: trigger });
      await d.order(request, { status: 'closed', triggered: true, filled: AMOUNT });
      await d.eventually(async () => expect(await d.tradesOf(request.clientOrderId)).toMatchObject([{ price: trigger, amount: AMOUNT, takerOrMaker: 'maker' }]));
    });
  });

  test.each(capabilities.triggerSources)('a stop by the %s price follows it and no other', async (source) => {
    const d = desk();
    const request = d.acting(OPEN_SHORT, { type: 'stop-market', triggerPrice: '9900', triggerBy: source });
    await d.placed(request);
    const elsewhere = { last: '9850', mark: '9850', index: '9850', [source]: BASE_PRICE };
    await d.harness.tick(elsewhere);
    await d.order(request, { status: 'open', triggered: false });
    await d.harness.tick({ last: BASE_PRICE, mark: BASE_PRICE, index: BASE_PRICE, [source]: '9900' });
    await d.order(request, { status: 'closed', triggered: true, filled: AMOUNT });
  });

  test('one that has fired and rests is cancelled by its id', async () => {
    const d = desk();
    const request = d.acting(OPEN_SHORT, { type: 'stop-limit', triggerPrice: '9900', price: '9900' });
    await d.placed(request);
    await d.harness.tick({ last: '9800' });
    await d.order(request, { status: 'open', triggered: true });
    expect(await d.cancel(request.clientOrderId)).toMatchObject({ type: 'done', value: { status: 'canceled', filled: '0' } });
    await d.order(request, { status: 'canceled', triggered: true, filled: '0' });
  });

  test('one that has filled cannot be cancelled', async () => {
    const d = desk();
    const request = d.acting(OPEN_SHORT, { type: 'stop-market', triggerPrice: '9900' });
    await d.placed(request);
    await d.harness.tick({ last: '9900' });
    await d.order(request, { status: 'closed' });
    expect(await d.cancel(request.clientOrderId)).toMatchObject({ type: 'refused', code: 'ORDER_NOT_FOUND' });
    await d.order(request, { status: 'closed', filled: AMOUNT });
  });

  test.each(named([CLOSE_LONG, CLOSE_SHORT]))('a stop that %s opens nothing when the position is gone (I7)', async (_, act) => {
    const d = desk();
    const { trigger } = waiting(act);
    await d.hold(act.leg);
    const request = d.acting(act, { type: 'stop-market', triggerPrice: trigger });
    await d.placed(request);
    await d.placed(d.acting(act));
    await d.harness.tick({ last: trigger });
    await d.eventually(async () => {
      // An exchange may end such an order as soon as the position is gone, or when it fires.
      expect(['canceled', 'rejected', 'expired']).toContain((await d.fetchOrder(request.clientOrderId))?.status);
      expect(await d.held()).toEqual({ long: '0', short: '0' });
    });
    expect(d.behindOf(request.clientOrderId).trades).toBe(0);
  });

  describe('moving', () => {
    const moved = async (change: { amount?: string; triggerPrice: string }): Promise<void> => {
      const d = desk();
      await d.hold('long');
      const request = d.acting(CLOSE_LONG, { type: 'stop-market', triggerPrice: '9900' });
      const before = await d.placed(request);
      const after: OrderRequest = { ...request, ...change };
      const outcome = await d.amend(request.clientOrderId, change);
      expect(outcome).toMatchObject({ type: 'done', value: { clientOrderId: request.clientOrderId, status: 'open', triggerPrice: change.triggerPrice } });
      await d.order(after, { id: before.id, status: 'open', triggered: false });
      await d.harness.tick({ last: '9900' });
      await d.order(after, { status: 'open', triggered: false });
      await d.harness.tick({ last: change.triggerPrice });
      await d.order(after, { status: 'closed', filled: after.amount });
      expect(d.behindOf(request.clientOrderId)).toEqual({ orders: 1, trades: 1 });
    };

    test.runIf(capabilities.amendsConditional)('a stop keeps its id and its place, and fires at the new trigger only', () => moved({ triggerPrice: '9800' }));
    test.runIf(capabilities.amendsConditional)('a stop changes its amount as well', () => moved({ triggerPrice: '9850', amount: '0.06' }));

    test.runIf(capabilities.amendsConditional)('what is over cannot be moved', async () => {
      const d = desk();
      const request = d.acting(OPEN_SHORT, { type: 'stop-market', triggerPrice: '9900' });
      await d.placed(request);
      await d.cancel(request.clientOrderId);
      expect(await d.amend(request.clientOrderId, { triggerPrice: '9800' })).toMatchObject({ type: 'refused' });
      await d.order(request, { status: 'canceled' });
    });

    test.runIf(capabilities.amendsConditional)('a refused move leaves the stop as it was', async () => {
      const d = desk();
      const request = d.acting(OPEN_SHORT, { type: 'stop-market', triggerPrice: '9900' });
      await d.placed(request);
      expect(await d.amend(request.clientOrderId, { triggerPrice: '10100' })).toMatchObject({ type: 'refused', code: 'WOULD_TRIGGER_IMMEDIATELY' });
      await d.order(request, { status: 'open', triggered: false });
    });

    test.skipIf(capabilities.amendsConditional)('is refused, and the stop stays as it was', async () => {
      const d = desk();
      const request = d.acting(OPEN_SHORT, { type: 'stop-market', triggerPrice: '9900' });
      await d.placed(request);
      expect(await d.amend(request.clientOrderId, { triggerPrice: '9800' })).toMatchObject({ type: 'refused', code: 'ORDER_NOT_AMENDABLE' });
      await d.order(request, { status: 'open', triggered: false });
    });

    test('by a second stop beside the first, which is cancelled then: the position is covered throughout', async () => {
      const d = desk();
      await d.hold('long');
      const [first, second] = [d.acting(CLOSE_LONG, { type: 'stop-market', triggerPrice: '9900' }), d.acting(CLOSE_LONG, { type: 'stop-market', triggerPrice: '9950' })];
      await d.placed(first);
      await d.placed(second);
      await d.order(first, { status: 'open' });
      await d.order(second, { status: 'open' });
      await d.readsTheTruth();
      await d.cancel(first.clientOrderId);
      await d.harness.tick({ last: '9950' });
      await d.order(second, { status: 'closed', filled: AMOUNT });
      await d.eventually(async () => expect(await d.held()).toEqual({ long: '0', short: '0' }));
    });
  });

  describe('a stop that fills in parts', () => {
    const inParts = async (during: (request: OrderRequest) => Promise<void>): Promise<void> => {
      const d = desk();
      const { behind, symbol } = d.harness;
      behind.acts.changeMarket(symbol, { maxAmountPerTrade: '0.04', tradesPerTick: 1 });
      try {
        const request = d.acting(OPEN_SHORT, { type: 'stop-market', triggerPrice: '9900' });
        await d.placed(request);
        await d.harness.tick({ last: '9900' });
        await d.order(request, { status: 'open', triggered: true, filled: '0.04' });
        await d.readsTheTruth();
        await during(request);
      } finally {
        behind.acts.changeMarket(symbol, { maxAmountPerTrade: null, tradesPerTick: null });
      }
    };

    test('is open until it is filled, and every part is a trade', () =>
      inParts(async (request) => {
        const d = desk();
        await d.harness.tick({ last: '9890' });
        await d.order(request, { status: 'open', triggered: true, filled: '0.08' });
        await d.harness.tick({ last: '9880' });
        await d.order(request, { status: 'closed', triggered: true, filled: AMOUNT });
        await d.eventually(async () => {
          const trades = await d.tradesOf(request.clientOrderId);
          expect(trades.map(({ price, amount }) => [price, amount])).toEqual([['9900', '0.04'], ['9890', '0.04'], ['9880', '0.02']]);
        });
      }));

    test('keeps what is filled when the rest is cancelled', () =>
      inParts(async (request) => {
        const d = desk();
        expect(await d.cancel(request.clientOrderId)).toMatchObject({ type: 'done', value: { status: 'canceled', filled: '0.04' } });
        await d.harness.tick({ last: '9890' });
        await d.order(request, { status: 'canceled', triggered: true, filled: '0.04' });
        await d.eventually(async () => expect(await d.held()).toEqual({ long: '0', short: '0.04' }));
      }));
  });

  test('a ladder of stops fires in its order, each once', async () => {
    const d = desk();
    const requests = ['9950', '9900', '9850'].map((triggerPrice) => d.acting(OPEN_SHORT, { type: 'stop-market', triggerPrice }));
    const buy = d.acting(OPEN_LONG, { type: 'stop-market', triggerPrice: '10050', amount: '0.3' });
    for (const request of [...requests, buy]) await d.placed(request);
    await d.harness.tick({ last: '9900' });
    for (const [index, request] of requests.entries()) await d.order(request, index < 2 ? { status: 'closed', filled: AMOUNT } : { status: 'open', filled: '0' });
    await d.order(buy, { status: 'open', filled: '0' });
    await d.harness.tick({ last: '9850' });
    for (const request of requests) {
      await d.order(request, { status: 'closed', filled: AMOUNT });
      expect(d.behindOf(request.clientOrderId)).toEqual({ orders: 1, trades: 1 });
    }
    await d.eventually(async () => expect(await d.held()).toEqual({ long: '0', short: '0.3' }));
  });
}
