/** ccxt's own client against the Bybit server: what it reads, and what Bybit says to what is wrong. */
import { createHmac } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { BTC } from '../../exchange/world.ts';
import { BybitLimits } from '../../../../src/sim/wire/bybit/bybit-limits.ts';
import { ccxtClient, startBybitRig } from './bybit-rig.ts';
import type { BybitRig } from './bybit-rig.ts';

type Client = Awaited<ReturnType<typeof ccxtClient>>;

let server: BybitRig;
let clients: Client[] = [];
afterEach(async () => {
  await Promise.all(clients.map((client) => client.close()));
  clients = [];
  await server.close();
});

async function start(options: Parameters<typeof startBybitRig>[0] = {}): Promise<Client> {
  server = await startBybitRig(options);
  server.world.tick(BTC, '60000', '60010', '60005');
  const client = await ccxtClient(server);
  clients.push(client);
  return client;
}

/** A signed request by hand: retCode, message and result. */
async function send(method: 'GET' | 'POST', path: string, params: Record<string, unknown> = {}, given: { readonly key?: string; readonly secret?: string; readonly at?: number } = {}) {
  const { key = 'test-key', secret = 'test-secret', at = server.world.now() } = given;
  const query = method === 'GET' ? new URLSearchParams(params as Record<string, string>).toString() : '';
  const body = method === 'POST' ? JSON.stringify(params) : '';
  const sign = createHmac('sha256', secret).update(`${at}${key}5000${query}${body}`).digest('hex');
  const headers = { 'x-bapi-api-key': key, 'x-bapi-timestamp': String(at), 'x-bapi-recv-window': '5000', 'x-bapi-sign': sign, 'content-type': 'application/json' };
  const response = await fetch(`http://${server.listener.address}${path}${query === '' ? '' : `?${query}`}`, { method, headers, ...(method === 'POST' && { body }) });
  return (await response.json()) as { retCode: number; retMsg: string; result: { list: Record<string, string>[]; nextPageCursor: string } };
}

/** A stop of the short leg's entry, or what a test wants otherwise. */
function stop(id: string, triggerPrice: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  return { category: 'linear', symbol: 'BTCUSDT', side: 'Sell', orderType: 'Market', qty: '0.01', triggerPrice, triggerDirection: 2, positionIdx: 2, orderLinkId: id, ...more };
}
const create = (order: Record<string, unknown>): ReturnType<typeof send> => send('POST', '/v5/order/create', order);

