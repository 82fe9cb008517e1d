/** What a report is made from: the run, its candles and figures, and where all of that came from. */
import type { CandleColumns } from '../../domain/candle-columns.ts';
import type { EquityCurve } from '../equity-curve.ts';
import type { RunMetrics } from '../run-metrics.ts';
import type { DataOrigin, PathBounds, RunAssumptions } from '../run-origin.ts';
import type { RunRecord } from '../run-record.ts';
import type { CandleBudget } from './embedded-candles.ts';

export interface ReportInput {
  readonly record: RunRecord;
  /** Those the run went over. */
  readonly candles: CandleColumns;
  readonly metrics: RunMetrics;
  /** With CURVE_STRETCHES stretches: what is finer the page works out from candles and holdings. */
  readonly curve: EquityCurve;
  /** Results of the same run under each order of low and high; null: they were not run. */
  readonly bounds: PathBounds | null;
  readonly assumptions: RunAssumptions;
  readonly origin: ReportOrigin;
  /** Default: CANDLE_BUDGET. */
  readonly budget?: CandleBudget;
}

/** Enough for a screen of any width; of each stretch at most eight rows are kept. */
export const CURVE_STRETCHES = 5_000;

export interface ReportOrigin {
  /** Of hedgerow. */
  readonly version: string;
  /** The command line that makes this result again. */
  readonly command: string;
  readonly strategy: {
    readonly file: string;
    /** As it was read. */
    readonly text: string;
    readonly hash: string;
    /** `path=value`, as given with --set. */
    readonly overrides: readonly string[];
  };
  readonly data: readonly DataOrigin[];
  /** Of fills, funding, liquidations and equity: equal for equal runs. */
  readonly resultHash: string;
}

/** The files of the page, read by whoever writes the report. */
export interface PageFiles {
  /** Programs of the page, in the order of PAGE_SCRIPTS. */
  readonly scripts: readonly string[];
  readonly style: string;
  /** The charting library. */
  readonly library: { readonly name: string; readonly version: string; readonly script: string; readonly style: string; readonly licence: string };
}

/** Raw deflate (RFC 1951), as browsers undo it with `DecompressionStream('deflate-raw')`. */
export type Deflate = (bytes: Uint8Array) => Uint8Array;
