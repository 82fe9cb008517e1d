/**
 * OKX's order rows as our records, and requests in its words. Two namespaces: regular orders, and algo (conditional) orders, whose
 * `effective` says only that they fired; fills are read from the regular orders they became.
 */
import { dec, plain, sum } from '../../../domain/decimal.ts';
import type { DecimalString } from '../../../domain/decimal.ts';
import type { Json } from '../../../domain/json.ts';
import type { TriggerSource } from '../../../domain/strategy.ts';
import type { OrderRecord, OrderRequest, OrderStatus, OrderType, PositionSide, Side } from '../../../ports/exchange.ts';
import { baseAmountOf, contractsOf } from '../contract-amounts.ts';
import type { VenueMarket } from '../dialect.ts';
import { decimalOf, nonZeroDecimal, optionalDecimal, optionalText, textOf, timeOf } from '../fields.ts';
import type { Row } from '../fields.ts';
import { CANCELED_BY_USER } from '../order-records.ts';

/** As the price of a conditional order: at market. */
const AT_MARKET = '-1';
export const MARGIN_MODE = 'cross';

const REGULAR_TYPES: Readonly<Record<string, OrderType>> = { market: 'market', optimal_limit_ioc: 'market' };
const REGULAR_STATUS: Readonly<Record<string, OrderStatus>> = { live: 'open', partially_filled: 'open', filled: 'closed', canceled: 'canceled', mmp_canceled: 'canceled' };
/** `effective` counts as open here: how it ended is the word of the orders it became. */
const ALGO_STATUS: Readonly<Record<string, OrderStatus>> = {
  live: 'open',
  pause: 'open',
  partially_effective: 'open',
  effective: 'open',
  canceled: 'canceled',
  order_failed: 'rejected',
  partially_failed: 'rejected',
};
const FIRED: readonly string[] = ['partially_effective', 'effective'];
/** Categories of orders that OKX itself placed. */
const FORCED: readonly string[] = ['full_liquidation', 'partial_liquidation', 'adl', 'delivery'];

export function isForced(row: Row): boolean {
  return FORCED.includes(optionalText(row, 'category') ?? '');
}

export function sideOf(row: Row): Side {
  return textOf(row, 'side') === 'buy' ? 'buy' : 'sell';
}

/** Null for `net`. */
export function positionSideOf(row: Row): PositionSide | null {
  const side = textOf(row, 'posSide');
  return side === 'long' || side === 'short' ? side : null;
}

function triggerSourceOf(text: string | null): TriggerSource {
  return text === 'mark' || text === 'index' ? text : 'last';
}

function shared(row: Row, account: string, market: VenueMarket): Pick<OrderRecord, 'account' | 'symbol' | 'side' | 'positionSide' | 'reduceOnly' | 'createdAt' | 'updatedAt'> {
  return {
    account,
    symbol: market.symbol,
    side: sideOf(row),
    positionSide: positionSideOf(row),
    reduceOnly: optionalText(row, 'reduceOnly') === 'true',
    createdAt: timeOf(row, 'cTime'),
    updatedAt: timeOf(row, optionalText(row, 'uTime') === null ? 'cTime' : 'uTime'),
  };
}

/** A regular order. Its client order id is the one of the conditional order it came from, where there was one. */
export function regularRecord(row: Row, account: string, market: VenueMarket): OrderRecord {
  const ordType = textOf(row, 'ordType');
  const type = REGULAR_TYPES[ordType] ?? 'limit';
  const status = REGULAR_STATUS[textOf(row, 'state')] ?? 'open';
  const id = textOf(row, 'ordId');
  return {
    ...shared(row, account, market),
    id,
    clientOrderId: optionalText(row, 'algoClOrdId') ?? optionalText(row, 'clOrdId') ?? id,
    type,
    amount: baseAmountOf(market, decimalOf(row, 'sz')),
    price: type === 'limit' ? nonZeroDecimal(row, 'px') : null,
    triggerPrice: null,
    triggerBy: 'last',
    postOnly: ordType === 'post_only',
    status,
    triggered: optionalText(row, 'algoId') !== null,
    filled: baseAmountOf(market, decimalOf(row, 'accFillSz')),
    reason: status === 'canceled' ? cancelReason(row) : null,
  };
}

