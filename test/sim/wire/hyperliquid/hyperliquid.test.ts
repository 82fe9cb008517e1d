/** ccxt's real Hyperliquid client against the server: every request and stream a bot needs, who may act, and in which words it is refused. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { actionHash, addressOf } from '../../../../src/sim/wire/hyperliquid/l1-signature.ts';
import { AGENT_KEY, BTC, OWNER_KEY, SOL, STRANGER_KEY, SUB_ADDRESSES, SUB_KEYS, clientOf, cloid, owner, startServer } from './hyperliquid-server.ts';
import type { Client, Server } from './hyperliquid-server.ts';

let server: Server;
const clients: Client[] = [];

beforeEach(async () => {
  server = await startServer();
  server.world.tick(BTC, '60000');
  server.world.tick(SOL, '150');
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  await server.listener.close();
});

async function connect(opening: Promise<Client> = owner(server)): Promise<Client> {
  const client = await opening;
  clients.push(client);
  await client.loadMarkets();
  return client;
}

type Params = Record<string, unknown>;
const number = (text: string): number => text as unknown as number;
const place = (client: Client, type: string, side: string, amount: string, price: string, params: Params = {}) =>
  client.createOrder(BTC, type, side, number(amount), number(price), { slippage: '0', ...params });
/** The exchange's words, out of ccxt's error. */
const wordsOf = async (request: Promise<unknown>): Promise<string> =>
  request.then(
    () => 'done',
    (error: Error) => error.message.replace(/^hyperliquid /, ''),
  );
/** An action signed by hand. */
async function send(client: Client, action: Params, more: { nonce?: number; expiresAfter?: number; vault?: string; signed?: Params } = {}): Promise<unknown> {
  const nonce = more.nonce ?? client.milliseconds();
  const vault = more.vault?.replace('0x', '');
  const signature = client.signL1Action(more.signed ?? action, nonce, vault, more.expiresAfter);
  const answer = await fetch(`http://${server.listener.address}/exchange`, {
    method: 'POST',
    body: JSON.stringify({ action, nonce, signature, ...(more.expiresAfter !== undefined && { expiresAfter: more.expiresAfter }), ...(more.vault !== undefined && { vaultAddress: more.vault }) }),
  });
  return answer.status === 200 ? answer.json() : answer.status;
}
const NOOP = { type: 'noop' };
const OK = { status: 'ok', response: { type: 'default' } };
const info = async (body: Params): Promise<unknown> => (await fetch(`http://${server.listener.address}/info`, { method: 'POST', body: JSON.stringify(body) })).json();
const roleOf = (user: string): Promise<unknown> => info({ type: 'userRole', user });

describe('the hash of an action', () => {
  it('is the one of the exchange’s own signing test', () => {
    const action = { type: 'order', orders: [{ a: 4, b: true, p: '1670.1', s: '0.0147', r: false, t: { limit: { tif: 'Ioc' } } }], grouping: 'na' };
    const hash = actionHash({ action, nonce: 1_677_777_606_040, vaultAddress: null, expiresAfter: null });
    expect(Buffer.from(hash).toString('hex')).toBe('0fcbeda5ae3c4950a548021552a4fea2226858c4453571bf3f24ba017eac2908');
  });
});

describe('markets and prices', () => {
  it('are what ccxt makes of the universe', async () => {
    const client = await connect();
    expect(client.market(BTC)).toMatchObject({ baseId: '0', precision: { amount: 0.00001 }, limits: { leverage: { max: 40 }, cost: { min: 10 } } });
    expect(await client.fetchTicker(SOL)).toMatchObject({ close: 150, info: { markPx: '150', oraclePx: '150' } });
    expect((await client.fetchOrderBook(BTC)).bids[0]?.[0]).toBe(59999);
    expect(await client.fetchOHLCV(BTC, '1m', undefined, 5)).toMatchObject([[expect.any(Number), 60000, 60000, 60000, 60000, 0]]);
    expect(await client.fetchTradingFee(BTC)).toMatchObject({ taker: 0.00045, maker: 0.00015 });
  });

  it('show funding that was settled', async () => {
    const client = await connect();
    await place(client, 'market', 'buy', '1', '60000');
    server.world.tick(BTC, '60000', '60000', '60000', '0.0001');
    expect(await client.fetchFundingHistory(BTC, 0)).toMatchObject([{ amount: -6, rate: 0.0001, info: { delta: { szi: '1' } } }]);
    expect(await client.fetchFundingRateHistory(BTC, 0)).toMatchObject([{ fundingRate: 0.0001 }]);
  });
});

