/** An order whose fate is unknown keeps its slot; what the slot protects must not stay open because one look-up was not answered (I3, I6). */
import { expect, test } from 'vitest';
import { openRunner } from '../../src/engine/recovery.ts';
import type { Log } from '../../src/ports/log.ts';
import type { DeliveryPolicy } from '../../src/sim/exchange/config.ts';
import { SimulatedExchange } from '../../src/sim/exchange/simulated-exchange.ts';
import { createMemoryStore } from '../../src/sim/memory-store.ts';
import { simulatedAccounts, simulatedMarkets } from '../../src/sim/simulated-market.ts';
import { WatchedExchange, World } from '../../src/sim/world.ts';
import { hedgeWallet, strategy } from '../fixtures.ts';

const silent: Log = { info: () => {}, warn: () => {}, error: () => {} };
const SECOND = 1_000;
const DEADLINE_MS = 60 * SECOND;

/** The first stop is lost on its way, and so is whatever look-up of it is asked after `conclusiveAt` for `unansweredMs`. */
function losing(conclusiveAt: () => number, unansweredMs: number): { readonly deliver: DeliveryPolicy; readonly lost: () => string | null } {
  let lost: string | null = null;
  let placed = 0;
  const plainly = { requestMs: 0, responseMs: 0, applied: 1, answer: null } as const;
  return {
    lost: () => lost,
    deliver: ({ kind, method, clientOrderId, sentAt }) => {
      if (kind === 'place') placed += 1;
      // The first order opens the position.
      if (kind === 'place' && placed === 2) {
        lost = clientOrderId;
        return { ...plainly, applied: 0 };
      }
      const isLate = sentAt >= conclusiveAt() && sentAt < conclusiveAt() + unansweredMs;
      return method === 'fetchOrder' && clientOrderId === lost && isLate ? { ...plainly, read: { fails: ['orders'] } } : plainly;
    },
  };
}

test('a stop that never arrived is placed anew seconds after the exchange answers again, not a minute', async () => {
  const plan = strategy({ wallets: [hedgeWallet()] });
  const conclusiveAt = 3 * SECOND + DEADLINE_MS;
  const { deliver, lost } = losing(() => conclusiveAt, 2 * SECOND);
  const exchange = new SimulatedExchange({
    markets: simulatedMarkets([plan]),
    accounts: simulatedAccounts([plan]),
    capabilities: { hasLosslessEvents: false, amendsConditional: false, requestDeadlineMs: DEADLINE_MS },
    deliver,
  });
  const watched = new WatchedExchange(exchange);
  const runner = await openRunner(plan, 'hash', 'simulated', { exchange: watched.port, store: createMemoryStore(exchange), clock: exchange, log: silent });
  const world = new World(exchange, watched, [runner]);
  const resting = (): number => exchange.truth().accounts.flatMap(({ openOrders }) => openOrders).length;
  const rests: number[] = [];
  for (let at = 2 * SECOND; at <= conclusiveAt + 10 * SECOND; at += SECOND) {
    await world.tick({ symbol: plan.symbol, at, last: '10000', mark: '10000', index: '10000' });
    rests.push(resting());
  }
  expect(runner.failure).toBeNull();
  expect(lost()).not.toBeNull();
  // One is missing until its absence is proven.
  const [, missingOne = 0] = rests;
  expect(missingOne).toBeGreaterThan(0);
  expect(new Set(rests.slice(1, DEADLINE_MS / SECOND))).toEqual(new Set([missingOne]));
  expect(rests.at(-1)).toBe(missingOne + 1);
});
