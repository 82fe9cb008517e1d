import { describe, expect, it, test } from 'vitest';
import type { OrderSketch, WorldOptions } from './world.ts';
import { BTC, World, codeOf } from './world.ts';

interface Row {
  readonly when: string;
  readonly order: OrderSketch;
  readonly code: string;
  readonly world?: WorldOptions;
}

const LONG_STOP = { side: 'sell', amount: '1', positionSide: 'long' } as const;

/** The price stands at 10 000 in hedge mode; the account holds nothing unless a row says so. */
const ROWS: readonly Row[] = [
  { when: 'price between two ticks', order: { side: 'buy', amount: '1', price: '9999.95' }, code: 'PRICE_OFF_TICK' },
  { when: 'trigger between two ticks', order: { ...LONG_STOP, triggerPrice: '9900.05' }, code: 'PRICE_OFF_TICK' },
  { when: 'amount between two steps', order: { side: 'buy', amount: '0.0015' }, code: 'AMOUNT_OFF_STEP' },
  { when: 'amount below the minimum', order: { side: 'buy', amount: '0.001' }, world: { market: { minAmount: '0.002' } }, code: 'MIN_AMOUNT' },
  { when: 'cost below the minimum', order: { side: 'buy', amount: '0.001' }, world: { market: { minCost: '10.1' } }, code: 'MIN_COST' },
  { when: 'cost exactly the minimum', order: { side: 'buy', amount: '0.001' }, world: { market: { minCost: '10' } }, code: 'done' },
  { when: 'cost of a closing stop below the minimum', order: { ...LONG_STOP, amount: '0.001', triggerPrice: '9900' }, world: { market: { minCost: '10' } }, code: 'done' },
  { when: 'sell stop above last', order: { ...LONG_STOP, triggerPrice: '10000.1' }, code: 'WOULD_TRIGGER_IMMEDIATELY' },
  { when: 'sell stop exactly at last', order: { ...LONG_STOP, triggerPrice: '10000' }, code: 'WOULD_TRIGGER_IMMEDIATELY' },
  { when: 'sell stop a tick below last', order: { ...LONG_STOP, triggerPrice: '9999.9' }, code: 'done' },
  { when: 'buy stop exactly at last', order: { side: 'buy', amount: '1', triggerPrice: '10000' }, code: 'WOULD_TRIGGER_IMMEDIATELY' },
  { when: 'buy stop above last', order: { side: 'buy', amount: '1', triggerPrice: '10000.1' }, code: 'done' },
  { when: 'post-only buy below last', order: { side: 'buy', amount: '1', price: '9999.9', postOnly: true }, code: 'done' },
  { when: 'post-only buy at last', order: { side: 'buy', amount: '1', price: '10000', postOnly: true }, code: 'POST_ONLY_WOULD_TAKE' },
  { when: 'market close of nothing', order: LONG_STOP, code: 'REDUCE_ONLY_REJECTED' },
  { when: 'reduce-only beside a position side', order: { ...LONG_STOP, triggerPrice: '9900', reduceOnly: true }, code: 'POSITION_SIDE_MISMATCH' },
  { when: 'reduce-only opening order where the flag is accepted', order: { side: 'buy', amount: '1', reduceOnly: true }, world: { capabilities: { reduceOnlyInHedgeMode: true } }, code: 'REDUCE_ONLY_REJECTED' },
  { when: 'reduce-only stop where the flag is accepted', order: { ...LONG_STOP, triggerPrice: '9900', reduceOnly: true }, world: { capabilities: { reduceOnlyInHedgeMode: true } }, code: 'done' },
  { when: 'no position side in hedge mode', order: { side: 'buy', amount: '1', positionSide: null }, code: 'POSITION_SIDE_MISMATCH' },
  { when: 'a position side in one-way mode', order: { side: 'buy', amount: '1', positionSide: 'long' }, world: { account: { positionMode: 'one-way' } }, code: 'POSITION_SIDE_MISMATCH' },
  { when: 'reduce-only market order while flat', order: { side: 'sell', amount: '1', reduceOnly: true }, world: { account: { positionMode: 'one-way' } }, code: 'REDUCE_ONLY_REJECTED' },
  { when: 'unknown symbol', order: { side: 'buy', amount: '1', symbol: 'DOGE/USDT:USDT' }, code: 'UNKNOWN_SYMBOL' },
  { when: 'no price yet', order: { side: 'buy', amount: '1' }, world: { price: null }, code: 'MARKET_HALTED' },
  { when: 'client id with a hyphen', order: { side: 'buy', amount: '1', clientOrderId: 'a-b' }, code: 'BAD_REQUEST' },
  { when: 'hexadecimal client id', order: { side: 'buy', amount: '1', clientOrderId: `0x${'0f'.repeat(16)}` }, world: { capabilities: { clientOrderIdForm: 'hex128' } }, code: 'done' },
  { when: 'limit without price', order: { side: 'buy', amount: '1', type: 'limit' }, code: 'BAD_REQUEST' },
  { when: 'market order with trigger price', order: { side: 'buy', amount: '1', type: 'market', triggerPrice: '11000' }, code: 'BAD_REQUEST' },
  { when: 'amount zero', order: { side: 'buy', amount: '0' }, code: 'BAD_REQUEST' },
  { when: 'amount with an exponent', order: { side: 'buy', amount: '1e3' }, code: 'BAD_REQUEST' },
  { when: 'trigger source the exchange lacks', order: { ...LONG_STOP, triggerPrice: '9900', triggerBy: 'index' }, world: { capabilities: { triggerSources: ['mark'] } }, code: 'BAD_REQUEST' },
  // margin: notional/10 + 0.05 % fee ≤ 1005: exactly 10 000 of notional
  { when: 'margin for exactly the whole deposit', order: { side: 'buy', amount: '1' }, world: { account: { deposit: '1005' } }, code: 'done' },
  { when: 'a millionth less', order: { side: 'buy', amount: '1' }, world: { account: { deposit: '1004.999999' } }, code: 'INSUFFICIENT_MARGIN' },
  { when: 'a limit that rests reserves at its price', order: { side: 'buy', amount: '1', price: '5000' }, world: { account: { deposit: '502.5' } }, code: 'done' },
  { when: 'a limit the deposit cannot pay', order: { side: 'buy', amount: '1', price: '5000.1' }, world: { account: { deposit: '502.5' } }, code: 'INSUFFICIENT_MARGIN' },
  { when: 'a stop the deposit cannot pay reserves nothing', order: { side: 'buy', amount: '1', triggerPrice: '11000' }, world: { account: { deposit: '1' } }, code: 'done' },
  { when: 'margins are granted', order: { side: 'buy', amount: '1' }, world: { account: { deposit: '1' }, marginChecks: false }, code: 'done' },
];

