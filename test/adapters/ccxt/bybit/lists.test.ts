/** Bybit's lists over the wire: whole over every page and span or no answer (I9), and orders of people who give no id. */
import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CcxtExchange } from '../../../../src/adapters/ccxt/ccxt-exchange.ts';
import { BTC } from '../../../sim/exchange/world.ts';
import { startBybitRig } from '../../../sim/wire/bybit/bybit-rig.ts';
import type { BybitRig } from '../../../sim/wire/bybit/bybit-rig.ts';
import { openOverWire } from '../wire-harness.ts';

const DAY_MS = 86_400_000;
let rig: BybitRig;
let exchange: CcxtExchange;

beforeEach(async () => {
  rig = await startBybitRig();
  exchange = await openOverWire(rig, { exchangeId: 'bybit', symbols: [BTC] });
});
afterEach(async () => {
  await exchange.close();
  await rig.close();
});

const rest = (index: number): ReturnType<BybitRig['exchange']['others']['place']> =>
  rig.exchange.others.place({ account: 'main', symbol: BTC, side: 'buy', positionSide: 'long', amount: '0.001', price: String(50_000 - index) });
const trade = (side: 'buy' | 'sell'): ReturnType<BybitRig['exchange']['others']['place']> => rig.exchange.others.place({ account: 'main', symbol: BTC, side, positionSide: 'long', amount: '0.001' });
const withCursor = (fault: 'server-error' | 'truncated-json') => {
  rig.listener.requestPolicy = ({ query }) => (query.includes('cursor=') ? (fault === 'server-error' ? { type: fault, status: 502, applied: true } : { type: fault }) : { type: 'none' });
};

describe('open orders', () => {
  test('of three pages are all there', async () => {
    for (let index = 0; index < 120; index += 1) await rest(index);
    const { openOrders } = await exchange.fetchSnapshot('main');
    expect(new Set(openOrders.map(({ clientOrderId }) => clientOrderId)).size).toBe(120);
    expect(rig.listener.requests.filter(({ path, query }) => path === '/v5/order/realtime' && query.includes('cursor')).length).toBe(2);
  });

  test.each(['server-error', 'truncated-json'] as const)('of which a page is missing (%s) are none', async (fault) => {
    for (let index = 0; index < 60; index += 1) await rest(index);
    withCursor(fault);
    await expect(exchange.fetchSnapshot('main')).rejects.toMatchObject({ code: 'EXCHANGE_UNAVAILABLE' });
  });
});

describe('trades', () => {
  test('of weeks are found in every span and page, each once, oldest first', async () => {
    const since = rig.world.advance();
    for (let index = 0; index < 130; index += 1) await trade('buy');
    rig.clockAheadMs += 8 * DAY_MS;
    rig.world.advance();
    await trade('sell');
    rig.clockAheadMs += 8 * DAY_MS;
    rig.world.advance();
    await trade('sell');
    await exchange.measureClock();
    const trades = await exchange.fetchTrades('main', BTC, since);
    const truth = rig.exchange.truth().trades;
    expect(trades.map(({ id }) => id)).toEqual(truth.map(({ id }) => id));
    expect(trades.map(({ fee, positionSide, at }) => [fee, positionSide, at])).toEqual(truth.map(({ fee, positionSide, at }) => [fee, positionSide, at]));
  });

  test('of which a page is missing are none', async () => {
    for (let index = 0; index < 101; index += 1) await trade('buy');
    withCursor('server-error');
    await expect(exchange.fetchTrades('main', BTC, 0)).rejects.toMatchObject({ code: 'EXCHANGE_UNAVAILABLE' });
  });
});

test('events of a page that is missing are none', async () => {
  for (let index = 0; index < 60; index += 1) rig.exchange.others.transfer('main', '1');
  const since = rig.world.now() - 60_000;
  expect((await exchange.fetchAccountEvents('main', since)).length).toBe(60);
  withCursor('server-error');
  await expect(exchange.fetchAccountEvents('main', since)).rejects.toMatchObject({ code: 'EXCHANGE_UNAVAILABLE' });
});

