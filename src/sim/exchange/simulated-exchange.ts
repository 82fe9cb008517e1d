/**
 * A perpetual-futures exchange in memory: deterministic, exact, driven by ticks in virtual time (I22).
 *
 * One operation runs at a time: a tick, or a request that arrives. When it is over its delta is published, then its events, to
 * subscribers in order; requests sent from inside a listener arrive after that. A tick does, in this order: everything due before
 * or at its time; new prices and the `price` event; funding; orders (matching.ts); liquidation (liquidation.ts).
 */
import type { Candle } from '../../domain/candle.ts';
import { dec } from '../../domain/decimal.ts';
import { HedgerowError } from '../../domain/errors.ts';
import { invariant } from '../../domain/invariant.ts';
import type { Instrument } from '../../domain/strategy.ts';
import type { Clock } from '../../ports/clock.ts';
import type {
  AccountSettings,
  AccountSnapshot,
  AmendRequest,
  CancelRequest,
  Exchange,
  ExchangeCapabilities,
  ExchangeEvent,
  OrderRecord,
  OrderRequest,
  TradeRecord,
  WriteOutcome,
} from '../../ports/exchange.ts';
import type { Tick } from '../../ports/price-feed.ts';
import { addMissingAccount, changeSymbolSettings } from './accounts.ts';
import { Book } from './book.ts';
import type { Delivery, DeliveryPolicy, RequestInfo, SimulatedAccount, SimulatedExchangeConfig, SymbolSettings } from './config.ts';
import { DEFAULT_CAPABILITIES, DEFAULT_RETAIN } from './config.ts';
import type { BookDelta } from './delta.ts';
import { settleFunding } from './funding.ts';
import { LiquidationWatch } from './liquidation-watch.ts';
import { compileMarket } from './market.ts';
import { matchTick } from './matching.ts';
import type { MatchingRules } from './matching.ts';
import type { OrderRules } from './order-rules.ts';
import { accountSnapshot } from './reads.ts';
import { RequestLine } from './request-line.ts';
import { foldDelta, snapshotOf } from './restore.ts';
import { groundTruth } from './truth.ts';
import type { GroundTruth } from './truth.ts';
import { amend, cancel, place } from './writes.ts';

type Price = { readonly last: string; readonly mark: string; readonly index: string; readonly at: number };

export class SimulatedExchange implements Exchange, Clock {
  readonly capabilities: ExchangeCapabilities;
  readonly #book: Book;
  readonly #orderRules: OrderRules;
  readonly #matchingRules: MatchingRules;
  readonly #liquidationWatch: LiquidationWatch;
  readonly #deliver: DeliveryPolicy;
  readonly #line = new RequestLine();
  readonly #listeners = new Set<(event: ExchangeEvent) => void>();
  readonly #deltaListeners = new Set<(delta: BookDelta) => void>();
  readonly #backlog: (() => void)[] = [];
  #isBusy = false;
  #sent = 0;

