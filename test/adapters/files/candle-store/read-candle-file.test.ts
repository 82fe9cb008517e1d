/** Candles and funding from files of every format, and what is wrong in them named by row and time. */
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { readCandleFile, readFundingFile } from '../../../../src/adapters/files/candle-store/read-candle-file.ts';
import { columnPrice, type CandleColumns } from '../../../../src/domain/candle-columns.ts';
import { tempFiles } from '../temp-files.ts';
import { feather, zip, type Row } from './packed-files.ts';
import { PYARROW_LZ4, PYARROW_ZSTD } from './pyarrow-files.ts';

const file = tempFiles();
const [T0, MINUTE] = [1_760_054_400_000, 60_000];

const ROWS: readonly Row[] = [
  [T0, 0.12, 0.125, 0.1, 0.11, 1_000],
  [T0 + MINUTE, 0.11, 0.2, 0.11, 0.2, 0.5],
  [T0 + 2 * MINUTE, 0.2, 0.2001, 0.19, 0.19, 12.25],
  [T0 + 3 * MINUTE, 0.19, 0.19, 0.19, 0.19, 0],
];
const TEXT_ROWS = ROWS.map((row) => row.join(','));
const HEADER = 'timestamp_ms,open,high,low,close,volume';
const CSV = [HEADER, ...TEXT_ROWS].join('\n');
const VISION_HEADER = 'open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore';
/** Binance pads prices with zeros. */
const vision = (unit: 1 | 1_000): string[] => ROWS.map(([at, open, high, low, close, volume]) => [at * unit, open.toFixed(8), high.toFixed(8), low.toFixed(8), close.toFixed(8), volume.toFixed(8), at * unit + 59_999, '1.5', 7, '1', '1', 0].join(','));

function rowsOf({ length, priceDecimals, at, open, high, low, close, volume }: CandleColumns): Row[] {
  const price = (value: number | undefined): number => Number(columnPrice(value ?? -1, priceDecimals));
  return Array.from({ length }, (_, row) => [at[row] ?? -1, price(open[row]), price(high[row]), price(low[row]), price(close[row]), volume[row] ?? -1]);
}

describe('one table in every format', () => {
  test.each<[string, () => string | Buffer | Promise<Buffer>]>([
    ['a.csv', () => CSV],
    ['a-windows.csv', () => `\uFEFF${CSV.replaceAll('\n', '\r\n')}\r\n`],
    ['a.csv.gz', () => gzipSync(CSV)],
    ['bare.csv', () => TEXT_ROWS.join('\n')],
    ['named.csv', () => ['Date,Close,Open,High,Low,Volume', ...ROWS.map(([at, open, high, low, close, volume]) => [`${new Date(at).toISOString().replace('T', ' ').replace('.000Z', '+00:00')}`, close, open, high, low, volume].join(','))].join('\n')],
    ['vision.csv', () => vision(1).join('\n')],
    ['vision-header.csv', () => [VISION_HEADER, ...vision(1)].join('\n')],
    ['vision.zip', () => zip({ 'BTCUSDT-1m-2025-10.csv': vision(1).join('\n') })],
    ['vision-header.zip', () => zip({ 'BTCUSDT-1m-2025-10.csv': [VISION_HEADER, ...vision(1)].join('\n') })],
    ['vision-us.zip', () => zip({ 'BTCUSDT-1m-2025-10.csv': vision(1_000).join('\n') })],
    ['numbers.json', () => JSON.stringify(ROWS)],
    ['texts.json', () => JSON.stringify(ROWS.map((row) => row.map(String)))],
    ['a.json.gz', () => gzipSync(JSON.stringify(ROWS))],
    ['a.feather', () => feather(ROWS)],
    ['packed.feather', () => feather(ROWS, { isPacked: true })],
  ])('%s', async (name, content) => {
    const columns = await readCandleFile(file(name, await content()));
    expect(rowsOf(columns)).toEqual(ROWS);
    expect(columns).toMatchObject({ timeframeMs: MINUTE, length: 4, priceDecimals: 4 });
    expect(columns.open).toBeInstanceOf(Int32Array);
    expect(columns.open.buffer).toBeInstanceOf(ArrayBuffer);
  });

  test.each([
    ['lz4.feather', PYARROW_LZ4],
    ['zstd.feather', PYARROW_ZSTD],
  ])('%s as pyarrow packs it', async (name, content) => {
    const minutes = Array.from({ length: 64 }, (_, minute): Row => [T0 + minute * MINUTE, (100 + minute) / 1_000, 0.25, 0.05, (101 + minute) / 1_000, minute]);
    expect(rowsOf(await readCandleFile(file(name, content)))).toEqual(minutes);
  });

  test('damaged feather is an error of its own kind, or has the rows it had', async () => {
    const outcome = async (position: number, content: Buffer): Promise<string> => {
      const damaged = Buffer.from(content);
      damaged[position] = (damaged[position] ?? 0) ^ 0xff;
      return readCandleFile(file('damaged.feather', damaged)).then(({ length }) => `${length} rows`, (error: Error & { code?: string }) => error.code ?? String(error));
    };
    const outcomes = new Set<string>();
    // The footer behind it is left out: lengths in it that are wrong by billions are found only after counting to them.
    for (let position = 8; position < 2_200; position += 17) outcomes.add(await outcome(position, PYARROW_ZSTD));
    expect([...outcomes].filter((text) => text !== 'FEED_INVALID' && text !== '64 rows')).toEqual([]);
    expect(outcomes).toContain('FEED_INVALID');
    // In the first column, which then has another length.
    expect(await outcome(1_197, PYARROW_LZ4)).toBe('FEED_INVALID');
  });
});

