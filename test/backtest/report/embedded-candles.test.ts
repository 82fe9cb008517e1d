/** Which candles a report carries, and what the page shows of them. */
import { describe, expect, test } from 'vitest';
import { aggregated, embeddedCandles } from '../../../src/backtest/report/embedded-candles.ts';
import type { CandleColumns } from '../../../src/domain/candle-columns.ts';
import { equityCurve } from '../../../src/backtest/equity-curve.ts';
import { packedReport } from '../../../src/backtest/report/report-facts.ts';
import { generatedCandles, generatedRun } from './generated-run.ts';
import { generatedReport } from './generated-report.ts';
import { pagePrograms, unpacked } from './page-programs.ts';

const candles = generatedCandles(30_000, { gapEvery: 7_000 });
const record = generatedRun(candles);
const programs = pagePrograms();

describe('what is carried', () => {
  test('all candles while they are few', () => {
    expect(embeddedCandles(candles, record)).toEqual({ bars: candles, near: null, radius: 0 });
  });

  test('else coarser bars of the whole time, and every candle near a fill, inside the budget', () => {
    const { bars, near, radius } = embeddedCandles(candles, record, { bars: 8_000, near: 12_000 });
    expect(bars.timeframeMs).toBe(5 * 60_000);
    expect(bars.length).toBeLessThanOrEqual(8_000);
    expect(near?.length).toBeLessThanOrEqual(12_000);
    expect(near?.length).toBeGreaterThan(1_000);
    expect(radius).toBeGreaterThan(0);
    const carried = new Set(near?.at);
    for (const { at } of record.fills) {
      const row = candles.at.findLastIndex((time) => time <= at);
      for (let each = Math.max(0, row - radius); each <= Math.min(candles.length - 1, row + radius); each += 1) expect(carried.has(candles.at[each] ?? NaN)).toBe(true);
    }
    expect([...carried].every((time, i, all) => i === 0 || time > (all[i - 1] ?? 0))).toBe(true);
  });

  test('a budget no fill fits into still gives the candles of the fills themselves', () => {
    expect(embeddedCandles(candles, record, { bars: 8_000, near: 1 }).radius).toBe(0);
    expect(embeddedCandles(candles, record, { bars: 8_000, near: 1 }).near?.length).toBeGreaterThan(1);
  });

  test('bars are what a look at each of their candles gives', () => {
    const bars = aggregated(candles, 15 * 60_000);
    for (let bar = 0; bar <= 40; bar += 1) {
      const inside = [...candles.at.keys()].filter((row) => Math.floor((candles.at[row] ?? 0) / bars.timeframeMs) * bars.timeframeMs === bars.at[bar]);
      const of = (column: ArrayLike<number>): number[] => inside.map((row) => column[row] ?? NaN);
      expect([bars.open[bar], bars.high[bar], bars.low[bar], bars.close[bar]]).toEqual([of(candles.open)[0], Math.max(...of(candles.high)), Math.min(...of(candles.low)), of(candles.close).at(-1)]);
    }
    expect(bars.length).toBe(new Set([...candles.at].map((time) => Math.floor(time / bars.timeframeMs))).size);
  });
});

describe('what the page shows of it', () => {
  const input = generatedReport(record, candles, { budget: { bars: 8_000, near: 12_000 } });
  const packed = packedReport(input);

  async function stack() {
    const { facts } = packed;
    const columns = await unpacked(programs, packed.main);
    const made = new programs.CandleStack(columns.bars('bars', facts.bars.timeframeMs, facts.priceDecimals));
    made.near = (await unpacked(programs, packed.near)).bars('near', facts.near?.timeframeMs ?? NaN, facts.priceDecimals);
    return { made, columns };
  }

  test('never many more bars than asked for, whatever the stretch', async () => {
    const { made } = await stack();
    for (let length = record.to - record.from; length > 10 * 60_000; length /= 1.7) {
      for (const share of [0, 0.3, 1]) {
        const from = record.from + share * (record.to - record.from - length);
        const slice = made.slice(from, from + length, 600);
        expect(slice.length).toBeLessThanOrEqual(603);
        expect(slice.length).toBeGreaterThan(0);
      }
    }
  });

  test('minutes where there are any, bars elsewhere, none twice and none missing', async () => {
    const { made } = await stack();
    const [from, to] = [record.from + 2_000 * 60_000, record.from + 2_500 * 60_000];
    const slice = made.slice(from, to, 600);
    expect(slice.isMixed).toBe(true);
    expect(slice.at[0]).toBeLessThanOrEqual(from);
    for (let i = 1; i < slice.length; i += 1) expect(slice.at[i]).toBe((slice.at[i - 1] ?? 0) + (slice.span[i - 1] ?? 0));
    expect(new Set(slice.span)).toEqual(new Set([60_000, 300_000]));
  });

  test('equity worked out from candles and holdings is the curve at every close', async () => {
    const whole = generatedReport(record, candles);
    const { facts, main } = packedReport(whole);
    const columns = await unpacked(programs, main);
    const made = new programs.CandleStack(columns.bars('bars', facts.bars.timeframeMs, facts.priceDecimals));
    const [from, to] = [candles.at[10_000] ?? 0, candles.at[10_400] ?? 0];
    const money = new programs.EquitySeries(columns, facts).between(from, to, 5_000, made.slice(from, to, 1_000));
    const curve = equityCurve(record, candles, { stretches: null });
    const rows = new Map([...curve.at].map((time, row) => [time, row]));
    expect(money.length).toBeGreaterThan(390);
    for (let i = 0; i < money.length; i += 1) {
      const row = rows.get(money.at[i] ?? NaN) ?? NaN;
      expect(money.equity[i]).toBeCloseTo(curve.equity[row] ?? NaN, 2);
      expect(money.drawdown[i]).toBeCloseTo(curve.drawdown[row] ?? NaN, 5);
      expect(money.hold[i]).toBeCloseTo(curve.hold[row] ?? NaN, 2);
      expect(money.holdDrawdown[i]).toBeCloseTo(curve.holdDrawdown[row] ?? NaN, 5);
      expect(money.wallets[1]?.[i]).toBeCloseTo(curve.wallets[1]?.[row] ?? NaN, 2);
    }
  });

  test('the whole time at once loses neither the deepest drawdown nor an extreme of equity', async () => {
    const { facts, main } = packedReport(generatedReport(record, candles));
    const columns = await unpacked(programs, main);
    const made = new programs.CandleStack(columns.bars('bars', facts.bars.timeframeMs, facts.priceDecimals));
    const money = new programs.EquitySeries(columns, facts).between(record.from, record.to, 300, made.slice(record.from, record.to, 300));
    const curve = equityCurve(record, candles, { stretches: null });
    expect(money.length).toBeLessThanOrEqual(302);
    expect(Math.min(...money.drawdown)).toBeCloseTo(Math.min(...curve.drawdown), 6);
    expect(Math.min(...money.holdDrawdown)).toBeCloseTo(Math.min(...curve.holdDrawdown), 6);
    expect(Math.max(...money.high)).toBeCloseTo(Math.max(...curve.equity), 2);
    expect(Math.min(...money.low)).toBeCloseTo(Math.min(...curve.equity), 2);
    expect(money.equity[money.length - 1]).toBeCloseTo(Number(record.equity), 2);
  });
});

