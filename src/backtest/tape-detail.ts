/** Finer candles in the place of those they cover without a gap. */
import type { CandleColumns, PriceColumn } from '../domain/candle-columns.ts';
import { HedgerowError } from '../domain/errors.ts';

export interface DetailedRows {
  readonly columns: CandleColumns;
  /** 1 for rows of the finer timeframe; null where there are none. */
  readonly isDetail: Uint8Array | null;
}

/** Both in the same price unit. */
export function withDetail(candles: CandleColumns, detail: CandleColumns | null): DetailedRows {
  if (detail === null) return { columns: candles, isDetail: null };
  if (detail.timeframeMs >= candles.timeframeMs) {
    throw new HedgerowError('INPUT_INVALID', `the detail has candles of ${detail.timeframeMs} ms and the run candles of ${candles.timeframeMs} ms; give finer ones as detail`);
  }
  const spans = coveredSpans(candles, detail);
  const length = spans.reduce((rows, { end, start }) => rows + end - start - 1, candles.length);
  if (spans.length === 0) return { columns: candles, isDetail: null };
  const at = new Float64Array(length);
  const volume = new Float64Array(length);
  const isWhole = [candles.open, detail.open].every((column) => column instanceof Int32Array);
  const newColumn = (): PriceColumn => (isWhole ? new Int32Array(length) : new Float64Array(length));
  const merged = { ...candles, length, at, volume, open: newColumn(), high: newColumn(), low: newColumn(), close: newColumn() };
  const isDetail = new Uint8Array(length);
  let row = 0;
  let from = 0;
  const copy = (source: CandleColumns, start: number, end: number): void => {
    for (const name of ['at', 'volume', 'open', 'high', 'low', 'close'] as const) merged[name].set(source[name].subarray(start, end), row);
    row += end - start;
  };
  for (const { candle, start, end } of spans) {
    copy(candles, from, candle);
    isDetail.fill(1, row, row + end - start);
    copy(detail, start, end);
    from = candle + 1;
  }
  copy(candles, from, candles.length);
  return { columns: merged, isDetail };
}

interface Span {
  readonly candle: number;
  /** Rows of the detail. */
  readonly start: number;
  readonly end: number;
}

/** Candles whose whole time finer ones fill, each beginning where the one before ends. */
function coveredSpans(candles: CandleColumns, detail: CandleColumns): Span[] {
  const spans: Span[] = [];
  let start = 0;
  for (let candle = 0; candle < candles.length; candle += 1) {
    const from = candles.at[candle] as number;
    const next = candle + 1 < candles.length ? (candles.at[candle + 1] as number) : Infinity;
    const to = Math.min(from + candles.timeframeMs, next);
    while (start < detail.length && (detail.at[start] as number) < from) start += 1;
    let end = start;
    let reached = from;
    while (end < detail.length && reached < to && detail.at[end] === reached) {
      reached += detail.timeframeMs;
      end += 1;
    }
    if (reached >= to && end > start) spans.push({ candle, start, end });
    start = end;
  }
  return spans;
}
