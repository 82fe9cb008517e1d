/** What a backtest runs on when little is said: the table of the store, the period, the files, funding and warm-up. */
import { describe, expect, test } from 'vitest';
import type { StoredDataset } from '../../../src/adapters/files/candle-store/stored-dataset.ts';
import { chosenDataset, iso, periodWithin } from '../../../src/cli/backtest/dataset-choice.ts';
import { assumedFunding, fundingWishOf } from '../../../src/cli/backtest/funding-choice.ts';
import { fileOfSymbol } from '../../../src/cli/backtest/symbol-files.ts';
import { checkAtrBars, checkWarmUp, firstMeasurable, warmUpMs } from '../../../src/cli/backtest/warm-up.ts';
import type { CandleColumns } from '../../../src/domain/candle-columns.ts';
import type { Strategy, UnitSpec } from '../../../src/domain/strategy.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const day = (text: string): number => Date.parse(`${text}T00:00:00Z`);

describe('the table of the store', () => {
  const table = (source: string, timeframeMs: number, from: string, to: string): StoredDataset => ({ source, symbol: 'BTC/USDT:USDT', kind: 'candles', timeframeMs, from: day(from), to: day(to), rows: 1, path: `${source}.arrow` });
  const MINUTES = table('bybit', MINUTE_MS, '2025-05-01', '2025-07-01');
  const FIVES = table('bybit', 5 * MINUTE_MS, '2025-01-01', '2025-12-01');
  const SPOT = table('binance-spot', 5 * MINUTE_MS, '2024-01-01', '2025-12-01');
  const choose = (tables: readonly StoredDataset[], from: string | null, to: string | null, { timeframeMs = null, source = null }: { readonly timeframeMs?: number | null; readonly source?: string | null } = {}) =>
    chosenDataset(tables, { from, to }, { symbol: 'BTC/USDT:USDT', folder: 'data', timeframeMs, source });

  test('is the finest that covers the period', () => {
    expect(choose([MINUTES, FIVES], '2025-05-10', '2025-06-01').dataset).toBe(MINUTES);
    expect(choose([MINUTES, FIVES], '2025-04-10', '2025-06-01').dataset).toBe(FIVES);
    expect(choose([MINUTES, FIVES], null, null)).toEqual({ dataset: MINUTES, period: { from: day('2025-05-01'), to: day('2025-07-01') } });
  });

  test('a span counts back from the end of each', () => {
    expect(choose([MINUTES, FIVES], '30d', null)).toEqual({ dataset: MINUTES, period: { from: day('2025-06-01'), to: day('2025-07-01') } });
    expect(choose([MINUTES, FIVES], '100d', null).dataset).toBe(FIVES);
  });

  test('has the very timeframe that is asked for before one that it can be made of', () => {
    expect(choose([MINUTES, FIVES], '2025-05-10', '2025-06-01', { timeframeMs: 5 * MINUTE_MS }).dataset).toBe(FIVES);
    expect(choose([MINUTES, FIVES], '2025-05-10', '2025-06-01', { timeframeMs: 15 * MINUTE_MS }).dataset).toBe(MINUTES);
  });

  test.each<[string, () => unknown, RegExp]>([
    ['two sources', () => choose([FIVES, SPOT], '2025-05-10', '2025-06-01'), /several candles of BTC\/USDT:USDT fit: bybit 5m \(2025-01-01 to 2025-12-01\), binance-spot 5m .*; choose with --source bybit or --source binance-spot/],
    ['none', () => choose([], null, null), /there are no candles of BTC\/USDT:USDT in data; download them \(hedgerow fetch bybit BTC\/USDT:USDT --since 365d\), import files \(hedgerow import FILE\), or name a file/],
    ['none of the source', () => choose([FIVES, SPOT], null, null, { source: 'bybti' }), /no candles of BTC\/USDT:USDT from "bybti" in data; did you mean "bybit"\?; there are bybit 5m/],
    ['none of the period', () => choose([MINUTES, FIVES], '2024-05-10', '2025-06-01'), /cover --from 2024-05-10 --to 2025-06-01; there are bybit 1m .*, bybit 5m/],
    ['none so fine', () => choose([FIVES], null, null, { timeframeMs: MINUTE_MS }), /can be made into bars of 1m; there are bybit 5m/],
    ['no time', () => choose([FIVES], 'yesterday', null), /--from "yesterday" is neither a span/],
  ])('%s is an error that says what there is', (_, run, message) => {
    expect(run).toThrow(message);
  });

  test('one source of several is chosen', () => {
    expect(choose([FIVES, SPOT], null, null, { source: 'binance-spot' }).dataset).toBe(SPOT);
  });
});

