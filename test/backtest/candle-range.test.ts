/** Parts of candle columns, coarser bars and gaps, against plain code over rows. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { candleGaps, candlesBetween, fundingBetween, fundingGaps } from '../../src/backtest/candle-range.ts';
import { coarserCandles } from '../../src/backtest/coarser-candles.ts';
import { filledCandles } from '../../src/backtest/filled-candles.ts';
import { aggregateCandles } from '../../src/domain/atr.ts';
import { columnPrice } from '../../src/domain/candle-columns.ts';
import type { CandleColumns } from '../../src/domain/candle-columns.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

interface Row {
  readonly at: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
}

function columnsOf(rows: readonly Row[], { isShared = false, isWide = false } = {}): CandleColumns {
  const buffer = (bytes: number): ArrayBuffer | SharedArrayBuffer => (isShared ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes));
  const column = (key: keyof Row): Float64Array => {
    const values = new Float64Array(buffer(rows.length * 8));
    rows.forEach((row, index) => (values[index] = row[key]));
    return values;
  };
  const prices = (key: keyof Row): Int32Array | Float64Array => {
    if (isWide) return column(key);
    const values = new Int32Array(buffer(rows.length * 4));
    rows.forEach((row, index) => (values[index] = row[key]));
    return values;
  };
  return { timeframeMs: MINUTE_MS, length: rows.length, priceDecimals: 1, at: column('at'), open: prices('open'), high: prices('high'), low: prices('low'), close: prices('close'), volume: column('volume') };
}

/** Minutes with holes. */
const rows = fc
  .uniqueArray(fc.tuple(fc.integer({ min: 0, max: 400 }), fc.array(fc.integer({ min: 1, max: 100_000 }), { minLength: 4, maxLength: 4 }), fc.integer({ min: 0, max: 1_000 })), { selector: ([minute]) => minute, minLength: 1, maxLength: 60 })
  .map((list) =>
    list
      .sort(([a], [b]) => a - b)
      .map(([minute, prices, volume]): Row => {
        const [low = 1, open = 1, close = 1, high = 1] = prices.sort((a, b) => a - b);
        return { at: minute * MINUTE_MS, open, high, low, close, volume };
      }),
  );

test('coarser bars are those of the exact rule over texts', () => {
  fc.assert(
    fc.property(rows, fc.constantFrom(2, 5, 60), fc.boolean(), fc.boolean(), (list, minutes, isShared, isWide) => {
      const coarse = coarserCandles(columnsOf(list, { isShared, isWide }), minutes * MINUTE_MS);
      const texts = list.map(({ at, open, high, low, close, volume }) => ({ at, open: columnPrice(open, 1), high: columnPrice(high, 1), low: columnPrice(low, 1), close: columnPrice(close, 1), volume: String(volume) }));
      const rebuilt = Array.from({ length: coarse.length }, (_, row) => ({
        at: coarse.at[row],
        open: columnPrice(coarse.open[row] ?? 0, 1),
        high: columnPrice(coarse.high[row] ?? 0, 1),
        low: columnPrice(coarse.low[row] ?? 0, 1),
        close: columnPrice(coarse.close[row] ?? 0, 1),
        volume: String(coarse.volume[row]),
      }));
      expect(rebuilt).toEqual(aggregateCandles(texts, MINUTE_MS, minutes * MINUTE_MS));
      expect(coarse.at.buffer instanceof SharedArrayBuffer).toBe(isShared);
      expect(coarse.open instanceof Int32Array).toBe(!isWide);
    }),
  );
});

test('the same timeframe is the same columns, and one that is no multiple is refused', () => {
  const candles = columnsOf([{ at: 0, open: 1, high: 1, low: 1, close: 1, volume: 0 }]);
  expect(coarserCandles(candles, MINUTE_MS)).toBe(candles);
  expect(() => coarserCandles(candles, 90_000)).toThrow(/candles of 1m do not fill bars of 90s; choose a multiple/);
});

