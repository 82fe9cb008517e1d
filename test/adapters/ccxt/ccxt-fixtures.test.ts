/**
 * Orders of ccxt's own static request fixtures (ts/src/test/static/request, by their descriptions), asked for as a window would: what both
 * send of the same order is the same. Client ids and tags are ours, and what each adds by itself is named.
 */
import { describe, expect, test } from 'vitest';
import { regularParams as bitgetRegular, stopLossParams, triggerParams } from '../../../src/adapters/ccxt/bitget/order-rows.ts';
import type { VenueMarket } from '../../../src/adapters/ccxt/dialect.ts';
import { planParams, regularParams as gateRegular } from '../../../src/adapters/ccxt/gate/order-rows.ts';
import { orderParams } from '../../../src/adapters/ccxt/okx/order-rows.ts';
import type { OrderRequest } from '../../../src/ports/exchange.ts';
import { CLIENT_ID, orderRequest } from './captured-exchange.ts';

function ltc(id: string, amountStep: string): VenueMarket {
  const symbol = 'LTC/USDT:USDT';
  return {
    symbol,
    id,
    quote: 'USDT',
    instrument: { symbol, tickSize: '0.01', amountStep, minAmount: amountStep, minCost: '0', takerFee: '0.0005', makerFee: '0.0002' },
    contractSize: '1',
    isActive: true,
    maxMarketAmount: null,
    maxLeverage: null,
    info: {},
  };
}

const request = (changes: Partial<OrderRequest>): OrderRequest => orderRequest({ symbol: 'LTC/USDT:USDT', reduceOnly: false, ...changes });

describe('okx', () => {
  const market = ltc('LTC-USDT-SWAP', '1');

  test('Swap limit sell with stopLossPrice and posSide = long.', () => {
    expect(orderParams(request({ type: 'stop-limit', amount: '1', price: '49', triggerPrice: '50', positionSide: 'long' }), market)).toEqual({
      instId: 'LTC-USDT-SWAP',
      side: 'sell',
      ordType: 'conditional',
      sz: '1',
      tdMode: 'cross',
      slTriggerPx: '50',
      slOrdPx: '49',
      slTriggerPxType: 'last',
      posSide: 'long',
      algoClOrdId: CLIENT_ID,
    });
  });

  test('Swap market buy with posSide = long', () => {
    expect(orderParams(request({ type: 'market', side: 'buy', amount: '1', triggerPrice: null, positionSide: 'long' }), market)).toEqual({ instId: 'LTC-USDT-SWAP', side: 'buy', ordType: 'market', sz: '1', tdMode: 'cross', posSide: 'long', clOrdId: CLIENT_ID });
  });
});

describe('bitget', () => {
  const market = ltc('LTCUSDT', '0.1');
  const theirs = { symbol: 'LTCUSDT', marginCoin: 'USDT', size: '0.1', productType: 'USDT-FUTURES', triggerType: 'mark_price', triggerPrice: '60' };
  // ccxt closes the whole position (pos_loss), hedgerow a part of it.
  const ours = { planType: 'loss_plan', executePrice: '0', clientOid: CLIENT_ID };

  test('place sl  order on a long position in one-way  mode', () => {
    expect(stopLossParams(request({ amount: '0.1', triggerPrice: '60', triggerBy: 'mark', reduceOnly: true }), market)).toEqual({ ...theirs, holdSide: 'buy', ...ours });
  });

  test('place sl order on a long position in hedged mode', () => {
    expect(stopLossParams(request({ amount: '0.1', triggerPrice: '60', triggerBy: 'mark', positionSide: 'long' }), market)).toEqual({ ...theirs, holdSide: 'long', ...ours });
  });

  test('open short position in hedged mode', () => {
    // Capital letters are ccxt's: the documents have small ones.
    expect(bitgetRegular(request({ type: 'market', amount: '0.1', triggerPrice: null, positionSide: 'short' }), market, 'cross')).toEqual({ symbol: 'LTCUSDT', orderType: 'market', marginCoin: 'USDT', size: '0.1', productType: 'USDT-FUTURES', marginMode: 'crossed', tradeSide: 'open', side: 'sell', clientOid: CLIENT_ID });
  });

  test('Swap cross limit buy with trigger price', () => {
    // The price of its limit is `price` in the documents; a trigger price is text here, never a float.
    expect(triggerParams(request({ type: 'stop-limit', side: 'buy', amount: '0.1', price: '25000', triggerPrice: '26000', triggerBy: 'mark' }), market, 'cross')).toEqual({
      symbol: 'LTCUSDT',
      orderType: 'limit',
      price: '25000',
      marginCoin: 'USDT',
      size: '0.1',
      productType: 'USDT-FUTURES',
      triggerType: 'mark_price',
      marginMode: 'crossed',
      side: 'buy',
      planType: 'normal_plan',
      triggerPrice: '26000',
      clientOid: CLIENT_ID,
    });
  });
});

describe('gate', () => {
  const market = ltc('LTC_USDT', '1');
  const text = `t-${CLIENT_ID}`;

  test('swap trigger market buy order', () => {
    expect(planParams(request({ side: 'buy', amount: '1', triggerPrice: '90' }), market)).toEqual({ initial: { contract: 'LTC_USDT', size: 1, price: '0', tif: 'ioc', text }, trigger: { strategy_type: 0, price_type: 0, price: '90', rule: 1 } });
  });

  test('swap limit trigger order', () => {
    expect(planParams(request({ type: 'stop-limit', side: 'buy', amount: '1', price: '70', triggerPrice: '90' }), market)).toEqual({ initial: { contract: 'LTC_USDT', size: 1, price: '70', tif: 'gtc', text }, trigger: { strategy_type: 0, price_type: 0, price: '90', rule: 1 } });
  });

  test('swap market sell', () => {
    expect(gateRegular(request({ type: 'market', amount: '1', triggerPrice: null }), market)).toEqual({ contract: 'LTC_USDT', size: -1, price: '0', tif: 'ioc', text });
  });

  test('swap limit sell', () => {
    expect(gateRegular(request({ type: 'limit', amount: '1', price: '100', triggerPrice: null }), market)).toEqual({ contract: 'LTC_USDT', size: -1, price: '100', tif: 'gtc', text });
  });
});
