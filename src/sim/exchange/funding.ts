/** Funding: every leg pays position × mark × rate; a long pays positive rates, a short receives them. Exact (I14). */
import { dec, plain } from '../../domain/decimal.ts';
import type { DecimalString } from '../../domain/decimal.ts';
import { sortedLegs } from './book-state.ts';
import type { MarketState } from './book-state.ts';
import type { Book } from './book.ts';
import { isIsolated, markOf } from './margin.ts';

/** Settles `rate` for all accounts, in order of their creation; an isolated leg pays from and receives into its own margin. */
export function settleFunding(book: Book, state: MarketState, rate: DecimalString): void {
  const { symbol } = state.market;
  for (const account of book.accounts.values()) {
    for (const leg of sortedLegs(account)) {
      if (leg.symbol !== symbol) continue;
      const mark = markOf(state);
      const amount = leg.amount.times(mark).times(dec(rate)).negated();
      book.addCash(account, 'funding', amount);
      if (isIsolated(book, account, symbol)) book.putLeg(account, { ...leg, margin: leg.margin.plus(amount) });
      book.addAccountEvent(account, {
        type: 'funding',
        id: `f${book.nextId('event')}`,
        account: account.account,
        symbol,
        positionSide: leg.positionSide,
        amount: plain(amount),
        rate,
        markPrice: plain(mark),
        at: book.now,
      });
    }
  }
}
