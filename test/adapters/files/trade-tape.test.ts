import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { tradeFeed } from '../../../src/adapters/files/trade-tape.ts';
import type { TradeTapeOptions } from '../../../src/adapters/files/trade-tape.ts';
import type { Tick } from '../../../src/ports/price-feed.ts';
import { tempFiles } from './temp-files.ts';

const SHARED_TRADES = new URL('../../../../shared/data/trades', import.meta.url).pathname;
const TARDIS = 'exchange,symbol,timestamp,local_timestamp,id,side,price,amount';
const CCXT = ',timestamp,id,type,side,price,amount,cost,date';
const write = tempFiles();

async function ticksOf(options: Omit<TradeTapeOptions, 'symbol'>, afterAt: number | null = null): Promise<Tick[]> {
  const ticks: Tick[] = [];
  for await (const tick of tradeFeed({ symbol: 'POL/USDT:USDT', ...options }).ticks(afterAt)) ticks.push(tick);
  return ticks;
}

const tardis = (rows: readonly (readonly [micros: string, price: string])[]) =>
  `${[TARDIS, ...rows.map(([micros, price], i) => `binance,POLUSDT,${micros},${micros},${i},buy,${price},1`)].join('\n')}\n`;

const TAPE = tardis([
  ['1760054400816129', '0.2361'],
  ['1760054400816900', '0.2361'],
  ['1760054400816950', '0.236'],
  ['1760054401000000', '0.236'],
  ['1760054401999000', '0.236'],
  ['1760054402000001', '0.24'],
]);

describe('trade tapes', () => {
  test('microseconds become milliseconds; a repeated price is passed on after a second only', async () => {
    for (const content of [TAPE, gzipSync(TAPE)]) {
      expect((await ticksOf({ path: write('tape.csv', content) })).map(({ at, last }) => [at, last])).toEqual([
        [1_760_054_400_816, '0.2361'],
        [1_760_054_400_816, '0.236'],
        [1_760_054_401_999, '0.236'],
        [1_760_054_402_000, '0.24'],
      ]);
    }
  });

  test('millisecond exports of ccxt trades are read by column name', async () => {
    const path = write('ccxt.csv', `${CCXT}\n0,1675329600138,1206419187,,buy,1666.8,26.062,43440.1416,2023-02-02 09:20:00.138000+00:00\n1,1675329600214,1206419188,,sell,1666.79,0.152,253.35208,2023\n`);
    expect(await ticksOf({ path })).toEqual([
      { symbol: 'POL/USDT:USDT', at: 1_675_329_600_138, last: '1666.8', mark: '1666.8', index: '1666.8' },
      { symbol: 'POL/USDT:USDT', at: 1_675_329_600_214, last: '1666.79', mark: '1666.79', index: '1666.79' },
    ]);
  });

  test('resumes strictly after a time and keeps to its range', async () => {
    const path = write('range.csv', TAPE);
    const all = await ticksOf({ path });
    for (const { at } of all) expect(await ticksOf({ path }, at)).toEqual(all.filter((tick) => tick.at > at));
    expect((await ticksOf({ path, from: 1_760_054_401_000, to: 1_760_054_402_000 })).map(({ at }) => at)).toEqual([1_760_054_401_000]);
  });

  test('times that run back a little, as on real tapes, stay at the time before', async () => {
    const path = write('jitter.csv', tardis([['1760054402000000', '1'], ['1760054401500000', '2'], ['1760054402000000', '3']]));
    expect((await ticksOf({ path })).map(({ at, last }) => [at, last])).toEqual([
      [1_760_054_402_000, '1'],
      [1_760_054_402_000, '2'],
      [1_760_054_402_000, '3'],
    ]);
  });

  test.each<[string, string | Buffer, RegExp]>([
    ['empty', '', /the file is empty/],
    ['header only', `${TARDIS}\n`, /no trades below the header/],
    ['no price', 'timestamp,amount\n1,1\n', /line 1: the header "timestamp,amount" has no column price; a trade tape needs/],
    ['short row', `${TARDIS}\nbinance,POLUSDT\n`, /line 2: "binance,POLUSDT" has 2 values; give 8/],
    ['milliseconds in microseconds', tardis([['1760054400816', '1']]), /line 2, column timestamp: "1760054400816" is not a time; write whole microseconds/],
    ['microseconds in milliseconds', 'timestamp,price\n1760054400816129,1\n', /column timestamp: 1760054400816129 has too many digits/],
    ['back in time', tardis([['1760054402000000', '1'], ['1760054400999000', '2']]), /line 3, column timestamp: 1760054400999 ms is before 1760054402000 ms.*sort/],
    ['price', tardis([['1760054402000000', '1e-5']]), /line 2, column price: "1e-5" is not a plain number/],
    ['two markets', `${tardis([['1760054402000000', '1']])}binance,ETHUSDT,1760054403000000,1760054403000000,1,buy,1,1\n`, /line 3, column symbol: "ETHUSDT" follows "POLUSDT"; a tape holds one market/],
    ['truncated', gzipSync(TAPE).subarray(0, -9), /cut off/],
  ])('fault: %s', async (name, content, message) => {
    const path = write(`fault ${name}.csv`, content);
    await expect(ticksOf({ path })).rejects.toMatchObject({ code: 'FEED_INVALID', message: expect.stringMatching(message) as string });
  });
});

describe.runIf(existsSync(SHARED_TRADES))('recorded tapes', () => {
  test.each(existsSync(SHARED_TRADES) ? readdirSync(SHARED_TRADES) : [])('%s reads without a fault', async (name) => {
    const ticks = await ticksOf({ path: join(SHARED_TRADES, name) });
    expect(ticks.length).toBeGreaterThan(100);
  });
});
