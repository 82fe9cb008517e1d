/**
 * What it means that two backtests agree: every fill, payment and forced close in its order, and what each wallet has at the end, to the
 * last digit.
 */
import type { RunRecord } from '../../src/backtest/run-record.ts';
import { runDense } from './dense-tape.ts';
import type { DenseRun } from './dense-tape.ts';
import { NotModelled } from './plain/not-modelled.ts';
import { plainBacktest } from './plain/plain-backtest.ts';
import type { PlainResult } from './plain/plain-backtest.ts';
import type { BacktestCase } from './random-cases.ts';

export interface Comparison {
  /** The first thing that differs; null: they agree, as far as both go. */
  readonly difference: string | null;
  /** What the plain backtest does not model and came up; null: the whole run was compared. */
  readonly notModelled: string | null;
  readonly fills: number;
  readonly dense: DenseRun;
}

/** Fills at one moment that no ladder needs: it traded until its margin was gone, or was stopped. */
const MANY_FILLS = 100;

type Row = Readonly<Record<string, unknown>> & { readonly at: number };

function rowsText(rows: readonly Row[], before: number): string[] {
  const lineOf = (row: Row): string => Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => `${key} ${String(value)}`).join(', ');
  return rows.filter(({ at }) => at < before).map(lineOf);
}

/** The live engine on every price, and the plain backtest. */
export async function compareWithDense({ strategy, market, candles, mark, funding, history }: BacktestCase, visitsAll: boolean): Promise<Comparison> {
  const dense = await runDense(strategy, market, candles, mark, funding, { history });
  let plain: PlainResult;
  let notModelled: NotModelled | null = null;
  try {
    plain = plainBacktest({ strategy, market, candles, mark, funding, path: 'ohlc', history, visitsAll });
  } catch (error) {
    if (!(error instanceof NotModelled) || error.sofar === null) throw error;
    notModelled = error;
    plain = error.sofar;
  }
  const difference = differenceOf(dense, plain, notModelled?.at ?? Infinity, notModelled !== null) ?? (notModelled === null ? null : unfounded(notModelled, dense));
  return { difference, notModelled: notModelled?.message ?? null, fills: plain.fills.length, dense };
}

/** What the plain backtest refuses to go on with has to have come up in the live engine at that moment, too. */
function unfounded({ message, at }: NotModelled, dense: DenseRun): string | null {
  const trouble = dense.troubles[0];
  if (message.includes('margin') && (trouble?.at !== at || !trouble?.what.includes('INSUFFICIENT_MARGIN'))) return `${message} at ${at}, live met ${JSON.stringify(trouble)}`;
  const fillsThen = dense.fills.filter((fill) => fill.at === at).length;
  if (message.includes('without end') && fillsThen < MANY_FILLS) return `${message} at ${at}, live ${fillsThen} fills`;
  const isPause = message.includes('pause') || message.includes('too small');
  // A plan that is paused from its start tells of no change.
  if (isPause && dense.fills.length > 0 && !dense.operations.some((each) => each.operation === 'paused' && each.at === at)) return `${message} at ${at}, live ${JSON.stringify(dense.operations)}`;
  if (trouble !== undefined && trouble.at < (at ?? 0)) return `the live engine met ${trouble.what} at ${trouble.at}, the plain backtest did not`;
  return null;
}

/** `before`: rows from this moment on are not compared. `isPart`: the plain backtest stopped there. */
export function differenceOf(dense: DenseRun, plain: PlainResult, before: number, isPart: boolean): string | null {
  const difference = differenceOfRows('live', dense, plain, before);
  if (difference !== null || isPart) return difference;
  const trouble = dense.troubles[0];
  if (trouble !== undefined) return `the live engine met ${trouble.what} at ${trouble.at}, the plain backtest did not`;
  return differenceOfEnds('live', dense.ends, plain.ends);
}

/** A run's record beside the plain backtest: what both tell is compared. */
export function differenceFromRecord(record: Pick<RunRecord, 'fills' | 'funding' | 'liquidations' | 'ends'>, plain: PlainResult, before = Infinity): string | null {
  const fills = record.fills.map(({ at, wallet, cycle, role, level, leg, price, amount, fee }) => ({ at, wallet, cycle, role, level, leg, price, amount, fee }));
  const difference = differenceOfRows('record', { ...record, fills }, plain, before);
  if (difference !== null || before !== Infinity) return difference;
  const endOf = ({ wallet, equity, long, short, cycle, phase }: Omit<PlainResult['ends'][number], 'balance'>): object => ({ wallet, equity, long, short, cycle, phase });
  return differenceOfEnds('record', record.ends.map(endOf), plain.ends.map(endOf));
}

type Rows = Readonly<Record<'fills' | 'funding' | 'liquidations', readonly object[]>>;

function differenceOfRows(name: string, other: Rows, plain: PlainResult, before: number): string | null {
  for (const kind of ['fills', 'funding', 'liquidations'] as const) {
    const [expected, found] = [rowsText(other[kind] as Row[], before), rowsText(plain[kind] as unknown as Row[], before)];
    for (let index = 0; index < Math.max(expected.length, found.length); index += 1) {
      if (expected[index] !== found[index]) return `${kind} ${index}: ${name} ${expected[index] ?? 'nothing'}, plain ${found[index] ?? 'nothing'}`;
    }
  }
  return null;
}

function differenceOfEnds(name: string, ends: readonly object[], plain: readonly object[]): string | null {
  const [expected, found] = [JSON.stringify(ends), JSON.stringify(plain)];
  return expected === found ? null : `ends: ${name} ${expected}, plain ${found}`;
}
