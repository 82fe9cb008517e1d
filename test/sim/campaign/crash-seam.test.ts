/** The machinery of the campaign itself: a process that has ended does nothing more, a machine that stands still does it later, stores forget. */
import { describe, expect, it, test } from 'vitest';
import { HedgerowError } from '../../../src/domain/errors.ts';
import type { ExchangeEvent } from '../../../src/ports/exchange.ts';
import { BOUNDARIES, CrashSeam } from '../../../src/sim/campaign/crash-seam.ts';
import type { AtBoundary } from '../../../src/sim/campaign/crash-seam.ts';
import { DurableStore, memoryLatch } from '../../../src/sim/campaign/durable-store.ts';
import { shrinkTape } from '../../../src/sim/campaign/shrink-tape.ts';
import { spreadOf } from '../../../src/sim/campaign/campaign-tally.ts';
import { parseTape, tapeText } from '../../../src/sim/campaign/tape.ts';
import { createMemoryStore } from '../../../src/sim/memory-store.ts';
import { World } from '../exchange/world.ts';

const ORDER = {
  account: 'main',
  symbol: 'BTC/USDT:USDT',
  clientOrderId: 'a1',
  side: 'buy',
  type: 'market',
  amount: '0.1',
  price: null,
  triggerPrice: null,
  triggerBy: 'last',
  positionSide: 'long',
  reduceOnly: false,
  postOnly: false,
} as const;

function seamOn(world: World, atBoundary: AtBoundary): CrashSeam {
  return new CrashSeam(world.exchange, createMemoryStore(), memoryLatch(() => {}), atBoundary);
}

/** Whatever can go on has gone on. */
const everything = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a process that ends at a boundary of placing an order', () => {
  it.each([
    ['before', 0],
    ['sent', 1],
    ['after', 1],
  ] as const)('%s: the exchange holds %d orders, and nobody hears an answer', async (moment, held) => {
    const world = new World();
    const seam = seamOn(world, (call, at) => (call === 'placeOrder' && at === moment ? 'end' : 'go on'));
    let isAnswered = false;
    const events: ExchangeEvent[] = [];
    seam.exchange.subscribe((event) => events.push(event));
    void seam.exchange.placeOrder(ORDER).then(() => (isAnswered = true));
    await everything();
    expect(world.exchange.truth().orders).toHaveLength(held);
    expect([isAnswered, seam.isDead]).toEqual([false, true]);
    const heard = events.length;
    world.price('10001');
    void seam.exchange.fetchPrice(ORDER.symbol).then(() => (isAnswered = true));
    await everything();
    expect([events.length, isAnswered]).toEqual([heard, false]);
  });
});

test('a machine that stands still hears answers and events when it goes on, once', async () => {
  const world = new World();
  const seam = seamOn(world, (call, moment) => (call === 'fetchPrice' && moment === 'after' ? 'pause' : 'go on'));
  const events: ExchangeEvent[] = [];
  let answers = 0;
  seam.exchange.subscribe((event) => events.push(event));
  void seam.exchange.fetchPrice(ORDER.symbol).then(() => (answers += 1));
  await everything();
  world.price('10001');
  await everything();
  expect([answers, events.length]).toEqual([0, 0]);
  seam.resume();
  await everything();
  expect([answers, events.length]).toEqual([1, 1]);
});

test('the names of boundaries are those a seam calls', async () => {
  const seen = new Set<string>();
  const world = new World();
  const seam = seamOn(world, (call, moment) => {
    seen.add(`${call}:${moment}`);
    return 'go on';
  });
  await seam.exchange.placeOrder(ORDER);
  await seam.exchange.fetchSnapshot('main');
  await seam.store.findPlan({ venue: 'v', name: 'n' });
  await seam.latch.read('n');
  expect([...seen].filter((name) => !BOUNDARIES.includes(name))).toEqual([]);
  expect(seen.size).toBe(9);
});

describe('a durable store', () => {
  const entry = (seq: number) => ({ planId: 1, entries: [{ seq, at: seq, type: 'noted', payload: seq }], snapshot: null, orders: [], intents: [], trades: [] });

  async function withThreeCommits(faults: ('away' | 'unsure' | null)[] = []) {
    const committed: number[] = [];
    const durable = new DurableStore({ now: () => 0 }, true, ({ entries }) => committed.push(entries[0]?.seq ?? 0), () => faults.shift() ?? null);
    const store = durable.open();
    await store.openPlan({ venue: 'v', name: 'n' }, {}, 'h', 0);
    for (const seq of [1, 2, 3]) await store.commit(entry(seq)).catch((error: unknown) => expect((error as HedgerowError).code).toBe('STORE_UNAVAILABLE'));
    return { durable, store, committed };
  }

  it('forgets its newest commits, also for who has it open, and takes their numbers again', async () => {
    const { durable, store } = await withThreeCommits();
    expect((await durable.lose(2)).map(({ entries }) => entries[0]?.seq)).toEqual([1]);
    expect((await store.readJournal(1, 0, 9)).map(({ seq }) => seq)).toEqual([1]);
    await store.commit(entry(2));
    expect(await durable.open().readJournal(1, 0, 9)).toHaveLength(2);
  });

  it('has not committed when it was away, and has when it did not say', async () => {
    const away = await withThreeCommits([null, null, 'away']);
    expect(away.committed).toEqual([1, 2]);
    const unsure = await withThreeCommits([null, null, 'unsure']);
    expect(unsure.committed).toEqual([1, 2, 3]);
  });
});

test('shrinking keeps what breaks and drops the rest', async () => {
  const tape = parseTape('long/fragments/4/m2 hedge/scaling/3/m1 joint lev=3 lossy latency=250 p3:lost p9:error r4:timeout !57/3000/2 !90/5000 | +1 -0.37 @ban:90000 +2 -1 L+1 -3');
  const violation = { invariant: 'I6', message: 'I6: 0.5 uncovered', facts: {}, step: 7, at: 0 };
  const shrunk = await shrinkTape(tape, violation, async ({ faults, crashes, steps }) => {
    const isBroken = faults.some(({ kind }) => kind === 'error') && crashes.length > 0 && steps.some((step) => step.type === 'by' && step.hundredths < 0);
    return isBroken ? { ...violation, message: `I6: ${steps.length} uncovered`, step: steps.length } : null;
  });
  expect(tapeText(shrunk.tape)).toMatch(/^(?:long\/fragments|hedge\/scaling)\/1\/m\d p9:error !\d+\/1000 \| -\d/);
  expect(shrunk.tape.steps).toHaveLength(1);
});

test('another sentence is another failure: shrinking does not follow it', async () => {
  const tape = parseTape('p3:lost | +1 -1');
  const violation = { invariant: 'I6', message: 'I6: 0.5 uncovered', facts: {}, step: 2, at: 0 };
  const { tape: kept } = await shrinkTape(tape, violation, async () => ({ ...violation, invariant: 'I1', message: 'I1: twice' }));
  expect(tapeText(kept)).toBe(tapeText(tape));
});

test('percentiles are by nearest rank', () => {
  expect(spreadOf([])).toBeNull();
  expect(spreadOf([3, 1, 2])).toEqual({ count: 3, p50: 2, p99: 3, max: 3 });
});
