/** Closed bars of a coarser timeframe out of a run's candles and those before them: what a unit of ATR is measured with. */
import type { CandleColumns } from '../domain/candle-columns.ts';
import type { Candle } from '../domain/candle.ts';
import { HedgerowError } from '../domain/errors.ts';
import { priceText } from './path-units.ts';

/** Bars given at once at most; the simulated exchange keeps as many. */
const BARS_MAX = 1_000;

export class AtrBars {
  readonly timeframeMs: number;
  readonly #bars: Candle[] = [];

  /** Throws INPUT_INVALID where bars of the timeframe cannot be made of these candles. */
  constructor(timeframeMs: number, history: CandleColumns | null, candles: CandleColumns) {
    this.timeframeMs = timeframeMs;
    const first = candles.at[0] ?? Infinity;
    for (const columns of history === null ? [candles] : [history, candles]) {
      if (timeframeMs % columns.timeframeMs !== 0) {
        throw new HedgerowError('INPUT_INVALID', `candles of ${columns.timeframeMs} ms do not fill the bars of ${timeframeMs} ms that the unit's ATR is measured with; give finer candles, or a unit.atr.timeframe that is a multiple of them`);
      }
      this.#add(columns, columns === candles ? Infinity : first);
    }
  }

  /** The last `limit` bars that have ended at `now`, oldest first. */
  closed(now: number, limit: number): readonly Candle[] {
    let low = 0;
    let high = this.#bars.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#bars[middle] as Candle).at + this.timeframeMs <= now) low = middle + 1;
      else high = middle;
    }
    return this.#bars.slice(Math.max(0, low - Math.min(limit, BARS_MAX)), low);
  }

  /** Rows before `until`. A bar is left out unless its beginning was seen, or the bar before it. */
  #add(columns: CandleColumns, until: number): void {
    const { at, open, high, low, close, length, priceDecimals } = columns;
    for (let row = 0; row < length && (at[row] as number) < until; ) {
      const start = (at[row] as number) - ((at[row] as number) % this.timeframeMs);
      const from = row;
      let highest = high[row] as number;
      let lowest = low[row] as number;
      for (row += 1; row < length && (at[row] as number) < Math.min(until, start + this.timeframeMs); row += 1) {
        highest = Math.max(highest, high[row] as number);
        lowest = Math.min(lowest, low[row] as number);
      }
      const text = (price: number): string => priceText(price, priceDecimals);
      this.#put({ at: start, open: text(open[from] as number), high: text(highest), low: text(lowest), close: text(close[row - 1] as number), volume: '0' }, at[from] === start);
    }
  }

  #put(bar: Candle, isFromStart: boolean): void {
    const last = this.#bars.at(-1);
    if (last === undefined && !isFromStart) return;
    if (last?.at !== bar.at) {
      this.#bars.push(bar);
      return;
    }
    const high = Number(bar.high) > Number(last.high) ? bar.high : last.high;
    const low = Number(bar.low) < Number(last.low) ? bar.low : last.low;
    this.#bars[this.#bars.length - 1] = { ...last, high, low, close: bar.close };
  }
}