test('a range is cut out, and may be empty', async () => {
  const path = file('range_BTCUSDT_1m.csv', CSV);
  expect(rowsOf(await readCandleFile(path, { from: T0 + 1, to: T0 + 3 * MINUTE }))).toEqual(ROWS.slice(1, 3));
  expect(await readCandleFile(path, { from: T0 + 4 * MINUTE })).toMatchObject({ length: 0, timeframeMs: MINUTE });
});

test('columns in shared memory', async () => {
  const { at, open, high, low, close, volume } = await readCandleFile(file('shared.csv', CSV), { isShared: true });
  for (const column of [at, open, high, low, close, volume]) expect(column.buffer).toBeInstanceOf(SharedArrayBuffer);
});

test('prices that need more than 31 bits are whole numbers in floats', async () => {
  const columns = await readCandleFile(file('mark_BTCUSDT_1m.csv', [HEADER, `${T0},123277.8306468,123326.1,123274.87146947,123310.1,0`].join('\n')));
  expect(columns.open).toBeInstanceOf(Float64Array);
  expect([columns.priceDecimals, [columns.open[0], columns.high[0], columns.low[0], columns.close[0]]]).toEqual([8, [12_327_783_064_680, 12_332_610_000_000, 12_327_487_146_947, 12_331_010_000_000]]);
});

test('later rows with more decimals rescale the rows before', async () => {
  const rows = [`${T0},5,5,5,5,1`, `${T0 + MINUTE},5.5,5.5,5,5,1`, `${T0 + 2 * MINUTE},5.123,5.5,5,5,1`];
  const columns = await readCandleFile(file('raised.csv', [HEADER, ...rows].join('\n')));
  expect([columns.priceDecimals, [...columns.open], [...columns.high]]).toEqual([3, [5_000, 5_500, 5_123], [5_000, 5_500, 5_500]]);
});

