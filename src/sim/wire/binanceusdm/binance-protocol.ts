/**
 * Binance USDⓈ-M futures over the wire, in front of the simulated exchange: the endpoints and streams a trading client uses, with
 * Binance's names, rules and error codes (developers.binance.com, USDⓈ-M futures, as of 2026). Keys open accounts of the WireWorld.
 */
import type { WireIncident, WireProtocol, WireReply, WireRequest, WireSocket } from '../../../ports/wire.ts';
import type { WireWorld } from '../wire-world.ts';
import { accountRoutes } from './account-routes.ts';
import { algoRoutes } from './algo-routes.ts';
import { BinanceError, errorReply } from './binance-error.ts';
import { BinanceLedgers } from './binance-ledger.ts';
import { BinanceMarkets } from './binance-market.ts';
import { BinanceParams, accountOfKey, signedAccount } from './binance-params.ts';
import type { BinanceParts, BinanceRoute, BinanceRoutes } from './binance-route.ts';
import { historyRoutes } from './history-routes.ts';
import { MarketStreams } from './market-streams.ts';
import { orderRoutes } from './order-routes.ts';
import { publicRoutes } from './public-routes.ts';
import { RequestWeights } from './request-weights.ts';
import { UserStreams } from './user-streams.ts';

export interface BinanceProtocolOptions {
  readonly world: WireWorld;
  /** Request weight per minute. Default: Binance's. */
  readonly weightLimit?: number;
}

export class BinanceProtocol implements WireProtocol {
  readonly #world: WireWorld;
  readonly #routes: BinanceRoutes;
  readonly #weights: RequestWeights;
  readonly #marketStreams: MarketStreams;
  readonly #userStreams: UserStreams;

  constructor({ world, weightLimit }: BinanceProtocolOptions) {
    const parts: BinanceParts = { world, markets: new BinanceMarkets(world.markets), ledgers: new BinanceLedgers(world.exchange) };
    this.#world = world;
    this.#weights = new RequestWeights(weightLimit);
    this.#marketStreams = new MarketStreams(parts);
    this.#userStreams = new UserStreams(parts);
    this.#routes = { ...publicRoutes(parts), ...accountRoutes(parts), ...orderRoutes(parts), ...algoRoutes(parts), ...historyRoutes(parts), ...this.#userStreams.routes() };
  }

  async request(request: WireRequest): Promise<WireReply> {
    const at = this.#world.advance();
    const route = this.#routes[`${request.method} ${request.path}`];
    const params = new BinanceParams(request);
    try {
      if (route === undefined) throw new BinanceError('-5000', `Path ${request.path}, Method ${request.method} is invalid`);
      const turnedAway = this.#weights.count(typeof route.weight === 'number' ? route.weight : route.weight(params), at);
      if (turnedAway !== null) return tooMany(turnedAway.status, turnedAway.retryAfterMs, turnedAway.bannedUntil);
      const body = await this.#answer(route, request, params, at);
      return { status: 200, headers: this.#headers(), body: JSON.stringify(body) };
    } catch (error) {
      if (error instanceof BinanceError) return errorReply(error, this.#headers());
      throw error;
    }
  }

  opened(socket: WireSocket): void {
    this.#streamsOf(socket).opened(socket);
  }

  received(socket: WireSocket, text: string): void {
    this.#streamsOf(socket).received(socket, text);
  }

  closed(socket: WireSocket): void {
    this.#streamsOf(socket).closed(socket);
  }

  clock(): void {
    const at = this.#world.advance();
    this.#marketStreams.clock(at);
    this.#userStreams.clock(at);
  }

  /** Ends every listen key now, with the event that says so. */
  expireListenKeys(): void {
    this.#userStreams.expireAll(this.#world.now());
  }

  #streamsOf(socket: WireSocket): MarketStreams | UserStreams {
    return UserStreams.isPrivate(socket) ? this.#userStreams : this.#marketStreams;
  }

  incidentReply(incident: WireIncident, retryAfterMs: number): WireReply {
    switch (incident) {
      case 'rate-limited':
        return tooMany(429, retryAfterMs, null);
      case 'banned':
        return tooMany(418, retryAfterMs, this.#world.now() + retryAfterMs);
      case 'maintenance':
        return { status: 503, headers: { 'content-type': 'text/plain' }, body: 'Service Unavailable.' };
      case 'internal-error':
        return errorReply(new BinanceError('-1001', undefined, 503));
    }
  }

  async #answer(route: BinanceRoute, request: WireRequest, params: BinanceParams, at: number): Promise<unknown> {
    if (route.security === 'none') return route.answer({ params, at });
    const account = route.security === 'key' ? accountOfKey(request, this.#world) : signedAccount(request, params, this.#world);
    return route.answer({ params, at, account });
  }

  #headers(): Record<string, string> {
    return { 'x-mbx-used-weight-1m': `${this.#weights.used}` };
  }
}

function tooMany(status: 429 | 418, retryAfterMs: number, bannedUntil: number | null): WireReply {
  const error =
    bannedUntil === null ? new BinanceError('-1003') : new BinanceError('-1003', `Way too many requests; IP banned until ${bannedUntil}. Please use the websocket for live updates to avoid bans.`);
  return { ...errorReply(error, { 'retry-after': `${Math.max(1, Math.ceil(retryAfterMs / 1_000))}` }), status };
}
