/** `hedgerow fetch` as a process: whole files, resumed downloads, and what is wrong with the data named and left alone. */
import { spawn, type ChildProcess } from 'node:child_process';
import { appendFileSync, existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { readCandles } from '../../src/adapters/files/candle-file.ts';
import { openCandleStore } from '../../src/adapters/files/candle-store/open-candle-store.ts';
import { columnPrice } from '../../src/domain/candle-columns.ts';
import { guessSymbol, guessTimeframe } from '../../src/adapters/files/file-symbol.ts';
import { readFunding } from '../../src/adapters/files/funding-file.ts';
import { sha256Of } from '../../src/adapters/files/dataset/part-file.ts';
import { FetchProgress } from '../../src/cli/fetch/fetch-progress.ts';
import { HistoryServer, type Bar, type History } from '../adapters/ccxt/history/history-server.ts';
import { MINUTE_MS, START, historyOf } from '../adapters/ccxt/history/made-history.ts';
import { ROOT, hedgerow, removeTempFiles, tempFile, tempFolder } from './hedgerow-process.ts';

const servers: HistoryServer[] = [];
beforeAll(async () => {
  expect(await hedgerow(['--build-only'])).toMatchObject({ code: 0 });
});
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});
afterAll(removeTempFiles);

type Id = 'binanceusdm' | 'bybit' | 'hyperliquid';

async function serve(id: Id, history: History): Promise<{ readonly server: HistoryServer; readonly file: string; readonly data: string }> {
  const server = await HistoryServer.open(id, history);
  servers.push(server);
  const symbol = id === 'hyperliquid' ? 'BTC/USDC:USDC' : 'BTC/USDT:USDT';
  const text = `version: 1\nname: a\nsymbol: ${symbol}\nleverage: 3\nunit: { percent: 1% }\nwallets: { hedge: }\nexchange: { id: ${id}, urls: { rest: "${server.origin}" } }\n`;
  return { server, file: tempFile('plan.yaml', text), data: tempFolder() };
}

/** Two days, so that the files are named by days. */
const MINUTES = 2 * 1_440;
const DAYS = ['--since', '2025-06-01', '--until', '2025-06-03'];
const BYBIT_1M = 'bybit_BTCUSDT_1m_20250601_20250603.csv.gz';

function isForCandles({ path }: HistoryServer['asked'][number]): boolean {
  return path.endsWith('/kline') || path.endsWith('/klines');
}

