/**
 * Hyperliquid's public data: prices with mark and oracle in one message, candles, time, market facts. That message bears no time, and whether
 * a price is older than a fill decides much; the best bid and offer, which come on the same connection, bear one.
 */
import type { Candle } from '../../../domain/candle.ts';
import type { Json } from '../../../domain/json.ts';
import { parseTimeframe } from '../../../domain/timeframe.ts';
import type { MarketFacts } from '../../../ports/exchange-setup.ts';
import type { Frame, PublicDialect, PublicParts, QuotePart, StreamSpec, VenueMarket } from '../dialect.ts';
import { decimalOf, optionalDecimal, rowOf, rowOrNull, rowsOf, textOf, timeOf } from '../fields.ts';
import type { Row } from '../fields.ts';
import type { Call } from '../rest-client.ts';
import { lostFrames, openChannel } from './channels.ts';

const HOUR_MS = 3_600_000;
/** Contexts come while anything moves, and a pong every ten seconds. */
const SILENCE_MS = 15_000;

/** A context is no older than this when it arrives. */
const UNDER_WAY_MAX_MS = 2_000;

/** A read. `weight` as the exchange counts it: 2 for the cheap ones, 20 for most. */
export function infoCall(params: Record<string, Json>, weight = 20): Call {
  return { api: 'public', method: 'POST', path: 'info', params, weight };
}

export class HyperliquidPublic implements PublicDialect {
  readonly #parts: PublicParts;
  /** Exchange time of the newest frame that bears one; what comes after it on the same connection is no older. */
  #toldAt = 0;

  constructor(parts: PublicParts) {
    this.#parts = parts;
  }

  async fetchQuote(market: VenueMarket): Promise<Required<QuotePart>> {
    // The answer has no time; it is no older than the question.
    const at = this.#parts.now();
    return { type: 'quote', symbol: market.symbol, ...pricesIn(await this.#context(market)), at };
  }

  /** From as far back as whole bars need; from the beginning when bars are missing there: only the newest are served. */
  async fetchCandles({ id }: VenueMarket, timeframe: string, limit: number): Promise<readonly Candle[]> {
    const lengthMs = parseTimeframe(timeframe);
    const now = this.#parts.now();
    const since = async (startTime: number): Promise<readonly Candle[]> => {
      const req = { coin: id, interval: timeframe, startTime, endTime: now + lengthMs };
      return rowsOf(await this.#parts.reader.read(infoCall({ type: 'candleSnapshot', req })), 'candles').map(candleOf);
    };
    const near = await since(Math.max(0, now - lengthMs * (limit + 1)));
    const bars = near.length >= limit ? near : await since(0);
    return bars.slice(-limit);
  }

  async fetchTime(): Promise<number> {
    return timeOf(rowOf(await this.#parts.reader.read(infoCall({ type: 'exchangeStatus' }, 2))), 'time');
  }

  async fetchMarketFacts(market: VenueMarket): Promise<MarketFacts> {
    const context = await this.#context(market);
    const { isActive, maxLeverage } = market;
    return { status: isActive ? 'listed' : 'delisted', isActive, maxLeverage, fundingIntervalMs: HOUR_MS, fundingRate: optionalDecimal(context, 'funding') };
  }

  /** The contexts come in the order of the universe. */
  async #context({ id }: VenueMarket): Promise<Row> {
    const answer = await this.#parts.reader.read(infoCall({ type: 'metaAndAssetCtxs' }));
    const [meta, contexts] = Array.isArray(answer) ? (answer as readonly Json[]) : [];
    const index = rowsOf(rowOf(meta)['universe'], 'the universe').findIndex((asset) => asset['name'] === id);
    return rowOf(rowsOf(contexts, 'contexts')[index], `the context of ${id}`);
  }

  streams(symbols: readonly string[]): readonly StreamSpec[] {
    return symbols.flatMap((symbol) => {
      const coin = this.#parts.markets.bySymbol(symbol)?.id;
      return coin === undefined ? [] : ['bbo', 'activeAssetCtx'].map((type) => openChannel(this.#parts.stream, { type, coin }, SILENCE_MS));
    });
  }

  frames(message: Json): readonly Frame[] | null {
    const lost = lostFrames(message);
    if (lost !== null) return lost;
    const row = rowOrNull(message) ?? {};
    if (row['channel'] === 'bbo') {
      this.#toldAt = Math.max(this.#toldAt, timeOf(rowOf(row['data']), 'time'));
      return [];
    }
    if (row['channel'] !== 'activeAssetCtx') return null;
    const data = rowOf(row['data']);
    const market = this.#parts.markets.byId(textOf(data, 'coin'));
    const at = Math.max(this.#toldAt, this.#parts.now() - UNDER_WAY_MAX_MS);
    return market === null ? [] : [{ type: 'quote', symbol: market.symbol, ...pricesIn(rowOf(data['ctx'])), at }];
  }
}

/** The middle of the book stands for the last price: the context has no other, and what trades now trades there. */
function pricesIn(context: Row): Pick<Required<QuotePart>, 'last' | 'mark' | 'index'> {
  const mark = decimalOf(context, 'markPx');
  return { last: optionalDecimal(context, 'midPx') ?? mark, mark, index: decimalOf(context, 'oraclePx') };
}

function candleOf(row: Row): Candle {
  return {
    at: timeOf(row, 't'),
    open: decimalOf(row, 'o'),
    high: decimalOf(row, 'h'),
    low: decimalOf(row, 'l'),
    close: decimalOf(row, 'c'),
    volume: decimalOf(row, 'v'),
  };
}