describe('what is wrong is named by row and time, and nothing is taken', () => {
  const at = (minute: number): string => new Date(T0 + minute * MINUTE).toISOString();
  const table = (...rows: string[]): string => [HEADER, ...rows].join('\n');
  const row = (minute: number, rest = '5,6,4,5,1'): string => `${T0 + minute * MINUTE},${rest}`;

  test.each<[string, string, readonly string[]]>([
    ['duplicate', table(row(0), row(1), row(1)), [`line 4, ${at(1)}: duplicate: the row before has the same time`]],
    ['unsorted', table(row(0), row(2), row(1)), [`line 4, ${at(1)}: unsorted: the row before is of ${at(2)}`]],
    ['off the raster', table(row(0), row(1), `${T0 + 2 * MINUTE + 1},5,6,4,5,1`, row(3)), [`line 4, ${new Date(T0 + 2 * MINUTE + 1).toISOString()}: off-grid: no bar of 1m opens then`]],
    ['high below low', table(row(0, '5,4,6,5,1')), [`line 2, ${at(0)}: impossible: high 4 is below low 6, high 4 is below open 5, high 4 is below close 5, low 6 is above open 5, low 6 is above close 5`]],
    ['high below open', table(row(0, '7,6,4,5,1')), [`line 2, ${at(0)}: impossible: high 6 is below open 7`]],
    ['low above close', table(row(0, '5,6,4.5,4,1')), [`line 2, ${at(0)}: impossible: low 4.5 is above close 4`]],
    ['zero', table(row(0), row(1, '5,6,0,5,1')), [`line 3, ${at(1)}: impossible: a price is not above zero`]],
    ['negative', table(row(0, '-5,6,-6,5,1')), [`line 2, ${at(0)}: impossible: a price is not above zero`]],
    ['NaN', table(row(0), row(1, 'nan,6,4,5,1')), [`line 3, ${at(1)}: impossible: open "nan" is no price`]],
    ['empty', table(row(0), row(1, '5,6,,5,1')), [`line 3, ${at(1)}: impossible: low "" is no price`]],
    ['volume', table(row(0, '5,6,4,5,-1'), row(1, '5,6,4,5,'), row(2, '5,6,4,5,0x1')), [`line 2, ${at(0)}: impossible: volume "-1"`, `line 3, ${at(1)}: impossible: volume ""`, `line 4, ${at(2)}: impossible: volume "0x1"`]],
    ['text', table(row(0, '5,6,4,five,1')), [`line 2, ${at(0)}: unreadable: close "five" is no price`]],
    ['cut off', table(row(0), '17600544'), ['line 3: unreadable: "17600544" has 1 values, those before have 6']],
    ['seconds', table(`${T0 / 1_000},5,6,4,5,1`), [`line 2: unreadable: ${T0 / 1_000} is a time in seconds; write milliseconds, which have 13 digits`]],
    ['units mixed', table(row(0), `${(T0 + MINUTE) * 1_000},5,6,4,5,1`), [`line 3: unreadable: the time ${(T0 + MINUTE) * 1_000} is in microseconds, those before are in milliseconds`]],
    ['too many digits', table(row(0, '5.12345678901234567,6,4,5,1')), [`line 2, ${at(0)}: unreadable: open "5.12345678901234567" has more digits than are kept exactly, which are 15`]],
    ['digits that do not fit together', table(row(0, '9000000,9000000,9000000,9000000,1'), row(1, '0.0000000001,1,0.0000000001,1,1')), [`line 2, ${at(0)}: unreadable: open cannot stand beside a later price with 10 decimals`]],
    ['digits that do not fit together in a row', table(row(0, '9000000,9000000,0.0000000001,1,1')), [`line 2, ${at(0)}: unreadable: open cannot stand beside prices with 10 decimals`]],
  ])('%s', async (name, text, faults) => {
    const path = file(`${name.replaceAll(' ', '-')}_BTCUSDT_1m.csv`, text);
    const error = await readCandleFile(path).then(() => null, (thrown: Error) => thrown);
    expect(error).toMatchObject({ name: 'HedgerowError', code: 'FEED_INVALID' });
    for (const fault of faults) expect(error?.message).toContain(`\n  ${fault}`);
    expect(error?.message).toContain(`${path}: `);
  });

  test('rows of JSON and feather are counted as rows', async () => {
    const rows = ROWS.map((each, index): Row => (index === 2 ? [each[0], each[1], 0.1, each[3], each[4], each[5]] : each));
    for (const [name, content] of [['wrong.json', JSON.stringify(rows)], ['wrong.feather', feather(rows)]] as const) {
      await expect(readCandleFile(file(name, content))).rejects.toThrow(`row 3, ${at(2)}: impossible: high 0.1 is below low 0.19`);
    }
  });

  test('another timeframe than the name says', async () => {
    await expect(readCandleFile(file('x_BTCUSDT_1m.csv', table(row(0), row(5), row(10))))).rejects.toThrow(`line 2, ${at(0)}: timeframe: the rows are 5m apart, and 1m is stated`);
    await expect(readCandleFile(file('x_BTCUSDT_1h.csv', table(row(0), row(1), row(2))))).rejects.toThrow(/timeframe: the rows are 1m apart, and 1h is stated\n {2}line 3, .*: off-grid: no bar of 1h opens then\n {2}line 4/);
    await expect(readCandleFile(file('y_BTCUSDT_1m.csv', table(row(0), row(1), row(2))), { timeframeMs: 30_000 })).rejects.toThrow('the rows are 1m apart, and 30s is stated');
  });

  test('many faults are counted and the first ones shown', async () => {
    const path = file('many.csv', table(row(0), row(1), ...Array.from({ length: 1_500 }, () => row(1))));
    const error = await readCandleFile(path).then(() => null, (thrown: Error) => thrown);
    expect(error?.message.split('\n')).toHaveLength(22);
    expect(error?.message).toMatch(/: 1500 faults; nothing is taken from a file with faults.*\n[^]*… 1500 in all$/);
  });

  test('gaps are no faults and stay gaps', async () => {
    const columns = await readCandleFile(file('gap.csv', table(row(0), row(1), row(4))));
    expect([...columns.at]).toEqual([T0, T0 + MINUTE, T0 + 4 * MINUTE]);
  });
});

