/**
 * What a replay wrote down, told to a `RunRecorder` as rows: the log is walked with the wallets' grids, holdings and exact ledgers beside it.
 */
import { PHASES } from '../../machines/wallet-cycle.ts';
import type { Phase } from '../../machines/wallet-cycle.ts';
import { D } from '../domain/decimal.ts';
import { openLedger } from '../domain/ledger.ts';
import type { Ledger } from '../domain/ledger.ts';
import type { Leg } from '../domain/wallet.ts';
import type { FillStep, LadderNode, Transition } from './compiled-ladder.ts';
import { POINTS } from './path-units.ts';
import { ReplayBook, decimalText } from './replay-book.ts';
import { ENTRY, ENTRY_WIDTH, RESET_REASONS } from './replay-log.ts';
import type { Replay } from './replay.ts';
import { ReplayWallet } from './replay-wallet.ts';
import type { FillRow } from './run-record.ts';
import { WINDOW_ROLES } from './run-record.ts';
import type { LastState, RunRecorder } from './run-recorder.ts';
import { scaled } from './whole-numbers.ts';
import type { WindowRole } from './window-log.ts';

/** A wallet along the log. */
interface Walker {
  readonly wallet: ReplayWallet;
  readonly index: number;
  /** Levels of the present cycle. */
  readonly grid: ReplayWallet;
  book: ReplayBook;
  node: LadderNode | null;
  unit: number;
  cycle: number;
  peakUnit: number;
  valleyUnit: number;
  long: number;
  short: number;
  transition: Transition | null;
  /** The price of the present reset; its order was asked for there. */
  resetPrice: number;
  /** Windows that rest: role and price, in pairs. */
  windows: number[];
}

/** A fill of the present tick, with what decides its place among the others. */
interface TickFill {
  readonly row: FillRow;
  /** Price units; null for the order of a reset, which comes after what filled at its price. */
  readonly trigger: number | null;
}

export class ReplayRecording {
  readonly #replay: Replay;
  readonly #recorder: RunRecorder;
  readonly #walkers: readonly Walker[];
  readonly #decimals: number;
  #fills: TickFill[] = [];
  #hasMoved = false;

