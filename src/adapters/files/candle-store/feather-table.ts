/** Arrow files of others: feather as pandas and freqtrade write it, plain, LZ4 or ZSTD. Prices are floats there; each stands for the shortest decimal that means it. */
import { readFileSync } from 'node:fs';
import type { Column, Table } from '@uwdata/flechette';
import { HedgerowError } from '../../../domain/errors.ts';
import { feedError } from '../csv-lines.ts';
import { registerArrowCodecs } from './arrow-codecs.ts';
import { arrow } from './arrow-library.ts';
import type { CellValue } from './candle-collector.ts';
import { RowTimes } from './row-time.ts';
import type { TableRows } from './table-rows.ts';

const TIME_NAMES = ['date', 'timestamp', 'timestamp_ms', 'open_time', 'time'];
const RATE_NAMES = ['funding_rate', 'fundingRate'];
const REMEDY = 'give a table with the columns date, open, high, low, close, volume, or date and funding_rate';
const SINGLE_PRECISION = 1;

/** Throws FEED_INVALID for a file that is damaged or has other columns. */
export function readFeatherTable(path: string, rows: TableRows): void {
  registerArrowCodecs();
  try {
    readTable(path, arrow.tableFromIPC(readFileSync(path)), rows);
  } catch (error) {
    if (error instanceof HedgerowError) throw error;
    throw feedError({ path, line: null }, `this Arrow file cannot be read (${(error as Error).message})`, 'it is damaged or cut off: get it again', error);
  }
}

function readTable(path: string, table: Table, rows: TableRows): void {
  const column = (name: string): Column<unknown> | null => table.getChild(name) ?? null;
  const time = TIME_NAMES.map(column).find((each) => each !== null);
  const bars = ['open', 'high', 'low', 'close'].map(column);
  const rate = RATE_NAMES.map(column).find((each) => each !== null);
  if (time === undefined || (rate === undefined && bars.includes(null))) throw feedError({ path, line: null }, `its columns are ${table.names.join(', ')}`, REMEDY);
  for (const each of [...bars, rate]) if (each !== null && each !== undefined) checkPrecision(each, path);
  const at = timesOf(time);
  if (rate !== undefined) {
    rows.expectRates();
    const values = rate.toArray();
    eachTime(at, rows, (row, index, ms) => rows.rate(row, ms, cellOf(values[index])));
    return;
  }
  rows.expectBars();
  const [open = [], high = [], low = [], close = []] = bars.map((each): ArrayLike<unknown> => each?.toArray() ?? []);
  const volume = column('volume')?.toArray();
  eachTime(at, rows, (row, index, ms) => rows.bar(row, ms, cellOf(open[index]), cellOf(high[index]), cellOf(low[index]), cellOf(close[index]), volume === undefined ? 0 : cellOf(volume[index])));
}

function checkPrecision({ type }: Column<unknown>, path: string): void {
  if (type.typeId === arrow.Type.Float && type.precision < SINGLE_PRECISION + 1) throw feedError({ path, line: null }, 'its numbers have single precision, which does not keep all digits of a price', 'write them as float64');
}

/** Timestamps as ms; plain integers and texts in whatever unit they have. */
function timesOf(column: Column<unknown>): { readonly values: ArrayLike<unknown>; readonly areMs: boolean } {
  return { values: column.toArray(), areMs: column.type.typeId === arrow.Type.Timestamp || column.type.typeId === arrow.Type.Date };
}

function eachTime({ values, areMs }: ReturnType<typeof timesOf>, rows: TableRows, use: (row: number, index: number, at: number) => void): void {
  const times = new RowTimes(rows);
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index];
    const at = areMs && typeof value === 'number' ? value : times.read(String(value), index + 1);
    if (at !== null) use(index + 1, index, at);
  }
}

function cellOf(value: unknown): CellValue {
  return typeof value === 'number' ? value : String(value);
}
