/**
 * The world of one run of the campaign: an exchange that lives on, a store that outlives processes, and a supervisor that starts the bot
 * again whenever it has ended. Time is virtual; whatever the bot does between two moments happens before the next one comes (I22).
 */
import { HedgerowError } from '../../domain/errors.ts';
import type { Strategy } from '../../domain/strategy.ts';
import type { PlanState } from '../../engine/step.ts';
import type { ExchangeEvent } from '../../ports/exchange.ts';
import type { KillLatch } from '../../ports/latch.ts';
import type { Tick } from '../../ports/price-feed.ts';
import { Auditor } from '../auditor/auditor.ts';
import type { Delivery, RequestInfo } from '../exchange/config.ts';
import { SimulatedExchange } from '../exchange/simulated-exchange.ts';
import { marketUnder, PATH_START_AT } from '../simulation/path-world.ts';
import { simulatedAccounts, simulatedMarkets } from '../simulated-market.ts';
import { BotProcess } from './bot-process.ts';
import { DurableStore, memoryLatch } from './durable-store.ts';
import type { FaultSource } from './fault-source.ts';
import { strategyOf, SKETCH_PRICE } from './plan-sketch.ts';
import { RunMeasures } from './run-measures.ts';
import { SendWatch } from './send-watch.ts';
import type { CampaignTape, TapeCrash } from './tape.ts';
import { copiesOf, deliveryOf, executionOf } from './tape-faults.ts';
import type { Lane, TapeFault } from './tape-faults.ts';
import type { Timeline } from './timeline.ts';

/** What ends by itself is started again after this, as a supervisor does. */
const SUPERVISOR_MS = 5_000;
/** Rounds in which the bot is busy without any time passing; reached only if it never waits. */
const ROUNDS_MAX = 2_000;
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
  /** When the next process starts; null while one runs. */
  #startAt: number | null;
  #crash: TapeCrash | null = null;
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
    this.durable = new DurableStore(this.exchange, (batch) => {
      this.auditor.committed(batch);
      this.measures.committed(batch);
    });
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
    return this.process !== null && !this.process.isDead && this.process.isIdle && this.exchange.nextDueAt() === null;
  }

  /** Quiet, and the bot knows of every order how it stands. */
  get isAtRest(): boolean {
    const runner = this.process?.runner ?? null;
    return this.isQuiet && runner !== null && runner.state !== null && runner.workingOrders.every(({ status, finalStatus }) => status === 'live' && finalStatus === null);
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
    for (let due = this.nextDueAt(); due <= at; due = this.nextDueAt()) {
      this.exchange.advanceTo(Math.max(due, this.now));
      await this.#superviseStart();
      await this.settle();
    }
    if (at > this.now) this.exchange.advanceTo(at);
  }

  /** Infinity when nothing will happen by itself. */
  nextDueAt(): number {
    return Math.min(this.exchange.nextDueAt() ?? Infinity, this.#startAt ?? Infinity, this.process?.nextWakeAt() ?? Infinity);
  }

  /** Until the bot has nothing to do, or only waits for an answer that time brings. */
  async settle(): Promise<void> {
    for (let round = 0; this.process !== null && !this.process.isDead; round += 1) {
      if (round > ROUNDS_MAX) throw new HedgerowError('INVARIANT_BROKEN', 'I11 the bot is busy without end while no time passes');
      this.process.stir();
      await everythingRun();
      const { runner, seam, refusal } = this.process;
      if (runner?.state !== undefined && runner.state !== null) this.#lastState = runner.state;
      if (refusal !== null) return this.#processEnded(SUPERVISOR_MS, `could not go on: ${refusal.message}`);
      if (seam.isDead || seam.inFlight > 0 || this.process.isIdle) break;
    }
    if (this.#crash !== null) await this.#crashed(this.#crash);
    if (this.isAtRest) this.measures.rested(this.boundaries);
    this.measures.look();
  }

  async #crashed(crash: TapeCrash): Promise<void> {
    this.#crash = null;
    this.#processEnded(crash.downMs, `crash at boundary ${crash.boundary}`);
    if (crash.lostCommits > 0) this.hasLostCommits = true;
    if (crash.lostCommits > 0) this.auditor.rolledBack(await this.durable.lose(crash.lostCommits));
  }

  #processEnded(downMs: number, why: string): void {
    this.process?.seam.kill();
    this.process = null;
    this.#startAt = this.now + downMs;
    this.measures.ended();
    this.#timeline?.note(this.now, `process ends: ${why}; next start in ${downMs} ms`);
  }

  async #superviseStart(): Promise<void> {
    if (this.#startAt === null || this.#startAt > this.now) return;
    this.#startAt = null;
    this.measures.started(this.boundaries);
    this.#timeline?.note(this.now, 'process starts');
    this.process = new BotProcess({
      strategy: this.strategy,
      exchange: this.sends.port,
      store: this.durable.open(),
      latch: this.latch,
      wallClock: () => this.now + this.#clockOffsetMs,
      time: () => this.now,
      atBoundary: (call, moment) => this.#atBoundary(call, moment),
    });
  }

  /** Another process takes over while this one is paused. */
  takeOver(_pausedMs: number): void {
    this.#processEnded(SUPERVISOR_MS, 'taken over');
  }

  #atBoundary(call: string, moment: 'before' | 'sent' | 'after'): boolean {
    this.boundaries += 1;
    if (!this.isFaulty) return false;
    this.#crash = this.#source.crashAt(this.boundaries, call, moment);
    if (this.#crash === null) return false;
    this.measures.crashed(`${call}:${moment}`);
    this.#timeline?.note(this.now, `boundary ${this.boundaries} is ${call}:${moment}`);
    return true;
  }

  // --- what the exchange asks its policies -----------------------------------------------------------------------------------------

  #fault(lane: Lane): TapeFault | null {
    const fault = this.isFaulty ? this.#source.next(lane) : null;
    if (fault === null) return null;
    this.measures.faulted(fault);
    this.#timeline?.fault(this.now, fault);
    return fault;
  }

  #deliver({ kind, sequence }: RequestInfo): Delivery {
    const usual: Delivery = { requestMs: this.#delay(sequence, 1), responseMs: this.#delay(sequence, 2), applied: 1, answer: null };
    const fault = this.#fault(LANE_OF_KIND[kind]);
    return fault === null ? usual : deliveryOf(fault, usual);
  }

  /** Once to three times the latency, the same for the same request. */
  #delay(sequence: number, leg: number): number {
    if (this.#latencyMs === 0) return 0;
    let mixed = Math.imul(this.#salt + sequence * 2 + leg, 0x9e3779b1);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x85ebca6b);
    return this.#latencyMs + (((mixed ^ (mixed >>> 13)) >>> 0) % (2 * this.#latencyMs));
  }

  #stream(event: ExchangeEvent): readonly number[] {
    if (event.type === 'gap') return [0];
    const fault = this.#fault(event.type === 'price' ? 'q' : 'e');
    return fault === null ? [0] : copiesOf(fault);
  }

  #execution(): ReturnType<typeof executionOf> {
    const fault = this.#fault('x');
    return fault === null ? { type: 'normal' } : executionOf(fault);
  }
}

const LANE_OF_KIND = { place: 'p', amend: 'a', cancel: 'c', read: 'r' } as const;

/** Lets every promise that can go on do so. No time passes in this world meanwhile. */
function everythingRun(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve); // tidy-ok: drains the microtasks of the process that runs the simulation; nothing in the world sees it
  });
}
