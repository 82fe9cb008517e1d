/**
 * A seeded market without end: trends, chop, calm days, crashes and recoveries, with jumps, gaps and clustered volatility.
 * Same options, same ticks (I22). Each day is made from its own seed, so a feed resumes far into the path as quickly as at
 * its start. Floats are used inside; prices leave as exact decimal strings on the tick grid (I15), always above zero.
 */
import { D, plain } from '../domain/decimal.ts';
import type { DecimalString } from '../domain/decimal.ts';
import { HedgerowError } from '../domain/errors.ts';
import type { PriceFeed, Tick } from '../ports/price-feed.ts';
import type { Random } from '../ports/random.ts';
import { dayPath } from './day-path.ts';
import type { DayPath } from './day-path.ts';
import { clamp, DAY_RETURN_MAX, DAY_RETURN_MIN, marketDays } from './market-regimes.ts';
import type { MarketDay } from './market-regimes.ts';
import { seededRandom } from './random.ts';
import { tickGrid } from './tick-grid.ts';
import type { TickGrid } from './tick-grid.ts';

export interface GeneratedSymbol {
  readonly symbol: string;
  readonly startPrice: DecimalString;
  readonly tickSize: DecimalString;
  readonly significantFigures?: number | null;
}

export interface GeneratorOptions {
  readonly symbols: readonly GeneratedSymbol[];
  /** Default 9: its first six weeks hold every regime, and all three example symbols swing by 30 to 40 % up and down. */
  readonly seed?: number | string;
  /** Time of the first tick, ms; default 2025-01-01T00:00:00Z. */
  readonly startAt?: number;
  /** Time between two ticks of one symbol; default one minute. */
  readonly stepMs?: number;
  /** Length of the path; default six weeks. */
  readonly days?: number;
}

export const EXAMPLE_SYMBOLS: readonly GeneratedSymbol[] = [
  { symbol: 'BTC/USDT:USDT', startPrice: '60000', tickSize: '0.1' },
  { symbol: 'ETH/USDT:USDT', startPrice: '3000', tickSize: '0.01' },
  { symbol: 'SOL/USDT:USDT', startPrice: '150', tickSize: '0.01' },
];

/** Raise when the same options begin to give other ticks; part of the identity. */
const ALGORITHM = 1;
const DAY_MS = 86_400_000;
const FUNDING_MS = 8 * 3_600_000;
const FUNDING_BASE = 0.0001;
const FUNDING_MAX = 0.003;
const FUNDING_DECIMALS = 8;
/** Own daily deviation of a symbol from the market, and how strongly it is pulled back to it. */
const OWN_NOISE = 0.01;
const OWN_PULL = 0.03;
const OWN_PULL_MAX = 0.02;

/** Throws INPUT_INVALID when an option cannot be used; the message names it. */
export function generatedFeed(options: GeneratorOptions): PriceFeed {
  const { symbols, seed = 9, startAt = 1_735_689_600_000, stepMs = 60_000, days = 42 } = options;
  checkOptions(symbols, startAt, stepMs, days);
  const random = seededRandom(seed);
  const market = new Market(random.fork('market'));
  const lanes = symbols.map((symbol) => new Lane(symbol, random.fork(`symbol:${symbol.symbol}`), market));
  const stepsPerDay = Math.ceil(DAY_MS / stepMs);
  const stepsTotal = Math.floor((days * DAY_MS) / stepMs);

  function* ticks(afterAt: number | null): Generator<Tick> {
    let step = afterAt === null ? 0 : Math.max(0, Math.floor((afterAt - startAt) / stepMs) + 1);
    while (step < stepsTotal) {
      const day = Math.floor(step / stepsPerDay);
      const paths = lanes.map((lane) => ({ lane, path: lane.day(day, stepsPerDay, stepMs) }));
      const dayEnd = Math.min(stepsTotal, (day + 1) * stepsPerDay);
      for (; step < dayEnd; step += 1) {
        const at = startAt + step * stepMs;
        const funding = isFundingTime(at, stepMs);
        for (const { lane, path } of paths) yield lane.tick(path, step - day * stepsPerDay, at, funding ? day : null);
      }
    }
  }

  return { identity: `generated:${JSON.stringify({ algorithm: ALGORITHM, seed: `${seed}`, startAt, stepMs, days, symbols: lanes.map((lane) => lane.describe()) })}`, ticks };
}

