/** Runs of the live engine for tests: sparse, dense (every single price shown), and with handovers. */
import { expect } from 'vitest';
import { HedgerowError } from '../../src/domain/errors.ts';
import { PLAIN_FILLS } from '../../src/backtest/fill-model.ts';
import type { FillModel } from '../../src/backtest/fill-model.ts';
import { accountsOf } from '../../src/backtest/handover.ts';
import { LiveRecording, lastStates } from '../../src/backtest/live-recording.ts';
import { LiveReplay } from '../../src/backtest/live-replay.ts';
import { LiveWorld } from '../../src/backtest/live-world.ts';
import type { LiveRun } from '../../src/backtest/live-world.ts';
import { liveRunOf, recorderOf } from '../../src/backtest/run-backtest.ts';
import type { BacktestInput } from '../../src/backtest/run-backtest.ts';
import type { RunRecord } from '../../src/backtest/run-record.ts';
import type { RunRecorder } from '../../src/backtest/run-recorder.ts';
import type { TapePosition } from '../../src/backtest/tape.ts';
import type { CandleColumns } from '../../src/domain/candle-columns.ts';
import type { Candle } from '../../src/domain/candle.ts';
import { persistPlan, restorePlan } from '../../src/engine/step.ts';
import { buildColumns } from './columns.ts';
import type { BacktestCase } from './random-cases.ts';

export function inputOf({ strategy, market, candles, mark, funding, history }: BacktestCase, fills: FillModel = PLAIN_FILLS): BacktestInput {
  return { strategy, market, candles, history: historyColumns(history), mark, funding, detail: null, path: 'ohlc', fills };
}

function historyColumns(history: readonly Candle[]): CandleColumns {
  const cents = (text: string): number => Math.round(Number(text) * 100);
  return buildColumns(3_600_000, 2, history.map(({ at, open, high, low, close }) => [at, cents(open), cents(high), cents(low), cents(close)]));
}

/** Whether a case can be run here. */
export function isRunnable({ strategy, candles, mark }: BacktestCase): boolean {
  // Bars of an hour cannot be made of longer candles.
  if (strategy.unit.type === 'atr' && candles.timeframeMs > 3_600_000) return false;
  // While two sources stand a unit apart, windows that follow different ones undo each other at market at one moment without end.
  const sources = new Set(Object.values(strategy.windows).map(({ triggerBy }) => (triggerBy === 'last' ? 'last' : 'mark')));
  return mark === null || sources.size === 1;
}

/** What happened, or why nothing could. */
export type Outcome = { readonly record: RunRecord } | { readonly error: string };

async function outcomeOf(run: () => Promise<RunRecord>): Promise<Outcome> {
  try {
    return { record: await run() };
  } catch (error) {
    if (error instanceof HedgerowError) return { error: `${error.code} ${error.message}` };
    throw error;
  }
}

function finish(input: BacktestInput, { tape }: LiveRun, recorder: RunRecorder, wallets: ReturnType<typeof lastStates>): RunRecord {
  const record = recorder.finish({ to: tape.endsAt, lastPrice: tape.text(tape.close[tape.length - 1] as number), candles: input.candles.length, wallets, ambiguousCandles: null });
  // Copied, so that what is worked out on demand is compared as values.
  return structuredClone(record);
}

export async function runSparse(input: BacktestInput, counters?: { visits: number }): Promise<Outcome> {
  return outcomeOf(async () => {
    const run = liveRunOf(input, null);
    const recorder = recorderOf(input, run);
    const replay = await LiveReplay.start(run, recorder);
    await replay.run();
    if (counters !== undefined) counters.visits += replay.counters.visits;
    return finish(input, run, recorder, replay.lastStates());
  });
}

/** Deadlines of a run that shows every price: a plan that is stuck retries every few seconds for as long as the candles go. */
const WAKES_MAX = 2_000;

