/** Candles before the first one: units of ATR are measured on them. */
import { indexAtOrAfter } from '../../backtest/candle-range.ts';
import type { CandleColumns } from '../../domain/candle-columns.ts';
import type { Strategy } from '../../domain/strategy.ts';
import { parseTimeframe, timeframeText } from '../../domain/timeframe.ts';
import { ATR_LENGTHS } from '../../engine/atr-watch.ts';
import { inputError } from '../command-input.ts';
import { iso } from './dataset-choice.ts';

/** How long before the first candle history is read, ms; 0 for units that need none. */
export function warmUpMs({ unit }: Strategy): number {
  return unit.type === 'atr' ? (unit.length * ATR_LENGTHS + 1) * parseTimeframe(unit.timeframe) : 0;
}

/** Throws INPUT_INVALID for candles that are too coarse to make the bars of the plan's ATR. */
export function checkAtrBars(file: string, { unit }: Strategy, candlesMs: number): void {
  if (unit.type !== 'atr' || parseTimeframe(unit.timeframe) % candlesMs === 0) return;
  throw inputError(`${file}: its unit is an ATR of ${unit.timeframe} bars, which candles of ${timeframeText(candlesMs)} do not make; give finer candles, or --set unit.atr.timeframe=…`);
}

/** The first moment from which on the plan's ATR is known, when nothing lies before the candles; their first row for other units. Null: never. */
export function firstMeasurable({ unit }: Strategy, candles: CandleColumns): number | null {
  const first = candles.at[0];
  if (first === undefined) return null;
  if (unit.type !== 'atr') return first;
  const barMs = parseTimeframe(unit.timeframe);
  let bars = 0;
  for (let opensAt = Math.ceil(first / barMs) * barMs, row = indexAtOrAfter(candles, opensAt); row < candles.length; row = indexAtOrAfter(candles, opensAt)) {
    const at = candles.at[row] ?? 0;
    if (bars >= unit.length) return at;
    const bar = at - (at % barMs);
    bars += 1;
    opensAt = bar + barMs;
  }
  return null;
}

/** Throws INPUT_INVALID when history holds too few bars for the plan's ATR at `from`, saying how many more it takes. */
export function checkWarmUp(file: string, { unit }: Strategy, history: CandleColumns | null, from: number): void {
  if (unit.type !== 'atr') return;
  const barMs = parseTimeframe(unit.timeframe);
  const bars = history === null ? 0 : wholeBars(history, barMs, from);
  const missing = unit.length - bars;
  if (missing <= 0) return;
  throw inputError(
    `${file}: its unit is an ATR of ${unit.length} bars of ${unit.timeframe}, and before ${iso(from)} there ${bars === 1 ? 'is 1 whole bar' : `are ${bars} whole bars`}; ` +
      `${missing} more ${missing === 1 ? 'is' : 'are'} needed: give candles from ${iso(Math.floor(from / barMs) * barMs - unit.length * barMs)} on, a later --from, or no --from to start as soon as it is known`,
  );
}

/** Bars with at least one candle that have closed at `until`, the first one whole. */
function wholeBars({ at, length }: CandleColumns, barMs: number, until: number): number {
  const first = at[0] ?? until;
  const begin = Math.ceil(first / barMs) * barMs;
  const end = Math.floor(until / barMs) * barMs;
  let bars = 0;
  let last = -1;
  for (let row = 0; row < length; row += 1) {
    const bar = Math.floor((at[row] ?? 0) / barMs);
    if (bar === last || bar * barMs < begin || (bar + 1) * barMs > end) continue;
    last = bar;
    bars += 1;
  }
  return bars;
}
