/**
 * Property-based simulation of a strategy: random paths by fast-check through the whole bot, every step judged by the auditor, and what
 * was seen on the way counted. Same strategy, options and seed give the same report (I22).
 */
import fc from 'fast-check';
import type { Candle } from '../domain/candle.ts';
import type { DecimalString } from '../domain/decimal.ts';
import { HedgerowError } from '../domain/errors.ts';
import type { Strategy } from '../domain/strategy.ts';
import type { Violation } from './auditor/violation.ts';
import { pathArbitrary } from './simulation/path-kinds.ts';
import type { KindOfPath } from './simulation/path-kinds.ts';
import { runPath } from './simulation/run-path.ts';
import type { PathResult } from './simulation/run-path.ts';
import { shrinkPath } from './simulation/shrink-path.ts';
import { pathText } from './simulation/sim-path.ts';
import type { SimPath } from './simulation/sim-path.ts';

export interface SimulationOptions {
  readonly strategy: Strategy;
  readonly startPrice: DecimalString;
  readonly runs: number;
  readonly seed: number;
  /** Moves per path. */
  readonly steps: number;
  /** Real candles to draw blocks from; null: only made-up paths. */
  readonly candles: readonly Candle[] | null;
  /** Orders may also go on filling over several prices; default false. */
  readonly isHarsh?: boolean;
  /** Called after each path with how many are done. */
  readonly onPath?: (done: number) => void;
}

export interface Distribution {
  readonly count: number;
  readonly min: number;
  readonly p5: number;
  readonly median: number;
  readonly p95: number;
  readonly max: number;
}

export interface FoundViolation extends Violation {
  /** The shrunk path, as `--path` takes it. */
  readonly path: string;
}

export interface SimulationReport {
  readonly strategy: string;
  readonly seed: number;
  readonly startPrice: DecimalString;
  readonly paths: number;
  readonly pathsByKind: Readonly<Record<string, number>>;
  readonly steps: number;
  /** Steps after which nothing was under way, so that every invariant was checked. */
  readonly auditedSteps: number;
  /** Steps spent in each state, by owner. */
  readonly states: readonly (readonly [state: string, steps: number])[];
  readonly transitions: readonly (readonly [transition: string, count: number])[];
  /** Most frequent first. */
  readonly sequences: readonly (readonly [sequence: string, count: number])[];
  /** Per path, as fractions. */
  readonly returns: Distribution | null;
  readonly drawdowns: Distribution | null;
  /** Per finished cycle of a wallet, as fractions. */
  readonly cycleResults: Distribution | null;
  readonly unitsMoved: number;
  readonly ordersPlaced: number;
  readonly requests: number;
  readonly refusals: number;
  readonly ordersPerUnit: number | null;
  readonly requestsPerUnit: number | null;
  readonly fills: number;
  readonly liquidations: number;
  /** Paths on which the plan was at some time paused, halted, flattening or diverged. */
  readonly interruptions: Readonly<Record<string, number>>;
  /** Paths on which the strategy could not start, and why the first could not. */
  readonly refusedStarts: number;
  readonly refusal: string | null;
  readonly violation: FoundViolation | null;
}

const SEQUENCES_SHOWN = 12;

/** Runs until all paths are done or one of them breaks an invariant. */
export async function simulate(options: SimulationOptions): Promise<SimulationReport> {
  const { strategy, startPrice, runs, seed, steps, candles, isHarsh = false } = options;
  const tally = new Tally(options);
  let broken: { readonly path: SimPath; readonly violation: Violation } | null = null;
  const property = fc.asyncProperty(pathArbitrary({ steps, candles, unitsPerPrice: unitsPerPrice(strategy, startPrice), isHarsh }), async ({ kind, path }: KindOfPath) => {
    const result = await runPath(strategy, path, startPrice);
    tally.add(kind, result);
    options.onPath?.(tally.paths);
    if (result.violation !== null) broken = { path, violation: result.violation };
    return result.violation === null;
  });
  const outcome = await fc.check(property, { seed, numRuns: runs, endOnFailure: true });
  if (outcome.failed && broken === null) throw outcome.errorInstance ?? new HedgerowError('INVARIANT_BROKEN', 'a simulation failed without a violation');
  return tally.report(broken === null ? null : await shrunk(strategy, startPrice, broken));
}

/** One given path, counted like a simulation of one run. */
export async function replay(options: Pick<SimulationOptions, 'strategy' | 'startPrice' | 'seed'>, path: SimPath): Promise<SimulationReport> {
  const tally = new Tally(options);
  const result = await runPath(options.strategy, path, options.startPrice);
  tally.add('given', result);
  return tally.report(result.violation === null ? null : { ...result.violation, path: pathText(path) });
}

async function shrunk(strategy: Strategy, startPrice: DecimalString, { path, violation }: { readonly path: SimPath; readonly violation: Violation }): Promise<FoundViolation> {
  const kind = kindOfFault(violation);
  let last = violation;
  const smallest = await shrinkPath(path, violation.step, async (candidate) => {
    const { violation: found } = await runPath(strategy, candidate, startPrice);
    if (found === null || kindOfFault(found) !== kind) return null;
    last = found;
    return found.step;
  });
  const final = (await runPath(strategy, smallest, startPrice)).violation ?? last;
  return { ...final, path: pathText(smallest) };
}

/** The sentence without its numbers: a shorter path may break the same thing with other amounts. */
function kindOfFault({ message }: Violation): string {
  return message.replace(/\d[\d.]*/g, '#').slice(0, 80);
}