  constructor(replay: Replay, recorder: RunRecorder) {
    this.#replay = replay;
    this.#recorder = recorder;
    const { strategy } = replay.input;
    const { market, funding } = replay;
    this.#decimals = Math.max(market.valueUnit.decimalPlaces() + new D(market.config.takerFee).decimalPlaces(), funding.unit.decimalPlaces(), funding.markUnit.decimalPlaces());
    this.#walkers = replay.wallets.map((wallet, index) => ({
      wallet,
      index,
      grid: new ReplayWallet(strategy, wallet.spec, market, wallet.ladder),
      book: new ReplayBook(openLedger(wallet.spec.capital), this.#decimals, market.valueUnit, funding.unit),
      node: null,
      unit: 0,
      cycle: -1,
      peakUnit: 0,
      valleyUnit: 0,
      long: 0,
      short: 0,
      transition: null,
      resetPrice: 0,
      windows: [],
    }));
  }

  /** The run begins, at its first price. */
  start(at: number): void {
    this.#recorder.phase(at, 'plan', this.#replay.plan.phase);
    this.#recorder.operation(at, 'running', null);
  }

  /** The replay has taken over a run that goes on: from its wallets as they are now. */
  goOn(): void {
    for (const walker of this.#walkers) {
      const { wallet, grid } = walker;
      grid.setGrid(wallet.anchor, wallet.unitSize);
      walker.book = new ReplayBook(wallet.base, this.#decimals, this.#replay.market.valueUnit, this.#replay.funding.unit);
      walker.node = wallet.node;
      walker.unit = wallet.unit;
      walker.cycle = wallet.cycle;
      walker.peakUnit = wallet.peakUnit;
      walker.valleyUnit = wallet.valleyUnit;
      walker.long = wallet.long;
      walker.short = wallet.short;
      walker.windows = [];
    }
    for (const [wallet, role, price] of this.#recorder.windows.resting()) this.#walkers[wallet]?.windows.push(role, price);
  }

  /** Tells everything written so far; the log is empty then. */
  write(): void {
    const { entries } = this.#replay.log;
    const { length, values } = entries;
    let tickAt = Number.NaN;
    let tickPrice = Number.NaN;
    for (let row = 0; row < length; row += 1) {
      const start = row * ENTRY_WIDTH;
      const [kind, at, index, a, b, c, d] = values.subarray(start, start + ENTRY_WIDTH) as unknown as [number, number, number, number, number, number, number];
      const price = kind === ENTRY.transition ? c : kind === ENTRY.reset ? d : kind === ENTRY.funding ? b : tickPrice;
      if (at !== tickAt || price !== tickPrice) {
        this.#endTick(tickAt);
        tickAt = at;
        tickPrice = price;
      }
      switch (kind) {
        case ENTRY.transition:
          this.#transition(this.#walkers[index] as Walker, at, a);
          break;
        case ENTRY.fill:
          this.#fill(this.#walkers[index] as Walker, at, a, b, c);
          break;
        case ENTRY.reset:
          this.#reset(this.#walkers[index] as Walker, at, a, b, c, d);
          break;
        case ENTRY.funding:
          this.#funding(at, a, b);
          break;
        default:
          this.#recorder.phase(at, 'plan', PHASES[a] as Phase);
      }
    }
    this.#endTick(tickAt);
    this.#replay.log.cut(0);
  }

  /** The ledgers after everything written so far. */
  get ledgers(): readonly Ledger[] {
    return this.#walkers.map(({ book }) => book.ledger);
  }

  #transition(walker: Walker, at: number, id: number): void {
    const transition = walker.wallet.ladder.transitions[id] as Transition;
    walker.transition = transition;
    this.#recorder.phase(at, walker.wallet.spec.name, transition.to?.phase ?? 'RESET');
    if (transition.fills.length === 0) this.#arrive(walker);
  }

  /** The transition is through: the wallet is in its new node, or waits for its reset. */
  #arrive(walker: Walker): void {
    const { transition } = walker;
    if (transition === null) return;
    walker.transition = null;
    walker.unit += transition.units;
    walker.peakUnit = Math.max(walker.peakUnit, walker.unit);
    walker.valleyUnit = Math.min(walker.valleyUnit, walker.unit);
    walker.node = transition.to;
  }

  #fill(walker: Walker, at: number, step: number, lots: number, paid: number): void {
    if (step < 0) return this.#resetFill(walker, at, step === -1, lots, paid);
    const { transition, grid, unit, cycle } = walker;
    const { role, leg, isBuy, level } = transition?.fills[step] as FillStep;
    const trigger = grid.levelAt(unit + level);
    this.#fills.push({ row: this.#rowOf(walker, { at, cycle, role, level: unit + level, leg, side: isBuy ? 'buy' : 'sell', lots, paid, wanted: trigger }), trigger });
    if (transition !== null && step === transition.fills.length - 1) this.#arrive(walker);
  }

  #resetFill(walker: Walker, at: number, isBuy: boolean, lots: number, paid: number): void {
    const role = walker.long === 0 && walker.short === 0 ? 'market-buy' : 'rebalance';
    const leg = isBuy ? 'open-long' : 'close-long';
    const row = this.#rowOf(walker, { at, cycle: walker.cycle, role, level: null, leg, side: isBuy ? 'buy' : 'sell', lots, paid, wanted: walker.resetPrice });
    this.#fills.push({ row, trigger: null });
  }

  #rowOf(walker: Walker, { lots, paid, wanted, ...row }: Pick<FillRow, 'at' | 'cycle' | 'role' | 'level' | 'leg' | 'side'> & { readonly lots: number; readonly paid: number; readonly wanted: number }): FillRow {
    const { market } = this.#replay;
    const { book } = walker;
    const value = BigInt(lots) * BigInt(paid) * book.unit;
    const fee = (value * BigInt(market.takerFee.numerator)) / BigInt(market.takerFee.denominator);
    const isLong = row.leg === 'open-long' || row.leg === 'close-long';
    book.trade(row.leg, lots, isLong ? walker.long : walker.short, value, fee);
    addLots(walker, row.leg, lots);
    this.#hasMoved = true;
    const lost = row.side === 'buy' ? paid - wanted : wanted - paid;
    return {
      at: row.at,
      wallet: walker.wallet.spec.name,
      cycle: row.cycle,
      role: row.role,
      level: row.level,
      leg: row.leg,
      side: row.side,
      price: this.#replay.input.tape.text(paid),
      amount: lotsText(lots, market.lot),
      fee: book.text(fee),
      takerOrMaker: 'taker',
      slippage: book.text(BigInt(lost) * BigInt(lots) * book.unit),
    };
  }

  #reset(walker: Walker, at: number, reason: number, anchor: number, unitSize: number, price: number): void {
    const { tape } = this.#replay.input;
    const { book, peakUnit, valleyUnit } = walker;
    const equity = book.balance + BigInt(walker.long - walker.short) * BigInt(price) * book.unit;
    walker.cycle += 1;
    const { name } = walker.wallet.spec;
    this.#recorder.cycles.push({ at, wallet: name, cycle: walker.cycle, reason: RESET_REASONS[reason] as (typeof RESET_REASONS)[number], anchor: tape.text(anchor), unitSize: tape.text(unitSize), equity: book.text(equity), peakUnit, valleyUnit });
    this.#recorder.phase(at, name, 'ADVANCE');
    walker.grid.setGrid(anchor, unitSize);
    walker.node = walker.wallet.ladder.start;
    walker.unit = walker.peakUnit = walker.valleyUnit = 0;
    walker.resetPrice = price;
    this.#hasMoved = true;
  }

  /** By account and leg, as the exchange pays. */
  #funding(at: number, settlement: number, mark: number): void {
    const { tape } = this.#replay.input;
    const markPrice = (tape.mark ?? tape).text(mark);
    const rate = tape.funding?.rate[settlement] ?? '0';
    const { funding } = this.#replay;
    for (const { wallets, isNetted } of this.#replay.watch.accounts) {
      const walkers = wallets.map((index) => this.#walkers[index] as Walker);
      const legs = isNetted ? [walkers.map(({ long, short }) => long - short)] : [walkers.map(({ long }) => long), walkers.map(({ short }) => -short)];
      for (const lots of legs) {
        if (isNetted && lots.reduce((net, held) => net + held, 0) === 0) continue;
        const shares = funding.sharesOf(lots, mark, funding.rateOf(settlement));
        for (const [index, walker] of walkers.entries()) if (lots[index] !== 0) this.#pay(walker, at, (shares[index] as bigint) * walker.book.fundingUnit, markPrice, rate);
      }
    }
  }

  #pay({ wallet, book }: Walker, at: number, amount: bigint, markPrice: string, rate: string): void {
    book.pay(amount);
    this.#recorder.funding.push({ at, wallet: wallet.spec.name, amount: book.text(amount), rate, markPrice });
    this.#hasMoved = true;
  }

  /** Everything at one price has been told. */
  #endTick(at: number): void {
    if (Number.isNaN(at)) return;
    const fills = this.#fills;
    if (fills.length > 0) {
      // What the price passed first, whichever wallet it was of; the rest is in order already.
      if (fills.length > 1) fills.sort(byPassage);
      for (const { row } of fills) this.#recorder.fills.push(row);
      this.#fills = [];
    }
    if (this.#hasMoved) this.#noteHoldings(at);
    this.#hasMoved = false;
    for (const walker of this.#walkers) this.#noteWindows(walker, at);
  }

  #noteHoldings(at: number): void {
    const { holdings } = this.#recorder;
    const { lot } = this.#replay.market;
    holdings.begin(at);
    for (const { index, book, long, short } of this.#walkers) holdings.set(index, Number(book.text(book.balance)), Number(lotsText(long - short, lot)), Number(lotsText(long + short, lot)));
  }

  #noteWindows(walker: Walker, at: number): void {
    const { node, grid, unit, windows, index } = walker;
    if (node === null) return;
    const { scale } = this.#replay.input.tape;
    const resting: number[] = [];
    for (const { role, level } of node.orders) {
      const price = grid.levelAt(unit + level);
      const known = WINDOW_ROLES.indexOf(role as WindowRole);
      if (known >= 0 && price > 0) resting.push(known, price / scale);
    }
    if (isSame(windows, resting)) return;
    const log = this.#recorder.windows;
    for (let each = 0; each < windows.length; each += 2) if (!has(resting, windows[each] as number, windows[each + 1] as number)) log.gone(at, index, windows[each] as number, windows[each + 1] as number);
    for (let each = 0; each < resting.length; each += 2) if (!has(windows, resting[each] as number, resting[each + 1] as number)) log.placed(at, index, resting[each] as number, resting[each + 1] as number);
    walker.windows = resting;
  }

  /** The wallets at the last mark. */
  lastStates(): LastState[] {
    const { market, funding: { markUnit } } = this.#replay;
    const { tape } = this.#replay.input;
    const last = tape.length - 1;
    const price = BigInt(tape.mark === null ? (tape.close[last] as number) : tape.mark.at(last, POINTS - 1));
    return this.#walkers.map(({ wallet, book, long, short, cycle, node, peakUnit, valleyUnit }) => {
      const { capital, realised, fees, funding } = book.ledger;
      const equity = book.balance + BigInt(long - short) * price * book.scale(markUnit);
      const unrealised = equity - book.scale(capital) - book.scale(realised) + book.scale(fees) - book.scale(funding);
      return {
        wallet: wallet.spec.name,
        capital,
        equity: book.text(equity),
        realised,
        unrealised: book.text(unrealised),
        fees,
        funding,
        long: lotsText(long, market.lot),
        short: lotsText(short, market.lot),
        cycle,
        phase: node?.phase ?? 'RESET',
        peakUnit,
        valleyUnit,
      };
    });
  }
}

/** Of one tick: buys from the lowest trigger up, sells from the highest down, the orders of resets last. */
function byPassage(a: TickFill, b: TickFill): number {
  if (a.trigger === null || b.trigger === null) return Number(a.trigger === null) - Number(b.trigger === null);
  return a.row.side === 'buy' ? a.trigger - b.trigger : b.trigger - a.trigger;
}

function addLots(walker: Walker, leg: Leg, lots: number): void {
  switch (leg) {
    case 'open-long':
      walker.long += lots;
      return;
    case 'close-long':
      walker.long -= lots;
      return;
    case 'open-short':
      walker.short += lots;
      return;
    case 'close-short':
      walker.short -= lots;
  }
}

function has(windows: readonly number[], role: number, price: number): boolean {
  for (let each = 0; each < windows.length; each += 2) if (windows[each] === role && windows[each + 1] === price) return true;
  return false;
}

function isSame(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index]);
}

function lotsText(lots: number, lot: D): string {
  const decimals = lot.decimalPlaces();
  return decimalText(BigInt(lots) * BigInt(scaled(lot, decimals)), decimals);
}
