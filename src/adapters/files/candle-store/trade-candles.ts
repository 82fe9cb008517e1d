/** Candles made of a trade tape: of each bar's trades the first, highest, lowest and last price. A bar without trades is no candle. */
import { isPriceBelow } from '../../../domain/candle.ts';
import { D } from '../../../domain/decimal.ts';
import { tradeBatches, type Trade } from '../trade-tape.ts';
import type { TableRows } from './table-rows.ts';

interface Bar {
  readonly at: number;
  readonly open: string;
  high: string;
  low: string;
  close: string;
  /** Exact, so that the same trades give the same volume however they were added up; null when an amount was no number. */
  volume: D | null;
}

const AMOUNT = /^(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?$/;

/** Returns how many trades there were. Throws FEED_INVALID at the first fault of the tape. */
export async function readTradeTable(path: string, timeframeMs: number, rows: TableRows): Promise<number> {
  rows.expectBars();
  let bar: Bar | null = null;
  let bars = 0;
  let trades = 0;
  for await (const batch of tradeBatches(path)) {
    trades += batch.length;
    for (const trade of batch) {
      const at = trade.at - (trade.at % timeframeMs);
      if (bar !== null && bar.at === at) take(bar, trade);
      else {
        if (bar !== null) put(rows, (bars += 1), bar);
        bar = { at, open: trade.price, high: trade.price, low: trade.price, close: trade.price, volume: amountOf(trade) };
      }
    }
  }
  if (bar !== null) put(rows, bars + 1, bar);
  return trades;
}

/** A tape without amounts gives candles without volume. */
function amountOf({ amount }: Trade): D | null {
  return AMOUNT.test(amount ?? '0') ? new D(amount ?? '0') : null;
}

function take(bar: Bar, trade: Trade): void {
  const { price } = trade;
  if (isPriceBelow(bar.high, price)) bar.high = price;
  if (isPriceBelow(price, bar.low)) bar.low = price;
  bar.close = price;
  const amount = amountOf(trade);
  bar.volume = bar.volume === null || amount === null ? null : bar.volume.plus(amount);
}

function put(rows: TableRows, row: number, { at, open, high, low, close, volume }: Bar): void {
  rows.bar(row, at, open, high, low, close, volume?.toNumber() ?? Number.NaN);
}
