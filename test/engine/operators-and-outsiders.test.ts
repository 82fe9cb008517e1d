/** What people ask of a plan, and what others do on its account, through the whole bot on the simulated exchange (DOMAIN §8, I5, I17). */
import { describe, expect, it } from 'vitest';
import { HedgerowError } from '../../src/domain/errors.ts';
import type { Strategy } from '../../src/domain/strategy.ts';
import { longOf, shortOf } from '../../src/domain/wallet.ts';
import type { PlanRunner } from '../../src/engine/plan-runner.ts';
import type { RunnerDeps } from '../../src/engine/runner-parts.ts';
import { openRunner } from '../../src/engine/recovery.ts';
import { factsOf, operationOf, planFactsOf } from '../../src/engine/step.ts';
import type { AccountSnapshot } from '../../src/ports/exchange.ts';
import type { KillLatch, LatchRecord } from '../../src/ports/latch.ts';
import type { Log } from '../../src/ports/log.ts';
import type { OperatorActionKind, Store } from '../../src/ports/store.ts';
import type { SimulatedExchangeConfig } from '../../src/sim/exchange/config.ts';
import { SimulatedExchange } from '../../src/sim/exchange/simulated-exchange.ts';
import { forwardingStore } from '../../src/sim/forwarding-store.ts';
import { createMemoryStore } from '../../src/sim/memory-store.ts';
import { simulatedAccounts, simulatedMarkets } from '../../src/sim/simulated-market.ts';
import { WatchedExchange, World } from '../../src/sim/world.ts';
import { strategy } from '../fixtures.ts';

const silent: Log = { info: () => {}, warn: () => {}, error: () => {} };
const MINUTE = 60_000;

class MemoryLatch implements KillLatch {
  readonly records = new Map<string, LatchRecord>();
  async read(plan: string): Promise<LatchRecord | null> {
    return this.records.get(plan) ?? null;
  }
  async set(plan: string, record: LatchRecord): Promise<void> {
    this.records.set(plan, record);
  }
  async clear(plan: string): Promise<void> {
    this.records.delete(plan);
  }
}

class Desk {
  readonly latch = new MemoryLatch();
  isStoreAway = false;
  at = 0;
  price = 10_000;
  readonly plan: Strategy;
  readonly exchange: SimulatedExchange;
  readonly store: Store;
  #world: World | null = null;

  private constructor(plan: Strategy, exchange: SimulatedExchange, store: Store) {
    this.plan = plan;
    this.exchange = exchange;
    this.store = store;
  }

  get world(): World {
    return this.#world!;
  }

  /** `before`: goes on at its exchange, with an empty store. */
  static async open(plan: Strategy = strategy(), config: Partial<SimulatedExchangeConfig> = {}, before: Desk | null = null): Promise<Desk> {
    const exchange = before?.exchange ?? new SimulatedExchange({ markets: simulatedMarkets([plan]), accounts: simulatedAccounts([plan]), fillPrice: 'touch', ...config });
    const memory = createMemoryStore(exchange);
    const state = { desk: null as Desk | null };
    const store = forwardingStore(memory, {
      commit: async (batch) => {
        if (state.desk?.isStoreAway === true) throw new HedgerowError('STORE_UNAVAILABLE', 'the store is away');
        await memory.commit(batch);
      },
      loadOrder: async (...args) => {
        if (state.desk?.isStoreAway === true) throw new HedgerowError('STORE_UNAVAILABLE', 'the store is away');
        return memory.loadOrder(...args);
      },
    });
    const desk = new Desk(plan, exchange, store);
    desk.at = before?.at ?? 0;
    state.desk = desk;
    await desk.restart();
    return desk;
  }

  /** A new process on the same exchange and store. */
  async restart(deps: Partial<RunnerDeps> = {}): Promise<void> {
    const watched = new WatchedExchange(this.exchange);
    const runner = await openRunner(this.plan, 'hash', 'simulated', { exchange: watched.port, store: this.store, clock: this.exchange, log: silent, latch: this.latch, ...deps });
    this.#world = new World(this.exchange, watched, [runner]);
    await this.world.quiesce();
  }

  get runner(): PlanRunner {
    return this.world.engine.runners[0] as PlanRunner;
  }

  async to(...prices: number[]): Promise<void> {
    for (const price of prices) {
      this.price = price;
      this.at += MINUTE;
      const text = String(price);
      await this.world.tick({ symbol: this.plan.symbol, at: this.at, last: text, mark: text, index: text });
    }
  }

  async stay(minutes = 3): Promise<void> {
    for (let count = 0; count < minutes; count += 1) await this.to(this.price);
  }

  async ask(action: OperatorActionKind, actionId: string = action): Promise<void> {
    await this.store.requestAction({ actionId, planId: 1, action, reason: 'a test', requestedBy: 'test', requestedAt: this.at });
    this.world.engine.readActions();
    await this.world.quiesce();
    await this.stay();
  }

