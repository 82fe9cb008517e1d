/** A file of any format read here, told apart by its content: its rows as columns, and what is wrong with them. */
import { HedgerowError } from '../../../domain/errors.ts';
import { feedError, filePieces, fileStart, isArrowFile } from '../csv-lines.ts';
import type { CollectedCandles } from './candle-collector.ts';
import { isTradeHeader, readCsvTable } from './csv-table.ts';
import type { CollectedFunding } from './funding-collector.ts';
import { readJsonTable } from './json-table.ts';
import type { StoredKind } from './stored-dataset.ts';
import { TableRows } from './table-rows.ts';

const MAGIC_BYTES = 4;
const REMEDY = 'give CSV, gzip or zip of CSV, JSON, or feather (Arrow)';

export interface TableFileOptions {
  /** What was said or the name says; null: what the content says, candles for bars. */
  readonly kind: StoredKind | null;
  /** Of candles; null: the shortest distance of two rows. */
  readonly timeframeMs: number | null;
  readonly isShared: boolean;
}

export type TableFile = { readonly rowWord: 'line' | 'row' } & (
  | { readonly shape: 'candles'; readonly table: CollectedCandles; readonly tradeCount: number | null }
  | { readonly shape: 'funding'; readonly table: CollectedFunding }
);

/** Faults of rows are in the result; throws FEED_INVALID for a file that is no table, INPUT_INVALID for one that is none of the kind that was said. */
export async function readTableFile(path: string, { kind, timeframeMs, isShared }: TableFileOptions): Promise<TableFile> {
  const rows = new TableRows(path, kind);
  const format = await formatOf(path);
  let tradeCount: number | null = null;
  if (format === 'arrow') (await import('./feather-table.ts')).readFeatherTable(path, rows);
  else if (format === 'json') await readJsonTable(path, rows);
  else if (format === 'trades') {
    if (kind === 'funding') throw new HedgerowError('INPUT_INVALID', `${path} holds trades, not funding rates`);
    if (timeframeMs === null) throw new HedgerowError('INPUT_INVALID', `${path} holds trades; say of what length candles are to be made of them, such as --timeframe 1s`);
    tradeCount = await (await import('./trade-candles.ts')).readTradeTable(path, timeframeMs, rows);
  } else await readCsvTable(path, rows);
  const rowWord = format === 'csv' ? 'line' : 'row';
  if (rows.funding !== null) return { rowWord, shape: 'funding', table: notEmpty(await rows.funding.finish(), path) };
  if (rows.candles !== null) return { rowWord, shape: 'candles', table: notEmpty(rows.candles.finish({ timeframeMs, isShared }), path), tradeCount };
  throw feedError({ path, line: null }, 'there are no rows in it', REMEDY);
}

function notEmpty<Table extends CollectedCandles | CollectedFunding>(table: Table, path: string): Table {
  if (table.columns.length === 0 && table.faultCount === 0) throw feedError({ path, line: null }, 'there are no rows in it', 'get it again');
  return table;
}

type TableFormat = 'csv' | 'json' | 'arrow' | 'trades';

async function formatOf(path: string): Promise<TableFormat> {
  if (isArrowFile(path)) return 'arrow';
  const magic = fileStart(path, MAGIC_BYTES).toString('latin1');
  if (magic.startsWith('FEA1')) throw feedError({ path, line: null }, 'this is feather version 1', 'write it again with pandas or pyarrow, which write version 2');
  if (magic.startsWith('PAR1')) throw feedError({ path, line: null }, 'this is a Parquet file', REMEDY);
  const start = await textStart(path);
  if (start.includes('\0')) throw feedError({ path, line: null }, 'this is a binary file of another kind', REMEDY);
  const text = start.replace(/^\uFEFF/, '').trimStart();
  if (text.startsWith('[') || text.startsWith('{')) return 'json';
  return isTradeHeader(text.split(/\r?\n/, 1)[0] ?? '') ? 'trades' : 'csv';
}

/** The unpacked first piece; a header is not cut by its end. */
async function textStart(path: string): Promise<string> {
  for await (const piece of filePieces(path)) return piece.toString('utf8');
  return '';
}
