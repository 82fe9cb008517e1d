/** The part of the exchange's contract about what it tells on its own: streams as hints, funding, transfers, forced closes; what was missed is read (I4). */
import { describe, expect, test } from 'vitest';
import type { ExchangeEvent } from '../../src/ports/exchange.ts';
import { AMOUNT, BASE_PRICE, LEG_ACTS } from './exchange-desk.ts';
import type { Desk, LegAct } from './exchange-desk.ts';
import type { Subject } from './exchange.ts';

type AccountEvent = Extract<ExchangeEvent, { type: 'funding' | 'liquidation' | 'transfer' }>;

const [OPEN_LONG, , OPEN_SHORT] = LEG_ACTS as readonly [LegAct, LegAct, LegAct, LegAct];

/** Account events of a kind since the moment, as they are read. */
async function eventsSince(d: Desk, type: AccountEvent['type'], since: number): Promise<readonly AccountEvent[]> {
  const events = await d.exchange.fetchAccountEvents(d.harness.account, since);
  return events.filter((event): event is AccountEvent => event.type === type);
}

function tradesHeard(d: Desk, clientOrderId: string): readonly string[] {
  return [...new Set(d.events.flatMap((event) => (event.type === 'trade' && event.trade.clientOrderId === clientOrderId ? [event.trade.id] : [])))];
}

