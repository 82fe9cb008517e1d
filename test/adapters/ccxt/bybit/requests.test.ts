/**
 * The bytes Bybit is sent for every operation a window has, in both position modes: bodies compared whole, so that nothing of ccxt's is
 * beside ours (its broker, its ids, its second direction, its legs).
 */
import { createHmac } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import type { CcxtExchange } from '../../../../src/adapters/ccxt/ccxt-exchange.ts';
import type { PositionMode } from '../../../../src/domain/strategy.ts';
import type { OrderRequest } from '../../../../src/ports/exchange.ts';
import { BTC } from '../../../sim/exchange/world.ts';
import { postsTo, startBybitRig } from '../../../sim/wire/bybit/bybit-rig.ts';
import type { BybitRig } from '../../../sim/wire/bybit/bybit-rig.ts';
import { openOverWire } from '../wire-harness.ts';

const ID = 'hr0123456789abcdefghijklmno';
let rig: BybitRig;
let exchange: CcxtExchange;

async function start(positionMode: PositionMode): Promise<void> {
  rig = await startBybitRig({ account: { positionMode } });
  exchange = await openOverWire(rig, { exchangeId: 'bybit', symbols: [BTC] });
  for (const [side, leg] of [['buy', 'long'], ['sell', 'short']] as const) {
    if (positionMode === 'hedge') await rig.exchange.others.place({ account: 'main', symbol: BTC, side, positionSide: leg, amount: '1' });
  }
  if (positionMode === 'one-way') await rig.exchange.others.place({ account: 'main', symbol: BTC, side: 'buy', positionSide: null, amount: '1' });
  rig.listener.forgetRequests();
}
afterEach(async () => {
  await exchange.close();
  await rig.close();
});

function order(changes: Partial<OrderRequest>): OrderRequest {
  return { account: 'main', symbol: BTC, clientOrderId: ID, side: 'sell', type: 'market', amount: '0.010', price: null, triggerPrice: null, triggerBy: 'last', positionSide: null, reduceOnly: false, postOnly: false, ...changes };
}

const COMMON = { category: 'linear', symbol: 'BTCUSDT', qty: '0.01', orderLinkId: ID };
const SELL_STOP = { triggerPrice: '59000', triggerDirection: 2 };
const BUY_STOP = { triggerPrice: '61000', triggerDirection: 1 };

interface Operation {
  readonly name: string;
  readonly request: Partial<OrderRequest>;
  readonly body: Readonly<Record<string, unknown>>;
}