test('weeks begin on Mondays, longer bars count from the first', async () => {
  const [monday, day] = [Date.UTC(2025, 0, 6), 86_400_000];
  const table = (first: number, days: number): string => [HEADER, ...[0, 1, 2].map((bar) => `${first + bar * days * day},5,6,4,5,1`)].join('\n');
  expect(await readCandleFile(file('a_BTCUSDT_1w.csv', table(monday, 7)))).toMatchObject({ length: 3, timeframeMs: 7 * day });
  await expect(readCandleFile(file('b_BTCUSDT_1w.csv', table(monday + day, 7)))).rejects.toThrow('no bar of 1w opens then');
  expect(await readCandleFile(file('a_BTCUSDT_3d.csv', table(monday + day, 3)))).toMatchObject({ length: 3, timeframeMs: 3 * day });
  await expect(readCandleFile(file('b_BTCUSDT_3d.csv', table(monday + 1_000, 3)))).rejects.toThrow('no bar of 3d opens then');
});

describe('files that are no tables', () => {
  test.each<[string, string | Buffer, RegExp]>([
    ['empty.csv', '', /the file is empty/],
    ['header.csv', `${HEADER}\n`, /there are no rows in it/],
    ['words.csv', 'hello world\nthis is text\n', /line 1: the header "hello world" names no columns of candles or funding rates; give a table with the header timestamp_ms,open/],
    ['other.csv', 'a,b,c\n1,2,3\n', /the header "a,b,c" names no columns/],
    ['few.csv', '1,2,3\n', /line 1: "1,2,3" is neither a header nor time,open,high,low,close,volume/],
    ['object.json', '{"a": 1}', /the document is no list/],
    ['none.json', '[]', /the list is empty/],
    ['cut.json', '[[1760054400000, 1, 1, 1', /this is no JSON: .*; the file may be cut off/],
    ['cut.csv.gz', gzipSync(CSV).subarray(0, 60), /the gzip data ends before its end/],
    ['cut.feather', feather(ROWS).subarray(0, 900), /this Arrow file cannot be read/],
    ['version1.feather', Buffer.from('FEA1....FEA1'), /this is feather version 1; write it again with pandas or pyarrow/],
    ['x.parquet', Buffer.from('PAR1....PAR1'), /this is a Parquet file; give CSV/],
    ['x.bin', Buffer.from([1, 0, 2, 0, 3, 0, 10, 7]), /this is a binary file of another kind/],
  ])('%s', async (name, content, message) => {
    const path = file(name, content);
    await expect(readCandleFile(path)).rejects.toMatchObject({ code: 'FEED_INVALID', message: expect.stringMatching(message) });
    await expect(readCandleFile(path)).rejects.toThrow(path);
  });

  test('a file that is not there', async () => {
    await expect(readCandleFile('/nowhere/a.csv')).rejects.toThrow('/nowhere/a.csv: there is no such file');
  });

  test('zip archives that are cut off, changed, empty, or hold several files', async () => {
    const whole = await zip({ 'a.csv': CSV });
    await expect(readCandleFile(file('cut.zip', whole.subarray(0, whole.length - 30)))).rejects.toThrow(/cut\.zip: the zip archive is damaged/);
    const changed = Buffer.from(whole);
    const checksum = changed.indexOf(Buffer.from('PK\u0001\u0002')) + 16;
    changed[checksum] = (changed[checksum] ?? 0) ^ 1;
    await expect(readCandleFile(file('changed.zip', changed))).rejects.toThrow('the checksum of the packed file is not that of its content');
    await expect(readCandleFile(file('two.zip', await zip({ 'a.csv': CSV, 'b.csv': CSV })))).rejects.toThrow('the archive holds 2 files, a.csv and b.csv among them; unpack it and give the files');
  });
});

