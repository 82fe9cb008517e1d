/** Bybit's public data: prices, candles, time, market facts. One ticker topic tells last, mark and index price, whole once and then what changed. */
import type { Candle } from '../../../domain/candle.ts';
import type { DecimalString } from '../../../domain/decimal.ts';
import { HedgerowError } from '../../../domain/errors.ts';
import type { Json } from '../../../domain/json.ts';
import type { MarketFacts } from '../../../ports/exchange-setup.ts';
import type { Frame, PublicDialect, PublicParts, QuotePart, StreamSpec, VenueMarket } from '../dialect.ts';
import { decimalOf, optionalDecimal, optionalText, rowOf, rowsOf, textOf, timeOf } from '../fields.ts';
import type { Row } from '../fields.ts';
import { READ_WEIGHT, resultOf } from './bybit-pages.ts';
import { CATEGORY } from './order-rows.ts';

/** Tickers come ten times a second. */
const SILENCE_MS = 10_000;
/** Topics of one command; more would pass the exchange's limit on its length. */
const TOPICS_PER_COMMAND = 100;
const CANDLES_PAGE = 1_000;
const MINUTE_MS = 60_000;
/** ccxt's names of candle lengths → Bybit's. */
const INTERVALS: Readonly<Record<string, string>> = {
  '1m': '1',
  '3m': '3',
  '5m': '5',
  '15m': '15',
  '30m': '30',
  '1h': '60',
  '2h': '120',
  '4h': '240',
  '6h': '360',
  '12h': '720',
  '1d': 'D',
  '7d': 'W',
};

/** What of ccxt's stream client is used here; its own types have none of it. */
interface Streaming {
  readonly urls: { readonly api: { readonly ws: { readonly public: { readonly linear: string } } } };
  implodeHostname(url: string): string;
  watchMultiple(url: string, hashes: string[], message: unknown, subscribeHashes: string[]): Promise<unknown>;
}

const FIELDS = { last: 'lastPrice', mark: 'markPrice', index: 'indexPrice' } as const;
type Source = keyof typeof FIELDS;
/** With the time of the frame that said it. */
type Told = Partial<Record<Source, { readonly price: DecimalString; readonly at: number }>>;

export class BybitPublic implements PublicDialect {
  readonly #parts: PublicParts;
  /** By symbol: the ticker as its connection has told it. What a frame leaves out has not changed, and is as new as the frame. */
  readonly #told = new Map<string, Told>();

  constructor(parts: PublicParts) {
    this.#parts = parts;
  }

  async fetchQuote(market: VenueMarket): Promise<Required<QuotePart>> {
    const { row, at } = await this.#ticker(market);
    return { type: 'quote', symbol: market.symbol, last: decimalOf(row, 'lastPrice'), mark: decimalOf(row, 'markPrice'), index: decimalOf(row, 'indexPrice'), at };
  }

