/**
 * The price at a moment inside a candle: the way of a tape's price through its path points, asked by time. For statistics only; a moment
 * of a record is a whole millisecond, so a price between two path points comes back to within its way in one of them.
 */
import type { CandleColumns } from '../domain/candle-columns.ts';
import { closeTime } from './equity-walk.ts';
import type { RunRecord } from './run-record.ts';

type Prices = readonly [number, number, number, number];

export class PathPrice {
  readonly #candles: CandleColumns;
  readonly #detail: CandleColumns | null;
  readonly #isByDirection: boolean;
  readonly #fills = new Map<number, number>();

  /** `detail`: the finer candles the run used; a moment that lies in one of them is looked up there. */
  constructor(record: RunRecord, candles: CandleColumns, detail: CandleColumns | null) {
    this.#candles = candles;
    this.#detail = detail;
    this.#isByDirection = record.path === 'ohlc';
    if (!this.#isByDirection) for (const { at, price } of record.fills) this.#fills.set(at, Number(price));
  }

  at(moment: number): number {
    const fine = this.#detail === null ? -1 : candleAt(this.#detail, moment);
    if (this.#detail !== null && fine !== -1 && moment <= closeTime(this.#detail, fine)) return this.#inside(this.#detail, fine, moment);
    return this.#inside(this.#candles, Math.max(0, candleAt(this.#candles, moment)), moment);
  }

  #inside(candles: CandleColumns, candle: number, moment: number): number {
    const [open, high, low, close] = pricesOf(candles, candle);
    const lowFirst = (): number => alongPath([open, low, high, close], candles, candle, moment);
    const highFirst = (): number => alongPath([open, high, low, close], candles, candle, moment);
    const filled = this.#isByDirection ? undefined : this.#fills.get(moment);
    if (filled === undefined) return close >= open ? lowFirst() : highFirst();
    // The run chose the order itself: the one is right on whose way the fill of that moment lies.
    const [wayUp, wayDown] = [lowFirst(), highFirst()];
    return Math.abs(wayUp - filled) <= Math.abs(wayDown - filled) ? wayUp : wayDown;
  }
}

function pricesOf({ open, high, low, close, priceDecimals }: CandleColumns, candle: number): Prices {
  const scale = 10 ** priceDecimals;
  return [(open[candle] ?? 0) / scale, (high[candle] ?? 0) / scale, (low[candle] ?? 0) / scale, (close[candle] ?? 0) / scale];
}

/** Path point k lies `floor(k·(span − 1)/3)` after the open. */
function alongPath(path: Prices, candles: CandleColumns, candle: number, moment: number): number {
  const opened = candles.at[candle] ?? 0;
  const last = closeTime(candles, candle) - opened;
  for (const [part, from] of path.slice(0, 3).entries()) {
    const start = opened + Math.floor((part * last) / 3);
    const end = opened + Math.floor(((part + 1) * last) / 3);
    if (moment > end) continue;
    const to = path[part + 1] ?? from;
    return end <= start || moment <= start ? from : from + ((to - from) * (moment - start)) / (end - start);
  }
  return path[3];
}

/** The last candle that had opened at `moment`; −1: none. */
export function candleAt({ at, length }: CandleColumns, moment: number): number {
  return lastRow(at, length, (each) => each <= moment);
}

/** The last row of an ascending column for which `isThere` still holds; −1: none. */
export function lastRow(column: ArrayLike<number>, length: number, isThere: (value: number) => boolean): number {
  let low = -1;
  let high = length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (isThere(column[middle] ?? 0)) low = middle;
    else high = middle;
  }
  return low;
}
