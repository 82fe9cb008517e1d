/** Orders, trades and income of the ledger as Binance writes them, over REST and in streams. Numbers are strings, ids and times numbers. */
import { ZERO, dec, plain, roundQuotientToStep } from '../../../domain/decimal.ts';
import type { DecimalString } from '../../../domain/decimal.ts';
import { absurd } from '../../../domain/invariant.ts';
import type { OrderRecord, PositionSide } from '../../../ports/exchange.ts';
import type { AccountEvent } from '../../exchange/delta.ts';
import { hasChild, isRejectedAtTrigger, numberOf } from './binance-ledger.ts';
import type { LedgerOrder, LedgerTrade } from './binance-ledger.ts';
import type { BinanceMarkets } from './binance-market.ts';

const ORDER_IDS_FROM = 40_000_000_000;
const ALGO_IDS_FROM = 4_000_000_000_000_000;
const TRADE_IDS_FROM = 1_000_000;
const AVERAGE_STEP = dec('0.00000001');

export function orderIdOf({ number }: Pick<LedgerOrder, 'number'>): number {
  return ORDER_IDS_FROM + number;
}

export function algoIdOf({ number }: Pick<LedgerOrder, 'number'>): number {
  return ALGO_IDS_FROM + number;
}

export function numberOfOrderId(orderId: number): number {
  return orderId - ORDER_IDS_FROM;
}

export function numberOfAlgoId(algoId: number): number {
  return algoId - ALGO_IDS_FROM;
}

export function tradeIdOf({ number }: Pick<LedgerTrade, 'number'>): number {
  return TRADE_IDS_FROM + number;
}

export function sideOf(side: OrderRecord['side']): string {
  return side.toUpperCase();
}

export function positionSideOf(positionSide: PositionSide | 'both' | null): 'LONG' | 'SHORT' | 'BOTH' {
  switch (positionSide) {
    case 'long':
      return 'LONG';
    case 'short':
      return 'SHORT';
    case 'both':
    case null:
      return 'BOTH';
    default:
      return absurd(positionSide);
  }
}

/** MARKET or LIMIT: what a conditional order becomes, too. */
export function regularTypeOf({ price }: OrderRecord): 'MARKET' | 'LIMIT' {
  return price === null ? 'MARKET' : 'LIMIT';
}

export function algoTypeOf({ price }: OrderRecord): 'STOP_MARKET' | 'STOP' {
  return price === null ? 'STOP_MARKET' : 'STOP';
}

export function workingTypeOf({ triggerBy }: OrderRecord): 'CONTRACT_PRICE' | 'MARK_PRICE' {
  return triggerBy === 'mark' ? 'MARK_PRICE' : 'CONTRACT_PRICE';
}

export function orderStatusOf({ status, filled }: OrderRecord): string {
  switch (status) {
    case 'open':
      return filled === '0' ? 'NEW' : 'PARTIALLY_FILLED';
    case 'closed':
      return 'FILLED';
    case 'canceled':
      return 'CANCELED';
    case 'expired':
      return 'EXPIRED';
    case 'rejected':
      return 'REJECTED';
    default:
      return absurd(status);
  }
}

export function algoStatusOf(order: LedgerOrder): string {
  const { record } = order;
  if (isRejectedAtTrigger(record)) return 'REJECTED';
  if (!record.triggered) return record.status === 'open' ? 'NEW' : orderStatusOf(record);
  return record.status === 'open' ? 'TRIGGERED' : 'FINISHED';
}

export function averagePrice(quote: DecimalString, filled: DecimalString): DecimalString {
  return filled === '0' ? '0.00000' : plain(roundQuotientToStep(dec(quote), dec(filled), AVERAGE_STEP));
}

/** Quantity of a close-all order is not told. */
function quantityOf({ record, terms }: LedgerOrder): DecimalString {
  return terms.closePosition ? '0' : record.amount;
}

/** The child of a conditional order tells nothing of its trigger: it may be read from its parent alone. */
export function orderRow(order: LedgerOrder, markets: BinanceMarkets): object {
  const { record, terms } = order;
  const isChild = order.isAlgo;
  const quote = plain(order.quote);
  return {
    orderId: orderIdOf(order),
    symbol: markets.ofSymbol(record.symbol).id,
    status: orderStatusOf(record),
    clientOrderId: terms.clientId,
    price: record.price ?? '0',
    avgPrice: averagePrice(quote, record.filled),
    origQty: record.amount,
    executedQty: record.filled,
    cumQty: record.filled,
    cumQuote: quote,
    timeInForce: terms.timeInForce,
    type: regularTypeOf(record),
    reduceOnly: record.reduceOnly,
    closePosition: terms.closePosition,
    side: sideOf(record.side),
    positionSide: positionSideOf(record.positionSide),
    stopPrice: '0',
    workingType: workingTypeOf(record),
    priceProtect: terms.priceProtect,
    origType: regularTypeOf(record),
    priceMatch: 'NONE',
    selfTradePreventionMode: 'EXPIRE_MAKER',
    goodTillDate: 0,
    time: isChild ? (order.triggeredAt ?? record.createdAt) : record.createdAt,
    updateTime: record.updatedAt,
  };
}

