/**
 * Bybit's order rows as our records; the same row in /v5/order/realtime, /v5/order/history and the `order` stream. An order keeps its id and
 * its orderLinkId from Untriggered over Triggered to the end. Source: bybit-exchange.github.io/docs/v5/order/open-order, /docs/v5/enum.
 */
import { dec, plain } from '../../../domain/decimal.ts';
import { HedgerowError } from '../../../domain/errors.ts';
import type { Json } from '../../../domain/json.ts';
import type { TriggerSource } from '../../../domain/strategy.ts';
import type { OrderRecord, OrderRequest, OrderStatus, OrderType, PositionSide, Side } from '../../../ports/exchange.ts';
import { decimalOf, flagOf, nonZeroDecimal, optionalText, textOf, timeOf } from '../fields.ts';
import type { Row } from '../fields.ts';

export const CATEGORY = 'linear';

const TRIGGER_NAMES: Readonly<Record<TriggerSource, string>> = { last: 'LastPrice', mark: 'MarkPrice', index: 'IndexPrice' };

const STATUSES: Readonly<Record<string, OrderStatus>> = {
  Created: 'open',
  New: 'open',
  PartiallyFilled: 'open',
  Untriggered: 'open',
  Triggered: 'open',
  Active: 'open',
  PendingCancel: 'open',
  Filled: 'closed',
  Rejected: 'rejected',
  Cancelled: 'canceled',
  // Of spot; it says the same.
  PartiallyFilledCanceled: 'canceled',
  Deactivated: 'canceled',
};
/** Cancelled by the engine because nothing was left to do, by nobody's wish. */
const EXPIRED: readonly string[] = ['CancelByReduceOnly', 'EC_PostOnlyWillTakeLiquidity', 'EC_NoImmediateQtyToFill', 'EC_NoEnoughQtyToFill'];
const WAITS: readonly string[] = ['Untriggered', 'Deactivated'];

/** Ends the engine knows by our own words; all others keep Bybit's. */
const REASONS: Readonly<Record<string, string>> = {
  CancelByUser: 'CANCELED_BY_USER',
  CancelByReduceOnly: 'REDUCE_ONLY_REJECTED',
  CancelByCannotAffordOrderCost: 'INSUFFICIENT_MARGIN',
  CancelByPrepareLiq: 'LIQUIDATION',
  CancelAllBeforeLiq: 'LIQUIDATION',
  EC_PostOnlyWillTakeLiquidity: 'POST_ONLY_WOULD_TAKE',
};
const NO_REASON: readonly string[] = ['UNKNOWN', 'EC_NoError'];

/** Orders of the website have no orderLinkId. Theirs is made of Bybit's id, in a form no orderLinkId can have. */
const NAMELESS = 'id:';

/** 0: one-way mode; 1: the long leg; 2: the short one. */
export function positionIdxOf(positionSide: PositionSide | null): 0 | 1 | 2 {
  if (positionSide === null) return 0;
  return positionSide === 'long' ? 1 : 2;
}

/** Null in one-way mode. */
export function positionSideOf(positionIdx: number): PositionSide | null {
  if (positionIdx === 0) return null;
  if (positionIdx === 1) return 'long';
  if (positionIdx === 2) return 'short';
  throw new HedgerowError('EXCHANGE_UNAVAILABLE', `bybit: positionIdx ${positionIdx} is none of 0, 1, 2`);
}

export function sideOf(row: Row): Side {
  const text = textOf(row, 'side');
  if (text === 'Buy') return 'buy';
  if (text === 'Sell') return 'sell';
  throw new HedgerowError('EXCHANGE_UNAVAILABLE', `bybit: side ${text} is neither Buy nor Sell`);
}

export function clientOrderIdOf(row: Row): string {
  return optionalText(row, 'orderLinkId') ?? `${NAMELESS}${textOf(row, 'orderId')}`;
}

/** Orders the exchange itself places to close what an account cannot hold; they are told by their executions. */
const FORCED_ORDERS = /^CreateBy(?:Liq|TakeOver|Adl)/;

export function isForcedOrder(row: Row): boolean {
  return FORCED_ORDERS.test(optionalText(row, 'createType') ?? '');
}

