/**
 * The world of one run of the campaign: an exchange that lives on, a store that outlives processes, and a supervisor that starts the bot
 * again whenever it has ended. Time is virtual; whatever the bot does between two moments happens before the next one comes (I22).
 */
import { HedgerowError } from '../../domain/errors.ts';
import type { Strategy } from '../../domain/strategy.ts';
import type { PlanState } from '../../engine/step.ts';
import type { ExchangeEvent } from '../../ports/exchange.ts';
import type { KillLatch } from '../../ports/latch.ts';
import type { CommitBatch } from '../../ports/store.ts';
import type { Tick } from '../../ports/price-feed.ts';
import { Auditor } from '../auditor/auditor.ts';
import type { Delivery, RequestInfo } from '../exchange/config.ts';
import type { ReadFate } from '../exchange/faults.ts';
import { SimulatedExchange } from '../exchange/simulated-exchange.ts';
import { history, marketUnder, PATH_START_AT } from '../simulation/path-world.ts';
import { neededTimeframes, simulatedAccounts, simulatedMarkets } from '../simulated-market.ts';
import { BotProcess, VENUE } from './bot-process.ts';
import type { BoundaryMoment } from './crash-seam.ts';
import { DurableStore, memoryLatch } from './durable-store.ts';
import type { FaultSource } from './fault-source.ts';
import { strategyOf, SKETCH_PRICE } from './plan-sketch.ts';
import { RunMeasures } from './run-measures.ts';
import { SendWatch } from './send-watch.ts';
import type { CampaignTape, TapeCrash } from './tape.ts';
import { copiesOf, deliveryOf, executionOf } from './tape-faults.ts';
import type { Lane, TapeFault } from './tape-faults.ts';
import type { Timeline } from './timeline.ts';
import { LEASE_TTL_MS, VirtualLease } from './virtual-lease.ts';

/** What ends by itself is started again after this, as a supervisor does. */
const SUPERVISOR_MS = 5_000;
/** Rounds in which the bot is busy without any time passing; reached only if it never waits. */
const ROUNDS_MAX = 2_000;
/** Where events may be lost, the same price comes again this often: without news prices count as unknown. */
export const HEARTBEAT_MS = 10_000;
/** Until the first price is there. */
export const OPENING_MS = 60_000;

export class CampaignWorld {
  readonly strategy: Strategy;
  readonly exchange: SimulatedExchange;
  readonly auditor: Auditor;
  readonly durable: DurableStore;
  readonly latch: KillLatch;
  readonly sends: SendWatch;
  readonly measures: RunMeasures;
  readonly #source: FaultSource;
  readonly #timeline: Timeline | null;
  readonly #latencyMs: number;
  readonly #salt: number;
  process: BotProcess | null = null;
  /** Why the newest process that did not come up ended. */
  refusal: Error | null = null;
  /** When the next process starts; null while one runs. */
  #startAt: number | null;
  #crash: TapeCrash | null = null;
  /** A process whose machine stands still, or has stood still and does not know yet that it was replaced. */
  #sleeper: BotProcess | null = null;
  /** When its machine goes on; null when none stands still. */
  #wakeAt: number | null = null;
  #starts = 0;
  #blindUntil = -Infinity;
  #clockOffsetMs = 0;
  #lastState: PlanState | null = null;
  /** Faults of the tape still happen. */
  isFaulty = true;
  boundaries = 0;
  /** The last incident of the exchange is over at this time. */
  incidentsUntil = 0;
  /** Commits were forgotten: the plan may rightly find itself diverged. */
  hasLostCommits = false;
  actionsAsked = 0;

