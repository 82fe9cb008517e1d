/**
 * The plain backtest beside everything that exists independently of it: the live engine shown every price, `hedgerow trace`, and itself
 * with no price left out. Cases are new in every run; the seed in a failure's text repeats it:
 *
 *     BACKTEST_SEED=<seed> BACKTEST_CASES=1 npx vitest run --config test/vitest.config.ts test/backtest/plain-agrees.test.ts
 */
import { describe, expect, test } from 'vitest';
import { atrOf, randomPrices, randomStrategy, tinyRandom } from '../sim/auditor/random-strategies.ts';
import { compareWithDense, differenceFromRecord, differenceOf } from './agreement.ts';
import type { Comparison } from './agreement.ts';
import { runDense } from './dense-tape.ts';
import { NotModelled } from './plain/not-modelled.ts';
import { plainBacktest } from './plain/plain-backtest.ts';
import type { PlainResult } from './plain/plain-backtest.ts';
import { randomCase } from './random-cases.ts';
import type { BacktestCase, CaseOptions } from './random-cases.ts';
import { compareWithTrace, onTick } from './trace-agreement.ts';

const CASES = Number(process.env['BACKTEST_CASES'] ?? 6);
const SEED = Number(process.env['BACKTEST_SEED'] ?? Date.now() % 1_000_000_000);

/** Plans that seldom meet what the plain backtest refuses, so that most runs are compared to their end. */
const MILD: CaseOptions = { marginModes: ['cross'], leverages: ['1', '1', '2', '3', '5'], hasRisk: false };
/** High leverage: liquidated now and then. */
const STEEP: CaseOptions = { leverages: ['5', '10', '20', '30'], hasStopLimits: false };
const KINDS: readonly (readonly [name: string, options: CaseOptions])[] = [
  ['mild', MILD],
  ['steep', STEEP],
  /** Many prices in one millisecond: what comes after another must not depend on the clock. */
  ['hurried', { ...MILD, timeframes: [40, 1_000] }],
  ['any', {}],
];

/** Cases on which two of them once differed, with the options they were made by. */
const ONCE_DIFFERED: readonly (readonly [seed: number, options: CaseOptions])[] = [
  [168, {}],
  [1_034, {}],
  [1_186, {}],
  [1_391, {}],
  [1_421, {}],
  [2_895, {}],
  [200_279, {}],
  [200_285, {}],
  [200_320, {}],
  [201_040, {}],
  [10_105, MILD],
  [11_207, MILD],
  [11_343, MILD],
  [300_005, MILD],
  [301_979, MILD],
  [410_005, STEEP],
];

function again(seed: number): string {
  return `BACKTEST_SEED=${seed} BACKTEST_CASES=1`;
}

describe(`seed ${SEED}: the live engine, shown every price, does what the plain backtest says`, () => {
  const seen: Comparison[] = [];

  test.each(KINDS)('%s plans', async (_, options) => {
    for (let seed = SEED; seed < SEED + CASES; seed += 1) {
      const comparison = await compareWithDense(randomCase(seed, options), false);
      expect(comparison.difference, again(seed)).toBeNull();
      seen.push(comparison);
    }
  });

  test.runIf(CASES >= 6)('and not in vain: much was traded, and most of it could be compared to its end', () => {
    expect(seen).toHaveLength(KINDS.length * CASES);
    expect(seen.reduce((sum, { fills }) => sum + fills, 0)).toBeGreaterThan(10 * CASES);
    expect(seen.filter(({ notModelled }) => notModelled === null).length).toBeGreaterThan(CASES / 2);
  });

  test.each(ONCE_DIFFERED)('on case %i, where it once did not', async (seed, options) => {
    expect((await compareWithDense(randomCase(seed, options), false)).difference).toBeNull();
  });

  test('and a digit that is not the same is noticed', async () => {
    const { strategy, market, candles, mark, funding, history } = await caseWithFills();
    const dense = await runDense(strategy, market, candles, mark, funding, { history });
    const plain = plainBacktest({ strategy, market, candles, mark, funding, path: 'ohlc', history });
    expect(differenceOf(dense, plain, Infinity, false)).toBeNull();
    const another = (text: string): string => `${text.includes('.') ? text : `${text}.`}1`;
    const fills = plain.fills.map((fill, index) => (index === 5 ? { ...fill, fee: another(fill.fee) } : fill));
    expect(differenceOf(dense, { ...plain, fills }, Infinity, false)).toMatch(/^fills 5/);
    expect(differenceOf(dense, { ...plain, fills: plain.fills.slice(0, -1) }, Infinity, false)).toMatch(/^fills/);
    const ends = plain.ends.map((end) => ({ ...end, equity: another(end.equity) }));
    expect(differenceOf(dense, { ...plain, ends }, Infinity, false)).toMatch(/^ends/);
    const record = dense as unknown as Parameters<typeof differenceFromRecord>[0];
    expect(differenceFromRecord(record, plain)).toBeNull();
    expect(differenceFromRecord(record, { ...plain, fills })).toMatch(/^fills 5/);
    expect(differenceFromRecord(record, { ...plain, ends })).toMatch(/^ends/);
  });
});

async function caseWithFills(): Promise<BacktestCase> {
  for (let seed = 1; ; seed += 1) {
    const given = randomCase(seed, MILD);
    const { difference, notModelled, fills } = await compareWithDense(given, false);
    if (difference === null && notModelled === null && fills > 10) return given;
  }
}

describe(`seed ${SEED}: leaving prices out changes nothing`, () => {
  test.each(KINDS)('%s plans', (_, options) => {
    let [few, all] = [0, 0];
    for (let seed = SEED; seed < SEED + CASES; seed += 1) {
      const given = randomCase(seed, options);
      const [some, every] = [resultOf(given, false), resultOf(given, true)];
      expect({ ...some, visits: 0 }, again(seed)).toEqual({ ...every, visits: 0 });
      few += some.visits;
      all += every.visits;
    }
    // A single plan may be refused at its first price.
    if (CASES >= 6) expect(few).toBeLessThan(all);
  });
});

function resultOf(given: BacktestCase, visitsAll: boolean): PlainResult {
  try {
    return plainBacktest({ ...given, path: 'ohlc', visitsAll });
  } catch (error) {
    if (error instanceof NotModelled && error.sofar !== null) return error.sofar;
    throw error;
  }
}

test.each(['touch', 'gap'] as const)(`seed ${SEED}: hedgerow trace does what the plain backtest says, --fill %s`, (fill) => {
  let steps = 0;
  for (let seed = SEED; seed < SEED + 3 * CASES; seed += 1) {
    const random = tinyRandom(seed);
    const strategy = randomStrategy(random);
    const comparison = compareWithTrace(strategy, onTick(strategy, randomPrices(random, strategy)), fill, atrOf(strategy));
    expect(comparison.difference, again(seed)).toBeNull();
    steps += comparison.steps;
  }
  // A single case may be too small to start.
  if (CASES >= 6) expect(steps).toBeGreaterThan(CASES);
});
