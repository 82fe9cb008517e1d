/** The live engine along a tape, past the prices at which nothing can happen: the same as shown every single price, to the last digit. */
import { describe, expect, test } from 'vitest';
import { firstDifference, inputOf, isRunnable, runEvery, runSparse } from './live-runs.ts';
import type { RiskLimit } from '../../src/domain/strategy.ts';
import { buildColumns } from './columns.ts';
import { randomCase } from './random-cases.ts';
import type { BacktestCase } from './random-cases.ts';

const [T0, CANDLE_MS] = [1_735_689_600_000, 900_000];
/** More of them: HEDGEROW_BACKTEST_CASES, from seed HEDGEROW_BACKTEST_FROM on. */
const CASES = Number(process.env['HEDGEROW_BACKTEST_CASES'] ?? 40);
const FROM = Number(process.env['HEDGEROW_BACKTEST_FROM'] ?? 0);

describe('skipping prices', () => {
  test('changes nothing', async () => {
    const visits = { sparse: { visits: 0 }, every: { visits: 0 } };
    const differences: string[] = [];
    let compared = 0;
    for (let seed = FROM; seed < FROM + CASES; seed += 1) {
      const given = randomCase(seed);
      if (!isRunnable(given)) continue;
      const input = inputOf(given);
      const every = await runEvery(input, visits.every);
      if (every === null) continue;
      const difference = firstDifference(await runSparse(input, visits.sparse), every);
      if (difference !== null) differences.push(`seed ${seed} ${difference}`);
      compared += 1;
    }
    expect(differences).toEqual([]);
    expect(compared).toBeGreaterThan(CASES / 2);
    expect(visits.sparse.visits).toBeLessThan(visits.every.visits / 3);
  }, 1_200_000);
});

describe('a plan that paused before the order of its reset', () => {
  const limits: Readonly<Record<string, RiskLimit>> = {
    maxShortExposure: { name: 'maxShortExposure', limit: '20', unit: 'quote', action: 'pause' },
    maxDrawdown: { name: 'maxDrawdown', limit: '0.9', unit: 'fraction', action: 'halt' },
    maxDailyLoss: { name: 'maxDailyLoss', limit: '0.9', unit: 'fraction', action: 'flatten' },
  };

  test.each([[['maxShortExposure']], [['maxShortExposure', 'maxDrawdown']], [['maxShortExposure', 'maxDrawdown', 'maxDailyLoss']]])('is not shown every price for ever after: %s', async (names) => {
    const input = inputOf(pausedCase(names.map((name) => limits[name] as RiskLimit)));
    const visits = { sparse: { visits: 0 }, every: { visits: 0 } };
    const every = await runEvery(input, visits.every);
    expect(every).not.toBe(null);
    expect(firstDifference(await runSparse(input, visits.sparse), every as NonNullable<typeof every>)).toBe(null);
    expect(every).toMatchObject({ record: { operations: [{ operation: 'running' }, { operation: 'paused', reason: expect.stringContaining('maxShortExposure') }] } });
    expect(visits.every.visits).toBeGreaterThan(15_000);
    expect(visits.sparse.visits).toBeLessThan(200);
  });
});

/** Down one unit, where the short is too large; back up, where the cycle ends and nothing may be bought; then to and fro for three days. */
function pausedCase(risk: readonly RiskLimit[]): BacktestCase {
  const wave = Array.from({ length: 300 }, (_, row): [number, number, number, number] => (row % 2 === 0 ? [1_020, 1_060, 1_015, 1_055] : [1_055, 1_062, 1_010, 1_020]));
  const rows = [[1_000, 1_001, 985, 986], [986, 1_012, 986, 1_011], ...wave].map(([open, high, low, close], row) => [T0 + row * CANDLE_MS, open, high, low, close]);
  const { strategy, market } = randomCase(0);
  const [wallet] = strategy.wallets;
  if (wallet === undefined) throw new Error('a strategy has wallets');
  const limitsOfMarket = { tickSize: '1', amountStep: '0.001', minAmount: '0.001', minCost: '0', takerFee: '0.0005', makerFee: '0' };
  return {
    seed: 0,
    strategy: {
      ...strategy,
      exchange: { ...strategy.exchange, positionMode: 'hedge', marginMode: 'cross', triggerBy: 'last', market: { ...limitsOfMarket, slippage: '0' } },
      leverage: '2',
      unit: { type: 'percent', fraction: '0.01' },
      spacing: 'arithmetic',
      reset: { policy: 'independent', onAdvance: null },
      wallets: [{ ...wallet, name: 'hedge', cycle: 'rotation', capital: '100', weights: [{ numerator: '1', denominator: '1' }], confirmation: 1, account: 'main' }],
      windows: Object.fromEntries(Object.entries(strategy.windows).map(([role, window]) => [role, { ...window, order: 'stop-market', limitOffset: null, triggerBy: 'last', onGap: 'market' }])) as unknown as typeof strategy.windows,
      risk: [...risk],
    },
    market: { ...market, ...limitsOfMarket, slippage: '0' },
    candles: buildColumns(CANDLE_MS, 0, rows as [number, number, number, number, number][]),
    mark: null,
    funding: null,
    history: [],
  };
}
