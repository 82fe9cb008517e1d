/**
 * Opens the durable store: embedded in a data folder (PGlite), or on a PostgreSQL server. Only the driver that is needed is loaded; each
 * costs tens of milliseconds and megabytes. Keeps I16 for data folders: the lock is taken before the database is touched.
 */
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { HedgerowError } from '../../domain/errors.ts';
import type { Store } from '../../ports/store.ts';
import { lockDataDir } from './data-dir-lock.ts';
import { storeError, type SqlDatabase } from './database.ts';
import { mayLoseCommits, requireDurable } from './durability.ts';
import { migrate, readMigrations, type Migration } from './migrations.ts';
import { createSqlStore, type StoreSettings } from './sql-store.ts';

export type StoreLocation =
  /** A folder of our own; made with mode 0700 if it is missing. */
  | { readonly dataDir: string }
  | {
      /** `postgres://user:password@host:5432/database`. */
      readonly databaseUrl: string;
      /** Real money depends on it: a server that may lose what it acknowledged is refused before anything is written. */
      readonly mustBeDurable?: boolean;
    };

/**
 * The store at `location`, migrated to what this version knows. Close it; a store that is not closed loses nothing but starts slower.
 * Throws STORE_LOCKED, STORE_TOO_NEW, STORE_UNAVAILABLE, or INPUT_INVALID for a URL that cannot be used.
 */
export async function openStore(location: StoreLocation, migrations: readonly Migration[] = readMigrations(), settings: StoreSettings = {}): Promise<Store> {
  if ('databaseUrl' in location) {
    const { openPostgres } = await import('./postgres-database.ts');
    const database = openPostgres(location.databaseUrl);
    if (location.mustBeDurable === true) await closedOnError(database, () => requireDurable(database));
    const mayForget = await closedOnError(database, () => mayLoseCommits(database));
    return prepare(database, migrations, { ...settings, mayForget }, async () => {});
  }
  const { dataDir } = location;
  makeDataDir(dataDir);
  const lock = await lockDataDir(resolve(dataDir));
  try {
    const { openPglite } = await import('./pglite-database.ts');
    const database = await openPglite(resolve(dataDir, 'db'), `PGlite ${join(dataDir, 'db')}`);
    return await prepare(database, migrations, settings, () => lock.release());
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function prepare(database: SqlDatabase, migrations: readonly Migration[], settings: StoreSettings, release: () => Promise<void>): Promise<Store> {
  return closedOnError(database, async () => {
    await migrate(database, migrations, Date.now());
    return createSqlStore(database, release, settings);
  });
}

async function closedOnError<T>(database: SqlDatabase, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await database.close().catch(() => undefined);
    throw storeError(database.description, error);
  }
}

/** The folder, made with mode 0700 if it is missing; its absolute path. Throws STORE_UNAVAILABLE when it cannot be one. */
export function makeDataDir(dataDir: string): string {
  try {
    makeFolders(resolve(dataDir));
  } catch (error) {
    throw new HedgerowError('STORE_UNAVAILABLE', `the data folder ${dataDir} cannot be made: ${(error as Error).message}; name another folder`);
  }
  if (!statSync(dataDir).isDirectory()) throw new HedgerowError('STORE_UNAVAILABLE', `the data folder ${dataDir} is a file; name another folder`);
  return resolve(dataDir);
}

/** One by one: Node's own recursion never ends where a folder exists but takes no entries, as in /proc. */
function makeFolders(folder: string): void {
  if (existsSync(folder)) return;
  makeFolders(dirname(folder));
  mkdirSync(folder, { mode: 0o700 });
}
