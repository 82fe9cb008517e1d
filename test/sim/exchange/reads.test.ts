import { describe, expect, it } from 'vitest';
import type { Delivery } from '../../../src/sim/exchange/config.ts';
import type { ReadFate } from '../../../src/sim/exchange/faults.ts';
import { SimulatedExchange } from '../../../src/sim/exchange/simulated-exchange.ts';
import type { BookDelta } from '../../../src/sim/exchange/delta.ts';
import { BTC, World, configOf } from './world.ts';
import type { WorldOptions } from './world.ts';

const PROMPT: Delivery = { requestMs: 0, responseMs: 0, applied: 1, answer: null };
const LAG_MS = 5_000;

/** A world whose reads are treated as `fate` says at the time. */
class ReadWorld extends World {
  readonly #fates: { fate: ReadFate };

  constructor(options: WorldOptions = {}) {
    const fates: { fate: ReadFate } = { fate: {} };
    super({ capabilities: { readLagMs: LAG_MS }, deliver: ({ kind }) => (kind === 'read' ? { ...PROMPT, read: fates.fate } : PROMPT), ...options });
    this.#fates = fates;
  }

  set fate(fate: ReadFate) {
    this.#fates.fate = fate;
  }

  lag(lagMs: NonNullable<ReadFate['lagMs']>): void {
    this.fate = { lagMs };
  }

  wait(ms: number): void {
    this.exchange.advanceTo(this.exchange.now() + ms);
  }

  async openIds(): Promise<readonly string[]> {
    return (await this.exchange.fetchSnapshot('main')).openOrders.map((order) => order.clientOrderId);
  }
}

const ALL = { orders: LAG_MS, 'conditional-orders': LAG_MS, history: LAG_MS, positions: LAG_MS, trades: LAG_MS, events: LAG_MS, prices: LAG_MS };

describe('lagging reads', () => {
  it('do not know an order younger than the lag', async () => {
    const world = new ReadWorld();
    await world.done({ side: 'sell', amount: '1', triggerPrice: '9900', clientOrderId: 'young' });
    world.wait(LAG_MS - 1);
    world.lag(ALL);
    expect([await world.order('young'), await world.openIds()]).toEqual([null, []]);
    world.wait(1);
    expect([(await world.order('young'))?.status, await world.openIds()]).toEqual(['open', ['young']]);
  });

  it('show a cancelled order as open', async () => {
    const world = new ReadWorld();
    await world.done({ side: 'sell', amount: '1', triggerPrice: '9900', clientOrderId: 'gone' });
    world.wait(60_000);
    await world.exchange.cancelOrder({ account: 'main', symbol: BTC, clientOrderId: 'gone' });
    world.lag(ALL);
    expect([(await world.order('gone'))?.status, await world.openIds()]).toEqual(['open', ['gone']]);
    world.wait(LAG_MS);
    expect([(await world.order('gone'))?.status, await world.openIds()]).toEqual(['canceled', []]);
  });

  it('show positions and balance behind fills, each with the price of its time', async () => {
    const world = new ReadWorld();
    await world.done({ side: 'buy', amount: '1' });
    world.wait(60_000);
    world.price('10100');
    await world.done({ side: 'buy', amount: '2' });
    world.lag({ positions: LAG_MS });
    expect(await world.exchange.fetchSnapshot('main')).toMatchObject({ positions: [{ amount: '1' }], balance: { equity: '99995' } });
    world.lag({ positions: 500 });
    world.wait(500);
    expect(await world.exchange.fetchSnapshot('main')).toMatchObject({ complete: true, positions: [{ amount: '3' }], balance: { equity: '100084.9' } });
  });

  it('lag by namespace: trades before positions, events after', async () => {
    const world = new ReadWorld();
    await world.done({ side: 'buy', amount: '1' });
    world.exchange.others.transfer('main', '5');
    world.lag({ positions: 1_000, events: 1_000 });
    expect((await world.exchange.fetchTrades('main', BTC, 0)).length).toBe(1);
    expect((await world.exchange.fetchSnapshot('main')).positions).toEqual([]);
    expect(await world.exchange.fetchAccountEvents('main', 0)).toEqual([]);
    world.lag({ trades: 1_000 });
    expect(await world.exchange.fetchTrades('main', BTC, 0)).toEqual([]);
    expect((await world.exchange.fetchAccountEvents('main', 0)).length).toBe(1);
  });

  it('serve old prices', async () => {
    const world = new ReadWorld();
    world.price('10100');
    world.lag({ prices: 1_000 });
    expect(await world.exchange.fetchPrice(BTC)).toMatchObject({ last: '10000', at: 1_000 });
  });

  it('are never older than the capability says', async () => {
    const world = new ReadWorld();
    await world.done({ side: 'sell', amount: '1', triggerPrice: '9900', clientOrderId: 'old' });
    world.wait(LAG_MS);
    world.lag({ orders: 99 * LAG_MS, 'conditional-orders': 99 * LAG_MS, history: 99 * LAG_MS });
    expect([(await world.order('old'))?.status, await world.openIds()]).toEqual(['open', ['old']]);
  });

  it('do not lag at all where the capability is zero', async () => {
    const world = new ReadWorld({ capabilities: { readLagMs: 0 } });
    await world.done({ side: 'sell', amount: '1', triggerPrice: '9900', clientOrderId: 'young' });
    world.lag(ALL);
    expect([(await world.order('young'))?.status, await world.openIds()]).toEqual(['open', ['young']]);
  });

  it.each(['orders', 'conditional-orders'] as const)('show an order on its way between the namespaces once: %s late', async (late) => {
    const world = new ReadWorld();
    await world.done({ side: 'sell', amount: '1', positionSide: 'short', triggerPrice: '9900', price: '9950', clientOrderId: 'moves' });
    world.wait(60_000);
    world.price('9900');
    expect((await world.order('moves'))?.triggered).toBe(true);
    world.lag({ [late]: LAG_MS });
    expect(await world.openIds()).toEqual(['moves']);
    expect((await world.order('moves'))?.status).toBe('open');
  });

  it('forget no version that may still be asked for', async () => {
    const world = new ReadWorld();
    await world.done({ side: 'buy', amount: '1', price: '9000', clientOrderId: 'amended' });
    for (let n = 1; n <= 20; n += 1) {
      world.wait(1_000);
      await world.exchange.amendOrder({ account: 'main', symbol: BTC, clientOrderId: 'amended', amount: '1', price: String(9000 + n), triggerPrice: null });
    }
    for (const lagMs of [0, 1, 999, 1_000, 4_999, 5_000]) {
      world.lag({ orders: lagMs });
      expect((await world.order('amended'))?.price).toBe(String(9020 - Math.ceil(lagMs / 1_000)));
    }
  });

  it('are known again to an exchange that was restored', async () => {
    const options = { capabilities: { readLagMs: LAG_MS } };
    const world = new ReadWorld();
    const deltas: BookDelta[] = [world.exchange.snapshot()];
    world.exchange.onDelta((delta) => deltas.push(delta));
    await world.done({ side: 'sell', amount: '1', triggerPrice: '9900', clientOrderId: 'young' });
    const deliver = (): Delivery => ({ ...PROMPT, read: { lagMs: { 'conditional-orders': 1_000, history: 1_000, orders: 1_000 } } });
    const restored = SimulatedExchange.restore({ ...configOf(options), deliver }, deltas);
    expect(await restored.fetchOrder('main', BTC, 'young')).toBeNull();
    restored.advanceTo(restored.now() + 1_000);
    expect(await restored.fetchOrder('main', BTC, 'young')).not.toBeNull();
  });
});

