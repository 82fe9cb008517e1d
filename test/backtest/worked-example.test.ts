/** The rotation of DOMAIN §4, row by row, as candles: on the live engine at every price, and in the plain backtest. */
import { describe, expect, test } from 'vitest';
import type { CandleColumns } from '../../src/domain/candle-columns.ts';
import { instrumentOf, strategy } from '../fixtures.ts';
import { denseTicks, runDense } from './dense-tape.ts';
import { straightCandles } from './path-candles.ts';
import { plainBacktest } from './plain/plain-backtest.ts';

const plan = strategy({ exchange: { market: { tickSize: '10', amountStep: '0.0001', minAmount: '0.0001', minCost: '5', takerFee: '0', makerFee: '0', slippage: '0' } } });
const market = instrumentOf(plan);
const candles = straightCandles([10_000, 10_700, 10_600, 10_400, 10_300, 9_900, 10_000, 10_200, 10_300]);

/** Role, level, price and amount, worked out by hand from the table. */
const FILLS = [
  ['market-buy', null, '10000', '1'],
  // Both windows have trailed to unit +7: the long is closed at +6, and 2500 quote are sold short there and at +5, +4, +3.
  ['stop-loss', 6, '10600', '1'],
  ['stop-entry-short', 6, '10600', '0.2358'],
  ['stop-entry-short', 5, '10500', '0.238'],
  ['stop-entry-short', 4, '10400', '0.2403'],
  ['stop-entry-short', 3, '10300', '0.2427'],
  // The covers have trailed down to unit −1.
  ['cover', 0, '10000', '0.2427'],
  ['cover', 1, '10100', '0.2403'],
  ['cover', 2, '10200', '0.238'],
  ['cover', 3, '10300', '0.2358'],
  // 10600 + 300 · (0.2358 + 0.238 + 0.2403 + 0.2427) = 10887.04 buy 1.0569 at 10300.
  ['market-buy', null, '10300', '1.0569'],
];
const END = { wallet: 'hedge', equity: '10887.04', long: '1.0569', short: '0', cycle: 1, phase: 'ADVANCE' };

describe('the worked example of a rotation', () => {
  test('on the live engine, shown every price', async () => {
    const { fills, ends, troubles, failure } = await runDense(plan, market, candles, null, null);
    expect(fills.map(({ role, level, price, amount }) => [role, level, price, amount])).toEqual(FILLS);
    expect(ends).toEqual([expect.objectContaining(END)]);
    expect([troubles, failure]).toEqual([[], null]);
  });

  test('in the plain backtest', () => {
    const { fills, ends, reason } = plainBacktest({ strategy: plan, market, candles, mark: null, funding: null, path: 'ohlc' });
    expect(fills.map(({ role, level, price, amount }) => [role, level, price, amount])).toEqual(FILLS);
    expect(ends).toEqual([expect.objectContaining(END)]);
    expect(reason).toBeNull();
  });
});

describe('the tape of a candle', () => {
  /** Prices in hundredths: a bar that closes off the tick, and one that opens elsewhere after a pause. */
  const bars: CandleColumns = {
    timeframeMs: 60_000,
    length: 2,
    priceDecimals: 2,
    at: Float64Array.from([0, 600_000]),
    open: Int32Array.from([10_000, 10_500]),
    high: Int32Array.from([10_300, 10_500]),
    low: Int32Array.from([9_900, 10_350]),
    close: Int32Array.from([10_250, 10_400]),
    volume: Float64Array.from([1, 1]),
  };
  const ticks = (funding: Parameters<typeof denseTicks>[3]) => [...denseTicks({ ...market, tickSize: '1' }, bars, null, funding)];

  test('a rising bar goes open, low, high, close; the open is jumped to, the rest is walked over every tick', () => {
    expect(ticks(null).map(({ at, last }) => [at, last])).toEqual([
      [0, '100'],
      [19_999, '99'],
      [24_999, '100'],
      [29_999, '101'],
      [34_999, '102'],
      [39_999, '103'],
      [59_999, '102.5'],
      [600_000, '105'],
      [619_999, '105'],
      [633_332, '104'],
      [639_999, '103.5'],
      [659_999, '104'],
    ]);
  });

  test('funding settles at the first point of a candle that is not before it', () => {
    const at = [-1, 20_000, 30_000, 100_000, 200_000, 700_000];
    const rates = ['0.1', '0.2', '0.3', '0.4', '0.5', '0.6'];
    const funding = { length: at.length, at: Float64Array.from(at), rate: rates };
    expect(ticks(funding).flatMap(({ at: when, settlements }) => (settlements.length === 0 ? [] : [[when, settlements]]))).toEqual([
      [39_999, ['0.2', '0.3']],
      [600_000, ['0.4', '0.5']],
    ]);
  });
});
