/** The part of the exchange's contract about refusals: every raw code that can be provoked arrives as its name, and nothing was done (I15, I18). */
import { afterEach, describe, expect, test } from 'vitest';
import type { OrderRequest, RefusalCode } from '../../src/ports/exchange.ts';
import type { MarketChange } from '../../src/sim/exchange/faults.ts';
import { AMOUNT, LEG_ACTS, named } from './exchange-desk.ts';
import type { Desk, LegAct } from './exchange-desk.ts';
import type { Subject } from './exchange.ts';

const [OPEN_LONG, CLOSE_LONG, OPEN_SHORT] = LEG_ACTS as readonly [LegAct, LegAct, LegAct, LegAct];
const NO_MARKET = 'NOPE/USDT:USDT';

interface RefusalCase {
  readonly name: string;
  readonly code: RefusalCode;
  readonly request: (d: Desk) => OrderRequest;
  /** Other rules of the market while it is asked. */
  readonly market?: MarketChange;
  readonly before?: (d: Desk) => Promise<unknown>;
}

const CASES: readonly RefusalCase[] = [
  { name: 'a sell stop above the market', code: 'WOULD_TRIGGER_IMMEDIATELY', request: (d) => d.acting(OPEN_SHORT, { type: 'stop-market', triggerPrice: '10100' }) },
  { name: 'a sell stop at the market', code: 'WOULD_TRIGGER_IMMEDIATELY', request: (d) => d.acting(OPEN_SHORT, { type: 'stop-market', triggerPrice: '10000' }) },
  { name: 'a buy stop below the market', code: 'WOULD_TRIGGER_IMMEDIATELY', request: (d) => d.acting(OPEN_LONG, { type: 'stop-market', triggerPrice: '9900' }) },
  { name: 'a closing stop through the market', code: 'WOULD_TRIGGER_IMMEDIATELY', before: (d) => d.hold('long'), request: (d) => d.acting(CLOSE_LONG, { type: 'stop-market', triggerPrice: '10100' }) },
  { name: 'a stop-limit through the market', code: 'WOULD_TRIGGER_IMMEDIATELY', request: (d) => d.acting(OPEN_SHORT, { type: 'stop-limit', triggerPrice: '10100', price: '10000' }) },
  { name: 'closing what is not held', code: 'REDUCE_ONLY_REJECTED', request: (d) => d.acting(CLOSE_LONG) },
  { name: 'more than the margin pays for', code: 'INSUFFICIENT_MARGIN', request: (d) => d.acting(OPEN_LONG, { amount: '1000' }) },
  { name: 'less than the smallest amount', code: 'MIN_AMOUNT', market: { minAmount: '0.01', minCost: '0' }, request: (d) => d.acting(OPEN_LONG, { amount: '0.005' }) },
  { name: 'less than the smallest cost', code: 'MIN_COST', market: { minCost: '500' }, request: (d) => d.acting(OPEN_LONG, { amount: '0.02' }) },
  { name: 'a conditional order below the smallest cost', code: 'MIN_COST', market: { minCost: '500' }, request: (d) => d.acting(OPEN_SHORT, { amount: '0.02', type: 'stop-market', triggerPrice: '9900' }) },
  { name: 'a trigger between two prices', code: 'PRICE_OFF_TICK', request: (d) => d.acting(OPEN_SHORT, { type: 'stop-market', triggerPrice: '9900.05' }) },
  { name: 'a limit between two prices', code: 'PRICE_OFF_TICK', request: (d) => d.acting(OPEN_LONG, { type: 'limit', price: '9900.05' }) },
  { name: 'an amount between two steps', code: 'AMOUNT_OFF_STEP', request: (d) => d.acting(OPEN_LONG, { amount: '0.1005' }) },
  { name: 'a limit that would take where it may only rest', code: 'POST_ONLY_WOULD_TAKE', request: (d) => d.acting(OPEN_LONG, { type: 'limit', price: '10100', postOnly: true }) },
  { name: 'a position side of the other mode', code: 'POSITION_SIDE_MISMATCH', request: (d) => d.acting(OPEN_LONG, { positionSide: d.mode === 'hedge' ? null : 'long' }) },
  { name: 'a symbol that does not exist', code: 'UNKNOWN_SYMBOL', request: (d) => d.acting(OPEN_LONG, { symbol: NO_MARKET }) },
  { name: 'nothing', code: 'BAD_REQUEST', request: (d) => d.acting(OPEN_LONG, { amount: '0' }) },
  { name: 'less than nothing', code: 'BAD_REQUEST', request: (d) => d.acting(OPEN_LONG, { amount: '-0.1' }) },
  { name: 'an amount that is no number', code: 'BAD_REQUEST', request: (d) => d.acting(OPEN_LONG, { amount: 'all' }) },
  { name: 'a limit order without a price', code: 'BAD_REQUEST', request: (d) => d.acting(OPEN_LONG, { type: 'limit' }) },
  { name: 'a stop without a trigger', code: 'BAD_REQUEST', request: (d) => d.acting(OPEN_SHORT, { type: 'stop-market' }) },
  { name: 'a market order with a price', code: 'BAD_REQUEST', request: (d) => d.acting(OPEN_LONG, { type: 'market', price: '9900' }) },
  { name: 'one order too many', code: 'MAX_OPEN_ORDERS', market: { maxOpenOrders: 0 }, request: (d) => d.acting(OPEN_LONG, { type: 'limit', price: '9900' }) },
];

