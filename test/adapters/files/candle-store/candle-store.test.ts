/** The candle store: what is put in comes out, as this program reads it and as the library of the format does. */
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tableFromIPC } from 'apache-arrow';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { readCandles } from '../../../../src/adapters/files/candle-file.ts';
import { guessSymbol, guessTimeframe } from '../../../../src/adapters/files/file-symbol.ts';
import { readFunding } from '../../../../src/adapters/files/funding-file.ts';
import { isCandleFile } from '../../../../src/cli/run/first-line.ts';
import { datasetPath, type DatasetKey } from '../../../../src/adapters/files/candle-store/dataset-file.ts';
import { openCandleStore } from '../../../../src/adapters/files/candle-store/open-candle-store.ts';
import { OpenTable, type Origin, type Taken } from '../../../../src/adapters/files/candle-store/open-table.ts';
import { readCandleFile, readFundingFile } from '../../../../src/adapters/files/candle-store/read-candle-file.ts';
import { readMetadata } from '../../../../src/adapters/files/candle-store/table-metadata.ts';
import type { StoredDataset } from '../../../../src/adapters/files/candle-store/stored-dataset.ts';
import { columnPrice, type CandleColumns, type FundingColumns } from '../../../../src/domain/candle-columns.ts';
import { feather } from './packed-files.ts';

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function newStore(...sources: string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'hedgerow-store-'));
  folders.push(folder);
  for (const source of ['bybit', ...sources]) mkdirSync(join(folder, source));
  return folder;
}

const MINUTE = 60_000;
const T0 = 1_760_054_400_000;
const KEY: DatasetKey = { source: 'bybit', symbol: 'BTC/USDT:USDT', kind: 'candles', timeframeMs: MINUTE };

function expectPossible({ timeframeMs, length, at, open, high, low, close, volume }: CandleColumns): void {
  for (let row = 0; row < length; row += 1) {
    const [time, o, h, l, c] = [at, open, high, low, close].map((column) => column[row] as number) as [number, number, number, number, number];
    expect([time % timeframeMs, row === 0 || time > (at[row - 1] as number), l > 0, l <= Math.min(o, c), h >= Math.max(o, c), (volume[row] as number) >= 0]).toEqual([0, true, true, true, true, true]);
  }
}

interface PutWish {
  readonly folder: string;
  readonly key: DatasetKey;
  readonly origin: Origin;
  readonly isReplacing: boolean;
}

async function putCandles({ folder, key, origin, isReplacing }: PutWish, given: CandleColumns): Promise<Taken> {
  const table = OpenTable.open(folder, key);
  const taken = table.takeCandles(given, origin, isReplacing);
  await table.save();
  return taken;
}

async function putFunding({ folder, key, origin, isReplacing }: PutWish, given: FundingColumns): Promise<Taken> {
  const table = OpenTable.open(folder, key);
  const taken = table.takeFunding(given, origin, isReplacing);
  await table.save();
  return taken;
}

function putWish(folder: string, more: Partial<PutWish> = {}): PutWish {
  return { folder, key: KEY, origin: { file: 'a.csv', sha256: 'a'.repeat(64) }, isReplacing: false, ...more };
}

/** Candles at these minutes; the price is the minute and `price`. */
function candles(minutes: readonly number[], { priceDecimals = 1, price = 1_000, volume = 1.5, timeframeMs = MINUTE } = {}): CandleColumns {
  const isInt32 = price < 2 ** 30;
  const column = (more: number): Int32Array | Float64Array => {
    const values = minutes.map((minute) => price + minute + more);
    return isInt32 ? Int32Array.from(values) : Float64Array.from(values);
  };
  return { timeframeMs, length: minutes.length, priceDecimals, at: Float64Array.from(minutes, (minute) => T0 + minute * timeframeMs), open: column(0), high: column(5), low: column(-5), close: column(1), volume: Float64Array.from(minutes, (minute) => minute + volume) };
}

function upTo(count: number, from = 0): number[] {
  return Array.from({ length: count }, (_, index) => from + index);
}

