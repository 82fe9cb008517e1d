/**
 * Bybit v5 over the wire, in front of the simulated exchange: USDT perpetuals of a unified account, REST and both streams, with Bybit's
 * names, rules and retCodes (bybit-exchange.github.io/docs/v5, as of 2026). Keys open accounts of the WireWorld.
 */
import type { Json } from '../../../domain/json.ts';
import { HedgerowError } from '../../../domain/errors.ts';
import type { ExchangeCapabilities } from '../../../ports/exchange.ts';
import type { WireIncident, WireProtocol, WireReply, WireRequest, WireSocket } from '../../../ports/wire.ts';
import type { WireWorld } from '../wire-world.ts';
import { accountEndpoints } from './account-endpoints.ts';
import { authenticate } from './bybit-auth.ts';
import { bodyOf, queryOf } from './bybit-endpoint.ts';
import type { BybitParts, PrivateEndpoints, PublicEndpoints } from './bybit-endpoint.ts';
import { BybitLedger } from './bybit-ledger.ts';
import type { BybitLimits } from './bybit-limits.ts';
import { BybitMarkets } from './bybit-markets.ts';
import { BybitFailure, failureReply, okReply } from './bybit-reply.ts';
import { marketEndpoints } from './market-endpoints.ts';
import { orderEndpoints } from './order-endpoints.ts';
import { PrivateStream } from './private-stream.ts';
import { PublicStream } from './public-stream.ts';
import { commandOf } from './stream-commands.ts';
import { tradeEndpoints } from './trade-endpoints.ts';

/** The rules of Bybit the simulated exchange behind this server is to keep. */
export const BYBIT_RULES = {
  exchangeId: 'bybit',
  amendsConditional: true,
  reduceOnlyInHedgeMode: true,
  maxConditionalPerSymbol: 10,
  triggerSources: ['last', 'mark', 'index'],
  clientOrderIdForm: 'alphanumeric',
} as const satisfies Partial<ExchangeCapabilities>;

/** What demo accounts do not have (bybit-exchange.github.io/docs/v5/demo). */
const NOT_IN_DEMO: readonly string[] = ['GET /v5/account/fee-rate', 'GET /v5/asset/coin/query-info', 'GET /v5/user/query-api'];

const TOO_MANY = 'Too many visits. Exceeded the API Rate Limit.';
const PRIVATE_PATH = '/v5/private';
const PUBLIC_PATH = '/v5/public/linear';

export interface BybitOptions {
  readonly isDemo?: boolean;
  /** Without, it takes however much comes. */
  readonly limits?: BybitLimits;
}

export class BybitProtocol implements WireProtocol {
  readonly #world: WireWorld;
  readonly #public: PublicEndpoints;
  readonly #private: PrivateEndpoints;
  readonly #privateStream: PrivateStream;
  readonly #publicStream: PublicStream;
  readonly #options: BybitOptions;

  constructor(world: WireWorld, options: BybitOptions = {}) {
    this.#world = world;
    this.#options = options;
    const parts: BybitParts = { world, ledger: new BybitLedger(world.exchange), markets: new BybitMarkets(world.markets) };
    this.#privateStream = new PrivateStream(parts);
    this.#publicStream = new PublicStream(parts);
    this.#public = marketEndpoints(parts);
    this.#private = { ...tradeEndpoints(parts, (order) => this.#privateStream.tellOrder(order)), ...orderEndpoints(parts), ...accountEndpoints(parts) };
  }

  async request(request: WireRequest): Promise<WireReply> {
    const at = this.#world.advance();
    const name = `${request.method} ${request.path}`;
    if (this.#public[name] === undefined && this.#private[name] === undefined) return { status: 404, body: JSON.stringify({ retCode: 10017, retMsg: 'Route not found.', result: {}, retExtInfo: {}, time: at }) };
    try {
      return okReply(await this.#answer(name, request, at), this.#world.now());
    } catch (error) {
      if (error instanceof BybitFailure) return failureReply(error.failure, this.#world.now());
      if (error instanceof HedgerowError && error.code === 'EXCHANGE_UNAVAILABLE') return failureReply({ code: 10016, message: 'Server error.' }, this.#world.now());
      throw error;
    }
  }

  opened(socket: WireSocket): void {
    if (socket.path === PRIVATE_PATH) this.#privateStream.opened(socket);
    else if (socket.path === PUBLIC_PATH) this.#publicStream.opened(socket);
    else socket.close(1008, 'no such stream');
  }

  received(socket: WireSocket, text: string): void {
    const at = this.#world.advance();
    const command = commandOf(text);
    if (command === null) return socket.close(1003, 'not a command');
    if (socket.path === PRIVATE_PATH) this.#privateStream.received(socket, command, at);
    else this.#publicStream.received(socket, command, at);
  }

  closed(socket: WireSocket): void {
    this.#privateStream.closed(socket);
    this.#publicStream.closed(socket);
  }

  clock(): void {
    this.#publicStream.clock(this.#world.advance());
  }

  incidentReply(incident: WireIncident, retryAfterMs: number): WireReply {
    const at = this.#world.now();
    switch (incident) {
      case 'rate-limited':
        return failureReply({ code: 10006, message: TOO_MANY, retryAfterMs }, at);
      case 'banned':
        return { status: 403, headers: { 'content-type': 'text/html' }, body: '<html><head><title>403 Forbidden</title></head><body>access too frequent</body></html>' };
      case 'maintenance':
        return { status: 503, body: '<html><body>System maintenance</body></html>' };
      case 'internal-error':
        return failureReply({ code: 10016, message: 'Server error.' }, at);
    }
  }

  async #answer(name: string, request: WireRequest, at: number): Promise<Json> {
    const query = queryOf(request);
    const open = this.#public[name];
    if (open !== undefined) return open({ query, at });
    const who = authenticate(this.#world, request, at);
    const waitMs = this.#options.limits?.take(who.account, name, at) ?? 0;
    if (waitMs > 0) throw new BybitFailure(10006, TOO_MANY, waitMs);
    if (this.#options.isDemo === true && NOT_IN_DEMO.includes(name)) throw new BybitFailure(10032, 'Demo trading are not supported.');
    const endpoint = this.#private[name];
    if (endpoint === undefined) throw new BybitFailure(10017, 'Route not found.');
    return endpoint({ query, at, who, body: bodyOf(request) });
  }
}
