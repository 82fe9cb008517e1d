/** Rows about money as our records and events: fills, funding payments, movements of the ledger. Streams and reads give the same ids. */
import { D, ZERO, dec, plain } from '../../../domain/decimal.ts';
import type { ExchangeEvent, TradeRecord } from '../../../ports/exchange.ts';
import type { VenueMarket } from '../dialect.ts';
import { decimalOf, optionalDecimal, optionalText, rowOf, textOf, timeOf } from '../fields.ts';
import type { Row } from '../fields.ts';
import { sideOf } from './order-rows.ts';

type Funding = Extract<ExchangeEvent, { type: 'funding' }>;
type Forced = Extract<ExchangeEvent, { type: 'liquidation' }>;
type Transfer = Extract<ExchangeEvent, { type: 'transfer' }>;

/** Decimals of a mark price that has to be computed back from a payment. */
const MARK_DECIMALS = 12;

/** Null for fills of an order somebody placed. A fill against somebody else's liquidation names that user. */
export function forcedCauseOf(fill: Row, address: string): Forced['cause'] | null {
  if (textOf(fill, 'dir') === 'Auto-Deleveraging') return 'adl';
  if (typeof fill['liquidation'] !== 'object' || fill['liquidation'] === null) return null;
  return textOf(rowOf(fill['liquidation']), 'liquidatedUser').toLowerCase() === address ? 'liquidation' : null;
}

/** `clientOrderId` null: a forced close, whose fee its event carries. */
export function tradeOf(fill: Row, account: string, market: VenueMarket, clientOrderId: string | null): TradeRecord {
  return {
    id: textOf(fill, 'tid'),
    orderId: textOf(fill, 'oid'),
    clientOrderId,
    account,
    symbol: market.symbol,
    side: sideOf(fill),
    positionSide: null,
    price: decimalOf(fill, 'px'),
    amount: decimalOf(fill, 'sz'),
    fee: clientOrderId === null ? '0' : decimalOf(fill, 'fee'),
    takerOrMaker: fill['crossed'] === false ? 'maker' : 'taker',
    at: timeOf(fill, 'time'),
    info: fill,
  };
}

export function forcedEventOf(fill: Row, account: string, market: VenueMarket, cause: Forced['cause']): Forced {
  return {
    type: 'liquidation',
    cause,
    id: `liq-${textOf(fill, 'tid')}`,
    account,
    symbol: market.symbol,
    positionSide: 'both',
    amount: decimalOf(fill, 'sz'),
    price: decimalOf(fill, 'px'),
    fee: decimalOf(fill, 'fee'),
    at: timeOf(fill, 'time'),
  };
}

/** The row names no mark price; it follows from the payment: usdc = −szi × mark × rate. */
export function fundingOf(delta: Row, at: number, account: string, market: VenueMarket): Funding {
  const amount = decimalOf(delta, 'usdc');
  const rate = decimalOf(delta, 'fundingRate');
  const perMark = dec(decimalOf(delta, 'szi')).times(rate).negated();
  const mark = perMark.isZero() ? new D(0) : dec(amount).dividedBy(perMark).toDecimalPlaces(MARK_DECIMALS);
  return { type: 'funding', id: `funding-${market.id}-${at}`, account, symbol: market.symbol, positionSide: 'both', amount, rate, markPrice: plain(mark.abs()), at };
}

/** Null for movements that leave the perpetuals' balance as it is, and for kinds that are not known: those show as a difference of the balance. */
export function transferOf(row: Row, account: string, address: string): Transfer | null {
  const delta = rowOf(row['delta']);
  const type = textOf(delta, 'type');
  const amount = movedBy(type, delta, address);
  const at = timeOf(row, 'time');
  return amount === null || amount.isZero() ? null : { type: 'transfer', id: `${textOf(row, 'hash')}-${type}-${at}`, account, currency: 'USDC', amount: plain(amount), at };
}

function movedBy(type: string, delta: Row, address: string): D | null {
  const value = (name: string): D => dec(optionalDecimal(delta, name) ?? '0');
  const isTo = optionalText(delta, 'destination')?.toLowerCase() === address;
  switch (type) {
    case 'deposit':
    case 'vaultDistribution':
      return value('usdc');
    case 'withdraw':
    case 'vaultCreate':
      return value('usdc').plus(value('fee')).negated();
    case 'vaultDeposit':
      return value('usdc').negated();
    case 'vaultWithdraw':
      return value('netWithdrawnUsd');
    case 'accountClassTransfer':
      return delta['toPerp'] === true ? value('usdc') : value('usdc').negated();
    case 'internalTransfer':
      return isTo ? value('usdc') : value('usdc').plus(value('fee')).negated();
    case 'subAccountTransfer':
      return isTo ? value('usdc') : value('usdc').negated();
    case 'send':
      return sentBetween(delta, address, value('amount'));
    default:
      return null;
  }
}

/** Between books, also of one account: the perpetuals' own is called by an empty name. */
function sentBetween(delta: Row, address: string, amount: D): D | null {
  if (optionalText(delta, 'token') !== 'USDC') return null;
  const is = (name: string): boolean => optionalText(delta, name)?.toLowerCase() === address;
  const received = is('destination') && delta['destinationDex'] === '' ? amount : ZERO;
  const sent = is('user') && delta['sourceDex'] === '' ? amount : ZERO;
  return received.minus(sent);
}
