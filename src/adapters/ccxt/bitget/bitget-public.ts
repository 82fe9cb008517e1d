/** Bitget's public data: prices, candles, time, market facts. One channel tells last, mark and index price together. */
import type { Candle } from '../../../domain/candle.ts';
import type { Json } from '../../../domain/json.ts';
import type { MarketFacts } from '../../../ports/exchange-setup.ts';
import type { Frame, PublicDialect, PublicParts, QuotePart, StreamSpec, VenueMarket } from '../dialect.ts';
import { decimalOf, optionalDecimal, rowOf, rowsOf, textOf, timeOf } from '../fields.ts';
import type { Row } from '../fields.ts';
import { barsOf } from '../list-candles.ts';
import { marketParams, productOf } from './product.ts';

const HOUR_MS = 3_600_000;
/** Prices of a market that trades come several times a second. */
const SILENCE_MS = 30_000;
const CANDLES_PAGE = 1_000;
const CHANNELS_PER_SOCKET = 50;

/** What of ccxt's stream client is used here; its own types have none of it. */
export interface BitgetStreaming {
  readonly options: Record<string, unknown>;
  readonly urls: { readonly api: Record<'ws' | 'demo', Record<'public' | 'private', string>> };
  authenticate(params: { readonly url: string }): Promise<unknown>;
  watch(url: string, hash: string, message: unknown, subscribeHash: string): Promise<unknown>;
  watchMultiple(url: string, hashes: string[], message: unknown, subscribeHashes: string[]): Promise<unknown>;
}

/** Where demo accounts and their prices have addresses of their own. */
export function streamUrl({ options, urls }: BitgetStreaming, side: 'public' | 'private'): string {
  return urls.api[options['sandboxMode'] === true ? 'demo' : 'ws'][side];
}

export class BitgetPublic implements PublicDialect {
  readonly #parts: PublicParts;

  constructor(parts: PublicParts) {
    this.#parts = parts;
  }

  async #data(path: string, params: Record<string, Json>): Promise<Json | undefined> {
    return rowOf(await this.#parts.reader.read({ api: ['public', 'mix'], method: 'GET', path: `v2/mix/market/${path}`, params, weight: 1 }))['data'];
  }

  async #ticker(market: VenueMarket): Promise<Row> {
    const rows = rowsOf(await this.#data('ticker', marketParams(market)), 'ticker');
    return rowOf(rows.find((row) => row['symbol'] === market.id), 'ticker');
  }

  async fetchQuote(market: VenueMarket): Promise<Required<QuotePart>> {
    const row = await this.#ticker(market);
    return { type: 'quote', symbol: market.symbol, last: decimalOf(row, 'lastPr'), mark: decimalOf(row, 'markPrice'), index: decimalOf(row, 'indexPrice'), at: timeOf(row, 'ts') };
  }

  /** By pages that end where the page before begins. */
  async fetchCandles(market: VenueMarket, timeframe: string, limit: number): Promise<readonly Candle[]> {
    const bars = new Map<number, Candle>();
    for (let end: number | null = null; bars.size < limit; ) {
      const params: Record<string, Json> = { ...marketParams(market), granularity: barName(timeframe), limit: String(Math.min(CANDLES_PAGE, limit - bars.size)) };
      const next: readonly Candle[] = barsOf(await this.#data('candles', end === null ? params : { ...params, endTime: String(end) }), ['at', 'open', 'high', 'low', 'close', 'volume'], market.contractSize);
      const oldest: number | null = next.length === 0 ? null : Math.min(...next.map(({ at }) => at));
      if (oldest === null || oldest === end) break;
      for (const bar of next) bars.set(bar.at, bar);
      end = oldest;
    }
    return [...bars.values()].sort((a, b) => a.at - b.at);
  }

  async fetchTime(): Promise<number> {
    const answer = rowOf(await this.#parts.reader.read({ api: ['public', 'common'], method: 'GET', path: 'v2/public/time', params: {}, weight: 1 }));
    return timeOf(rowOf(answer['data']), 'serverTime');
  }

  async fetchMarketFacts(market: VenueMarket): Promise<MarketFacts> {
    const ticker = await this.#ticker(market);
    const [funding] = rowsOf(await this.#data('funding-time', marketParams(market)), 'funding time');
    return {
      status: textOf(rowOf(market.info), 'symbolStatus'),
      isActive: market.isActive,
      maxLeverage: market.maxLeverage,
      fundingIntervalMs: Number(textOf(rowOf(funding, 'funding time'), 'ratePeriod')) * HOUR_MS,
      fundingRate: optionalDecimal(ticker, 'fundingRate'),
    };
  }

  streams(symbols: readonly string[]): readonly StreamSpec[] {
    const args = symbols.flatMap((symbol) => {
      const market = this.#parts.markets.bySymbol(symbol);
      return market === null ? [] : [{ instType: productOf(market.quote), channel: 'ticker', instId: market.id }];
    });
    const stream = this.#parts.stream as unknown as BitgetStreaming;
    return Array.from({ length: Math.ceil(args.length / CHANNELS_PER_SOCKET) }, (_, index) => {
      const hash = `prices:${index}`;
      const message = { op: 'subscribe', args: args.slice(index * CHANNELS_PER_SOCKET, (index + 1) * CHANNELS_PER_SOCKET) };
      return { name: hash, silenceMs: SILENCE_MS, open: () => stream.watchMultiple(streamUrl(stream, 'public'), [hash], message, [hash]) };
    });
  }

  frames(message: Json): readonly Frame[] | null {
    if (typeof message !== 'object' || message === null || Array.isArray(message)) return null;
    const { arg, data } = rowOf(message);
    if (arg === undefined || data === undefined) return null;
    return textOf(rowOf(arg), 'channel') === 'ticker' ? rowsOf(data, 'ticker').flatMap((row) => this.#quote(row)) : [];
  }

  #quote(row: Row): readonly Frame[] {
    const symbol = this.#parts.markets.byId(textOf(row, 'instId'))?.symbol;
    if (symbol === undefined) return [];
    return [{ type: 'quote', symbol, last: decimalOf(row, 'lastPr'), mark: decimalOf(row, 'markPrice'), index: decimalOf(row, 'indexPrice'), at: timeOf(row, 'ts') }];
  }
}

/** `4h` → `4H`, `12h` → `12Hutc`, `1d` → `1Dutc`: without `utc` long ones begin at midnight in Hong Kong. */
function barName(timeframe: string): string {
  if (timeframe.endsWith('m')) return timeframe;
  const name = timeframe.toUpperCase();
  return timeframe.endsWith('h') && Number.parseInt(timeframe, 10) < 6 ? name : `${name}utc`;
}
