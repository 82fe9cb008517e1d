/** Figures of runs against a plain second implementation, identities between the tables, and the corners where a figure is not said. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { equityCurve } from '../../src/backtest/equity-curve.ts';
import { ExactSum, productOf, scaledOf } from '../../src/backtest/exact-sum.ts';
import { runMetrics } from '../../src/backtest/metrics.ts';
import { sumOfPlans } from '../../src/backtest/plan-sum.ts';
import type { RunMetrics } from '../../src/backtest/run-metrics.ts';
import type { RunRecord } from '../../src/backtest/run-record.ts';
import { dec, plain, sum } from '../../src/domain/decimal.ts';
import type { CandleColumns } from '../../src/domain/candle-columns.ts';
import { plainDaily, plainDrawdowns, plainEquity, plainRatios } from './plain-metrics.ts';
import { SAMPLE_FROM, candlesOf, sampleRun } from './sample-run.ts';
import type { SampleOptions, SampleRun } from './sample-run.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const AT_ONE = { leverage: '1', detail: null } as const;
const samples: fc.Arbitrary<SampleOptions> = fc.record({
  seed: fc.nat(),
  candles: fc.integer({ min: 1, max: 160 }),
  timeframeMs: fc.constantFrom(HOUR_MS, 4 * HOUR_MS, DAY_MS),
  candlesPerFill: fc.constantFrom(1, 3, 20),
  feeRate: fc.constantFrom('0', '0.0005', '0.002'),
  slippage: fc.constantFrom('0', '0.25', '12.5'),
  hasFunding: fc.boolean(),
  liquidatedAt: fc.option(fc.integer({ min: 1, max: 160 }), { nil: null }),
  wallets: fc.constantFrom(['long'] as const, ['hedge'] as const, ['long', 'hedge'] as const),
  from: fc.integer({ min: 0, max: 30 }).map((hours) => SAMPLE_FROM + hours * HOUR_MS),
});

function metricsOf({ record, candles }: SampleRun): RunMetrics {
  return runMetrics(record, candles, AT_ONE);
}

function expectClose(found: number | null, expected: number | null): void {
  if (found === null || expected === null) expect(found).toBe(expected);
  else expect(Math.abs(found - expected)).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(expected)));
}

describe('figures of a run', () => {
  it('are those of a plain second implementation, for the plan and each wallet, on random runs', () => {
    fc.assert(
      fc.property(samples, (options) => {
        const run = sampleRun(options);
        const metrics = metricsOf(run);
        for (const [figures, wallets] of [[metrics, run.record.wallets], ...metrics.wallets.map((each) => [each, [each.wallet]] as const)] as const) {
          const points = plainEquity(run.record, run.candles, wallets);
          expectClose(points.at(-1)!.equity, Number(figures.equity));
          expectClose(figures.totalReturn, points.at(-1)!.equity / points[0]!.equity - 1);
          const drawdowns = plainDrawdowns(points);
          expectClose(figures.drawdown.maxDrawdown, drawdowns.deepest);
          expect(figures.drawdown.longest?.lengthMs ?? 0).toBe(drawdowns.longestMs);
          expect(figures.drawdown.underWaterMs).toBe(drawdowns.underWaterMs);
          const daily = plainDaily(points);
          const ratios = plainRatios(daily);
          expectClose(figures.volatility, ratios.volatility);
          expectClose(figures.sharpe, ratios.sharpe);
          expectClose(figures.sortino, ratios.sortino);
          if (figures === metrics) for (const [day, equity] of daily.entries()) expectClose(metrics.daily.equity[day] ?? null, equity);
        }
      }),
      { numRuns: 150 },
    );
  });

  it('add up: cycles and phases to the result, wallets to the plan, fees to what was charged', () => {
    fc.assert(
      fc.property(samples, (options) => {
        const run = sampleRun(options);
        const metrics = metricsOf(run);
        const total = (texts: readonly string[]): string => plain(sum(texts.map(dec)));
        for (const wallet of metrics.wallets) {
          expect(total(metrics.cycleRows.filter((row) => row.wallet === wallet.wallet).map(({ result }) => result))).toBe(wallet.result);
          const { fees, takerFees, makerFees, liquidationFees, funding, slippage, resultBeforeCosts } = wallet.costs;
          expect(plain(dec(total([takerFees, makerFees, liquidationFees])).minus(dec(wallet.liquidations.insured)))).toBe(fees.amount);
          expect(plain(dec(resultBeforeCosts).minus(dec(fees.amount)).minus(dec(slippage.amount)).plus(dec(funding.amount)))).toBe(wallet.result);
          expect(total(metrics.roleRows.filter((row) => row.wallet === wallet.wallet).map((row) => row.turnover))).toBe(plain(dec(wallet.trades.turnover).minus(dec(wallet.liquidations.notional))));
        }
        expect(total(metrics.wallets.map(({ result }) => result))).toBe(metrics.result);
        expect(total(metrics.wallets.map(({ costs }) => costs.slippage.amount))).toBe(metrics.costs.slippage.amount);
        for (const of of ['plan', ...run.record.wallets] as const) {
          const rows = metrics.phaseRows.filter((row) => row.of === of);
          const whole = of === 'plan' ? metrics : metrics.wallets.find(({ wallet }) => wallet === of)!;
          expectClose(rows.reduce((result, row) => result + row.result, 0), Number(whole.result));
          expect(rows.reduce((time, row) => time + row.timeMs, 0)).toBe(run.record.to - run.record.from);
          expect(rows.reduce((fills, row) => fills + row.fills, 0)).toBe(whole.trades.fills);
          expect(plain(dec(total(rows.map(({ fees }) => fees))).plus(dec(whole.liquidations.fees)))).toBe(whole.costs.fees.amount);
          expect(total(rows.map(({ funding }) => funding))).toBe(whole.costs.funding.amount);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('give buy-and-hold what the data gives', () => {
    fc.assert(
      fc.property(samples, (options) => {
        const { record, candles } = sampleRun(options);
        const { hold, overHold } = metricsOf({ record, candles }).comparison;
        const closes = Array.from(candles.close.subarray(0, candles.length), (close, index) => ({ at: candles.at[index]! + candles.timeframeMs - 1, equity: close / 100 }));
        const points = [{ at: record.from, equity: candles.open[0]! / 100 }, ...closes];
        expectClose(hold.totalReturn, Number(record.lastPrice) / Number(record.firstPrice) - 1);
        expectClose(hold.drawdown.maxDrawdown, plainDrawdowns(points).deepest);
        expect(hold.drawdown.underWaterMs).toBe(plainDrawdowns(points).underWaterMs);
        expectClose(hold.sharpe, plainRatios(plainDaily(points)).sharpe);
        expectClose(overHold, Number(record.equity) / Number(record.capital) - 1 - hold.totalReturn);
      }),
      { numRuns: 60 },
    );
  });

  it('never are NaN or infinite', () => {
    const walk = (value: unknown, path: string): void => {
      if (typeof value === 'number') expect(Number.isFinite(value), path).toBe(true);
      if (typeof value === 'object' && value !== null) for (const [key, inner] of Object.entries(value)) walk(inner, `${path}.${key}`);
    };
    fc.assert(fc.property(samples, (options) => walk(metricsOf(sampleRun(options)), 'metrics')), { numRuns: 60 });
    walk(metricsOf(ruined()), 'ruined');
  });
});

/** One wallet that holds `position` from the start to the end over these closes, in hundredths. */
function held(closes: readonly number[], { position = 1, capital = 100, timeframeMs = DAY_MS, open = 10_000, from = SAMPLE_FROM } = {}): SampleRun {
  const candles = candlesOf(closes, { timeframeMs, from, open });
  const base = sampleRun({ candles: 1, wallets: ['long'] }).record;
  const last = closes.at(-1)! / 100;
  const equity = String(capital + position * (last - open / 100));
  const record: RunRecord = {
    ...base,
    timeframeMs,
    from,
    to: from + closes.length * timeframeMs - 1,
    candles: closes.length,
    capital: String(capital),
    equity,
    firstPrice: String(open / 100),
    lastPrice: String(last),
    ends: [{ ...base.ends[0]!, capital: String(capital), equity, fees: '0', funding: '0' }],
    fills: [],
    funding: [],
    cycles: [],
    phases: [{ at: from, of: 'plan', phase: 'ADVANCE' }, { at: from, of: 'long', phase: 'ADVANCE' }],
    holdings: { length: 1, at: Float64Array.of(from), balance: [Float64Array.of(capital - (position * open) / 100)], position: [Float64Array.of(position)], gross: [Float64Array.of(Math.abs(position))] },
  };
  return { record, candles };
}

