/**
 * Mark prices along a tape: from a path point of the tape on, the mark is that of the mark candles' newest path point at or before it;
 * before their first one it is that one's open.
 */
import type { CandleColumns, PriceColumn } from '../domain/candle-columns.ts';
import type { DecimalString } from '../domain/decimal.ts';
import { HedgerowError } from '../domain/errors.ts';
import { POINTS, priceText } from './path-units.ts';
import type { Tape } from './tape.ts';

export class MarkTrack {
  /** Decimals of mark prices. */
  readonly decimals: number;
  readonly scale: number;
  /** By row of the tape: the lowest and highest mark of its path points. */
  readonly low: PriceColumn;
  readonly high: PriceColumn;
  readonly #candles: CandleColumns;
  readonly #tape: Tape;
  /** By row of the tape: the mark candle that is the newest when it opens; null: the one of the same number, with the same times. */
  readonly #newest: Int32Array | null;

  constructor(candles: CandleColumns, tape: Tape) {
    if (candles.length === 0) throw new HedgerowError('INPUT_INVALID', 'the mark price has no candles; give some, or none at all to take the last price as mark');
    this.decimals = candles.priceDecimals;
    this.scale = 10 ** this.decimals;
    this.#candles = candles;
    this.#tape = tape;
    if (isAligned(candles, tape)) {
      this.#newest = null;
      this.low = candles.low;
      this.high = candles.high;
      return;
    }
    this.#newest = newestAt(candles, tape);
    this.low = new Float64Array(tape.length);
    this.high = new Float64Array(tape.length);
    for (let row = 0; row < tape.length; row += 1) {
      let low = Infinity;
      let high = -Infinity;
      for (let point = 0; point < POINTS; point += 1) {
        const price = this.at(row, point);
        if (price < low) low = price;
        if (price > high) high = price;
      }
      this.low[row] = low;
      this.high[row] = high;
    }
  }

  /** The mark from this path point of the tape on, in units of 10^−decimals. */
  at(row: number, point: number): number {
    if (this.#newest === null) return this.#pointPrice(row, point);
    const { at, length } = this.#candles;
    const time = this.#tape.pointTime(row, point);
    let candle = this.#newest[row] as number;
    while (candle + 1 < length && (at[candle + 1] as number) <= time) candle += 1;
    let own = POINTS - 1;
    while (own > 0 && this.#pointTime(candle, own) > time) own -= 1;
    return this.#pointPrice(candle, own);
  }

  text(price: number): DecimalString {
    return priceText(price, this.decimals);
  }

  #pointPrice(candle: number, point: number): number {
    const { open, high, low, close } = this.#candles;
    if (point === 0) return open[candle] as number;
    if (point === POINTS - 1) return close[candle] as number;
    const isLowFirst = (close[candle] as number) >= (open[candle] as number);
    return ((point === 1) === isLowFirst ? low[candle] : high[candle]) as number;
  }

  #pointTime(candle: number, point: number): number {
    const { at, length, timeframeMs } = this.#candles;
    const from = at[candle] as number;
    const span = candle + 1 < length ? Math.min(timeframeMs, (at[candle + 1] as number) - from) : timeframeMs;
    return from + Math.floor((point * (span - 1)) / (POINTS - 1));
  }
}

/** Every path point of the tape has the path point of the same number of the mark candles. */
function isAligned(candles: CandleColumns, tape: Tape): boolean {
  if (candles.length !== tape.length || candles.timeframeMs !== tape.span(tape.length - 1)) return false;
  for (let row = 0; row < tape.length; row += 1) {
    if (candles.at[row] !== tape.at[row]) return false;
    const span = row + 1 < candles.length ? Math.min(candles.timeframeMs, (candles.at[row + 1] as number) - (candles.at[row] as number)) : candles.timeframeMs;
    if (span !== tape.span(row)) return false;
  }
  return true;
}

/** The newest mark candle when each row opens; the first one before it. */
function newestAt(candles: CandleColumns, tape: Tape): Int32Array {
  const newest = new Int32Array(tape.length);
  let candle = 0;
  for (let row = 0; row < tape.length; row += 1) {
    while (candle + 1 < candles.length && (candles.at[candle + 1] as number) <= (tape.at[row] as number)) candle += 1;
    newest[row] = candle;
  }
  return newest;
}
