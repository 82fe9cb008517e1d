/**
 * A ccxt client for public history: no keys, ccxt's rate limiter, a deadline of our own around every call (ccxt's covers only the headers),
 * and reads that are asked again with growing pauses. A read that fails is unknown, never empty.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { HedgerowError } from '../../../domain/errors.ts';
import type { Json } from '../../../domain/json.ts';
import { processSecrets } from '../../system/redaction.ts';
import { createClient, type Connection } from '../ccxt-clients.ts';
import { loadCcxtErrors, type CcxtClient, type CcxtErrors, type CcxtExchangeId } from '../load-exchange.ts';

/** Of a whole answer; the longest is the list of all markets. */
const DEADLINE_MS = 30_000;
/** One request and its repetitions take about half a minute before the exchange counts as unreachable. */
const ATTEMPTS_MAX = 6;
const FIRST_PAUSE_MS = 1_000;
/** After "too many requests", where the exchange does not say how long. */
const BAN_PAUSE_MS = 10_000;
const PAUSE_MAX_MS = 120_000;
/** How soon a stop is heard during a pause or a call. */
const LOOK_MS = 50;
const MESSAGE_CHARS_MAX = 200;

/** What of ccxt's clients is used for history; its own types say `number` where `number: String` gives text. */
export interface HistoryApi {
  readonly id: string;
  readonly timeframes: Readonly<Record<string, unknown>>;
  has: Record<string, unknown>;
  enableLastJsonResponse: boolean;
  fetchDispatcher?: { close(): Promise<void> };
  last_response_headers?: Readonly<Record<string, string>>;
  /** The answer as it was; undefined when it was no JSON. */
  last_json_response?: unknown;
  loadMarkets(reload: boolean): Promise<Readonly<Record<string, HistoryMarket>>>;
  fetchTime(): Promise<number | undefined>;
  fetchOHLCV(symbol: string, timeframe: string, since: number, limit: number, params: Record<string, Json>): Promise<readonly (readonly unknown[])[]>;
  fetchFundingRateHistory(symbol: string, since: number | undefined, limit: number, params: Record<string, Json>): Promise<readonly { readonly timestamp?: number; readonly fundingRate?: unknown }[]>;
  fetchMarketLeverageTiers(symbol: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
  publicPostInfo?(params: Record<string, Json>): Promise<unknown>;
}

export interface HistoryMarket {
  readonly symbol: string;
  readonly swap?: boolean;
  readonly linear?: boolean;
  readonly contractSize?: unknown;
  readonly [field: string]: unknown;
}

export interface HistoryClientOptions {
  readonly exchangeId: CcxtExchangeId;
  readonly connection: Connection;
  /** Asked between and during calls; once true, `StoppedError` is thrown. */
  readonly isStopped: () => boolean;
  /** Told before a request is asked again. */
  readonly onRetry: (what: string, why: string, pauseMs: number) => void;
  /** For tests: pauses are this much shorter, and requests are not paced. */
  readonly haste?: number;
  readonly deadlineMs?: number;
}

/** The user asked to stop. */
export class StoppedError extends Error {}

/** An answer that is none: asked again like one that did not come. */
export class MalformedError extends Error {}

/** Only linear swaps are loaded, and no list of currencies, for which some exchanges want keys. */
const MARKET_TYPES: Readonly<Record<CcxtExchangeId, readonly string[]>> = {
  binanceusdm: ['linear'],
  bybit: ['linear'],
  hyperliquid: ['swap'],
  okx: ['swap'],
  bitget: ['swap'],
  gate: ['swap'],
};

type Envelope = { readonly data?: unknown; readonly result?: { readonly list?: unknown } } | undefined | null;

/** Where an exchange's answer has its rows. */
const ROWS_OF: Readonly<Record<CcxtExchangeId, (answer: Envelope) => unknown>> = {
  binanceusdm: (answer) => answer,
  bybit: (answer) => answer?.result?.list,
  hyperliquid: (answer) => answer,
  okx: (answer) => answer?.data,
  bitget: (answer) => answer?.data,
  gate: (answer) => answer,
};

export class HistoryClient {
  readonly exchangeId: CcxtExchangeId;
  readonly #api: HistoryApi;
  readonly #errors: CcxtErrors;
  readonly #options: HistoryClientOptions;

  private constructor(api: HistoryApi, errors: CcxtErrors, options: HistoryClientOptions) {
    this.exchangeId = options.exchangeId;
    this.#api = api;
    this.#errors = errors;
    this.#options = options;
  }

  static async open(options: HistoryClientOptions): Promise<HistoryClient> {
    const { exchangeId, connection, deadlineMs = DEADLINE_MS } = options;
    const prepare = (client: CcxtClient): void => {
      const api = client as unknown as HistoryApi;
      api.has['fetchCurrencies'] = false;
      api.enableLastJsonResponse = true;
    };
    const config = { options: { fetchMarkets: { types: MARKET_TYPES[exchangeId] }, fetchCurrencies: false } };
    const client = await createClient({ exchangeId, flavour: 'rest', dialect: { config, prepare }, connection, credentials: null, timeoutMs: deadlineMs, isPaced: options.haste === undefined });
    return new HistoryClient(client as unknown as HistoryApi, await loadCcxtErrors(), options);
  }

