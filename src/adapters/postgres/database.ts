/**
 * The small query interface the store is written against, and what its two drivers (node-postgres, PGlite) share. Keeps no invariant.
 */
import { HedgerowError } from '../../domain/errors.ts';

/** Values as text, numbers or null; JSON is passed as text and cast in the statement. */
export type SqlParameter = string | number | null;
/** Columns as the driver parsed them: bigint as text, number or BigInt, jsonb as values; the store's row readers even that out. */
export type SqlRow = Readonly<Record<string, unknown>>;

export interface Sql {
  /** One statement with `$1` parameters. A `name` lets the server keep it prepared; one name, one text. */
  query(text: string, parameters?: readonly SqlParameter[], name?: string): Promise<readonly SqlRow[]>;
  /** Several statements without parameters or results. */
  script(text: string): Promise<void>;
}

export interface SqlDatabase extends Sql {
  /** For people; no credentials. */
  readonly description: string;
  /** True when nothing vacuums or checkpoints in the background, so the store has to ask for it. */
  readonly needsMaintenance: boolean;
  /** Runs `work` between begin and commit; rolls back when it throws. */
  transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** The server answered with an error. `sqlState` is its five-character code. */
export class SqlError extends Error {
  readonly sqlState: string;
  readonly constraint: string | null;
  constructor(message: string, sqlState: string, constraint: string | null) {
    super(message);
    this.name = 'SqlError';
    this.sqlState = sqlState;
    this.constraint = constraint;
  }
}

export const UNIQUE_VIOLATION = '23505';

/**
 * Connection lost, server shutting down, no room, wrong credentials, no such database, read-only (a standby), a statement cancelled because
 * it took too long: the store is out of reach, not the statement wrong.
 */
const OUT_OF_REACH = /^(?:08|25006|28|3D|53|57|58|F0|XX)/;

/**
 * What a driver throws for `error`: an SqlError when the statement was refused, else STORE_UNAVAILABLE naming `description`.
 * The original error is not kept as a cause: drivers hang connection settings on theirs (I19).
 */
export function driverError(description: string, error: unknown): SqlError | HedgerowError {
  if (error instanceof SqlError || error instanceof HedgerowError) return error;
  const { message, code, constraint } = error as { message?: string; code?: string; constraint?: string };
  const isSqlState = typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && !/^E[A-Z]+$/.test(code);
  if (isSqlState && !OUT_OF_REACH.test(code)) return new SqlError(message ?? code, code, constraint ?? null);
  // A refused connection to several addresses (AggregateError) has an empty message.
  const told = message === undefined || message === '' ? (code ?? 'no reason given') : message;
  return new HedgerowError(
    'STORE_UNAVAILABLE',
    `the store ${description} cannot be reached: ${told}. What was being written may or may not be stored; check that the database runs, can be written to and has room`,
  );
}

/** What the store throws for an error of its driver: a statement refused for no reason its contract knows is STORE_UNAVAILABLE too. */
export function storeError(description: string, error: unknown): unknown {
  if (!(error instanceof SqlError)) return error;
  return new HedgerowError('STORE_UNAVAILABLE', `the store ${description} refused a statement: ${error.message} (SQLSTATE ${error.sqlState})`);
}
