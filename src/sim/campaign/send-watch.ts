/**
 * Stands between the bot and the exchange and judges each request at the moment it is sent: I9 (nothing that opens is sent on an old or
 * partial view), I11 (nothing is sent during a pause the exchange asked for), I16 (only the one writer sends), I17 (nothing that opens
 * after a halt or flatten was taken).
 */
import type { Exchange, OrderRecord, OrderRequest, WriteOutcome } from '../../ports/exchange.ts';
import type { Auditor } from '../auditor/auditor.ts';
import { finding } from '../auditor/violation.ts';

/** Where events may be lost, the view something is opened on is no older than this, ms: the engine's own limit and the time of a pass. */
const VIEW_MS = 60_000;
/** A pass that was under way when something was heard ends within this, ms. */
const PASS_MS = 2_000;

export interface WatchedWorld {
  readonly exchange: Exchange;
  readonly auditor: Auditor;
  readonly now: number;
}

export class SendWatch {
  readonly #world: WatchedWorld;
  readonly #isLossy: boolean;
  /** When the newest complete snapshot of an account began. */
  readonly #viewedAt = new Map<string, number>();
  /** Exchange time of the newest price the bot has heard, and when it heard it: how long it was on its way the bot cannot know. */
  #priceAt = -Infinity;
  #priceHeardAt = -Infinity;
  /** When the bot was last told that events may have been missed. */
  #gapAt = -Infinity;
  /** The exchange has asked for a pause until then. */
  #pausedUntil = -Infinity;
  /** The plan was told to stop and has not been told to go on. */
  isLatched = false;

  constructor(world: WatchedWorld, isLossy: boolean) {
    this.#world = world;
    this.#isLossy = isLossy;
  }

  /** The exchange for a process that has just started: what it has seen begins now, and it knows of no pause. `isWriter`: no other process has taken over. */
  portOf(isWriter: () => boolean): Exchange {
    const { exchange, auditor } = this.#world;
    this.#viewedAt.clear();
    this.#gapAt = -Infinity;
    this.#pausedUntil = -Infinity;
    const send = (clientOrderId: string, make: () => Promise<WriteOutcome<OrderRecord>>): Promise<WriteOutcome<OrderRecord>> => {
      if (!isWriter()) auditor.report(finding('I16', 'a process that had been replaced sent a request', { clientOrderId }));
      return this.#heeding(clientOrderId, make);
    };
    return {
      capabilities: exchange.capabilities,
      fetchInstrument: (...args) => exchange.fetchInstrument(...args),
      fetchPrice: async (...args) => {
        const price = await exchange.fetchPrice(...args);
        if (price !== null) this.#hearPrice(price.at);
        return price;
      },
      fetchCandles: (...args) => exchange.fetchCandles(...args),
      fetchSettings: (...args) => exchange.fetchSettings(...args),
      placeOrder: (request) => {
        this.#judge(request);
        return send(request.clientOrderId, () => exchange.placeOrder(request));
      },
      amendOrder: (request) => send(request.clientOrderId, () => exchange.amendOrder(request)),
      cancelOrder: (request) => send(request.clientOrderId, () => exchange.cancelOrder(request)),
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
          if (event.type === 'price') this.#hearPrice(event.at);
          if (event.type === 'gap') this.#gapAt = this.#world.now;
          listener(event);
        }),
    };
  }

  /** Every account the process knows has been read completely, by a reading that began then or later. */
  hasReadSince(at: number): boolean {
    return [...this.#viewedAt.values()].every((viewedAt) => viewedAt >= at);
  }

  /** I11: nothing is sent during a pause that the exchange has asked for. */
  async #heeding(clientOrderId: string, send: () => Promise<WriteOutcome<OrderRecord>>): Promise<WriteOutcome<OrderRecord>> {
    const { auditor } = this.#world;
    const leftMs = this.#pausedUntil - this.#world.now;
    if (leftMs > 0) auditor.report(finding('I11', 'a request was sent during a pause that the exchange had asked for', { clientOrderId, leftMs }));
    const outcome = await send();
    if (outcome.type === 'refused' && outcome.retryAfterMs !== undefined) this.#pausedUntil = Math.max(this.#pausedUntil, this.#world.now + outcome.retryAfterMs);
    return outcome;
  }

  #hearPrice(at: number): void {
    if (at <= this.#priceAt) return;
    this.#priceAt = at;
    this.#priceHeardAt = this.#world.now;
  }

  #judge(request: OrderRequest): void {
    const { auditor, now } = this.#world;
    if (!auditor.opensSomething(request.clientOrderId)) return;
    const facts = { clientOrderId: request.clientOrderId, side: request.side, amount: request.amount, triggerPrice: request.triggerPrice };
    if (this.isLatched) auditor.report(finding('I17', 'an order that opens was sent after the plan had been told to stop', facts));
    const viewedAt = this.#viewedAt.get(request.account);
    if (viewedAt === undefined) auditor.report(finding('I9', 'an order that opens was sent before the account had been read completely since the start', facts));
    else if (viewedAt < this.#gapAt && now - this.#gapAt > PASS_MS) auditor.report(finding('I9', 'an order that opens was sent although events may have been missed since the account was read', facts));
    if (!this.#isLossy) return;
    const viewAgeMs = now - (viewedAt ?? -Infinity);
    if (viewAgeMs > VIEW_MS) auditor.report(finding('I9', 'an order that opens was sent on an old view of the account', { ...facts, viewAgeMs }));
    const priceAgeMs = now - this.#priceHeardAt;
    if (priceAgeMs > VIEW_MS) auditor.report(finding('I9', 'an order that opens was sent on an old price', { ...facts, priceAgeMs }));
  }
}
