/**
 * Stands between the bot and the exchange and judges each request at the moment it is sent: I9 (nothing that opens is sent on an old or
 * partial view), I16 (only the one writer sends), I17 (nothing that opens after a halt or flatten was taken).
 */
import type { Exchange, OrderRequest } from '../../ports/exchange.ts';
import type { Auditor } from '../auditor/auditor.ts';
import { finding } from '../auditor/violation.ts';

/** Where events may be lost, the view something is opened on is no older than this, ms: the engine's own limit and the time of a pass. */
const VIEW_MS = 60_000;

export interface WatchedWorld {
  readonly exchange: Exchange;
  readonly auditor: Auditor;
  readonly now: number;
}

export class SendWatch {
  readonly port: Exchange;
  readonly #world: WatchedWorld;
  readonly #isLossy: boolean;
  /** When the newest complete snapshot of an account began. */
  readonly #viewedAt = new Map<string, number>();
  #priceAt = -Infinity;
  /** The plan was told to stop and has not been told to go on. */
  isLatched = false;

  constructor(world: WatchedWorld, isLossy: boolean) {
    this.#world = world;
    this.#isLossy = isLossy;
    const { exchange } = world;
    this.port = {
      capabilities: exchange.capabilities,
      fetchInstrument: (...args) => exchange.fetchInstrument(...args),
      fetchPrice: async (...args) => {
        const price = await exchange.fetchPrice(...args);
        if (price !== null) this.#priceAt = Math.max(this.#priceAt, price.at);
        return price;
      },
      fetchCandles: (...args) => exchange.fetchCandles(...args),
      fetchSettings: (...args) => exchange.fetchSettings(...args),
      placeOrder: (request) => {
        this.#judge(request);
        return exchange.placeOrder(request);
      },
      amendOrder: (request) => exchange.amendOrder(request),
      cancelOrder: (request) => exchange.cancelOrder(request),
      fetchOrder: (...args) => exchange.fetchOrder(...args),
      fetchTrades: (...args) => exchange.fetchTrades(...args),
      fetchSnapshot: async (account) => {
        const snapshot = await exchange.fetchSnapshot(account);
        if (snapshot.complete) this.#viewedAt.set(account, Math.max(this.#viewedAt.get(account) ?? -Infinity, snapshot.startedAt));
        return snapshot;
      },
      fetchAccountEvents: (...args) => exchange.fetchAccountEvents(...args),
      subscribe: (listener) =>
        exchange.subscribe((event) => {
          if (event.type === 'price') this.#priceAt = Math.max(this.#priceAt, event.at);
          listener(event);
        }),
    };
  }

  #judge(request: OrderRequest): void {
    const { auditor, now } = this.#world;
    if (!auditor.opensSomething(request.clientOrderId)) return;
    const facts = { clientOrderId: request.clientOrderId, side: request.side, amount: request.amount, triggerPrice: request.triggerPrice };
    if (this.isLatched) auditor.report(finding('I17', 'an order that opens was sent after the plan had been told to stop', facts));
    if (!this.#isLossy) return;
    const viewAgeMs = now - (this.#viewedAt.get(request.account) ?? -Infinity);
    if (viewAgeMs > VIEW_MS) auditor.report(finding('I9', 'an order that opens was sent on an old view of the account', { ...facts, viewAgeMs }));
    const priceAgeMs = now - this.#priceAt;
    if (priceAgeMs > VIEW_MS) auditor.report(finding('I9', 'an order that opens was sent on an old price', { ...facts, priceAgeMs }));
  }
}
