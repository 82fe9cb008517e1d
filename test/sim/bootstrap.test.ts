import { describe, expect, test } from 'vitest';
import type { Candle } from '../../src/domain/candle.ts';
import { dec, isOnStep, isPlainDecimal } from '../../src/domain/decimal.ts';
import { bootstrapPrices } from '../../src/sim/bootstrap.ts';
import type { BootstrapOptions } from '../../src/sim/bootstrap.ts';
import { seededRandom } from '../../src/sim/random.ts';

function history(count: number): Candle[] {
  const random = seededRandom('history');
  let price = 100;
  return Array.from({ length: count }, (_, i) => {
    const open = price * (1 + 0.001 * random.normal());
    const close = open * (1 + 0.01 * random.normal());
    const high = Math.max(open, close) * (1 + 0.01 * random.fraction());
    const low = Math.min(open, close) * (1 - 0.01 * random.fraction());
    price = close;
    return { at: i * 60_000, open: open.toFixed(4), high: high.toFixed(4), low: low.toFixed(4), close: close.toFixed(4), volume: '1' };
  });
}

const base: BootstrapOptions = { candles: history(500), seed: 1, bars: 1_000, startPrice: '60000', tickSize: '0.1' };

describe('block bootstrap', () => {
  test('I22 the same options give the same path, another seed another', () => {
    expect([...bootstrapPrices(base)]).toEqual([...bootstrapPrices(base)]);
    expect([...bootstrapPrices({ ...base, seed: 2 })]).not.toEqual([...bootstrapPrices(base)]);
  });

  test('I15 gives four prices a bar, plain decimals above zero on the grid', () => {
    const prices = [...bootstrapPrices(base)];
    expect(prices).toHaveLength(4_000);
    for (const price of prices) expect(isPlainDecimal(price) && dec(price).greaterThan(0) && isOnStep(dec(price), dec('0.1'))).toBe(true);
  });

  test('one block of the whole history is that history, scaled to the start price', () => {
    const candles = history(50);
    const prices = [...bootstrapPrices({ ...base, candles, bars: 49, blockLength: 49, startPrice: candles[0]?.close ?? '', tickSize: '0.0001' })];
    for (const [i, { open, high, low, close }] of candles.slice(1).entries()) {
      const extremes = Number(close) < Number(open) ? [high, low] : [low, high];
      for (const [j, price] of [open, ...extremes, close].entries()) expect(Math.abs(Number(prices[i * 4 + j]) - Number(price))).toBeLessThanOrEqual(0.000101);
    }
  });

  test('every bar keeps its high above and its low below open and close', () => {
    const prices = [...bootstrapPrices(base)].map(Number);
    for (let i = 0; i < prices.length; i += 4) {
      const [open = 0, second = 0, third = 0, close = 0] = prices.slice(i, i + 4);
      expect(Math.max(second, third)).toBeGreaterThanOrEqual(Math.max(open, close));
      expect(Math.min(second, third)).toBeLessThanOrEqual(Math.min(open, close));
    }
  });

  test.each([
    [{ candles: history(48) }, /48 candles are too few for blocks of 48; give at least 49/],
    [{ blockLength: 0 }, /blockLength 0/],
    [{ bars: 0.5 }, /bars 0.5/],
    [{ startPrice: '-1' }, /startPrice -1/],
  ])('refuses %o', (change, message) => {
    expect(() => [...bootstrapPrices({ ...base, ...change })]).toThrow(message);
  });
});
