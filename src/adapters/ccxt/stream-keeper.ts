/**
 * Keeps the streams of one ccxt client open. Streams are hints: frames are read raw as they arrive (ccxt's caches merge, drop and repeat
 * them), every new connection is told as a gap, so that what was missed is read by REST, and a connection that is silent for too long is
 * ended. ccxt itself redials at once and tells nobody; the waits and the telling are here.
 */
import { HedgerowError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import type { Log } from '../../ports/log.ts';
import type { Frame, Hint, StreamSpec } from './dialect.ts';
import type { CcxtClient } from './load-exchange.ts';

/** Between two attempts to open a stream, doubled up to the last. */
const FIRST_WAIT_MS = 250;
const WAIT_MAX_MS = 30_000;
/** A stream that was open for this long starts again with the first wait. */
const STABLE_MS = 30_000;
const LOOK_EVERY_MS = 1_000;

/** What of ccxt's stream client is used here; its own types have none of it. */
interface Connection {
  readonly url: string;
  /** What ccxt waits for on it; some of these nobody looks at when it ends. */
  readonly futures: Readonly<Record<string, Promise<unknown>>>;
  readonly connected: Promise<unknown>;
  close(): unknown;
  reset(error: Error): void;
}
interface Streaming {
  handleMessage: (connection: Connection, message: Json) => unknown;
  onConnected: (connection: Connection, message?: unknown) => void;
  readonly clients: Record<string, Connection>;
  close(): Promise<unknown>;
}

export interface StreamKeeperParts {
  readonly client: CcxtClient;
  readonly log: Log;
  /** For log lines. */
  readonly name: string;
  readonly frames: (message: Json) => readonly Frame[] | null;
  readonly onFrame: (frame: Exclude<Frame, { type: 'lost' | 'hint' }>) => void;
  /** A connection was made or lost, or a frame tells too little: what happened until then may have been missed. */
  readonly onGap: (hint?: Hint) => void;
}

export class StreamKeeper {
  readonly #parts: StreamKeeperParts;
  readonly #streaming: Streaming;
  readonly #heardAt = new Map<string, number>();
  #isClosed = false;
  #watch: NodeJS.Timeout | null = null;
  #silenceMs = Infinity;
  #loops: Promise<void>[] = [];
  #tellClosed: () => void = () => {};
  /** A stream that is being dialled hears nothing of its client's end. */
  readonly #closed = new Promise<void>((resolve) => {
    this.#tellClosed = resolve;
  });
  readonly #wakers = new Set<() => void>();

  constructor(parts: StreamKeeperParts) {
    this.#parts = parts;
    this.#streaming = parts.client as unknown as Streaming;
    const toCcxt = this.#streaming.handleMessage.bind(parts.client);
    const onConnected = this.#streaming.onConnected.bind(parts.client);
    this.#streaming.handleMessage = (connection, message) => this.#hear(connection, message, toCcxt);
    this.#streaming.onConnected = (connection, message) => {
      onConnected(connection, message);
      this.#heardAt.set(connection.url, performance.now());
      parts.onGap();
    };
  }

  open(specs: readonly StreamSpec[]): void {
    this.#silenceMs = Math.min(this.#silenceMs, ...specs.map(({ silenceMs }) => silenceMs ?? Infinity));
    this.#watch ??= setInterval(() => this.#endSilent(), LOOK_EVERY_MS);
    for (const spec of specs) this.#loops.push(this.#keep(spec));
  }

  #hear(connection: Connection, message: Json, toCcxt: (connection: Connection, message: Json) => unknown): unknown {
    this.#heardAt.set(connection.url, performance.now());
    const frames = this.#read(message);
    if (frames === null) return toCcxt(connection, message);
    for (const frame of frames) {
      if (frame.type === 'lost') this.#end(connection, frame.reason);
      else if (frame.type === 'hint') this.#parts.onGap(frame);
      else this.#parts.onFrame(frame);
    }
    return undefined;
  }

  /** A frame that cannot be read may have told something: that is read by REST. */
  #read(message: Json): readonly Frame[] | null {
    try {
      return this.#parts.frames(message);
    } catch (error) {
      if (!(error instanceof HedgerowError)) throw error;
      this.#parts.log.warn({ stream: this.#parts.name, reason: error.message }, 'a frame of a stream cannot be read');
      return [{ type: 'hint' }];
    }
  }

  async #keep(spec: StreamSpec): Promise<void> {
    let waitMs = FIRST_WAIT_MS;
    while (!this.#isClosed) {
      const openedAt = performance.now();
      try {
        await Promise.race([spec.open(), this.#closed]);
      } catch (error) {
        if (this.#isClosed) return;
        this.#parts.log.warn({ stream: `${this.#parts.name} ${spec.name}`, cause: error instanceof Error ? error.name : 'unknown' }, 'a stream broke off; it is opened again');
        this.#parts.onGap();
      }
      waitMs = performance.now() - openedAt > STABLE_MS ? FIRST_WAIT_MS : Math.min(waitMs * 2, WAIT_MAX_MS);
      await this.#sleep(waitMs);
    }
  }

  #sleep(ms: number): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        this.#wakers.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, ms);
      this.#wakers.add(wake);
    });
  }

  #endSilent(): void {
    const now = performance.now();
    for (const [url, connection] of Object.entries(this.#streaming.clients)) {
      const heardAt = this.#heardAt.get(url);
      if (heardAt !== undefined && now - heardAt > this.#silenceMs) this.#end(connection, `silent for ${Math.round((now - heardAt) / 1_000)} s`);
    }
  }

  /** Ends one connection; whoever waits on it opens it anew. */
  #end(connection: Connection, reason: string): void {
    this.#parts.log.warn({ stream: this.#parts.name, reason }, 'a stream is ended and opened again');
    this.#heardAt.delete(connection.url);
    delete this.#streaming.clients[connection.url];
    disown(connection);
    connection.reset(new Error(reason));
    connection.close();
    this.#parts.onGap();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#tellClosed();
    if (this.#watch !== null) clearInterval(this.#watch);
    for (const wake of this.#wakers) wake();
    for (const connection of Object.values(this.#streaming.clients)) disown(connection);
    await this.#streaming.close();
    await Promise.all(this.#loops);
  }
}

/** Its promises are about to be rejected, and one that nobody waits for would end the process. */
function disown({ futures, connected }: Connection): void {
  for (const promise of [connected, ...Object.values(futures)]) promise.catch(() => undefined);
}
