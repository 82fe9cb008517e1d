/** `--fees`: every published tier is a plausible pair of rates, and a wrong name is answered with what there is. */
import { describe, expect, test } from 'vitest';
import { feesOf } from '../../../src/cli/backtest/fees-option.ts';
import { FEE_SCHEDULES } from '../../../src/domain/fee-tiers.ts';

test('an exchange alone means its basic tier', () => {
  expect(feesOf('bybit')).toMatchObject({ takerFee: '0.00055', makerFee: '0.0002', from: expect.stringMatching(/^bybit:vip0 \(bybit\.com/) });
  expect(feesOf('Binanceusdm:VIP9')).toMatchObject({ takerFee: '0.00017', makerFee: '0' });
});

test('rates of one\'s own', () => {
  expect(feesOf('0.04%/0.015%')).toEqual({ takerFee: '0.0004', makerFee: '0.00015', from: '--fees' });
  expect(feesOf('0%/0%')).toMatchObject({ takerFee: '0', makerFee: '0' });
  expect(feesOf(null)).toBeNull();
});

test.each([
  ['binance', /"binance" is none of binanceusdm:vip0\|vip1.*hyperliquid:tier0.*did you mean "binanceusdm"\?/],
  ['bybit:vip99', /bybit:vip0\|vip1\|vip2.*\(bybit\.com.*for other rates give taker\/maker/],
  ['bybit:constructor', /"bybit:constructor": bybit:vip0/],
  ['bybit:vip1:x', /is none of/],
  ['0.05%', /not taker\/maker in percent/],
  ['0.05%/0.02', /not taker\/maker in percent/],
  ['5%/1%/1%', /not taker\/maker in percent/],
  ['', /is none of/],
])('%j is refused', (text, message) => {
  expect(() => feesOf(text)).toThrow(message);
});

describe('the published tiers', () => {
  test.each(Object.entries(FEE_SCHEDULES))('of %s fall from tier to tier, and a maker pays no more than a taker', (_, { tiers }) => {
    const rows = Object.values(tiers).map(({ takerFee, makerFee }) => [Number(takerFee), Number(makerFee)] as const);
    rows.forEach(([taker, maker], index) => {
      const [lastTaker, lastMaker] = rows[index - 1] ?? [0.001, 0.001];
      expect(taker).toBeGreaterThan(0);
      expect(taker).toBeLessThanOrEqual(lastTaker);
      expect(maker).toBeLessThanOrEqual(Math.min(taker, lastMaker));
    });
  });
});