const HEDGE: readonly Operation[] = [
  { name: 'opens a long at market', request: { side: 'buy', positionSide: 'long' }, body: { side: 'Buy', orderType: 'Market', positionIdx: 1 } },
  { name: 'closes a long at market', request: { side: 'sell', positionSide: 'long', reduceOnly: true }, body: { side: 'Sell', orderType: 'Market', positionIdx: 1, reduceOnly: true } },
  { name: 'opens a short at market', request: { side: 'sell', positionSide: 'short' }, body: { side: 'Sell', orderType: 'Market', positionIdx: 2 } },
  { name: 'closes a short at market', request: { side: 'buy', positionSide: 'short', reduceOnly: true }, body: { side: 'Buy', orderType: 'Market', positionIdx: 2, reduceOnly: true } },
  { name: 'stop-loss of a long', request: { side: 'sell', positionSide: 'long', reduceOnly: true, type: 'stop-market', triggerPrice: '59000.0' }, body: { side: 'Sell', orderType: 'Market', positionIdx: 1, reduceOnly: true, ...SELL_STOP, triggerBy: 'LastPrice' } },
  { name: 'stop-entry of a short', request: { side: 'sell', positionSide: 'short', type: 'stop-market', triggerPrice: '59000', triggerBy: 'mark' }, body: { side: 'Sell', orderType: 'Market', positionIdx: 2, ...SELL_STOP, triggerBy: 'MarkPrice' } },
  { name: 'cover of a short', request: { side: 'buy', positionSide: 'short', reduceOnly: true, type: 'stop-market', triggerPrice: '61000', triggerBy: 'index' }, body: { side: 'Buy', orderType: 'Market', positionIdx: 2, reduceOnly: true, ...BUY_STOP, triggerBy: 'IndexPrice' } },
  { name: 'stop-entry of a long', request: { side: 'buy', positionSide: 'long', type: 'stop-market', triggerPrice: '61000' }, body: { side: 'Buy', orderType: 'Market', positionIdx: 1, ...BUY_STOP, triggerBy: 'LastPrice' } },
  { name: 'stop-limit entry of a long', request: { side: 'buy', positionSide: 'long', type: 'stop-limit', triggerPrice: '61000', price: '61100.0' }, body: { side: 'Buy', orderType: 'Limit', positionIdx: 1, price: '61100', timeInForce: 'GTC', ...BUY_STOP, triggerBy: 'LastPrice' } },
  { name: 'a limit that may only rest', request: { side: 'buy', positionSide: 'long', type: 'limit', price: '50000', postOnly: true }, body: { side: 'Buy', orderType: 'Limit', positionIdx: 1, price: '50000', timeInForce: 'PostOnly' } },
];
const ONE_WAY: readonly Operation[] = [
  { name: 'buys at market', request: { side: 'buy' }, body: { side: 'Buy', orderType: 'Market', positionIdx: 0 } },
  { name: 'closes at market', request: { side: 'sell', reduceOnly: true }, body: { side: 'Sell', orderType: 'Market', positionIdx: 0, reduceOnly: true } },
  { name: 'stop-loss', request: { side: 'sell', reduceOnly: true, type: 'stop-market', triggerPrice: '59000' }, body: { side: 'Sell', orderType: 'Market', positionIdx: 0, reduceOnly: true, ...SELL_STOP, triggerBy: 'LastPrice' } },
  { name: 'flip through zero', request: { side: 'sell', type: 'stop-market', triggerPrice: '59000', triggerBy: 'mark' }, body: { side: 'Sell', orderType: 'Market', positionIdx: 0, ...SELL_STOP, triggerBy: 'MarkPrice' } },
  { name: 'stop-entry', request: { side: 'buy', type: 'stop-market', triggerPrice: '61000' }, body: { side: 'Buy', orderType: 'Market', positionIdx: 0, ...BUY_STOP, triggerBy: 'LastPrice' } },
  { name: 'stop-limit', request: { side: 'sell', type: 'stop-limit', triggerPrice: '59000', price: '58900' }, body: { side: 'Sell', orderType: 'Limit', positionIdx: 0, price: '58900', timeInForce: 'GTC', ...SELL_STOP, triggerBy: 'LastPrice' } },
];

describe.each([
  ['hedge', HEDGE],
  ['one-way', ONE_WAY],
] as const)('%s position mode', (mode, operations) => {
  test.each(operations)('$name', async ({ request, body }) => {
    await start(mode);
    expect(await exchange.placeOrder(order(request))).toMatchObject({ type: 'done', value: { clientOrderId: ID } });
    expect(postsTo(rig)).toEqual([{ path: '/v5/order/create', body: { ...COMMON, ...body } }]);
  });

  test('moves, changes and cancels by our own id, and asks for the result', async () => {
    await start(mode);
    const stop = mode === 'hedge' ? HEDGE[4] : ONE_WAY[2];
    await exchange.placeOrder(order(stop?.request ?? {}));
    rig.listener.forgetRequests();
    await exchange.amendOrder({ account: 'main', symbol: BTC, clientOrderId: ID, amount: '0.020', price: null, triggerPrice: '58500.0' });
    await exchange.cancelOrder({ account: 'main', symbol: BTC, clientOrderId: ID });
    const named = { category: 'linear', symbol: 'BTCUSDT', orderLinkId: ID };
    expect(postsTo(rig)).toEqual([
      { path: '/v5/order/amend', body: { ...named, qty: '0.02', triggerPrice: '58500' } },
      { path: '/v5/order/cancel', body: named },
    ]);
    const looks = rig.listener.requests.filter(({ method }) => method === 'GET').map(({ path, query }) => `${path}?${query}`);
    expect(looks).toEqual(Array.from({ length: 2 }, () => `/v5/order/realtime?category=linear&symbol=BTCUSDT&orderLinkId=${ID}`));
  });
});

