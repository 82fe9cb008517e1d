/** Candles: one bar of a price, and the order in which its prices are taken to have happened. */
import { dec } from './decimal.ts';
import type { DecimalString } from './decimal.ts';

export interface Candle {
  /** Time the bar opens, ms since 1970. */
  readonly at: number;
  readonly open: DecimalString;
  readonly high: DecimalString;
  readonly low: DecimalString;
  readonly close: DecimalString;
  readonly volume: DecimalString;
}

/** True when `a` is below `b`. Floats decide where they differ (rounding never reverses an order); else exact. */
export function isPriceBelow(a: DecimalString, b: DecimalString): boolean {
  const difference = Number(a) - Number(b);
  if (difference !== 0) return difference < 0;
  return a !== b && dec(a).lessThan(b);
}

/**
 * A bar that closes at or above its open went open, low, high, close; a falling one open, high, low, close.
 * The usual assumption of backtests; the truth inside a bar is not in it.
 */
export function candlePath({ open, high, low, close }: Candle): [DecimalString, DecimalString, DecimalString, DecimalString] {
  return isPriceBelow(close, open) ? [open, high, low, close] : [open, low, high, close];
}

/** Candles whose bar has ended at `nowAt`. */
export function closedCandles(candles: readonly Candle[], timeframeMs: number, nowAt: number): Candle[] {
  return candles.filter(({ at }) => at + timeframeMs <= nowAt);
}
