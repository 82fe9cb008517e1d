/** Answers and frames of Bybit that the wire server does not give: other people's coins, forced orders, rows that leave their leg out. */
import { afterEach, describe, expect, test } from 'vitest';
import type { Json } from '../../../../src/domain/json.ts';
import type { ExchangeEvent } from '../../../../src/ports/exchange.ts';
import { CapturedExchange, until } from '../captured-exchange.ts';
import type { Answers } from '../captured-exchange.ts';

const BTC = 'BTC/USDT:USDT';
let captured: CapturedExchange;
afterEach(() => captured.close());

function ok(result: Json): Json {
  return { retCode: 0, retMsg: 'OK', result, retExtInfo: {}, time: Date.now() };
}
const listOf = (...list: Json[]): Json => ok({ category: 'linear', list, nextPageCursor: '' });

const INSTRUMENT = {
  symbol: 'BTCUSDT',
  contractType: 'LinearPerpetual',
  status: 'Trading',
  baseCoin: 'BTC',
  quoteCoin: 'USDT',
  settleCoin: 'USDT',
  launchTime: '1584230400000',
  deliveryTime: '0',
  leverageFilter: { minLeverage: '1', maxLeverage: '100.00', leverageStep: '0.01' },
  priceFilter: { minPrice: '0.10', maxPrice: '1999999.80', tickSize: '0.10' },
  lotSizeFilter: { maxOrderQty: '1190.000', minOrderQty: '0.001', qtyStep: '0.001', postOnlyMaxOrderQty: '1190.000', maxMktOrderQty: '500.000', minNotionalValue: '5' },
  fundingInterval: 480,
};
const FUTURE = { ...INSTRUMENT, symbol: 'BTC-26DEC25', contractType: 'LinearFutures', deliveryTime: '1766736000000' };

function position(positionIdx: number, more: Record<string, Json> = {}): Json {
  return { symbol: 'BTCUSDT', positionIdx, side: '', size: '0', avgPrice: '0', leverage: '10', liqPrice: '', ...more };
}
function execution(execId: string, more: Record<string, Json> = {}): Json {
  return { symbol: 'BTCUSDT', orderId: `order-of-${execId}`, orderLinkId: `hr${execId}`, side: 'Buy', execType: 'Trade', execId, execPrice: '60000.00', execQty: '0.010', execFee: '0.33', execTime: String(Date.now() - 60_000), isMaker: false, feeCurrency: '', closedSize: '0', seq: 1, ...more };
}
function orderRow(more: Record<string, Json> = {}): Record<string, Json> {
  return { category: 'linear', symbol: 'BTCUSDT', orderId: 'order-of-a', orderLinkId: 'hra', side: 'Sell', orderType: 'Market', qty: '0.010', price: '0', triggerPrice: '59000', triggerBy: 'LastPrice', positionIdx: 1, reduceOnly: true, timeInForce: 'IOC', orderStatus: 'Untriggered', cancelType: 'UNKNOWN', rejectReason: 'EC_NoError', cumExecQty: '0', createType: 'CreateByStopOrder', createdTime: '1700000000000', updatedTime: '1700000000001', ...more };
}

const USUAL: Answers = {
  'GET /v5/market/instruments-info': ({ query }) => ok({ category: 'linear', list: query['status'] === 'PreLaunch' ? [] : [INSTRUMENT, FUTURE], nextPageCursor: '' }),
  'GET /v5/market/time': () => ok({ timeSecond: '0', timeNano: '0' }),
  'GET /v5/account/fee-rate': listOf({ symbol: 'BTCUSDT', takerFeeRate: '0.00055', makerFeeRate: '0.0002' }),
  'GET /v5/account/info': ok({ marginMode: 'REGULAR_MARGIN', unifiedMarginStatus: 6 }),
  'GET /v5/position/list': listOf(position(1), position(2)),
};

async function open(answers: Answers = {}): Promise<CapturedExchange['exchange']> {
  captured = await CapturedExchange.open({ exchangeId: 'bybit', answers: { ...USUAL, ...answers }, symbols: [BTC] });
  return captured.exchange;
}
const routes = (): readonly string[] => captured.taken().map(({ route }) => route);

