/** Commits of a typical pass (two entries, the snapshot, an order, an intent), one after another as a plan makes them, on every store. */
import type { Json } from '../domain/json.ts';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '../adapters/postgres/open-store.ts';
import { toStored } from '../engine/order-tracker.ts';
import { persistPlan } from '../engine/step.ts';
import type { CommitBatch, Store, StoredOrder } from '../ports/store.ts';
import { createMemoryStore } from '../sim/memory-store.ts';
import type { Bench, OpenBench } from './bench.ts';
import { loadPlans, manyStrategies } from './loaded-plans.ts';
import { rateOf } from './measure.ts';
import { temporaryDatabase } from '../adapters/postgres/temporary-database.ts';

const ROUND_MS = 400;
const MEMORY = 'memory store';
const PGLITE = 'PGlite, in a temporary folder';
const POSTGRES = 'PostgreSQL server';
/** The same variable the tests of the store take. */
const SERVER_URL = process.env['HEDGEROW_TEST_DATABASE_URL'];

export const journalCommits: Bench = {
  group: 'journal commits',
  warmsUp: true,
  rows: [
    { name: PGLITE, unit: 'commits/s', yardstick: MEMORY },
    { name: POSTGRES, unit: 'commits/s', yardstick: MEMORY, ...(SERVER_URL === undefined ? { note: 'set HEDGEROW_TEST_DATABASE_URL=postgres://user@host:5432/postgres; a database of its own is made there and dropped' } : {}) },
    { name: MEMORY, unit: 'commits/s' },
  ],
  open: async (): Promise<OpenBench> => {
    const pass = await typicalPass();
    const memory = await Committer.on(createMemoryStore(), pass);
    const folder = realpathSync(mkdtempSync(join(tmpdir(), 'hedgerow-bench-')));
    const database = SERVER_URL === undefined ? null : await temporaryDatabase(SERVER_URL);
    const pglite = await Committer.on(await openStore({ dataDir: folder }), pass);
    const postgres = database === null ? null : await Committer.on(await openStore({ databaseUrl: database.url }), pass);
    return {
      round: async () => ({
        [MEMORY]: [await rateOf(ROUND_MS, () => memory.commit())],
        [PGLITE]: [await rateOf(ROUND_MS, () => pglite.commit())],
        ...(postgres === null ? {} : { [POSTGRES]: [await rateOf(ROUND_MS, () => postgres.commit())] }),
      }),
      close: async () => {
        for (const committer of [memory, pglite, postgres]) await committer?.close();
        await database?.drop();
        rmSync(folder, { recursive: true, force: true });
      },
    };
  },
};

interface TypicalPass {
  readonly snapshot: Json;
  readonly orders: readonly StoredOrder[];
  readonly at: number;
}

/** Taken from a plan with two wallets that has just placed its windows. */
async function typicalPass(): Promise<TypicalPass> {
  const { world, at } = await loadPlans(manyStrategies(1, 'own'));
  const [runner] = world.engine.runners;
  if (runner?.state === undefined || runner.state === null) throw new Error('the plan of this benchmark has not started');
  const snapshot = { ...persistPlan(runner.state), engine: runner.memory } as unknown as Json;
  return { snapshot, orders: runner.workingOrders.map((order) => toStored(order, at)), at };
}

class Committer {
  readonly #store: Store;
  readonly #pass: TypicalPass;
  readonly #planId: number;
  #seq = 0;

  private constructor(store: Store, pass: TypicalPass, planId: number) {
    this.#store = store;
    this.#pass = pass;
    this.#planId = planId;
  }

  static async on(store: Store, pass: TypicalPass): Promise<Committer> {
    const { planId } = await store.openPlan({ venue: 'bench', name: 'bench' }, {}, 'bench', pass.at);
    return new Committer(store, pass, planId);
  }

  async commit(): Promise<number> {
    await this.#store.commit(this.#nextBatch());
    return 1;
  }

  async close(): Promise<void> {
    await this.#store.close();
  }

  /** The window of one rung slides: a touch, an amendment of its order, the intent to send it. */
  #nextBatch(): CommitBatch {
    const { snapshot, orders, at } = this.#pass;
    const seq = (this.#seq += 2);
    const order = orders[(seq / 2) % orders.length];
    if (order === undefined) throw new Error('the plan of this benchmark has no order');
    const { clientOrderId, slot, request } = order;
    const reason = `${slot}: trigger 9900 → 10000`;
    return {
      planId: this.#planId,
      entries: [
        { seq: seq - 1, at, type: 'price.touched', payload: { input: { to: 'wallets', event: { type: 'price.touched', price: '10100', at, slides: true } } } },
        { seq, at, type: 'order.amend', payload: { clientOrderId, slot, reason, amount: request.amount, triggerPrice: request.triggerPrice, price: null } },
      ],
      snapshot: { machine: 'plan', version: 1, seq, at, snapshot },
      orders: [{ ...order, updatedAt: at + seq }],
      intents: [
        {
          intentId: `${clientOrderId}:amend:${seq}`,
          clientOrderId,
          kind: 'amend',
          seq,
          request: request as unknown as Json,
          reason,
          outcome: 'pending',
          code: null,
          committedAt: at,
          settledAt: null,
        },
      ],
      trades: [],
    };
  }
}