/** Twice the capital is held; the price falls by 60 %. */
function ruined(): SampleRun {
  return held([9_000, 4_000, 6_000], { position: 2 });
}

describe('corners', () => {
  it('say no annual return, volatility or ratio of less than two days', () => {
    const { annualReturn, volatility, sharpe, sortino, calmar, totalReturn, dailyReturns } = metricsOf(held([9_900, 10_100], { timeframeMs: HOUR_MS }));
    expect({ annualReturn, volatility, sharpe, sortino, calmar, dailyReturns }).toEqual({ annualReturn: null, volatility: null, sharpe: null, sortino: null, calmar: null, dailyReturns: 1 });
    expect(totalReturn).toBeCloseTo(0.01, 12);
  });

  it('say no ratio where nothing varies', () => {
    const { volatility, sharpe, sortino, calmar, annualReturn, drawdown } = metricsOf(held([10_000, 10_000, 10_000, 10_000]));
    expect({ volatility, sharpe, sortino, calmar, annualReturn }).toEqual({ volatility: 0, sharpe: null, sortino: null, calmar: null, annualReturn: null });
    expect(drawdown).toEqual({ deepest: null, longest: null, maxDrawdown: 0, underWaterMs: 0, underWaterShare: 0 });
  });

  it('say no Sortino and no Calmar where no day lost', () => {
    const { sharpe, sortino, calmar } = metricsOf(held([10_100, 10_150, 10_400]));
    expect([sortino, calmar]).toEqual([null, null]);
    expect(sharpe).toBeGreaterThan(0);
  });

  it('count returns only while there is equity, and lose no more than everything in a year', () => {
    // 100 → 80 → −20 → 20: two returns, −20 % and −125 %.
    const metrics = metricsOf(ruined());
    expect(metrics.dailyReturns).toBe(2);
    expect(metrics.drawdown.maxDrawdown).toBeCloseTo(1.2, 12);
    expect(metrics.totalReturn).toBeCloseTo(-0.8, 12);
    expect(metricsOf(held([9_000, ...Array<number>(40).fill(4_000)], { position: 2 })).annualReturn).toBe(-1);
    expect(metrics.annualReturn).toBeNull();
    expect(metrics.exposure.maxGross).toBeCloseTo(6, 12); // 2 · 60 / 20
  });

  it('count no returns on what floats leave of nothing', () => {
    // Liquidated on the second day: one wallet holds what the other owes, which in floats is not quite nothing.
    const { record, candles } = held([10_000, 10_000, 10_000, 10_000, 10_000]);
    const residue = 0.1 + 0.2 - 0.3;
    expect(residue).toBeGreaterThan(0);
    const holdings = { length: 3, at: Float64Array.of(SAMPLE_FROM, SAMPLE_FROM + DAY_MS, SAMPLE_FROM + 3 * DAY_MS), balance: [Float64Array.of(100, residue, 2 * residue)], position: [new Float64Array(3)], gross: [new Float64Array(3)] };
    const metrics = metricsOf({ record: { ...record, holdings, equity: '0' }, candles });
    expect(metrics.dailyReturns).toBe(2);
    expectClose(metrics.volatility, Math.sqrt(365 / 2));
  });

  it('let levered buying and holding end when a low takes everything', () => {
    const { record, candles } = held([9_000, 4_000, 20_000]);
    const at = (leverage: string): unknown => runMetrics(record, candles, { leverage, detail: null }).comparison.leveredHold;
    expect(at('1')).toEqual({ leverage: '1', equity: 200, totalReturn: 1, ruinedAt: null });
    expect(at('1.5')).toEqual({ leverage: '1.5', equity: 250, totalReturn: 1.5, ruinedAt: null });
    expect(at('2')).toEqual({ leverage: '2', equity: 0, totalReturn: -1, ruinedAt: SAMPLE_FROM + 2 * DAY_MS - 1 });
    expect(at('10')).toEqual({ leverage: '10', equity: 0, totalReturn: -1, ruinedAt: SAMPLE_FROM + DAY_MS - 1 });
  });

  it('put nothing under water by the rounding of floats', () => {
    // Bought and sold for nothing at one price again and again: equity is the same to the digit, and not so in floats.
    const candles = candlesOf(new Array<number>(40).fill(3_333));
    const { record } = held(new Array<number>(40).fill(3_333), { open: 3_333, timeframeMs: HOUR_MS, capital: 99.7 });
    const positions = Array.from({ length: 40 }, (_, index) => (index % 7) * 11.1);
    const holdings = { length: 40, at: candles.at, balance: [Float64Array.from(positions, (position) => 99.7 - position * 33.33)], position: [Float64Array.from(positions)], gross: [Float64Array.from(positions)] };
    expect(new Set(positions.map((position) => 99.7 - position * 33.33 + position * 33.33)).size).toBeGreaterThan(2);
    expect(metricsOf({ record: { ...record, holdings }, candles }).drawdown.underWaterMs).toBe(0);
  });

  it('leave out candles that are missing, and repeat the day before them', () => {
    const { record, candles } = held([10_100, 10_200, 10_300, 10_400]);
    const at = Float64Array.from(candles.at, (moment, index) => moment + (index >= 2 ? 3 * DAY_MS : 0));
    const metrics = metricsOf({ record: { ...record, to: record.to + 3 * DAY_MS }, candles: { ...candles, at } });
    expect(metrics.daily.equity).toEqual([100, 101, 102, 102, 102, 102, 103, 104]);
    expect(metrics.daily.at.at(-1)).toBe(record.to + 3 * DAY_MS);
    expect(metrics.days).toBe(7);
  });

  it('end a candle where the next one begins', () => {
    const { record, candles } = held([10_000, 9_000, 10_000], { timeframeMs: DAY_MS });
    const at = Float64Array.of(SAMPLE_FROM, SAMPLE_FROM + HOUR_MS, SAMPLE_FROM + DAY_MS);
    const { drawdown } = metricsOf({ record: { ...record, to: SAMPLE_FROM + 2 * DAY_MS - 1 }, candles: { ...candles, at } });
    expect(drawdown.deepest).toEqual({ depth: 1 - 90 / 100, loss: 10, peakAt: SAMPLE_FROM + HOUR_MS - 1, troughAt: SAMPLE_FROM + DAY_MS - 1, recoveredAt: SAMPLE_FROM + 2 * DAY_MS - 1, lengthMs: 2 * DAY_MS - HOUR_MS });
  });

  it('refuse candles of another run', () => {
    const { record, candles } = sampleRun();
    expect(() => runMetrics(record, { ...candles, length: 3 }, AT_ONE)).toThrow(/the record is of 200 candles from 1735689600000, the candles given are 3/);
  });
});

