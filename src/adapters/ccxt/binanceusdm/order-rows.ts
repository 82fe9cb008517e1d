/**
 * Binance's order rows as our records. Two namespaces: regular orders, and algo (conditional) orders, whose `FINISHED` says only that the
 * regular order they became has ended somehow; fills are read from regular orders and trades alone.
 */
import { dec, plain } from '../../../domain/decimal.ts';
import type { DecimalString } from '../../../domain/decimal.ts';
import type { OrderRecord, OrderRequest, OrderStatus, OrderType, PositionSide, Side } from '../../../ports/exchange.ts';
import { decimalOf, flagOf, nonZeroDecimal, optionalText, textOf, timeOf } from '../fields.ts';
import type { Row } from '../fields.ts';
import { CANCELED_BY_USER } from '../order-records.ts';

/** What both namespaces tell of an order, under the names of the one it comes from. */
interface Names {
  readonly clientOrderId: string;
  readonly id: string;
  readonly type: string;
  readonly amount: string;
  readonly triggerPrice: string;
  readonly createdAt: string;
}
const REGULAR: Names = { clientOrderId: 'clientOrderId', id: 'orderId', type: 'origType', amount: 'origQty', triggerPrice: 'stopPrice', createdAt: 'time' };
const ALGO: Names = { clientOrderId: 'clientAlgoId', id: 'algoId', type: 'orderType', amount: 'quantity', triggerPrice: 'triggerPrice', createdAt: 'createTime' };

const TYPES: Readonly<Record<string, OrderType>> = { MARKET: 'market', LIMIT: 'limit', STOP_MARKET: 'stop-market', TAKE_PROFIT_MARKET: 'stop-market', STOP: 'stop-limit', TAKE_PROFIT: 'stop-limit' };

const REGULAR_STATUS: Readonly<Record<string, OrderStatus>> = {
  NEW: 'open',
  PARTIALLY_FILLED: 'open',
  PENDING_CANCEL: 'open',
  FILLED: 'closed',
  CANCELED: 'canceled',
  REJECTED: 'rejected',
  EXPIRED: 'expired',
  EXPIRED_IN_MATCH: 'expired',
};
/** FINISHED counts as open here: how it ended is the regular order's word. */
const ALGO_STATUS: Readonly<Record<string, OrderStatus>> = { NEW: 'open', TRIGGERING: 'open', TRIGGERED: 'open', FINISHED: 'open', CANCELED: 'canceled', EXPIRED: 'expired', REJECTED: 'rejected' };
const FIRED: readonly string[] = ['TRIGGERING', 'TRIGGERED', 'FINISHED'];

export function sideOf(text: string): Side {
  return text === 'BUY' ? 'buy' : 'sell';
}

/** Null for `BOTH`. */
export function positionSideOf(text: string | null): PositionSide | null {
  return text === 'LONG' ? 'long' : text === 'SHORT' ? 'short' : null;
}

function shared(row: Row, account: string, symbol: string, names: Names): Omit<OrderRecord, 'status' | 'triggered' | 'filled' | 'reason' | 'updatedAt'> {
  const type = TYPES[textOf(row, names.type)] ?? 'limit';
  const isConditional = type === 'stop-market' || type === 'stop-limit';
  return {
    account,
    symbol,
    id: textOf(row, names.id),
    clientOrderId: textOf(row, names.clientOrderId),
    side: sideOf(textOf(row, 'side')),
    type,
    amount: decimalOf(row, names.amount),
    price: type === 'limit' || type === 'stop-limit' ? nonZeroDecimal(row, 'price') : null,
    triggerPrice: isConditional ? nonZeroDecimal(row, names.triggerPrice) : null,
    triggerBy: row['workingType'] === 'MARK_PRICE' ? 'mark' : 'last',
    positionSide: positionSideOf(optionalText(row, 'positionSide')),
    reduceOnly: row['reduceOnly'] === undefined ? false : flagOf(row, 'reduceOnly'),
    postOnly: row['timeInForce'] === 'GTX',
    createdAt: timeOf(row, row[names.createdAt] === undefined ? 'updateTime' : names.createdAt),
  };
}

/** A regular order. */
export function regularRecord(row: Row, account: string, symbol: string): OrderRecord {
  const said = textOf(row, 'status');
  const status = REGULAR_STATUS[said] ?? 'open';
  return {
    ...shared(row, account, symbol, REGULAR),
    status,
    triggered: false,
    filled: decimalOf(row, 'executedQty'),
    reason: status === 'canceled' ? CANCELED_BY_USER : status === 'rejected' || status === 'expired' ? said : null,
    updatedAt: timeOf(row, 'updateTime'),
  };
}

/** A conditional order as its own namespace shows it; after it has fired `withChild` completes it. */
export function algoRecord(row: Row, account: string, symbol: string): OrderRecord {
  const said = textOf(row, 'algoStatus');
  const status = ALGO_STATUS[said] ?? 'open';
  return {
    ...shared(row, account, symbol, ALGO),
    status,
    triggered: FIRED.includes(said),
    filled: '0',
    reason: status === 'canceled' ? CANCELED_BY_USER : status === 'rejected' || status === 'expired' ? (optionalText(row, 'failedReason') ?? said) : null,
    updatedAt: timeOf(row, 'updateTime'),
  };
}

/** The id of the regular order it has become; null before. */
export function childIdOf(algoRow: Row): string | null {
  const id = optionalText(algoRow, 'actualOrderId');
  return id === null || id === '0' ? null : id;
}

/** A conditional order that has fired, with the fate of the regular order it became. */
export function withChild(algo: OrderRecord, child: OrderRecord): OrderRecord {
  const { status, filled, reason, updatedAt } = child;
  return { ...algo, status, filled, reason, triggered: true, updatedAt: Math.max(updatedAt, algo.updatedAt) };
}

/** The wire's words for a request. */
export function orderParams(request: OrderRequest, marketId: string): Record<string, string | boolean> {
  const { side, type, amount, price, triggerPrice, triggerBy, positionSide, reduceOnly, clientOrderId, postOnly } = request;
  const params: Record<string, string | boolean> = { symbol: marketId, side: side === 'buy' ? 'BUY' : 'SELL', quantity: amount, newOrderRespType: 'RESULT' };
  if (positionSide !== null) params['positionSide'] = positionSide === 'long' ? 'LONG' : 'SHORT';
  if (reduceOnly && positionSide === null) params['reduceOnly'] = 'true';
  if (price !== null) Object.assign(params, { price, timeInForce: postOnly ? 'GTX' : 'GTC' });
  if (triggerPrice === null) return { ...params, type: type === 'limit' ? 'LIMIT' : 'MARKET', newClientOrderId: clientOrderId };
  return {
    ...params,
    algoType: 'CONDITIONAL',
    type: type === 'stop-limit' ? 'STOP' : 'STOP_MARKET',
    triggerPrice,
    workingType: triggerBy === 'mark' ? 'MARK_PRICE' : 'CONTRACT_PRICE',
    clientAlgoId: clientOrderId,
  };
}

/** Of a short position the exchange tells a negative amount, in hedge mode too; ours are positive there. */
export function positionAmount(row: Row): DecimalString {
  const amount = decimalOf(row, 'positionAmt');
  return optionalText(row, 'positionSide') === 'BOTH' ? amount : plain(dec(amount).abs());
}
