/** Prices of a playground: a generated market or a file, passing in real time or faster, stamped with the time they are shown at. */
import { setTimeout as sleep } from 'node:timers/promises';
import { candleFeed } from '../../adapters/files/candle-file.ts';
import { guessSymbol } from '../../adapters/files/file-symbol.ts';
import { tradeFeed } from '../../adapters/files/trade-tape.ts';
import type { PriceFeed } from '../../ports/price-feed.ts';
import { EXAMPLE_SYMBOLS, generatedFeed } from '../../sim/price-generator.ts';
import type { WireWorld } from '../../sim/wire/wire-world.ts';
import { inputError } from '../command-input.ts';
import { isCandleFile } from '../run/first-line.ts';

/** Between two generated prices, ms. */
const STEP_MS = 1_000;
const DAYS = 365;
/** How long one wait is at most, so that a signal is heard. */
const NAP_MS = 200;

export interface PlaygroundFeed {
  readonly feed: PriceFeed;
  readonly symbols: readonly { readonly symbol: string; readonly tickSize: string }[];
}

/** Throws INPUT_INVALID when the file's name tells no symbol, FEED_INVALID for its content. */
export async function playgroundFeed(path: string | null, seed: string): Promise<PlaygroundFeed> {
  if (path === null) return { feed: generatedFeed({ symbols: EXAMPLE_SYMBOLS, seed, stepMs: STEP_MS, days: DAYS }), symbols: EXAMPLE_SYMBOLS };
  const symbol = guessSymbol(path);
  if (symbol === null) throw inputError(`${path}: its name tells no symbol; name it as candles_BTCUSDT_1m.csv is`);
  const feed = (await isCandleFile(path)) ? candleFeed({ path, symbol }) : tradeFeed({ path, symbol });
  return { feed, symbols: [{ symbol, tickSize: EXAMPLE_SYMBOLS.find((example) => example.symbol === symbol)?.tickSize ?? '0.01' }] };
}

/** Plays the feed once, then keeps its last prices until it is to stop. */
export async function playPrices(world: WireWorld, feed: PriceFeed, speed: number, isStopped: () => boolean): Promise<void> {
  const startedAt = Date.now();
  let firstAt: number | null = null;
  for await (const tick of feed.ticks(null)) {
    firstAt ??= tick.at;
    const dueAt = startedAt + (tick.at - firstAt) / speed;
    for (let now = Date.now(); now < dueAt && !isStopped(); now = Date.now()) await sleep(Math.min(NAP_MS, dueAt - now));
    if (isStopped()) return;
    world.tick(tick.symbol, tick.last, tick.mark, tick.index, tick.fundingRate);
  }
  while (!isStopped()) await sleep(NAP_MS);
}
