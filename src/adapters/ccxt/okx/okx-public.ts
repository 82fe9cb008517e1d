/** OKX's public data: prices, candles, time, market facts. Last, mark and index price are channels of one socket. */
import type { Candle } from '../../../domain/candle.ts';
import type { Json } from '../../../domain/json.ts';
import type { MarketFacts } from '../../../ports/exchange-setup.ts';
import type { Frame, PublicDialect, PublicParts, QuotePart, StreamSpec, VenueMarket } from '../dialect.ts';
import { decimalOf, optionalDecimal, rowOf, rowsOf, textOf, timeOf } from '../fields.ts';
import type { Row } from '../fields.ts';
import { barsOf } from '../list-candles.ts';

/** The mark price comes every ten seconds when it rests. */
const SILENCE_MS = 30_000;
const CANDLES_PAGE = 300;
/** Beyond its newest 1440 candles the exchange keeps them at another endpoint. */
const RECENT_CANDLES = 1_200;
/** Names of candles of at least six hours without this begin at midnight in Hong Kong. */
const UTC = 'utc';

/** What of ccxt's stream client is used here; its own types have none of it. */
interface Streaming {
  getUrl(channel: string, access: string): string;
  watchMultiple(url: string, hashes: string[], message: unknown, subscribeHashes: string[]): Promise<unknown>;
}

export class OkxPublic implements PublicDialect {
  readonly #parts: PublicParts;
  /** Symbols by the name of their index: several swaps may share one. */
  readonly #symbolsByIndex = new Map<string, string[]>();

  constructor(parts: PublicParts) {
    this.#parts = parts;
  }

  async #rows(path: string, params: Record<string, Json>, weight: number): Promise<readonly Row[]> {
    return rowsOf(rowOf(await this.#parts.reader.read({ api: 'public', method: 'GET', path, params, weight }))['data'], path);
  }

  async #row(path: string, params: Record<string, Json>, weight: number): Promise<Row> {
    return rowOf((await this.#rows(path, params, weight))[0], path);
  }

  async fetchQuote({ id, symbol, info }: VenueMarket): Promise<Required<QuotePart>> {
    const mark = await this.#row('public/mark-price', { instType: 'SWAP', instId: id }, 2);
    const index = await this.#row('market/index-tickers', { instId: indexOf(info) }, 1);
    const ticker = await this.#row('market/ticker', { instId: id }, 1);
    return {
      type: 'quote',
      symbol,
      last: decimalOf(ticker, 'last'),
      mark: decimalOf(mark, 'markPx'),
      index: decimalOf(index, 'idxPx'),
      at: Math.max(timeOf(ticker, 'ts'), timeOf(mark, 'ts'), timeOf(index, 'ts')),
    };
  }

  /** Newest first on the wire, by pages that end before the oldest bar of the page before. */
  async fetchCandles({ id, contractSize }: VenueMarket, timeframe: string, limit: number): Promise<readonly Candle[]> {
    const bars = new Map<number, Candle>();
    const path = limit > RECENT_CANDLES ? 'market/history-candles' : 'market/candles';
    const page = path === 'market/candles' ? CANDLES_PAGE : 100;
    for (let before: number | null = null; bars.size < limit; ) {
      const params: Record<string, Json> = { instId: id, bar: barName(timeframe), limit: String(Math.min(page, limit - bars.size)) };
      const json = rowOf(await this.#parts.reader.read({ api: 'public', method: 'GET', path, params: before === null ? params : { ...params, after: String(before) }, weight: 1 }));
      const next: readonly Candle[] = barsOf(json['data'], ['at', 'open', 'high', 'low', 'close', 'contracts', 'volume'], contractSize);
      const oldest: number | null = next.length === 0 ? null : Math.min(...next.map(({ at }) => at));
      if (oldest === null || oldest === before) break;
      for (const bar of next) bars.set(bar.at, bar);
      before = oldest;
    }
    return [...bars.values()].sort((a, b) => a.at - b.at);
  }

  async fetchTime(): Promise<number> {
    return timeOf(await this.#row('public/time', {}, 2), 'ts');
  }

  async fetchMarketFacts({ id, isActive, maxLeverage, info }: VenueMarket): Promise<MarketFacts> {
    const funding = await this.#row('public/funding-rate', { instId: id }, 2);
    const intervalMs = timeOf(funding, 'nextFundingTime') - timeOf(funding, 'fundingTime');
    return {
      status: textOf(rowOf(info), 'state'),
      isActive,
      maxLeverage,
      fundingIntervalMs: intervalMs > 0 ? intervalMs : null,
      fundingRate: optionalDecimal(funding, 'fundingRate'),
    };
  }

  streams(symbols: readonly string[]): readonly StreamSpec[] {
    const args = symbols.flatMap((symbol) => this.#channels(symbol));
    const stream = this.#parts.stream as unknown as Streaming;
    const hash = 'prices';
    return [{ name: hash, silenceMs: SILENCE_MS, open: () => stream.watchMultiple(stream.getUrl('tickers', 'public'), [hash], { op: 'subscribe', args }, [hash]) }];
  }

  #channels(symbol: string): { readonly channel: string; readonly instId: string }[] {
    const market = this.#parts.markets.bySymbol(symbol);
    if (market === null) return [];
    const index = indexOf(market.info);
    const sharing = this.#symbolsByIndex.get(index) ?? [];
    this.#symbolsByIndex.set(index, [...sharing.filter((each) => each !== symbol), symbol]);
    return [
      { channel: 'tickers', instId: market.id },
      { channel: 'mark-price', instId: market.id },
      { channel: 'index-tickers', instId: index },
    ];
  }

  frames(message: Json): readonly Frame[] | null {
    if (typeof message !== 'object' || message === null || Array.isArray(message)) return null;
    const { arg, data } = rowOf(message);
    if (arg === undefined || data === undefined) return null;
    const channel = textOf(rowOf(arg), 'channel');
    return rowsOf(data, channel).flatMap((row) => this.#frames(channel, row));
  }

  #frames(channel: string, row: Row): readonly Frame[] {
    const id = textOf(row, 'instId');
    const at = timeOf(row, 'ts');
    if (channel === 'index-tickers') return (this.#symbolsByIndex.get(id) ?? []).map((symbol) => ({ type: 'quote', symbol, index: decimalOf(row, 'idxPx'), at }));
    const symbol = this.#parts.markets.byId(id)?.symbol;
    if (symbol === undefined) return [];
    if (channel === 'tickers') return [{ type: 'quote', symbol, last: decimalOf(row, 'last'), at }];
    return channel === 'mark-price' ? [{ type: 'quote', symbol, mark: decimalOf(row, 'markPx'), at }] : [];
  }
}

/** The name of the index a swap follows, e.g. `BTC-USDT`. */
function indexOf(info: Json): string {
  return textOf(rowOf(info), 'uly');
}

/** `4h` → `4H`, `1d` → `1Dutc`. */
function barName(timeframe: string): string {
  const count = Number.parseInt(timeframe, 10);
  if (timeframe.endsWith('m')) return timeframe;
  const name = timeframe.toUpperCase();
  return timeframe.endsWith('h') && count < 6 ? name : `${name}${UTC}`;
}
