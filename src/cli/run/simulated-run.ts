/**
 * What `hedgerow run` trades on without a real exchange: a price feed (generated, candles or trades), the simulated exchange with its
 * own book on disk, apart from the bot's store as a real exchange's would be, and the world that drives both.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { candleFeed } from '../../adapters/files/candle-file.ts';
import { fundedFeed } from '../../adapters/files/funding-file.ts';
import { guessSymbol } from '../../adapters/files/file-symbol.ts';
import { SimulatedBook } from '../../adapters/files/simulated-book.ts';
import { tradeFeed } from '../../adapters/files/trade-tape.ts';
import { HedgerowError } from '../../domain/errors.ts';
import type { Strategy } from '../../domain/strategy.ts';
import type { PriceFeed } from '../../ports/price-feed.ts';
import type { SimulatedExchangeConfig } from '../../sim/exchange/config.ts';
import type { BookDelta } from '../../sim/exchange/delta.ts';
import { SimulatedExchange } from '../../sim/exchange/simulated-exchange.ts';
import { mergeFeeds } from '../../sim/merge-feeds.ts';
import { pathFeed } from '../../sim/path-feed.ts';
import { EXAMPLE_SYMBOLS, generatedFeed } from '../../sim/price-generator.ts';
import { neededTimeframes, simulatedMarkets } from '../../sim/simulated-market.ts';
import { WatchedExchange, World } from '../../sim/world.ts';
import { inputError, positiveDecimal } from '../command-input.ts';
import type { CommandInput } from '../command-input.ts';
import type { BotVenue } from './bot-venue.ts';
import { isCandleFile } from './first-line.ts';
import { fundAccounts } from './fund-accounts.ts';
import { WorldDrive } from './world-drive.ts';

export interface FeedChoice {
  /** A price path given on the command line, for one symbol; else null. */
  readonly prices: readonly string[] | null;
  /** Candle or trade files; empty: the generator. */
  readonly files: readonly string[];
  readonly fundingFiles: readonly string[];
  readonly seed: string;
  readonly days: number;
  /** Where the generator starts a symbol it has no price for. */
  readonly startPrice: string | null;
}

export const DEFAULT_DAYS = 28;
const DEFAULT_SEED = '9';
const DAYS_MAX = 3_660;

/** From the flags `run` and `plan` share; both must name the same world to see the same one. */
export function feedChoiceOf(input: CommandInput): FeedChoice {
  const prices = input.text('prices');
  if (prices !== null && input.texts('feed').length > 0) throw inputError('--prices and --feed exclude each other; give one of them');
  return {
    prices: prices === null ? null : prices.split(',').map((price, index) => positiveDecimal(price.trim(), `--prices, price ${index + 1}`)),
    files: input.texts('feed'),
    fundingFiles: input.texts('funding'),
    seed: input.text('seed') ?? DEFAULT_SEED,
    days: input.whole('days', 1, DAYS_MAX) ?? DEFAULT_DAYS,
    startPrice: input.positive('start-price'),
  };
}

/** What a simulated world is called in the store. */
export function venueOf(worldId: string): string {
  return `simulated/${worldId}`;
}

/** Bot and exchange die together, so no request of an earlier process is still on its way. */
const SAME_PROCESS = { requestDeadlineMs: 0 };
const DAY_MS = 86_400_000;
/** Generated paths begin here: 2025-01-01T00:00:00Z. */
const GENERATED_START_AT = 1_735_689_600_000;
const GENERATED_STEP_MS = 60_000;

/** A world that can be opened: strategies and feed fit together, nothing was written yet. */
export interface PreparedRun {
  readonly strategies: readonly Strategy[];
  readonly source: FeedSource;
  readonly worldId: string;
  readonly config: SimulatedExchangeConfig;
  readonly isGenerated: boolean;
}

export async function prepareSimulatedRun(strategies: readonly Strategy[], choice: FeedChoice): Promise<PreparedRun> {
  return { strategies, ...(await worldOf(strategies, choice)), isGenerated: choice.files.length === 0 && choice.prices === null };
}

