/**
 * The bytes Binance is sent for every operation a window has, in both position modes: requests compared whole but for their time, so that
 * nothing of ccxt's is beside ours (its broker's ids, its flipped sides); conditional orders at the conditional endpoints alone.
 */
import { afterEach, describe, expect, test } from 'vitest';
import type { CcxtExchange } from '../../../../src/adapters/ccxt/ccxt-exchange.ts';
import type { PositionMode } from '../../../../src/domain/strategy.ts';
import type { OrderRequest } from '../../../../src/ports/exchange.ts';
import { BTC } from '../../../sim/exchange/world.ts';
import { startBinance } from '../../../sim/wire/binanceusdm/binance-rig.ts';
import type { BinanceRig } from '../../../sim/wire/binanceusdm/binance-rig.ts';
import { openOverWire } from '../wire-harness.ts';

const ID = 'hr0123456789abcdefghijklmno';
let rig: BinanceRig;
let exchange: CcxtExchange;

async function start(positionMode: PositionMode): Promise<void> {
  rig = await startBinance({ account: { positionMode } });
  exchange = await openOverWire(rig, { exchangeId: 'binanceusdm', symbols: [BTC] });
  for (const [side, leg] of [['buy', 'long'], ['sell', 'short']] as const) {
    if (positionMode === 'hedge') await rig.exchange.others.place({ account: 'main', symbol: BTC, side, positionSide: leg, amount: '1' });
  }
  if (positionMode === 'one-way') await rig.exchange.others.place({ account: 'main', symbol: BTC, side: 'buy', positionSide: null, amount: '1' });
  rig.listener.forgetRequests();
}
afterEach(async () => {
  await exchange.close();
  await rig.close();
});

function order(changes: Partial<OrderRequest>): OrderRequest {
  return { account: 'main', symbol: BTC, clientOrderId: ID, side: 'sell', type: 'market', amount: '0.01', price: null, triggerPrice: null, triggerBy: 'last', positionSide: null, reduceOnly: false, postOnly: false, ...changes };
}

/** Requests that change something: method, path and parameters without time and signature, which are there. */
function sent(): readonly { readonly to: string; readonly parameters: Readonly<Record<string, string>> }[] {
  return rig.listener.requests
    .filter(({ method, path }) => method !== 'GET' && !path.endsWith('listenKey'))
    .map(({ method, path, query, body }) => {
      const { timestamp, signature, recvWindow, ...parameters } = Object.fromEntries(new URLSearchParams(body === '' ? query : body));
      expect({ timestamp, signature, recvWindow }).toEqual({ timestamp: expect.stringMatching(/^\d{13}$/) as unknown, signature: expect.stringMatching(/^[0-9a-f]{64}$/) as unknown, recvWindow: '5000' });
      return { to: `${method} ${path}`, parameters };
    });
}

const COMMON = { symbol: 'BTCUSDT', quantity: '0.01', newOrderRespType: 'RESULT' };
const MARKET = { ...COMMON, type: 'MARKET', newClientOrderId: ID };
const STOP = { ...COMMON, algoType: 'CONDITIONAL', clientAlgoId: ID };
const REGULAR = 'POST /fapi/v1/order';
const CONDITIONAL = 'POST /fapi/v1/algoOrder';

type Operation = readonly [name: string, request: Partial<OrderRequest>, to: string, parameters: Readonly<Record<string, string>>];

