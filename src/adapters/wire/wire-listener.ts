/**
 * HTTP and WebSocket transport of a wire server, on one port of this machine, with the faults a real way to an exchange has. What a
 * request means is the protocol's business (ports/wire.ts). Everything is bounded (I23): bodies, frames, sockets, the request log.
 */
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { HedgerowError } from '../../domain/errors.ts';
import { absurd } from '../../domain/invariant.ts';
import type { FramePolicy, RequestPolicy, WireFault, WireProtocol, WireReply, WireRequest } from '../../ports/wire.ts';
import { SocketHub } from './socket-hub.ts';

export interface WireListenerOptions {
  readonly protocol: WireProtocol;
  /** Default 0: any free port. */
  readonly port?: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Server time, ms. Default: this machine's clock. */
  readonly now?: () => number;
  /** Default: no faults. */
  readonly requestPolicy?: RequestPolicy;
  readonly framePolicy?: FramePolicy;
  /** Requests remembered, the newest ones. Default 10 000. */
  readonly logMax?: number;
}

/** One request as it came and what became of it. */
export interface LoggedRequest extends WireRequest {
  readonly fault: WireFault['type'];
  /** What the protocol answered; null while it has not, or was not asked. */
  status: number | null;
}

const BODY_BYTES_MAX = 1_048_576;
const LOG_MAX = 10_000;
const CONNECTIONS_MAX = 1_024;
/** Between two calls of the protocol's clock. */
const CLOCK_MS = 1_000;
const NO_FAULT: WireFault = { type: 'none' };

export class WireListener {
  readonly sockets: SocketHub;
  /** Exchangeable while the server runs. */
  requestPolicy: RequestPolicy;
  readonly #protocol: WireProtocol;
  readonly #host: string;
  readonly #now: () => number;
  readonly #logMax: number;
  #log: LoggedRequest[] = [];
  #port: number;
  #server: Server | null = null;
  #clock: NodeJS.Timeout | null = null;
  readonly #connections = new Set<Socket>();
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor({ protocol, port = 0, host = '127.0.0.1', now = Date.now, requestPolicy = () => NO_FAULT, framePolicy, logMax = LOG_MAX }: WireListenerOptions) {
    this.#protocol = protocol;
    this.#port = port;
    this.#host = host;
    this.#now = now;
    this.requestPolicy = requestPolicy;
    this.#logMax = logMax;
    this.sockets = new SocketHub(protocol, now, framePolicy);
  }

  /** 0 before the first start. */
  get port(): number {
    return this.#port;
  }

  /** `127.0.0.1:8080` */
  get address(): string {
    return `${this.#host}:${this.#port}`;
  }

  /** Oldest first. */
  get requests(): readonly LoggedRequest[] {
    return this.#log;
  }

  forgetRequests(): void {
    this.#log = [];
  }