describe('failing and partial reads', () => {
  const reads = {
    fetchOrder: (world: World) => world.order('x'),
    fetchTrades: (world: World) => world.exchange.fetchTrades('main', BTC, 0),
    fetchAccountEvents: (world: World) => world.exchange.fetchAccountEvents('main', 0),
    fetchSnapshot: (world: World) => world.exchange.fetchSnapshot('main'),
    fetchPrice: (world: World) => world.exchange.fetchPrice(BTC),
    fetchSettings: (world: World) => world.exchange.fetchSettings('main', BTC),
  } as const;
  const failing = [
    ['orders', ['fetchOrder', 'fetchSnapshot']],
    ['conditional-orders', ['fetchOrder', 'fetchSnapshot']],
    ['history', ['fetchOrder']],
    ['positions', ['fetchSnapshot']],
    ['trades', ['fetchTrades']],
    ['events', ['fetchAccountEvents']],
    ['prices', ['fetchPrice']],
    ['settings', ['fetchSettings']],
  ] as const;

  it.each(failing)('a failing namespace rejects what reads it: %s', async (surface, methods) => {
    const world = new ReadWorld();
    world.fate = { fails: [surface] };
    const failed: string[] = [];
    for (const [method, read] of Object.entries(reads)) {
      await Promise.resolve(read(world)).catch((error: unknown) => {
        expect(error).toMatchObject({ code: 'EXCHANGE_UNAVAILABLE' });
        failed.push(method);
      });
    }
    expect(failed).toEqual(methods);
  });

  it('a snapshot misses its newest rows and says so', async () => {
    const world = new ReadWorld();
    await world.done({ side: 'buy', amount: '1' });
    await world.done({ side: 'sell', amount: '1', positionSide: 'long', triggerPrice: '9900', clientOrderId: 's1' });
    await world.done({ side: 'buy', amount: '1', price: '9500', clientOrderId: 'l1' });
    await world.done({ side: 'sell', amount: '1', positionSide: 'long', triggerPrice: '9800', clientOrderId: 's2' });
    const seen = async (fate: ReadFate): Promise<unknown> => {
      world.fate = fate;
      const { complete, positions, openOrders } = await world.exchange.fetchSnapshot('main');
      return [complete, positions.length, openOrders.map((order) => order.clientOrderId)];
    };
    expect(await seen({})).toEqual([true, 1, ['s1', 'l1', 's2']]);
    expect(await seen({ missing: { 'conditional-orders': 1 } })).toEqual([false, 1, ['s1', 'l1']]);
    expect(await seen({ missing: { orders: 9 } })).toEqual([false, 1, ['s1', 's2']]);
    expect(await seen({ missing: { positions: 1 } })).toEqual([false, 0, ['s1', 'l1', 's2']]);
    expect(await seen({ missing: { positions: 0 } })).toEqual([false, 1, ['s1', 'l1', 's2']]);
  });

  it('any other read with missing rows rejects: absence would be taken for proof', async () => {
    const world = new ReadWorld();
    world.fate = { missing: { trades: 1 } };
    await expect(world.exchange.fetchTrades('main', BTC, 0)).rejects.toMatchObject({ code: 'EXCHANGE_UNAVAILABLE' });
  });
});
