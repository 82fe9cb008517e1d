/** The real ccxt client trades on Binance's wire server: orders in both namespaces, triggers, fills, positions, history, refusals. */
import type { binanceusdm } from 'ccxt';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { binanceClient, startBinance } from './binance-rig.ts';
import type { BinanceRig } from './binance-rig.ts';

const BTC = 'BTC/USDT:USDT';
type Side = 'buy' | 'sell';
type Params = Record<string, unknown>;

let rig: BinanceRig;
let client: binanceusdm;

async function begin(options: Parameters<typeof startBinance>[0] = {}): Promise<void> {
  rig = await startBinance(options);
  client = await binanceClient(rig);
  await client.loadMarkets();
}
afterEach(async () => {
  await client.close();
  await rig.close();
});

/** ccxt's types want numbers; it takes text. */
const number = (text: string): number => text as unknown as number;
const market = (side: Side, amount: string, params: Params = {}) => client.createOrder(BTC, 'market', side, number(amount), undefined, params);
const stop = (side: Side, amount: string, triggerPrice: string, params: Params = {}) => client.createOrder(BTC, 'market', side, number(amount), undefined, { triggerPrice, ...params });
const idOf = ({ id }: { readonly id: string | undefined }): string => id ?? '';
/** Name of the error and Binance's code. */
const refusal = async (promise: Promise<unknown>): Promise<string> => {
  try {
    await promise;
    return 'done';
  } catch (error) {
    return `${(error as Error).name} ${/"code":(-\d+)/.exec((error as Error).message)?.[1]}`;
  }
};

