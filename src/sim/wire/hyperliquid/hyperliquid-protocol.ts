/**
 * Hyperliquid's API in front of the simulated exchange: `POST /info`, `POST /exchange` and the `/ws` socket, for perpetuals of the first
 * dex in one-way mode. Written from its documentation; texts that stand nowhere are marked as such in refusal-texts.ts.
 */
import type { Json } from '../../../domain/json.ts';
import { HedgerowError } from '../../../domain/errors.ts';
import type { WireIncident, WireProtocol, WireReply, WireRequest, WireSocket } from '../../../ports/wire.ts';
import { absurd } from '../../../domain/invariant.ts';
import type { WireWorld } from '../wire-world.ts';
import { ActionDesk, NoAnswer } from './action-desk.ts';
import type { ReceivedAction } from './action-desk.ts';
import { Addresses } from './addresses.ts';
import type { AddressOptions } from './addresses.ts';
import { Assets } from './assets.ts';
import { InfoDesk } from './info-desk.ts';
import type { Network } from './l1-signature.ts';
import { SEEN } from './refusal-texts.ts';
import { StreamDesk } from './stream-desk.ts';
import { WireBook } from './wire-book.ts';
import { Undeserialisable, fieldsOf } from './wire-json.ts';

export interface HyperliquidOptions extends AddressOptions {
  readonly world: WireWorld;
  /** Default: the main network, `a`. */
  readonly network?: Network;
}

export class HyperliquidProtocol implements WireProtocol {
  readonly #world: WireWorld;
  readonly #info: InfoDesk;
  readonly #actions: ActionDesk;
  readonly #streams: StreamDesk;

  constructor({ world, network = 'a', ...options }: HyperliquidOptions) {
    this.#world = world;
    const assets = new Assets(world.markets);
    const addresses = new Addresses(world.accounts, options);
    const book = new WireBook(world.exchange, assets, addresses);
    const parts = { world, assets, addresses, book };
    this.#info = new InfoDesk(parts);
    this.#actions = new ActionDesk({ ...parts, network });
    this.#streams = new StreamDesk(parts);
  }

  /** Every action that arrived with a readable body, the newest last; whoever reads them may empty it. */
  get receivedActions(): ReceivedAction[] {
    return this.#actions.received;
  }

  async request(request: WireRequest): Promise<WireReply> {
    this.#world.advance();
    if (request.method !== 'POST' || (request.path !== '/info' && request.path !== '/exchange')) return { status: 404, body: '' };
    try {
      const body = JSON.parse(request.body) as Json;
      return reply(request.path === '/info' ? await this.#info.answer(fieldsOf(body)) : await this.#actions.answer(body));
    } catch (error) {
      if (error instanceof Undeserialisable || error instanceof SyntaxError) return { status: 422, body: SEEN.undeserialisable };
      if (error instanceof NoAnswer || error instanceof HedgerowError) return { status: 500, body: 'null' };
      throw error;
    }
  }

  opened(socket: WireSocket): void {
    this.#streams.opened(socket);
  }

  received(socket: WireSocket, text: string): void {
    this.#world.advance();
    this.#streams.received(socket, text);
  }

  closed(socket: WireSocket): void {
    this.#streams.closed(socket);
  }

  clock(at: number): void {
    this.#world.advance();
    void this.#actions.clock(at);
  }

  incidentReply(incident: WireIncident, retryAfterMs: number): WireReply {
    switch (incident) {
      case 'rate-limited':
        return { status: 429, headers: { 'retry-after': String(Math.ceil(retryAfterMs / 1_000)) }, body: 'null' };
      case 'banned':
        return { status: 403, body: '<html><head><title>403 Forbidden</title></head></html>' };
      case 'maintenance':
        return { status: 503, body: '<html><head><title>503 Service Temporarily Unavailable</title></head></html>' };
      case 'internal-error':
        return { status: 500, body: 'null' };
      default:
        return absurd(incident);
    }
  }
}

function reply(json: Json): WireReply {
  return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(json) };
}
