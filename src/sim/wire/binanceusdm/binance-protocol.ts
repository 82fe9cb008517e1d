/**
 * Binance USDⓈ-M futures over the wire, in front of the simulated exchange: the endpoints and streams a trading client uses, with
 * Binance's names, rules and error codes (developers.binance.com, USDⓈ-M futures, as of 2026). Keys open accounts of the WireWorld.
 */
import type { WireIncident, WireProtocol, WireReply, WireRequest, WireSocket } from '../../../ports/wire.ts';
import type { WireWorld } from '../wire-world.ts';
import { BinanceError, errorReply } from './binance-error.ts';
import { BinanceMarkets } from './binance-market.ts';
import { BinanceParams, accountOfKey, signedAccount } from './binance-params.ts';
import type { BinanceParts, BinanceRoute, BinanceRoutes } from './binance-route.ts';
import { MarketStreams } from './market-streams.ts';
import { publicRoutes } from './public-routes.ts';
import { RequestWeights } from './request-weights.ts';

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

  constructor({ world, weightLimit }: BinanceProtocolOptions) {
    const parts: BinanceParts = { world, markets: new BinanceMarkets(world.markets) };
    this.#world = world;
    this.#weights = new RequestWeights(weightLimit);
    this.#marketStreams = new MarketStreams(parts);
    this.#routes = { ...publicRoutes(parts) };
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
    this.#marketStreams.opened(socket);
  }

  received(socket: WireSocket, text: string): void {
    this.#marketStreams.received(socket, text);
  }

  closed(socket: WireSocket): void {
    this.#marketStreams.closed(socket);
  }

  clock(): void {
    this.#marketStreams.clock(this.#world.advance());
  }

  incidentReply(incident: WireIncident, retryAfterMs: number): WireReply {
    switch (incident) {
      case 'rate-limited':
        return tooMany(429, retryAfterMs, null);
      case 'banned':
        return tooMany(418, retryAfterMs, this.#world.now() + retryAfterMs);
      case 'maintenance':
        return { status: 503, body: JSON.stringify({ code: -1016, msg: 'This service is no longer available.' }) };
      case 'internal-error':
        return { status: 503, body: JSON.stringify({ code: -1001, msg: 'Internal error; unable to process your request. Please try again.' }) };
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
