/** The order of low and high inside a candle: counted where it matters, and chosen for the worst and the best. */
import { expect, test } from 'vitest';
import { PLAIN_FILLS } from '../../src/backtest/fill-model.ts';
import { LiveReplay } from '../../src/backtest/live-replay.ts';
import { BacktestRun, liveRunOf, recorderOf } from '../../src/backtest/run-backtest.ts';
import type { BacktestInput } from '../../src/backtest/run-backtest.ts';
import type { RunRecord } from '../../src/backtest/run-record.ts';
import { HIGH_FIRST, LOW_FIRST } from '../../src/backtest/tape.ts';
import type { CandleColumns } from '../../src/domain/candle-columns.ts';
import { inputOf } from './live-runs.ts';
import { randomCase } from './random-cases.ts';

const OPTIONS = { marginModes: ['cross'], hasMark: false, hasRisk: false, hasStopLimits: false, leverages: ['1', '2', '3'] } as const;
const FROM = 700;
const CASES = 12;
/** On a machine with much else to do. */
const TIMEOUT_MS = 300_000;

async function live(input: BacktestInput, order: Uint8Array | null): Promise<RunRecord> {
  const run = liveRunOf(input, order);
  const recorder = recorderOf(input, run);
  const replay = await LiveReplay.start(run, recorder);
  await replay.run();
  return recorder.finish({ to: run.tape.endsAt, lastPrice: run.tape.text(run.tape.close[run.tape.length - 1] as number), candles: input.candles.length, wallets: replay.lastStates(), ambiguousCandles: null });
}

async function through(input: BacktestInput): Promise<BacktestRun | null> {
  try {
    return await BacktestRun.through(input);
  } catch (error) {
    if ((error as { code?: string }).code === 'STRATEGY_TOO_SMALL') return null;
    throw error;
  }
}

const firstRows = (candles: CandleColumns, length: number): CandleColumns => ({ ...candles, length });

test('the worst and the best path are what the live engine does on the candles walked in their order', async () => {
  let chosen = 0;
  for (let seed = FROM; seed < FROM + CASES; seed += 1) {
    const input = inputOf(randomCase(seed, OPTIONS), PLAIN_FILLS);
    for (const path of ['worst', 'best'] as const) {
      const run = await through({ ...input, path });
      if (run === null) continue;
      const order = run.order as Uint8Array;
      chosen += order.reduce((count, choice) => count + Number(choice !== 0), 0);
      const alone = await live({ ...input, path }, order);
      expect(run.record.fills, `seed ${seed} ${path}`).toEqual(alone.fills);
      expect(run.record.ends, `seed ${seed} ${path}`).toEqual(alone.ends);
    }
  }
  expect(chosen).toBeGreaterThan(CASES / 5);
}, TIMEOUT_MS);

test('a candle counts as ambiguous exactly where the other order would have left the plan in another state', async () => {
  let ambiguous = 0;
  for (const seed of [701, 707, 712, 718]) {
    const input = inputOf(randomCase(seed, OPTIONS), PLAIN_FILLS);
    const { candles } = input;
    const length = Math.min(candles.length, 25);
    const run = await through({ ...input, candles: firstRows(candles, length) });
    if (run === null || run.record.detours.length > 0) continue;
    let expected = 0;
    for (let row = 0; row < length; row += 1) {
      const cut = { ...input, candles: firstRows(candles, row + 1) };
      const order = new Uint8Array(row + 1);
      order[row] = (candles.close[row] as number) >= (candles.open[row] as number) ? HIGH_FIRST : LOW_FIRST;
      const [one, other] = [await live(cut, null), await live(cut, order)];
      // Where the ladder stands shows in what rests; times within the candle do not count.
      const state = ({ ends, windows }: RunRecord, at: number): unknown => [ends.map(({ phase, long, short, equity, cycle }) => [phase, long, short, equity, cycle]), Array.from(windows.price).filter((_, index) => windows.until[index] === at).sort()];
      if (JSON.stringify(state(one, one.to)) !== JSON.stringify(state(other, other.to))) expected += 1;
    }
    expect(run.record.ambiguousCandles, `seed ${seed}`).toBe(expected);
    ambiguous += expected;
  }
  expect(ambiguous).toBeGreaterThan(0);
}, TIMEOUT_MS);