test('all that there is, in files the other commands read, with a manifest', async () => {
  const history = historyOf({ digits: 'usual', minutes: MINUTES, settlements: 6 });
  const { file, data } = await serve('bybit', history);
  const { code, stdout, stderr } = await hedgerow(['fetch', file, ...DAYS, '--data', data, '--json']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const folder = join(data, 'data', 'bybit');
  expect(readdirSync(folder).sort()).toEqual([
    'BTC-USDT-USDT_1m.arrow',
    'BTC-USDT-USDT_funding.arrow',
    'BTC-USDT-USDT_mark_1m.arrow',
    'bybit-mark_BTCUSDT_1m_20250601_20250603.csv.gz',
    BYBIT_1M,
    'bybit_BTCUSDT_20250601_20250603.json',
    'bybit_BTCUSDT_funding_20250601_20250603.csv.gz',
    'bybit_BTCUSDT_market.json',
    'bybit_BTCUSDT_tiers.json',
  ]);
  expect(await readCandles(join(folder, BYBIT_1M))).toEqual(history.bars);
  expect((await readCandles(join(folder, 'bybit-mark_BTCUSDT_1m_20250601_20250603.csv.gz'))).map(({ close }) => close)).toEqual(history.markBars.map(({ close }) => close));
  expect(await readFunding(join(folder, 'bybit_BTCUSDT_funding_20250601_20250603.csv.gz'))).toEqual(history.funding.map(({ at, rate }) => ({ at: at - 7, rate })));
  expect([guessSymbol(join(folder, BYBIT_1M)), guessTimeframe(BYBIT_1M)]).toEqual(['BTC/USDT:USDT', MINUTE_MS]);
  const manifest = JSON.parse(readFileSync(join(folder, 'bybit_BTCUSDT_20250601_20250603.json'), 'utf8')) as { files: { file: string; sha256: string }[] };
  for (const entry of manifest.files) expect(await sha256Of(join(folder, entry.file))).toBe(entry.sha256);
  const shown = JSON.parse(stdout) as typeof manifest;
  expect(shown.files).toEqual(manifest.files);
  expect(shown).toMatchObject({
    exchange: 'bybit', symbol: 'BTC/USDT:USDT', since: '2025-06-01T00:00:00.000Z', until: '2025-06-03T00:00:00.000Z', notOffered: [],
    files: [
      { kind: 'candles', timeframe: '1m', rows: MINUTES, first: '2025-06-01T00:00:00.000Z', last: '2025-06-02T23:59:00.000Z', missing: 0, gaps: [], faultCount: 0 },
      { kind: 'mark', rows: MINUTES, missing: 0 },
      { kind: 'funding', rows: 6, missing: 0 },
      { kind: 'market', rows: null },
      { kind: 'tiers', rows: null },
    ],
  });
  const store = openCandleStore(join(data, 'data'));
  const tables = await store.list();
  expect(JSON.parse(stdout)).toMatchObject({ store: { tables, refused: [] } });
  expect(tables.map(({ source, symbol, kind, rows, from }) => [source, symbol, kind, rows, from])).toEqual([
    ['bybit', 'BTC/USDT:USDT', 'candles', MINUTES, START],
    ['bybit', 'BTC/USDT:USDT', 'mark', MINUTES, START],
    ['bybit', 'BTC/USDT:USDT', 'funding', 6, START],
  ]);
  const { close, priceDecimals } = await store.readCandles(tables[1] as (typeof tables)[number]);
  expect([...close].map((value) => columnPrice(value, priceDecimals))).toEqual(history.markBars.map((bar) => bar.close));
  expect(JSON.parse(readFileSync(join(folder, 'bybit_BTCUSDT_market.json'), 'utf8'))).toMatchObject({ symbol: 'BTC/USDT:USDT', limits: { amount: { min: '0.001' } } });
});

test('asked a second time, only what is of now is fetched again', async () => {
  const { server, file, data } = await serve('bybit', historyOf({ digits: 'usual', minutes: MINUTES, settlements: 6 }));
  const args = ['fetch', file, ...DAYS, '--data', data, '--only', 'candles,funding,market'];
  expect((await hedgerow(args)).code).toBe(0);
  const before = server.asked.length;
  expect((await hedgerow(args)).code).toBe(0);
  expect(server.asked.slice(before).map(({ path }) => path.split('/').at(-1))).toEqual(['instruments-info', 'instruments-info', 'time']);
  appendFileSync(join(data, 'data', 'bybit', BYBIT_1M), 'x');
  const changed = await hedgerow(args);
  expect(changed).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(/1m_20250601_20250603\.csv\.gz was changed after it was fetched: its checksum is not that of .*; move it away, then fetch again \[INPUT_INVALID\]/) });
});

test('what is missing, doubled or impossible is named by its time and left as it is', async () => {
  const made = historyOf({ digits: 'usual', minutes: MINUTES, isAway: (minute) => (minute >= 60 && minute < 67) || minute === 2_879, settlements: 6, intervalMs: (index) => (index === 3 ? 16 : 8) * 3_600_000 });
  const doubled = made.bars[100] as Bar;
  const odd = { ...(made.bars[200] as Bar), high: '1' };
  const bars = [...made.bars.slice(0, 101), { ...doubled, close: doubled.open }, ...made.bars.slice(101, 200), odd, ...made.bars.slice(201)];
  const { file, data } = await serve('binanceusdm', { ...made, bars });
  const { code, stdout } = await hedgerow(['fetch', file, ...DAYS, '--data', data]);
  expect(code).toBe(1);
  expect(stdout).toMatch(/candles +binanceusdm_BTCUSDT_1m_20250601_20250603\.csv\.gz +2873 +8 +2 /);
  expect(stdout).toContain('candles: nothing from 2025-06-01T01:00:00.000Z to 2025-06-01T01:07:00.000Z');
  expect(stdout).toContain('candles: nothing from 2025-06-02T23:59:00.000Z to 2025-06-03T00:00:00.000Z');
  expect(stdout).toContain('candles: duplicate candle at 2025-06-01T01:47:00.000Z');
  expect(stdout).toContain('candles: impossible candle at 2025-06-01T03:27:00.000Z');
  expect(stdout).toContain('funding: nothing from 2025-06-02T00:00:00.007Z to 2025-06-02T08:00:00.007Z');
  expect(stdout).toContain('not in the candle store: binanceusdm_BTCUSDT_1m_20250601_20250603.csv.gz has 2 faults');
  expect((await openCandleStore(join(data, 'data')).list()).map(({ kind }) => kind)).toEqual(['mark', 'funding']);
  expect(stdout).toContain('not there: binanceusdm gives leverage tiers to keys only');
  const lines = gunzipSync(readFileSync(join(data, 'data', 'binanceusdm', 'binanceusdm_BTCUSDT_1m_20250601_20250603.csv.gz'))).toString().trimEnd().split('\n');
  expect(lines.slice(1)).toEqual(bars.map(({ at, open, high, low, close, volume }) => [at, open, high, low, close, volume].join(',')));
});