export interface SimulatedRun extends BotVenue {
  readonly simulated: SimulatedExchange;
  readonly watched: WatchedExchange;
  readonly feed: PriceFeed;
}

/** Where the book of a simulated world lies. */
export function simulatedFolder(dataDir: string, worldId: string): string {
  return join(dataDir, 'simulated', worldId);
}

/**
 * Opens, or opens again, the simulated exchange these strategies trade on; `speed` null: as fast as it goes. The caller holds the data
 * folder's lock: the book is rewritten.
 */
export function openSimulatedRun({ strategies, source, worldId, config, isGenerated }: PreparedRun, dataDir: string, speed: number | null): SimulatedRun {
  const { book, deltas } = SimulatedBook.open<BookDelta>(simulatedFolder(dataDir, worldId));
  const exchange = deltas.length === 0 ? new SimulatedExchange(config) : SimulatedExchange.restore(config, deltas);
  const endFollowing = book.follow(exchange);
  fundAccounts(exchange, strategies);
  const watched = new WatchedExchange(exchange);
  const feed = source.feedAfter(exchange.lastTickAt());
  return {
    simulated: exchange,
    watched,
    feed,
    name: venueOf(worldId),
    exchange: watched.port,
    clock: exchange,
    title: 'Simulated exchange',
    description: source.description,
    isRealTime: speed !== null,
    lastPriceAt: () => exchange.lastTickAt(),
    caveat: isGenerated ? 'Generated prices show how the plans behave, not what they earn.\n' : '',
    farewell: NEXT_STEPS,
    drive: (runners) => new WorldDrive(new World(exchange, watched, runners), feed, speed),
    close: () => {
      endFollowing();
      book.close();
    },
  };
}

const NEXT_STEPS = `
Next:
  npm run --silent hedgerow -- status                                 how the plans stand
  npm run --silent hedgerow -- check strategies/btc-rotation.yaml     what a strategy file means, order by order
  npm run --silent hedgerow -- plan strategies                        what rests now, and what would move and why
  npm run --silent hedgerow -- simulate strategies/btc-rotation.yaml  hundreds of random price paths, each step audited
  npm start -- --feed FILE.csv.gz                                     the same on your own candles
`;

export interface SimulatedPeek {
  readonly venue: string;
  readonly feed: PriceFeed;
  readonly exchange: SimulatedExchange | null;
}

/** A look at the world as the last run left it; `exchange` is null when there was none. Writes nothing. */
export async function peekSimulatedRun(strategies: readonly Strategy[], choice: FeedChoice, dataDir: string): Promise<SimulatedPeek> {
  const { source, worldId, config } = await worldOf(strategies, choice);
  const deltas = SimulatedBook.read<BookDelta>(simulatedFolder(dataDir, worldId));
  const exchange = deltas.length === 0 ? null : SimulatedExchange.restore(config, deltas);
  return { venue: venueOf(worldId), feed: source.feedAfter(exchange?.lastTickAt() ?? null), exchange };
}

async function worldOf(strategies: readonly Strategy[], choice: FeedChoice): Promise<{ source: FeedSource; worldId: string; config: SimulatedExchangeConfig }> {
  const markets = simulatedMarkets(strategies);
  const symbols = markets.map((market) => market.symbol);
  const source = await sourceOf(strategies, choice, symbols);
  const worldId = createHash('sha256').update(source.identity).digest('hex').slice(0, 12);
  return { source, worldId, config: { markets, accounts: [], capabilities: SAME_PROCESS, keepHistory: false, candleTimeframesMs: neededTimeframes(strategies) } };
}

interface FeedSource {
  readonly identity: string;
  readonly description: string;
  readonly feedAfter: (lastTickAt: number | null) => PriceFeed;
}

