/** Binance's streams as the real ccxt.pro client hears them, what is sent raw and in which order, and what bad networks do to them. */
import type { binanceusdm } from 'ccxt';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { until } from '../wire-rig.ts';
import { binanceClient, startBinance } from './binance-rig.ts';
import type { BinanceRig } from './binance-rig.ts';

const BTC = 'BTC/USDT:USDT';
const HOUR_MS = 3_600_000;

let rig: BinanceRig;
let client: binanceusdm;

beforeEach(async () => {
  rig = await startBinance();
  client = await binanceClient(rig);
  await client.loadMarkets();
});
afterEach(async () => {
  await client.close();
  await rig.close();
});

/** ccxt's types want numbers; it takes text. */
const number = (text: string): number => text as unknown as number;
const market = (side: 'buy' | 'sell', amount: string, params: Record<string, unknown>) => client.createOrder(BTC, 'market', side, number(amount), undefined, params);

type Raw = Record<string, unknown> & { readonly e: string; readonly o?: Record<string, unknown>; readonly a?: Record<string, unknown> };

async function rawPrivate(): Promise<{ readonly heard: Raw[]; readonly socket: WebSocket; readonly listenKey: string }> {
  const { listenKey } = (await client.request('listenKey', 'fapiPrivate', 'POST', {})) as { listenKey: string };
  const socket = new WebSocket(`ws://${rig.listener.address}/private/ws?listenKey=${listenKey}`);
  const heard: Raw[] = [];
  socket.on('message', (data) => heard.push(JSON.parse(String(data)) as Raw));
  await new Promise((resolve) => socket.once('open', resolve));
  return { heard, socket, listenKey };
}

/** One word per message: event, what happened and which status. */
const brief = ({ e, o, a }: Raw): string => [e, a?.['m'] ?? o?.['x'], o?.['X']].filter((part) => part !== undefined).join(' ');

describe('public streams', () => {
  it('ticker, mark price, trades, best prices and bars', async () => {
    const heard = Promise.all([client.watchTicker(BTC), client.watchMarkPrice(BTC), client.watchTrades(BTC), client.watchBidsAsks([BTC]), client.watchOHLCV(BTC, '1m')]);
    await until(() => rig.listener.sockets.list().length >= 4);
    await new Promise((resolve) => setTimeout(resolve, 100));
    rig.price('60123.4', '60120');
    const [ticker, mark, trades, best, bars] = await heard;
    expect([ticker.last, mark.markPrice, trades[0]?.price]).toEqual(['60123.4', '60120', '60123.4']);
    expect(best[BTC]).toMatchObject({ bid: '60123.3', ask: '60123.5' });
    expect(bars.at(-1)?.[4]).toBe(60123.4);
    expect([...new Set(rig.listener.sockets.list().map(({ path }) => path.split('/')[1]))].sort()).toEqual(['market', 'public']);
  });

  it('mark prices come by the clock too', async () => {
    const first = await client.watchMarkPrice(BTC);
    const second = await client.watchMarkPrice(BTC);
    expect(first.markPrice).toBe('60000');
    expect(second.timestamp ?? 0).toBeGreaterThan(first.timestamp ?? 0);
  });

  it('end when unsubscribed; nonsense is answered, not obeyed', async () => {
    const socket = new WebSocket(`ws://${rig.listener.address}/market/ws/0`);
    const heard: Record<string, unknown>[] = [];
    socket.on('message', (data) => heard.push(JSON.parse(String(data)) as Record<string, unknown>));
    await new Promise((resolve) => socket.once('open', resolve));
    const say = async (text: string): Promise<void> => {
      const before = heard.length;
      socket.send(text);
      await until(() => heard.length > before);
    };
    await say(JSON.stringify({ method: 'SUBSCRIBE', params: ['btcusdt@aggTrade', '!miniTicker@arr'], id: 1 }));
    rig.price('60001');
    await until(() => heard.length === 3);
    await say(JSON.stringify({ method: 'UNSUBSCRIBE', params: ['btcusdt@aggTrade', '!miniTicker@arr'], id: 2 }));
    rig.price('60002');
    await say('nonsense');
    expect(heard).toEqual([
      { result: null, id: 1 },
      expect.objectContaining({ e: 'aggTrade', p: '60001' }),
      [expect.objectContaining({ e: '24hrMiniTicker', s: 'BTCUSDT', c: '60001' })],
      { result: null, id: 2 },
      { error: { code: 3, msg: 'Invalid JSON: malformed request' } },
    ]);
    socket.terminate();
  });
});

