/**
 * One plan at work: take events → journal → step machines → derive → plan → commit → act, until nothing is left to do.
 *
 * - I2: what is sent was committed before. - I4: a trade is booked once. - I9: nothing is placed before a price is known.
 * - I10: a pass that changes nothing sends nothing. - I11: passes, attempts and queue are bounded. - I12: the state after a
 *   restart is the committed one; see recovery.ts.
 * A broken invariant stops this plan: nothing new is sent, resting protection stays.
 */
import { averageTrueRange } from '../domain/atr.ts';
import { openedAt, smallestCapital } from '../domain/cycle.ts';
import { dec } from '../domain/decimal.ts';
import type { DecimalString } from '../domain/decimal.ts';
import { HedgerowError } from '../domain/errors.ts';
import { invariant } from '../domain/invariant.ts';
import type { Instrument, Strategy } from '../domain/strategy.ts';
import { parseTimeframe } from '../domain/timeframe.ts';
import { firstShortfall, longOf, shortOf, walletParameters } from '../domain/wallet.ts';
import type { Clock } from '../ports/clock.ts';
import { accountOf, symbolOf } from '../ports/exchange.ts';
import type { Exchange, ExchangeEvent, OrderRecord, TradeRecord } from '../ports/exchange.ts';
import type { Log } from '../ports/log.ts';
import type { Store, StoredPlan } from '../ports/store.ts';
import { exchangeOrders } from '../window/exchange-orders.ts';
import type { ExchangeContext, ExchangeOrder } from '../window/exchange-orders.ts';
import { isExecuting, planActions } from '../window/plan.ts';
import type { Plan } from '../window/plan.ts';
import { EventQueue } from './event-queue.ts';
import type { PlanCommand, PricePoint, Prices, QueuedEvent } from './event-queue.ts';
import { shareFunding } from './funding-share.ts';
import { JournalledMachines } from './journalled-machines.ts';
import type { MachineCounters, RunnerObserver } from './journalled-machines.ts';
import { liquidationInputs } from './liquidation-share.ts';
import { allocateTrade, isSettled, toStored, withRecord } from './order-tracker.ts';
import type { TrackedOrder } from './order-tracker.ts';
import { Outbox, currentSlot } from './outbox.ts';
import type { Command, SentBefore } from './outbox.ts';
import { PassRecord } from './pass-record.ts';
import { isFlat, permissions, planDesire } from './plan-desire.ts';
import { comparePositions } from './position-check.ts';
import { NO_BAND, bandOf, isInside, narrowed } from './price-band.ts';
import type { PriceBand } from './price-band.ts';
import { RiskWatch } from './risk-watch.ts';
import type { RiskMemory } from './risk.ts';
import { GIVEN_UP, SlotGuard } from './slot-guard.ts';
import { dueJointReset, factsOf, operationOf, persistPlan, phaseOf, startPlan } from './step.ts';
import type { PlanState } from './step.ts';

export interface RunnerDeps {
  readonly exchange: Exchange;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly observer?: RunnerObserver;
}

/** Facts of the engine itself that outlive a restart, stored beside the machines. */
export interface EngineMemory {
  readonly risk: RiskMemory | null;
  /** Funding and liquidations up to this exchange time are booked; ids at exactly this time are in the list. */
  readonly accountEventsAt: number;
  readonly accountEventIds: readonly string[];
  /** Exchange time of the newest booked trade. */
  readonly tradesAt: number;
}

export interface RunnerCounters extends MachineCounters {
  readonly fills: number;
  readonly requests: number;
  readonly refusals: number;
}

/** Passes in a row without a new event; reached only if reconciling never settles. */
const PASSES_MAX = 60;
/** Positions are compared with the exchange this long after a fill, and at least this often, ms of exchange time. */
const CHECK_AFTER_FILL_MS = 60_000;
const POSITION_CHECK_MS = 3_600_000;
/** Closed candles an ATR is measured over, in lengths: what lies before weighs less than e^-10. */
const ATR_LENGTHS = 10;
const ACCOUNT_EVENT_IDS_MAX = 1_000;

const DONE = { place: 'placed', amend: 'moved', cancel: 'cancelled' } as const;

export const EMPTY_MEMORY: EngineMemory = { risk: null, accountEventsAt: 0, accountEventIds: [], tradesAt: 0 };

