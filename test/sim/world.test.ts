/** The whole bot on the simulated exchange: full cycles, both position modes, and agreement with the trace. */
import { describe, expect, it } from 'vitest';
import type { Strategy } from '../../src/domain/strategy.ts';
import { trace } from '../../src/engine/trace.ts';
import { openRunner } from '../../src/engine/recovery.ts';
import { factsOf, operationOf, phaseOf } from '../../src/engine/step.ts';
import type { Log } from '../../src/ports/log.ts';
import { SimulatedExchange } from '../../src/sim/exchange/simulated-exchange.ts';
import { createMemoryStore } from '../../src/sim/memory-store.ts';
import { pathFeed } from '../../src/sim/path-feed.ts';
import { simulatedAccounts, simulatedMarkets } from '../../src/sim/simulated-market.ts';
import { WatchedExchange, World } from '../../src/sim/world.ts';
import { instrumentOf, strategy } from '../fixtures.ts';

const silent: Log = { info: () => {}, warn: () => {}, error: () => {} };

async function open(plan: Strategy, fillPrice: 'touch' | 'gap' = 'touch', latency = 0): Promise<World> {
  const exchange = new SimulatedExchange({ markets: simulatedMarkets([plan]), accounts: simulatedAccounts([plan]), fillPrice, latency: { requestMs: latency, responseMs: latency } });
  const watched = new WatchedExchange(exchange);
  const port = latency === 0 ? watched.port : exchange;
  const runner = await openRunner(plan, 'hash', 'simulated', { exchange: latency === 0 ? port : watched.port, store: createMemoryStore(), clock: exchange, log: silent });
  return new World(exchange, watched, [runner]);
}

const UNITS = [0, 7, 6, 4, 3, -1, 0, 2, 3, 5, 4, 3, 2, 1, 0, -1, -2, -3, 0, 1, 2, 3, 4, 5, 6, 8, 7, 8, 7, 8, 9];

describe.each(['hedge', 'one-way'] as const)('a rotation in %s position mode', (positionMode) => {
  it('trades what the trace says, to the last digit', async () => {
    const plan = strategy({ exchange: { positionMode, market: { ...strategy().exchange.market!, takerFee: '0.0005' } } });
    const prices = UNITS.flatMap((unit, index) => {
      const before = UNITS[index - 1] ?? unit;
      const steps = Math.max(1, Math.abs(unit - before));
      return Array.from({ length: steps }, (_, step) => String(10_000 + 100 * (before + (Math.sign(unit - before) * (step + 1) || 0))));
    });
    const world = await open(plan);
    await world.run(pathFeed({ symbol: plan.symbol, prices }));
    const [runner] = world.engine.runners;
    expect(runner?.failure).toBeNull();
    const last = [...trace({ strategy: plan, instrument: instrumentOf(plan), prices, fill: 'touch', atr: null })].at(-1);
    const wallet = runner?.state?.wallets[0];
    expect(wallet && { cycle: factsOf(wallet).cycle, phase: phaseOf(wallet), fees: factsOf(wallet).ledger.fees, anchor: factsOf(wallet).anchor }).toEqual({
      cycle: last?.wallets[0]?.cycle,
      phase: last?.wallets[0]?.phase,
      fees: last?.wallets[0]?.fees,
      anchor: last?.wallets[0]?.anchor,
    });
    expect(runner?.state && operationOf(runner.state)).toBe('running');
    expect(runner?.preview().actions).toEqual([]);
  });
});