test('every private request is signed over its own bytes, in a window of five seconds, with no broker of ccxt', async () => {
  await start('hedge');
  await exchange.placeOrder(order({ positionSide: 'long' }));
  await exchange.fetchSnapshot('main');
  const requests = rig.listener.requests.filter(({ path }) => !path.startsWith('/v5/market'));
  expect(requests.length).toBeGreaterThan(4);
  for (const { headers, method, body, query } of requests) {
    const stamp = headers['x-bapi-timestamp'] ?? '';
    expect(headers['x-bapi-recv-window']).toBe('5000');
    expect(headers['x-bapi-sign']).toBe(createHmac('sha256', 'test-secret').update(`${stamp}test-key5000${method === 'POST' ? body : query}`).digest('hex'));
    expect(JSON.stringify(headers)).not.toMatch(/ccxt/i);
  }
});

test('an account is asked for in whole pages of everything', async () => {
  await start('hedge');
  await exchange.fetchSnapshot('main');
  expect(rig.listener.requests.map(({ path, query }) => `${path}?${query}`)).toEqual([
    '/v5/account/info?',
    '/v5/position/list?category=linear&settleCoin=USDT&limit=200',
    '/v5/order/realtime?category=linear&settleCoin=USDT&openOnly=0&limit=50',
    '/v5/account/wallet-balance?accountType=UNIFIED',
  ]);
});

test('modes and leverage are set once, and only where they differ', async () => {
  rig = await startBybitRig({ account: { positionMode: 'one-way' } });
  exchange = await openOverWire(rig, { exchangeId: 'bybit', symbols: [BTC] });
  rig.listener.forgetRequests();
  expect(await exchange.setPositionMode('main', BTC, 'hedge')).toEqual({ type: 'done' });
  expect(await exchange.setPositionMode('main', BTC, 'hedge')).toEqual({ type: 'unchanged' });
  expect(await exchange.setMarginMode('main', BTC, 'isolated', '5')).toEqual({ type: 'done' });
  expect(await exchange.setMarginMode('main', BTC, 'isolated', '5')).toEqual({ type: 'unchanged' });
  expect(await exchange.setLeverage('main', BTC, '5')).toEqual({ type: 'done' });
  expect(await exchange.setLeverage('main', BTC, '5.0')).toEqual({ type: 'unchanged' });
  expect(await exchange.setLeverage('main', BTC, '1000')).toMatchObject({ type: 'failed', message: expect.stringContaining('110013') });
  expect(await exchange.fetchSettings('main', BTC)).toEqual({ positionMode: 'hedge', marginMode: 'isolated', leverage: '5' });
  expect(postsTo(rig).slice(0, 3)).toEqual([
    { path: '/v5/position/switch-mode', body: { category: 'linear', symbol: 'BTCUSDT', mode: 3 } },
    { path: '/v5/position/switch-mode', body: { category: 'linear', symbol: 'BTCUSDT', mode: 3 } },
    { path: '/v5/account/set-margin-mode', body: { setMarginMode: 'ISOLATED_MARGIN' } },
  ]);
  expect(postsTo(rig).at(-1)).toEqual({ path: '/v5/position/set-leverage', body: { category: 'linear', symbol: 'BTCUSDT', buyLeverage: '1000', sellLeverage: '1000' } });
});
