/**
 * Driver for a PostgreSQL server: a small pool of node-postgres connections. Keeps I19: neither descriptions nor errors carry the
 * password.
 */
import { userInfo } from 'node:os';
import pg from 'pg';
import { HedgerowError } from '../../domain/errors.ts';
import { driverError, type Sql, type SqlDatabase, type SqlParameter, type SqlRow } from './database.ts';

/** One for the trading path, the rest for commands that read beside it. */
const MAX_CONNECTIONS = 4;
/** A server that takes longer to accept is treated as down; the operator should hear of it. */
const CONNECT_TIMEOUT_MS = 10_000;
/**
 * A statement of ours takes milliseconds, a migration seconds. After this the server is asked to end it, and says why it did; a little
 * later a server that says nothing is given up, as otherwise a dead connection would hold up the plan until the kernel gives up.
 */
const STATEMENT_TIMEOUT_MS = 25_000;
const SILENCE_MS = 5_000;

/**
 * What our statements rely on, whatever the server's or the role's defaults are: commits that are on disk when they return (a stronger
 * setting stays), a commit that waits for a rival and then sees what it wrote, and no locks held by a process that froze.
 */
const SESSION_SETTINGS = `select set_config('default_transaction_isolation', 'read committed', false),
  set_config('synchronous_commit', case current_setting('synchronous_commit') when 'off' then 'on' else current_setting('synchronous_commit') end, false),
  set_config('statement_timeout', $1, false), set_config('idle_in_transaction_session_timeout', $1, false)`;

/** `PostgreSQL host/database`, from a URL without its credentials. Throws INPUT_INVALID without repeating the URL. */
export function describeDatabaseUrl(databaseUrl: string): string {
  let url: URL;
  try {
    // An empty host (`user@/database?host=/folder/of/the/socket`) is common, and none for URL.
    url = new URL(databaseUrl.replace(/@\/(?=[^@]*$)/, '@localhost/'));
  } catch {
    throw invalidUrl('it is not a URL');
  }
  if (url.protocol !== 'postgres:' && url.protocol !== 'postgresql:') throw invalidUrl('it does not start with postgres://');
  // With one of these unescaped, the URL parser sees the end of the password as host, path or query, and would show it to everyone.
  if (`${url.pathname}${url.search}${url.hash}`.includes('@') || url.hash !== '') {
    throw invalidUrl('user or password hold a character that must be percent-encoded, such as / ? # or @');
  }
  const host = url.searchParams.get('host') ?? decodeURIComponent(url.hostname);
  const user = decodeURIComponent(url.username);
  const database = decodeURIComponent(url.pathname.slice(1)) || user || userInfo().username;
  return `PostgreSQL ${host || 'localhost'}${url.port === '' ? '' : `:${url.port}`}/${database}`;
}

function invalidUrl(what: string): HedgerowError {
  return new HedgerowError('INPUT_INVALID', `DATABASE_URL cannot be used: ${what}. Expected postgres://user:password@host:5432/database`);
}

/** What both a pool and one of its connections do. */
interface Queryable {
  query(config: pg.QueryConfig): Promise<pg.QueryResult<SqlRow>>;
}

class PostgresDatabase implements SqlDatabase {
  readonly description: string;
  readonly needsMaintenance = false;
  readonly #pool: pg.Pool;

  constructor(description: string, databaseUrl: string, statementTimeoutMs: number) {
    this.description = description;
    const settings: pg.QueryConfig & { readonly query_timeout: number } = { text: SESSION_SETTINGS, values: [`${statementTimeoutMs}`], query_timeout: CONNECT_TIMEOUT_MS };
    this.#pool = new pg.Pool({
      connectionString: databaseUrl,
      application_name: 'hedgerow',
      max: MAX_CONNECTIONS,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      query_timeout: statementTimeoutMs + SILENCE_MS,
      // Connections and their prepared statements stay warm; an idle one does not keep the process alive.
      idleTimeoutMillis: 0,
      allowExitOnIdle: true,
      keepAlive: true,
      onConnect: async (client) => void (await client.query(settings)),
    });
    // An idle connection that breaks is replaced by the pool; without a listener it would end the process.
    this.#pool.on('error', () => undefined);
  }

  query(text: string, parameters: readonly SqlParameter[] = [], name?: string): Promise<readonly SqlRow[]> {
    return this.#ask(this.#pool, text, parameters, name);
  }

  async script(text: string): Promise<void> {
    await this.#ask(this.#pool, text);
  }

  async transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    const client = await this.#connect();
    const sql: Sql = {
      query: (text, parameters = [], name) => this.#ask(client, text, parameters, name),
      script: async (text) => void (await this.#ask(client, text)),
    };
    let broken = false;
    try {
      await sql.script('begin');
      const result = await work(sql);
      await sql.script('commit');
      return result;
    } catch (error) {
      // A server that has said nothing is not asked once more; without its connection it rolls back by itself.
      if (isOutOfReach(error)) broken = true;
      else await sql.script('rollback').catch(() => (broken = true));
      throw error;
    } finally {
      client.release(broken);
    }
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }

  async #connect(): Promise<pg.PoolClient> {
    try {
      return await this.#pool.connect();
    } catch (error) {
      throw driverError(this.description, error);
    }
  }

  async #ask(to: Queryable, text: string, parameters?: readonly SqlParameter[], name?: string): Promise<readonly SqlRow[]> {
    try {
      const values = parameters === undefined ? {} : { values: [...parameters] };
      return (await to.query({ text, ...values, ...(name === undefined ? {} : { name }) })).rows;
    } catch (error) {
      throw driverError(this.description, error);
    }
  }
}

function isOutOfReach(error: unknown): boolean {
  return error instanceof HedgerowError && error.code === 'STORE_UNAVAILABLE';
}

/**
 * A database on the server `databaseUrl` points at. Connects at the first query and again after a connection has broken. Whatever the server
 * does, a query ends within twice CONNECT_TIMEOUT_MS for a new connection and `statementTimeoutMs` + SILENCE_MS for the statement.
 * Throws INPUT_INVALID for a URL that cannot be used.
 */
export function openPostgres(databaseUrl: string, statementTimeoutMs = STATEMENT_TIMEOUT_MS): SqlDatabase {
  const description = describeDatabaseUrl(databaseUrl);
  return new PostgresDatabase(description, databaseUrl, statementTimeoutMs);
}
