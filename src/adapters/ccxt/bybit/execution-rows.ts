/**
 * Bybit's executions as our trades, forced closes and funding. One list holds all of them, told apart by `execType`; the fee of a funding
 * row is the payment, that of a liquidation is charged by its own event. Source: bybit-exchange.github.io/docs/v5/order/execution.
 */
import { ZERO, dec, plain } from '../../../domain/decimal.ts';
import type { ExchangeEvent, PositionSide, TradeRecord } from '../../../ports/exchange.ts';
import type { VenueMarket } from '../dialect.ts';
import { decimalOf, flagOf, nonZeroDecimal, optionalDecimal, optionalText, textOf, timeOf } from '../fields.ts';
import type { Row } from '../fields.ts';
import { clientOrderIdOf, sideOf } from './order-rows.ts';

export type FundingEvent = Extract<ExchangeEvent, { type: 'funding' }>;
export type ForcedEvent = Extract<ExchangeEvent, { type: 'liquidation' }>;

const FORCED_CAUSES: Readonly<Record<string, ForcedEvent['cause']>> = { BustTrade: 'liquidation', AdlTrade: 'adl' };
/** How the event of a forced close is named after its trade. */
const FORCED_PREFIX: Readonly<Record<ForcedEvent['cause'], string>> = { liquidation: 'liq', adl: 'adl', insurance: 'insurance' };
const FUNDING = 'Funding';
/** Settlements of profit that trade nothing. */
const NO_TRADES: readonly string[] = [FUNDING, 'Settle', 'SessionSettlePnL'];

export function isTrade(row: Row): boolean {
  return !NO_TRADES.includes(textOf(row, 'execType'));
}

export function isFunding(row: Row): boolean {
  return textOf(row, 'execType') === FUNDING;
}

/** Null for what is no forced close. */
export function forcedCause(row: Row): ForcedEvent['cause'] | null {
  return FORCED_CAUSES[textOf(row, 'execType')] ?? null;
}

/** `positionSide`: null in one-way mode. A forced close has no client's order, and its fee is its event's. */
export function tradeRecord(row: Row, account: string, market: VenueMarket, positionSide: PositionSide | null): TradeRecord {
  const isForced = forcedCause(row) !== null;
  const isMaker = flagOf(row, 'isMaker');
  return {
    id: textOf(row, 'execId'),
    orderId: textOf(row, 'orderId'),
    clientOrderId: isForced ? null : clientOrderIdOf(row),
    account,
    symbol: market.symbol,
    side: sideOf(row),
    positionSide,
    price: decimalOf(row, 'execPrice'),
    amount: decimalOf(row, 'execQty'),
    fee: isForced ? '0' : feeOf(row, market, isMaker),
    takerOrMaker: isMaker ? 'maker' : 'taker',
    at: timeOf(row, 'execTime'),
    info: row,
  };
}

/** In the quote currency. A fee paid in another coin counts at the full rate, which is never less than what was paid. */
function feeOf(row: Row, market: VenueMarket, isMaker: boolean): string {
  const fee = optionalDecimal(row, 'execFee');
  const currency = optionalText(row, 'feeCurrency') ?? optionalText(row, 'feeCoin');
  if (fee !== null && (currency === null || currency === market.quote)) return fee;
  const { makerFee, takerFee } = market.instrument;
  return plain(dec(decimalOf(row, 'execPrice')).times(decimalOf(row, 'execQty')).times(isMaker ? makerFee : takerFee));
}

export function forcedEvent(row: Row, account: string, market: VenueMarket, cause: ForcedEvent['cause'], positionSide: PositionSide | null): ForcedEvent {
  return {
    type: 'liquidation',
    cause,
    id: `${FORCED_PREFIX[cause]}-${textOf(row, 'execId')}`,
    account,
    symbol: market.symbol,
    positionSide: positionSide ?? 'both',
    amount: decimalOf(row, 'execQty'),
    price: decimalOf(row, 'execPrice'),
    fee: optionalDecimal(row, 'execFee') ?? '0',
    at: timeOf(row, 'execTime'),
  };
}

/** `isHedgeMode`: the row's side is the leg's; the fee is what the leg paid. The rate's sign follows from both, whichever sign the row writes. */
export function fundingEvent(row: Row, account: string, market: VenueMarket, isHedgeMode: boolean): FundingEvent {
  const side = sideOf(row);
  const paid = dec(decimalOf(row, 'execFee'));
  const size = dec(optionalDecimal(row, 'feeRate') ?? '0').abs();
  const isPositive = paid.isZero() || (side === 'buy') === !paid.isNegative();
  const leg: PositionSide = side === 'buy' ? 'long' : 'short';
  return {
    type: 'funding',
    id: textOf(row, 'execId'),
    account,
    symbol: market.symbol,
    positionSide: isHedgeMode ? leg : 'both',
    amount: plain(ZERO.minus(paid)),
    rate: plain(isPositive ? size : size.negated()),
    markPrice: nonZeroDecimal(row, 'markPrice') ?? decimalOf(row, 'execPrice'),
    at: timeOf(row, 'execTime'),
  };
}

/** Oldest first; what happened at one time in the order of the exchange's sequence. */
export function byTime(a: Row, b: Row): number {
  return timeOf(a, 'execTime') - timeOf(b, 'execTime') || Number(optionalText(a, 'seq') ?? 0) - Number(optionalText(b, 'seq') ?? 0);
}