test('a tape is filled with flat bars where it is silent for less than so long', () => {
  fc.assert(
    fc.property(rows, fc.integer({ min: 1, max: 12 }), fc.boolean(), (list, longest, isShared) => {
      const filled = filledCandles(columnsOf(list, { isShared }), longest * MINUTE_MS);
      const expected: number[][] = [];
      list.forEach(({ at, open, high, low, close, volume }, index) => {
        expected.push([at, open, high, low, close, volume]);
        const silent = ((list[index + 1]?.at ?? at) - at) / MINUTE_MS - 1;
        if (silent < longest) for (let bar = 1; bar <= silent; bar += 1) expected.push([at + bar * MINUTE_MS, close, close, close, close, 0]);
      });
      const { at, open, high, low, close, volume } = filled;
      expect(Array.from({ length: filled.length }, (_, row) => [at[row], open[row], high[row], low[row], close[row], volume[row]])).toEqual(expected);
      expect(at.buffer instanceof SharedArrayBuffer).toBe(isShared);
    }),
  );
});

test('a part has the rows of its period, and no copy of them', () => {
  fc.assert(
    fc.property(rows, fc.integer({ min: -5, max: 405 }), fc.integer({ min: -5, max: 405 }), (list, a, b) => {
      const candles = columnsOf(list);
      const part = candlesBetween(candles, a * MINUTE_MS, b * MINUTE_MS);
      expect([...part.at]).toEqual(list.map(({ at }) => at).filter((at) => at >= a * MINUTE_MS && at < b * MINUTE_MS));
      expect(part.length).toBe(part.close.length);
      expect(part.close.buffer).toBe(candles.close.buffer);
    }),
  );
});

test('gaps are the bars that are missing between the first and the last', () => {
  fc.assert(
    fc.property(rows, (list) => {
      const there = new Set(list.map(({ at }) => at));
      const [first = 0, last = 0] = [list[0]?.at, list.at(-1)?.at];
      const missing: number[] = [];
      for (let at = first; at < last; at += MINUTE_MS) if (!there.has(at)) missing.push(at);
      const gaps = candleGaps(columnsOf(list));
      expect(gaps.flatMap(({ from, to }) => Array.from({ length: (to - from) / MINUTE_MS }, (_, index) => from + index * MINUTE_MS))).toEqual(missing);
      expect(gaps.reduce((sum, gap) => sum + gap.missing, 0)).toBe(missing.length);
    }),
  );
});

describe('missing funding', () => {
  const every = (hours: number, count: number, start = 0): number[] => Array.from({ length: count }, (_, index) => start + index * hours * HOUR_MS);
  const fundingOf = (times: readonly number[]) => ({ length: times.length, at: Float64Array.from(times), rate: times.map(() => '0.0001') });

  test('none where settlements come at their interval, some late, and where the interval changes', () => {
    const times = [...every(8, 30), ...every(1, 100, 30 * 8 * HOUR_MS)].map((at, index) => at + (index % 3) * 40);
    expect(fundingGaps(fundingOf(times), 0, times.at(-1) ?? 0)).toEqual([]);
  });

  test('before the first, after the last, and between', () => {
    const times = [...every(8, 10, 24 * HOUR_MS), ...every(8, 10, 240 * HOUR_MS)];
    expect(fundingGaps(fundingOf(times), 0, 400 * HOUR_MS).map(({ from, to }) => [from / HOUR_MS, to / HOUR_MS])).toEqual([[0, 24], [104, 240], [320, 400]]);
  });

  test('all of it where there is none', () => {
    expect(fundingGaps(fundingOf([]), 5, 9)).toEqual([{ from: 5, to: 9 }]);
  });

  test('one settlement stands for its eight hours', () => {
    expect(fundingGaps(fundingOf([8 * HOUR_MS]), 0, 16 * HOUR_MS)).toEqual([]);
  });

  test('a part of it has the settlements of its period', () => {
    const part = fundingBetween(fundingOf(every(8, 10)), 8 * HOUR_MS, 24 * HOUR_MS);
    expect([part.length, [...part.at], part.rate]).toEqual([2, [8 * HOUR_MS, 16 * HOUR_MS], ['0.0001', '0.0001']]);
  });
});
