/** Candles for tests that think in prices: from each price straight to the next, one candle a move. */
import type { CandleColumns } from '../../src/domain/candle-columns.ts';

const START_AT = 1_735_689_600_000;
export const MINUTE_MS = 60_000;

/** The path opens at the first price; each candle goes from one to the next without turning back. Whole numbers only. */
export function straightCandles(prices: readonly number[]): CandleColumns {
  const rows = prices.slice(1).map((close, index) => ({ open: prices[index] as number, close }));
  const column = (of: (row: { readonly open: number; readonly close: number }) => number): Int32Array => Int32Array.from(rows, of);
  return {
    timeframeMs: MINUTE_MS,
    length: rows.length,
    priceDecimals: 0,
    at: Float64Array.from(rows, (_, index) => START_AT + index * MINUTE_MS),
    open: column(({ open }) => open),
    high: column(({ open, close }) => Math.max(open, close)),
    low: column(({ open, close }) => Math.min(open, close)),
    close: column(({ close }) => close),
    volume: new Float64Array(rows.length).fill(1),
  };
}
