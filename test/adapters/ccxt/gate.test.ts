/** Gate: the requests of every operation of a window as its documents want them, and what its documented answers become. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { gate } from '../../../src/adapters/ccxt/gate/gate.ts';
import { GATE_REFUSALS } from '../../../src/adapters/ccxt/gate/refusals.ts';
import type { Answer } from '../../../src/adapters/ccxt/rest-client.ts';
import type { Json } from '../../../src/domain/json.ts';
import { REFUSALS } from '../../../src/ports/exchange.ts';
import type { OrderRequest } from '../../../src/ports/exchange.ts';
import { CANARY, CLIENT_ID, CapturedExchange, orderRequest, until } from './captured-exchange.ts';
import type { Laid } from './captured-exchange.ts';
import { ACCOUNT, BTC, CHILD, FIRED, GATE_ANSWERS, NOT_FOUND, PLAN, TRADE, failed } from './gate-answers.ts';

const SYMBOL = 'BTC/USDT:USDT';
const FUTURES = '/api/v4/futures/usdt';
const TEXT = `t-${CLIENT_ID}`;
let captured: CapturedExchange;

beforeAll(async () => {
  captured = await CapturedExchange.open({ exchangeId: 'gate', answers: GATE_ANSWERS, symbols: [SYMBOL] });
});
afterAll(() => captured.close());
beforeEach(() => {
  for (const [route, answer] of Object.entries(GATE_ANSWERS)) captured.lay(route, answer);
  captured.taken();
});

const cancel = { account: 'main', symbol: SYMBOL, clientOrderId: CLIENT_ID };
const find = (): ReturnType<typeof captured.exchange.fetchOrder> => captured.exchange.fetchOrder('main', SYMBOL, CLIENT_ID);
const unavailable = expect.objectContaining({ code: 'EXCHANGE_UNAVAILABLE' }) as unknown;
const dual = (): void => captured.lay(`GET ${FUTURES}/accounts`, { ...ACCOUNT, position_mode: 'dual' });
/** Waiting conditional orders, and those that are over. */
const plans = (open: readonly Json[], finished: readonly Json[] = []): void => captured.lay(`GET ${FUTURES}/price_orders`, ({ query }) => [...(query['status'] === 'open' ? open : finished)]);

