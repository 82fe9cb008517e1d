/** The part of the store's contract about what is kept for how long: checkpoints and compaction. Covers I12: what is left rebuilds the state. */
import { expect, test } from 'vitest';
import { COMPACTED_ENTRY_TYPES } from '../../src/domain/journal-retention.ts';
import type { CommitBatch, Store } from '../../src/ports/store.ts';
import { CHECKPOINT_EVERY, NOW, batch, entry, intent, newPlan, order, trade } from './store-samples.ts';

function snapshot(seq: number): NonNullable<CommitBatch['snapshot']> {
  return { machine: 'm', version: 2, seq, at: NOW + seq, snapshot: { seq, text: '1.10' } };
}

export function retentionTests(store: () => Store): void {
  test(`a snapshot is kept whenever another ${CHECKPOINT_EVERY} entries are written`, async () => {
    const { planId } = await newPlan(store());
    let seq = 0;
    const commit = async (count: number) => {
      const entries = Array.from({ length: count }, (_, index) => entry(seq + index + 1));
      seq += count;
      await store().commit(batch(planId, { entries, snapshot: snapshot(seq) }));
    };
    const lastSeq = async () => (await store().loadCheckpoint(planId, 'last'))?.seq ?? null;
    await commit(CHECKPOINT_EVERY - 1);
    expect(await lastSeq()).toBeNull();
    await commit(1);
    expect(await store().loadCheckpoint(planId, 'last')).toEqual(snapshot(CHECKPOINT_EVERY));
    await store().commit(batch(planId, { snapshot: snapshot(seq) }));
    await commit(CHECKPOINT_EVERY - 1);
    expect(await lastSeq()).toBe(CHECKPOINT_EVERY);
    await commit(3 * CHECKPOINT_EVERY);
    expect(await lastSeq()).toBe(seq);
    expect(await store().loadCheckpoint(planId, 'first')).toBeNull();
    expect(await store().loadCheckpoint(1_000_000, 'last')).toBeNull();
  });

  test('compaction takes what is old and noisy, and a replay begins where nothing is missing after it', async () => {
    const plan = await newPlan(store());
    const { planId } = plan;
    const types = [...COMPACTED_ENTRY_TYPES, 'fill.booked', 'never.heard.of'];
    for (let seq = 1; seq <= 30; seq += 1) {
      const trades = seq % 10 === 0 ? [{ seq, trade: trade(`t${seq}`) }] : [];
      await store().commit(batch(planId, { entries: [{ ...entry(seq), type: types[seq % types.length]! }], snapshot: snapshot(seq), trades }));
    }
    const all = await store().readJournal(planId, 0, 100);
    expect(await store().compact(planId, NOW)).toEqual({ throughSeq: 0, entries: 0, orders: 0, intents: 0, checkpoints: 0 });
    expect(await store().loadCheckpoint(planId, 'first')).toBeNull();

    const throughSeq = Math.floor(21 / CHECKPOINT_EVERY) * CHECKPOINT_EVERY;
    const gone = all.filter(({ seq, type }) => seq <= throughSeq && COMPACTED_ENTRY_TYPES.includes(type));
    const compaction = { throughSeq, entries: gone.length, orders: 0, intents: 0, checkpoints: throughSeq / CHECKPOINT_EVERY - 1 };
    expect(gone.length).toBeGreaterThan(10);
    expect(await store().compact(planId, NOW + 22)).toEqual(compaction);
    expect(await store().readJournal(planId, 0, 100)).toEqual(all.filter((each) => !gone.includes(each)));
    expect(await store().readJournal(planId, 0, 3)).toEqual(all.filter((each) => !gone.includes(each)).slice(0, 3));
    expect(await store().loadCheckpoint(planId, 'first')).toEqual(snapshot(throughSeq));
    expect(await store().loadTrades(planId, 0)).toHaveLength(3);

    expect(await store().compact(planId, NOW + 22)).toEqual({ ...compaction, entries: 0, checkpoints: 0 });
    expect(await store().compact(planId, NOW)).toEqual({ ...compaction, entries: 0, checkpoints: 0 });
    await store().commit(batch(planId, { entries: [entry(31)] }));
    expect(await store().findPlan(plan)).toMatchObject({ seq: 31, snapshot: snapshot(30) });
    expect(await store().compact(1_000_000, NOW)).toEqual({ throughSeq: 0, entries: 0, orders: 0, intents: 0, checkpoints: 0 });
  });

  test('compaction keeps orders that were filled, that may rest, that are recent, and the newest generation of every slot', async () => {
    const { planId } = await newPlan(store());
    const old = { updatedAt: NOW - 1, status: 'closed' } as const;
    const orders = [
      order('spent', { ...old, slot: 's', generation: 1 }),
      order('refused', { ...old, slot: 's', generation: 2, status: 'refused' }),
      order('filled', { ...old, slot: 's', generation: 3, filled: '0.001' }),
      order('resting', { ...old, slot: 's', generation: 4, status: 'live' }),
      order('recent', { ...old, slot: 's', generation: 5, updatedAt: NOW }),
      order('newest', { ...old, slot: 's', generation: 6 }),
      order('newest of its cycle', { ...old, slot: 's', cycle: 2, generation: 1 }),
      order('newest of its slot', { ...old, slot: 't', generation: 0 }),
    ];
    const done = { outcome: 'done', settledAt: NOW - 1 } as const;
    const intents = orders.flatMap(({ clientOrderId }) => [
      intent(`${clientOrderId}:place`, { ...done, clientOrderId }),
      intent(`${clientOrderId}:amend:7`, { ...done, clientOrderId, kind: 'amend' }),
      intent(`${clientOrderId}:amend:8`, { ...done, clientOrderId, kind: 'amend', settledAt: NOW }),
      intent(`${clientOrderId}:cancel:9`, { clientOrderId, kind: 'cancel' }),
    ]);
    await store().commit(batch(planId, { orders, intents }));
    const generations = await store().loadGenerations(planId, 0);
    const working = await store().loadWorkingOrders(planId);
    const pending = await store().loadPendingIntents(planId);

    // The placing of the two that are gone, and the old amendment of all but the one that rests.
    expect(await store().compact(planId, NOW)).toEqual({ throughSeq: 0, entries: 0, orders: 2, intents: 2 + orders.length - 1, checkpoints: 0 });
    const left = await Promise.all(orders.map(({ clientOrderId }) => store().loadOrder(planId, clientOrderId)));
    expect(left).toEqual(orders.map((each) => (each.clientOrderId === 'spent' || each.clientOrderId === 'refused' ? null : each)));
    expect(await store().loadGenerations(planId, 0)).toEqual(generations);
    expect(await store().loadWorkingOrders(planId)).toEqual(working);
    expect(await store().loadPendingIntents(planId)).toEqual(pending);
  });
}
