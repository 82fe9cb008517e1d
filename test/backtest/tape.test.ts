/** The candle path: every price in order, found from any place and any time, against a plain enumeration of the rule. */
import { describe, expect, test } from 'vitest';
import { buildColumns, randomColumns } from './columns.ts';
import { columnPrice } from '../../src/domain/candle-columns.ts';
import type { CandleColumns } from '../../src/domain/candle-columns.ts';
import { HIGH_FIRST, LOW_FIRST, Tape } from '../../src/backtest/tape.ts';
import type { TapePosition } from '../../src/backtest/tape.ts';
import { firstAtOrAbove, floorShare, lastAtOrBelow, priceText } from '../../src/backtest/path-units.ts';
import { tinyRandom } from '../sim/auditor/random-strategies.ts';

interface Visit {
  readonly at: number;
  readonly price: number;
}

/** The rule as it is written down, in rationals of BigInt. */
function enumerate(candles: CandleColumns, tick: number, isLowFirst: (row: number) => boolean): Visit[] {
  const visits: Visit[] = [];
  for (let row = 0; row < candles.length; row += 1) {
    const t = candles.at[row] as number;
    const s = BigInt(Math.min(candles.timeframeMs, (candles.at[row + 1] ?? Infinity) - t));
    const [open, high, low, close] = [candles.open[row], candles.high[row], candles.low[row], candles.close[row]] as [number, number, number, number];
    const path = isLowFirst(row) ? [open, low, high, close] : [open, high, low, close];
    const times = [0n, 1n, 2n, 3n].map((k) => t + Number((k * (s - 1n)) / 3n));
    visits.push({ at: t, price: open });
    for (let k = 0; k < 3; k += 1) {
      const [from, to] = [path[k] as number, path[k + 1] as number];
      const step = to > from ? 1 : -1;
      for (let price = from + step; from !== to && price !== to; price += step) {
        if (price % tick !== 0) continue;
        const share = (BigInt((times[k + 1] as number) - (times[k] as number)) * BigInt(Math.abs(price - from))) / BigInt(Math.abs(to - from));
        visits.push({ at: (times[k] as number) + Number(share), price });
      }
      visits.push({ at: times[k + 1] as number, price: to });
    }
  }
  return visits;
}

function walk(tape: Tape): TapePosition[] {
  const positions: TapePosition[] = [];
  for (let at: TapePosition | null = { row: 0, point: 0, price: tape.pointPrice(0, 0) }; at !== null; at = tape.next(at)) positions.push(at);
  return positions;
}

describe('a tape', () => {
  const random = tinyRandom(20);
  for (let round = 0; round < 60; round += 1) {
    const timeframeMs = random.pick([60_000, 300_000, 7, 2]);
    const candles = randomColumns(random, { rows: random.between(1, 12), timeframeMs, around: 300, swing: 30, gaps: random.chance(0.5) });
    const tick = random.pick([1, 1, 5, 25]);
    const order = random.chance(0.5) ? null : Uint8Array.from({ length: candles.length }, () => random.pick([0, LOW_FIRST, HIGH_FIRST]));
    const tape = new Tape({ instrument: { tickSize: columnPrice(tick, 2) }, candles }, order);
    const isLowFirst = (row: number): boolean => (order === null || order[row] === 0 ? (candles.close[row] as number) >= (candles.open[row] as number) : order[row] === LOW_FIRST);
    const visits = enumerate(candles, tick, isLowFirst);

    test(`visits every price in order, ${round}`, () => {
      expect(walk(tape).map((position) => ({ at: tape.timeOf(position), price: position.price }))).toEqual(visits);
    });

    test(`goes back the way it came, ${round}`, () => {
      const positions = walk(tape);
      expect(positions.slice(1).map((position) => tape.previous(position))).toEqual(positions.slice(0, -1));
      expect(tape.previous(positions[0] as TapePosition)).toBeNull();
    });

    test(`finds the first price of any time, ${round}`, () => {
      const positions = walk(tape);
      for (let tries = 0; tries < 200; tries += 1) {
        const visit = visits[random.between(0, visits.length - 1)] as Visit;
        const time = visit.at + random.between(-2, 2);
        const expected = positions.find((position) => tape.timeOf(position) >= time) ?? null;
        expect(tape.firstAt(time)).toEqual(expected);
        const point = positions.find((position) => tape.timeOf(position) >= time && position.price === tape.pointPrice(position.row, position.point)) ?? null;
        expect(tape.pointAt(time)).toEqual(point === null ? null : { row: point.row, point: point.point });
      }
    });
  }

  test('takes finer candles in the place of those they cover without a gap', () => {
    const candles = buildColumns(300_000, 2, [
      [0, 100, 110, 90, 105],
      [300_000, 105, 120, 100, 110],
      [600_000, 110, 115, 105, 112],
    ]);
    const fine = [0, 1, 2, 3, 4].map((k): [number, number, number, number, number] => [300_000 + k * 60_000, 105 + k, 110 + k, 100 + k, 106 + k]);
    const lacking = [0, 1, 3, 4].map((k): [number, number, number, number, number] => [600_000 + k * 60_000, 105 + k, 110 + k, 100 + k, 106 + k]);
    const tape = new Tape({ instrument: { tickSize: '0.01' }, candles, detail: buildColumns(60_000, 2, [...fine, ...lacking]) });
    expect([...tape.at]).toEqual([0, 300_000, 360_000, 420_000, 480_000, 540_000, 600_000]);
    expect([...tape.close]).toEqual([105, 106, 107, 108, 109, 110, 112]);
    expect(tape.span(1)).toBe(60_000);
    expect(tape.span(6)).toBe(300_000);
    expect(tape.endsAt).toBe(899_999);
  });

  test('refuses detail that is not finer, and nothing at all', () => {
    const candles = buildColumns(60_000, 2, [[0, 100, 110, 90, 105]]);
    expect(() => new Tape({ instrument: { tickSize: '0.01' }, candles, detail: candles })).toThrow('give finer ones');
    expect(() => new Tape({ instrument: { tickSize: '0.01' }, candles: buildColumns(60_000, 2, []) })).toThrow('no candles');
  });

  test('has prices on a finer tick than the data', () => {
    const candles = buildColumns(60_000, 0, [[0, 1, 2, 1, 2]]);
    const tape = new Tape({ instrument: { tickSize: '0.25' }, candles });
    expect(walk(tape).map(({ price }) => tape.text(price))).toEqual(['1', '1', '1.25', '1.5', '1.75', '2', '2']);
  });

  test('settles funding at the first path point that is not before it, within the path only', () => {
    const candles = buildColumns(60_000, 2, [
      [60_000, 100, 110, 90, 105],
      [120_000, 105, 120, 100, 110],
    ]);
    const at = Float64Array.from([59_999, 60_000, 119_999, 179_999, 180_000]);
    const tape = new Tape({ instrument: { tickSize: '0.01' }, candles, funding: { length: 5, at, rate: ['1', '2', '3', '4', '5'] } });
    expect([tape.firstFunding, tape.endFunding]).toEqual([1, 4]);
    expect(tape.pointAt(60_001)).toEqual({ row: 0, point: 1 });
    expect(tape.pointAt(179_999)).toEqual({ row: 1, point: 3 });
    expect(tape.pointAt(180_000)).toBeNull();
  });
});

