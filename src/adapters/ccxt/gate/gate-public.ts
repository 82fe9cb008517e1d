/** Gate's public data: prices, candles, time, market facts. One channel tells last, mark and index price together. */
import type { Candle } from '../../../domain/candle.ts';
import type { Json } from '../../../domain/json.ts';
import { parseTimeframe } from '../../../domain/timeframe.ts';
import type { MarketFacts } from '../../../ports/exchange-setup.ts';
import type { Frame, PublicDialect, PublicParts, QuotePart, StreamSpec, VenueMarket } from '../dialect.ts';
import { decimalOf, optionalDecimal, rowOf, rowsOf, textOf, timeOf } from '../fields.ts';
import type { Row } from '../fields.ts';
import { barOf } from '../list-candles.ts';
import { secondsOf } from './lists.ts';

/** Prices of a market that trades come several times a second. */
const SILENCE_MS = 30_000;
const CANDLES_PAGE = 2_000;
const CHANNEL = 'futures.tickers';

/** What of ccxt's stream client is used here; its own types have none of it. */
export interface GateStreaming {
  readonly urls: { readonly api: { readonly swap: { readonly usdt: string } } };
  subscribePublicMultiple(url: string, hashes: string[], payload: readonly string[], channel: string): Promise<unknown>;
  subscribePrivate(url: string, hash: string, payload: readonly string[], channel: string, params: Record<string, never>): Promise<unknown>;
}

export class GatePublic implements PublicDialect {
  readonly #parts: PublicParts;

  constructor(parts: PublicParts) {
    this.#parts = parts;
  }

  #read(path: string, params: Record<string, Json>): Promise<Json> {
    return this.#parts.reader.read({ api: ['public', 'futures'], method: 'GET', path: `{settle}/${path}`, params, weight: 1 });
  }

  /** A ticker tells no time: it is not older than the clock that was asked before. */
  async fetchQuote(market: VenueMarket): Promise<Required<QuotePart>> {
    const at = await this.fetchTime();
    const rows = rowsOf(await this.#read('tickers', contractParams(market)), 'tickers');
    const row = rowOf(rows.find((each) => each['contract'] === market.id), 'a ticker');
    return { type: 'quote', symbol: market.symbol, ...pricesIn(row), at };
  }

  /** By pages that end where the page before begins; a page that is not the newest goes by its times. */
  async fetchCandles(market: VenueMarket, timeframe: string, limit: number): Promise<readonly Candle[]> {
    const bars = new Map<number, Candle>();
    const stepS = parseTimeframe(timeframe) / 1_000;
    for (let end: number | null = null; bars.size < limit; ) {
      const count = Math.min(CANDLES_PAGE, limit - bars.size);
      const range: Record<string, Json> = end === null ? { limit: count } : { from: end - count * stepS, to: end - stepS };
      const rows = rowsOf(await this.#read('candlesticks', { ...contractParams(market), interval: timeframe, ...range }), 'candles');
      const next: readonly Candle[] = rows.map((row) => barOf({ at: secondsOf(row, 't'), open: row['o'] ?? null, high: row['h'] ?? null, low: row['l'] ?? null, close: row['c'] ?? null, contracts: row['v'] ?? null }, market.contractSize));
      const oldest: number | null = next.length === 0 ? null : Math.min(...next.map(({ at }) => at)) / 1_000;
      if (oldest === null || oldest === end) break;
      for (const bar of next) bars.set(bar.at, bar);
      end = oldest;
    }
    return [...bars.values()].sort((a, b) => a.at - b.at);
  }

  async fetchTime(): Promise<number> {
    return timeOf(rowOf(await this.#parts.reader.read({ api: ['public', 'spot'], method: 'GET', path: 'time', params: {}, weight: 1 })), 'server_time');
  }

  async fetchMarketFacts(market: VenueMarket): Promise<MarketFacts> {
    const row = rowOf(await this.#read('contracts/{contract}', contractParams(market)), 'a contract');
    return { status: textOf(row, 'status'), isActive: market.isActive, maxLeverage: market.maxLeverage, fundingIntervalMs: secondsOf(row, 'funding_interval'), fundingRate: optionalDecimal(row, 'funding_rate') };
  }

  streams(symbols: readonly string[]): readonly StreamSpec[] {
    const ids = symbols.flatMap((symbol) => this.#parts.markets.bySymbol(symbol)?.id ?? []);
    const stream = this.#parts.stream as unknown as GateStreaming;
    const hash = 'prices';
    return [{ name: hash, silenceMs: SILENCE_MS, open: () => stream.subscribePublicMultiple(stream.urls.api.swap.usdt, [hash], ids, CHANNEL) }];
  }

  frames(message: Json): readonly Frame[] | null {
    if (typeof message !== 'object' || message === null || Array.isArray(message)) return null;
    const row = rowOf(message);
    if (row['channel'] !== CHANNEL || row['event'] !== 'update') return null;
    const at = row['time_ms'] === undefined ? secondsOf(row, 'time') : timeOf(row, 'time_ms');
    return rowsOf(row['result'], CHANNEL).flatMap((each) => this.#quote(each, at));
  }

  #quote(row: Row, at: number): readonly Frame[] {
    const symbol = this.#parts.markets.byId(textOf(row, 'contract'))?.symbol;
    return symbol === undefined ? [] : [{ type: 'quote', symbol, ...pricesIn(row), at }];
  }
}

function pricesIn(row: Row): { readonly last: string; readonly mark: string; readonly index: string } {
  return { last: decimalOf(row, 'last'), mark: decimalOf(row, 'mark_price'), index: decimalOf(row, 'index_price') };
}

/** Names a market in a request; `settle` is part of its path. */
function contractParams({ id, quote }: Pick<VenueMarket, 'id' | 'quote'>): { readonly settle: string; readonly contract: string } {
  return { settle: quote.toLowerCase(), contract: id };
}
