/**
 * Tables in CSV, plain, gzip or zipped: with a header whose columns are found by name (this program's own, Binance Vision's, and others
 * alike), or without one as Binance Vision's older files are.
 */
import { feedError, lineBatches } from '../csv-lines.ts';
import { shown } from '../csv-values.ts';
import { RowTimes } from './row-time.ts';
import type { TableRows } from './table-rows.ts';

const TIME_NAMES = ['timestamp_ms', 'open_time', 'calc_time', 'timestamp', 'date', 'time'];
const RATE_NAMES = ['funding_rate', 'last_funding_rate', 'fundingrate'];
/** Of lines without a header: time, open, high, low, close, volume, and whatever else. */
const BARE_COLUMNS_MIN = 6;
const HEADERS = 'timestamp_ms,open,high,low,close,volume, or timestamp_ms,funding_rate, or those of Binance Vision';

interface CsvColumns {
  readonly count: number;
  readonly time: number;
  readonly rate: number | null;
  /** Open, high, low, close; volume is -1 where there is none. */
  readonly bar: readonly [number, number, number, number];
  readonly volume: number;
}

/** True for a tape of single trades, by its header. */
export function isTradeHeader(line: string): boolean {
  const names = namesOf(line);
  return names.includes('price') && names.includes('timestamp') && !names.includes('open');
}

/** Throws FEED_INVALID for a header it does not know. */
export async function readCsvTable(path: string, rows: TableRows): Promise<void> {
  const times = new RowTimes(rows);
  let columns: CsvColumns | null = null;
  let line = 0;
  for await (const batch of lineBatches(path)) {
    for (const text of batch) {
      line += 1;
      if (columns === null) {
        columns = columnsOf(text, path);
        if (columns.rate === null) rows.expectBars();
        else rows.expectRates();
        if (hasHeader(text)) continue;
      }
      readLine(text, line, columns, times, rows);
    }
  }
  if (line === 0) throw feedError({ path, line: null }, 'the file is empty', 'get it again');
}

function readLine(text: string, line: number, columns: CsvColumns, times: RowTimes, rows: TableRows): void {
  const values = text.split(',');
  if (values.length !== columns.count) return rows.fault({ row: line, at: null, kind: 'unreadable', problem: `${shown(text)} has ${values.length} values, those before have ${columns.count}` });
  const at = times.read(values[columns.time] as string, line);
  if (at === null) return;
  if (columns.rate !== null) return rows.rate(line, at, values[columns.rate] as string);
  const [open, high, low, close] = columns.bar;
  rows.bar(line, at, values[open] as string, values[high] as string, values[low] as string, values[close] as string, columns.volume === -1 ? 0 : (values[columns.volume] as string));
}

/** A table of numbers and times begins no value with a letter. */
function hasHeader(line: string): boolean {
  return /(?:^|,)\s*"?[a-z]/i.test(line);
}

function namesOf(line: string): string[] {
  return line.split(',').map((name) => name.trim().toLowerCase());
}

function columnsOf(line: string, path: string): CsvColumns {
  const names = namesOf(line);
  const count = names.length;
  if (!hasHeader(line)) {
    if (count >= BARE_COLUMNS_MIN && names.every((value) => value !== '' && Number.isFinite(Number(value)))) return { count, time: 0, rate: null, bar: [1, 2, 3, 4], volume: 5 };
    throw feedError({ path, line: 1 }, `${shown(line)} is neither a header nor time,open,high,low,close,volume`, `give a table with the header ${HEADERS}`);
  }
  const time = TIME_NAMES.map((name) => names.indexOf(name)).find((index) => index !== -1);
  const rate = RATE_NAMES.map((name) => names.indexOf(name)).find((index) => index !== -1) ?? null;
  const [open, high, low, close, volume] = ['open', 'high', 'low', 'close', 'volume'].map((name) => names.indexOf(name)) as [number, number, number, number, number];
  const hasBars = open !== -1 && high !== -1 && low !== -1 && close !== -1;
  if (time === undefined || (rate === null && !hasBars)) throw feedError({ path, line: 1 }, `the header ${shown(line)} names no columns of candles or funding rates`, `give a table with the header ${HEADERS}`);
  return { count, time, rate: hasBars ? null : rate, bar: [open, high, low, close], volume };
}
