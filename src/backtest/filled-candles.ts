/** Bars of a trade tape without those in which nothing was traded, and with them: the price stood still there. */
import type { CandleColumns, PriceColumn } from '../domain/candle-columns.ts';

/**
 * Flat bars at the close before, without volume, in gaps shorter than `longestMs`: as finer candles a tape has to fill the time it tells of
 * without a hole. A longer gap stays one: nobody knows whether the market or the tape stood still.
 */
export function filledCandles(candles: CandleColumns, longestMs: number): CandleColumns {
  const { at, length, timeframeMs } = candles;
  const missingAfter = (row: number): number => {
    if (row + 1 >= length) return 0;
    const gapMs = (at[row + 1] ?? 0) - (at[row] ?? 0) - timeframeMs;
    return gapMs > 0 && gapMs < longestMs ? Math.floor(gapMs / timeframeMs) : 0;
  };
  let rows = length;
  for (let row = 0; row < length; row += 1) rows += missingAfter(row);
  if (rows === length) return candles;
  const filled = emptyLike(candles, rows);
  let to = 0;
  for (let row = 0; row < length; row += 1) {
    for (const name of COLUMNS) filled[name][to] = candles[name][row] ?? 0;
    to += 1;
    for (let missing = missingAfter(row), bar = 1; bar <= missing; bar += 1) {
      filled.at[to] = (at[row] ?? 0) + bar * timeframeMs;
      for (const name of PRICES) filled[name][to] = candles.close[row] ?? 0;
      to += 1;
    }
  }
  return filled;
}

const PRICES = ['open', 'high', 'low', 'close'] as const;
const COLUMNS = ['at', ...PRICES, 'volume'] as const;

/** Columns of another length, of zeros, in memory of the same kind. */
export function emptyLike({ at, open, priceDecimals, timeframeMs }: CandleColumns, length: number): CandleColumns {
  const isShared = at.buffer instanceof SharedArrayBuffer;
  const bytes = (size: number): ArrayBuffer | SharedArrayBuffer => (isShared ? new SharedArrayBuffer(length * size) : new ArrayBuffer(length * size));
  const floats = (): Float64Array => new Float64Array(bytes(Float64Array.BYTES_PER_ELEMENT));
  const prices = (): PriceColumn => (open instanceof Int32Array ? new Int32Array(bytes(Int32Array.BYTES_PER_ELEMENT)) : floats());
  return { timeframeMs, length, priceDecimals, at: floats(), open: prices(), high: prices(), low: prices(), close: prices(), volume: floats() };
}
