/**
 * One run of a strategy over candles: what the live engine on the simulated exchange would have done, as a record. The fast replay does
 * what its tables have words for; for everything else the live engine itself takes over in the middle of the tape, and hands the run back
 * when it is regular again. Both give the same to the last digit, so where they change places cannot be seen in the result.
 */
import { averageTrueRange } from '../domain/atr.ts';
import type { CandleColumns, FundingColumns, PriceColumn } from '../domain/candle-columns.ts';
import type { DecimalString } from '../domain/decimal.ts';
import { HedgerowError } from '../domain/errors.ts';
import type { Strategy } from '../domain/strategy.ts';
import { parseTimeframe } from '../domain/timeframe.ts';
import { ATR_LENGTHS } from '../engine/atr-watch.ts';
import type { SimulatedMarket } from '../sim/exchange/config.ts';
import { AtrBars } from './atr-bars.ts';
import { checkFillModel } from './fill-model.ts';
import type { FillModel } from './fill-model.ts';
import { LiveReplay, checkHistory } from './live-replay.ts';
import type { LiveRun } from './live-world.ts';
import { buildPyramid } from './pyramid.ts';
import type { Pyramid } from './pyramid.ts';
import { Replay } from './replay.ts';
import { replayObstacle } from './replay-obstacle.ts';
import { handOver, takeOver } from './replay-handover.ts';
import { ReplayRecording } from './replay-recording.ts';
import type { PathOrder, RunRecord } from './run-record.ts';
import { RunRecorder } from './run-recorder.ts';
import type { LastState } from './run-recorder.ts';
import { Tape } from './tape.ts';
import type { TapePosition } from './tape.ts';

export interface BacktestInput {
  readonly strategy: Strategy;
  readonly market: SimulatedMarket;
  /** The last price, of the range to run over. */
  readonly candles: CandleColumns;
  /** Candles before the first one, for units of ATR; null: there are none. */
  readonly history: CandleColumns | null;
  /** The mark price, in a timeframe not finer than the candles'; null: the mark is the last price. */
  readonly mark: CandleColumns | null;
  /** Null: none is paid. */
  readonly funding: FundingColumns | null;
  /** Finer candles of the same market, in the place of those they cover; null: there are none. */
  readonly detail: CandleColumns | null;
  readonly path: PathOrder;
  readonly fills: FillModel;
}

/** Rejects with INPUT_INVALID for what cannot be run, STRATEGY_TOO_SMALL and STRATEGY_UNPROTECTABLE as a live start does. */
export async function runBacktest(input: BacktestInput): Promise<RunRecord> {
  return (await BacktestRun.through(input)).record;
}

/** `order`: per row of the tape which extreme comes first, see `Tape`; null: by each candle's direction. */
export function liveRunOf(input: BacktestInput, order: Uint8Array | null): LiveRun {
  const { strategy, market, candles, history, detail, mark, funding, fills } = input;
  const { unit } = strategy;
  const bars = unit.type === 'atr' ? new AtrBars(parseTimeframe(unit.timeframe), history, candles) : null;
  return { strategy, market, tape: new Tape({ instrument: market, candles, detail, mark, funding }, order), bars, fills };
}

export function recorderOf({ strategy, candles, path }: BacktestInput, { tape }: LiveRun): RunRecorder {
  const wallets = strategy.wallets.map(({ name, capital }) => ({ name, capital }));
  return new RunRecorder({ plan: strategy.name, symbol: strategy.symbol, timeframeMs: candles.timeframeMs, path, wallets, from: tape.startsAt, firstPrice: tape.text(tape.open[0] as number) });
}

/**
 * Four prices of the mark in a candle say nothing of when it passed a trigger: stops that watch the mark are taken to watch the last price,
 * which moves with it. Funding, margins and liquidations follow the mark.
 */
export function triggeredByLast(strategy: Strategy): Strategy {
  const windows = Object.fromEntries(Object.entries(strategy.windows).map(([role, window]) => [role, { ...window, triggerBy: 'last' }])) as unknown as Strategy['windows'];
  return { ...strategy, exchange: { ...strategy.exchange, triggerBy: 'last' }, windows };
}

/** The live engine keeps a run for at least this many answers, twice as many each time the replay had to give it back soon. */
const PATIENCE = 1;
const PATIENCE_MAX = 512;
/** Levels the replay has to answer for its turn to have been worth while. */
const WORTH_WHILE = 64;

/** A run between its two drivers. */
export class BacktestRun {
  readonly record: RunRecord;
  /** Per row of the tape the order of low and high that was walked, see `Tape`; null: all by direction. */
  readonly order: Uint8Array | null;
  /** Levels the replay answered. */
  readonly replayed: number;
  /** Prices and deadlines the live engine answered. */
  readonly lived: number;

  private constructor(record: RunRecord, order: Uint8Array | null, replayed: number, lived: number) {
    this.record = record;
    this.order = order;
    this.replayed = replayed;
    this.lived = lived;
  }