describe('orders', () => {
  it('that take are filled at once, and the position shows', async () => {
    const client = await connect();
    const { info: row } = await place(client, 'market', 'buy', '0.5', '60000', { clientOrderId: cloid(1) });
    expect(row).toEqual({ filled: { totalSz: '0.5', avgPx: '60000', oid: 1, cloid: cloid(1) } });
    expect(await client.fetchPositions([BTC])).toMatchObject([{ side: 'long', contracts: 0.5, entryPrice: 60000, leverage: 10, marginMode: 'cross', info: { type: 'oneWay' } }]);
    expect(await client.fetchMyTrades(BTC, 0)).toMatchObject([{ id: '1', order: '1', side: 'buy', price: 60000, amount: 0.5, takerOrMaker: 'taker', fee: { cost: 13.5, currency: 'USDC' }, info: { dir: 'Open Long', startPosition: '0', cloid: cloid(1) } }]);
    expect((await client.fetchBalance({ enableUnifiedMargin: false }))['USDC']).toMatchObject({ total: 99986.5 });
  });

  it('that are stops rest until the mark reaches them, whatever the last price does', async () => {
    const client = await connect();
    await place(client, 'market', 'buy', '0.5', '60000');
    await place(client, 'market', 'sell', '0.5', '59000', { triggerPrice: '59000', reduceOnly: true, clientOrderId: cloid(2) });
    expect(await client.fetchOpenOrders(BTC)).toMatchObject([
      { clientOrderId: cloid(2), status: 'open', reduceOnly: true, triggerPrice: 59000, info: { isTrigger: true, orderType: 'Stop Market', triggerCondition: 'Price below 59000', limitPx: '59000', tif: null } },
    ]);
    server.world.tick(BTC, '58900', '59500');
    expect(await client.fetchOrder(cloid(2), BTC)).toMatchObject({ status: 'open', filled: 0 });
    server.world.tick(BTC, '59400', '59000');
    expect(await client.fetchOrder(cloid(2), BTC)).toMatchObject({ status: 'closed', filled: 0.5, remaining: 0 });
    expect(await client.fetchPositions([BTC])).toEqual([]);
    expect((await client.fetchMyTrades(BTC, 0)).at(-1)).toMatchObject({ info: { dir: 'Close Long', closedPnl: '-300' } });
  });

  it('are cancelled by number or by our own id, once', async () => {
    const client = await connect();
    const { id } = await place(client, 'limit', 'buy', '0.1', '50000');
    await place(client, 'limit', 'buy', '0.1', '50001', { clientOrderId: cloid(3) });
    await client.cancelOrder(String(id), BTC);
    await client.cancelOrder('', BTC, { clientOrderId: cloid(3) });
    expect(await wordsOf(client.cancelOrder('', BTC, { clientOrderId: cloid(3) }))).toContain('Order was never placed, already canceled, or filled. asset=0');
    expect((await client.fetchOrders(BTC)).map(({ status }) => status)).toEqual(['canceled', 'canceled']);
    expect(await wordsOf(client.fetchOrder(cloid(9), BTC))).toContain('unknownOid');
  });

  it.each<[string, [string, string, string, string, Params?], string]>([
    ['a sixth significant figure', ['limit', 'buy', '0.1', '5000.01'], 'Price must be divisible by tick size. asset=0'],
    ['a value below ten dollars', ['limit', 'buy', '0.0001', '50000'], 'Order must have minimum value of $10. asset=0'],
    ['more than the margin', ['limit', 'buy', '100', '60000'], 'Insufficient margin to place order. asset=0'],
    ['a reduce-only order of a flat account', ['market', 'sell', '0.1', '60000', { reduceOnly: true }], 'Reduce only order would increase position. asset=0'],
    ['a post-only order that would take', ['limit', 'buy', '0.1', '60000', { postOnly: true }], 'Post only order would have immediately matched, bbo was 59999@60001. asset=0'],
    ['an immediate order away from the market', ['market', 'buy', '0.1', '59000'], 'Order could not immediately match against any resting orders. asset=0'],
    ['a stop that is reached already', ['market', 'sell', '0.1', '60500', { triggerPrice: '60500' }], 'Invalid TP/SL price. asset=0'],
    ['a stop whose bound lies before its trigger', ['market', 'sell', '0.1', '59500', { triggerPrice: '59000' }], 'Invalid TP/SL price. asset=0'],
  ])('are refused for %s', async (_, [type, side, amount, price, params], words) => {
    const client = await connect();
    client.priceToPrecision = (_symbol: string, value: unknown) => String(value);
    expect(await wordsOf(place(client, type, side, amount, price, params))).toContain(words);
  });

  it('of many rows are answered row by row', async () => {
    const client = await connect();
    const order = (p: string): Params => ({ a: 0, b: true, p, s: '0.1', r: false, t: { limit: { tif: 'Gtc' } } });
    expect(await send(client, { type: 'order', orders: [order('50000'), order('50000.5'), order('50002')], grouping: 'na' })).toEqual({
      status: 'ok',
      response: { type: 'order', data: { statuses: [{ resting: { oid: 1 } }, { error: 'Price must be divisible by tick size. asset=0' }, { resting: { oid: 2 } }] } },
    });
  });

  it('with whole numbers and small prices are on the grid', async () => {
    const client = await connect();
    const order = (a: number, p: string): Params => ({ type: 'order', orders: [{ a, b: true, p, s: '1', r: false, t: { limit: { tif: 'Gtc' } } }], grouping: 'na' });
    expect(await send(client, order(1, '123.45'))).toMatchObject({ response: { data: { statuses: [{ resting: {} }] } } });
    expect(await send(client, order(1, '123.456'))).toMatchObject({ response: { data: { statuses: [{ error: expect.stringContaining('tick size') }] } } });
  });
});

