/** OKX: the requests of every operation of a window as its documents want them, and what its documented answers become. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { okx } from '../../../src/adapters/ccxt/okx/okx.ts';
import { OKX_REFUSALS } from '../../../src/adapters/ccxt/okx/refusals.ts';
import type { Answer } from '../../../src/adapters/ccxt/rest-client.ts';
import type { Json } from '../../../src/domain/json.ts';
import { REFUSALS } from '../../../src/ports/exchange.ts';
import type { OrderRequest } from '../../../src/ports/exchange.ts';
import { CANARY, CLIENT_ID, CapturedExchange, orderRequest, until } from './captured-exchange.ts';
import { ALGO, BTC, CHILD, FILL, NOT_FOUND, OKX_ANSWERS, accepted, failed, ok } from './okx-answers.ts';

const SYMBOL = 'BTC/USDT:USDT';
let captured: CapturedExchange;

beforeAll(async () => {
  captured = await CapturedExchange.open({ exchangeId: 'okx', answers: OKX_ANSWERS, symbols: [SYMBOL] });
});
afterAll(() => captured.close());
beforeEach(() => {
  for (const [route, answer] of Object.entries(OKX_ANSWERS)) captured.lay(route, answer);
  captured.taken();
});

const cancel = { account: 'main', symbol: SYMBOL, clientOrderId: CLIENT_ID };
const find = (): ReturnType<typeof captured.exchange.fetchOrder> => captured.exchange.fetchOrder('main', SYMBOL, CLIENT_ID);
const unavailable = expect.objectContaining({ code: 'EXCHANGE_UNAVAILABLE' }) as unknown;

describe('requests', () => {
  const algo = { instId: 'BTC-USDT-SWAP', tdMode: 'cross', ordType: 'conditional', algoClOrdId: CLIENT_ID, slTriggerPx: '60000.1', slTriggerPxType: 'last', slOrdPx: '-1', sz: '5' };
  const regular = { instId: 'BTC-USDT-SWAP', tdMode: 'cross', clOrdId: CLIENT_ID, sz: '5' };
  const market = { type: 'market', triggerPrice: null } as const;

  // The body of a stop-loss with a position side is that of ccxt's own fixture "Swap limit sell with stopLossPrice and posSide = long.",
  // without the client id and the tag that ccxt adds, with ours.
  test.each<[string, Partial<OrderRequest>, string, Json]>([
    ['one-way: a stop that closes a long', {}, 'order-algo', { ...algo, side: 'sell', reduceOnly: true }],
    ['one-way: a stop that closes a short', { side: 'buy' }, 'order-algo', { ...algo, side: 'buy', reduceOnly: true }],
    ['one-way: a stop that opens a short', { reduceOnly: false }, 'order-algo', { ...algo, side: 'sell' }],
    ['one-way: a stop that opens a long', { side: 'buy', reduceOnly: false }, 'order-algo', { ...algo, side: 'buy' }],
    ['hedge: a stop that closes a long', { positionSide: 'long', reduceOnly: false }, 'order-algo', { ...algo, side: 'sell', posSide: 'long' }],
    ['hedge: a stop that closes a short', { side: 'buy', positionSide: 'short', reduceOnly: false }, 'order-algo', { ...algo, side: 'buy', posSide: 'short' }],
    ['hedge: a stop that opens a short', { positionSide: 'short', reduceOnly: false }, 'order-algo', { ...algo, side: 'sell', posSide: 'short' }],
    ['hedge: a stop that opens a long', { side: 'buy', positionSide: 'long', reduceOnly: false }, 'order-algo', { ...algo, side: 'buy', posSide: 'long' }],
    ['a stop-limit by mark price', { type: 'stop-limit', price: '59900', triggerBy: 'mark' }, 'order-algo', { ...algo, side: 'sell', reduceOnly: true, slOrdPx: '59900', slTriggerPxType: 'mark' }],
    ['one-way: a market order that closes', { ...market }, 'order', { ...regular, side: 'sell', ordType: 'market', reduceOnly: true }],
    ['one-way: a market order that opens', { ...market, side: 'buy', reduceOnly: false }, 'order', { ...regular, side: 'buy', ordType: 'market' }],
    ['hedge: a market order that closes', { ...market, positionSide: 'long', reduceOnly: false }, 'order', { ...regular, side: 'sell', ordType: 'market', posSide: 'long' }],
    ['hedge: a market order that opens', { ...market, positionSide: 'short', reduceOnly: false }, 'order', { ...regular, side: 'sell', ordType: 'market', posSide: 'short' }],
    ['a limit order', { type: 'limit', triggerPrice: null, price: '61000.5', reduceOnly: false }, 'order', { ...regular, side: 'sell', ordType: 'limit', px: '61000.5' }],
    ['a limit order that only makes', { type: 'limit', triggerPrice: null, price: '61000.5', postOnly: true, reduceOnly: false }, 'order', { ...regular, side: 'sell', ordType: 'post_only', px: '61000.5' }],
  ])('%s', async (_, changes, path, body) => {
    const request = orderRequest(changes);
    const outcome = await captured.exchange.placeOrder(request);
    const sent = captured.taken();
    expect(sent.map(({ route }) => route)).toEqual([`POST /api/v5/trade/${path}`]);
    // Neither a client id nor a tag that are not ours.
    expect(sent[0]?.body).toEqual(body);
    expect(sent[0]?.headers).toMatchObject({ 'ok-access-key': CANARY.apiKey, 'ok-access-passphrase': CANARY.password, 'ok-access-sign': expect.any(String) as unknown, 'ok-access-timestamp': expect.any(String) as unknown });
    expect(outcome).toEqual({ type: 'done', value: { ...request, id: path === 'order' ? '312269865356374016' : '1753184812254216192', status: 'open', triggered: false, filled: '0', reason: null, createdAt: expect.any(Number) as unknown, updatedAt: expect.any(Number) as unknown } });
  });

  test('an amount of less than one lot is not sent', async () => {
    expect(await captured.exchange.placeOrder(orderRequest({ amount: '0.00009' }))).toMatchObject({ type: 'refused', code: 'MIN_AMOUNT' });
    expect(captured.taken()).toEqual([]);
  });

  test('a conditional order is cancelled by our own id, alone in its list', async () => {
    captured.lay('POST /api/v5/trade/cancel-algos', accepted({ algoId: '1753184812254216192' }));
    captured.lay('GET /api/v5/trade/order-algo', ok({ ...ALGO, state: 'canceled' }));
    expect(await captured.exchange.cancelOrder(cancel)).toMatchObject({ type: 'done', value: { clientOrderId: CLIENT_ID, status: 'canceled', reason: 'CANCELED_BY_USER', filled: '0' } });
    expect(captured.taken().map(({ route, query, body }) => ({ route, query, body }))).toEqual([
      { route: 'POST /api/v5/trade/cancel-algos', query: {}, body: [{ instId: 'BTC-USDT-SWAP', algoClOrdId: CLIENT_ID }] },
      { route: 'GET /api/v5/trade/order-algo', query: { algoClOrdId: CLIENT_ID }, body: null },
    ]);
  });

  test('a conditional order that has fired is cancelled as what it has become', async () => {
    captured.lay('POST /api/v5/trade/cancel-algos', failed('51400', 'Order cancellation failed as the order has been filled, canceled or does not exist.'));
    captured.lay('GET /api/v5/trade/order-algo', ok({ ...ALGO, state: 'effective', slOrdPx: '59900', ordId: '7', ordIdList: ['7'] }));
    captured.lay('POST /api/v5/trade/cancel-order', accepted({ ordId: '7' }));
    captured.lay('GET /api/v5/trade/order', ok({ ...CHILD, ordId: '7', ordType: 'limit', px: '59900', state: 'canceled', accFillSz: '2', cancelSource: '1' }));
    expect(await captured.exchange.cancelOrder(cancel)).toMatchObject({ type: 'done', value: { clientOrderId: CLIENT_ID, type: 'stop-limit', status: 'canceled', triggered: true, filled: '0.02' } });
    expect(captured.taken().find(({ route }) => route.endsWith('cancel-order'))?.body).toEqual({ instId: 'BTC-USDT-SWAP', ordId: '7' });
  });

  test('an order that never was conditional is cancelled by our own id', async () => {
    captured.lay('POST /api/v5/trade/cancel-algos', failed('51400', 'does not exist'));
    captured.lay('GET /api/v5/trade/order-algo', NOT_FOUND);
    captured.lay('POST /api/v5/trade/cancel-order', failed('51400', 'filled, canceled or does not exist'));
    expect(await captured.exchange.cancelOrder(cancel)).toMatchObject({ type: 'refused', code: 'ORDER_NOT_FOUND' });
    expect(captured.taken().find(({ route }) => route.endsWith('cancel-order'))?.body).toEqual({ instId: 'BTC-USDT-SWAP', clOrdId: CLIENT_ID });
  });

  test('settings are changed one by one', async () => {
    for (const path of ['set-position-mode', 'set-leverage']) captured.lay(`POST /api/v5/account/${path}`, ok({}));
    expect(await captured.exchange.setPositionMode('main', SYMBOL, 'hedge')).toEqual({ type: 'done' });
    expect(await captured.exchange.setLeverage('main', SYMBOL, '3')).toEqual({ type: 'done' });
    expect(await captured.exchange.setMarginMode('main', SYMBOL, 'cross', '3')).toEqual({ type: 'unchanged' });
    expect(await captured.exchange.setMarginMode('main', SYMBOL, 'isolated', '3')).toMatchObject({ type: 'failed' });
    expect(captured.taken().map(({ body }) => body)).toEqual([{ posMode: 'long_short_mode' }, { instId: 'BTC-USDT-SWAP', lever: '3', mgnMode: 'cross' }]);
  });
});

describe('answers to a request that changes something', () => {
  test('its listed codes are refusals, in a row or for the whole, and through a gateway error they are not', () => {
    for (const [code, refusal] of Object.entries(OKX_REFUSALS)) {
      const answer = (json: Json, status: number): Answer => ({ type: 'answer', status, json, text: '', retryAfterMs: null, headers: {} });
      expect(okx.judge(answer(failed(code, 'no'), 200)), code).toEqual({ type: 'refused', code: refusal, message: `${code} no` });
      expect(okx.judge(answer({ code, msg: 'no', data: [] }, 400)), code).toEqual({ type: 'refused', code: refusal, message: `${code} no` });
      expect(okx.judge(answer(failed(code, 'no'), 503)), code).toEqual({ type: 'unknown', message: `${code} no` });
      expect(REFUSALS).toContain(refusal);
    }
  });

  test('a refusal reaches the port', async () => {
    captured.lay('POST /api/v5/trade/order-algo', failed('51280', 'SL trigger price cannot be higher than the last price.'));
    expect(await captured.exchange.placeOrder(orderRequest({}))).toEqual({ type: 'refused', code: 'WOULD_TRIGGER_IMMEDIATELY', message: '51280 SL trigger price cannot be higher than the last price.' });
  });

  test.each<[string, Json | { readonly reply: { readonly status: number; readonly body: string } }]>([
    ['a code OKX leaves open', failed('51149', 'Order timed out. Please try again.')],
    ['a code that is not listed', failed('59999', 'new')],
    ['an accepted row without an id', accepted({ algoClOrdId: CLIENT_ID })],
    ['no row', ok()],
    ['no list', { code: '0', msg: '' }],
    ['a refusal through a gateway error', { reply: { status: 500, body: JSON.stringify(failed('51008', 'no margin')) } }],
    ['text', { reply: { status: 200, body: '<html>' } }],
    ['nothing', { reply: { status: 200, body: '' } }],
  ])('%s leaves its fate open', async (_, answer) => {
    captured.lay('POST /api/v5/trade/order-algo', answer);
    expect(await captured.exchange.placeOrder(orderRequest({}))).toMatchObject({ type: 'unknown' });
  });

  test('a failed row beside an answer that looks fine is a refusal', async () => {
    captured.lay('POST /api/v5/trade/order', ok({ sCode: '51008', sMsg: 'Insufficient margin', ordId: '' }));
    expect(await captured.exchange.placeOrder(orderRequest({ type: 'market', triggerPrice: null }))).toMatchObject({ type: 'refused', code: 'INSUFFICIENT_MARGIN' });
  });

  test('a cancellation whose order cannot be read stays open', async () => {
    captured.lay('POST /api/v5/trade/cancel-algos', accepted({ algoId: '1' }));
    captured.lay('GET /api/v5/trade/order-algo', { reply: { status: 502, body: 'bad gateway' } });
    expect(await captured.exchange.cancelOrder(cancel)).toMatchObject({ type: 'unknown' });
  });
});

describe('an order is looked up', () => {
  test('as conditional, in base units', async () => {
    captured.lay('GET /api/v5/trade/order-algo', ok({ ...ALGO, posSide: 'long' }));
    expect(await find()).toEqual({
      ...orderRequest({ positionSide: 'long' }),
      id: '1753184812254216192',
      status: 'open',
      triggered: false,
      filled: '0',
      reason: null,
      createdAt: 1724751378980,
      updatedAt: 1724751378980,
    });
    expect(captured.taken().map(({ query }) => query)).toEqual([{ algoClOrdId: CLIENT_ID }]);
  });

  test('as what it became: fired is not filled', async () => {
    captured.lay('GET /api/v5/trade/order-algo', ok({ ...ALGO, state: 'effective', ordIdList: ['7', '8'], ordId: '8' }));
    captured.lay('GET /api/v5/trade/order', ({ query }) => (query['ordId'] === '7' ? ok({ ...CHILD, ordId: '7', sz: '3', accFillSz: '3' }) : ok({ ...CHILD, ordId: '8', sz: '2', accFillSz: '0.5', state: 'partially_filled' })));
    expect(await find()).toMatchObject({ clientOrderId: CLIENT_ID, id: '1753184812254216192', status: 'open', triggered: true, filled: '0.035' });
    captured.lay('GET /api/v5/trade/order', ({ query }) => ok({ ...CHILD, ordId: query['ordId'] ?? '', sz: '2.5', accFillSz: '2.5' }));
    expect(await find()).toMatchObject({ status: 'closed', filled: '0.05', reason: null });
    captured.lay('GET /api/v5/trade/order', ({ query }) => (query['ordId'] === '7' ? ok({ ...CHILD, ordId: '7', sz: '3', accFillSz: '3' }) : NOT_FOUND));
    expect(await find()).toMatchObject({ status: 'canceled', filled: '0.03', reason: 'unfilled' });
  });

  test('as one that could not be carried out when it fired', async () => {
    captured.lay('GET /api/v5/trade/order-algo', ok({ ...ALGO, state: 'order_failed', failCode: '51008' }));
    expect(await find()).toMatchObject({ status: 'rejected', reason: '51008', filled: '0' });
  });

  test('among the regular ones, and is none only when the exchange says so', async () => {
    captured.lay('GET /api/v5/trade/order-algo', NOT_FOUND);
    captured.lay('GET /api/v5/trade/order', ok({ ...CHILD, algoId: '', algoClOrdId: '', clOrdId: CLIENT_ID, state: 'filled' }));
    expect(await find()).toMatchObject({ clientOrderId: CLIENT_ID, type: 'market', status: 'closed', triggered: false, filled: '0.05', triggerPrice: null });
    expect(captured.taken().map(({ query }) => query)).toEqual([{ algoClOrdId: CLIENT_ID }, { instId: 'BTC-USDT-SWAP', clOrdId: CLIENT_ID }]);
    captured.lay('GET /api/v5/trade/order', NOT_FOUND);
    expect(await find()).toBeNull();
  });

  test.each<[string, Json | { readonly reply: { readonly status: number; readonly body: string } }]>([
    ['an empty list', ok()],
    ['a row without its state', ok({ ...ALGO, state: '' })],
    ['an amount that is no number', ok({ ...ALGO, sz: 'five' })],
    ['another code', failed('50026', 'System error')],
    ['a gateway', { reply: { status: 503, body: '' } }],
  ])('in vain with %s', async (_, answer) => {
    captured.lay('GET /api/v5/trade/order-algo', answer);
    await expect(find()).rejects.toEqual(unavailable);
  });
});

describe('a snapshot', () => {
  const POSITION = { instId: 'BTC-USDT-SWAP', posSide: 'net', pos: '-12.5', avgPx: '61000', lever: '3', mgnMode: 'cross', liqPx: '90000.5' };
  const BALANCE = { details: [{ ccy: 'USDT', cashBal: '1000.5', eq: '990.25', availEq: '700', mmr: '9.9025' }] };
  const lay = (): void => {
    captured.lay('GET /api/v5/account/positions', ok(POSITION));
    captured.lay('GET /api/v5/account/balance', ok(BALANCE));
    captured.lay('GET /api/v5/trade/orders-pending', ok());
    captured.lay('GET /api/v5/trade/orders-algo-pending', ok());
  };

  test('has every list, in base units and per side', async () => {
    lay();
    captured.lay('GET /api/v5/trade/orders-algo-pending', ({ query }) => (query['ordType'] === 'conditional,oco' ? ok(ALGO) : query['ordType'] === 'trigger' ? ok({ ...ALGO, algoClOrdId: '', algoId: '9', ordType: 'trigger', slTriggerPx: '', slOrdPx: '', triggerPx: '70000', ordPx: '-1', triggerPxType: 'mark' }) : ok()));
    captured.lay('GET /api/v5/trade/orders-pending', ok({ ...CHILD, algoId: '', algoClOrdId: '', clOrdId: 'somebody', ordType: 'limit', px: '62000', state: 'live', accFillSz: '0' }));
    const snapshot = await captured.exchange.fetchSnapshot('main');
    expect(snapshot).toMatchObject({
      complete: true,
      positions: [{ positionSide: 'both', amount: '-0.125', entryPrice: '61000', leverage: '3', marginMode: 'cross', liquidationPrice: '90000.5' }],
      balance: { currency: 'USDT', total: '1000.5', equity: '990.25', free: '700', marginRatio: '0.01' },
    });
    expect(snapshot.openOrders.map(({ clientOrderId, type, triggerPrice, triggerBy, price }) => [clientOrderId, type, triggerPrice, triggerBy, price])).toEqual([
      [CLIENT_ID, 'stop-market', '60000.1', 'last', null],
      ['9', 'stop-market', '70000', 'mark', null],
      ['somebody', 'limit', null, 'last', '62000'],
    ]);
  });

  test('tells a leg of long/short mode by its side, never by a sign', async () => {
    lay();
    captured.lay('GET /api/v5/account/positions', ok({ ...POSITION, posSide: 'long', pos: '3' }, { ...POSITION, posSide: 'short', pos: '2', liqPx: '' }));
    const { positions } = await captured.exchange.fetchSnapshot('main');
    expect(positions.map(({ positionSide, amount, liquidationPrice }) => [positionSide, amount, liquidationPrice])).toEqual([['long', '0.03', '90000.5'], ['short', '0.02', null]]);
  });

  test('reads on until a page is not full', async () => {
    lay();
    const all = Array.from({ length: 230 }, (_, index) => ({ ...ALGO, algoId: String(1_000 - index), algoClOrdId: `id${index}` }));
    captured.lay('GET /api/v5/trade/orders-algo-pending', ({ query }) => {
      if (query['ordType'] !== 'conditional,oco') return ok();
      const from = query['after'] === undefined ? 0 : all.findIndex(({ algoId }) => algoId === query['after']) + 1;
      return ok(...all.slice(from, from + 100));
    });
    expect((await captured.exchange.fetchSnapshot('main')).openOrders).toHaveLength(230);
  });

  test.each<[string, string, Json]>([
    ['a position without its amount', 'GET /api/v5/account/positions', ok({ ...POSITION, pos: '' })],
    ['positions that are no list', 'GET /api/v5/account/positions', { code: '0', msg: '', data: {} }],
    ['no balances', 'GET /api/v5/account/balance', ok({})],
    ['a balance without equity', 'GET /api/v5/account/balance', ok({ details: [{ ccy: 'USDT', cashBal: '1' }] })],
    ['an order without its side', 'GET /api/v5/trade/orders-algo-pending', ok({ ...ALGO, side: '' })],
    ['an error', 'GET /api/v5/trade/orders-pending', { code: '50026', msg: 'System error', data: [] }],
  ])('is none with %s', async (_, route, answer) => {
    lay();
    captured.lay(route, answer);
    await expect(captured.exchange.fetchSnapshot('main')).rejects.toEqual(unavailable);
  });
});

describe('trades', () => {
  test('name the conditional order they came from', async () => {
    const since = Date.now() - 60_000;
    captured.lay('GET /api/v5/trade/order', ok({ ...CHILD, ordId: '31' }));
    captured.lay('GET /api/v5/trade/fills', ok({ ...FILL, ordId: '31', ts: String(since + 5) }, { ...FILL, tradeId: '-4', billId: '2', ordId: '32', subType: '104', execType: '', ts: String(since + 1) }, { ...FILL, billId: '1', tradeId: '3', ts: String(since - 1) }));
    const trades = await captured.exchange.fetchTrades('main', SYMBOL, since);
    expect(trades.map(({ id, clientOrderId, amount, price, fee, takerOrMaker, side }) => ({ id, clientOrderId, amount, price, fee, takerOrMaker, side }))).toEqual([
      { id: '-4', clientOrderId: null, amount: '0.05', price: '59999.9', fee: '1.4999975', takerOrMaker: 'taker', side: 'sell' },
      { id: '744876980', clientOrderId: CLIENT_ID, amount: '0.05', price: '59999.9', fee: '1.4999975', takerOrMaker: 'taker', side: 'sell' },
    ]);
    expect(captured.taken().map(({ route }) => route)).toEqual(['GET /api/v5/trade/fills', 'GET /api/v5/trade/order']);
  });

  test('older than three days are read at both places', async () => {
    const since = Date.now() - 10 * 86_400_000;
    captured.lay('GET /api/v5/trade/order', NOT_FOUND);
    captured.lay('GET /api/v5/trade/fills-history', ok({ ...FILL, ordId: '41', ts: String(since + 1) }));
    captured.lay('GET /api/v5/trade/fills', ok({ ...FILL, ordId: '41', billId: '9', tradeId: '9', execType: 'M', fee: '0.5', ts: String(since + 2) }));
    expect((await captured.exchange.fetchTrades('main', SYMBOL, since)).map(({ id, fee, clientOrderId }) => [id, fee, clientOrderId])).toEqual([['744876980', '1.4999975', '41'], ['9', '-0.5', '41']]);
  });
});

test('events of the account come from its bills', async () => {
  const now = Date.now();
  const bill = { ccy: 'USDT', instId: 'BTC-USDT-SWAP', ts: String(now), fee: '0', sz: '5', px: '60000' };
  captured.lay('GET /api/v5/account/config', ok({ posMode: 'long_short_mode', acctLv: '2', perm: 'read_only,trade', ip: '' }));
  captured.lay('GET /api/v5/public/funding-rate-history', ok({ fundingRate: '0.0001', realizedRate: '0.0001', fundingTime: String(now) }));
  captured.lay('GET /api/v5/account/bills', ({ query }) => {
    switch (query['type']) {
      case '1':
        return ok({ ...bill, billId: 't', type: '1', instId: '', balChg: '-20' });
      case '5':
        return ok({ ...bill, billId: 'l', type: '5', subType: '105', balChg: '-3', fee: '-2' });
      case '8':
        return ok({ ...bill, billId: 'f', type: '8', subType: '173', balChg: '-0.3' });
      case '9':
        return ok({ ...bill, billId: 'a', type: '9', subType: '128', balChg: '1' });
      default:
        return ok({ ...bill, billId: 'c', type: '10', subType: '', balChg: '7' });
    }
  });
  const events = await captured.exchange.fetchAccountEvents('main', now - 1_000);
  expect([...events].sort((a, b) => ('id' in a && 'id' in b && a.id < b.id ? -1 : 1))).toEqual([
    { type: 'liquidation', cause: 'adl', id: 'forced:a', account: 'main', symbol: SYMBOL, positionSide: 'both', amount: '0.05', price: '60000', fee: '0', at: now },
    { type: 'liquidation', cause: 'liquidation', id: 'forced:l', account: 'main', symbol: SYMBOL, positionSide: 'short', amount: '0.05', price: '60000', fee: '2', at: now },
    { type: 'funding', id: 'funding:f', account: 'main', symbol: SYMBOL, positionSide: 'long', amount: '-0.3', rate: '0.0001', markPrice: '60000', at: now },
    { type: 'liquidation', cause: 'insurance', id: 'insurance:c', account: 'main', symbol: SYMBOL, positionSide: 'both', amount: '0', price: '0', fee: '-7', at: now },
    { type: 'transfer', id: 'transfer:t', account: 'main', currency: 'USDT', amount: '-20', at: now },
  ]);
});

test('of many funding payments the rates are read once, and none is booked while its rate is not shown', async () => {
  const now = Date.now();
  const hour = 3_600_000;
  const payments = [0, 1, 2].map((ago) => ({ billId: `f${ago}`, type: '8', ccy: 'USDT', instId: 'BTC-USDT-SWAP', balChg: '-0.3', px: '60000', ts: String(now - ago * hour) }));
  captured.lay('GET /api/v5/account/config', ok({ posMode: 'net_mode', acctLv: '2', perm: 'trade', ip: '' }));
  captured.lay('GET /api/v5/account/bills', ({ query }) => (query['type'] === '8' ? ok(...payments) : ok()));
  captured.lay('GET /api/v5/public/funding-rate-history', ok(...[0, 1, 2].map((ago) => ({ fundingRate: `0.000${ago + 1}`, realizedRate: '', fundingTime: String(now - ago * hour) }))));
  const events = await captured.exchange.fetchAccountEvents('main', now - 5 * hour);
  expect(events.filter(({ id }) => /^funding:f\d/.test(id)).map((event) => (event.type === 'funding' ? [event.id, event.rate, event.positionSide] : []))).toEqual([
    ['funding:f2', '0.0003', 'both'],
    ['funding:f1', '0.0002', 'both'],
    ['funding:f0', '0.0001', 'both'],
  ]);
  expect(captured.taken().filter(({ route }) => route.endsWith('funding-rate-history'))).toHaveLength(1);
  captured.lay('GET /api/v5/public/funding-rate-history', ok());
  await expect(captured.exchange.fetchAccountEvents('main', now - 6 * hour)).rejects.toEqual(unavailable);
});

test('an account tells its modes, fees and permissions', async () => {
  captured.lay('GET /api/v5/account/leverage-info', ok({ instId: 'BTC-USDT-SWAP', lever: '5', mgnMode: 'cross', posSide: 'net' }));
  captured.lay('GET /api/v5/account/config', ok({ posMode: 'net_mode', acctLv: '3', perm: 'read_only,withdraw,trade', ip: '1.2.3.4' }));
  expect(await captured.exchange.fetchSettings('main', SYMBOL)).toEqual({ positionMode: 'one-way', marginMode: 'cross', leverage: '5' });
  expect(await captured.exchange.fetchKeyPermissions('main')).toMatchObject({ canTrade: true, canWithdraw: true, isIpRestricted: true, accountType: 'multi-currency margin', unsupported: expect.stringContaining('futures mode') as unknown });
  captured.lay('GET /api/v5/account/trade-fee', ok({ takerU: '-0.0005', makerU: '-0.0002', taker: '', maker: '' }));
  expect(await captured.exchange.fetchFees('main', SYMBOL)).toEqual({ takerFee: '0.0005', makerFee: '0.0002' });
  captured.lay('GET /api/v5/account/trade-fee', ok({ takerU: '', makerU: '', feeGroup: [{ groupId: '2', taker: '-0.0009', maker: '-0.0009' }, { groupId: '1', taker: '-0.0004', maker: '0.0001' }] }));
  expect(await captured.exchange.fetchFees('main', SYMBOL)).toEqual({ takerFee: '0.0004', makerFee: '-0.0001' });
});

describe('public data', () => {
  test('the market is in base units', async () => {
    expect(await captured.exchange.fetchInstrument(SYMBOL)).toEqual({ symbol: SYMBOL, tickSize: '0.1', amountStep: '0.0001', minAmount: '0.0001', minCost: '0', takerFee: '0.0005', makerFee: '0.0002' });
    captured.lay('GET /api/v5/public/funding-rate', ok({ fundingRate: '0.0001', fundingTime: '1724745600000', nextFundingTime: '1724774400000' }));
    expect(await captured.exchange.fetchMarketFacts(SYMBOL)).toEqual({ status: 'live', isActive: true, maxLeverage: '100', fundingIntervalMs: 28_800_000, fundingRate: '0.0001' });
    expect(okx.marketOf({ id: 'X', symbol: 'X', base: 'X', baseId: 'BTC', quote: 'USDT', settle: 'USDT', active: true, swap: true, linear: true, taker: undefined, maker: undefined, contractSize: '10', precision: { amount: '1', price: '0.1' }, limits: { amount: { min: '1' } }, info: { ...BTC, ctMult: '0.1' } })).toMatchObject({ contractSize: '1', instrument: { amountStep: '1' }, maxMarketAmount: '12000' });
  });

  test('a quote has all three prices or is none', async () => {
    captured.lay('GET /api/v5/market/ticker', ok({ instId: 'BTC-USDT-SWAP', last: '60010.5', ts: '1724751400001' }));
    captured.lay('GET /api/v5/public/mark-price', ok({ instId: 'BTC-USDT-SWAP', markPx: '60009', ts: '1724751400003' }));
    captured.lay('GET /api/v5/market/index-tickers', ok({ instId: 'BTC-USDT', idxPx: '60008', ts: '1724751400002' }));
    expect(await captured.exchange.fetchPrice(SYMBOL)).toMatchObject({ last: '60010.5', mark: '60009', index: '60008', at: 1724751400003 });
    captured.lay('GET /api/v5/market/index-tickers', ok());
    await expect(captured.exchange.fetchPrice(SYMBOL)).rejects.toEqual(unavailable);
  });

  test('candles are read page by page, closed ones only, volumes in base units', async () => {
    const minute = 60_000;
    const newest = Math.floor(Date.now() / minute) * minute;
    captured.lay('GET /api/v5/market/candles', ({ query }) => {
      const from = query['after'] === undefined ? newest : Number(query['after']) - minute;
      return ok(...Array.from({ length: Number(query['limit']) }, (_, index) => [String(from - index * minute), '1', '3', '0.5', '2', '400', '4', '8', index === 0 ? '0' : '1']));
    });
    const candles = await captured.exchange.fetchCandles(SYMBOL, minute, 450);
    expect(candles).toHaveLength(450);
    expect(candles.at(-1)).toEqual({ at: newest - minute, open: '1', high: '3', low: '0.5', close: '2', volume: '4' });
    expect(candles.map(({ at }) => at)).toEqual(Array.from({ length: 450 }, (_, index) => newest - (450 - index) * minute));
    expect(captured.taken().map(({ query }) => [query['bar'], query['limit']])).toEqual([['1m', '300'], ['1m', '151']]);
    await captured.exchange.fetchCandles(SYMBOL, 86_400_000, 1);
    await captured.exchange.fetchCandles(SYMBOL, 4 * 3_600_000, 1);
    expect(captured.taken().map(({ query }) => query['bar'])).toEqual(['1Dutc', '4H']);
    captured.lay('GET /api/v5/market/history-candles', ok());
    expect(await captured.exchange.fetchCandles(SYMBOL, minute, 1_300)).toEqual([]);
    expect(captured.taken().map(({ route, query }) => [route, query['limit']])).toEqual([['GET /api/v5/market/history-candles', '100']]);
    captured.lay('GET /api/v5/market/candles', ok(['1724751360000', '1', '3']));
    await expect(captured.exchange.fetchCandles(SYMBOL, minute, 1)).rejects.toEqual(unavailable);
  });

  test('streams follow last, mark and index price, and say when something happened to the account', async () => {
    const streaming = await CapturedExchange.open({ exchangeId: 'okx', answers: OKX_ANSWERS, symbols: [SYMBOL] });
    try {
      const heard: { type: string }[] = [];
      streaming.exchange.subscribe((event) => heard.push(event));
      streaming.exchange.start();
      const said: string[] = [];
      await until(() => said.push(...streaming.said()) > 2 && said.some((text) => text.includes('index-tickers')));
      expect(said.map((text) => JSON.parse(text) as Json).find((each) => JSON.stringify(each).includes('tickers'))).toMatchObject({ op: 'subscribe', args: [{ channel: 'tickers', instId: 'BTC-USDT-SWAP' }, { channel: 'mark-price', instId: 'BTC-USDT-SWAP' }, { channel: 'index-tickers', instId: 'BTC-USDT' }] });
      streaming.push({ event: 'login', code: '0', msg: '' });
      await until(() => said.push(...streaming.said()) > 0 && said.some((text) => text.includes('orders-algo')) && said.some((text) => text.includes('balance_and_position')));
      heard.length = 0;
      streaming.push({ arg: { channel: 'tickers', instId: 'BTC-USDT-SWAP' }, data: [{ instId: 'BTC-USDT-SWAP', last: '60010.5', ts: '1724751400001' }] });
      streaming.push({ arg: { channel: 'mark-price', instId: 'BTC-USDT-SWAP' }, data: [{ instId: 'BTC-USDT-SWAP', markPx: '60009', ts: '1724751400003' }] });
      streaming.push({ arg: { channel: 'index-tickers', instId: 'BTC-USDT' }, data: [{ instId: 'BTC-USDT', idxPx: '60008', ts: '1724751400002' }] });
      await until(() => heard.some(({ type }) => type === 'price'));
      expect(heard.find(({ type }) => type === 'price')).toMatchObject({ type: 'price', symbol: SYMBOL, last: '60010.5', mark: '60009', index: '60008', at: 1724751400003 });
      heard.length = 0;
      streaming.push({ arg: { channel: 'orders', instType: 'SWAP' }, data: [{ ...CHILD }] });
      await until(() => heard.some(({ type }) => type === 'gap'));
    } finally {
      await streaming.close();
    }
  });
});

test('the test network is asked for with its header', async () => {
  const sandbox = await CapturedExchange.open({ exchangeId: 'okx', answers: OKX_ANSWERS, symbols: [SYMBOL], environment: 'sandbox' });
  try {
    await sandbox.exchange.placeOrder(orderRequest({}));
    expect(sandbox.taken().find(({ route }) => route.startsWith('POST'))?.headers['x-simulated-trading']).toBe('1');
  } finally {
    await sandbox.close();
  }
});

test('no error tells a credential', async () => {
  captured.lay('GET /api/v5/trade/order-algo', { reply: { status: 401, body: JSON.stringify({ code: '50111', msg: 'Invalid OK-ACCESS-KEY', data: [] }) } });
  captured.lay('POST /api/v5/trade/order-algo', { reply: { status: 502, body: 'x' } });
  const said = [await find().catch((error: unknown) => String(error)), await captured.exchange.placeOrder(orderRequest({}))];
  await captured.close();
  said.push(await find().catch((error: unknown) => String(error)), await captured.exchange.placeOrder(orderRequest({})));
  for (const secret of Object.values(CANARY)) expect(JSON.stringify(said)).not.toContain(secret);
  expect(JSON.stringify(said)).toContain('okx GET trade/order-algo');
});
