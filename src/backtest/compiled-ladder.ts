/**
 * A wallet's machine, ladder and windows compiled to a table, so that a replay looks up what the live code would do instead of doing it.
 *
 * What a ladder does depends on few facts: its phase, which rungs are out, how far its top is from the last level touched. Each such
 * combination is one node. What happens when the price reaches a level, or jumps over several, is found out the first time it is asked
 * for, by running the live machine, ladder and desired orders on a wallet of round numbers in that node, and remembered. Nothing of their
 * behaviour is written here a second time. Which amounts and prices a fill has is left to the replay: the table says only whence they come.
 */
import { PHASES } from '../../machines/wallet-cycle.ts';
import type { Phase } from '../../machines/wallet-cycle.ts';
import type { WalletView } from '../../machines/plan.machine.ts';
import { D, dec, plain } from '../domain/decimal.ts';
import { levelAt } from '../domain/grid.ts';
import { invariant } from '../domain/invariant.ts';
import type { Fill } from '../domain/ladder.ts';
import type { Instrument, Strategy, WalletName, WalletSpec } from '../domain/strategy.ts';
import { gridOf, newWallet, splitAmount, walletParameters } from '../domain/wallet.ts';
import type { Leg, ResetReason, WalletFacts, WalletParameters } from '../domain/wallet.ts';
import { factsOf, phaseOf, stepWallet, viewOf, walletIn } from '../engine/step.ts';
import type { WalletState } from '../engine/step.ts';
import { desiredOrders } from '../window/desired-orders.ts';
import type { DesiredOrder } from '../window/desired-orders.ts';

/** Whence the amount of a leg comes: the whole long of a rotation, what the rung holds, a share of the notional at the level, the fragment. */
export type AmountSource = 'core' | 'rung' | 'entry' | 'fragment';

/** One leg of an order that fills. Levels are relative to the wallet's unit before the event. */
export interface FillStep {
  readonly role: Fill['role'];
  readonly leg: Leg;
  readonly isBuy: boolean;
  readonly opens: boolean;
  /** Index of the rung; −1 for the full stop of a rotation. */
  readonly rung: number;
  readonly level: number;
  readonly source: AmountSource;
}

export interface NodeOrder {
  readonly role: Fill['role'];
  readonly side: 'buy' | 'sell';
  /** Relative to the wallet's unit in the node. */
  readonly level: number;
}

export interface Transition {
  readonly id: number;
  readonly from: LadderNode;
  /** Null where the event makes a reset due: the wallet then begins anew. */
  readonly to: LadderNode | null;
  /** Levels moved, signed. */
  readonly units: number;
  readonly fills: readonly FillStep[];
  readonly reset: ResetReason | null;
  /** What the plan machine sees after the touch and after each leg, without repetitions. */
  readonly views: readonly WalletView[];
  /** The event leads to something the table has no words for; null where it does not. */
  readonly unmodelled: string | null;
}

export interface LadderNode {
  readonly id: number;
  readonly key: string;
  readonly phase: Phase;
  readonly view: WalletView;
  /** T − c. */
  readonly top: number;
  readonly isOut: readonly boolean[];
  readonly isLongClosed: boolean;
  readonly hasTraded: boolean;
  readonly orders: readonly NodeOrder[];
  /** The price reaches the next level; null until asked for. */
  up: Transition | null;
  down: Transition | null;
  /** Jumps by `levelsKey`. */
  readonly jumps: Map<number, Transition>;
}

/** Levels a jump may pass in the table; beyond it is a crash that the live engine takes over. */
export const JUMP_LEVELS_MAX = 64;
/** A ladder has far fewer; more means that a node holds something it should not. */
const NODES_MAX = 50_000;

/** What was compiled is shared by the runs of a process: a search runs thousands with the same ladder. */
const compiled = new Map<string, CompiledLadder>();
/** Far more ladders than one search tries (I23). */
const COMPILED_MAX = 256;