describe('what ccxt reads', () => {
  it('markets, ticker, candles and tiers', async () => {
    const client = await start();
    const market = (await client.loadMarkets())[BTC];
    expect(market).toMatchObject({ id: 'BTCUSDT', swap: true, linear: true, active: true, precision: { price: 0.1, amount: 0.001 }, limits: { amount: { min: 0.001 }, cost: { min: 5 }, leverage: { max: 125 } } });
    expect(await client.fetchTicker(BTC)).toMatchObject({ symbol: BTC, last: 60000, markPrice: 60010, indexPrice: 60005 });
    expect(await client.fetchOHLCV(BTC, '1m')).toEqual([[expect.any(Number), 60000, 60000, 60000, 60000, 0]]);
    expect((await client.fetchMarketLeverageTiers(BTC))[0]).toMatchObject({ maintenanceMarginRate: 0.005, maxLeverage: 125 });
    expect(await client.fetchTradingFee(BTC)).toMatchObject({ taker: 0.0005, maker: 0.0002 });
  });

  it('a stop from Untriggered over Triggered to Filled, under one id, and its trade, position and balance', async () => {
    const client = await start();
    const placed = await client.createOrder(BTC, 'market', 'sell', 0.01, undefined, { triggerPrice: '59000', triggerDirection: 'descending', positionIdx: 2, clientOrderId: 'entry1' });
    const [waiting] = await client.fetchOpenOrders(BTC);
    expect(waiting).toMatchObject({ id: placed.id, clientOrderId: 'entry1', status: 'open', filled: 0, triggerPrice: 59000, info: { orderStatus: 'Untriggered', positionIdx: 2, stopOrderType: 'Stop', createType: 'CreateByStopOrder', timeInForce: 'IOC' } });
    server.world.tick(BTC, '58990', '58995', '58995');
    expect(await client.fetchOpenOrders(BTC)).toEqual([]);
    const filled = await client.fetchClosedOrder(placed.id ?? '', BTC);
    expect(filled).toMatchObject({ id: placed.id, clientOrderId: 'entry1', status: 'closed', filled: 0.01, average: 58990, info: { orderStatus: 'Filled', rejectReason: 'EC_NoError' } });
    const [trade] = await client.fetchMyTrades(BTC);
    expect(trade).toMatchObject({ order: placed.id, side: 'sell', price: 58990, amount: 0.01, takerOrMaker: 'taker', fee: { cost: 58990 * 0.01 * 0.0005, currency: 'USDT' }, info: { closedSize: '0', orderLinkId: 'entry1' } });
    const [short] = await client.fetchPositions([BTC]).then((all) => all.filter(({ side }) => side === 'short'));
    expect(short).toMatchObject({ contracts: 0.01, entryPrice: 58990, hedged: true, info: { positionIdx: 2 } });
    expect((await client.fetchBalance())['USDT']).toMatchObject({ total: 100000 - 58990 * 0.01 * 0.0005 });
  });

  it('funding, transfers and liquidations of the account', async () => {
    const client = await start();
    await client.createOrder(BTC, 'market', 'buy', 1, undefined, { positionIdx: 1, clientOrderId: 'open1' });
    await client.createOrder(BTC, 'market', 'sell', 0.5, undefined, { positionIdx: 2, clientOrderId: 'open2' });
    server.world.tick(BTC, '60000', '60000', '60000', '0.0001');
    server.exchange.others.transfer('main', '-500');
    const funding = await client.fetchFundingHistory(BTC);
    // ccxt hands on the fee of the execution: what was paid is positive.
    expect(funding.map(({ amount }) => amount).sort((a, b) => (a ?? 0) - (b ?? 0))).toEqual([-3, 6]);
    const { result } = await send('GET', '/v5/execution/list', { category: 'linear', symbol: 'BTCUSDT', execType: 'Funding' });
    expect(result.list.map((row) => [row['side'], row['execQty'], row['execFee'], row['feeRate']])).toEqual(expect.arrayContaining([['Buy', '1', '6', '0.0001'], ['Sell', '0.5', '-3', '0.0001']]));
    const log = await send('GET', '/v5/account/transaction-log', { accountType: 'UNIFIED' });
    expect(log.result.list.map((row) => [row['type'], row['change']])).toEqual(expect.arrayContaining([['TRANSFER_OUT', '-500'], ['SETTLEMENT', '-6'], ['SETTLEMENT', '3']]));
    server.exchange.acts.deleverage('main', BTC, 'short', '0.2');
    server.exchange.acts.liquidate('main');
    const forced = await send('GET', '/v5/execution/list', { category: 'linear', symbol: 'BTCUSDT' });
    expect(forced.result.list.filter((row) => row['execType'] !== 'Trade' && row['execType'] !== 'Funding').map((row) => [row['execType'], row['side'], row['execQty'], row['closedSize'], row['orderLinkId']])).toEqual(
      expect.arrayContaining([['AdlTrade', 'Buy', '0.2', '0.2', ''], ['BustTrade', 'Sell', '1', '1', ''], ['BustTrade', 'Buy', '0.3', '0.3', '']]),
    );
    expect((await client.fetchMyLiquidations(BTC)).length).toBe(2);
  });

  it('what is above its limit in a rolling second is not done, and said when it may come again', async () => {
    const limits = new BybitLimits();
    await start({ limits });
    const cancel = (): ReturnType<typeof send> => send('POST', '/v5/order/cancel', { category: 'linear', symbol: 'BTCUSDT', orderLinkId: 'none' });
    const codes = (await Promise.all(Array.from({ length: 11 }, cancel))).map(({ retCode }) => retCode);
    expect(codes.filter((code) => code === 110001).length).toBe(10);
    expect(codes.filter((code) => code === 10006).length).toBe(1);
    expect((await send('GET', '/v5/position/list', { category: 'linear', symbol: 'BTCUSDT' })).retCode).toBe(0);
    server.clockAheadMs += 1_000;
    expect((await cancel()).retCode).toBe(110001);
    expect(limits.refused).toBe(1);
  });

  it('key, modes and leverage, and changes them only where Bybit would', async () => {
    const client = await start();
    await client.loadMarkets();
    expect((await send('GET', '/v5/user/query-api')).result).toMatchObject({ readOnly: 0, uta: 1, permissions: { ContractTrade: ['Order', 'Position'], Wallet: [] } });
    await client.setLeverage(20, BTC);
    await expect(client.setLeverage(20, BTC)).rejects.toThrow('110043');
    await expect(client.setPositionMode(true, BTC)).rejects.toThrow('110025');
    await client.setPositionMode(false, BTC);
    await client.createOrder(BTC, 'market', 'buy', 0.01, undefined, { positionIdx: 0, clientOrderId: 'one' });
    await expect(client.setPositionMode(true, BTC)).rejects.toThrow('110024');
    await expect(client.setMarginMode('isolated')).rejects.toThrow('3400045');
    const { result } = await send('GET', '/v5/position/list', { category: 'linear', symbol: 'BTCUSDT' });
    expect(result.list).toEqual([expect.objectContaining({ positionIdx: 0, side: 'Buy', size: '0.01', leverage: '20', tradeMode: 0 })]);
  });

  it('flat legs only of a symbol that is named', async () => {
    await start();
    const named = await send('GET', '/v5/position/list', { category: 'linear', symbol: 'BTCUSDT' });
    expect(named.result.list).toEqual([expect.objectContaining({ positionIdx: 1, side: '', size: '0' }), expect.objectContaining({ positionIdx: 2, side: '', size: '0' })]);
    expect((await send('GET', '/v5/position/list', { category: 'linear', settleCoin: 'USDT' })).result.list).toEqual([]);
    expect(await send('GET', '/v5/position/list', { category: 'linear' })).toMatchObject({ retCode: 10001 });
  });

  it('no account margin in isolated mode', async () => {
    const client = await start();
    await client.setMarginMode('isolated');
    const { result } = await send('GET', '/v5/account/wallet-balance', { accountType: 'UNIFIED' });
    expect(result.list[0]).toMatchObject({ totalAvailableBalance: '', accountMMRate: '', totalEquity: '100000' });
    expect((await send('GET', '/v5/account/info')).result).toMatchObject({ marginMode: 'ISOLATED_MARGIN', unifiedMarginStatus: 6 });
  });
});

