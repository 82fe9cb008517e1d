/**
 * An order as Bybit shows it, the same in /v5/order/realtime, /v5/order/history and the `order` stream: one id and one orderLinkId from
 * Untriggered over Triggered to its end. Sources: bybit-exchange.github.io/docs/v5/order/open-order, /docs/v5/enum.
 */
import { dec, plain, roundQuotientToStep } from '../../../domain/decimal.ts';
import type { Json } from '../../../domain/json.ts';
import type { OrderRecord } from '../../../ports/exchange.ts';
import type { LedgerOrder } from './bybit-ledger.ts';
import { TRIGGER_NAMES, marketNames, orderLinkIdOf, positionIdxOf, sideName } from './bybit-names.ts';

/** Digits of average prices. */
const AVERAGE_STEP = dec('0.00000001');

/** Why an order ended: Bybit's cancelType and rejectReason for the reasons of the simulated exchange. */
const ENDS: Readonly<Record<string, readonly [cancelType: string, rejectReason: string]>> = {
  CANCELED_BY_CLIENT: ['CancelByUser', 'EC_PerCancelRequest'],
  CANCELED_BY_USER: ['CancelByUser', 'EC_PerCancelRequest'],
  REDUCE_ONLY_REJECTED: ['CancelByReduceOnly', 'EC_NoError'],
  INSUFFICIENT_MARGIN: ['CancelByCannotAffordOrderCost', 'EC_Others'],
  POST_ONLY_WOULD_TAKE: ['UNKNOWN', 'EC_PostOnlyWillTakeLiquidity'],
  LIQUIDATION: ['CancelByPrepareLiq', 'EC_PerCancelRequest'],
};
/** Whatever else the exchange cancelled, and what found nothing to trade with. */
const CANCELED_BY_EXCHANGE = ['CancelByAdmin', 'EC_PerCancelRequest'] as const;
const NO_LIQUIDITY = ['UNKNOWN', 'EC_NoImmediateQtyToFill'] as const;

export function isConditionalOrder({ type }: Pick<OrderRecord, 'type'>): boolean {
  return type === 'stop-market' || type === 'stop-limit';
}

/** Derivatives know no PartiallyFilledCanceled: a cancelled order may have an executed part. */
export function orderStatus(record: OrderRecord): string {
  const waits = isConditionalOrder(record) && !record.triggered;
  switch (record.status) {
    case 'open':
      if (waits) return 'Untriggered';
      if (!dec(record.filled).isZero()) return 'PartiallyFilled';
      return record.type === 'stop-market' ? 'Triggered' : 'New';
    case 'closed':
      return 'Filled';
    case 'canceled':
      return waits ? 'Deactivated' : 'Cancelled';
    case 'rejected':
      return 'Rejected';
    case 'expired':
      return 'Cancelled';
  }
}

function endOf({ status, reason }: OrderRecord): readonly [cancelType: string, rejectReason: string] {
  if (status === 'open' || status === 'closed') return ['UNKNOWN', 'EC_NoError'];
  const known = reason === null ? undefined : ENDS[reason];
  if (known !== undefined) return known;
  return status === 'canceled' ? CANCELED_BY_EXCHANGE : NO_LIQUIDITY;
}

/** `record`: the version to show, when it is not the newest. */
export function orderRow(order: LedgerOrder, record: OrderRecord = order.record): { readonly [key: string]: Json } {
  const [cancelType, rejectReason] = endOf(record);
  const isConditional = isConditionalOrder(record);
  const isLimit = record.type === 'limit' || record.type === 'stop-limit';
  const isOver = record.status !== 'open';
  const hasTraded = !dec(record.filled).isZero() && !order.traded.isZero();
  const left = isOver ? '0' : plain(dec(record.amount).minus(record.filled));
  return {
    orderId: order.orderId,
    orderLinkId: orderLinkIdOf(record),
    blockTradeId: '',
    symbol: marketNames(record.symbol).id,
    price: record.price ?? '0',
    qty: record.amount,
    side: sideName(record.side),
    isLeverage: '',
    positionIdx: positionIdxOf(record.positionSide),
    orderStatus: orderStatus(record),
    createType: isConditional ? 'CreateByStopOrder' : 'CreateByUser',
    cancelType,
    rejectReason,
    avgPrice: hasTraded ? plain(roundQuotientToStep(order.value, order.traded, AVERAGE_STEP)) : '',
    leavesQty: left,
    leavesValue: record.price === null ? '0' : plain(dec(left).times(record.price)),
    cumExecQty: record.filled,
    cumExecValue: hasTraded ? plain(order.value) : '0',
    cumExecFee: hasTraded ? plain(order.fee) : '0',
    timeInForce: isLimit ? (record.postOnly ? 'PostOnly' : 'GTC') : 'IOC',
    orderType: isLimit ? 'Limit' : 'Market',
    stopOrderType: isConditional ? 'Stop' : 'UNKNOWN',
    orderIv: '',
    marketUnit: '',
    triggerPrice: record.triggerPrice ?? '0.00',
    takeProfit: '',
    stopLoss: '',
    tpslMode: 'UNKNOWN',
    tpLimitPrice: '0.00',
    slLimitPrice: '0.00',
    tpTriggerBy: '',
    slTriggerBy: '',
    triggerDirection: isConditional ? (record.side === 'buy' ? 1 : 2) : 0,
    triggerBy: isConditional ? TRIGGER_NAMES[record.triggerBy] : '',
    lastPriceOnCreated: order.lastPriceOnCreated,
    reduceOnly: record.reduceOnly,
    closeOnTrigger: false,
    placeType: '',
    smpType: 'None',
    smpGroup: 0,
    smpOrderId: '',
    createdTime: String(record.createdAt),
    updatedTime: String(record.updatedAt),
    cumFeeDetail: hasTraded ? { [marketNames(record.symbol).settle]: plain(order.fee) } : {},
  };
}