export interface RestoredPlan {
  readonly state: PlanState;
  readonly memory: EngineMemory;
  readonly orders: readonly TrackedOrder[];
  readonly bookedTrades: ReadonlySet<string>;
}

export class PlanRunner {
  readonly strategy: Strategy;
  readonly instrument: Instrument;
  readonly #deps: RunnerDeps;
  readonly #record: PassRecord;
  readonly #machines: JournalledMachines;
  readonly #outbox: Outbox;
  readonly #guard = new SlotGuard();
  readonly #orders = new Map<string, TrackedOrder>();
  readonly #accounts: ReadonlySet<string>;
  readonly #exchangeContext: ExchangeContext;
  readonly #bookedTrades: Set<string>;
  readonly #risk: RiskWatch;
  #memory: EngineMemory;
  #prices: PricePoint | null = null;
  readonly #queue = new EventQueue();
  #band: PriceBand = NO_BAND;
  #passedSlots = new Set<string>();
  #isHeldBack = false;
  #withheld: Plan['withheld'] = [];
  /** The state the last derivation saw, if it left nothing to do. */
  #derivedFrom: PlanState | null = null;
  #nextCandleAt = 0;
  #nextPositionCheckAt = 0;
  #atr: DecimalString | null = null;
  #failure: Error | null = null;
  #isRunning = false;
  #counters = { fills: 0, requests: 0, refusals: 0 };

  constructor(strategy: Strategy, instrument: Instrument, plan: StoredPlan, sent: SentBefore, restored: RestoredPlan | null, deps: RunnerDeps) {
    this.strategy = strategy;
    this.instrument = instrument;
    this.#deps = deps;
    this.#record = new PassRecord(plan.planId, plan.seq);
    this.#outbox = new Outbox({ plan, positionMode: strategy.exchange.positionMode, exchange: deps.exchange, sent, amountStep: instrument.amountStep });
    const { reduceOnlyInHedgeMode } = deps.exchange.capabilities;
    this.#exchangeContext = { strategy, instrument, positionMode: strategy.exchange.positionMode, reduceOnlyInHedgeMode };
    this.#accounts = new Set(strategy.wallets.map((wallet) => wallet.account));
    this.#machines = new JournalledMachines(strategy.name, restored?.state ?? null, this.#record, deps);
    this.#memory = restored?.memory ?? EMPTY_MEMORY;
    this.#risk = new RiskWatch(strategy.risk, this.#accounts, deps.exchange, this.#memory.risk);
    this.#bookedTrades = new Set(restored?.bookedTrades ?? []);
    for (const order of restored?.orders ?? []) this.#orders.set(order.clientOrderId, order);
  }

  get accounts(): ReadonlySet<string> {
    return this.#accounts;
  }

  get state(): PlanState | null {
    return this.#machines.state;
  }

  get prices(): Prices | null {
    return this.#prices;
  }

