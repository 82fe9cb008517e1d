/**
 * A perpetual-futures exchange in memory: deterministic, exact, driven by ticks in virtual time (I22). What can go wrong with it is
 * data of the configuration (faults.ts); what others and the exchange itself do to an account is `others` and `acts`.
 *
 * One operation runs at a time: a tick, or a request that arrives. When it is over its delta is published, then its events, to
 * subscribers in order; requests sent from inside a listener arrive after that. A tick does, in this order: everything due before
 * or at its time; new prices and the `price` event; funding; orders (matching.ts); liquidation (liquidation.ts).
 */
import type { Candle } from '../../domain/candle.ts';
import { dec } from '../../domain/decimal.ts';
import type { DecimalString } from '../../domain/decimal.ts';
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
import type { DeliveryPolicy, RequestInfo, SimulatedAccount, SimulatedExchangeConfig, SymbolSettings } from './config.ts';
import { DEFAULT_CAPABILITIES, DEFAULT_RETAIN } from './config.ts';
import type { BookDelta } from './delta.ts';
import { ExchangeActs, cancelAll } from './exchange-acts.ts';
import type { Incident, ReadFate, WriteKind } from './faults.ts';
import { settleFunding } from './funding.ts';
import { Incidents } from './incidents.ts';
import { LiquidationWatch } from './liquidation-watch.ts';
import { compileMarket } from './market.ts';
import { matchTick } from './matching.ts';
import type { MatchingRules } from './matching.ts';
import { Network } from './network.ts';
import type { OrderRules } from './order-rules.ts';
import { OtherActors } from './other-actors.ts';
import { quietPricesOf } from './quiet-prices.ts';
import type { QuietPrices } from './quiet-prices.ts';
import { ReadDesk } from './read-desk.ts';
import type { ReadMethod } from './read-desk.ts';
import { RequestLine } from './request-line.ts';
import { foldDelta, snapshotOf } from './restore.ts';
import { StreamLine } from './stream-line.ts';
import { groundTruth, trueAccount } from './truth.ts';
import type { GroundTruth, TrueAccount } from './truth.ts';
import { amend, cancel, place, turnAway } from './writes.ts';

type Outcome = WriteOutcome<OrderRecord>;
type Price = { readonly last: string; readonly mark: string; readonly index: string; readonly at: number };

/** Raw code of a request that arrived after its deadline. No client knows it: what is not whitelisted is unknown (I18). */
export const REQUEST_EXPIRED = 'REQUEST_EXPIRED';

export class SimulatedExchange implements Exchange, Clock {
  readonly capabilities: ExchangeCapabilities;
  readonly #book: Book;
  readonly #orderRules: OrderRules;
  readonly #matchingRules: MatchingRules;
  readonly #liquidationWatch: LiquidationWatch;
  readonly #bars: SimulatedExchangeConfig['bars'] | null;
  readonly #deliver: DeliveryPolicy;
  readonly #honoursDeadline: boolean;
  readonly #line = new RequestLine();
  readonly #incidents = new Incidents();
  readonly #network: Network;
  readonly #stream: StreamLine;
  readonly #desk: ReadDesk;
  /** What everybody else does to the accounts. */
  readonly others: OtherActors;
  /** What the exchange does on its own. */
  readonly acts: ExchangeActs;
  readonly #listeners = new Set<(event: ExchangeEvent) => void>();
  readonly #deltaListeners = new Set<(delta: BookDelta) => void>();
  readonly #backlog: (() => void)[] = [];
  #isBusy = false;
  #sent = 0;