function sourceOf(strategies: readonly Strategy[], choice: FeedChoice, symbols: readonly string[]): FeedSource | Promise<FeedSource> {
  if (choice.prices !== null) return pathSource(choice.prices, symbols);
  return choice.files.length > 0 ? fileSource(choice, symbols) : generatorSource(strategies, choice);
}

/** One price a minute. */
function pathSource(prices: readonly string[], symbols: readonly string[]): FeedSource {
  const [symbol, ...others] = symbols;
  if (symbol === undefined || others.length > 0) throw inputError(`--prices is a path of one symbol, the strategies trade ${symbols.join(', ')}; name one strategy`);
  const feed = pathFeed({ symbol, prices, startAt: GENERATED_START_AT, stepMs: GENERATED_STEP_MS });
  return { identity: feed.identity, description: `${prices.length} given prices`, feedAfter: () => feed };
}

function generatorSource(strategies: readonly Strategy[], { seed, days, startPrice }: FeedChoice): FeedSource {
  const symbols = strategies.map((strategy) => {
    const example = EXAMPLE_SYMBOLS.find(({ symbol }) => symbol === strategy.symbol);
    const price = startPrice ?? example?.startPrice;
    if (price === undefined) {
      throw new HedgerowError('INPUT_INVALID', `the price generator has no start price for ${strategy.symbol}; give --start-price PRICE, or --feed FILE with real candles`);
    }
    const { tickSize = '0.01', significantFigures = null } = strategy.exchange.market ?? {};
    return { symbol: strategy.symbol, startPrice: price, tickSize, significantFigures };
  });
  const unique = symbols.filter(({ symbol }, index) => symbols.findIndex((other) => other.symbol === symbol) === index);
  const identity = JSON.stringify(['generator', seed, GENERATED_START_AT, GENERATED_STEP_MS, [...unique].sort((a, b) => (a.symbol < b.symbol ? -1 : 1))]);
  return {
    identity,
    description: `generated prices, seed ${seed}`,
    feedAfter: (lastTickAt) => {
      const daysDone = lastTickAt === null ? 0 : (lastTickAt + GENERATED_STEP_MS - GENERATED_START_AT) / DAY_MS;
      // A run that was interrupted finishes its days; one that was finished goes on for as many again.
      const total = daysDone >= days ? Math.ceil(daysDone) + days : days;
      return generatedFeed({ symbols: unique, seed, startAt: GENERATED_START_AT, stepMs: GENERATED_STEP_MS, days: total });
    },
  };
}

async function fileSource({ files, fundingFiles }: FeedChoice, symbols: readonly string[]): Promise<FeedSource> {
  const feeds: PriceFeed[] = [];
  for (const path of files) feeds.push(await feedOfFile(path, symbols));
  const funding = fundingFiles.map((path) => ({ path, symbol: symbolOfFile(path, symbols) }));
  const funded = feeds.map((feed, index) => {
    const symbol = symbolOfFile(files[index] ?? '', symbols);
    return funding.filter((file) => file.symbol === symbol).reduce<PriceFeed>((inner, file) => fundedFeed({ feed: inner, symbol, path: file.path }), feed);
  });
  const feed = mergeFeeds(funded);
  return { identity: feed.identity, description: files.join(', '), feedAfter: () => feed };
}

async function feedOfFile(path: string, symbols: readonly string[]): Promise<PriceFeed> {
  const symbol = symbolOfFile(path, symbols);
  return (await isCandleFile(path)) ? candleFeed({ path, symbol }) : tradeFeed({ path, symbol });
}

/** By the file's name; a single strategy takes any file. */
function symbolOfFile(path: string, symbols: readonly string[]): string {
  const guess = guessSymbol(path);
  const [only] = symbols;
  if (guess !== null && symbols.includes(guess)) return guess;
  if (symbols.length === 1 && only !== undefined) return only;
  throw new HedgerowError('INPUT_INVALID', `${path}: its name says ${guess ?? 'no symbol'}, the strategies trade ${symbols.join(', ')}; run the strategy of that symbol alone, or give a file for each`);
}
