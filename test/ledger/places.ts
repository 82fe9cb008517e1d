/** Where the ledger's tests keep their stores: embedded, and on a server when there is one. */
import { resolve } from 'node:path';
import type { SqlDatabase } from '../../src/adapters/postgres/database.ts';
import { openLedger, type LedgerStore } from '../../src/adapters/postgres/ledger/open-ledger.ts';
import type { StoreLocation } from '../../src/adapters/postgres/open-store.ts';
import { openPglite } from '../../src/adapters/postgres/pglite-database.ts';
import { openPostgres } from '../../src/adapters/postgres/postgres-database.ts';
import { SERVER_URL, temporaryDatabase, temporaryFolder } from '../adapters/postgres/test-database.ts';

export interface Place {
  readonly location: StoreLocation;
  /** For the simulated exchange's books and what else a test writes. */
  readonly folder: string;
  open(): Promise<LedgerStore>;
  /** The bare database, to break something in it. */
  database(): Promise<SqlDatabase>;
  end(): Promise<void>;
}

export const PLACES: readonly (readonly [name: string, make: () => Promise<Place>])[] = [
  ['PGlite', embedded],
  ...(SERVER_URL === undefined ? [] : ([['PostgreSQL', onServer]] as const)),
];

async function embedded(): Promise<Place> {
  const folder = temporaryFolder();
  const location = { dataDir: folder.path };
  return { location, folder: folder.path, open: () => openLedger(location), database: () => openPglite(resolve(folder.path, 'db'), 'PGlite'), end: async () => folder.remove() };
}

async function onServer(): Promise<Place> {
  const folder = temporaryFolder();
  const database = await temporaryDatabase();
  const location = { databaseUrl: database.url };
  return {
    location,
    folder: folder.path,
    open: () => openLedger(location),
    database: async () => openPostgres(database.url),
    end: async () => {
      folder.remove();
      await database.drop();
    },
  };
}