  constructor({ plan, conditions, wire }: Pick<CampaignTape, 'plan' | 'conditions' | 'wire'>, source: FaultSource, timeline: Timeline | null = null) {
    this.#source = source;
    this.#timeline = timeline;
    this.#latencyMs = conditions.latencyMs;
    this.#salt = conditions.seed;
    this.strategy = strategyOf(plan);
    const { isLossy, readLagMs, conditionalCap } = wire;
    this.exchange = new SimulatedExchange({
      markets: simulatedMarkets([this.strategy]).map((market) => marketUnder(market, conditions, this.strategy, SKETCH_PRICE)),
      accounts: simulatedAccounts([this.strategy]),
      fillPrice: conditions.fillPrice,
      capabilities: { amendsConditional: conditions.amends, hasLosslessEvents: !isLossy, readLagMs, maxConditionalPerSymbol: conditionalCap },
      deliver: (request) => this.#deliver(request),
      ...(isLossy && { stream: (event) => this.#stream(event) }),
      execution: () => this.#execution(),
      startAt: PATH_START_AT,
    });
    for (const timeframeMs of neededTimeframes([this.strategy])) this.exchange.keepCandles(this.strategy.symbol, timeframeMs, history(SKETCH_PRICE, timeframeMs, this.strategy));
    this.#startAt = PATH_START_AT;
    this.auditor = new Auditor(simulatedMarkets([this.strategy]));
    this.measures = new RunMeasures(this);
    this.sends = new SendWatch(this, isLossy);
    this.latch = memoryLatch((isLatched) => (this.sends.isLatched = isLatched));
    this.exchange.onDelta((delta) => {
      this.auditor.heard(delta);
      this.measures.heard(delta);
      timeline?.heard(delta);
    });
    const onCommit = (batch: CommitBatch): void => {
      this.auditor.committed(batch);
      this.measures.committed(batch);
    };
    this.durable = new DurableStore(this.exchange, wire.isForgetful, onCommit, () => this.#storeFault());
  }

  get now(): number {
    return this.exchange.now();
  }

  /** The plan as the newest process knows it, or the last one that knew it did. */
  get state(): PlanState | null {
    return this.process?.runner?.state ?? this.#lastState;
  }

  /** A process runs and has nothing to do, and nothing is under way to or from the exchange. */
  get isQuiet(): boolean {
    return this.process !== null && !this.process.isDead && this.#sleeper === null && this.process.isIdle && this.exchange.nextDueAt() === null;
  }

  /** What keeps the world from being quiet. */
  get underWay(): Readonly<Record<string, unknown>> {
    const { process } = this;
    return { isIdle: process?.isIdle ?? null, inFlight: process?.seam.inFlight ?? null, dueInMs: (this.exchange.nextDueAt() ?? Infinity) - this.now, hasSleeper: this.#sleeper !== null };
  }

  /** Quiet, and the bot knows of every order how it stands. */
  get isAtRest(): boolean {
    const runner = this.process?.runner ?? null;
    return this.isQuiet && runner !== null && runner.state !== null && !runner.waitsForStore && runner.workingOrders.every(({ status, finalStatus }) => status === 'live' && finalStatus === null);
  }

  /** The wall clock of the bot's machine jumps. */
  stepClock(byMs: number): void {
    this.#clockOffsetMs += byMs;
  }

  async tick(tick: Tick): Promise<void> {
    await this.passTimeUntil(tick.at);
    this.exchange.tick(tick);
    await this.settle();
  }

  /** Everything that is due until `at`, each with its consequences. */
  async passTimeUntil(at: number): Promise<void> {
    let rounds = 0;
    for (let due = this.nextDueAt(); due <= at; due = this.nextDueAt()) {
      rounds = due > this.now ? 0 : rounds + 1;
      if (rounds > ROUNDS_MAX) throw new HedgerowError('INVARIANT_BROKEN', 'I11 something is due without end while no time passes');
      this.exchange.advanceTo(Math.max(due, this.now));
      await this.#superviseStart();
      await this.#wakeMachine();
      await this.settle();
    }
    if (at > this.now) this.exchange.advanceTo(at);
  }

  /** Infinity when nothing will happen by itself. */
  nextDueAt(): number {
    return Math.min(this.exchange.nextDueAt() ?? Infinity, this.#startAt ?? Infinity, this.#wakeAt ?? Infinity, this.process?.nextWakeAt() ?? Infinity);
  }

  /** Until the bot has nothing to do, or only waits for an answer that time brings. */
  async settle(): Promise<void> {
    await this.#settle(this.process);
    if (this.#crash !== null) await this.#crashed(this.#crash);
    if (this.#sleeper !== null && this.#wakeAt === null) await this.#settleSleeper(this.#sleeper);
    if (this.isAtRest) this.measures.rested(this.boundaries);
    this.measures.look();
  }

  async #settle(process: BotProcess | null): Promise<void> {
    for (let round = 0; process !== null && !process.isDead && !process.seam.isPaused; round += 1) {
      if (round > ROUNDS_MAX) throw new HedgerowError('INVARIANT_BROKEN', 'I11 the bot is busy without end while no time passes');
      process.stir();
      await everythingRun();
      const { runner, seam, refusal } = process;
      if (process === this.process && runner !== null && runner.state !== null) this.#lastState = runner.state;
      if (refusal !== null) this.refusal = refusal;
      if (refusal !== null) return process === this.process ? this.#processEnded(SUPERVISOR_MS, `could not go on: ${refusal.message}`) : process.seam.kill();
      // A process that is not sure of its lease stops, and is started again.
      const { failure = null } = runner ?? {};
      if (process === this.process && failure instanceof HedgerowError && failure.code === 'LEASE_LOST') return this.#processEnded(SUPERVISOR_MS, failure.message);
      if (seam.isDead || seam.inFlight > 0 || process.isIdle) return;
    }
  }

  async #crashed(crash: TapeCrash): Promise<void> {
    this.#crash = null;
    if (crash.isPause) return this.#standStill(crash);
    await this.#processEnded(crash.downMs, `crash at boundary ${crash.boundary}`);
    if (crash.lostCommits === 0) return;
    this.hasLostCommits = true;
    this.auditor.rolledBack(await this.durable.lose(crash.lostCommits));
  }

  async #processEnded(downMs: number, why: string): Promise<void> {
    this.process?.seam.kill();
    await this.process?.lease.abandon();
    this.process = null;
    this.#startAt = this.now + downMs;
    this.incidentsUntil = Math.max(this.incidentsUntil, this.#startAt);
    this.measures.ended();
    this.#timeline?.note(this.now, `process ends: ${why}; next start in ${downMs} ms`);
  }

  /** The machine stands still; another one waits for its lease to run out. */
  async #standStill({ boundary, downMs }: TapeCrash): Promise<void> {
    const { process } = this;
    if (process === null) return;
    await process.lease.pause();
    this.#sleeper = process;
    this.#wakeAt = this.now + downMs;
    this.#startAt = this.now + LEASE_TTL_MS;
    this.incidentsUntil = Math.max(this.incidentsUntil, this.#wakeAt);
    this.#timeline?.note(this.now, `the machine stands still at boundary ${boundary}, for ${downMs} ms`);
  }

  /** The machine goes on; when it has been replaced meanwhile, its process must find that out by itself. */
  async #wakeMachine(): Promise<void> {
    if (this.#wakeAt === null || this.#wakeAt > this.now || this.#sleeper === null) return;
    this.#wakeAt = null;
    const isReplaced = this.process !== this.#sleeper;
    if (isReplaced) await this.process?.lease.keep();
    this.#timeline?.note(this.now, isReplaced ? 'the machine goes on and has been replaced' : 'the machine goes on in time');
    const sleeper = this.#sleeper;
    if (!isReplaced) {
      this.#sleeper = null;
      this.#startAt = null;
    }
    sleeper.seam.resume();
  }

  /** It has to stop without having sent anything; it does not get to renew its lease either, which ends it at the latest. */
  async #settleSleeper(sleeper: BotProcess): Promise<void> {
    await this.process?.lease.keep();
    await this.#settle(sleeper);
    if (sleeper.seam.inFlight > 0 && !sleeper.isDead && sleeper.runner?.failure === null) return;
    sleeper.seam.kill();
    this.#sleeper = null;
  }

  async #superviseStart(): Promise<void> {
    if (this.#startAt === null || this.#startAt > this.now) return;
    const store = this.durable.open();
    const number = this.#starts + 1;
    const accounts = [...new Set(this.strategy.wallets.map(({ account }) => account))];
    const lease = await VirtualLease.acquire({ store, venue: VENUE, accounts, holder: `process-${number}`, now: () => this.now });
    if (typeof lease === 'number') {
      this.#startAt = this.now + lease;
      return;
    }
    this.#starts = number;
    this.#startAt = null;
    this.measures.started(this.boundaries);
    this.#timeline?.note(this.now, 'process starts');
    this.process = new BotProcess({
      strategy: this.strategy,
      exchange: this.sends.portOf(() => number === this.#starts),
      store,
      lease,
      latch: this.latch,
      wallClock: () => this.now + this.#clockOffsetMs,
      time: () => this.now,
      atBoundary: (call, moment) => (number === this.#starts ? this.#atBoundary(call, moment) : 'go on'),
    });
  }

  #atBoundary(call: string, moment: BoundaryMoment): 'end' | 'pause' | 'go on' {
    this.boundaries += 1;
    if (!this.isFaulty || this.#wakeAt !== null) return 'go on';
    const crash = this.#source.crashAt(this.boundaries, call, moment);
    if (crash === null) return 'go on';
    this.#crash = crash;
    this.measures.crashed(crash.isPause ? `pause ${call}:${moment}` : `${call}:${moment}`);
    this.#timeline?.note(this.now, `boundary ${this.boundaries} is ${call}:${moment}`);
    return crash.isPause ? 'pause' : 'end';
  }

  /** For a while no read of an account is answered; writes are carried out as always. */
  blind(lastsMs: number): void {
    this.#blindUntil = this.now + lastsMs;
    this.incidentsUntil = Math.max(this.incidentsUntil, this.#blindUntil);
  }

  // --- what the exchange asks its policies -----------------------------------------------------------------------------------------

  #fault(lane: Lane): TapeFault | null {
    const fault = this.isFaulty ? this.#source.next(lane) : null;
    if (fault === null) return null;
    this.measures.faulted(fault);
    this.#timeline?.fault(this.now, fault);
    return fault;
  }

  #storeFault(): 'away' | 'unsure' | null {
    const fault = this.#fault('s');
    return fault === null ? null : (fault.kind as 'away' | 'unsure');
  }

  #deliver({ kind, sequence, account }: RequestInfo): Delivery {
    const usual: Delivery = { requestMs: this.#delay(sequence, 1), responseMs: this.#delay(sequence, 2), applied: 1, answer: null, ...(kind === 'read' && { read: this.#usualRead(sequence) }) };
    if (kind === 'read' && account !== null && this.now < this.#blindUntil) return { ...usual, read: { fails: BLIND } };
    const fault = this.#fault(LANE_OF_KIND[kind]);
    return fault === null ? usual : deliveryOf(fault, usual);
  }

  /** Once to three times the latency, the same for the same request. */
  #delay(sequence: number, leg: number): number {
    return this.#latencyMs === 0 ? 0 : this.#latencyMs + this.#jitter(sequence, leg, 2 * this.#latencyMs);
  }

  /** Every read is as old as it may be, or less, each namespace by its own measure. */
  #usualRead(sequence: number): ReadFate {
    const { readLagMs } = this.exchange.capabilities;
    if (readLagMs === 0) return {};
    return { lagMs: Object.fromEntries(LAGGING.map((surface, index) => [surface, this.#jitter(sequence, index + 3, readLagMs + 1)])) };
  }

  /** From 0 to below `bound`, the same for the same request and purpose. */
  #jitter(sequence: number, purpose: number, bound: number): number {
    let mixed = Math.imul(this.#salt + sequence * 16 + purpose, 0x9e3779b1);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x85ebca6b);
    return ((mixed ^ (mixed >>> 13)) >>> 0) % bound;
  }

  #stream(event: ExchangeEvent): readonly number[] {
    if (event.type === 'gap') return [0];
    const fault = this.#fault(event.type === 'price' ? 'q' : 'e');
    return fault === null ? [0] : copiesOf(fault);
  }

  #execution(): ReturnType<typeof executionOf> {
    const fault = this.#fault('x');
    const fate = fault === null ? ({ type: 'normal' } as const) : executionOf(fault);
    // What is left is executed with the first price after its time.
    if (fate.type === 'partial') this.incidentsUntil = Math.max(this.incidentsUntil, this.now + fate.restAfterMs + HEARTBEAT_MS);
    return fate;
  }
}

const LAGGING = ['orders', 'conditional-orders', 'history', 'positions', 'trades', 'events', 'prices'] as const;
const BLIND = ['orders', 'conditional-orders', 'positions', 'trades', 'events'] as const;
const LANE_OF_KIND = { place: 'p', amend: 'a', cancel: 'c', read: 'r' } as const;

/** Lets every promise that can go on do so. No time passes in this world meanwhile. */
function everythingRun(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve); // tidy-ok: drains the microtasks of the process that runs the simulation; nothing in the world sees it
  });
}
