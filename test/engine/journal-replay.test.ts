/** The journal alone gives the stored state, whatever a plan lived through, and a change of either is found where it is (I12, I14). */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseStrategy } from '../../src/adapters/yaml/load-strategy.ts';
import type { Strategy } from '../../src/domain/strategy.ts';
import { replayPlan } from '../../src/engine/journal-replay.ts';
import { openRunner } from '../../src/engine/recovery.ts';
import type { Log } from '../../src/ports/log.ts';
import type { PriceFeed } from '../../src/ports/price-feed.ts';
import type { JournalEntry, OperatorActionKind, Store, StoredPlan } from '../../src/ports/store.ts';
import { SimulatedExchange } from '../../src/sim/exchange/simulated-exchange.ts';
import { forwardingStore } from '../../src/sim/forwarding-store.ts';
import { createMemoryStore } from '../../src/sim/memory-store.ts';
import { pathFeed } from '../../src/sim/path-feed.ts';
import { EXAMPLE_SYMBOLS, generatedFeed } from '../../src/sim/price-generator.ts';
import { neededTimeframes, simulatedAccounts, simulatedMarkets } from '../../src/sim/simulated-market.ts';
import { WatchedExchange, World } from '../../src/sim/world.ts';
import { hedgeWallet, strategy } from '../fixtures.ts';

const SILENT: Log = { info: () => {}, warn: () => {}, error: () => {} };
const VENUE = 'simulated';

/** A life of one plan, with a new process after every so many ticks. */
class Life {
  readonly plan: Strategy;
  readonly exchange: SimulatedExchange;
  readonly store: Store;
  #world: World | null = null;

  constructor(plan: Strategy) {
    this.plan = plan;
    this.exchange = new SimulatedExchange({ markets: simulatedMarkets([plan]), accounts: simulatedAccounts([plan]), candleTimeframesMs: neededTimeframes([plan]) });
    this.store = createMemoryStore(this.exchange);
  }

  async restart(): Promise<World> {
    const watched = new WatchedExchange(this.exchange);
    const runner = await openRunner(this.plan, 'hash', VENUE, { exchange: watched.port, store: this.store, clock: this.exchange, log: SILENT });
    this.#world = new World(this.exchange, watched, [runner]);
    await this.#world.quiesce();
    return this.#world;
  }

  async live(feed: PriceFeed, ticksPerProcess: number): Promise<void> {
    let world = await this.restart();
    let ticks = 0;
    for await (const tick of feed.ticks(null)) {
      await world.tick(tick);
      ticks += 1;
      // The process before is gone with whatever it had in memory.
      if (ticks % ticksPerProcess === 0) {
        world.engine.runners.forEach((runner) => expect(runner.failure).toBeNull());
        await world.engine.stop();
        world = await this.restart();
      }
    }
    await world.finish();
  }

  async ask(action: OperatorActionKind): Promise<void> {
    const { planId } = await this.stored();
    await this.store.requestAction({ actionId: `${action} ${planId}`, planId, action, reason: 'operator: test', requestedBy: 'test', requestedAt: 0 });
    this.#world?.engine.readActions();
    await this.#world?.quiesce();
  }

  async stored(): Promise<StoredPlan> {
    const plan = await this.store.findPlan({ venue: VENUE, name: this.plan.name });
    if (plan === null) throw new Error('the plan was never stored');
    return plan;
  }

  async types(): Promise<Set<string>> {
    const { planId } = await this.stored();
    return new Set((await this.store.readJournal(planId, 0, 1_000_000)).map(({ type }) => type));
  }
}

