/**
 * The exchange's book: accounts, legs, orders, trades and prices, changed only through the methods below.
 *
 * Every change is written three times at once: into the state, into the delta of the running operation, and into its events. An
 * operation publishes its delta before its events, so nobody can have seen what a killed process would not remember (I12).
 * Keeps I13 (a final order never changes again) and I4 (trade ids are never reused).
 */
import type { Candle } from '../../domain/candle.ts';
import { ZERO, dec } from '../../domain/decimal.ts';
import type { D } from '../../domain/decimal.ts';
import { invariant } from '../../domain/invariant.ts';
import type { ExchangeEvent, OrderRecord, OrderStatus, TradeRecord } from '../../ports/exchange.ts';
import { deltaOf, emptyChanges, orderDelta } from './book-changes.ts';
import type { Changes } from './book-changes.ts';
import type { AccountState, BookOrder, MarketState } from './book-state.ts';
import { CandleTape } from './candle-tape.ts';
import type { SymbolSettings } from './config.ts';
import type { AccountEvent, BookDelta, OrderDelta, PriceDelta, ReceivedRequest } from './delta.ts';
import type { ExecutionPolicy, MarketChange } from './faults.ts';
import type { Market } from './market.ts';
import { Quote, changedMarket } from './market.ts';
import type { Leg, LegSide } from './position.ts';
import { emptyLeg, legKey } from './position.ts';
import { PriceWatch } from './price-watch.ts';

export interface BookOptions {
  readonly keepHistory: boolean;
  readonly retain: number;
  /** Whether accounts are liquidated and their debts covered. */
  readonly liquidates: boolean;
  /** What becomes of each execution; null: always normal. */
  readonly execution: ExecutionPolicy | null;
  /** What a taker pays on top of the slippage now, as a price distance; null: nothing. */
  readonly takerDistance?: ((symbol: string) => D) | null;
}

export class Book {
  readonly accounts = new Map<string, AccountState>();
  readonly markets: ReadonlyMap<string, MarketState>;
  readonly counters: { order: number; trade: number; event: number; request: number };
  readonly options: BookOptions;
  /** Every version of every order, when history is kept. */
  readonly versions: OrderDelta[] = [];
  requests: ReceivedRequest[] = [];
  /** Accounts whose money or legs changed since their liquidation band was computed. */
  readonly unwatched = new Set<AccountState>();
  now: number;
  tickNumber = 0;
  /** Off while nobody listens: then changes are not collected. */
  recordsChanges = false;
  recordsEvents = false;
  #changes: Changes = emptyChanges();
  #hasChanges = false;
  #events: ExchangeEvent[] = [];

  constructor(markets: readonly Market[], options: BookOptions, startAt: number, idsAfter: number) {
    const distance = options.takerDistance ?? null;
    const stateOf = (market: Market): MarketState => {
      const takerDistance = distance === null ? null : (): D => distance(market.symbol);
      return { market, change: {}, quote: null, halted: false, open: new Set(), watch: new PriceWatch(), takerDistance, candles: new Map() };
    };
    this.markets = new Map(markets.map((market) => [market.symbol, stateOf(market)]));
    this.options = options;
    this.now = startAt;
    this.counters = { order: idsAfter, trade: idsAfter, event: idsAfter, request: 0 };
  }

  account(name: string): AccountState {
    const account = this.accounts.get(name);
    invariant(account !== undefined, 'unknown account: call ensureAccount first', { account: name });
    return account;
  }

  marketOf(symbol: string): MarketState {
    const state = this.markets.get(symbol);
    invariant(state !== undefined, 'unknown symbol', { symbol });
    return state;
  }

  settings(account: AccountState, symbol: string): SymbolSettings {
    return account.symbols.get(symbol) ?? account.defaults;
  }

  leg(account: AccountState, symbol: string, positionSide: LegSide): Leg {
    return account.legs.get(legKey(symbol, positionSide)) ?? emptyLeg(symbol, positionSide);
  }

  /** Open or kept closed order by client id. */
  findOrder(account: AccountState, clientOrderId: string): BookOrder | undefined {
    return account.open.get(clientOrderId) ?? account.closed.get(clientOrderId);
  }