describe('cycles', () => {
  it('are whipsaws when their ladder traded and they ended at the first level', () => {
    const { record, candles } = sampleRun({ seed: 5, candles: 600, candlesPerFill: 3 });
    const { cycleRows, cycles } = metricsOf({ record, candles });
    const plainWhipsaws = record.cycles.filter((cycle) => cycle.endedAt !== null && cycle.levelsDown <= 1 && record.fills.some((fill) => fill.wallet === cycle.wallet && fill.cycle === cycle.cycle && fill.level !== null));
    expect(cycles.whipsaws).toBe(plainWhipsaws.length);
    expect(cycles.whipsaws).toBeGreaterThan(3);
    expect(cycleRows.filter(({ isWhipsaw }) => isWhipsaw).length).toBe(cycles.whipsaws);
  });

  it('that ended without a trade of their ladder are none', () => {
    const { record, candles } = sampleRun({ seed: 5, candles: 600, candlesPerFill: 3, wallets: ['long'] });
    const untraded = { ...record, fills: record.fills.filter(({ level }) => level === null) };
    expect(runMetrics(untraded, candles, AT_ONE).cycles.whipsaws).toBe(0);
  });

  it('are judged by what ended: win rate, profit factor, worst and best', () => {
    const { record, candles } = sampleRun({ seed: 11, candles: 800, candlesPerFill: 2 });
    const { cycles } = metricsOf({ record, candles });
    const results = record.cycles.filter(({ endedAt }) => endedAt !== null).map(({ equityAtStart, equityAtEnd }) => Number(equityAtEnd) - Number(equityAtStart));
    const gains = results.filter((result) => result > 0);
    const losses = results.filter((result) => result < 0);
    expect(results.length).toBeGreaterThan(10);
    expect(cycles).toMatchObject({ begun: record.cycles.length, ended: results.length, won: gains.length, lost: losses.length });
    expectClose(cycles.winRate, gains.length / results.length);
    expectClose(cycles.profitFactor, gains.reduce((a, b) => a + b) / -losses.reduce((a, b) => a + b));
    expectClose(Number(cycles.worst?.result), Math.min(...results));
    expectClose(Number(cycles.best?.result), Math.max(...results));
  });

  it('have no win rate, profit factor or worst one when none has ended', () => {
    expect(metricsOf(sampleRun({ candles: 1 })).cycles).toEqual({ begun: 2, ended: 0, won: 0, lost: 0, winRate: null, profitFactor: null, whipsaws: 0, worst: null, best: null });
  });
});