  get operation(): string {
    return this.runner.state === null ? 'none' : operationOf(this.runner.state);
  }

  get reason(): string | null {
    return this.runner.state === null ? null : planFactsOf(this.runner.state).reason;
  }

  held(): { long: string; short: string } {
    const facts = factsOf(this.runner.state!.wallets[0]!);
    return { long: longOf(facts).toString(), short: shortOf(facts).toString() };
  }

  openOrders(): string[] {
    return this.exchange
      .truth()
      .accounts.flatMap(({ openOrders }) => openOrders)
      .map((order) => `${order.side} ${order.positionSide} ${order.amount} @ ${order.triggerPrice}`)
      .sort();
  }

  positions(): Record<string, string> {
    return Object.fromEntries(this.exchange.truth().accounts.flatMap(({ positions }) => positions.map(({ positionSide, amount }) => [positionSide, amount])));
  }
}

describe('an operator', () => {
  it('pauses: what rests stays, and slides again after resume', async () => {
    const desk = await Desk.open();
    await desk.to(10_000);
    const before = desk.openOrders();
    await desk.ask('pause');
    await desk.to(10_100, 10_200);
    expect(desk.openOrders()).toEqual(before);
    await desk.ask('resume');
    expect(desk.operation).toBe('running');
    expect(desk.openOrders()).not.toEqual(before);
    expect((await desk.store.loadAction('pause'))?.result?.outcome).toBe('done');
  });

  it('halts: no order is left, the position stays, the action is done once the exchange proves it; it holds over a restart', async () => {
    const desk = await Desk.open();
    await desk.to(10_000);
    await desk.ask('halt');
    expect(desk.openOrders()).toEqual([]);
    expect(desk.positions()).toEqual({ long: '1' });
    expect((await desk.store.loadAction('halt'))?.result).toMatchObject({ outcome: 'done', note: expect.stringContaining('complete reading') });
    expect(desk.latch.records.get('test-plan')).toMatchObject({ action: 'halt' });
    await desk.restart();
    await desk.to(9_900, 10_100);
    expect([desk.operation, desk.openOrders()]).toEqual(['halted', []]);
    await desk.ask('resume');
    expect([desk.operation, desk.latch.records.size]).toEqual(['running', 0]);
    expect(desk.openOrders().length).toBe(5);
  });

  it('flattens: every position is closed and proven flat', async () => {
    const desk = await Desk.open();
    await desk.to(10_000, 9_800);
    expect(desk.held()).toEqual({ long: '0', short: '0.5076' });
    await desk.ask('flatten');
    expect([desk.operation, desk.openOrders(), desk.positions()]).toEqual(['halted', [], {}]);
    expect((await desk.store.loadAction('flatten'))?.result?.outcome).toBe('done');
  });

  it('is obeyed by the latch alone when the store has lost the halt', async () => {
    const desk = await Desk.open();
    await desk.to(10_000);
    await desk.latch.set('test-plan', { action: 'halt', reason: 'by hand', at: 0 });
    await desk.restart();
    await desk.stay();
    expect([desk.operation, desk.reason, desk.openOrders()]).toEqual(['halted', 'by hand', []]);
  });

  it('asks the same thing twice: it is done once', async () => {
    const desk = await Desk.open();
    await desk.to(10_000);
    await desk.ask('pause', 'a');
    await desk.ask('pause', 'a');
    await desk.ask('pause', 'b');
    expect((await desk.store.loadAction('a'))?.result?.outcome).toBe('done');
    expect((await desk.store.loadAction('b'))?.result).toMatchObject({ outcome: 'ignored', note: 'the plan is paused' });
  });

  it('resets: every wallet starts a new cycle', async () => {
    const desk = await Desk.open();
    await desk.to(10_000, 9_900);
    await desk.ask('reset');
    expect((await desk.store.loadAction('reset'))?.result?.outcome).toBe('done');
    expect(factsOf(desk.runner.state!.wallets[0]!).cycle).toBe(1);
    expect(desk.runner.failure).toBeNull();
  });
});

describe('a store that was lost', () => {
  it('leaves orders of an earlier life: the plan diverges, and a halt cancels them too', async () => {
    const desk = await Desk.open();
    await desk.to(10_000);
    expect(desk.openOrders().length).toBe(5);
    await desk.world.engine.stop();
    const anew = await Desk.open(desk.plan, {}, desk);
    await anew.stay();
    expect([anew.operation, anew.openOrders().length]).toEqual(['diverged', 5]);
    await anew.ask('flatten');
    expect([anew.operation, anew.openOrders(), anew.positions()]).toEqual(['halted', [], {}]);
  });
});

