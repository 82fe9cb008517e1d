/**
 * The performance example of the v3.0 document, 100 → 130 → 100 → 70 → 100 → 130 with a margin of 100 and units of 5, as it really comes
 * out: the document says 130, then 180 in the valley and more than 200 at the end. The README quotes these figures.
 */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { PLAIN_FILLS } from '../../src/backtest/fill-model.ts';
import { runBacktest } from '../../src/backtest/run-backtest.ts';
import { dec, plain } from '../../src/domain/decimal.ts';
import type { Strategy } from '../../src/domain/strategy.ts';
import { trace } from '../../src/engine/trace.ts';
import { simulatedMarkets } from '../../src/sim/simulated-market.ts';
import { benchStrategy } from '../../src/bench/bench-strategies.ts';
import { buildColumns } from './columns.ts';

const PRICES = [100, 130, 100, 70, 100, 130];
const MINUTE_MS = 60_000;

/** Half of the margin in the long wallet, which waits for two units, half in the hedge wallet, which flips at each. */
function example(takerFee: string): Strategy {
  const base = benchStrategy({ hedge: 'scaling' });
  const market = { tickSize: '0.01', amountStep: '0.0001', minAmount: '0.0001', minCost: '0.1', takerFee, makerFee: '0', slippage: '0' };
  return {
    ...base,
    exchange: { ...base.exchange, market },
    unit: { type: 'price', price: '5' },
    reset: { policy: 'joint', onAdvance: null },
    wallets: base.wallets.map((wallet) => ({ ...wallet, capital: '50', confirmation: wallet.name === 'long' ? 2 : 1 })),
  };
}

/** Equity at each price of the example: one candle for each move. */
async function equities(strategy: Strategy): Promise<readonly string[]> {
  const [market] = simulatedMarkets([strategy]);
  if (market === undefined) throw new Error('the example has a market');
  const moves = PRICES.slice(1).map((to, index) => [PRICES[index] as number, to] as const);
  const rows = moves.map(([from, to], index) => [index * MINUTE_MS, from * 100, Math.max(from, to) * 100, Math.min(from, to) * 100, to * 100] as const);
  const upTo = async (count: number): Promise<string> =>
    (await runBacktest({ strategy, market, candles: buildColumns(MINUTE_MS, 2, rows.slice(0, count)), history: null, mark: null, funding: null, detail: null, path: 'ohlc', fills: PLAIN_FILLS })).equity;
  return Promise.all(rows.map((_, index) => upTo(index + 1)));
}

test('without costs', async () => {
  expect(await equities(example('0'))).toEqual(['130', '123.75', '138.75', '150.7965', '196.0335']);
});

test('with a taker fee of 0.05 %', async () => {
  expect(await equities(example('0.0005'))).toEqual(['129.93203', '123.59670825', '138.58770825', '150.5304985', '195.6714985']);
});

test('trace and backtest say the same', async () => {
  const strategy = example('0.0005');
  const [market] = simulatedMarkets([strategy]);
  if (market === undefined) throw new Error('the example has a market');
  const documents = [...trace({ strategy, instrument: market, prices: PRICES.map(String), fill: 'touch', atr: null })];
  const sums = documents.slice(1).map(({ wallets }) => plain(wallets.reduce((total, { equity }) => total.plus(dec(equity)), dec('0'))));
  expect(await equities(strategy)).toEqual(sums);
});

test('the README quotes what comes out', () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  expect(readme).toContain('138.75');
  expect(readme).toContain('196.03');
});
