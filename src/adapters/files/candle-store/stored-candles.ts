/** A table of the candle store as what feeds are made of: candles with their prices as texts, and settlements. */
import type { Candle } from '../../../domain/candle.ts';
import { columnPrice } from '../../../domain/candle-columns.ts';
import { D, plain } from '../../../domain/decimal.ts';
import type { FundingSettlement } from '../funding-file.ts';
import { readCandleTable, readFundingTable } from './read-table.ts';
import type { StoredRange } from './stored-dataset.ts';

const ROWS_PER_BATCH = 4_096;

/** Some thousands at a time. Throws FEED_INVALID for an Arrow file that is no table of candles of this program. */
export function* storedCandles(path: string, range: StoredRange): Generator<Candle[]> {
  const { length, priceDecimals, at, open, high, low, close, volume } = readCandleTable(path, range);
  const price = (column: ArrayLike<number>, row: number): string => columnPrice(column[row] as number, priceDecimals);
  for (let start = 0; start < length; start += ROWS_PER_BATCH) {
    yield Array.from({ length: Math.min(ROWS_PER_BATCH, length - start) }, (_, index): Candle => {
      const row = start + index;
      return { at: at[row] as number, open: price(open, row), high: price(high, row), low: price(low, row), close: price(close, row), volume: plain(new D(volume[row] as number)) };
    });
  }
}

/** Oldest first. Throws FEED_INVALID for an Arrow file that is no table of funding of this program. */
export function storedSettlements(path: string): FundingSettlement[] {
  const { at, rate } = readFundingTable(path);
  return rate.map((text, row) => ({ at: at[row] as number, rate: text }));
}
