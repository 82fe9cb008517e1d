/** Runs one path through the whole bot with the auditor on, and says what happened. */
import { dec, plain } from '../../domain/decimal.ts';
import type { DecimalString } from '../../domain/decimal.ts';
import { HedgerowError } from '../../domain/errors.ts';
import type { Strategy } from '../../domain/strategy.ts';
import type { RunnerCounters, RunnerDeps } from '../../engine/runner-parts.ts';
import { equityOfPlan } from '../../engine/risk.ts';
import { factsOf, operationOf, planPhaseOf } from '../../engine/step.ts';
import { auditedPlan } from '../audited-facts.ts';
import type { Violation } from '../auditor/violation.ts';
import { finding } from '../auditor/violation.ts';
import { openPathWorld, PATH_START_AT } from './path-world.ts';
import type { PathWorld } from './path-world.ts';
import { PriceWalk } from './price-walk.ts';
import type { SimPath } from './sim-path.ts';

/** How a path ended: to its end, refused at the start, or broken. Liquidations, pauses and halts are counted, they are no faults. */
export interface PathResult {
  readonly violation: Violation | null;
  /** Why the strategy could not start at all; null: it did. */
  readonly refusal: string | null;
  readonly steps: number;
  /** Steps after which nothing was under way, so that every check applied. */
  readonly auditedSteps: number;
  /** `hedge: ADVANCE → RETRACEMENT` and `plan: …`, `operation: …`, in the order they happened. */
  readonly transitions: readonly string[];
  /** Steps spent per `hedge: DECLINE`. */
  readonly states: ReadonlyMap<string, number>;
  /** Each wallet's cycles as the phases they passed, `hedge: ADVANCE → RETRACEMENT → RESET`; unfinished ones end with `…`. */
  readonly sequences: readonly string[];
  /** Final equity / capital − 1. */
  readonly return: number;
  /** Largest loss from a peak of equity, as a fraction of the peak. */
  readonly drawdown: number;
  /** Equity at the end of a cycle over that at its start, − 1. */
  readonly cycleResults: readonly number[];
  readonly unitsMoved: number;
  readonly ordersPlaced: number;
  readonly requests: number;
  readonly refusals: number;
  readonly fills: number;
  readonly liquidations: number;
  readonly operations: readonly string[];
}

export async function runPath(strategy: Strategy, path: SimPath, startPrice: DecimalString): Promise<PathResult> {
  const log = new PathLog(strategy);
  let opened: PathWorld;
  try {
    opened = await openPathWorld(strategy, path.conditions, startPrice, log.observer);
  } catch (error) {
    if (error instanceof HedgerowError && error.code !== 'INVARIANT_BROKEN') return log.result(null, error.message);
    throw error;
  }
  const { exchange, auditor, runner } = opened;
  exchange.subscribe((event) => {
    if (event.type === 'liquidation') log.liquidations += 1;
  });
  const run = new PathRun(strategy, path, startPrice, opened);
  for (let step = 0; step <= path.moves.length; step += 1) {
    const violation = await run.step(step, log);
    if (runner.failure instanceof HedgerowError && runner.failure.code === 'STRATEGY_TOO_SMALL') return log.result(null, runner.failure.message);
    if (violation !== null) return log.result(violation, null, runner.counters);
  }
  return log.result(auditor.violation, null, runner.counters);
}

class PathRun {
  readonly #path: SimPath;
  readonly #opened: PathWorld;
  readonly #walk: PriceWalk;

  constructor(strategy: Strategy, path: SimPath, startPrice: DecimalString, opened: PathWorld) {
    this.#path = path;
    this.#opened = opened;
    this.#walk = new PriceWalk(strategy, path.conditions, startPrice, opened.random, () => opened.runner.state);
  }

  /** Step 0 is the opening price, step n the n-th move. */
  async step(step: number, log: PathLog): Promise<Violation | null> {
    const { world, auditor, runner, exchange } = this.#opened;
    const { conditions, moves } = this.#path;
    const move = moves[step - 1];
    if (move !== undefined) this.#walk.move(move);
    auditor.begin(step);
    const stepMs = conditions.stepSeconds * 1_000;
    const tick = this.#walk.tickAt(step, PATH_START_AT + step * stepMs);
    await world.tick(tick);
    // Answers under way arrive before the next price; the step is judged when they have.
    await world.passTimeUntil(tick.at + stepMs - 1);
    const isQuiet = exchange.nextDueAt() === null && world.engine.isSettled;
    const plan = auditedPlan(runner);
    const violation =
      plan === null
        ? failureBeforeStart(runner.failure, step, tick.at)
        : auditor.audit({ plans: [plan], isQuiet, extraRequests: isQuiet && runner.failure === null ? runner.preview().actions.length : 0 });
    log.stepped(this.#opened, isQuiet);
    return violation;
  }
}

function failureBeforeStart(failure: Error | null, step: number, at: number): Violation | null {
  return failure === null ? null : { ...finding('engine', `the plan stopped before it started: ${failure.message}`, {}), step, at };
}

/** Gathers what a path's result is made of. */
class PathLog {
  readonly #strategy: Strategy;
  readonly #transitions: string[] = [];
  readonly #states = new Map<string, number>();
  readonly #sequences = new Map<string, string[]>();
  readonly #cycleStart = new Map<string, number>();
  readonly #cycleResults: number[] = [];
  readonly #operations: string[] = [];
  #planPhase = 'ADVANCE';
  #equity: number;
  #peak: number;
  #drawdown = 0;
  #steps = 0;
  #audited = 0;
  #ordersPlaced = 0;
  liquidations = 0;

