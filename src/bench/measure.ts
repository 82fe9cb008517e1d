/** Runs groups round after round and condenses their samples: the median of the rounds' medians, and the tail over all samples. */
import type { Bench, Goal, RowSpec } from './bench.ts';

export interface RowResult {
  readonly group: string;
  readonly name: string;
  readonly unit: string;
  /** Null: not measured here, `note` says why. */
  readonly median: number | null;
  /** Only where one round has many samples. */
  readonly p99: number | null;
  /** Smallest and largest median of a round. */
  readonly low: number | null;
  readonly high: number | null;
  readonly rounds: number;
  readonly goal: Goal | null;
  readonly isGoalMet: boolean | null;
  /** This row divided by its yardstick of the same run. */
  readonly ratio: { readonly to: string; readonly value: number } | null;
  readonly note: string | null;
}

/** Samples of a row below which a 99th percentile says nothing. */
const TAIL_SAMPLES_MIN = 200;

export async function measure(bench: Bench, rounds: number): Promise<RowResult[]> {
  const open = await bench.open();
  const samples = new Map<string, number[][]>(bench.rows.map(({ name }) => [name, []]));
  try {
    if (bench.warmsUp) await open.round();
    for (let round = 0; round < Math.min(rounds, bench.roundsMax ?? rounds); round += 1) {
      for (const [name, values] of Object.entries(await open.round())) samples.get(name)?.push([...values]);
    }
  } finally {
    await open.close();
  }
  const medianOf = (name: string): number | null => median((samples.get(name) ?? []).map((values) => median(values) ?? NaN));
  return bench.rows.map((row) => resultOf(bench.group, row, samples.get(row.name) ?? [], medianOf));
}

function resultOf(group: string, row: RowSpec, rounds: readonly (readonly number[])[], medianOf: (name: string) => number | null): RowResult {
  const value = medianOf(row.name);
  const medians = rounds.map((values) => median(values) ?? NaN);
  const all = rounds.flat();
  const p99 = all.length < TAIL_SAMPLES_MIN ? null : quantile(all, 0.99);
  const yardstick = row.yardstick === undefined ? null : medianOf(row.yardstick);
  return {
    group,
    name: row.name,
    unit: row.unit,
    median: value,
    p99,
    low: value === null ? null : Math.min(...medians),
    high: value === null ? null : Math.max(...medians),
    rounds: rounds.length,
    goal: row.goal ?? null,
    isGoalMet: row.goal === undefined || value === null ? null : isMet(row.goal, value, p99),
    ratio: row.yardstick === undefined || value === null || yardstick === null ? null : { to: row.yardstick, value: value / yardstick },
    note: row.note ?? null,
  };
}

function isMet(goal: Goal, value: number, p99: number | null): boolean | null {
  if ('p99AtMost' in goal) return p99 === null ? null : p99 <= goal.p99AtMost;
  return 'atLeast' in goal ? value >= goal.atLeast : value <= goal.atMost;
}

export function median(values: readonly number[]): number | null {
  return quantile(values, 0.5);
}

/** Between two samples it takes their weighted mean; null without samples. */
export function quantile(values: readonly number[], share: number): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  const place = share * (sorted.length - 1);
  const below = sorted[Math.floor(place)];
  const above = sorted[Math.ceil(place)];
  if (below === undefined || above === undefined) return null;
  return below + (above - below) * (place - Math.floor(place));
}

/** Repeats `work`, which returns how many operations it did, for about `ms`; operations per second. */
export async function rateOf(ms: number, work: () => number | Promise<number>): Promise<number> {
  const startedAt = performance.now();
  let done = 0;
  let elapsed = 0;
  while (elapsed < ms) {
    const part = work();
    done += typeof part === 'number' ? part : await part;
    elapsed = performance.now() - startedAt;
  }
  return (done / elapsed) * 1_000;
}

/** The same per second of processor time, all threads counted: for work that never waits, and is to be told per core. */
export function ratePerCore(ms: number, work: () => number): number {
  const before = process.cpuUsage();
  const startedAt = performance.now();
  let done = 0;
  while (performance.now() - startedAt < ms) done += work();
  const { user, system } = process.cpuUsage(before);
  return (done / (user + system)) * 1_000_000;
}
