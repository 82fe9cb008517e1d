/** ccxt.pro's own client on the Bybit server's streams, and what the streams say to what is wrong. */
import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { BTC } from '../../exchange/world.ts';
import { acknowledged, ccxtClient, startBybitRig } from './bybit-rig.ts';
import type { BybitRig } from './bybit-rig.ts';

let server: BybitRig;
let client: Awaited<ReturnType<typeof ccxtClient>>;
const sockets: WebSocket[] = [];

beforeEach(async () => {
  server = await startBybitRig();
  server.world.tick(BTC, '60000', '60010', '60005');
  client = await ccxtClient(server);
  await client.loadMarkets();
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.terminate();
  await client.close();
  await server.close();
});

/** A stream by hand: sends commands and collects what comes. */
async function dial(path: string): Promise<{ say: (command: unknown) => void; frames: Record<string, unknown>[]; until: (count: number) => Promise<void> }> {
  const socket = new WebSocket(`ws://${server.listener.address}${path}`);
  sockets.push(socket);
  const frames: Record<string, unknown>[] = [];
  socket.on('message', (data) => frames.push(JSON.parse(String(data)) as Record<string, unknown>));
  await new Promise((resolve) => socket.once('open', resolve));
  return {
    frames,
    say: (command) => socket.send(JSON.stringify(command)),
    until: async (count) => {
      for (let turn = 0; frames.length < count && turn < 200; turn += 1) await new Promise((resolve) => setTimeout(resolve, 5));
      expect(frames.length).toBeGreaterThanOrEqual(count);
    },
  };
}

function auth(secret = 'test-secret', expires = server.world.now() + 5_000): unknown {
  return { req_id: 'a', op: 'auth', args: ['test-key', expires, createHmac('sha256', secret).update(`GET/realtime${expires}`).digest('hex')] };
}


describe('public', () => {
  it('tickers reach ccxt with mark and index, first whole, then what changed', async () => {
    const first = await client.watchTicker(BTC);
    expect(first).toMatchObject({ symbol: BTC, last: 60000, markPrice: 60010, indexPrice: 60005 });
    const next = client.watchTicker(BTC);
    server.world.tick(BTC, '60001', '60010', '60005');
    expect(await next).toMatchObject({ last: 60001, markPrice: 60010, indexPrice: 60005 });
    const raw = await dial('/v5/public/linear');
    raw.say({ req_id: '1', op: 'subscribe', args: ['tickers.BTCUSDT'] });
    await raw.until(2);
    server.world.tick(BTC, '60002', '60010', '60005');
    await raw.until(3);
    expect(raw.frames[1]).toMatchObject({ type: 'snapshot', data: { markPrice: '60010', openInterestValue: '0' } });
    expect(raw.frames[2]).toMatchObject({ type: 'delta', data: { symbol: 'BTCUSDT', lastPrice: '60002' } });
    expect(raw.frames[2]?.['data']).not.toHaveProperty('markPrice');
  });

  it('trades and candles', async () => {
    const ready = acknowledged(client, 2);
    const trades = client.watchTrades(BTC);
    const bars = client.watchOHLCV(BTC, '1m');
    await ready;
    server.world.tick(BTC, '59990');
    expect((await trades)[0]).toMatchObject({ symbol: BTC, price: 59990, side: 'sell' });
    expect((await bars)[0]?.[4]).toBe(59990);
  });

  it('refuses topics it does not have and answers pings', async () => {
    const raw = await dial('/v5/public/linear');
    raw.say({ req_id: '1', op: 'subscribe', args: ['tickers.NOPE'] });
    raw.say({ req_id: '2', op: 'ping' });
    await raw.until(2);
    expect(raw.frames).toEqual([expect.objectContaining({ success: false, ret_msg: 'error:handler not found,topic:tickers.NOPE', req_id: '1' }), expect.objectContaining({ success: true, ret_msg: 'pong', req_id: '2', op: 'ping' })]);
  });
});