  static async through(given: BacktestInput): Promise<BacktestRun> {
    const input = given.mark === null ? given : { ...given, strategy: triggeredByLast(given.strategy) };
    checkFillModel(input.fills);
    const rows = input.candles.length + (input.detail?.length ?? 0);
    const run = liveRunOf(input, input.path === 'ohlc' ? null : new Uint8Array(rows));
    checkHistory(run);
    const recorder = recorderOf(input, run);
    const obstacle = replayObstacle(run);
    if (obstacle !== null && input.path !== 'ohlc') throw new HedgerowError('INPUT_INVALID', `--path ${input.path}: which order of low and high is ${input.path} cannot be told with ${obstacle}; leave --path out`);
    return obstacle === null ? new Turns(input, run, recorder).run() : BacktestRun.#live(input, run, recorder, obstacle);
  }

  static async #live(input: BacktestInput, run: LiveRun, recorder: RunRecorder, obstacle: string): Promise<BacktestRun> {
    recorder.detour(run.tape.startsAt, obstacle);
    const live = await LiveReplay.start(run, recorder);
    await live.run();
    return BacktestRun.ended(input, run, recorder, live.lastStates(), null, 0, live.counters.answers);
  }

  static ended({ candles }: BacktestInput, { tape }: LiveRun, recorder: RunRecorder, wallets: readonly LastState[], ambiguousCandles: number | null, replayed: number, lived: number): BacktestRun {
    const record = recorder.finish({ to: tape.endsAt, lastPrice: tape.text(tape.close[tape.length - 1] as number), candles: candles.length, wallets, ambiguousCandles });
    return new BacktestRun(record, tape.order, replayed, lived);
  }
}

/** The replay and the live engine taking turns. */
class Turns {
  readonly #input: BacktestInput;
  readonly #run: LiveRun;
  readonly #recorder: RunRecorder;
  readonly #replay: Replay;
  readonly #recording: ReplayRecording;
  #patience = PATIENCE;
  #lived = 0;

  constructor(input: BacktestInput, run: LiveRun, recorder: RunRecorder) {
    const { strategy, market, tape, bars, fills } = run;
    this.#input = input;
    this.#run = run;
    this.#recorder = recorder;
    this.#replay = new Replay({ strategy, market, tape, pyramid: pyramidOf(tape), markPyramid: tape.mark === null ? null : pyramidOf({ high: tape.mark.high, low: tape.mark.low, length: tape.length }), path: input.path, atrAt: bars === null ? null : atrOf(strategy, bars), fills, countsAmbiguous: true });
    this.#recording = new ReplayRecording(this.#replay, recorder);
  }

  async run(): Promise<BacktestRun> {
    const { tape } = this.#run;
    const replay = this.#replay;
    let position: TapePosition | null = { row: 0, point: 0, price: tape.open[0] as number };
    if (replay.start()) this.#recording.start(tape.startsAt);
    else position = null;
    for (;;) {
      const eventsBefore = replay.events;
      const bail = position === null ? replay.bailed : replay.run(position);
      this.#recording.write();
      if (bail === null) return this.#ended(this.#recording.lastStates());
      this.#patience = replay.events - eventsBefore < WORTH_WHILE ? Math.min(2 * this.#patience, PATIENCE_MAX) : PATIENCE;
      this.#recorder.detour(bail.at, bail.reason);
      const live = await (bail.position === null ? LiveReplay.start(this.#run, this.#recorder) : LiveReplay.resume(this.#run, this.#recorder, handOver(replay, this.#recording.ledgers, bail.position)));
      position = await this.#live(live);
      if (position === null) return this.#ended(live.lastStates());
      this.#recording.goOn();
    }
  }

  /** Lets the live engine go on until the replay can take over; null when the tape is at its end. */
  async #live(live: LiveReplay): Promise<TapePosition | null> {
    const before = live.counters.answers;
    while (await live.advance()) {
      const answers = live.counters.answers - before;
      if (answers < this.#patience) continue;
      const back = live.takeBack();
      if (back === null || !takeOver(this.#replay, back)) continue;
      this.#lived += answers;
      return back.position;
    }
    this.#lived += live.counters.answers - before;
    return null;
  }

  #ended(wallets: readonly LastState[]): BacktestRun {
    return BacktestRun.ended(this.#input, this.#run, this.#recorder, wallets, this.#replay.ambiguousCandles, this.#replay.events, this.#lived);
  }
}

/** Runs over the same candles share what was built of them. */
const pyramids = new WeakMap<PriceColumn, Pyramid>();

function pyramidOf({ high, low, length }: Pick<Tape, 'high' | 'low' | 'length'>): Pyramid {
  let pyramid = pyramids.get(high);
  if (pyramid === undefined) {
    pyramid = buildPyramid(high, low, length);
    pyramids.set(high, pyramid);
  }
  return pyramid;
}

/** The ATR of the bars that have closed at a time, as the engine measures it; worked out when a cycle asks for it. */
function atrOf({ unit }: Strategy, bars: AtrBars): (at: number) => DecimalString | null {
  const known = new Map<number, DecimalString | null>();
  if (unit.type !== 'atr') return () => null;
  return (at) => {
    const bar = Math.floor(at / bars.timeframeMs);
    let atr = known.get(bar);
    if (atr === undefined) {
      const closed = bars.closed(at, unit.length * ATR_LENGTHS);
      atr = closed.length < unit.length ? null : averageTrueRange(closed, unit.length);
      known.set(bar, atr);
    }
    return atr;
  };
}
