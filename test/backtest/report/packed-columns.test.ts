/** What is packed for the page is read by the page's own programs exactly as it was. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ColumnPacker } from '../../../src/backtest/report/packed-columns.ts';
import { packCandles } from '../../../src/backtest/report/embedded-candles.ts';
import { generatedCandles } from './generated-run.ts';
import { pagePrograms, unpacked } from './page-programs.ts';

const programs = pagePrograms();

describe('columns', () => {
  test('whole numbers up to 2^52 of either sign, alone and as differences', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: -(2 ** 52), max: 2 ** 52 }), { maxLength: 40 }), async (values) => {
        // A difference of two such numbers has to stay below 2^53 as a zigzag number.
        const near = values.map((value) => Math.trunc(value / 8));
        const columns = await unpacked(programs, new ColumnPacker().integers('a', values.map((value) => Math.trunc(value / 2))).differences('b', near).integers('c', near, 3).packed());
        expect([...columns.numbers('a')]).toEqual(values.map((value) => Math.trunc(value / 2) + 0));
        expect([...columns.numbers('b')]).toEqual(near.map((value) => value + 0));
        expect([...columns.numbers('c')]).toEqual(near.map((value) => value / 1000 + 0));
      }),
      { numRuns: 200 },
    );
  });

  test('bytes, texts with signs of any script, and times in whole minutes', async () => {
    const times = [1_700_000_040_000, 1_700_000_100_000, 1_700_003_640_000];
    const packed = new ColumnPacker().bytes('bytes', [0, 255, 7]).texts('texts', ['', '1.50', 'ü→<b>\u2028', 'two\nlines']).differences('times', times, { factor: 60_000 }).texts('none', []).packed();
    const columns = await unpacked(programs, packed);
    expect([...columns.numbers('bytes')]).toEqual([0, 255, 7]);
    expect([...columns.texts('texts')]).toEqual(['', '1.50', 'ü→<b>\u2028', 'two lines']);
    expect([...columns.numbers('times')]).toEqual(times);
    expect([...columns.texts('none')]).toEqual([]);
    expect(packed.columns.find(({ name }) => name === 'times')?.bytes).toBeLessThan(10);
  });

  test('numbers to be drawn keep nine digits of the largest', async () => {
    const values = [12_345.678_901_234, -0.5, 0, 99_999.999_99];
    const columns = await unpacked(programs, new ColumnPacker().drawn('large', values).drawn('tiny', [1.234_567_89e-7]).drawn('zero', [0, 0]).drawn('huge', [1.5e15]).packed());
    for (const [i, value] of columns.numbers('large').entries()) expect(Math.abs(value - (values[i] ?? NaN))).toBeLessThan(1e-4);
    expect(columns.numbers('tiny')[0]).toBeCloseTo(1.234_567_89e-7, 15);
    expect([...columns.numbers('zero')]).toEqual([0, 0]);
    expect(columns.numbers('huge')[0]).toBe(1.5e15);
  });

  test('a column that is not there is an error that names it', async () => {
    const columns = await unpacked(programs, new ColumnPacker().packed());
    expect(() => columns.numbers('fills.at')).toThrow(/fills\.at/);
    expect(() => columns.texts('fills.price')).toThrow(/fills\.price/);
  });
});

describe('candles', () => {
  test.each([0, 17])('come back to the digit, times shifted by %i ms', async (shift) => {
    const candles = generatedCandles(3_000, { gapEvery: 700 });
    candles.at.forEach((time, i) => (candles.at[i] = time + shift));
    const packer = new ColumnPacker();
    packCandles(packer, 'bars', candles);
    const bars = (await unpacked(programs, packer.packed())).bars('bars', candles.timeframeMs, candles.priceDecimals);
    expect(bars.length).toBe(3_000);
    expect([...bars.at]).toEqual([...candles.at]);
    for (const name of ['open', 'high', 'low', 'close'] as const) expect([...bars[name]]).toEqual([...candles[name]].map((price) => price / 10));
  });
});