describe('requests', () => {
  const initial = { contract: 'BTC_USDT', price: '0', tif: 'ioc', text: TEXT };
  const below = { strategy_type: 0, price_type: 0, price: '60000.1', rule: 2 };
  const above = { ...below, rule: 1 };
  const regular = { contract: 'BTC_USDT', price: '0', tif: 'ioc', text: TEXT };
  const market = { type: 'market', triggerPrice: null } as const;

  // Size, price and rule are those of ccxt's own fixtures "swap trigger market buy order" and "swap limit trigger order".
  test.each<[string, Partial<OrderRequest>, string, Json]>([
    ['one-way: a stop that closes a long', {}, 'price_orders', { initial: { ...initial, size: -500, reduce_only: true }, trigger: below }],
    ['one-way: a stop that closes a short', { side: 'buy' }, 'price_orders', { initial: { ...initial, size: 500, reduce_only: true }, trigger: above }],
    ['one-way: a stop that opens a short', { reduceOnly: false }, 'price_orders', { initial: { ...initial, size: -500 }, trigger: below }],
    ['one-way: a stop that opens a long', { side: 'buy', reduceOnly: false }, 'price_orders', { initial: { ...initial, size: 500 }, trigger: above }],
    ['hedge: a stop that closes a long', { positionSide: 'long', reduceOnly: false }, 'price_orders', { initial: { ...initial, size: -500, reduce_only: true }, trigger: below, order_type: 'plan-close-long-position' }],
    ['hedge: a stop that closes a short', { side: 'buy', positionSide: 'short', reduceOnly: false }, 'price_orders', { initial: { ...initial, size: 500, reduce_only: true }, trigger: above, order_type: 'plan-close-short-position' }],
    ['hedge: a stop that opens a short', { positionSide: 'short', reduceOnly: false }, 'price_orders', { initial: { ...initial, size: -500 }, trigger: below }],
    ['hedge: a stop that opens a long', { side: 'buy', positionSide: 'long', reduceOnly: false }, 'price_orders', { initial: { ...initial, size: 500 }, trigger: above }],
    ['a stop-limit by index price', { type: 'stop-limit', price: '59900', triggerBy: 'index' }, 'price_orders', { initial: { ...initial, size: -500, price: '59900', tif: 'gtc', reduce_only: true }, trigger: { ...below, price_type: 2 } }],
    ['one-way: a market order that closes', { ...market }, 'orders', { ...regular, size: -500, reduce_only: true }],
    ['one-way: a market order that opens', { ...market, side: 'buy', reduceOnly: false }, 'orders', { ...regular, size: 500 }],
    ['hedge: a market order that closes', { ...market, side: 'buy', positionSide: 'short', reduceOnly: false }, 'orders', { ...regular, size: 500, reduce_only: true }],
    ['hedge: a market order that opens', { ...market, positionSide: 'short', reduceOnly: false }, 'orders', { ...regular, size: -500 }],
    ['a limit order', { type: 'limit', triggerPrice: null, price: '61000.5', reduceOnly: false }, 'orders', { ...regular, size: -500, price: '61000.5', tif: 'gtc' }],
    ['a limit order that only makes', { type: 'limit', triggerPrice: null, price: '61000.5', postOnly: true, reduceOnly: false }, 'orders', { ...regular, size: -500, price: '61000.5', tif: 'poc' }],
  ])('%s', async (_, changes, path, body) => {
    const request = orderRequest(changes);
    const outcome = await captured.exchange.placeOrder(request);
    const sent = captured.taken();
    expect(sent.map(({ route }) => route)).toEqual([`POST ${FUTURES}/${path}`]);
    expect(sent[0]?.body).toEqual(body);
    expect(sent[0]?.headers).toMatchObject({ key: CANARY.apiKey, sign: expect.any(String) as unknown, timestamp: expect.any(String) as unknown });
    // ccxt names itself as the channel the customer came through.
    expect(sent[0]?.headers).not.toHaveProperty('x-gate-channel-id');
    expect(outcome).toEqual({ type: 'done', value: { ...request, id: path === 'orders' ? '312269' : '1753184', status: 'open', triggered: false, filled: '0', reason: null, createdAt: expect.any(Number) as unknown, updatedAt: expect.any(Number) as unknown } });
  });

  test('an amount is floored to whole contracts, and less than one is not sent', async () => {
    await captured.exchange.placeOrder(orderRequest({ amount: '0.00029' }));
    expect(captured.taken()[0]?.body).toMatchObject({ initial: { size: -2 } });
    expect(await captured.exchange.placeOrder(orderRequest({ amount: '0.00009' }))).toMatchObject({ type: 'refused', code: 'MIN_AMOUNT' });
    expect(captured.taken()).toEqual([]);
  });

  test('a market order is answered with what became of it', async () => {
    captured.lay(`POST ${FUTURES}/orders`, { ...CHILD, id: 312_269, text: TEXT, left: -100, finish_as: 'ioc' });
    expect(await captured.exchange.placeOrder(orderRequest(market))).toMatchObject({ type: 'done', value: { status: 'canceled', filled: '0.04', reason: 'ioc' } });
  });

  test('a conditional order is cancelled by the id its text is listed with', async () => {
    plans([PLAN]);
    captured.lay(`DELETE ${FUTURES}/price_orders/1753184`, () => {
      plans([], [{ ...PLAN, status: 'finished', finish_as: 'cancelled', finish_time: 1_724_751_390 }]);
      return PLAN;
    });
    expect(await captured.exchange.cancelOrder(cancel)).toMatchObject({ type: 'done', value: { clientOrderId: CLIENT_ID, status: 'canceled', reason: 'CANCELED_BY_USER', updatedAt: 1_724_751_390_000 } });
    expect(captured.taken().slice(0, 2).map(({ route, query }) => [route, query])).toEqual([
      [`GET ${FUTURES}/price_orders`, { contract: 'BTC_USDT', limit: '100', offset: '0', status: 'open' }],
      [`DELETE ${FUTURES}/price_orders/1753184`, {}],
    ]);
  });

  test('a conditional order that has fired is cancelled as what it has become', async () => {
    plans([], [{ ...FIRED, initial: { ...(FIRED['initial'] as Record<string, Json>), price: '59900' } }]);
    captured.lay(`DELETE ${FUTURES}/orders/680800`, CHILD);
    captured.lay(`GET ${FUTURES}/orders/680800`, { ...CHILD, price: '59900', left: -300, finish_as: 'cancelled' });
    expect(await captured.exchange.cancelOrder(cancel)).toMatchObject({ type: 'done', value: { type: 'stop-limit', status: 'canceled', triggered: true, filled: '0.02', reason: 'CANCELED_BY_USER' } });
  });

  test('an order that never was conditional is cancelled by its text, and nothing is while the lists are not told', async () => {
    captured.lay(`DELETE ${FUTURES}/orders/${TEXT}`, NOT_FOUND);
    expect(await captured.exchange.cancelOrder(cancel)).toMatchObject({ type: 'refused', code: 'ORDER_NOT_FOUND' });
    captured.lay(`GET ${FUTURES}/price_orders`, failed('INTERNAL', 'oops', 500));
    captured.taken();
    expect(await captured.exchange.cancelOrder(cancel)).toMatchObject({ type: 'unknown', message: expect.stringContaining('not sent') as unknown });
    expect(captured.taken().filter(({ route }) => route.startsWith('DELETE'))).toEqual([]);
  });

  test('settings are changed one by one, cross margin as a leverage of zero', async () => {
    captured.lay(`POST ${FUTURES}/dual_mode`, failed('NO_CHANGE', 'No change is made'));
    captured.lay(`POST ${FUTURES}/positions/BTC_USDT/leverage`, {});
    captured.lay(`GET ${FUTURES}/positions/BTC_USDT`, { contract: 'BTC_USDT', leverage: '0', cross_leverage_limit: '10' });
    expect(await captured.exchange.setPositionMode('main', SYMBOL, 'hedge')).toEqual({ type: 'unchanged' });
    expect(await captured.exchange.setMarginMode('main', SYMBOL, 'isolated', '3')).toEqual({ type: 'done' });
    expect(await captured.exchange.setLeverage('main', SYMBOL, '3')).toEqual({ type: 'done' });
    expect(captured.taken().filter(({ route }) => route.startsWith('POST')).map(({ query }) => query)).toEqual([{ dual_mode: 'true' }, { leverage: '3' }, { cross_leverage_limit: '3', leverage: '0' }]);
    dual();
    captured.lay(`POST ${FUTURES}/dual_comp/positions/BTC_USDT/leverage`, failed('INVALID_ARGUMENT', 'leverage'));
    expect(await captured.exchange.setMarginMode('main', SYMBOL, 'isolated', '3')).toEqual({ type: 'failed', message: 'INVALID_ARGUMENT leverage' });
  });
});

