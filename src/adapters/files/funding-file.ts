/**
 * Funding files: `timestamp_ms,funding_rate` (a fraction for that interval), plain or gzip, or a table of the candle store, and their
 * merging into a feed's ticks.
 */
import type { DecimalString } from '../../domain/decimal.ts';
import type { PriceFeed, Tick } from '../../ports/price-feed.ts';
import { feedError, fileIdentity, isArrowFile, lineBatches } from './csv-lines.ts';
import { shown, signedOf, timestampOf } from './csv-values.ts';

export const FUNDING_COLUMNS = ['timestamp_ms', 'funding_rate'] as const;
const HEADER = FUNDING_COLUMNS.join(',');
/** Exchanges stamp a settlement some milliseconds after the minute it is due at; it belongs to that minute. */
const JITTER_MS = 5_000;
const MINUTE_MS = 60_000;

export interface FundingSettlement {
  /** When it is due, ms; jitter removed. */
  readonly at: number;
  readonly rate: DecimalString;
}

/** All settlements of a file, oldest first. Throws FEED_INVALID at the first fault. */
export async function readFunding(path: string): Promise<FundingSettlement[]> {
  if (isArrowFile(path)) return (await import('./candle-store/stored-candles.ts')).storedSettlements(path);
  const settlements: FundingSettlement[] = [];
  let line = 0;
  let previousAt = -1;
  for await (const lines of lineBatches(path)) {
    for (const text of lines) {
      line += 1;
      if (line === 1) {
        if (text !== HEADER) throw feedError({ path, line }, `the header is ${shown(text)}`, `it must be ${HEADER}`);
        continue;
      }
      const values = text.split(',');
      if (values.length !== 2) throw feedError({ path, line }, `${shown(text)} has ${values.length} values`, `give 2: ${HEADER}`);
      const [timestamp = '', rate = ''] = values;
      const at = dueAt(timestampOf(timestamp, { path, line, column: 'timestamp_ms' }));
      if (at <= previousAt) throw feedError({ path, line, column: 'timestamp_ms' }, `${timestamp} is not after the line before`, 'sort the lines by time and keep one per settlement');
      previousAt = at;
      settlements.push({ at, rate: signedOf(rate, { path, line, column: 'funding_rate' }) });
    }
  }
  if (settlements.length === 0) throw feedError({ path, line: null }, line === 0 ? 'the file is empty' : 'there are no settlements below the header', `give a file with the header ${HEADER} and at least one line`);
  return settlements;
}

/** The minute a settlement belongs to. */
export function dueAt(at: number): number {
  const late = at % MINUTE_MS;
  return late <= JITTER_MS ? at - late : at;
}

export interface FundedFeedOptions {
  readonly feed: PriceFeed;
  /** Whose ticks carry the rates. */
  readonly symbol: string;
  readonly path: string;
}

/** A feed whose ticks of `symbol` carry the settlements of a file; the file is read when the ticks are asked for. */
export function fundedFeed({ feed, symbol, path }: FundedFeedOptions): PriceFeed {
  return {
    identity: `funded:${JSON.stringify({ file: fileIdentity(path), symbol })}+${feed.identity}`,
    async *ticks(afterAt) {
      const settlements = await readFunding(path);
      // From the start, whatever `afterAt` is: a settlement between two ticks takes the price of the tick before.
      for await (const tick of withFunding(feed.ticks(null), symbol, settlements)) if (afterAt === null || tick.at > afterAt) yield tick;
    },
  };
}

/**
 * Each settlement becomes one tick exactly at its time: the first tick of `symbol` at that time if there is one, else one more
 * with the prices before it. Settlements before the first and after the last tick are dropped: no position lives then.
 */
export async function* withFunding(ticks: Iterable<Tick> | AsyncIterable<Tick>, symbol: string, settlements: readonly FundingSettlement[]): AsyncGenerator<Tick> {
  let next = 0;
  let previous: Tick | null = null;
  for await (const tick of ticks) {
    for (let due = settlements[next]; due !== undefined && due.at < tick.at; due = settlements[next]) {
      if (previous !== null) yield { ...previous, at: due.at, fundingRate: due.rate };
      next += 1;
    }
    if (tick.symbol !== symbol) {
      yield tick;
      continue;
    }
    const due = settlements[next];
    previous = { symbol, at: tick.at, last: tick.last, mark: tick.mark, index: tick.index };
    if (due?.at !== tick.at) {
      yield previous;
      continue;
    }
    yield { ...previous, fundingRate: due.rate };
    next += 1;
  }
}
