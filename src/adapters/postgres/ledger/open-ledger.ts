/**
 * Opens a store for reading its ledger: beside a running bot on PostgreSQL, alone on a data folder (I16: PGlite has one process). All
 * reading of one call sees the store as it was at one moment, so that figures fit together while a bot goes on.
 */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { HedgerowError } from '../../../domain/errors.ts';
import { lockDataDir } from '../data-dir-lock.ts';
import { storeError, type Sql, type SqlDatabase } from '../database.ts';
import { migrate, readMigrations } from '../migrations.ts';
import type { StoreLocation } from '../open-store.ts';

export interface LedgerStore {
  /** For people; no credentials. */
  readonly description: string;
  /** Everything `work` reads belongs to one moment; it cannot write. */
  read<T>(work: (sql: Sql) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** Nobody trades on this connection, and the ledger of years takes longer than a commit. */
const STATEMENT_TIMEOUT_MS = 600_000;

/**
 * First statement of the transaction, for the isolation level has to come before anything is read. Sorts of a long journal stay in memory
 * (110 MB for a million entries; most reports need a hundredth of it), compiling plans costs more than it saves here, and times as text
 * do not depend on the server.
 */
const READING = `set transaction isolation level repeatable read read only;
set local work_mem = '256MB';
set local jit = off;
set local timezone = 'UTC'`;

/** Throws STORE_LOCKED while a bot runs on the data folder, INPUT_INVALID when nothing was ever stored there, and what openStore throws. */
export async function openLedger(location: StoreLocation): Promise<LedgerStore> {
  if ('databaseUrl' in location) {
    const { openPostgres } = await import('../postgres-database.ts');
    return prepare(openPostgres(location.databaseUrl, STATEMENT_TIMEOUT_MS), async () => {});
  }
  const { dataDir } = location;
  if (!existsSync(join(dataDir, 'db'))) {
    throw new HedgerowError('INPUT_INVALID', `there is no store in ${JSON.stringify(dataDir)}: nothing ran with that data folder yet. Name another one with --data, or set DATABASE_URL if the store is on a PostgreSQL server`);
  }
  const lock = await lockForReading(dataDir);
  try {
    const { openPglite } = await import('../pglite-database.ts');
    const database = await openPglite(resolve(dataDir, 'db'), `PGlite ${join(dataDir, 'db')}`);
    return await prepare(database, () => lock.release());
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function lockForReading(dataDir: string): ReturnType<typeof lockDataDir> {
  try {
    return await lockDataDir(resolve(dataDir));
  } catch (error) {
    if (!(error instanceof HedgerowError) || error.code !== 'STORE_LOCKED') throw error;
    const pid = /pid (\d+)/.exec(error.message)?.[1];
    const who = pid === undefined ? 'a running bot' : `the bot running as process ${pid}`;
    throw new HedgerowError('STORE_LOCKED', `the data folder ${dataDir} is in use by ${who}. An embedded store has one process at a time: stop the bot first, or keep the store on PostgreSQL (DATABASE_URL), where the ledger can be read while it runs`);
  }
}

async function prepare(database: SqlDatabase, release: () => Promise<void>): Promise<LedgerStore> {
  const guard = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw storeError(database.description, error);
    }
  };
  try {
    await guard(() => migrate(database, readMigrations(), Date.now()));
  } catch (error) {
    await database.close().catch(() => undefined);
    throw error;
  }
  return {
    description: database.description,
    read: (work) =>
      guard(() =>
        database.transaction(async (sql) => {
          await sql.script(READING);
          return work(sql);
        }),
      ),
    close: async () => {
      try {
        await database.close();
      } finally {
        await release();
      }
    },
  };
}