describe('trade tapes', () => {
  const TAPE = ['exchange,symbol,timestamp,local_timestamp,id,side,price,amount', ...[[0, '10', '0.1'], [999_999, '12.5', '0.2'], [1_000_000, '9', '1'], [3_500_000, '9.25', '7.3e-7']].map(([us, price, amount]) => `x,BTCUSDT,${T0 * 1_000 + Number(us)},${T0 * 1_000 + Number(us)},1,buy,${price},${amount}`)].join('\n');

  test('become candles of the stated length; bars without trades are not there', async () => {
    expect(rowsOf(await readCandleFile(file('x_BTCUSDT_trades.csv', TAPE), { timeframeMs: 1_000 }))).toEqual([
      [T0, 10, 12.5, 10, 12.5, 0.3],
      [T0 + 1_000, 9, 9, 9, 9, 1],
      [T0 + 3_000, 9.25, 9.25, 9.25, 9.25, 7.3e-7],
    ]);
  });

  test('need one', async () => {
    await expect(readCandleFile(file('x_BTCUSDT_trades.csv', TAPE))).rejects.toMatchObject({ code: 'INPUT_INVALID', message: expect.stringContaining('holds trades; say of what length candles are to be made of them, such as --timeframe 1s') });
  });

  test('with an amount that is none are named', async () => {
    await expect(readCandleFile(file('y_BTCUSDT_trades.csv', TAPE.replace('7.3e-7', 'much')), { timeframeMs: 1_000 })).rejects.toThrow(`row 3, ${new Date(T0 + 3_000).toISOString()}: impossible: volume NaN`);
  });
});

describe('funding', () => {
  const HOUR = 3_600_000;
  const RATES: readonly [number, string][] = [[T0, '0.0001'], [T0 + 8 * HOUR, '-0.00009594'], [T0 + 16 * HOUR, '0.00000001']];
  const bars = RATES.map(([at, rate]): Row => [at, Number(rate), 0, 0, 0, 0]);

  test.each<[string, () => string | Buffer | Promise<Buffer>]>([
    ['own.csv', () => ['timestamp_ms,funding_rate', ...RATES.map(([at, rate]) => `${at},${rate}`)].join('\n')],
    ['jitter.csv.gz', () => gzipSync(['timestamp_ms,funding_rate', ...RATES.map(([at, rate], index) => `${at + index * 17},${rate}`)].join('\n'))],
    ['vision.zip', () => zip({ 'BTCUSDT-fundingRate-2025-10.csv': ['calc_time,funding_interval_hours,last_funding_rate', ...RATES.map(([at, rate]) => `${at + 3},8,${rate}`)].join('\n') })],
    ['BTC_USDT_USDT-1h-funding_rate.feather', () => feather(bars)],
    ['BTC_USDT_USDT-8h-funding_rate.json', () => JSON.stringify(bars)],
    ['ccxt.json', () => JSON.stringify(RATES.map(([timestamp, rate]) => ({ symbol: 'BTC/USDT:USDT', timestamp, fundingRate: Number(rate) })))],
  ])('%s', async (name, content) => {
    const { length, at, rate } = await readFundingFile(file(name, await content()));
    expect({ length, rows: [...at].map((time, row) => [time, rate[row]]) }).toEqual({ length: 3, rows: RATES });
  });

  test('a range of it', async () => {
    const path = file('own.csv', ['timestamp_ms,funding_rate', ...RATES.map(([at, rate]) => `${at},${rate}`)].join('\n'));
    expect(await readFundingFile(path, { from: T0 + 1, to: T0 + 16 * HOUR })).toEqual({ length: 1, at: Float64Array.of(T0 + 8 * HOUR), rate: ['-0.00009594'] });
  });

  test('what is wrong is named', async () => {
    const table = (...rows: string[]): string => file('wrong.csv', ['timestamp_ms,funding_rate', ...rows].join('\n'));
    const at = new Date(T0).toISOString();
    await expect(readFundingFile(table(`${T0},0.0001`, `${T0 + 4},0.0002`))).rejects.toThrow(`line 3, ${at}: duplicate: the row before is due at the same time`);
    await expect(readFundingFile(table(`${T0 + HOUR},0.0001`, `${T0},0.0002`))).rejects.toThrow(`line 3, ${at}: unsorted: the row before is of ${new Date(T0 + HOUR).toISOString()}`);
    await expect(readFundingFile(table(`${T0},`))).rejects.toThrow(`line 2, ${at}: impossible: rate "" is no number`);
    await expect(readFundingFile(table(`${T0},1.5`))).rejects.toThrow(`line 2, ${at}: impossible: rate 1.5 is 100 % or more; rates are fractions`);
  });

  test('candles are no funding, and funding no candles', async () => {
    const [candles, funding] = [file('c.csv', CSV), file('f.csv', `timestamp_ms,funding_rate\n${T0},0.0001\n`)];
    await expect(readFundingFile(candles)).rejects.toThrow(`line 2, ${new Date(T0).toISOString()}: unreadable: this is a candle; in tables of funding rates only the open is filled`);
    await expect(readCandleFile(funding)).rejects.toMatchObject({ code: 'INPUT_INVALID', message: `${funding} holds funding rates, not candles; give a file of candles` });
  });
});