describe('the leg of a trade', () => {
  const SINCE = (): number => Date.now() - 3_600_000;

  test('follows from what it closed, without a question', async () => {
    const exchange = await open({
      'GET /v5/execution/list': listOf(execution('a'), execution('b', { side: 'Sell' }), execution('c', { closedSize: '0.01' }), execution('d', { side: 'Sell', closedSize: '0.010' })),
    });
    captured.taken();
    const trades = await exchange.fetchTrades('main', BTC, SINCE());
    expect(trades.map(({ side, positionSide }) => [side, positionSide])).toEqual([['buy', 'long'], ['sell', 'short'], ['buy', 'short'], ['sell', 'long']]);
    expect(routes().filter((route) => route.includes('/order/'))).toEqual([]);
  });

  test('is its order’s where the row does not say what it closed', async () => {
    const exchange = await open({
      'GET /v5/execution/list': listOf(execution('a', { side: 'Sell', closedSize: '' })),
      'GET /v5/order/realtime': listOf(),
      'GET /v5/order/history': listOf(orderRow({ orderStatus: 'Filled' })),
    });
    expect((await exchange.fetchTrades('main', BTC, SINCE())).map(({ positionSide }) => positionSide)).toEqual(['long']);
    captured.taken();
    await exchange.fetchTrades('main', BTC, SINCE());
    expect(routes().filter((route) => route.includes('/order/'))).toEqual([]);
  });

  test('is none in one-way mode', async () => {
    const exchange = await open({ 'GET /v5/execution/list': listOf(execution('a')), 'GET /v5/position/list': listOf(position(0)) });
    expect((await exchange.fetchTrades('main', BTC, SINCE())).map(({ positionSide }) => positionSide)).toEqual([null]);
  });
});

test('a fee in another coin counts at the full rate', async () => {
  const exchange = await open({ 'GET /v5/execution/list': listOf(execution('a', { feeCurrency: 'MNT', execFee: '0.02' }), execution('b', { feeCurrency: 'USDT' })) });
  expect((await exchange.fetchTrades('main', BTC, Date.now() - 3_600_000)).map(({ fee }) => fee)).toEqual(['0.33', '0.33']);
});

describe('account events', () => {
  const events = async (executions: Json, log: Json = listOf()): Promise<readonly ExchangeEvent[]> => {
    const exchange = await open({
      'GET /v5/execution/list': ({ query }) => (executions as Record<string, Json>)[query['execType'] ?? ''] ?? listOf(),
      'GET /v5/account/transaction-log': log,
    });
    return exchange.fetchAccountEvents('main', Date.now() - 3_600_000);
  };
  const at = String(Date.now() - 30_000);

  test('the sign of a funding rate follows from who paid, whichever sign the row has', async () => {
    const funding = (execId: string, side: string, execFee: string, feeRate: string): Json => execution(execId, { execType: 'Funding', side, execFee, feeRate, markPrice: '60000' });
    const told = await events({ Funding: listOf(funding('a', 'Buy', '0.06', '0.0001'), funding('b', 'Sell', '-0.06', '-0.0001'), funding('c', 'Buy', '-0.06', '-0.0001'), funding('d', 'Sell', '0.06', '-0.0001')) });
    expect(told.map((event) => (event.type === 'funding' ? [event.positionSide, event.amount, event.rate] : []))).toEqual([
      ['long', '-0.06', '0.0001'],
      ['short', '0.06', '0.0001'],
      ['long', '0.06', '-0.0001'],
      ['short', '-0.06', '-0.0001'],
    ]);
  });

  test('a liquidation closes its leg and charges its fee', async () => {
    const told = await events({ BustTrade: listOf(execution('bust', { execType: 'BustTrade', side: 'Sell', orderLinkId: '', closedSize: '', execFee: '3.3' })) });
    expect(told).toMatchObject([{ type: 'liquidation', cause: 'liquidation', id: 'liq-bust', positionSide: 'long', amount: '0.01', price: '60000', fee: '3.3' }]);
  });

  test('money that moves without a trade is a transfer, whatever it is called; trades and funding are not', async () => {
    const entry = (id: string, type: string, change: string, more: Record<string, Json> = {}): Json => ({ id, type, change, symbol: '', currency: 'USDT', transactionTime: at, tradeId: '', ...more });
    const log = listOf(entry('5', 'LIQUIDATION', '-3', { symbol: 'BTCUSDT', tradeId: 'bust' }), entry('4', 'SETTLEMENT', '1'), entry('3', 'TRADE', '-1'), entry('2', 'KIND_OF_TOMORROW', '-0.5'), entry('1', 'TRANSFER_IN', '250.000'), entry('0', 'BONUS', '0'));
    expect(await events({}, log)).toMatchObject([
      { type: 'transfer', id: '1', currency: 'USDT', amount: '250' },
      { type: 'transfer', id: '2', amount: '-0.5' },
    ]);
  });
});