  constructor(config: SimulatedExchangeConfig) {
    const { keepHistory = true, retain = DEFAULT_RETAIN, marginChecks = true, liquidation = true, fillPrice = 'gap' } = config;
    this.capabilities = Object.freeze({ ...DEFAULT_CAPABILITIES, ...config.capabilities });
    this.#book = new Book(config.markets.map(compileMarket), { keepHistory, retain, liquidates: liquidation }, config.startAt ?? 0);
    this.#orderRules = { capabilities: this.capabilities, marginChecks };
    this.#matchingRules = { fillPrice, marginChecks };
    this.#liquidationWatch = new LiquidationWatch(this.#book);
    const { requestMs = 0, responseMs = 0 } = config.latency ?? {};
    this.#deliver = config.deliver ?? (() => ({ requestMs, responseMs, applied: 1, answer: null }));
    for (const state of this.#book.markets.values()) {
      for (const timeframeMs of config.candleTimeframesMs ?? []) this.#book.keepCandles(state, timeframeMs, []);
    }
    for (const account of config.accounts) addMissingAccount(this.#book, account);
  }

  /** The exchange these deltas came from, ready to go on. */
  static restore(config: SimulatedExchangeConfig, deltas: Iterable<BookDelta>): SimulatedExchange {
    const exchange = new SimulatedExchange(config);
    for (const delta of deltas) foldDelta(exchange.#book, delta);
    return exchange;
  }

  // --- driving -----------------------------------------------------------------------------------------------------------------

  /** Virtual time, ms. */
  now(): number {
    return this.#book.now;
  }

  /** When the earliest request or answer under way is due; null when none is. */
  nextDueAt(): number | null {
    return this.#line.nextDueAt();
  }

  /** Moves virtual time to `at` and lets everything due until then happen. What awaits answers runs only after the caller yields. */
  advanceTo(at: number): void {
    invariant(at >= this.#book.now, 'I24 virtual time does not go back', { now: this.#book.now, at });
    for (let due = this.#line.takeDue(at); due !== null; due = this.#line.takeDue(at)) {
      this.#book.now = due.at;
      this.#enter(due.run);
    }
    this.#book.now = at;
  }

  /** Moves virtual time to the tick, then the market. Throws INVARIANT_BROKEN for a tick of the past or of an unknown symbol. */
  tick(tick: Tick): void {
    this.advanceTo(tick.at);
    this.#enter(() => this.#applyTick(tick));
  }

  /** The time of the last tick of any symbol, null before the first: where a feed goes on after a restart. */
  lastTickAt(): number | null {
    let at: number | null = null;
    for (const { quote } of this.#book.markets.values()) if (quote !== null && (at === null || quote.at > at)) at = quote.at;
    return at;
  }

  #applyTick(tick: Tick): void {
    const book = this.#book;
    const state = book.marketOf(tick.symbol);
    book.tickNumber += 1;
    book.movePrice(state, tick);
    const { quote, watch } = state;
    if (tick.fundingRate !== undefined) settleFunding(book, state, tick.fundingRate);
    if (state.halted || quote === null) return;
    if (watch.isStale) watch.rebuild(state.open);
    const mark = Number(tick.mark);
    if (!watch.canMiss(Number(tick.last), mark, Number(tick.index))) matchTick(book, state, quote, this.#matchingRules);
    if (book.options.liquidates) this.#liquidationWatch.check(tick.symbol, mark);
  }

  // --- what happens from outside -----------------------------------------------------------------------------------------------

  /** Creates the account with its deposit; one that exists keeps its money and gets only settings of symbols it has none for. */
  ensureAccount(account: SimulatedAccount): void {
    this.#enter(() => addMissingAccount(this.#book, account));
  }

  /** Puts money in, or takes it out when negative. */
  deposit(account: string, amount: string): void {
    this.#enter(() => this.#book.addCash(this.#book.account(account), 'deposits', dec(amount)));
  }

  /** Changes leverage or, while the symbol is flat, margin mode. */
  changeSettings(account: string, symbol: string, settings: Partial<SymbolSettings>): void {
    this.#enter(() => changeSymbolSettings(this.#book, this.#book.account(account), symbol, settings));
  }

  /** Keeps bars of a timeframe from now on, after `history` (closed ones, oldest first); nothing changes when it is kept already. */
  keepCandles(symbol: string, timeframeMs: number, history: readonly Candle[] = []): void {
    this.#enter(() => this.#book.keepCandles(this.#book.marketOf(symbol), timeframeMs, history));
  }

  /** Halts trading on a symbol: prices go on, nothing is accepted but cancellations, nothing fires, fills or is liquidated. */
  halt(symbol: string, halted: boolean): void {
    this.#enter(() => this.#book.halt(this.#book.marketOf(symbol), halted));
  }

  /** The ground truth, for auditors only. */
  truth(): GroundTruth {
    return groundTruth(this.#book);
  }

  /** State changes, one per operation, published before that operation's events. Start with `snapshot()` to miss nothing. */
  onDelta(listener: (delta: BookDelta) => void): () => void {
    this.#deltaListeners.add(listener);
    this.#book.recordsChanges = true;
    return () => {
      this.#deltaListeners.delete(listener);
      this.#book.recordsChanges = this.#deltaListeners.size > 0;
    };
  }

  /** One delta that says everything. */
  snapshot(): BookDelta {
    return snapshotOf(this.#book);
  }

  // --- the port ----------------------------------------------------------------------------------------------------------------

  subscribe(listener: (event: ExchangeEvent) => void): () => void {
    this.#listeners.add(listener);
    this.#book.recordsEvents = true;
    return () => {
      this.#listeners.delete(listener);
      this.#book.recordsEvents = this.#listeners.size > 0;
    };
  }

  placeOrder(request: OrderRequest): Promise<WriteOutcome<OrderRecord>> {
    const frozen = Object.freeze({ ...request });
    return this.#write('place', 'placeOrder', request.account, () => place(this.#book, frozen, this.#orderRules));
  }

  amendOrder(request: AmendRequest): Promise<WriteOutcome<OrderRecord>> {
    const frozen = Object.freeze({ ...request });
    return this.#write('amend', 'amendOrder', request.account, () => amend(this.#book, frozen, this.#orderRules));
  }

  cancelOrder(request: CancelRequest): Promise<WriteOutcome<OrderRecord>> {
    const frozen = Object.freeze({ ...request });
    return this.#write('cancel', 'cancelOrder', request.account, () => cancel(this.#book, frozen));
  }

  /** Rejects with INPUT_INVALID for a symbol the exchange does not have. */
  fetchInstrument(symbol: string): Promise<Instrument> {
    return this.#read('fetchInstrument', null, () => {
      const state = this.#book.markets.get(symbol);
      if (state === undefined) throw new HedgerowError('INPUT_INVALID', `the simulated exchange has no market ${symbol}`);
      return state.market.instrument;
    });
  }

  fetchPrice(symbol: string): Promise<Price | null> {
    return this.#read('fetchPrice', null, () => {
      const quote = this.#book.markets.get(symbol)?.quote ?? null;
      return quote === null ? null : { last: quote.last, mark: quote.mark, index: quote.index, at: quote.at };
    });
  }

  /** Rejects with INPUT_INVALID for a timeframe the exchange was not asked to keep. */
  fetchCandles(symbol: string, timeframeMs: number, limit: number): Promise<readonly Candle[]> {
    return this.#read('fetchCandles', null, () => {
      const tape = this.#book.markets.get(symbol)?.candles.get(timeframeMs);
      if (tape === undefined) throw new HedgerowError('INPUT_INVALID', `the simulated exchange keeps no candles of ${timeframeMs} ms for ${symbol}`);
      return tape.closedBars(this.#book.now, limit);
    });
  }

  fetchSettings(account: string, symbol: string): Promise<AccountSettings> {
    return this.#read('fetchSettings', account, () => {
      const state = this.#book.account(account);
      return { positionMode: state.positionMode, ...this.#book.settings(state, symbol) };
    });
  }

