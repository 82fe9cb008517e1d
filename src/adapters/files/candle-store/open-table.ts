/**
 * A table of the store that files are taken into: read once, merged in memory file by file, and written once, because a table of years is
 * rewritten whole. The caller holds the lock of the source's folder until it is saved.
 */
import { existsSync } from 'node:fs';
import type { CandleColumns, FundingColumns } from '../../../domain/candle-columns.ts';
import { HedgerowError } from '../../../domain/errors.ts';
import { feedError } from '../csv-lines.ts';
import { offRaster } from './candle-raster.ts';
import { datasetPath, type DatasetKey } from './dataset-file.ts';
import { mergeCandles, mergeFunding, type Merged } from './merge-tables.ts';
import { readCandleTable, readFundingTable, readTableMetadata } from './read-table.ts';
import type { StoredDataset } from './stored-dataset.ts';
import { iso } from './table-fault.ts';
import type { SourceFile, TableMetadata } from './table-metadata.ts';
import { writeCandleTable, writeFundingTable } from './write-table.ts';

/** The file that rows come from. */
export type Origin = Pick<SourceFile, 'file' | 'sha256'>;

export interface Taken {
  /** As it is when the table has been saved. */
  readonly dataset: StoredDataset;
  readonly added: number;
  /** There before with the same values. */
  readonly same: number;
  readonly replaced: number;
}

type Table = Pick<CandleColumns, 'at' | 'length'>;

export class OpenTable {
  readonly key: DatasetKey;
  readonly #path: string;
  #candles: CandleColumns | null = null;
  #funding: FundingColumns | null = null;
  #sourceFiles: readonly SourceFile[] = [];
  #isChanged = false;

  private constructor(key: DatasetKey, path: string) {
    this.key = key;
    this.#path = path;
  }

  /** `folder` is `<data>/data`; the folder of the source is there. Throws FEED_INVALID for a file that is damaged or in the way. */
  static open(folder: string, key: DatasetKey): OpenTable {
    const path = datasetPath(folder, key);
    const table = new OpenTable(key, path);
    if (!existsSync(path)) return table;
    const metadata = readTableMetadata(path);
    const isSame = metadata !== null && metadata.source === key.source && metadata.symbol === key.symbol && metadata.kind === key.kind && metadata.timeframeMs === key.timeframeMs;
    if (!isSame) throw feedError({ path, line: null }, 'this file is in the way: it is another table than its name says', 'move it away, then import again');
    table.#sourceFiles = metadata.sourceFiles;
    if (key.kind === 'funding') table.#funding = readFundingTable(path);
    else table.#candles = readCandleTable(path);
    return table;
  }

  /** Throws FEED_INVALID naming the rows that are there with other values, unless they may be replaced; nothing is taken then. */
  takeCandles(given: CandleColumns, origin: Origin, isReplacing: boolean): Taken {
    const before = this.#candles;
    if (before !== null && offRaster(given.at[0] as number, given.timeframeMs, before.at[0] as number) !== 0) {
      throw feedError({ path: origin.file, line: null }, `its bars open at other times than those in ${this.#path}`, 'import it with another --source');
    }
    const merged = before === null ? whole(given) : mergeCandles(before, given);
    const counts = this.#counted(merged, given, origin, isReplacing);
    this.#candles = merged.columns;
    return this.#taken(merged.columns, counts);
  }

  /** As `takeCandles`, of funding. */
  takeFunding(given: FundingColumns, origin: Origin, isReplacing: boolean): Taken {
    const merged = this.#funding === null ? whole(given) : mergeFunding(this.#funding, given);
    const counts = this.#counted(merged, given, origin, isReplacing);
    this.#funding = merged.columns;
    return this.#taken(merged.columns, counts);
  }

  /** Writes it, if anything was taken that was not there. */
  async save(): Promise<void> {
    if (!this.#isChanged) return;
    if (this.#candles !== null) await writeCandleTable(this.#path, this.#candles, { ...this.#metadata(this.#candles), priceDecimals: this.#candles.priceDecimals });
    else if (this.#funding !== null) await writeFundingTable(this.#path, this.#funding, this.#metadata(this.#funding));
    this.#isChanged = false;
  }

  #counted({ added, same, differenceCount, differences }: Merged<unknown>, given: Table, origin: Origin, isReplacing: boolean): Omit<Taken, 'dataset'> {
    if (differenceCount > 0 && !isReplacing) {
      const lines = differences.map(({ at, column, stored, given: now }) => `  ${iso(at)}: ${column} is stored as ${stored}, the file has ${now}`);
      const rest = differenceCount > new Set(differences.map(({ at }) => at)).size ? [`  … ${differenceCount} rows in all`] : [];
      const rows = differenceCount === 1 ? 'a row' : `${differenceCount} rows`;
      throw new HedgerowError('FEED_INVALID', [`${origin.file} differs from ${this.#path} in ${rows} of the same time; nothing is taken: find out which is right, then say --replace if it is the file`, ...lines, ...rest].join('\n'));
    }
    if (added > 0 || differenceCount > 0) {
      const sourceFile: SourceFile = { ...origin, rows: given.length, from: iso(given.at[0] as number), to: iso(given.at[given.length - 1] as number) };
      this.#sourceFiles = [...this.#sourceFiles.filter(({ sha256 }) => sha256 !== origin.sha256), sourceFile];
      this.#isChanged = true;
    }
    return { added, same, replaced: differenceCount };
  }

  #taken(columns: Table, counts: Omit<Taken, 'dataset'>): Taken {
    const { key } = this;
    return { dataset: { ...key, path: this.#path, ...this.#extent(columns) }, ...counts };
  }

  #metadata(columns: Table): TableMetadata {
    return { ...this.key, ...this.#extent(columns), priceDecimals: 0, sourceFiles: this.#sourceFiles };
  }

  #extent({ at, length }: Table): Pick<StoredDataset, 'rows' | 'from' | 'to'> {
    return { rows: length, from: at[0] as number, to: (at[length - 1] as number) + (this.key.timeframeMs ?? 0) };
  }
}

function whole<Columns extends Table>(columns: Columns): Merged<Columns> {
  return { columns, added: columns.length, same: 0, differenceCount: 0, differences: [] };
}
