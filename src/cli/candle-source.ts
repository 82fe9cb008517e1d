/** What a candle file says about the present: the last close, and the ATR of its closed candles in any coarser timeframe. */
import { readCandles } from '../adapters/files/candle-file.ts';
import { guessSymbol, guessTimeframe } from '../adapters/files/file-symbol.ts';
import { aggregateCandles, averageTrueRange } from '../domain/atr.ts';
import type { Candle } from '../domain/candle.ts';
import type { DecimalString } from '../domain/decimal.ts';
import { HedgerowError } from '../domain/errors.ts';
import type { UnitSpec } from '../domain/strategy.ts';
import { parseTimeframe } from '../domain/timeframe.ts';
import { inputError } from './command-input.ts';

export interface CandleSource {
  readonly path: string;
  /** What the file's name says, or null. */
  readonly symbol: string | null;
  readonly timeframeMs: number;
  readonly candles: readonly Candle[];
}

/** Throws FEED_INVALID for the file's content. */
export async function openCandleSource(path: string): Promise<CandleSource> {
  const candles = await readCandles(path);
  return { path, symbol: guessSymbol(path), timeframeMs: guessTimeframe(path) ?? shortestStep(path, candles), candles };
}

/** Bars may be missing, never doubled: the shortest distance of two bars is the timeframe. */
function shortestStep(path: string, candles: readonly Candle[]): number {
  let shortest = Infinity;
  let previous: Candle | undefined;
  for (const candle of candles) {
    if (previous !== undefined) shortest = Math.min(shortest, candle.at - previous.at);
    previous = candle;
  }
  if (shortest === Infinity) throw inputError(`${path}: one candle does not tell the timeframe; give more candles, or name it in the file's name, such as candles_BTCUSDT_1h.csv`);
  return shortest;
}

export function lastClose(source: CandleSource): DecimalString {
  const last = source.candles.at(-1);
  if (last === undefined) throw inputError(`${source.path}: there are no candles`);
  return last.close;
}

/** Wilder's ATR at the end of the file; its last candle counts as closed. Throws INPUT_INVALID when the file is too short or too coarse. */
export function atrOf({ path, timeframeMs, candles }: Pick<CandleSource, 'path' | 'timeframeMs' | 'candles'>, unit: UnitSpec & { type: 'atr' }): DecimalString {
  try {
    return averageTrueRange(aggregateCandles(candles, timeframeMs, parseTimeframe(unit.timeframe)), unit.length);
  } catch (error) {
    if (error instanceof HedgerowError) throw new HedgerowError(error.code, `${path}: ${error.message}`, { cause: error });
    throw error;
  }
}
