/**
 * A server that notes every request of the real ccxt client and gives the answers a test lays out: requests can be compared with what the
 * exchange's documents want, answers with what they show.
 */
import type { Connection, Credentials } from '../../../src/adapters/ccxt/ccxt-clients.ts';
import { PLAIN_CONNECTION } from '../../../src/adapters/ccxt/ccxt-clients.ts';
import type { CcxtExchange } from '../../../src/adapters/ccxt/ccxt-exchange.ts';
import type { CcxtExchangeId } from '../../../src/adapters/ccxt/load-exchange.ts';
import { openCcxtExchange } from '../../../src/adapters/ccxt/open-ccxt-exchange.ts';
import { WireListener } from '../../../src/adapters/wire/wire-listener.ts';
import type { Json } from '../../../src/domain/json.ts';
import type { OrderRequest } from '../../../src/ports/exchange.ts';
import type { WireProtocol, WireReply, WireRequest, WireSocket } from '../../../src/ports/wire.ts';

export interface Sent {
  /** e.g. `POST /api/v5/trade/order`. */
  readonly route: string;
  readonly query: Readonly<Record<string, string>>;
  readonly body: Json;
  readonly headers: Readonly<Record<string, string>>;
}
/** JSON, or a whole reply, or either made from the request. */
export type Laid = Json | { readonly reply: WireReply } | ((sent: Sent) => Json | { readonly reply: WireReply });
export type Answers = Readonly<Record<string, Laid>>;

export const CANARY = { apiKey: 'canary-key-1f7e', secret: 'canary-secret-9a3c', password: 'canary-pass-77d0' };

function isReply(value: unknown): value is { readonly reply: WireReply } {
  return typeof value === 'object' && value !== null && 'reply' in value;
}

export class CapturingProtocol implements WireProtocol {
  readonly sent: Sent[] = [];
  readonly heard: string[] = [];
  readonly open = new Set<WireSocket>();
  answers: Map<string, Laid>;

  constructor(answers: Answers) {
    this.answers = new Map(Object.entries(answers));
  }

  async request({ method, path, query, headers, body }: WireRequest): Promise<WireReply> {
    const sent: Sent = { route: `${method} ${path}`, query: Object.fromEntries(new URLSearchParams(query)), body: body === '' ? null : (JSON.parse(body) as Json), headers };
    this.sent.push(sent);
    const laid = this.answers.get(sent.route);
    if (laid === undefined) return { status: 404, body: JSON.stringify({ nothing: sent.route }) };
    const answer = typeof laid === 'function' ? laid(sent) : laid;
    return isReply(answer) ? answer.reply : { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(answer) };
  }
  opened(socket: WireSocket): void {
    this.open.add(socket);
  }
  received(_: WireSocket, text: string): void {
    this.heard.push(text);
  }
  closed(socket: WireSocket): void {
    this.open.delete(socket);
  }
  clock(): void {}
  incidentReply(): WireReply {
    return { status: 503, body: '' };
  }
}

export interface CaptureOptions {
  readonly exchangeId: CcxtExchangeId;
  readonly answers: Answers;
  readonly symbols: readonly string[];
  /** Default: one account `main` with canaries. */
  readonly credentials?: ReadonlyMap<string, Credentials>;
  readonly environment?: Connection['environment'];
}

export class CapturedExchange {
  readonly exchange: CcxtExchange;
  readonly #protocol: CapturingProtocol;
  readonly #listener: WireListener;

  private constructor(exchange: CcxtExchange, protocol: CapturingProtocol, listener: WireListener) {
    this.exchange = exchange;
    this.#protocol = protocol;
    this.#listener = listener;
  }

  static async open({ exchangeId, answers, symbols, credentials = new Map([['main', CANARY]]), environment = 'production' }: CaptureOptions): Promise<CapturedExchange> {
    const protocol = new CapturingProtocol(answers);
    const listener = new WireListener({ protocol });
    await listener.start();
    const connection: Connection = { ...PLAIN_CONNECTION, environment, restUrl: `http://${listener.address}`, streamUrl: `ws://${listener.address}` };
    const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
    try {
      const exchange = await openCcxtExchange({ exchangeId, connection, credentials, symbols, log });
      return new CapturedExchange(exchange, protocol, listener);
    } catch (error) {
      await listener.close();
      throw error;
    }
  }

  /** From now on this is the answer. */
  lay(route: string, answer: Laid): void {
    this.#protocol.answers.set(route, answer);
  }

  /** What was sent since it was last asked. */
  taken(): readonly Sent[] {
    return this.#protocol.sent.splice(0);
  }

  /** What was said over sockets since it was last asked. */
  said(): readonly string[] {
    return this.#protocol.heard.splice(0);
  }

  push(message: Json): void {
    for (const socket of this.#protocol.open) socket.send(JSON.stringify(message));
  }

  async close(): Promise<void> {
    await this.exchange.close();
    await this.#listener.close();
  }
}

export const CLIENT_ID = 'hr0123456789abcdefghijklmno';

/** A stop-market order to sell what a long position has, in one-way mode, with what a test changes. */
export function orderRequest(changes: Partial<OrderRequest>): OrderRequest {
  return {
    account: 'main',
    symbol: 'BTC/USDT:USDT',
    clientOrderId: CLIENT_ID,
    side: 'sell',
    type: 'stop-market',
    amount: '0.05',
    price: null,
    triggerPrice: '60000.1',
    triggerBy: 'last',
    positionSide: null,
    reduceOnly: true,
    postOnly: false,
    ...changes,
  };
}

/** Waits until `isSo`, at most a few seconds. */
export async function until(isSo: () => boolean): Promise<void> {
  for (let turn = 0; turn < 500; turn += 1) {
    if (isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error('it did not come about');
}