  get counters(): RunnerCounters {
    return { ...this.#machines.counters, ...this.#counters };
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
    return { ...this.#memory, risk: this.#risk.memory };
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

  #receivePrice({ last, mark, index, at }: Extract<ExchangeEvent, { type: 'price' }>): boolean {
    const point: PricePoint = { last, mark, index, at };
    if (this.#queue.isEmpty && !this.#isRunning && this.#isQuiet(point)) {
      this.#prices = point;
      return false;
    }
    this.#queue.pushPrice(point);
    return true;
  }

  #isQuiet(point: PricePoint): boolean {
    if (point.at >= this.#nextPositionCheckAt || (this.strategy.unit.type === 'atr' && point.at >= this.#nextCandleAt)) return false;
    if (this.#hasUnknownOrder()) return false;
    const retryAt = this.#guard.nextRetryAt();
    if (retryAt !== null && point.at >= retryAt) return false;
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
      await this.#stop(error);
    } finally {
      this.#isRunning = false;
    }
  }

  async #stop(error: unknown): Promise<void> {
    const failure = error instanceof Error ? error : new Error(String(error));
    this.#failure = failure;
    this.#deps.log.error({ plan: this.strategy.name, code: error instanceof HedgerowError ? error.code : 'UNEXPECTED', error: failure.message }, 'plan stopped; its resting orders stay');
    if (!(error instanceof HedgerowError) || this.#machines.state === null) return;
    try {
      this.#record.add(this.#deps.clock.now(), 'plan.stopped', { code: error.code, error: error.message });
      await this.#deps.store.commit(this.#record.take(null));
    } catch {
      // The store may be what failed; the journal then simply ends here.
    }
  }

  /** One pass; true when another is needed. */
  async #pass(): Promise<boolean> {
    const events = this.#queue.takeAll();
    for (const event of events) await this.#take(event);
    if (this.#machines.state === null) return !this.#queue.isEmpty;
    if (this.#hasUnknownOrder()) await this.#outbox.resolveUnknown(this.#orders, this.#record, this.#now());
    this.#settleOrders();
    this.#followIfHeldBack();
    await this.#refresh();
    this.#applyJointReset();
    await this.#checkRisk();
    this.#finishFlatten();
    if (!this.#isStale(events)) return this.#finishQuietPass();
    const plan = this.#derive();
    this.#derivedFrom = plan.actions.length === 0 && plan.withheld.length === 0 ? this.#machines.state : null;
    const commands = this.#outbox.prepare(plan.actions, this.#orders, this.#record, this.#guard, this.#now());
    if (commands.length > 0) await this.#commit();
    for (const command of commands) await this.#send(command);
    this.#counters.requests += commands.length;
    this.#counters.refusals = this.#outbox.refusals;
    if (commands.length === 0 && this.#queue.isEmpty) await this.#commit();
    this.#updateBand();
    return !this.#queue.isEmpty || commands.length > 0;
  }

  /** Something that decides about orders may have changed since the last derivation, which left nothing to do. */
  #isStale(events: readonly QueuedEvent[]): boolean {
    return this.#derivedFrom !== this.#machines.state || events.some(({ type }) => type !== 'prices');
  }

  #hasUnknownOrder(): boolean {
    for (const order of this.#orders.values()) if (order.status === 'unknown') return true;
    return false;
  }

  async #send(command: Command): Promise<void> {
    const outcome = await this.#outbox.send(command, this.#orders, this.#record, this.#guard, this.#passedSlots, () => this.#now());
    const { kind, clientOrderId, reason, request } = command.intent;
    const fields = { plan: this.strategy.name, order: clientOrderId, reason, request };
    if (outcome.type === 'done') this.#deps.log.info(fields, `order ${DONE[kind]}`);
    else this.#deps.log.warn({ ...fields, ...outcome }, `order not ${DONE[kind]}: ${outcome.type}`);
  }

  async #finishQuietPass(): Promise<boolean> {
    await this.#commit();
    this.#updateBand();
    return !this.#queue.isEmpty;
  }

  #now(): number {
    return this.#deps.clock.now();
  }

  // --- events in ---------------------------------------------------------------------------------------------------------------

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
    this.#prices = point;
    if (this.#machines.state === null) {
      await this.#start(point);
      return;
    }
    const price = point[this.strategy.exchange.triggerBy];
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
    if (this.strategy.unit.type === 'atr' && this.#atr === null) return;
    for (const wallet of this.strategy.wallets) {
      const parameters = walletParameters(this.strategy, wallet, this.instrument);
      const shortfall = firstShortfall(openedAt(parameters, price, this.#atr));
      if (shortfall === null) continue;
      throw new HedgerowError(
        'STRATEGY_TOO_SMALL',
        `plan ${this.strategy.name}, wallet ${wallet.name}: at ${price} a fragment would be ${shortfall.amount} (${shortfall.cost} quote), the exchange takes at least ` +
          `${this.instrument.minAmount} and ${this.instrument.minCost} quote; the smallest capital that works is ${smallestCapital(parameters, price, this.#atr) ?? 'not to be found'}`,
      );
    }
    const state = startPlan(this.strategy, this.instrument, price, this.#atr);
    this.#machines.begin(state);
    this.#risk.remember(state, point.mark, point.at);
    this.#record.add(point.at, 'plan.started', { price, atr: this.#atr, prices: { last: point.last, mark: point.mark, index: point.index } });
    this.#deps.log.info({ plan: this.strategy.name, symbol: this.strategy.symbol, price }, 'plan started');
  }

  #takeCommand(command: PlanCommand): void {
    if (this.#machines.state === null) return;
    const at = this.#now();
    switch (command.type) {
      case 'reset':
        this.#machines.apply({ to: 'wallets', event: { type: 'reset.requested', reason: 'operator', price: this.#machines.price } }, at, {});
        return;
      case 'resume':
      case 'adopt':
        this.#machines.apply({ to: 'plan', event: { type: command.type } }, at, {});
        if (operationOf(this.#machines.running) === 'running') this.#resume(at);
        return;
      case 'pause':
      case 'halt':
      case 'flatten':
      case 'diverge':
        this.#machines.apply({ to: 'plan', event: command }, at, {});
    }
  }

  /** After a pause the windows catch up with the price; a wallet that holds nothing any more starts anew. */
  #resume(at: number): void {
    this.#nextCandleAt = 0;
    this.#nextPositionCheckAt = 0;
    for (const wallet of this.#machines.running.wallets) {
      const facts = factsOf(wallet);
      const isEmpty = longOf(facts).isZero() && shortOf(facts).isZero() && facts.isOpened && facts.longClosedAt === null && phaseOf(wallet) !== 'RESET';
      if (isEmpty) this.#machines.apply({ to: 'wallet', wallet: wallet.name, event: { type: 'reset.requested', reason: 'operator', price: this.#machines.price } }, at, {});
    }
    this.#touch(this.#machines.price, at);
  }

  async #takeExchangeEvent(event: Exclude<ExchangeEvent, { type: 'price' }>): Promise<void> {
    switch (event.type) {
      case 'order':
        this.#takeOrder(event.order);
        return;
      case 'trade':
        await this.#takeTrade(event.trade);
        return;
      case 'funding':
        if (this.#isNewAccountEvent(event.id, event.at)) this.#takeFunding(event);
        return;
      case 'liquidation':
        if (this.#isNewAccountEvent(event.id, event.at)) this.#takeLiquidation(event);
        return;
      case 'transfer':
      case 'gap':
        return;
    }
  }

  #takeOrder(record: OrderRecord): void {
    const order = this.#orders.get(record.clientOrderId);
    if (order === undefined) return;
    const updated = withRecord(order, record);
    this.#orders.set(order.clientOrderId, updated);
    this.#record.order(toStored(updated, record.updatedAt));
  }

  async #takeTrade(trade: TradeRecord): Promise<void> {
    if (this.#bookedTrades.has(trade.id) || this.#machines.state === null) return;
    if (trade.clientOrderId === null) return; // A liquidation's trades are booked by its own event.
    const order = this.#orders.get(trade.clientOrderId) ?? (await this.#outbox.findClosed(this.#deps.store, trade.clientOrderId));
    if (order === null || order === undefined) {
      this.#takeCommand({ type: 'diverge', reason: `trade ${trade.id} of ${trade.amount} at ${trade.price} belongs to no order of this plan` });
      return;
    }
    const now = this.#prices;
    if (now !== null && now[this.strategy.exchange.triggerBy] !== this.#machines.price) this.#touch(now[this.strategy.exchange.triggerBy], now.at);
    const { order: after, fills } = allocateTrade(order, trade, this.#machines.running.wallets);
    this.#bookedTrades.add(trade.id);
    this.#memory = { ...this.#memory, tradesAt: Math.max(this.#memory.tradesAt, trade.at) };
    for (const { wallet, fill } of fills) this.#machines.apply({ to: 'wallet', wallet, event: { type: 'fill.booked', fill } }, trade.at, { tradeId: trade.id, clientOrderId: trade.clientOrderId });
    this.#record.trade(trade);
    this.#record.order(toStored(after, trade.at));
    if (this.#orders.has(after.clientOrderId)) this.#orders.set(after.clientOrderId, after);
    this.#guard.succeeded(currentSlot(order));
    this.#counters.fills += 1;
    this.#nextPositionCheckAt = Math.min(this.#nextPositionCheckAt, trade.at + CHECK_AFTER_FILL_MS);
    this.#deps.log.info({ plan: this.strategy.name, fills: fills.map(({ wallet, fill }) => `${wallet} ${fill.role} ${fill.leg} ${fill.amount}`), price: trade.price, trade: trade.id }, 'filled');
  }

  #isNewAccountEvent(id: string, at: number): boolean {
    const { accountEventsAt, accountEventIds } = this.#memory;
    if (this.#machines.state === null || accountEventIds.includes(id)) return false;
    this.#memory = { ...this.#memory, accountEventsAt: Math.max(at, accountEventsAt), accountEventIds: [...accountEventIds, id].slice(-ACCOUNT_EVENT_IDS_MAX) };
    return true;
  }

  #takeFunding(event: Extract<ExchangeEvent, { type: 'funding' }>): void {
    for (const { wallet, amount } of shareFunding(event, this.#machines.running, this.strategy)) {
      this.#machines.apply({ to: 'wallet', wallet, event: { type: 'funding.booked', amount } }, event.at, { fundingId: event.id, rate: event.rate, markPrice: event.markPrice });
    }
  }

  #takeLiquidation(event: Extract<ExchangeEvent, { type: 'liquidation' }>): void {
    for (const input of liquidationInputs(event, this.#machines.running, this.strategy)) this.#machines.apply(input, event.at, { liquidationId: event.id });
    if (dec(event.amount).isZero()) return;
    this.#takeCommand({ type: 'halt', reason: `liquidated by the exchange: ${event.amount} ${event.positionSide} at ${event.price}` });
  }

  // --- machines ----------------------------------------------------------------------------------------------------------------

  /** While an order fills in parts the ladders stay where they are, so that its fills keep their slot; they follow when it has ended. */
  #touch(price: DecimalString, at: number): void {
    this.#isHeldBack = this.#orderInFlight() !== null;
    this.#machines.touch(price, at, !this.#isHeldBack);
  }

  #followIfHeldBack(): void {
    if (this.#isHeldBack && this.#orderInFlight() === null) this.#touch(this.#machines.price, this.#now());
  }

  #applyJointReset(): void {
    const due = dueJointReset(this.#machines.running, this.#machines.price);
    if (due !== null && this.#orderInFlight() === null) this.#machines.apply(due, this.#now(), {});
  }

  /** An order that has fired and whose fills are still to come; a joint reset waits for it. */
  #orderInFlight(): TrackedOrder | null {
    for (const order of this.#orders.values()) if (isExecuting(order) && order.finalStatus === null && order.filled !== order.amount) return order;
    return null;
  }

  // --- looking after things ----------------------------------------------------------------------------------------------------

  async #refresh(): Promise<void> {
    const at = this.#prices?.at ?? this.#now();
    if (at >= this.#nextCandleAt) await this.#refreshAtr(at);
    if (at >= this.#nextPositionCheckAt) await this.#checkPositions(at);
  }

  async #refreshAtr(at: number): Promise<void> {
    const { unit } = this.strategy;
    if (unit.type !== 'atr') return;
    const timeframeMs = parseTimeframe(unit.timeframe);
    this.#nextCandleAt = Math.floor(at / timeframeMs) * timeframeMs + timeframeMs;
    if (this.#machines.state !== null && operationOf(this.#machines.state) === 'halted') return;
    const candles = await this.#deps.exchange.fetchCandles(this.strategy.symbol, timeframeMs, unit.length * ATR_LENGTHS);
    if (candles.length < unit.length) return;
    const atr = averageTrueRange(candles, unit.length);
    if (atr === this.#atr) return;
    this.#atr = atr;
    if (this.#machines.state !== null) this.#machines.apply({ to: 'wallets', event: { type: 'atr.measured', atr } }, at, {});
  }

  /** I5: what the wallets hold is what the exchange holds, per position side; looked at only while nothing is on its way. */
  async #checkPositions(at: number): Promise<void> {
    if (this.#orderInFlight() !== null || [...this.#orders.values()].some((order) => order.status !== 'live')) return;
    this.#nextPositionCheckAt = at + POSITION_CHECK_MS;
    for (const account of this.#accounts) {
      const snapshot = await this.#deps.exchange.fetchSnapshot(account);
      if (this.#queue.holdsExchangeEvents) return;
      const difference = comparePositions(snapshot, this.#machines.running, this.strategy);
      if (difference !== null && operationOf(this.#machines.running) !== 'diverged') this.#takeCommand({ type: 'diverge', reason: difference });
    }
  }

  async #checkRisk(): Promise<void> {
    const hit = this.#prices === null ? null : await this.#risk.check(this.#machines.running, this.#prices.mark);
    if (hit !== null) this.#takeCommand({ type: hit.limit.action, reason: `risk limit ${hit.limit.name} ${hit.limit.limit} reached: ${hit.value}` });
  }

  #finishFlatten(): void {
    const state = this.#machines.running;
    if (operationOf(state) !== 'flattening' || this.#orders.size > 0 || !isFlat(state)) return;
    this.#machines.apply({ to: 'plan', event: { type: 'flattened' } }, this.#now(), {});
  }

  // --- orders out --------------------------------------------------------------------------------------------------------------

  /** Desired orders on the exchange, whatever rests there now. */
  desired(): readonly ExchangeOrder[] {
    if (this.#machines.state === null) return [];
    return exchangeOrders(planDesire(this.#machines.state, this.strategy), this.#exchangeContext);
  }

  /** The difference between desired and working orders, read-only. */
  preview(): Plan {
    if (this.#machines.state === null) return { actions: [], withheld: [] };
    const desired = this.desired();
    const { capabilities } = this.#deps.exchange;
    return planActions(desired, [...this.#orders.values()], {
      prices: this.#prices,
      amendsConditional: capabilities.amendsConditional,
      maxConditionalPerSymbol: capabilities.maxConditionalPerSymbol,
      blockedSlots: this.#guard.blocked(desired, this.#now()),
      passedSlots: this.#passedSlots,
      ...permissions(operationOf(this.#machines.state)),
    });
  }

  /** What the next pass would do with everything received so far. Commits and sends nothing; the runner is of no use afterwards. */
  async peek(): Promise<Plan> {
    const events = this.#queue.takeAll();
    for (const event of events) await this.#take(event);
    if (this.#machines.state === null) return { actions: [], withheld: [] };
    this.#applyJointReset();
    return this.preview();
  }

  #derive(): Plan {
    if (this.#prices === null) return { actions: [], withheld: [] };
    const plan = this.preview();
    this.#withheld = plan.withheld;
    this.#pauseIfStuck();
    return plan;
  }

  /** A start or reset that cannot buy is not left hanging in silence. */
  #pauseIfStuck(): void {
    const stuck = this.#withheld.find(({ order, reason }) => reason.startsWith(GIVEN_UP) && order.legs.some(({ role }) => role === 'market-buy' || role === 'rebalance'));
    if (stuck === undefined || operationOf(this.#machines.running) !== 'running') return;
    this.#takeCommand({ type: 'pause', reason: `the exchange refuses the reset's order: ${stuck.reason}` });
  }

  async #commit(): Promise<void> {
    if (this.#record.isEmpty) return;
    const snapshot = { machine: 'plan', version: 1, at: this.#now(), snapshot: { ...persistPlan(this.#machines.running), engine: this.memory } as never };
    await this.#deps.store.commit(this.#record.take(snapshot));
  }

  /** Finished orders leave the book; a reset whose order ended early goes on with what it got. */
  #settleOrders(): void {
    for (const order of [...this.#orders.values()]) {
      if (!isSettled(order)) continue;
      this.#orders.delete(order.clientOrderId);
      this.#derivedFrom = null;
      const wasAsked = this.#outbox.isCancelRequested(order.clientOrderId);
      this.#outbox.forget(order.clientOrderId);
      // A refusal was counted when it was answered.
      if (order.filled === order.amount || wasAsked || order.exchangeOrderId === null) continue;
      this.#endedEarly(order);
    }
  }

  #endedEarly(order: TrackedOrder): void {
    const [first] = order.legs;
    this.#deps.log.warn({ plan: this.strategy.name, order: order.clientOrderId, status: order.finalStatus, filled: order.filled, reason: order.reason }, 'order ended unfilled');
    const isReset = first?.role === 'market-buy' || first?.role === 'rebalance';
    if (first !== undefined && isReset && order.filled !== '0') {
      this.#machines.apply({ to: 'wallet', wallet: first.wallet, event: { type: 'reset-order.ended' } }, this.#now(), { clientOrderId: order.clientOrderId });
      return;
    }
    this.#guard.failed({ slot: currentSlot(order), legs: order.legs }, order.reason ?? order.finalStatus ?? 'ended', this.#now());
  }

  #updateBand(): void {
    if (this.#machines.state === null || this.#prices === null) return;
    const waiting = this.#withheld.flatMap(({ order }) => (order.triggerPrice === null ? [] : [order.triggerPrice]));
    const band = bandOf(this.#machines.state, this.#machines.price, waiting);
    this.#band = narrowed(band, this.#risk.band(this.#machines.state));
  }
}
