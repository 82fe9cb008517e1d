/**
 * What each read serves: the book as it is, or as old, as incomplete or as unavailable as the fate of the read says. An order that
 * moves between two namespaces of different age shows in one of them, once: what was placed before the lag is never absent.
 */
import { HedgerowError } from '../../domain/errors.ts';
import type { AccountSnapshot, ExchangeEvent, OrderRecord, TradeRecord } from '../../ports/exchange.ts';
import type { AccountState } from './book-state.ts';
import type { Book } from './book.ts';
import type { PriceDelta } from './delta.ts';
import type { ReadFate, ReadSurface } from './faults.ts';
import type { Incidents } from './incidents.ts';
import { PastViews } from './past-views.ts';
import { isUntriggered } from './price-watch.ts';
import { accountSnapshot } from './reads.ts';

/** Surfaces of each read of the port, for failures. */
export const SURFACES = {
  fetchInstrument: ['settings'],
  fetchSettings: ['settings'],
  fetchPrice: ['prices'],
  fetchCandles: ['prices'],
  fetchOrder: ['orders', 'conditional-orders', 'history'],
  fetchTrades: ['trades'],
  fetchAccountEvents: ['events'],
  fetchSnapshot: ['orders', 'conditional-orders', 'positions'],
} as const satisfies Readonly<Record<string, readonly ReadSurface[]>>;
export type ReadMethod = keyof typeof SURFACES;

const FRESH: ReadFate = {};

export class ReadDesk {
  readonly #book: Book;
  readonly #incidents: Incidents;
  readonly #lagMaxMs: number;
  /** Null: reads never lag. */
  readonly past: PastViews | null;

  /** `lagMaxMs`: how old a read may be, ms. */
  constructor(book: Book, incidents: Incidents, lagMaxMs: number) {
    this.#book = book;
    this.#incidents = incidents;
    this.#lagMaxMs = lagMaxMs;
    this.past = lagMaxMs > 0 ? new PastViews(book, lagMaxMs) : null;
  }

