/**
 * The insurance fund: what an account cannot owe. A stop that a gap filled beyond the bankruptcy price would leave a loss bigger than
 * the isolated margin, or a balance below zero; the fund pays the difference and the account counts as liquidated. It is told as a
 * `liquidation` event that takes no amount and whose fee is negative, so the ledger identity needs no term of its own (I14).
 */
import { ZERO, plain } from '../../domain/decimal.ts';
import type { D } from '../../domain/decimal.ts';
import type { AccountState } from './book-state.ts';
import type { Book } from './book.ts';
import { markOf } from './margin.ts';
import type { Leg, LegSide } from './position.ts';
import { legAfterTrade } from './position.ts';

/** Pays what closing `closed` (signed) of an isolated leg at `price` loses beyond the margin this sets free. */
export function coverIsolatedLoss(book: Book, account: AccountState, leg: Leg, closed: D, price: D): void {
  const rest = legAfterTrade(leg, closed, price, null);
  const realised = closed.times(price).negated().plus(rest.cost).minus(leg.cost);
  const left = realised.plus(leg.margin).minus(rest.margin);
  if (left.lessThan(0)) pay(book, account, leg.symbol, leg.positionSide, left.negated());
}

/** Pays a balance below zero of an account that has no cross legs left. */
export function coverDebt(book: Book, account: AccountState, crossEquity: D): void {
  const lastTrade = account.trades.at(-1);
  if (!crossEquity.lessThan(0) || lastTrade === undefined) return;
  pay(book, account, lastTrade.symbol, lastTrade.positionSide ?? 'both', crossEquity.negated());
}

/** The fund pays `debt` (positive, quote currency) for this leg. */
export function pay(book: Book, account: AccountState, symbol: string, positionSide: LegSide, debt: D): void {
  book.chargeFee(account, debt.negated());
  book.addAccountEvent(account, {
    type: 'liquidation',
    cause: 'insurance',
    id: `liq-e${book.nextId('event')}`,
    account: account.account,
    symbol,
    positionSide,
    amount: plain(ZERO),
    price: plain(markOf(book.marketOf(symbol))),
    fee: plain(debt.negated()),
    at: book.now,
  });
}
