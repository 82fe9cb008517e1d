/**
 * One plan at work: take events → journal → step machines → derive → plan → commit → act, until nothing is left to do.
 *
 * - I2: what is sent was committed before. - I9: nothing is opened while what is known of the exchange is old, partial or unknown.
 * - I10: a pass that changes nothing sends nothing. - I11: passes, attempts and queue are bounded. - I12: start-up is recovery: the
 *   first reading of the exchange. - I17: see operator-desk.ts. - I24: deadlines are `Clock.elapsed()`.
 * A broken invariant stops this plan: nothing new is sent, resting protection stays.
 */
import type { DecimalString } from '../domain/decimal.ts';
import { HedgerowError } from '../domain/errors.ts';
import { invariant } from '../domain/invariant.ts';
import type { Instrument, Strategy } from '../domain/strategy.ts';
import { longOf, shortOf } from '../domain/wallet.ts';
import { accountOf, symbolOf } from '../ports/exchange.ts';
import type { ExchangeEvent, TradeRecord } from '../ports/exchange.ts';
import type { SnapshotEnvelope, StoredPlan } from '../ports/store.ts';
import { exchangeOrders } from '../window/exchange-orders.ts';
import type { ExchangeContext, ExchangeOrder } from '../window/exchange-orders.ts';
import { planActions } from '../window/plan.ts';
import type { Action, Plan } from '../window/plan.ts';
import { AtrWatch } from './atr-watch.ts';
import { CommitLine, StoreAway } from './commit-line.ts';
import { EventQueue } from './event-queue.ts';
import type { PlanCommand, PricePoint, QueuedEvent } from './event-queue.ts';
import { JournalledMachines } from './journalled-machines.ts';
import { OperatorDesk } from './operator-desk.ts';
import { OrderBook } from './order-book.ts';
import type { TrackedOrder } from './order-tracker.ts';
import { Outbox } from './outbox.ts';
import type { Command, SentBefore } from './outbox.ts';
import { PassRecord } from './pass-record.ts';
import { permissions, planDesire, tooSmallSlots } from './plan-desire.ts';
import { PlanIntake } from './plan-intake.ts';
import { EMPTY_MEMORY, PlanMemory } from './plan-memory.ts';
import type { EngineMemory } from './plan-memory.ts';
import { PlanReader } from './plan-reader.ts';
import { openingState } from './plan-start.ts';
import { PriceAge } from './price-age.ts';
import { PriceView } from './price-view.ts';
import { NO_BAND, awaitedBands, bandOf, isInside, narrowed } from './price-band.ts';
import type { PriceBand } from './price-band.ts';
import type { RestoredPlan, RunnerCounters, RunnerDeps } from './runner-parts.ts';
import type { Operation } from '../../machines/plan.machine.ts';
import { RiskWatch } from './risk-watch.ts';
import { GIVEN_UP, SlotGuard } from './slot-guard.ts';
import { dueJointReset, factsOf, operationOf, persistPlan, phaseOf } from './step.ts';
import type { PlanState } from './step.ts';
import { unlessUnavailable } from './unavailable.ts';

/** Passes in a row without a new event; reached only if reconciling never settles. */
const PASSES_MAX = 60;
/** Where events may be lost, a price older than this opens nothing. */
const PRICE_STALE_MS = 30_000;
/** Deadlines of one plan are looked at this often at most. */
const WAKE_MIN_MS = 10;

/** Operations in which every order of the plan goes. */
const STOPPING: readonly Operation[] = ['halted', 'flattening'];
const NO_PLAN: Plan = { actions: [], stages: [], withheld: [] };
const DONE = { place: 'placed', amend: 'moved', cancel: 'cancelled' } as const;

