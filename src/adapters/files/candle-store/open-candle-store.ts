/** The candle store of a data folder: lists its tables from what their files say about themselves, and reads rows of them. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { TABLE_EXTENSION } from './dataset-file.ts';
import { readCandleTable, readFundingTable, readTableMetadata } from './read-table.ts';
import { STORED_KINDS, type CandleStore, type DatasetWish, type StoredDataset } from './stored-dataset.ts';

/** `folder` is `<data>/data`. */
export function openCandleStore(folder: string): CandleStore {
  const list = async (): Promise<readonly StoredDataset[]> => namesIn(folder).flatMap((source) => datasetsIn(join(folder, source)));
  return {
    list,
    find: async (wish) => (await list()).filter((dataset) => fits(dataset, wish)).sort((a, b) => (a.timeframeMs ?? 0) - (b.timeframeMs ?? 0)),
    readCandles: async ({ path }, options) => readCandleTable(path, options),
    readFunding: async ({ path }, range) => readFundingTable(path, range),
  };
}

function fits({ source, symbol, kind, timeframeMs }: StoredDataset, wish: DatasetWish): boolean {
  return symbol === wish.symbol && kind === wish.kind && (wish.timeframeMs === undefined || wish.timeframeMs === timeframeMs) && (wish.source === undefined || wish.source === source);
}

function datasetsIn(folder: string): StoredDataset[] {
  const datasets = namesIn(folder)
    .filter((name) => name.endsWith(TABLE_EXTENSION))
    .flatMap((name): StoredDataset[] => {
      const path = join(folder, name);
      const metadata = readTableMetadata(path);
      if (metadata === null) return [];
      const { source, symbol, kind, timeframeMs, from, to, rows } = metadata;
      return [{ source, symbol, kind, timeframeMs, from, to, rows, path }];
    });
  const order = ({ symbol, kind, timeframeMs }: StoredDataset): string => [symbol, STORED_KINDS.indexOf(kind), String(timeframeMs ?? 0).padStart(12, '0')].join(' ');
  return datasets.sort((a, b) => (order(a) < order(b) ? -1 : 1));
}

/** Sorted; of what is no folder or not there, nothing. */
function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return [];
    throw error;
  }
}
