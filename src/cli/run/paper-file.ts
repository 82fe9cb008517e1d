/**
 * What paper trading keeps beside the book of its simulated exchange, in `paper.json`: the markets as they were when it was last opened,
 * so that the book can be read without asking the exchange, and up to when funding is booked.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { HedgerowError } from '../../domain/errors.ts';
import type { ExchangeCapabilities } from '../../ports/exchange.ts';
import type { SimulatedMarket } from '../../sim/exchange/config.ts';

export interface PaperRecord {
  readonly markets: readonly SimulatedMarket[];
  readonly capabilities: ExchangeCapabilities;
  /** By symbol, ms. */
  readonly fundedAt: Readonly<Record<string, number>>;
}

/** Only what would be worse than an error later on. */
const RECORD = z.object({ markets: z.array(z.looseObject({ symbol: z.string(), tickSize: z.string() })), capabilities: z.looseObject({ exchangeId: z.string() }), fundedAt: z.record(z.string(), z.number()) });

const NAME = 'paper.json';

/** Null when paper trading never ran in this folder. Throws STORE_UNAVAILABLE for a file that is damaged. */
export function readPaperRecord(folder: string): PaperRecord | null {
  const path = join(folder, NAME);
  if (!existsSync(path)) return null;
  try {
    return RECORD.parse(JSON.parse(readFileSync(path, 'utf8'))) as unknown as PaperRecord;
  } catch {
    throw new HedgerowError('STORE_UNAVAILABLE', `${path} is damaged; remove it: the next run asks the exchange again`);
  }
}

/** Written aside and renamed: never half a file. */
export function writePaperRecord(folder: string, record: PaperRecord): void {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, NAME);
  writeFileSync(`${path}.tmp`, `${JSON.stringify(record)}\n`);
  renameSync(`${path}.tmp`, path);
}