describe('whoever signs', () => {
  it('acts for his own account, his agent for the account that approved it, a stranger for nobody', async () => {
    const address = addressOf(OWNER_KEY);
    for (const key of [OWNER_KEY, AGENT_KEY]) await place(await connect(clientOf(server, address, key)), 'market', 'buy', '0.1', '60000');
    expect(server.exchange.truth().accounts[0]?.positions).toMatchObject([{ account: 'main', amount: '0.2' }]);
    const stranger = await connect(clientOf(server, address, STRANGER_KEY));
    expect(await wordsOf(place(stranger, 'market', 'buy', '0.1', '60000'))).toContain(`User or API Wallet ${addressOf(STRANGER_KEY)} does not exist.`);
  });

  it('names the sub-account as vault, signed too', async () => {
    const long = await connect(clientOf(server, SUB_ADDRESSES.long, SUB_KEYS.long));
    await place(long, 'market', 'buy', '0.1', '60000', { vaultAddress: SUB_ADDRESSES.long });
    expect(server.exchange.truth().accounts[1]?.positions).toMatchObject([{ account: 'long', amount: '0.1' }]);
    expect(await roleOf(SUB_ADDRESSES.long)).toEqual({ role: 'subAccount', data: { master: addressOf(OWNER_KEY) } });
    expect(await roleOf(addressOf(SUB_KEYS.long))).toEqual({ role: 'agent', data: { user: addressOf(OWNER_KEY) } });
    const body = { type: 'noop' };
    expect(await send(long, body, { vault: '0x00000000000000000000000000000000000000ff' })).toMatchObject({ status: 'err' });
  });

  it('is somebody else when the action was changed, or written otherwise than the exchange writes it', async () => {
    const client = await connect();
    const order = (s: string): Params => ({ type: 'order', orders: [{ a: 0, b: true, p: '50000', s, r: false, t: { limit: { tif: 'Gtc' } } }], grouping: 'na' });
    expect(await send(client, order('0.2'), { signed: order('0.1') })).toMatchObject({ status: 'err', response: expect.stringContaining('does not exist') });
    expect(await send(client, order('0.10'))).toMatchObject({ status: 'err', response: expect.stringContaining('does not exist') });
    expect(server.exchange.truth().orders).toEqual([]);
  });

  it('uses a nonce once, near the server’s time, and is held to his deadline', async () => {
    const client = await connect();
    const now = client.milliseconds();
    const day = 86_400_000;
    expect(await send(client, NOOP, { nonce: now })).toEqual(OK);
    expect(await send(client, NOOP, { nonce: now })).toEqual({ status: 'err', response: `Invalid nonce: duplicate nonce ${now}` });
    expect(await send(client, NOOP, { nonce: now - 2 * day - 1_000 })).toMatchObject({ response: expect.stringContaining('nonce too low') });
    expect(await send(client, NOOP, { nonce: now + day + 60_000 })).toMatchObject({ response: expect.stringContaining('nonce too high') });
    expect(await send(client, NOOP, { expiresAfter: now - 1 })).toEqual({ status: 'err', response: 'Action already expired' });
    expect(await send(client, NOOP, { expiresAfter: client.milliseconds() + 5_000 })).toEqual(OK);
  });
});

