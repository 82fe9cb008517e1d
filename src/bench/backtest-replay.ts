/** The fast replay of a backtest: five years of one-minute candles, many events and few, against a plain loop over the same candles. */
import { Replay } from '../backtest/replay.ts';
import { buildPyramid } from '../backtest/pyramid.ts';
import type { Pyramid } from '../backtest/pyramid.ts';
import { PLAIN_FILLS } from '../backtest/fill-model.ts';
import { Tape } from '../backtest/tape.ts';
import type { CandleColumns, FundingColumns, PriceColumn } from '../domain/candle-columns.ts';
import { invariant } from '../domain/invariant.ts';
import type { Strategy } from '../domain/strategy.ts';
import { seededRandom } from '../sim/random.ts';
import { simulatedMarkets } from '../sim/simulated-market.ts';
import type { Bench, OpenBench } from './bench.ts';
import { benchStrategy } from './bench-strategies.ts';

const MINUTE_MS = 60_000;
const FIVE_YEARS = 2_628_000;
const FUNDING_MS = 8 * 3_600_000;
const START_AT = 1_577_836_800_000;
/** Tenths: 30 000. */
const START_PRICE = 300_000;
const COARSE = 10;
/** Runs of one row in a round: the median of them is one sample. */
const RUNS = 3;

const MANY = '5 years of minutes, unit 0.8 %';
const COUNTED = 'the same, candles with two outcomes counted';
const FEW = '5 years of minutes, unit 2.7 %';
const TENTH = 'a tenth of the candles: the same path in bars of 10 minutes, unit 2.7 %';
const LOOP = 'a plain loop over the same candles';
const INDEX = 'building the index of extremes, once for all runs';

export const backtestReplay: Bench = {
  group: 'backtest, two wallets of four fragments, fees and funding',
  warmsUp: true,
  rows: [
    { name: MANY, unit: 'ms', goal: { atMost: 40 }, yardstick: LOOP, note: 'about 20 000 levels reached, two fills at each; exact' },
    { name: COUNTED, unit: 'ms', yardstick: MANY, note: 'every candle in which something happens is walked in both orders of low and high' },
    { name: FEW, unit: 'ms', goal: { atMost: 10 }, yardstick: TENTH, note: 'about 2 000 levels reached' },
    { name: TENTH, unit: 'ms' },
    { name: LOOP, unit: 'ms' },
    { name: INDEX, unit: 'ms', yardstick: LOOP },
  ],
  open: async (): Promise<OpenBench> => {
    const minutes = randomCandles(FIVE_YEARS);
    const bars = inBarsOf(minutes, COARSE);
    const market = marketOf(minutes);
    const coarse = marketOf(bars);
    return {
      round: async () => ({
        [MANY]: times(() => runOf(market, '0.008', false)),
        [COUNTED]: times(() => runOf(market, '0.008', true)),
        [FEW]: times(() => runOf(market, '0.027', false)),
        [TENTH]: times(() => runOf(coarse, '0.027', false)),
        [LOOP]: times(() => reachedBy(minutes)),
        [INDEX]: times(() => buildPyramid(minutes.high, minutes.low, minutes.length).length),
      }),
      close: async () => {},
    };
  },
};

interface BenchMarket {
  readonly candles: CandleColumns;
  readonly pyramid: Pyramid;
  readonly funding: FundingColumns;
}

function marketOf(candles: CandleColumns): BenchMarket {
  const length = Math.floor((candles.length * candles.timeframeMs) / FUNDING_MS);
  const at = Float64Array.from({ length }, (_, index) => START_AT + index * FUNDING_MS);
  return { candles, pyramid: buildPyramid(candles.high, candles.low, candles.length), funding: { length, at, rate: Array.from({ length }, () => '0.0001') } };
}

function times(work: () => number): readonly number[] {
  return Array.from({ length: RUNS }, () => {
    const startedAt = performance.now();
    work();
    return performance.now() - startedAt;
  });
}

function runOf({ candles, pyramid, funding }: BenchMarket, fraction: string, countsAmbiguous: boolean): number {
  const strategy: Strategy = { ...benchStrategy(), leverage: '2', unit: { type: 'percent', fraction } };
  const [market] = simulatedMarkets([strategy]);
  invariant(market !== undefined, 'I22 a benchmark has its market');
  const tape = new Tape({ instrument: market, candles, funding });
  const replay = new Replay({ strategy, market, tape, pyramid, markPyramid: null, path: 'ohlc', atrAt: null, fills: PLAIN_FILLS, countsAmbiguous });
  const bail = replay.start() ? replay.run({ row: 0, point: 0, price: tape.open[0] as number }) : replay.bailed;
  invariant(bail === null, 'I22 the benchmark measures the replay from end to end', { reason: bail?.reason ?? '', events: replay.events });
  return replay.events;
}

/** Asks of every candle whether it reaches a level, as a replay without an index would. */
function reachedBy({ high, low, length }: CandleColumns): number {
  let reached = 0;
  for (let row = 0; row < length; row += 1) if ((high[row] as number) >= Number.MAX_SAFE_INTEGER || (low[row] as number) <= 0) reached += 1;
  return reached;
}

/** A path that wanders, its swings drawn anew for every minute, kept between a third and three times its start. */
function randomCandles(length: number): CandleColumns {
  const random = seededRandom('backtest').fork('minutes');
  const [open, high, low, close] = Array.from({ length: 4 }, () => new Int32Array(length)) as [Int32Array, Int32Array, Int32Array, Int32Array];
  let price = START_PRICE;
  for (let row = 0; row < length; row += 1) {
    const pull = Math.log(price / START_PRICE) * -2e-7;
    const from = Math.round(price);
    price *= 1 + pull + 0.0009 * (random.fraction() + random.fraction() + random.fraction() - 1.5);
    const to = Math.round(price);
    const wick = price * 0.0004;
    open[row] = from;
    close[row] = to;
    high[row] = Math.max(from, to) + Math.round(wick * random.fraction());
    low[row] = Math.min(from, to) - Math.round(wick * random.fraction());
  }
  return { timeframeMs: MINUTE_MS, length, priceDecimals: 1, at: Float64Array.from({ length }, (_, row) => START_AT + row * MINUTE_MS), open, high, low, close, volume: new Float64Array(length) };
}

function inBarsOf({ open, high, low, close, at, length }: CandleColumns, count: number): CandleColumns {
  const bars = Math.floor(length / count);
  const within = (column: PriceColumn, row: number): number[] => Array.from(column.subarray(row * count, (row + 1) * count));
  const each = (value: (row: number) => number): Int32Array => Int32Array.from({ length: bars }, (_, row) => value(row));
  return {
    timeframeMs: MINUTE_MS * count,
    length: bars,
    priceDecimals: 1,
    at: Float64Array.from({ length: bars }, (_, row) => at[row * count] as number),
    open: each((row) => open[row * count] as number),
    high: each((row) => Math.max(...within(high, row))),
    low: each((row) => Math.min(...within(low, row))),
    close: each((row) => close[(row + 1) * count - 1] as number),
    volume: new Float64Array(bars),
  };
}