function rowsOf({ length, at, open, high, low, close, volume }: CandleColumns): number[][] {
  return Array.from({ length }, (_, row) => [at, open, high, low, close, volume].map((column) => column[row] ?? Number.NaN));
}

async function only(folder: string): Promise<StoredDataset> {
  const datasets = await openCandleStore(folder).list();
  expect(datasets).toHaveLength(1);
  return datasets[0] as StoredDataset;
}

describe('what is put in comes out', () => {
  test.each([['whole numbers of 32 bits', 1_000], ['larger ones', 12_327_783_064_680]])('%s', async (_, price) => {
    const folder = newStore();
    const given = candles(upTo(3_000), { price, priceDecimals: 8 });
    const put = await putCandles(putWish(folder), given);
    const dataset = { ...KEY, from: T0, to: T0 + 3_000 * MINUTE, rows: 3_000, path: join(folder, 'bybit', 'BTC-USDT-USDT_1m.arrow') };
    expect(put).toEqual({ dataset, added: 3_000, same: 0, replaced: 0 });
    expect(await only(folder)).toEqual(dataset);
    const store = openCandleStore(folder);
    expect(await store.readCandles(dataset)).toEqual(given);
    expect(await readCandleFile(dataset.path)).toEqual(given);
    const shared = await store.readCandles(dataset, { isShared: true });
    expect(rowsOf(shared)).toEqual(rowsOf(given));
    for (const column of [shared.at, shared.open, shared.high, shared.low, shared.close, shared.volume]) expect(column.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(readdirSync(join(folder, 'bybit'))).toEqual(['BTC-USDT-USDT_1m.arrow']);
  });

  test('any range of it, as cut out of the whole', async () => {
    const folder = newStore();
    const minutes = upTo(2_000).filter((minute) => minute % 7 !== 3);
    const given = candles(minutes);
    const { dataset } = await putCandles(putWish(folder), given);
    const store = openCandleStore(folder);
    const limit = fc.option(fc.integer({ min: T0 - 2 * MINUTE, max: T0 + 2_002 * MINUTE }), { nil: undefined });
    await fc.assert(
      fc.asyncProperty(limit, limit, fc.boolean(), async (from, to, isShared) => {
        const columns = await store.readCandles(dataset, { from, to, isShared });
        const expected = rowsOf(given).filter(([at = 0]) => at >= (from ?? -Infinity) && at < (to ?? Infinity));
        expect(rowsOf(columns)).toEqual(expected);
        expect(columns.at.length).toBe(expected.length);
      }),
      { numRuns: 200 },
    );
  });

  test('funding, with every digit', async () => {
    const folder = newStore();
    const given: FundingColumns = { length: 3, at: Float64Array.of(T0, T0 + 28_800_000, T0 + 57_600_000), rate: ['-0.0006133368', '0.00012345678901234567', '0'] };
    const key: DatasetKey = { ...KEY, kind: 'funding', timeframeMs: null };
    const { dataset } = await putFunding(putWish(folder, { key }), given);
    expect(dataset).toEqual({ ...key, rows: 3, from: T0, to: T0 + 57_600_000, path: join(folder, 'bybit', 'BTC-USDT-USDT_funding.arrow') });
    expect(await openCandleStore(folder).readFunding(dataset)).toEqual(given);
    expect(await openCandleStore(folder).readFunding(dataset, { from: T0 + 1, to: T0 + 57_600_000 })).toEqual({ length: 1, at: Float64Array.of(T0 + 28_800_000), rate: ['0.00012345678901234567'] });
    expect(await readFundingFile(dataset.path)).toEqual(given);
  });
});

test("Arrow's own library reads the same rows and what they are", async () => {
  const folder = newStore();
  const given = candles(upTo(1_000));
  const { dataset } = await putCandles(putWish(folder), given);
  const table = tableFromIPC(readFileSync(dataset.path));
  expect(table.schema.fields.map(({ name, type }) => `${name} ${String(type)}`)).toEqual(['timestamp Timestamp<MILLISECOND, UTC>', 'open Int32', 'high Int32', 'low Int32', 'close Int32', 'volume Float64']);
  expect(table.batches).toHaveLength(1);
  expect(Object.fromEntries(table.schema.metadata)).toMatchObject({
    exchange: 'bybit', symbol: 'BTC/USDT:USDT', kind: 'candles', timeframe: '1m', price_decimals: '1', price_unit: 'open, high, low and close are whole numbers of 10^-1', rows: '1000',
    source_files: JSON.stringify([{ file: 'a.csv', sha256: 'a'.repeat(64), rows: 1_000, from: '2025-10-10T00:00:00.000Z', to: '2025-10-10T16:39:00.000Z' }]),
  });
  const column = (name: string): number[] => [...(table.getChild(name) ?? [])].map(Number);
  expect(rowsOf(given)).toEqual(column('timestamp').map((at, row) => [at, ...['open', 'high', 'low', 'close', 'volume'].map((name) => column(name)[row])]).slice(0, 1_000));
}, 60_000);

test('feeds take tables as they take the files they were made from', async () => {
  const folder = newStore();
  const { dataset } = await putCandles(putWish(folder), candles(upTo(5_000)));
  const given = candles(upTo(5_000));
  const lines = rowsOf(given).map(([at, ...values]) => [at, ...values.map((value, column) => (column === 4 ? value : columnPrice(value, 1)))].join(','));
  const csv = join(folder, 'bybit_BTCUSDT_1m.csv');
  writeFileSync(csv, ['timestamp_ms,open,high,low,close,volume', ...lines].join('\n'));
  expect(await readCandles(dataset.path)).toEqual(await readCandles(csv));
  expect(await readCandles(dataset.path, { from: T0 + MINUTE, to: T0 + 3 * MINUTE })).toHaveLength(2);
  expect([guessSymbol(dataset.path), guessTimeframe(dataset.path)]).toEqual(['BTC/USDT:USDT', MINUTE]);
  expect(await isCandleFile(dataset.path)).toBe(true);
  const key: DatasetKey = { ...KEY, kind: 'funding', timeframeMs: null };
  const funding = await putFunding(putWish(folder, { key }), { length: 2, at: Float64Array.of(T0, T0 + 28_800_000), rate: ['0.0001', '-0.0002'] });
  expect(await readFunding(funding.dataset.path)).toEqual([{ at: T0, rate: '0.0001' }, { at: T0 + 28_800_000, rate: '-0.0002' }]);
  expect(guessSymbol(funding.dataset.path)).toBe('BTC/USDT:USDT');
  const foreign = join(folder, 'x.feather');
  writeFileSync(foreign, feather([[T0, 1, 1, 1, 1, 1]]));
  await expect(readCandles(foreign)).rejects.toThrow(`${foreign}: this is no table of candles of this program; take it in with hedgerow import`);
});

describe('merging', () => {
  test('two halves, in any order, are the whole; what is there already changes nothing', async () => {
    for (const order of [[0, 1], [1, 0]]) {
      const folder = newStore();
      const halves = [candles(upTo(60)), candles(upTo(70, 50))];
      const sha = (index: number): string => String(index).repeat(64);
      const results = [];
      for (const index of order) results.push(await putCandles(putWish(folder, { origin: { file: `${index}.csv`, sha256: sha(index) } }), halves[index] as CandleColumns));
      expect(results.map(({ added, same }) => [added, same])).toEqual(order[0] === 0 ? [[60, 0], [60, 10]] : [[70, 0], [50, 10]]);
      const dataset = await only(folder);
      expect(rowsOf(await openCandleStore(folder).readCandles(dataset))).toEqual(rowsOf(candles(upTo(120))));
      const before = readFileSync(dataset.path);
      expect(await putCandles(putWish(folder), candles(upTo(33, 20)))).toMatchObject({ added: 0, same: 33, replaced: 0 });
      expect(readFileSync(dataset.path)).toEqual(before);
      expect(JSON.parse(tableFromIPC(before).schema.metadata.get('source_files') ?? '')).toMatchObject([{ file: `${order[0]}.csv` }, { file: `${order[1]}.csv` }]);
    }
  });

  test('a difference is named with its time and refused, and taken when said so', async () => {
    const folder = newStore();
    const { dataset } = await putCandles(putWish(folder), candles(upTo(10)));
    const other = candles(upTo(10, 5));
    other.close[2] = 9_999;
    other.high[2] = 10_000;
    other.volume[4] = 77;
    const path = dataset.path;
    const before = readFileSync(path);
    await expect(putCandles(putWish(folder), other)).rejects.toMatchObject({
      code: 'FEED_INVALID',
      message: [
        `a.csv differs from ${path} in 2 rows of the same time; nothing is taken: find out which is right, then say --replace if it is the file`,
        '  2025-10-10T00:07:00.000Z: high is stored as 101.2, the file has 1000',
        '  2025-10-10T00:07:00.000Z: close is stored as 100.8, the file has 999.9',
        '  2025-10-10T00:09:00.000Z: volume is stored as 10.5, the file has 77',
      ].join('\n'),
    });
    expect(readFileSync(path)).toEqual(before);
    expect(await putCandles(putWish(folder, { isReplacing: true }), other)).toMatchObject({ added: 5, same: 3, replaced: 2 });
    expect(rowsOf(await openCandleStore(folder).readCandles(dataset))).toEqual([...rowsOf(candles(upTo(5))), ...rowsOf(other)]);
  });

  test('of prices with other decimals, as exact prices', async () => {
    const folder = newStore();
    await putCandles(putWish(folder), candles(upTo(3), { priceDecimals: 1 }));
    expect(await putCandles(putWish(folder), candles([0, 1], { priceDecimals: 1 }))).toMatchObject({ same: 2 });
    const finer = candles([1, 2, 3]);
    for (const column of [finer.open, finer.high, finer.low, finer.close]) for (let row = 0; row < 3; row += 1) column[row] = (column[row] ?? 0) * 1_000_000 + (row === 2 ? 1 : 0);
    expect(await putCandles(putWish(folder), { ...finer, priceDecimals: 7 })).toMatchObject({ added: 1, same: 2 });
    const columns = await readCandleFile(join(folder, 'bybit', 'BTC-USDT-USDT_1m.arrow'));
    expect(columns.priceDecimals).toBe(7);
    expect([...columns.open].map((value) => columnPrice(value, 7))).toEqual(['100', '100.1', '100.2', '100.3000001']);
  });

  test('of prices that need too many digits together is refused', async () => {
    const folder = newStore();
    await putCandles(putWish(folder), candles([0], { price: 9_000_000_000, priceDecimals: 0 }));
    await expect(putCandles(putWish(folder), candles([1], { priceDecimals: 10 }))).rejects.toMatchObject({ code: 'INPUT_INVALID', message: expect.stringContaining('cannot be kept exactly in one table; import the file with another --source') });
  });

  test('of bars that open at other times is refused', async () => {
    const folder = newStore();
    const days = { ...KEY, timeframeMs: 3 * 86_400_000 };
    const bars = (day: number): CandleColumns => ({ ...candles([0], { timeframeMs: days.timeframeMs }), at: Float64Array.of(T0 + day * 86_400_000) });
    await putCandles(putWish(folder, { key: days }), bars(0));
    await expect(putCandles(putWish(folder, { key: days }), bars(4))).rejects.toThrow('its bars open at other times than those in');
    expect(await putCandles(putWish(folder, { key: days }), bars(6))).toMatchObject({ added: 1 });
  });

  test('of funding', async () => {
    const folder = newStore();
    const key: DatasetKey = { ...KEY, kind: 'funding', timeframeMs: null };
    const rates = (from: number, ...rate: string[]): FundingColumns => ({ length: rate.length, at: Float64Array.from(rate, (_, index) => T0 + (from + index) * 3_600_000), rate });
    await putFunding(putWish(folder, { key }), rates(1, '0.1', '0.2'));
    const { dataset } = await putFunding(putWish(folder, { key }), rates(0, '0', '0.1', '0.2', '0.3'));
    expect(await openCandleStore(folder).readFunding(dataset)).toEqual(rates(0, '0', '0.1', '0.2', '0.3'));
    await expect(putFunding(putWish(folder, { key }), rates(2, '0.25'))).rejects.toThrow('2025-10-10T02:00:00.000Z: rate is stored as 0.2, the file has 0.25');
    await putFunding(putWish(folder, { key, isReplacing: true }), rates(2, '0.25'));
    expect(await openCandleStore(folder).readFunding(dataset)).toEqual(rates(0, '0', '0.1', '0.25', '0.3'));
  });
});

describe('finding', () => {
  test('by symbol, kind, timeframe and source, the finest first', async () => {
    const folder = newStore('okx');
    for (const source of ['okx', 'bybit']) {
      for (const timeframeMs of [3_600_000, MINUTE]) await putCandles(putWish(folder, { key: { ...KEY, source, timeframeMs } }), candles([0, 1], { timeframeMs }));
    }
    await putCandles(putWish(folder, { key: { ...KEY, kind: 'mark' } }), candles([0]));
    await putCandles(putWish(folder, { key: { ...KEY, symbol: '1000PEPE/USDT:USDT' } }), candles([0]));
    const store = openCandleStore(folder);
    expect((await store.list()).map(({ source, symbol, kind, timeframeMs }) => `${source} ${symbol} ${kind} ${(timeframeMs ?? 0) / MINUTE}`)).toEqual([
      'bybit 1000PEPE/USDT:USDT candles 1',
      'bybit BTC/USDT:USDT candles 1',
      'bybit BTC/USDT:USDT candles 60',
      'bybit BTC/USDT:USDT mark 1',
      'okx BTC/USDT:USDT candles 1',
      'okx BTC/USDT:USDT candles 60',
    ]);
    const found = async (more: object): Promise<string[]> => (await store.find({ symbol: 'BTC/USDT:USDT', kind: 'candles', ...more })).map(({ source, timeframeMs }) => `${source} ${(timeframeMs ?? 0) / MINUTE}`);
    expect(await found({})).toEqual(['bybit 1', 'okx 1', 'bybit 60', 'okx 60']);
    expect(await found({ source: 'okx' })).toEqual(['okx 1', 'okx 60']);
    expect(await found({ timeframeMs: 3_600_000 })).toEqual(['bybit 60', 'okx 60']);
    expect(await found({ symbol: 'ETH/USDT:USDT' })).toEqual([]);
    expect(await store.find({ symbol: 'BTC/USDT:USDT', kind: 'mark' })).toHaveLength(1);
  });

  test('a folder that is not there holds nothing; other files are left alone', async () => {
    expect(await openCandleStore('/nowhere/data').list()).toEqual([]);
    const folder = newStore();
    writeFileSync(join(folder, 'bybit', 'notes.txt'), 'x');
    writeFileSync(join(folder, 'stray'), 'x');
    expect(await openCandleStore(folder).list()).toEqual([]);
  });

  test('no two markets share a file', () => {
    const symbols = ['BTC/USDT:USDT', 'BTC-USDT/USDT', 'BTC/USDT', 'BTC_1/USDT:USDT', 'BTC%5f1/USDT:USDT', 'btc/USDT:USDT', 'BTC/USD:BTC'];
    expect(new Set(symbols.map((symbol) => datasetPath('data', { ...KEY, symbol }))).size).toBe(symbols.length);
  });
});

describe('files that are damaged', () => {
  test('cut off anywhere: an error that says so, or no table of ours', async () => {
    const folder = newStore();
    const { dataset } = await putCandles(putWish(folder), candles(upTo(100)));
    const whole = readFileSync(dataset.path);
    for (let bytes = 0; bytes < whole.length; bytes += bytes < 64 ? 1 : 97) {
      writeFileSync(dataset.path, whole.subarray(0, bytes));
      await expect(openCandleStore(folder).list()).rejects.toMatchObject({ code: 'FEED_INVALID', message: expect.stringContaining(`${dataset.path}: it `) });
    }
  });

  test('changed anywhere in what they say about themselves: never another error than one for the user', async () => {
    const folder = newStore();
    const { dataset } = await putCandles(putWish(folder), candles(upTo(50)));
    const whole = readFileSync(dataset.path);
    const codes = new Set<unknown>();
    for (let position = 0; position < whole.length; position += 3) {
      const changed = Buffer.from(whole);
      changed[position] = (changed[position] ?? 0) ^ 0x81;
      writeFileSync(dataset.path, changed);
      await openCandleStore(folder).readCandles(dataset).catch((error: Error & { code?: string }) => codes.add(error.code ?? error.stack));
    }
    expect([...codes].sort()).toEqual(['FEED_INVALID']);
  });

  test('changed anywhere in their rows: never a candle that cannot be, never a time out of order', async () => {
    const folder = newStore();
    const { dataset } = await putCandles(putWish(folder), candles(upTo(50)));
    const whole = readFileSync(dataset.path);
    const messages = new Set<string>();
    // The rows lie between what is said about them at the beginning and again at the end.
    for (let position = whole.indexOf('hedgerow_version'); position < whole.lastIndexOf('hedgerow_version'); position += 5) {
      const changed = Buffer.from(whole);
      changed[position] = (changed[position] ?? 0) ^ 0xc0;
      writeFileSync(dataset.path, changed);
      try {
        expectPossible(await openCandleStore(folder).readCandles(dataset));
      } catch (error) {
        if ((error as { code?: string }).code !== 'FEED_INVALID') throw error;
        messages.add((error as Error).message.slice(dataset.path.length));
      }
    }
    expect([...messages].some((message) => /^: row \d+, 2025-\d\d-\d\dT\d\d:\d\d:00\.000Z: it is impossible: .*; the file is damaged or was changed: move it away and import its data again$/.test(message))).toBe(true);
    expect([...messages].some((message) => /^: row \d+: its time .* is out of order or off the timeframe; the file is damaged or was changed/.test(message))).toBe(true);
  });

  test('of a newer version', () => {
    expect(() => readMetadata('x.arrow', new Map([['hedgerow_version', '2']]))).toThrow(/x\.arrow was written by a newer version of hedgerow/);
    expect(() => readMetadata('x.arrow', new Map([['hedgerow_version', '1'], ['exchange', 'bybit']]))).toThrow('x.arrow: its metadata cannot be understood');
    expect(readMetadata('x.arrow', new Map([['other', '1']]))).toBe(null);
  });

  test('of another table than the name says', async () => {
    const folder = newStore();
    const { dataset } = await putCandles(putWish(folder), candles([0]));
    const path = datasetPath(folder, { ...KEY, kind: 'mark' });
    writeFileSync(path, readFileSync(dataset.path));
    await expect(putCandles(putWish(folder, { key: { ...KEY, kind: 'mark' } }), candles([0]))).rejects.toThrow(`${path}: this file is in the way: it is another table than its name says`);
  });

  test('read as what they are not', async () => {
    const folder = newStore();
    const { dataset } = await putCandles(putWish(folder), candles([0]));
    await expect(openCandleStore(folder).readFunding(dataset)).rejects.toThrow('this is no table of funding rates of this program');
    await expect(readFundingFile(dataset.path)).rejects.toThrow('this is no table of funding rates of this program');
    await expect(readCandleFile(dataset.path, { timeframeMs: 3_600_000 })).rejects.toThrow('its candles have 60000 ms, not 3600000');
    await expect(openCandleStore(folder).readCandles({ ...dataset, path: '/nowhere/x.arrow' })).rejects.toMatchObject({ code: 'FEED_INVALID' });
  });
});