test('a period that holds nothing names the end of the data', () => {
  expect(() => periodWithin({ from: '2025-02-01', to: null }, { from: 0, to: day('2025-01-01') })).toThrow(/the data end at 2025-01-01, give a --from before that/);
  expect(() => periodWithin({ from: '2025-02-01', to: '2025-02-01' }, { from: 0, to: day('2026-01-01') })).toThrow(/give a --from before the --to/);
});

test('times are as short as they can be', () => {
  expect([day('2025-01-01'), day('2025-01-01') + 90 * MINUTE_MS, day('2025-01-01') + 1_500, day('2025-01-01') + 5_000].map(iso)).toEqual(['2025-01-01', '2025-01-01T01:30Z', '2025-01-01T00:00:01.500Z', '2025-01-01T00:00:05Z']);
});

describe('files', () => {
  const BTC = 'binance-um_BTCUSDT_1m_20250101_20250201.csv.gz';
  const ETH = 'bybit_ETHUSDT_5m.csv';

  test('are of the symbol their name tells', () => {
    expect(fileOfSymbol([BTC, ETH], 'ETH/USDT:USDT', ['BTC/USDT:USDT', 'ETH/USDT:USDT'], '--candles')).toBe(ETH);
    expect(fileOfSymbol([BTC], 'ETH/USDT:USDT', ['ETH/USDT:USDT'], '--candles')).toBeNull();
  });

  test('of another quote stand for the symbol of the same base, unless it is traded too', () => {
    expect(fileOfSymbol(['gemini_BTCUSD_1m.csv'], 'BTC/USDT:USDT', ['BTC/USDT:USDT'], '--candles')).toBe('gemini_BTCUSD_1m.csv');
    expect(fileOfSymbol(['gemini_BTCUSD_1m.csv'], 'BTC/USDT:USDT', ['BTC/USDT:USDT', 'BTC/USD:USD'], '--candles')).toBeNull();
  });

  test('whose name says nothing are of the only symbol there is', () => {
    expect(fileOfSymbol(['a.csv'], 'BTC/USDT:USDT', ['BTC/USDT:USDT'], '--candles')).toBe('a.csv');
    expect(fileOfSymbol(['a.csv'], 'BTC/USDT:USDT', ['BTC/USDT:USDT', 'ETH/USDT:USDT'], '--candles')).toBeNull();
  });

  test('two of one symbol are one too many', () => {
    expect(() => fileOfSymbol([BTC, 'bybit_BTCUSDT_1m.csv'], 'BTC/USDT:USDT', ['BTC/USDT:USDT'], '--candles')).toThrow(/--candles is given twice for BTC\/USDT:USDT/);
  });
});