export class PlanRunner {
  readonly strategy: Strategy;
  readonly instrument: Instrument;
  readonly #deps: RunnerDeps;
  readonly #record: PassRecord;
  readonly #commits: CommitLine;
  readonly #machines: JournalledMachines;
  readonly #outbox: Outbox;
  readonly #guard = new SlotGuard();
  readonly #orders = new Map<string, TrackedOrder>();
  readonly #accounts: ReadonlySet<string>;
  readonly #exchangeContext: ExchangeContext;
  readonly #risk: RiskWatch;
  readonly #memory: PlanMemory;
  readonly #intake: PlanIntake;
  readonly #reader: PlanReader;
  readonly #desk: OperatorDesk;
  readonly #book: OrderBook;
  readonly #view = new PriceView();
  readonly #priceAge: PriceAge;
  readonly #queue = new EventQueue();
  #band: PriceBand = NO_BAND;
  #awaited: ReturnType<typeof awaitedBands> = new Map();
  #passedSlots = new Set<string>();
  #isHeldBack = false;
  #withheld: Plan['withheld'] = [];
  /** The state the last derivation saw, if it left nothing to do. */
  #derivedFrom: PlanState | null = null;
  /** `Clock.elapsed()` of the last derivation, and of the last pass. */
  #derivedAt = -Infinity;
  #passedAt = -Infinity;
  /** `nextWakeAt` as of the last pass, which nothing else changes: prices are compared with it by the million. */
  #wakeAt = -Infinity;
  #couldOpen = false;
  readonly #atr: AtrWatch;
  #failure: Error | null = null;
  #isRunning = false;
  #counters = { requests: 0, refusals: 0 };

