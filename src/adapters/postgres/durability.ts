/**
 * Whether a PostgreSQL server keeps what it acknowledges: asked before real money depends on it (I2). The embedded database has its own check
 * at every open.
 */
import { HedgerowError } from '../../domain/errors.ts';
import { storeError, type SqlDatabase } from './database.ts';

/** The oldest server the statements are tested on. */
const SERVER_VERSION_MIN = 150_000;

const ASK = `select current_setting('server_version_num')::integer as version, current_setting('server_version') as version_text,
  current_setting('fsync') as fsync, current_setting('full_page_writes') as full_page_writes,
  current_setting('synchronous_commit') as synchronous_commit, pg_is_in_recovery() as is_standby`;

type Settings = Readonly<Record<string, unknown>>;

/** Throws STORE_UNAVAILABLE, naming each setting that lets acknowledged commits be lost and what to do about it. */
export async function requireDurable(database: SqlDatabase): Promise<void> {
  const settings = await ask(database);
  const faults: string[] = [];
  if (Number(settings['version']) < SERVER_VERSION_MIN) faults.push(`it is version ${String(settings['version_text'])}; use PostgreSQL 15 or newer`);
  if (settings['is_standby'] === true) faults.push('it is a standby and takes no writes; connect to the primary');
  faults.push(...lossFaults(settings));
  if (faults.length === 0) return;
  throw new HedgerowError('STORE_UNAVAILABLE', `the store ${database.description} may lose what it has acknowledged, or cannot be written: ${faults.join('. Also, ')}`);
}

/** The server's settings let acknowledged commits be lost with its machine. Rejects with STORE_UNAVAILABLE. */
export async function mayLoseCommits(database: SqlDatabase): Promise<boolean> {
  return lossFaults(await ask(database)).length > 0;
}

async function ask(database: SqlDatabase): Promise<Settings> {
  const [settings = {}] = await database.query(ASK).catch((error: unknown) => {
    throw storeError(database.description, error);
  });
  return settings;
}

function lossFaults(settings: Settings): readonly string[] {
  const faults: string[] = [];
  if (settings['fsync'] !== 'on') faults.push('fsync is off; set fsync = on in postgresql.conf');
  if (settings['full_page_writes'] !== 'on') faults.push('full_page_writes is off; set full_page_writes = on in postgresql.conf');
  if (settings['synchronous_commit'] === 'off') faults.push('synchronous_commit is off in our own session; a connection pooler that resets sessions must not stand in between');
  return faults;
}