describe('answers to a request that changes something', () => {
  test('its listed labels are refusals, and through a gateway error they are not', () => {
    const answer = (label: string, status: number): Answer => ({ type: 'answer', status, json: { label, message: 'no' }, text: '', retryAfterMs: null, headers: {} });
    for (const [label, refusal] of Object.entries(GATE_REFUSALS)) {
      expect(gate.judge(answer(label, 400)), label).toEqual({ type: 'refused', code: refusal, message: `${label} no` });
      expect(gate.judge(answer(label, 503)), label).toEqual({ type: 'unknown', message: `${label} no` });
      expect(REFUSALS).toContain(refusal);
    }
  });

  test.each<[string, Laid]>([
    ['an error of the server', failed('SERVER_ERROR', 'oops', 500)],
    ['a label that is not listed', failed('NEW_LABEL')],
    ['an accepted order without an id', {}],
    ['a list', []],
    ['text', { reply: { status: 200, body: '<html>' } }],
    ['nothing', { reply: { status: 204, body: '' } }],
  ])('%s leaves its fate open', async (_, answer) => {
    captured.lay(`POST ${FUTURES}/price_orders`, answer);
    expect(await captured.exchange.placeOrder(orderRequest({}))).toMatchObject({ type: 'unknown' });
  });

  test('a refusal reaches the port', async () => {
    captured.lay(`POST ${FUTURES}/price_orders`, failed('AUTO_TRIGGER_PRICE_LESS_LAST', 'invalid argument: Trigger.Price must < last_price'));
    expect(await captured.exchange.placeOrder(orderRequest({}))).toMatchObject({ type: 'refused', code: 'WOULD_TRIGGER_IMMEDIATELY' });
  });
});

