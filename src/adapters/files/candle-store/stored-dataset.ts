/** What the candle store holds: one table per source, symbol, kind and timeframe, and how one is asked for. */
import type { CandleColumns, FundingColumns } from '../../../domain/candle-columns.ts';

export const STORED_KINDS = ['candles', 'mark', 'funding'] as const;
export type StoredKind = (typeof STORED_KINDS)[number];

export interface StoredDataset {
  /** Exchange the rows are of, or whatever else they were imported as: `bybit`, `binance-spot`. */
  readonly source: string;
  /** As ccxt writes it: `BTC/USDT:USDT`. */
  readonly symbol: string;
  readonly kind: StoredKind;
  /** Length of a bar, ms; null for funding. */
  readonly timeframeMs: number | null;
  /** Time of the first row, ms. */
  readonly from: number;
  /** End of the last row, ms: its time plus the timeframe; of funding the time of the last settlement. */
  readonly to: number;
  readonly rows: number;
  readonly path: string;
}

/** Rows at or after `from` and before `to`, ms. */
export interface StoredRange {
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

export interface ColumnOptions extends StoredRange {
  /** The columns lie in shared memory, so that worker threads read them without copying. */
  readonly isShared?: boolean | undefined;
}

export interface DatasetWish {
  readonly symbol: string;
  readonly kind: StoredKind;
  /** Default: any. */
  readonly timeframeMs?: number | undefined;
  /** Default: any. */
  readonly source?: string | undefined;
}

/** The tables of one folder, `<data>/data`. */
export interface CandleStore {
  /** Sorted by source, symbol, kind and timeframe. A folder that is not there holds nothing. */
  list(): Promise<readonly StoredDataset[]>;
  /** Those that fit, the finest timeframe first. */
  find(wish: DatasetWish): Promise<readonly StoredDataset[]>;
  /** Reads only the rows asked for. Throws FEED_INVALID for a file that is cut off or no table of this store. */
  readCandles(dataset: StoredDataset, options?: ColumnOptions): Promise<CandleColumns>;
  readFunding(dataset: StoredDataset, range?: StoredRange): Promise<FundingColumns>;
}