describe('an order without a client id', () => {
  /** As a website sends it: signed with the same key, no orderLinkId. */
  async function byHand(order: Record<string, unknown>): Promise<string> {
    const body = JSON.stringify({ category: 'linear', symbol: 'BTCUSDT', positionIdx: 1, qty: '0.001', ...order });
    const stamp = String(rig.world.now());
    const sign = createHmac('sha256', 'test-secret').update(`${stamp}test-key5000${body}`).digest('hex');
    const headers = { 'x-bapi-api-key': 'test-key', 'x-bapi-timestamp': stamp, 'x-bapi-recv-window': '5000', 'x-bapi-sign': sign };
    const answer = await fetch(`http://${rig.listener.address}/v5/order/create`, { method: 'POST', headers, body });
    return ((await answer.json()) as { result: { orderId: string } }).result.orderId;
  }

  test('is named by its own, looked up and cancelled by it', async () => {
    const orderId = await byHand({ side: 'Buy', orderType: 'Limit', price: '50000' });
    const clientOrderId = `id:${orderId}`;
    expect((await exchange.fetchSnapshot('main')).openOrders).toMatchObject([{ id: orderId, clientOrderId, status: 'open' }]);
    expect(await exchange.fetchOrder('main', BTC, clientOrderId)).toMatchObject({ id: orderId });
    expect(await exchange.cancelOrder({ account: 'main', symbol: BTC, clientOrderId })).toMatchObject({ type: 'done', value: { status: 'canceled', reason: 'CANCELED_BY_USER' } });
  });

  test('trades as somebody else, not as nobody: only forced closes are nobody’s', async () => {
    const orderId = await byHand({ side: 'Buy', orderType: 'Market' });
    rig.exchange.acts.deleverage('main', BTC, 'long', '0.001');
    const trades = await exchange.fetchTrades('main', BTC, rig.world.now() - 60_000);
    expect(trades.map(({ clientOrderId }) => clientOrderId)).toEqual([`id:${orderId}`, null]);
  });
});

test('an order that may only rest and would take is told as expired at once', async () => {
  const order = { account: 'main', symbol: BTC, clientOrderId: 'hrpost', side: 'buy', type: 'limit', amount: '0.01', price: '60100', triggerPrice: null, triggerBy: 'last', positionSide: 'long', reduceOnly: false, postOnly: true } as const;
  expect(await exchange.placeOrder(order)).toMatchObject({ type: 'done', value: { status: 'expired', filled: '0', reason: 'POST_ONLY_WOULD_TAKE' } });
  expect(await exchange.fetchOrder('main', BTC, 'hrpost')).toMatchObject({ status: 'expired' });
});

test('an amendment to what the order is already is done', async () => {
  const order = { account: 'main', symbol: BTC, clientOrderId: 'hrsame', side: 'sell', type: 'stop-market', amount: '0.01', price: null, triggerPrice: '59000', triggerBy: 'last', positionSide: 'short', reduceOnly: false, postOnly: false } as const;
  await exchange.placeOrder(order);
  expect(await exchange.amendOrder({ account: 'main', symbol: BTC, clientOrderId: 'hrsame', amount: '0.01', price: null, triggerPrice: '59000' })).toMatchObject({ type: 'done', value: { clientOrderId: 'hrsame', triggerPrice: '59000' } });
});

test('in isolated mode the money left is the currency’s own', async () => {
  await exchange.setMarginMode('main', BTC, 'isolated', '10');
  await trade('buy');
  const { balance, positions } = await exchange.fetchSnapshot('main');
  const truth = await rig.exchange.fetchSnapshot('main');
  expect(positions).toMatchObject([{ marginMode: 'isolated' }]);
  expect([balance.total, balance.equity, balance.free]).toEqual([truth.balance.total, truth.balance.equity, truth.balance.free]);
  expect(Number(balance.marginRatio)).toBeCloseTo(Number(truth.balance.marginRatio), 7);
});