export function compiledLadder(strategy: Strategy, spec: WalletSpec): CompiledLadder {
  const { name, cycle, weights, confirmation } = spec;
  const key = JSON.stringify([name, cycle, weights, confirmation, strategy.reset, strategy.windows]);
  let ladder = compiled.get(key);
  if (ladder === undefined) {
    if (compiled.size >= COMPILED_MAX) compiled.clear();
    ladder = new CompiledLadder(strategy, spec);
    compiled.set(key, ladder);
  }
  return ladder;
}

/** The wallet of round numbers: far above any amount that rounds to nothing and any level below zero. */
const ANCHOR = '1000000000';
const UNIT = 1_000;
const AMOUNT = '1000000000';
const CAPITAL = '1000000000000000000000000';
const ROUND_INSTRUMENT: Instrument = { symbol: 'ROUND', tickSize: '1', amountStep: '1', minAmount: '1', minCost: '0', takerFee: '0', makerFee: '0' };

export class CompiledLadder {
  readonly wallet: WalletName;
  readonly #parameters: WalletParameters;
  readonly #windows: Strategy['windows'];
  readonly #nodes = new Map<string, LadderNode>();
  readonly #onAdvance: number | null;
  readonly transitions: Transition[] = [];
  /** A cycle that has just begun. */
  readonly start: LadderNode;

  constructor(strategy: Strategy, spec: WalletSpec) {
    this.wallet = spec.name;
    const round: Strategy = { ...strategy, spacing: 'arithmetic', leverage: '1', unit: { type: 'price', price: String(UNIT) } };
    this.#parameters = walletParameters(round, { ...spec, capital: CAPITAL }, ROUND_INSTRUMENT);
    this.#windows = strategy.windows;
    this.#onAdvance = strategy.reset.onAdvance;
    const isOut = spec.weights.map(() => false);
    this.start = this.#nodeOf({ phase: 'ADVANCE', unit: 0, top: -spec.confirmation, isOut, isLongClosed: false, hasTraded: false });
  }

  get nodes(): number {
    return this.#nodes.size;
  }

  /** The node a wallet of the live engine is in; null where it is half way through something. */
  nodeOfWallet(wallet: WalletState): LadderNode | null {
    const facts = factsOf(wallet);
    const isBetween = facts.resetDue !== null || facts.resetOrder !== null || !facts.isOpened || !facts.entriesAllowed || facts.strayShort !== '0' || facts.rungs.some(({ closeDone, openDone }) => closeDone || openDone);
    if (isBetween || !holdsWhatItShould(facts)) return null;
    const node = this.#nodeOf(shapeOf(wallet));
    // The price comes back to such an order without touching a level.
    return node.orders.some(({ level }) => level === 0) ? null : node;
  }

  /** The price reaches the next level above or below. */
  touch(node: LadderNode, isUp: boolean): Transition {
    const known = isUp ? node.up : node.down;
    if (known !== null) return known;
    const compiled = this.#compile(node, isUp, 1, true);
    if (isUp) node.up = compiled;
    else node.down = compiled;
    return compiled;
  }

  /** The price jumps over `levels` levels; `isExact`: it stands on the last of them. */
  jump(node: LadderNode, isUp: boolean, levels: number, isExact: boolean): Transition {
    const key = ((levels * 2 + (isUp ? 1 : 0)) * 2 + (isExact ? 1 : 0)) | 0;
    let known = node.jumps.get(key);
    if (known === undefined) {
      known = this.#compile(node, isUp, levels, isExact);
      node.jumps.set(key, known);
    }
    return known;
  }