describe('private', () => {
  it('orders and trades reach ccxt, the firing of a stop among them', async () => {
    const raw = await dial('/v5/private');
    raw.say(auth());
    raw.say({ req_id: 's', op: 'subscribe', args: ['order', 'execution', 'position', 'wallet'] });
    await raw.until(2);
    const ready = acknowledged(client, 2);
    const orders = client.watchOrders(BTC);
    const trades = client.watchMyTrades(BTC);
    await ready;
    await client.createOrder(BTC, 'market', 'sell', 0.01, undefined, { triggerPrice: '59000', triggerDirection: 'below', positionIdx: 2, clientOrderId: 'stop1' });
    expect((await orders)[0]).toMatchObject({ clientOrderId: 'stop1', status: 'open', info: { orderStatus: 'Untriggered' } });
    server.world.tick(BTC, '58990');
    expect((await trades)[0]).toMatchObject({ price: 58990, amount: 0.01, side: 'sell', info: { execType: 'Trade', orderLinkId: 'stop1' } });
    await raw.until(8);
    const rows = raw.frames.slice(2).map((frame) => [frame['topic'], (frame['data'] as Record<string, unknown>[])[0]] as const);
    expect(rows.filter(([topic]) => topic === 'order').map(([, row]) => [row?.['orderStatus'], row?.['orderLinkId'], row?.['cumExecQty']])).toEqual([
      ['Untriggered', 'stop1', '0'],
      ['Triggered', 'stop1', '0'],
      ['Filled', 'stop1', '0.01'],
    ]);
    expect(new Set(rows.filter(([topic]) => topic === 'order').map(([, row]) => row?.['orderId'])).size).toBe(1);
    expect(rows.find(([topic]) => topic === 'position')?.[1]).toMatchObject({ positionIdx: 2, side: 'Sell', size: '0.01', entryPrice: '58990' });
    expect(rows.find(([topic]) => topic === 'wallet')?.[1]).toMatchObject({ accountType: 'UNIFIED' });
  });

  it('tells funding as an execution, and nothing of other accounts', async () => {
    server.exchange.ensureAccount({ account: 'other', deposit: '1000', positionMode: 'hedge' });
    const raw = await dial('/v5/private');
    raw.say(auth());
    raw.say({ req_id: 's', op: 'subscribe', args: ['execution.linear', 'order.linear'] });
    await raw.until(2);
    await server.exchange.others.place({ account: 'other', symbol: BTC, side: 'buy', positionSide: 'long', amount: '0.01' });
    await server.exchange.others.place({ account: 'main', symbol: BTC, side: 'buy', positionSide: 'long', amount: '1' });
    await raw.until(4);
    server.world.tick(BTC, '60000', '60000', '60000', '0.0001');
    await raw.until(6);
    const rows = raw.frames.slice(2).map((frame) => (frame['data'] as Record<string, unknown>[])[0]);
    expect(rows.map((row) => [row?.['execType'] ?? row?.['orderStatus'], row?.['orderLinkId']])).toEqual([
      ['New', 'web_2'],
      ['Trade', 'web_2'],
      ['Filled', 'web_2'],
      ['Funding', ''],
    ]);
    expect(rows[3]).toMatchObject({ execFee: '6', side: 'Buy', execQty: '1' });
  });

  it.each([
    ['another secret', (): unknown => auth('wrong')],
    ['an expired command', (): unknown => auth('test-secret', server.world.now() - 1)],
  ])('refuses %s and closes', async (_, command) => {
    const raw = await dial('/v5/private');
    raw.say(command());
    await raw.until(1);
    expect(raw.frames[0]).toMatchObject({ success: false, op: 'auth' });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(sockets.at(-1)?.readyState).toBe(WebSocket.CLOSED);
  });

  it('subscribes nobody who has not authenticated, and answers pings', async () => {
    const raw = await dial('/v5/private');
    raw.say({ req_id: 's', op: 'subscribe', args: ['order'] });
    raw.say({ req_id: 'p', op: 'ping' });
    await raw.until(2);
    expect(raw.frames).toEqual([expect.objectContaining({ success: false, ret_msg: 'Request not authorized' }), expect.objectContaining({ op: 'pong', req_id: 'p' })]);
    await client.createOrder(BTC, 'market', 'buy', 0.01, undefined, { positionIdx: 1, clientOrderId: 'unseen' });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(raw.frames.length).toBe(2);
  });
});
