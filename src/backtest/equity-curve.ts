/**
 * Equity over time, for pictures and files: plan and wallets at the closes of the candles, with drawdown and buy-and-hold beside it.
 * At a coarser resolution a row is still a real close, and no extreme of any of the series is lost.
 */
import type { CandleColumns } from '../domain/candle-columns.ts';
import { closeTime, planHoldings, rowEnds, walletHoldings } from './equity-walk.ts';
import type { SeriesHoldings } from './equity-walk.ts';
import type { RunRecord } from './run-record.ts';

export interface EquityCurveOptions {
  /**
   * Stretches of equally many candles the run is cut into. Of each the rows of its first and last close and of the lowest and highest
   * equity, price and drawdown in it are kept: at most eight. Null: every close is a row.
   */
  readonly stretches: number | null;
}

/** Columns of equal length. The first row is the start: the first price, nothing bought yet; each other one the close of a candle. */
export interface EquityCurve {
  readonly length: number;
  /** Moment of the row, ms; a close is at the last millisecond of its candle. */
  readonly at: Float64Array;
  readonly price: Float64Array;
  /** Of the plan, quote. */
  readonly equity: Float64Array;
  /** Of each wallet, in the order of `record.wallets`. */
  readonly wallets: readonly Float64Array[];
  /** equity / highest equity so far − 1: 0 or below. The highest is of all closes, also of those that are no rows. */
  readonly drawdown: Float64Array;
  /** What the capital were, had all of it bought at the first price: no leverage, no fees. */
  readonly hold: Float64Array;
  readonly holdDrawdown: Float64Array;
}

/** `candles` are those of the run. One pass over them, whatever the resolution. */
export function equityCurve(record: RunRecord, candles: CandleColumns, { stretches }: EquityCurveOptions): EquityCurve {
  const closes = stretches === null || stretches * EXTREMES_MAX >= candles.length ? everyClose(record, candles) : keptCloses(record, candles, Math.max(1, Math.floor(stretches)));
  const holdings = planHoldings(record);
  const ends = rowEnds(candles, holdings);
  const length = closes.length + 1;
  const [at, price, equity, drawdown, hold, holdDrawdown] = [column(length), column(length), column(length), column(length), column(length), column(length)];
  const wallets = record.wallets.map((_, wallet) => ({ holdings: walletHoldings(record, wallet), equity: column(length) }));
  const capital = Number(record.capital);
  const firstPrice = Number(record.firstPrice);
  at[0] = record.from;
  price[0] = firstPrice;
  equity[0] = capital;
  hold[0] = capital;
  for (const [index, wallet] of wallets.entries()) wallet.equity[0] = Number(record.ends[index]?.capital);
  let held = 0;
  for (let row = 1; row < length; row += 1) {
    const candle = closes.candle[row - 1] ?? 0;
    while (held + 1 < ends.length && (ends[held] ?? 0) <= candle) held += 1;
    const close = (candles.close[candle] ?? 0) / 10 ** candles.priceDecimals;
    const worth = (holdings.balance[held] ?? 0) + (holdings.position[held] ?? 0) * close;
    at[row] = closeTime(candles, candle);
    price[row] = close;
    equity[row] = worth;
    drawdown[row] = worth / (closes.peak[row - 1] ?? 1) - 1;
    hold[row] = (capital * close) / firstPrice;
    holdDrawdown[row] = close / (closes.pricePeak[row - 1] ?? 1) - 1;
    for (const wallet of wallets) wallet.equity[row] = (wallet.holdings.balance[held] ?? 0) + (wallet.holdings.position[held] ?? 0) * close;
  }
  return { length, at, price, equity, wallets: wallets.map((wallet) => wallet.equity), drawdown, hold, holdDrawdown };
}

function column(length: number): Float64Array {
  return new Float64Array(length);
}

/** First and last close, lowest and highest equity and price, deepest drawdown of equity and price. */
const EXTREMES_MAX = 8;
const [FIRST, LAST, EQUITY_LOW, EQUITY_HIGH, PRICE_LOW, PRICE_HIGH, DEEPEST, DEEPEST_HOLD] = [0, 1, 2, 3, 4, 5, 6, 7] as const;

/** Closes that become rows, ascending, with the peaks of equity and price until then. */
interface KeptCloses {
  readonly length: number;
  readonly candle: ArrayLike<number>;
  readonly peak: ArrayLike<number>;
  readonly pricePeak: ArrayLike<number>;
}

