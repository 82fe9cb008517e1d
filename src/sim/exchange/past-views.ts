/**
 * The recent past of the book for lagging reads: orders, positions and prices as they were, no further back than the capability
 * `readLagMs` (I23). Kept only where reads may lag; fed with each operation's delta after it happened.
 */
import { invariant } from '../../domain/invariant.ts';
import type { BalanceRecord, OrderRecord, PositionRecord } from '../../ports/exchange.ts';
import type { AccountState } from './book-state.ts';
import type { Book } from './book.ts';
import type { BookDelta, PriceDelta } from './delta.ts';
import { accountSnapshot } from './reads.ts';

export interface AccountPast {
  readonly at: number;
  readonly positions: readonly PositionRecord[];
  readonly balance: BalanceRecord;
}

export class PastViews {
  readonly #book: Book;
  readonly #keepMs: number;
  /** By account and client order id: versions, oldest first; of open orders at least the current one. */
  readonly #orders = new Map<string, Map<string, OrderRecord[]>>();
  /** When an entry of `#orders` may have something to forget, oldest first. */
  readonly #ageing: { readonly at: number; readonly account: string; readonly clientOrderId: string }[] = [];
  readonly #accounts = new Map<string, AccountPast[]>();
  readonly #prices = new Map<string, PriceDelta[]>();

  constructor(book: Book, keepMs: number) {
    this.#book = book;
    this.#keepMs = keepMs;
    for (const account of book.accounts.values()) this.#noteAccount(account);
  }

  note(delta: BookDelta): void {
    const horizon = delta.at - this.#keepMs;
    for (const { order } of delta.orders ?? []) this.#noteOrder(order);
    for (const price of delta.prices ?? []) keepSince(entriesOf(this.#prices, price.symbol), price, horizon);
    for (const account of this.#touched(delta)) this.#noteAccount(account);
    this.#forget(horizon);
  }

  /** The order as it was, null when it was not yet. `at`: no older than `readLagMs`. */
  orderAt(account: AccountState, clientOrderId: string, at: number): OrderRecord | null {
    const versions = this.#orders.get(account.account)?.get(clientOrderId);
    if (versions === undefined) return this.#book.findOrder(account, clientOrderId)?.record ?? null;
    return versions.findLast((version) => version.updatedAt <= at) ?? null;
  }

  /** Client order ids of everything that is open or was within reach, in order of placement. */
  idsWithinReach(account: AccountState): readonly string[] {
    return [...(this.#orders.get(account.account)?.keys() ?? [])];
  }

  accountAt(account: AccountState, at: number): AccountPast {
    const past = this.#accounts.get(account.account) ?? [];
    const found = past.findLast((each) => each.at <= at) ?? past[0];
    invariant(found !== undefined, 'every account has a past', { account: account.account });
    return found;
  }

  priceAt(symbol: string, at: number): PriceDelta | null {
    return this.#prices.get(symbol)?.findLast((price) => price.at <= at) ?? null;
  }

  #noteOrder(order: OrderRecord): void {
    const { account, clientOrderId, updatedAt } = order;
    const ofAccount = this.#orders.get(account) ?? new Map<string, OrderRecord[]>();
    this.#orders.set(account, ofAccount);
    entriesOf(ofAccount, clientOrderId).push(order);
    this.#ageing.push({ at: updatedAt, account, clientOrderId });
  }

  #noteAccount(account: AccountState): void {
    const { positions, balance } = accountSnapshot(this.#book, account, 0, 0);
    keepSince(entriesOf(this.#accounts, account.account), { at: this.#book.now, positions, balance }, this.#book.now - this.#keepMs);
  }

  /** Accounts whose positions or balance may read differently after the operation. */
  #touched(delta: BookDelta): readonly AccountState[] {
    const names = new Set([...(delta.accounts ?? []), ...(delta.legs ?? [])].map(({ account }) => account));
    for (const { order } of delta.orders ?? []) names.add(order.account);
    const hasPrices = (delta.prices ?? []).length > 0;
    return [...this.#book.accounts.values()].filter((account) => names.has(account.account) || (hasPrices && account.legs.size > 0));
  }

  #forget(horizon: number): void {
    for (let next = this.#ageing[0]; next !== undefined && next.at <= horizon; next = this.#ageing[0]) {
      this.#ageing.shift();
      const ofAccount = this.#orders.get(next.account);
      const versions = ofAccount?.get(next.clientOrderId);
      if (ofAccount === undefined || versions === undefined) continue;
      dropBefore(versions, (version) => version.updatedAt, horizon);
      if (versions.length === 1 && versions[0]?.status !== 'open') ofAccount.delete(next.clientOrderId);
    }
  }
}

function entriesOf<T>(map: Map<string, T[]>, key: string): T[] {
  const known = map.get(key);
  if (known !== undefined) return known;
  const entries: T[] = [];
  map.set(key, entries);
  return entries;
}

/** Adds an entry, instead of one of the same time, and drops what is older than what was so at `horizon`. */
function keepSince<T extends { readonly at: number }>(entries: T[], entry: T, horizon: number): void {
  if (entries.at(-1)?.at === entry.at) entries.pop();
  entries.push(entry);
  dropBefore(entries, ({ at }) => at, horizon);
}

function dropBefore<T>(entries: T[], atOf: (entry: T) => number, horizon: number): void {
  let dropped = 0;
  for (let next = entries[dropped + 1]; next !== undefined && atOf(next) <= horizon; next = entries[dropped + 1]) dropped += 1;
  if (dropped > 0) entries.splice(0, dropped);
}
