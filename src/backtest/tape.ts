/**
 * Candles as the path of a price in time: what every implementation of a backtest walks along.
 *
 * - A candle at `t` with span `s` (to the next one, at most its timeframe) has four path points at `t + floor(k·(s−1)/3)`: open, the two
 *   extremes in the order of its direction (or as `order` says), close. To an open the price jumps. From one point to the next it visits
 *   every multiple of the tick strictly between them, then the point itself, evenly in time.
 * - Finer candles stand in the place of a candle where they cover it without a gap.
 * - Prices are whole numbers of 10^−decimals, mark prices of 10^−mark.decimals.
 */
import type { CandleColumns, FundingColumns, PriceColumn } from '../domain/candle-columns.ts';
import { dec } from '../domain/decimal.ts';
import type { DecimalString } from '../domain/decimal.ts';
import { HedgerowError } from '../domain/errors.ts';
import type { Instrument } from '../domain/strategy.ts';
import { MarkTrack } from './mark-track.ts';
import { POINTS, ceilShare, floorShare, priceText } from './path-units.ts';
import { withDetail } from './tape-detail.ts';

export const BY_DIRECTION = 0;
export const LOW_FIRST = 1;
export const HIGH_FIRST = 2;

export interface TapeInput {
  readonly instrument: Pick<Instrument, 'tickSize'>;
  readonly candles: CandleColumns;
  readonly detail?: CandleColumns | null;
  readonly mark?: CandleColumns | null;
  readonly funding?: FundingColumns | null;
}

/** A visited price: at path point `point` of candle `row` where it is that point's price, else on the way from there to the next one. */
export interface TapePosition {
  readonly row: number;
  /** 0 to 3. */
  readonly point: number;
  readonly price: number;
}

export class Tape {
  /** Rows; more than the candles given where finer ones stand in their place. */
  readonly length: number;
  /** Decimals of prices, and of the tick. */
  readonly decimals: number;
  /** 10^decimals: `value / scale` is the float nearest to the price. */
  readonly scale: number;
  /** The tick in units of the last decimal. */
  readonly tick: number;
  readonly at: Float64Array;
  readonly open: PriceColumn;
  readonly high: PriceColumn;
  readonly low: PriceColumn;
  readonly close: PriceColumn;
  readonly volume: Float64Array;
  /** Null: the mark price is the last price. */
  readonly mark: MarkTrack | null;
  readonly funding: FundingColumns | null;
  /** The first settlement that is not before the first path point, and the first that is after the last one. */
  readonly firstFunding: number;
  readonly endFunding: number;
  /** Per row `BY_DIRECTION`, `LOW_FIRST` or `HIGH_FIRST`; null: all by direction. May be filled in as the tape is walked. */
  readonly order: Uint8Array | null;
  readonly #timeframeMs: number;
  /** Rows of the finer timeframe; null: none. */
  readonly #isDetail: Uint8Array | null;
  readonly #detailMs: number;

  constructor(input: TapeInput, order: Uint8Array | null = null) {
    const { instrument, candles, detail = null, mark = null, funding = null } = input;
    if (candles.length === 0) throw new HedgerowError('INPUT_INVALID', 'there are no candles to run over; give a longer range or other files');
    const tick = dec(instrument.tickSize);
    this.decimals = Math.max(candles.priceDecimals, detail?.priceDecimals ?? 0, tick.decimalPlaces());
    this.scale = 10 ** this.decimals;
    this.tick = tick.times(`1e${this.decimals}`).toNumber();
    const rows = withDetail(rescaled(candles, this.decimals), detail === null ? null : rescaled(detail, this.decimals));
    const { columns } = rows;
    this.length = columns.length;
    this.at = columns.at;
    this.open = columns.open;
    this.high = columns.high;
    this.low = columns.low;
    this.close = columns.close;
    this.volume = columns.volume;
    this.#timeframeMs = candles.timeframeMs;
    this.#isDetail = rows.isDetail;
    this.#detailMs = detail?.timeframeMs ?? candles.timeframeMs;
    this.order = order;
    this.mark = mark === null ? null : new MarkTrack(mark, this);
    this.funding = funding;
    const fundingFrom = (time: number): number => (funding === null ? 0 : lowerBound(funding.at, funding.length, time));
    this.firstFunding = fundingFrom(this.startsAt);
    this.endFunding = fundingFrom(this.endsAt + 1);
  }

  /** Time of the first path point, ms. */
  get startsAt(): number {
    return this.at[0] as number;
  }

  /** Time of the last path point, ms. */
  get endsAt(): number {
    return this.pointTime(this.length - 1, POINTS - 1);
  }

  /** Until the next candle opens, at most the candle's timeframe, ms. */
  span(row: number): number {
    const timeframeMs = this.#isDetail !== null && this.#isDetail[row] === 1 ? this.#detailMs : this.#timeframeMs;
    return row + 1 < this.length ? Math.min(timeframeMs, (this.at[row + 1] as number) - (this.at[row] as number)) : timeframeMs;
  }

  isLowFirst(row: number): boolean {
    const order = this.order === null ? BY_DIRECTION : this.order[row];
    return order === BY_DIRECTION ? (this.close[row] as number) >= (this.open[row] as number) : order === LOW_FIRST;
  }

