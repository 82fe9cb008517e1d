/**
 * A ladder of unequal fragments that slides up puts another fragment at each level. Where that one has become too small for the exchange,
 * nothing may rest there any more: not the bigger order of the fragment that was there before either.
 */
import { expect, test } from 'vitest';
import type { PlanRunner } from '../../src/engine/plan-runner.ts';
import { openRunner } from '../../src/engine/recovery.ts';
import { SimulatedExchange } from '../../src/sim/exchange/simulated-exchange.ts';
import { createMemoryStore } from '../../src/sim/memory-store.ts';
import { simulatedAccounts, simulatedMarkets } from '../../src/sim/simulated-market.ts';
import { WatchedExchange, World } from '../../src/sim/world.ts';
import { hedgeWallet, strategy } from '../fixtures.ts';
import type { Strategy } from '../../src/domain/strategy.ts';

const SILENT = { info: () => {}, warn: () => {}, error: () => {} };

async function at(plan: Strategy, prices: readonly number[]): Promise<PlanRunner> {
  const exchange = new SimulatedExchange({ markets: simulatedMarkets([plan]), accounts: simulatedAccounts([plan]) });
  const watched = new WatchedExchange(exchange);
  const runner = await openRunner(plan, 'test', 'test', { exchange: watched.port, store: createMemoryStore(), clock: exchange, log: SILENT });
  const world = new World(exchange, watched, [runner]);
  for (const [index, price] of prices.entries()) await world.tick({ symbol: plan.symbol, at: (index + 1) * 1_000, last: `${price}`, mark: `${price}`, index: `${price}` });
  expect(runner.failure).toBeNull();
  return runner;
}

test.each(['hedge', 'one-way'] as const)('an entry that is too small at its new level leaves no bigger one there, in %s mode', async (positionMode) => {
  const weights = [
    { numerator: '3', denominator: '4' },
    { numerator: '1', denominator: '4' },
  ];
  const market = { tickSize: '1', amountStep: '0.0001', minAmount: '0.0001', minCost: '250', takerFee: '0', makerFee: '0', slippage: '0' };
  const plan = strategy({ wallets: [hedgeWallet({ capital: '1000', weights })], exchange: { positionMode, market } });
  // One fragment of a quarter is just 250 quote; floored to a lot a few levels higher it is less.
  const runner = await at(plan, [1_000, 1_100, 1_200, 1_300]);
  const entries = runner.workingOrders.flatMap(({ legs }) => legs).filter(({ role }) => role === 'stop-entry-short');
  const wanted = runner.desired().flatMap(({ legs }) => legs).filter(({ role }) => role === 'stop-entry-short');
  expect(wanted.map(({ level, amount }) => [level, amount])).toEqual([
    [2, '0.625'],
    [1, '0.2272'],
  ]);
  expect(entries.map(({ level, amount }) => [level, amount])).toEqual([[2, '0.625']]);
});
