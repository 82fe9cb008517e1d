/**
 * Bitget's order rows as our records, and requests in its words. In hedge mode its `side` is the side of the position, in a request to
 * close as well; which way an order trades follows from the leg and from `tradeSide`.
 */
import { dec, plain, sum } from '../../../domain/decimal.ts';
import type { Json } from '../../../domain/json.ts';
import type { MarginMode } from '../../../domain/strategy.ts';
import type { OrderRecord, OrderRequest, OrderStatus, PositionSide, Side } from '../../../ports/exchange.ts';
import type { VenueMarket } from '../dialect.ts';
import { decimalOf, nonZeroDecimal, optionalText, textOf, timeOf } from '../fields.ts';
import type { Row } from '../fields.ts';
import { CANCELED_BY_USER } from '../order-records.ts';
import { marketParams } from './product.ts';

/** The kinds of conditional orders that are placed here; lists know the second under a wider name. */
export type PlanType = 'normal_plan' | 'loss_plan';
export const PLAN_LISTS = ['normal_plan', 'profit_loss'] as const;

const REGULAR_STATUS: Readonly<Record<string, OrderStatus>> = { live: 'open', new: 'open', partially_filled: 'open', filled: 'closed', canceled: 'canceled', cancelled: 'canceled' };
/** `executed` counts as open here: how it ended is the regular order's word. */
const PLAN_STATUS: Readonly<Record<string, OrderStatus>> = { cancelled: 'canceled', canceled: 'canceled', fail_execute: 'rejected' };
const FIRED: readonly string[] = ['executing', 'executed'];
/** `tradeSide` of what the exchange closed by force. */
const FORCED = /^(?:reduce|burst|offset|delivery|dte_sys_adl)_/;
/** Sources of regular orders that were conditional ones. */
const FROM_PLAN = /^(?:plan|loss|profit|pos_loss|pos_profit|tracking|move)_/;

export function forcedCauseOf(row: Row): 'liquidation' | 'adl' | null {
  const tradeSide = optionalText(row, 'tradeSide') ?? '';
  return FORCED.test(tradeSide) ? (tradeSide.startsWith('dte_sys_adl') ? 'adl' : 'liquidation') : null;
}

export function isFromPlan(row: Row): boolean {
  return FROM_PLAN.test(optionalText(row, 'orderSource') ?? '');
}

/** Null in one-way mode. */
export function positionSideOf(row: Row): PositionSide | null {
  const side = textOf(row, 'posSide');
  return side === 'long' || side === 'short' ? side : null;
}

export function sideOf(row: Row): Side {
  const leg = positionSideOf(row);
  if (leg === null) return textOf(row, 'side').toLowerCase() === 'buy' ? 'buy' : 'sell';
  return (leg === 'long') === (textOf(row, 'tradeSide').toLowerCase() === 'open') ? 'buy' : 'sell';
}

function shared(row: Row, account: string, market: VenueMarket): Pick<OrderRecord, 'account' | 'symbol' | 'id' | 'clientOrderId' | 'side' | 'positionSide' | 'amount' | 'createdAt' | 'updatedAt'> {
  const id = textOf(row, 'orderId');
  return {
    account,
    symbol: market.symbol,
    id,
    clientOrderId: optionalText(row, 'clientOid') ?? id,
    side: sideOf(row),
    positionSide: positionSideOf(row),
    amount: decimalOf(row, 'size'),
    createdAt: timeOf(row, 'cTime'),
    updatedAt: timeOf(row, optionalText(row, 'uTime') === null ? 'cTime' : 'uTime'),
  };
}

/** A regular order: of a list (`status`) or told alone (`state`). */
export function regularRecord(row: Row, account: string, market: VenueMarket): OrderRecord {
  const type = textOf(row, 'orderType') === 'limit' ? 'limit' : 'market';
  const status = REGULAR_STATUS[textOf(row, row['status'] === undefined ? 'state' : 'status')] ?? 'open';
  const base = shared(row, account, market);
  return {
    ...base,
    type,
    price: type === 'limit' ? nonZeroDecimal(row, 'price') : null,
    triggerPrice: null,
    triggerBy: 'last',
    reduceOnly: base.positionSide === null && (optionalText(row, 'reduceOnly') ?? '').toLowerCase() === 'yes',
    postOnly: (optionalText(row, 'force') ?? '').toLowerCase() === 'post_only',
    status,
    triggered: false,
    filled: optionalText(row, 'baseVolume') === null ? '0' : decimalOf(row, 'baseVolume'),
    reason: status === 'canceled' ? reasonOf(row) : null,
  };
}

function reasonOf(row: Row): string {
  const said = optionalText(row, 'cancelReason');
  return said === null || said === 'normal_cancel' ? CANCELED_BY_USER : said;
}

