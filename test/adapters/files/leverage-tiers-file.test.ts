/** Leverage tiers from files: the forms ccxt and `hedgerow fetch` write, and what is said of others. */
import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { readLeverageTiers } from '../../../src/adapters/files/leverage-tiers-file.ts';
import { withAmounts } from '../../../src/cli/run/paper-market.ts';
import { tempFiles } from './temp-files.ts';

const SHARED = new URL('../../../../shared/data/meta/leverage/binance-um_leverage_tiers_2025-06.json.gz', import.meta.url).pathname;
const write = tempFiles();
const SYMBOL = 'BTC/USDT:USDT';
const TIERS = [
  { tier: 1, minNotional: 0, maxNotional: 50000, maintenanceMarginRate: 0.004, maxLeverage: 125, info: { cum: '0.0' } },
  { tier: 2, minNotional: 50000, maxNotional: 600000, maintenanceMarginRate: 0.005, maxLeverage: 100, info: { cum: '50.0' } },
];
const READ = {
  tiers: [
    { maxNotional: '50000', maintenanceMarginRate: '0.004' },
    { maxNotional: null, maintenanceMarginRate: '0.005' },
  ],
  maxLeverage: '125',
};

test('a list, lists by symbol, texts instead of numbers, gzip', async () => {
  const texts = TIERS.map((tier) => ({ ...tier, maxNotional: `${tier.maxNotional}.0`, maintenanceMarginRate: `${tier.maintenanceMarginRate}`, maxLeverage: `${tier.maxLeverage}` }));
  for (const json of [TIERS, { 'ETH/USDT:USDT': [], [SYMBOL]: TIERS }, texts]) expect(await readLeverageTiers(write('tiers.json', JSON.stringify(json)), SYMBOL)).toEqual(READ);
  expect(await readLeverageTiers(write('tiers.json.gz', gzipSync(JSON.stringify(TIERS))), SYMBOL)).toEqual(READ);
});

test('tiers that name a leverage only have half of its initial margin as maintenance, rounded up', async () => {
  const path = write('tiers.json', JSON.stringify([{ minNotional: '0', maxNotional: '150000000', maxLeverage: 40 }, { minNotional: '150000000', maxNotional: null, maxLeverage: 30 }]));
  expect(await readLeverageTiers(path, SYMBOL)).toEqual({ tiers: [{ maxNotional: '150000000', maintenanceMarginRate: '0.0125' }, { maxNotional: null, maintenanceMarginRate: '0.01666667' }], maxLeverage: '40' });
});

test.each<[string, string, RegExp]>([
  ['no JSON', '{', /tiers\.json: it is no JSON: /],
  ['no list', '3', /holds neither a list of tiers nor lists by symbol/],
  ['no such symbol', '{"ETH/USDT:USDT":[],"A":[]}', /no tiers of BTC\/USDT:USDT; it has ETH\/USDT:USDT, A; give leverage tiers/],
  ['an empty list', '[]', /the tiers of BTC\/USDT:USDT are not readable at tiers: /],
  ['no number', '[{"maintenanceMarginRate":"much"}]', /at tiers\.0\.maintenanceMarginRate: /],
  ['a rate of one', '[{"maintenanceMarginRate":1}]', /tier 1 of BTC\/USDT:USDT has a maintenance margin rate of 1/],
  ['no rate', '[{"maxNotional":1}]', /tier 1 of BTC\/USDT:USDT has neither/],
  ['falling sizes', '[{"maxNotional":5,"maintenanceMarginRate":0.1},{"maxNotional":4,"maintenanceMarginRate":0.2}]', /tier 2 of BTC\/USDT:USDT does not reach above tier 1/],
  ['an end before the end', '[{"maintenanceMarginRate":0.1},{"maxNotional":4,"maintenanceMarginRate":0.2}]', /tier 2 of BTC\/USDT:USDT does not reach above tier 1/],
])('%s is refused', async (_, text, message) => {
  await expect(readLeverageTiers(write('tiers.json', text), SYMBOL)).rejects.toThrow(message);
});

test('a file that is not there', async () => {
  await expect(readLeverageTiers('/nowhere/tiers.json', SYMBOL)).rejects.toThrow(/it cannot be read: ENOENT/);
});

describe.runIf(existsSync(SHARED))('real tiers', () => {
  test('of Binance: the amounts worked out of the rates are those it names itself', async () => {
    const json = JSON.parse(gunzipSync(readFileSync(SHARED)).toString()) as Record<string, readonly { readonly info: { readonly cum: string } }[]>;
    for (const symbol of ['BTC/USDT:USDT', 'ETH/USDT:USDT', 'SOL/USDT:USDT', 'DOGE/USDT:USDT']) {
      const { tiers } = await readLeverageTiers(SHARED, symbol);
      expect(withAmounts(tiers).map(({ maintenanceAmount }) => Number(maintenanceAmount))).toEqual(json[symbol]?.map(({ info }) => Number(info.cum)));
    }
  });
});