test('what the candle store cannot keep, or has otherwise, stays a file and is told', async () => {
  const hour = ['--since', '2025-06-01', '--until', '2025-06-01T01:00Z', '--only', 'candles'];
  const exact = await serve('bybit', historyOf({ minutes: 60 }));
  const tooLong = await hedgerow(['fetch', exact.file, ...hour, '--data', exact.data]);
  expect(tooLong.code).toBe(1);
  expect(tooLong.stdout).toMatch(/not in the candle store: \S+: 60 faults; nothing is taken [^]*line 2, 2025-06-01T00:00:00\.000Z: unreadable: open "100\.0500000000100007" has more digits than are kept exactly/);
  const history = historyOf({ digits: 'usual', minutes: 60 });
  const { file, data } = await serve('bybit', history);
  expect((await hedgerow(['fetch', file, ...hour, '--data', data])).code).toBe(0);
  const path = 'bybit_BTCUSDT_1m_20250601_20250601T010000.csv.gz';
  for (const name of [path, 'bybit_BTCUSDT_20250601_20250601T010000.json']) rmSync(join(data, 'data', 'bybit', name));
  const other = await serve('bybit', { ...history, bars: history.bars.map((bar, minute) => (minute === 7 ? { ...bar, volume: '99.5' } : bar)) });
  const changed = await hedgerow(['fetch', other.file, ...hour, '--data', data]);
  expect(changed.code).toBe(1);
  expect(changed.stdout).toContain('2025-06-01T00:07:00.000Z: volume is stored as 8.5, the file has 99.5');
  const [, again = ''] = /again: hedgerow (.*)/.exec(changed.stdout) ?? [];
  expect(await hedgerow([...again.split(' '), '--replace', '--data', data])).toMatchObject({ code: 0, stdout: expect.stringContaining('0 new, 59 there already, 1 replaced') });
});

describe('a download that ends before its end', () => {
  /** Runs until the server has been asked for candles so often, then does something to the process; the last request is never answered. */
  async function broken(server: HistoryServer, args: readonly string[], requests: number, end: (child: ChildProcess) => void): Promise<{ readonly code: number | null; readonly stderr: string }> {
    let count = 0;
    const child = spawn(process.execPath, [join(ROOT, 'src/cli/launch.mjs'), ...args], { cwd: ROOT });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (piece: string) => (stderr += piece));
    server.fateOf = (_, asked) => {
      if (!isForCandles(asked) || (count += 1) < requests) return 'ok';
      end(child);
      return 'hang';
    };
    const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
    server.fateOf = () => 'ok';
    return { code, stderr };
  }

  const history = historyOf({ digits: 'usual', minutes: MINUTES });
  const partOf = (data: string): string => join(data, 'data', 'bybit', `${BYBIT_1M}.part`);

  test.each<['SIGKILL' | 'SIGINT', number | null, RegExp]>([
    ['SIGKILL', null, /^$/],
    ['SIGINT', 1, /^hedgerow: stopped by SIGINT; what is there is kept, the same command goes on from it\n$/],
  ])('by %s goes on where it was', async (signal, expected, told) => {
    const { server, file, data } = await serve('bybit', history);
    const args = ['fetch', file, ...DAYS, '--data', data, '--only', 'candles'];
    expect(await broken(server, args, 3, (child) => child.kill(signal))).toEqual({ code: expected, stderr: expect.stringMatching(told) });
    expect(readdirSync(join(data, 'data', 'bybit')).filter((name) => !name.startsWith('lock-')).sort()).toEqual([`${BYBIT_1M}.part`, `${BYBIT_1M}.part.json`]);
    // What a dying process had written without saying so is cut off.
    appendFileSync(partOf(data), '1748736000000,1,1,1,');
    const before = server.asked.length;
    expect((await hedgerow(args)).code).toBe(0);
    expect(server.asked.slice(before).filter(isForCandles)).toHaveLength(1);
    expect(await readCandles(join(data, 'data', 'bybit', BYBIT_1M))).toEqual(history.bars);
    expect(existsSync(partOf(data))).toBe(false);
  });

  test('a part whose bytes are not those that were acknowledged is begun again', async () => {
    const { server, file, data } = await serve('bybit', history);
    const args = ['fetch', file, ...DAYS, '--data', data, '--only', 'candles'];
    await broken(server, args, 3, (child) => child.kill('SIGKILL'));
    const text = readFileSync(partOf(data), 'utf8');
    writeFileSync(partOf(data), text.replace('100.05', '100.06'));
    const before = server.asked.length;
    expect((await hedgerow(args)).code).toBe(0);
    expect(server.asked.slice(before).filter(isForCandles)).toHaveLength(3);
    expect(await readCandles(join(data, 'data', 'bybit', BYBIT_1M))).toEqual(history.bars);
  });

  test('two at once on one exchange: the second one is refused', async () => {
    const { server, file, data } = await serve('bybit', history);
    const args = ['fetch', file, ...DAYS, '--data', data, '--only', 'candles'];
    let second = { code: null as number | null, stderr: '' };
    await broken(server, args, 2, (child) => {
      void hedgerow(args).then((outcome) => {
        second = outcome;
        child.kill('SIGKILL');
      });
    });
    expect(second).toMatchObject({ code: 2, stderr: expect.stringContaining('[STORE_LOCKED]') });
  });
});

