/** What `hedgerow import` was asked for, read from its command line. */
import { join } from 'node:path';
import type { ImportWish } from '../../adapters/files/candle-store/import-file.ts';
import { STORED_KINDS } from '../../adapters/files/candle-store/stored-dataset.ts';
import { parseTimeframe } from '../../domain/timeframe.ts';
import { inputError } from '../command-input.ts';
import type { CommandInput } from '../command-input.ts';
import { dataDirOf } from '../data-dir.ts';

export interface ImportOrder {
  readonly files: readonly ImportWish[];
  readonly folder: string;
  readonly isReplacing: boolean;
}

/** Throws INPUT_INVALID. */
export function importOrderOf(input: CommandInput): ImportOrder {
  const kind = input.text('kind') === null ? null : input.choice('kind', STORED_KINDS, 'candles');
  const timeframe = input.text('timeframe');
  if (timeframe !== null) parseTimeframe(timeframe);
  if (timeframe !== null && kind === 'funding') throw inputError('--timeframe is for candles; leave it away with --kind funding');
  const [source, symbol] = [input.text('source'), input.text('symbol')];
  return {
    files: input.argumentList(0).map((path) => ({ path, source, symbol, timeframe, kind })),
    folder: storeFolder(dataDirOf(input)),
    isReplacing: input.flag('replace'),
  };
}

/** Of the candle store in a data folder. */
export function storeFolder(dataDir: string): string {
  return join(dataDir, 'data');
}