/** A conditional order as its own namespace shows it; after it has fired `withChild` completes it. */
export function planRecord(row: Row, account: string, market: VenueMarket): OrderRecord {
  const said = textOf(row, 'planStatus');
  const status = PLAN_STATUS[said] ?? 'open';
  const base = shared(row, account, market);
  const isStopLoss = textOf(row, 'planType') !== 'normal_plan';
  const limit = nonZeroDecimal(row, 'executePrice') ?? nonZeroDecimal(row, 'price');
  const isMarket = isStopLoss ? nonZeroDecimal(row, 'executePrice') === null : textOf(row, 'orderType') === 'market';
  return {
    ...base,
    type: isMarket ? 'stop-market' : 'stop-limit',
    price: isMarket ? null : limit,
    triggerPrice: decimalOf(row, 'triggerPrice'),
    triggerBy: textOf(row, 'triggerType') === 'mark_price' ? 'mark' : 'last',
    reduceOnly: base.positionSide === null && isStopLoss,
    postOnly: false,
    status,
    triggered: FIRED.includes(said),
    filled: '0',
    reason: status === 'canceled' ? CANCELED_BY_USER : status === 'rejected' ? said : null,
  };
}

/** The id of the regular order it has become; null before. */
export function childIdOf(row: Row): string | null {
  return optionalText(row, 'executeOrderId');
}

/** A conditional order that has fired, with the fate of the regular order it became. */
export function withChild(plan: OrderRecord, child: OrderRecord): OrderRecord {
  const { status, filled, reason, updatedAt } = child;
  return { ...plan, status, filled, reason, triggered: true, updatedAt: Math.max(updatedAt, plan.updatedAt) };
}

/** Whether an order takes away from a position, by its leg or by its own word. */
export function closes({ positionSide, reduceOnly, side }: OrderRequest): boolean {
  return positionSide === null ? reduceOnly : (positionSide === 'long') === (side === 'sell');
}

function whereOf(market: VenueMarket): Record<string, Json> {
  return { ...marketParams(market), marginCoin: market.quote };
}

function marginModeName(mode: MarginMode): string {
  return mode === 'isolated' ? 'isolated' : 'crossed';
}

/** What a regular order and a trigger order say alike: in hedge mode the position's side, and whether it is opened or closed. */
function directionOf(request: OrderRequest): Record<string, Json> {
  const { positionSide, side, reduceOnly } = request;
  if (positionSide === null) return { side, ...(reduceOnly ? { reduceOnly: 'YES' } : {}) };
  return { side: positionSide === 'long' ? 'buy' : 'sell', tradeSide: closes(request) ? 'close' : 'open' };
}

/** The wire's words for a regular order. */
export function regularParams(request: OrderRequest, market: VenueMarket, marginMode: MarginMode): Record<string, Json> {
  const { amount, price, postOnly, clientOrderId } = request;
  return {
    ...whereOf(market),
    marginMode: marginModeName(marginMode),
    ...directionOf(request),
    size: amount,
    orderType: price === null ? 'market' : 'limit',
    ...(price === null ? {} : { price, force: postOnly ? 'post_only' : 'gtc' }),
    clientOid: clientOrderId,
  };
}

/** The wire's words for a conditional order that opens. */
export function triggerParams(request: OrderRequest, market: VenueMarket, marginMode: MarginMode): Record<string, Json> {
  const { amount, price, triggerPrice, clientOrderId } = request;
  return {
    ...whereOf(market),
    planType: 'normal_plan',
    marginMode: marginModeName(marginMode),
    ...directionOf(request),
    size: amount,
    orderType: price === null ? 'market' : 'limit',
    ...(price === null ? {} : { price }),
    triggerPrice,
    triggerType: triggerTypeOf(request),
    clientOid: clientOrderId,
  };
}

/** The wire's words for a conditional order that closes: it names the position it protects, a long one `buy` in one-way mode. */
export function stopLossParams(request: OrderRequest, market: VenueMarket): Record<string, Json> {
  const { amount, price, triggerPrice, clientOrderId, side, positionSide } = request;
  return {
    ...whereOf(market),
    planType: 'loss_plan',
    holdSide: positionSide ?? (side === 'sell' ? 'buy' : 'sell'),
    size: amount,
    triggerPrice,
    triggerType: triggerTypeOf(request),
    executePrice: price ?? '0',
    clientOid: clientOrderId,
  };
}

function triggerTypeOf({ triggerBy }: OrderRequest): string {
  return triggerBy === 'mark' ? 'mark_price' : 'fill_price';
}

/** Paid positive; null where it was not paid in the quote currency alone. */
export function feePaid(details: readonly Row[], quote: string): string | null {
  if (details.length === 0 || details.some((row) => optionalText(row, 'feeCoin') !== quote)) return null;
  return plain(sum(details.map((row) => dec(decimalOf(row, 'totalFee')).negated())));
}
