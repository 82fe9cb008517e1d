/**
 * What the exchange does on its own to accounts and markets, on demand: deleveraging, liquidation, the insurance fund, cancelling
 * orders, other rules. Each act is one operation with its delta and events, and its records are those of the real thing (I4, I14).
 */
import { dec, floorToStep, maxOf, minOf, plain } from '../../domain/decimal.ts';
import type { DecimalString } from '../../domain/decimal.ts';
import { nearestPrice } from '../../domain/price-grid.ts';
import type { AccountState, MarketState } from './book-state.ts';
import type { Book } from './book.ts';
import { bookTrade } from './execution.ts';
import type { MarketChange } from './faults.ts';
import { pay } from './insurance.ts';
import { liquidateAll } from './liquidation.ts';
import { markOf } from './margin.ts';
import type { LegSide } from './position.ts';

/** Runs one operation and publishes it, now or after the running one. */
export type RunOperation = (operation: () => void) => void;

export class ExchangeActs {
  readonly #book: Book;
  readonly #run: RunOperation;

  constructor(book: Book, run: RunOperation) {
    this.#book = book;
    this.#run = run;
  }

  /** Auto-deleveraging: takes at most `amount` (base units, floored to the step) of a leg at the mark, without a fee. Open orders stay. */
  deleverage(account: string, symbol: string, positionSide: LegSide, amount: DecimalString): void {
    this.#run(() => deleverage(this.#book, this.#book.account(account), this.#book.marketOf(symbol), positionSide, amount));
  }

  /** Liquidates all legs and cancels the orders of their symbols, as if the margin were gone. */
  liquidate(account: string): void {
    this.#run(() => liquidateAll(this.#book, this.#book.account(account)));
  }

  /** The insurance fund pays `debt` (positive, quote currency) into the account: a `liquidation` event of cause `insurance`. */
  insure(account: string, symbol: string, positionSide: LegSide, debt: DecimalString): void {
    this.#run(() => pay(this.#book, this.#book.account(account), symbol, positionSide, dec(debt)));
  }

  /** Cancels every open order of every account, or of one symbol; `reason` is the raw one they end with. */
  cancelAll(reason: string, symbol: string | null = null): void {
    this.#run(() => cancelAll(this.#book, reason, symbol));
  }

  /** Halts trading on a symbol: prices go on, nothing is accepted but cancellations, nothing fires, fills or is liquidated. */
  halt(symbol: string, halted: boolean): void {
    this.#run(() => this.#book.halt(this.#book.marketOf(symbol), halted));
  }

  /** Other limits, fees or caps from now on; orders that rest stay as they are, also off the new grid or above the new cap. */
  changeMarket(symbol: string, change: MarketChange): void {
    this.#run(() => this.#book.changeMarket(this.#book.marketOf(symbol), change));
  }
}

export function cancelAll(book: Book, reason: string, symbol: string | null = null): void {
  for (const account of book.accounts.values()) {
    for (const order of [...account.open.values()]) {
      if (symbol === null || order.record.symbol === symbol) book.closeOrder(order, 'canceled', reason);
    }
  }
}

function deleverage(book: Book, account: AccountState, state: MarketState, positionSide: LegSide, wanted: DecimalString): void {
  const { market } = state;
  const leg = book.leg(account, market.symbol, positionSide);
  const amount = minOf(leg.amount.abs(), floorToStep(dec(wanted), market.amountStep));
  if (amount.isZero()) return;
  const side = leg.amount.isNegative() ? 'buy' : 'sell';
  const price = maxOf(market.prices.tickSize, nearestPrice(market.prices, markOf(state)));
  const origin = { orderId: `adl-${book.nextId('event')}`, clientOrderId: null };
  const legSide = positionSide === 'both' ? null : positionSide;
  const trade = bookTrade(book, account, market.symbol, origin, { side, positionSide: legSide, price, amount, fee: dec('0'), liquidity: 'taker' });
  book.addAccountEvent(account, {
    type: 'liquidation',
    cause: 'adl',
    id: `adl-${trade.id}`,
    account: account.account,
    symbol: market.symbol,
    positionSide,
    amount: plain(amount),
    price: plain(price),
    fee: '0',
    at: book.now,
  });
}