describe('phases', () => {
  it('take the price of the path at the moment they change, and orders of a reset from the phase they end', () => {
    // One candle of 3,001 ms: points at 0, 1000, 2000, 3000 ms; 100 → 90 → 130 → 120. At 1,500 ms the price is 110.
    const candles: CandleColumns = { timeframeMs: 3_001, length: 1, priceDecimals: 0, at: Float64Array.of(SAMPLE_FROM), open: Int32Array.of(100), high: Int32Array.of(130), low: Int32Array.of(90), close: Int32Array.of(120), volume: Float64Array.of(1) };
    const { record } = held([12_000], { timeframeMs: 3_001, open: 10_000 });
    const at = SAMPLE_FROM + 1_500;
    const fill = { at, wallet: 'long', cycle: 1, role: 'rebalance', level: null, leg: 'open-long', side: 'buy', price: '112', amount: '1', fee: '3', takerOrMaker: 'taker', slippage: '2' } as const;
    const holdings = { length: 2, at: Float64Array.of(SAMPLE_FROM, at), balance: [Float64Array.of(0, -115)], position: [Float64Array.of(1, 2)], gross: [Float64Array.of(1, 2)] };
    const ends = [{ ...record.ends[0]!, equity: '125', fees: '3' }];
    const phases = [...record.phases, { at, of: 'long', phase: 'RETRACEMENT' }, { at, of: 'plan', phase: 'RETRACEMENT' }] as const;
    const rowsOf = (path: RunRecord['path']) => runMetrics({ ...record, path, equity: '125', ends, fills: [fill], phases, holdings }, candles, AT_ONE).phaseRows.map(({ of, phase, entered, timeMs, result, fills }) => [of, phase, entered, timeMs, result, fills]);
    const wallet = [
      ['long', 'ADVANCE', 1, 1_500, 10, 0],
      ['long', 'RETRACEMENT', 1, 1_500, 20, 0],
      ['long', 'RESET', 1, 0, -5, 1],
    ];
    expect(rowsOf('ohlc')).toEqual([['plan', 'ADVANCE', 1, 1_500, 5, 1], ['plan', 'RETRACEMENT', 1, 1_500, 20, 0], ...wallet]);
    // Under the other orders the fill tells which way the price went: high first it is at 110 there too.
    expect(rowsOf('worst')).toEqual(rowsOf('ohlc'));
  });
});