/** Source 1 is the user himself; others are the exchange's. */
function cancelReason(row: Row): string {
  const source = optionalText(row, 'cancelSource');
  return source === null || source === '1' ? CANCELED_BY_USER : `cancelSource ${source}`;
}

/**
 * A conditional order as its own namespace shows it; after it has fired `withChildren` completes it. Only of strangers: one that closes a
 * whole position has no amount, which is told as zero.
 */
export function algoRecord(row: Row, account: string, market: VenueMarket): OrderRecord {
  const state = textOf(row, 'state');
  const status = ALGO_STATUS[state] ?? 'open';
  const isStopLoss = nonZeroDecimal(row, 'slTriggerPx') !== null;
  const [trigger, price, source] = isStopLoss ? ['slTriggerPx', 'slOrdPx', 'slTriggerPxType'] : ['triggerPx', 'ordPx', 'triggerPxType'];
  const limit = optionalText(row, price);
  const isMarket = limit === null || limit === AT_MARKET;
  const id = textOf(row, 'algoId');
  return {
    ...shared(row, account, market),
    id,
    clientOrderId: optionalText(row, 'algoClOrdId') ?? id,
    type: isMarket ? 'stop-market' : 'stop-limit',
    amount: baseAmountOf(market, optionalDecimal(row, 'sz') ?? '0'),
    price: isMarket ? null : decimalOf(row, price),
    triggerPrice: nonZeroDecimal(row, trigger) ?? nonZeroDecimal(row, 'tpTriggerPx'),
    triggerBy: triggerSourceOf(optionalText(row, source)),
    postOnly: false,
    status,
    triggered: FIRED.includes(state),
    filled: '0',
    reason: status === 'canceled' ? CANCELED_BY_USER : status === 'rejected' ? (optionalText(row, 'failCode') ?? state) : null,
  };
}

/** Ids of the regular orders it has become; a large market order is split. */
export function childIdsOf(row: Row): readonly string[] {
  const list = row['ordIdList'];
  const ids = Array.isArray(list) ? (list as readonly Json[]).filter((id): id is string => typeof id === 'string' && id !== '') : [];
  const latest = optionalText(row, 'ordId');
  return latest === null || latest === '0' || ids.includes(latest) ? ids : [...ids, latest];
}

/** A conditional order that has fired, with the fate of the orders it became. Open while one of them is; a child that is gone left nothing. */
export function withChildren(algo: OrderRecord, children: readonly OrderRecord[]): OrderRecord {
  const filled = plain(sum(children.map((child) => dec(child.filled))));
  const open = children.find(({ status }) => status === 'open');
  const unfilled = children.find(({ status }) => status === 'canceled');
  const status = open !== undefined ? 'open' : dec(filled).greaterThanOrEqualTo(algo.amount) ? 'closed' : 'canceled';
  return {
    ...algo,
    status,
    filled,
    triggered: true,
    reason: status === 'canceled' ? (unfilled?.reason ?? 'unfilled') : null,
    updatedAt: Math.max(algo.updatedAt, ...children.map(({ updatedAt }) => updatedAt)),
  };
}

/** What both kinds of request say alike. */
function sharedParams({ side, positionSide, reduceOnly }: OrderRequest, market: VenueMarket, contracts: DecimalString): Record<string, Json> {
  return {
    instId: market.id,
    tdMode: MARGIN_MODE,
    side,
    sz: contracts,
    ...(positionSide === null ? {} : { posSide: positionSide }),
    // In long/short mode the side of the leg says it.
    ...(reduceOnly && positionSide === null ? { reduceOnly: true } : {}),
  };
}

/** The wire's words for a request; null for an amount of less than one lot. */
export function orderParams(request: OrderRequest, market: VenueMarket): Record<string, Json> | null {
  const contracts = contractsOf(market, request.amount);
  if (contracts === '0') return null;
  const { type, price, triggerPrice, triggerBy, postOnly, clientOrderId } = request;
  const params = sharedParams(request, market, contracts);
  if (triggerPrice === null) {
    const ordType = type !== 'limit' ? 'market' : postOnly ? 'post_only' : 'limit';
    return { ...params, ordType, clOrdId: clientOrderId, ...(price === null ? {} : { px: price }) };
  }
  return { ...params, ordType: 'conditional', algoClOrdId: clientOrderId, slTriggerPx: triggerPrice, slTriggerPxType: triggerBy, slOrdPx: price ?? AT_MARKET };
}
