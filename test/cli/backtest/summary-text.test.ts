/** What a backtest prints for people: the worst things are there, lines fit the terminal, several plans are one table. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sumOfPlans } from '../../../src/backtest/plan-sum.ts';
import { assumptionsText } from '../../../src/cli/backtest/assumptions-text.ts';
import { summaryText } from '../../../src/cli/backtest/summary-text.ts';
import type { SummaryPlan } from '../../../src/cli/backtest/summary-text.ts';
import { styleFor } from '../../../src/cli/style.ts';
import { SAMPLE_ASSUMPTIONS, sampleResult } from '../../backtest/sample-run.ts';

const PLAIN = styleFor({}, {});
const COLOURED = styleFor({ isTTY: true }, {});

function textOf(...plans: readonly SummaryPlan[]): string {
  return summaryText(plans, sumOfPlans(plans.map(({ metrics }) => metrics)), PLAIN);
}

describe('the summary of one plan', () => {
  it('reads so', () => {
    expect(textOf(sampleResult({ seed: 4, candles: 400, liquidatedAt: 300, plan: 'btc-rotation' }))).toMatchInlineSnapshot(`
      "btc-rotation  BTC/USDT:USDT
        2025-01-01 00:00 to 2025-01-17 15:59 UTC, 16.7 days, 400 1h candles

        result        +9.09 %  +1818.92 USDT: 20000.00 became 21818.92
        bounds        -7.57 % to +9.09 % by the order of low and high, drawdown up to 7.87 %; 8 candles
                      (2.000 %) had more than one outcome
        a year        –, volatility 19.97 %, Sharpe 9.47, Sortino 22.65, Calmar –
        against       buy and hold +29.08 % (drawdown 3.89 %), at 1x +29.08 %; cash 0 %
        stopped       halted on 2025-01-13 12:00 UTC: liquidation

        drawdown      2.17 %, from 2025-01-04 to 2025-01-04, back 2025-01-05, 20 h 0 min
        under water   94.5 % of the time, longest 4 d 21 h from 2025-01-12
        liquidations  1, first on 2025-01-13 12:00 UTC: 12329.07 taken, fees 61.65
        cycles        34, of 32 ended 65.6 % won, profit factor 3.91, 22 whipsaws; worst hedge 0 on
                      2025-01-01 with -128.80 (-1.29 %)
        exposure      75.0 % of the time, gross 0.41x on average and 0.90x at most, net 0.41x

        where it went    amount  of capital  of |result|
        before costs   +2154.80    +10.77 %
        fees            -275.77     -1.38 %      -15.2 %
        slippage          -9.74     -0.05 %       -0.5 %
        funding          -50.36     -0.25 %       -2.8 %
        result         +1818.92     +9.09 %
        203 fills, turnover 440577.07, 22.0 times the capital; fees: taker 10.31, maker 203.81,
        liquidation 61.65

        wallet    equity   return  drawdown  under  cycles   won  factor  whips    fees  funding
        long    10916.54  +9.17 %    2.09 %   96 %      15  79 %    7.04      9  143.02   -22.64
        hedge   10902.38  +9.02 %    2.41 %   93 %      19  56 %    2.86     13  132.75   -27.72
        long was liquidated once, first on 2025-01-13 12:00 UTC
        hedge was liquidated once, first on 2025-01-13 12:00 UTC

        phase of               times      lasted    share    result  of capital  fills    fees
        plan      ADVANCE          1   16 d 15 h  100.0 %  +1818.92     +9.09 %    203  214.12
        long      ADVANCE         15     7 d 8 h   44.0 %   +729.00     +7.29 %     14   16.43
                  RETRACEMENT     14    4 d 13 h   27.5 %    -20.27     -0.20 %     30   35.23
                  DECLINE         10    1 d 10 h    8.5 %    -12.81     -0.13 %     10   12.42
                  RECOVERY        10     3 d 8 h   20.0 %   +225.99     +2.26 %     20   24.49
                  RESET           15         0 s    0.0 %     -5.37     -0.05 %     15    5.12
        hedge     ADVANCE         19     2 d 7 h   13.8 %   +140.03     +1.40 %     19   21.91
                  RETRACEMENT     19   10 d 14 h   63.7 %   +565.37     +5.65 %     42   49.51
                  DECLINE          5  17 h 0 min    4.3 %     -6.68     -0.07 %      5    6.41
                  RECOVERY         5     3 d 0 h   18.2 %   +209.11     +2.09 %     29   37.41
                  RESET           19         0 s    0.0 %     -5.44     -0.05 %     19    5.19

        assumed: open–low–high–close, falling candles open–high–low–close; funding as it was, 25
                 settlements; taker 0.05 %, maker 0.02 %; slippage 0.01 %; mark price is the last price;
                 stops by last price; 1x cross, hedge mode; liquidation by one maintenance tier, fee 0.5 %
      "
    `);
  });

  it('says what is not known with a dash, and nothing as nothing', () => {
    const text = textOf(sampleResult({ candles: 2, wallets: ['long'], hasFunding: false, feeRate: '0', slippage: '0', candlesPerFill: 1_000 }));
    expect(text).toContain('volatility –, Sharpe –, Sortino –, Calmar –');
    expect(text).toContain('of 0 ended – won, profit factor –, 0 whipsaws');
    expect(text).not.toMatch(/NaN|Infinity|undefined|null|-0\.00/);
  });

  it('tells when a plan stopped, when other orders were not run, and when nobody counted candles', () => {
    const plan = sampleResult();
    const stopped = { at: plan.metrics.from + 3_600_000, operation: 'halted', reason: 'maxDrawdown 25% was reached' } as const;
    const text = textOf({ ...plan, bounds: null, metrics: { ...plan.metrics, stopped, ambiguousCandles: null, ambiguousShare: null } });
    expect(text).toContain('stopped       halted on 2025-01-01 01:00 UTC: maxDrawdown 25% was reached');
    expect(text.replaceAll(/\s+/g, ' ')).toContain('run under one order of low and high only; candles with more than one outcome were not counted');
  });

  it('prints no control character of a name', () => {
    const plan = sampleResult();
    expect(textOf({ ...plan, overrides: ['plan=\u001b[2Jevil\u0007'] }).split('\n').join('')).not.toMatch(/[\u0000-\u001f]/);
  });

  it('says when candles are too coarse for the bounds to hold, and how many are not, however few', () => {
    const plan = sampleResult();
    const of = (ambiguousCandles: number, ambiguousShare: number): string => textOf({ ...plan, metrics: { ...plan.metrics, ambiguousCandles, ambiguousShare } }).replaceAll(/\s+/g, ' ');
    expect(of(272, 0.9067)).toContain('272 candles (90.670 %) had more than one outcome: too coarse for this unit, so that the truth may lie far outside the bounds; take finer candles, or add --detail');
    expect(of(1, 0.00005)).toContain('1 candle (0.005 %) had more than one outcome a year');
  });

  it('fits the terminal whatever the figures', () => {
    const plans = fc.record({ seed: fc.nat(1_000), candles: fc.integer({ min: 1, max: 60 }), capital: fc.constantFrom('50', '10000', '123456789.5', '98765432109.25'), liquidatedAt: fc.constantFrom(null, 1), leverage: fc.constantFrom('1', '3', '125') });
    fc.assert(
      fc.property(fc.array(plans, { minLength: 1, maxLength: 3 }), (options) => {
        const results = options.map((each, index) => ({ ...sampleResult({ ...each, plan: `${index}-a-plan-with-the-longest-name-there-is`.slice(0, 40) }), overrides: ['leverage=3', 'unit.percent=1%', 'wallets.long.fragments=4', 'windows.stop-entry-short.limitOffset=0.2%'] }));
        for (const line of textOf(...results).split('\n')) expect([...line].length, line).toBeLessThanOrEqual(100);
      }),
      { numRuns: 60 },
    );
  });

  it('is the same text under its colours', () => {
    const plan = sampleResult({ liquidatedAt: 100 });
    const coloured = summaryText([plan], null, COLOURED);
    expect(coloured).toContain('\u001b[31m');
    expect(coloured.replaceAll(/\u001b\[\d+m/g, '')).toBe(textOf(plan));
  });
});

describe('the summary of several plans', () => {
  it('is a line each and the sum', () => {
    const plans = [sampleResult({ seed: 4, plan: 'btc-rotation' }), sampleResult({ seed: 6, plan: 'eth-scaling', symbol: 'ETH/USDT:USDT', liquidatedAt: 150 })];
    expect(textOf(...plans)).toMatchInlineSnapshot(`
      "2 plans, 2025-01-01 00:00 to 2025-01-09 07:59 UTC
        plan          market      result   return   lowest  highest  drawdown  Sharpe    fees  liq.
        btc-rotation  BTC/USDT  +1181.48  +5.91 %  -6.89 %  +5.91 %    2.91 %    8.81  126.43     0
        eth-scaling   ETH/USDT   -378.36  -1.89 %  -1.89 %  +6.11 %    4.89 %   -2.82  141.83     1
        sum of 2      USDT       +803.12  +2.01 %                      1.16 %    5.19  268.26     1
        drawdown and Sharpe of the sum by its equity at the ends of days
        eth-scaling was liquidated once, first on 2025-01-07 06:00 UTC
        eth-scaling halted on 2025-01-07 06:00 UTC: liquidation

        assumed: open–low–high–close, falling candles open–high–low–close; funding as it was, 25
                 settlements; taker 0.05 %, maker 0.02 %; slippage 0.01 %; mark price is the last price;
                 stops by last price; 1x cross, hedge mode; liquidation by one maintenance tier, fee 0.5 %
      "
    `);
  });

  it('names assumptions per plan where they differ, and adds no currencies', () => {
    const plans = [sampleResult({ plan: 'one' }), { ...sampleResult({ plan: 'two', symbol: 'BTC/USDC:USDC' }), assumptions: { ...SAMPLE_ASSUMPTIONS, funding: { type: 'none' } as const } }];
    const text = textOf(...plans);
    expect(text).toContain('not added up: they are settled in different currencies');
    expect(text).toMatch(/ {2}one\n {2}assumed: .*funding as it was/);
    expect(text).toMatch(/ {2}two\n {2}assumed: .*NO funding/);
  });
});

describe('assumptions', () => {
  it('name every choice that changes a result', () => {
    const text = assumptionsText({ ...SAMPLE_ASSUMPTIONS, path: 'worst', slippage: '0', rangeSlippage: '0.1', volumeShare: '0.05', maxStopSlip: '0.02', markTimeframeMs: 60_000, funding: { type: 'assumed', rate: '-0.0001' }, detailTimeframeMs: 1_000, maintenanceTiers: 5 });
    expect(text).toBe(
      "the worse order of low and high in each candle, inside candles that matter by 1s candles; funding ASSUMED at -0.01 %; taker 0.05 %, maker 0.02 %; slippage 10 % of the candle's range, at most 5 % of a candle's volume, stops slip at most 2 %; mark price by 1m candles; stops by last price; 1x cross, hedge mode; liquidation by 5 maintenance tiers, fee 0.5 %",
    );

    expect(assumptionsText({ ...SAMPLE_ASSUMPTIONS, triggerBy: 'mark', markTimeframeMs: 60_000 })).toContain('; stops by mark price, taken as the last price; ');
    expect(assumptionsText({ ...SAMPLE_ASSUMPTIONS, triggerBy: 'mark', markTimeframeMs: null })).toContain('; stops by mark price; ');
  });
});
