/**
 * The fast replay of a strategy over candles: what the live engine on the simulated exchange would do along the same tape, at a cost that
 * grows with what happens and not with the candles. Between two levels nothing can happen; the next candle that reaches one is looked up
 * (pyramid.ts), what happens there as well (compiled-ladder.ts), and money is counted in whole numbers (replay-wallet.ts).
 *
 * What the tables have no words for (a margin that may not suffice, a liquidation or risk limit within reach, an order that a jump left
 * behind) stops it just before, with the place on the tape, so that the live engine goes on from there.
 */
import type { PriceColumn } from '../domain/candle-columns.ts';
import type { DecimalString } from '../domain/decimal.ts';
import { invariant } from '../domain/invariant.ts';
import type { Strategy } from '../domain/strategy.ts';
import type { ResetReason } from '../domain/wallet.ts';
import type { WalletView } from '../../machines/plan.machine.ts';
import { PHASES } from '../../machines/wallet-cycle.ts';
import { openingState } from '../engine/plan-start.ts';
import type { SimulatedMarket } from '../sim/exchange/config.ts';
import { compiledPlan } from './compiled-plan.ts';
import type { CompiledPlan, PlanNode } from './compiled-plan.ts';
import { JUMP_LEVELS_MAX } from './compiled-ladder.ts';
import type { Transition } from './compiled-ladder.ts';
import type { Pyramid } from './pyramid.ts';
import { ENTRY, RESET_REASONS, ReplayLog } from './replay-log.ts';
import { boundedStop, nearestTo, replayMarket, takerPriceOf } from './replay-market.ts';
import type { ReplayMarket } from './replay-market.ts';
import { ReplayWallet } from './replay-wallet.ts';
import { ReplayWatch } from './replay-watch.ts';
import { ReplayCheckpoint } from './replay-checkpoint.ts';
import { ReplayFunding } from './replay-funding.ts';
import type { FillModel } from './fill-model.ts';
import { POINTS } from './path-units.ts';
import type { PathOrder } from './run-record.ts';
import { HIGH_FIRST, LOW_FIRST } from './tape.ts';
import type { Tape, TapePosition } from './tape.ts';

export interface Bail {
  readonly reason: string;
  /** The price visited last; null: none yet. */
  readonly position: TapePosition | null;
  readonly at: number;
}

export interface ReplayInput {
  readonly strategy: Strategy;
  readonly market: SimulatedMarket;
  /** Its `order` is filled in where the path is not `ohlc`. */
  readonly tape: Tape;
  readonly pyramid: Pyramid;
  /** Over the mark's extremes; null where the mark is the price. */
  readonly markPyramid: Pyramid | null;
  readonly path: PathOrder;
  /** The ATR (quote) the bot knows at this time; null where the unit needs none. */
  readonly atrAt: ((at: number) => DecimalString | null) | null;
  readonly fills: FillModel;
  /** False: candles in which the order of low and high matters are not looked for. Only with path `ohlc`. */
  readonly countsAmbiguous: boolean;
}

/** What is this near to its share of the volume is left to the engine, which rounds exactly. */
const VOLUME_ROOM = 1 - 1e-9;

export class Replay {
  readonly input: ReplayInput;
  readonly market: ReplayMarket;
  readonly wallets: readonly ReplayWallet[];
  readonly log = new ReplayLog();
  readonly plans: CompiledPlan;
  readonly watch: ReplayWatch;
  readonly funding: ReplayFunding;
  plan: PlanNode;
  ambiguousCandles = 0;
  #views: WalletView[];
  /** The state before the present tick, before the present candle, and after its first order. */
  readonly #saved: ReplayCheckpoint;
  readonly #before: ReplayCheckpoint;
  readonly #after: ReplayCheckpoint;
  /** Units of mark prices per price unit, and the mark in such units. */
  readonly #markUnits: number;
  #markNow = 0;
  /** Lots filled in the present tick. */
  #lotsNow = 0;
  /** Something of the present tick has been booked, which a bail undoes. */
  #isUnderWay = false;
  /** What has been reached before the present tick. */
  #candleNow = 0;
  #pointNow = -1;
  #priceNow = 0;
  readonly #tape: Tape;
  readonly #open: PriceColumn;
  readonly #high: PriceColumn;
  readonly #low: PriceColumn;
  readonly #close: PriceColumn;
  #events = 0;
  /** Of the present tick, by wallet. */
  readonly #transitions: (Transition | null)[] = [];
  /** What its last fill of the present tick was paid. */
  readonly #paid: number[] = [];
  bailed: Bail | null = null;

