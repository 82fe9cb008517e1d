/** Parts of candle and funding columns, without copying, and what is missing in them. */
import type { CandleColumns, FundingColumns } from '../domain/candle-columns.ts';

/** Rows that are not there: from `from` (inclusive) to `to` (exclusive), ms. */
export interface Gap {
  readonly from: number;
  readonly to: number;
}

export interface CandleGap extends Gap {
  /** Bars that are missing. */
  readonly missing: number;
}

/** Index of the first row at or after a time; `length` when there is none. */
export function indexAtOrAfter({ at, length }: Pick<CandleColumns, 'at' | 'length'>, time: number): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((at[middle] ?? Infinity) < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The bars that open at or after `from` and before `to`; the columns share the memory of the given ones. */
export function candlesBetween(candles: CandleColumns, from: number, to: number): CandleColumns {
  const start = indexAtOrAfter(candles, from);
  return candleRows(candles, start, Math.max(start, indexAtOrAfter(candles, to)));
}

/** Rows from index `start` to before `end`. */
export function candleRows(candles: CandleColumns, start: number, end: number): CandleColumns {
  const { at, open, high, low, close, volume } = candles;
  return {
    ...candles,
    length: end - start,
    at: at.subarray(start, end),
    open: open.subarray(start, end),
    high: high.subarray(start, end),
    low: low.subarray(start, end),
    close: close.subarray(start, end),
    volume: volume.subarray(start, end),
  };
}

/** Bars that are missing between the first and the last one. */
export function candleGaps({ at, length, timeframeMs }: Pick<CandleColumns, 'at' | 'length' | 'timeframeMs'>): CandleGap[] {
  const gaps: CandleGap[] = [];
  for (let row = 1; row < length; row += 1) {
    const from = (at[row - 1] ?? 0) + timeframeMs;
    const to = at[row] ?? 0;
    if (to - from >= timeframeMs) gaps.push({ from, to, missing: Math.round((to - from) / timeframeMs) });
  }
  return gaps;
}

/** Settlements due at or after `from` and before `to`. */
export function fundingBetween(funding: FundingColumns, from: number, to: number): FundingColumns {
  const start = indexAtOrAfter(funding, from);
  const end = Math.max(start, indexAtOrAfter(funding, to));
  return { length: end - start, at: funding.at.subarray(start, end), rate: funding.rate.slice(start, end) };
}

/** The longest interval any exchange settles at, and what is taken for it where rows do not tell. */
const LONGEST_INTERVAL_MS = 8 * 3_600_000;
/** Distances looked at on each side; an exchange that changes its interval does not do so twice within. */
const NEIGHBOURS = 4;
/** Of the usual distance; settlements come some milliseconds to minutes apart from their time. */
const GAP_FACTOR = 1.5;

/** Where settlements are missing between two times: a distance far above those around it. */
export function fundingGaps({ at, length }: FundingColumns, from: number, to: number): Gap[] {
  const times = [...at.subarray(0, length)];
  if (times.length === 0) return [{ from, to }];
  const distances = times.slice(1).map((time, index) => time - (times[index] ?? time));
  const usualAt = (index: number): number => Math.min(median(distances.slice(Math.max(0, index - NEIGHBOURS), index + NEIGHBOURS + 1)), LONGEST_INTERVAL_MS);
  const [first, last] = [times[0] ?? to, times.at(-1) ?? from];
  const gaps: Gap[] = [];
  if (first - from > usualAt(0) * GAP_FACTOR) gaps.push({ from, to: first });
  distances.forEach((distance, index) => {
    const before = times[index] ?? 0;
    if (distance > usualAt(index) * GAP_FACTOR) gaps.push({ from: before + usualAt(index), to: before + distance });
  });
  if (to - last > usualAt(distances.length - 1) * GAP_FACTOR) gaps.push({ from: last + usualAt(distances.length - 1), to });
  return gaps.map((gap) => ({ from: Math.max(gap.from, from), to: Math.min(gap.to, to) })).filter((gap) => gap.from < gap.to);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? LONGEST_INTERVAL_MS;
}
