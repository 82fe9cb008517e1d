/**
 * The private stream's opening: one socket, authenticated and subscribed in one breath, so that a lost acknowledgement of the first cannot
 * leave the second unsaid. ccxt's own way waits for it, and its promise rejects unheard when the socket breaks.
 */
import { createHmac } from 'node:crypto';
import type { StreamSpec } from '../dialect.ts';
import type { CcxtClient } from '../load-exchange.ts';

const TOPICS = ['order', 'execution'];
/** The signed command is good for this long, ms. */
const EXPIRES_MS = 10_000;
/** Orders may be silent for hours; the answers to our pings may not. */
const SILENCE_MS = 25_000;

/** What of ccxt's stream client is used here; its own types have none of it. */
interface Streaming {
  readonly apiKey: string;
  readonly secret: string;
  readonly urls: { readonly api: { readonly ws: { readonly private: { readonly contract: string } } } };
  implodeHostname(url: string): string;
  watch(url: string, hash: string, message: unknown, subscribeHash: string): Promise<unknown>;
}

export function privateStream(client: CcxtClient, now: () => number): StreamSpec {
  const stream = client as unknown as Streaming;
  const url = stream.implodeHostname(stream.urls.api.ws.private.contract);
  return {
    name: 'orders',
    silenceMs: SILENCE_MS,
    open: async () => {
      const authenticated = stream.watch(url, 'authenticated', authCommand(stream, now()), 'authenticated');
      const subscribed = stream.watch(url, 'orders', { op: 'subscribe', req_id: 'orders', args: TOPICS }, 'orders');
      // The acknowledgement is of no interest: a refused one ends the stream, a broken socket ends the subscription as well.
      authenticated.catch(() => undefined);
      return subscribed;
    },
  };
}

/** HMAC-SHA256 over `GET/realtime` and the expiry. Source: bybit-exchange.github.io/docs/v5/ws/connect. */
function authCommand({ apiKey, secret }: Streaming, now: number): unknown {
  const expires = now + EXPIRES_MS;
  const signature = createHmac('sha256', secret).update(`GET/realtime${expires}`).digest('hex');
  return { op: 'auth', req_id: 'auth', args: [apiKey, expires, signature] };
}
