/** The server driver: what it says when the server is out of reach, what it relies on, and two writers on one plan (I16, I19). */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openStore } from '../../../src/adapters/postgres/open-store.ts';
import { describeDatabaseUrl, openPostgres } from '../../../src/adapters/postgres/postgres-database.ts';
import { jsonText } from '../../../src/adapters/postgres/sql-rows.ts';
import { batch, entry, order } from '../../contract/store-samples.ts';
import { storeContract } from '../../contract/store.ts';
import { migrationSuite } from './migration-suite.ts';
import { SERVER_URL, durableSubject, temporaryDatabase, type TemporaryDatabase } from './test-database.ts';

/** Everything an error can show when it is printed. */
function allOf(error: unknown): string {
  const { message, stack, cause } = error as Error;
  return JSON.stringify([message, stack, cause, Object.entries(error as object)]);
}

test.each([
  ['postgres://ann:secret@db.example:6543/bot', 'PostgreSQL db.example:6543/bot'],
  ['postgresql://ann:secret@db.example/bot?sslmode=require', 'PostgreSQL db.example/bot'],
  ['postgres://ann:secret@db.example', 'PostgreSQL db.example/ann'],
  ['postgres://ann:secret@/bot?host=/var/run/postgresql', 'PostgreSQL /var/run/postgresql/bot'],
  ['postgres://ann:sec%2Fret%40@db.example/bot', 'PostgreSQL db.example/bot'],
])('%s is called %s', (url, description) => {
  expect(describeDatabaseUrl(url)).toBe(description);
});

test.each(['secret', 'mysql://ann:secret@db/bot', 'postgres://ann:12/secret@db/bot', 'postgres://ann:12?secret@db/bot', 'postgres://ann:12#secret@db/bot', 'postgres://ann:se/cret@db/bot'])(
  'a URL that cannot be used is refused without repeating its password: %s',
  async (databaseUrl) => {
    const error: unknown = await openStore({ databaseUrl }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'INPUT_INVALID', message: expect.stringContaining('postgres://user:password@host:5432/database') });
    expect(allOf(error)).not.toMatch(/secret|cret/);
  },
);

test('a server that is out of reach is told by host and database, never by password (I19)', async () => {
  const error: unknown = await openStore({ databaseUrl: 'postgres://ann:secret@127.0.0.1:1/bot' }).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'STORE_UNAVAILABLE', message: expect.stringContaining('PostgreSQL 127.0.0.1:1/bot') });
  expect(allOf(error)).not.toContain('secret');
});

test('text a database cannot hold is replaced, text that only looks like it is not', () => {
  expect(JSON.parse(jsonText({ 'a\u0000b': ['\ud800', 'x\udfffy', '\ud83d\ude00', '\\u0000', '\\\\ud800', '"\\'] }))).toEqual({
    'a\ufffdb': ['\ufffd', 'x\ufffdy', '\ud83d\ude00', '\\u0000', '\\\\ud800', '"\\'],
  });
});

describe.skipIf(SERVER_URL === undefined)('server', () => {
  storeContract(
    'PostgreSQL',
    async () => {
      const own = await temporaryDatabase();
      return durableSubject({ databaseUrl: own.url }, own.drop);
    },
    { runs: 30 },
  );
  migrationSuite('PostgreSQL', async () => {
    const own = await temporaryDatabase();
    return { location: { databaseUrl: own.url }, end: own.drop };
  });

  let database: TemporaryDatabase;
  beforeAll(async () => {
    database = await temporaryDatabase();
  });
  afterAll(() => database?.drop());

  test('a commit that returned is on disk, whatever the defaults of the database are', async () => {
    const admin = openPostgres(database.url);
    const [{ name }] = (await admin.query('select current_database() as name')) as [{ name: string }];
    await admin.script(`alter database ${name} set synchronous_commit = off; alter database ${name} set default_transaction_isolation = 'serializable'`);
    await admin.close();
    const later = openPostgres(database.url);
    expect(await later.query("select current_setting('synchronous_commit') as commit, current_setting('transaction_isolation') as isolation")).toEqual([
      { commit: 'on', isolation: 'read committed' },
    ]);
    await later.close();
  });

  test('two processes that write one plan collide at once, and the loser leaves nothing (I16)', async () => {
    const stores = await Promise.all([1, 2].map(() => openStore({ databaseUrl: database.url })));
    const plans = await Promise.all(stores.map((store) => store.openPlan({ venue: 'two', name: 'writers' }, {}, 'hash', 0)));
    expect(plans[0]).toEqual(plans[1]);
    const planId = plans[0]!.planId;
    let lost = 0;
    for (let seq = 1; seq <= 30; seq += 1) {
      const results = await Promise.allSettled(stores.map((store, writer) => store.commit(batch(planId, { entries: [entry(seq, writer)], orders: [order(`${seq} by ${writer}`)] }))));
      for (const result of results) {
        if (result.status === 'fulfilled') continue;
        lost += 1;
        expect(result.reason).toMatchObject({ code: 'INVARIANT_BROKEN', message: expect.stringMatching(/^I16 .*another process/) });
      }
    }
    expect(lost).toBe(30);
    const journal = await stores[0]!.readJournal(planId, 0, 100);
    const orders = await stores[0]!.loadWorkingOrders(planId);
    expect(orders.map((each) => each.clientOrderId).toSorted()).toEqual(journal.map(({ seq, payload }) => `${seq} by ${payload as number}`).toSorted());
    await Promise.all(stores.map((store) => store.close()));
  });

  test('a connection that breaks is told, and the next commit gets a new one', async () => {
    const store = await openStore({ databaseUrl: database.url });
    const { planId } = await store.openPlan({ venue: 'broken', name: 'connection' }, {}, 'hash', 0);
    await store.commit(batch(planId, { entries: [entry(1)] }));
    const admin = openPostgres(SERVER_URL!);
    const name = new URL(database.url).pathname.slice(1);
    const sleeping = store.listPlans().catch(() => undefined);
    await admin.query("select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = $1 and application_name = 'hedgerow'", [name]);
    await admin.close();
    await sleeping;
    // Whether the pool has noticed already is a matter of timing; a commit that failed can be told from one that was made by its number.
    await store.commit(batch(planId, { entries: [entry(2)] })).catch((error: unknown) => expect(error).toMatchObject({ code: 'STORE_UNAVAILABLE' }));
    const { seq } = (await store.findPlan({ venue: 'broken', name: 'connection' }))!;
    await store.commit(batch(planId, { entries: [entry(seq + 1)] }));
    await store.close();
  });
});
