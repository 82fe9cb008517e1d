/**
 * Writes a table of the store: an Arrow IPC file (feather version 2) of one uncompressed record batch, so that a column is one piece of the
 * file and a range of rows is read by itself. Prices are whole numbers with their decimals in the metadata: exact, the same type as in
 * memory, and of a type every reader of Arrow has, which its newer 32-bit decimals are not.
 */
import type { Column } from '@uwdata/flechette';
import type { CandleColumns, FundingColumns } from '../../../domain/candle-columns.ts';
import { writeWhole } from '../dataset/durable-file.ts';
import { arrow } from './arrow-library.ts';
import { sealHead } from './head-checksum.ts';
import { metadataText, type TableMetadata } from './table-metadata.ts';

const { columnFromArray, tableFromColumns, tableToIPC, timestamp, TimeUnit, utf8 } = arrow;

type Columns = [name: string, column: Column<unknown>][];

export async function writeCandleTable(path: string, { length, at, open, high, low, close, volume }: CandleColumns, metadata: TableMetadata): Promise<void> {
  const prices = Object.entries({ open, high, low, close }).map(([name, values]): Columns[number] => [name, columnFromArray(values.subarray(0, length))]);
  await write(path, [['timestamp', timeColumn(at, length)], ...prices, ['volume', columnFromArray(volume.subarray(0, length))]], metadata);
}

/** Rates are texts: exact whatever their number of digits. */
export async function writeFundingTable(path: string, { length, at, rate }: FundingColumns, metadata: TableMetadata): Promise<void> {
  await write(path, [['timestamp', timeColumn(at, length)], ['rate', columnFromArray(rate.slice(0, length), utf8(), { maxBatchRows: length })]], metadata);
}

function timeColumn(at: Float64Array, length: number): Column<unknown> {
  return columnFromArray(at.subarray(0, length), timestamp(TimeUnit.MILLISECOND, 'UTC'), { maxBatchRows: length });
}

async function write(path: string, columns: Columns, metadata: TableMetadata): Promise<void> {
  const table = tableFromColumns(columns);
  table.schema.metadata = metadataText(metadata);
  const bytes = tableToIPC(table, { format: 'file' });
  if (bytes === null) throw new Error(`${path} was not written`);
  sealHead(bytes);
  await writeWhole(path, bytes);
}
