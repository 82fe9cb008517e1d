/**
 * Candles of one market and timeframe as typed columns: what a backtest reads. The memory may be shared between threads.
 *
 * Prices are whole numbers of 10^−priceDecimals, so comparisons are exact and a price is printed without a float in between.
 */
import { D, plain } from './decimal.ts';
import type { DecimalString } from './decimal.ts';

export interface CandleColumns {
  /** Length of a bar, ms. */
  readonly timeframeMs: number;
  /** Rows; the columns may be longer. */
  readonly length: number;
  /** A price is `value / 10^priceDecimals`. */
  readonly priceDecimals: number;
  /** Time each bar opens, ms since 1970, strictly ascending. */
  readonly at: Float64Array;
  /** `Int32Array` where all prices fit, else whole numbers below 2^53. */
  readonly open: PriceColumn;
  readonly high: PriceColumn;
  readonly low: PriceColumn;
  readonly close: PriceColumn;
  /** Base units, as floats: volume bounds what may fill in a bar, it is no money. */
  readonly volume: Float64Array;
}

export type PriceColumn = Int32Array | Float64Array;

/** Funding settlements, oldest first. */
export interface FundingColumns {
  readonly length: number;
  /** When each was due, ms, strictly ascending. */
  readonly at: Float64Array;
  /** A fraction for the interval that ended then; longs pay positive rates. */
  readonly rate: readonly DecimalString[];
}

/** The text of a price of such a column. */
export function columnPrice(value: number, priceDecimals: number): DecimalString {
  return plain(new D(value).times(new D(`1e-${priceDecimals}`)));
}
