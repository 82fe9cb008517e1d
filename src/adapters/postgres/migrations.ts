/**
 * Brings a database to the shape this version knows, by the numbered SQL files in `schemas/`. Old code refuses a newer database, and
 * nobody trades on one whose history differs from the files. Keeps no numbered invariant; everything else relies on it.
 */
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { HedgerowError } from '../../domain/errors.ts';
import type { Sql, SqlDatabase } from './database.ts';
import { packageRoot } from './package-root.ts';

export interface Migration {
  readonly number: number;
  /** File name, e.g. `0001-store.sql`. */
  readonly name: string;
  readonly text: string;
  /** SHA-256 of the text, hex; line ends do not count, a checkout may change them. */
  readonly checksum: string;
}

const FILE_NAME = /^(\d{4})-[a-z0-9-]+\.sql$/;

/** Any fixed number: processes that migrate the same database take this advisory lock. */
const MIGRATION_LOCK = 727_140_531;

const CREATE_TABLE = `
create schema if not exists hedgerow;
create table hedgerow.migrations (
  number      integer primary key,
  name        text    not null,
  -- SHA-256 of the file as it was applied.
  checksum    text    not null,
  applied_at  bigint  not null
);`;

/** The migration `text` in a file called `name`. */
export function migration(name: string, text: string): Migration {
  const number = FILE_NAME.exec(name)?.[1];
  if (number === undefined) throw new Error(`schemas/${name} is not named like 0001-what-it-does.sql`);
  const unixText = text.replaceAll('\r\n', '\n');
  return { number: Number(number), name, text: unixText, checksum: createHash('sha256').update(unixText).digest('hex') };
}

/** The migrations this version knows, in order. */
export function readMigrations(folder = join(packageRoot(), 'schemas')): readonly Migration[] {
  const names = readdirSync(folder).filter((name) => name.endsWith('.sql')).sort();
  const migrations = names.map((name) => migration(name, readFileSync(join(folder, name), 'utf8')));
  migrations.forEach((each, index) => {
    if (each.number !== index + 1) throw new Error(`schemas/${each.name} should have number ${index + 1}; numbers have no gaps`);
  });
  return migrations;
}

/**
 * Applies what is missing, all or nothing, one process at a time. `at` is written beside each (ms).
 * Throws STORE_TOO_NEW for a database with a migration that is not among `known`, STORE_UNAVAILABLE when an applied file has changed.
 */
export async function migrate(database: SqlDatabase, known: readonly Migration[], at: number): Promise<void> {
  await database.transaction(async (sql) => {
    await sql.query('select pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
    // Asked first: `if not exists` still wants the right to create, which the role of a running bot need not have.
    const [table] = await sql.query("select to_regclass('hedgerow.migrations') is not null as exists");
    if (table?.['exists'] !== true) await sql.script(CREATE_TABLE);
    const applied = await sql.query('select number, name, checksum from hedgerow.migrations order by number');
    const numbers = new Set<number>();
    for (const { number, name, checksum } of applied) {
      numbers.add(Number(number));
      checkApplied(database.description, known, Number(number), String(name), String(checksum));
    }
    for (const each of known) if (!numbers.has(each.number)) await apply(sql, each, at);
  });
}

function checkApplied(description: string, known: readonly Migration[], number: number, name: string, checksum: string): void {
  const newest = known.at(-1)?.number ?? 0;
  if (number > newest) {
    throw new HedgerowError(
      'STORE_TOO_NEW',
      `the store ${description} has migration ${name}, this version of hedgerow knows migrations up to ${newest}. Start the version that wrote it or a newer one; nothing was changed`,
    );
  }
  const same = known.find((each) => each.number === number);
  if (same?.checksum !== checksum) {
    throw new HedgerowError(
      'STORE_UNAVAILABLE',
      `the store ${description} was made with another ${name} than schemas/${same?.name ?? name} of this version (checksum ${checksum.slice(0, 12)} against ${same?.checksum.slice(0, 12) ?? 'none'}). ` +
        'Restore that file from the release that made the store; nothing was changed',
    );
  }
}

async function apply(sql: Sql, { number, name, text, checksum }: Migration, at: number): Promise<void> {
  await sql.script(text);
  await sql.query('insert into hedgerow.migrations (number, name, checksum, applied_at) values ($1, $2, $3, $4)', [number, name, checksum, at]);
}
