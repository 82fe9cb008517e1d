/** An entry that was passed and is to be skipped is placed when the price its window follows is back, also where the ladder follows another one. */
import { expect, test } from 'vitest';
import type { TriggerSource } from '../../src/domain/strategy.ts';
import { openRunner } from '../../src/engine/recovery.ts';
import { SimulatedExchange } from '../../src/sim/exchange/simulated-exchange.ts';
import { createMemoryStore } from '../../src/sim/memory-store.ts';
import { simulatedAccounts, simulatedMarkets } from '../../src/sim/simulated-market.ts';
import { WatchedExchange, World } from '../../src/sim/world.ts';
import { hedgeWallet, strategy } from '../fixtures.ts';

const SILENT = { info: () => {}, warn: () => {}, error: () => {} };

test.each<[ladder: TriggerSource, entries: TriggerSource]>([
  ['mark', 'last'],
  ['index', 'last'],
  ['last', 'index'],
  ['last', 'mark'],
])('the ladder follows %s, its entries %s', async (ladder, entries) => {
  const { windows } = strategy();
  const window = { ...windows['stop-entry-short'], triggerBy: entries, onGap: 'skip' } as const;
  const others = Object.fromEntries(Object.entries(windows).map(([role, each]) => [role, { ...each, triggerBy: ladder }])) as typeof windows;
  const plan = strategy({ wallets: [hedgeWallet()], windows: { ...others, 'stop-entry-short': window }, exchange: { triggerBy: ladder } });
  const exchange = new SimulatedExchange({ markets: simulatedMarkets([plan]), accounts: simulatedAccounts([plan]) });
  const watched = new WatchedExchange(exchange);
  const runner = await openRunner(plan, 'test', 'test', { exchange: watched.port, store: createMemoryStore(), clock: exchange, log: SILENT });
  const world = new World(exchange, watched, [runner]);
  let at = 0;
  const show = async (followed: string, other: string): Promise<(number | null)[]> => {
    at += 1_000;
    const prices = { last: other, mark: other, index: other, [ladder]: followed };
    await world.tick({ symbol: plan.symbol, at, ...prices });
    return runner.workingOrders.flatMap(({ legs }) => legs).filter(({ role }) => role === 'stop-entry-short').map(({ level }) => level);
  };
  expect(await show('10000', '10000')).toEqual([-1, -2, -3, -4]);
  // The ladder trails to unit 3, whose entries at 10200 and 10100 the other price is below.
  expect((await show('10300', '10090')).sort()).toEqual([-1, 0]);
  expect((await show('10300', '10150')).sort()).toEqual([-1, 0, 1]);
  expect((await show('10300', '10250')).sort()).toEqual([-1, 0, 1, 2]);
  expect(runner.failure).toBeNull();
});
