/**
 * Driver for the embedded PostgreSQL: talks to the thread in pglite-worker.mjs. Keeps I2 together with it; the folder's lock (I16) is
 * taken by open-store.ts before this file is used.
 *
 * The thread answers in order and has one session, so transactions are kept apart here: while one is open, everything else queues.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { HedgerowError } from '../../domain/errors.ts';
import { driverError, type Sql, type SqlDatabase, type SqlParameter, type SqlRow } from './database.ts';
import { packageRoot } from './package-root.ts';

export interface PgliteDatabase extends SqlDatabase {
  /** Calls of fsync since the database was opened; what the durability test counts. */
  fsyncCount(): Promise<number>;
}

type Request =
  | { readonly kind: 'query'; readonly text: string; readonly parameters: readonly SqlParameter[]; readonly name: string | undefined }
  | { readonly kind: 'script'; readonly text: string }
  | { readonly kind: 'fsyncs' }
  | { readonly kind: 'close' };

interface Answer {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: { readonly message: string; readonly code?: string; readonly constraint?: string };
}

interface Waiting {
  readonly timer: NodeJS.Timeout | null;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** Worker answers its start with this id; requests count from 1. */
const READY_ID = 0;
/** A request waits for those before it, a clean-up of seconds among them; a disk that hangs longer than this is told as one. */
const ANSWER_TIMEOUT_MS = 60_000;

/** Requests and answers of one worker thread, paired by id. */
class DatabaseThread {
  readonly #description: string;
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = READY_ID;
  #ended: Error | null = null;
  readonly ready: Promise<unknown>;

  constructor(description: string, mode: 'create' | 'open', folder: string) {
    this.#description = description;
    this.#worker = new Worker(join(packageRoot(), 'src/adapters/postgres/pglite-worker.mjs'), { workerData: { mode, folder }, execArgv: [] });
    this.ready = this.#wait(READY_ID);
    this.#worker.on('message', (answer: Answer) => this.#settle(answer));
    this.#worker.on('error', (error) => this.#end(driverError(description, error)));
    this.#worker.on('exit', () => this.#end(driverError(description, new Error('its thread has ended'))));
  }

  async ask(request: Request): Promise<unknown> {
    if (this.#ended !== null) throw this.#ended;
    this.#lastId += 1;
    const answer = this.#wait(this.#lastId, ANSWER_TIMEOUT_MS);
    this.#worker.postMessage({ id: this.#lastId, ...request });
    return answer;
  }

  async stop(): Promise<void> {
    this.#ended ??= new HedgerowError('STORE_UNAVAILABLE', `the store ${this.#description} is closed`);
    await this.#worker.terminate();
  }

  /** The thread keeps the process alive only while something is waited for. */
  #wait(id: number, timeoutMs: number | null = null): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const timer = timeoutMs === null ? null : setTimeout(() => this.#giveUp(id, timeoutMs), timeoutMs);
      this.#waiting.set(id, { timer, resolve, reject });
      this.#worker.ref();
    });
  }

  /** What was asked may still be done; the thread goes on with it. */
  #giveUp(id: number, afterMs: number): void {
    this.#settle({ id, error: { message: `no answer within ${afterMs / 1_000} s` } });
  }

  #settle(answer: Answer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (this.#waiting.size === 0) this.#worker.unref();
    clearTimeout(waiting?.timer ?? undefined);
    if (answer.error === undefined) waiting?.resolve(answer.value);
    else waiting?.reject(driverError(this.#description, answer.error));
  }

  #end(error: Error): void {
    this.#ended ??= error;
    for (const waiting of this.#waiting.values()) {
      clearTimeout(waiting.timer ?? undefined);
      waiting.reject(this.#ended);
    }
    this.#waiting.clear();
  }
}

class PgliteDatabaseImplementation implements PgliteDatabase {
  readonly description: string;
  readonly needsMaintenance = true;
  readonly #thread: DatabaseThread;
  /** Settles when the open transaction has ended. */
  #turn: Promise<unknown> = Promise.resolve();
  #inTransaction = 0;

  constructor(description: string, thread: DatabaseThread) {
    this.description = description;
    this.#thread = thread;
  }

  async query(text: string, parameters: readonly SqlParameter[] = [], name?: string): Promise<readonly SqlRow[]> {
    if (this.#inTransaction > 0) await this.#turn;
    return (await this.#thread.ask({ kind: 'query', text, parameters, name })) as readonly SqlRow[];
  }

  async script(text: string): Promise<void> {
    if (this.#inTransaction > 0) await this.#turn;
    await this.#thread.ask({ kind: 'script', text });
  }

  async transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    const before = this.#turn;
    this.#inTransaction += 1;
    const done = before.then(() => this.#run(work)).finally(() => (this.#inTransaction -= 1));
    this.#turn = done.catch(() => undefined);
    return done;
  }

  async #run<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    const thread = this.#thread;
    const sql: Sql = {
      query: async (text, parameters = [], name) => (await thread.ask({ kind: 'query', text, parameters, name })) as readonly SqlRow[],
      script: async (text) => void (await thread.ask({ kind: 'script', text })),
    };
    await sql.script('begin');
    try {
      const result = await work(sql);
      await sql.script('commit');
      return result;
    } catch (error) {
      await sql.script('rollback').catch(() => undefined);
      throw error;
    }
  }

  async fsyncCount(): Promise<number> {
    return (await this.#thread.ask({ kind: 'fsyncs' })) as number;
  }

  async close(): Promise<void> {
    await this.#turn;
    try {
      await this.#thread.ask({ kind: 'close' });
    } finally {
      await this.#thread.stop();
    }
  }
}

async function startThread(description: string, mode: 'create' | 'open', folder: string): Promise<DatabaseThread> {
  const thread = new DatabaseThread(description, mode, folder);
  try {
    await thread.ready;
    return thread;
  } catch (error) {
    await thread.stop();
    throw error;
  }
}

/**
 * Opens the database in `folder` and creates it first if there is none (about 4 s, once). Two threads one after the other, because
 * creating needs some 400 MB that only the end of the thread gives back. The caller holds the lock on the folder above.
 * Throws STORE_UNAVAILABLE.
 */
export async function openPglite(folder: string, description: string): Promise<PgliteDatabase> {
  if (!existsSync(folder)) await (await startThread(description, 'create', folder)).stop();
  return new PgliteDatabaseImplementation(description, await startThread(description, 'open', folder));
}
