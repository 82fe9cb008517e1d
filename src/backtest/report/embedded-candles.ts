/**
 * Which candles a report carries. All of them while they are few; else bars of a coarser timeframe for the whole time, and the candles
 * themselves only around what happened. What is left out is said on the page.
 */
import type { CandleColumns } from '../../domain/candle-columns.ts';
import type { RunRecord } from '../run-record.ts';
import type { ColumnPacker } from './packed-columns.ts';

export interface EmbeddedCandles {
  /** Of the whole time. */
  readonly bars: CandleColumns;
  /** The run's own candles around fills and other events; null: `bars` are the run's own. */
  readonly near: CandleColumns | null;
  /** Candles before and after each event that are in `near`; 0 without `near`. */
  readonly radius: number;
}

export interface CandleBudget {
  /** Most candles carried for the whole time. */
  readonly bars: number;
  /** Most candles carried around events. */
  readonly near: number;
}

/** Measured on BTC minutes: 3.8 bytes a candle, 5.0 as base64; together about 6 MB at most. */
export const CANDLE_BUDGET: CandleBudget = { bars: 600_000, near: 600_000 };

const MINUTE_MS = 60_000;
const COARSER_MS = [1, 3, 5, 15, 30, 60, 120, 240, 720, 1440].map((minutes) => minutes * MINUTE_MS);
/** Candles around each event, the widest first. */
const RADII = [720, 360, 240, 180, 120, 60, 45, 30, 20, 15, 10, 5, 3, 1];

export function embeddedCandles(candles: CandleColumns, record: RunRecord, budget: CandleBudget = CANDLE_BUDGET): EmbeddedCandles {
  if (candles.length <= budget.bars) return { bars: candles, near: null, radius: 0 };
  const span = (candles.at[candles.length - 1] ?? 0) - (candles.at[0] ?? 0);
  const coarser = COARSER_MS.filter((timeframeMs) => timeframeMs > candles.timeframeMs && timeframeMs % candles.timeframeMs === 0);
  const timeframeMs = coarser.find((each) => span / each < budget.bars) ?? coarser.at(-1) ?? candles.timeframeMs;
  const marked = eventCandles(candles, record);
  const radius = RADII.find((each) => countNear(candles, marked, each, timeframeMs) <= budget.near) ?? 0;
  return { bars: aggregated(candles, timeframeMs), near: picked(candles, marked, radius, timeframeMs), radius };
}

/** Rows in which something happened, ascending, each once. */
function eventCandles(candles: CandleColumns, record: RunRecord): number[] {
  const times = [record.from, record.to, ...record.fills.map(({ at }) => at), ...record.liquidations.map(({ at }) => at), ...record.operations.map(({ at }) => at)].sort((a, b) => a - b);
  const rows: number[] = [];
  let row = 0;
  for (const time of times) {
    while (row + 1 < candles.length && (candles.at[row + 1] ?? 0) <= time) row += 1;
    if (rows.at(-1) !== row) rows.push(row);
  }
  return rows;
}

/** Stretches of rows `[first, end)` around events, each as wide as the bars it touches: a bar is replaced by its candles as a whole or not at all. */
function* stretchesNear(candles: CandleColumns, marked: readonly number[], radius: number, barMs: number): Generator<readonly [first: number, end: number]> {
  let before = 0;
  for (const row of marked) {
    let first = Math.max(before, row - radius);
    let end = Math.min(candles.length, row + radius + 1);
    if (end <= before) continue;
    const [begins, ends] = [barOf(candles, first, barMs), barOf(candles, end - 1, barMs)];
    while (first > before && barOf(candles, first - 1, barMs) === begins) first -= 1;
    while (end < candles.length && barOf(candles, end, barMs) === ends) end += 1;
    yield [first, end];
    before = end;
  }
}

function barOf({ at }: CandleColumns, row: number, barMs: number): number {
  return Math.floor((at[row] ?? 0) / barMs);
}

function countNear(candles: CandleColumns, marked: readonly number[], radius: number, barMs: number): number {
  let count = 0;
  for (const [first, end] of stretchesNear(candles, marked, radius, barMs)) count += end - first;
  return count;
}

function picked(candles: CandleColumns, marked: readonly number[], radius: number, barMs: number): CandleColumns {
  const rows = new Int32Array(countNear(candles, marked, radius, barMs));
  let count = 0;
  for (const [first, end] of stretchesNear(candles, marked, radius, barMs)) {
    for (let row = first; row < end; row += 1) {
      rows[count] = row;
      count += 1;
    }
  }
  const column = (values: ArrayLike<number>): Float64Array => Float64Array.from(rows, (row) => values[row] ?? 0);
  return { ...candles, length: count, at: column(candles.at), open: column(candles.open), high: column(candles.high), low: column(candles.low), close: column(candles.close), volume: new Float64Array(0) };
}

/** Bars of a coarser timeframe, begun at whole multiples of it; their volume is left out. */
export function aggregated(candles: CandleColumns, timeframeMs: number): CandleColumns {
  const span = (candles.at[candles.length - 1] ?? 0) - (candles.at[0] ?? 0);
  const most = Math.min(candles.length, Math.floor(span / timeframeMs) + 2);
  const at = new Float64Array(most);
  const [open, high, low, close] = [new Float64Array(most), new Float64Array(most), new Float64Array(most), new Float64Array(most)];
  let bars = 0;
  let ends = -Infinity;
  let [highest, lowest] = [0, 0];
  for (let row = 0; row < candles.length; row += 1) {
    const time = candles.at[row] ?? 0;
    const [top, bottom] = [candles.high[row] ?? 0, candles.low[row] ?? 0];
    if (time >= ends) {
      const begins = Math.floor(time / timeframeMs) * timeframeMs;
      ends = begins + timeframeMs;
      at[bars] = begins;
      open[bars] = candles.open[row] ?? 0;
      [highest, lowest] = [top, bottom];
      bars += 1;
    }
    if (top > highest) highest = top;
    if (bottom < lowest) lowest = bottom;
    high[bars - 1] = highest;
    low[bars - 1] = lowest;
    close[bars - 1] = candles.close[row] ?? 0;
  }
  const cut = (column: Float64Array): Float64Array => column.slice(0, bars);
  return { timeframeMs, priceDecimals: candles.priceDecimals, length: bars, at: cut(at), open: cut(open), high: cut(high), low: cut(low), close: cut(close), volume: new Float64Array(0) };
}

/** Five columns `<name>.at/open/high/low/close`; what page/columns.js undoes: open is kept against the close before, the rest against open and close. */
export function packCandles(packer: ColumnPacker, name: string, candles: CandleColumns): void {
  const { length, timeframeMs } = candles;
  const [open, up, down, move] = [new Float64Array(length), new Float64Array(length), new Float64Array(length), new Float64Array(length)];
  let before = 0;
  for (let row = 0; row < length; row += 1) {
    const [o, h, l, c] = [candles.open[row] ?? 0, candles.high[row] ?? 0, candles.low[row] ?? 0, candles.close[row] ?? 0];
    open[row] = o - before;
    up[row] = h - Math.max(o, c);
    down[row] = Math.min(o, c) - l;
    move[row] = c - o;
    before = c;
  }
  const at = candles.at.subarray(0, length);
  packer
    .differences(`${name}.at`, at, { factor: at.every((time) => time % timeframeMs === 0) ? timeframeMs : 1 })
    .integers(`${name}.open`, open)
    .integers(`${name}.high`, up)
    .integers(`${name}.low`, down)
    .integers(`${name}.close`, move);
}
