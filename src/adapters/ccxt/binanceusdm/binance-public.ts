/** Binance's public data: prices, candles, time, market facts. Prices come over one socket, last trade and mark price together. */
import type { Candle } from '../../../domain/candle.ts';
import type { Json } from '../../../domain/json.ts';
import type { MarketFacts } from '../../../ports/exchange-setup.ts';
import type { Frame, PublicDialect, PublicParts, QuotePart, StreamSpec, VenueMarket } from '../dialect.ts';
import { decimalOf, optionalDecimal, rowOf, rowsOf, textOf, timeOf } from '../fields.ts';
import type { Row } from '../fields.ts';

const HOUR_MS = 3_600_000;
/** What has no entry of its own in the list of funding intervals is paid every eight hours. */
const USUAL_FUNDING_MS = 8 * HOUR_MS;
/** The mark price comes every second. */
const SILENCE_MS = 10_000;
/** Streams of one socket, as the exchange allows. */
const STREAMS_PER_SOCKET = 200;

/** What of ccxt's stream client is used here; its own types have none of it. */
interface Streaming {
  getWsUrl(type: string, category: string): string;
  watchMultiple(url: string, hashes: string[], message: unknown, subscribeHashes: string[], subscription: { readonly id: string }): Promise<unknown>;
}

export class BinancePublic implements PublicDialect {
  readonly #parts: PublicParts;

  constructor(parts: PublicParts) {
    this.#parts = parts;
  }

  async fetchQuote({ id, symbol }: VenueMarket): Promise<Required<QuotePart>> {
    const premium = rowOf(await this.#parts.reader.read({ api: 'fapiPublic', method: 'GET', path: 'premiumIndex', params: { symbol: id }, weight: 1 }));
    const ticker = rowOf(await this.#parts.reader.read({ api: 'fapiPublic', method: 'GET', path: 'ticker/price', params: { symbol: id }, weight: 1 }));
    return {
      type: 'quote',
      symbol,
      last: decimalOf(ticker, 'price'),
      mark: decimalOf(premium, 'markPrice'),
      index: decimalOf(premium, 'indexPrice'),
      // Asked for before the last trade, so no part of it is older.
      at: timeOf(premium, 'time'),
    };
  }

  async fetchCandles({ id }: VenueMarket, timeframe: string, limit: number): Promise<readonly Candle[]> {
    const json = await this.#parts.reader.read({ api: 'fapiPublic', method: 'GET', path: 'klines', params: { symbol: id, interval: timeframe, limit }, weight: limit > 500 ? 5 : 2 });
    const rows = Array.isArray(json) ? json : [];
    return rows.map((row) => {
      const [at, open, high, low, close, volume] = row as readonly Json[];
      const fields: Row = { at: at ?? null, open: open ?? null, high: high ?? null, low: low ?? null, close: close ?? null, volume: volume ?? null };
      return {
        at: timeOf(fields, 'at'),
        open: decimalOf(fields, 'open'),
        high: decimalOf(fields, 'high'),
        low: decimalOf(fields, 'low'),
        close: decimalOf(fields, 'close'),
        volume: decimalOf(fields, 'volume'),
      };
    });
  }

  async fetchTime(): Promise<number> {
    return timeOf(rowOf(await this.#parts.reader.read({ api: 'fapiPublic', method: 'GET', path: 'time', params: {}, weight: 1 })), 'serverTime');
  }

  async fetchMarketFacts({ id, isActive, maxLeverage, info }: VenueMarket): Promise<MarketFacts> {
    const premium = rowOf(await this.#parts.reader.read({ api: 'fapiPublic', method: 'GET', path: 'premiumIndex', params: { symbol: id }, weight: 1 }));
    const intervals = rowsOf(await this.#parts.reader.read({ api: 'fapiPublic', method: 'GET', path: 'fundingInfo', params: {}, weight: 1 }));
    const own = intervals.find((row) => row['symbol'] === id);
    return {
      status: textOf(rowOf(info), 'status'),
      isActive,
      maxLeverage,
      fundingIntervalMs: own === undefined ? USUAL_FUNDING_MS : Number(textOf(own, 'fundingIntervalHours')) * HOUR_MS,
      fundingRate: optionalDecimal(premium, 'lastFundingRate'),
    };
  }

  streams(symbols: readonly string[]): readonly StreamSpec[] {
    const names = symbols.flatMap((symbol) => {
      const id = this.#parts.markets.bySymbol(symbol)?.id.toLowerCase();
      return id === undefined ? [] : [`${id}@aggTrade`, `${id}@markPrice@1s`];
    });
    const stream = this.#parts.stream as unknown as Streaming;
    const chunks = Math.ceil(names.length / STREAMS_PER_SOCKET);
    return Array.from({ length: chunks }, (_, index) => {
      const params = names.slice(index * STREAMS_PER_SOCKET, (index + 1) * STREAMS_PER_SOCKET);
      const hash = `prices:${index}`;
      const url = `${stream.getWsUrl('future', 'market')}/${index}`;
      return { name: hash, silenceMs: SILENCE_MS, open: () => stream.watchMultiple(url, [hash], { method: 'SUBSCRIBE', params, id: index + 1 }, [hash], { id: `${index + 1}` }) };
    });
  }

  /** Bare frames, and those of combined streams in their wrapper. */
  frames(message: Json): readonly Frame[] | null {
    if (typeof message !== 'object' || message === null || Array.isArray(message)) return null;
    const outer = rowOf(message);
    const row = typeof outer['stream'] === 'string' ? rowOf(outer['data']) : outer;
    switch (row['e']) {
      case 'aggTrade':
      case 'trade':
        return this.#quote(row, { last: decimalOf(row, 'p') }, 'T');
      case 'markPriceUpdate':
        return this.#quote(row, { mark: decimalOf(row, 'p'), index: decimalOf(row, 'i') }, 'E');
      default:
        return typeof row['e'] === 'string' ? [] : null;
    }
  }

  #quote(row: Row, part: Pick<QuotePart, 'last' | 'mark' | 'index'>, time: string): readonly Frame[] {
    const market = this.#parts.markets.byId(textOf(row, 's'));
    return market === null ? [] : [{ type: 'quote', symbol: market.symbol, ...part, at: timeOf(row, time) }];
  }
}
