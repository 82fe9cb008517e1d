/**
 * Everybody else who has access to an account: its owner at the website, a second bot. What they do is no request of the client:
 * it leaves no line in the log of received requests, and its orders carry ids of somebody else.
 */
import { dec, plain } from '../../domain/decimal.ts';
import type { DecimalString } from '../../domain/decimal.ts';
import type { PositionMode } from '../../domain/strategy.ts';
import type { OrderRecord, OrderRequest, WriteOutcome } from '../../ports/exchange.ts';
import { changeSymbolSettings } from './accounts.ts';
import type { AccountState } from './book-state.ts';
import type { Book } from './book.ts';
import type { SymbolSettings } from './config.ts';
import type { RunOperation } from './exchange-acts.ts';
import type { OrderRules } from './order-rules.ts';
import type { LegSide } from './position.ts';
import { accept, withdraw } from './writes.ts';

/** Raw reason of an order that was cancelled by hand; our own cancellations are CANCELED_BY_CLIENT. */
export const CANCELED_BY_USER = 'CANCELED_BY_USER';

/** An order by hand; the id is the website's (`web_…`) unless somebody has one of his own. */
export type ManualOrder = Pick<OrderRequest, 'account' | 'symbol' | 'side' | 'amount' | 'positionSide'> & Partial<OrderRequest>;

type Outcome = WriteOutcome<OrderRecord>;

export class OtherActors {
  readonly #book: Book;
  readonly #rules: OrderRules;
  readonly #run: RunOperation;

  constructor(book: Book, rules: OrderRules, run: RunOperation) {
    this.#book = book;
    this.#rules = { ...rules, anyClientOrderId: true };
    this.#run = run;
  }

  /** Places an order; a market order unless prices say otherwise. Resolves when the running operation is over. */
  place(order: ManualOrder): Promise<Outcome> {
    return this.#after(() => accept(this.#book, this.#requestOf(order), this.#rules));
  }

  /** Cancels any open order of the account, also one of ours. */
  cancel(account: string, symbol: string, clientOrderId: string): Promise<Outcome> {
    return this.#after(() => withdraw(this.#book, { account, symbol, clientOrderId }, CANCELED_BY_USER));
  }

  /** Closes a leg, or at most `amount` of it, at the market; null when it is flat. */
  closePosition(account: string, symbol: string, positionSide: LegSide, amount: DecimalString | null = null): Promise<Outcome | null> {
    return this.#after(() => {
      const leg = this.#book.leg(this.#book.account(account), symbol, positionSide);
      if (leg.amount.isZero()) return null;
      const side = leg.amount.isNegative() ? 'buy' : 'sell';
      const size = leg.amount.abs();
      const closing = amount === null || size.lessThan(amount) ? plain(size) : amount;
      const isOneWay = positionSide === 'both';
      return accept(this.#book, this.#requestOf({ account, symbol, side, amount: closing, positionSide: isOneWay ? null : positionSide, reduceOnly: isOneWay }), this.#rules);
    });
  }

  /** Pays in, or out when negative (quote currency): a `transfer` event. */
  transfer(account: string, amount: DecimalString): void {
    this.#run(() => {
      const state = this.#book.account(account);
      this.#book.addCash(state, 'deposits', dec(amount));
      this.#book.addAccountEvent(state, { type: 'transfer', id: `tr${this.#book.nextId('event')}`, account, currency: state.currency, amount: plain(dec(amount)), at: this.#book.now });
    });
  }

  /** Changes leverage or margin mode; false when the exchange refuses: margin mode changes only while the symbol is flat. */
  changeSettings(account: string, symbol: string, settings: Partial<SymbolSettings>): Promise<boolean> {
    return this.#after(() => {
      const state = this.#book.account(account);
      const isFlat = [...state.legs.values()].every((leg) => leg.symbol !== symbol);
      const { marginMode } = this.#book.settings(state, symbol);
      if (!isFlat && (settings.marginMode ?? marginMode) !== marginMode) return false;
      changeSymbolSettings(this.#book, state, symbol, settings);
      return true;
    });
  }

  /** Cancels all orders and changes the position mode; false when the exchange refuses, as it does while a position is open. */
  changePositionMode(account: string, positionMode: PositionMode): Promise<boolean> {
    return this.#after(() => changePositionMode(this.#book, this.#book.account(account), positionMode));
  }

  #requestOf(order: ManualOrder): OrderRequest {
    const { triggerPrice = null, price = null } = order;
    const type = triggerPrice === null ? (price === null ? 'market' : 'limit') : price === null ? 'stop-market' : 'stop-limit';
    const id = `web_${this.#book.counters.order + 1}`;
    return { clientOrderId: id, type, price, triggerPrice, triggerBy: 'last', reduceOnly: false, postOnly: false, ...order };
  }

  #after<T>(act: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#run(() => {
        try {
          resolve(act());
        } catch (error) {
          reject(error);
        }
      });
    });
  }
}

function changePositionMode(book: Book, account: AccountState, positionMode: PositionMode): boolean {
  if (account.legs.size > 0) return false;
  for (const order of [...account.open.values()]) book.closeOrder(order, 'canceled', CANCELED_BY_USER);
  account.positionMode = positionMode;
  book.putAccount(account);
  return true;
}