  isUsedId(account: AccountState, clientOrderId: string): boolean {
    return account.open.has(clientOrderId) || account.closed.has(clientOrderId) || account.forgottenIds.has(clientOrderId);
  }

  movePrice(state: MarketState, price: Omit<PriceDelta, 'symbol'>): void {
    if (state.quote === null) state.quote = new Quote(price);
    else state.quote.move(price);
    if (state.candles.size > 0) for (const tape of state.candles.values()) tape.add(price.at, price.last);
    if (this.recordsChanges) this.#change().prices.add(state);
    if (!this.recordsEvents) return;
    const { last, mark, index, at } = price;
    this.emit({ type: 'price', symbol: state.market.symbol, last, mark, index, at });
  }

  /** Keeps bars of this timeframe from now on; one that is kept already stays as it is. */
  keepCandles(state: MarketState, timeframeMs: number, history: readonly Candle[]): void {
    if (state.candles.has(timeframeMs)) return;
    const tape = new CandleTape(timeframeMs, history);
    state.candles.set(timeframeMs, tape);
    if (this.recordsChanges) this.#change().candles.push({ symbol: state.market.symbol, ...tape.state() });
  }

  halt(state: MarketState, halted: boolean): void {
    state.halted = halted;
    if (this.recordsChanges) this.#change().halted.add(state);
  }

  /** Changes the rules of a market; orders that rest stay as they are. */
  changeMarket(state: MarketState, change: MarketChange): void {
    this.storeMarketChange(state, Object.freeze({ ...state.change, ...change }));
    if (this.recordsChanges) this.#change().markets.add(state);
  }

  /** `change`: everything that changed since the start. */
  storeMarketChange(state: MarketState, change: MarketChange): void {
    state.market = changedMarket(state.market, change);
    state.change = change;
  }

  /** Adds an account, or notes that its settings changed. */
  putAccount(account: AccountState): void {
    this.accounts.set(account.account, account);
    this.#touch(account);
  }

  addCash(account: AccountState, kind: 'deposits' | 'funding' | 'trade', amount: D): void {
    account.cash = account.cash.plus(amount);
    if (kind !== 'trade') account[kind] = account[kind].plus(amount);
    this.#touch(account);
  }

  chargeFee(account: AccountState, fee: D): void {
    account.cash = account.cash.minus(fee);
    account.fees = account.fees.plus(fee);
    this.#touch(account);
  }

  putLeg(account: AccountState, leg: Leg): void {
    this.storeLeg(account, leg);
    this.#touch(account);
    if (this.recordsChanges) this.#change().legs.set(`${account.account}|${legKey(leg.symbol, leg.positionSide)}`, { account, leg });
  }

  storeLeg(account: AccountState, leg: Leg): void {
    const key = legKey(leg.symbol, leg.positionSide);
    if (leg.amount.isZero()) account.legs.delete(key);
    else account.legs.set(key, leg);
  }

  /** A new order or a new version of one; final orders never change again (I13). */
  putOrder(sequence: number, record: OrderRecord, waitsUntil: number | null = null): BookOrder {
    const order = this.storeOrder(sequence, record, waitsUntil);
    if (this.recordsChanges) this.#change().orders.push(orderDelta(order));
    this.emit({ type: 'order', order: order.record, at: record.updatedAt });
    return order;
  }

  changeOrder(
    order: BookOrder,
    change: Partial<Pick<OrderRecord, 'status' | 'triggered' | 'reason' | 'amount' | 'price' | 'triggerPrice' | 'filled'>>,
    waitsUntil: number | null = null,
  ): void {
    this.putOrder(order.sequence, { ...order.record, ...change, updatedAt: this.now }, waitsUntil);
  }

  closeOrder(order: BookOrder, status: Exclude<OrderStatus, 'open'>, reason: string | null): void {
    this.changeOrder(order, { status, reason });
  }

