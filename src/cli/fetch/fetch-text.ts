/** What `fetch` prints for people: the files, what is missing or wrong in them, and how to use them. */
import { join } from 'node:path';
import { iso } from '../../adapters/files/candle-store/table-fault.ts';
import type { DatasetFile } from '../../adapters/files/dataset/dataset-manifest.ts';
import type { Style } from '../style.ts';
import { columns } from '../text-layout.ts';
import type { DownloadResult } from './download.ts';
import type { FetchWish } from './fetch-wish.ts';
import type { StoredTables } from './store-tables.ts';

/** The manifest has them all. */
const SHOWN_MAX = 10;

export function fetchText(wish: FetchWish, { manifest, manifestPath, files, notOffered }: DownloadResult, stored: StoredTables, style: Style): string {
  const rows = files.map(({ kind, file, rows: count, missing, faultCount, bytes }) => [kind, file, count === null ? '' : String(count), count === null ? '' : String(missing), count === null ? '' : String(faultCount), String(bytes)]);
  return [
    style.bold(`${manifest.exchange} ${manifest.symbol}, ${manifest.since} to ${manifest.until}, in ${wish.folder}`),
    ...columns([['', 'file', 'rows', 'missing', 'faults', 'bytes'], ...rows], ['left', 'left', 'right', 'right', 'right', 'right']).map((line) => `  ${line}`),
    ...files.flatMap((file) => faultLines(file).map((line) => style.yellow(`  ${line}`))),
    ...notOffered.map(({ why }) => style.dim(`  not there: ${why}`)),
    `  manifest: ${manifestPath}`,
    ...stored.tables.map(({ path, rows, from, to }) => `  in the candle store: ${path}, now ${rows} rows from ${iso(from)} to ${iso(to)}`),
    ...stored.refused.map(({ why }) => style.yellow(`  not in the candle store: ${why}`)),
    ...useLines(wish, files),
    '',
  ].join('\n');
}

function faultLines({ kind, missing, gaps, faultCount, faults }: DatasetFile): string[] {
  const unit = kind === 'funding' ? 'settlement' : 'candle';
  return [
    ...gaps.slice(0, SHOWN_MAX).map(({ from, to }) => `${kind}: nothing from ${from} to ${to}`),
    ...(gaps.length > SHOWN_MAX ? [`${kind}: … ${missing} ${unit}s are missing in all, see the manifest`] : []),
    ...faults.slice(0, SHOWN_MAX).map(({ at, kind: what }) => `${kind}: ${what} ${unit} at ${at}`),
    ...(faultCount > SHOWN_MAX ? [`${kind}: … ${faultCount} faults in all, see the manifest`] : []),
  ];
}

function useLines(wish: FetchWish, files: readonly DatasetFile[]): string[] {
  const pathOf = (kind: DatasetFile['kind']): string | null => {
    const file = files.find((each) => each.kind === kind)?.file;
    return file === undefined ? null : join(wish.folder, file);
  };
  const [feed, funding] = [pathOf('candles'), pathOf('funding')];
  return feed === null ? [] : [`  use: hedgerow run STRATEGY --feed ${feed}${funding === null ? '' : ` --funding ${funding}`}`];
}
