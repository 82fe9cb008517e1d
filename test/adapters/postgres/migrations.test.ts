/** The migration files themselves, and several processes that apply them at once. The rest is in migration-suite.ts, run per database. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { migrate, migration } from '../../../src/adapters/postgres/migrations.ts';
import { packageRoot } from '../../../src/adapters/postgres/package-root.ts';
import { openPostgres } from '../../../src/adapters/postgres/postgres-database.ts';
import { KNOWN, NEXT } from './migration-suite.ts';
import { SERVER_URL, temporaryDatabase } from './test-database.ts';

test('the files are numbered without gaps, and line ends do not count', () => {
  expect(KNOWN[0]?.name).toBe('0001-store.sql');
  const text = readFileSync(join(packageRoot(), 'schemas', '0001-store.sql'), 'utf8');
  expect(migration('0001-store.sql', text.replaceAll('\n', '\r\n')).checksum).toBe(KNOWN[0]?.checksum);
  expect(migration('0001-store.sql', `${text}\n`).checksum).not.toBe(KNOWN[0]?.checksum);
  expect(() => migration('store.sql', text)).toThrow('0001-what-it-does.sql');
});

test.skipIf(SERVER_URL === undefined)('several processes that migrate one database at once do it one after the other', async () => {
  const temporary = await temporaryDatabase();
  const databases = [1, 2, 3, 4].map(() => openPostgres(temporary.url));
  await Promise.all(databases.map((database) => migrate(database, [...KNOWN, NEXT], 7)));
  expect(await databases[0]!.query('select number, name, applied_at::integer from hedgerow.migrations order by number')).toEqual(
    [...KNOWN, NEXT].map(({ number, name }) => ({ number, name, applied_at: 7 })),
  );
  await Promise.all(databases.map((database) => database.close()));
  await temporary.drop();
});