describe('the private stream', () => {
  it('tells an order’s life in the order seen in the field', async () => {
    const { heard, socket } = await rawPrivate();
    await market('buy', '0.5', { positionSide: 'LONG', clientOrderId: 'open1' });
    await client.createOrder(BTC, 'market', 'sell', number('0.2'), undefined, { triggerPrice: '59000', positionSide: 'LONG', clientOrderId: 'stop1' });
    rig.price('58990');
    await until(() => heard.length === 10);
    expect(heard.map(brief)).toEqual([
      'ORDER_TRADE_UPDATE NEW NEW',
      'ACCOUNT_UPDATE ORDER',
      'ORDER_TRADE_UPDATE TRADE FILLED',
      'ALGO_UPDATE NEW',
      'ALGO_UPDATE TRIGGERING',
      'ORDER_TRADE_UPDATE NEW NEW',
      'ACCOUNT_UPDATE ORDER',
      'ORDER_TRADE_UPDATE TRADE FILLED',
      'ALGO_UPDATE TRIGGERED',
      'ALGO_UPDATE FINISHED',
    ]);
    const fill = heard[7]?.o;
    expect(fill).toMatchObject({ c: 'stop1', s: 'BTCUSDT', S: 'SELL', ps: 'LONG', ot: 'MARKET', l: '0.2', L: '58990', z: '0.2', n: '5.899', N: 'USDT', rp: '-202' });
    expect(heard[9]?.o).toMatchObject({ caid: 'stop1', ai: String(fill?.['i']), aq: '0.2', ap: '58990', tp: '59000' });
    expect(heard[6]?.a).toMatchObject({ P: [{ s: 'BTCUSDT', ps: 'LONG', pa: '0.3', ep: '60000' }, { ps: 'SHORT', pa: '0' }] });
    socket.terminate();
  });

  it('tells cancellations, rejections, partial fills, funding, transfers and forced closes', async () => {
    await client.close();
    await rig.close();
    rig = await startBinance({ markets: [{ symbol: BTC, tickSize: '0.1', amountStep: '0.001', minAmount: '0.001', minCost: '5', takerFee: '0', makerFee: '0', maxAmountPerTrade: '0.2' }] });
    client = await binanceClient(rig);
    await client.loadMarkets();
    const { heard, socket } = await rawPrivate();
    const limit = await client.createOrder(BTC, 'limit', 'buy', number('0.1'), number('50000'), { positionSide: 'LONG' });
    await client.cancelOrder(limit.id ?? '', BTC);
    const algo = await client.createOrder(BTC, 'market', 'buy', number('90'), undefined, { triggerPrice: '60500', positionSide: 'LONG' });
    await client.cancelOrder(algo.id ?? '', BTC, { trigger: true });
    await client.createOrder(BTC, 'market', 'buy', number('90'), undefined, { triggerPrice: '60500', positionSide: 'LONG' });
    rig.price('60501');
    await market('buy', '0.3', { positionSide: 'LONG' });
    rig.world.tick(BTC, '60501', '60501', '60501', '0.0001');
    rig.exchange.others.transfer('main', '100');
    rig.exchange.acts.deleverage('main', BTC, 'long', '0.1');
    await until(() => heard.length === 15);
    expect(heard.map(brief)).toEqual([
      'ORDER_TRADE_UPDATE NEW NEW',
      'ORDER_TRADE_UPDATE CANCELED CANCELED',
      'ALGO_UPDATE NEW',
      'ALGO_UPDATE CANCELED',
      'ALGO_UPDATE NEW',
      'ALGO_UPDATE REJECTED',
      'ORDER_TRADE_UPDATE NEW NEW',
      'ACCOUNT_UPDATE ORDER',
      'ORDER_TRADE_UPDATE TRADE PARTIALLY_FILLED',
      'ACCOUNT_UPDATE ORDER',
      'ORDER_TRADE_UPDATE TRADE FILLED',
      'ACCOUNT_UPDATE FUNDING_FEE',
      'ACCOUNT_UPDATE DEPOSIT',
      'ACCOUNT_UPDATE ORDER',
      'ORDER_TRADE_UPDATE CALCULATED FILLED',
    ]);
    expect(heard[5]?.o).toMatchObject({ rm: 'Margin is insufficient', ai: '' });
    expect(heard[14]?.o).toMatchObject({ c: 'adl_autoclose', o: 'LIQUIDATION' });
    socket.terminate();
  });

  it('reaches ccxt: orders, trades, positions', async () => {
    const heard = Promise.all([client.watchOrders(), client.watchMyTrades(), client.watchPositions()]);
    await until(() => rig.listener.sockets.list().length === 1);
    await new Promise((resolve) => setTimeout(resolve, 100));
    await market('buy', '0.5', { positionSide: 'LONG', clientOrderId: 'w1' });
    const [orders, trades] = await heard;
    expect(orders.map(({ clientOrderId }) => clientOrderId)).toContain('w1');
    expect(trades[0]).toMatchObject({ amount: '0.5', price: '60000', fee: { cost: '15' } });
  });

  it('says when its key has expired, and is silent afterwards until a new one is taken', async () => {
    const { heard, socket, listenKey } = await rawPrivate();
    rig.clockAheadMs = HOUR_MS + 1_000;
    await until(() => heard.length === 1);
    expect(heard[0]).toMatchObject({ e: 'listenKeyExpired', listenKey });
    await client.loadTimeDifference();
    await market('buy', '0.1', { positionSide: 'LONG' });
    await expect(client.request('listenKey', 'fapiPrivate', 'PUT', {})).rejects.toThrow(/-1125/);
    const next = await rawPrivate();
    expect(next.listenKey).not.toBe(listenKey);
    await market('buy', '0.1', { positionSide: 'LONG' });
    await until(() => next.heard.length === 3);
    expect(heard).toHaveLength(1);
    socket.terminate();
    next.socket.terminate();
  });

  it('keeps its key while it is extended, and gives the same one again', async () => {
    const { listenKey, socket } = await rawPrivate();
    rig.clockAheadMs = HOUR_MS - 1_000;
    await client.request('listenKey', 'fapiPrivate', 'PUT', {});
    rig.clockAheadMs = HOUR_MS + 60_000;
    expect(await client.request('listenKey', 'fapiPrivate', 'POST', {})).toEqual({ listenKey });
    await client.request('listenKey', 'fapiPrivate', 'DELETE', {});
    await expect(client.request('listenKey', 'fapiPrivate', 'PUT', {})).rejects.toThrow(/-1125/);
    socket.terminate();
  });

  it('is cut by a restart; REST tells what was missed', async () => {
    const watching = client.watchOrders().then(
      () => 'heard',
      (error: unknown) => (error as Error).name,
    );
    await until(() => rig.listener.sockets.list().length === 1);
    await market('buy', '0.1', { positionSide: 'LONG', clientOrderId: 'before' });
    await watching;
    const cut = client.watchOrders().then(
      () => 'heard',
      (error: unknown) => (error as Error).name,
    );
    await new Promise((resolve) => setTimeout(resolve, 50));
    await rig.listener.stop();
    expect(await cut).toBe('NetworkError');
    await expect(client.fetchBalance()).rejects.toThrow();
    await rig.listener.start();
    expect((await client.fetchOrder('', BTC, { clientOrderId: 'before' })).status).toBe('closed');
  });
});