  #nodeOf(shape: Shape): LadderNode {
    const advanced = this.#onAdvance === null || shape.hasTraded ? '' : Math.min(shape.unit, this.#onAdvance);
    const top = shape.top - shape.unit;
    const key = [PHASES.indexOf(shape.phase), shape.isOut.map(Number).join(''), top, Number(shape.isLongClosed), Number(shape.hasTraded), advanced].join('|');
    let node = this.#nodes.get(key);
    if (node === undefined) {
      invariant(this.#nodes.size < NODES_MAX, 'I23 a ladder has few states', { nodes: this.#nodes.size, key });
      const wallet = this.#walletOf({ ...shape, unit: advanced === '' ? 0 : advanced, top: top + (advanced === '' ? 0 : advanced) });
      const orders = this.#ordersOf(wallet).filter(({ level }) => level !== null);
      node = {
        id: this.#nodes.size,
        key,
        phase: shape.phase,
        view: viewOf(wallet),
        top,
        isOut: shape.isOut,
        isLongClosed: shape.isLongClosed,
        hasTraded: shape.hasTraded,
        orders: orders.map(({ role, side, level }) => ({ role, side, level: (level ?? 0) - factsOf(wallet).unit })),
        up: null,
        down: null,
        jumps: new Map(),
      };
      this.#nodes.set(key, node);
      this.#wallets.set(node, wallet);
    }
    return node;
  }

  /** The wallet of round numbers of each node. */
  readonly #wallets = new Map<LadderNode, WalletState>();

  #ordersOf(wallet: WalletState): readonly DesiredOrder[] {
    return desiredOrders(wallet.name, phaseOf(wallet), factsOf(wallet), this.#windows);
  }

  #walletOf({ phase, unit, top, isOut, isLongClosed, hasTraded }: Shape): WalletState {
    const parameters = this.#parameters;
    const { cycle, weights } = parameters;
    const shares = splitAmount(new D(AMOUNT), weights, new D(1));
    const rungs = isOut.map((out, index) => {
      const share = plain(shares[index] ?? new D(0));
      switch (cycle) {
        case 'rotation':
          return { out, fragment: '0', long: '0', short: out ? share : '0', closeDone: false, openDone: false };
        case 'fragments':
          return { out, fragment: share, long: out ? '0' : share, short: '0', closeDone: false, openDone: false };
        case 'scaling':
          return { out, fragment: share, long: out ? '0' : share, short: out ? share : '0', closeDone: false, openDone: false };
      }
    });
    const facts: WalletFacts = {
      ...newWallet(parameters, ANCHOR, null),
      isOpened: true,
      anchor: ANCHOR,
      unitSize: String(UNIT),
      notional: plain(dec(ANCHOR).times(AMOUNT)),
      price: plain(dec(ANCHOR).plus(unit * UNIT)),
      unit,
      peakUnit: Math.max(0, unit),
      valleyUnit: Math.min(0, unit),
      top,
      rungs,
      coreLong: cycle === 'rotation' && !isLongClosed ? AMOUNT : '0',
      longClosedAt: isLongClosed ? 0 : null,
      hasTraded,
      resetDue: null,
    };
    return walletIn(phase, facts);
  }

  #compile(node: LadderNode, isUp: boolean, levels: number, isExact: boolean): Transition {
    const before = this.#wallets.get(node);
    invariant(before !== undefined, 'I22 a node has its wallet', { key: node.key });
    const { unit } = factsOf(before);
    const reached = unit + (isUp ? levels : -levels);
    const price = plain(levelAt(gridOf(factsOf(before)), reached).price.plus(isExact ? 0 : (isUp ? UNIT : -UNIT) / 2));
    const due = this.#ordersOf(before).filter(({ side, level }) => level !== null && (side === 'buy') === isUp && (isUp ? level <= reached : level >= reached));
    let wallet = stepWallet(before, { type: 'price.touched', price, at: 1, slides: true });
    const views = [viewOf(wallet)];
    const fills: FillStep[] = [];
    let unmodelled: string | null = null;
    for (const order of inFillOrder(due, isUp)) {
      if (phaseOf(wallet) === 'RESET') unmodelled = 'an order fills while its wallet is being reset';
      for (const { leg, amount } of order.legs) {
        const fill: Fill = { role: order.role, level: order.level, leg, cycle: order.cycle, price, amount, fee: '0', isComplete: true, at: 1 };
        wallet = stepWallet(wallet, { type: 'fill.booked', fill });
        views.push(viewOf(wallet));
        fills.push(stepOf(order, leg, unit, this.#parameters.cycle));
      }
    }
    const facts = factsOf(wallet);
    const isReset = phaseOf(wallet) === 'RESET';
    if (!isReset && facts.cycle !== factsOf(before).cycle) unmodelled = 'a reset that needs no order';
    if (!isReset) unmodelled ??= this.#leftOver(wallet, reached, isUp, isExact);
    const transition: Transition = {
      id: this.transitions.length,
      from: node,
      to: isReset || unmodelled !== null ? null : this.#nodeOf(shapeOf(wallet)),
      units: reached - unit,
      fills,
      reset: isReset ? facts.resetDue : null,
      views: views.filter((view, index) => !isSame(view, index === 0 ? node.view : views[index - 1])),
      unmodelled,
    };
    this.transitions.push(transition);
    return transition;
  }

  /** What is wanted after the event and the price is already through, or what is wanted at market: the live engine decides what becomes of it. */
  #leftOver(wallet: WalletState, reached: number, isUp: boolean, isExact: boolean): string | null {
    const lowest = isExact || isUp ? reached : reached - 1;
    const highest = isExact || !isUp ? reached : reached + 1;
    for (const { side, level, role } of this.#ordersOf(wallet)) {
      if (level === null) return `${role} at market`;
      if (level === reached) return `${role} at the level touched last`;
      if (side === 'sell' ? level >= highest : level <= lowest) return `the price jumped over ${role}, which did not rest`;
    }
    return null;
  }
}

