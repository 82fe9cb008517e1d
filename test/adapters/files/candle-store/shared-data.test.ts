/** Real exchange data, where it is: every file is taken into a store, and comes out of it as it stands in the file. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readCandles } from '../../../../src/adapters/files/candle-file.ts';
import { prepareImport, type ImportWish } from '../../../../src/adapters/files/candle-store/import-file.ts';
import { openCandleStore } from '../../../../src/adapters/files/candle-store/open-candle-store.ts';
import { OpenTable, type Taken } from '../../../../src/adapters/files/candle-store/open-table.ts';
import { readCandleFile } from '../../../../src/adapters/files/candle-store/read-candle-file.ts';
import { readFunding } from '../../../../src/adapters/files/funding-file.ts';

const SHARED = new URL('../../../../../shared/data', import.meta.url).pathname;
const names = (folder: string): string[] => (existsSync(join(SHARED, folder)) ? readdirSync(join(SHARED, folder)).sort() : []);

/** By its digits alone: two million decimals take minutes. */
function priceText(value: number, decimals: number): string {
  const digits = String(value).padStart(decimals + 1, '0');
  const whole = digits.slice(0, digits.length - decimals);
  const fraction = digits.slice(digits.length - decimals).replace(/0+$/, '');
  return fraction === '' ? whole : `${whole}.${fraction}`;
}

describe.runIf(existsSync(SHARED))('the shared data', () => {
  let folder: string;
  const addedTo = new Map<string, number>();
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'hedgerow-shared-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  async function take(path: string, more: Partial<ImportWish> = {}): Promise<Taken> {
    const ready = await prepareImport({ path, source: null, symbol: null, timeframe: null, kind: null, ...more });
    mkdirSync(join(folder, ready.key.source), { recursive: true });
    const table = OpenTable.open(folder, ready.key);
    const put = await ready.takeInto(table, false);
    await table.save();
    addedTo.set(put.dataset.path, (addedTo.get(put.dataset.path) ?? 0) + put.added);
    return put;
  }

  test.each(names('candles'))('candles/%s', async (name) => {
    const path = join(SHARED, 'candles', name);
    const { dataset, added, same } = await take(path);
    const expected = await readCandles(path);
    expect(added + same).toBe(expected.length);
    expect(dataset.kind).toBe(name.includes('-mark_') ? 'mark' : 'candles');
    const last = expected.at(-1);
    const { length, priceDecimals, at, open, high, low, close, volume } = await openCandleStore(folder).readCandles(dataset, { from: expected[0]?.at, to: (last?.at ?? 0) + 1 });
    expect(length).toBe(expected.length);
    // One comparison for all rows: one for each takes ten times as long.
    const wrong = expected.filter((candle, row) => {
      const price = (column: ArrayLike<number>): string => priceText(column[row] ?? -1, priceDecimals);
      return candle.at !== at[row] || candle.open !== price(open) || candle.high !== price(high) || candle.low !== price(low) || candle.close !== price(close) || Number(candle.volume) !== volume[row];
    });
    expect(wrong.slice(0, 3)).toEqual([]);
  }, 60_000);

  test.each(names('funding'))('funding/%s', async (name) => {
    const path = join(SHARED, 'funding', name);
    const { dataset } = await take(path);
    const expected = await readFunding(path);
    const { at, rate } = await openCandleStore(folder).readFunding(dataset);
    expect([...at].map((time, row) => ({ at: time, rate: rate[row] }))).toEqual(expected);
  });

  test.each(names('trades'))('trades/%s as candles of a second', async (name) => {
    const { length, at, high, low } = await readCandleFile(join(SHARED, 'trades', name), { timeframeMs: 1_000 });
    expect(length).toBeGreaterThan(100);
    expect(at.slice(1).every((time, row) => time > (at[row] ?? Infinity))).toBe(true);
    expect(high.every((price, row) => price >= (low[row] ?? Infinity))).toBe(true);
  });

  test.each([
    ['binance-spot_POLUSDT_trades_20251010.csv.gz', 1_440],
    ['gemini_SOLUSD_trades_20251010.csv.gz', 1_227],
    ['gemini_BTCUSD_trades_20251010.csv.gz', 1_351],
    ['gemini_ETHUSD_trades_20251010.csv.gz', 1_322],
  ])('the minutes made of %s are those that were made of it elsewhere, to the last digit', async (name, minutes) => {
    expect(await take(join(SHARED, 'trades', name), { timeframe: '1m' })).toMatchObject({ added: 0, same: minutes, replaced: 0 });
  });

  test('files of one market became one table, no row lost', async () => {
    const datasets = await openCandleStore(folder).list();
    expect(new Map(datasets.map(({ path, rows }) => [path, rows]))).toEqual(addedTo);
    expect(addedTo.size).toBeLessThan(names('candles').length + names('funding').length);
  });
});