  constructor(strategy: Strategy) {
    this.#strategy = strategy;
    this.#equity = this.#peak = this.#capital();
  }

  #capital(): number {
    return this.#strategy.wallets.reduce((sum, wallet) => sum + Number(wallet.capital), 0);
  }

  readonly observer: NonNullable<RunnerDeps['observer']> = {
    phaseChanged: (wallet, from, to) => {
      // A reset that needs no order, and a ladder of one rung, pass two phases at once.
      const via = to === 'ADVANCE' && from !== 'RESET' ? ['RESET'] : from === 'ADVANCE' && to === 'DECLINE' ? ['RETRACEMENT'] : [];
      let before: string = from;
      for (const phase of [...via, to]) {
        this.#transitions.push(`${wallet}: ${before} → ${phase}`);
        const sequence = this.#sequences.get(wallet) ?? [from];
        sequence.push(phase);
        this.#sequences.set(wallet, sequence);
        before = phase;
      }
    },
    operationChanged: (from, to) => {
      this.#transitions.push(`operation: ${from} → ${to}`);
      this.#operations.push(to);
    },
    cycleStarted: (wallet, _, equity) => {
      const before = this.#cycleStart.get(wallet);
      if (before !== undefined && before > 0) this.#cycleResults.push(Number(equity) / before - 1);
      this.#cycleStart.set(wallet, Number(equity));
    },
  };

  stepped({ runner, auditor }: PathWorld, isQuiet: boolean): void {
    this.#steps += 1;
    if (isQuiet) this.#audited += 1;
    const { state, prices } = runner;
    if (state === null || prices === null) return;
    for (const wallet of state.wallets) this.#count(`${wallet.name}: ${String(wallet.snapshot.value)}`);
    const phase = planPhaseOf(state);
    this.#count(`plan: ${phase}`);
    this.#count(`operation: ${operationOf(state)}`);
    if (phase !== this.#planPhase) this.#transitions.push(`plan: ${this.#planPhase} → ${phase}`);
    this.#planPhase = phase;
    this.#equity = Number(plain(equityOfPlan(state.wallets.map(factsOf), dec(prices.mark))));
    this.#peak = Math.max(this.#peak, this.#equity);
    if (this.#peak > 0) this.#drawdown = Math.max(this.#drawdown, 1 - this.#equity / this.#peak);
    this.#ordersPlaced = auditor.ordersAccepted;
  }

  #count(state: string): void {
    this.#states.set(state, (this.#states.get(state) ?? 0) + 1);
  }

  result(violation: Violation | null, refusal: string | null, counters?: RunnerCounters): PathResult {
    return {
      violation,
      refusal,
      steps: this.#steps,
      auditedSteps: this.#audited,
      transitions: this.#transitions,
      states: this.#states,
      sequences: [...this.#sequences].flatMap(([wallet, phases]) => cyclesOf(phases).map((cycle) => `${wallet}: ${cycle}`)),
      return: this.#equity / this.#capital() - 1,
      drawdown: this.#drawdown,
      cycleResults: this.#cycleResults,
      unitsMoved: counters?.unitsMoved ?? 0,
      ordersPlaced: this.#ordersPlaced,
      requests: counters?.requests ?? 0,
      refusals: counters?.refusals ?? 0,
      fills: counters?.fills ?? 0,
      liquidations: this.liquidations,
      operations: this.#operations,
    };
  }
}

/** Cut where a new cycle begins; going back and forth at the bottom is written once. */
function cyclesOf(phases: readonly string[]): string[] {
  const cycles: string[][] = [];
  for (const phase of phases) {
    if (phase === 'ADVANCE') cycles.push([]);
    cycles.at(-1)?.push(phase);
  }
  return cycles.map((cycle) => {
    const text = cycle.join(' → ').replace(/DECLINE → RECOVERY(?: → DECLINE → RECOVERY)+/g, '(DECLINE → RECOVERY)+');
    return cycle.at(-1) === 'RESET' ? text : `${text} …`;
  });
}