  /** Throws EXCHANGE_UNAVAILABLE for a read that fails; only a snapshot may be served in part. */
  letRead(method: ReadMethod, fate: ReadFate = FRESH): void {
    if (!this.#incidents.isEmpty) this.#incidents.letRead(this.#book.now);
    if (fate === FRESH) return;
    const surfaces: readonly ReadSurface[] = SURFACES[method];
    const failed = surfaces.find((surface) => fate.fails?.includes(surface) === true || (method !== 'fetchSnapshot' && fate.missing?.[surface] !== undefined));
    if (failed !== undefined) throw new HedgerowError('EXCHANGE_UNAVAILABLE', `${method}: the exchange did not serve ${failed}; ask again later`);
  }

  price(symbol: string, fate: ReadFate = FRESH): PriceDelta | null {
    const stale = this.#incidents.isEmpty ? null : this.#incidents.stalePrice(symbol, this.#book.now);
    if (stale !== null) return stale;
    const at = this.#viewOf('prices', fate);
    if (this.past !== null && at < this.#book.now) return this.past.priceAt(symbol, at);
    const quote = this.#book.markets.get(symbol)?.quote ?? null;
    return quote === null ? null : { symbol, last: quote.last, mark: quote.mark, index: quote.index, at: quote.at };
  }

  trades(account: string, symbol: string, since: number, fate: ReadFate = FRESH): readonly TradeRecord[] {
    const until = this.#viewOf('trades', fate);
    return takeSince(this.#book.account(account).trades, since).filter((trade) => trade.symbol === symbol && trade.at <= until);
  }

  events(account: string, since: number, fate: ReadFate = FRESH): readonly ExchangeEvent[] {
    const until = this.#viewOf('events', fate);
    return takeSince(this.#book.account(account).events, since).filter((event) => event.at <= until);
  }

  order(account: string, symbol: string, clientOrderId: string, fate: ReadFate = FRESH): OrderRecord | null {
    const state = this.#book.account(account);
    const { past } = this;
    const record = past === null || fate.lagMs === undefined ? this.#book.findOrder(state, clientOrderId)?.record : this.#pastOrder(past, state, clientOrderId, fate);
    return record === undefined || record?.symbol !== symbol ? null : record;
  }

  snapshot(account: string, startedAt: number, endedAt: number, fate: ReadFate = FRESH): AccountSnapshot {
    const state = this.#book.account(account);
    const { past } = this;
    const snapshot = accountSnapshot(this.#book, state, startedAt, endedAt);
    if (fate === FRESH) return snapshot;
    const served = past === null || fate.lagMs === undefined ? snapshot : this.#pastSnapshot(past, state, snapshot, fate);
    return withoutMissing(served, fate);
  }

  #viewOf(surface: ReadSurface, fate: ReadFate): number {
    return this.#book.now - Math.min(fate.lagMs?.[surface] ?? 0, this.#lagMaxMs);
  }

  /** From the namespace that knows the most of its life; from the oldest view when it was on its way between two. */
  #pastOrder(past: PastViews, account: AccountState, clientOrderId: string, fate: ReadFate): OrderRecord | null {
    const at = (surface: ReadSurface): OrderRecord | null => past.orderAt(account, clientOrderId, this.#viewOf(surface, fate));
    const closed = at('history');
    if (closed !== null && closed.status !== 'open') return closed;
    const live = at('orders');
    if (live !== null && isLive(live)) return live;
    const waiting = at('conditional-orders');
    if (waiting !== null && isWaiting(waiting)) return waiting;
    const oldest = Math.min(this.#viewOf('history', fate), this.#viewOf('orders', fate), this.#viewOf('conditional-orders', fate));
    return past.orderAt(account, clientOrderId, oldest);
  }

  #pastSnapshot(past: PastViews, account: AccountState, now: AccountSnapshot, fate: ReadFate): AccountSnapshot {
    const ordersAt = this.#viewOf('orders', fate);
    const conditionalAt = this.#viewOf('conditional-orders', fate);
    const openOrders = past.idsWithinReach(account).flatMap((id) => {
      const live = past.orderAt(account, id, ordersAt);
      const waiting = past.orderAt(account, id, conditionalAt);
      if (live !== null && isLive(live)) return [live];
      if (waiting !== null && isWaiting(waiting)) return [waiting];
      const isBetween = live?.status === 'open' && waiting?.status === 'open';
      return isBetween ? [ordersAt < conditionalAt ? live : waiting] : [];
    });
    const { positions, balance } = past.accountAt(account, this.#viewOf('positions', fate));
    return { ...now, openOrders, positions, balance };
  }
}

function isLive(order: OrderRecord): boolean {
  return order.status === 'open' && !isUntriggered(order);
}

function isWaiting(order: OrderRecord): boolean {
  return order.status === 'open' && isUntriggered(order);
}

/** The snapshot without its newest rows where some are missing. */
function withoutMissing(snapshot: AccountSnapshot, { missing }: ReadFate): AccountSnapshot {
  const rows = SURFACES.fetchSnapshot.filter((surface) => missing?.[surface] !== undefined);
  if (missing === undefined || rows.length === 0) return snapshot;
  const cut = <T>(list: readonly T[], surface: ReadSurface): readonly T[] => list.slice(0, Math.max(0, list.length - (missing[surface] ?? 0)));
  const kept = new Set([...cut(snapshot.openOrders.filter(isLive), 'orders'), ...cut(snapshot.openOrders.filter(isWaiting), 'conditional-orders')]);
  return { ...snapshot, complete: false, positions: cut(snapshot.positions, 'positions'), openOrders: snapshot.openOrders.filter((order) => kept.has(order)) };
}

/** The entries at or after `since` of a list in time order. */
function takeSince<T extends { readonly at: number }>(list: readonly T[], since: number): readonly T[] {
  let start = list.length;
  while (start > 0 && (list[start - 1]?.at ?? -Infinity) >= since) start -= 1;
  return list.slice(start);
}