describe('funding', () => {
  test('is history of the store, files, a rate or nothing', () => {
    expect(fundingWishOf([])).toEqual({ type: 'store' });
    expect(fundingWishOf(['a.csv', 'b.csv'])).toEqual({ type: 'files', paths: ['a.csv', 'b.csv'] });
    expect(fundingWishOf(['none'])).toEqual({ type: 'none' });
    expect(fundingWishOf(['assume:0.01%'])).toEqual({ type: 'assumed', rate: '0.0001' });
    expect(fundingWishOf(['assume: -0.0125%'])).toEqual({ type: 'assumed', rate: '-0.000125' });
    expect(fundingWishOf(['assume:-0%'])).toEqual({ type: 'assumed', rate: '0' });
  });

  test.each([
    [['assume:'], /the rate is missing; write assume: and a rate up to 10%, such as assume:0\.01%/],
    [['assume:0.0001'], /"0\.0001" is no rate/],
    [['assume:11%'], /"11%" is no rate/],
    [['none', 'a.csv'], /--funding "none" is for all symbols/],
  ])('%j is refused', (texts, message) => {
    expect(() => fundingWishOf(texts)).toThrow(message);
  });

  test('that is assumed comes at 00, 08 and 16 UTC', () => {
    const funding = assumedFunding('0.0001', day('2025-01-01') + 1, day('2025-01-02') + 8 * HOUR_MS);
    expect([...funding.at].map(iso)).toEqual(['2025-01-01T08:00Z', '2025-01-01T16:00Z', '2025-01-02']);
    expect(funding.rate).toEqual(['0.0001', '0.0001', '0.0001']);
    expect(assumedFunding('0', 5, 6).length).toBe(0);
  });
});

describe('history for units of ATR', () => {
  const strategyOf = (unit: UnitSpec): Strategy => ({ name: 'a', unit }) as Strategy;
  const ATR = strategyOf({ type: 'atr', length: 3, timeframe: '1h', multiple: '1' });
  const minutes = (from: number, count: number): CandleColumns => {
    const column = Float64Array.from({ length: count }, () => 1);
    return { timeframeMs: MINUTE_MS, length: count, priceDecimals: 0, at: Float64Array.from({ length: count }, (_, index) => from + index * MINUTE_MS), open: column, high: column, low: column, close: column, volume: column };
  };

  test('reaches back as far as the live bot looks', () => {
    expect(warmUpMs(ATR)).toBe(31 * HOUR_MS);
    expect(warmUpMs(strategyOf({ type: 'percent', fraction: '0.01' }))).toBe(0);
  });

  test('too little of it is an error that says how much more', () => {
    expect(() => checkWarmUp('a.yaml', ATR, null, DAY_MS)).toThrow(/a\.yaml: its unit is an ATR of 3 bars of 1h, and before 1970-01-02 there are 0 whole bars; 3 more are needed: give candles from 1970-01-01T21:00Z on/);
    expect(() => checkWarmUp('a.yaml', ATR, minutes(30 * MINUTE_MS, 150), 3 * HOUR_MS)).toThrow(/there are 2 whole bars; 1 more is needed/);
    expect(() => checkWarmUp('a.yaml', ATR, minutes(0, 180), 3 * HOUR_MS)).not.toThrow();
    expect(() => checkWarmUp('a.yaml', strategyOf({ type: 'price', price: '1' }), null, 0)).not.toThrow();
  });

  test('without a beginning that is asked for, a plan begins when its unit is known', () => {
    expect(firstMeasurable(ATR, minutes(30 * MINUTE_MS, 300))).toBe(4 * HOUR_MS);
    expect(firstMeasurable(ATR, minutes(0, 180))).toBeNull();
    expect(firstMeasurable(ATR, minutes(0, 181))).toBe(3 * HOUR_MS);
    expect(firstMeasurable(strategyOf({ type: 'price', price: '1' }), minutes(30 * MINUTE_MS, 1))).toBe(30 * MINUTE_MS);
  });

  test('candles that are too coarse cannot make the bars', () => {
    expect(() => checkAtrBars('a.yaml', ATR, 4 * HOUR_MS)).toThrow(/a\.yaml: its unit is an ATR of 1h bars, which candles of 4h do not make/);
    expect(() => checkAtrBars('a.yaml', ATR, HOUR_MS)).not.toThrow();
  });
});