/** How many first units the start price is worth, for returns of real candles. Units of ATR are measured on the simulation's even candles. */
function unitsPerPrice({ unit, leverage }: Strategy, startPrice: DecimalString): number {
  switch (unit.type) {
    case 'price':
      return Number(startPrice) / Number(unit.price);
    case 'percent':
      return 1 / Number(unit.fraction);
    case 'margin':
      return Number(leverage) / Number(unit.fraction);
    case 'atr':
      return 1 / (0.007 * Number(unit.multiple));
  }
}

/** What every wallet and every plan can pass; listed with a count of 0 when it was not seen. */
const PHASES = ['ADVANCE', 'RETRACEMENT', 'DECLINE', 'RECOVERY', 'RESET'];
const WALLET_TRANSITIONS = ['ADVANCE → RETRACEMENT', 'RETRACEMENT → DECLINE', 'RETRACEMENT → RESET', 'DECLINE → RECOVERY', 'RECOVERY → DECLINE', 'RECOVERY → RESET', 'RESET → ADVANCE'];
const PLAN_PHASES = PHASES.slice(0, 4);
const PLAN_TRANSITIONS = ['ADVANCE → RETRACEMENT', 'RETRACEMENT → DECLINE', 'DECLINE → RECOVERY', 'RECOVERY → DECLINE', 'RECOVERY → ADVANCE'];

const SUMS = ['steps', 'auditedSteps', 'unitsMoved', 'ordersPlaced', 'requests', 'refusals', 'fills', 'liquidations'] as const;

class Tally {
  readonly #about: Pick<SimulationOptions, 'strategy' | 'startPrice' | 'seed'>;
  readonly #kinds = new Map<string, number>();
  readonly #states = new Map<string, number>();
  readonly #transitions = new Map<string, number>();
  readonly #sequences = new Map<string, number>();
  readonly #returns: number[] = [];
  readonly #drawdowns: number[] = [];
  readonly #cycleResults: number[] = [];
  readonly #interruptions = new Map<string, number>();
  readonly #sums = { steps: 0, auditedSteps: 0, unitsMoved: 0, ordersPlaced: 0, requests: 0, refusals: 0, fills: 0, liquidations: 0 };
  #refusal: string | null = null;
  #refusedStarts = 0;
  paths = 0;

  constructor(about: Pick<SimulationOptions, 'strategy' | 'startPrice' | 'seed'>) {
    this.#about = about;
    for (const { name } of about.strategy.wallets) {
      for (const phase of PHASES) this.#states.set(`${name}: ${phase}`, 0);
      for (const transition of WALLET_TRANSITIONS) this.#transitions.set(`${name}: ${transition}`, 0);
    }
    for (const phase of PLAN_PHASES) this.#states.set(`plan: ${phase}`, 0);
    for (const transition of PLAN_TRANSITIONS) this.#transitions.set(`plan: ${transition}`, 0);
  }

  add(kind: string, result: PathResult): void {
    this.paths += 1;
    increase(this.#kinds, kind, 1);
    if (result.refusal !== null) {
      this.#refusal ??= result.refusal;
      this.#refusedStarts += 1;
      return;
    }
    for (const key of SUMS) this.#sums[key] += result[key];
    for (const [state, steps] of result.states) increase(this.#states, state, steps);
    for (const transition of result.transitions) increase(this.#transitions, transition, 1);
    for (const sequence of result.sequences) increase(this.#sequences, sequence, 1);
    for (const operation of new Set(result.operations)) if (operation !== 'running') increase(this.#interruptions, operation, 1);
    this.#cycleResults.push(...result.cycleResults);
    if (result.violation !== null) return;
    this.#returns.push(result.return);
    this.#drawdowns.push(result.drawdown);
  }

  report(violation: FoundViolation | null): SimulationReport {
    const { unitsMoved, ordersPlaced, requests } = this.#sums;
    return {
      strategy: this.#about.strategy.name,
      seed: this.#about.seed,
      startPrice: this.#about.startPrice,
      paths: this.paths,
      pathsByKind: Object.fromEntries([...this.#kinds].sort(byName)),
      ...this.#sums,
      states: [...this.#states],
      transitions: [...this.#transitions],
      sequences: [...this.#sequences].sort((a, b) => b[1] - a[1] || byName(a, b)).slice(0, SEQUENCES_SHOWN),
      returns: distribution(this.#returns),
      drawdowns: distribution(this.#drawdowns),
      cycleResults: distribution(this.#cycleResults),
      ordersPerUnit: unitsMoved === 0 ? null : rounded(ordersPlaced / unitsMoved),
      requestsPerUnit: unitsMoved === 0 ? null : rounded(requests / unitsMoved),
      interruptions: Object.fromEntries([...this.#interruptions].sort(byName)),
      refusedStarts: this.#refusedStarts,
      refusal: this.#refusal,
      violation,
    };
  }
}

function increase(counts: Map<string, number>, key: string, by: number): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}

function byName(a: readonly [string, number], b: readonly [string, number]): number {
  return a[0] < b[0] ? -1 : 1;
}

/** By nearest rank; null without values. */
export function distribution(values: readonly number[]): Distribution | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number => rounded(sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))] as number);
  return { count: sorted.length, min: at(0), p5: at(0.05), median: at(0.5), p95: at(0.95), max: at(1) };
}

function rounded(value: number): number {
  return Math.round(value * 1e6) / 1e6 + 0;
}