export function eventTests({ desk, mode, lacks }: Subject): void {
  describe('the streams tell', () => {
    test('the three prices', async () => {
      const d = desk();
      await d.harness.tick({ last: '10010', mark: '10020', index: '10030' });
      await d.eventually(() => expect(d.events).toContainEqual(expect.objectContaining({ type: 'price', symbol: d.harness.symbol, last: '10010', mark: '10020', index: '10030', at: expect.any(Number) })));
    });

    test('trades, the same that are read', async () => {
      const d = desk();
      const request = d.acting(OPEN_SHORT, { type: 'stop-market', triggerPrice: '9900' });
      await d.placed(request);
      await d.harness.tick({ last: '9900' });
      await d.eventually(async () => {
        const read = await d.tradesOf(request.clientOrderId);
        expect(read).toHaveLength(1);
        expect(tradesHeard(d, request.clientOrderId)).toEqual(read.map(({ id }) => id));
        const heard = d.events.flatMap((event) => (event.type === 'trade' && event.trade.clientOrderId === request.clientOrderId ? [event.trade] : []));
        const told = ({ id, account, symbol, side, positionSide, price, amount, fee, takerOrMaker, at }: (typeof read)[number]): object => ({ id, account, symbol, side, positionSide, price, amount, fee, takerOrMaker, at });
        for (const trade of heard) expect(told(trade)).toEqual(read.map(told)[0]);
      });
    });

    test('what becomes of an order', async () => {
      const d = desk();
      const request = d.acting(OPEN_SHORT, { type: 'stop-market', triggerPrice: '9900' });
      const heard = (): readonly string[] => d.events.flatMap((event) => (event.type === 'order' && event.order.clientOrderId === request.clientOrderId ? [event.order.status] : []));
      await d.placed(request);
      await d.cancel(request.clientOrderId);
      await d.eventually(() => expect(heard().at(-1)).toBe('canceled'));
    });

    test('nothing more to who has left', async () => {
      const d = desk();
      const heard: ExchangeEvent[] = [];
      d.exchange.subscribe((event) => heard.push(event))();
      await d.harness.tick({ last: '10010', mark: '10020', index: '10030' });
      await d.eventually(() => expect(d.events.some((event) => event.type === 'price')).toBe(true));
      expect(heard).toEqual([]);
    });
  });

  test('what happened while no stream was there is told by a gap and found by reading', async () => {
    const d = desk();
    const request = d.acting(OPEN_SHORT, { type: 'stop-market', triggerPrice: '9900' });
    await d.placed(request);
    await d.harness.withoutStreams(() => d.harness.tick({ last: '9900' }));
    await d.eventually(() => expect(d.events.some((event) => event.type === 'gap')).toBe(true));
    await d.order(request, { status: 'closed', filled: AMOUNT });
    await d.eventually(async () => expect(await d.tradesOf(request.clientOrderId)).toHaveLength(1));
    // The streams are there again.
    const next = d.acting(OPEN_LONG);
    await d.placed(next);
    await d.eventually(() => expect(tradesHeard(d, next.clientOrderId)).toHaveLength(1));
  });

  test('funding is paid by the long and received by the short', async () => {
    const d = desk();
    const since = d.harness.behind.now();
    await d.hold('long');
    if (mode === 'hedge') await d.hold('short', '0.05');
    await d.harness.tick({ last: BASE_PRICE, fundingRate: '0.0001' });
    await d.eventually(async () => {
      const events = await eventsSince(d, 'funding', since);
      const told = events.map((event) => (event.type === 'funding' ? [event.positionSide, Number(event.amount), event.rate, event.markPrice, event.symbol] : []));
      const { symbol } = d.harness;
      const long = [mode === 'hedge' ? 'long' : 'both', -0.1, '0.0001', BASE_PRICE, symbol];
      expect(told).toHaveLength(mode === 'hedge' ? 2 : 1);
      expect(told).toEqual(expect.arrayContaining(mode === 'hedge' ? [long, ['short', 0.05, '0.0001', BASE_PRICE, symbol]] : [long]));
      expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
      const [{ at } = { at: 0 }] = events;
      expect((await eventsSince(d, 'funding', at)).map(({ id }) => id)).toEqual(events.map(({ id }) => id));
      expect(await eventsSince(d, 'funding', at + 1)).toEqual([]);
    });
  });

  test.skipIf(lacks('transfers'))('money that moves in and out is told', async () => {
    const d = desk();
    const { account, behind } = d.harness;
    const since = behind.now();
    const { currency } = (await d.snapshot()).balance;
    behind.others.transfer(account, '250');
    behind.others.transfer(account, '-100');
    await d.eventually(async () => {
      const events = await eventsSince(d, 'transfer', since);
      expect(events.map((event) => (event.type === 'transfer' ? [event.currency, event.amount] : []))).toEqual([[currency, '250'], [currency, '-100']]);
      expect(new Set(events.map(({ id }) => id)).size).toBe(2);
    });
  });

  test.skipIf(lacks('deleveraging'))('a position that is deleveraged is told, with its trade', async () => {
    const d = desk();
    const { account, symbol, behind } = d.harness;
    const since = behind.now();
    await d.hold('long');
    const positionSide = mode === 'hedge' ? 'long' : 'both';
    behind.acts.deleverage(account, symbol, positionSide, '0.04');
    await d.eventually(async () => {
      expect(await eventsSince(d, 'liquidation', since)).toMatchObject([{ cause: 'adl', account, symbol, positionSide, amount: '0.04', price: BASE_PRICE }]);
      expect((await d.exchange.fetchTrades(account, symbol, since)).filter(({ clientOrderId }) => clientOrderId === null)).toMatchObject([{ side: 'sell', amount: '0.04', price: BASE_PRICE }]);
      expect(await d.held()).toEqual({ long: '0.06', short: '0' });
    });
  });

  test.skipIf(lacks('liquidations'))('a liquidation is told, with its trade, and ends the orders', async () => {
    const d = desk();
    const { account, symbol, behind } = d.harness;
    const since = behind.now();
    await d.hold('long');
    const stop = d.acting(OPEN_SHORT, { type: 'stop-market', triggerPrice: '9900' });
    await d.placed(stop);
    behind.acts.liquidate(account);
    await d.eventually(async () => {
      expect(await eventsSince(d, 'liquidation', since)).toMatchObject([{ cause: 'liquidation', account, symbol, positionSide: mode === 'hedge' ? 'long' : 'both', amount: AMOUNT, price: BASE_PRICE }]);
      expect((await d.exchange.fetchTrades(account, symbol, since)).filter(({ clientOrderId }) => clientOrderId === null)).toMatchObject([{ side: 'sell', amount: AMOUNT }]);
      expect(await d.held()).toEqual({ long: '0', short: '0' });
    });
    await d.order(stop, { status: 'canceled', filled: '0' });
  });
}