describe('an order is looked up', () => {
  test('as one that waits', async () => {
    plans([{ ...PLAN, id: 9, id_string: '9', initial: { ...(PLAN['initial'] as Record<string, Json>), text: 'web' } }, PLAN]);
    expect(await find()).toEqual({ ...orderRequest({}), id: '1753184', status: 'open', triggered: false, filled: '0', reason: null, createdAt: 1_724_751_378_980, updatedAt: 1_724_751_378_980 });
  });

  test.each<[string, Json, Partial<OrderRequest>]>([
    ['a stop of a long leg', { ...PLAN, order_type: 'plan-close-long-position' }, { positionSide: 'long', reduceOnly: false }],
    ['a stop of a short leg', { ...PLAN, order_type: 'plan-close-short-position', initial: { contract: 'BTC_USDT', size: 500, price: '0', text: TEXT } }, { side: 'buy', positionSide: 'short', reduceOnly: false }],
    ['a trigger that opens a short leg', { ...PLAN, initial: { contract: 'BTC_USDT', size: -500, price: '0', text: TEXT }, trigger: { price_type: 1, price: '60000.1', rule: 2 } }, { positionSide: 'short', reduceOnly: false, triggerBy: 'mark' }],
  ])('as %s of hedge mode', async (_, row, expected) => {
    dual();
    plans([row]);
    expect(await find()).toMatchObject(orderRequest(expected));
  });

  test('as what it became: fired is not filled', async () => {
    plans([], [FIRED]);
    captured.lay(`GET ${FUTURES}/orders/680800`, { ...CHILD, status: 'open', finish_as: '', left: -300, finish_time: 0 });
    expect(await find()).toMatchObject({ id: '1753184', clientOrderId: CLIENT_ID, status: 'open', triggered: true, filled: '0.02' });
    captured.lay(`GET ${FUTURES}/orders/680800`, CHILD);
    expect(await find()).toMatchObject({ status: 'closed', filled: '0.05', reason: null, updatedAt: 1_724_751_400_050 });
    plans([], [{ ...FIRED, finish_as: 'failed', trade_id: 0, reason: 'INSUFFICIENT_AVAILABLE' }]);
    expect(await find()).toMatchObject({ status: 'rejected', reason: 'INSUFFICIENT_AVAILABLE' });
    plans([], [{ ...FIRED, finish_as: 'expired', trade_id: 0 }]);
    expect(await find()).toMatchObject({ status: 'expired', reason: 'expired' });
  });

  test('among the regular ones by its text, and is none only when the exchange says so', async () => {
    captured.lay(`GET ${FUTURES}/orders/${TEXT}`, { ...CHILD, text: TEXT });
    expect(await find()).toMatchObject({ clientOrderId: CLIENT_ID, type: 'market', status: 'closed', triggered: false, reduceOnly: true, side: 'sell', amount: '0.05' });
    captured.lay(`GET ${FUTURES}/orders/${TEXT}`, NOT_FOUND);
    expect(await find()).toBeNull();
  });

  test.each<[string, string, Laid]>([
    ['a list that is none', 'price_orders', {}],
    ['a row without its order', 'price_orders', [{ ...PLAN, initial: null }]],
    ['a row without its trigger', 'price_orders', [{ ...PLAN, trigger: {} }]],
    ['an error', 'price_orders', failed('INTERNAL', 'oops', 500)],
    ['an account that is not told', 'accounts', failed('INTERNAL', 'oops', 500)],
    ['an order without its size', `orders/${TEXT}`, { ...CHILD, size: null }],
    ['a gateway', `orders/${TEXT}`, { reply: { status: 502, body: '' } }],
  ])('in vain with %s', async (_, path, answer) => {
    captured.lay(`GET ${FUTURES}/${path}`, answer);
    await expect(find()).rejects.toEqual(unavailable);
  });
});

