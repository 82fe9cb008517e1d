/**
 * One run of the campaign. Safety phase: prices, faults, crashes; after every step what must hold at every moment is checked. Liveness
 * phase: faults off, then the plan converges within a stated time to what the exchange holds, and one more pass sends nothing (I10).
 */
import { HedgerowError } from '../../domain/errors.ts';
import type { ErrorCode } from '../../domain/errors.ts';
import type { ExchangeOrder } from '../../window/exchange-orders.ts';
import { slotOf } from '../../window/exchange-orders.ts';
import { isExecuting } from '../../window/plan.ts';
import type { PlanRunner } from '../../engine/plan-runner.ts';
import { operationOf } from '../../engine/step.ts';
import { auditedPlan } from '../audited-facts.ts';
import type { AuditedPlan } from '../auditor/audited-plan.ts';
import { finding } from '../auditor/violation.ts';
import type { Finding, Violation } from '../auditor/violation.ts';
import { PATH_START_AT } from '../simulation/path-world.ts';
import { PriceWalk } from '../simulation/price-walk.ts';
import { seededRandom } from '../random.ts';
import { carryOut } from './carry-out.ts';
import { CampaignWorld, HEARTBEAT_MS, OPENING_MS } from './campaign-world.ts';
import type { FaultSource } from './fault-source.ts';
import { SKETCH_PRICE } from './plan-sketch.ts';
import { mayStopPlan } from './tape-acts.ts';
import type { TapeAct } from './tape-acts.ts';
import type { CampaignTape } from './tape.ts';
import type { Timeline } from './timeline.ts';

export interface RunOutcome {
  readonly violation: Violation | null;
  /** Why the plan could not start at all; null: it did. */
  readonly refusal: string | null;
  readonly steps: number;
  readonly simulatedMs: number;
  /** Await boundaries the bot had passed at the end of each step of the safety phase, the opening price first. */
  readonly boundariesAt: readonly number[];
  /** Boundaries of each process until it first came to rest. */
  readonly recoveries: readonly { readonly from: number; readonly to: number }[];
  readonly faults: ReadonlyMap<string, number>;
  readonly crashes: ReadonlyMap<string, number>;
  readonly unprotectedMs: readonly number[];
  readonly restartToProtectedMs: readonly number[];
  /** From the last fault until the plan and the exchange agreed; null when they did not, or the run broke off. */
  readonly convergenceMs: number | null;
  readonly operation: string;
  /** What is held at the exchange and what the plan wants to rest there, as text (I12). */
  readonly result: string;
  readonly traceHash: string;
}

/** Faults off, everything has to be in order again within this: unknown requests take their deadline, two readings and a look-up a minute later. */
export const CONVERGENCE_MS = 15 * 60_000;
/** After an incident the bot may still wait before it asks again. */
const BACK_OFF_MS = 60_000;
/** Reasons of the user's own. */
const REFUSALS: ReadonlySet<ErrorCode> = new Set(['STRATEGY_TOO_SMALL', 'STRATEGY_UNPROTECTABLE']);
const UNDER_WAY = 'I10: something is still under way';
/** What a step takes that the tape says nothing else of. */
const STEP_MS = 60_000;
/** How often a converging plan is looked at. */
const LOOK_MS = 1_000;
/** One more look at the exchange, after everything is in order. */
const ONE_MORE_MS = 90_000;
/** A diverged plan is adopted, and may diverge again while it catches up. */
const ADOPTIONS_MAX = 3;

export async function runTape(tape: Omit<CampaignTape, 'faults' | 'crashes'>, source: FaultSource, timeline: Timeline | null = null): Promise<RunOutcome> {
  const run = new TapeRun(tape, source, timeline);
  let thrown: Finding | null = null;
  try {
    await run.safety();
    await run.liveness();
  } catch (error) {
    if (!(error instanceof HedgerowError)) throw error;
    thrown = finding('engine', `a run broke off: ${error.message}`, {});
  }
  return run.outcome(thrown);
}