/** Shows the bot every price, and wakes it at its deadlines; null where that takes too long. */
export async function runEvery(input: BacktestInput, counters?: { visits: number }): Promise<Outcome | null> {
  let wakes = 0;
  const outcome = await outcomeOf(async () => {
    const run = liveRunOf(input, null);
    const { tape, strategy } = run;
    const recorder = recorderOf(input, run);
    const recording = new LiveRecording(recorder);
    const place = { row: 0 };
    const world = await LiveWorld.open(run, place, recording);
    let due = tape.firstFunding;
    for (let at: TapePosition | null = { row: 0, point: 0, price: tape.pointPrice(0, 0) }; at !== null; at = tape.next(at)) {
      const time = tape.timeOf(at);
      for (; world.runner.nextWakeAt <= time && wakes < WAKES_MAX; wakes += 1) {
        await world.wake(Math.max(world.runner.nextWakeAt, world.exchange.now()));
        recording.settled(world.exchange.now(), world.runner);
      }
      if (wakes >= WAKES_MAX) break;
      place.row = at.row;
      const last = tape.text(at.price);
      const mark = tape.mark === null ? last : tape.mark.text(tape.mark.at(at.row, at.point));
      const rates: string[] = [];
      const isPoint = at.price === tape.pointPrice(at.row, at.point);
      for (; isPoint && due < tape.endFunding && (tape.funding?.at[due] as number) <= time; due += 1) rates.push(tape.funding?.rate[due] as string);
      const isAnswered = await world.tick({ symbol: strategy.symbol, at: time, last, mark, index: mark }, rates);
      recording.settled(time, world.runner);
      if (isAnswered) expectSameWindows(world, recorder);
      if (counters !== undefined) counters.visits += 1;
    }
    const { state } = world.runner;
    if (state === null) throw new Error('the plan has not started');
    const lastMark = tape.mark === null ? tape.text(tape.pointPrice(tape.length - 1, 3)) : tape.mark.text(tape.mark.at(tape.length - 1, 3));
    return finish(input, run, recorder, lastStates(state, lastMark));
  });
  return wakes < WAKES_MAX ? outcome : null;
}

/** What the recorder says rests is what rests at the exchange. */
function expectSameWindows({ exchange, runner }: LiveWorld, recorder: RunRecorder): void {
  const orders = [...runner.accounts].flatMap((account) => exchange.accountTruth(account).openOrders);
  const atExchange = new Set(orders.flatMap(({ triggerPrice, triggered }) => (triggerPrice === null || triggered ? [] : [Number(triggerPrice)])));
  const told = new Set([...recorder.windows.resting()].map(([, , price]) => price));
  expect([...told].sort()).toEqual([...atExchange].sort());
}

/** Hands the run over to a fresh engine and exchange now and then, wherever it is regular; `chance` after each price or deadline. */
export async function runHandedOver(input: BacktestInput, chance: () => boolean, counters?: { handovers: number }): Promise<Outcome> {
  return outcomeOf(async () => {
    const run = liveRunOf(input, null);
    const recorder = recorderOf(input, run);
    let replay = await LiveReplay.start(run, recorder);
    while (await replay.advance()) {
      const handover = chance() ? replay.takeBack() : null;
      if (handover === null) continue;
      if (counters !== undefined) counters.handovers += 1;
      // With cross margin the ledgers alone say what the accounts hold.
      const accounts = input.strategy.exchange.marginMode === 'cross' ? accountsOf(input.strategy, handover.plan) : handover.accounts;
      replay = await LiveReplay.resume(run, recorder, { ...handover, plan: restorePlan(JSON.parse(JSON.stringify(persistPlan(handover.plan)))), accounts });
    }
    return finish(input, run, recorder, replay.lastStates());
  });
}

/** Where two values differ first, with both; null where they are the same. */
export function firstDifference(a: unknown, b: unknown, path = ''): string | null {
  if (Object.is(a, b)) return null;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return `${path}: ${JSON.stringify(a)} is not ${JSON.stringify(b)}`;
  const [left, right] = [a as Readonly<Record<string, unknown>>, b as Readonly<Record<string, unknown>>];
  for (const key of new Set([...Object.keys(left), ...Object.keys(right)])) {
    const found = firstDifference(left[key], right[key], `${path}/${key}`);
    if (found !== null) return found;
  }
  return null;
}