  constructor(strategy: Strategy, instrument: Instrument, plan: StoredPlan, sent: SentBefore, restored: RestoredPlan | null, deps: RunnerDeps) {
    this.strategy = strategy;
    this.instrument = instrument;
    this.#deps = deps;
    const { exchange, store, log, clock, lease } = deps;
    const record = new PassRecord(plan.planId, plan.seq, () => lease?.fences ?? []);
    this.#record = record;
    this.#outbox = new Outbox({ plan, positionMode: strategy.exchange.positionMode, exchange, sent, amountStep: instrument.amountStep, clock, isWriter: () => lease?.isHeld() ?? true });
    const { reduceOnlyInHedgeMode } = exchange.capabilities;
    this.#exchangeContext = { strategy, instrument, positionMode: strategy.exchange.positionMode, reduceOnlyInHedgeMode };
    this.#accounts = new Set(strategy.wallets.map((wallet) => wallet.account));
    const machines = new JournalledMachines(strategy.name, restored?.state ?? null, record, deps);
    this.#machines = machines;
    if (restored !== null && deps.origin !== undefined) record.add(clock.now(), 'plan.opened', { ...deps.origin });
    this.#atr = new AtrWatch(strategy, exchange);
    this.#priceAge = new PriceAge(clock);
    this.#commits = new CommitLine({ plan: strategy.name, store, clock, log, record, snapshot: () => this.#snapshot() });
    this.#memory = new PlanMemory({ ...(restored?.memory ?? EMPTY_MEMORY), instrument }, restored?.bookedTrades ?? [], clock);
    this.#risk = new RiskWatch(strategy.risk, this.#accounts, exchange, this.#memory.facts.risk);
    for (const order of restored?.orders ?? []) this.#outbox.doubt(order, this.#orders);
    const shared = { planId: plan.planId, strategy, store, log, record, machines, outbox: this.#outbox, guard: this.#guard, orders: this.#orders, memory: this.#memory };
    this.#book = new OrderBook({ ...shared, clock });
    this.#intake = new PlanIntake({ ...shared, readLagMs: exchange.capabilities.readLagMs, catchUpPrice: (trade, order) => this.#catchUpPrice(trade, order) });
    this.#desk = new OperatorDesk({ ...shared, plan: strategy.name, startedAt: plan.startedAt, latch: deps.latch ?? null, now: () => this.#now(), command: (command) => this.#takeCommand(command) });
    this.#reader = new PlanReader({ ...shared, accounts: this.#accounts, exchange, clock, startedAt: plan.startedAt, intake: this.#intake, desk: this.#desk, catchUp: async () => void (await this.#takeEvents()), isBusy: () => this.#queue.holdsExchangeEvents, needsPrice: () => this.prices === null });
    if (restored?.point !== undefined && this.#view.take(restored.point)) this.#updateBand();
  }

  get accounts(): ReadonlySet<string> {
    return this.#accounts;
  }

  get state(): PlanState | null {
    return this.#machines.state;
  }

  get prices(): PricePoint | null {
    return this.#view.point;
  }

  get counters(): RunnerCounters {
    return { ...this.#machines.counters, ...this.#counters, fills: this.#intake.fills };
  }

  get workingOrders(): readonly TrackedOrder[] {
    return [...this.#orders.values()];
  }

  get withheld(): Plan['withheld'] {
    return this.#withheld;
  }

  /** Why the plan has stopped; null while it works. */
  get failure(): Error | null {
    return this.#failure;
  }

  get memory(): EngineMemory {
    return { ...this.#memory.facts, risk: this.#risk.memory };
  }

  /** `Clock.elapsed()` at which the next order that waits may be sent: refused slots, names that may have been used. Infinity when none waits. */
  get nextAttemptAt(): number {
    return Math.min(this.#guard.nextRetryAt(this.#derivedAt) ?? Infinity, this.#outbox.nextIdLookupAt ?? Infinity);
  }

  /** Slots whose order was refused or ended early, with the reason, until they want something else or are filled. */
  get refusals(): ReadonlyMap<string, string> {
    return this.#guard.reasons;
  }

  /** `Clock.elapsed()` of the next reading of the exchange. */
  get nextReadAt(): number {
    return this.#reader.nextDueAt;
  }

  /** The store did not answer: what has been decided waits for it. */
  get waitsForStore(): boolean {
    return this.#commits.retryAt !== null;
  }

  /** The price is young, the ladders have followed it, and the exchange has been read, completely, since whatever made a reading necessary. */
  get isUpToDate(): boolean {
    return this.#isPriced() && !this.#isBehind && !this.#isHeldBack && this.#reader.isFresh(this.#deps.clock.elapsed());
  }

  #isPriced(): boolean {
    return this.#deps.exchange.capabilities.hasLosslessEvents || this.#priceAge.ageMs <= PRICE_STALE_MS;
  }

  /** Prices strictly between these need no pass; the engine's own filter. */
  get band(): PriceBand {
    return this.#band;
  }

  /** Takes an event in; true when there is something to do. */
  receive(event: ExchangeEvent): boolean {
    if (this.#failure !== null) return false;
    if (event.type === 'price') return this.#receivePrice(event);
    const account = accountOf(event);
    const symbol = symbolOf(event);
    if ((symbol !== null && symbol !== this.strategy.symbol) || (account !== null && !this.#accounts.has(account))) return false;
    this.#queue.push({ type: 'exchange', event });
    return true;
  }

  command(command: PlanCommand): void {
    this.#queue.push({ type: 'command', command });
  }

  /** Operators may have asked for something: it is read from the store in the next pass. */
  readActions(): void {
    this.#desk.ask();
  }

  /** `Clock.elapsed()` at which the plan has something to do although nothing happens; Infinity when never. */
  get nextWakeAt(): number {
    if (this.#failure !== null) return Infinity;
    if (this.#commits.retryAt !== null) return this.#commits.retryAt;
    if (this.#machines.state === null) return Infinity;
    const { holdUntil } = this.#outbox;
    const retryAt = Math.max(this.nextAttemptAt, holdUntil);
    const next = Math.min(this.#reader.nextDueAt, this.#outbox.nextLookupAt() ?? Infinity, this.#outbox.nextCancelAt(this.#derivedAt) ?? Infinity, retryAt, holdUntil > this.#derivedAt ? holdUntil : Infinity);
    return Math.max(next, this.#passedAt + WAKE_MIN_MS);
  }

  #receivePrice({ type: _, symbol: _symbol, ...point }: Extract<ExchangeEvent, { type: 'price' }>): boolean {
    if (!this.#deps.exchange.capabilities.hasLosslessEvents) this.#priceAge.hear(point.at);
    if (this.#queue.isEmpty && !this.#isRunning && this.#isQuiet(point)) {
      this.#view.take(point);
      return false;
    }
    this.#queue.pushPrice(point);
    return true;
  }

  #isQuiet(point: PricePoint): boolean {
    if (this.#desk.isAsked || this.#isHeldBack || this.#atr.isDue(point.at)) return false;
    if (this.#deps.clock.elapsed() >= this.#wakeAt || (!this.#couldOpen && this.#mayOpen())) return false;
    for (const [source, band] of this.#awaited) if (!isInside(band, Number(point[source]))) return false;
    return isInside(this.#band, Number(point[this.strategy.exchange.triggerBy])) && isInside(this.#band, Number(point.mark));
  }

  /** Works until nothing is left to do. Errors stop the plan and are kept in `failure`. */
  async settle(): Promise<void> {
    if (this.#isRunning || this.#failure !== null) return;
    this.#isRunning = true;
    try {
      let passes = 0;
      for (let isBusy = true; isBusy; passes += 1) {
        if (!this.#queue.isEmpty) passes = 0;
        invariant(passes < PASSES_MAX, 'I10 reconciling settles', { plan: this.strategy.name, withheld: this.#withheld.length });
        isBusy = await this.#pass();
      }
    } catch (error) {
      if (!(error instanceof StoreAway)) await this.#stop(error);
    } finally {
      this.#isRunning = false;
    }
  }

  async #stop(error: unknown): Promise<void> {
    const failure = error instanceof Error ? error : new Error(String(error));
    this.#failure = failure;
    this.#deps.log.error({ plan: this.strategy.name, code: error instanceof HedgerowError ? error.code : 'UNEXPECTED', error: failure.message }, 'plan stopped; its resting orders stay');
    if (!(error instanceof HedgerowError) || this.#machines.state === null || this.#commits.retryAt !== null) return;
    try {
      this.#record.add(this.#now(), 'plan.stopped', { code: error.code, error: error.message });
      await this.#deps.store.commit(this.#record.take(null));
    } catch {
      // The store may be what failed; the journal then simply ends here.
    }
  }

  /** One pass; true when another is needed. */
  async #pass(): Promise<boolean> {
    this.#passedAt = this.#deps.clock.elapsed();
    if (this.#commits.retryAt !== null) await this.#commits.commit();
    const events = await this.#takeEvents();
    await this.#commits.ask(() => this.#desk.hear());
    if (this.#machines.state === null) {
      await this.#commits.commit();
      return !this.#queue.isEmpty;
    }
    const actsFirst = this.#reader.givesWay(events.length > 0);
    if (!actsFirst) await this.#lookAgain();
    // Reading takes time: nothing is derived from a price, or without a fill, that has been heard of meanwhile.
    events.push(...(await this.#takeEvents()));
    if (this.#book.settle()) this.#derivedFrom = null;
    this.#followIfHeldBack();
    await this.#refreshAtr(this.prices?.at ?? this.#now());
    this.#applyJointReset();
    await this.#checkRisk();
    await this.#desk.latchIfStopped();
    if (this.#desk.wantsProof || operationOf(this.#machines.running) === 'flattening') this.#reader.prove();
    const mayOpen = this.#mayOpen();
    const mayAct = this.#isStale(events, mayOpen) && this.#deps.clock.elapsed() >= this.#outbox.holdUntil;
    const stage = mayAct ? this.#nextStage(mayOpen) : [];
    await this.#act(stage);
    this.#updateBand();
    return stage.length > 0 || !this.#queue.isEmpty || actsFirst;
  }

  #nextStage(mayOpen: boolean): readonly Action[] {
    this.#derivedAt = this.#deps.clock.elapsed();
    const plan = this.#derive();
    this.#derivedFrom = plan.actions.length === 0 && plan.withheld.length === 0 && this.#outbox.nextCancelAt(this.#derivedAt) === null && this.#outbox.nextIdLookupAt === null ? this.#machines.state : null;
    this.#couldOpen = mayOpen;
    return plan.stages[0] ?? [];
  }

  /** Commits, then sends: what belongs together at once. */
  async #act(stage: readonly Action[]): Promise<void> {
    const commands = this.#outbox.prepare(stage, this.#orders, this.#record, this.#guard, this.#now());
    if (commands.length === 0) {
      if (this.#queue.isEmpty) await this.#commits.commit();
      return;
    }
    try {
      await this.#commits.commit();
    } catch (error) {
      if (error instanceof StoreAway) this.#outbox.abandon(commands, this.#orders, this.#record, this.#now());
      throw error;
    }
    this.#reader.wrote();
    await Promise.all(commands.map((command) => this.#send(command)));
    this.#reader.wrote();
    this.#counters.requests += commands.length;
    this.#counters.refusals = this.#outbox.refusals;
  }

  /** What decides about orders may have changed since the last derivation, which left nothing to do. */
  #isStale(events: readonly QueuedEvent[], mayOpen: boolean): boolean {
    if (this.nextAttemptAt <= this.#deps.clock.elapsed()) return true;
    return this.#derivedFrom !== this.#machines.state || mayOpen !== this.#couldOpen || events.some(({ type }) => type !== 'prices');
  }

  async #send(command: Command): Promise<void> {
    const outcome = await this.#outbox.send(command, this.#orders, this.#record, this.#guard, this.#passedSlots);
    const { kind, clientOrderId, reason, request } = command.intent;
    const fields = { plan: this.strategy.name, order: clientOrderId, reason, request };
    if (outcome.type === 'done') this.#deps.log.info(fields, `order ${DONE[kind]}`);
    else this.#deps.log.warn({ ...fields, ...outcome }, `order not ${DONE[kind]}: ${outcome.type}`);
    if (outcome.type === 'unknown') this.#reader.soon();
    if (outcome.type === 'refused' && outcome.code === 'POSITION_SIDE_MISMATCH') this.#reader.require();
  }

  #now(): number {
    return this.#deps.clock.now();
  }

  async #takeEvents(): Promise<QueuedEvent[]> {
    const events = [...this.#queue.takeAll()];
    for (const [index, event] of events.entries()) {
      try {
        await this.#commits.ask(() => this.#take(event));
      } catch (error) {
        if (error instanceof StoreAway) this.#queue.putBack(events.slice(index));
        throw error;
      }
    }
    return events;
  }

  async #take(queued: QueuedEvent): Promise<void> {
    switch (queued.type) {
      case 'prices':
        for (const point of queued.points) await this.#takePrice(point);
        return;
      case 'command':
        this.#takeCommand(queued.command);
        return;
      case 'exchange':
        await this.#takeExchangeEvent(queued.event);
    }
  }

  async #takePrice(point: PricePoint): Promise<void> {
    if (!this.#view.take(point)) return;
    if (this.#machines.state === null) {
      await this.#start(point);
      return;
    }
    const price = point[this.strategy.exchange.triggerBy];
    // A halted plan follows no price; it is shown the newest when it is resumed.
    if (operationOf(this.#machines.running) === 'halted' || this.#isBehind) return;
    if (isInside(this.#band, Number(price)) && isInside(this.#band, Number(point.mark))) return;
    this.#passedSlots.clear();
    this.#touch(price, point.at);
    this.#applyJointReset();
    this.#risk.remember(this.#machines.running, point.mark, point.at);
    this.#updateBand();
  }

  async #start(point: PricePoint): Promise<void> {
    const price = point[this.strategy.exchange.triggerBy];
    await this.#refreshAtr(point.at);
    const atr = this.#atr.value;
    if (this.strategy.unit.type === 'atr' && atr === null) return;
    const state = openingState(this.strategy, this.instrument, price, atr);
    this.#machines.begin(state);
    this.#desk.ask();
    this.#risk.remember(state, point.mark, point.at);
    this.#record.add(point.at, 'plan.started', { ...this.#deps.origin, price, atr, instrument: this.instrument, prices: { last: point.last, mark: point.mark, index: point.index } });
    this.#deps.log.info({ plan: this.strategy.name, symbol: this.strategy.symbol, price }, 'plan started');
  }

  #takeCommand(command: PlanCommand): void {
    if (this.#machines.state === null) return;
    const at = this.#now();
    switch (command.type) {
      case 'reset':
        this.#machines.apply({ to: 'wallets', event: { type: 'reset.requested', reason: 'operator', price: this.#machines.price } }, at, {});
        return;
      case 'adopt':
        // Carried out by the next complete reading: what the exchange holds then is what is adopted.
        if (operationOf(this.#machines.running) === 'diverged') this.#reader.adopt(() => this.#resume(this.#now()));
        return;
      case 'resume':
        this.#machines.apply({ to: 'plan', event: { type: 'resume' } }, at, {});
        if (operationOf(this.#machines.running) === 'running') this.#resume(at);
        return;
      case 'pause':
      case 'halt':
      case 'flatten':
      case 'diverge':
        this.#machines.apply({ to: 'plan', event: command }, at, {});
        if (command.type !== 'pause') this.#reader.require();
    }
  }

  /** After a pause the windows catch up with the price; a wallet that holds nothing any more starts anew. */
  #resume(at: number): void {
    this.#atr.expire();
    this.#reader.require();
    const price = this.prices?.[this.strategy.exchange.triggerBy] ?? this.#machines.price;
    for (const wallet of this.#machines.running.wallets) {
      const facts = factsOf(wallet);
      const isEmpty = longOf(facts).isZero() && shortOf(facts).isZero() && facts.isOpened && facts.longClosedAt === null && phaseOf(wallet) !== 'RESET';
      if (isEmpty) this.#machines.apply({ to: 'wallet', wallet: wallet.name, event: { type: 'reset.requested', reason: 'operator', price } }, at, {});
    }
    this.#touch(price, at);
  }

  async #takeExchangeEvent(event: Exclude<ExchangeEvent, { type: 'price' }>): Promise<void> {
    switch (event.type) {
      case 'order':
        this.#intake.takeOrder(event.order);
        return;
      case 'trade':
        await this.#intake.takeTrade(event.trade);
        this.#reader.soon();
        return;
      case 'funding':
      case 'liquidation':
      case 'transfer':
        if (!this.#intake.takeAccountEvent(event)) this.#reader.soon();
        return;
      case 'gap':
        this.#reader.require();
    }
  }

  /** A fill is booked on the newest price the plan knows, not on the one of the last level; that it happened tells a price too. */
  #catchUpPrice(trade: TradeRecord, order: TrackedOrder): void {
    const { triggerBy } = this.strategy.exchange;
    this.#view.observe(triggerBy, trade, order);
    const now = this.prices;
    if (now !== null && !this.#isBehind && now[triggerBy] !== this.#machines.price) this.#touch(now[triggerBy], now.at);
    this.#view.noteFill(trade.at);
  }

  /** A fill is known that is younger than the price: what the price says may be of before it. */
  get #isBehind(): boolean {
    return this.#view.isBehind(this.strategy.exchange.triggerBy);
  }
  /** While an order fills in parts the ladders stay where they are, so that its fills keep their slot; they follow when it has ended. */
  #touch(price: DecimalString, at: number): void {
    this.#isHeldBack = this.#book.isFilling;
    this.#machines.touch(price, at, !this.#isHeldBack);
  }

  #followIfHeldBack(): void {
    if (this.#isHeldBack && !this.#isBehind && !this.#book.isFilling) this.#touch(this.#machines.price, this.#now());
  }

  #applyJointReset(): void {
    const due = dueJointReset(this.#machines.running, this.#machines.price);
    if (due !== null && !this.#isBehind && !this.#book.isFilling) this.#machines.apply(due, this.#now(), {});
  }

  /** Reads what is due to be read; what was derived before is then out of date. */
  async #lookAgain(): Promise<void> {
    if (this.#reader.isDue) await this.#read();
    else if (this.#outbox.nextLookupAt() === null) return;
    await this.#outbox.resolveUnknown(this.#orders, this.#record);
    this.#derivedFrom = null;
  }

  async #read(): Promise<void> {
    const point = await this.#commits.ask(() => this.#reader.read());
    if (point === null || (this.prices !== null && point.at <= this.prices.at)) return;
    this.#priceAge.hear(point.at);
    await this.#takePrice(point);
  }

  /** I9: everything that decides about new risk is known, complete and young. */
  #mayOpen(): boolean {
    const now = this.#deps.clock.elapsed();
    const { state } = this.#machines;
    if (state === null || operationOf(state) !== 'running') return false;
    return this.#isPriced() && this.#reader.isFresh(now);
  }

  async #refreshAtr(at: number): Promise<void> {
    if (!this.#atr.isDue(at)) return;
    const { state } = this.#machines;
    if (state !== null && operationOf(state) === 'halted') return this.#atr.skip(at);
    const atr = await this.#atr.measure(at);
    if (atr !== null && state !== null) this.#machines.apply({ to: 'wallets', event: { type: 'atr.measured', atr } }, at, {});
  }

  async #checkRisk(): Promise<void> {
    const { mark } = this.prices ?? { mark: null };
    const hit = mark === null ? null : await unlessUnavailable(() => this.#risk.check(this.#machines.running, mark), null);
    if (hit !== null) this.#takeCommand({ type: hit.limit.action, reason: `risk limit ${hit.limit.name} ${hit.limit.limit} reached: ${hit.value}` });
  }

  /** Desired orders on the exchange, whatever rests there now. */
  desired(): readonly ExchangeOrder[] {
    if (this.#machines.state === null) return [];
    return exchangeOrders(planDesire(this.#machines.state, this.strategy), this.#exchangeContext);
  }

  /** The difference between desired and working orders, read-only. */
  preview(): Plan {
    if (this.#machines.state === null) return NO_PLAN;
    const desired = this.desired();
    const { capabilities } = this.#deps.exchange;
    const plan = planActions(desired, [...this.#orders.values()], {
      prices: this.prices,
      behind: this.#view.behind,
      amendsConditional: capabilities.amendsConditional,
      maxConditionalPerSymbol: capabilities.maxConditionalPerSymbol,
      blockedSlots: new Map([...tooSmallSlots(desired, this.instrument), ...this.#guard.blocked(desired, this.#deps.clock.elapsed()), ...this.#reader.blocked(desired)]),
      refusedSlots: this.#guard.refused,
      passedSlots: this.#passedSlots,
      uncancellable: this.#outbox.uncancellable(this.#deps.clock.elapsed()),
      cycles: new Map(this.#machines.state.wallets.map((wallet) => [wallet.name, factsOf(wallet).cycle])),
      ...permissions(operationOf(this.#machines.state)),
      mayOpen: this.#mayOpen(),
    });
    return this.#outbox.withFreeIds(plan, STOPPING.includes(operationOf(this.#machines.state)));
  }

  /** What the next pass would do with everything received so far. Commits and sends nothing; the runner is of no use afterwards. */
  async peek(): Promise<Plan> {
    await this.#takeEvents();
    if (this.#machines.state === null) return NO_PLAN;
    await this.#lookAgain();
    this.#book.settle();
    this.#applyJointReset();
    return this.preview();
  }

  #derive(): Plan {
    if (this.prices === null) return NO_PLAN;
    this.#book.mendLegs(() => this.desired());
    const plan = this.preview();
    this.#withheld = plan.withheld;
    this.#outbox.askForIds(plan);
    this.#pauseIfStuck();
    return plan;
  }

  /** A start or reset that cannot buy is not left hanging in silence. */
  #pauseIfStuck(): void {
    const stuck = this.#withheld.find(({ order, reason }) => reason.startsWith(GIVEN_UP) && order.legs.some(({ role }) => role === 'market-buy' || role === 'rebalance'));
    if (stuck === undefined || operationOf(this.#machines.running) !== 'running') return;
    this.#takeCommand({ type: 'pause', reason: `the exchange refuses the reset's order: ${stuck.reason}` });
  }

  #snapshot(): Omit<SnapshotEnvelope, 'seq'> | null {
    if (this.#machines.state === null) return null;
    return { machine: 'plan', version: 1, at: this.#now(), snapshot: { ...persistPlan(this.#machines.running), engine: this.memory } as never };
  }

  #updateBand(): void {
    this.#wakeAt = this.nextWakeAt;
    if (this.#machines.state === null || this.prices === null) return;
    this.#awaited = awaitedBands(this.#withheld.map(({ order }) => order), this.prices);
    const waiting = this.#withheld.flatMap(({ order }) => (order.triggerPrice === null ? [] : [order.triggerPrice]));
    const band = this.#isBehind ? NO_BAND : bandOf(this.#machines.state, this.#machines.price, waiting);
    this.#band = narrowed(band, this.#risk.band(this.#machines.state));
  }
}