describe('a snapshot', () => {
  const POSITION = { contract: 'BTC_USDT', size: -1_250, leverage: '0', cross_leverage_limit: '3', entry_price: '61000', liq_price: '90000.5', mode: 'single' };
  beforeEach(() => captured.lay(`GET ${FUTURES}/positions`, [POSITION]));

  test('has every list, in base units', async () => {
    plans([PLAN, { ...PLAN, id: 9, id_string: '9', initial: { ...(PLAN['initial'] as Record<string, Json>), text: 'web', size: 0, is_close: true } }]);
    captured.lay(`GET ${FUTURES}/orders`, [{ ...CHILD, id: 10, text: 't-somebody', status: 'open', finish_as: '', price: '62000', tif: 'gtc', left: -400, finish_time: 0, is_reduce_only: false }]);
    const snapshot = await captured.exchange.fetchSnapshot('main');
    expect(snapshot).toMatchObject({
      complete: true,
      positions: [{ positionSide: 'both', amount: '-0.125', entryPrice: '61000', leverage: '3', marginMode: 'cross', liquidationPrice: '90000.5' }],
      balance: { currency: 'USDT', total: '1000.5', equity: '990.25', free: '700', marginRatio: '0.01' },
    });
    expect(snapshot.openOrders.map(({ clientOrderId, side, amount, filled }) => [clientOrderId, side, amount, filled])).toEqual([
      [CLIENT_ID, 'sell', '0.05', '0'],
      ['9', 'sell', '0', '0'],
      ['somebody', 'sell', '0.05', '0.01'],
    ]);
  });

  test('tells a leg of hedge mode by its mode, never by a sign', async () => {
    captured.lay(`GET ${FUTURES}/positions`, [{ ...POSITION, mode: 'dual_long', size: 300, leverage: '5', liq_price: '0' }, { ...POSITION, mode: 'dual_short' }]);
    const { positions } = await captured.exchange.fetchSnapshot('main');
    expect(positions.map(({ positionSide, amount, marginMode, leverage, liquidationPrice }) => [positionSide, amount, marginMode, leverage, liquidationPrice])).toEqual([
      ['long', '0.03', 'isolated', '5', null],
      ['short', '0.125', 'cross', '3', '90000.5'],
    ]);
  });

  test('reads on with an overlap, and is none when a list moves meanwhile', async () => {
    const all = Array.from({ length: 230 }, (_, index) => ({ ...PLAN, id: 1_000 - index, id_string: String(1_000 - index), initial: { ...(PLAN['initial'] as Record<string, Json>), text: `t-id${index}` } }));
    let gone = 0;
    captured.lay(`GET ${FUTURES}/price_orders`, ({ query }) => {
      const offset = Number(query['offset']);
      return all.slice(offset === 0 ? 0 : offset + gone, offset + gone + 100);
    });
    expect((await captured.exchange.fetchSnapshot('main')).openOrders).toHaveLength(230);
    gone = 1;
    await expect(captured.exchange.fetchSnapshot('main')).rejects.toEqual(unavailable);
  });

  test.each<[string, string, Laid]>([
    ['a position without its size', 'positions', [{ ...POSITION, size: null }]],
    ['positions that are no list', 'positions', {}],
    ['an account without its total', 'accounts', { ...ACCOUNT, total: '' }],
    ['an order without its price', 'orders', [{ ...CHILD, status: 'open', price: null }]],
    ['an error', 'orders', failed('INTERNAL', 'oops', 500)],
  ])('is none with %s', async (_, path, answer) => {
    captured.lay(`GET ${FUTURES}/${path}`, answer);
    await expect(captured.exchange.fetchSnapshot('main')).rejects.toEqual(unavailable);
  });
});

