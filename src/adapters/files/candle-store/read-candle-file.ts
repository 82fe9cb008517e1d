/** Candles or funding straight from a file of any format, imported or not. */
import type { CandleColumns, FundingColumns } from '../../../domain/candle-columns.ts';
import { HedgerowError } from '../../../domain/errors.ts';
import { feedError, isArrowFile } from '../csv-lines.ts';
import { readCandleTable, readFundingTable, readTableMetadata } from './read-table.ts';
import { readTableFile } from './read-table-file.ts';
import type { ColumnOptions, StoredRange } from './stored-dataset.ts';
import { tableError } from './table-fault.ts';
import { tableFileFacts } from './table-file-facts.ts';

export interface CandleFileOptions extends ColumnOptions {
  /** Default: what the file's name says, else the shortest distance of two rows. Of a trade tape candles of this length are made; there it is needed. */
  readonly timeframeMs?: number | undefined;
}

/**
 * Throws FEED_INVALID naming every faulty row, and INPUT_INVALID when the timeframe is needed or the file holds no candles. Gaps stay
 * gaps. A range without rows gives none.
 */
export async function readCandleFile(path: string, { timeframeMs, from, to, isShared = false }: CandleFileOptions = {}): Promise<CandleColumns> {
  if (isStoreTable(path)) {
    const columns = readCandleTable(path, { from, to, isShared });
    if (timeframeMs !== undefined && timeframeMs !== columns.timeframeMs) throw feedError({ path, line: null }, `its candles have ${columns.timeframeMs} ms, not ${timeframeMs}`, 'say their timeframe, or give another file');
    return columns;
  }
  const facts = tableFileFacts(path);
  const file = await readTableFile(path, { kind: facts.kind === 'funding' ? null : facts.kind, timeframeMs: timeframeMs ?? facts.timeframeMs, isShared });
  if (file.shape === 'funding') throw new HedgerowError('INPUT_INVALID', `${path} holds funding rates, not candles; give a file of candles`);
  if (file.table.faultCount > 0) throw tableError(path, file.table, file.rowWord);
  if (file.table.columns.timeframeMs === 0) throw new HedgerowError('INPUT_INVALID', `${path}: one candle does not tell its length; say the timeframe`);
  return within(file.table.columns, { from, to });
}

/** As `readCandleFile`, of funding. */
export async function readFundingFile(path: string, { from = -Infinity, to = Infinity }: StoredRange = {}): Promise<FundingColumns> {
  if (isStoreTable(path)) return readFundingTable(path, { from, to });
  const file = await readTableFile(path, { kind: 'funding', timeframeMs: null, isShared: false });
  if (file.shape === 'candles') throw new HedgerowError('INPUT_INVALID', `${path} holds candles, not funding rates; give a file of funding rates`);
  if (file.table.faultCount > 0) throw tableError(path, file.table, file.rowWord);
  const { at, rate } = file.table.columns;
  const [start, end] = [firstAtOrAfter(at, from), firstAtOrAfter(at, to)];
  return { length: Math.max(0, end - start), at: at.subarray(start, end), rate: rate.slice(start, end) };
}

/** Written by this program: it is read column by column. */
export function isStoreTable(path: string): boolean {
  return isArrowFile(path) && readTableMetadata(path) !== null;
}

function within(columns: CandleColumns, { from = -Infinity, to = Infinity }: StoredRange): CandleColumns {
  const { at, open, high, low, close, volume } = columns;
  const start = firstAtOrAfter(at, from);
  const end = Math.max(start, firstAtOrAfter(at, to));
  return { ...columns, length: end - start, at: at.subarray(start, end), open: open.subarray(start, end), high: high.subarray(start, end), low: low.subarray(start, end), close: close.subarray(start, end), volume: volume.subarray(start, end) };
}

function firstAtOrAfter(at: Float64Array, limit: number): number {
  let [low, high] = [0, at.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((at[middle] as number) < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
