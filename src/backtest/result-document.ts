/**
 * The document `backtest --json` prints: everything two results can be compared by, and everything tables are made of. The same input
 * gives the same bytes: there is no clock in it and no order but that of the run.
 *
 * Money and amounts are exact decimal strings, statistics numbers or null, times ms since 1970. What its fields mean:
 * run-metrics.ts for `figures`, and `definitions` in the document itself.
 */
import { createHash } from 'node:crypto';
import type { Strategy } from '../domain/strategy.ts';
import { FIGURE_DEFINITIONS } from './metric-definitions.ts';
import { sumOfPlans } from './plan-sum.ts';
import type { PlanSum } from './plan-sum.ts';
import type { RunMetrics } from './run-metrics.ts';
import type { DataOrigin, PathBounds, RunAssumptions } from './run-origin.ts';
import type { FillRow, LiquidationRow, OperationRow, RunRecord } from './run-record.ts';

export const RESULT_FORMAT = 'hedgerow-backtest';
/** Raised when a field changes its meaning or goes away; new fields do not raise it. */
export const RESULT_VERSION = 1;

/** One row of `fills.rows` is these, in this order. */
export const FILL_COLUMNS = ['at', 'wallet', 'cycle', 'role', 'level', 'leg', 'side', 'price', 'amount', 'fee', 'takerOrMaker', 'slippage'] as const satisfies readonly (keyof FillRow)[];
export type FillTuple = readonly [
  FillRow['at'],
  FillRow['wallet'],
  FillRow['cycle'],
  FillRow['role'],
  FillRow['level'],
  FillRow['leg'],
  FillRow['side'],
  FillRow['price'],
  FillRow['amount'],
  FillRow['fee'],
  FillRow['takerOrMaker'],
  FillRow['slippage'],
];

export interface RunDocument {
  readonly plan: string;
  readonly symbol: string;
  readonly strategy: {
    /** Of the strategy as it ran, overrides included. */
    readonly hash: string;
    /** `path=value`, as given with --set. */
    readonly overrides: readonly string[];
    /** With every default filled in. */
    readonly resolved: Strategy;
  };
  readonly data: readonly DataOrigin[];
  readonly assumptions: RunAssumptions;
  /** Of fills, funding, liquidations and equity: equal exactly for equal runs. */
  readonly resultHash: string;
  readonly figures: RunMetrics;
  /** The same run under each order of low and high; null: they were not run. */
  readonly bounds: PathBounds | null;
  readonly fills: { readonly columns: readonly string[]; readonly rows: readonly FillTuple[] };
  readonly liquidations: readonly LiquidationRow[];
  readonly operations: readonly OperationRow[];
  readonly detours: RunRecord['detours'];
}

export interface ResultDocument {
  readonly format: typeof RESULT_FORMAT;
  readonly version: typeof RESULT_VERSION;
  /** Of hedgerow. */
  readonly build: string;
  readonly definitions: Readonly<Record<string, string>>;
  /** In the order of the command line. */
  readonly runs: readonly RunDocument[];
  /** Null for one plan, or plans of different currencies. */
  readonly sum: PlanSum | null;
}

export interface RunResult {
  readonly record: RunRecord;
  readonly metrics: RunMetrics;
  readonly strategy: Strategy;
  /** `strategyHash` of it. */
  readonly strategyHash: string;
  readonly overrides: readonly string[];
  readonly data: readonly DataOrigin[];
  readonly assumptions: RunAssumptions;
  readonly bounds: PathBounds | null;
}

export function resultDocument(runs: readonly RunResult[], build: string): ResultDocument {
  return {
    format: RESULT_FORMAT,
    version: RESULT_VERSION,
    build,
    definitions: Object.fromEntries(FIGURE_DEFINITIONS.map(({ name, definition }) => [name, definition])),
    runs: runs.map(runDocument),
    sum: sumOfPlans(runs.map(({ metrics }) => metrics)),
  };
}

/** One line, as every `--json` of this program. */
export function resultText(document: ResultDocument): string {
  return `${JSON.stringify(document)}\n`;
}

function runDocument({ record, metrics, strategy, strategyHash, overrides, data, assumptions, bounds }: RunResult): RunDocument {
  return {
    plan: record.plan,
    symbol: record.symbol,
    strategy: { hash: strategyHash, overrides, resolved: strategy },
    data,
    assumptions,
    resultHash: resultHash(record),
    figures: metrics,
    bounds,
    fills: { columns: FILL_COLUMNS, rows: record.fills.map(fillTuple) },
    liquidations: record.liquidations,
    operations: record.operations,
    detours: record.detours,
  };
}

function fillTuple({ at, wallet, cycle, role, level, leg, side, price, amount, fee, takerOrMaker, slippage }: FillRow): FillTuple {
  return [at, wallet, cycle, role, level, leg, side, price, amount, fee, takerOrMaker, slippage];
}

const HASH_CHARS = 16;

/** First 16 hex digits of a SHA-256 over what happened and what was left, money as its text. */
export function resultHash({ fills, funding, liquidations, ends, equity }: RunRecord): string {
  const happened = {
    fills: fills.map(fillTuple),
    funding: funding.map(({ at, wallet, amount }) => [at, wallet, amount]),
    liquidations: liquidations.map(({ at, wallet, leg, price, amount, fee }) => [at, wallet, leg, price, amount, fee]),
    ends: ends.map((end) => [end.wallet, end.equity, end.realised, end.fees, end.funding, end.long, end.short]),
    equity,
  };
  return createHash('sha256').update(JSON.stringify(happened)).digest('hex').slice(0, HASH_CHARS);
}
