/** Folders and databases for the store's tests, all thrown away afterwards. */
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import pg from 'pg';
import { openStore, type StoreLocation } from '../../../src/adapters/postgres/open-store.ts';
import { readMigrations } from '../../../src/adapters/postgres/migrations.ts';
import type { StoreUnderTest } from '../../contract/store.ts';
import { CHECKPOINT_EVERY } from '../../contract/store-samples.ts';

/** A real server to run the suites on too; unset: only memory and PGlite. */
export const SERVER_URL = process.env['HEDGEROW_TEST_DATABASE_URL'];

export interface TemporaryFolder {
  readonly path: string;
  remove(): void;
}

export function temporaryFolder(): TemporaryFolder {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'hedgerow-store-')));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

export interface TemporaryDatabase {
  readonly url: string;
  drop(): Promise<void>;
}

/** A new database on the server at SERVER_URL. */
export async function temporaryDatabase(): Promise<TemporaryDatabase> {
  const name = `hedgerow_test_${randomBytes(6).toString('hex')}`;
  await administer(`create database ${name}`);
  const url = new URL(SERVER_URL!);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => administer(`drop database ${name} with (force)`) };
}

async function administer(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: SERVER_URL! });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

/** A durable store for the contract suite; `cleanUp` runs after the last close. */
export async function durableSubject(location: StoreLocation, cleanUp: () => Promise<void> = async () => {}): Promise<StoreUnderTest> {
  const open = () => openStore(location, readMigrations(), { checkpointEvery: CHECKPOINT_EVERY });
  let store = await open();
  return {
    store,
    pass: (ms) => setTimeout(ms),
    reopen: async () => {
      await store.close();
      store = await open();
      return store;
    },
    end: async () => {
      await store.close();
      await cleanUp();
    },
  };
}
