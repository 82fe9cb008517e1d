import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { fundedFeed, readFunding, withFunding } from '../../../src/adapters/files/funding-file.ts';
import type { Tick } from '../../../src/ports/price-feed.ts';
import { pathFeed } from '../../../src/sim/path-feed.ts';
import { tempFiles } from './temp-files.ts';

const SHARED_FUNDING = new URL('../../../../shared/data/funding', import.meta.url).pathname;
const HEADER = 'timestamp_ms,funding_rate';
const HOUR_MS = 3_600_000;
const write = tempFiles();

const tick = (at: number, last: string, symbol = 'A'): Tick => ({ symbol, at, last, mark: last, index: last });

async function merged(ticks: readonly Tick[], settlements: readonly (readonly [number, string])[]): Promise<Tick[]> {
  const list: Tick[] = [];
  for await (const each of withFunding(ticks, 'A', settlements.map(([at, rate]) => ({ at, rate })))) list.push(each);
  return list;
}

describe('funding files', () => {
  test('settlements count at the minute they were due, rates stay exact', async () => {
    const path = write('jitter.csv', `${HEADER}\n1683849600048,-0.0006133368\n1683878400388,0.0001\n1683907200000,0\n`);
    expect(await readFunding(path)).toEqual([
      { at: 1_683_849_600_000, rate: '-0.0006133368' },
      { at: 1_683_878_400_000, rate: '0.0001' },
      { at: 1_683_907_200_000, rate: '0' },
    ]);
  });

  test.each([
    ['', /the file is empty/],
    [`${HEADER}\n`, /no settlements/],
    ['time,rate\n', /line 1: the header is "time,rate"; it must be timestamp_ms,funding_rate/],
    [`${HEADER}\n1\n`, /line 2: "1" has 1 values/],
    [`${HEADER}\n0,1e-5\n`, /line 2, column funding_rate: "1e-5" is not a plain number/],
    [`${HEADER}\nx,0\n`, /line 2, column timestamp_ms: "x" is not a time/],
    [`${HEADER}\n3600000,0\n3600040,0\n`, /line 3, column timestamp_ms: 3600040 is not after the line before/],
  ])('refuses %j', async (content, message) => {
    await expect(readFunding(write('fault.csv', content))).rejects.toMatchObject({ code: 'FEED_INVALID', message: expect.stringMatching(message) as string });
  });
});

describe('funding in a feed', () => {
  test('a tick at the time carries the rate; without one, the price before is repeated at that time', async () => {
    expect(await merged([tick(1, '10'), tick(5, '11'), tick(9, '12')], [[5, '0.1'], [7, '0.2']])).toEqual([
      tick(1, '10'),
      { ...tick(5, '11'), fundingRate: '0.1' },
      { ...tick(7, '11'), fundingRate: '0.2' },
      tick(9, '12'),
    ]);
  });

  test('only the first of several ticks at one time carries it, and only of its symbol', async () => {
    expect(await merged([tick(1, '10'), tick(5, '99', 'B'), tick(5, '11'), tick(5, '12')], [[5, '0.1']])).toEqual([
      tick(1, '10'),
      tick(5, '99', 'B'),
      { ...tick(5, '11'), fundingRate: '0.1' },
      tick(5, '12'),
    ]);
  });

  test('settlements outside the feed are dropped, those of an outage all kept', async () => {
    expect(await merged([tick(10, '1'), tick(50, '2')], [[5, '0.5'], [20, '0.2'], [30, '0.3'], [60, '0.6']])).toEqual([
      tick(10, '1'),
      { ...tick(20, '1'), fundingRate: '0.2' },
      { ...tick(30, '1'), fundingRate: '0.3' },
      tick(50, '2'),
    ]);
  });

  test('a resumed feed continues exactly where it stopped', async () => {
    const path = write('resume.csv', `${HEADER}\n${[1, 2, 3].map((hour) => `${hour * HOUR_MS + 12},0.000${hour}`).join('\n')}\n`);
    const feed = fundedFeed({ feed: pathFeed({ symbol: 'A', prices: ['1', '2', '3', '4', '5', '6'], startAt: 100, stepMs: 2_000_000 }), symbol: 'A', path });
    const collect = async (afterAt: number | null) => {
      const list: Tick[] = [];
      for await (const each of feed.ticks(afterAt)) list.push(each);
      return list;
    };
    const all = await collect(null);
    expect(all.filter(({ fundingRate }) => fundingRate !== undefined).map(({ at }) => at)).toEqual([HOUR_MS, 2 * HOUR_MS]);
    for (const cut of all.flatMap(({ at }) => [at - 1, at, at + 1])) expect(await collect(cut)).toEqual(all.filter(({ at }) => at > cut));
    expect(feed.identity).toContain('resume.csv');
  });
});

describe.runIf(existsSync(SHARED_FUNDING))('recorded funding', () => {
  test.each(existsSync(SHARED_FUNDING) ? readdirSync(SHARED_FUNDING) : [])('%s reads without a fault, nearly all times are whole minutes', async (name) => {
    const settlements = await readFunding(join(SHARED_FUNDING, name));
    expect(settlements.length).toBeGreaterThan(500);
    expect(settlements.filter(({ at }) => at % 60_000 !== 0).length).toBeLessThan(settlements.length / 100);
  });
});
