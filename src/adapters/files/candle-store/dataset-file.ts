/** Where a table of the store lies: `<folder>/<source>/BTC-USDT-USDT_1m.arrow`, with `_mark` or `_funding` for those. */
import { join } from 'node:path';
import { timeframeText } from '../../../domain/timeframe.ts';
import type { StoredDataset } from './stored-dataset.ts';

export const TABLE_EXTENSION = '.arrow';

export type DatasetKey = Pick<StoredDataset, 'source' | 'symbol' | 'kind' | 'timeframeMs'>;

export function datasetPath(folder: string, { source, symbol, kind, timeframeMs }: DatasetKey): string {
  const market = symbol.split(/[/:]/).map((part) => fileText(part).replaceAll('-', '%2d')).join('-');
  const parts = [market, ...(kind === 'candles' ? [] : [kind]), ...(timeframeMs === null ? [] : [timeframeText(timeframeMs)])];
  return join(folder, fileText(source), `${parts.join('_')}${TABLE_EXTENSION}`);
}

/** Other characters by their codes, so that no two names share a file. */
function fileText(text: string): string {
  return text.replace(/[^A-Za-z0-9.-]/g, (character) => `%${character.codePointAt(0)?.toString(16) ?? ''}`);
}
