/** Bitget: the requests of every operation of a window as its documents want them, and what its documented answers become. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { bitget } from '../../../src/adapters/ccxt/bitget/bitget.ts';
import { BITGET_REFUSALS } from '../../../src/adapters/ccxt/bitget/refusals.ts';
import type { Answer } from '../../../src/adapters/ccxt/rest-client.ts';
import type { Json } from '../../../src/domain/json.ts';
import { REFUSALS } from '../../../src/ports/exchange.ts';
import type { OrderRequest } from '../../../src/ports/exchange.ts';
import { BITGET_ANSWERS, CHILD, FILL, NO_ROWS, NOT_FOUND, PLAN, SETTINGS, failed, list, ok } from './bitget-answers.ts';
import { CANARY, CLIENT_ID, CapturedExchange, orderRequest, until } from './captured-exchange.ts';

const SYMBOL = 'BTC/USDT:USDT';
const MIX = '/api/v2/mix';
let captured: CapturedExchange;

beforeAll(async () => {
  captured = await CapturedExchange.open({ exchangeId: 'bitget', answers: BITGET_ANSWERS, symbols: [SYMBOL] });
  await captured.exchange.fetchSettings('main', SYMBOL);
});
afterAll(() => captured.close());
beforeEach(() => {
  for (const [route, answer] of Object.entries(BITGET_ANSWERS)) captured.lay(route, answer);
  captured.taken();
});

const cancel = { account: 'main', symbol: SYMBOL, clientOrderId: CLIENT_ID };
const find = (): ReturnType<typeof captured.exchange.fetchOrder> => captured.exchange.fetchOrder('main', SYMBOL, CLIENT_ID);
const unavailable = expect.objectContaining({ code: 'EXCHANGE_UNAVAILABLE' }) as unknown;

describe('requests', () => {
  const where = { symbol: 'BTCUSDT', productType: 'USDT-FUTURES', marginCoin: 'USDT' };
  const stop = { ...where, planType: 'loss_plan', size: '0.05', triggerPrice: '60000.1', triggerType: 'fill_price', executePrice: '0', clientOid: CLIENT_ID };
  const trigger = { ...where, planType: 'normal_plan', marginMode: 'crossed', size: '0.05', orderType: 'market', triggerPrice: '60000.1', triggerType: 'fill_price', clientOid: CLIENT_ID };
  const regular = { ...where, marginMode: 'crossed', size: '0.05', orderType: 'market', clientOid: CLIENT_ID };
  const market = { type: 'market', triggerPrice: null } as const;

  // Hold sides and trade sides are those of ccxt's own fixtures "place sl order on a long position in one-way mode", "… in hedged mode" and
  // "open short position in hedged mode".
  test.each<[string, Partial<OrderRequest>, string, Json]>([
    ['one-way: a stop that closes a long', {}, 'place-tpsl-order', { ...stop, holdSide: 'buy' }],
    ['one-way: a stop that closes a short', { side: 'buy' }, 'place-tpsl-order', { ...stop, holdSide: 'sell' }],
    ['one-way: a stop that opens a short', { reduceOnly: false }, 'place-plan-order', { ...trigger, side: 'sell' }],
    ['one-way: a stop that opens a long', { side: 'buy', reduceOnly: false }, 'place-plan-order', { ...trigger, side: 'buy' }],
    ['hedge: a stop that closes a long', { positionSide: 'long', reduceOnly: false }, 'place-tpsl-order', { ...stop, holdSide: 'long' }],
    ['hedge: a stop that closes a short', { side: 'buy', positionSide: 'short', reduceOnly: false }, 'place-tpsl-order', { ...stop, holdSide: 'short' }],
    ['hedge: a stop that opens a short', { positionSide: 'short', reduceOnly: false }, 'place-plan-order', { ...trigger, side: 'sell', tradeSide: 'open' }],
    ['hedge: a stop that opens a long', { side: 'buy', positionSide: 'long', reduceOnly: false }, 'place-plan-order', { ...trigger, side: 'buy', tradeSide: 'open' }],
    ['a stop-limit that closes, by mark price', { type: 'stop-limit', price: '59900', triggerBy: 'mark' }, 'place-tpsl-order', { ...stop, holdSide: 'buy', executePrice: '59900', triggerType: 'mark_price' }],
    ['a stop-limit that opens', { type: 'stop-limit', price: '59900', reduceOnly: false }, 'place-plan-order', { ...trigger, side: 'sell', orderType: 'limit', price: '59900' }],
    ['one-way: a market order that closes', { ...market }, 'place-order', { ...regular, side: 'sell', reduceOnly: 'YES' }],
    ['one-way: a market order that opens', { ...market, side: 'buy', reduceOnly: false }, 'place-order', { ...regular, side: 'buy' }],
    ['hedge: a market order that closes a long', { ...market, positionSide: 'long', reduceOnly: false }, 'place-order', { ...regular, side: 'buy', tradeSide: 'close' }],
    ['hedge: a market order that closes a short', { ...market, side: 'buy', positionSide: 'short', reduceOnly: false }, 'place-order', { ...regular, side: 'sell', tradeSide: 'close' }],
    ['hedge: a market order that opens', { ...market, positionSide: 'short', reduceOnly: false }, 'place-order', { ...regular, side: 'sell', tradeSide: 'open' }],
    ['a limit order', { type: 'limit', triggerPrice: null, price: '61000.5', reduceOnly: false }, 'place-order', { ...regular, side: 'sell', orderType: 'limit', price: '61000.5', force: 'gtc' }],
    ['a limit order that only makes', { type: 'limit', triggerPrice: null, price: '61000.5', postOnly: true, reduceOnly: false }, 'place-order', { ...regular, side: 'sell', orderType: 'limit', price: '61000.5', force: 'post_only' }],
  ])('%s', async (_, changes, path, body) => {
    const request = orderRequest(changes);
    const outcome = await captured.exchange.placeOrder(request);
    const sent = captured.taken();
    expect(sent.map(({ route }) => route)).toEqual([`POST ${MIX}/order/${path}`]);
    expect(sent[0]?.body).toEqual(body);
    expect(sent[0]?.headers).toMatchObject({ 'access-key': CANARY.apiKey, 'access-passphrase': CANARY.password, 'access-sign': expect.any(String) as unknown, 'access-timestamp': expect.any(String) as unknown });
    // ccxt names itself as the channel the customer came through.
    expect(sent[0]?.headers).not.toHaveProperty('x-channel-api-code');
    expect(outcome).toEqual({ type: 'done', value: { ...request, id: path === 'place-order' ? '312269865356374016' : '1753184812254216192', status: 'open', triggered: false, filled: '0', reason: null, createdAt: expect.any(Number) as unknown, updatedAt: expect.any(Number) as unknown } });
  });

  test('an order names the margin mode of its symbol, and is not sent while that is not known', async () => {
    captured.lay(`POST ${MIX}/account/set-margin-mode`, ok({ marginMode: 'isolated' }));
    await captured.exchange.setMarginMode('main', SYMBOL, 'isolated', '3');
    captured.lay(`GET ${MIX}/account/account`, { reply: { status: 502, body: '' } });
    captured.taken();
    expect(await captured.exchange.placeOrder(orderRequest(market))).toMatchObject({ type: 'refused', code: 'MARKET_HALTED', message: expect.stringContaining('margin mode is not known') as unknown });
    expect(captured.taken().map(({ route }) => route)).toEqual([`GET ${MIX}/account/account`]);
    captured.lay(`GET ${MIX}/account/account`, ok({ ...SETTINGS, marginMode: 'isolated' }));
    await captured.exchange.placeOrder(orderRequest(market));
    expect(captured.taken().find(({ route }) => route.startsWith('POST'))?.body).toMatchObject({ marginMode: 'isolated' });
    captured.lay(`GET ${MIX}/account/account`, ok(SETTINGS));
    await captured.exchange.fetchSettings('main', SYMBOL);
  });

  const cancelled = ok({ successList: [{ orderId: '1753184812254216192', clientOid: CLIENT_ID }], failureList: [] });
  const gone = ok({ successList: [], failureList: [{ orderId: '', clientOid: CLIENT_ID, errorMsg: 'notExistend' }] });
  const cancelBody = (planType: string): Json => ({ ...where, planType, orderIdList: [{ clientOid: CLIENT_ID }] });

  test('a stop is cancelled by our own id', async () => {
    captured.lay(`POST ${MIX}/order/cancel-plan-order`, cancelled);
    captured.lay(`GET ${MIX}/order/orders-plan-history`, ({ query }) => (query['planType'] === 'profit_loss' ? list({ ...PLAN, planStatus: 'cancelled' }) : NO_ROWS));
    expect(await captured.exchange.cancelOrder(cancel)).toMatchObject({ type: 'done', value: { clientOrderId: CLIENT_ID, status: 'canceled', reason: 'CANCELED_BY_USER', filled: '0' } });
    const sent = captured.taken();
    expect(sent.map(({ route, query }) => [route.split('/').at(-1), query['planType'], query['clientOid']])).toEqual([
      ['cancel-plan-order', undefined, undefined],
      ['orders-plan-pending', 'normal_plan', CLIENT_ID],
      ['orders-plan-pending', 'profit_loss', CLIENT_ID],
      ['orders-plan-history', 'normal_plan', CLIENT_ID],
      ['orders-plan-history', 'profit_loss', CLIENT_ID],
    ]);
    expect(sent[0]?.body).toEqual(cancelBody('loss_plan'));
  });

  test('an order to open is the second that is tried, and what has fired the third', async () => {
    captured.lay(`POST ${MIX}/order/cancel-plan-order`, ({ body }) => ((body as { planType: string }).planType === 'normal_plan' ? cancelled : gone));
    captured.lay(`GET ${MIX}/order/orders-plan-history`, ({ query }) => (query['planType'] === 'normal_plan' ? list({ ...PLAN, planType: 'normal_plan', planStatus: 'cancelled' }) : NO_ROWS));
    expect(await captured.exchange.cancelOrder(cancel)).toMatchObject({ type: 'done', value: { status: 'canceled' } });
    expect(captured.taken().slice(0, 2).map(({ body }) => body)).toEqual([cancelBody('loss_plan'), cancelBody('normal_plan')]);

    captured.lay(`POST ${MIX}/order/cancel-plan-order`, gone);
    captured.lay(`GET ${MIX}/order/orders-plan-history`, ({ query }) => (query['planType'] === 'profit_loss' ? list({ ...PLAN, planStatus: 'executed', executePrice: '59900', executeOrderId: '7' }) : NO_ROWS));
    captured.lay(`POST ${MIX}/order/cancel-order`, ok({ orderId: '7', clientOid: '' }));
    captured.lay(`GET ${MIX}/order/detail`, ok({ ...CHILD, orderId: '7', orderType: 'limit', price: '59900', state: 'canceled', baseVolume: '0.02', cancelReason: 'normal_cancel' }));
    expect(await captured.exchange.cancelOrder(cancel)).toMatchObject({ type: 'done', value: { type: 'stop-limit', status: 'canceled', triggered: true, filled: '0.02', reason: 'CANCELED_BY_USER' } });
    expect(captured.taken().find(({ route }) => route.endsWith('cancel-order'))?.body).toEqual({ ...where, orderId: '7' });
  });

  test('a cancellation is unknown while an answer names our order nowhere, and not found when every place says so', async () => {
    captured.lay(`POST ${MIX}/order/cancel-order`, failed('22001', 'No order to cancel'));
    captured.lay(`POST ${MIX}/order/cancel-plan-order`, ok({ successList: [], failureList: [] }));
    expect(await captured.exchange.cancelOrder(cancel)).toMatchObject({ type: 'unknown' });
    captured.lay(`POST ${MIX}/order/cancel-plan-order`, gone);
    expect(await captured.exchange.cancelOrder(cancel)).toMatchObject({ type: 'refused', code: 'ORDER_NOT_FOUND' });
    expect(captured.taken().findLast(({ route }) => route.endsWith('cancel-order'))?.body).toEqual({ ...where, clientOid: CLIENT_ID });
  });

  test('settings are changed one by one', async () => {
    for (const path of ['set-position-mode', 'set-leverage', 'set-margin-mode']) captured.lay(`POST ${MIX}/account/${path}`, ok({}));
    expect(await captured.exchange.setPositionMode('main', SYMBOL, 'hedge')).toEqual({ type: 'done' });
    expect(await captured.exchange.setLeverage('main', SYMBOL, '3')).toEqual({ type: 'done' });
    expect(await captured.exchange.setMarginMode('main', SYMBOL, 'cross', '3')).toEqual({ type: 'done' });
    expect(captured.taken().map(({ body }) => body)).toEqual([{ productType: 'USDT-FUTURES', posMode: 'hedge_mode' }, { ...where, leverage: '3' }, { ...where, marginMode: 'crossed' }]);
    await captured.exchange.fetchSettings('main', SYMBOL);
  });
});

describe('answers to a request that changes something', () => {
  test('its listed codes are refusals, and through a gateway error they are not', () => {
    const answer = (json: Json, status: number): Answer => ({ type: 'answer', status, json, text: '', retryAfterMs: null, headers: {} });
    for (const [code, refusal] of Object.entries(BITGET_REFUSALS)) {
      expect(bitget.judge(answer(failed(code, 'no'), 400)), code).toEqual({ type: 'refused', code: refusal, message: `${code} no` });
      expect(bitget.judge(answer(failed(code, 'no'), 502)), code).toEqual({ type: 'unknown', message: `${code} no` });
      expect(REFUSALS).toContain(refusal);
    }
  });

  test.each<[string, Json | { readonly reply: { readonly status: number; readonly body: string } }]>([
    ['a time-out of the exchange', failed('40010', 'Request timed out')],
    ['a code that is not listed', failed('49999', 'new')],
    ['an accepted order without an id', ok({ clientOid: CLIENT_ID })],
    ['no data', failed('00000', 'success')],
    ['text', { reply: { status: 200, body: '<html>' } }],
    ['nothing', { reply: { status: 200, body: '' } }],
  ])('%s leaves its fate open', async (_, answer) => {
    captured.lay(`POST ${MIX}/order/place-tpsl-order`, answer);
    expect(await captured.exchange.placeOrder(orderRequest({}))).toMatchObject({ type: 'unknown' });
  });

  test('a refusal reaches the port', async () => {
    captured.lay(`POST ${MIX}/order/place-tpsl-order`, { reply: { status: 400, body: JSON.stringify(failed('40917', 'Stop price for long positions please < mark price 60000')) } });
    expect(await captured.exchange.placeOrder(orderRequest({}))).toMatchObject({ type: 'refused', code: 'WOULD_TRIGGER_IMMEDIATELY' });
  });
});

describe('an order is looked up', () => {
  const laid = (row: Json, planType: string, where: 'pending' | 'history'): void => captured.lay(`GET ${MIX}/order/orders-plan-${where}`, ({ query }) => (query['planType'] === planType ? list(row) : NO_ROWS));

  test('as a stop that waits', async () => {
    laid(PLAN, 'profit_loss', 'pending');
    expect(await find()).toEqual({ ...orderRequest({}), id: '1753184812254216192', status: 'open', triggered: false, filled: '0', reason: null, createdAt: 1724751378980, updatedAt: 1724751378980 });
  });

  test.each<[string, Json, Partial<OrderRequest>]>([
    ['a stop of a long leg', { ...PLAN, posSide: 'long', tradeSide: 'close', side: 'buy', posMode: 'hedge_mode' }, { side: 'sell', positionSide: 'long', reduceOnly: false }],
    ['a stop of a short leg', { ...PLAN, posSide: 'short', tradeSide: 'close', side: 'sell', posMode: 'hedge_mode' }, { side: 'buy', positionSide: 'short', reduceOnly: false }],
    ['a trigger that opens a short leg', { ...PLAN, planType: 'normal_plan', posSide: 'short', tradeSide: 'open', side: 'sell', posMode: 'hedge_mode', triggerType: 'mark_price' }, { side: 'sell', positionSide: 'short', reduceOnly: false, triggerBy: 'mark' }],
    ['a limit once it fires', { ...PLAN, planType: 'normal_plan', orderType: 'limit', price: '59900', executePrice: '59900' }, { type: 'stop-limit', price: '59900', reduceOnly: false }],
  ])('as %s', async (_, row, expected) => {
    laid(row, 'normal_plan', 'pending');
    expect(await find()).toMatchObject(orderRequest(expected));
  });

  test('as what it became: fired is not filled', async () => {
    laid({ ...PLAN, planStatus: 'executed', executeOrderId: '7' }, 'profit_loss', 'history');
    captured.lay(`GET ${MIX}/order/detail`, ok({ ...CHILD, orderId: '7', state: 'partially_filled', baseVolume: '0.02' }));
    expect(await find()).toMatchObject({ id: '1753184812254216192', clientOrderId: CLIENT_ID, status: 'open', triggered: true, filled: '0.02' });
    captured.lay(`GET ${MIX}/order/detail`, ok({ ...CHILD, orderId: '7' }));
    expect(await find()).toMatchObject({ status: 'closed', filled: '0.05', reason: null });
    expect(captured.taken().findLast(({ route }) => route.endsWith('/detail'))?.query).toEqual({ symbol: 'BTCUSDT', productType: 'USDT-FUTURES', orderId: '7' });
    laid({ ...PLAN, planStatus: 'executed' }, 'profit_loss', 'history');
    expect(await find()).toMatchObject({ status: 'open', triggered: true, filled: '0' });
    laid({ ...PLAN, planStatus: 'fail_execute' }, 'profit_loss', 'history');
    expect(await find()).toMatchObject({ status: 'rejected', reason: 'fail_execute' });
  });

  test('among the regular ones, and is none only when the exchange says so', async () => {
    // A list that was not narrowed to our id proves nothing by what else is in it.
    laid({ ...PLAN, clientOid: 'somebody' }, 'normal_plan', 'pending');
    captured.lay(`GET ${MIX}/order/detail`, ok({ ...CHILD, clientOid: CLIENT_ID, orderSource: 'market' }));
    expect(await find()).toMatchObject({ clientOrderId: CLIENT_ID, type: 'market', status: 'closed', triggered: false, reduceOnly: true, triggerPrice: null });
    captured.lay(`GET ${MIX}/order/detail`, NOT_FOUND);
    expect(await find()).toBeNull();
  });

  test.each<[string, string, Json | { readonly reply: { readonly status: number; readonly body: string } }]>([
    ['a list that is not there', 'orders-plan-pending', ok({ endId: null })],
    ['no data', 'orders-plan-history', failed('00000', 'success')],
    ['a row without its state', 'orders-plan-pending', list({ ...PLAN, planStatus: '' })],
    ['a row without its amount', 'orders-plan-pending', list({ ...PLAN, size: '' })],
    ['an error', 'orders-plan-history', failed('40015', 'System is abnormal')],
    ['an order without a body', 'detail', failed('00000', 'success')],
    ['a gateway', 'detail', { reply: { status: 503, body: '' } }],
  ])('in vain with %s', async (_, path, answer) => {
    captured.lay(`GET ${MIX}/order/${path}`, answer);
    await expect(find()).rejects.toEqual(unavailable);
  });
});

describe('a snapshot', () => {
  const POSITION = { marginCoin: 'USDT', symbol: 'BTCUSDT', holdSide: 'short', total: '0.125', leverage: '3', openPriceAvg: '61000', marginMode: 'crossed', posMode: 'one_way_mode', liquidationPrice: '90000.5' };
  const BALANCE = { marginCoin: 'USDT', accountEquity: '990.25', crossedMaxAvailable: '700', crossedRiskRate: '0.01', crossedUnrealizedPL: '-10', isolatedUnrealizedPL: '-0.25', assetMode: 'single' };
  const lay = (): void => {
    captured.lay(`GET ${MIX}/position/all-position`, ok([POSITION]));
    captured.lay(`GET ${MIX}/account/accounts`, ok([BALANCE]));
  };

  test('has every list, and a position in one-way mode with its sign', async () => {
    lay();
    captured.lay(`GET ${MIX}/order/orders-plan-pending`, ({ query }) => (query['planType'] === 'profit_loss' ? list(PLAN) : query['planType'] === 'normal_plan' ? list({ ...PLAN, planType: 'normal_plan', clientOid: '', orderId: '9', symbol: 'btcusdt' }) : NO_ROWS));
    captured.lay(`GET ${MIX}/order/orders-pending`, list({ ...CHILD, orderId: '10', clientOid: 'somebody', status: 'partially_filled', orderType: 'limit', price: '62000', orderSource: 'normal', baseVolume: '0.01' }));
    const snapshot = await captured.exchange.fetchSnapshot('main');
    expect(snapshot).toMatchObject({
      complete: true,
      positions: [{ positionSide: 'both', amount: '-0.125', entryPrice: '61000', leverage: '3', marginMode: 'cross', liquidationPrice: '90000.5' }],
      balance: { currency: 'USDT', total: '1000.5', equity: '990.25', free: '700', marginRatio: '0.01' },
    });
    expect(snapshot.openOrders.map(({ clientOrderId, type, status, filled }) => [clientOrderId, type, status, filled])).toEqual([
      ['9', 'stop-market', 'open', '0'],
      [CLIENT_ID, 'stop-market', 'open', '0'],
      ['somebody', 'limit', 'open', '0.01'],
    ]);
  });

  test('knows what has fired and still rests under the id it was placed with', async () => {
    lay();
    captured.lay(`GET ${MIX}/order/orders-pending`, list({ ...CHILD, orderId: '20', status: 'live', orderType: 'limit', price: '59900', orderSource: 'loss_limit', baseVolume: '' }));
    captured.lay(`GET ${MIX}/order/orders-plan-history`, ({ query }) => (query['planType'] === 'profit_loss' ? list({ ...PLAN, planStatus: 'executed', executeOrderId: '20', executePrice: '59900' }) : NO_ROWS));
    captured.lay(`GET ${MIX}/order/detail`, ok({ ...CHILD, orderId: '20', state: 'live', orderType: 'limit', price: '59900', baseVolume: '' }));
    expect((await captured.exchange.fetchSnapshot('main')).openOrders).toEqual([expect.objectContaining({ clientOrderId: CLIENT_ID, type: 'stop-limit', triggered: true, status: 'open', triggerPrice: '60000.1' })]);
  });

  test('tells a leg of hedge mode by its side, never by a sign', async () => {
    lay();
    captured.lay(`GET ${MIX}/position/all-position`, ok([{ ...POSITION, posMode: 'hedge_mode', holdSide: 'long', liquidationPrice: '-3' }, { ...POSITION, posMode: 'hedge_mode' }]));
    const { positions } = await captured.exchange.fetchSnapshot('main');
    expect(positions.map(({ positionSide, amount, liquidationPrice }) => [positionSide, amount, liquidationPrice])).toEqual([['long', '0.125', null], ['short', '0.125', '90000.5']]);
  });

  test('reads on until a page is not full, and does not take a page for all when the next cannot be named', async () => {
    lay();
    const all = Array.from({ length: 230 }, (_, index) => ({ ...PLAN, orderId: String(1_000 - index), clientOid: `id${index}` }));
    const page = (endId: (rows: typeof all) => string | null) => captured.lay(`GET ${MIX}/order/orders-plan-pending`, ({ query }) => {
      if (query['planType'] !== 'profit_loss') return NO_ROWS;
      const from = query['idLessThan'] === undefined ? 0 : all.findIndex(({ orderId }) => orderId === query['idLessThan']) + 1;
      const rows = all.slice(from, from + 100);
      return ok({ entrustedList: rows, endId: endId(rows) });
    });
    page((rows) => rows.at(-1)?.orderId ?? null);
    expect((await captured.exchange.fetchSnapshot('main')).openOrders).toHaveLength(230);
    page(() => null);
    await expect(captured.exchange.fetchSnapshot('main')).rejects.toEqual(unavailable);
  });

  test.each<[string, string, Json]>([
    ['a position without its amount', 'position/all-position', ok([{ ...POSITION, total: '' }])],
    ['positions that are no list', 'position/all-position', ok({})],
    ['no balance of the currency', 'account/accounts', ok([])],
    ['a balance without equity', 'account/accounts', ok([{ ...BALANCE, accountEquity: '' }])],
    ['an order without its trigger', 'order/orders-plan-pending', list({ ...PLAN, triggerPrice: '' })],
    ['an error', 'order/orders-pending', failed('40015', 'System is abnormal')],
  ])('is none with %s', async (_, path, answer) => {
    lay();
    captured.lay(`GET ${MIX}/${path}`, answer);
    await expect(captured.exchange.fetchSnapshot('main')).rejects.toEqual(unavailable);
  });
});

describe('trades', () => {
  const trades = (since: number): ReturnType<typeof captured.exchange.fetchTrades> => captured.exchange.fetchTrades('main', SYMBOL, since);
  const fills = (...fillList: readonly Json[]): Json => ok({ fillList, endId: '1' });

  test('name the conditional order they came from, and the leg', async () => {
    const since = Date.now() - 60_000;
    captured.lay(`GET ${MIX}/order/fills`, fills({ ...FILL, orderId: '31', cTime: String(since + 5) }, { ...FILL, tradeId: '2', orderId: '32', cTime: String(since + 1), feeDetail: [{ feeCoin: 'BGB', totalFee: '-0.01' }] }, { ...FILL, tradeId: '3', cTime: String(since - 1) }));
    captured.lay(`GET ${MIX}/order/detail`, ({ query }) => (query['orderId'] === '31' ? ok({ ...CHILD, orderId: '31', posSide: 'long', tradeSide: 'close', side: 'buy' }) : ok({ ...CHILD, orderId: '32', tradeSide: 'burst_sell_single', orderSource: 'liquidation' })));
    captured.lay(`GET ${MIX}/order/orders-plan-history`, ({ query }) => (query['planType'] === 'profit_loss' ? list({ ...PLAN, executeOrderId: '31' }) : NO_ROWS));
    expect((await trades(since)).map(({ id, clientOrderId, side, positionSide, fee, amount }) => ({ id, clientOrderId, side, positionSide, fee, amount }))).toEqual([
      // A fee paid in another coin counts at the full rate: 0.05 · 59999.9 · 0.0006.
      { id: '2', clientOrderId: null, side: 'sell', positionSide: null, fee: '1.799997', amount: '0.05' },
      { id: '744876980', clientOrderId: CLIENT_ID, side: 'sell', positionSide: 'long', fee: '1.799997', amount: '0.05' },
    ]);
  });

  test('are none while the conditional order they came from is not shown', async () => {
    const since = Date.now() - 60_000;
    captured.lay(`GET ${MIX}/order/fills`, fills({ ...FILL, orderId: '41', cTime: String(since + 5) }));
    captured.lay(`GET ${MIX}/order/detail`, ok({ ...CHILD, orderId: '41' }));
    await expect(trades(since)).rejects.toEqual(unavailable);
    captured.lay(`GET ${MIX}/order/fills`, ok({ endId: null }));
    await expect(trades(since)).rejects.toEqual(unavailable);
  });

  test('of a long time are read in spans the exchange allows', async () => {
    captured.lay(`GET ${MIX}/order/fills`, fills());
    const since = Date.now() - 100 * 86_400_000;
    expect(await trades(since)).toEqual([]);
    const spans = captured.taken().map(({ query }) => [Number(query['startTime']), Number(query['endTime'])]);
    expect(spans).toHaveLength(2);
    expect(spans[0]?.[0]).toBe(since);
    expect(spans[1]?.[0]).toBe(spans[0]?.[1]);
  });
});

test('events of the account come from its bills and its forced trades', async () => {
  const now = Date.now();
  const bill = { coin: 'USDT', symbol: 'BTCUSDT', fee: '0', cTime: String(now) };
  captured.lay(`GET ${MIX}/account/account`, ok({ ...SETTINGS, posMode: 'hedge_mode' }));
  captured.lay(`GET ${MIX}/market/history-fund-rate`, ok([{ symbol: 'BTCUSDT', fundingRate: '0.0002', fundingTime: String(now - 28_800_000) }, { symbol: 'BTCUSDT', fundingRate: '0.0001', fundingTime: String(now) }]));
  captured.lay(`GET ${MIX}/account/bill`, ok({
    bills: [
      { ...bill, billId: 'f', businessType: 'contract_settle_fee', amount: '-0.3' },
      { ...bill, billId: 't', businessType: 'trans_to_exchange', symbol: '', amount: '-20' },
      { ...bill, billId: 'i', businessType: 'risk_captital_user_transfer', amount: '7' },
      { ...bill, billId: 'o', businessType: 'open_long', amount: '0' },
    ],
    endId: 'o',
  }));
  captured.lay(`GET ${MIX}/order/fills`, ok({ fillList: [{ ...FILL, cTime: String(now), tradeSide: 'burst_close_short', side: 'buy' }, { ...FILL, tradeId: '9', cTime: String(now), tradeSide: 'dte_sys_adl_sell_in_single_side_mode' }, { ...FILL, tradeId: '10', cTime: String(now) }], endId: '1' }));
  const events = await captured.exchange.fetchAccountEvents('main', now - 1_000);
  expect([...events].sort((a, b) => ('id' in a && 'id' in b && a.id < b.id ? -1 : 1))).toEqual([
    { type: 'liquidation', cause: 'liquidation', id: 'forced:744876980', account: 'main', symbol: SYMBOL, positionSide: 'short', amount: '0.05', price: '59999.9', fee: '1.799997', at: now },
    { type: 'liquidation', cause: 'adl', id: 'forced:9', account: 'main', symbol: SYMBOL, positionSide: 'both', amount: '0.05', price: '59999.9', fee: '1.799997', at: now },
    { type: 'funding', id: 'funding:f', account: 'main', symbol: SYMBOL, positionSide: 'long', amount: '-0.3', rate: '0.0001', markPrice: '0', at: now },
    { type: 'liquidation', cause: 'insurance', id: 'insurance:i', account: 'main', symbol: SYMBOL, positionSide: 'both', amount: '0', price: '0', fee: '-7', at: now },
    { type: 'transfer', id: 'transfer:t', account: 'main', currency: 'USDT', amount: '-20', at: now },
  ]);
});

test('an account tells its modes, fees and permissions', async () => {
  captured.lay(`GET ${MIX}/account/account`, ok({ ...SETTINGS, posMode: 'hedge_mode', marginMode: 'isolated' }));
  expect(await captured.exchange.fetchSettings('main', SYMBOL)).toEqual({ positionMode: 'hedge', marginMode: 'isolated', leverage: '20' });
  captured.lay('GET /api/v2/common/trade-rate', ok({ makerFeeRate: '0.0002', takerFeeRate: '0.0006' }));
  expect(await captured.exchange.fetchFees('main', SYMBOL)).toEqual({ takerFee: '0.0006', makerFee: '0.0002' });
  captured.lay('GET /api/v2/spot/account/info', ok({ ips: '127.0.0.1', authorities: ['coow', 'cpow', 'wwow'] }));
  captured.lay(`GET ${MIX}/account/accounts`, ok([{ marginCoin: 'USDT', assetMode: 'union' }]));
  expect(await captured.exchange.fetchKeyPermissions('main')).toMatchObject({ canTrade: true, canWithdraw: true, isIpRestricted: true, accountType: 'multi-assets mode', unsupported: expect.stringContaining('single-asset mode') as unknown });
  captured.lay('GET /api/v2/spot/account/info', ok({ ips: '', authorities: ['coor'] }));
  captured.lay(`GET ${MIX}/account/accounts`, ok([{ marginCoin: 'USDT', assetMode: 'single' }]));
  expect(await captured.exchange.fetchKeyPermissions('main')).toMatchObject({ canTrade: false, canWithdraw: false, isIpRestricted: false, unsupported: null });
});

describe('public data', () => {
  const TICKER = { symbol: 'BTCUSDT', instId: 'BTCUSDT', lastPr: '60010.5', markPrice: '60009', indexPrice: '60008', fundingRate: '0.0001', ts: '1724751400003' };

  test('the market and its facts', async () => {
    expect(await captured.exchange.fetchInstrument(SYMBOL)).toEqual({ symbol: SYMBOL, tickSize: '0.1', amountStep: '0.0001', minAmount: '0.001', minCost: '5', takerFee: '0.0006', makerFee: '0.0002' });
    captured.lay(`GET ${MIX}/market/ticker`, ok([TICKER]));
    captured.lay(`GET ${MIX}/market/funding-time`, ok([{ symbol: 'BTCUSDT', nextFundingTime: '1695801600000', ratePeriod: '8' }]));
    expect(await captured.exchange.fetchMarketFacts(SYMBOL)).toEqual({ status: 'normal', isActive: true, maxLeverage: '125', fundingIntervalMs: 28_800_000, fundingRate: '0.0001' });
  });

  test('a quote has all three prices or is none', async () => {
    captured.lay(`GET ${MIX}/market/ticker`, ok([TICKER]));
    expect(await captured.exchange.fetchPrice(SYMBOL)).toMatchObject({ last: '60010.5', mark: '60009', index: '60008', at: 1724751400003 });
    captured.lay(`GET ${MIX}/market/ticker`, ok([{ ...TICKER, indexPrice: '' }]));
    await expect(captured.exchange.fetchPrice(SYMBOL)).rejects.toEqual(unavailable);
  });

  test('candles are read page by page, closed ones only', async () => {
    const minute = 60_000;
    const newest = Math.floor(Date.now() / minute) * minute;
    captured.lay(`GET ${MIX}/market/candles`, ({ query }) => {
      const to = query['endTime'] === undefined ? newest : Number(query['endTime']) - minute;
      const count = Number(query['limit']);
      return ok(Array.from({ length: count }, (_, index) => [String(to - (count - 1 - index) * minute), '1', '3', '0.5', '2', '4', '8']));
    });
    const candles = await captured.exchange.fetchCandles(SYMBOL, minute, 1_200);
    expect(candles.map(({ at }) => at)).toEqual(Array.from({ length: 1_200 }, (_, index) => newest - (1_200 - index) * minute));
    expect(candles.at(-1)).toEqual({ at: newest - minute, open: '1', high: '3', low: '0.5', close: '2', volume: '4' });
    expect(captured.taken().map(({ query }) => [query['granularity'], query['limit']])).toEqual([['1m', '1000'], ['1m', '201']]);
    await captured.exchange.fetchCandles(SYMBOL, 86_400_000, 1);
    await captured.exchange.fetchCandles(SYMBOL, 4 * 3_600_000, 1);
    expect(captured.taken().map(({ query }) => query['granularity'])).toEqual(['1Dutc', '4H']);
    captured.lay(`GET ${MIX}/market/candles`, ok({}));
    await expect(captured.exchange.fetchCandles(SYMBOL, minute, 1)).rejects.toEqual(unavailable);
  });

  test('streams follow last, mark and index price, and say when something happened to the account', async () => {
    const streaming = await CapturedExchange.open({ exchangeId: 'bitget', answers: BITGET_ANSWERS, symbols: [SYMBOL] });
    try {
      const heard: { type: string }[] = [];
      streaming.exchange.subscribe((event) => heard.push(event));
      streaming.exchange.start();
      const said: string[] = [];
      await until(() => said.push(...streaming.said()) > 1 && said.some((text) => text.includes('login')));
      expect(said.map((text) => JSON.parse(text) as Json)).toContainEqual({ op: 'subscribe', args: [{ instType: 'USDT-FUTURES', channel: 'ticker', instId: 'BTCUSDT' }] });
      streaming.push({ event: 'login', code: 0 });
      await until(() => said.push(...streaming.said()) > 0 && said.some((text) => text.includes('orders-algo')));
      heard.length = 0;
      streaming.push({ action: 'snapshot', arg: { instType: 'USDT-FUTURES', channel: 'ticker', instId: 'BTCUSDT' }, data: [TICKER], ts: 1724751400003 });
      await until(() => heard.some(({ type }) => type === 'price'));
      expect(heard.find(({ type }) => type === 'price')).toMatchObject({ type: 'price', symbol: SYMBOL, last: '60010.5', mark: '60009', index: '60008', at: 1724751400003 });
      heard.length = 0;
      streaming.push({ action: 'snapshot', arg: { instType: 'USDT-FUTURES', channel: 'orders-algo', instId: 'default' }, data: [{ ...PLAN }] });
      await until(() => heard.some(({ type }) => type === 'gap'));
    } finally {
      await streaming.close();
    }
  });

  test('a demo account is asked for with its header', async () => {
    const demo = await CapturedExchange.open({ exchangeId: 'bitget', answers: BITGET_ANSWERS, symbols: [SYMBOL], environment: 'demo' });
    try {
      await demo.exchange.fetchSettings('main', SYMBOL);
      expect(demo.taken().find(({ route }) => route.endsWith('account/account'))?.headers['paptrading']).toBe('1');
    } finally {
      await demo.close();
    }
  });
});

test('no error tells a credential', async () => {
  captured.lay(`GET ${MIX}/order/orders-plan-pending`, { reply: { status: 400, body: JSON.stringify(failed('40006', 'Invalid ACCESS_KEY')) } });
  captured.lay(`POST ${MIX}/order/place-tpsl-order`, { reply: { status: 502, body: 'x' } });
  const said = [await find().catch((error: unknown) => String(error)), await captured.exchange.placeOrder(orderRequest({}))];
  await captured.close();
  said.push(await find().catch((error: unknown) => String(error)), await captured.exchange.placeOrder(orderRequest({})));
  for (const secret of Object.values(CANARY)) expect(JSON.stringify(said)).not.toContain(secret);
  expect(JSON.stringify(said)).toContain('bitget GET v2/mix/order/orders-plan-pending');
});
