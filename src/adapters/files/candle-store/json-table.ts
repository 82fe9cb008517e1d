/** Tables in JSON, plain, gzip or zipped, as ccxt returns and freqtrade stores them: `[[time, open, high, low, close, volume], …]`, or funding rates `[{timestamp, fundingRate}, …]`. */
import { feedError, filePieces } from '../csv-lines.ts';
import { shown } from '../csv-values.ts';
import { RowTimes } from './row-time.ts';
import type { CellValue } from './candle-collector.ts';
import type { TableRows } from './table-rows.ts';

const BAR_VALUES = 6;
/** The longest text Node can hold is half a gigabyte. */
const BYTES_MAX = 400 * 1_024 * 1_024;

/** Throws FEED_INVALID for what is no such list. */
export async function readJsonTable(path: string, rows: TableRows): Promise<void> {
  const list = parsed(await wholeText(path), path);
  if (!Array.isArray(list)) throw feedError({ path, line: null }, 'the document is no list', 'give a list of [time, open, high, low, close, volume]');
  const [first] = list as unknown[];
  if (first === undefined) throw feedError({ path, line: null }, 'the list is empty', 'get the file again');
  if (Array.isArray(first)) rows.expectBars();
  else rows.expectRates();
  const times = new RowTimes(rows);
  list.forEach((entry: unknown, index) => readEntry(entry, index + 1, times, rows, Array.isArray(first)));
}

function readEntry(entry: unknown, row: number, times: RowTimes, rows: TableRows, isBar: boolean): void {
  const cells = isBar ? entry : isRecord(entry) ? [entry['timestamp'], entry['fundingRate']] : null;
  if (!Array.isArray(cells) || cells.length < (isBar ? BAR_VALUES : 2)) return rows.fault({ row, at: null, kind: 'unreadable', problem: `${shown(JSON.stringify(entry))} is no ${isBar ? '[time, open, high, low, close, volume]' : '{timestamp, fundingRate}'}` });
  const at = times.read(String(cells[0]), row);
  if (at === null) return;
  const [open = '', high = '', low = '', close = '', volume = ''] = cells.slice(1).map(cellOf);
  if (isBar) rows.bar(row, at, open, high, low, close, volume);
  else rows.rate(row, at, open);
}

function cellOf(value: unknown): CellValue {
  return typeof value === 'number' ? value : typeof value === 'string' ? value : String(value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

async function wholeText(path: string): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of filePieces(path)) {
    bytes += piece.length;
    if (bytes > BYTES_MAX) throw feedError({ path, line: null }, `the document is longer than ${BYTES_MAX / 1_048_576} MiB`, 'split it, or give the table as CSV');
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

function parsed(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw feedError({ path, line: null }, `this is no JSON: ${(error as Error).message}`, 'the file may be cut off: get it again', error);
  }
}
