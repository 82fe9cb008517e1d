import { describe, expect, test } from 'vitest';
import { aggregateCandles, averageTrueRange } from '../../src/domain/atr.ts';
import { candlePath, closedCandles } from '../../src/domain/candle.ts';
import type { Candle } from '../../src/domain/candle.ts';
import { HedgerowError } from '../../src/domain/errors.ts';

const HOUR_MS = 3_600_000;

function candle(at: number, open: string, high: string, low: string, close: string, volume = '1'): Candle {
  return { at, open, high, low, close, volume };
}

/**
 * By hand, length 3:
 * | # | high  | low   | close | true range                          | ATR                                      |
 * | 1 | 48.70 | 47.79 | 48.16 | 0.91 (high − low)                   |                                          |
 * | 2 | 48.72 | 48.14 | 48.61 | 0.58 (0.58, 0.56, 0.02)             |                                          |
 * | 3 | 48.90 | 48.39 | 48.75 | 0.51 (0.51, 0.29, 0.22)             | (0.91 + 0.58 + 0.51) / 3 = 0.666…67      |
 * | 4 | 50.00 | 49.50 | 49.60 | 1.25 (gap up: high − close before)  | (0.666…67 × 2 + 1.25) / 3 = 0.861…       |
 * | 5 | 47.10 | 46.60 | 46.70 | 3.00 (gap down: close before − low) | (0.861… × 2 + 3.00) / 3 = 1.574074…      |
 */
const TABLE = [
  candle(0, '48', '48.70', '47.79', '48.16'),
  candle(1, '48.2', '48.72', '48.14', '48.61'),
  candle(2, '48.6', '48.90', '48.39', '48.75'),
  candle(3, '49.5', '50.00', '49.50', '49.60'),
  candle(4, '47', '47.10', '46.60', '46.70'),
];

describe("Wilder's average true range", () => {
  test('follows the table computed by hand, quotients half up to 30 decimals', () => {
    expect(averageTrueRange(TABLE.slice(0, 3), 3)).toBe('0.666666666666666666666666666667');
    // (1.333333333333333333333333333334 + 1.25) / 3
    expect(averageTrueRange(TABLE.slice(0, 4), 3)).toBe('0.861111111111111111111111111111');
    // (1.722222222222222222222222222222 + 3) / 3
    expect(averageTrueRange(TABLE, 3)).toBe('1.574074074074074074074074074074');
  });

  test('length 1 is the last true range, flat candles have none', () => {
    expect(averageTrueRange(TABLE, 1)).toBe('3');
    expect(averageTrueRange(Array.from({ length: 20 }, (_, i) => candle(i, '7', '7', '7', '7')), 14)).toBe('0');
  });

  test('too few candles or a senseless length are refused with what is needed', () => {
    expect(() => averageTrueRange(TABLE, 6)).toThrow(new HedgerowError('INPUT_INVALID', 'ATR of length 6 needs 6 closed candles and got 5; give more history or a shorter length'));
    for (const length of [0, -1, 1.5, Number.NaN]) expect(() => averageTrueRange(TABLE, length)).toThrow(/whole number of at least 1/);
  });
});

describe('coarser candles', () => {
  const minutes = (from: number, count: number) =>
    Array.from({ length: count }, (_, i) => {
      const price = 100 + ((from + i) % 7);
      return candle((from + i) * 60_000, `${price}`, `${price + 1}`, `${price - 1}`, `${price + 0.5}`, '0.1');
    });

  test('hold open, highest, lowest, close and the sum of the volumes', () => {
    const bars = aggregateCandles(minutes(0, 60), 60_000, HOUR_MS);
    expect(bars).toEqual([candle(0, '100', '107', '99', '103.5', '6')]);
  });

  test('a bar that has not ended is left out, as is one whose beginning is missing', () => {
    expect(aggregateCandles(minutes(0, 59), 60_000, HOUR_MS)).toEqual([]);
    expect(aggregateCandles(minutes(0, 119), 60_000, HOUR_MS).map(({ at }) => at)).toEqual([0]);
    expect(aggregateCandles(minutes(1, 179), 60_000, HOUR_MS).map(({ at }) => at)).toEqual([HOUR_MS, 2 * HOUR_MS]);
    expect(aggregateCandles([], 60_000, HOUR_MS)).toEqual([]);
  });

  test('an outage inside does not shift bars, and bars without candles do not appear', () => {
    const gappy = [...minutes(0, 20), ...minutes(200, 40)];
    expect(aggregateCandles(gappy, 60_000, HOUR_MS).map(({ at }) => at / HOUR_MS)).toEqual([0, 3]);
  });

  test('the same timeframe changes nothing, and one that is no multiple is refused', () => {
    expect(aggregateCandles(minutes(0, 5), 60_000, 60_000)).toEqual(minutes(0, 5));
    expect(() => aggregateCandles(minutes(0, 5), 60_000, 90_000)).toThrow(/choose a multiple/);
  });
});

describe('candles', () => {
  test('a rising bar goes low first, a falling one high first', () => {
    expect(candlePath(candle(0, '10', '12', '9', '11'))).toEqual(['10', '9', '12', '11']);
    expect(candlePath(candle(0, '11', '12', '9', '10'))).toEqual(['11', '12', '9', '10']);
    expect(candlePath(candle(0, '11', '12', '9', '11'))).toEqual(['11', '9', '12', '11']);
  });

  test('prices are compared exactly where floats cannot tell them apart', () => {
    expect(candlePath(candle(0, '10000000000000000000.2', '3e19', '1', '10000000000000000000.1'))[1]).toBe('3e19');
  });

  test('closed are those whose bar has ended', () => {
    expect(closedCandles(TABLE.map((bar, i) => ({ ...bar, at: i * 1_000 })), 1_000, 3_999)).toHaveLength(3);
    expect(closedCandles(TABLE.map((bar, i) => ({ ...bar, at: i * 1_000 })), 1_000, 4_000)).toHaveLength(4);
  });
});
