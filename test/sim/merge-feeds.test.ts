import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PriceFeed, Tick } from '../../src/ports/price-feed.ts';
import { mergeFeeds } from '../../src/sim/merge-feeds.ts';

function feedOf(symbol: string, times: readonly number[], isAsync: boolean): PriceFeed {
  const ticks = times.map((at, i): Tick => ({ symbol, at, last: `${i + 1}`, mark: '1', index: '1' }));
  const after = (afterAt: number | null) => ticks.filter(({ at }) => afterAt === null || at > afterAt);
  return {
    identity: symbol,
    ticks: (afterAt) =>
      isAsync
        ? (async function* later() {
            yield* after(afterAt);
          })()
        : after(afterAt),
  };
}

const times = fc.array(fc.nat(20), { maxLength: 20 }).map((list) => list.sort((a, b) => a - b));

describe('merged feeds', () => {
  test('equal a stable sort by time, whether the feeds are synchronous or not', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(times, fc.boolean()), { minLength: 1, maxLength: 4 }), fc.option(fc.nat(20)), async (lanes, afterAt) => {
        const feeds = lanes.map(([lane, isAsync], i) => feedOf(`S${i}`, lane, isAsync));
        const expected: Tick[] = [];
        for (const feed of feeds) for await (const tick of feed.ticks(afterAt)) expected.push(tick);
        expected.sort((a, b) => a.at - b.at);
        const merged: Tick[] = [];
        for await (const tick of mergeFeeds(feeds).ticks(afterAt)) merged.push(tick);
        expect(merged).toEqual(expected);
      }),
    );
  });

  test('are synchronous when all feeds are, name all feeds, and need at least one', () => {
    const merged = mergeFeeds([feedOf('A', [1, 3], false), feedOf('B', [1, 2], false)]);
    expect([...(merged.ticks(null) as Iterable<Tick>)].map(({ symbol, at }) => `${symbol}${at}`)).toEqual(['A1', 'B1', 'B2', 'A3']);
    expect(merged.identity).toBe('merged:["A","B"]');
    expect(() => mergeFeeds([])).toThrow(/at least one/);
  });

  test('close every feed when the reader stops early', async () => {
    const closed: string[] = [];
    const endless = (symbol: string): PriceFeed => ({
      identity: symbol,
      async *ticks() {
        try {
          for (let at = 0; ; at += 1) yield { symbol, at, last: '1', mark: '1', index: '1' };
        } finally {
          closed.push(symbol);
        }
      },
    });
    for await (const tick of mergeFeeds([endless('A'), endless('B')]).ticks(null)) if (tick.at === 3) break;
    expect(closed.sort()).toEqual(['A', 'B']);
  });
});