describe('in hedge mode', () => {
  beforeEach(() => begin());

  it('markets, prices, bars and times are there', async () => {
    const btc = client.market(BTC);
    expect([btc.precision, btc.limits.amount?.min, btc.limits.cost?.min]).toEqual([expect.objectContaining({ price: '0.1', amount: '0.001' }), '0.001', '5']);
    rig.price('60010.5', '60009');
    expect((await client.fetchTicker(BTC)).last).toBe('60010.5');
    const rate = await client.fetchFundingRate(BTC);
    expect([rate.markPrice, rate.fundingRate]).toEqual(['60009', '0.0001']);
    const bars = await client.fetchOHLCV(BTC, '1m');
    // Two bars where a minute ended in between.
    expect([bars[0]?.[1], bars.map((bar) => String(bar[2])).sort().at(-1), bars.map((bar) => String(bar[3])).sort()[0], bars.at(-1)?.[4]]).toEqual(['60000', '60010.5', '60000', '60010.5']);
    expect(Math.abs(Number(await client.fetchTime()) - Date.now())).toBeLessThan(1_000);
    const tiers = await client.fetchLeverageTiers([BTC]);
    expect(tiers[BTC]?.[0]).toMatchObject({ maintenanceMarginRate: '0.005' });
  });

  it('a market order fills, and position, balance and trade say so', async () => {
    const order = await market('buy', '0.5', { positionSide: 'LONG', clientOrderId: 'open1' });
    expect([order.clientOrderId, order.status, order.filled, order.average]).toEqual(['open1', 'closed', '0.5', '60000']);
    const [position] = await client.fetchPositions([BTC]);
    expect(position).toMatchObject({ side: 'long', contracts: '0.5', entryPrice: '60000', hedged: true });
    const [trade] = await client.fetchMyTrades(BTC);
    expect(trade).toMatchObject({ order: order.id, side: 'buy', price: '60000', amount: '0.5', fee: { cost: '15', currency: 'USDT' }, takerOrMaker: 'taker' });
    const balance = await client.fetchBalance();
    expect(balance['USDT']).toMatchObject({ total: '99985', free: '96985' });
  });

  it('a conditional order waits in its own namespace, triggers, and leaves a child with its id', async () => {
    await market('buy', '0.5', { positionSide: 'LONG' });
    const placed = await stop('sell', '0.2', '59000', { positionSide: 'LONG', clientOrderId: 'stop1' });
    expect([placed.status, placed.triggerPrice, placed.clientOrderId]).toEqual(['open', '59000', 'stop1']);
    expect(await client.fetchOpenOrders(BTC)).toEqual([]);
    expect((await client.fetchOpenOrders(BTC, undefined, undefined, { trigger: true })).map(({ id }) => id)).toEqual([placed.id]);
    expect(await refusal(client.fetchOrder(idOf(placed), BTC))).toBe('OrderNotFound -2013');

    rig.price('58990');
    const fired = await client.fetchOrder(idOf(placed), BTC, { trigger: true });
    expect(fired.info).toMatchObject({ algoStatus: 'FINISHED', clientAlgoId: 'stop1', actualPrice: '58990' });
    const child = await client.fetchOrder(fired.info.actualOrderId, BTC);
    expect(child).toMatchObject({ clientOrderId: 'stop1', status: 'closed', filled: '0.2', average: '58990' });
    expect(child.id).not.toBe(placed.id);
    expect((await client.fetchMyTrades(BTC)).at(-1)).toMatchObject({ order: child.id, amount: '0.2', info: { realizedPnl: '-202' } });
    expect(rig.legs()).toEqual(['long 0.3']);
    expect(await refusal(client.cancelOrder(idOf(placed), BTC, { trigger: true }))).toBe('OrderNotFound -2011');
  });

  it('a stop opens a short leg, and one at mark waits for the mark', async () => {
    await stop('sell', '0.1', '59000', { positionSide: 'SHORT', workingType: 'MARK_PRICE' });
    rig.price('58000', '59500');
    expect(rig.legs()).toEqual([]);
    rig.price('58000', '58900');
    expect(rig.legs()).toEqual(['short -0.1']);
  });

  it('cancels by either id, each only where the order lives', async () => {
    const algo = await stop('sell', '0.1', '59000', { positionSide: 'SHORT', clientOrderId: 'a1' });
    expect(await refusal(client.cancelOrder(idOf(algo), BTC))).toBe('OrderNotFound -2011');
    await client.cancelOrder('', BTC, { trigger: true, clientAlgoId: 'a1' });
    expect((await client.fetchOrder(idOf(algo), BTC, { trigger: true })).status).toBe('canceled');
    const limit = await client.createOrder(BTC, 'limit', 'buy', number('0.1'), number('50000'), { positionSide: 'LONG', clientOrderId: 'l1' });
    expect((await client.fetchOpenOrders(BTC)).map(({ id }) => id)).toEqual([limit.id]);
    expect((await client.cancelOrder(idOf(limit), BTC)).status).toBe('canceled');
    for (const trigger of ['59000', '58000']) await stop('sell', '0.1', trigger, { positionSide: 'SHORT' });
    await client.cancelAllOrders(BTC, { trigger: true });
    expect(await client.fetchOpenOrders(BTC, undefined, undefined, { trigger: true })).toEqual([]);
  });

  it('refuses with the codes Binance has', async () => {
    await market('buy', '0.1', { positionSide: 'LONG' });
    await stop('sell', '0.1', '59000', { positionSide: 'LONG', clientOrderId: 'same' });
    const limit = (price: string, params: Params) => client.createOrder(BTC, 'limit', 'buy', number('0.01'), number(price), { positionSide: 'LONG', ...params });
    await limit('50000', { clientOrderId: 'same' });
    const codes: Record<string, string> = {};
    const note = async (what: string, promise: Promise<unknown>): Promise<void> => void (codes[what] = await refusal(promise));
    await note('triggers at once', stop('sell', '0.1', '61000', { positionSide: 'LONG' }));
    await note('same algo id', stop('sell', '0.1', '58000', { positionSide: 'LONG', clientOrderId: 'same' }));
    await note('same order id', limit('50000', { clientOrderId: 'same' }));
    await note('too expensive', market('buy', '100', { positionSide: 'LONG' }));
    await note('closes too much', market('sell', '0.2', { positionSide: 'LONG' }));
    await note('no position side', market('buy', '0.1'));
    await note('reduceOnly in hedge mode', market('sell', '0.1', { positionSide: 'LONG', reduceOnly: true }));
    await note('too small a notional', client.createOrder(BTC, 'limit', 'buy', number('0.001'), number('4000'), { positionSide: 'LONG' }));
    await note('post-only that takes', limit('61000', { timeInForce: 'GTX' }));
    const raw = (path: 'order' | 'algoOrder', params: Params) => client.request(path, 'fapiPrivate', 'POST', { symbol: 'BTCUSDT', side: 'BUY', positionSide: 'LONG', ...params });
    await note('stop at /order', raw('order', { type: 'STOP_MARKET', quantity: '0.1', stopPrice: '61000' }));
    await note('price precision', raw('order', { type: 'LIMIT', timeInForce: 'GTC', quantity: '0.1', price: '50000.05' }));
    await note('amount precision', raw('order', { type: 'MARKET', quantity: '0.0001' }));
    await note('unknown symbol', raw('order', { type: 'MARKET', quantity: '0.1', symbol: 'XXXUSDT' }));
    await note('no quantity', raw('order', { type: 'MARKET' }));
    await note('id too long', raw('order', { type: 'MARKET', quantity: '0.1', newClientOrderId: 'x'.repeat(37) }));
    expect(codes).toEqual({
      'triggers at once': 'OrderImmediatelyFillable -2021',
      'same algo id': 'BadRequest -20132',
      'same order id': 'InvalidOrder -4116',
      'too expensive': 'InsufficientFunds -2019',
      'closes too much': 'InvalidOrder -2022',
      'no position side': 'OperationRejected -4061',
      'reduceOnly in hedge mode': 'BadRequest -1106',
      'too small a notional': 'InvalidOrder -4164',
      'post-only that takes': 'OrderNotFillable -5022',
      'stop at /order': 'ExchangeError -4120',
      'price precision': 'BadRequest -1111',
      'amount precision': 'BadRequest -1111',
      'unknown symbol': 'BadSymbol -1121',
      'no quantity': 'BadRequest -1102',
      'id too long': 'BadRequest -4015',
    });
  });

  it('an id may be used again once its order is closed, as at Binance, and names the newest', async () => {
    const first = await market('buy', '0.1', { positionSide: 'LONG', clientOrderId: 'again' });
    const second = await market('buy', '0.2', { positionSide: 'LONG', clientOrderId: 'again' });
    expect(second.id).not.toBe(first.id);
    expect((await client.fetchOrder('', BTC, { clientOrderId: 'again' })).id).toBe(second.id);
    expect(rig.legs()).toEqual(['long 0.3']);
  });

  it('rejects at the trigger what the margin does not pay', async () => {
    const placed = await stop('buy', '50', '61000', { positionSide: 'LONG', clientOrderId: 'rich' });
    rig.price('61001');
    expect((await client.fetchOrder(idOf(placed), BTC, { trigger: true })).info).toMatchObject({ algoStatus: 'REJECTED', actualOrderId: '' });
    expect(await refusal(client.fetchOrder('', BTC, { clientOrderId: 'rich' }))).toBe('OrderNotFound -2013');
  });

  it('takes at most 200 conditional orders', async () => {
    for (let index = 0; index < 200; index += 1) await stop('sell', '0.001', `${59_000 - index}`, { positionSide: 'SHORT' });
    expect(await refusal(stop('sell', '0.001', '50000', { positionSide: 'SHORT' }))).toMatch(/-4045$/);
  });

  it('a close-all order takes what its leg holds when it triggers', async () => {
    await market('buy', '0.1', { positionSide: 'LONG' });
    await stop('sell', '0', '59000', { positionSide: 'LONG', closePosition: true });
    await market('buy', '0.2', { positionSide: 'LONG' });
    rig.price('58990');
    expect(rig.legs()).toEqual([]);
  });

  it('pages trades by id and by time, at most seven days', async () => {
    for (let index = 0; index < 5; index += 1) await market('buy', '0.01', { positionSide: 'LONG' });
    const all = await client.fetchMyTrades(BTC);
    expect(all).toHaveLength(5);
    const raw = (params: Params) => client.request('userTrades', 'fapiPrivate', 'GET', { symbol: 'BTCUSDT', ...params }) as Promise<{ id: number }[]>;
    const ids = all.map(({ id }) => Number(id));
    expect((await raw({ fromId: ids[2], limit: 2 })).map(({ id }) => id)).toEqual(ids.slice(2, 4));
    expect((await raw({ limit: 2 })).map(({ id }) => id)).toEqual(ids.slice(3));
    expect(await refusal(raw({ fromId: ids[2], startTime: 1 }))).toBe('BadRequest -1106');
    expect(await refusal(raw({ startTime: 1, endTime: 8 * 86_400_000 }))).toMatch(/-1127$/);
    rig.clockAheadMs = 8 * 86_400_000;
    await client.loadTimeDifference();
    expect(await raw({})).toEqual([]);
    expect(await raw({ startTime: all[0]?.timestamp })).toHaveLength(5);
  });

  it('income tells funding, fees, results, transfers and what liquidation took; forced orders carry their special ids', async () => {
    await market('buy', '10', { positionSide: 'LONG' });
    rig.world.tick(BTC, '60000', '60000', '60000', '0.0001');
    rig.exchange.others.transfer('main', '-1000');
    rig.exchange.acts.deleverage('main', BTC, 'long', '1');
    rig.exchange.acts.liquidate('main');
    const ledger = await client.fetchLedger(undefined, undefined, 1000);
    const sums: Record<string, number> = {};
    for (const { info } of ledger) sums[(info as { incomeType: string }).incomeType] = (sums[(info as { incomeType: string }).incomeType] ?? 0) + Number((info as { income: string }).income);
    const { walletBalance } = rig.exchange.accountTruth('main');
    expect(sums).toMatchObject({ FUNDING_FEE: -60, COMMISSION: -300, TRANSFER: -1000 });
    expect(sums['INSURANCE_CLEAR']).toBeLessThan(0);
    expect(100_000 + Object.values(sums).reduce((sum, each) => sum + each, 0)).toBeCloseTo(Number(walletBalance), 6);
    const forced = (await client.request('forceOrders', 'fapiPrivate', 'GET', { symbol: 'BTCUSDT' })) as { clientOrderId: string; executedQty: string }[];
    expect(forced).toEqual([expect.objectContaining({ clientOrderId: 'adl_autoclose', executedQty: '1' }), expect.objectContaining({ clientOrderId: expect.stringMatching(/^autoclose-\d+$/), executedQty: '9' })]);
    expect((await client.fetchMyTrades(BTC)).map(({ amount }) => amount)).toEqual(['10', '1', '9']);
  });

  it('keys tell what they may do', async () => {
    const permissions = await client.request('account/apiRestrictions', 'sapi', 'GET', {});
    expect(permissions).toMatchObject({ enableWithdrawals: false, ipRestrict: true, enableFutures: true });
  });
});

