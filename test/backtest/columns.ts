/** Candle columns for tests: from rows, or random ones. */
import type { CandleColumns } from '../../src/domain/candle-columns.ts';
import type { TinyRandom } from '../sim/auditor/random-strategies.ts';

/** [time, open, high, low, close], prices in units of the last decimal; volume 1. */
export type CandleRow = readonly [at: number, open: number, high: number, low: number, close: number];

export function buildColumns(timeframeMs: number, priceDecimals: number, rows: readonly CandleRow[], volume: (row: number) => number = () => 1): CandleColumns {
  const column = (index: number): Int32Array => Int32Array.from(rows, (row) => row[index] as number);
  return {
    timeframeMs,
    length: rows.length,
    priceDecimals,
    at: Float64Array.from(rows, ([at]) => at),
    open: column(1),
    high: column(2),
    low: column(3),
    close: column(4),
    volume: Float64Array.from(rows, (_, row) => volume(row)),
  };
}

export interface RandomColumns {
  readonly rows: number;
  readonly timeframeMs: number;
  readonly around: number;
  readonly swing: number;
  /** Some candles are missing or open early. */
  readonly gaps: boolean;
}

export function randomColumns(random: TinyRandom, { rows, timeframeMs, around, swing, gaps }: RandomColumns): CandleColumns {
  let at = 1_735_689_600_000;
  let last = around;
  const some = (): number => random.between(0, swing);
  return buildColumns(
    timeframeMs,
    2,
    Array.from({ length: rows }, (): CandleRow => {
      const open = Math.max(1, last + (random.chance(0.3) ? some() - some() : 0));
      const close = Math.max(1, open + (random.chance(0.1) ? 0 : some() - some()));
      const row: CandleRow = [at, open, Math.max(open, close) + (random.chance(0.2) ? 0 : some()), Math.max(1, Math.min(open, close) - (random.chance(0.2) ? 0 : some())), close];
      at += gaps && random.chance(0.3) ? random.between(1, 3 * timeframeMs) : timeframeMs;
      last = close;
      return row;
    }),
  );
}