export function algoRow(order: LedgerOrder, markets: BinanceMarkets): object {
  const { record, terms } = order;
  const child = hasChild(order);
  return {
    algoId: algoIdOf(order),
    clientAlgoId: terms.clientId,
    algoType: 'CONDITIONAL',
    orderType: algoTypeOf(record),
    symbol: markets.ofSymbol(record.symbol).id,
    side: sideOf(record.side),
    positionSide: positionSideOf(record.positionSide),
    timeInForce: terms.timeInForce,
    quantity: quantityOf(order),
    algoStatus: algoStatusOf(order),
    actualOrderId: child ? `${orderIdOf(order)}` : '',
    actualPrice: child ? averagePrice(plain(order.quote), record.filled) : '0.00000',
    triggerPrice: record.triggerPrice ?? '0',
    price: record.price ?? '0',
    icebergQuantity: null,
    tpTriggerPrice: '0.000',
    tpPrice: '0.000',
    slTriggerPrice: '0.000',
    slPrice: '0.000',
    tpOrderType: '',
    selfTradePreventionMode: 'EXPIRE_MAKER',
    workingType: workingTypeOf(record),
    priceMatch: 'NONE',
    closePosition: terms.closePosition,
    priceProtect: terms.priceProtect,
    reduceOnly: record.reduceOnly,
    createTime: record.createdAt,
    updateTime: record.updatedAt,
    triggerTime: order.triggeredAt ?? 0,
    goodTillDate: 0,
  };
}

/** Why the matching engine took no child. */
export function failReasonOf({ reason }: OrderRecord): string {
  return reason === 'INSUFFICIENT_MARGIN' ? 'Margin is insufficient' : 'Reduce Only reject';
}

export function tradeRow(entry: LedgerTrade, markets: BinanceMarkets): object {
  const { trade, order, realised } = entry;
  const { id, quote } = markets.ofSymbol(trade.symbol);
  const isBuyer = trade.side === 'buy';
  return {
    buyer: isBuyer,
    commission: trade.fee,
    commissionAsset: quote,
    id: tradeIdOf(entry),
    maker: trade.takerOrMaker === 'maker',
    orderId: orderIdOf(order),
    price: trade.price,
    qty: trade.amount,
    quoteQty: plain(dec(trade.price).times(trade.amount)),
    realizedPnl: realised,
    side: sideOf(trade.side),
    positionSide: positionSideOf(trade.positionSide),
    symbol: id,
    time: trade.at,
  };
}

export interface IncomeRow {
  readonly symbol: string;
  readonly incomeType: string;
  readonly income: DecimalString;
  readonly asset: string;
  readonly time: number;
  readonly info: string;
  readonly tranId: number;
  readonly tradeId: string;
}

/** Numbers of `tranId` by kind, so that none is given twice. */
const TRAN_IDS = { realised: 100_000_000_000, commission: 200_000_000_000, event: 300_000_000_000, liquidation: 400_000_000_000, insurance: 500_000_000_000 };

export function incomeOfTrade(entry: LedgerTrade, markets: BinanceMarkets): readonly IncomeRow[] {
  const { trade, realised } = entry;
  const { id, quote } = markets.ofSymbol(trade.symbol);
  const row = (incomeType: string, income: DecimalString, tranId: number): readonly IncomeRow[] =>
    dec(income).isZero() ? [] : [{ symbol: id, incomeType, income, asset: quote, time: trade.at, info: `${tradeIdOf(entry)}`, tranId: tranId + entry.number, tradeId: `${tradeIdOf(entry)}` }];
  return [...row('REALIZED_PNL', realised, TRAN_IDS.realised), ...row('COMMISSION', plain(ZERO.minus(trade.fee)), TRAN_IDS.commission)];
}

/** Null for what moves no money. */
export function incomeOfEvent(event: AccountEvent, markets: BinanceMarkets, asset: string): IncomeRow | null {
  const time = event.at;
  switch (event.type) {
    case 'funding':
      return { symbol: markets.ofSymbol(event.symbol).id, incomeType: 'FUNDING_FEE', income: event.amount, asset, time, info: 'FUNDING_FEE', tranId: TRAN_IDS.event + numberOf(event.id), tradeId: '' };
    case 'transfer':
      return { symbol: '', incomeType: 'TRANSFER', income: event.amount, asset: event.currency, time, info: 'TRANSFER', tranId: TRAN_IDS.event + numberOf(event.id), tradeId: '' };
    case 'liquidation': {
      if (dec(event.fee).isZero()) return null;
      return { symbol: markets.ofSymbol(event.symbol).id, incomeType: 'INSURANCE_CLEAR', income: plain(ZERO.minus(event.fee)), asset, time, info: 'INSURANCE_CLEAR', tranId: (event.cause === 'insurance' ? TRAN_IDS.insurance : TRAN_IDS.liquidation) + numberOf(event.id), tradeId: '' };
    }
    default:
      return absurd(event);
  }
}
