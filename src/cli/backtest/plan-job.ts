/**
 * One plan of a backtest, from its data to its figures and files. A job is plain data, so that it can be done in a worker thread as well:
 * columns in shared memory are not copied on the way.
 */
import { equityCurve } from '../../backtest/equity-curve.ts';
import { runMetrics } from '../../backtest/metrics.ts';
import { CURVE_STRETCHES } from '../../backtest/report/report-input.ts';
import { resultDocument, resultHash, resultText, type RunResult } from '../../backtest/result-document.ts';
import { runBacktest, type BacktestInput } from '../../backtest/run-backtest.ts';
import type { RunMetrics } from '../../backtest/run-metrics.ts';
import { pathResult, type DataOrigin, type PathBounds, type RunAssumptions } from '../../backtest/run-origin.ts';
import type { PathOrder, RunRecord } from '../../backtest/run-record.ts';
import { HedgerowError } from '../../domain/errors.ts';
import { writeAside } from './aside-file.ts';
import { equityPieces, tradePieces } from './result-csv.ts';

/** Where the files of one plan go; null: not written. */
export interface PlanFiles {
  readonly json: string | null;
  readonly trades: string | null;
  readonly equity: string | null;
  readonly html: string | null;
}

export interface PlanJob {
  readonly index: number;
  readonly file: string;
  readonly input: BacktestInput;
  readonly assumptions: RunAssumptions;
  readonly data: readonly DataOrigin[];
  readonly strategyHash: string;
  /** `path=value`, as given with --set. */
  readonly overrides: readonly string[];
  /** The strategy file as it is. */
  readonly text: string;
  /** The command line that makes this result again. */
  readonly command: string;
  /** Of hedgerow. */
  readonly version: string;
  readonly files: PlanFiles;
  /** How the options of the files are called, for messages: `--trades`, `--out`. */
  readonly fileOptions: Readonly<Record<keyof PlanFiles, string>>;
  /** The record goes back, for one document of all plans. */
  readonly isRecordWanted: boolean;
}

export interface PlanResult {
  readonly metrics: RunMetrics;
  readonly bounds: PathBounds | null;
  /** Null: not asked for. */
  readonly record: RunRecord | null;
  /** Files that were written. */
  readonly written: readonly string[];
}

const ORDERS: readonly PathOrder[] = ['ohlc', 'worst', 'best'];

/** Rejects with HedgerowError for what the user can correct. */
export async function doPlanJob(job: PlanJob): Promise<PlanResult> {
  const { input, files, fileOptions } = job;
  const record = await runBacktest(input);
  const metrics = metricsOf(record, input);
  const bounds = await boundsOf(record, metrics, input);
  const written: string[] = [];
  const write = async (kind: keyof PlanFiles, pieces: () => Iterable<string> | Promise<Iterable<string>>): Promise<void> => {
    const path = files[kind];
    if (path === null) return;
    await writeAside(path, await pieces(), fileOptions[kind]);
    written.push(path);
  };
  await write('json', () => [resultText(resultDocument([runResult(job, { record, metrics, bounds })], job.version))]);
  await write('trades', () => tradePieces(record));
  await write('equity', () => equityPieces(record, equityCurve(record, input.candles, { stretches: null })));
  await write('html', async () => [await htmlOf(job, { record, metrics, bounds })]);
  return { metrics, bounds, record: job.isRecordWanted ? record : null, written };
}

interface RunFacts {
  readonly record: RunRecord;
  readonly metrics: RunMetrics;
  readonly bounds: PathBounds | null;
}

/** Its parts are loaded here only: most runs write none. */
async function htmlOf({ input: { candles }, assumptions, data, file, text, strategyHash, overrides, command, version }: PlanJob, { record, metrics, bounds }: RunFacts): Promise<string> {
  const { reportHtml } = await import('./report-file.ts');
  return reportHtml({
    record,
    candles,
    metrics,
    curve: equityCurve(record, candles, { stretches: CURVE_STRETCHES }),
    bounds,
    assumptions,
    origin: { version, command, strategy: { file, text, hash: strategyHash, overrides }, data, resultHash: resultHash(record) },
  });
}

function metricsOf(record: RunRecord, { strategy, candles, detail }: BacktestInput): RunMetrics {
  return runMetrics(record, candles, { leverage: strategy.leverage, detail });
}

/** The same run under every order of low and high. Where no candle leaves a choice, they are one. Null when an order cannot be run. */
async function boundsOf(record: RunRecord, metrics: RunMetrics, input: BacktestInput): Promise<PathBounds | null> {
  const own = pathResult(metrics);
  if (record.ambiguousCandles === 0) return { ohlc: own, worst: own, best: own };
  const results: Partial<Record<PathOrder, PathBounds[PathOrder]>> = { [input.path]: own };
  try {
    for (const path of ORDERS) results[path] ??= pathResult(metricsOf(await runBacktest({ ...input, path }), input));
  } catch (error) {
    if (error instanceof HedgerowError && error.code === 'INPUT_INVALID') return null;
    throw error;
  }
  return results as PathBounds;
}

export function runResult(job: PlanJob, { record, metrics, bounds }: RunFacts): RunResult {
  const { input, strategyHash, overrides, data, assumptions } = job;
  return { record, metrics, strategy: input.strategy, strategyHash, overrides, data, assumptions, bounds };
}
