/**
 * Candles of an exchange, window by window. Where a page lacks bars it is asked for again, because exchanges cut pages at other
 * lengths than they say: a bar counts as missing only when a request for nothing but its gap brought nothing.
 */
import { D, plain } from '../../../domain/decimal.ts';
import type { DecimalString } from '../../../domain/decimal.ts';
import type { Json } from '../../../domain/json.ts';
import type { CcxtExchangeId } from '../load-exchange.ts';
import { MalformedError, type HistoryClient, type HistoryMarket } from './history-client.ts';

/** As it came: not checked for sense, in the order of the exchange as ccxt sorts it. */
export interface CandleRow {
  /** Open time, ms. */
  readonly at: number;
  readonly open: DecimalString;
  readonly high: DecimalString;
  readonly low: DecimalString;
  readonly close: DecimalString;
  /** Base units; 0 for mark prices, which have none. */
  readonly volume: DecimalString;
}

export type CandlePrice = 'last' | 'mark';

interface Paging {
  /** Bars of one page; null: the exchange has no such candles. */
  readonly last: number;
  readonly mark: number | null;
  /** ccxt's `until` is the last millisecond that is wanted, or the first that is not. */
  readonly until: 'inclusive' | 'exclusive';
}

/** Page lengths of the exchanges' documents, as ccxt 4.5.84 passes them on. Hyperliquid keeps the newest 5,000 bars of a timeframe only. */
const PAGING: Readonly<Record<CcxtExchangeId, Paging>> = {
  binanceusdm: { last: 1_000, mark: 1_000, until: 'inclusive' },
  bybit: { last: 1_000, mark: 1_000, until: 'inclusive' },
  hyperliquid: { last: 5_000, mark: null, until: 'inclusive' },
  okx: { last: 300, mark: 100, until: 'exclusive' },
  bitget: { last: 200, mark: 200, until: 'exclusive' },
  gate: { last: 1_000, mark: 1_000, until: 'inclusive' },
};

/** Exchanges whose volume counts contracts. */
const VOLUME_IN_CONTRACTS: readonly CcxtExchangeId[] = ['gate'];

export function hasCandles(exchangeId: CcxtExchangeId, price: CandlePrice): boolean {
  return PAGING[exchangeId][price] !== null;
}

export interface CandleQuery {
  readonly market: HistoryMarket;
  readonly timeframe: string;
  readonly timeframeMs: number;
  readonly price: CandlePrice;
}

export class CandleHistory {
  readonly #client: HistoryClient;
  readonly #query: CandleQuery;
  readonly #limit: number;
  readonly #isInclusive: boolean;
  readonly #volumeUnit: D;
  /** Longest span of one `window`, ms. One bar less than a page: some exchanges count the bar at the end as well. */
  readonly windowMs: number;

  constructor(client: HistoryClient, query: CandleQuery) {
    const paging = PAGING[client.exchangeId];
    this.#client = client;
    this.#query = query;
    this.#limit = paging[query.price] ?? 0;
    this.#isInclusive = paging.until === 'inclusive';
    this.#volumeUnit = VOLUME_IN_CONTRACTS.includes(client.exchangeId) ? new D(String(query.market.contractSize ?? 1)) : new D(1);
    this.windowMs = (this.#limit - 1) * query.timeframeMs;
  }

  /** All bars that open at or after `from` and before `to`, at most `windowMs` apart. */
  async window(from: number, to: number): Promise<readonly CandleRow[]> {
    let rows: readonly CandleRow[] = await this.#page(from, to);
    for (;;) {
      const found: CandleRow[] = [];
      for (const hole of this.#holes(rows, from, to)) found.push(...(await this.#page(hole.from, hole.to)));
      if (found.length === 0) return rows;
      rows = [...rows, ...found].sort((a, b) => a.at - b.at);
    }
  }

  async #page(from: number, to: number): Promise<CandleRow[]> {
    const { market, timeframe, price } = this.#query;
    const params: Record<string, Json> = { until: this.#isInclusive ? to - 1 : to, ...(price === 'mark' ? { price: 'mark' } : {}) };
    const rows = await this.#client.readRows(`${price === 'mark' ? 'mark-price ' : ''}candles from ${new Date(from).toISOString()}`, async (api) =>
      (await api.fetchOHLCV(market.symbol, timeframe, from, this.#limit, params)).map((row) => this.#row(row)),
    );
    return rows.filter(({ at }) => at >= from && at < to);
  }

  #row(row: readonly unknown[]): CandleRow {
    const [at, open, high, low, close, volume] = row;
    if (typeof at !== 'number' || !Number.isSafeInteger(at)) throw new MalformedError('a candle without a time');
    return {
      at,
      open: numberOf(open, at),
      high: numberOf(high, at),
      low: numberOf(low, at),
      close: numberOf(close, at),
      volume: this.#query.price === 'mark' ? '0' : plain(new D(numberOf(volume, at)).times(this.#volumeUnit)),
    };
  }

  /** Spans of bars that are not among the rows. */
  #holes(rows: readonly CandleRow[], from: number, to: number): { readonly from: number; readonly to: number }[] {
    const { timeframeMs } = this.#query;
    const there = new Set(rows.map(({ at }) => at));
    const holes: { from: number; to: number }[] = [];
    for (let at = from; at < to; at += timeframeMs) {
      if (there.has(at)) continue;
      const last = holes.at(-1);
      if (last !== undefined && last.to === at) last.to = at + timeframeMs;
      else holes.push({ from: at, to: at + timeframeMs });
    }
    return holes;
  }
}

/** Every digit of the exchange's text, in its shortest form. */
export function numberOf(value: unknown, at: number): DecimalString {
  const text = typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  if (!/^-?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?$/.test(text)) throw new MalformedError(`a value at ${new Date(at).toISOString()} that is no number`);
  return plain(new D(text));
}
