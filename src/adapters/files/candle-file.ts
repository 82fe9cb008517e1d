/**
 * Candle files: `timestamp_ms,open,high,low,close,volume` (bar open time, UTC), plain or gzip, or a table of the candle store. Prices stay
 * the file's text.
 * As a feed, each candle is up to four ticks inside its span, in the order of `candlePath`.
 */
import { candlePath, isPriceBelow } from '../../domain/candle.ts';
import type { Candle } from '../../domain/candle.ts';
import { HedgerowError } from '../../domain/errors.ts';
import type { PriceFeed, Tick } from '../../ports/price-feed.ts';
import { feedError, fileIdentity, isArrowFile, lineBatches } from './csv-lines.ts';
import { priceOf, shown, timestampOf, unsignedOf } from './csv-values.ts';
import { guessTimeframe } from './file-symbol.ts';

export const CANDLE_COLUMNS = ['timestamp_ms', 'open', 'high', 'low', 'close', 'volume'] as const;
const HEADER = CANDLE_COLUMNS.join(',');
/** Length of the bar of a file with one candle and a name that says nothing. */
const LONE_BAR_MS = 60_000;

/** Bars are kept whose open time is at or after `from` and before `to`, ms. */
export interface CandleRange {
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

export interface CandleFeedOptions extends CandleRange {
  readonly path: string;
  readonly symbol: string;
  /** Length of a bar; default: what the file's name says, else the distance of its first two bars. */
  readonly timeframeMs?: number | undefined;
}

/** All candles of a file. Throws FEED_INVALID at the first fault. */
export async function readCandles(path: string, range: CandleRange = {}): Promise<Candle[]> {
  const candles: Candle[] = [];
  for await (const batch of candleBatches(path, range)) for (const candle of batch) candles.push(candle);
  return candles;
}

/** The candles of a file as they are read, some thousands at a time. */
export async function* candleBatches(path: string, range: CandleRange = {}): AsyncGenerator<Candle[]> {
  const from = range.from ?? Number.NEGATIVE_INFINITY;
  const to = range.to ?? Number.POSITIVE_INFINITY;
  if (!(from < to)) throw new HedgerowError('INPUT_INVALID', `the range from ${from} to ${to} holds nothing; give a from below the to`);
  if (isArrowFile(path)) {
    yield* (await import('./candle-store/stored-candles.ts')).storedCandles(path, range);
    return;
  }
  let line = 0;
  let rows = 0;
  let previousAt = -1;
  for await (const lines of lineBatches(path)) {
    const batch: Candle[] = [];
    for (const text of lines) {
      line += 1;
      if (line === 1) {
        checkHeader(text, path);
        continue;
      }
      const candle = parseRow(text, path, line);
      if (candle.at <= previousAt) throw orderError(candle.at, previousAt, path, line);
      previousAt = candle.at;
      rows += 1;
      if (candle.at >= to) break;
      if (candle.at >= from) batch.push(candle);
    }
    if (batch.length > 0) yield batch;
    if (previousAt >= to) return;
  }
  if (rows === 0) throw feedError({ path, line: null }, line === 0 ? 'the file is empty' : 'there are no candles below the header', `give a file with the header ${HEADER} and at least one candle`);
}

function checkHeader(text: string, path: string): void {
  if (text !== HEADER) throw feedError({ path, line: 1 }, `the header is ${shown(text)}`, `it must be ${HEADER}`);
}

function orderError(at: number, previousAt: number, path: string, line: number): HedgerowError {
  const problem = at === previousAt ? `${at} stands in the line before as well` : `${at} is before ${previousAt} of the line before`;
  return feedError({ path, line, column: 'timestamp_ms' }, problem, 'sort the lines by time and keep one per time');
}

/** The usual line: prices above zero and volume as plain decimals in their shortest form. All others are looked at value by value. */
const USUAL_ROW = /^((?!\d{10},)\d{1,13}),([1-9]\d*(?:\.\d*[1-9])?|0\.\d*[1-9]),([1-9]\d*(?:\.\d*[1-9])?|0\.\d*[1-9]),([1-9]\d*(?:\.\d*[1-9])?|0\.\d*[1-9]),([1-9]\d*(?:\.\d*[1-9])?|0\.\d*[1-9]),(0|[1-9]\d*(?:\.\d*[1-9])?|0\.\d*[1-9])$/;

function parseRow(text: string, path: string, line: number): Candle {
  const [, at = '', open = '', high = '', low = '', close = '', volume = ''] = USUAL_ROW.exec(text) ?? [];
  const candle = at === '' ? checkedRow(text, path, line) : { at: Number(at), open, high, low, close, volume };
  const highest = Number(candle.high);
  const lowest = Number(candle.low);
  const opened = Number(candle.open);
  const closed = Number(candle.close);
  const holds = highest > opened && highest > closed && lowest < opened && lowest < closed;
  if (!holds) checkBounds(candle, path, line);
  return candle;
}

function checkedRow(text: string, path: string, line: number): Candle {
  const values = text.split(',');
  if (values.length !== CANDLE_COLUMNS.length) {
    throw feedError({ path, line }, `${shown(text)} has ${values.length} values`, `give ${CANDLE_COLUMNS.length}: ${HEADER}`);
  }
  const [at = '', open = '', high = '', low = '', close = '', volume = ''] = values;
  return {
    at: timestampOf(at, { path, line, column: 'timestamp_ms' }),
    open: priceOf(open, { path, line, column: 'open' }),
    high: priceOf(high, { path, line, column: 'high' }),
    low: priceOf(low, { path, line, column: 'low' }),
    close: priceOf(close, { path, line, column: 'close' }),
    volume: unsignedOf(volume, { path, line, column: 'volume' }),
  };
}

/** Exact, for bars where two prices are equal or so near that floats cannot tell. */
function checkBounds({ open, high, low, close }: Candle, path: string, line: number): void {
  const remedy = 'a bar must hold low ≤ open, close ≤ high: correct or remove the line';
  const highPlace = { path, line, column: 'high' };
  if (isPriceBelow(high, low)) throw feedError(highPlace, `${high} is below the low ${low}`, remedy);
  for (const [name, price] of [['open', open], ['close', close]] as const) {
    if (isPriceBelow(high, price)) throw feedError(highPlace, `${high} is below the ${name} ${price}`, remedy);
    if (isPriceBelow(price, low)) throw feedError({ path, line, column: 'low' }, `${low} is above the ${name} ${price}`, remedy);
  }
}

/**
 * The ticks of a candle file. A price equal to the one before is skipped, but each candle gives at least one tick, so that time
 * goes on in a market that stands still. Last, mark and index are the same. Throws FEED_INVALID at the first fault it reaches.
 */
export function candleFeed({ path, symbol, from, to, timeframeMs }: CandleFeedOptions): PriceFeed {
  const named = timeframeMs ?? guessTimeframe(path);
  const identity = `candles:${JSON.stringify({ file: fileIdentity(path), symbol, from: from ?? null, to: to ?? null, timeframeMs: named })}`;
  return {
    identity,
    async *ticks(afterAt) {
      let previous: string | null = null;
      for await (const { candle, spanMs } of spannedCandles(path, { from, to }, named)) {
        const ticks = candleTicks(candle, spanMs, symbol, previous);
        previous = candle.close;
        for (const tick of ticks) if (afterAt === null || tick.at > afterAt) yield tick;
      }
    },
  };
}

/** Each candle with the time until its close: the timeframe, less where the next candle opens earlier. */
async function* spannedCandles(path: string, range: CandleRange, timeframeMs: number | null): AsyncGenerator<{ candle: Candle; spanMs: number }> {
  let spanMaxMs = timeframeMs;
  let waiting: Candle | null = null;
  for await (const batch of candleBatches(path, range)) {
    for (const candle of batch) {
      if (waiting !== null) {
        spanMaxMs ??= candle.at - waiting.at;
        yield { candle: waiting, spanMs: Math.min(spanMaxMs, candle.at - waiting.at) };
      }
      waiting = candle;
    }
  }
  if (waiting !== null) yield { candle: waiting, spanMs: spanMaxMs ?? LONE_BAR_MS };
}

/** Open at the bar's start, close in its last millisecond, the extremes at one and two thirds. */
export function candleTicks(candle: Candle, spanMs: number, symbol: string, previousPrice: string | null): Tick[] {
  const ticks: Tick[] = [];
  let previous = previousPrice;
  const path = candlePath(candle);
  for (let i = 0; i < path.length; i += 1) {
    const price = path[i] as string;
    if (price === previous && !(i === path.length - 1 && ticks.length === 0)) continue;
    ticks.push({ symbol, at: candle.at + Math.floor((i * (spanMs - 1)) / 3), last: price, mark: price, index: price });
    previous = price;
  }
  return ticks;
}