describe('placing an order', () => {
  test.each(ROWS)('$when: $code', async ({ order, code, world }) => {
    const { exchange } = new World(world);
    const at = new World(world, exchange);
    expect(await at.code(order)).toBe(code);
    expect(exchange.truth().requests.map((request) => request.code ?? 'done')).toEqual([code]);
  });

  it('refuses a trigger its own source has passed, not another', async () => {
    const world = new World();
    world.price('10000', { mark: '9800', index: '10200' });
    const at9900 = { ...LONG_STOP, triggerPrice: '9900' };
    expect(await world.code({ ...at9900, triggerBy: 'last' })).toBe('done');
    expect(await world.code({ ...at9900, triggerBy: 'mark' })).toBe('WOULD_TRIGGER_IMMEDIATELY');
    expect(await world.code({ ...at9900, triggerBy: 'index' })).toBe('done');
  });

  it('takes a client order id once for ever, but not for refused requests', async () => {
    const world = new World({ keepHistory: false, retain: 2 });
    const order = { side: 'buy', amount: '0.01', clientOrderId: 'mine' } as const;
    expect(await world.code({ ...order, amount: '0' })).toBe('BAD_REQUEST');
    expect(await world.code(order)).toBe('done');
    for (let n = 0; n < 5; n += 1) await world.done({ side: 'buy', amount: '0.01' });
    expect(await world.order('mine')).toBeNull(); // forgotten, closed long ago
    expect(await world.code(order)).toBe('DUPLICATE_CLIENT_ORDER_ID');
  });

  it('caps conditional orders and open orders per symbol', async () => {
    const world = new World({ capabilities: { maxConditionalPerSymbol: 2 }, market: { maxOpenOrders: 3 } });
    const stop = { side: 'buy', amount: '0.01', triggerPrice: '11000' } as const;
    const limit = { side: 'buy', amount: '0.01', price: '9000' } as const;
    expect([await world.code(stop), await world.code(stop), await world.code(stop)]).toEqual(['done', 'done', 'MAX_CONDITIONAL_ORDERS']);
    expect([await world.code(limit), await world.code(limit)]).toEqual(['done', 'MAX_OPEN_ORDERS']);
  });

  it('refuses everything but cancellations while trading is halted', async () => {
    const world = new World();
    const resting = await world.done({ side: 'buy', amount: '0.01', price: '9000' });
    world.exchange.halt(BTC, true);
    world.price('8000');
    expect(await world.code({ side: 'buy', amount: '0.01' })).toBe('MARKET_HALTED');
    expect((await world.order(resting.clientOrderId))?.status).toBe('open');
    expect(codeOf(await world.exchange.cancelOrder({ account: 'main', symbol: BTC, clientOrderId: resting.clientOrderId }))).toBe('done');
  });
});

