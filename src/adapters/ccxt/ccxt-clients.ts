/**
 * ccxt clients as hedgerow uses them: one class only, our own origins, proxies and options, no rate limiter, no retries. A client's JSON and
 * inspected forms hold its secrets, so none ever leaves this folder (I19).
 */
import type { Json } from '../../domain/json.ts';
import type { Dialect } from './dialect.ts';
import { loadCcxtClass } from './load-exchange.ts';
import type { CcxtClient, CcxtExchangeId, CcxtFlavour } from './load-exchange.ts';

/** How an exchange is reached; see `exchange` in the strategy file. */
export interface Connection {
  readonly environment: 'production' | 'sandbox' | 'demo';
  /** Origins in the place of the exchange's own, paths are kept; null: its own. */
  readonly restUrl: string | null;
  readonly streamUrl: string | null;
  /** By ccxt's names. */
  readonly proxies: Readonly<Record<string, string>>;
  /** ccxt's `options`, beside those hedgerow sets. */
  readonly options: Readonly<Record<string, Json>>;
}

export const PLAIN_CONNECTION: Connection = { environment: 'production', restUrl: null, streamUrl: null, proxies: {}, options: {} };

/** By ccxt's names; kept in memory only. */
export type Credentials = Readonly<Partial<Record<'apiKey' | 'secret' | 'password' | 'walletAddress' | 'privateKey', string>>> & {
  /** Hyperliquid: the vault or sub-account that is traded. */
  readonly vaultAddress?: string;
};

/** stream-keeper.ts waits between attempts to open a stream; a second wait on top of it, of up to a minute, would only be longer. */
const NO_BACKOFF = { base: 0 };
/** Sockets of which nothing is heard for three of these are given up, ms; ccxt's own defaults notice after up to nine minutes. */
const KEEP_ALIVE_MS = 10_000;

export interface ClientChoice {
  readonly exchangeId: CcxtExchangeId;
  readonly flavour: CcxtFlavour;
  readonly dialect: Pick<Dialect, 'config' | 'prepare'>;
  readonly connection: Connection;
  readonly credentials: Credentials | null;
  /** For an answer's headers, ms. */
  readonly timeoutMs: number;
  /** ccxt's own rate limiter; for public downloads only, where no order waits behind them. Default: none. */
  readonly isPaced?: boolean;
}

/** What of ccxt's clients is set here beyond its types. */
interface Settable {
  urls: { api: unknown };
  options: Record<string, unknown>;
  setSandboxMode(isOn: boolean): void;
  enableDemoTrading(isOn: boolean): void;
  loadHttpProxyAgent(): Promise<unknown>;
  loadProxyModules(): Promise<unknown>;
  delay(afterMs: number, method: (...args: unknown[]) => unknown, ...args: unknown[]): void;
  spawn(method: (...args: unknown[]) => unknown, ...args: unknown[]): unknown;
}

export async function createClient({ exchangeId, flavour, dialect, connection, credentials, timeoutMs, isPaced = false }: ClientChoice): Promise<CcxtClient> {
  const Class = (await loadCcxtClass(exchangeId, flavour)) as new (config: Record<string, unknown>) => CcxtClient;
  const { options = {}, ...config } = dialect.config;
  const { vaultAddress, ...keys } = credentials ?? {};
  const client = new Class({
    ...config,
    ...connection.proxies,
    ...keys,
    enableRateLimit: isPaced,
    timeout: timeoutMs,
    number: String,
    streaming: { keepAlive: KEEP_ALIVE_MS },
    options: { ...connection.options, ...(options as Record<string, unknown>), maxRetriesOnFailure: 0, ws: { backoff: NO_BACKOFF }, ...(vaultAddress === undefined ? {} : { vaultAddress }) },
  });
  const settable = client as unknown as Settable;
  // Its chores of the next hour, such as renewing a listen key, keep no process alive.
  settable.delay = (afterMs, method, ...args) => void setTimeout(() => settable.spawn(method, ...args), afterMs).unref();
  if (connection.environment === 'sandbox') settable.setSandboxMode(true);
  if (connection.environment === 'demo') settable.enableDemoTrading(true);
  settable.urls.api = withOrigins(settable.urls.api, connection);
  // Plain ws:// needs it; without, ccxt refuses such addresses.
  if (connection.streamUrl?.startsWith('ws://') === true) await settable.loadHttpProxyAgent();
  // Streams through a proxy need agents of other packages, which ccxt loads with the first request: it may come after the first stream.
  if (Object.keys(connection.proxies).length > 0) await settable.loadProxyModules();
  dialect.prepare?.(client);
  return client;
}

function withOrigins(urls: unknown, { restUrl, streamUrl }: Connection): unknown {
  if (typeof urls === 'string') {
    const own = urls.startsWith('ws') ? streamUrl : restUrl;
    return own === null ? urls : urls.replace(/^[a-z]+:\/\/[^/]+/, own.replace(/\/$/, ''));
  }
  if (typeof urls !== 'object' || urls === null) return urls;
  return Object.fromEntries(Object.entries(urls).map(([key, value]) => [key, withOrigins(value, { restUrl, streamUrl } as Connection)]));
}