describe('in one-way mode', () => {
  beforeEach(() => begin({ account: { positionMode: 'one-way' } }));

  it('a position flips, and reduce-only orders never do', async () => {
    await market('buy', '0.2');
    await market('sell', '0.5');
    expect(rig.legs()).toEqual(['both -0.3']);
    const [position] = await client.fetchPositions([BTC]);
    expect(position).toMatchObject({ side: 'short', contracts: '0.3', hedged: false });
    await market('buy', '9', { reduceOnly: true });
    expect(rig.legs()).toEqual([]);
    expect(await refusal(market('buy', '0.1', { reduceOnly: true }))).toBe('InvalidOrder -2022');
    expect(await refusal(market('buy', '0.1', { positionSide: 'LONG' }))).toBe('OperationRejected -4061');
  });

  it('modes and leverage change as at Binance', async () => {
    expect(await refusal(client.setPositionMode(false))).toBe('OperationRejected -4059');
    const order = await stop('sell', '0.1', '59000');
    expect(await refusal(client.setPositionMode(true))).toMatch(/-4067$/);
    await client.cancelOrder(idOf(order), BTC, { trigger: true });
    await client.setPositionMode(true);
    expect(await client.fetchPositionMode(BTC)).toMatchObject({ hedged: true });
    await client.setLeverage(7, BTC);
    expect(await refusal(client.setMarginMode('cross', BTC))).toMatch(/^MarginModeAlreadySet/);
    await client.setMarginMode('isolated', BTC);
    expect((await client.fetchLeverages([BTC]))[BTC]).toMatchObject({ marginMode: 'isolated', longLeverage: 7 });
    expect(await refusal(client.setPositionMode(true))).toBe('OperationRejected -4059');
    expect(await client.fetchTradingFee(BTC)).toMatchObject({ maker: '0.0002', taker: '0.0005' });
  });
});