  get timeframes(): readonly string[] {
    return Object.keys(this.#api.timeframes);
  }

  /** The linear swap of that symbol. Throws INPUT_INVALID when the exchange has none. */
  async loadMarket(symbol: string): Promise<HistoryMarket> {
    // Reloaded on every attempt: ccxt keeps a list of markets that failed to load as failed.
    const markets = await this.read('the list of markets', (api) => api.loadMarkets(true));
    const market = markets[symbol];
    if (market?.swap === true && market.linear === true) return market;
    const [base] = symbol.split('/');
    const near = Object.values(markets).filter((each) => each.swap === true && each.linear === true && each.symbol.startsWith(`${base}/`)).map((each) => each.symbol);
    throw new HedgerowError('INPUT_INVALID', `${this.exchangeId} has no linear swap ${symbol}; ${near.length === 0 ? `none of ${base} at all` : `it has ${near.join(', ')}`}`);
  }

  /** The exchange's clock, ms. */
  async time(): Promise<number> {
    return this.read('the time', async (api) => {
      const at = await api.fetchTime();
      if (typeof at !== 'number' || !Number.isFinite(at)) throw new MalformedError('no time in the answer');
      return at;
    });
  }

  /**
   * A read of rows. ccxt takes an answer without them (an empty body, another message) for an answer that there are none: what came is
   * looked at itself.
   */
  async readRows<Row>(what: string, call: (api: HistoryApi) => Promise<readonly Row[]>): Promise<readonly Row[]> {
    return this.read(what, async (api) => {
      const rows = await call(api);
      const list = ROWS_OF[this.exchangeId](api.last_json_response as Envelope);
      if (!Array.isArray(list) || !Array.isArray(rows)) throw new MalformedError('an answer without a list');
      return rows;
    });
  }

  /** One read, asked again while it may help. Rejects with EXCHANGE_UNAVAILABLE, INPUT_INVALID for what was asked wrongly, or `StoppedError`. */
  async read<T>(what: string, call: (api: HistoryApi) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#timed(call(this.#api));
      } catch (error) {
        if (error instanceof StoppedError || error instanceof HedgerowError) throw error;
        const why = messageOf(error);
        if (this.#isFinal(error)) throw new HedgerowError('INPUT_INVALID', `${this.exchangeId} refuses ${what}: ${why}`);
        if (attempt >= ATTEMPTS_MAX) throw new HedgerowError('EXCHANGE_UNAVAILABLE', `${this.exchangeId} did not give ${what} in ${ATTEMPTS_MAX} attempts, at last: ${why}. What is there is kept; the same command goes on from it`);
        const pauseMs = this.#pauseAfter(error, attempt);
        this.#options.onRetry(what, why, pauseMs);
        await this.#pause(pauseMs);
      }
    }
  }

  /** Lets go of connections, which would keep the process alive. */
  async close(): Promise<void> {
    await this.#api.fetchDispatcher?.close().catch(() => undefined);
  }

  #isFinal(error: unknown): boolean {
    const { NotSupported, BadSymbol, ArgumentsRequired, AuthenticationError, InvalidProxySettings } = this.#errors;
    return [NotSupported, BadSymbol, ArgumentsRequired, AuthenticationError, InvalidProxySettings].some((kind) => error instanceof kind);
  }

  #pauseAfter(error: unknown, attempt: number): number {
    const { RateLimitExceeded, DDoSProtection } = this.#errors;
    const growing = FIRST_PAUSE_MS * 2 ** (attempt - 1);
    const isBan = error instanceof RateLimitExceeded || error instanceof DDoSProtection;
    const seconds = Number(headerOf(this.#api.last_response_headers, 'retry-after'));
    const asked = isBan ? (Number.isFinite(seconds) && seconds > 0 ? seconds * 1_000 : BAN_PAUSE_MS) : 0;
    return Math.min(Math.max(growing, asked), PAUSE_MAX_MS);
  }

  async #pause(ms: number): Promise<void> {
    const until = performance.now() + ms / (this.#options.haste ?? 1);
    while (performance.now() < until) {
      if (this.#options.isStopped()) throw new StoppedError();
      await sleep(Math.min(LOOK_MS, Math.max(1, until - performance.now())));
    }
  }

  /** The answer, or the end of waiting for it. */
  #timed<T>(answer: Promise<T>): Promise<T> {
    const deadlineAt = performance.now() + (this.#options.deadlineMs ?? DEADLINE_MS);
    return new Promise<T>((resolve, reject) => {
      const look = setInterval(() => {
        if (this.#options.isStopped()) reject(new StoppedError());
        else if (performance.now() > deadlineAt) reject(new Error('no whole answer in time'));
      }, LOOK_MS);
      answer.then(resolve, reject).finally(() => clearInterval(look));
    });
  }
}

function headerOf(headers: Readonly<Record<string, string>> | undefined, name: string): string | undefined {
  return Object.entries(headers ?? {}).find(([key]) => key.toLowerCase() === name)?.[1];
}

/** One short line; pages of HTML come as messages too. */
function messageOf(error: unknown): string {
  const text = processSecrets.text(error instanceof Error ? error.message : String(error)).replace(/\s+/g, ' ').trim();
  return text.length > MESSAGE_CHARS_MAX ? `${text.slice(0, MESSAGE_CHARS_MAX)}…` : text;
}