describe('mark prices', () => {
  const candles = buildColumns(60_000, 2, [
    [60_000, 100, 110, 90, 105],
    [120_000, 105, 120, 100, 95],
    [180_000, 95, 99, 90, 97],
  ]);

  /** The rule: the newest path point of the marks at or before each path point, before the first one its open. */
  function expected(mark: CandleColumns, tape: Tape): number[] {
    const marks = enumerate(mark, 1_000_000_007, (row) => (mark.close[row] as number) >= (mark.open[row] as number));
    const points: number[] = [];
    for (let row = 0; row < tape.length; row += 1) for (let point = 0; point < 4; point += 1) points.push((marks.findLast(({ at }) => at <= tape.pointTime(row, point)) ?? (marks[0] as Visit)).price);
    return points;
  }

  test.each([
    ['with the same times', 60_000, [[60_000, 101, 109, 91, 104], [120_000, 104, 121, 95, 96], [180_000, 96, 98, 91, 97]]],
    ['with one candle missing', 60_000, [[60_000, 101, 109, 91, 104], [180_000, 96, 98, 91, 97]]],
    ['that begin later', 60_000, [[120_000, 104, 121, 95, 96], [180_000, 96, 98, 91, 97]]],
    ['that are coarser', 180_000, [[0, 101, 109, 91, 104], [180_000, 96, 98, 91, 97]]],
  ] as const)('%s are sampled at the path points', (_, timeframeMs, rows) => {
    const mark = buildColumns(timeframeMs, 3, rows);
    const tape = new Tape({ instrument: { tickSize: '0.01' }, candles, mark });
    const sampled: number[] = [];
    for (let row = 0; row < 3; row += 1) for (let point = 0; point < 4; point += 1) sampled.push(tape.mark?.at(row, point) ?? NaN);
    expect(sampled).toEqual(expected(mark, tape));
    for (let row = 0; row < 3; row += 1) {
      expect(tape.mark?.low[row]).toBe(Math.min(...sampled.slice(4 * row, 4 * row + 4)));
      expect(tape.mark?.high[row]).toBe(Math.max(...sampled.slice(4 * row, 4 * row + 4)));
    }
  });
});

describe('whole-number prices', () => {
  test('are printed as plain decimals', () => {
    expect([priceText(0, 2), priceText(5, 2), priceText(120, 2), priceText(1_200, 2), priceText(7, 0), priceText(100_000_001, 8)]).toEqual(['0', '0.05', '1.2', '12', '7', '1.00000001']);
  });

  test('are the nearest to a bound on its side, as floats compare', () => {
    const random = tinyRandom(3);
    for (let round = 0; round < 2_000; round += 1) {
      const scale = 10 ** random.between(0, 8);
      const bound = random.chance(0.5) ? random.between(1, 10_000_000) / scale : random.fraction() * 1_000;
      const above = firstAtOrAbove(bound, scale);
      const below = lastAtOrBelow(bound, scale);
      expect(above / scale >= bound && (above - 1) / scale < bound).toBe(true);
      expect(below / scale <= bound && (below + 1) / scale > bound).toBe(true);
    }
    expect([firstAtOrAbove(Infinity, 10), lastAtOrBelow(-Infinity, 10)]).toEqual([Infinity, -Infinity]);
  });

  test('share times exactly beyond 2^53', () => {
    expect(floorShare(28_799_999, 9_007_199_254_740_991, 9_007_199_254_740_991)).toBe(28_799_999);
    expect(floorShare(28_799_999, 9_007_199_254_740_990, 9_007_199_254_740_991)).toBe(28_799_998);
  });
});
