/** Bars of a coarser timeframe made of finer ones. The same rule as `aggregateCandles` of src/domain/atr.ts, for columns. */
import type { CandleColumns } from '../domain/candle-columns.ts';
import { HedgerowError } from '../domain/errors.ts';
import { timeframeText } from '../domain/timeframe.ts';
import { emptyLike } from './filled-candles.ts';

/**
 * Only whole bars: the first is left out unless the candles reach its beginning, the last unless they reach its end. Bars without any
 * candle do not appear. Bars open at multiples of the timeframe since 1970, UTC. Memory is shared where that of the candles is. Throws
 * INPUT_INVALID for a timeframe that is no multiple.
 */
export function coarserCandles(candles: CandleColumns, timeframeMs: number): CandleColumns {
  const { length, at } = candles;
  if (timeframeMs === candles.timeframeMs) return candles;
  if (timeframeMs % candles.timeframeMs !== 0) {
    throw new HedgerowError('INPUT_INVALID', `candles of ${timeframeText(candles.timeframeMs)} do not fill bars of ${timeframeText(timeframeMs)}; choose a multiple`);
  }
  const starts = barStarts(candles, timeframeMs);
  const firstAt = at[0] ?? 0;
  const endAt = (at[length - 1] ?? 0) + candles.timeframeMs;
  const bars = starts.filter(({ opensAt }) => opensAt >= firstAt && opensAt + timeframeMs <= endAt);
  const coarse = { ...emptyLike(candles, bars.length), timeframeMs };
  bars.forEach(({ opensAt, start, end }, row) => {
    let [high, low, volume] = [-Infinity, Infinity, 0];
    for (let index = start; index < end; index += 1) {
      high = Math.max(high, candles.high[index] ?? -Infinity);
      low = Math.min(low, candles.low[index] ?? Infinity);
      volume += candles.volume[index] ?? 0;
    }
    coarse.at[row] = opensAt;
    coarse.open[row] = candles.open[start] ?? 0;
    coarse.high[row] = high;
    coarse.low[row] = low;
    coarse.close[row] = candles.close[end - 1] ?? 0;
    coarse.volume[row] = volume;
  });
  return coarse;
}

interface Bar {
  readonly opensAt: number;
  /** Rows of its candles: `start` to before `end`. */
  readonly start: number;
  readonly end: number;
}

function barStarts({ at, length }: CandleColumns, timeframeMs: number): Bar[] {
  const bars: Bar[] = [];
  let start = 0;
  for (let index = 1; index <= length; index += 1) {
    const opensAt = opening(at[start] ?? 0, timeframeMs);
    if (index < length && opening(at[index] ?? 0, timeframeMs) === opensAt) continue;
    bars.push({ opensAt, start, end: index });
    start = index;
  }
  return bars;
}

function opening(at: number, timeframeMs: number): number {
  return at - (at % timeframeMs);
}