describe('who may ask', () => {
  it.each([
    ['an unknown key', { key: 'nobody' }, 10003],
    ['another secret', { secret: 'wrong' }, 10004],
    ['a clock six seconds behind', { at: -6_000 }, 10002],
    ['a clock two seconds ahead', { at: 2_000 }, 10002],
    ['a clock four seconds behind', { at: -4_000 }, 0],
  ])('%s', async (_, given: { key?: string; secret?: string; at?: number }, code) => {
    await start();
    const at = server.world.now() + (given.at ?? 0);
    expect(await send('GET', '/v5/user/query-api', {}, { ...given, at })).toMatchObject({ retCode: code });
  });

  it('a path that does not exist is 404 and 10017', async () => {
    await start();
    const response = await fetch(`http://${server.listener.address}/v5/order/nothing`);
    expect([response.status, ((await response.json()) as { retCode: number }).retCode]).toEqual([404, 10017]);
  });
});

describe('orders Bybit does not take', () => {
  it.each<[string, Record<string, unknown>, number, RegExp]>([
    ['a sell trigger at the price', stop('a', '60000'), 110093, /expect Falling/],
    ['a buy trigger below the price', stop('a', '59000', { side: 'Buy', triggerDirection: 1 }), 110092, /expect Rising/],
    ['a trigger by mark the last price would allow', stop('a', '60015', { side: 'Buy', triggerDirection: 1, triggerBy: 'IndexPrice' }), 0, /OK/],
    ['a trigger without direction', stop('a', '59000', { triggerDirection: undefined }), 10001, /TriggerDirection/],
    ['the position index of the other mode', stop('a', '59000', { positionIdx: 0 }), 10001, /position idx not match position mode/],
    ['an opening order that says reduceOnly', stop('a', '59000', { reduceOnly: true }), 110017, /reduce-only/],
    ['a closing market order without a position', { ...stop('a', ''), triggerDirection: undefined, positionIdx: 1 }, 110017, /reduce-only/],
    ['more than the account can pay', { ...stop('a', ''), qty: '100' }, 110007, /ab not enough/],
    ['an amount between two steps', stop('a', '59000', { qty: '0.0105' }), 10001, /Qty invalid/],
    ['a price between two ticks', stop('a', '59000.05'), 10001, /Price invalid/],
    ['less than the least amount', stop('a', '59000', { qty: '0' }), 10001, /amount 0/],
    ['a number where text belongs', stop('a', '59000', { qty: 0.01 }), 10001, /must be a string/],
    ['a symbol that is not listed', stop('a', '59000', { symbol: 'BTCUSD' }), 10001, /symbol invalid/],
    ['another category', stop('a', '59000', { category: 'inverse' }), 10001, /category/],
    ['an attached stop loss', stop('a', '59000', { stopLoss: '58000' }), 10001, /no stopLoss/],
  ])('%s', async (_, order, code, message) => {
    await start();
    const { retCode, retMsg } = await create(order);
    expect([retCode, retMsg]).toEqual([code, expect.stringMatching(message)]);
    expect(server.exchange.truth().orders.length).toBe(code === 0 ? 1 : 0);
  });

  it('one that costs less than the least cost', async () => {
    await start();
    server.world.tick(BTC, '4000');
    expect(await create(stop('a', '3999', { qty: '0.001' }))).toMatchObject({ retCode: 110094 });
  });

  it('an id that was used before, also by an order that is over', async () => {
    await start();
    expect(await create(stop('same', '59000'))).toMatchObject({ retCode: 0 });
    expect(await create(stop('same', '59000'))).toMatchObject({ retCode: 110072 });
    await send('POST', '/v5/order/cancel', { category: 'linear', symbol: 'BTCUSDT', orderLinkId: 'same' });
    expect(await create(stop('same', '59000'))).toMatchObject({ retCode: 110072 });
  });

  it('the eleventh conditional order of a symbol', async () => {
    await start();
    for (let index = 0; index < 10; index += 1) expect(await create(stop(`s${index}`, String(59000 - index)))).toMatchObject({ retCode: 0 });
    expect(await create(stop('s10', '58000'))).toMatchObject({ retCode: 110009 });
  });

  it('does not say that a misspelt field was not understood', async () => {
    await start();
    expect(await create({ ...stop('', '59000'), clientOrderId: 'mine' })).toMatchObject({ retCode: 0, result: { orderLinkId: '' } });
  });

  it('takes a post-only order that would take, and cancels it at once', async () => {
    await start();
    const order = { category: 'linear', symbol: 'BTCUSDT', side: 'Buy', orderType: 'Limit', price: '60100', qty: '0.01', timeInForce: 'PostOnly', positionIdx: 1, orderLinkId: 'post' };
    expect(await create(order)).toMatchObject({ retCode: 0, result: { orderLinkId: 'post' } });
    const { result } = await send('GET', '/v5/order/realtime', { category: 'linear', orderLinkId: 'post' });
    expect(result.list).toEqual([expect.objectContaining({ orderStatus: 'Cancelled', rejectReason: 'EC_PostOnlyWillTakeLiquidity', cumExecQty: '0' })]);
    expect(await create(order)).toMatchObject({ retCode: 110072 });
  });
});

