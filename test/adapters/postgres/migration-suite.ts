/** What migrating does on every database: applied once and all or nothing; refused when the database is newer or has another history. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { migration, readMigrations, type Migration } from '../../../src/adapters/postgres/migrations.ts';
import { openStore, type StoreLocation } from '../../../src/adapters/postgres/open-store.ts';

export const KNOWN = readMigrations();
export const NEXT = migration(`${String(KNOWN.length + 1).padStart(4, '0')}-next.sql`, 'create table hedgerow.next (n integer);');

/** Declares the suite for the database `start` makes. */
export function migrationSuite(name: string, start: () => Promise<{ readonly location: StoreLocation; readonly end: () => unknown }>): void {
  describe(name, () => {
    let location: StoreLocation;
    let end: () => unknown = () => {};
    beforeAll(async () => ({ location, end } = await start()));
    afterAll(async () => void (await end()));

    const open = async (migrations: readonly Migration[]) => (await openStore(location, migrations)).close();

    test('a failing migration leaves nothing of itself, a changed or unknown one is refused with a remedy', async () => {
      await open(KNOWN);
      const failing = migration(NEXT.name, 'create table hedgerow.next (n integer); select 1 / 0;');
      await expect(open([...KNOWN, failing])).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', message: expect.stringContaining('division by zero') });
      await open([...KNOWN, NEXT]);

      await expect(open(KNOWN)).rejects.toMatchObject({ code: 'STORE_TOO_NEW', message: expect.stringMatching(new RegExp(`${NEXT.name}.*up to ${KNOWN.length}.*newer`)) });
      const changed = migration(NEXT.name, 'create table hedgerow.next (n bigint);');
      await expect(open([...KNOWN, changed])).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', message: expect.stringContaining(`schemas/${NEXT.name}`) });
      await open([...KNOWN, NEXT]);
    });
  });
}