function example(name: string): Strategy {
  const path = `strategies/${name}.yaml`;
  return parseStrategy(readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8'), path);
}

function generated(plan: Strategy, days: number): PriceFeed {
  return generatedFeed({ symbols: EXAMPLE_SYMBOLS.filter(({ symbol }) => symbol === plan.symbol), seed: '9', stepMs: 60_000, days });
}

describe('replay of a journal', () => {
  it.each(['btc-rotation', 'eth-joint-scaling', 'sol-independent'])('gives the stored state of %s after days with fills, resets, funding and restarts', async (name) => {
    const life = new Life(example(name));
    await life.live(generated(life.plan, 6), 701);
    expect([...(await life.types())]).toEqual(expect.arrayContaining(['plan.started', 'fill.booked', 'cycle.started', 'funding.booked']));
    const plan = await life.stored();
    const replay = await replayPlan(life.store, plan);
    expect(replay).toMatchObject({ difference: null, fromSeq: 0, toSeq: plan.seq, entries: plan.seq });
    expect(replay.steps).toBeGreaterThan(20);
  }, 120_000);

  it('gives the stored state after a liquidation, and after everything an operator may ask', async () => {
    const crash = new Life(strategy({ leverage: '20', wallets: [hedgeWallet({ cycle: 'rotation' })] }));
    await crash.live(pathFeed({ symbol: crash.plan.symbol, prices: ['10000', '10100', '9000', '9000', '9500'], startAt: 0, stepMs: 60_000 }), 1_000);
    expect([...(await crash.types())]).toEqual(expect.arrayContaining(['external.booked', 'position.taken', 'halt']));
    expect((await replayPlan(crash.store, await crash.stored())).difference).toBeNull();
    const calm = new Life(strategy());
    await calm.live(pathFeed({ symbol: calm.plan.symbol, prices: ['10000', '10300', '10150', '9900'], startAt: 0, stepMs: 60_000 }), 3);
    for (const action of ['pause', 'resume', 'reset', 'halt', 'flatten', 'adopt'] as const) await calm.ask(action);
    expect([...(await calm.types())]).toEqual(expect.arrayContaining(['operator.asked', 'operator.answered', 'operation.changed']));
    expect((await replayPlan(calm.store, await calm.stored())).difference).toBeNull();
  });

  describe('of a changed store', () => {
    let life: Life;
    let plan: StoredPlan;
    beforeAll(async () => {
      life = new Life(strategy());
      await life.live(pathFeed({ symbol: life.plan.symbol, prices: ['10000', '10300', '10150', '9900', '10400', '9000', '9600'], startAt: 0, stepMs: 60_000 }), 1_000);
      plan = await life.stored();
    });

    const withEntries = (change: (entry: JournalEntry) => readonly JournalEntry[]): Store =>
      forwardingStore(life.store, { readJournal: async (...args) => (await life.store.readJournal(...args)).flatMap(change) });

    it('names the field of a snapshot that differs', async () => {
      const changed = JSON.parse(JSON.stringify(plan)) as { snapshot: { snapshot: { machines: { context: { ledger: { fees: string } } }[] } } };
      changed.snapshot.snapshot.machines[1]!.context.ledger.fees = '12345';
      const { difference } = await replayPlan(life.store, changed as unknown as StoredPlan);
      expect(difference).toMatchObject({ seq: plan.snapshot?.seq, path: 'machines[1].context.ledger.fees', stored: '"12345"' });
    });

    it('names the entry that tells another input than the one that was taken', async () => {
      const entries = await life.store.readJournal(plan.planId, 0, 10_000);
      const fill = entries.find(({ type, payload }) => type === 'fill.booked' && JSON.stringify(payload).includes('realised'));
      if (fill === undefined) throw new Error('nothing was realised');
      const payload = JSON.parse(JSON.stringify(fill.payload).replace(/"price":"(\d+)/, '"price":"1$1')) as JournalEntry['payload'];
      expect(payload).not.toEqual(fill.payload);
      const { difference } = await replayPlan(withEntries((entry) => [entry.seq === fill.seq ? { ...entry, payload } : entry]), plan);
      expect(difference?.seq).toBe(fill.seq);
    });

    it('names the entry that is missing', async () => {
      const { difference } = await replayPlan(withEntries((entry) => (entry.seq === 5 ? [] : [entry])), plan);
      expect(difference).toMatchObject({ seq: 5, path: 'journal' });
      const cut = await replayPlan(withEntries((entry) => (entry.seq > 5 ? [] : [entry])), plan);
      expect(cut.difference).toMatchObject({ seq: 6, path: 'journal' });
    });
  });
});