describe('trades', () => {
  test('name the conditional order they came from, and the leg', async () => {
    const since = Date.now() - 60_000;
    const at = (ms: number): number => (since + ms) / 1_000;
    dual();
    plans([], [{ ...FIRED, trade_id: 31 }]);
    captured.lay(`GET ${FUTURES}/my_trades_timerange`, [
      { ...TRADE, order_id: '31', create_time: at(500) },
      { ...TRADE, trade_id: '2', order_id: '32', text: TEXT, size: '200', close_size: '0', role: 'maker', fee: '-0.2', create_time: at(400) },
      { ...TRADE, trade_id: '3', order_id: '33', text: 'liq-7', create_time: at(300) },
      { ...TRADE, trade_id: '4', order_id: '34', text: 'web', create_time: at(200) },
      { ...TRADE, trade_id: '5', create_time: at(-100) },
    ]);
    expect((await captured.exchange.fetchTrades('main', SYMBOL, since)).map(({ id, clientOrderId, side, positionSide, amount, fee, takerOrMaker }) => [id, clientOrderId, side, positionSide, amount, fee, takerOrMaker])).toEqual([
      ['4', '34', 'sell', 'long', '0.05', '1.5', 'taker'],
      ['3', null, 'sell', 'long', '0.05', '1.5', 'taker'],
      ['2', CLIENT_ID, 'buy', 'long', '0.02', '-0.2', 'maker'],
      ['744876980', CLIENT_ID, 'sell', 'long', '0.05', '1.5', 'taker'],
    ]);
    const sent = captured.taken();
    // Once for the order a conditional one became, once for a stranger's, which the list does not tell.
    expect(sent.filter(({ query }) => query['status'] === 'finished')).toHaveLength(2);
    expect(sent.find(({ route }) => route.endsWith('timerange'))?.query).toMatchObject({ contract: 'BTC_USDT', from: String(Math.floor(since / 1_000)) });
  });

  test.each<[string, Laid]>([['no list', {}], ['a trade without its price', [{ ...TRADE, create_time: 4_000_000_000, price: '' }]]])('are none with %s', async (_, answer) => {
    captured.lay(`GET ${FUTURES}/my_trades_timerange`, answer);
    await expect(captured.exchange.fetchTrades('main', SYMBOL, Date.now() - 1_000)).rejects.toEqual(unavailable);
  });
});

test('events of the account come from its book and its forced trades', async () => {
  const now = Math.floor(Date.now() / 1_000);
  dual();
  captured.lay(`GET ${FUTURES}/funding_rate`, [{ t: now, r: '0.0001' }]);
  captured.lay(`GET ${FUTURES}/account_book`, ({ query }) =>
    query['type'] === 'fund' ? [{ id: 'f', time: now, change: '0.3', balance: '1', type: 'fund', contract: 'BTC_USDT', text: 'BTC_USDT:1' }] : [{ time: now, change: '-20', balance: '2', type: 'dnw', text: '' }]);
  captured.lay(`GET ${FUTURES}/my_trades_timerange`, [{ ...TRADE, text: 'liq-7', create_time: now }, { ...TRADE, trade_id: '9', text: 'auto_deleveraging', size: '100', create_time: now }, { ...TRADE, trade_id: '10', create_time: now }]);
  const events = await captured.exchange.fetchAccountEvents('main', now * 1_000 - 1_000);
  expect([...events].sort((a, b) => ('id' in a && 'id' in b && a.id < b.id ? -1 : 1))).toEqual([
    { type: 'liquidation', cause: 'liquidation', id: 'forced:744876980', account: 'main', symbol: SYMBOL, positionSide: 'long', amount: '0.05', price: '59999.9', fee: '1.5', at: now * 1_000 },
    { type: 'liquidation', cause: 'adl', id: 'forced:9', account: 'main', symbol: SYMBOL, positionSide: 'short', amount: '0.01', price: '59999.9', fee: '1.5', at: now * 1_000 },
    { type: 'funding', id: 'funding:f', account: 'main', symbol: SYMBOL, positionSide: 'short', amount: '0.3', rate: '0.0001', markPrice: '0', at: now * 1_000 },
    { type: 'transfer', id: `transfer:${now}:dnw:::-20:2`, account: 'main', currency: 'USDT', amount: '-20', at: now * 1_000 },
  ]);
});

