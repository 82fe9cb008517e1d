/**
 * What a PostgreSQL server can do to the store, and what the store makes of it: an answer that is lost, a server that is gone, silent, slow
 * or read-only, and one that does not keep what it acknowledges (I2, I4). Needs HEDGEROW_TEST_DATABASE_URL for all but the first tests.
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { driverError, storeError, type SqlDatabase, type SqlRow } from '../../../src/adapters/postgres/database.ts';
import { requireDurable } from '../../../src/adapters/postgres/durability.ts';
import { migrate } from '../../../src/adapters/postgres/migrations.ts';
import { openStore } from '../../../src/adapters/postgres/open-store.ts';
import { openPostgres } from '../../../src/adapters/postgres/postgres-database.ts';
import { createSqlStore } from '../../../src/adapters/postgres/sql-store.ts';
import type { Store } from '../../../src/ports/store.ts';
import { batch, broken, entry, newPlan, trade } from '../../contract/store-samples.ts';
import { KNOWN } from './migration-suite.ts';
import { SERVER_URL, temporaryDatabase, type TemporaryDatabase } from './test-database.ts';
import { unreliableProxy, type UnreliableProxy } from './unreliable-proxy.ts';

const STATEMENT_TIMEOUT_MS = 400;
/** After that, what the driver waits for a silent server, and room for a busy machine. */
const ENDS_WITHIN_MS = STATEMENT_TIMEOUT_MS + 5_000 + 4_000;

const DURABLE: SqlRow = { version: 170_004, version_text: '17.4', fsync: 'on', full_page_writes: 'on', synchronous_commit: 'on', is_standby: false };

function answering(row: SqlRow): SqlDatabase {
  return {
    description: 'PostgreSQL host/bot',
    needsMaintenance: false,
    query: async () => [row],
    script: async () => {},
    transaction: () => Promise.reject(new Error('nothing is written here')),
    close: async () => {},
  };
}

function unavailable(words: RegExp): object {
  return expect.objectContaining({ code: 'STORE_UNAVAILABLE', message: expect.stringMatching(words) });
}

test.each([
  ['53100', 'could not extend file "base/16384/16399": No space left on device'],
  ['25006', 'cannot execute UPDATE in a read-only transaction'],
  ['57014', 'canceling statement due to statement timeout'],
  ['57P01', 'terminating connection due to administrator command'],
  ['42P01', 'relation "hedgerow.heads" does not exist'],
])('SQLSTATE %s is told as STORE_UNAVAILABLE in the words of the server', (code, message) => {
  const error = driverError('PostgreSQL host/bot', Object.assign(new Error(message), { code }));
  expect(storeError('PostgreSQL host/bot', error)).toMatchObject({ code: 'STORE_UNAVAILABLE', message: expect.stringContaining(message) });
});

test.each([
  [{ version: 140_011, version_text: '14.11' }, /version 14\.11; use PostgreSQL 15 or newer/],
  [{ fsync: 'off' }, /set fsync = on/],
  [{ full_page_writes: 'off' }, /set full_page_writes = on/],
  [{ synchronous_commit: 'off' }, /synchronous_commit is off/],
  [{ is_standby: true }, /connect to the primary/],
])('a server that may lose what it acknowledged is refused: %j', async (change, words) => {
  await expect(requireDurable(answering(DURABLE))).resolves.toBeUndefined();
  await expect(requireDurable(answering({ ...DURABLE, synchronous_commit: 'remote_apply' }))).resolves.toBeUndefined();
  await expect(requireDurable(answering({ ...DURABLE, ...change }))).rejects.toEqual(unavailable(words));
  await expect(requireDurable(answering({ ...DURABLE, ...change }))).rejects.toThrow('PostgreSQL host/bot');
});

