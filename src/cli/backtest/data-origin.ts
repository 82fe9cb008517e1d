/** Which data a result stands on, told by name, reach and fingerprint. */
import { createHash } from 'node:crypto';
import { candleGaps, type Gap } from '../../backtest/candle-range.ts';
import type { DataOrigin } from '../../backtest/run-origin.ts';
import type { CandleColumns, FundingColumns } from '../../domain/candle-columns.ts';

const HASH_CHARS = 16;

/** `isHashed`: false leaves the hash empty, where nobody will see it: years of minutes take a while. */
export function candlesOrigin(what: Exclude<DataOrigin['what'], 'funding'>, source: string, candles: CandleColumns, isHashed: boolean): DataOrigin {
  const { at, length, timeframeMs } = candles;
  return { what, source, timeframeMs, rows: length, from: at[0] ?? 0, to: at[length - 1] ?? 0, hash: isHashed ? hashOf(candles) : '', gaps: candleGaps(candles).map(untilOf) };
}

function hashOf({ at, length, timeframeMs, priceDecimals, open, high, low, close, volume }: CandleColumns): string {
  const hash = createHash('sha256').update(`${timeframeMs} ${length} ${priceDecimals} `);
  for (const column of [at, open, high, low, close, volume]) hash.update(bytesOf(column, length));
  return hash.digest('hex').slice(0, HASH_CHARS);
}

/** `period` stands for the times of rows where there are none. */
export function fundingOrigin(source: string, { at, rate, length }: FundingColumns, period: Gap, gaps: readonly Gap[] = []): DataOrigin {
  const hash = createHash('sha256').update(bytesOf(at, length)).update(rate.join(' '));
  return { what: 'funding', source, timeframeMs: null, rows: length, from: at[0] ?? period.from, to: at[length - 1] ?? period.to, hash: hash.digest('hex').slice(0, HASH_CHARS), gaps: gaps.map(untilOf) };
}

function untilOf({ from, to }: Gap): DataOrigin['gaps'][number] {
  return { from, until: to };
}

function bytesOf(column: Int32Array | Float64Array, length: number): Uint8Array {
  return new Uint8Array(column.buffer, column.byteOffset, length * column.BYTES_PER_ELEMENT);
}