  /** The state part of `putOrder`, also used to fold deltas. */
  storeOrder(sequence: number, source: OrderRecord, waitsUntil: number | null = null): BookOrder {
    const record = Object.freeze(source);
    const account = this.account(record.account);
    const known = account.open.get(record.clientOrderId);
    invariant(known !== undefined || !this.isUsedId(account, record.clientOrderId), 'I13 a final order never changes', { order: record.id });
    const order: BookOrder = known ?? { sequence, record, amount: ZERO, filled: ZERO, price: null, triggerPrice: null, tradedAtTick: -1, waitsUntil };
    order.record = record;
    order.amount = dec(record.amount);
    order.filled = dec(record.filled);
    order.price = record.price === null ? null : dec(record.price);
    order.triggerPrice = record.triggerPrice === null ? null : dec(record.triggerPrice);
    order.waitsUntil = waitsUntil;
    if (this.options.keepHistory) this.versions.push(orderDelta(order));
    this.#indexOrder(account, order);
    return order;
  }

  #indexOrder(account: AccountState, order: BookOrder): void {
    const { clientOrderId, status, symbol } = order.record;
    const state = this.marketOf(symbol);
    state.watch.isStale = true;
    if (status === 'open') {
      account.open.set(clientOrderId, order);
      state.open.add(order);
      return;
    }
    account.open.delete(clientOrderId);
    state.open.delete(order);
    account.closed.set(clientOrderId, order);
    if (!this.options.keepHistory && account.closed.size > this.options.retain) forgetOldestOrder(account);
  }

  addTrade(account: AccountState, source: TradeRecord): void {
    const trade = Object.freeze(source);
    this.storeTrade(account, trade);
    if (this.recordsChanges) this.#change().trades.push(trade);
    this.emit({ type: 'trade', trade, at: trade.at });
  }

  storeTrade(account: AccountState, trade: TradeRecord): void {
    account.trades.push(trade);
    account.trades = this.#bounded(account.trades);
  }

  addAccountEvent(account: AccountState, source: AccountEvent): void {
    const event = Object.freeze(source);
    this.storeAccountEvent(account, event);
    if (this.recordsChanges) this.#change().events.push(event);
    this.emit(event);
  }

  storeAccountEvent(account: AccountState, event: AccountEvent): void {
    account.events.push(event);
    account.events = this.#bounded(account.events);
  }

  addRequest(source: ReceivedRequest): void {
    const request = Object.freeze(source);
    this.storeRequest(request);
    if (this.recordsChanges) this.#change().requests.push(request);
  }

  storeRequest(request: ReceivedRequest): void {
    this.requests.push(request);
    this.requests = this.#bounded(this.requests);
  }

  nextId(kind: 'order' | 'trade' | 'event' | 'request'): number {
    this.counters[kind] += 1;
    return this.counters[kind];
  }

  emit(event: ExchangeEvent): void {
    if (this.recordsEvents) this.#events.push(Object.freeze(event));
  }

  /** The changes since the last call as a delta, null when there were none. */
  takeDelta(): BookDelta | null {
    if (!this.#hasChanges) return null;
    const changes = this.#changes;
    this.#changes = emptyChanges();
    this.#hasChanges = false;
    return deltaOf(changes, this.now, { ...this.counters });
  }

  takeEvents(): readonly ExchangeEvent[] {
    if (this.#events.length === 0) return this.#events;
    const events = this.#events;
    this.#events = [];
    return events;
  }

  #touch(account: AccountState): void {
    this.unwatched.add(account);
    if (this.recordsChanges) this.#change().accounts.add(account);
  }

  #change(): Changes {
    this.#hasChanges = true;
    return this.#changes;
  }

  /** Trimmed in halves, so that keeping a list short costs nothing per entry. */
  #bounded<T>(list: T[]): T[] {
    const { keepHistory, retain } = this.options;
    return keepHistory || list.length < 2 * retain ? list : list.slice(-retain);
  }
}

function forgetOldestOrder(account: AccountState): void {
  const oldest = account.closed.keys().next();
  if (oldest.done === true) return;
  account.closed.delete(oldest.value);
  account.forgottenIds.add(oldest.value);
}