  async #ticker({ id }: VenueMarket): Promise<{ readonly row: Row; readonly at: number }> {
    const json = await this.#read('v5/market/tickers', { category: CATEGORY, symbol: id });
    const row = rowsOf(resultOf(json)['list'], 'tickers').find((each) => each['symbol'] === id);
    if (row === undefined) throw new HedgerowError('EXCHANGE_UNAVAILABLE', `bybit shows no ticker of ${id}`);
    return { row, at: timeOf(rowOf(json), 'time') };
  }

  #read(path: string, params: Record<string, Json>): Promise<Json> {
    return this.#parts.reader.read({ api: 'public', method: 'GET', path, params, weight: READ_WEIGHT });
  }

  /** Given newest first, a page at a time. */
  async fetchCandles({ id }: VenueMarket, timeframe: string, limit: number): Promise<readonly Candle[]> {
    const interval = INTERVALS[timeframe];
    if (interval === undefined) throw new HedgerowError('INPUT_INVALID', `bybit has no candles of ${timeframe}; it has ${Object.keys(INTERVALS).join(', ')}`);
    const candles = new Map<number, Candle>();
    let end: number | null = null;
    while (candles.size < limit) {
      const json: Json = await this.#read('v5/market/kline', { category: CATEGORY, symbol: id, interval, limit: Math.min(CANDLES_PAGE, limit), ...(end !== null && { end }) });
      const page = candleRows(resultOf(json)['list']);
      for (const candle of page) candles.set(candle.at, candle);
      const oldest = page.at(-1);
      if (oldest === undefined || page.length < Math.min(CANDLES_PAGE, limit)) break;
      end = oldest.at - 1;
    }
    return [...candles.values()].sort((a, b) => a.at - b.at).slice(-limit);
  }

  async fetchTime(): Promise<number> {
    return timeOf(rowOf(await this.#read('v5/market/time', {})), 'time');
  }

  async fetchMarketFacts(market: VenueMarket): Promise<MarketFacts> {
    const { row } = await this.#ticker(market);
    const info = rowOf(market.info);
    const minutes = optionalText(info, 'fundingInterval');
    return {
      status: textOf(info, 'status'),
      isActive: market.isActive,
      maxLeverage: market.maxLeverage,
      fundingIntervalMs: minutes === null ? null : Number(minutes) * MINUTE_MS,
      fundingRate: optionalDecimal(row, 'fundingRate'),
    };
  }

  streams(symbols: readonly string[]): readonly StreamSpec[] {
    const topics = symbols.flatMap((symbol) => {
      const id = this.#parts.markets.bySymbol(symbol)?.id;
      return id === undefined ? [] : [`tickers.${id}`];
    });
    const stream = this.#parts.stream as unknown as Streaming;
    const url = stream.implodeHostname(stream.urls.api.ws.public.linear);
    return Array.from({ length: Math.ceil(topics.length / TOPICS_PER_COMMAND) }, (_, index) => {
      const args = topics.slice(index * TOPICS_PER_COMMAND, (index + 1) * TOPICS_PER_COMMAND);
      const hash = `prices:${index}`;
      return { name: hash, silenceMs: SILENCE_MS, open: () => stream.watchMultiple(url, [hash], { op: 'subscribe', req_id: hash, args }, [hash]) };
    });
  }

  frames(message: Json): readonly Frame[] | null {
    if (typeof message !== 'object' || message === null || Array.isArray(message)) return null;
    const event = rowOf(message);
    if (event['success'] === false) return [{ type: 'lost', reason: `${String(event['op'] ?? 'command')} was refused` }];
    if (!String(event['topic'] ?? '').startsWith('tickers.')) return null;
    const row = rowOf(event['data'], 'a ticker');
    const market = this.#parts.markets.byId(textOf(row, 'symbol'));
    if (market === null) return [];
    const at = timeOf(event, 'ts');
    const told = withPrices(event['type'] === 'delta' ? (this.#told.get(market.symbol) ?? {}) : {}, row, at);
    this.#told.set(market.symbol, told);
    const prices = Object.fromEntries(Object.entries(told).map(([source, { price }]) => [source, price]));
    return Object.keys(prices).length === 0 ? [] : [{ type: 'quote', symbol: market.symbol, ...prices, at }];
  }
}

function withPrices(before: Told, row: Row, at: number): Told {
  const told: Told = { ...before };
  for (const source of Object.keys(FIELDS) as Source[]) {
    const price = optionalDecimal(row, FIELDS[source]);
    if (price !== null && at >= (before[source]?.at ?? 0)) told[source] = { price, at };
  }
  return told;
}

function candleRows(json: Json | undefined): readonly Candle[] {
  if (!Array.isArray(json)) throw new HedgerowError('EXCHANGE_UNAVAILABLE', 'bybit gives no list of candles');
  return (json as readonly (readonly Json[])[]).map(([at, open, high, low, close, volume]) => {
    const fields: Row = { at: at ?? null, open: open ?? null, high: high ?? null, low: low ?? null, close: close ?? null, volume: volume ?? null };
    return { at: timeOf(fields, 'at'), open: decimalOf(fields, 'open'), high: decimalOf(fields, 'high'), low: decimalOf(fields, 'low'), close: decimalOf(fields, 'close'), volume: decimalOf(fields, 'volume') };
  });
}