  pointPrice(row: number, point: number): number {
    if (point === 0) return this.open[row] as number;
    if (point === POINTS - 1) return this.close[row] as number;
    return ((point === 1) === this.isLowFirst(row) ? this.low[row] : this.high[row]) as number;
  }

  pointTime(row: number, point: number): number {
    return (this.at[row] as number) + Math.floor((point * (this.span(row) - 1)) / (POINTS - 1));
  }

  /** When the price at this position is visited, ms. */
  timeOf({ row, point, price }: TapePosition): number {
    const from = this.pointTime(row, point);
    const start = this.pointPrice(row, point);
    if (price === start) return from;
    const end = this.pointPrice(row, point + 1);
    return from + floorShare(this.pointTime(row, point + 1) - from, Math.abs(price - start), Math.abs(end - start));
  }

  /** The price visited next; null after the last one. */
  next({ row, point, price }: TapePosition): TapePosition | null {
    if (point === POINTS - 1) return row + 1 < this.length ? { row: row + 1, point: 0, price: this.open[row + 1] as number } : null;
    const end = this.pointPrice(row, point + 1);
    if (price < end) {
      const up = (Math.floor(price / this.tick) + 1) * this.tick;
      if (up < end) return { row, point, price: up };
    } else if (price > end) {
      const down = (Math.ceil(price / this.tick) - 1) * this.tick;
      if (down > end) return { row, point, price: down };
    }
    return { row, point: point + 1, price: end };
  }

  /** The price visited before; null before the first one. */
  previous({ row, point, price }: TapePosition): TapePosition | null {
    const start = this.pointPrice(row, point);
    if (price > start) return { row, point, price: Math.max(start, (Math.ceil(price / this.tick) - 1) * this.tick) };
    if (price < start) return { row, point, price: Math.min(start, (Math.floor(price / this.tick) + 1) * this.tick) };
    if (point === 0) return row === 0 ? null : { row: row - 1, point: POINTS - 1, price: this.close[row - 1] as number };
    return this.#lastBetween(row, point - 1);
  }

  /** The last price visited on the way from this point to the next one, or the point itself. */
  #lastBetween(row: number, point: number): TapePosition {
    const start = this.pointPrice(row, point);
    const end = this.pointPrice(row, point + 1);
    if (start < end) return { row, point, price: Math.max(start, (Math.ceil(end / this.tick) - 1) * this.tick) };
    if (start > end) return { row, point, price: Math.min(start, (Math.floor(end / this.tick) + 1) * this.tick) };
    return { row, point, price: start };
  }

  /** The first price visited at this time or later; null when all are before. */
  firstAt(time: number): TapePosition | null {
    const after = this.rowAt(time);
    if (after < this.length && this.at[after] === time) return { row: after, point: 0, price: this.open[after] as number };
    const row = after - 1;
    for (let point = 0; row >= 0 && point < POINTS - 1; point += 1) {
      if (this.pointTime(row, point + 1) >= time) return this.#firstBetween(row, point, time);
    }
    return after < this.length ? { row: after, point: 0, price: this.open[after] as number } : null;
  }

  /** `time` is after this point's and not after the next one's. */
  #firstBetween(row: number, point: number, time: number): TapePosition {
    const start = this.pointPrice(row, point);
    const end = this.pointPrice(row, point + 1);
    const from = this.pointTime(row, point);
    const duration = this.pointTime(row, point + 1) - from;
    // The visited price is the first whose way takes at least this long: distance·duration ≥ wait·length.
    const distance = ceilShare(time - from, Math.abs(end - start), duration);
    const reached = end > start ? Math.ceil((start + distance) / this.tick) * this.tick : Math.floor((start - distance) / this.tick) * this.tick;
    const isBetween = end > start ? reached > start && reached < end : reached < start && reached > end;
    return isBetween ? { row, point, price: reached } : { row, point: point + 1, price: end };
  }

  /** The first row that opens at this time or later; `length` when none does. */
  rowAt(time: number): number {
    return lowerBound(this.at, this.length, time);
  }

  /** The first path point at this time or later; null when all are before. */
  pointAt(time: number): { readonly row: number; readonly point: number } | null {
    const after = this.rowAt(time);
    for (let point = 1; after > 0 && point < POINTS && this.at[after] !== time; point += 1) if (this.pointTime(after - 1, point) >= time) return { row: after - 1, point };
    return after < this.length ? { row: after, point: 0 } : null;
  }

  /** The price as text. */
  text(price: number): DecimalString {
    return priceText(price, this.decimals);
  }
}

function lowerBound(times: Float64Array, length: number, time: number): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((times[middle] as number) < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The same candles with prices in units of 10^−decimals, which is not coarser; the same object where they are already. */
function rescaled(candles: CandleColumns, decimals: number): CandleColumns {
  if (candles.priceDecimals === decimals) return candles;
  const factor = 10 ** (decimals - candles.priceDecimals);
  const scaled = (column: PriceColumn): PriceColumn => Float64Array.from(column.subarray(0, candles.length), (value) => value * factor);
  const { open, high, low, close } = candles;
  return { ...candles, priceDecimals: decimals, open: scaled(open), high: scaled(high), low: scaled(low), close: scaled(close) };
}
