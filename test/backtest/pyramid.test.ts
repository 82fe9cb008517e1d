import fc from 'fast-check';
import { expect, test } from 'vitest';
import { buildPyramid } from '../../src/backtest/pyramid.ts';

function naive(high: Int32Array, low: Int32Array, from: number, to: number, up: number, down: number): number {
  for (let row = from; row < Math.min(to, high.length); row += 1) if (high[row]! >= up || low[row]! <= down) return row;
  return Math.min(to, high.length);
}

test('finds the candle a plain loop finds, from and to anywhere, whatever the length', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 1_000 }), fc.integer({ min: 0, max: 40 })), { maxLength: 6_000 }), fc.array(fc.tuple(fc.nat(6_000), fc.nat(6_500), fc.integer({ min: 0, max: 1_100 }), fc.integer({ min: -100, max: 1_000 })), { minLength: 5, maxLength: 40 }), (rows, questions) => {
      const low = Int32Array.from(rows, ([price]) => price);
      const high = Int32Array.from(rows, ([price, range]) => price + range);
      const pyramid = buildPyramid(high, low, rows.length);
      for (const [from, to, up, down] of questions) {
        if (from > to || from > rows.length) continue;
        expect(pyramid.next(from, to, up, down)).toBe(naive(high, low, from, to, up, down));
      }
    }),
    { numRuns: 300 },
  );
});

test('a rare level far away, over many floors', () => {
  const high = new Int32Array(200_000).fill(10);
  const low = new Int32Array(200_000).fill(5);
  high[199_999] = 20;
  low[123_456] = 1;
  const pyramid = buildPyramid(high, low, 200_000);
  expect(pyramid.next(0, 200_000, 15, 2)).toBe(123_456);
  expect(pyramid.next(123_457, 200_000, 15, 2)).toBe(199_999);
  expect(pyramid.next(123_457, 199_999, 15, 2)).toBe(199_999);
  expect(pyramid.next(0, 200_000, 21, 0)).toBe(200_000);
});