  /** Listens, at the second start on the port of the first. Throws INPUT_INVALID when the port is taken. */
  async start(): Promise<void> {
    if (this.#server !== null) return;
    const server = createServer((request, response) => void this.#answer(request, response).catch(() => response.destroy()));
    server.maxConnections = CONNECTIONS_MAX;
    const upgrades = new WebSocketServer({ noServer: true, maxPayload: BODY_BYTES_MAX, autoPong: false });
    server.on('connection', (socket) => {
      this.#connections.add(socket);
      socket.on('close', () => this.#connections.delete(socket));
    });
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      socket.on('error', () => socket.destroy());
      if (this.sockets.refusesNew) return void socket.destroy();
      upgrades.handleUpgrade(request, socket, head, (webSocket) => this.sockets.add(webSocket, ...splitTarget(request.url)));
    });
    await listen(server, this.#port, this.#host);
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
    this.#clock = setInterval(() => this.#protocol.clock(this.#now()), CLOCK_MS);
  }

  /** Goes down as a crashed server does: every connection and every answer under way is lost. The protocol keeps its state. */
  async stop(): Promise<void> {
    const server = this.#server;
    if (server === null) return;
    this.#server = null;
    if (this.#clock !== null) clearInterval(this.#clock);
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    const closed = new Promise((resolve) => server.close(resolve));
    this.sockets.terminateAll();
    for (const socket of this.#connections) socket.destroy();
    await closed;
  }

  async close(): Promise<void> {
    await this.stop();
  }

  async #answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(incoming);
    if (body === null) return send(response, { status: 413, body: 'the body is too large' });
    const [path, query] = splitTarget(incoming.url);
    const request: WireRequest = { method: incoming.method ?? 'GET', path, query, headers: flatHeaders(incoming), body, receivedAt: this.#now() };
    const fault = this.requestPolicy(request);
    await this.#carryOut(this.#note(request, fault), fault, response);
  }

  async #carryOut(request: LoggedRequest, fault: WireFault, response: ServerResponse): Promise<void> {
    switch (fault.type) {
      case 'none':
        return send(response, await this.#ask(request));
      case 'timeout-before-apply':
        return;
      case 'timeout-after-apply':
        await this.#ask(request);
        return;
      case 'reset-before-apply':
        return reset(response);
      case 'reset-mid-body':
        return resetMidBody(response, await this.#ask(request));
      case 'server-error':
        if (fault.applied) await this.#ask(request);
        return send(response, { status: fault.status, headers: { 'content-type': 'text/plain' }, body: 'upstream request failed' });
      case 'html-page':
        if (fault.applied) await this.#ask(request);
        return send(response, { status: fault.status, headers: { 'content-type': 'text/html' }, body: '<html><head><title>Attention</title></head><body>Please try again later.</body></html>' });
      case 'truncated-json': {
        const { headers, body } = await this.#ask(request);
        return send(response, { status: 200, ...(headers !== undefined && { headers }), body: body.slice(0, Math.floor(body.length / 2)) });
      }
      case 'empty-body':
        await this.#ask(request);
        return send(response, { status: 200, body: '' });
      case 'incident':
        return send(response, this.#protocol.incidentReply(fault.incident, fault.retryAfterMs));
      case 'delay':
        return this.#later(fault.requestMs, async () => {
          const reply = await this.#ask(request);
          this.#later(fault.responseMs, async () => send(response, reply));
        });
      case 'apply-late':
        return this.#later(fault.afterMs, async () => void (await this.#ask(request)));
      default:
        return absurd(fault);
    }
  }

  /** A request that arrives late is received then: its age counts from its own timestamp. */
  async #ask(request: LoggedRequest): Promise<WireReply> {
    const reply = await this.#protocol.request({ ...request, receivedAt: this.#now() });
    request.status = reply.status;
    return reply;
  }

  #later(delayMs: number, run: () => Promise<void>): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      void run().catch(() => undefined);
    }, delayMs);
    this.#timers.add(timer);
  }

  #note(request: WireRequest, fault: WireFault): LoggedRequest {
    const logged: LoggedRequest = { ...request, fault: fault.type, status: null };
    this.#log.push(logged);
    if (this.#log.length >= 2 * this.#logMax) this.#log = this.#log.slice(-this.#logMax);
    return logged;
  }
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(new HedgerowError('INPUT_INVALID', `cannot listen on ${host}:${port}: ${error.message}; give another --port, or 0 for any free one`, { cause: error })));
    server.listen(port, host, () => resolve());
  });
}

/** Null when it is too large. */
async function readBody(incoming: IncomingMessage): Promise<string | null> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of incoming as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > BODY_BYTES_MAX) return null;
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

function splitTarget(url = '/'): [path: string, query: string] {
  const mark = url.indexOf('?');
  return mark === -1 ? [url, ''] : [url.slice(0, mark), url.slice(mark + 1)];
}

function flatHeaders({ headers }: IncomingMessage): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : (value ?? '')]));
}

function send(response: ServerResponse, { status, headers, body }: WireReply): void {
  if (response.destroyed) return;
  response.writeHead(status, { 'content-type': 'application/json', ...headers, 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

function reset(response: ServerResponse): void {
  const { socket } = response;
  if (socket !== null && 'resetAndDestroy' in socket) socket.resetAndDestroy();
  else response.destroy();
}

/** The headers promise the whole answer; half of it comes. */
function resetMidBody(response: ServerResponse, { status, headers, body }: WireReply): void {
  if (response.destroyed) return;
  response.writeHead(status, { 'content-type': 'application/json', ...headers, 'content-length': Buffer.byteLength(body) + 1 });
  response.write(body.slice(0, Math.floor(body.length / 2)), () => reset(response));
}
