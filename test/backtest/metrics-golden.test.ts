/** Figures against what R's packages say of the same curves, and a month worked out by hand. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { closeBlocks, closeTime, equityStatistics, rowEnds } from '../../src/backtest/equity-walk.ts';
import { returnFigures } from '../../src/backtest/return-figures.ts';
import { candlesOf } from './sample-run.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Made by test/golden/backtest-metrics.R. */
interface GoldenCurve {
  readonly name: string;
  readonly hours: number;
  readonly from: number;
  readonly capital: number;
  readonly position: number;
  readonly totalReturn: number;
  readonly annualReturn: number;
  readonly days: number;
  readonly volatility: number;
  readonly sharpe: number;
  readonly sortino: number;
  readonly calmar: number;
  readonly maxDrawdown: number;
  readonly peakCandle: number;
  readonly troughCandle: number;
  readonly longestCandles: number;
  readonly underWaterCandles: number;
  readonly closes: readonly number[];
}

const CURVES = JSON.parse(readFileSync(new URL('../golden/backtest-metrics.json', import.meta.url), 'utf8')) as readonly GoldenCurve[];

/** What a position held from 100.00 on gives over the closes. */
function figuresOf({ closes, capital, position, from, hours }: Pick<GoldenCurve, 'closes' | 'capital' | 'position' | 'from' | 'hours'>) {
  const candles = candlesOf(closes, { from, timeframeMs: hours * HOUR_MS, open: 10_000 });
  const holdings = { length: 1, at: Float64Array.of(from), balance: Float64Array.of(capital - position * 100), position: Float64Array.of(position), gross: Float64Array.of(Math.abs(position)) };
  const { drawdown, daily } = equityStatistics(closeBlocks(candles, from), holdings, rowEnds(candles, holdings), capital, from);
  const equity = capital + position * (closes.at(-1)! / 100 - 100);
  const to = closeTime(candles, closes.length - 1);
  return { ...returnFigures({ capital, equity, from, to, dailyEquity: daily.equity, maxDrawdown: drawdown.maxDrawdown }), drawdown, candles };
}

describe('figures as R has them', () => {
  it.each(CURVES)('$name', (golden) => {
    const { drawdown, candles, ...figures } = figuresOf(golden);
    // A year is said of thirty days and more; R says it of any.
    const isLong = (closeTime(candles, golden.closes.length - 1) - golden.from) / 86_400_000 >= 30;
    if (!isLong) expect([figures.annualReturn, figures.calmar]).toEqual([null, null]);
    for (const figure of [...(isLong ? (['annualReturn', 'calmar'] as const) : []), 'totalReturn', 'volatility', 'sharpe', 'sortino'] as const) {
      expect(Math.abs(figures[figure]! / golden[figure] - 1), figure).toBeLessThan(1e-11);
    }
    expect(figures.dailyReturns).toBe(golden.days);
    expect(drawdown.maxDrawdown).toBeCloseTo(golden.maxDrawdown, 12);
    const endOf = (candle: number): number => (candle === 0 ? golden.from : closeTime(candles, candle - 1));
    expect([drawdown.deepest?.peakAt, drawdown.deepest?.troughAt]).toEqual([endOf(golden.peakCandle), endOf(golden.troughCandle)]);
    // From the start the first candle ends a millisecond early.
    for (const [found, counted] of [[drawdown.longest?.lengthMs, golden.longestCandles], [drawdown.underWaterMs, golden.underWaterCandles]] as const) {
      expect(counted * golden.hours * HOUR_MS - found!).toBeGreaterThanOrEqual(0);
      expect(counted * golden.hours * HOUR_MS - found!).toBeLessThanOrEqual(1);
    }
  });
});

describe('a month by hand', () => {
  /*
   * Thirty days of June 2025, one close a day; 10 base units are held from 100.00 on with a capital of 1000.00, so equity = 10 × close.
   *
   *  days     close   equity   daily return          peak   drawdown
   *   1       110.00  1100.00  +10 %                 1100      0
   *   2        99.00   990.00  −10 %                 1100    −10 %
   *   3       108.90  1089.00  +10 %                 1100     −1 %
   *   4       130.68  1306.80  +20 %                 1306.80   0
   *   5–9     130.68  1306.80    0   five times      1306.80   0
   *  10        98.01   980.10  −25 %                 1306.80 −25 %
   *  11–29     98.01   980.10    0   nineteen times  1306.80 −25 %
   *  30       117.61  1176.10  +19.998 % (980.10 → 1176.10)  −10.002 %
   *
   *  total return    1176.10 / 1000 − 1 = 0.1761
   *  annual return   1.1761^(365/30) − 1: ln 1.1761 = 0.16220388; × 12.166667 = 1.97348; e^1.97348 = 7.19569; less 1 = 6.1957
   *  mean return     r30 = 196/980.1 = 0.19997959; sum = 0.10 − 0.10 + 0.10 + 0.20 − 0.25 + r30 = 0.24997959; / 30 = 0.008332653
   *  squares         0.01 + 0.01 + 0.01 + 0.04 + 0.0625 + 0.03999184 = 0.17249184
   *  variance        (0.17249184 − 30 × 0.008332653²) / 29 = (0.17249184 − 0.00208299) / 29 = 0.005876167; root 0.07665616
   *  volatility      0.07665616 × √365 = 0.07665616 × 19.10497317 = 1.464514
   *  Sharpe          0.008332653 / 0.07665616 = 0.10870168; × 19.10497317 = 2.076743
   *  downside        √((0.10² + 0.25²) / 30) = √(0.0725 / 30) = 0.04915960
   *  Sortino         0.008332653 / 0.04915960 = 0.16950205; × 19.10497317 = 3.238332
   *  max drawdown    0.25, from the end of day 9 (the last one at the peak) to the end of the month: 21 days
   *  under water     day 1 → 4: 3 days; day 9 → 30: 21 days; 24 of 30 (the start is a day before the end of day 1)
   *  Calmar          6.1957 / 0.25 = 24.783
   */
  const CLOSES = [11_000, 9_900, 10_890, 13_068, ...Array<number>(5).fill(13_068), 9_801, ...Array<number>(19).fill(9_801), 11_761];
  const { drawdown, candles: _candles, ...figures } = figuresOf({ closes: CLOSES, capital: 1_000, position: 10, from: Date.UTC(2025, 5, 1), hours: 24 });

  it('returns', () => {
    expect(CLOSES).toHaveLength(30);
    expect(figures.totalReturn).toBeCloseTo(0.1761, 10);
    expect(figures.annualReturn).toBeCloseTo(6.1957, 3);
    expect(figures.dailyReturns).toBe(30);
    expect(figures.volatility).toBeCloseTo(1.464514, 5);
    expect(figures.sharpe).toBeCloseTo(2.076743, 5);
    expect(figures.sortino).toBeCloseTo(3.238332, 5);
    expect(figures.calmar).toBeCloseTo(24.783, 2);
  });

  it('drawdowns', () => {
    const endOfDay = (day: number): number => Date.UTC(2025, 5, 1) + day * DAY_MS - 1;
    expect(drawdown.deepest).toEqual({ depth: expect.closeTo(0.25, 12) as number, loss: expect.closeTo(326.7, 8) as number, peakAt: endOfDay(9), troughAt: endOfDay(10), recoveredAt: null, lengthMs: 21 * DAY_MS });
    expect(drawdown.longest).toEqual(drawdown.deepest);
    expect(drawdown.underWaterMs).toBe(24 * DAY_MS);
    expect(drawdown.underWaterShare).toBeCloseTo(24 / 30, 8);
  });
});