function checkOptions(symbols: readonly GeneratedSymbol[], startAt: number, stepMs: number, days: number): void {
  const refuse = (message: string): never => {
    throw new HedgerowError('INPUT_INVALID', `price generator: ${message}`);
  };
  if (symbols.length === 0) refuse('no symbols were given; give at least one');
  if (new Set(symbols.map(({ symbol }) => symbol)).size !== symbols.length) refuse('a symbol is given twice; give each once');
  if (!Number.isSafeInteger(startAt) || startAt < 0) refuse(`startAt ${startAt} must be a whole number of milliseconds since 1970`);
  if (!Number.isInteger(stepMs) || stepMs < 1 || stepMs > DAY_MS) refuse(`stepMs ${stepMs} must be a whole number from 1 to ${DAY_MS}`);
  if (!(days > 0 && days <= 36_500)) refuse(`days ${days} must be above 0 and at most 36500`);
}

/** True for the first step at or after each multiple of eight hours UTC. */
function isFundingTime(at: number, stepMs: number): boolean {
  return at % FUNDING_MS < stepMs && at > 0;
}

/** The shared days, made as far as they were asked for. */
class Market {
  readonly #source: Generator<MarketDay, never>;
  readonly #days: MarketDay[] = [];

  constructor(random: Random) {
    this.#source = marketDays(random);
  }

  day(day: number): MarketDay {
    while (this.#days.length <= day) this.#days.push(this.#source.next().value);
    return this.#days[day] as MarketDay;
  }
}

/** One symbol's way through the market's days. */
class Lane {
  readonly #symbol: string;
  readonly #startPrice: DecimalString;
  readonly #random: Random;
  readonly #market: Market;
  readonly #significantFigures: number | null;
  readonly #grid: TickGrid;
  /** How strongly the symbol follows the market. */
  readonly #beta: number;
  /** Price at the start of each day, as far as asked for. */
  readonly #opens: number[];

  constructor({ symbol, startPrice, tickSize, significantFigures = null }: GeneratedSymbol, random: Random, market: Market) {
    this.#symbol = symbol;
    this.#significantFigures = significantFigures;
    this.#grid = tickGrid(tickSize, startPrice, significantFigures);
    this.#startPrice = plain(new D(startPrice));
    this.#random = random;
    this.#market = market;
    this.#beta = 0.9 + 0.5 * random.fork('beta').fraction();
    this.#opens = [Number(startPrice)];
  }

  describe(): GeneratedSymbol {
    const figures = this.#significantFigures === null ? {} : { significantFigures: this.#significantFigures };
    return { symbol: this.#symbol, startPrice: this.#startPrice, tickSize: this.#grid.tickSize, ...figures };
  }

  day(day: number, steps: number, stepMs: number): DayPath {
    const { regime } = this.#market.day(day);
    return dayPath({ regime, open: this.#openOf(day), nextOpen: this.#openOf(day + 1), steps, stepMs, random: this.#random.fork(`day-${day}`) });
  }

  tick(path: DayPath, step: number, at: number, fundingOfDay: number | null): Tick {
    const tick = {
      symbol: this.#symbol,
      at,
      last: this.#grid.price(path.last[step] as number),
      mark: this.#grid.price(path.mark[step] as number),
      index: this.#grid.price(path.index[step] as number),
    };
    return fundingOfDay === null ? tick : { ...tick, fundingRate: this.#fundingRate(fundingOfDay, at) };
  }

  #openOf(day: number): number {
    const start = this.#opens[0] as number;
    while (this.#opens.length <= day) {
      const previous = this.#opens.length - 1;
      const open = this.#opens[previous] as number;
      const { marketReturn, level } = this.#market.day(previous);
      const own = OWN_NOISE * this.#random.fork(`move-${previous}`).normal();
      const pull = clamp(OWN_PULL * (1 - open / start / level), -OWN_PULL_MAX, OWN_PULL_MAX);
      this.#opens.push(open * (1 + clamp(this.#beta * marketReturn + own + pull, DAY_RETURN_MIN, DAY_RETURN_MAX)));
    }
    return this.#opens[day] as number;
  }

  /** Longs pay in rising markets, shorts in falling ones. */
  #fundingRate(day: number, at: number): DecimalString {
    const noise = 0.00004 * this.#random.fork(`funding-${at}`).normal();
    const rate = clamp(FUNDING_BASE + 0.003 * this.#market.day(day).marketReturn + noise, -FUNDING_MAX, FUNDING_MAX);
    return plain(new D(rate.toFixed(FUNDING_DECIMALS)));
  }
}