describe('requests', () => {
  beforeEach(() => begin());

  it('are refused with a wrong key, a wrong signature, or late', async () => {
    const other = await binanceClient(rig, { apiKey: 'nobody' });
    expect(await refusal(other.fetchBalance())).toBe('AuthenticationError -2015');
    const forged = await binanceClient(rig, { secret: 'wrong' });
    expect(await refusal(forged.fetchBalance())).toMatch(/-1022$/);
    rig.clockAheadMs = 30_000;
    expect(await refusal(client.fetchBalance())).toBe('InvalidNonce -1021');
    rig.clockAheadMs = -5_000;
    expect(await refusal(client.fetchBalance())).toMatch(/-1021$/);
  });

  it('that arrive after their window change nothing', async () => {
    rig.listener.requestPolicy = ({ path, method }) => (path === '/fapi/v1/order' && method === 'POST' ? { type: 'apply-late', afterMs: 300 } : { type: 'none' });
    const short = await binanceClient(rig, { timeout: 200, options: { recvWindow: 100, fetchCurrencies: false } });
    await short.loadMarkets();
    await expect(short.createOrder(BTC, 'market', 'buy', number('0.1'), undefined, { positionSide: 'LONG' })).rejects.toThrow(/timed out/);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(rig.legs()).toEqual([]);
    expect(rig.listener.requests.at(-1)).toMatchObject({ fault: 'apply-late', status: 400 });
  });

  it('are weighed: 429 above the limit, 418 for who does not stop', async () => {
    await client.close();
    await rig.close();
    await begin({ weightLimit: 60 });
    expect(await refusal(client.fetchOpenOrders())).toBe('done');
    expect((client as unknown as { last_response_headers: Record<string, string> }).last_response_headers['X-Mbx-Used-Weight-1m']).toBeDefined();
    const answers: string[] = [];
    for (let index = 0; index < 55; index += 1) answers.push(await refusal(client.fetchOpenOrders()));
    expect(answers[0]).toBe('DDoSProtection -1003');
    const response = await fetch(`http://${rig.listener.address}/fapi/v1/time`);
    expect([response.status, Number(response.headers.get('retry-after'))]).toEqual([418, expect.toSatisfy((seconds: number) => seconds > 100)]);
  });
});