describe('amending and cancelling', () => {
  it('keeps id and client id, and the place in the queue', async () => {
    const world = new World({ account: { positionMode: 'one-way' } });
    const first = await world.done({ side: 'sell', amount: '1', triggerPrice: '9900' });
    const second = await world.done({ side: 'sell', amount: '2', triggerPrice: '9800' });
    const moved = await world.exchange.amendOrder({ account: 'main', symbol: BTC, clientOrderId: first.clientOrderId, amount: '1.5', price: null, triggerPrice: '9800' });
    expect(moved).toMatchObject({ type: 'done', value: { id: first.id, clientOrderId: first.clientOrderId, amount: '1.5', triggerPrice: '9800' } });
    world.price('9800');
    expect(world.trades()).toEqual(['sell 1.5 @ 9800', 'sell 2 @ 9800']);
    expect((await world.order(second.clientOrderId))?.status).toBe('closed');
  });

  const amendments = [
    { when: 'trigger passed', change: { triggerPrice: '10000' }, code: 'WOULD_TRIGGER_IMMEDIATELY' },
    { when: 'trigger off the tick', change: { triggerPrice: '9900.01' }, code: 'PRICE_OFF_TICK' },
    { when: 'amount off the step', change: { amount: '0.0001' }, code: 'AMOUNT_OFF_STEP' },
    { when: 'unknown order', change: { clientOrderId: 'nobody' }, code: 'ORDER_NOT_FOUND' },
    { when: 'unknown symbol', change: { symbol: 'X' }, code: 'UNKNOWN_SYMBOL' },
  ];
  test.each(amendments)('refuses an amendment: $when', async ({ change, code }) => {
    const world = new World();
    const { clientOrderId } = await world.done({ ...LONG_STOP, triggerPrice: '9800' });
    const before = await world.order(clientOrderId);
    const request = { account: 'main', symbol: BTC, clientOrderId, amount: '1', price: null, triggerPrice: null, ...change };
    expect(codeOf(await world.exchange.amendOrder(request))).toBe(code);
    expect(await world.order(clientOrderId)).toEqual(before);
  });

  it('does not amend stops where the exchange cannot', async () => {
    const world = new World({ capabilities: { amendsConditional: false } });
    const { clientOrderId } = await world.done({ ...LONG_STOP, triggerPrice: '9800' });
    const request = { account: 'main', symbol: BTC, clientOrderId, amount: '2', price: null, triggerPrice: null };
    expect(codeOf(await world.exchange.amendOrder(request))).toBe('ORDER_NOT_AMENDABLE');
  });

  it('fills at once a limit moved through the market, and counts what is filled in the amount', async () => {
    const world = new World({ market: { maxAmountPerTrade: '1', tradesPerTick: 1 } });
    const { clientOrderId } = await world.done({ side: 'buy', amount: '3', price: '9900' });
    world.price('9900'); // one trade of 1
    const amend = (amount: string, price: string): Promise<unknown> => world.exchange.amendOrder({ account: 'main', symbol: BTC, clientOrderId, amount, price, triggerPrice: null });
    expect(await amend('1', '9900')).toMatchObject({ code: 'ORDER_NOT_AMENDABLE' });
    expect(await amend('2', '9950')).toMatchObject({ type: 'done', value: { amount: '2', filled: '2', status: 'closed' } });
    expect(world.trades()).toEqual(['buy 1 @ 9900', 'buy 1 @ 9900']);
  });

  it('cancels an open order once', async () => {
    const world = new World();
    const { clientOrderId } = await world.done({ ...LONG_STOP, triggerPrice: '9800' });
    const request = { account: 'main', symbol: BTC, clientOrderId };
    expect(await world.exchange.cancelOrder(request)).toMatchObject({ type: 'done', value: { status: 'canceled', reason: 'CANCELED_BY_CLIENT' } });
    expect(codeOf(await world.exchange.cancelOrder(request))).toBe('ORDER_NOT_FOUND');
  });
});
