/**
 * The database goes away under a running bot, in the ways databases do. Nothing is sent while nothing can be written down (I2); when it is
 * back the bot goes on, and in the end nothing is lost or doubled (I4, I12).
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BotLife } from '../../src/campaign/storage/bot-life.ts';
import { nothingLost } from '../../src/campaign/storage/never-lost.ts';
import { findPostgres, startPostgres } from '../../src/campaign/storage/postgres-server.ts';
import type { PostgresServer } from '../../src/campaign/storage/postgres-server.ts';
import { readExchange, withDatabase } from '../../src/campaign/storage/stored-rows.ts';
import { temporaryDatabase } from '../../src/adapters/postgres/temporary-database.ts';

const LAUNCHER = new URL('../../src/cli/launch.mjs', import.meta.url).pathname;
const STRATEGIES = new URL('../../strategies', import.meta.url).pathname;
const BIN = findPostgres();
const AWAY = 'the store is away';
/** Fast enough to want something in every second, slow enough to be away in the middle of it. */
const SPEED = '30000';
const AWAY_MS = 1_500;

async function ask(url: string, ...statements: readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}

interface Outage {
  readonly name: string;
  begin(server: PostgresServer, url: string): Promise<void>;
  end(server: PostgresServer, url: string): Promise<void>;
}

const OUTAGES: readonly Outage[] = [
  { name: 'is killed and started again', begin: (server) => server.stop('immediate'), end: (server) => server.start() },
  {
    name: 'takes no writes',
    begin: (_, url) => ask(url, `do $$ begin execute format('alter database %I set default_transaction_read_only = on', current_database()); end $$`, 'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()'),
    end: (_, url) => ask(url, 'set default_transaction_read_only = off', `do $$ begin execute format('alter database %I reset default_transaction_read_only', current_database()); end $$`, 'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()'),
  },
  {
    name: 'has no room left',
    begin: (_, url) =>
      ask(
        url,
        `create function hedgerow.no_room() returns trigger language plpgsql as $$ begin raise exception 'could not extend file: No space left on device' using errcode = '53100'; end $$`,
        'create trigger no_room before insert on hedgerow.journal for each statement execute function hedgerow.no_room()',
      ),
    end: (_, url) => ask(url, 'drop trigger no_room on hedgerow.journal'),
  },
];

describe.runIf(BIN !== null)('a PostgreSQL server', () => {
  let server: PostgresServer;
  let folder = '';
  let newDatabase: () => ReturnType<typeof temporaryDatabase>;
  beforeAll(async () => {
    server = await startPostgres(BIN!);
    newDatabase = () => temporaryDatabase(server.url);
    folder = mkdtempSync(join(tmpdir(), 'hedgerow-outage-'));
  }, 120_000);
  afterAll(async () => {
    await server.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  it.each(OUTAGES)('that $name under a running bot makes it wait, send nothing, and go on', async ({ name, begin, end }) => {
    const { url } = await newDatabase();
    const dataDir = join(folder, name.replaceAll(' ', '-'));
    const args = [LAUNCHER, 'run', join(STRATEGIES, 'btc-rotation.yaml'), '--seed', '3', '--days', '4', '--speed', SPEED, '--data', dataDir, '--json', '--log-level', 'info'];
    const life = new BotLife({ args, env: { DATABASE_URL: url } });
    const until = async (what: string, isSo: () => boolean): Promise<void> => {
      while (!isSo()) if (!(await life.lives(50))) throw new Error(`the bot ended before ${what}: ${life.said.slice(-2_000)}`);
    };
    const received = (): number => readExchange(dataDir)?.requestsEver ?? 0;
    await until('its orders rest', () => received() >= 5);
    await begin(server, url);
    await until('it missed its store', () => life.said.includes(AWAY));
    const before = received();
    expect(await life.lives(AWAY_MS)).toBe(true);
    expect(received()).toBe(before);
    await end(server, url);
    await until('it sent again', () => received() > before);
    const { code, stdout, stderr } = await life.ended;
    expect({ code, stderr: stderr.slice(-2_000) }).toMatchObject({ code: 0 });
    expect((JSON.parse(stdout) as { plans: { operation: string; error: string | null }[] }).plans.map(({ operation, error }) => [operation, error])).toEqual([['running', null]]);
    expect(await withDatabase({ dataDir, databaseUrl: url }, (database) => nothingLost(database, readExchange(dataDir)!))).toEqual([]);
  }, 240_000);
});
