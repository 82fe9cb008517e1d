/** Subscriptions on Hyperliquid's one socket. ccxt dials, pings and answers; what the channels say is read before it sees them. */
import type { Json } from '../../../domain/json.ts';
import type { Frame, StreamSpec } from '../dialect.ts';
import { optionalText, rowOf } from '../fields.ts';
import type { CcxtClient } from '../load-exchange.ts';

/** What of ccxt's stream client is used here; its own types have none of it. */
interface Streaming {
  readonly urls: { readonly api: { readonly ws: { readonly public: string } } };
  watch(url: string, hash: string, message: unknown, subscribeHash: string): Promise<unknown>;
}

/** `silenceMs`: see StreamSpec. The promise of `open` ends only with the connection. */
export function openChannel(client: CcxtClient, subscription: Record<string, string>, silenceMs: number | null): StreamSpec {
  const stream = client as unknown as Streaming;
  const hash = `hedgerow:${Object.values(subscription).join(':')}`;
  return { name: `${subscription['type']}`, silenceMs, open: () => stream.watch(stream.urls.api.ws.public, hash, { method: 'subscribe', subscription }, hash) };
}

/** A refused subscription leaves a connection that says less than was asked: it is opened anew. Null for all other frames. */
export function lostFrames(message: Json): readonly Frame[] | null {
  if (typeof message !== 'object' || message === null || Array.isArray(message)) return null;
  const row = rowOf(message);
  if (row['channel'] !== 'error') return null;
  const reason = optionalText(row, 'data') ?? 'an error without a text';
  return reason.startsWith('Already subscribed') ? [] : [{ type: 'lost', reason }];
}