function everyClose(record: RunRecord, candles: CandleColumns): KeptCloses {
  const { length } = candles;
  const kept = { length, candle: new Int32Array(length), peak: column(length), pricePeak: column(length) };
  const walk = new ExtremesWalk(record, candles);
  for (let candle = 0; candle < length; candle += 1) {
    walk.stretch(candle, candle + 1);
    kept.candle[candle] = candle;
    kept.peak[candle] = walk.peak;
    kept.pricePeak[candle] = walk.pricePeak;
  }
  return kept;
}

function keptCloses(record: RunRecord, candles: CandleColumns, stretches: number): KeptCloses {
  const walk = new ExtremesWalk(record, candles);
  const kept = { length: 0, candle: [] as number[], peak: [] as number[], pricePeak: [] as number[] };
  for (let stretch = 0; stretch < stretches; stretch += 1) {
    walk.stretch(Math.floor((stretch * candles.length) / stretches), Math.floor(((stretch + 1) * candles.length) / stretches));
    const order = Array.from(walk.candles, (candle, extreme) => ({ candle, extreme })).sort((a, b) => a.candle - b.candle);
    for (const { candle, extreme } of order) {
      if (kept.candle.at(-1) === candle) continue;
      kept.candle.push(candle);
      kept.peak.push(walk.peaks[extreme] ?? 1);
      kept.pricePeak.push(walk.pricePeaks[extreme] ?? 1);
    }
  }
  return { ...kept, length: kept.candle.length };
}

/** Stretch after stretch of closes, with the extremes of each. */
class ExtremesWalk {
  peak: number;
  pricePeak: number;
  /** Of the last stretch, by extreme: where it is, and the peaks until then. */
  readonly candles = new Int32Array(EXTREMES_MAX);
  readonly peaks = column(EXTREMES_MAX);
  readonly pricePeaks = column(EXTREMES_MAX);
  readonly #columns: CandleColumns;
  readonly #holdings: SeriesHoldings;
  readonly #ends: Int32Array;
  #held = 0;

  constructor(record: RunRecord, candles: CandleColumns) {
    this.#columns = candles;
    this.#holdings = planHoldings(record);
    this.#ends = rowEnds(candles, this.#holdings);
    this.peak = Number(record.capital);
    this.pricePeak = Number(record.firstPrice);
  }

  stretch(first: number, end: number): void {
    const { close, priceDecimals } = this.#columns;
    const scale = 10 ** priceDecimals;
    let equityLow = Infinity;
    let equityHigh = -Infinity;
    let priceLow = Infinity;
    let priceHigh = -Infinity;
    let deepest = Infinity;
    let deepestHold = Infinity;
    for (let candle = first; candle < end; ) {
      while (this.#held + 1 < this.#ends.length && (this.#ends[this.#held] ?? 0) <= candle) this.#held += 1;
      const until = Math.min(end, this.#ends[this.#held] ?? end);
      const balance = this.#holdings.balance[this.#held] ?? 0;
      const position = this.#holdings.position[this.#held] ?? 0;
      for (; candle < until; candle += 1) {
        const price = (close[candle] ?? 0) / scale;
        const equity = balance + position * price;
        if (equity > this.peak) this.peak = equity;
        if (price > this.pricePeak) this.pricePeak = price;
        if (candle === first) this.#keep(FIRST, candle);
        if (candle === end - 1) this.#keep(LAST, candle);
        if (equity < equityLow) {
          equityLow = equity;
          this.#keep(EQUITY_LOW, candle);
        }
        if (equity > equityHigh) {
          equityHigh = equity;
          this.#keep(EQUITY_HIGH, candle);
        }
        if (price < priceLow) {
          priceLow = price;
          this.#keep(PRICE_LOW, candle);
        }
        if (price > priceHigh) {
          priceHigh = price;
          this.#keep(PRICE_HIGH, candle);
        }
        // A quotient of the peak is as deep as the drawdown: drawdown + 1.
        if (equity < deepest * this.peak || candle === first) {
          deepest = equity / this.peak;
          this.#keep(DEEPEST, candle);
        }
        if (price < deepestHold * this.pricePeak || candle === first) {
          deepestHold = price / this.pricePeak;
          this.#keep(DEEPEST_HOLD, candle);
        }
      }
    }
  }

  #keep(extreme: number, candle: number): void {
    this.candles[extreme] = candle;
    this.peaks[extreme] = this.peak;
    this.pricePeaks[extreme] = this.pricePeak;
  }
}
