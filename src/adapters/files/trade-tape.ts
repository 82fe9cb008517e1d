/**
 * Trade tapes: every trade of a market, one line each, plain or gzip. Columns are found by name: `timestamp` and `price` are
 * needed, `amount` is read where it is, all others are ignored. Times may be microseconds (tapes with a `local_timestamp` column,
 * as Tardis.dev writes them) or milliseconds (exports of ccxt trades).
 */
import type { DecimalString } from '../../domain/decimal.ts';
import type { PriceFeed } from '../../ports/price-feed.ts';
import { feedError, fileIdentity, lineBatches } from './csv-lines.ts';
import { priceOf, shown, timestampOf } from './csv-values.ts';

/** Trades are written as they arrive; their exchange times may run back by as much. Such a trade counts at the time before it. */
const TIME_JITTER_MS = 1_000;
/** A trade at an unchanged price is passed on only when the last tick is this old: time must go on, repeats need not. */
const HEARTBEAT_MS = 1_000;

export interface TradeTapeOptions {
  readonly path: string;
  readonly symbol: string;
  /** Trades are kept at or after `from` and before `to`, ms. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

export interface Trade {
  readonly at: number;
  readonly price: DecimalString;
  /** Base units, the text as it stands, for volumes alone; null where the tape has no column for it. */
  readonly amount: string | null;
}

interface Columns {
  readonly count: number;
  readonly timestamp: number;
  readonly price: number;
  readonly amount: number | null;
  readonly symbol: number | null;
  readonly isMicroseconds: boolean;
}

/** Trades of a tape, oldest first, some thousands at a time. Throws FEED_INVALID at the first fault. */
export async function* tradeBatches(path: string): AsyncGenerator<Trade[]> {
  let line = 0;
  let columns: Columns | null = null;
  let previousAt = 0;
  let market: string | undefined;
  for await (const lines of lineBatches(path)) {
    const batch: Trade[] = [];
    for (const text of lines) {
      line += 1;
      if (columns === null) {
        columns = columnsOf(text, path);
        continue;
      }
      const values = text.split(',');
      if (values.length !== columns.count) throw feedError({ path, line }, `${shown(text)} has ${values.length} values`, `give ${columns.count}, as the header has`);
      if (columns.symbol !== null) market = sameMarket(market, values[columns.symbol] ?? '', path, line);
      const at = timeOf(values[columns.timestamp] ?? '', columns.isMicroseconds, path, line);
      if (at < previousAt - TIME_JITTER_MS) throw feedError({ path, line, column: 'timestamp' }, `${at} ms is before ${previousAt} ms of the line before`, 'sort the lines by time');
      previousAt = Math.max(previousAt, at);
      const price = priceOf(values[columns.price] ?? '', { path, line, column: 'price' });
      batch.push({ at: previousAt, price, amount: columns.amount === null ? null : (values[columns.amount] ?? '') });
    }
    if (batch.length > 0) yield batch;
  }
  if (line < 2) throw feedError({ path, line: null }, line === 0 ? 'the file is empty' : 'there are no trades below the header', 'give a file with a header and at least one trade');
}

function columnsOf(header: string, path: string): Columns {
  const names = header.split(',');
  const find = (name: string): number => {
    const found = names.indexOf(name);
    if (found === -1) throw feedError({ path, line: 1 }, `the header ${shown(header)} has no column ${name}`, 'a trade tape needs the columns timestamp and price');
    return found;
  };
  const symbol = names.indexOf('symbol');
  const amount = names.indexOf('amount');
  return { count: names.length, timestamp: find('timestamp'), price: find('price'), amount: amount === -1 ? null : amount, symbol: symbol === -1 ? null : symbol, isMicroseconds: names.includes('local_timestamp') };
}

function timeOf(text: string, isMicroseconds: boolean, path: string, line: number): number {
  const column = { path, line, column: 'timestamp' };
  if (!isMicroseconds) return timestampOf(text, column);
  if (!/^\d{16}$/.test(text)) throw feedError(column, `${shown(text)} is not a time`, 'write whole microseconds since 1970, UTC, as all tapes with a local_timestamp column do');
  return timestampOf(text.slice(0, -3), column);
}

function sameMarket(before: string | undefined, symbol: string, path: string, line: number): string {
  if (before !== undefined && before !== symbol) throw feedError({ path, line, column: 'symbol' }, `${shown(symbol)} follows ${shown(before)}`, 'a tape holds one market: split the file');
  return symbol;
}

/** The ticks of a tape. Last, mark and index are the trade's price. Trades of one millisecond are several ticks with one time. */
export function tradeFeed({ path, symbol, from, to }: TradeTapeOptions): PriceFeed {
  const start = from ?? Number.NEGATIVE_INFINITY;
  const end = to ?? Number.POSITIVE_INFINITY;
  return {
    identity: `trades:${JSON.stringify({ file: fileIdentity(path), symbol, from: from ?? null, to: to ?? null })}`,
    async *ticks(afterAt) {
      let previous: Trade | null = null;
      for await (const batch of tradeBatches(path)) {
        for (const trade of batch) {
          const { at, price } = trade;
          if (at >= end) return;
          if (at < start || (previous !== null && price === previous.price && at - previous.at < HEARTBEAT_MS)) continue;
          previous = trade;
          if (afterAt === null || at > afterAt) yield { symbol, at, last: price, mark: price, index: price };
        }
      }
    },
  };
}
