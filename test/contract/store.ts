/**
 * What every implementation of the Store port does, told as tests. Run it over each of them; the random part compares with the store in
 * memory, the rest is spelled out. Covers I2, I4, I12 and I16.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { JournalEntry, Store, StoredIntent, StoredOrder, StoredPlan } from '../../src/ports/store.ts';
import { createMemoryStore } from '../../src/sim/memory-store.ts';
import { retentionTests } from './store-retention.ts';
import { CHECKPOINT_EVERY, NOW, STRATEGY, batch, broken, entry, intent, newPlan, order, trade } from './store-samples.ts';
import { writerTests } from './store-writers.ts';

/** A store that keeps a snapshot every CHECKPOINT_EVERY entries. */
export interface StoreUnderTest {
  readonly store: Store;
  /** Resolves when its clock, the one of leases, has moved on by so many ms. */
  readonly pass: (ms: number) => Promise<void>;
  /** Closes and opens again; null for a store that forgets. */
  readonly reopen: (() => Promise<Store>) | null;
  readonly end: () => Promise<void>;
}

/** Set it to repeat a failed run. */
export const SEED = Number(process.env['HEDGEROW_TEST_SEED'] ?? Date.now() % 2 ** 31);

/** Everything a plan's reader can see. */
async function everything(store: Store, plan: StoredPlan): Promise<unknown> {
  const { planId: _, ...stored } = (await store.findPlan(plan))!;
  return {
    stored,
    journal: await store.readJournal(plan.planId, 0, 1_000),
    working: await store.loadWorkingOrders(plan.planId),
    generations: [...(await store.loadGenerations(plan.planId, 0))],
    recent: [...(await store.loadGenerations(plan.planId, 2))],
    pending: await store.loadPendingIntents(plan.planId),
    trades: await store.loadTrades(plan.planId, 0),
    checkpoints: [await store.loadCheckpoint(plan.planId, 'first'), await store.loadCheckpoint(plan.planId, 'last')],
    orders: await Promise.all(IDS.map((id) => store.loadOrder(plan.planId, id))),
  };
}

const IDS = ['a', 'b', 'B', 'c9', 'ü', '漢'];
const arbitraryId = fc.constantFrom(...IDS);
const arbitraryText = fc.string({ unit: 'grapheme', maxLength: 8 });
const arbitraryJson = fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<JournalEntry['payload']>;
const arbitraryAt = fc.nat(20).map((ms) => NOW + ms);
const arbitraryOrder = fc
  .record({
    id: arbitraryId,
    slot: fc.constantFrom('hedge/open/1', 'hedge/open/2', 'hedge/open/1+long/close/1'),
    cycle: fc.integer({ min: 0, max: 3 }),
    status: fc.constantFrom('committed', 'live', 'unknown', 'refused', 'closed' as const),
    filled: fc.constantFrom('0', '0.00', '0.5', '12345678901234567890.000000001'),
    reason: fc.option(arbitraryText),
    legs: arbitraryJson,
    generation: fc.nat(5),
    updatedAt: arbitraryAt,
  })
  .map(({ id, ...rest }) => order(id, rest as Partial<StoredOrder>));
const arbitraryIntent = fc
  .record({ id: arbitraryId, seq: fc.nat(5), outcome: fc.constantFrom('pending', 'done', 'refused', 'unknown' as const), reason: arbitraryText, request: arbitraryJson, code: fc.option(arbitraryText), clientOrderId: arbitraryId, kind: fc.constantFrom('place', 'amend', 'cancel' as const), settledAt: fc.option(arbitraryAt) })
  .map(({ id, ...rest }) => intent(id, rest as Partial<StoredIntent>));
