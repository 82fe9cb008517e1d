/** How figures read. */
import { expect, test } from 'vitest';
import * as figures from '../../../src/backtest/report/figures.ts';

test.each<[string, string]>([
  [figures.money('1234567.891'), '1,234,567.89'],
  [figures.money('-1234.5'), '−1,234.50'],
  [figures.money('0'), '0.00'],
  [figures.money('0.00012'), '0.0001'],
  [figures.money('-0.00001'), '0.0000'],
  [figures.signedMoney('5'), '+5.00'],
  [figures.signedMoney('-5'), '−5.00'],
  [figures.signedMoney('0'), '0.00'],
  [figures.exact('-1234567.000000001'), '−1,234,567.000000001'],
  [figures.exact('12'), '12'],
  [figures.percent(0.12345), '12.3\u00a0%'],
  [figures.percent(null), '–'],
  [figures.signedPercent(0.0001), '0.0\u00a0%'],
  [figures.signedPercent(-0.5), '−50.0\u00a0%'],
  [figures.signedPercent(12.5), '+1,250.0\u00a0%'],
  [figures.exactPercent('0.00045'), '0.045\u00a0%'],
  [figures.ratio(null), '–'],
  [figures.count(2_628_000), '2,628,000'],
  [figures.duration(45_000), '45 s'],
  [figures.duration(60_000 * 59), '59 min'],
  [figures.duration(3_600_000 * 26.5), '26 h 30 min'],
  [figures.duration(86_400_000 * 3.25), '3 d 6 h'],
  [figures.duration(86_400_000 * 400.4), '400 d'],
  [figures.moment(Date.UTC(2024, 1, 29, 23, 59, 59)), '2024-02-29 23:59'],
  [figures.day(0), '1970-01-01'],
  [figures.timeframe(60_000), '1m'],
  [figures.timeframe(14_400_000), '4h'],
  [figures.timeframe(86_400_000), '1d'],
  [figures.timeframe(1_000), '1s'],
])('%s', (is, expected) => {
  expect(is).toBe(expected);
});