  constructor(input: ReplayInput) {
    const { strategy, tape } = input;
    this.input = input;
    this.#tape = tape;
    this.plans = compiledPlan(strategy);
    this.market = replayMarket(input.market, strategy, tape.decimals, input.fills);
    invariant(this.market.priceDecimals === tape.decimals, 'I15 the tape counts prices as finely as the tick', { decimals: tape.decimals });
    invariant(input.path === 'ohlc' || tape.order !== null, 'I22 a path that chooses has a place to write its choices', { path: input.path });
    this.wallets = strategy.wallets.map((spec) => new ReplayWallet(strategy, spec, this.market));
    this.watch = new ReplayWatch(strategy, this.market, this.wallets);
    const shadow = (): ReplayWallet[] => this.wallets.map(({ spec, ladder }) => new ReplayWallet(strategy, spec, this.market, ladder));
    this.funding = new ReplayFunding(tape, this.market, this.watch.accounts);
    this.#markUnits = 10 ** ((tape.mark?.decimals ?? tape.decimals) - tape.decimals);
    [this.#open, this.#high, this.#low, this.#close] = [tape.open, tape.high, tape.low, tape.close];
    const first = tape.text(tape.open[0] as number);
    const state = openingState(strategy, input.market, first, input.atrAt === null ? null : input.atrAt(tape.startsAt));
    this.watch.fundingUnit = this.funding.unit;
    this.plan = this.plans.nodeOfPlan(state);
    this.#saved = new ReplayCheckpoint(shadow(), this.plan);
    this.#before = new ReplayCheckpoint(shadow(), this.plan);
    this.#after = new ReplayCheckpoint(shadow(), this.plan);
    this.#views = [];
  }

  /** Levels reached and jumps answered so far. */
  get events(): number {
    return this.#events;
  }

  /** Opens the plan at the first price. False: it cannot, the live engine has to. */
  start(): boolean {
    const price = this.#open[0] as number;
    const at = this.#tape.startsAt;
    // Nobody holds anything when the first price comes.
    this.funding.skipUntil(at, 0);
    this.#moveMark(0, 0, at);
    this.#save();
    this.#views = this.wallets.map(({ node }) => ({ ...node.view, phase: 'RESET', isOpened: false }));
    this.watch.remember(price, at);
    for (const [index, wallet] of this.wallets.entries()) if (!this.#reset(index, wallet, price, at, 'start', price, at)) return this.#bail('the opening order', at);
    return this.#settleEvent(price, at);
  }

  /** Wallets and plan have just been set to a run that stands at this price. False where the table cannot go on from there. */
  goOn({ row, point, price }: TapePosition): boolean {
    const tape = this.#tape;
    this.#candleNow = row;
    this.#pointNow = point;
    this.#priceNow = price;
    this.#isUnderWay = false;
    this.#views = this.wallets.map(({ node }) => node.view);
    this.funding.skipUntil(tape.pointTime(row, point), row);
    if (tape.mark !== null) this.watch.mark = tape.mark.at(row, point) / this.#markUnits;
    for (const wallet of this.wallets) {
      wallet.aim();
      if (wallet.up <= price || wallet.down >= price) return false;
    }
    return this.plan.isRunning && this.watch.aim(price);
  }

  /** Goes on from the price visited last. Null when the end is reached. */
  run({ row, point, price }: TapePosition): Bail | null {
    const { pyramid } = this.input;
    const { length } = this.#tape;
    this.bailed = null;
    if (!this.#walk(row, point, price)) return this.bailed;
    let candle = row + 1;
    while (candle < length) {
      const up = this.#bound(true);
      const down = this.#bound(false);
      const reached = pyramid.next(candle, Math.min(this.funding.row, length), up, down);
      const next = this.#nextMark(candle, reached);
      if (next >= length) return null;
      const isQuiet = next === reached && (this.#high[next] as number) < up && (this.#low[next] as number) > down && this.#nextMark(next, next + 1) > next;
      if (!(isQuiet ? this.#payIn(next) : this.#candle(next))) return this.bailed;
      candle = next + 1;
    }
    return null;
  }

  /** The first candle before `to` in which the mark comes to an edge of the watch; `to` when it does in none, or is the price itself. */
  #nextMark(from: number, to: number): number {
    const { mark } = this.#tape;
    const { markPyramid } = this.input;
    if (mark === null || markPyramid === null) return to;
    const { up, down } = this.watch.state;
    return markPyramid.next(from, to, Math.floor(up * this.#markUnits), Math.ceil(down * this.#markUnits));
  }

  /** The mark moves with the price to a path point. False where that is for the live engine. */
  #moveMark(candle: number, k: number, at: number): boolean {
    const { mark } = this.#tape;
    if (mark === null) return true;
    const before = this.watch.mark;
    this.#markNow = mark.at(candle, k);
    this.watch.mark = this.#markNow / this.#markUnits;
    if (!this.watch.isBeyond(0)) return true;
    this.#bail(this.watch.state.reason, at);
    this.watch.mark = before;
    return false;
  }

  #bound(isUp: boolean): number {
    // A mark of its own moves at path points only and is looked at there.
    let bound = this.#tape.mark !== null ? (isUp ? Infinity : -Infinity) : isUp ? this.watch.state.up : this.watch.state.down;
    for (const { up, down } of this.wallets) bound = isUp ? Math.min(bound, up) : Math.max(bound, down);
    return bound;
  }

  // --- candles -----------------------------------------------------------------------------------------------------------------

  /** One candle in which something may happen, from its open. */
  #candle(candle: number): boolean {
    const { path, countsAmbiguous } = this.input;
    if (path === 'ohlc' && !countsAmbiguous) return this.#through(candle);
    const eventsBefore = this.#events;
    this.#keep(this.#before);
    if (!this.#through(candle)) return false;
    return this.#events === eventsBefore || this.#otherOrder(candle);
  }

  /** What the other order of low and high would have done; the path's choice between both stands. */
  #otherOrder(candle: number): boolean {
    const isLowFirst = this.#tape.isLowFirst(candle);
    this.#keep(this.#after);
    const events = this.#events;
    const { isOpen } = this.log;
    this.#restore(this.#before, false);
    this.log.isOpen = false;
    const goesThrough = this.#through(candle, !isLowFirst);
    this.log.isOpen = isOpen;
    const { wallets, plan } = this.#after;
    const isSame = goesThrough && this.plan === plan && this.wallets.every((wallet, index) => wallet.isAsWell(wallets[index] as ReplayWallet));
    if (!isSame) this.ambiguousCandles += 1;
    const close = this.#close[candle] as number;
    const gain = isSame || !goesThrough ? 0 : this.#equity(this.wallets, close) - this.#equity(wallets, close);
    const { path } = this.input;
    const isTaken = path === 'ohlc' ? false : path === 'worst' ? gain < 0 : gain > 0;
    if (!isTaken) {
      this.bailed = null;
      this.#restore(this.#after, false);
      this.#events = events;
      return true;
    }
    if (this.#tape.order !== null) this.#tape.order[candle] = isLowFirst ? HIGH_FIRST : LOW_FIRST;
    this.#restore(this.#before, true);
    return this.#through(candle);
  }

  #equity(wallets: readonly ReplayWallet[], price: number): number {
    return wallets.reduce((total, wallet) => total + wallet.equityAt(price), 0);
  }

  #keep(into: ReplayCheckpoint): void {
    for (let index = 0; index < this.wallets.length; index += 1) (into.wallets[index] as ReplayWallet).copy(this.wallets[index] as ReplayWallet);
    into.plan = this.plan;
    into.log = this.log.length;
    into.settlement = this.funding.settlement;
    into.fundingRow = this.funding.row;
    into.watch.copy(this.watch.state);
  }

  #restore(from: ReplayCheckpoint, cutsLog: boolean): void {
    for (let index = 0; index < this.wallets.length; index += 1) {
      const wallet = this.wallets[index] as ReplayWallet;
      wallet.copy(from.wallets[index] as ReplayWallet);
      this.#views[index] = wallet.node.view;
    }
    this.plan = from.plan;
    if (cutsLog) this.log.cut(from.log);
    this.funding.settlement = from.settlement;
    this.funding.row = from.fundingRow;
    this.watch.state.copy(from.watch);
  }

  /** The whole candle: the jump to its open, then the way through its other points. */
  #through(candle: number, isLowFirst = this.#tape.isLowFirst(candle)): boolean {
    const at = this.#tape.at[candle] as number;
    const price = this.#open[candle] as number;
    this.#candleNow = candle;
    this.#pointNow = -1;
    this.#priceNow = price;
    if (!this.#moveMark(candle, 0, at) || !this.#settleFunding(candle, price, at)) return false;
    if (!this.#arrive(price, at, true)) return false;
    return this.#walk(candle, 0, price, isLowFirst);
  }

  /** From `price`, between path points `point` and the next, to the close. */
  #walk(candle: number, point: number, price: number, isLowFirst = this.#tape.isLowFirst(candle)): boolean {
    for (let k = point; k < 3; k += 1) {
      const from = this.#pathPrice(candle, k, isLowFirst);
      if (!this.#move(candle, k, from, k === point ? price : from, this.#pathPrice(candle, k + 1, isLowFirst))) return false;
    }
    return true;
  }

  #pathPrice(candle: number, k: number, isLowFirst: boolean): number {
    if (k === 0) return this.#open[candle] as number;
    if (k === 3) return this.#close[candle] as number;
    return ((k === 1) === isLowFirst ? this.#low[candle] : this.#high[candle]) as number;
  }

  /** In continuous motion from one path point to the next, from where it has got to. */
  #move(candle: number, k: number, from: number, start: number, to: number): boolean {
    const isUp = to > from;
    const isPaying = candle >= this.funding.row;
    if (!isPaying && from === to && this.#tape.mark === null) return true;
    this.#candleNow = candle;
    this.#pointNow = k;
    this.#priceNow = start;
    for (;;) {
      const next = this.#bound(isUp);
      // What the last price of the way reaches is answered after the funding that is due there.
      if (isUp ? next >= to : next <= to) break;
      if (!this.#arrive(next, this.#timeOf(candle, k, from, to, next), false)) return false;
      this.#priceNow = next;
    }
    const isReached = from !== to && this.#bound(isUp) === to;
    if (!isPaying && !isReached && this.#tape.mark === null) return true;
    const at = this.#tape.pointTime(candle, k + 1);
    if (!this.#moveMark(candle, k + 1, at)) return false;
    if (isPaying && !this.#settleFunding(candle, to, at)) return false;
    if (isReached) return this.#arrive(to, at, false);
    this.#isUnderWay = false;
    return true;
  }

  #timeOf(candle: number, k: number, from: number, to: number, price: number): number {
    const start = this.#tape.pointTime(candle, k);
    const duration = this.#tape.pointTime(candle, k + 1) - start;
    const gone = Math.abs(price - from) * duration;
    const distance = Math.abs(to - from);
    return start + (gone - (gone % distance)) / distance;
  }

  // --- events ------------------------------------------------------------------------------------------------------------------

  /** The price stands at `price`; whoever it reaches answers. */
  #arrive(price: number, at: number, isJump: boolean): boolean {
    if (this.watch.isBeyond(price)) return this.#bail(this.watch.state.reason, at);
    let isTouched = false;
    for (let index = 0; index < this.wallets.length; index += 1) {
      const wallet = this.wallets[index] as ReplayWallet;
      const transition = price >= wallet.up ? this.#transition(wallet, price, true, isJump) : price <= wallet.down ? this.#transition(wallet, price, false, isJump) : null;
      if (transition?.unmodelled !== undefined && transition.unmodelled !== null) return this.#bail(transition.unmodelled, at);
      if (transition === null && (price >= wallet.up || price <= wallet.down)) return this.#bail('a jump over more levels than the table has', at);
      if (transition !== null) isTouched = true;
      this.#transitions[index] = transition;
    }
    if (!isTouched) {
      this.#isUnderWay = false;
      return true;
    }
    // The bot hears of the price first, of the payment then: what a touch alone decides, it decides without the payment.
    if (this.#isUnderWay && this.#transitions.some((transition) => transition !== null && this.#decidesAtOnce(transition))) return this.#bail('a reset at a price at which funding is paid', at);
    this.#events += 1;
    if (!this.#isUnderWay) this.watch.remember(price, at);
    this.#save();
    for (let index = 0; index < this.wallets.length; index += 1) {
      const transition = this.#transitions[index];
      if (transition === null || transition === undefined) continue;
      const reason = this.#answer(index, transition, price, at);
      if (reason !== null) return this.#bail(reason, at);
    }
    return this.#resetDue(price, at) && this.#settleEvent(price, at);
  }

  #decidesAtOnce({ reset, views }: Transition): boolean {
    return reset === 'advanced' || reset === 'recovered-in-cash' || views.some(({ hasAdvanced }) => hasAdvanced);
  }

  #isReached(price: number): boolean {
    return this.wallets.some(({ up, down }) => price >= up || price <= down);
  }

  #transition(wallet: ReplayWallet, price: number, isUp: boolean, isJump: boolean): Transition | null {
    if (!isJump) return wallet.ladder.touch(wallet.node, isUp);
    let levels = 1;
    const step = isUp ? 1 : -1;
    let level = isUp ? wallet.up : wallet.down;
    for (;;) {
      const next = wallet.levelAt(wallet.unit + step * (levels + 1));
      if (isUp ? next > price : next < price) break;
      levels += 1;
      level = next;
      if (levels > JUMP_LEVELS_MAX) return null;
    }
    return level === price && levels === 1 ? wallet.ladder.touch(wallet.node, isUp) : wallet.ladder.jump(wallet.node, isUp, levels, level === price);
  }

  /** One wallet's answer to the price: its touch, its fills, its reset. Null, or why the table cannot tell it. */
  #answer(index: number, transition: Transition, price: number, at: number): string | null {
    const wallet = this.wallets[index] as ReplayWallet;
    this.log.write(ENTRY.transition, at, index, transition.id, wallet.unit, price);
    let paid = price;
    const { fills } = transition;
    for (let step = 0; step < fills.length; step += 1) {
      const fill = fills[step] as Transition['fills'][number];
      const lots = wallet.lotsOf(fill);
      const trigger = wallet.levelAt(wallet.unit + fill.level);
      paid = boundedStop(this.market, fill.isBuy, this.#takerPrice(fill.isBuy, price), trigger);
      const obstacle = this.watch.obstacle(index, fill, lots, trigger, price, paid, this.#pointNow < 0) ?? this.#volumeObstacle(lots);
      if (obstacle !== null) return obstacle;
      wallet.book(fill, lots, paid, at);
      this.log.write(ENTRY.fill, at, index, step, lots, paid);
    }
    wallet.unit += transition.units;
    if (wallet.unit > wallet.peakUnit) wallet.peakUnit = wallet.unit;
    if (wallet.unit < wallet.valleyUnit) wallet.valleyUnit = wallet.unit;
    for (const view of transition.views) this.#see(index, view);
    if (transition.to !== null) wallet.node = transition.to;
    this.#paid[index] = paid;
    return null;
  }

  /** The orders of resets, after everything that fills at the price, and after the bot has looked at its limits in between. */
  #resetDue(price: number, at: number): boolean {
    let isChecked = false;
    for (let index = 0; index < this.wallets.length; index += 1) {
      const reason = this.#transitions[index]?.reset ?? null;
      if (reason === null) continue;
      if (!isChecked && !this.watch.aim(price)) return this.#bail(this.watch.state.reason, at);
      isChecked = true;
      if (!this.#reset(index, this.wallets[index] as ReplayWallet, price, at, reason, reason === 'ladder-complete' ? (this.#paid[index] as number) : price, this.#measuredAt(at))) return this.#bail('an order of a reset', at);
    }
    return true;
  }

  #takerPrice(isBuy: boolean, price: number): number {
    return takerPriceOf(this.market, isBuy, price, (this.#high[this.#candleNow] as number) - (this.#low[this.#candleNow] as number));
  }

  /** What fills at one price may be one order's, and none gets more than its share of the candle's volume. */
  #volumeObstacle(lots: number): string | null {
    const { volumeLots } = this.market;
    if (volumeLots === null) return null;
    this.#lotsNow += lots;
    return this.#lotsNow > (this.#tape.volume[this.#candleNow] as number) * volumeLots * VOLUME_ROOM ? 'an order larger than its share of the volume' : null;
  }

  #see(index: number, view: WalletView): void {
    this.#views[index] = view;
    this.plan = this.plans.see(this.plan, this.#views);
  }

  /** The end of everything at one price: the joint reset, then where the next levels and bounds are. */
  #settleEvent(price: number, at: number): boolean {
    if (this.plan.isRunning && this.plan.isJointResetDue) {
      this.#views = this.#views.map((view) => ({ ...view, phase: 'RESET' }));
      this.plan = this.plans.see(this.plan, this.#views);
      if (!this.watch.aim(price)) return this.#bail(this.watch.state.reason, at);
      // What fills make due comes after the bot has measured, what a touch makes due before.
      const isByFill = this.#transitions.some((transition) => transition !== null && transition.fills.length > 0);
      for (const [index, wallet] of this.wallets.entries()) if (!this.#reset(index, wallet, price, at, 'joint', price, isByFill ? at : this.#measuredAt(at))) return this.#bail('an order of a joint reset', at);
    }
    if (!this.plan.isRunning) return this.#bail('the plan stops by itself', at);
    for (const wallet of this.wallets) {
      wallet.aim();
      if (wallet.up <= price || wallet.down >= price) return this.#bail('two levels on one price', at);
    }
    if (!this.watch.aim(price)) return this.#bail(this.watch.state.reason, at);
    if (this.plan.phase !== this.#saved.plan.phase) this.log.write(ENTRY.plan, at, 0, PHASES.indexOf(this.plan.phase), 0, 0);
    this.#isUnderWay = false;
    return true;
  }

  /**
   * Ends a cycle and begins the next. False where the live engine has to. `measuredAt`: when the bot last looked at closed bars before it
   * decides; where an order is traded first it has looked again.
   */
  #reset(index: number, wallet: ReplayWallet, price: number, at: number, reason: ResetReason, resetPrice: number, measuredAt: number): boolean {
    if (wallet.short !== 0) return false;
    const target = wallet.targetLots(price, this.funding.unit);
    const lots = wallet.rebalanceLots(target, price);
    const isBuy = lots > 0;
    const paid = lots === 0 ? 0 : this.#takerPrice(isBuy, price);
    if (lots !== 0 && this.#volumeObstacle(Math.abs(lots)) !== null) return false;
    if (isBuy && this.watch.lacksMargin(index, lots, price, paid, this.#pointNow < 0)) return false;
    const anchor = lots === 0 ? nearestTo(this.market, resetPrice) : paid;
    const atr = this.input.atrAt === null ? null : this.input.atrAt(lots === 0 ? measuredAt : at);
    const unitSize = wallet.unitSizeFrom(anchor, atr);
    this.log.write(ENTRY.reset, at, index, RESET_REASONS.indexOf(reason), anchor, unitSize, price);
    if (lots !== 0) {
      if (isBuy) wallet.bought.add(lots, paid);
      else wallet.sold.add(-lots, paid);
      wallet.long += lots;
      this.log.write(ENTRY.fill, at, index, isBuy ? -1 : -2, Math.abs(lots), paid);
    }
    if (wallet.long === 0 || !wallet.begin(anchor, unitSize)) return false;
    if (reason !== 'start') wallet.cycle += 1;
    this.#see(index, wallet.ladder.start.view);
    return true;
  }

  /** Bars close where candles open, and at an open the bot answers the price before it looks at the bar that has just closed. */
  #measuredAt(at: number): number {
    return this.#pointNow < 0 ? this.#tape.pointTime(Math.max(0, this.#candleNow - 1), POINTS - 1) : at;
  }

  /** Before the first change of a tick. */
  #save(): void {
    if (this.#isUnderWay) return;
    this.#isUnderWay = true;
    this.#lotsNow = 0;
    this.#keep(this.#saved);
  }

  /** Undoes the present tick and stops before it. */
  #bail(reason: string, at: number): false {
    this.bailed = { reason, position: this.#position(), at };
    if (this.#isUnderWay) this.#restore(this.#saved, this.log.isOpen);
    this.#isUnderWay = false;
    return false;
  }

  /** The price visited last. */
  #position(): TapePosition | null {
    const tape = this.#tape;
    if (this.#pointNow >= 0) return { row: this.#candleNow, point: this.#pointNow, price: this.#priceNow };
    return this.#candleNow === 0 ? null : { row: this.#candleNow - 1, point: POINTS - 1, price: tape.close[this.#candleNow - 1] as number };
  }

  // --- funding -----------------------------------------------------------------------------------------------------------------

  /** A candle in which nothing happens but payments. */
  #payIn(candle: number): boolean {
    const isLowFirst = this.#tape.isLowFirst(candle);
    this.#candleNow = candle;
    for (let k = 0; k < POINTS && candle === this.funding.row; k += 1) {
      const price = this.#pathPrice(candle, k, isLowFirst);
      this.#pointNow = k - 1;
      this.#priceNow = k === 0 ? price : this.#pathPrice(candle, k - 1, isLowFirst);
      const at = this.#tape.pointTime(candle, k);
      if (!this.#moveMark(candle, k, at) || !this.#settleFunding(candle, price, at)) return false;
      this.#isUnderWay = false;
    }
    return true;
  }

  /** Pays what is due at this path point; the price has moved there. */
  #settleFunding(candle: number, price: number, at: number): boolean {
    const { funding, wallets, watch } = this;
    if (candle < funding.row || !funding.isDue(at)) return true;
    const isPrice = this.#tape.mark === null;
    const mark = isPrice ? price : this.#markNow;
    if (watch.isBeyond(price)) return this.#bail(watch.state.reason, at);
    if (this.#isReached(price)) watch.remember(price, at);
    this.#save();
    while (funding.isDue(at)) {
      this.log.write(ENTRY.funding, at, 0, funding.settlement, mark, 0);
      funding.pay(wallets, mark, isPrice ? price : watch.mark);
    }
    funding.aim(candle);
    return watch.aim(price) || this.#bail(watch.state.reason, at);
  }
}