describe('what no client of ours may send', () => {
  it('is refused and stays on record', async () => {
    const client = await connect();
    const builder = { b: '0x6530512a6c89c7cfcebc3ba7fcd9ada5f30827a6', f: 10 };
    const order = { type: 'order', orders: [{ a: 0, b: true, p: '60000', s: '0.1', r: false, t: { limit: { tif: 'Gtc' } } }], grouping: 'na', builder };
    expect(await send(client, order)).toEqual({ status: 'err', response: 'Builder fee has not been approved.' });
    expect(await send(client, { type: 'setReferrer', code: 'CCXT1' })).toMatchObject({ status: 'err' });
    expect(server.protocol.receivedActions.map(({ type, account }) => [type, account])).toEqual([
      ['order', 'main'],
      ['setReferrer', 'main'],
    ]);
    expect(server.exchange.truth().orders).toEqual([]);
  });

  it('is what ccxt sends on its own when nobody stops it', async () => {
    const client = await owner(server);
    clients.push(client);
    Reflect.deleteProperty(client, 'initializeClient');
    await client.loadMarkets();
    expect(server.protocol.receivedActions.map(({ type }) => type).sort()).toEqual(['approveBuilderFee', 'setReferrer']);
  });
});

describe('settings', () => {
  it('of leverage and margin mode change, except the mode of an open position', async () => {
    const client = await connect();
    await client.setLeverage(7, BTC, { marginMode: 'isolated' });
    expect(await info({ type: 'activeAssetData', user: addressOf(OWNER_KEY), coin: 'BTC' })).toMatchObject({ leverage: { type: 'isolated', value: 7 }, markPx: '60000' });
    expect(await wordsOf(client.setLeverage(41, BTC))).toContain('Invalid leverage value');
    await place(client, 'market', 'buy', '0.1', '60000');
    expect(await wordsOf(client.setLeverage(7, BTC, { marginMode: 'cross' }))).toContain('Cannot switch leverage type with open position.');
  });

  it('of the dead man’s switch cancel every order when the time has come', async () => {
    const client = await connect();
    await place(client, 'limit', 'buy', '0.1', '50000');
    expect(await send(client, { type: 'scheduleCancel', time: client.milliseconds() + 1_000 })).toMatchObject({ status: 'err' });
    expect(await send(client, { type: 'scheduleCancel', time: client.milliseconds() + 6_000 })).toEqual(OK);
    server.skewMs += 7_000;
    await expect.poll(() => server.exchange.truth().orders[0]?.order.status, { timeout: 3_000 }).toBe('canceled');
  });
});

describe('long histories', () => {
  it('of fills come in pages of two thousand from the oldest on', async () => {
    const client = await connect();
    for (let each = 0; each < 1_001; each += 1) {
      for (const side of ['buy', 'sell'] as const) await server.exchange.others.place({ account: 'main', symbol: BTC, side, amount: '0.001', positionSide: null, triggerBy: 'mark' });
    }
    expect(await client.fetchMyTrades(BTC, 0)).toHaveLength(2_000);
    const body = { type: 'userFillsByTime', user: addressOf(OWNER_KEY), startTime: 0 };
    const [first] = (await info(body)) as { tid: number }[];
    expect(first?.tid).toBe(1);
    expect(((await info({ type: 'userFills', user: addressOf(OWNER_KEY) })) as { tid: number }[])[0]?.tid).toBe(2_002);
  });
});

describe('streams', () => {
  it('say prices as they come', async () => {
    const client = await connect();
    expect(await client.watchTicker(BTC)).toMatchObject({ close: 60000, info: { markPx: '60000' } });
    const next = client.watchTicker(BTC);
    server.world.tick(BTC, '60100', '60090', '60080');
    expect(await next).toMatchObject({ close: 60100, info: { markPx: '60090', oraclePx: '60080' } });
    const prints = client.watchTrades(BTC);
    await expect.poll(() => server.listener.sockets.list().length).toBe(1);
    await client.fetchTicker(BTC);
    server.world.tick(BTC, '60200');
    expect(await prints).toMatchObject([{ price: 60200 }]);
    expect(await client.watchOHLCV(BTC, '1m')).toMatchObject([[expect.any(Number), 60000, 60200, 60000, 60200, 0]]);
  });

  it('say orders and fills of the account, after a snapshot of the fills so far', async () => {
    const client = await connect();
    await place(client, 'market', 'buy', '0.1', '60000', { clientOrderId: cloid(1) });
    expect(await client.watchMyTrades(BTC)).toMatchObject([{ id: '1' }]);
    const orders = client.watchOrders(BTC);
    await client.fetchTicker(BTC);
    await place(client, 'limit', 'buy', '0.1', '50000', { clientOrderId: cloid(2) });
    expect(await orders).toMatchObject([{ clientOrderId: cloid(2), status: 'open', side: 'buy', remaining: 0.1 }]);
    const fills = client.watchMyTrades(BTC);
    server.world.tick(BTC, '50000');
    expect(await fills).toMatchObject([{ id: '2', price: 50000, info: { crossed: false, cloid: cloid(2), dir: 'Open Long' } }]);
  });
});
