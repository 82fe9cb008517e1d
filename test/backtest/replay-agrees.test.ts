/**
 * The fast replay, with the turns it leaves to the live engine, against the live engine alone along the same tape: every row of the record
 * is the same. Random strategies, markets and candles; a failing seed is printed and belongs into SEEDS.
 */
import { expect, test } from 'vitest';
import { PLAIN_FILLS } from '../../src/backtest/fill-model.ts';
import type { FillModel } from '../../src/backtest/fill-model.ts';
import { LiveReplay } from '../../src/backtest/live-replay.ts';
import { BacktestRun, liveRunOf, recorderOf, triggeredByLast } from '../../src/backtest/run-backtest.ts';
import type { BacktestInput } from '../../src/backtest/run-backtest.ts';
import type { RunRecord } from '../../src/backtest/run-record.ts';
import { HedgerowError } from '../../src/domain/errors.ts';
import { inputOf } from './live-runs.ts';
import { tinyRandom } from '../sim/auditor/random-strategies.ts';
import { randomCase } from './random-cases.ts';
import type { CaseOptions } from './random-cases.ts';

/** `HEDGEROW_REPLAY_FROM` and `_CASES` choose others, for longer hunts. */
const FROM = Number(process.env['HEDGEROW_REPLAY_FROM'] ?? 400);
const CASES = Number(process.env['HEDGEROW_REPLAY_CASES'] ?? 40);
/** Seeds that found something once. */
const SEEDS = [30, 35, 36, 43, 155, 320, 341, 2169, 2247, 2278, 2528, 5342, 6031, 6311];
/** What cannot run at all is refused by both. */
const REFUSALS = ['STRATEGY_TOO_SMALL', 'INPUT_INVALID', 'STRATEGY_UNPROTECTABLE'];

async function liveRecord(input: BacktestInput): Promise<RunRecord> {
  const run = liveRunOf(input, null);
  const recorder = recorderOf(input, run);
  const live = await LiveReplay.start(run, recorder);
  await live.run();
  const { tape } = run;
  return recorder.finish({ to: tape.endsAt, lastPrice: tape.text(tape.close[tape.length - 1] as number), candles: input.candles.length, wallets: live.lastStates(), ambiguousCandles: null });
}

function rowsOf({ detours: _, ambiguousCandles: _count, ...record }: RunRecord): Record<string, unknown> {
  const { fills, funding, liquidations, cycles, phases, operations, windows, holdings, ...rest } = record;
  return { ...rest, fills, funding, liquidations, cycles, phases, operations, windows, holdings };
}

interface Agreement {
  readonly isRun: boolean;
  readonly replayed: number;
  readonly detours: readonly string[];
}

async function agreement(given: BacktestInput): Promise<Agreement> {
  let turns: BacktestRun;
  try {
    turns = await BacktestRun.through(given);
  } catch (error) {
    if (!(error instanceof HedgerowError) || !REFUSALS.includes(error.code)) throw error;
    await expect(liveRecord(given)).rejects.toMatchObject({ code: error.code });
    return { isRun: false, replayed: 0, detours: [] };
  }
  const alone = await liveRecord(given.mark === null ? given : { ...given, strategy: triggeredByLast(given.strategy) });
  const [mine, theirs] = [rowsOf(turns.record), rowsOf(alone)];
  for (const name of Object.keys(mine)) expect(mine[name], name).toEqual(theirs[name]);
  return { isRun: true, replayed: turns.replayed, detours: turns.record.detours.map(({ reason }) => reason) };
}

async function compareAll(seeds: readonly number[], options: CaseOptions, change: (input: BacktestInput, seed: number) => BacktestInput = (input) => input): Promise<readonly Agreement[]> {
  const results: Agreement[] = [];
  for (const seed of seeds) {
    try {
      results.push(await agreement(change(inputOf(randomCase(seed, options), PLAIN_FILLS), seed)));
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    }
  }
  return results;
}

/** A hunt of thousands takes as long as it takes. */
const TIMEOUT_MS = CASES * 10_000;

const CROSS: CaseOptions = { marginModes: ['cross'], hasMark: false };

test('seeds that found something once', async () => {
  const results = await compareAll(SEEDS, CROSS);
  expect(results.filter(({ isRun }) => isRun).length).toBeGreaterThan(8);
});

test('the replay and the live engine give the same record to the last digit', async () => {
  const seeds = Array.from({ length: CASES }, (_, index) => FROM + index);
  const results = await compareAll(seeds, CROSS);
  const run = results.filter(({ isRun }) => isRun);
  expect(run.length).toBeGreaterThan(CASES / 2);
  // Both drivers had something to do.
  expect(run.reduce((sum, { replayed }) => sum + replayed, 0)).toBeGreaterThan(5 * CASES);
  expect(run.filter(({ detours }) => detours.length > 0).length).toBeGreaterThan(CASES / 20);
}, TIMEOUT_MS);

test('also with a mark price of its own for funding, margins and liquidations', async () => {
  const seeds = Array.from({ length: Math.ceil(CASES / 2) }, (_, index) => FROM + 100_000 + index);
  const results = await compareAll(seeds, { marginModes: ['cross'] });
  expect(results.filter(({ isRun }) => isRun).length).toBeGreaterThan(CASES / 5);
}, TIMEOUT_MS);

function randomFills(seed: number): FillModel {
  const random = tinyRandom(seed);
  return { rangeSlippage: random.pick(['0', '0.05', '0.13', '0.4']), volumeShare: random.pick([null, null, '0.5', '1']), maxStopSlip: random.pick([null, '0', '0.001', '0.02']) };
}

test('also with slippage from the range, fills that are a share of the volume and a bound on the slip of stops', async () => {
  const seeds = Array.from({ length: CASES }, (_, index) => FROM + 200_000 + index);
  const results = await compareAll(seeds, CROSS, (input, seed) => ({ ...input, fills: randomFills(seed) }));
  const run = results.filter(({ isRun }) => isRun);
  expect(run.filter(({ replayed }) => replayed > 0).length).toBeGreaterThan(CASES / 4);
}, TIMEOUT_MS);

/** Prices of four or five figures: around 1 000 their step is 1 or 0.1. */
function withFigures(input: BacktestInput, seed: number): BacktestInput {
  const significantFigures = seed % 2 === 0 ? 4 : 5;
  const market = { ...input.market, tickSize: '0.01', significantFigures };
  const { exchange } = input.strategy;
  return { ...input, market, strategy: { ...input.strategy, exchange: { ...exchange, market: exchange.market === null ? null : { ...exchange.market, tickSize: '0.01', significantFigures } } } };
}

test('also on a market whose tick depends on the price', async () => {
  const seeds = Array.from({ length: Math.ceil(CASES / 2) }, (_, index) => FROM + 300_000 + index);
  const results = await compareAll(seeds, CROSS, withFigures);
  expect(results.filter(({ replayed }) => replayed > 0).length).toBeGreaterThan(CASES / 8);
}, TIMEOUT_MS);
