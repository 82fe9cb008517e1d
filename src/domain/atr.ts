/**
 * Wilder's average true range, the size of a unit where the strategy asks for `atr` (DOMAIN.md §1).
 *
 * The true range of the first candle is high − low, of every other max(high − low, |high − previous close|,
 * |low − previous close|). The first average is the mean of the first `length` true ranges, each later one
 * (previous × (length − 1) + true range) / length. Every quotient is rounded half up to 30 decimals; the unit is rounded to
 * the tick afterwards, some twenty digits coarser.
 */
import type { Candle } from './candle.ts';
import { isPriceBelow } from './candle.ts';
import { D, dec, plain, roundQuotientToStep, sum } from './decimal.ts';
import type { DecimalString } from './decimal.ts';
import { HedgerowError } from './errors.ts';

const QUOTIENT_STEP = new D('1e-30');

/** The average after the last of `candles` (closed ones, oldest first). Throws INPUT_INVALID when there are fewer than `length`. */
export function averageTrueRange(candles: readonly Candle[], length: number): DecimalString {
  if (!Number.isInteger(length) || length < 1) {
    throw new HedgerowError('INPUT_INVALID', `ATR length ${length} must be a whole number of at least 1`);
  }
  if (candles.length < length) {
    throw new HedgerowError('INPUT_INVALID', `ATR of length ${length} needs ${length} closed candles and got ${candles.length}; give more history or a shorter length`);
  }
  const ranges = candles.map((candle, i) => trueRange(candle, candles[i - 1]));
  const count = new D(length);
  let average = quotient(sum(ranges.slice(0, length)), count);
  for (const range of ranges.slice(length)) average = quotient(average.times(length - 1).plus(range), count);
  return plain(average);
}

/** The highest minus the lowest of high, low and previous close: the same as the largest of the three distances. */
function trueRange({ high, low }: Candle, previous: Candle | undefined): D {
  if (previous === undefined) return dec(high).minus(low);
  const top = isPriceBelow(high, previous.close) ? previous.close : high;
  const bottom = isPriceBelow(previous.close, low) ? previous.close : low;
  return dec(top).minus(bottom);
}

function quotient(numerator: D, denominator: D): D {
  return roundQuotientToStep(numerator, denominator, QUOTIENT_STEP);
}

/**
 * Candles of a coarser timeframe. Only whole bars: the last one is left out unless the finer candles reach its end, the first
 * unless they reach its beginning. Bars without any candle do not appear. Bars start at multiples of the timeframe since 1970, UTC.
 */
export function aggregateCandles(candles: readonly Candle[], fromTimeframeMs: number, toTimeframeMs: number): Candle[] {
  if (toTimeframeMs % fromTimeframeMs !== 0) {
    throw new HedgerowError('INPUT_INVALID', `candles of ${fromTimeframeMs} ms do not fill bars of ${toTimeframeMs} ms; choose a multiple`);
  }
  const [first, last] = [candles[0], candles.at(-1)];
  if (first === undefined || last === undefined) return [];
  const bars: Candle[] = [];
  for (const candle of candles) {
    const at = candle.at - (candle.at % toTimeframeMs);
    const bar = bars.at(-1);
    if (bar?.at === at) bars[bars.length - 1] = extend(bar, candle);
    else bars.push({ ...candle, at });
  }
  return bars.filter(({ at }) => at >= first.at && at + toTimeframeMs <= last.at + fromTimeframeMs);
}

function extend(bar: Candle, { high, low, close, volume }: Candle): Candle {
  return {
    at: bar.at,
    open: bar.open,
    high: isPriceBelow(bar.high, high) ? high : bar.high,
    low: isPriceBelow(low, bar.low) ? low : bar.low,
    close,
    volume: plain(dec(bar.volume).plus(volume)),
  };
}
