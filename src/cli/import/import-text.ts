/** What `import` prints: of each file where its rows went and what is missing in it. */
import { basename } from 'node:path';
import type { ReadyImport } from '../../adapters/files/candle-store/import-file.ts';
import type { Taken } from '../../adapters/files/candle-store/open-table.ts';
import { iso } from '../../adapters/files/candle-store/table-fault.ts';
import { timeframeText } from '../../domain/timeframe.ts';
import type { Json } from '../../domain/json.ts';
import { printable } from '../style.ts';
import type { Style } from '../style.ts';

/** One file whose rows are in the store. */
export interface Imported {
  readonly path: string;
  readonly ready: ReadyImport;
  readonly taken: Taken;
}

/** `--json` has a thousand. */
const SHOWN_MAX = 10;

export function importText({ path, ready, taken }: Imported, style: Style): string {
  const { dataset, added, same, replaced } = taken;
  const { gaps, missing } = ready.audit;
  const unit = dataset.kind === 'funding' ? 'settlements' : `${dataset.kind === 'mark' ? 'mark-price candles' : 'candles'} of ${timeframeText(dataset.timeframeMs ?? 0)}`;
  const counts = [`${added} new`, ...(same === 0 ? [] : [`${same} there already`]), ...(replaced === 0 ? [] : [`${replaced} replaced`])];
  return [
    printable(style.bold(basename(path))),
    `  ${ready.rows} ${unit}, ${dataset.source} ${dataset.symbol}: ${counts.join(', ')}`,
    ...(ready.tradeCount === null ? [] : [`  made here of ${ready.tradeCount} trades; ${missing} bars without trades are not there`]),
    ...(ready.tradeCount === null ? gapLines(ready, style) : []),
    ...(ready.tradeCount === null && gaps.length > SHOWN_MAX ? [style.yellow(`  … ${missing} missing in all`)] : []),
    `  in ${dataset.path}, now ${dataset.rows} rows from ${iso(dataset.from)} to ${iso(dataset.to)}`,
    '',
  ].join('\n');
}

function gapLines({ audit: { gaps } }: Imported['ready'], style: Style): string[] {
  return gaps.slice(0, SHOWN_MAX).map(({ from, to }) => style.yellow(`  nothing from ${iso(from)} to ${iso(to)}`));
}

export function importJson({ path, ready, taken }: Imported): Json {
  const { dataset, added, same, replaced } = taken;
  const { source, symbol, kind, timeframeMs, rows, from, to, path: table } = dataset;
  return {
    file: path,
    table,
    source,
    symbol,
    kind,
    timeframe: timeframeMs === null ? null : timeframeText(timeframeMs),
    rows: ready.rows,
    trades: ready.tradeCount,
    added,
    same,
    replaced,
    missing: ready.audit.missing,
    gaps: ready.audit.gaps.map((gap) => ({ from: iso(gap.from), to: iso(gap.to) })),
    stored: { rows, from: iso(from), to: iso(to) },
  };
}

/** A gap in the file: bars without trades in a tape are none. */
export function hasGaps({ ready: { audit, tradeCount } }: Imported): boolean {
  return tradeCount === null && audit.missing > 0;
}