  fetchOrder(account: string, symbol: string, clientOrderId: string): Promise<OrderRecord | null> {
    return this.#read('fetchOrder', account, () => {
      const record = this.#book.findOrder(this.#book.account(account), clientOrderId)?.record;
      return record === undefined || record.symbol !== symbol ? null : record;
    });
  }

  fetchTrades(account: string, symbol: string, since: number): Promise<readonly TradeRecord[]> {
    return this.#read('fetchTrades', account, () => takeSince(this.#book.account(account).trades, since).filter((trade) => trade.symbol === symbol));
  }

  fetchSnapshot(account: string): Promise<AccountSnapshot> {
    const startedAt = this.#book.now;
    return this.#read('fetchSnapshot', account, (endedAt) => accountSnapshot(this.#book, this.#book.account(account), startedAt, endedAt));
  }

  fetchAccountEvents(account: string, since: number): Promise<readonly ExchangeEvent[]> {
    return this.#read('fetchAccountEvents', account, () => takeSince(this.#book.account(account).events, since));
  }

  // --- requests under way ------------------------------------------------------------------------------------------------------

  #write(kind: RequestInfo['kind'], method: string, account: string, carryOut: () => WriteOutcome<OrderRecord>): Promise<WriteOutcome<OrderRecord>> {
    this.#book.account(account);
    const delivery = this.#delivery(kind, method, account);
    return this.#send(delivery, () => {
      let outcome: WriteOutcome<OrderRecord> = { type: 'unknown', message: 'no answer' };
      for (let time = 0; time < delivery.applied; time += 1) outcome = carryOut();
      return delivery.answer ?? outcome;
    });
  }

  #read<T>(method: string, account: string | null, look: (endedAt: number) => T): Promise<T> {
    const delivery = this.#delivery('read', method, account);
    return this.#send(delivery, () => look(this.#book.now + delivery.responseMs));
  }

  #delivery(kind: RequestInfo['kind'], method: string, account: string | null): Delivery {
    this.#sent += 1;
    return this.#deliver({ sequence: this.#sent, kind, method, account, sentAt: this.#book.now });
  }

  #send<T>(delivery: Delivery, arrive: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      const answer = (settle: () => void): void => {
        if (delivery.responseMs === 0) settle();
        else this.#line.schedule(this.#book.now + delivery.responseMs, settle);
      };
      const run = (): void => {
        try {
          const value = arrive();
          answer(() => resolve(value));
        } catch (error) {
          answer(() => reject(error));
        }
      };
      if (delivery.requestMs === 0) this.#enter(run);
      else this.#line.schedule(this.#book.now + delivery.requestMs, run);
    });
  }

  /** Runs one operation and publishes it; from inside an operation or a listener, after the running one. */
  #enter(operation: () => void): void {
    this.#backlog.push(operation);
    if (this.#isBusy) return;
    this.#isBusy = true;
    try {
      for (let next = this.#backlog.shift(); next !== undefined; next = this.#backlog.shift()) {
        next();
        this.#publish();
      }
    } finally {
      this.#isBusy = false;
    }
  }

  #publish(): void {
    const delta = this.#book.recordsChanges ? this.#book.takeDelta() : null;
    if (delta !== null) for (const listener of this.#deltaListeners) listener(delta);
    const events = this.#book.takeEvents();
    if (events.length > 0) this.#tellAll(events);
  }

  /** Every listener hears every event; the first one's error is thrown when all have. */
  #tellAll(events: readonly ExchangeEvent[]): void {
    const errors: unknown[] = [];
    for (const event of events) {
      for (const listener of this.#listeners) {
        try {
          listener(event);
        } catch (error) {
          errors.push(error);
        }
      }
    }
    if (errors.length > 0) throw errors[0];
  }
}

/** The entries at or after `since` of a list in time order. */
function takeSince<T extends { readonly at: number }>(list: readonly T[], since: number): readonly T[] {
  let start = list.length;
  while (start > 0 && (list[start - 1]?.at ?? -Infinity) >= since) start -= 1;
  return list.slice(start);
}