test('an account tells its modes, fees and kind', async () => {
  captured.lay(`GET ${FUTURES}/positions/BTC_USDT`, { contract: 'BTC_USDT', leverage: '5', cross_leverage_limit: '0' });
  expect(await captured.exchange.fetchSettings('main', SYMBOL)).toEqual({ positionMode: 'one-way', marginMode: 'isolated', leverage: '5' });
  dual();
  captured.lay(`GET ${FUTURES}/dual_comp/positions/BTC_USDT`, [{ contract: 'BTC_USDT', leverage: '0', cross_leverage_limit: '3' }]);
  expect(await captured.exchange.fetchSettings('main', SYMBOL)).toEqual({ positionMode: 'hedge', marginMode: 'cross', leverage: '3' });
  captured.lay(`GET ${FUTURES}/fee`, { BTC_USDT: { taker_fee: '0.0005', maker_fee: '-0.00005' } });
  expect(await captured.exchange.fetchFees('main', SYMBOL)).toEqual({ takerFee: '0.0005', makerFee: '-0.00005' });
  expect(await captured.exchange.fetchKeyPermissions('main')).toEqual({ canTrade: null, canWithdraw: null, isIpRestricted: false, accountType: 'classic account', unsupported: null });
  captured.lay('GET /api/v4/account/detail', { user_id: 1, ip_whitelist: ['1.2.3.4'], key: { mode: 2 } });
  expect(await captured.exchange.fetchKeyPermissions('main')).toMatchObject({ isIpRestricted: true, accountType: 'unified account', unsupported: expect.stringContaining('classic account') as unknown });
});

