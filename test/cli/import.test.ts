/** `hedgerow import` as a process: files into the store, what is missing told, what is wrong refused with every row named. */
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openCandleStore } from '../../src/adapters/files/candle-store/open-candle-store.ts';
import { sha256Of } from '../../src/adapters/files/dataset/part-file.ts';
import { lockDataDir } from '../../src/adapters/postgres/data-dir-lock.ts';
import { makeDataDir } from '../../src/adapters/postgres/open-store.ts';
import { feather, zip } from '../adapters/files/candle-store/packed-files.ts';
import { hedgerow, removeTempFiles, tempFolder } from './hedgerow-process.ts';

beforeAll(async () => {
  expect(await hedgerow(['--build-only'])).toMatchObject({ code: 0 });
});
afterAll(removeTempFiles);

const HEADER = 'timestamp_ms,open,high,low,close,volume';
const [T0, MINUTE] = [Date.UTC(2025, 9, 10), 60_000];
const row = (minute: number, rest = '5,6,4,5.5,1'): string => `${T0 + minute * MINUTE},${rest}`;

function file(folder: string, name: string, content: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

test('a file name that a terminal would obey is printed without its control characters', async () => {
  const data = tempFolder();
  const { code, stdout } = await hedgerow(['import', file(data, 'bybit_BTCUSDT_1m_\u001b[2J.csv', [HEADER, row(0)].join('\n')), '--data', data]);
  expect({ code, isClean: !stdout.includes('\u001b'), first: stdout.split('\n')[0] }).toEqual({ code: 0, isClean: true, first: 'bybit_BTCUSDT_1m_·[2J.csv' });
});

test('several files become one table; what is imported again changes nothing', async () => {
  const data = tempFolder();
  const first = file(data, 'bybit_BTCUSDT_1m_a.csv', [HEADER, row(0), row(1)].join('\n'));
  const second = file(data, 'bybit_BTCUSDT_1m_b.csv', [HEADER, row(1), row(2), row(3)].join('\n'));
  const { code, stdout, stderr } = await hedgerow(['import', first, second, '--data', data]);
  const table = join(data, 'data', 'bybit', 'BTC-USDT-USDT_1m.arrow');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toBe(
    [
      'bybit_BTCUSDT_1m_a.csv',
      '  2 candles of 1m, bybit BTC/USDT:USDT: 2 new',
      `  in ${table}, now 2 rows from 2025-10-10T00:00:00.000Z to 2025-10-10T00:02:00.000Z`,
      'bybit_BTCUSDT_1m_b.csv',
      '  3 candles of 1m, bybit BTC/USDT:USDT: 2 new, 1 there already',
      `  in ${table}, now 4 rows from 2025-10-10T00:00:00.000Z to 2025-10-10T00:04:00.000Z`,
      '',
    ].join('\n'),
  );
  const before = readFileSync(table);
  const again = await hedgerow(['import', first, '--data', data, '--json']);
  expect(again.code).toBe(0);
  expect(JSON.parse(again.stdout)).toEqual({
    files: [
      {
        file: first, table, source: 'bybit', symbol: 'BTC/USDT:USDT', kind: 'candles', timeframe: '1m', rows: 2, trades: null, added: 0, same: 2, replaced: 0, missing: 0, gaps: [],
        stored: { rows: 4, from: '2025-10-10T00:00:00.000Z', to: '2025-10-10T00:04:00.000Z' },
      },
    ],
  });
  expect(readFileSync(table)).toEqual(before);
  expect(readdirSync(join(data, 'data', 'bybit'))).toEqual(['BTC-USDT-USDT_1m.arrow']);
  expect(before.includes(await sha256Of(first))).toBe(true);
});

test('files of others, by their names and by flags', async () => {
  const data = tempFolder();
  const vision = file(data, 'BTCUSDT-1m-2025-10.zip', await zip({ 'BTCUSDT-1m-2025-10.csv': [0, 1].map((minute) => `${(T0 + minute * MINUTE) * 1_000},5.00000000,6.00000000,4.00000000,5.50000000,1.00000000,${(T0 + minute * MINUTE) * 1_000 + 59_999_999},5,3,1,1,0`).join('\n') }));
  const freqtrade = file(data, 'BTC_USDT_USDT-1m-mark.feather', feather([[T0, 5, 6, 4, 5.5, 0]], { isPacked: true }));
  const funding = file(data, 'BTC_USDT_USDT-8h-funding_rate.json', JSON.stringify([[T0, 0.0001, 0, 0, 0, 0], [T0 + 480 * MINUTE, -0.0001, 0, 0, 0, 0]]));
  const other = file(data, 'prices.json', JSON.stringify([[T0, 1, 1, 1, 1, 2], [T0 + 5 * MINUTE, 1, 1, 1, 1, 2]]));
  expect(await hedgerow(['import', vision, freqtrade, funding, '--source', 'bybit', '--data', data])).toMatchObject({ code: 0, stderr: '' });
  expect(await hedgerow(['import', other, '--source', 'okx', '--symbol', 'ETH/USDT:USDT', '--timeframe', '5m', '--kind', 'candles', '--data', data])).toMatchObject({ code: 0, stderr: '' });
  expect((await openCandleStore(join(data, 'data')).list()).map(({ source, symbol, kind, timeframeMs, rows }) => [source, symbol, kind, timeframeMs, rows])).toEqual([
    ['bybit', 'BTC/USDT:USDT', 'candles', MINUTE, 2],
    ['bybit', 'BTC/USDT:USDT', 'mark', MINUTE, 1],
    ['bybit', 'BTC/USDT:USDT', 'funding', null, 2],
    ['okx', 'ETH/USDT:USDT', 'candles', 5 * MINUTE, 2],
  ]);
  // A table of one store goes into another as it is.
  const elsewhere = tempFolder();
  expect(await hedgerow(['import', join(data, 'data', 'bybit', 'BTC-USDT-USDT_1m.arrow'), join(data, 'data', 'bybit', 'BTC-USDT-USDT_funding.arrow'), '--data', elsewhere])).toMatchObject({ code: 0, stderr: '' });
  expect(await openCandleStore(join(elsewhere, 'data')).list()).toMatchObject([{ kind: 'candles', rows: 2 }, { kind: 'funding', rows: 2 }]);
});

test('gaps are told, stay gaps, and exit 1', async () => {
  const data = tempFolder();
  const path = file(data, 'bybit_BTCUSDT_1m_gap.csv', [HEADER, row(0), row(1), row(4)].join('\n'));
  const { code, stdout } = await hedgerow(['import', path, '--data', data]);
  expect(code).toBe(1);
  expect(stdout).toContain('\n  nothing from 2025-10-10T00:02:00.000Z to 2025-10-10T00:04:00.000Z\n');
  expect(await openCandleStore(join(data, 'data')).list()).toMatchObject([{ rows: 3, to: T0 + 5 * MINUTE }]);
  const { stdout: json } = await hedgerow(['import', path, '--data', data, '--json']);
  expect(JSON.parse(json)).toMatchObject({ files: [{ missing: 2, gaps: [{ from: '2025-10-10T00:02:00.000Z', to: '2025-10-10T00:04:00.000Z' }] }] });
});

test('trades become candles of the stated length, which is said; bars without trades are no gap', async () => {
  const data = tempFolder();
  const path = file(data, 'bybit_BTCUSDT_trades_1.csv', ['timestamp,price,amount', `${T0},5,1`, `${T0 + 100},6,1`, `${T0 + 3_000},5.5,0.5`].join('\n'));
  expect(await hedgerow(['import', path, '--data', data])).toMatchObject({ code: 2, stderr: expect.stringContaining('holds trades; say of what length candles are to be made of them, such as --timeframe 1s') });
  const { code, stdout } = await hedgerow(['import', path, '--timeframe', '1s', '--data', data]);
  expect(code).toBe(0);
  expect(stdout).toContain('\n  2 candles of 1s, bybit BTC/USDT:USDT: 2 new\n  made here of 3 trades; 2 bars without trades are not there\n');
});

describe('what is refused', () => {
  test('a file with faults, every one named; the others are taken', async () => {
    const data = tempFolder();
    const bad = file(data, 'bybit_BTCUSDT_1m_bad.csv', [HEADER, row(0), row(0), row(2, '5,4,4,5,1'), row(1)].join('\n'));
    const good = file(data, 'bybit_ETHUSDT_1m_good.csv', [HEADER, row(0)].join('\n'));
    const { code, stdout, stderr } = await hedgerow(['import', bad, good, '--data', data]);
    expect(code).toBe(2);
    expect(stderr).toBe(
      [
        `hedgerow: ${bad}: 3 faults; nothing is taken from a file with faults: correct it or get it again [FEED_INVALID]`,
        '  line 3, 2025-10-10T00:00:00.000Z: duplicate: the row before has the same time',
        '  line 4, 2025-10-10T00:02:00.000Z: impossible: high 4 is below open 5, high 4 is below close 5',
        '  line 5, 2025-10-10T00:01:00.000Z: unsorted: the row before is of 2025-10-10T00:02:00.000Z',
        '',
      ].join('\n'),
    );
    expect(stdout).toContain('bybit_ETHUSDT_1m_good.csv');
    expect(await openCandleStore(join(data, 'data')).list()).toMatchObject([{ symbol: 'ETH/USDT:USDT' }]);
    const { code: jsonCode, stdout: json } = await hedgerow(['import', bad, '--data', data, '--json']);
    expect([jsonCode, JSON.parse(json)]).toMatchObject([2, { files: [{ file: bad, error: { code: 'FEED_INVALID' } }] }]);
  });

  test('rows that are stored otherwise, until they may replace', async () => {
    const data = tempFolder();
    const path = file(data, 'bybit_BTCUSDT_1m_a.csv', [HEADER, row(0), row(1)].join('\n'));
    expect((await hedgerow(['import', path, '--data', data])).code).toBe(0);
    file(data, 'bybit_BTCUSDT_1m_a.csv', [HEADER, row(0), row(1, '5,6,4,5,1')].join('\n'));
    const { code, stderr } = await hedgerow(['import', path, '--data', data]);
    expect(code).toBe(2);
    expect(stderr).toContain('in a row of the same time; nothing is taken: find out which is right, then say --replace if it is the file [FEED_INVALID]\n  2025-10-10T00:01:00.000Z: close is stored as 5.5, the file has 5\n');
    expect(await hedgerow(['import', path, '--data', data, '--replace'])).toMatchObject({ code: 0, stdout: expect.stringContaining('0 new, 1 there already, 1 replaced') });
  });

  test.each<[string, string, readonly string[], RegExp]>([
    ['BTCUSDT-1m-2025-10.csv', [row(0), row(1)].join('\n'), [], /its name does not say which exchange its rows are of; say it, such as --source binanceusdm/],
    ['bybit_X_1m_a.csv', [HEADER, row(0)].join('\n'), [], /its name does not say which market its rows are of; say it, such as --symbol BTC\/USDT:USDT/],
    ['a.csv', [HEADER, row(0), row(5)].join('\n'), ['--source', 'x', '--symbol', 'BTC/USDT:USDT'], /its name does not say how long its candles are; its rows are 5m apart; say it, such as --timeframe 5m/],
    ['BTCUSDT-1m-2025-11.csv', [row(0, '5,6,4,5,0'), row(1, '5,6,4,5,0')].join('\n'), ['--source', 'x'], /all volumes are 0, as in candles of the mark price; say --kind mark, or --kind candles/],
    ['bybit_BTCUSDT_1h_a.csv', [HEADER, row(0), row(1), row(2)].join('\n'), [], /timeframe: the rows are 1m apart, and 1h is stated/],
    ['bybit_BTCUSDT_funding_a.csv', `timestamp_ms,funding_rate\n${T0},0.0001\n`, ['--kind', 'candles'], /holds funding rates, not candles; say --kind funding/],
    ['bybit_BTCUSDT_1m_a.csv', [HEADER, row(0)].join('\n'), ['--source', '../x'], /--source "\.\.\/x" cannot name a folder/],
    ['bybit_BTCUSDT_1m_a.csv', [HEADER, row(0)].join('\n'), ['--symbol', 'BTCUSDT'], /--symbol "BTCUSDT" is no symbol as ccxt writes it; write it such as BTC\/USDT:USDT/],
    ['bybit_BTCUSDT_1m_a.csv', [HEADER, row(0)].join('\n'), ['--timeframe', '1x'], /timeframe "1x" is not one/],
    ['bybit_BTCUSDT_1m_a.csv', [HEADER, row(0)].join('\n'), ['--kind', 'candels'], /--kind "candels" is not one of candles, mark, funding; did you mean "candles"\?/],
    ['bybit_BTCUSDT_1m_a.csv', [HEADER, row(0)].join('\n'), ['--kind', 'funding', '--timeframe', '1m'], /--timeframe is for candles; leave it away with --kind funding/],
  ])('%s %#', async (name, text, args, message) => {
    const data = tempFolder();
    const path = file(data, name, text);
    const { code, stdout, stderr } = await hedgerow(['import', path, ...args, '--data', data]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
    expect(existsSync(join(data, 'data'))).toBe(false);
  });

  test('while another process writes to the folder', async () => {
    const data = tempFolder();
    const path = file(data, 'bybit_BTCUSDT_1m_a.csv', [HEADER, row(0)].join('\n'));
    const lock = await lockDataDir(makeDataDir(join(data, 'data', 'bybit')));
    try {
      expect(await hedgerow(['import', path, '--data', data])).toMatchObject({ code: 2, stderr: expect.stringContaining('[STORE_LOCKED]') });
    } finally {
      await lock.release();
    }
  });
});