describe.skipIf(SERVER_URL === undefined)('server', () => {
  let database: TemporaryDatabase;
  let proxy: UnreliableProxy;
  let store: Store;
  beforeAll(async () => {
    database = await temporaryDatabase();
    await (await openStore({ databaseUrl: database.url })).close();
  });
  afterAll(() => database?.drop());
  beforeEach(async () => {
    proxy = await unreliableProxy(database.url);
    const direct = openPostgres(proxy.url, STATEMENT_TIMEOUT_MS);
    await migrate(direct, KNOWN, 0);
    store = await createSqlStore(direct, async () => {});
  });
  afterEach(async () => {
    proxy.breakAll();
    await store.close();
    await proxy.close();
  });

  /** A session of its own, not by way of the proxy. */
  async function beside<T>(work: (sql: SqlDatabase) => Promise<T>): Promise<T> {
    const admin = openPostgres(database.url);
    try {
      return await work(admin);
    } finally {
      await admin.close();
    }
  }

  test('a commit whose answer was lost with the connection is committed again, and booked once', async () => {
    const plan = await newPlan(store);
    const one = batch(plan.planId, { entries: [entry(1)], trades: [{ seq: 1, trade: trade('t1') }] });
    proxy.swallowAnswers();
    const lost = store.commit(one);
    const arrived = async () => Number((await beside((sql) => sql.query('select seq from hedgerow.heads where plan_id = $1', [plan.planId])))[0]?.['seq']) === 1;
    await expect.poll(arrived, { timeout: 5_000 }).toBe(true);
    proxy.breakAll();
    await expect(lost).rejects.toEqual(unavailable(/may or may not be stored/));
    await expect.poll(() => store.commit(one).then(() => 'done', (error: { code: string }) => error.code), { timeout: 5_000 }).toBe('done');
    await expect(store.commit({ ...one, entries: [entry(1, 'other')] })).rejects.toEqual(broken('I16'));
    expect(await store.loadTrades(plan.planId, 0)).toHaveLength(1);
    expect(await store.findPlan(plan)).toMatchObject({ seq: 1 });
  });

  test('a server that says nothing is given up after a stated time, and asked again on a new connection', { timeout: 30_000 }, async () => {
    const plan = await newPlan(store);
    proxy.swallowAnswers();
    const startedAt = performance.now();
    await expect(store.commit(batch(plan.planId, { entries: [entry(1)] }))).rejects.toEqual(unavailable(/timeout/));
    expect(performance.now() - startedAt).toBeLessThan(ENDS_WITHIN_MS);
    proxy.breakAll();
    await expect.poll(() => store.commit(batch(plan.planId, { entries: [entry(1)] })).then(() => 'done', (error: { code: string }) => error.code), { timeout: 5_000 }).toBe('done');
  });

  test('a server that goes away and comes back is used again without being opened again', async () => {
    const plan = await newPlan(store);
    proxy.refuse(true);
    proxy.breakAll();
    for (let attempt = 0; attempt < 3; attempt += 1) await expect(store.listPlans()).rejects.toEqual(unavailable(/cannot be reached/));
    proxy.refuse(false);
    await store.commit(batch(plan.planId, { entries: [entry(1)] }));
    expect(await store.findPlan(plan)).toMatchObject({ seq: 1 });
  });

  test('a statement that waits too long is ended by the server, and writes nothing', async () => {
    const plan = await newPlan(store);
    await beside((admin) =>
      admin.transaction(async (sql) => {
        await sql.query('select 1 from hedgerow.heads where plan_id = $1 for update', [plan.planId]);
        await expect(store.commit(batch(plan.planId, { entries: [entry(1)] }))).rejects.toEqual(unavailable(/statement timeout/));
      }),
    );
    expect(await store.findPlan(plan)).toMatchObject({ seq: 0 });
    await store.commit(batch(plan.planId, { entries: [entry(1)] }));
  });

  test('a database that takes no writes is told in its own words', async () => {
    const plan = await newPlan(store);
    const name = new URL(database.url).pathname.slice(1);
    const set = (to: string) => beside((sql) => sql.script(`alter database ${name} ${to}`));
    await set('set default_transaction_read_only = on');
    proxy.breakAll();
    await expect.poll(() => store.commit(batch(plan.planId, { entries: [entry(1)] })).catch((error: Error) => error.message), { timeout: 5_000 }).toMatch(/read-only transaction/);
    await beside((sql) => sql.transaction(async (inside) => inside.script(`set transaction read write; alter database ${name} reset default_transaction_read_only`)));
    proxy.breakAll();
    await expect.poll(() => store.commit(batch(plan.planId, { entries: [entry(1)] })).then(() => 'done', (error: Error) => error.message), { timeout: 5_000 }).toBe('done');
  });

  test('sessions commit to disk also where synchronous_commit is off, and the server as a whole is durable', async () => {
    const name = new URL(database.url).pathname.slice(1);
    await beside((sql) => sql.script(`alter database ${name} set synchronous_commit = off`));
    const [server] = await beside((sql) => sql.query("select current_setting('fsync') as fsync"));
    const check = openStore({ databaseUrl: database.url, mustBeDurable: true }).then((opened) => opened.close());
    if (server?.['fsync'] === 'on') await expect(check).resolves.toBeUndefined();
    else await expect(check).rejects.toEqual(unavailable(/set fsync = on/));
    await beside(async (sql) => {
      await sql.query("select set_config('synchronous_commit', 'off', false)");
      await expect(requireDurable(sql)).rejects.toEqual(unavailable(/synchronous_commit is off/));
    });
  });
});
