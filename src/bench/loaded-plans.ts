/** An engine with many plans that have started, bought, placed their windows and compared their positions: all at rest. */
import { openRunner } from '../engine/recovery.ts';
import type { Log } from '../ports/log.ts';
import type { Store } from '../ports/store.ts';
import type { Strategy } from '../domain/strategy.ts';
import { SimulatedExchange } from '../sim/exchange/simulated-exchange.ts';
import { createMemoryStore } from '../sim/memory-store.ts';
import { simulatedAccounts, simulatedMarkets } from '../sim/simulated-market.ts';
import { WatchedExchange, World } from '../sim/world.ts';
import { START_PRICE, benchStrategy } from './bench-strategies.ts';

export const SILENT: Log = { info: () => {}, warn: () => {}, error: () => {} };

export interface LoadedPlans {
  readonly world: World;
  readonly store: Store;
  /** Exchange time of the last tick, ms. */
  readonly at: number;
}

export const START_AT = 1_735_689_600_000;
/** Plans compare their positions this long after a fill, and then only once an hour. */
const AFTER_POSITION_CHECK_MS = 61_000;

/** A symbol for each plan, or one for all; accounts are always their own (I16). */
export function manyStrategies(count: number, symbols: 'own' | 'shared'): Strategy[] {
  return Array.from({ length: count }, (_, index) => {
    const number = String(index + 1).padStart(3, '0');
    return benchStrategy({ name: `plan-${number}`, symbol: symbols === 'own' ? `C${number}/USDT:USDT` : 'BTC/USDT:USDT', account: `account-${number}` });
  });
}

export async function loadPlans(strategies: readonly Strategy[], store: Store = createMemoryStore()): Promise<LoadedPlans> {
  const exchange = new SimulatedExchange({ markets: simulatedMarkets(strategies), accounts: simulatedAccounts(strategies), keepHistory: false });
  const watched = new WatchedExchange(exchange);
  const deps = { exchange: watched.port, store, clock: exchange, log: SILENT };
  const runners = [];
  for (const strategy of strategies) runners.push(await openRunner(strategy, 'bench', 'bench', deps));
  const world = new World(exchange, watched, runners);
  const price = String(START_PRICE);
  const symbols = [...new Set(strategies.map(({ symbol }) => symbol))];
  const times = [START_AT, START_AT + AFTER_POSITION_CHECK_MS, START_AT + AFTER_POSITION_CHECK_MS + 1];
  for (const at of times) for (const symbol of symbols) await world.tick({ symbol, at, last: price, mark: price, index: price });
  checkAtRest(world);
  return { world, store, at: times.at(-1) ?? START_AT };
}

/** A benchmark of plans that have stopped, or still work, would measure something else. */
export function checkAtRest({ engine }: World): void {
  const failed = engine.runners.find(({ failure }) => failure !== null);
  if (failed !== undefined) throw new Error(`plan ${failed.strategy.name} has stopped`, { cause: failed.failure });
  const isReady = engine.runners.every(({ workingOrders, band }) => workingOrders.length > 0 && Number.isFinite(band.high));
  if (!engine.isSettled || !isReady) throw new Error('the plans of this benchmark are not at rest with their windows placed');
}
