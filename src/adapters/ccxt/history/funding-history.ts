/** Funding rates of an exchange, window by window. */
import type { DecimalString } from '../../../domain/decimal.ts';
import type { Json } from '../../../domain/json.ts';
import type { CcxtExchangeId } from '../load-exchange.ts';
import { numberOf } from './candle-history.ts';
import { MalformedError, type HistoryClient, type HistoryMarket } from './history-client.ts';

export interface FundingRow {
  /** As the exchange stamps it, ms. */
  readonly at: number;
  /** A fraction, for the interval that ends then. */
  readonly rate: DecimalString;
}

interface Paging {
  /** Settlements of one page. */
  readonly limit: number;
  /** How the end of a window is said: ccxt's `until`, a parameter of the exchange, or not at all, so that pages are counted from the newest. */
  readonly end: 'until' | 'after' | 'pages';
}

/** OKX keeps about three months. ccxt passes no end on to OKX, and neither end on to Bitget. */
const PAGING: Readonly<Record<CcxtExchangeId, Paging>> = {
  binanceusdm: { limit: 1_000, end: 'until' },
  bybit: { limit: 200, end: 'until' },
  hyperliquid: { limit: 500, end: 'until' },
  okx: { limit: 100, end: 'after' },
  bitget: { limit: 100, end: 'pages' },
  gate: { limit: 1_000, end: 'until' },
};

/** No exchange settles more often. */
const SHORTEST_INTERVAL_MS = 3_600_000;
/** A hundred years of Bitget's pages; an exchange that never ends its pages is not followed for ever. */
const PAGES_MAX = 9_000;

export class FundingHistory {
  readonly #client: HistoryClient;
  readonly #market: HistoryMarket;
  readonly #paging: Paging;
  /** Longest span of one `window`, ms; null: all of it is read at once. */
  readonly windowMs: number | null;

  constructor(client: HistoryClient, market: HistoryMarket) {
    this.#client = client;
    this.#market = market;
    this.#paging = PAGING[client.exchangeId];
    this.windowMs = this.#paging.end === 'pages' ? null : (this.#paging.limit - 1) * SHORTEST_INTERVAL_MS;
  }

  /** All settlements at or after `from` and before `to`, oldest first. */
  async window(from: number, to: number): Promise<readonly FundingRow[]> {
    if (this.#paging.end === 'pages') return this.#countedPages(from, to);
    const rows = await this.#page(from, to);
    if (rows.length < this.#paging.limit || to - from <= SHORTEST_INTERVAL_MS) return rows;
    // A full page may have been cut.
    const middle = from + Math.floor((to - from) / 2);
    return [...(await this.window(from, middle)), ...(await this.window(middle, to))];
  }

  #page(from: number, to: number): Promise<readonly FundingRow[]> {
    const params: Record<string, Json> = this.#paging.end === 'after' ? { after: String(to) } : { until: to - 1 };
    return this.#read(from, from, to, params);
  }

  async #countedPages(from: number, to: number): Promise<readonly FundingRow[]> {
    const rows = new Map<number, FundingRow>();
    for (let page = 1; page <= PAGES_MAX; page += 1) {
      const read = await this.#read(undefined, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, { pageNo: page });
      // Between two pages a settlement may push the last row of one into the next.
      for (const row of read) if (row.at >= from && row.at < to) rows.set(row.at, row);
      if (read.length < this.#paging.limit || read.some(({ at }) => at < from)) break;
    }
    return [...rows.values()].sort((a, b) => a.at - b.at);
  }

  async #read(since: number | undefined, from: number, to: number, params: Record<string, Json>): Promise<readonly FundingRow[]> {
    const what = since === undefined ? 'funding rates' : `funding rates from ${new Date(since).toISOString()}`;
    const rows = await this.#client.readRows(what, async (api) => (await api.fetchFundingRateHistory(this.#market.symbol, since, this.#paging.limit, params)).map(rowOf));
    return rows.filter(({ at }) => at >= from && at < to);
  }
}

function rowOf({ timestamp, fundingRate }: { readonly timestamp?: number; readonly fundingRate?: unknown }): FundingRow {
  if (typeof timestamp !== 'number' || !Number.isSafeInteger(timestamp)) throw new MalformedError('a funding rate without a time');
  return { at: timestamp, rate: numberOf(fundingRate, timestamp) };
}
