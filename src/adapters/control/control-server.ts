/**
 * The control socket of a running bot, in its data folder: who may enter the folder may command the bot (I20). Requests of a connection
 * are answered one after the other; a wrong one gets an error for an answer and harms nobody; everything is bounded (I23).
 * No answer holds a secret (I19).
 */
import { chmodSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { HedgerowError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import { processSecrets } from '../system/redaction.ts';
import { controlAddress, makeControlFolder } from './control-address.ts';
import type { ControlAddress } from './control-address.ts';
import { REQUEST_BYTES_MAX, parseRequest, requestIdOf } from './control-protocol.ts';
import type { ControlAnswer, ControlRequest } from './control-protocol.ts';
import { LineReader } from './line-reader.ts';

/** Rejects with a HedgerowError, which the asker is told. */
export type ControlHandler = (request: ControlRequest) => Promise<Json>;

const CONNECTIONS_MAX = 16;
/** Lines of one connection that wait for their turn. */
const WAITING_MAX = 64;
/** A connection that says nothing for so long is closed; `journal --follow` asks every half second. */
const IDLE_MS = 60_000;

export interface ControlServer {
  close(): Promise<void>;
}

/** The caller holds the lock of the data folder: a socket that lies there is a dead one's. Throws STORE_UNAVAILABLE. */
export async function openControlServer(dataDir: string, handle: ControlHandler): Promise<ControlServer> {
  makeControlFolder(dataDir);
  const address = controlAddress(dataDir);
  if (address === null) throw new HedgerowError('STORE_UNAVAILABLE', `the folder of the control socket in ${dataDir} is gone`);
  const connections = new Set<Socket>();
  const server = createServer((socket) => {
    connections.add(socket);
    socket.on('close', () => connections.delete(socket));
    new Connection(socket, handle);
  });
  server.maxConnections = CONNECTIONS_MAX;
  await listen(server, address, dataDir);
  // The bot lives by its own work, not by who may talk to it. A connection that cannot be accepted must not end it.
  server.unref();
  server.on('error', () => undefined);
  return {
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of connections) socket.destroy();
      await closed;
      rmSync(address.path, { force: true });
      address.close();
    },
  };
}

async function listen(server: Server, { path }: ControlAddress, dataDir: string): Promise<void> {
  try {
    rmSync(path, { force: true });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      // Made for its owner alone from its first moment; binding happens within the call.
      const before = process.umask(0o177);
      try {
        server.listen(path, resolve);
      } finally {
        process.umask(before);
      }
    });
    chmodSync(path, 0o600);
  } catch (error) {
    throw new HedgerowError('STORE_UNAVAILABLE', `the control socket of ${dataDir} cannot be opened: ${(error as Error).message}. The folder has to be writable and on a file system with unix sockets`);
  }
}

class Connection {
  readonly #socket: Socket;
  readonly #handle: ControlHandler;
  readonly #lines = new LineReader(REQUEST_BYTES_MAX);
  readonly #waiting: string[] = [];
  #isWorking = false;

  constructor(socket: Socket, handle: ControlHandler) {
    this.#socket = socket;
    this.#handle = handle;
    socket.unref();
    socket.on('error', () => socket.destroy());
    socket.setTimeout(IDLE_MS, () => socket.destroy());
    socket.on('data', (bytes: Buffer) => this.#receive(bytes));
  }

  #receive(bytes: Buffer): void {
    const lines = this.#lines.take(bytes);
    if (lines === null) return this.#refuse(`a request is longer than ${REQUEST_BYTES_MAX} bytes`);
    this.#waiting.push(...lines.filter((line) => line.trim() !== ''));
    if (this.#waiting.length > WAITING_MAX) return this.#refuse(`more than ${WAITING_MAX} requests wait`);
    void this.#work();
  }

  /** What follows cannot be told apart any more. */
  #refuse(message: string): void {
    this.#waiting.length = 0;
    this.#socket.end(lineOf({ id: -1, error: { code: 'INPUT_INVALID', message } }));
    this.#socket.removeAllListeners('data');
    this.#socket.resume();
  }

  async #work(): Promise<void> {
    if (this.#isWorking) return;
    this.#isWorking = true;
    try {
      for (let line = this.#waiting.shift(); line !== undefined && !this.#socket.destroyed; line = this.#waiting.shift()) {
        await this.#write(await this.#answer(line));
      }
    } finally {
      this.#isWorking = false;
    }
  }

  async #answer(line: string): Promise<ControlAnswer> {
    try {
      const request = parseRequest(line);
      return { id: request.id, result: await this.#handle(request) };
    } catch (error) {
      const isKnown = error instanceof HedgerowError;
      return { id: requestIdOf(line), error: { code: isKnown ? error.code : 'STORE_UNAVAILABLE', message: error instanceof Error ? error.message : String(error) } };
    }
  }

  /** Waits for a slow reader, so that at most one answer is kept for it. */
  #write(answer: ControlAnswer): Promise<void> {
    return new Promise((resolve) => {
      if (this.#socket.destroyed || !this.#socket.writable) return resolve();
      const done = (): void => {
        this.#socket.off('close', done);
        resolve();
      };
      this.#socket.once('close', done);
      this.#socket.write(lineOf(answer), done);
    });
  }
}

function lineOf(answer: ControlAnswer): string {
  const text = JSON.stringify(answer);
  return `${processSecrets.isArmed ? processSecrets.text(text) : text}\n`;
}