const arbitraryBatch = fc.record({
  /** How far the first number is off the right one; mostly not at all. */
  offBy: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.constantFrom(-1, 1) }),
  payloads: fc.array(fc.record({ payload: arbitraryJson, type: fc.constantFrom('price.touched', 'order.place', 'fill.booked', 'never.heard.of') }), { maxLength: 4 }),
  snapshot: fc.option(arbitraryJson),
  orders: fc.array(arbitraryOrder, { maxLength: 4 }),
  intents: fc.array(arbitraryIntent, { maxLength: 4 }),
  /** Few enough ids that some are booked twice. */
  trades: fc.array(fc.record({ id: fc.nat(40).map(String), at: fc.nat(3) }), { maxLength: 3 }),
  /** What is older goes afterwards. */
  compactBefore: fc.option(arbitraryAt),
});

async function outcome(action: Promise<void>): Promise<string> {
  return action.then(
    () => 'committed',
    (error: Error) => `${(error as Error & { code: string }).code} ${error.message.slice(0, 3)}`,
  );
}

/** Declares the suite for the store `start` makes. */
export function storeContract(name: string, start: () => Promise<StoreUnderTest>, { runs }: { readonly runs: number }): void {
  describe(name, () => {
    let subject: StoreUnderTest;
    let store: Store;
    beforeAll(async () => {
      subject = await start();
      store = subject.store;
    });
    afterAll(() => subject?.end());

    test('a plan is made once, and keeps the strategy it was started with', async () => {
      const identity = { venue: 'sim', name: 'once' };
      expect(await store.findPlan(identity)).toBeNull();
      const plan = await store.openPlan(identity, STRATEGY, 'h1', NOW);
      expect(plan).toEqual({ ...identity, planId: plan.planId, strategy: STRATEGY, strategyHash: 'h1', startedAt: NOW, seq: 0, snapshot: null });
      expect(await store.openPlan(identity, { other: 1 }, 'h2', NOW + 5)).toEqual(plan);
      expect(await store.findPlan(identity)).toEqual(plan);
      const other = await store.openPlan({ venue: 'live', name: 'once' }, null, 'h3', NOW);
      expect(other.planId).toBeGreaterThan(plan.planId);
      const ids = (await store.listPlans()).map((each) => each.planId);
      expect(ids).toEqual(expect.arrayContaining([plan.planId, other.planId]));
      expect(ids).toEqual(ids.toSorted((a, b) => a - b));
    });

    test('openers of one new plan at the same time get the same plan', async () => {
      const opened = await Promise.all([1, 2, 3, 4].map((n) => store.openPlan({ venue: 'sim', name: 'together' }, { n }, `h${n}`, n)));
      for (const plan of opened) expect(plan).toEqual(opened[0]);
    });

    test('everything of a commit is read back as it was written', async () => {
      const { planId, venue } = await newPlan(store);
      const snapshot = { machine: 'hedge-wallet', version: 3, seq: 2, at: NOW + 2, snapshot: { value: 'ADVANCE', context: { entry: '1.10' } } };
      const late = trade('t1', { at: NOW + 10 });
      await store.commit(
        batch(planId, {
          entries: [entry(1), entry(2, null)],
          snapshot,
          orders: [order('a', { status: 'live', exchangeOrderId: 'x1' }), order('b', { status: 'closed', reason: 'FILLED', filled: '0.0010' })],
          intents: [intent('a:place'), intent('b:place', { outcome: 'done', settledAt: NOW + 1 })],
          trades: [{ seq: 2, trade: late }, { seq: 2, trade: trade('t9') }, { seq: 2, trade: trade('t10', { clientOrderId: null, positionSide: null }) }],
        }),
      );
      expect(await store.findPlan({ venue, name: 'btc' })).toMatchObject({ seq: 2, snapshot });
      expect(await store.readJournal(planId, 0, 10)).toEqual([entry(1), entry(2, null)]);
      expect(await store.readJournal(planId, 1, 10)).toEqual([entry(2, null)]);
      expect(await store.readJournal(planId, 0, 1)).toEqual([entry(1)]);
      expect(await store.loadWorkingOrders(planId)).toEqual([order('a', { status: 'live', exchangeOrderId: 'x1' })]);
      expect(await store.loadOrder(planId, 'b')).toEqual(order('b', { status: 'closed', reason: 'FILLED', filled: '0.0010' }));
      expect(await store.loadOrder(planId, 'nobody')).toBeNull();
      expect(await store.loadPendingIntents(planId)).toEqual([intent('a:place')]);
      expect(await store.loadTrades(planId, NOW)).toEqual([trade('t9'), trade('t10', { clientOrderId: null, positionSide: null }), late]);
      expect(await store.loadTrades(planId, NOW + 1)).toEqual([late]);
    });

    test('orders and intents are replaced, the last of a commit counts, and a commit without snapshot keeps the one before', async () => {
      const plan = await newPlan(store);
      const { planId } = plan;
      const snapshot = { machine: 'm', version: 1, seq: 1, at: NOW, snapshot: null };
      await store.commit(batch(planId, { entries: [entry(1)], snapshot, orders: [order('a')], intents: [intent('a:place')] }));
      await store.commit(
        batch(planId, {
          orders: [order('a', { status: 'live' }), order('a', { status: 'closed', filled: '1' })],
          intents: [intent('a:place', { outcome: 'unknown' }), intent('a:place', { outcome: 'refused', code: 'MIN_COST' })],
        }),
      );
      expect(await store.loadWorkingOrders(planId)).toEqual([]);
      expect(await store.loadOrder(planId, 'a')).toEqual(order('a', { status: 'closed', filled: '1' }));
      expect(await store.loadPendingIntents(planId)).toEqual([]);
      expect(await store.findPlan(plan)).toMatchObject({ seq: 1, snapshot });
    });

    test('generations are the highest per slot and cycle, also of closed orders', async () => {
      const { planId } = await newPlan(store);
      const at = (id: string, slot: string, cycle: number, generation: number) => order(id, { slot, cycle, generation, status: 'closed' });
      await store.commit(batch(planId, { orders: [at('1', 's', 1, 0), at('2', 's', 1, 4), at('3', 's', 1, 2), at('4', 's', 2, 1), at('5', 's+t', 2, 7)] }));
      expect(await store.loadGenerations(planId, 0)).toEqual(new Map([['s|1', 4], ['s|2', 1], ['s+t|2', 7]]));
      expect(await store.loadGenerations(planId, 2)).toEqual(new Map([['s|2', 1], ['s+t|2', 7]]));
    });

    test('a second writer collides on the journal number and changes nothing (I16)', async () => {
      const plan = await newPlan(store);
      const { planId } = plan;
      await store.commit(batch(planId, { entries: [entry(1), entry(2)] }));
      const before = await everything(store, plan);
      const rest = { orders: [order('a')], intents: [intent('a:place')], trades: [{ seq: 1, trade: trade('t') }] };
      await expect(store.commit(batch(planId, { entries: [entry(2, 'other')], ...rest }))).rejects.toEqual(broken('I16'));
      await expect(store.commit(batch(planId, { entries: [entry(1), entry(2, 'other')], ...rest }))).rejects.toEqual(broken('I16'));
      await expect(store.commit(batch(planId, { entries: [{ ...entry(2), at: NOW }], ...rest }))).rejects.toEqual(broken('I16'));
      await expect(store.commit(batch(planId, { entries: [{ ...entry(2), type: 'price.touched' }], ...rest }))).rejects.toEqual(broken('I16'));
      await expect(store.commit(batch(planId, { entries: [entry(1), entry(2), entry(3)], ...rest }))).rejects.toEqual(broken('I16'));
      await expect(store.commit(batch(planId, { entries: [entry(4)], ...rest }))).rejects.toEqual(broken('I16'));
      await expect(store.commit(batch(planId, { entries: [entry(3), entry(5)], ...rest }))).rejects.toEqual(broken('I16'));
      await expect(store.commit(batch(planId, { entries: [entry(3), entry(3)], ...rest }))).rejects.toEqual(broken('I16'));
      await expect(store.commit(batch(1_000_000, { entries: [entry(1)], ...rest }))).rejects.toEqual(broken('I16'));
      expect(await everything(store, plan)).toEqual(before);
    });

    test('a commit whose answer was lost is committed again and taken as done, once', async () => {
      const plan = await newPlan(store);
      const { planId } = plan;
      await store.commit(batch(planId, { entries: [entry(1)] }));
      const lost = batch(planId, {
        entries: [entry(2, { b: ['1.0', null], a: 1.5 }), entry(3, null)],
        snapshot: { machine: 'm', version: 1, seq: 3, at: NOW, snapshot: { n: 3 } },
        orders: [order('a')],
        intents: [intent('a:place')],
        trades: [{ seq: 2, trade: trade('t1') }],
      });
      await store.commit(lost);
      const before = await everything(store, plan);
      await store.commit(lost);
      await store.commit({ ...lost, entries: lost.entries.map((each) => (each.seq === 2 ? { ...each, payload: { a: 1.5, b: ['1.0', null] } } : each)) });
      expect(await everything(store, plan)).toEqual(before);
      await expect(store.commit({ ...lost, entries: [lost.entries[0]!, entry(3, 0)] })).rejects.toEqual(broken('I16'));
      await store.commit(batch(planId, { entries: [entry(4)] }));
      await store.commit(lost);
      expect(await store.findPlan(plan)).toMatchObject({ seq: 4, snapshot: { seq: 3 } });
    });

    test('the same commit sent several times at once is made once', async () => {
      const plan = await newPlan(store);
      const one = batch(plan.planId, { entries: [entry(1)], trades: [{ seq: 1, trade: trade('t1') }] });
      await Promise.all([1, 2, 3, 4, 5].map(() => store.commit(one)));
      expect(await store.loadTrades(plan.planId, 0)).toEqual([trade('t1')]);
      expect(await store.findPlan(plan)).toMatchObject({ seq: 1 });
    });

    test("an exchange's own record of a trade is kept", async () => {
      const { planId } = await newPlan(store);
      const raw = trade('t1', { info: { e: 'ORDER_TRADE_UPDATE', o: { t: 1, L: '60000.10', nested: [null, true] } } });
      await store.commit(batch(planId, { trades: [{ seq: 1, trade: raw }, { seq: 1, trade: trade('t2') }] }));
      const [first, second] = await store.loadTrades(planId, 0);
      expect(first).toEqual(raw);
      expect(second).not.toHaveProperty('info');
    });

    test('of two commits with one number at the same time one wins (I16)', async () => {
      const plan = await newPlan(store);
      const writers = [1, 2, 3, 4, 5].map((n) => outcome(store.commit(batch(plan.planId, { entries: [entry(1, n)], orders: [order(`by ${n}`)] }))));
      const outcomes = (await Promise.all(writers)).toSorted();
      expect(outcomes).toEqual([...Array<string>(4).fill('INVARIANT_BROKEN I16'), 'committed']);
      const [only] = await store.readJournal(plan.planId, 0, 10);
      expect((await store.loadWorkingOrders(plan.planId)).map((each) => each.clientOrderId)).toEqual([`by ${only?.payload as number}`]);
    });

    test('a trade is booked once, also by another plan of the venue, and a refused commit changes nothing (I4)', async () => {
      const plan = await newPlan(store);
      const { planId, venue } = plan;
      const sibling = await store.openPlan({ venue, name: 'sibling' }, {}, 'h', NOW);
      await store.commit(batch(planId, { entries: [entry(1)], trades: [{ seq: 1, trade: trade('t1') }] }));
      const before = await everything(store, plan);
      const again = { entries: [entry(2)], orders: [order('a')], trades: [{ seq: 2, trade: trade('t2') }, { seq: 2, trade: trade('t1') }] };
      await expect(store.commit(batch(planId, again))).rejects.toEqual(broken('I4'));
      await expect(store.commit(batch(planId, { trades: [{ seq: 1, trade: trade('t3') }, { seq: 1, trade: trade('t3') }] }))).rejects.toEqual(broken('I4'));
      await expect(store.commit(batch(sibling.planId, { entries: [entry(1)], trades: [{ seq: 1, trade: trade('t1') }] }))).rejects.toEqual(broken('I4'));
      expect(await everything(store, plan)).toEqual(before);
      const elsewhere = [trade('t1', { account: 'second' }), trade('t1', { symbol: 'ETH/USDT:USDT' })];
      await store.commit(batch(planId, { entries: [entry(2)], trades: elsewhere.map((each) => ({ seq: 2, trade: each })) }));
      const otherVenue = await newPlan(store);
      await store.commit(batch(otherVenue.planId, { trades: [{ seq: 1, trade: trade('t1') }] }));
    });

    test('what was stored does not change with the objects that were passed in or handed out', async () => {
      const plan = await newPlan(store);
      const payload = { list: [1] };
      const changing = { ...order('a'), legs: [{ amount: '1' }] };
      const commit = store.commit(batch(plan.planId, { entries: [entry(1, payload)], orders: [changing] }));
      payload.list.push(2);
      changing.legs[0]!.amount = '2';
      await commit;
      const [read] = await store.readJournal(plan.planId, 0, 1);
      expect(read?.payload).toEqual({ list: [1] });
      (read?.payload as { list: number[] }).list.push(3);
      expect((await store.readJournal(plan.planId, 0, 1))[0]?.payload).toEqual({ list: [1] });
      expect((await store.loadOrder(plan.planId, 'a'))?.legs).toEqual([{ amount: '1' }]);
    });

    test('any run of commits leaves what the same run leaves in memory', async () => {
      console.log(`${name}: HEDGEROW_TEST_SEED=${SEED}`);
      await fc.assert(
        fc.asyncProperty(fc.array(arbitraryBatch, { minLength: 1, maxLength: 8 }), async (batches) => {
          const plan = await newPlan(store);
          const model = createMemoryStore(undefined, CHECKPOINT_EVERY);
          const modelPlan = await model.openPlan(plan, STRATEGY, 'hash', NOW);
          for (const { offBy, payloads, snapshot, trades, compactBefore, ...rest } of batches) {
            const { seq } = (await model.findPlan(plan))!;
            const entries = payloads.map(({ payload, type }, index) => ({ ...entry(seq + 1 + offBy + index, payload), type }));
            const last = entries.at(-1)?.seq ?? seq;
            const common = {
              entries,
              snapshot: snapshot === null ? null : { machine: 'm', version: 1, seq: last, at: NOW + last, snapshot },
              trades: trades.map(({ id, at }) => ({ seq, trade: trade(id, { at }) })),
              ...rest,
            };
            const expected = await outcome(model.commit(batch(modelPlan.planId, common)));
            expect(await outcome(store.commit(batch(plan.planId, common)))).toBe(expected);
            if (compactBefore !== null) expect(await store.compact(plan.planId, compactBefore)).toEqual(await model.compact(modelPlan.planId, compactBefore));
          }
          expect(await everything(store, plan)).toEqual(await everything(model, modelPlan));
        }),
        { seed: SEED, numRuns: runs },
      );
    });

    writerTests(() => subject);
    retentionTests(() => store);

    test('everything is still there after close and open', async (context) => {
      if (subject.reopen === null) return context.skip();
      const plan = await newPlan(store);
      await store.commit(batch(plan.planId, { entries: [entry(1)], orders: [order('a')], intents: [intent('a:place')], trades: [{ seq: 1, trade: trade('t1') }] }));
      const before = [await everything(store, plan), await store.listPlans()];
      store = await subject.reopen();
      expect([await everything(store, plan), await store.listPlans()]).toEqual(before);
      await store.commit(batch(plan.planId, { entries: [entry(2)] }));
    });

    test('a closed store says so, and closing again is harmless', async () => {
      await store.close();
      await store.close();
      await expect(store.listPlans()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
      await expect(store.commit(batch(1))).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    });
  });
}
