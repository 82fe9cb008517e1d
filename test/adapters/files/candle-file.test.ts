import { existsSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { candleFeed, readCandles } from '../../../src/adapters/files/candle-file.ts';
import { guessSymbol } from '../../../src/adapters/files/file-symbol.ts';
import { HedgerowError } from '../../../src/domain/errors.ts';
import type { PriceFeed, Tick } from '../../../src/ports/price-feed.ts';
import { tempFiles } from './temp-files.ts';

const SHARED_CANDLES = new URL('../../../../shared/data/candles', import.meta.url).pathname;
const HEADER = 'timestamp_ms,open,high,low,close,volume';
const SYMBOL = 'BTC/USDT:USDT';
const ROWS = ['60000,100,104.5,99,103,12.5', '120000,103,105,101,102,0', '180000,102,102,102,102,1'];

const write = tempFiles();
const csv = (rows: readonly string[], header = HEADER) => `${[header, ...rows].join('\n')}\n`;

async function collect(feed: PriceFeed, afterAt: number | null = null): Promise<Tick[]> {
  const ticks: Tick[] = [];
  for await (const tick of feed.ticks(afterAt)) ticks.push(tick);
  return ticks;
}

describe('reading candles', () => {
  test('keeps the text of the file, plain or gzip, with or without CRLF, byte order mark and last line end', async () => {
    const expected = [
      { at: 60_000, open: '100', high: '104.5', low: '99', close: '103', volume: '12.5' },
      { at: 120_000, open: '103', high: '105', low: '101', close: '102', volume: '0' },
      { at: 180_000, open: '102', high: '102', low: '102', close: '102', volume: '1' },
    ];
    const text = csv(ROWS);
    const contents = [text, gzipSync(text), text.trimEnd(), text.replaceAll('\n', '\r\n'), `\ufeff${text}`];
    for (const [i, content] of contents.entries()) expect(await readCandles(write(`shape-${i}.csv`, content))).toEqual(expected);
  });

  test('reads many pieces without losing or tearing a line', async () => {
    const rows = Array.from({ length: 50_000 }, (_, i) => `${1_700_000_000_000 + i * 60_000},${i + 2}.25,${i + 3},${i + 1},${i + 2}.5,${i}`);
    for (const content of [csv(rows), gzipSync(csv(rows))]) {
      const candles = await readCandles(write('many.csv', content));
      expect(candles).toHaveLength(50_000);
      expect(candles.map(({ at, open, high, low, close, volume }) => [at, open, high, low, close, volume].join(','))).toEqual(rows);
    }
  });

  test('writes other spellings of a number as plain decimals', async () => {
    const [candle] = await readCandles(write('spelling.csv', csv(['0,0100.10,200.0,.5,99.00,000'])));
    expect(candle).toEqual({ at: 0, open: '100.1', high: '200', low: '0.5', close: '99', volume: '0' });
  });

  test('keeps bars from `from` to before `to`', async () => {
    const path = write('range.csv', csv(ROWS));
    expect((await readCandles(path, { from: 60_001 })).map(({ at }) => at)).toEqual([120_000, 180_000]);
    expect((await readCandles(path, { to: 180_000 })).map(({ at }) => at)).toEqual([60_000, 120_000]);
    expect((await readCandles(path, { from: 120_000, to: 120_001 })).map(({ at }) => at)).toEqual([120_000]);
    await expect(readCandles(path, { from: 5, to: 5 })).rejects.toThrow(/holds nothing/);
  });
});

describe('faults name file, line, column, value and remedy', () => {
  test.each<[string, string | Buffer, RegExp]>([
    ['empty', '', /the file is empty; give a file with the header/],
    ['header only', csv([]), /no candles below the header/],
    ['wrong header', csv(ROWS, 'time,open,high,low,close,volume'), /line 1: the header is "time,open,high,low,close,volume"; it must be timestamp_ms,open/],
    ['no header', `${ROWS.join('\n')}\n`, /line 1: the header is "60000,100/],
    ['missing column', csv(['60000,1,1,1,1']), /line 2: "60000,1,1,1,1" has 5 values; give 6/],
    ['blank line', csv([ROWS[0] ?? '', '', ROWS[1] ?? '']), /line 3: "" has 1 values/],
    ['duplicate time', csv([ROWS[0] ?? '', ROWS[0] ?? '']), /line 3, column timestamp_ms: 60000 stands in the line before as well; sort/],
    ['unsorted', csv([ROWS[1] ?? '', ROWS[0] ?? '']), /line 3, column timestamp_ms: 60000 is before 120000 of the line before; sort/],
    ['microseconds', csv(['1760054400816129,1,1,1,1,1']), /column timestamp_ms: 1760054400816129 has too many digits for milliseconds; divide it/],
    ['seconds', csv(['1735689600,1,1,1,1,1']), /column timestamp_ms: 1735689600 is a time in seconds; multiply by 1000/],
    ['date', csv(['2025-01-01,1,1,1,1,1']), /column timestamp_ms: "2025-01-01" is not a time; write whole milliseconds/],
    ['high below low', csv(['0,5,4,6,5,1']), /line 2, column high: 4 is below the low 6; a bar must hold/],
    ['high below open', csv(['0,5,4,3,4,1']), /column high: 4 is below the open 5/],
    ['high below close', csv(['0,4,4,3,5,1']), /column high: 4 is below the close 5/],
    ['low above open', csv(['0,2,5,3,4,1']), /column low: 3 is above the open 2/],
    ['low above close', csv(['0,4,5,3,2,1']), /column low: 3 is above the close 2/],
    ['difference beyond floats', csv(['0,1,10000000000000000000.1,1,10000000000000000000.2,1']), /column high: 10000000000000000000.1 is below the close/],
    ['zero', csv(['0,0,1,1,1,1']), /line 2, column open: "0" is not above zero/],
    ['zero with places', csv(['0,1,1,0.00,1,1']), /column low: "0.00" is not above zero/],
    ['negative', csv(['0,1,1,-1,1,1']), /column low: "-1" is not a plain number/],
    ['NaN', csv(['0,1,1,1,NaN,1']), /column close: "NaN" is not a plain number/],
    ['exponent', csv(['0,1,1e5,1,1,1']), /column high: "1e5" is not a plain number.*without sign, exponent/],
    ['blank value', csv(['0,1,,1,1,1']), /column high: "" is not a plain number/],
    ['negative volume', csv(['0,1,1,1,1,-1']), /column volume: "-1" is not a plain number/],
    ['truncated gzip', gzipSync(csv(ROWS)).subarray(0, -12), /the gzip data ends before its end; the file is cut off: fetch it again/],
    ['damaged gzip', Buffer.concat([gzipSync(csv(ROWS)).subarray(0, 12), Buffer.alloc(40, 7)]), /the gzip data is damaged; fetch the file again/],
    ['binary', Buffer.alloc(50_000, 'x'), /a line has more than 10000 characters/],
  ])('%s', async (name, content, message) => {
    const path = write(`fault ${name}.csv`, content);
    const error: unknown = await readCandles(path).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(HedgerowError);
    expect(error).toMatchObject({ code: 'FEED_INVALID', message: expect.stringMatching(message) as string });
    expect((error as Error).message).toContain(path);
  });

  test('a missing file and a folder', async () => {
    await expect(readCandles(join(tmpdir(), 'no-such-file.csv'))).rejects.toThrow(/no-such-file.csv: there is no such file; check the path/);
    await expect(readCandles(tmpdir())).rejects.toThrow(/this is a folder/);
    expect(() => candleFeed({ path: 'no-such-file.csv', symbol: SYMBOL })).toThrow(/there is no such file/);
  });

  test('a fault after a good range is found only where it is read', async () => {
    const path = write('late-fault.csv', csv([...ROWS, 'x']));
    expect(await readCandles(path, { to: 180_000 })).toHaveLength(2);
    await expect(readCandles(path)).rejects.toThrow(/line 5/);
  });
});

describe('candles as ticks', () => {
  test('rising: open, low, high, close; falling: open, high, low, close; a repeated price is skipped', async () => {
    const ticks = await collect(candleFeed({ path: write('ticks_1m.csv', csv(ROWS)), symbol: SYMBOL }));
    expect(ticks.map(({ at, last }) => [at, last])).toEqual([
      [60_000, '100'],
      [79_999, '99'],
      [99_999, '104.5'],
      [119_999, '103'],
      [139_999, '105'],
      [159_999, '101'],
      [179_999, '102'],
      [239_999, '102'],
    ]);
    expect(ticks.every(({ symbol, last, mark, index }) => symbol === SYMBOL && mark === last && index === last)).toBe(true);
  });

  test('every candle gives a tick, time never decreases, and all ticks lie in the span of their bar', async () => {
    const rows = Array.from({ length: 200 }, (_, i) => `${i * 1_000 + (i > 100 ? 7_500_500 : 0)},7,${i % 3 === 0 ? 8 : 7},7,7,1`);
    const ticks = await collect(candleFeed({ path: write('span.csv', csv(rows)), symbol: SYMBOL }));
    const bars = rows.map((row) => Number(row.split(',')[0]));
    expect(new Set(ticks.map(({ at }) => bars.findLast((bar) => bar <= at))).size).toBe(200);
    for (const [i, { at }] of ticks.entries()) {
      expect(at).toBeGreaterThanOrEqual(ticks[i - 1]?.at ?? 0);
      expect(at - (bars.findLast((bar) => bar <= at) ?? 0)).toBeLessThan(1_000);
    }
  });

  test('a resumed feed continues exactly where it stopped', async () => {
    const feed = candleFeed({ path: write('resume.csv', csv(ROWS)), symbol: SYMBOL });
    const all = await collect(feed);
    for (const cut of [0, 59_999, 60_000, 80_000, 119_999, 120_000, 239_998, 239_999, 1e9]) expect(await collect(feed, cut)).toEqual(all.filter(({ at }) => at > cut));
  });

  test('the identity follows content, symbol, range and timeframe, not the folder', () => {
    const path = write('same.csv', csv(ROWS));
    const identity = (change: object) => candleFeed({ path, symbol: SYMBOL, ...change }).identity;
    const identities = [{}, { symbol: 'X' }, { from: 1 }, { to: 1 }, { timeframeMs: 5 }].map(identity);
    expect(new Set(identities).size).toBe(5);
    expect(identities[0]).not.toContain(path);
    write('same.csv', csv(ROWS.slice(1)));
    expect(identity({})).not.toBe(identities[0]);
  });
});

describe('symbols from file names', () => {
  test.each([
    ['some/folder/binance-um_BTCUSDT_1m_20250504_20250624.csv.gz', 'BTC/USDT:USDT'],
    ['binance-spot_ETHUSDT_1h_20180101_20251031.csv', 'ETH/USDT:USDT'],
    ['hyperliquid_BTC-PERP_5m_20250314_20250726.csv.gz', 'BTC/USDC:USDC'],
    ['coinbase_AVAX-USD_1m_20251010_20251010.csv.gz', 'AVAX/USD:USD'],
    ['gemini_BTCUSD_trades_20251010.csv.gz', 'BTC/USD:USD'],
    ['binance-cm-mark_BTCUSD_PERP_1m_20251009_20251010.csv.gz', 'BTC/USD:BTC'],
    ['binance-um_1000PEPEUSDC_1m.csv', '1000PEPE/USDC:USDC'],
    ['unknown_BTC-PERP_5m.csv', null],
    ['prices.csv', null],
    ['my_prices_1m.csv', null],
    ['', null],
  ])('%s is %s', (path, symbol) => {
    expect(guessSymbol(path)).toBe(symbol);
  });
});

describe.runIf(existsSync(SHARED_CANDLES))('recorded market data', () => {
  test.each(existsSync(SHARED_CANDLES) ? readdirSync(SHARED_CANDLES) : [])('%s reads without a fault', async (name) => {
    const candles = await readCandles(join(SHARED_CANDLES, name));
    expect(candles.length).toBeGreaterThan(1_000);
    expect(guessSymbol(name)).not.toBeNull();
  });
});
