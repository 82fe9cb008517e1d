/** What is wrong with rows is named by time and counted, in every place it can stand. */
import { describe, expect, test } from 'vitest';
import { auditCandles, auditFunding } from '../../../src/adapters/files/dataset/row-audit.ts';

async function* linesOf(lines: readonly string[]): AsyncGenerator<string> {
  yield* lines;
}

const MINUTE = 60_000;
const candles = (...lines: string[]) => auditCandles(linesOf(lines), { since: 0, until: 5 * MINUTE, timeframeMs: MINUTE });
const good = (at: number): string => `${at},2,3,1,2,1`;

describe('candles', () => {
  test('nothing is wrong', async () => {
    expect(await candles(...[0, 1, 2, 3, 4].map((minute) => good(minute * MINUTE)))).toEqual({ rows: 5, first: 0, last: 240_000, missing: 0, gaps: [], faultCount: 0, faults: [] });
  });

  test('gaps at the start, within and at the end, and nothing at all', async () => {
    expect(await candles(good(MINUTE), good(3 * MINUTE))).toMatchObject({ missing: 3, gaps: [{ from: 0, to: 60_000 }, { from: 120_000, to: 180_000 }, { from: 240_000, to: 300_000 }] });
    expect(await candles()).toMatchObject({ rows: 0, first: null, last: null, missing: 5, gaps: [{ from: 0, to: 300_000 }] });
  });

  test('doubled, out of order and off the grid; none of them hides a gap', async () => {
    const { missing, faults } = await candles(good(0), good(0), good(2 * MINUTE), good(MINUTE), good(3 * MINUTE + 5), good(4 * MINUTE));
    expect(faults).toEqual([{ at: 0, kind: 'duplicate' }, { at: 60_000, kind: 'unsorted' }, { at: 180_005, kind: 'off-grid' }]);
    expect(missing).toBe(1);
  });

  test.each(['2,1,1,2,1', '4,3,1,2,1', '2,3,1,4,1', '0.5,3,1,2,1', '2,3,1,0.5,1', '0,3,0,2,1', '2,3,-1,2,1', '2,3,1,2,-1', '2,2.00000000000000000001,2.00000000000000000002,2.00000000000000000001,1'])('impossible: %s', async (values) => {
    expect((await candles(`0,${values}`)).faults).toEqual([{ at: 0, kind: 'impossible' }]);
  });

  test('a list of gaps ends, their number does not', async () => {
    const far = await auditCandles(linesOf(Array.from({ length: 3_000 }, (_, index) => good(2 * index * MINUTE))), { since: 0, until: 6_000 * MINUTE, timeframeMs: MINUTE });
    expect([far.missing, far.gaps.length]).toEqual([3_000, 1_000]);
  });
});

describe('funding', () => {
  const HOUR = 3_600_000;
  const audit = (hours: readonly number[], until = (hours.at(-1) ?? 0) + 1) => auditFunding(linesOf(hours.map((hour) => `${hour * HOUR + 7},0.0001`)), { since: 0, until: until * HOUR });

  test('intervals may change both ways', async () => {
    const hours = [...Array.from({ length: 12 }, (_, index) => 8 * index), ...Array.from({ length: 20 }, (_, index) => 89 + index), ...Array.from({ length: 12 }, (_, index) => 116 + 8 * index)];
    expect((await audit(hours)).gaps).toEqual([]);
  });

  test('a settlement that is not there, at the ends too', async () => {
    expect(await audit([0, 8, 16, 32, 40, 48])).toMatchObject({ missing: 1, gaps: [{ from: 24 * HOUR + 7, to: 32 * HOUR + 7 }] });
    expect((await audit([24, 32, 40, 48], 80)).gaps).toEqual([{ from: 0, to: 24 * HOUR + 7 }, { from: 56 * HOUR + 7, to: 80 * HOUR }]);
  });

  test('none at all in days is a gap, none in an hour is not', async () => {
    expect((await audit([], 48)).missing).toBeGreaterThan(0);
    expect((await audit([], 1)).missing).toBe(0);
  });
});
