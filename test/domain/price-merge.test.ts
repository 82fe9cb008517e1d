import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MERGED_POINTS_MAX, mergePrices, mergePricesBy } from '../../src/domain/price-merge.ts';
import type { PricePoint } from '../../src/domain/price-merge.ts';

/** Few different prices, so that ties are common; some differ only beyond what a float holds. */
const price = fc.oneof(
  fc.integer({ min: 1, max: 20 }).map((units) => `${units}`),
  fc.integer({ min: 0, max: 9 }).map((digit) => `10000000000000000000.${digit}1`),
);
const points = fc.array(price, { minLength: 1, maxLength: 60 }).map((prices) => prices.map((text, i): PricePoint => ({ at: 1_000 + Math.floor(i / 2), price: text })));

const scaled = (text: string): bigint => {
  const [whole = '', fraction = ''] = text.split('.');
  return BigInt(`${whole}${fraction.padEnd(2, '0')}`);
};
const extremes = (list: readonly PricePoint[]) => {
  const values = list.map((point) => scaled(point.price));
  const high = values.reduce((a, b) => (b > a ? b : a));
  const low = values.reduce((a, b) => (b < a ? b : a));
  return { high, low, highFirst: values.indexOf(high) < values.indexOf(low) };
};

describe('merging queued prices', () => {
  test('keeps first, last, highest and lowest and the order of the extremes, in at most four points', () => {
    fc.assert(
      fc.property(points, (list) => {
        const merged = mergePrices(list);
        expect(merged.length).toBeLessThanOrEqual(MERGED_POINTS_MAX);
        expect(merged[0]).toBe(list[0]);
        expect(merged.at(-1)).toBe(list.at(-1));
        expect(extremes(merged)).toEqual(extremes(list));
        const positions = merged.map((point) => list.indexOf(point));
        expect(positions).toEqual([...positions].sort((a, b) => a - b));
      }),
    );
  });

  test('merging twice changes nothing', () => {
    fc.assert(fc.property(points, (list) => void expect(mergePrices(mergePrices(list))).toEqual(mergePrices(list))));
  });

  test('merging in any chunks, and then the results, gives what merging at once gives', () => {
    fc.assert(
      fc.property(points, fc.array(fc.nat(60), { maxLength: 8 }), (list, cuts) => {
        const bounds = [0, ...cuts.filter((cut) => cut < list.length), list.length].sort((a, b) => a - b);
        const chunks = bounds.slice(1).map((end, i) => list.slice(bounds[i], end));
        expect(mergePrices(chunks.flatMap((chunk) => mergePrices(chunk)))).toEqual(mergePrices(list));
        let queue: PricePoint[] = [];
        for (const point of list) queue = mergePrices([...queue, point]);
        expect(queue).toEqual(mergePrices(list));
      }),
    );
  });

  test('nothing becomes nothing, and a dip between two equal prices survives', () => {
    expect(mergePrices([])).toEqual([]);
    const dip = ['100', '101', '90', '100', '100'].map((text, at) => ({ at, price: text }));
    expect(mergePrices(dip).map(({ at }) => at)).toEqual([0, 1, 2, 4]);
  });

  test('ticks are merged by the price the caller names', () => {
    const ticks = [
      { last: '5', mark: '1' },
      { last: '9', mark: '1' },
      { last: '5', mark: '2' },
      { last: '5', mark: '1' },
    ];
    expect(mergePricesBy(ticks, ({ mark }) => mark)).toEqual([ticks[0], ticks[2], ticks[3]]);
  });
});