describe('changing and ending orders', () => {
  it('amends trigger and amount in place', async () => {
    await start();
    const placed = await create(stop('move', '59000'));
    expect(await send('POST', '/v5/order/amend', { category: 'linear', symbol: 'BTCUSDT', orderLinkId: 'move', triggerPrice: '58500', qty: '0.02' })).toMatchObject({ retCode: 0, result: placed.result });
    const { result } = await send('GET', '/v5/order/realtime', { category: 'linear', symbol: 'BTCUSDT' });
    expect(result.list).toEqual([expect.objectContaining({ orderLinkId: 'move', triggerPrice: '58500', qty: '0.02', orderStatus: 'Untriggered' })]);
    expect(await send('POST', '/v5/order/amend', { category: 'linear', symbol: 'BTCUSDT', orderLinkId: 'move', triggerPrice: '61000' })).toMatchObject({ retCode: 110093 });
    expect(await send('POST', '/v5/order/amend', { category: 'linear', symbol: 'BTCUSDT', orderLinkId: 'other', qty: '1' })).toMatchObject({ retCode: 110001 });
  });

  it('shows a stop that was cancelled before it fired as Deactivated, for a day', async () => {
    await start();
    await create(stop('gone', '59000'));
    await send('POST', '/v5/order/cancel', { category: 'linear', symbol: 'BTCUSDT', orderLinkId: 'gone' });
    expect(await send('POST', '/v5/order/cancel', { category: 'linear', symbol: 'BTCUSDT', orderLinkId: 'gone' })).toMatchObject({ retCode: 110001 });
    const history = (): ReturnType<typeof send> => send('GET', '/v5/order/history', { category: 'linear', orderLinkId: 'gone' });
    expect((await history()).result.list).toEqual([expect.objectContaining({ orderStatus: 'Deactivated', cancelType: 'CancelByUser', rejectReason: 'EC_PerCancelRequest' })]);
    server.clockAheadMs += 86_400_000 + 1_000;
    expect((await history()).result.list).toEqual([]);
  });

  it('rejects an order that has fired and cannot be paid', async () => {
    await start({ account: { deposit: '1000' } });
    await create(stop('big', '59000', { qty: '5' }));
    server.world.tick(BTC, '58000');
    const { result } = await send('GET', '/v5/order/realtime', { category: 'linear', orderLinkId: 'big' });
    expect(result.list).toEqual([expect.objectContaining({ orderStatus: 'Rejected', cancelType: 'CancelByCannotAffordOrderCost', cumExecQty: '0' })]);
  });

  it('cancels all stops and leaves the resting limits', async () => {
    await start();
    await create(stop('s1', '59000'));
    await create({ category: 'linear', symbol: 'BTCUSDT', side: 'Buy', orderType: 'Limit', price: '50000', qty: '0.01', positionIdx: 1, orderLinkId: 'rest' });
    const { result } = await send('POST', '/v5/order/cancel-all', { category: 'linear', symbol: 'BTCUSDT', orderFilter: 'StopOrder' });
    expect(result.list.map((row) => row['orderLinkId'])).toEqual(['s1']);
    expect(server.exchange.truth().accounts[0]?.openOrders.map(({ clientOrderId }) => clientOrderId)).toEqual(['rest']);
  });
});

