/** The open sockets of a wire server, and what happens to frames on their way to a client. */
import type { WebSocket } from 'ws';
import { absurd } from '../../domain/invariant.ts';
import type { FrameFault, FramePolicy, WireProtocol, WireSocket } from '../../ports/wire.ts';

const NO_FAULT: FrameFault = { type: 'none' };
/** A client that does not read so much is dropped. */
const BUFFERED_BYTES_MAX = 16 * 1_048_576;

/** Picks sockets; absent: all of them. */
export type SocketFilter = (socket: Pick<WireSocket, 'id' | 'path' | 'query'>) => boolean;

export class SocketHub {
  /** Exchangeable while the server runs. */
  framePolicy: FramePolicy;
  /** Connections for new sockets are cut off. */
  refusesNew = false;
  readonly #protocol: WireProtocol;
  readonly #now: () => number;
  readonly #open = new Map<number, HubSocket>();
  #count = 0;

  constructor(protocol: WireProtocol, now: () => number, framePolicy: FramePolicy = () => NO_FAULT) {
    this.#protocol = protocol;
    this.#now = now;
    this.framePolicy = framePolicy;
  }

  /** The open ones. */
  list(): readonly Pick<WireSocket, 'id' | 'path' | 'query'>[] {
    return [...this.#open.values()].map(({ id, path, query }) => ({ id, path, query }));
  }

  add(webSocket: WebSocket, path: string, query: string): void {
    this.#count += 1;
    const socket = new HubSocket(this.#count, path, query, webSocket, (frame) => this.framePolicy(frame));
    this.#open.set(socket.id, socket);
    webSocket.on('error', () => webSocket.terminate());
    webSocket.on('ping', (data) => socket.pong(data));
    webSocket.on('message', (data, isBinary) => {
      if (!isBinary && !socket.isSilent) this.#protocol.received(socket, String(data), this.#now());
    });
    webSocket.on('close', () => {
      if (this.#open.delete(socket.id)) this.#protocol.closed(socket);
    });
    this.#protocol.opened(socket, this.#now());
  }

  /** Nothing goes out any more, also no pong, and what comes in is not read; the connections stay open. */
  silence(filter: SocketFilter = () => true): void {
    for (const socket of this.#open.values()) if (filter(socket)) socket.isSilent = true;
  }

  closeAll(code: number, reason: string, filter: SocketFilter = () => true): void {
    for (const socket of this.#open.values()) if (filter(socket)) socket.close(code, reason);
  }

  terminateAll(): void {
    for (const socket of [...this.#open.values()]) socket.terminate();
  }
}

class HubSocket implements WireSocket {
  readonly id: number;
  readonly path: string;
  readonly query: string;
  isSilent = false;
  readonly #webSocket: WebSocket;
  readonly #policy: FramePolicy;
  #sequence = 0;
  /** A frame that waits to be overtaken. */
  #held: string | null = null;

  constructor(id: number, path: string, query: string, webSocket: WebSocket, policy: FramePolicy) {
    this.id = id;
    this.path = path;
    this.query = query;
    this.#webSocket = webSocket;
    this.#policy = policy;
  }

  send(text: string): void {
    if (this.isSilent) return;
    this.#sequence += 1;
    const fault = this.#policy({ socket: this, sequence: this.#sequence, text });
    switch (fault.type) {
      case 'none':
        return this.#write(text);
      case 'drop':
        return;
      case 'duplicate':
        this.#write(text);
        return this.#write(text);
      case 'reorder':
        if (this.#held !== null) return this.#write(text);
        this.#held = text;
        return;
      case 'silence':
        this.isSilent = true;
        return;
      case 'close':
        return this.close(fault.code, '');
      default:
        return absurd(fault);
    }
  }

  close(code: number, reason: string): void {
    this.#webSocket.close(code, reason);
  }

  terminate(): void {
    this.#webSocket.terminate();
  }

  pong(data: Buffer): void {
    if (!this.isSilent) this.#webSocket.pong(data);
  }

  #write(text: string): void {
    if (this.#webSocket.readyState !== this.#webSocket.OPEN) return;
    if (this.#webSocket.bufferedAmount > BUFFERED_BYTES_MAX) return this.terminate();
    this.#webSocket.send(text);
    const held = this.#held;
    this.#held = null;
    if (held !== null) this.#webSocket.send(held);
  }
}
