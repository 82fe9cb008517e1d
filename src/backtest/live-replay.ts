/**
 * The live engine along a tape: the same bot, the same exchange, shown only prices at which something can happen. What it skips changes
 * nothing, so a run is the same as one that visits every price (held by a property test):
 *
 * - the exchange is quiet between the triggers and limits that rest there and inside its liquidation bands;
 * - the engine has nothing to do inside its own band, before its next deadline, and unless a bar of its ATR has closed;
 * - funding is settled at its path points.
 *
 * A deadline finds the exchange as it was at the last price before it, so that price is visited first. A closed bar matters only to what
 * happens after it, so it is looked at just before that.
 */
import { HedgerowError } from '../domain/errors.ts';
import { parseTimeframe } from '../domain/timeframe.ts';
import { ATR_LENGTHS } from '../engine/atr-watch.ts';
import { factsOf, operationOf, phaseOf } from '../engine/step.ts';
import type { Tick } from '../ports/price-feed.ts';
import type { Handover } from './handover.ts';
import type { Place } from './fill-model.ts';
import { checkFillModel } from './fill-model.ts';
import { LiveRecording, lastStates } from './live-recording.ts';
import { LiveWorld } from './live-world.ts';
import type { LiveRun } from './live-world.ts';
import { mayThin, quietOf, retriesInVain } from './live-quiet.ts';
import type { Quiet } from './live-quiet.ts';
import { POINTS } from './path-units.ts';
import type { LastState, RunRecorder } from './run-recorder.ts';
import type { TapePosition } from './tape.ts';

/** How far apart the last deadlines of a kind were at which nothing happened. */
interface Pace {
  readonly periodMs: number;
  /** Twice in a row. */
  readonly isSteady: boolean;
}

const NO_PACE: Pace = { periodMs: NaN, isSteady: false };
const NOT_IDLE = { attempt: NO_PACE, read: NO_PACE };

export class LiveReplay {
  readonly #run: LiveRun;
  readonly #world: LiveWorld;
  readonly #recording: LiveRecording;
  readonly #place: Place;
  /** The price visited last. */
  #at: TapePosition;
  #time: number;
  #funding: number;
  /** The path point of the next settlement; null when there is none. */
  #fundingPoint: { readonly row: number; readonly point: number } | null;
  /** Length of a bar of the ATR, ms; null without one. */
  readonly #barMs: number | null;
  #idle = NOT_IDLE;
  readonly counters = { visits: 0, answers: 0, wakes: 0 };

  private constructor(run: LiveRun, world: LiveWorld, recording: LiveRecording, place: Place, at: TapePosition) {
    const { tape, strategy } = run;
    this.#run = run;
    this.#world = world;
    this.#recording = recording;
    this.#place = place;
    this.#at = at;
    this.#time = tape.timeOf(at);
    this.#funding = tape.firstFunding;
    this.#fundingPoint = null;
    this.#barMs = strategy.unit.type === 'atr' ? parseTimeframe(strategy.unit.timeframe) : null;
  }

  /** At the first price, where the plan starts. Rejects as a live start does, and with INPUT_INVALID where an ATR has too little history. */
  static async start(run: LiveRun, recorder: RunRecorder): Promise<LiveReplay> {
    checkFillModel(run.fills);
    checkHistory(run);
    const place = { row: 0 };
    const recording = new LiveRecording(recorder);
    const world = await LiveWorld.open(run, place, recording);
    const first: TapePosition = { row: 0, point: 0, price: run.tape.open[0] as number };
    const replay = new LiveReplay(run, world, recording, place, first);
    await replay.#visit(first);
    return replay;
  }

