/** Adds up the results of a campaign's jobs into the figures it reports. Bounded by kinds, except for the times percentiles are taken of. */
import type { FailedRun, JobResult } from './campaign-job.ts';
import { BOUNDARIES } from './crash-seam.ts';
import { kindOf } from './shrink-tape.ts';

export interface Spread {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export interface CampaignFigures {
  readonly runs: number;
  readonly steps: number;
  readonly simulatedMs: number;
  /** Runs by how the plan stood at the end. */
  readonly operations: Readonly<Record<string, number>>;
  readonly refusedStarts: number;
  readonly faults: Readonly<Record<string, number>>;
  readonly crashes: Readonly<Record<string, number>>;
  /** Boundaries at which no process was ever ended. */
  readonly unreached: readonly string[];
  /** Broken invariants by their number, and the kinds of them. */
  readonly violations: Readonly<Record<string, number>>;
  readonly duplicateOrders: number;
  readonly orphanOrders: number;
  readonly lostFills: number;
  readonly unprotectedMs: Spread | null;
  readonly restartToProtectedMs: Spread | null;
  readonly convergenceMs: Spread | null;
  /** The shortest tape of each kind of failure, most frequent first. */
  readonly failures: readonly (FailedRun & { readonly count: number })[];
}

export class CampaignTally {
  #runs = 0;
  #steps = 0;
  #simulatedMs = 0;
  #refusedStarts = 0;
  readonly #operations = new Map<string, number>();
  readonly #faults = new Map<string, number>();
  readonly #crashes = new Map<string, number>();
  readonly #violations = new Map<string, number>();
  readonly #unprotectedMs: number[] = [];
  readonly #restartToProtectedMs: number[] = [];
  readonly #convergenceMs: number[] = [];
  readonly #failures = new Map<string, FailedRun & { count: number }>();

  get runs(): number {
    return this.#runs;
  }

  add({ runs, failures }: JobResult): void {
    for (const run of runs) {
      this.#runs += 1;
      this.#steps += run.steps;
      this.#simulatedMs += run.simulatedMs;
      this.#refusedStarts += run.isRefused ? 1 : 0;
      increase(this.#operations, run.operation, 1);
      for (const [kind, count] of run.faults) increase(this.#faults, kind, count);
      for (const [boundary, count] of run.crashes) increase(this.#crashes, boundary, count);
      this.#unprotectedMs.push(...run.unprotectedMs);
      this.#restartToProtectedMs.push(...run.restartToProtectedMs);
      if (run.convergenceMs !== null) this.#convergenceMs.push(run.convergenceMs);
    }
    for (const failure of failures) this.#fail(failure);
  }

  #fail(failure: FailedRun): void {
    const kind = kindOf(failure.violation);
    increase(this.#violations, failure.violation.invariant, 1);
    const known = this.#failures.get(kind);
    const count = (known?.count ?? 0) + 1;
    const shorter = known === undefined || failure.tape.length < known.tape.length ? failure : known;
    this.#failures.set(kind, { ...shorter, count });
  }

  figures(): CampaignFigures {
    const failures = [...this.#failures.values()].sort((a, b) => b.count - a.count);
    const about = (pattern: RegExp): number => failures.reduce((sum, { violation, count }) => sum + (pattern.test(violation.message) ? count : 0), 0);
    const reached = new Set([...this.#crashes.keys()].map((name) => name.replace(' (recovery)', '')));
    return {
      runs: this.#runs,
      steps: this.#steps,
      simulatedMs: this.#simulatedMs,
      operations: record(this.#operations),
      refusedStarts: this.#refusedStarts,
      faults: record(this.#faults),
      crashes: record(this.#crashes),
      unreached: BOUNDARIES.filter((name) => !reached.has(name)),
      violations: record(this.#violations),
      duplicateOrders: about(/I1: /),
      orphanOrders: about(/nobody wrote down|given up/),
      lostFills: about(/never booked/),
      unprotectedMs: spreadOf(this.#unprotectedMs),
      restartToProtectedMs: spreadOf(this.#restartToProtectedMs),
      convergenceMs: spreadOf(this.#convergenceMs),
      failures,
    };
  }
}

function increase(counts: Map<string, number>, key: string, by: number): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}

function record(counts: ReadonlyMap<string, number>): Record<string, number> {
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** By nearest rank; null without values. */
export function spreadOf(values: readonly number[]): Spread | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))] ?? 0;
  return { count: sorted.length, p50: at(0.5), p99: at(0.99), max: at(1) };
}
