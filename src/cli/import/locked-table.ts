/** A table of the store under the lock of its source's folder: the files of one market that follow each other are written once. */
import { join } from 'node:path';
import type { DatasetKey } from '../../adapters/files/candle-store/dataset-file.ts';
import { OpenTable } from '../../adapters/files/candle-store/open-table.ts';
import { lockDataDir, type DataDirLock } from '../../adapters/postgres/data-dir-lock.ts';
import { makeDataDir } from '../../adapters/postgres/open-store.ts';

export class LockedTable {
  readonly table: OpenTable;
  readonly #lock: DataDirLock;

  private constructor(table: OpenTable, lock: DataDirLock) {
    this.table = table;
    this.#lock = lock;
  }

  /** Throws STORE_LOCKED when another process writes there, FEED_INVALID for a table that is damaged. */
  static async open(folder: string, key: DatasetKey): Promise<LockedTable> {
    const lock = await lockDataDir(makeDataDir(join(folder, key.source)));
    try {
      return new LockedTable(OpenTable.open(folder, key), lock);
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  isOf({ source, symbol, kind, timeframeMs }: DatasetKey): boolean {
    const { key } = this.table;
    return key.source === source && key.symbol === symbol && key.kind === kind && key.timeframeMs === timeframeMs;
  }

  async saveAndRelease(): Promise<void> {
    try {
      await this.table.save();
    } finally {
      await this.#lock.release();
    }
  }
}
