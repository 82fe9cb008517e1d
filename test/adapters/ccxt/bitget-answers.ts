/** Answers as Bitget's documents show them, with our ids in them. */
import type { Json } from '../../../src/domain/json.ts';
import type { Answers } from './captured-exchange.ts';
import { CLIENT_ID } from './captured-exchange.ts';

type Row = Readonly<Record<string, Json>>;

export const ok = (data: Json): Json => ({ code: '00000', msg: 'success', requestTime: 1_695_806_875_837, data });
export const failed = (code: string, msg: string): Json => ({ code, msg, requestTime: 1_695_806_875_837, data: null });
export const list = (...entrustedList: readonly Json[]): Json => ok({ entrustedList, endId: '123' });
/** How an empty list looks. */
export const NO_ROWS = ok({ entrustedList: null, endId: null });
export const NOT_FOUND = failed('40109', 'The data of the order cannot be found, please confirm the order number');

export const BTC: Row = {
  symbol: 'BTCUSDT',
  baseCoin: 'BTC',
  quoteCoin: 'USDT',
  makerFeeRate: '0.0002',
  takerFeeRate: '0.0006',
  supportMarginCoins: ['USDT'],
  minTradeNum: '0.001',
  priceEndStep: '1',
  volumePlace: '4',
  pricePlace: '1',
  sizeMultiplier: '0.0001',
  symbolType: 'perpetual',
  minTradeUSDT: '5',
  symbolStatus: 'normal',
  fundInterval: '8',
  minLever: '1',
  maxLever: '125',
  maxMarketOrderQty: '220',
};

export const SETTINGS: Row = { marginCoin: 'USDT', crossedMarginLeverage: '3', isolatedLongLever: '20', isolatedShortLever: '20', marginMode: 'crossed', posMode: 'one_way_mode', assetMode: 'single' };

export const PLAN: Row = {
  planType: 'loss_plan',
  symbol: 'BTCUSDT',
  size: '0.05',
  orderId: '1753184812254216192',
  clientOid: CLIENT_ID,
  executeOrderId: '',
  planStatus: 'live',
  price: '',
  executePrice: '0',
  triggerPrice: '60000.1',
  triggerType: 'fill_price',
  side: 'sell',
  posSide: 'net',
  tradeSide: 'sell_single',
  posMode: 'one_way_mode',
  orderType: 'market',
  cTime: '1724751378980',
  uTime: '',
};

export const CHILD: Row = {
  symbol: 'BTCUSDT',
  size: '0.05',
  orderId: '680800019749904384',
  clientOid: '1099',
  baseVolume: '0.05',
  price: '',
  state: 'filled',
  side: 'sell',
  posSide: 'net',
  tradeSide: 'sell_single',
  posMode: 'one_way_mode',
  orderType: 'market',
  orderSource: 'loss_market',
  reduceOnly: 'YES',
  force: 'gtc',
  cTime: '1724751400000',
  uTime: '1724751400050',
};

export const FILL: Row = {
  tradeId: '744876980',
  symbol: 'BTCUSDT',
  orderId: '680800019749904384',
  price: '59999.9',
  baseVolume: '0.05',
  feeDetail: [{ deduction: 'no', feeCoin: 'USDT', totalDeductionFee: '0', totalFee: '-1.799997' }],
  side: 'sell',
  tradeSide: 'sell_single',
  tradeScope: 'taker',
  cTime: '1724751400050',
};

export const BITGET_ANSWERS: Answers = {
  'GET /api/v2/mix/market/contracts': ({ query }) => ok(query['productType'] === 'USDT-FUTURES' ? [BTC, { ...BTC, symbol: 'BTCUSDT_241227', symbolType: 'delivery', deliveryTime: '1735286400000' }] : []),
  'GET /api/v2/public/time': () => ok({ serverTime: String(Date.now()) }),
  'GET /api/v2/mix/account/account': ok(SETTINGS),
  'POST /api/v2/mix/order/place-order': ok({ clientOid: CLIENT_ID, orderId: '312269865356374016' }),
  'POST /api/v2/mix/order/place-tpsl-order': ok({ clientOid: CLIENT_ID, orderId: '1753184812254216192' }),
  'POST /api/v2/mix/order/place-plan-order': ok({ clientOid: CLIENT_ID, orderId: '1753184812254216192' }),
  'GET /api/v2/mix/order/orders-plan-pending': NO_ROWS,
  'GET /api/v2/mix/order/orders-plan-history': NO_ROWS,
  'GET /api/v2/mix/order/orders-pending': NO_ROWS,
  'GET /api/v2/mix/order/detail': NOT_FOUND,
};
