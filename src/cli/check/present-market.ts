/** The price and the ATR that `check` shows amounts at, and where they come from. */
import { aggregateCandles, averageTrueRange } from '../../domain/atr.ts';
import type { Candle } from '../../domain/candle.ts';
import type { DecimalString } from '../../domain/decimal.ts';
import type { Strategy, UnitSpec } from '../../domain/strategy.ts';
import { parseTimeframe } from '../../domain/timeframe.ts';
import type { Tick } from '../../ports/price-feed.ts';
import { EXAMPLE_SYMBOLS, generatedFeed } from '../../sim/price-generator.ts';
import { atrOf, lastClose, openCandleSource } from '../candle-source.ts';
import type { CandleSource } from '../candle-source.ts';
import { inputError } from '../command-input.ts';

export interface PresentMarket {
  readonly price: DecimalString | null;
  /** Where the price comes from, or why there is none. */
  readonly priceFrom: string;
  readonly atr: DecimalString | null;
  /** Null where the unit is no ATR. */
  readonly atrFrom: string | null;
}

/** Throws INPUT_INVALID when `--price` or `--candles` do not fit the files, FEED_INVALID for a candle file's content. */
export class PresentMarkets {
  readonly #price: DecimalString | null;
  readonly #sources: readonly CandleSource[];
  readonly #isOneSymbol: boolean;

  private constructor(price: DecimalString | null, sources: readonly CandleSource[], isOneSymbol: boolean) {
    this.#price = price;
    this.#sources = sources;
    this.#isOneSymbol = isOneSymbol;
  }

  static async open(price: DecimalString | null, candleFiles: readonly string[], strategies: readonly Strategy[]): Promise<PresentMarkets> {
    const symbols = [...new Set(strategies.map(({ symbol }) => symbol))];
    if (price !== null && symbols.length > 1) throw inputError(`--price is one price, the files trade ${symbols.join(', ')}; check files of one symbol, or give --candles for each`);
    const sources: CandleSource[] = [];
    for (const file of candleFiles) sources.push(await openCandleSource(file));
    const isOneSymbol = symbols.length === 1;
    for (const source of sources) {
      const isUsed = symbols.length === 0 || symbols.some((symbol) => isOf(source, symbol, isOneSymbol));
      if (!isUsed) throw inputError(`--candles ${source.path}: ${source.symbol === null ? 'the file name does not say which symbol it is of; name it such as candles_BTCUSDT_1h.csv' : `it is of ${source.symbol}`}; the files trade ${symbols.join(', ')}`);
    }
    return new PresentMarkets(price, sources, isOneSymbol);
  }

  of({ symbol, unit }: Strategy): PresentMarket {
    const source = this.#sources.find((each) => isOf(each, symbol, this.#isOneSymbol)) ?? null;
    const generated = EXAMPLE_SYMBOLS.find((each) => each.symbol === symbol);
    const isGenerated = this.#price === null && source === null && generated !== undefined;
    return { ...priceOf(this.#price, source, isGenerated ? generated.startPrice : null), ...this.#atrOf(symbol, unit, source, isGenerated) };
  }

  #atrOf(symbol: string, unit: UnitSpec, source: CandleSource | null, isGenerated: boolean): Pick<PresentMarket, 'atr' | 'atrFrom'> {
    if (unit.type !== 'atr') return { atr: null, atrFrom: null };
    if (source !== null) return { atr: atrOf(source, unit), atrFrom: `at the end of ${source.path}` };
    const atr = isGenerated ? generatedAtr(symbol, unit) : null;
    return { atr, atrFrom: atr === null ? 'not known; add --candles FILE' : `of the first ${unit.length} bars of the built-in generator` };
  }
}

/** By symbol, by base currency when the quote differs (USD for USDT), or because there is no other symbol it could be of. */
function isOf(source: CandleSource, symbol: string, isOneSymbol: boolean): boolean {
  if (source.symbol === null) return isOneSymbol;
  return source.symbol === symbol || source.symbol.split('/')[0] === symbol.split('/')[0];
}

function priceOf(price: DecimalString | null, source: CandleSource | null, generated: DecimalString | null): Pick<PresentMarket, 'price' | 'priceFrom'> {
  if (price !== null) return { price, priceFrom: 'from --price' };
  if (source !== null) return { price: lastClose(source), priceFrom: `last close of ${source.path}` };
  if (generated !== null) return { price: generated, priceFrom: 'first price of the built-in generator; give --price or --candles for another' };
  return { price: null, priceFrom: 'no price is known; add --price PRICE or --candles FILE to see prices and amounts' };
}

const TICK_MS = 60_000;
const DAY_MS = 86_400_000;
/** Longer histories are not worth making up. */
const GENERATED_DAYS_MAX = 42;

function generatedAtr(symbol: string, unit: UnitSpec & { type: 'atr' }): DecimalString | null {
  const timeframeMs = parseTimeframe(unit.timeframe);
  const days = Math.ceil((unit.length * timeframeMs) / DAY_MS);
  if (days > GENERATED_DAYS_MAX) return null;
  const feed = generatedFeed({ symbols: EXAMPLE_SYMBOLS.filter((each) => each.symbol === symbol), stepMs: TICK_MS, days });
  const candles: Candle[] = [];
  for (const { at, last } of feed.ticks(null) as Iterable<Tick>) candles.push({ at, open: last, high: last, low: last, close: last, volume: '0' });
  const bars = aggregateCandles(candles, TICK_MS, timeframeMs);
  return averageTrueRange(bars.slice(0, unit.length), unit.length);
}
