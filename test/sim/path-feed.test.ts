import { expect, test } from 'vitest';
import type { Tick } from '../../src/ports/price-feed.ts';
import { pathFeed } from '../../src/sim/path-feed.ts';

const options = { symbol: 'BTC/USDT:USDT', prices: ['100', '101.50', '.5'], startAt: 1_000 };
const ticks = (afterAt: number | null) => [...(pathFeed(options).ticks(afterAt) as Iterable<Tick>)];

test('gives one price a second from the start time', () => {
  expect(ticks(null)).toEqual([
    { symbol: 'BTC/USDT:USDT', at: 1_000, last: '100', mark: '100', index: '100' },
    { symbol: 'BTC/USDT:USDT', at: 2_000, last: '101.5', mark: '101.5', index: '101.5' },
    { symbol: 'BTC/USDT:USDT', at: 3_000, last: '0.5', mark: '0.5', index: '0.5' },
  ]);
});

test('resumes strictly after a time', () => {
  expect(ticks(0)).toHaveLength(3);
  expect(ticks(999)).toHaveLength(3);
  expect(ticks(1_000).map(({ at }) => at)).toEqual([2_000, 3_000]);
  expect(ticks(1_500).map(({ at }) => at)).toEqual([2_000, 3_000]);
  expect(ticks(3_000)).toEqual([]);
});

test('the identity tells paths apart', () => {
  expect(pathFeed(options).identity).toBe(pathFeed({ ...options, prices: ['100', '101.5', '0.5'] }).identity);
  const others = [{ ...options, prices: ['100'] }, { ...options, prices: ['100', '101.5', '0.6'] }, { ...options, symbol: 'X' }, { ...options, startAt: 0 }, { ...options, stepMs: 1 }];
  expect(new Set([options, ...others].map((other) => pathFeed(other).identity)).size).toBe(6);
});

test.each(['0', '-1', '1e5', 'NaN', '', ' 1', '1_000'])('refuses the price %j and says which it is', (price) => {
  expect(() => pathFeed({ symbol: 'X', prices: ['1', price] })).toThrow(/price 2 of the path/);
});