describe('orders', () => {
  test('of the exchange’s own are no orders of anybody', async () => {
    const exchange = await open({
      'GET /v5/order/realtime': listOf(orderRow(), orderRow({ orderId: 'liq', orderLinkId: '', createType: 'CreateByLiq' }), orderRow({ orderId: 'other', orderLinkId: 'x', symbol: 'BTC-26DEC25' })),
      'GET /v5/account/wallet-balance': ok({ list: [] }),
    });
    const { openOrders, balance } = await exchange.fetchSnapshot('main');
    expect(openOrders).toMatchObject([{ clientOrderId: 'hra', type: 'stop-market', triggered: false, positionSide: 'long', reduceOnly: true }]);
    expect(balance).toMatchObject({ currency: 'USDT', total: '0', free: '0' });
  });

  test.each<[string, Record<string, Json>, object]>([
    ['waiting', {}, { status: 'open', triggered: false, reason: null }],
    ['fired', { orderStatus: 'Triggered' }, { status: 'open', triggered: true, reason: null }],
    ['filled in part', { orderStatus: 'PartiallyFilled', cumExecQty: '0.004' }, { status: 'open', triggered: true, filled: '0.004' }],
    ['filled', { orderStatus: 'Filled', cumExecQty: '0.010' }, { status: 'closed', triggered: true, filled: '0.01', reason: null }],
    ['cancelled by somebody before it fired', { orderStatus: 'Deactivated', cancelType: 'CancelByUser', rejectReason: 'EC_PerCancelRequest' }, { status: 'canceled', triggered: false, reason: 'CANCELED_BY_USER' }],
    ['cancelled by the exchange', { orderStatus: 'Cancelled', cancelType: 'CancelByAdmin' }, { status: 'canceled', reason: 'Cancelled CancelByAdmin' }],
    ['without anything to reduce', { orderStatus: 'Cancelled', cancelType: 'CancelByReduceOnly' }, { status: 'expired', reason: 'REDUCE_ONLY_REJECTED' }],
    ['without anybody to trade with', { orderStatus: 'Cancelled', rejectReason: 'EC_NoImmediateQtyToFill' }, { status: 'expired', reason: 'Cancelled EC_NoImmediateQtyToFill' }],
    ['ended by a liquidation', { orderStatus: 'Deactivated', cancelType: 'CancelByPrepareLiq' }, { status: 'canceled', reason: 'LIQUIDATION' }],
    ['rejected when it fired', { orderStatus: 'Rejected', cancelType: 'CancelByCannotAffordOrderCost', rejectReason: 'EC_Others' }, { status: 'rejected', triggered: true, reason: 'INSUFFICIENT_MARGIN' }],
    ['in a state of tomorrow', { orderStatus: 'Teleported' }, { status: 'open' }],
  ])('%s', async (_, row, expected) => {
    const exchange = await open({ 'GET /v5/order/realtime': listOf(orderRow(row)) });
    expect(await exchange.fetchOrder('main', BTC, 'hra')).toMatchObject(expected);
  });

  test('of another id than asked for are not taken for it', async () => {
    const exchange = await open({ 'GET /v5/order/realtime': listOf(orderRow({ orderLinkId: 'hrb' })), 'GET /v5/order/history': listOf() });
    expect(await exchange.fetchOrder('main', BTC, 'hra')).toBeNull();
  });

  test('of a list that never ends are none', async () => {
    const exchange = await open({ 'GET /v5/order/realtime': ok({ list: [orderRow()], nextPageCursor: 'page_token%3D1%26' }) });
    await expect(exchange.fetchSnapshot('main')).rejects.toMatchObject({ code: 'EXCHANGE_UNAVAILABLE' });
  });

  test('of a list whose last page is empty are whole', async () => {
    const exchange = await open({
      'GET /v5/order/realtime': ({ query }) => ok({ list: query['cursor'] === undefined ? [orderRow()] : [], nextPageCursor: 'page_token%3D1%26' }),
      'GET /v5/account/wallet-balance': ok({ list: [] }),
    });
    expect((await exchange.fetchSnapshot('main')).openOrders).toHaveLength(1);
    expect(captured.taken().filter(({ query }) => query['cursor'] !== undefined).map(({ query }) => query['cursor'])).toEqual(['page_token=1&']);
  });
});