describe('public data', () => {
  const TICKER = { contract: 'BTC_USDT', last: '60010.5', mark_price: '60009', index_price: '60008', funding_rate: '0.0001' };

  test('the market is in base units, and one that takes fractions of a contract is none', async () => {
    expect(await captured.exchange.fetchInstrument(SYMBOL)).toEqual({ symbol: SYMBOL, tickSize: '0.1', amountStep: '0.0001', minAmount: '0.0001', minCost: '0', takerFee: '0.0005', makerFee: '0.0002' });
    expect(() => captured.exchange.fetchMarketFacts('ETH/USDT:USDT')).toThrow('gate has no linear swap ETH/USDT:USDT');
    captured.lay(`GET ${FUTURES}/contracts/BTC_USDT`, BTC);
    expect(await captured.exchange.fetchMarketFacts(SYMBOL)).toEqual({ status: 'trading', isActive: true, maxLeverage: '125', fundingIntervalMs: 28_800_000, fundingRate: '0.0001' });
  });

  test('a quote has all three prices or is none; its time is that of the clock before it', async () => {
    captured.lay(`GET ${FUTURES}/tickers`, [TICKER]);
    captured.lay('GET /api/v4/spot/time', { server_time: 1_724_751_400_003 });
    expect(await captured.exchange.fetchPrice(SYMBOL)).toMatchObject({ last: '60010.5', mark: '60009', index: '60008', at: 1_724_751_400_003 });
    captured.lay(`GET ${FUTURES}/tickers`, [{ ...TICKER, mark_price: '' }]);
    await expect(captured.exchange.fetchPrice(SYMBOL)).rejects.toEqual(unavailable);
  });

  test('candles are read page by page, closed ones only, volumes in base units', async () => {
    const minuteS = 60;
    const newest = Math.floor(Date.now() / 60_000) * minuteS;
    captured.lay(`GET ${FUTURES}/candlesticks`, ({ query }) => {
      const to = query['to'] === undefined ? newest : Number(query['to']);
      const from = query['from'] === undefined ? newest - (Number(query['limit']) - 1) * minuteS : Number(query['from']);
      return Array.from({ length: (to - from) / minuteS + 1 }, (_, index) => ({ t: from + index * minuteS, o: '1', h: '3', l: '0.5', c: '2', v: 40_000, sum: '8' }));
    });
    const candles = await captured.exchange.fetchCandles(SYMBOL, 60_000, 2_300);
    expect(candles.map(({ at }) => at)).toEqual(Array.from({ length: 2_300 }, (_, index) => (newest - (2_300 - index) * minuteS) * 1_000));
    expect(candles.at(-1)).toEqual({ at: (newest - minuteS) * 1_000, open: '1', high: '3', low: '0.5', close: '2', volume: '4' });
    expect(captured.taken().map(({ query }) => query['interval'])).toEqual(['1m', '1m']);
    captured.lay(`GET ${FUTURES}/candlesticks`, {});
    await expect(captured.exchange.fetchCandles(SYMBOL, 60_000, 1)).rejects.toEqual(unavailable);
  });

  test('streams follow last, mark and index price, and say when something happened to the account', async () => {
    const streaming = await CapturedExchange.open({ exchangeId: 'gate', answers: GATE_ANSWERS, symbols: [SYMBOL] });
    try {
      const heard: { type: string }[] = [];
      streaming.exchange.subscribe((event) => heard.push(event));
      streaming.exchange.start();
      const said: { channel: string; payload: Json; auth?: Json }[] = [];
      await until(() => said.push(...streaming.said().map((text) => JSON.parse(text) as (typeof said)[number])) > 0 && new Set(said.map(({ channel }) => channel)).size >= 4);
      expect(said).toContainEqual(expect.objectContaining({ channel: 'futures.tickers', event: 'subscribe', payload: ['BTC_USDT'] }));
      expect(said).toContainEqual(expect.objectContaining({ channel: 'futures.autoorders', payload: ['6693577', '!all'], auth: expect.objectContaining({ method: 'api_key' }) as unknown }));
      heard.length = 0;
      streaming.push({ time: 1_724_751_400, time_ms: 1_724_751_400_003, channel: 'futures.tickers', event: 'update', result: [TICKER] });
      await until(() => heard.some(({ type }) => type === 'price'));
      expect(heard.find(({ type }) => type === 'price')).toMatchObject({ type: 'price', symbol: SYMBOL, last: '60010.5', mark: '60009', index: '60008', at: 1_724_751_400_003 });
      heard.length = 0;
      streaming.push({ time: 1_724_751_401, channel: 'futures.autoorders', event: 'update', result: [PLAN] });
      await until(() => heard.some(({ type }) => type === 'gap'));
    } finally {
      await streaming.close();
    }
  });
});

test('the test network is reached by the same paths', async () => {
  const sandbox = await CapturedExchange.open({ exchangeId: 'gate', answers: GATE_ANSWERS, symbols: [SYMBOL], environment: 'sandbox' });
  try {
    await sandbox.exchange.placeOrder(orderRequest({}));
    sandbox.exchange.start();
    const said: string[] = [];
    await until(() => said.push(...sandbox.said()) > 0 && said.some((text) => text.includes('futures.tickers')));
    expect(sandbox.taken().map(({ route }) => route)).toContain(`POST ${FUTURES}/price_orders`);
  } finally {
    await sandbox.close();
  }
});

test('no error tells a credential', async () => {
  captured.lay(`GET ${FUTURES}/price_orders`, failed('INVALID_KEY', 'Invalid key provided', 401));
  captured.lay(`POST ${FUTURES}/price_orders`, { reply: { status: 502, body: 'x' } });
  const said = [await find().catch((error: unknown) => String(error)), await captured.exchange.placeOrder(orderRequest({}))];
  await captured.close();
  said.push(await find().catch((error: unknown) => String(error)), await captured.exchange.placeOrder(orderRequest({})));
  for (const secret of Object.values(CANARY)) expect(JSON.stringify(said)).not.toContain(secret);
  expect(JSON.stringify(said)).toContain('gate GET {settle}/price_orders');
});
