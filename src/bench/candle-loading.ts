/** How fast candles come from the store and into it: a year of minutes in a process of its own, a day out of that year, and imports. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { prepareImport } from '../adapters/files/candle-store/import-file.ts';
import { openCandleStore } from '../adapters/files/candle-store/open-candle-store.ts';
import { OpenTable } from '../adapters/files/candle-store/open-table.ts';
import type { StoredDataset } from '../adapters/files/candle-store/stored-dataset.ts';
import { columnPrice, type CandleColumns } from '../domain/candle-columns.ts';
import type { Bench, OpenBench } from './bench.ts';
import { runNode } from './child-process.ts';

const YEAR = 525_600;
const DAY = 1_440;
const MINUTE_MS = 60_000;
const FIRST_AT = Date.UTC(2025, 0, 1);
/** A year takes seconds to pack alone. */
const IMPORTED = YEAR / 4;

const LOAD = 'a year of 1-minute candles, library and all';
const LOAD_SHARED = 'the same into shared memory';
const BYTES = 'the bytes of its file, read whole';
const LOAD_DAY = 'a day out of that year';
const IMPORT = 'import of CSV.gz, 131,400 candles';

export const candleLoading: Bench = {
  group: 'candle store',
  warmsUp: false,
  rows: [
    { name: LOAD, unit: 'ms', goal: { atMost: 100 }, yardstick: BYTES, note: 'in a process of its own, from the first import to the last column; the start of Node is not in it' },
    { name: LOAD_SHARED, unit: 'ms', goal: { atMost: 100 }, yardstick: BYTES },
    { name: BYTES, unit: 'ms' },
    { name: LOAD_DAY, unit: 'ms', yardstick: LOAD },
    { name: IMPORT, unit: 'rows/s', note: 'checksum, every row looked at, written and synced' },
  ],
  open: async (): Promise<OpenBench> => {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), 'hedgerow-bench-')));
    mkdirSync(join(folder, 'bench'));
    const key = { source: 'bench', symbol: 'BTC/USDT:USDT', kind: 'candles', timeframeMs: MINUTE_MS } as const;
    const year = yearOfMinutes();
    const table = OpenTable.open(folder, key);
    const { dataset } = table.takeCandles(year, { file: 'made', sha256: '' }, false);
    await table.save();
    const csv = join(folder, 'bench_BTCUSDT_1m.csv.gz');
    writeFileSync(csv, gzipSync(csvOf(year, IMPORTED)));
    let imports = 0;
    return {
      round: async () => {
        imports += 1;
        return {
          [LOAD]: [await loadTime(folder, dataset, {})],
          [LOAD_SHARED]: [await loadTime(folder, dataset, { isShared: true })],
          [BYTES]: [await childTime(`(await import('node:fs')).readFileSync(${JSON.stringify(dataset.path)})`)],
          [LOAD_DAY]: [await loadTime(folder, dataset, { from: FIRST_AT + 100 * DAY * MINUTE_MS, to: FIRST_AT + 101 * DAY * MINUTE_MS })],
          [IMPORT]: [await importRate(csv, join(folder, String(imports)))],
        };
      },
      close: async () => rmSync(folder, { recursive: true, force: true }),
    };
  },
};

const STORE = new URL('../adapters/files/candle-store/open-candle-store.js', import.meta.url).href;

function loadTime(folder: string, dataset: StoredDataset, options: object): Promise<number> {
  return childTime(`await (await import(${JSON.stringify(fileURLToPath(STORE))})).openCandleStore(${JSON.stringify(folder)}).readCandles(${JSON.stringify(dataset)}, ${JSON.stringify(options)})`);
}

/** Ms that an expression takes in a new process. */
async function childTime(expression: string): Promise<number> {
  const { stdout } = await runNode(['--input-type=module', '--eval', `const startedAt = performance.now(); ${expression}; console.log(performance.now() - startedAt);`]);
  return Number(stdout);
}

/** Rows a second into a new store. */
async function importRate(path: string, folder: string): Promise<number> {
  const startedAt = performance.now();
  const ready = await prepareImport({ path, source: null, symbol: null, timeframe: null, kind: null });
  mkdirSync(join(folder, ready.key.source), { recursive: true });
  const table = OpenTable.open(folder, ready.key);
  const { added } = await ready.takeInto(table, false);
  await table.save();
  const elapsedMs = performance.now() - startedAt;
  const [dataset] = await openCandleStore(folder).list();
  if (added !== IMPORTED || dataset?.rows !== IMPORTED) throw new Error(`the import of this benchmark took ${added} rows`);
  return (added / elapsedMs) * 1_000;
}

/** A walk of 0.1 steps, the same every time. */
function yearOfMinutes(): CandleColumns {
  const [open, high, low, close] = [new Int32Array(YEAR), new Int32Array(YEAR), new Int32Array(YEAR), new Int32Array(YEAR)];
  let state = 1;
  const draw = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state % below;
  };
  let price = 1_000_000;
  for (let minute = 0; minute < YEAR; minute += 1) {
    open[minute] = price;
    price += draw(401) - 200;
    close[minute] = price;
    high[minute] = Math.max(open[minute] as number, price) + draw(100);
    low[minute] = Math.min(open[minute] as number, price) - draw(100);
  }
  const at = Float64Array.from(open, (_, minute) => FIRST_AT + minute * MINUTE_MS);
  return { timeframeMs: MINUTE_MS, length: YEAR, priceDecimals: 1, at, open, high, low, close, volume: Float64Array.from(open, () => draw(1_000_000) / 1_000) };
}

function csvOf({ at, open, high, low, close, volume, priceDecimals }: CandleColumns, rows: number): string {
  const lines = ['timestamp_ms,open,high,low,close,volume'];
  for (let row = 0; row < rows; row += 1) lines.push([at[row], ...[open, high, low, close].map((column) => columnPrice(column[row] as number, priceDecimals)), volume[row]].join(','));
  return lines.join('\n');
}
