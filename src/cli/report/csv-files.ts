/** The ledger as CSV files (RFC 4180, UTF-8, a header line), one for each view, for spreadsheets and notebooks. */
import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Sql } from '../../adapters/postgres/database.ts';
import { LEDGER_TABLES, tableColumns, tablePages } from '../../adapters/postgres/ledger/ledger-tables.ts';
import { HedgerowError } from '../../domain/errors.ts';
import { inputError } from '../command-input.ts';
import { csvLine } from '../csv-line.ts';

/** Number of rows written. Throws INPUT_INVALID when the folder or a file in it cannot be written. */
export async function writeCsvFiles(sql: Sql, folder: string, planIds: readonly number[], since: number | null): Promise<number> {
  try {
    let rows = 0;
    await mkdir(folder, { recursive: true });
    for (const table of LEDGER_TABLES) {
      const file = await open(join(folder, `${table.view.replaceAll('_', '-')}.csv`), 'w');
      try {
        await file.write(csvLine(await tableColumns(sql, table)));
        for await (const page of tablePages(sql, table, planIds, since)) {
          await file.write(page.map(csvLine).join(''));
          rows += page.length;
        }
      } finally {
        await file.close();
      }
    }
    return rows;
  } catch (error) {
    if (error instanceof HedgerowError || (error as NodeJS.ErrnoException).syscall === undefined) throw error;
    throw inputError(`--csv: ${(error as Error).message}; name a folder that can be written and has room`);
  }
}
