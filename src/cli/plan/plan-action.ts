/** `hedgerow plan`: what the bot would place, move and cancel now, and why. Reads the store and the exchange, changes nothing. */
import { aggregateCandles, averageTrueRange } from '../../domain/atr.ts';
import type { Candle } from '../../domain/candle.ts';
import type { DecimalString } from '../../domain/decimal.ts';
import type { Strategy } from '../../domain/strategy.ts';
import { parseTimeframe } from '../../domain/timeframe.ts';
import type { PriceFeed } from '../../ports/price-feed.ts';
import { DEFAULT_CAPABILITIES } from '../../sim/exchange/config.ts';
import { inputError } from '../command-input.ts';
import type { CommandInput } from '../command-input.ts';
import type { CliIo, CommandAction } from '../command-spec.ts';
import { openCandleSource, atrOf } from '../candle-source.ts';
import { dataDirOf } from '../data-dir.ts';
import { openOperatorAccess } from '../operator/operator-access.ts';
import type { OperatorAccess } from '../operator/operator-access.ts';
import { matchFeeds } from '../run/feed-match.ts';
import { loadStrategies } from '../run/run-action.ts';
import { feedChoiceOf, peekSimulatedRun } from '../run/simulated-run.ts';
import { venueChoiceOf } from '../run/venue-choice.ts';
import { simulatedInstrument } from '../file-instrument.ts';
import { styleFor } from '../style.ts';
import { freshPreview, previewDocument, previewText, runningPreview } from './plan-previews.ts';
import type { Preview, PreviewPlace } from './plan-previews.ts';

const NEVER_SIMULATED = "never started in this world (give run's files and --feed, --seed, --data to see a running one)";

export interface PlanRequest {
  readonly strategies: readonly Strategy[];
  readonly dataDir: string;
  /** Null when nothing was ever stored. */
  readonly access: OperatorAccess | null;
  readonly input: CommandInput;
  readonly io: CliIo;
}

export interface Previews {
  readonly venue: string;
  readonly previews: readonly Preview[];
  /** What is said of a plan that never ran there. */
  readonly neverStarted: string;
}

export const planAction: CommandAction = async (input, io) => {
  const given = input.argumentList(0);
  const { strategies } = await matchFeeds(await loadStrategies(given.length === 0 ? ['strategies'] : given), input.texts('feed'));
  const venue = venueChoiceOf(strategies, input.flag('live'));
  const dataDir = dataDirOf(input);
  const access = await openOperatorAccess(dataDir, io);
  try {
    const request = { strategies, dataDir, access, input, io };
    const previews = venue.type === 'simulated' ? await simulatedPreviews(request) : await (await import('./real-previews.ts')).realPreviews(request, venue);
    show(previews, input, io);
    return 0;
  } finally {
    await access?.close();
  }
};

function show({ venue, previews, neverStarted }: Previews, input: CommandInput, io: CliIo): void {
  if (input.flag('json')) io.stdout.write(`${JSON.stringify({ venue, plans: previews.map(previewDocument) })}\n`);
  else for (const preview of previews) io.stdout.write(previewText(preview, neverStarted, styleFor(io.stdout, io.env)));
}

async function simulatedPreviews({ strategies, dataDir, access, input }: PlanRequest): Promise<Previews> {
  const choice = feedChoiceOf(input);
  const price = input.positive('price');
  const peek = (): ReturnType<typeof peekSimulatedRun> => peekSimulatedRun(strategies, choice, dataDir);
  const look = async (): Promise<PreviewPlace | null> => {
    const { exchange, venue } = await peek();
    return exchange === null ? null : { venue, exchange, clock: exchange };
  };
  const { venue, feed } = await peek();
  const previews: Preview[] = [];
  for (const strategy of strategies) {
    const preview = access === null ? null : await runningPreview(strategy, access.store, look, { price });
    previews.push(preview ?? (await fresh(strategy, input, feed)));
  }
  return { venue, previews, neverStarted: NEVER_SIMULATED };
}

async function fresh(strategy: Strategy, input: CommandInput, feed: PriceFeed): Promise<Preview> {
  const price = input.positive('price') ?? (await firstPrice(feed, strategy.symbol));
  const instrument = simulatedInstrument(strategy);
  if (instrument === null) throw inputError(`${strategy.name} trades on ${strategy.exchange.id}; set exchange.id to simulated to try it`);
  return freshPreview(strategy, instrument, price, await atrFor(strategy, input, feed), DEFAULT_CAPABILITIES);
}

/** Of the file given, else of the first bars the world's own prices give, as the plan itself would measure it. */
async function atrFor({ name, symbol, unit }: Strategy, input: CommandInput, feed: PriceFeed): Promise<DecimalString | null> {
  if (unit.type !== 'atr') return null;
  const [path] = input.texts('feed');
  if (path !== undefined) return atrOf(await openCandleSource(path), unit);
  const timeframeMs = parseTimeframe(unit.timeframe);
  const candles: Candle[] = [];
  for await (const { at, last, symbol: of } of feed.ticks(null)) {
    const [first] = candles;
    if (first !== undefined && at - first.at >= unit.length * timeframeMs) break;
    if (of === symbol) candles.push({ at, open: last, high: last, low: last, close: last, volume: '0' });
  }
  const [first, second] = candles;
  const bars = first === undefined || second === undefined ? [] : aggregateCandles(candles, second.at - first.at, timeframeMs);
  if (bars.length < unit.length) throw inputError(`${name} measures its unit by ATR, was never started, and the prices given are fewer than ${unit.length} bars of ${unit.timeframe}; give candles with --feed FILE`);
  return averageTrueRange(bars.slice(0, unit.length), unit.length);
}

async function firstPrice(feed: PriceFeed, symbol: string): Promise<DecimalString> {
  for await (const tick of feed.ticks(null)) if (tick.symbol === symbol) return tick.last;
  throw inputError(`the feed has no price of ${symbol}; give --price`);
}
