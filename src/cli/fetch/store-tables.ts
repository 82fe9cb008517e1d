/** Takes what was downloaded into the candle store, where `backtest` finds it; the CSV files stay as they were fetched. */
import { basename, dirname, join } from 'node:path';
import { prepareImport } from '../../adapters/files/candle-store/import-file.ts';
import { OpenTable } from '../../adapters/files/candle-store/open-table.ts';
import { STORED_KINDS, type StoredDataset } from '../../adapters/files/candle-store/stored-dataset.ts';
import type { DatasetFile } from '../../adapters/files/dataset/dataset-manifest.ts';
import { HedgerowError } from '../../domain/errors.ts';
import type { FetchWish } from './fetch-wish.ts';

export interface StoredTables {
  readonly tables: readonly StoredDataset[];
  /** Files that have faults, or rows that differ from stored ones. */
  readonly refused: readonly { readonly file: string; readonly why: string }[];
}

/** The caller holds the lock of the folder. */
export async function storeTables(wish: FetchWish, files: readonly DatasetFile[]): Promise<StoredTables> {
  const tables: StoredDataset[] = [];
  const refused: { readonly file: string; readonly why: string }[] = [];
  const source = basename(wish.folder);
  for (const { file, kind: name, timeframe, rows, faultCount } of files) {
    const kind = STORED_KINDS.find((each) => each === name);
    if (kind === undefined || rows === 0) continue;
    if (faultCount > 0) {
      refused.push({ file, why: `${file} has ${faultCount} fault${faultCount === 1 ? '' : 's'}` });
      continue;
    }
    const path = join(wish.folder, file);
    try {
      const ready = await prepareImport({ path, source, symbol: wish.symbol, timeframe, kind });
      const table = OpenTable.open(dirname(wish.folder), ready.key);
      const { dataset } = await ready.takeInto(table, false);
      await table.save();
      tables.push(dataset);
    } catch (error) {
      if (!(error instanceof HedgerowError) || error.code !== 'FEED_INVALID') throw error;
      refused.push({ file, why: `${error.message}\n  again: hedgerow import ${path} --source ${source} --symbol ${wish.symbol}${timeframe === null ? '' : ` --timeframe ${timeframe}`} --kind ${kind}` });
    }
  }
  return { tables, refused };
}