describe('settings and key', () => {
  test('the smaller leverage of two legs counts', async () => {
    const exchange = await open({ 'GET /v5/position/list': listOf(position(1, { leverage: '20' }), position(2, { leverage: '5' })) });
    expect(await exchange.fetchSettings('main', BTC)).toEqual({ positionMode: 'hedge', marginMode: 'cross', leverage: '5' });
  });

  const DEMO_LACKS_IT: Json = { retCode: 10032, retMsg: 'Demo trading are not supported.', result: {}, retExtInfo: {}, time: 0 };
  const key = (more: Record<string, Json> = {}): Json => ok({ readOnly: 0, uta: 1, ips: ['1.2.3.4'], permissions: { ContractTrade: ['Order', 'Position'], Wallet: [] }, ...more });
  test.each<[string, Json, string, object]>([
    ['one that may only trade', key(), 'REGULAR_MARGIN', { canTrade: true, canWithdraw: false, isIpRestricted: true, accountType: 'UNIFIED REGULAR_MARGIN', unsupported: null }],
    ['one that only reads', key({ readOnly: 1 }), 'REGULAR_MARGIN', { canTrade: false }],
    ['one that moves money', key({ permissions: { ContractTrade: ['Order', 'Position'], Wallet: ['AccountTransfer'] } }), 'REGULAR_MARGIN', { canWithdraw: true }],
    ['one for any address', key({ ips: ['*'] }), 'REGULAR_MARGIN', { isIpRestricted: false }],
    ['a classic account', key({ uta: 0 }), 'REGULAR_MARGIN', { accountType: 'classic', unsupported: expect.stringContaining('upgrade') }],
    ['one of a demo account', DEMO_LACKS_IT, 'REGULAR_MARGIN', { canTrade: null, canWithdraw: null, isIpRestricted: null, accountType: 'UNIFIED REGULAR_MARGIN', unsupported: null }],
    ['portfolio margin', key(), 'PORTFOLIO_MARGIN', { unsupported: expect.stringContaining('PORTFOLIO_MARGIN') }],
  ])('%s', async (_, json, marginMode, expected) => {
    const exchange = await open({ 'GET /v5/user/query-api': json, 'GET /v5/account/info': ok({ marginMode }) });
    expect(await exchange.fetchKeyPermissions('main')).toMatchObject(expected);
  });

  test('no word on the key is no answer', async () => {
    const exchange = await open({ 'GET /v5/user/query-api': { retCode: 10016, retMsg: 'Server error.', result: {}, retExtInfo: {}, time: Date.now() } });
    await expect(exchange.fetchKeyPermissions('main')).rejects.toMatchObject({ code: 'EXCHANGE_UNAVAILABLE' });
  });

  test('a change of the margin mode that was taken and not made has failed', async () => {
    const exchange = await open({ 'POST /v5/account/set-margin-mode': ok({ reasons: [{ reasonCode: '3400000', reasonMsg: 'Equity needs to be more than 1,000 USDC' }] }) });
    expect(await exchange.setMarginMode('main', BTC, 'isolated', '3')).toMatchObject({ type: 'failed', message: expect.stringContaining('Equity needs') });
  });

  test('futures that are delivered are no market of ours', async () => {
    const exchange = await open();
    await expect(exchange.fetchInstrument('BTC/USDT:USDT-251226')).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    expect(await exchange.fetchInstrument(BTC)).toEqual({ symbol: BTC, tickSize: '0.1', amountStep: '0.001', minAmount: '0.001', minCost: '5', takerFee: '0.00055', makerFee: '0.0002' });
  });
});