/** How a request names an order. */
export function orderName(clientOrderId: string): { readonly [name in 'orderId' | 'orderLinkId']?: string } {
  return clientOrderId.startsWith(NAMELESS) ? { orderId: clientOrderId.slice(NAMELESS.length) } : { orderLinkId: clientOrderId };
}

export function orderRecord(row: Row, account: string, symbol: string): OrderRecord {
  const said = textOf(row, 'orderStatus');
  const triggerPrice = nonZeroDecimal(row, 'triggerPrice');
  const type = typeOf(textOf(row, 'orderType'), triggerPrice !== null);
  const isLimit = type === 'limit' || type === 'stop-limit';
  return {
    account,
    symbol,
    id: textOf(row, 'orderId'),
    clientOrderId: clientOrderIdOf(row),
    side: sideOf(row),
    type,
    amount: decimalOf(row, 'qty'),
    price: isLimit ? nonZeroDecimal(row, 'price') : null,
    triggerPrice,
    triggerBy: triggerByOf(optionalText(row, 'triggerBy')),
    positionSide: positionSideOf(Number(textOf(row, 'positionIdx'))),
    reduceOnly: flagOf(row, 'reduceOnly'),
    postOnly: row['timeInForce'] === 'PostOnly',
    status: statusOf(row, said),
    triggered: triggerPrice !== null && !WAITS.includes(said),
    filled: decimalOf(row, 'cumExecQty'),
    reason: reasonOf(row, said),
    createdAt: timeOf(row, 'createdTime'),
    updatedAt: timeOf(row, 'updatedTime'),
  };
}

function typeOf(orderType: string, isConditional: boolean): OrderType {
  if (orderType === 'Limit') return isConditional ? 'stop-limit' : 'limit';
  return isConditional ? 'stop-market' : 'market';
}

function triggerByOf(name: string | null): TriggerSource {
  if (name === TRIGGER_NAMES.mark) return 'mark';
  return name === TRIGGER_NAMES.index ? 'index' : 'last';
}

/** What is not known counts as open: only a known word ends an order (I13). */
function statusOf(row: Row, said: string): OrderStatus {
  const status = STATUSES[said] ?? 'open';
  return status === 'canceled' && endWords(row).some((word) => EXPIRED.includes(word)) ? 'expired' : status;
}

function reasonOf(row: Row, said: string): string | null {
  const status = STATUSES[said] ?? 'open';
  if (status === 'open' || status === 'closed') return null;
  const words = endWords(row);
  const known = words.find((word) => REASONS[word] !== undefined);
  return known === undefined ? [said, ...words].join(' ') : (REASONS[known] ?? null);
}

function endWords(row: Row): readonly string[] {
  return ['cancelType', 'rejectReason'].flatMap((name) => optionalText(row, name) ?? []).filter((word) => !NO_REASON.includes(word));
}

/** What was acknowledged a moment ago; how it stands now is not in the answer. */
export function acceptedRecord(request: OrderRequest, id: string, at: number): OrderRecord {
  return { ...request, id, status: 'open', triggered: false, filled: '0', reason: null, createdAt: at, updatedAt: at };
}

/**
 * The wire's words for a request. The position index always and by leg, never derived from the side; the trigger's direction by the side,
 * because ours are stops: a sell waits for a fall, a buy for a rise.
 */
export function orderParams(request: OrderRequest, marketId: string): Record<string, Json> {
  const { side, type, amount, price, triggerPrice, triggerBy, positionSide, reduceOnly, clientOrderId, postOnly } = request;
  const isLimit = type === 'limit' || type === 'stop-limit';
  return {
    category: CATEGORY,
    symbol: marketId,
    side: side === 'buy' ? 'Buy' : 'Sell',
    orderType: isLimit ? 'Limit' : 'Market',
    qty: plain(dec(amount)),
    positionIdx: positionIdxOf(positionSide),
    orderLinkId: clientOrderId,
    ...(price !== null && { price: plain(dec(price)), timeInForce: postOnly ? 'PostOnly' : 'GTC' }),
    ...(triggerPrice !== null && { triggerPrice: plain(dec(triggerPrice)), triggerDirection: side === 'buy' ? 1 : 2, triggerBy: TRIGGER_NAMES[triggerBy] }),
    ...(reduceOnly && { reduceOnly: true }),
  };
}
