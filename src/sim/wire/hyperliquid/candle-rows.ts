/** Bars of the last price as `candleSnapshot` and the `candle` stream have them, the running one included. */
import type { Candle } from '../../../domain/candle.ts';
import type { Json } from '../../../domain/json.ts';
import { parseTimeframe } from '../../../domain/timeframe.ts';
import type { MarketRecord } from '../market-record.ts';
import type { Asset } from './assets.ts';

export const INTERVALS: readonly string[] = ['1m', '3m', '5m', '15m', '30m', '1h', '2h', '4h', '8h', '12h', '1d', '3d', '1w'];
/** Only the newest bars of an interval are served. */
const BARS_MAX = 5_000;

/** Bars that begin between the two times, oldest first. */
export function candleRows(record: MarketRecord, asset: Asset, interval: string, startTime: number, endTime: number): readonly Json[] {
  const bars = record.bars('last', parseTimeframe(interval), { from: null, to: null, limit: BARS_MAX });
  return bars.filter(({ at }) => at >= startTime && at <= endTime).map((bar) => candleRow(bar, asset, interval));
}

/** Null before the first price. */
export function runningCandle(record: MarketRecord, asset: Asset, interval: string): Json | null {
  const bar = record.bars('last', parseTimeframe(interval), { from: null, to: null, limit: 1 }).at(-1);
  return bar === undefined ? null : candleRow(bar, asset, interval);
}

function candleRow({ at, open, high, low, close, volume }: Candle, { coin }: Asset, interval: string): Json {
  return { t: at, T: at + parseTimeframe(interval) - 1, s: coin, i: interval, o: open, c: close, h: high, l: low, v: volume, n: 0 };
}