  constructor(config: SimulatedExchangeConfig) {
    const { keepHistory = true, retain = DEFAULT_RETAIN, marginChecks = true, liquidation = true, fillPrice = 'gap', takerDistance = null, tieBreak = null } = config;
    this.capabilities = Object.freeze({ ...DEFAULT_CAPABILITIES, ...config.capabilities });
    this.#book = new Book(config.markets.map(compileMarket), { keepHistory, retain, liquidates: liquidation, execution: config.execution ?? null, takerDistance }, config.startAt ?? 0, config.idsAfter ?? 0);
    this.#orderRules = { capabilities: this.capabilities, marginChecks, anyClientOrderId: config.anyClientOrderId ?? false };
    this.#matchingRules = { fillPrice, marginChecks, tieBreak };
    this.#bars = config.bars ?? null;
    this.#liquidationWatch = new LiquidationWatch(this.#book);
    const { requestMs = 0, responseMs = 0 } = config.latency ?? {};
    this.#deliver = config.deliver ?? (() => ({ requestMs, responseMs, applied: 1, answer: null }));
    for (const state of this.#book.markets.values()) {
      for (const timeframeMs of config.candleTimeframesMs ?? []) this.#book.keepCandles(state, timeframeMs, []);
    }
    for (const account of config.accounts) addMissingAccount(this.#book, account);
    const run = (operation: () => void): void => this.#enter(operation);
    const now = (): number => this.#book.now;
    const later = (delayMs: number, act: () => void): void => this.#line.schedule(now() + delayMs, act);
    this.#honoursDeadline = config.honoursDeadline ?? true;
    this.#network = new Network({ line: this.#line, now, run, heldUntil: () => this.#incidents.heldUntil(now()) });
    this.#stream = new StreamLine({ policy: config.stream ?? null, incidents: this.#incidents, tell: (events) => this.#tellAll(events), later });
    this.#desk = new ReadDesk(this.#book, this.#incidents, this.capabilities.readLagMs);
    this.#book.recordsChanges = this.#desk.past !== null;
    this.others = new OtherActors(this.#book, this.#orderRules, run);
    this.acts = new ExchangeActs(this.#book, run);
    for (const incident of config.incidents ?? []) this.beginIncident(incident);
  }

  /** The exchange these deltas came from, ready to go on. */
  static restore(config: SimulatedExchangeConfig, deltas: Iterable<BookDelta>): SimulatedExchange {
    const exchange = new SimulatedExchange(config);
    for (const delta of deltas) {
      foldDelta(exchange.#book, delta);
      exchange.#desk.past?.note(delta);
    }
    return exchange;
  }

  // --- driving -----------------------------------------------------------------------------------------------------------------

  /** Virtual time, ms. */
  now(): number {
    return this.#book.now;
  }

  /** Virtual time does not step. */
  elapsed(): number {
    return this.#book.now;
  }

  /** When the next thing under way is due: a request, an answer, a late event, the end of an incident; null when nothing is. */
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

  /**
   * Moves virtual time to the tick, then the market. `settlements`: funding rates that came due before it, settled one after the other
   * before the tick's own. Throws INVARIANT_BROKEN for a tick of the past or of an unknown symbol.
   */
  tick(tick: Tick, settlements: readonly DecimalString[] = []): void {
    this.advanceTo(tick.at);
    this.#enter(() => this.#applyTick(tick, settlements));
  }

  /** What the next tick of a symbol can do nothing at. */
  quietPrices(symbol: string): QuietPrices {
    return quietPricesOf(this.#book, this.#book.marketOf(symbol), this.#liquidationWatch.band(symbol));
  }

  /** The time of the last tick of any symbol, null before the first: where a feed goes on after a restart. */
  lastTickAt(): number | null {
    let at: number | null = null;
    for (const { quote } of this.#book.markets.values()) if (quote !== null && (at === null || quote.at > at)) at = quote.at;
    return at;
  }

  /** Of each symbol with ticks at that time, the newest there is, how many. */
  ticksAt(at: number): ReadonlyMap<string, number> {
    const ticks = new Map<string, number>();
    for (const { market, quote } of this.#book.markets.values()) if (quote?.at === at) ticks.set(market.symbol, quote.nth);
    return ticks;
  }

  #applyTick(tick: Tick, settlements: readonly DecimalString[]): void {
    const book = this.#book;
    const state = book.marketOf(tick.symbol);
    book.tickNumber += 1;
    if (!this.#incidents.isEmpty) this.#incidents.beforePrice(state, book.now);
    book.movePrice(state, tick);
    const { quote, watch } = state;
    for (const rate of settlements) settleFunding(book, state, rate);
    if (tick.fundingRate !== undefined) settleFunding(book, state, tick.fundingRate);
    if (state.halted || quote === null || (!this.#incidents.isEmpty && this.#incidents.stopsExecution(book.now))) return;
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

  /** Puts money in, or takes it out when negative, as part of the set-up: no event tells of it. See `others.transfer`. */
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

  /** See `acts.halt`. */
  halt(symbol: string, halted: boolean): void {
    this.acts.halt(symbol, halted);
  }

  /** Makes an incident known before or while it lasts. A restart of the exchange knows only those of its configuration. */
  beginIncident(incident: Incident): void {
    for (const end of this.#incidents.add(incident, this.#book.now)) {
      this.#line.schedule(end.at, () => {
        if (end.cancelsAll !== null) cancelAll(this.#book, end.cancelsAll);
        if (end.gapSince !== null) this.#book.emit({ type: 'gap', since: end.gapSince, at: this.#book.now });
      });
    }
  }

  /** The ground truth, for auditors only. */
  truth(): GroundTruth {
    return groundTruth(this.#book);
  }

  /** The ground truth of one account. */
  accountTruth(account: string): TrueAccount {
    return trueAccount(this.#book, this.#book.account(account));
  }

  /** State changes, one per operation, published before that operation's events. Start with `snapshot()` to miss nothing. */
  onDelta(listener: (delta: BookDelta) => void): () => void {
    this.#deltaListeners.add(listener);
    this.#book.recordsChanges = true;
    return () => {
      this.#deltaListeners.delete(listener);
      this.#book.recordsChanges = this.#deltaListeners.size > 0 || this.#desk.past !== null;
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

  placeOrder(request: OrderRequest): Promise<Outcome> {
    return this.#write('place', 'placeOrder', Object.freeze({ ...request }), (frozen) => place(this.#book, frozen, this.#orderRules));
  }

  amendOrder(request: AmendRequest): Promise<Outcome> {
    return this.#write('amend', 'amendOrder', Object.freeze({ ...request }), (frozen) => amend(this.#book, frozen, this.#orderRules));
  }

  cancelOrder(request: CancelRequest): Promise<Outcome> {
    return this.#write('cancel', 'cancelOrder', Object.freeze({ ...request }), (frozen) => cancel(this.#book, frozen));
  }

  /** Rejects with INPUT_INVALID for a symbol the exchange does not have. */
  fetchInstrument(symbol: string): Promise<Instrument> {
    return this.#read('fetchInstrument', null, null, () => {
      const state = this.#book.markets.get(symbol);
      if (state === undefined) throw new HedgerowError('INPUT_INVALID', `the simulated exchange has no market ${symbol}`);
      return state.market.instrument;
    });
  }

  fetchPrice(symbol: string): Promise<Price | null> {
    return this.#read('fetchPrice', null, null, (fate) => {
      const price = this.#desk.price(symbol, fate);
      return price === null ? null : { last: price.last, mark: price.mark, index: price.index, at: price.at };
    });
  }

  /** Rejects with INPUT_INVALID for a timeframe the exchange was not asked to keep. */
  fetchCandles(symbol: string, timeframeMs: number, limit: number): Promise<readonly Candle[]> {
    return this.#read('fetchCandles', null, null, () => {
      if (this.#bars !== null && this.#bars !== undefined) return this.#bars(symbol, timeframeMs, this.#book.now, limit);
      const tape = this.#book.markets.get(symbol)?.candles.get(timeframeMs);
      if (tape === undefined) throw new HedgerowError('INPUT_INVALID', `the simulated exchange keeps no candles of ${timeframeMs} ms for ${symbol}`);
      return tape.closedBars(this.#book.now, limit);
    });
  }

  fetchSettings(account: string, symbol: string): Promise<AccountSettings> {
    return this.#read('fetchSettings', account, null, () => {
      const state = this.#book.account(account);
      return { positionMode: state.positionMode, ...this.#book.settings(state, symbol) };
    });
  }

  fetchOrder(account: string, symbol: string, clientOrderId: string): Promise<OrderRecord | null> {
    return this.#read('fetchOrder', account, clientOrderId, (fate) => this.#desk.order(account, symbol, clientOrderId, fate));
  }

  fetchTrades(account: string, symbol: string, since: number): Promise<readonly TradeRecord[]> {
    return this.#read('fetchTrades', account, null, (fate) => this.#desk.trades(account, symbol, since, fate));
  }

  fetchSnapshot(account: string): Promise<AccountSnapshot> {
    const startedAt = this.#book.now;
    return this.#read('fetchSnapshot', account, null, (fate, endedAt) => this.#desk.snapshot(account, startedAt, endedAt, fate));
  }

  fetchAccountEvents(account: string, since: number): Promise<readonly ExchangeEvent[]> {
    return this.#read('fetchAccountEvents', account, null, (fate) => this.#desk.events(account, since, fate));
  }

  // --- requests under way ------------------------------------------------------------------------------------------------------

  #write<R extends CancelRequest>(kind: WriteKind, method: string, request: R, carryOut: (request: R) => Outcome): Promise<Outcome> {
    this.#book.account(request.account);
    const sentAt = this.#book.now;
    const delivery = this.#deliver(this.#requestInfo(kind, method, request.account, request.clientOrderId));
    return this.#network.write(delivery, () => this.#receive(kind, request, sentAt, carryOut));
  }

  /** A write arrives: too late, at an exchange that takes none, or to be carried out. */
  #receive<R extends CancelRequest>(kind: WriteKind, request: R, sentAt: number, carryOut: (request: R) => Outcome): Outcome {
    const book = this.#book;
    const { requestDeadlineMs } = this.capabilities;
    if (this.#honoursDeadline && requestDeadlineMs > 0 && book.now - sentAt > requestDeadlineMs) {
      return turnAway(book, kind, request, REQUEST_EXPIRED, `sent ${book.now - sentAt} ms ago, deadline ${requestDeadlineMs} ms`);
    }
    if (this.#incidents.isEmpty) return carryOut(request);
    const turnedAway = this.#incidents.turnsAway(kind, book.now);
    if (turnedAway === null) return this.#incidents.answerOf(kind, carryOut(request), book.now);
    turnAway(book, kind, request, turnedAway.code, turnedAway.answer.message);
    return turnedAway.answer;
  }

  #read<T>(method: ReadMethod, account: string | null, clientOrderId: string | null, look: (fate: ReadFate | undefined, endedAt: number) => T): Promise<T> {
    const delivery = this.#deliver(this.#requestInfo('read', method, account, clientOrderId));
    return this.#network.read(delivery, () => {
      this.#desk.letRead(method, delivery.read);
      return look(delivery.read, this.#book.now + delivery.responseMs);
    });
  }

  #requestInfo(kind: RequestInfo['kind'], method: string, account: string | null, clientOrderId: string | null): RequestInfo {
    this.#sent += 1;
    return { sequence: this.#sent, kind, method, account, clientOrderId, sentAt: this.#book.now };
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
    if (delta !== null) {
      this.#desk.past?.note(delta);
      for (const listener of this.#deltaListeners) listener(delta);
    }
    const events = this.#book.takeEvents();
    if (events.length > 0) this.#stream.publish(events, this.#book.now);
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