describe('pages', () => {
  it('of open orders are whole and do not move while orders arrive', async () => {
    await start();
    for (let index = 0; index < 10; index += 1) await create(stop(`s${index}`, String(59000 - index)));
    const seen: string[] = [];
    let cursor = '';
    do {
      const { result } = await send('GET', '/v5/order/realtime', { category: 'linear', settleCoin: 'USDT', limit: '3', ...(cursor !== '' && { cursor: decodeURIComponent(cursor) }) });
      seen.push(...result.list.map((row) => row['orderLinkId'] ?? ''));
      cursor = result.nextPageCursor;
      if (seen.length === 3) await create({ category: 'linear', symbol: 'BTCUSDT', side: 'Buy', orderType: 'Limit', price: '50000', qty: '0.01', positionIdx: 1, orderLinkId: 'new' });
    } while (cursor !== '');
    expect(seen).toEqual(['s9', 's8', 's7', 's6', 's5', 's4', 's3', 's2', 's1', 's0']);
  });

  it('of executions end where their window does', async () => {
    await start();
    await create({ ...stop('m1', ''), triggerDirection: undefined });
    const startedAt = server.world.now();
    server.clockAheadMs += 8 * 86_400_000;
    await create({ ...stop('m2', ''), triggerDirection: undefined });
    const list = async (params: Record<string, string>): Promise<string[]> => (await send('GET', '/v5/execution/list', { category: 'linear', symbol: 'BTCUSDT', ...params })).result.list.map((row) => row['orderLinkId'] ?? '');
    expect(await list({})).toEqual(['m2']);
    expect(await list({ startTime: String(startedAt - 1_000) })).toEqual(['m1']);
    const tooLong = await send('GET', '/v5/execution/list', { category: 'linear', startTime: String(startedAt), endTime: String(server.world.now()) });
    expect(tooLong).toMatchObject({ retCode: 10001 });
  });
});