const HEDGE: readonly Operation[] = [
  ['opens a long at market', { side: 'buy', positionSide: 'long' }, REGULAR, { ...MARKET, side: 'BUY', positionSide: 'LONG' }],
  ['closes a long at market', { side: 'sell', positionSide: 'long' }, REGULAR, { ...MARKET, side: 'SELL', positionSide: 'LONG' }],
  ['opens a short at market', { side: 'sell', positionSide: 'short' }, REGULAR, { ...MARKET, side: 'SELL', positionSide: 'SHORT' }],
  ['closes a short at market', { side: 'buy', positionSide: 'short' }, REGULAR, { ...MARKET, side: 'BUY', positionSide: 'SHORT' }],
  ['stop-loss of a long', { side: 'sell', positionSide: 'long', type: 'stop-market', triggerPrice: '59000' }, CONDITIONAL, { ...STOP, side: 'SELL', positionSide: 'LONG', type: 'STOP_MARKET', triggerPrice: '59000', workingType: 'CONTRACT_PRICE' }],
  ['stop-entry of a short', { side: 'sell', positionSide: 'short', type: 'stop-market', triggerPrice: '59000', triggerBy: 'mark' }, CONDITIONAL, { ...STOP, side: 'SELL', positionSide: 'SHORT', type: 'STOP_MARKET', triggerPrice: '59000', workingType: 'MARK_PRICE' }],
  ['cover of a short', { side: 'buy', positionSide: 'short', type: 'stop-market', triggerPrice: '61000' }, CONDITIONAL, { ...STOP, side: 'BUY', positionSide: 'SHORT', type: 'STOP_MARKET', triggerPrice: '61000', workingType: 'CONTRACT_PRICE' }],
  ['stop-entry of a long', { side: 'buy', positionSide: 'long', type: 'stop-market', triggerPrice: '61000' }, CONDITIONAL, { ...STOP, side: 'BUY', positionSide: 'LONG', type: 'STOP_MARKET', triggerPrice: '61000', workingType: 'CONTRACT_PRICE' }],
  ['stop-limit entry of a long', { side: 'buy', positionSide: 'long', type: 'stop-limit', triggerPrice: '61000', price: '61100' }, CONDITIONAL, { ...STOP, side: 'BUY', positionSide: 'LONG', type: 'STOP', triggerPrice: '61000', price: '61100', timeInForce: 'GTC', workingType: 'CONTRACT_PRICE' }],
  ['a limit that may only rest', { side: 'buy', positionSide: 'long', type: 'limit', price: '50000', postOnly: true }, REGULAR, { ...COMMON, newClientOrderId: ID, type: 'LIMIT', side: 'BUY', positionSide: 'LONG', price: '50000', timeInForce: 'GTX' }],
];
const ONE_WAY: readonly Operation[] = [
  ['buys at market', { side: 'buy' }, REGULAR, { ...MARKET, side: 'BUY' }],
  ['closes at market', { side: 'sell', reduceOnly: true }, REGULAR, { ...MARKET, side: 'SELL', reduceOnly: 'true' }],
  ['stop-loss', { side: 'sell', reduceOnly: true, type: 'stop-market', triggerPrice: '59000' }, CONDITIONAL, { ...STOP, side: 'SELL', reduceOnly: 'true', type: 'STOP_MARKET', triggerPrice: '59000', workingType: 'CONTRACT_PRICE' }],
  ['flip through zero', { side: 'sell', type: 'stop-market', triggerPrice: '59000', triggerBy: 'mark' }, CONDITIONAL, { ...STOP, side: 'SELL', type: 'STOP_MARKET', triggerPrice: '59000', workingType: 'MARK_PRICE' }],
  ['stop-entry', { side: 'buy', type: 'stop-market', triggerPrice: '61000' }, CONDITIONAL, { ...STOP, side: 'BUY', type: 'STOP_MARKET', triggerPrice: '61000', workingType: 'CONTRACT_PRICE' }],
  ['stop-limit', { side: 'sell', type: 'stop-limit', triggerPrice: '59000', price: '58900' }, CONDITIONAL, { ...STOP, side: 'SELL', type: 'STOP', triggerPrice: '59000', price: '58900', timeInForce: 'GTC', workingType: 'CONTRACT_PRICE' }],
];

describe.each([
  ['hedge', HEDGE],
  ['one-way', ONE_WAY],
] as const)('in %s position mode', (positionMode, operations) => {
  test.each(operations)('%s', async (_, request, to, parameters) => {
    await start(positionMode);
    expect(await exchange.placeOrder(order(request))).toMatchObject({ type: 'done' });
    expect(sent()).toEqual([{ to, parameters }]);
  });

  test('a stop is cancelled where conditional orders are, by our id', async () => {
    await start(positionMode);
    await exchange.placeOrder(order({ positionSide: positionMode === 'hedge' ? 'long' : null, type: 'stop-market', triggerPrice: '59000' }));
    rig.listener.forgetRequests();
    expect(await exchange.cancelOrder({ account: 'main', symbol: BTC, clientOrderId: ID })).toMatchObject({ type: 'done', value: { status: 'canceled', filled: '0', triggerPrice: '59000' } });
    expect(sent()).toEqual([{ to: 'DELETE /fapi/v1/algoOrder', parameters: { symbol: 'BTCUSDT', clientAlgoId: ID } }]);
  });

  test('what rests in the regular book is cancelled there, after it was not found among the conditional ones', async () => {
    await start(positionMode);
    await exchange.placeOrder(order({ side: 'buy', positionSide: positionMode === 'hedge' ? 'long' : null, type: 'limit', price: '50000' }));
    rig.listener.forgetRequests();
    expect(await exchange.cancelOrder({ account: 'main', symbol: BTC, clientOrderId: ID })).toMatchObject({ type: 'done', value: { status: 'canceled' } });
    expect(sent()).toEqual([
      { to: 'DELETE /fapi/v1/algoOrder', parameters: { symbol: 'BTCUSDT', clientAlgoId: ID } },
      { to: 'DELETE /fapi/v1/order', parameters: { symbol: 'BTCUSDT', origClientOrderId: ID } },
    ]);
  });

  test('nothing is amended: no request leaves', async () => {
    await start(positionMode);
    expect(await exchange.amendOrder({ account: 'main', symbol: BTC, clientOrderId: ID, amount: '0.02', price: null, triggerPrice: null })).toMatchObject({ type: 'refused', code: 'ORDER_NOT_AMENDABLE' });
    expect(sent()).toEqual([]);
  });
});
