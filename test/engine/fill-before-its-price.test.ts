/** Fills and prices come over different connections: a fill may be heard before the price that caused it, and prices of before after it. */
import { describe, expect, test } from 'vitest';
import type { TriggerSource } from '../../src/domain/strategy.ts';
import { ROLES } from '../../src/domain/strategy.ts';
import { openRunner } from '../../src/engine/recovery.ts';
import type { ExchangeEvent } from '../../src/ports/exchange.ts';
import type { Log } from '../../src/ports/log.ts';
import { SimulatedExchange } from '../../src/sim/exchange/simulated-exchange.ts';
import { createMemoryStore } from '../../src/sim/memory-store.ts';
import { simulatedAccounts, simulatedMarkets } from '../../src/sim/simulated-market.ts';
import { WatchedExchange, World } from '../../src/sim/world.ts';
import { hedgeWallet, strategy } from '../fixtures.ts';

const silent: Log = { info: () => {}, warn: () => {}, error: () => {} };
const SYMBOL = 'BTC/USDT:USDT';
const SECOND = 1_000;

function planOf(triggerBy: TriggerSource, cycle: 'rotation' | 'scaling') {
  const base = strategy({ wallets: [hedgeWallet({ cycle })] });
  const windows = Object.fromEntries(ROLES.map((role) => [role, { ...base.windows[role], triggerBy }])) as typeof base.windows;
  return strategy({ wallets: [hedgeWallet({ cycle })], windows, exchange: { triggerBy } });
}

/** Runs the path, one price a second, with prices heard `lateMs` after everything else; gives the orders sent at market after the opening. */
async function marketOrders(triggerBy: TriggerSource, cycle: 'rotation' | 'scaling', prices: readonly number[], late: (event: Extract<ExchangeEvent, { type: 'price' }>) => number): Promise<readonly string[]> {
  const plan = planOf(triggerBy, cycle);
  const exchange = new SimulatedExchange({
    markets: simulatedMarkets([plan]),
    accounts: simulatedAccounts([plan]),
    capabilities: { hasLosslessEvents: false, amendsConditional: false },
    stream: (event) => [event.type === 'price' ? late(event) : 0],
  });
  const watched = new WatchedExchange(exchange);
  const runner = await openRunner(plan, 'hash', 'simulated', { exchange: watched.port, store: createMemoryStore(exchange), clock: exchange, log: silent });
  const world = new World(exchange, watched, [runner]);
  let at = 0;
  for (const price of prices) {
    at += SECOND;
    await world.tick({ symbol: SYMBOL, at, last: String(price), mark: String(price), index: String(price) });
    await world.passTimeUntil(at + SECOND - 1);
  }
  expect(runner.failure).toBeNull();
  return exchange.truth().requests.flatMap(({ request }) => ('type' in request && request.type === 'market' ? [`${request.side} ${request.positionSide} ${request.amount}`] : []));
}

describe.each(['last', 'mark'] as const)('triggers by the %s price', (triggerBy) => {
  test.each(['rotation', 'scaling'] as const)('%s: a fill that is heard before its price is not undone at the price of before', async (cycle) => {
    // At 10100 the first rung fires; whoever still believes 10200 would buy it back at market at once.
    const prices = [10_000, 10_100, 10_200, 10_200, 10_100];
    expect(await marketOrders(triggerBy, cycle, prices, ({ last }) => (last === '10100' ? 400 : 0))).toEqual(['buy long 1']);
  });

  test.each(['rotation', 'scaling'] as const)('%s: a price of before that is heard after a fill resets nothing', async (cycle) => {
    // The 10300 of before the fall is heard after the fill at 10200.
    const prices = [10_000, 10_100, 10_200, 10_300, 10_300, 10_200];
    const late = ({ last, at }: { last: string; at: number }): number => (last === '10200' && at > 4 * SECOND ? 600 : last === '10300' && at > 4 * SECOND ? 1_200 : 0);
    expect(await marketOrders(triggerBy, cycle, prices, late)).toEqual(['buy long 1']);
  });

  test('a jump over several stops is where the furthest of them fired: nothing is bought back there', async () => {
    const prices = [10_000, 10_200, 9_900];
    expect(await marketOrders(triggerBy, 'rotation', prices, ({ last }) => (last === '9900' ? 400 : 0))).toEqual(['buy long 1']);
  });
});