describe('liquidations', () => {
  it('count moments, not legs, and tell fees from what the insurance paid', () => {
    const { record, candles } = sampleRun({ seed: 3, candles: 50, liquidatedAt: 20 });
    const [first] = record.liquidations;
    const insured = { ...first!, at: first!.at, amount: '0', fee: '-12.5' };
    const { liquidations } = runMetrics({ ...record, liquidations: [...record.liquidations, insured] }, candles, AT_ONE);
    expect(record.liquidations).toHaveLength(2);
    expect(liquidations).toMatchObject({ count: 1, insured: '12.5', firstAt: candles.at[20], fees: plain(sum(record.liquidations.map(({ fee }) => dec(fee)))) });
    expect(metricsOf(sampleRun({ candles: 10 })).liquidations).toEqual({ count: 0, notional: '0', fees: '0', insured: '0', firstAt: null });
  });
});

describe('the curve', () => {
  it('at full resolution is every close; coarser, it keeps every extreme of every series', () => {
    fc.assert(
      fc.property(samples, fc.integer({ min: 1, max: 12 }), (options, stretches) => {
        const { record, candles } = sampleRun({ ...options, candles: 20 + (options.candles ?? 0) });
        const full = equityCurve(record, candles, { stretches: null });
        const points = plainEquity(record, candles, record.wallets);
        expect(full.length).toBe(points.length);
        for (const [row, { at, equity }] of points.entries()) {
          expect(full.at[row]).toBe(at);
          expectClose(full.equity[row]!, equity);
          const peak = Math.max(...points.slice(0, row + 1).map((each) => each.equity));
          expectClose(full.drawdown[row]!, equity / peak - 1);
          expectClose(full.wallets.reduce((total, wallet) => total + wallet[row]!, 0), equity);
        }
        const coarse = equityCurve(record, candles, { stretches });
        if (stretches * 8 < candles.length) expect(coarse.length).toBeLessThanOrEqual(stretches * 8 + 1);
        const extremes = (values: Float64Array): number[] => [Math.min(...values), Math.max(...values), values[0]!, values.at(-1)!];
        for (const series of ['equity', 'price', 'drawdown', 'hold', 'holdDrawdown', 'at'] as const) expect(extremes(coarse[series])).toEqual(extremes(full[series]));
        const row = new Map(Array.from(full.at, (at, index) => [at, index]));
        for (const [index, at] of coarse.at.entries()) {
          const same = row.get(at)!;
          expect([coarse.equity[index], coarse.drawdown[index], coarse.holdDrawdown[index]]).toEqual([full.equity[same], full.drawdown[same], full.holdDrawdown[same]]);
          if (index > 0) expect(at).toBeGreaterThan(coarse.at[index - 1]!);
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe('several plans', () => {
  it('add up, day by day, cash where one has not begun yet', () => {
    const early = held([11_000, 9_000, 12_000, 12_000]);
    const late = held([5_000, 20_000], { from: SAMPLE_FROM + 2 * DAY_MS });
    const total = sumOfPlans([metricsOf(early), metricsOf(late)])!;
    // Ends of days: 110 + 100, 90 + 100, 120 + 50, 120 + 200, over 200 at the start.
    expect(total).toMatchObject({ plans: 2, currency: 'USDT', capital: '200', equity: '320', result: '120', dailyReturns: 4, from: SAMPLE_FROM, to: early.record.to });
    expectClose(total.maxDrawdownDaily, 1 - 170 / 210);
    expectClose(total.sharpe, plainRatios([200, 210, 190, 170, 320]).sharpe);
  });

  it('are not added when one, or of different currencies', () => {
    const one = metricsOf(sampleRun());
    expect(sumOfPlans([one])).toBeNull();
    expect(sumOfPlans([one, { ...one, symbol: 'BTC/USDC:USDC' }])).toBeNull();
  });
});

describe('sums of decimal strings', () => {
  it('are those of decimal.js', () => {
    const decimal = fc.tuple(fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n }), fc.nat(20)).map(([whole, decimals]) => plain(dec(String(whole)).times(`1e-${decimals}`)));
    fc.assert(
      fc.property(fc.array(fc.tuple(decimal, decimal), { maxLength: 30 }), (pairs) => {
        const [added, products] = [new ExactSum(), new ExactSum()];
        for (const [a, b] of pairs) {
          added.add(scaledOf(a));
          products.add(productOf(scaledOf(a), scaledOf(b)));
        }
        expect(added.text).toBe(plain(sum(pairs.map(([a]) => dec(a)))));
        expect(products.text).toBe(plain(sum(pairs.map(([a, b]) => dec(a).times(dec(b))))));
      }),
    );
  });
});
