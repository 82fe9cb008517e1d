/** Compaction after a real run: the ledger reads the same to the last digit, and what is left of the journal still rebuilds the machines (I12). */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { SqlDatabase, SqlRow } from '../../../src/adapters/postgres/database.ts';
import { migrate } from '../../../src/adapters/postgres/migrations.ts';
import { openPglite } from '../../../src/adapters/postgres/pglite-database.ts';
import { createSqlStore } from '../../../src/adapters/postgres/sql-store.ts';
import { benchStrategy } from '../../../src/bench/bench-strategies.ts';
import { runBot } from '../../../src/bench/whole-bot.ts';
import { replayPlan } from '../../../src/engine/journal-replay.ts';
import type { Store, StoredPlan } from '../../../src/ports/store.ts';
import { EXAMPLE_SYMBOLS, generatedFeed } from '../../../src/sim/price-generator.ts';
import { KNOWN } from './migration-suite.ts';
import { temporaryFolder, type TemporaryFolder } from './test-database.ts';

const DAYS = 4;
const DAY_MS = 86_400_000;
const CHECKPOINT_EVERY = 50;

/** Made of what compaction takes: seen prices, and requests for orders that came to nothing. */
const SHORTENED = ['unit_touches', 'requests', 'order_legs', 'order_lives'];
/** What is kept of an order that was filled. */
const FILLED_LIVES = `select to_jsonb(o) - 'amends' - 'requests' as life from hedgerow.order_lives o where trades > 0 order by client_order_id`;

let folder: TemporaryFolder;
let database: SqlDatabase;
let store: Store;

beforeAll(async () => {
  folder = temporaryFolder();
  database = await openPglite(join(folder.path, 'db'), 'PGlite compaction');
  await migrate(database, KNOWN, 0);
  store = await createSqlStore(database, async () => {}, { checkpointEvery: CHECKPOINT_EVERY });
  const [market] = EXAMPLE_SYMBOLS;
  await runBot([{ ...benchStrategy({ symbol: market!.symbol }), unit: { type: 'percent', fraction: '0.01' } }], generatedFeed({ symbols: [market!], days: DAYS }), store);
}, 120_000);

afterAll(async () => {
  await store?.close();
  folder?.remove();
});

/** Every view of the ledger that must not change, row by row. */
async function ledger(): Promise<Readonly<Record<string, readonly SqlRow[]>>> {
  const names = (await database.query("select table_name as name from information_schema.views where table_schema = 'hedgerow' order by 1")).map(({ name }) => String(name));
  const views: Record<string, readonly SqlRow[]> = { 'lives of filled orders': await database.query(FILLED_LIVES) };
  for (const name of names.filter((each) => !SHORTENED.includes(each))) {
    views[name] = await database.query(`select to_jsonb(v) as row from hedgerow.${name} v order by to_jsonb(v)::text`);
  }
  return views;
}

async function onlyPlan(): Promise<StoredPlan> {
  const [plan] = await store.listPlans();
  return plan!;
}

test('what is derived from the journal is the same before and after, and a replay begins at the first checkpoint left', async () => {
  const plan = await onlyPlan();
  const before = await ledger();
  expect(Object.values(before).filter((rows) => rows.length > 0).length).toBeGreaterThan(3);
  expect(before['lives of filled orders']!.length).toBeGreaterThan(5);
  const whole = await replayPlan(store, plan);
  expect(whole).toMatchObject({ fromSeq: 0, toSeq: plan.snapshot!.seq, difference: null });

  const { throughSeq, entries, intents, checkpoints } = await store.compact(plan.planId, plan.snapshot!.at - DAY_MS);
  for (const count of [entries, intents, checkpoints]) expect(count).toBeGreaterThan(0);

  const after = await ledger();
  for (const [name, rows] of Object.entries(before)) expect(after[name], name).toEqual(rows);
  const rest = await replayPlan(store, await onlyPlan());
  expect(rest).toMatchObject({ fromSeq: throughSeq, toSeq: whole.toSeq, difference: null });
  expect(rest.entries).toBe(plan.seq - throughSeq);
});