/** The rules of the market the cases change, as they were. */
const USUAL: MarketChange = { minAmount: '0.001', minCost: '5', maxOpenOrders: null };

export function refusalTests({ desk, mode, capabilities, refusals }: Subject): void {
  const told = (code: RefusalCode): RefusalCode | null => (code in refusals ? (refusals[code] ?? null) : code);

  /** Refused by this name, and as if it had never been sent. */
  async function isRefused(d: Desk, request: OrderRequest, code: RefusalCode): Promise<void> {
    const outcome = await d.exchange.placeOrder(request);
    expect(outcome).toMatchObject({ type: 'refused', code });
    expect(outcome.type === 'refused' && outcome.message.length > 0).toBe(true);
    expect(d.behindOf(request.clientOrderId)).toEqual({ orders: 0, trades: 0 });
    if (request.symbol === d.harness.symbol) expect(await d.fetchOrder(request.clientOrderId)).toBeNull();
  }

  describe('refuses', () => {
    afterEach(() => {
      const { behind, symbol } = desk().harness;
      behind.acts.changeMarket(symbol, USUAL);
    });

    test.each(named(CASES.filter(({ code }) => told(code) !== null)))('%s', async (_, { code, request, market, before }) => {
      const d = desk();
      await before?.(d);
      if (market !== undefined) d.harness.behind.acts.changeMarket(d.harness.symbol, market);
      await isRefused(d, request(d), told(code) ?? code);
    });

    test.skipIf(told('MAX_CONDITIONAL_ORDERS') === null)('one conditional order above the cap', async () => {
      const d = desk();
      const cap = capabilities.maxConditionalPerSymbol ?? 4;
      d.harness.behind.acts.changeMarket(d.harness.symbol, { maxConditionalOrders: cap });
      const stops = Array.from({ length: cap + 1 }, (_, index) => d.acting(OPEN_SHORT, { type: 'stop-market', triggerPrice: String(9900 - index), amount: '0.01' }));
      for (const request of stops.slice(0, cap)) await d.placed(request);
      const [last] = stops.slice(cap) as [OrderRequest];
      await isRefused(d, last, told('MAX_CONDITIONAL_ORDERS') ?? 'MAX_CONDITIONAL_ORDERS').finally(() => d.harness.behind.acts.changeMarket(d.harness.symbol, { maxConditionalOrders: capabilities.maxConditionalPerSymbol }));
      for (const request of stops.slice(0, cap)) await d.order(request, { status: 'open' });
    });

    test.skipIf(told('MARKET_HALTED') === null)('orders while the market is halted, but cancels', async () => {
      const d = desk();
      const resting = d.acting(OPEN_SHORT, { type: 'stop-market', triggerPrice: '9900' });
      await d.placed(resting);
      d.harness.behind.acts.halt(d.harness.symbol, true);
      try {
        await isRefused(d, d.acting(OPEN_LONG), told('MARKET_HALTED') ?? 'MARKET_HALTED');
        expect(await d.cancel(resting.clientOrderId)).toMatchObject({ type: 'done' });
      } finally {
        d.harness.behind.acts.halt(d.harness.symbol, false);
      }
    });

    test('what comes too often, with the pause that is asked for', async () => {
      const d = desk();
      const request = d.acting(OPEN_LONG);
      await d.harness.rateLimited(async () => {
        expect(await d.exchange.placeOrder(request)).toMatchObject({ type: 'refused', code: 'RATE_LIMITED' });
      });
      expect(d.behindOf(request.clientOrderId)).toEqual({ orders: 0, trades: 0 });
    });

    test('to cancel or move what is not there', async () => {
      const d = desk();
      const id = d.newId();
      expect(await d.cancel(id)).toMatchObject({ type: 'refused', code: 'ORDER_NOT_FOUND' });
      if (capabilities.amendsConditional) expect(await d.amend(id, { triggerPrice: '9800' })).toMatchObject({ type: 'refused', code: 'ORDER_NOT_FOUND' });
    });

    test('to cancel on a symbol that does not exist', async () => {
      const d = desk();
      const { account } = d.harness;
      expect(await d.exchange.cancelOrder({ account, symbol: NO_MARKET, clientOrderId: d.newId() })).toMatchObject({ type: 'refused', code: 'UNKNOWN_SYMBOL' });
    });
  });

  describe('the capability table is true:', () => {
    const others = (['last', 'mark', 'index'] as const).filter((source) => !capabilities.triggerSources.includes(source));
    test.skipIf(others.length === 0).each(others)('a stop by the %s price is refused', async (triggerBy) => {
      const d = desk();
      await isRefused(d, d.acting(OPEN_SHORT, { type: 'stop-market', triggerPrice: '9900', triggerBy }), 'BAD_REQUEST');
    });

    test.runIf(mode === 'hedge')(`reduce-only beside a position side is ${capabilities.reduceOnlyInHedgeMode ? 'taken where it closes' : 'refused'}`, async () => {
      const d = desk();
      await d.hold('long');
      const request = { ...d.acting(CLOSE_LONG), reduceOnly: true };
      if (!capabilities.reduceOnlyInHedgeMode) return isRefused(d, request, 'POSITION_SIDE_MISMATCH');
      await d.placed(request);
      await d.order(request, { status: 'closed', filled: AMOUNT });
    });

    test('a request that arrives after its deadline does nothing, and the next one does', async () => {
      const d = desk();
      const request = d.acting(OPEN_LONG);
      const outcome = await d.harness.late(capabilities.requestDeadlineMs + 1, () => d.exchange.placeOrder(request));
      expect(outcome.type).not.toBe('done');
      expect(d.behindOf(request.clientOrderId)).toEqual({ orders: 0, trades: 0 });
      expect(await d.fetchOrder(request.clientOrderId)).toBeNull();
      const next = d.acting(OPEN_LONG);
      await d.placed(next);
      await d.order(next, { status: 'closed', filled: AMOUNT });
    });

    test.runIf(mode === 'one-way')('reduce-only never turns a position', async () => {
      const d = desk();
      await d.hold('long');
      await d.placed(d.acting(CLOSE_LONG, { amount: '0.25', reduceOnly: true }));
      await d.eventually(async () => expect(await d.held()).toEqual({ long: '0', short: '0' }));
    });
  });
}
