/** Frames recorded from the real exchanges are read as they came. The recordings are not part of the repository; without them this is skipped. */
import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { PLAIN_CONNECTION, createClient } from '../../../src/adapters/ccxt/ccxt-clients.ts';
import type { Reader, VenueMarket } from '../../../src/adapters/ccxt/dialect.ts';
import { dialectOf } from '../../../src/adapters/ccxt/dialects.ts';
import { isPlainDecimal } from '../../../src/domain/decimal.ts';
import type { Json } from '../../../src/domain/json.ts';

const FOLDER = new URL('../../../../shared/data/meta/recorded/ws/', import.meta.url);

const BTC: VenueMarket = {
  symbol: 'BTC/USDT:USDT',
  id: 'BTCUSDT',
  quote: 'USDT',
  instrument: { symbol: 'BTC/USDT:USDT', tickSize: '0.1', amountStep: '0.001', minAmount: '0.001', minCost: '100', takerFee: '0.0005', makerFee: '0.0002' },
  contractSize: '1',
  isActive: true,
  maxMarketAmount: null,
  maxLeverage: null,
  info: {},
};
const NOBODY: Reader = { read: () => Promise.reject(new Error('frames ask nobody')), ask: () => Promise.reject(new Error('frames ask nobody')) };

function recorded(file: string): Json[] {
  const text = gunzipSync(readFileSync(new URL(file, FOLDER))).toString('utf8');
  return text.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line.slice(line.indexOf(' ') + 1)) as Json);
}

describe.skipIf(!existsSync(FOLDER))('recorded frames', () => {
  test.each([
    ['hftbacktest_usdm_btcusdt_20240718.gz', 974],
    ['hftbacktest_spot_btcusdt_20230405.dat.gz', 3_144],
  ])('Binance: every trade of %s is a price, everything else is none', async (file, trades) => {
    const dialect = dialectOf('binanceusdm');
    const stream = await createClient({ exchangeId: 'binanceusdm', flavour: 'pro', dialect, connection: PLAIN_CONNECTION, credentials: null, timeoutMs: 1_000 });
    const exchange = dialect.openPublic({ reader: NOBODY, stream, now: () => 0, markets: { bySymbol: () => BTC, byId: (id) => (id === BTC.id ? BTC : null) } });
    const frames = recorded(file).flatMap((message) => exchange.frames(message) ?? []);
    expect(frames).toHaveLength(trades);
    for (const frame of frames) expect(frame).toMatchObject({ type: 'quote', symbol: BTC.symbol, last: expect.toSatisfy(isPlainDecimal) as unknown, at: expect.any(Number) as unknown });
  });

  test('Hyperliquid: books and trades, which are not subscribed to, are taken for nothing else', async () => {
    const dialect = dialectOf('hyperliquid');
    const stream = await createClient({ exchangeId: 'hyperliquid', flavour: 'pro', dialect, connection: PLAIN_CONNECTION, credentials: null, timeoutMs: 1_000 });
    const exchange = dialect.openPublic({ reader: NOBODY, stream, markets: { bySymbol: () => BTC, byId: () => BTC }, now: () => 0 });
    const messages = recorded('hftbacktest_hyperliquid_btcusd_20250126.gz');
    expect(messages).toHaveLength(55);
    expect(messages.flatMap((message) => exchange.frames(message) ?? [])).toEqual([]);
  });
});
