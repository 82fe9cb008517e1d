/** The embedded database: what is acknowledged is on disk, survives kill -9, and one process at a time can open it (I2, I16). */
import { cpSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { migrate, readMigrations } from '../../../src/adapters/postgres/migrations.ts';
import { openStore } from '../../../src/adapters/postgres/open-store.ts';
import { openPglite } from '../../../src/adapters/postgres/pglite-database.ts';
import { createSqlStore } from '../../../src/adapters/postgres/sql-store.ts';
import { batch, entry, intent, newPlan, order, trade } from '../../contract/store-samples.ts';
import { storeContract } from '../../contract/store.ts';
import { buildStore, outputOf, type BuiltStore } from './built-store.ts';
import { migrationSuite } from './migration-suite.ts';
import { durableSubject, temporaryFolder, type TemporaryFolder } from './test-database.ts';

const KILLS = 3;
const MAX_COMMITS_BEFORE_KILL = 60;

/** Commits until it is killed. Each commit holds an order, an intent and a trade of the same number, and is acknowledged by a line. */
const WRITER = `
import { writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { openStore } from './src/adapters/postgres/open-store.js';
const { dataDir, order, intent, trade } = JSON.parse(process.argv[2]);
const store = await openStore({ dataDir });
const plan = await store.openPlan({ venue: 'killed', name: 'writer' }, {}, 'hash', 0);
writeSync(1, 'loaded pg: ' + Object.keys(createRequire(import.meta.url).cache).some((path) => path.includes('/node_modules/pg/')) + '\\n');
for (let seq = plan.seq + 1; ; seq += 1) {
  const id = String(seq);
  await store.commit({
    planId: plan.planId,
    entries: [{ seq, at: seq, type: 'price.seen', payload: { seq } }],
    snapshot: { machine: 'm', version: 1, seq, at: seq, snapshot: { seq, text: 'x'.repeat(3000) } },
    orders: [{ ...order, clientOrderId: id }],
    intents: [{ ...intent, intentId: id, seq }],
    trades: [{ seq, trade: { ...trade, id, at: seq } }],
  });
  writeSync(1, 'committed ' + seq + '\\n');
}`;

/** A data folder with an empty, migrated database; making one anew takes seconds, so each test gets a copy. */
let template: string;
let modeWhileOpen: number;
let built: BuiltStore;
let folder: TemporaryFolder;

beforeAll(async () => {
  folder = temporaryFolder();
  built = buildStore();
  template = join(folder.path, 'not', 'there', 'yet');
  const store = await openStore({ dataDir: template });
  modeWhileOpen = statSync(template).mode & 0o777;
  await store.close();
}, 180_000);

afterAll(() => {
  built?.remove();
  folder?.remove();
});

function newDataDir(name: string): string {
  const dataDir = join(folder.path, name);
  cpSync(template, dataDir, { recursive: true });
  return dataDir;
}

storeContract('PGlite', async () => durableSubject({ dataDir: newDataDir('contract') }), { runs: 30 });
migrationSuite('PGlite', async () => ({ location: { dataDir: newDataDir('migrations') }, end: () => {} }));

test('the data folder is readable by its owner only, and holds nothing but the database when nobody uses it', async () => {
  expect(modeWhileOpen).toBe(0o700);
  expect(readdirSync(template)).toEqual(['db']);
  const inTheWay = join(template, 'db', 'PG_VERSION', 'below');
  await expect(openStore({ dataDir: inTheWay })).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', message: expect.stringContaining(inTheWay) });
});

test('every commit reaches the disk before it is acknowledged (fsync is called)', async () => {
  const database = await openPglite(join(newDataDir('fsync'), 'db'), 'PGlite fsync');
  await migrate(database, readMigrations(), 0);
  const store = await createSqlStore(database, async () => {});
  const { planId } = await newPlan(store);
  let before = await database.fsyncCount();
  for (let seq = 1; seq <= 50; seq += 1) {
    await store.commit(batch(planId, { entries: [entry(seq)] }));
    const after = await database.fsyncCount();
    expect(after).toBeGreaterThan(before);
    before = after;
  }
  const [settings] = await database.query("select current_setting('fsync') as fsync, current_setting('synchronous_commit') as synchronous_commit");
  expect(settings).toEqual({ fsync: 'on', synchronous_commit: 'on' });
  await store.close();
});

test('queries from outside wait until an open transaction has ended', async () => {
  const database = await openPglite(join(newDataDir('transactions'), 'db'), 'PGlite transactions');
  await database.script('create table public.t (n integer)');
  const rolledBack = database.transaction(async (sql) => {
    await sql.query('insert into public.t values (1)');
    await new Promise((resolve) => setTimeout(resolve, 50));
    throw new Error('changed my mind');
  });
  const outside = database.query('insert into public.t values (2)');
  const second = database.transaction((sql) => sql.query('insert into public.t values (3)'));
  await expect(rolledBack).rejects.toThrow('changed my mind');
  await Promise.all([outside, second]);
  expect(await database.query('select n from public.t order by n')).toEqual([{ n: 2 }, { n: 3 }]);
  await database.close();
});

test('dead rows and log stay bounded however many commits are made', async () => {
  const database = await openPglite(join(newDataDir('maintenance'), 'db'), 'PGlite maintenance');
  await migrate(database, readMigrations(), 0);
  const store = await createSqlStore(database, async () => {}, { commitsPerMaintenance: 50 });
  const { planId } = await newPlan(store);
  // About 10 kB that do not compress, 3 MB in all.
  const bulk = (seq: number) => Array.from({ length: 600 }, (_, index) => `${Math.sqrt(seq * 1_000 + index)}`);
  for (let seq = 1; seq <= 300; seq += 1) {
    await store.commit(batch(planId, { entries: [entry(seq)], snapshot: { machine: 'm', version: 1, seq, at: seq, snapshot: bulk(seq) }, orders: [order('a', { updatedAt: seq })] }));
  }
  const [sizes] = await database.query(`select pg_total_relation_size('hedgerow.heads')::integer as heads,
    pg_wal_lsn_diff(pg_current_wal_lsn(), (select redo_lsn from pg_control_checkpoint()))::integer as log`);
  expect(sizes?.['heads']).toBeLessThan(1_500_000);
  expect(sizes?.['log']).toBeLessThan(1_500_000);
  await store.close();
});

test('a second opener is told who has the folder', async () => {
  const dataDir = newDataDir('locked');
  const store = await openStore({ dataDir });
  await expect(openStore({ dataDir })).rejects.toMatchObject({ code: 'STORE_LOCKED', message: expect.stringContaining('this process already') });
  const other = built.run(
    `import { openStore } from './src/adapters/postgres/open-store.js';
     await openStore({ dataDir: process.argv[2] }).catch((error) => console.log(error.code + ' ' + error.message));`,
    dataDir,
  );
  const [told] = await outputOf(other);
  expect(told).toMatch(/^STORE_LOCKED /);
  expect(told).toContain(dataDir);
  expect(told).toContain(`pid ${process.pid}`);
  expect(await newPlan(store)).toMatchObject({ seq: 0 });
  await store.close();
  await (await openStore({ dataDir })).close();
});

test('kill -9 while writing loses nothing that was acknowledged, and leaves no half commit', { timeout: 180_000 }, async () => {
  const dataDir = newDataDir('killed');
  const parameters = JSON.stringify({ dataDir, order: order('a'), intent: intent('a'), trade: trade('a') });
  for (let kill = 1; kill <= KILLS; kill += 1) {
    const child = built.run(WRITER, parameters);
    let acknowledged = 0;
    let left = Math.ceil((MAX_COMMITS_BEFORE_KILL * kill) / KILLS);
    const lines = await outputOf(child, (line) => {
      if (!line.startsWith('committed ')) return;
      acknowledged = Number(line.slice('committed '.length));
      left -= 1;
      if (left === 0) child.kill('SIGKILL');
    });
    expect(child.signalCode).toBe('SIGKILL');
    expect(lines[0]).toBe('loaded pg: false');

    const store = await openStore({ dataDir });
    const plan = (await store.findPlan({ venue: 'killed', name: 'writer' }))!;
    const numbers = Array.from({ length: plan.seq }, (_, index) => index + 1);
    expect(plan.seq).toBeGreaterThanOrEqual(acknowledged);
    expect(plan.seq).toBeLessThanOrEqual(acknowledged + 1);
    expect(plan.snapshot).toMatchObject({ seq: plan.seq, snapshot: { seq: plan.seq } });
    expect((await store.readJournal(plan.planId, 0, 10_000)).map((each) => each.payload)).toEqual(numbers.map((seq) => ({ seq })));
    expect((await store.loadWorkingOrders(plan.planId)).map((each) => Number(each.clientOrderId)).toSorted((a, b) => a - b)).toEqual(numbers);
    expect((await store.loadPendingIntents(plan.planId)).map((each) => each.seq)).toEqual(numbers);
    expect((await store.loadTrades(plan.planId, 0)).map((each) => Number(each.id))).toEqual(numbers);
    await store.close();
  }
});

