import { expect, test } from 'vitest';
import { parseTimeframe } from '../../src/domain/timeframe.ts';

test.each([
  ['30s', 30_000],
  ['1m', 60_000],
  ['15m', 900_000],
  ['1h', 3_600_000],
  ['4h', 14_400_000],
  ['1d', 86_400_000],
  ['1w', 604_800_000],
])('%s is %i ms', (text, ms) => {
  expect(parseTimeframe(text)).toBe(ms);
});

test.each(['', '1', 'h', '0h', '1M', '1.5h', ' 1h', '1h ', '-1h', '1H', '01h', '99999m'])('%j is refused', (text) => {
  expect(() => parseTimeframe(text)).toThrow(/for example 1h/);
});