class TapeRun {
  readonly #tape: Omit<CampaignTape, 'faults' | 'crashes'>;
  readonly #world: CampaignWorld;
  readonly #walk: PriceWalk;
  readonly #timeline: Timeline | null;
  readonly #boundariesAt: number[] = [];
  #step = 0;
  #prices = 0;
  #convergenceMs: number | null = null;
  #isAdopted = false;
  /** Somebody else has acted on the account: until the plan has found out, the two differ. */
  #isMeddled = false;

  constructor(tape: Omit<CampaignTape, 'faults' | 'crashes'>, source: FaultSource, timeline: Timeline | null) {
    this.#tape = tape;
    this.#timeline = timeline;
    const world = new CampaignWorld(tape, source, timeline);
    this.#world = world;
    this.#walk = new PriceWalk(world.strategy, tape.conditions, SKETCH_PRICE, seededRandom(tape.conditions.seed).fork('prices'), () => world.state);
  }

  get #broken(): boolean {
    return this.#world.auditor.violation !== null || this.#refusal !== null;
  }

  /** Too small a capital, or another reason of the user's own not to start. */
  get #refusal(): string | null {
    const failure = this.#world.process?.runner?.failure ?? this.#world.refusal;
    if (!(failure instanceof HedgerowError)) return null;
    // An account that somebody has put into another mode before the plan ever started.
    const isOtherMode = failure.code === 'INPUT_INVALID' && this.#tape.steps.some((step) => step.type === 'act' && step.act.name === 'settings');
    return REFUSALS.has(failure.code) || isOtherMode ? failure.message : null;
  }

  // --- safety ----------------------------------------------------------------------------------------------------------------------

  async safety(): Promise<void> {
    await this.#world.passTimeUntil(PATH_START_AT + OPENING_MS - 1);
    await this.#price();
    this.#judge();
    for (const step of this.#tape.steps) {
      if (this.#broken) return;
      this.#step += 1;
      this.#world.auditor.begin(this.#step);
      if (step.type === 'act') await this.#act(step.act);
      else {
        this.#walk.move(step);
        await this.#price();
      }
      this.#judge();
    }
  }

  async #act(act: TapeAct): Promise<void> {
    this.#timeline?.note(this.#world.now, `act ${act.name} ${act.args.join(' ')}`);
    this.#world.measures.happened(act.name);
    if (mayStopPlan(act)) this.#isMeddled = true;
    await carryOut(act, this.#world);
    await this.#world.settle();
  }

  async #price(): Promise<void> {
    const { stepSeconds } = this.#tape.conditions;
    const stepMs = stepSeconds * 1_000;
    const tick = this.#walk.tickAt(this.#prices, PATH_START_AT + OPENING_MS + this.#prices * stepMs);
    this.#prices += 1;
    await this.#world.tick(tick);
    await this.#heartbeatUntil(tick.at + stepMs - 1);
  }

  /** Time passes; where prices would go stale they are told again. */
  async #heartbeatUntil(at: number): Promise<void> {
    const world = this.#world;
    if (this.#tape.wire.isLossy) {
      for (let next = world.now + HEARTBEAT_MS; next < at; next += HEARTBEAT_MS) {
        const { fundingRate: _none, ...tick } = this.#walk.tickAt(0, next);
        await world.tick(tick);
      }
    }
    await world.passTimeUntil(at);
  }

  #judge(): void {
    this.#boundariesAt.push(this.#world.boundaries);
    const { auditor, process, isAtRest } = this.#world;
    const plan = this.#auditedNow();
    if (plan === null) {
      const failure = process?.runner?.failure ?? null;
      if (failure !== null && this.#refusal === null) auditor.report(finding('engine', `the plan stopped before it started: ${failure.message}`, {}));
      return;
    }
    const runner = process?.runner ?? null;
    const isSure = isAtRest && runner !== null && this.#isUndisturbed(runner);
    const actions = isSure && runner.failure === null ? runner.preview().actions : [];
    // First, because what rests is then wrong for no other reason.
    if (actions.length > 0) auditor.report(finding('I10', 'the plan is at rest although a pass would send requests', { actions: actions.map(({ type, reason }) => `${type}: ${reason}`) }));
    auditor.audit({ plans: [plan], isQuiet: isSure, extraRequests: actions.length });
  }

  /** No fault can still be the reason for a difference; with nothing but crashes none ever is. */
  #isUndisturbed({ withheld }: PlanRunner): boolean {
    const { measures, incidentsUntil, now } = this.#world;
    if (this.#tape.wire.isLossy) return false;
    return measures.faults.size === 0 || (!this.#isMeddled && withheld.length === 0 && now > incidentsUntil + BACK_OFF_MS);
  }

  /** Null while no process knows the plan. */
  #auditedNow(): AuditedPlan | null {
    const runner = this.#world.process?.runner ?? null;
    const plan = runner === null ? null : auditedPlan(runner);
    return plan === null ? null : { ...plan, isAdopted: this.#isAdopted, conditionalCap: this.#tape.wire.conditionalCap };
  }

  // --- liveness --------------------------------------------------------------------------------------------------------------------

  async liveness(): Promise<void> {
    const world = this.#world;
    if (this.#broken) return;
    this.#step += 1;
    world.auditor.begin(this.#step);
    world.isFaulty = false;
    const healedAt = Math.max(world.now, world.incidentsUntil);
    while (world.now < healedAt) {
      await this.#heartbeatUntil(Math.min(healedAt, world.now + STEP_MS));
      this.#beginMinute();
    }
    this.#timeline?.note(world.now, 'faults off');
    for (let adoptions = 0; ; adoptions += 1) {
      if (!(await this.#converge(healedAt))) return;
      if (this.#operation() !== 'diverged' || adoptions === ADOPTIONS_MAX) break;
      this.#isAdopted = true;
      await this.#act({ name: 'adopt', args: [] });
    }
    this.#convergenceMs ??= world.now - healedAt;
    this.#judgeEnd();
    if (!this.#broken) await this.#oneMore();
  }

  /** True when plan and exchange agree; a violation is noted when they do not in time. */
  async #converge(healedAt: number): Promise<boolean> {
    const world = this.#world;
    const deadline = healedAt + CONVERGENCE_MS;
    let beats = 0;
    let minutes = 0;
    let seen: Finding | null = null;
    for (;;) {
      const now = this.#unsettled();
      if (now === null) return true;
      // A reading that happens to be on its way says less than what was wrong before it.
      const fault: Finding = seen !== null && now.message === UNDER_WAY ? seen : now;
      seen = fault;
      if (this.#refusal !== null) return false;
      if (world.now >= deadline || this.#broken) {
        world.auditor.report({ ...fault, invariant: 'I10', message: `I10: not in order ${CONVERGENCE_MS / 60_000} minutes after the last fault: ${fault.message}` });
        return false;
      }
      if ((this.#tape.wire.isLossy || this.#isFilling()) && world.now - healedAt >= HEARTBEAT_MS * beats) {
        beats += 1;
        await this.#beat();
      }
      if (world.now - healedAt >= STEP_MS * (minutes + 1)) {
        minutes += 1;
        this.#beginMinute();
      }
      await world.passTimeUntil(world.now + LOOK_MS);
    }
  }

  /** I11 counts by the minute, as the steps before do. */
  #beginMinute(): void {
    const { auditor } = this.#world;
    const plan = this.#auditedNow();
    if (plan !== null) auditor.audit({ plans: [plan], isQuiet: false, extraRequests: 0 });
    auditor.begin(this.#step);
  }

  async #beat(): Promise<void> {
    const { fundingRate: _none, ...tick } = this.#walk.tickAt(0, this.#world.now);
    await this.#world.tick(tick);
  }

  /** The rest of an order that is filling in parts comes with a later price. */
  #isFilling(): boolean {
    return this.#world.process?.runner?.workingOrders.some((order) => isExecuting(order) && order.finalStatus === null) ?? false;
  }

  /** What is not in order yet; null when everything is. */
  #unsettled(): Finding | null {
    const { process, auditor, isQuiet } = this.#world;
    const runner = process?.runner ?? null;
    const plan = this.#auditedNow();
    if (runner === null || plan === null) return finding('I12', 'no process runs the plan', { refusal: process?.refusal?.message ?? null });
    if (plan.failure !== null) return finding('engine', `the plan stopped by itself: ${plan.failure}`, {});
    if (!isQuiet) return { ...finding('I10', '', this.#world.underWay), message: UNDER_WAY };
    const open = runner.workingOrders.find(({ status, finalStatus }) => status !== 'live' || finalStatus !== null);
    if (this.#isFilling()) return finding('I10', 'an order is still being filled', {});
    if (!runner.isUpToDate) return finding('I10', 'the exchange has not been read completely since it had to be', {});
    if (open !== undefined) return finding('I10', 'an order is not settled', { clientOrderId: open.clientOrderId, status: open.status, finalStatus: open.finalStatus });
    if (runner.nextAttemptAt < Infinity && this.#operation() !== 'diverged') return finding('I10', 'an order waits to be sent', {});
    const { actions } = runner.preview();
    if (actions.length > 0) return finding('I10', 'the next pass would send requests', { actions: actions.map(({ type, reason }) => `${type}: ${reason}`) });
    return this.#operation() === 'diverged' ? null : auditor.faultAtRest(plan);
  }

  #operation(): string {
    const { state } = this.#world;
    return state === null ? 'not started' : operationOf(state);
  }

  /** A plan that is not running at the end has a reason on the tape. */
  #judgeEnd(): void {
    const { auditor, hasLostCommits, exchange } = this.#world;
    const operation = this.#operation();
    const acts = this.#tape.steps.flatMap((step) => (step.type === 'act' ? [step.act] : []));
    const hasReason = acts.some(mayStopPlan) || hasLostCommits || exchange.truth().events.some(({ type }) => type === 'liquidation');
    if (operation !== 'running' && operation !== 'paused' && !hasReason) auditor.report(finding('I12', `the plan is ${operation} although nothing but faults of the way happened`, { reason: this.#world.state?.plan.context.reason ?? null }));
  }

  /** Everything is read again, and nothing is sent. */
  async #oneMore(): Promise<void> {
    const world = this.#world;
    const before = exchangeRequests(world);
    const toldAt = world.now;
    world.process?.engine?.receive({ type: 'gap', since: world.now, at: world.now });
    await world.settle();
    await this.#heartbeatUntil(world.now + ONE_MORE_MS);
    const sent = exchangeRequests(world) - before;
    if (!world.sends.hasReadSince(toldAt)) world.auditor.report(finding('I9', 'the account was not read again although events may have been missed', {}));
    if (sent > 0) world.auditor.report(finding('I10', `one more reading of an unchanged world sent ${sent} requests`, {}));
    const plan = this.#auditedNow();
    if (plan !== null) world.auditor.audit({ plans: [plan], isQuiet: this.#operation() !== 'diverged', extraRequests: 0 });
  }

  // --- what came of it -------------------------------------------------------------------------------------------------------------

  outcome(thrown: Finding | null): RunOutcome {
    const { auditor, measures, now } = this.#world;
    if (thrown !== null) auditor.report(thrown);
    return {
      violation: auditor.violation,
      refusal: this.#refusal,
      steps: this.#step,
      simulatedMs: now - PATH_START_AT,
      boundariesAt: this.#boundariesAt,
      recoveries: measures.recoveries,
      faults: measures.faults,
      crashes: measures.crashes,
      unprotectedMs: measures.unprotectedMs,
      restartToProtectedMs: measures.restartToProtectedMs,
      convergenceMs: this.#convergenceMs,
      operation: this.#operation(),
      result: resultText(this.#world),
      traceHash: measures.traceHash,
    };
  }
}

function exchangeRequests({ exchange }: CampaignWorld): number {
  return exchange.truth().requests.length;
}

/** I12: holdings by account and side, and what is wanted at the exchange. */
function resultText({ exchange, process }: CampaignWorld): string {
  const held = exchange.truth().accounts.flatMap(({ account, positions }) => positions.map(({ positionSide, amount }) => `${account} ${positionSide} ${amount}`));
  const wanted = (process?.runner?.desired() ?? []).map(orderText);
  return [...held.sort(), ...wanted.sort()].join('\n');
}

function orderText({ account, side, type, amount, triggerPrice, legs }: ExchangeOrder): string {
  return `${account} ${side} ${type} ${amount} @${triggerPrice ?? 'market'} ${legs.map(slotOf).join('+')}`;
}
