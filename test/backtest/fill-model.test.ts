/** Fills beyond a fixed slippage: from the candle's range and volume, and with a bound on stops, as the live engine gets them. */
import { describe, expect, test } from 'vitest';
import { PLAIN_FILLS, checkFillModel } from '../../src/backtest/fill-model.ts';
import type { FillModel } from '../../src/backtest/fill-model.ts';
import type { RunRecord } from '../../src/backtest/run-record.ts';
import type { Strategy } from '../../src/domain/strategy.ts';
import { ROLES } from '../../src/domain/strategy.ts';
import type { SimulatedMarket } from '../../src/sim/exchange/config.ts';
import { buildColumns } from './columns.ts';
import type { CandleRow } from './columns.ts';
import { firstDifference, inputOf, isRunnable, runEvery, runSparse } from './live-runs.ts';
import { randomCase } from './random-cases.ts';
import { tinyRandom } from '../sim/auditor/random-strategies.ts';

const MARKET: SimulatedMarket = { symbol: 'BTC/USDT:USDT', tickSize: '1', amountStep: '0.01', minAmount: '0.01', minCost: '5', takerFee: '0', makerFee: '0' };

const WINDOW = { order: 'stop-market', limitOffset: null, triggerBy: 'last', onGap: 'market', resting: 50 } as const;

/** A long wallet of one fragment: all in, all out at one unit down, all in again at one unit up. */
const STRATEGY: Strategy = {
  version: 1,
  name: 'fills',
  symbol: MARKET.symbol,
  exchange: { id: 'simulated', account: 'main', positionMode: 'hedge', marginMode: 'cross', triggerBy: 'last', market: { ...MARKET, slippage: '0' }, connection: null },
  leverage: '1',
  unit: { type: 'price', price: '10' },
  spacing: 'arithmetic',
  reset: { policy: 'independent', onAdvance: null },
  rebalanceThreshold: '0.01',
  wallets: [{ name: 'long', capital: '1000', cycle: 'fragments', weights: [{ numerator: '1', denominator: '1' }], confirmation: 1, account: 'main' }],
  windows: Object.fromEntries(ROLES.map((role) => [role, WINDOW])) as Record<(typeof ROLES)[number], typeof WINDOW>,
  risk: [],
};

async function runOver(rows: readonly CandleRow[], fills: Partial<FillModel>, volume: (row: number) => number = () => 1_000): Promise<RunRecord> {
  const candles = buildColumns(60_000, 0, rows, volume);
  const outcome = await runSparse({ strategy: STRATEGY, market: MARKET, candles, history: null, mark: null, funding: null, detail: null, path: 'ohlc', fills: { ...PLAIN_FILLS, ...fills } });
  if ('error' in outcome) throw new Error(outcome.error);
  return outcome.record;
}

const told = ({ fills }: RunRecord): string[] => fills.map(({ at, role, price, amount, slippage }) => `${at / 60_000} ${role} ${amount} @ ${price} lost ${slippage}`);

describe('slippage from the range', () => {
  test('is a share of high − low of the candle the price is in', async () => {
    const record = await runOver(
      [
        [0, 100, 104, 100, 100],
        [60_000, 100, 100, 80, 80],
      ],
      { rangeSlippage: '0.1' },
    );
    // 0.4 and 2 against the taker, rounded to the tick against him.
    expect(told(record).map((text) => text.replace(/^\S+ /, ''))).toEqual(['market-buy 10 @ 101 lost 10', 'stop-loss 10 @ 89 lost 20']);
  });
});

describe('a share of the volume', () => {
  test('bounds what an order fills in one candle, in whole lots; the rest follows at the next opens', async () => {
    const rows = [0, 1, 2, 3].map((row): CandleRow => [row * 60_000, 100, 101, 99, 100]);
    const record = await runOver(rows, { volumeShare: '0.1' }, (row) => (row === 1 ? 0.05 : 41.19));
    expect(told(record)).toEqual(['0 market-buy 4.11 @ 100 lost 0', '2 market-buy 4.11 @ 100 lost 0', '3 market-buy 1.78 @ 100 lost 0']);
  });
});

describe('a bound on how far a stop slips', () => {
  const gap: CandleRow[] = [
    [0, 100, 101, 99, 100],
    [60_000, 50, 51, 49, 50],
  ];

  test('keeps a gap from filling it further away', async () => {
    expect(told(await runOver(gap, { maxStopSlip: '0.1' })).at(-1)).toBe('1 stop-loss 10 @ 81 lost 90');
  });

  test('is off unless asked for', async () => {
    expect(told(await runOver(gap, {})).at(-1)).toBe('1 stop-loss 10 @ 50 lost 400');
  });
});

test('what makes no sense is refused with what to give instead', () => {
  expect(() => checkFillModel({ ...PLAIN_FILLS, rangeSlippage: '-0.1' })).toThrow('range slippage -0.1: give a share');
  expect(() => checkFillModel({ ...PLAIN_FILLS, volumeShare: '0' })).toThrow('volume share 0: give a fraction');
  expect(() => checkFillModel({ ...PLAIN_FILLS, volumeShare: '1.5' })).toThrow('at most 1');
  expect(() => checkFillModel({ ...PLAIN_FILLS, maxStopSlip: '1' })).toThrow('to below 1');
});

/** More of them: HEDGEROW_BACKTEST_CASES, from seed HEDGEROW_BACKTEST_FROM on. */
const CASES = Number(process.env['HEDGEROW_BACKTEST_CASES'] ?? 25);
const FROM = Number(process.env['HEDGEROW_BACKTEST_FROM'] ?? 0);

describe('with any of them', () => {
  test('skipping prices changes nothing', async () => {
    const differences: string[] = [];
    let partial = 0;
    for (let seed = FROM; seed < FROM + CASES; seed += 1) {
      const given = randomCase(seed);
      if (!isRunnable(given)) continue;
      const random = tinyRandom(seed + 7_000_000);
      const lots = Number(given.strategy.wallets[0]?.capital) / (given.candles.open[0] as number / 100);
      const volume = Float64Array.from({ length: given.candles.length }, () => (random.chance(0.1) ? 0 : random.fraction() * lots * 4));
      const fills: FillModel = {
        rangeSlippage: random.pick(['0', '0.05', '0.3']),
        volumeShare: random.pick([null, '0.1', '0.5', '1']),
        maxStopSlip: random.pick([null, null, '0.002', '0.01']),
      };
      const input = inputOf({ ...given, candles: { ...given.candles, volume } }, fills);
      const every = await runEvery(input);
      if (every === null) continue;
      const sparse = await runSparse(input);
      const difference = firstDifference(sparse, every);
      if (difference !== null) differences.push(`seed ${seed} ${JSON.stringify(fills)} ${difference}`);
      if (fills.volumeShare !== null && 'record' in sparse && sparse.record.fills.some(({ role }, index, all) => role === all[index + 1]?.role && role === 'market-buy')) partial += 1;
    }
    expect(differences).toEqual([]);
    expect(partial).toBeGreaterThan(0);
  }, 1_200_000);
});