describe('somebody else on the account', () => {
  it('sells half the long by hand: the plan diverges, keeps its stop, opens nothing; adopt goes on with what is left', async () => {
    const desk = await Desk.open();
    await desk.to(10_000);
    await desk.exchange.others.closePosition('main', desk.plan.symbol, 'long', '0.5');
    await desk.stay();
    expect(desk.operation).toBe('diverged');
    await desk.ask('adopt');
    expect((await desk.store.loadAction('adopt'))?.result?.outcome).toBe('done');
    expect([desk.operation, desk.held(), desk.positions()]).toEqual(['running', { long: '0.5', short: '0' }, { long: '0.5' }]);
    expect(desk.openOrders().filter((order) => order.startsWith('sell long'))).toEqual(['sell long 0.5 @ 9900']);
    expect(desk.runner.failure).toBeNull();
  });

  it('buys on top: adopt leaves that alone, also at the next comparison', async () => {
    const desk = await Desk.open();
    await desk.to(10_000);
    desk.exchange.deposit('main', '100000');
    await desk.exchange.others.place({ account: 'main', symbol: desk.plan.symbol, side: 'buy', type: 'market', amount: '0.3', positionSide: 'long' });
    await desk.stay();
    expect(desk.operation).toBe('diverged');
    await desk.ask('adopt');
    await desk.stay(200);
    expect([desk.operation, desk.held(), desk.positions()]).toEqual(['running', { long: '1', short: '0' }, { long: '1.3' }]);
    await desk.ask('flatten');
    expect([desk.operation, desk.positions(), desk.openOrders()]).toEqual(['halted', {}, []]);
  });

  it('cancels our stop by hand: it rests again at once, and the plan opens nothing until somebody has looked', async () => {
    const desk = await Desk.open();
    await desk.to(10_000);
    const stop = desk.exchange.truth().accounts[0]!.openOrders.find(({ positionSide }) => positionSide === 'long')!;
    await desk.exchange.others.cancel('main', desk.plan.symbol, stop.clientOrderId);
    await desk.stay();
    expect([desk.operation, desk.reason]).toEqual(['diverged', expect.stringContaining('cancelled by somebody else')]);
    expect(desk.openOrders()).toContain('sell long 1 @ 9900');
  });
});

describe('the exchange itself', () => {
  it('deleverages a part: booked, halted', async () => {
    const desk = await Desk.open();
    await desk.to(10_000);
    desk.exchange.acts.deleverage('main', desk.plan.symbol, 'long', '0.4');
    await desk.stay();
    expect([desk.operation, desk.held(), desk.positions()]).toEqual(['halted', { long: '0.6', short: '0' }, { long: '0.6' }]);
    expect(desk.latch.records.size).toBe(1);
  });

  it('loses our events for a while: fills are found by reading, nothing is opened meanwhile', async () => {
    const desk = await Desk.open(strategy(), {
      capabilities: { hasLosslessEvents: false },
      incidents: [{ type: 'silence', of: 'account', from: 150_000, until: 460_000, tellsGap: false }],
    });
    // A first price alone may be an old one: the plan opens on the second.
    await desk.to(10_000, 10_000, 9_900, 9_800);
    await desk.stay(2);
    expect(desk.held()).toEqual({ long: '0', short: '0.5076' });
    expect(desk.runner.failure).toBeNull();
    expect([desk.operation, desk.positions()]).toEqual(['running', { short: '-0.5076' }]);
  });

  it('answers no read: no entry is placed until one is answered', async () => {
    const desk = await Desk.open(strategy(), { capabilities: { hasLosslessEvents: false }, deliver: (request) => ({ requestMs: 0, responseMs: 0, applied: 1, answer: null, ...(request.kind === 'read' && request.account !== null && request.sentAt < 200_000 && request.sentAt > 0 ? { read: { fails: ['positions'] } } : {}) }) });
    await desk.to(10_000);
    expect(desk.openOrders()).toEqual([]);
    await desk.stay(4);
    expect(desk.openOrders().length).toBe(5);
  });
});

describe('funding of the moment a position was opened in', () => {
  it('is booked: it was charged on what had just been bought', async () => {
    const desk = await Desk.open();
    await desk.to(10_000);
    await desk.world.tick({ symbol: desk.plan.symbol, at: desk.at, last: '10000', mark: '10000', index: '10000', fundingRate: '0.0001' });
    await desk.stay();
    expect(factsOf(desk.runner.state!.wallets[0]!).ledger.funding).toBe('-1');
  });
});

describe('the store', () => {
  it('is away for a while: nothing is sent, and everything goes on when it is back', async () => {
    const desk = await Desk.open();
    await desk.to(10_000);
    desk.isStoreAway = true;
    const before = desk.openOrders();
    await desk.to(10_100, 10_200);
    expect(desk.openOrders()).toEqual(before);
    desk.isStoreAway = false;
    await desk.stay();
    expect(desk.runner.failure).toBeNull();
    expect(desk.openOrders()).toContain('sell long 1 @ 10100');
    expect(desk.runner.preview().actions).toEqual([]);
  });
});

