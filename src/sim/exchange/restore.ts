/**
 * From book to one delta that says everything, and from deltas back to the book. Folding the deltas of a life gives the book of
 * that life (I12); a snapshot followed by the later deltas gives the same. Requests under way are not part of the book: a restart
 * loses them, as a broken connection would.
 */
import { dec } from '../../domain/decimal.ts';
import { HedgerowError } from '../../domain/errors.ts';
import { accountDelta, legDelta, marketDelta, orderDelta, priceDelta } from './book-changes.ts';
import { newAccount, sortedLegs } from './book-state.ts';
import type { AccountState } from './book-state.ts';
import type { Book } from './book.ts';
import { CandleTape } from './candle-tape.ts';
import { BOOK_DELTA_VERSION } from './delta.ts';
import type { AccountDelta, BookDelta, OrderDelta } from './delta.ts';
import { numberOf } from './truth.ts';

export function snapshotOf(book: Book): BookDelta {
  const accounts = [...book.accounts.values()];
  const markets = [...book.markets.values()];
  return {
    version: BOOK_DELTA_VERSION,
    at: book.now,
    counters: { ...book.counters },
    prices: markets.flatMap(priceDelta),
    halted: markets.map((state) => ({ symbol: state.market.symbol, halted: state.halted })),
    markets: markets.filter((state) => Object.keys(state.change).length > 0).map(marketDelta),
    candles: markets.flatMap((state) => [...state.candles.values()].map((tape) => ({ symbol: state.market.symbol, ...tape.state() }))),
    accounts: accounts.map(accountDelta),
    legs: accounts.flatMap((account) => sortedLegs(account).map((leg) => legDelta(account.account, leg))),
    usedClientOrderIds: accounts.map((account) => ({ account: account.account, clientOrderIds: [...account.forgottenIds] })),
    orders: book.options.keepHistory ? [...book.versions] : lastVersions(accounts),
    trades: accounts.flatMap((account) => account.trades).sort((a, b) => numberOf(a.id) - numberOf(b.id)),
    events: accounts.flatMap((account) => account.events),
    requests: [...book.requests],
  };
}

/** Closed orders first, in order of closing, so that folding closes them in that order. */
function lastVersions(accounts: readonly AccountState[]): readonly OrderDelta[] {
  return accounts.flatMap((account) =>
    [...account.closed.values(), ...account.open.values()].map(orderDelta),
  );
}

export function foldDelta(book: Book, delta: BookDelta): void {
  if (delta.version !== BOOK_DELTA_VERSION) {
    throw new HedgerowError('STORE_TOO_NEW', `the simulated book has version ${String(delta.version)}, this program reads ${BOOK_DELTA_VERSION}`);
  }
  book.now = delta.at;
  Object.assign(book.counters, delta.counters);
  for (const account of delta.accounts ?? []) foldAccount(book, account);
  for (const { symbol, change } of delta.markets ?? []) book.storeMarketChange(book.marketOf(symbol), change);
  for (const price of delta.prices ?? []) book.movePrice(book.marketOf(price.symbol), price);
  for (const { symbol, ...state } of delta.candles ?? []) book.marketOf(symbol).candles.set(state.timeframeMs, CandleTape.of(state));
  for (const { symbol, halted } of delta.halted ?? []) book.marketOf(symbol).halted = halted;
  for (const leg of delta.legs ?? []) {
    const { symbol, positionSide } = leg;
    book.storeLeg(book.account(leg.account), { symbol, positionSide, amount: dec(leg.amount), cost: dec(leg.cost), margin: dec(leg.margin) });
  }
  for (const { account, clientOrderIds } of delta.usedClientOrderIds ?? []) {
    for (const id of clientOrderIds) book.account(account).forgottenIds.add(id);
  }
  for (const { sequence, order, waitsUntil } of delta.orders ?? []) book.storeOrder(sequence, order, waitsUntil ?? null);
  for (const trade of delta.trades ?? []) book.storeTrade(book.account(trade.account), Object.freeze(trade));
  for (const event of delta.events ?? []) book.storeAccountEvent(book.account(event.account), Object.freeze(event));
  for (const request of delta.requests ?? []) book.storeRequest(Object.freeze(request));
}

function foldAccount(book: Book, delta: AccountDelta): void {
  const { marginMode, leverage, positionMode, createdMode = positionMode } = delta;
  const known = book.accounts.get(delta.account);
  const account = known ?? newAccount(delta.account, delta.currency, createdMode, { marginMode, leverage });
  if (account.createdMode !== createdMode) {
    throw new HedgerowError('INPUT_INVALID', `account ${delta.account} is in ${createdMode} mode in the simulated book, not ${account.createdMode}`);
  }
  account.positionMode = positionMode;
  account.symbols.clear();
  for (const [symbol, settings] of Object.entries(delta.symbols)) account.symbols.set(symbol, settings);
  account.deposits = dec(delta.deposits);
  account.cash = dec(delta.cash);
  account.fees = dec(delta.fees);
  account.funding = dec(delta.funding);
  book.accounts.set(delta.account, account);
  book.unwatched.add(account);
}