test.each([
  ['later, what the equity of the left edge would have become', [2_000, 2_200], [30_000, 45_000], [2_000, 3_000], 2_000, true],
  ['from the start, what the capital would have become', [1_000, 900], [1_000, 1_100], [1_000, 1_100], 1_000, false],
  ['when everything is gone, what the capital would have become', [1e-7, 1e-7], [1_500, 1_600], [1_500, 1_600], 1_000, false],
])('holding and cash beside equity: %s', (_, equity, hold, expected, cash, isFromEdge) => {
  const beside = programs.fromLeftEdge({ equity: Float64Array.from(equity), hold: Float64Array.from(hold) }, 1_000);
  expect([...beside.money.hold]).toEqual(expected);
  expect([beside.cash, beside.isFromEdge]).toEqual([cash, isFromEdge]);
});

describe('the timeline', () => {
  test('stays inside the whole and never below its shortest stretch', () => {
    const timeline = new programs.Timeline(1_000_000, 11_000_000, 60_000);
    timeline.show(0, 500_000);
    expect({ ...timeline.shown }).toEqual({ from: 1_000_000, to: 1_600_000 });
    timeline.show(10_900_000, 12_000_000);
    expect({ ...timeline.shown }).toEqual({ from: 9_900_000, to: 11_000_000 });
    timeline.zoom(100);
    expect({ ...timeline.shown }).toEqual({ from: 1_000_000, to: 11_000_000 });
    timeline.zoom(0.5, 6_000_000);
    expect({ ...timeline.shown }).toEqual({ from: 3_500_000, to: 8_500_000 });
    timeline.zoom(0.5, 3_500_000);
    expect({ ...timeline.shown }).toEqual({ from: 3_500_000, to: 6_000_000 });
    timeline.move(-10);
    expect({ ...timeline.shown }).toEqual({ from: 1_000_000, to: 3_500_000 });
  });

  test('labels say what changes, and what it belongs to where that changes', () => {
    const day = 86_400_000;
    const noon = Date.UTC(2023, 11, 31, 12);
    expect([...programs.timeLabels([noon, noon + day / 2, noon + day], day / 2)]).toEqual(['12:00\n31 Dec 2023', '00:00\n1 Jan 2024', '12:00']);
    expect([...programs.timeLabels([Date.UTC(2023, 10, 1), Date.UTC(2023, 11, 1), Date.UTC(2024, 0, 1)], 30 * day)]).toEqual(['Nov\n2023', 'Dec', 'Jan\n2024']);
    expect([...programs.timeLabels([Date.UTC(2023, 0, 1), Date.UTC(2024, 0, 1)], 365 * day)]).toEqual(['2023', '2024']);
  });
});

test('candles coarser than any level are carried and shown as they are', () => {
  const weeks: CandleColumns = { ...generatedCandles(200), timeframeMs: 30 * 86_400_000 };
  weeks.at.forEach((_, i) => (weeks.at[i] = i * weeks.timeframeMs));
  const stack = new programs.CandleStack({ timeframeMs: weeks.timeframeMs, length: 200, at: weeks.at, open: Float64Array.from(weeks.open), high: Float64Array.from(weeks.high), low: Float64Array.from(weeks.low), close: Float64Array.from(weeks.close) });
  expect(stack.slice(0, 200 * weeks.timeframeMs, 50).length).toBe(200);
});
