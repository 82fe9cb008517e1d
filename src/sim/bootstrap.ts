/**
 * New price paths from real ones: blocks of consecutive candles drawn at random and chained by their returns. Blocks keep
 * what candles next to each other have in common (clustered volatility, runs, crashes with their rebounds).
 */
import { candlePath } from '../domain/candle.ts';
import type { Candle } from '../domain/candle.ts';
import type { DecimalString } from '../domain/decimal.ts';
import { HedgerowError } from '../domain/errors.ts';
import { seededRandom } from './random.ts';
import { tickGrid } from './tick-grid.ts';

export interface BootstrapOptions {
  /** The history to draw from, oldest first; at least one candle more than a block. */
  readonly candles: readonly Candle[];
  readonly seed: number | string;
  /** How many candles the path is long; each gives four prices. */
  readonly bars: number;
  /** Consecutive candles per draw; default 48. */
  readonly blockLength?: number;
  readonly startPrice: DecimalString;
  readonly tickSize: DecimalString;
}

/** One candle as returns: the jump from the close before, then the rest of its path, each relative to the price before. */
export type BarReturns = readonly [number, number, number, number];

/**
 * Prices in the order open, first extreme, second extreme, close of each drawn candle; on the tick grid, above zero.
 * The same options give the same path (I22). Throws INPUT_INVALID when an option cannot be used.
 */
export function* bootstrapPrices({ candles, seed, bars, blockLength = 48, startPrice, tickSize }: BootstrapOptions): Generator<DecimalString> {
  if (!Number.isInteger(blockLength) || blockLength < 1) throw new HedgerowError('INPUT_INVALID', `bootstrap: blockLength ${blockLength} must be a whole number of at least 1`);
  if (!Number.isInteger(bars) || bars < 1) throw new HedgerowError('INPUT_INVALID', `bootstrap: bars ${bars} must be a whole number of at least 1`);
  const returns = barReturns(candles);
  const starts = returns.length - blockLength + 1;
  if (starts < 1) throw new HedgerowError('INPUT_INVALID', `bootstrap: ${candles.length} candles are too few for blocks of ${blockLength}; give at least ${blockLength + 1} or a shorter block`);
  const grid = tickGrid(tickSize, startPrice);
  const random = seededRandom(seed).fork('bootstrap');
  let level = Number(startPrice);
  let position = 0;
  for (let bar = 0; bar < bars; bar += 1) {
    if (bar % blockLength === 0) position = random.integer(starts);
    for (const factor of returns[position] as BarReturns) {
      level *= factor;
      yield grid.price(level);
    }
    position += 1;
  }
}

/** One entry less than candles: the first only gives the close the second starts from. */
export function barReturns(candles: readonly Candle[]): BarReturns[] {
  return candles.slice(1).map((candle, i) => {
    const [open, second, third, close] = candlePath(candle).map(Number) as [number, number, number, number];
    return [open / Number((candles[i] as Candle).close), second / open, third / second, close / third];
  });
}