  /** Where another implementation has come to. The recorder goes on. */
  static async resume(run: LiveRun, recorder: RunRecorder, handover: Handover): Promise<LiveReplay> {
    const { position, plan } = handover;
    const place = { row: position.row };
    const recording = new LiveRecording(recorder);
    recording.goOn(plan);
    const world = await LiveWorld.resume(run, place, recording, handover, tickAt(run, position));
    const replay = new LiveReplay(run, world, recording, place, position);
    replay.#skipFunding();
    recording.settled(replay.#time, world.runner);
    return replay;
  }

  /** The price visited last. */
  get position(): TapePosition {
    return this.#at;
  }

  /** The plan at the last price of the tape, or wherever it is. */
  lastStates(): LastState[] {
    const { tape } = this.#run;
    const { state } = this.#world.runner;
    if (state === null) throw new HedgerowError('INVARIANT_BROKEN', 'I9 the plan has started');
    return lastStates(state, tickAt(this.#run, { row: tape.length - 1, point: POINTS - 1, price: tape.close[tape.length - 1] as number }).mark);
  }

  /** To the end of the tape. */
  async run(): Promise<void> {
    while (await this.advance()) {
      // Everything happens in `advance`.
    }
  }

  /** To the next price, or deadline, at which something can happen. False when the tape is at its end. */
  async advance(): Promise<boolean> {
    const { tape } = this.#run;
    const soonest = this.#world.runner.nextWakeAt;
    const period = this.#idlePeriod();
    const next = this.#nextEvent(period === null ? soonest : Infinity);
    const eventAt = next === null ? Infinity : tape.timeOf(next);
    const wakeAt = period === null ? soonest : this.#lastIdleWake(soonest, period, Math.min(eventAt, tape.endsAt));
    if (wakeAt <= eventAt && wakeAt <= tape.endsAt) {
      await this.#wake(wakeAt);
      return true;
    }
    const target = next ?? this.#end();
    if (target === null) return false;
    const before = this.#barMs === null ? null : tape.previous(target);
    if (before !== null && this.#isAfter(before) && this.#hasBarClosed(tape.timeOf(before))) await this.#visit(before);
    else await this.#visit(target);
    return true;
  }

  /**
   * The run as it stands, for another implementation to go on with; null unless everything is regular: the plan runs, every desired order
   * rests untouched, and nothing is withheld, refused, under way or unknown; and it has moved on since it was handed over.
   */
  takeBack(): Handover | null {
    const { runner, exchange } = this.#world;
    const { state, memory } = runner;
    if (state === null || this.counters.visits === 0 || operationOf(state) !== 'running' || runner.refusals.size > 0 || runner.withheld.length > 0 || runner.nextAttemptAt !== Infinity || memory.external.length > 0) return null;
    if (state.wallets.some((wallet) => phaseOf(wallet) === 'RESET' || !factsOf(wallet).isOpened)) return null;
    const isResting = runner.workingOrders.every((order) => order.status === 'live' && order.triggerPrice !== null && !order.isTriggered && order.filled === '0' && order.finalStatus === null);
    const { actions, withheld } = runner.preview();
    if (!isResting || actions.length > 0 || withheld.length > 0) return null;
    const accounts = [...runner.accounts].map((account) => {
      const { cash, fees, funding, positions } = exchange.accountTruth(account);
      return { account, cash, fees, funding, legs: positions.map(({ positionSide, amount, cost, margin }) => ({ positionSide, amount, cost, margin })) };
    });
    return { plan: state, risk: memory.risk, accounts, position: this.#at };
  }

  #end(): TapePosition | null {
    const { tape } = this.#run;
    const end: TapePosition = { row: tape.length - 1, point: POINTS - 1, price: tape.close[tape.length - 1] as number };
    return this.#isAfter(end) ? end : null;
  }

  #isAfter(position: TapePosition): boolean {
    return isBefore(this.#run, this.#at, position);
  }

  #hasBarClosed(time: number): boolean {
    return this.#barMs !== null && Math.floor(time / this.#barMs) > Math.floor(this.#time / this.#barMs);
  }

  async #visit(position: TapePosition): Promise<void> {
    const { tape } = this.#run;
    this.#at = position;
    this.#time = tape.timeOf(position);
    this.#place.row = position.row;
    this.counters.visits += 1;
    const settlements = position.price === tape.pointPrice(position.row, position.point) ? this.#settlementsUntil(this.#time) : [];
    if (!(await this.#world.tick(tickAt(this.#run, position), settlements))) return;
    this.counters.answers += 1;
    this.#idle = NOT_IDLE;
    this.#recording.settled(this.#time, this.#world.runner);
  }

  async #wake(wakeAt: number): Promise<void> {
    const { tape } = this.#run;
    const first = tape.firstAt(wakeAt);
    const before = first === null ? null : tape.previous(first);
    const { answers } = this.counters;
    if (before !== null && this.#isAfter(before)) await this.#visit(before);
    const { runner, exchange } = this.#world;
    const due = this.counters.answers === answers ? wakeAt : runner.nextWakeAt;
    if (first === null || due > tape.timeOf(first)) return;
    this.counters.wakes += 1;
    const { state } = runner;
    const isAttempt = runner.nextAttemptAt <= due;
    await this.#world.wake(Math.max(due, exchange.now()));
    const isIdle = runner.state === state && !this.#recording.hasHeard && retriesInVain(runner);
    this.#recording.settled(exchange.now(), runner);
    if (!isIdle) this.#idle = NOT_IDLE;
    else if (isAttempt) this.#idle = { ...this.#idle, attempt: periodAfter(this.#idle.attempt, exchange.now(), runner.nextAttemptAt) };
    else this.#idle = { ...this.#idle, read: periodAfter(this.#idle.read, exchange.now(), runner.nextReadAt) };
  }

  /** Deadlines come at this interval and nothing happens at them, ms; null where that is not known. */
  #idlePeriod(): number | null {
    if (!mayThin(this.#run.strategy)) return null;
    const { runner } = this.#world;
    const isRetrying = runner.nextAttemptAt !== Infinity;
    if (isRetrying && runner.nextReadAt <= runner.nextAttemptAt) return null;
    const { isSteady, periodMs } = isRetrying ? this.#idle.attempt : this.#idle.read;
    return isSteady ? periodMs : null;
  }

  /** The last of these deadlines before something happens; attempts never pass over a reading. */
  #lastIdleWake(soonest: number, periodMs: number, before: number): number {
    const { runner } = this.#world;
    const bound = runner.nextAttemptAt === Infinity ? before : Math.min(before, runner.nextReadAt);
    return soonest + Math.max(0, Math.floor((bound - soonest) / periodMs)) * periodMs;
  }

  /** Rates that came due since the last path point that was visited with funding. */
  #settlementsUntil(time: number): readonly string[] {
    const { funding, endFunding } = this.#run.tape;
    const rates: string[] = [];
    for (; funding !== null && this.#funding < endFunding && (funding.at[this.#funding] as number) <= time; this.#funding += 1) rates.push(funding.rate[this.#funding] as string);
    this.#findFundingPoint();
    return rates;
  }

  /** What came due until the position of a handover has been settled by whoever came there. */
  #skipFunding(): void {
    const { tape } = this.#run;
    const { funding, endFunding } = tape;
    const { row, point } = this.#at;
    while (funding !== null && this.#funding < endFunding && (funding.at[this.#funding] as number) <= tape.pointTime(row, point)) this.#funding += 1;
    this.#findFundingPoint();
  }

  #findFundingPoint(): void {
    const { tape } = this.#run;
    this.#fundingPoint = tape.funding === null || this.#funding >= tape.endFunding ? null : tape.pointAt(tape.funding.at[this.#funding] as number);
  }

  /** The next price at which something can happen; null when that is not before `wakeAt`, or nowhere. */
  #nextEvent(wakeAt: number): TapePosition | null {
    const { tape } = this.#run;
    const quiet = quietOf(this.#world, this.#run.strategy, tape);
    const { until } = quiet;
    const limit = wakeAt === Infinity ? tape.length : tape.rowAt(wakeAt);
    const reached = this.#isLoud(quiet) ? tape.next(this.#at) : this.#search(quiet, limit);
    if (until === Infinity) return reached;
    const due = tape.firstAt(until);
    return due !== null && this.#isAfter(due) && (reached === null || isBefore(this.#run, due, reached)) ? due : reached;
  }

  /** Where the price stands every price counts. */
  #isLoud({ lastLow, lastHigh, markLow, markHigh }: Quiet): boolean {
    const { mark } = this.#run.tape;
    const { row, point, price } = this.#at;
    if (price <= lastLow || price >= lastHigh) return true;
    return mark !== null && isOutside(mark.at(row, point), markLow, markHigh);
  }

  /** From a quiet place: along the rest of the candle, then candle by candle; null when no row before `limit` has anything. */
  #search(quiet: Quiet, limit: number): TapePosition | null {
    const { tape } = this.#run;
    const { mark } = tape;
    const { lastLow, lastHigh, markLow, markHigh } = quiet;
    let { row, point, price } = this.#at;
    for (;;) {
      for (; point < POINTS - 1; point += 1) {
        const end = tape.pointPrice(row, point + 1);
        if (end >= lastHigh || end <= lastLow) return this.#firstOutside(quiet, row, point, price, end);
        if (this.#isFundingPoint(row, point + 1) || (mark !== null && isOutside(mark.at(row, point + 1), markLow, markHigh))) return { row, point: point + 1, price: end };
        price = end;
      }
      row = this.#nextRow(quiet, row + 1, limit);
      if (row >= limit) return null;
      point = 0;
      price = tape.open[row] as number;
      const isEvent = isOutside(price, lastLow, lastHigh) || this.#isFundingPoint(row, 0) || (mark !== null && isOutside(mark.at(row, 0), markLow, markHigh));
      if (isEvent) return { row, point, price };
    }
  }

  /** On the way from a quiet price to `end`, which is not. */
  #firstOutside({ lastLow, lastHigh }: Quiet, row: number, point: number, price: number, end: number): TapePosition {
    const { tick } = this.#run.tape;
    const reached = end > price ? Math.ceil(lastHigh / tick) * tick : Math.floor(lastLow / tick) * tick;
    const isBetween = end > price ? reached < end : reached > end;
    return isBetween ? { row, point, price: reached } : { row, point: point + 1, price: end };
  }

  /** The first row from `row` on, and before `limit`, in which anything can happen. */
  #nextRow({ lastLow, lastHigh, markLow, markHigh }: Quiet, from: number, limit: number): number {
    const { high, low, mark } = this.#run.tape;
    const end = Math.min(limit, this.#fundingPoint?.row ?? limit);
    let row = from;
    if (mark === null) while (row < end && (high[row] as number) < lastHigh && (low[row] as number) > lastLow) row += 1;
    else while (row < end && (high[row] as number) < lastHigh && (low[row] as number) > lastLow && (mark.high[row] as number) < markHigh && (mark.low[row] as number) > markLow) row += 1;
    return row;
  }

  #isFundingPoint(row: number, point: number): boolean {
    return this.#fundingPoint !== null && this.#fundingPoint.row === row && this.#fundingPoint.point === point;
  }
}

