/** The other end of a bot's control socket: asks, and offers the bot's store as if it were open here. */
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { HedgerowError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import { controlAddress } from './control-address.ts';
import { ANSWER_BYTES_MAX, PAGE_MAX, parseAnswer } from './control-protocol.ts';
import type { ControlMethod, LivePlan, OperatorStore } from './control-protocol.ts';
import { LineReader } from './line-reader.ts';

/** A bot that is busy answers late; one that hangs is not waited for. */
const ANSWER_TIMEOUT_MS = 20_000;

interface Waiting {
  readonly resolve: (result: Json) => void;
  readonly reject: (error: Error) => void;
}

export class ControlClient {
  readonly #socket: Socket;
  readonly #lines = new LineReader(ANSWER_BYTES_MAX);
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setTimeout(ANSWER_TIMEOUT_MS, () => {
      if (this.#waiting.size > 0) this.#end('did not answer in time');
    });
    socket.on('data', (bytes: Buffer) => this.#receive(bytes));
    socket.on('error', ({ message }) => this.#end(message));
    socket.on('close', () => this.#end('has ended'));
  }

  /** Rejects with what the bot answers, or STORE_UNAVAILABLE when it does not: then nothing is known. */
  call(method: ControlMethod, ...args: readonly unknown[]): Promise<Json> {
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      if (this.#socket.destroyed) return reject(gone('has ended'));
      this.#waiting.set(id, { resolve, reject });
      this.#socket.write(`${JSON.stringify({ id, method, args })}\n`);
    });
  }

  async live(): Promise<readonly LivePlan[]> {
    return (await this.call('live')) as unknown as readonly LivePlan[];
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(bytes: Buffer): void {
    const lines = this.#lines.take(bytes);
    if (lines === null) return this.#end('answers with more than it may');
    for (const line of lines) {
      try {
        this.#settle(line);
      } catch (error) {
        this.#end(error instanceof Error ? error.message : String(error));
      }
    }
  }

  #settle(line: string): void {
    const answer = parseAnswer(line);
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if ('error' in answer) {
      const error = new HedgerowError(answer.error.code, answer.error.message);
      if (waiting === undefined) for (const each of this.#waiting.values()) each.reject(error);
      else waiting.reject(error);
    } else waiting?.resolve(answer.result);
  }

  #end(why: string): void {
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    this.#socket.destroy();
    for (const { reject } of waiting) reject(gone(why));
  }
}

function gone(why: string): HedgerowError {
  return new HedgerowError('STORE_UNAVAILABLE', `the running bot ${why}; what was asked for may or may not be written down: look with hedgerow status, then ask again`);
}

/** The bot that runs on this data folder; null when none listens. */
export function connectControl(dataDir: string): Promise<ControlClient | null> {
  const address = controlAddress(dataDir);
  if (address === null) return Promise.resolve(null);
  return new Promise((resolve, reject) => {
    const socket = connect(address.path);
    socket.once('connect', () => {
      socket.removeAllListeners('error');
      address.close();
      resolve(new ControlClient(socket));
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      address.close();
      if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED' || error.code === 'ENOTDIR') resolve(null);
      else reject(new HedgerowError('STORE_UNAVAILABLE', `the control socket of ${dataDir} cannot be reached: ${error.message}; use the account the bot runs under`));
    });
  });
}

/** The store behind a running bot. Closing it closes the connection. */
export async function remoteStore(client: ControlClient): Promise<OperatorStore> {
  const { description } = (await client.call('describe')) as { readonly description: string };
  // The other side built these values from the same types.
  const ask = async <T>(method: ControlMethod, ...args: readonly unknown[]): Promise<T> => (await client.call(method, ...args)) as T;
  return {
    description,
    findPlan: (identity) => ask('findPlan', { venue: identity.venue, name: identity.name }),
    listPlans: () => ask('listPlans'),
    readJournal: (planId, afterSeq, limit) => ask('readJournal', planId, afterSeq, Math.min(limit, PAGE_MAX)),
    loadWorkingOrders: (planId) => ask('loadWorkingOrders', planId),
    loadOrder: (planId, clientOrderId) => ask('loadOrder', planId, clientOrderId),
    loadGenerations: async (planId, sinceCycle) => new Map(await ask<[string, number][]>('loadGenerations', planId, sinceCycle)),
    loadPendingIntents: (planId) => ask('loadPendingIntents', planId),
    loadTrades: (planId, since) => ask('loadTrades', planId, Math.max(0, since)),
    loadCheckpoint: (planId, which) => ask('loadCheckpoint', planId, which),
    findLease: (venue, account) => ask('findLease', venue, account),
    requestAction: (action) => ask('requestAction', action),
    loadPendingActions: (planId) => ask('loadPendingActions', planId),
    loadAction: (actionId) => ask('loadAction', actionId),
    close: async () => client.close(),
  };
}
