/** Orders as Hyperliquid writes them: rows of open orders, of look-ups and of updates, and their many final statuses. */
import { dec, plain } from '../../../domain/decimal.ts';
import type { Json } from '../../../domain/json.ts';
import type { OrderRecord } from '../../../ports/exchange.ts';
import type { Asset } from './assets.ts';

/** What the request said and the simulated exchange does not keep. */
export interface SentForm {
  readonly limitPx: string;
  readonly tif: string | null;
  readonly hasCloid: boolean;
}

export interface WireOrder {
  readonly oid: number;
  readonly record: OrderRecord;
  /** Null: placed by somebody else than a client of this server. */
  readonly form: SentForm | null;
}

const CLOID = /^0x[0-9a-f]{32}$/;

export function sideLetter(side: OrderRecord['side']): 'A' | 'B' {
  return side === 'buy' ? 'B' : 'A';
}

export function isTrigger({ type }: Pick<OrderRecord, 'type'>): boolean {
  return type === 'stop-market' || type === 'stop-limit';
}

export function cloidOf({ record, form }: WireOrder): string | null {
  return (form?.hasCloid ?? true) && CLOID.test(record.clientOrderId) ? record.clientOrderId : null;
}

/** Rows of `openOrders` and `orderUpdates`. */
export function basicOrder(order: WireOrder, { coin }: Asset): Record<string, Json> {
  const { record, oid } = order;
  const cloid = cloidOf(order);
  return {
    coin,
    side: sideLetter(record.side),
    limitPx: limitPxOf(order),
    sz: plain(dec(record.amount).minus(record.filled)),
    oid,
    timestamp: record.createdAt,
    origSz: record.amount,
    ...(record.reduceOnly && { reduceOnly: true }),
    ...(cloid !== null && { cloid }),
  };
}

/** Rows of `frontendOpenOrders`, `orderStatus` and `historicalOrders`. */
export function fullOrder(order: WireOrder, asset: Asset): Json {
  const { record } = order;
  const trigger = isTrigger(record);
  return {
    ...basicOrder(order, asset),
    triggerCondition: triggerConditionOf(record),
    isTrigger: trigger,
    triggerPx: record.triggerPrice ?? '0.0',
    children: [],
    isPositionTpsl: false,
    reduceOnly: record.reduceOnly,
    orderType: orderTypeOf(order),
    tif: trigger ? null : tifOf(order),
    cloid: cloidOf(order),
  };
}

export function orderWithStatus(order: WireOrder, asset: Asset): Json {
  return { order: fullOrder(order, asset), status: statusOf(order.record), statusTimestamp: order.record.updatedAt };
}

function triggerConditionOf(record: OrderRecord): string {
  if (record.triggerPrice === null) return 'N/A';
  if (record.triggered) return 'Triggered';
  return `Price ${record.side === 'sell' ? 'below' : 'above'} ${record.triggerPrice}`;
}

function limitPxOf({ record, form }: WireOrder): string {
  return record.price ?? form?.limitPx ?? record.triggerPrice ?? '0.0';
}

function tifOf({ record, form }: WireOrder): string {
  if (form !== null && form.tif !== null) return form.tif;
  return record.type === 'market' ? 'FrontendMarket' : record.postOnly ? 'Alo' : 'Gtc';
}

function orderTypeOf(order: WireOrder): string {
  switch (order.record.type) {
    case 'stop-market':
      return 'Stop Market';
    case 'stop-limit':
      return 'Stop Limit';
    case 'limit':
      return 'Limit';
    case 'market':
      return tifOf(order) === 'FrontendMarket' ? 'Market' : 'Limit';
  }
}

const CANCELED_AS: Readonly<Record<string, string>> = {
  LIQUIDATION: 'liquidatedCanceled',
  SCHEDULED_CANCEL: 'scheduledCancel',
  INSUFFICIENT_MARGIN: 'marginCanceled',
};
const EXPIRED_AS: Readonly<Record<string, string>> = { REDUCE_ONLY_REJECTED: 'reduceOnlyCanceled', POST_ONLY_WOULD_TAKE: 'badAloPxRejected' };
const REJECTED_AS: Readonly<Record<string, string>> = { INSUFFICIENT_MARGIN: 'perpMarginRejected' };

export function statusOf({ status, triggered, reason }: OrderRecord): string {
  const why = reason ?? '';
  switch (status) {
    case 'open':
      return triggered ? 'triggered' : 'open';
    case 'closed':
      return 'filled';
    case 'canceled':
      return CANCELED_AS[why] ?? 'canceled';
    case 'expired':
      return EXPIRED_AS[why] ?? 'canceled';
    case 'rejected':
      return REJECTED_AS[why] ?? 'rejected';
  }
}