describe('frames', () => {
  async function streaming(): Promise<ExchangeEvent[]> {
    const exchange = await open();
    const events: ExchangeEvent[] = [];
    exchange.subscribe((event) => events.push(event));
    exchange.start();
    const heard: string[] = [];
    await until(() => heard.push(...captured.said()) > 0 && ['tickers.BTCUSDT', '"auth"', '"execution"'].every((word) => heard.some((text) => text.includes(word))));
    events.length = 0;
    return events;
  }
  const push = (topic: string, ...data: Json[]): void => captured.push({ id: '1', topic, creationTime: 1, data });

  test('a trade whose order was told bears its leg; one whose order is not known is read', async () => {
    const events = await streaming();
    push('order', orderRow({ orderStatus: 'Filled', cumExecQty: '0.010' }));
    push('execution', { ...(execution('a', { side: 'Sell' }) as object), category: 'linear' } as Json);
    await until(() => events.length >= 2);
    expect(events).toMatchObject([{ type: 'order', order: { clientOrderId: 'hra', status: 'closed' } }, { type: 'trade', trade: { id: 'a', positionSide: 'long', clientOrderId: 'hra' } }]);
    push('execution', { ...(execution('z') as object), category: 'linear' } as Json);
    await until(() => events.some(({ type }) => type === 'gap'));
    expect(events.filter(({ type }) => type === 'trade')).toHaveLength(1);
  });

  test('rows of other categories and of futures tell nothing; a broken row has to be read', async () => {
    const events = await streaming();
    push('order', orderRow({ category: 'spot' }), orderRow({ symbol: 'BTC-26DEC25' }));
    push('execution', { ...(execution('f', { execType: 'Funding' }) as object), category: 'linear' } as Json);
    await until(() => events.length > 0);
    push('order', orderRow({ qty: 'much' }));
    await until(() => events.length > 1);
    expect(new Set(events.map(({ type }) => type))).toEqual(new Set(['gap']));
  });

  test('prices come in parts and leave as wholes', async () => {
    const events = await streaming();
    const ticker = (type: string, data: Json, ts: number): void => captured.push({ topic: 'tickers.BTCUSDT', type, data, cs: 1, ts });
    ticker('snapshot', { symbol: 'BTCUSDT', lastPrice: '60000.00', markPrice: '60001.10' }, 1_000);
    ticker('delta', { symbol: 'BTCUSDT', bid1Price: '59999.00' }, 1_050);
    ticker('delta', { symbol: 'BTCUSDT', indexPrice: '60002.20' }, 1_100);
    ticker('delta', { symbol: 'BTCUSDT', lastPrice: '60000.50' }, 1_200);
    ticker('snapshot', { symbol: 'BTCUSDT', lastPrice: '60000.50', markPrice: '60001.30' }, 1_300);
    await until(() => events.length >= 3);
    // What is left out of a delta has not changed and is as new; a snapshot begins anew.
    expect(events).toEqual([
      { type: 'price', symbol: BTC, last: '60000', mark: '60001.1', index: '60002.2', at: 1_100, times: { last: 1_100, mark: 1_100, index: 1_100 } },
      { type: 'price', symbol: BTC, last: '60000.5', mark: '60001.1', index: '60002.2', at: 1_200, times: { last: 1_200, mark: 1_200, index: 1_200 } },
      { type: 'price', symbol: BTC, last: '60000.5', mark: '60001.3', index: '60002.2', at: 1_300, times: { last: 1_300, mark: 1_300, index: 1_200 } },
    ]);
  });
});