test('hyperliquid has no mark-price candles: a note, or an error when they were asked for', async () => {
  const { file, data } = await serve('hyperliquid', historyOf({ digits: 'usual', minutes: 60, settlements: 1 }));
  const hour = ['--since', '2025-06-01', '--until', '2025-06-01T01:00Z', '--data', data];
  const { code, stdout } = await hedgerow(['fetch', file, ...hour]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/candles +hyperliquid_BTCUSDC_1m_20250601_20250601T010000\.csv\.gz +60 +0 +0/);
  expect(stdout).toContain('not there: hyperliquid has no mark-price candles');
  expect(stdout).toMatch(/use: hedgerow run STRATEGY --feed \S+hyperliquid_BTCUSDC_1m_\S+ --funding \S+hyperliquid_BTCUSDC_funding_\S+/);
  expect(await hedgerow(['fetch', file, ...hour, '--only', 'mark'])).toMatchObject({ code: 2, stderr: 'hedgerow: --only mark: hyperliquid has no mark-price candles [INPUT_INVALID]\n' });
});

describe('wrong input', () => {
  test.each<[readonly string[], RegExp]>([
    [['fetch', 'binance', 'BTC/USDT:USDT', '--since', '1d'], /"binance" is neither a strategy file nor one of binanceusdm, bybit, .*; did you mean "binanceusdm"\?/],
    [['fetch', 'bybit', '--since', '1d'], /which market of bybit\? Add its symbol, such as BTC\/USDT:USDT/],
    [['fetch', 'bybit', 'BTCUSDT', '--since', '1d'], /"BTCUSDT" is no linear swap in ccxt's unified form/],
    [['fetch', 'bybit', 'BTC/USDT:USDT'], /--since is missing/],
    [['fetch', 'bybit', 'BTC/USDT:USDT', '--since', '1d', '--only', 'candels'], /--only "candels" is not one of candles, mark, funding, market, tiers; did you mean "candles"\?/],
    [['fetch', 'bybit', 'BTC/USDT:USDT', '--since', '1d', '--timeframe', '1x'], /timeframe "1x" is not one/],
    [['fetch', 'strategies/btc-rotation.yaml', '--since', '1d'], /trades on the simulated exchange, which has no history; name an exchange instead: hedgerow fetch bybit BTC\/USDT:USDT/],
  ])('%j', async (args, message) => {
    const { code, stdout, stderr } = await hedgerow(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
  });

  test.each<[readonly string[], RegExp]>([
    [['--since', '2025-06-01', '--until', '2026-01-10T12:35Z'], /--until 2026-01-10T12:35Z is not over yet: the last 1m candle that has closed ends at 2026-01-10T12:34:00\.000Z/],
    [['--since', '2025-06-01', '--until', '2025-05-01'], /no 1m candle lies between --since 2025-06-01T00:00:00\.000Z and 2025-05-01T00:00:00\.000Z/],
    [['--since', 'yesterday'], /--since "yesterday" is neither a span/],
    [['--since', '1d', '--until', '2025-13-01'], /--until "2025-13-01" is neither a span/],
    [['--since', '1d', '--timeframe', '7m'], /--timeframe 7m: bybit has 1m, 3m, /],
  ])('of a time: %j', async (args, message) => {
    const { file, data } = await serve('bybit', historyOf({ digits: 'usual', minutes: 1 }));
    expect(await hedgerow(['fetch', file, ...args, '--data', data])).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(message) });
  });
});

test('progress is for terminals; lines go above it', () => {
  for (const isTTY of [true, false]) {
    const written: string[] = [];
    const stderr = { isTTY, columns: 80, write: (text: string) => Boolean(written.push(text)), cursorTo: () => true, clearLine: () => true, on: () => undefined, once: () => undefined, removeListener: () => undefined } as unknown as NodeJS.WriteStream;
    const progress = new FetchProgress({ stderr });
    progress.begin('bybit candles', START, 0);
    progress.show(START / 2);
    progress.tell('asked again');
    progress.end();
    expect(written.join('').includes('bybit candles')).toBe(isTTY);
    expect(written.join('')).toContain('hedgerow: asked again\n');
  }
});