interface Shape {
  readonly phase: Phase;
  readonly unit: number;
  readonly top: number;
  readonly isOut: readonly boolean[];
  readonly isLongClosed: boolean;
  readonly hasTraded: boolean;
}

function shapeOf(wallet: WalletState): Shape {
  const { unit, top, rungs, longClosedAt, hasTraded } = factsOf(wallet);
  return { phase: phaseOf(wallet), unit, top, isOut: rungs.map(({ out }) => out), isLongClosed: longClosedAt !== null, hasTraded };
}

/** No rung is half way, and the long outside the rungs is where the cycle has it. */
function holdsWhatItShould({ parameters, rungs, coreLong, longClosedAt }: WalletFacts): boolean {
  if (parameters.cycle === 'rotation' ? (coreLong === '0') !== (longClosedAt !== null) : coreLong !== '0') return false;
  return rungs.every(({ out, long, short }) => {
    switch (parameters.cycle) {
      case 'rotation':
        return long === '0' && (short !== '0') === out;
      case 'fragments':
        return short === '0' && (long === '0') === out;
      case 'scaling':
        return (long === '0') === out && (short !== '0') === out;
    }
  });
}

function isSame(a: WalletView, b: WalletView | undefined): boolean {
  return b !== undefined && (Object.keys(a) as (keyof WalletView)[]).every((key) => a[key] === b[key]);
}

/** As the exchange fills them: what the price passed first comes first; at one level stop-losses first, then rungs from the top (DOMAIN §7). */
function inFillOrder(orders: readonly DesiredOrder[], isUp: boolean): readonly DesiredOrder[] {
  const rank = ({ role, rung }: DesiredOrder): number => (role === 'stop-loss' ? 0 : 1_000) + (rung ?? -1);
  const passed = ({ level }: DesiredOrder): number => (isUp ? 1 : -1) * (level ?? 0);
  return [...orders].sort((a, b) => passed(a) - passed(b) || rank(a) - rank(b));
}

function stepOf({ role, side, rung, level }: DesiredOrder, leg: Leg, unit: number, cycle: WalletParameters['cycle']): FillStep {
  const opens = leg === 'open-long' || leg === 'open-short';
  const source = opens ? (cycle === 'scaling' ? 'fragment' : 'entry') : cycle === 'rotation' && leg === 'close-long' ? 'core' : 'rung';
  return { role, leg, isBuy: side === 'buy', opens, rung: rung ?? -1, level: (level ?? 0) - unit, source };
}