describe('a trade that comes while the store is away', () => {
  it('is booked when the store is back, not when the next price or reading comes', async () => {
    const desk = await Desk.open();
    await desk.to(10_000, 10_000);
    desk.isStoreAway = true;
    await desk.exchange.others.closePosition('main', desk.plan.symbol, 'long', '0.5');
    await desk.world.quiesce();
    desk.isStoreAway = false;
    await desk.world.passTimeUntil(desk.at + 5_000);
    expect(desk.operation).toBe('diverged');
  });
});

describe('a reading that shows another position', () => {
  it('is not believed for what one before the last clean reading showed', async () => {
    const desk = await Desk.open();
    await desk.to(10_000);
    const watched = new WatchedExchange(desk.exchange);
    const { port } = watched;
    let wrongReadings = 0;
    const fetchSnapshot = async (account: string): Promise<AccountSnapshot> => {
      const snapshot = await port.fetchSnapshot(account);
      if (wrongReadings === 0) return snapshot;
      wrongReadings -= 1;
      return { ...snapshot, positions: snapshot.positions.map((position) => ({ ...position, amount: '0.5' })) };
    };
    await desk.restart({ exchange: { ...port, fetchSnapshot } });
    await desk.stay();
    for (let round = 0; round < 3; round += 1) {
      wrongReadings = 1;
      desk.world.engine.receive({ type: 'gap', since: desk.at, at: desk.at });
      await desk.stay();
      expect([round, wrongReadings, desk.operation]).toEqual([round, 0, 'running']);
    }
  });
});

describe('the lease', () => {
  it('is lost: nothing more is sent', async () => {
    const desk = await Desk.open();
    await desk.to(10_000);
    const before = desk.openOrders();
    await desk.restart({ lease: { fences: [], isHeld: () => false } });
    await desk.to(10_100);
    expect(desk.runner.failure).toMatchObject({ code: 'LEASE_LOST' });
    expect(desk.openOrders()).toEqual(before);
  });
});

describe('a latch in another folder', () => {
  it('is lifted by a resume that was taken elsewhere, and holds when it was set later or in an earlier life', async () => {
    const desk = await Desk.open();
    await desk.to(10_000, 10_100);
    await desk.ask('halt');
    const here = new Map(desk.latch.records);
    expect(here.get('test-plan')).toMatchObject({ action: 'halt', journal: { startedAt: 0 } });
    await desk.ask('resume');
    expect([desk.latch.records.size, operationOf(desk.runner.state!)]).toEqual([0, 'running']);
    // The bot comes back in the folder it was halted in.
    for (const [plan, record] of here) desk.latch.records.set(plan, record);
    await desk.restart();
    expect([desk.latch.records.size, operationOf(desk.runner.state!)]).toEqual([0, 'running']);
    for (const journal of [{ startedAt: 0, seq: 1_000 }, { startedAt: 7, seq: 1 }]) {
      desk.latch.records.set('test-plan', { action: 'halt', reason: 'by hand', at: 0, journal });
      await desk.restart();
      expect(operationOf(desk.runner.state!)).toBe('halted');
      await desk.ask('resume', `resume-${journal.seq}`);
    }
  });
});

describe('a plan that waits for the candles of its ATR', () => {
  it('answers what is asked of it, and starts halted when it was told to halt', async () => {
    const plan = strategy({ unit: { type: 'atr', length: 2, timeframe: '1m', multiple: '1' } });
    const desk = await Desk.open(plan, { candleTimeframesMs: [MINUTE] });
    await desk.to(10_000);
    expect(desk.runner.state).toBeNull();
    for (const action of ['pause', 'halt'] as const) {
      await desk.store.requestAction({ actionId: action, planId: 1, action, reason: 'a test', requestedBy: 'test', requestedAt: 0 });
      desk.world.engine.readActions();
      await desk.world.quiesce();
    }
    expect((await desk.store.loadAction('pause'))?.result).toMatchObject({ outcome: 'ignored', note: expect.stringContaining('not started') as string });
    expect((await desk.store.loadAction('halt'))?.result).toMatchObject({ outcome: 'done' });
    expect(desk.latch.records.get('test-plan')?.action).toBe('halt');
    await desk.to(10_050, 10_000, 10_100, 10_000);
    expect(operationOf(desk.runner.state!)).toBe('halted');
    expect(desk.exchange.truth().requests).toEqual([]);
    await desk.ask('resume');
    expect(operationOf(desk.runner.state!)).toBe('running');
    expect(longOf(factsOf(desk.runner.state!.wallets[0]!)).isZero()).toBe(false);
  });
});