function periodAfter(before: Pace, now: number, next: number): Pace {
  return { periodMs: next - now, isSteady: before.periodMs === next - now };
}

function isOutside(price: number, low: number, high: number): boolean {
  return price <= low || price >= high;
}

function isBefore({ tape }: LiveRun, a: TapePosition, b: TapePosition): boolean {
  if (a.row !== b.row) return a.row < b.row;
  if (a.point !== b.point) return a.point < b.point;
  const start = tape.pointPrice(a.row, a.point);
  return Math.abs(a.price - start) < Math.abs(b.price - start);
}

/** From a path point on the mark is that of the point, also for prices on the way to the next one. */
function tickAt({ tape, strategy }: LiveRun, position: TapePosition): Tick {
  const last = tape.text(position.price);
  const mark = tape.mark === null ? last : tape.mark.text(tape.mark.at(position.row, position.point));
  return { symbol: strategy.symbol, at: tape.timeOf(position), last, mark, index: mark };
}

export function checkHistory({ strategy, tape, bars }: LiveRun): void {
  const { unit } = strategy;
  if (unit.type !== 'atr') return;
  const found = bars?.closed(tape.startsAt, unit.length * ATR_LENGTHS).length ?? 0;
  if (found >= unit.length) return;
  throw new HedgerowError('INPUT_INVALID', `the unit's ATR of length ${unit.length} needs ${unit.length} closed bars of ${unit.timeframe} before the first price and there are ${found}; start later, or give candles from before`);
}
