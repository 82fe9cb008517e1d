/**
 * The facts a wallet's machine holds between events, and the small questions asked of them.
 *
 * Everything is JSON: decimal strings and integers, so a snapshot survives a restart unchanged (I12). What should rest on the
 * exchange is not in here; it is derived from these facts (window/desired-orders.ts).
 */
import { ONE, ZERO, dec, plain } from './decimal.ts';
import type { D, DecimalString } from './decimal.ts';
import { floorShare, gridFrom, levelPrice } from './grid.ts';
import type { Grid } from './grid.ts';
import { openLedger } from './ledger.ts';
import type { Ledger } from './ledger.ts';
import type { CycleKind, Instrument, ResetSpec, Spacing, Strategy, UnitSpec, WalletName, WalletSpec, Weight } from './strategy.ts';

/** What the strategy file and the exchange fix for a wallet; constant for the life of the plan. */
export interface WalletParameters {
  readonly name: WalletName;
  readonly cycle: CycleKind;
  readonly capital: DecimalString;
  readonly weights: readonly Weight[];
  readonly confirmation: number;
  readonly reset: ResetSpec;
  readonly rebalanceThreshold: DecimalString;
  readonly leverage: DecimalString;
  readonly unit: UnitSpec;
  readonly spacing: Spacing;
  readonly instrument: Instrument;
}

/** One fragment of the ladder: `in` (armed downwards) or `out` (armed upwards), and what it holds. */
export interface Rung {
  readonly out: boolean;
  /** Size of the fragment in this cycle, base units. */
  readonly fragment: DecimalString;
  readonly long: DecimalString;
  readonly short: DecimalString;
  /** The leg that closes the present side is completely filled; the rung flips when both legs it needs are. */
  readonly closeDone: boolean;
  readonly openDone: boolean;
}

export type Leg = 'open-long' | 'close-long' | 'open-short' | 'close-short';

export interface ResetLeg {
  readonly leg: Leg;
  readonly amount: DecimalString;
}

/** The market order of a reset or of the start, decided once and kept until it is filled. */
export interface ResetOrder {
  readonly role: 'market-buy' | 'rebalance';
  readonly legs: readonly ResetLeg[];
  /** Executed so far: base units and quote. */
  readonly filled: DecimalString;
  readonly cost: DecimalString;
}

export type ResetReason = 'start' | 'ladder-complete' | 'recovered-in-cash' | 'advanced' | 'joint' | 'operator';

export interface WalletFacts {
  readonly parameters: WalletParameters;
  /** Counts resets; 0 in the first cycle. */
  readonly cycle: number;
  /** False until the opening order of the plan is filled. */
  readonly isOpened: boolean;
  /** Last price seen, the trigger source's. */
  readonly price: DecimalString;
  /** Wilder's ATR for the next cycle; null where the unit does not need it or candles are missing. */
  readonly atr: DecimalString | null;
  readonly anchor: DecimalString;
  readonly unitSize: DecimalString;
  /** Amount held at the start of the cycle × anchor, quote. */
  readonly notional: DecimalString;
  readonly unit: number;
  readonly peakUnit: number;
  readonly valleyUnit: number;
  readonly top: number;
  readonly rungs: readonly Rung[];
  /** Long held outside the rungs, base units: the whole long of a rotation. */
  readonly coreLong: DecimalString;
  /** When (ms) the rotation's long was closed in this cycle; null while it is held. */
  readonly longClosedAt: number | null;
  /** Short that an order of an earlier cycle opened late; to be closed at market. */
  readonly strayShort: DecimalString;
  /** An order of the ladder was completely filled since the last reset. */
  readonly hasTraded: boolean;
  /** False when a fragment is below the exchange's minimums: protection only. */
  readonly entriesAllowed: boolean;
  readonly resetDue: ResetReason | null;
  /** Price of the fill or touch that made the reset due. */
  readonly resetPrice: DecimalString;
  readonly resetOrder: ResetOrder | null;
  readonly ledger: Ledger;
}

export function walletParameters(strategy: Strategy, wallet: WalletSpec, instrument: Instrument): WalletParameters {
  return {
    name: wallet.name,
    cycle: wallet.cycle,
    capital: wallet.capital,
    weights: wallet.weights,
    confirmation: wallet.confirmation,
    reset: strategy.reset,
    rebalanceThreshold: strategy.rebalanceThreshold,
    leverage: strategy.leverage,
    unit: strategy.unit,
    spacing: strategy.spacing,
    instrument,
  };
}

/** A wallet that owns its capital and nothing else; its start is its first reset. */
export function newWallet(parameters: WalletParameters, price: DecimalString, atr: DecimalString | null): WalletFacts {
  return {
    parameters,
    cycle: 0,
    isOpened: false,
    price,
    atr,
    anchor: '0',
    unitSize: '0',
    notional: '0',
    unit: 0,
    peakUnit: 0,
    valleyUnit: 0,
    top: -parameters.confirmation,
    rungs: [],
    coreLong: '0',
    longClosedAt: null,
    strayShort: '0',
    hasTraded: false,
    entriesAllowed: true,
    resetDue: 'start',
    resetPrice: price,
    resetOrder: null,
    ledger: openLedger(parameters.capital),
  };
}

/**
 * What was last worked out for a wallet, so that it is not worked out again at every question: a pure function's memory, one entry
 * for each wallet's parameters, each part valid only for the facts it names (I23).
 */
interface WorkedOut {
  grid: Grid;
  gridOf: Pick<WalletFacts, 'anchor' | 'unitSize'>;
  held: Held;
  heldBy: readonly Rung[];
  /** Entry amounts by level, one map for each different weight, valid for one grid and notional. */
  entries: readonly Map<number, D>[];
  entriesOf: { readonly grid: Grid; readonly notional: DecimalString };
}

interface Held {
  readonly long: D;
  readonly short: D;
}

const workedOut = new WeakMap<WalletParameters, WorkedOut>();

function workedOutFor(facts: WalletFacts): WorkedOut {
  let known = workedOut.get(facts.parameters);
  if (known === undefined) {
    const grid = lookUpGrid(facts);
    known = { grid, gridOf: facts, held: sumHeld(facts.rungs), heldBy: facts.rungs, entries: [], entriesOf: { grid, notional: '' } };
    workedOut.set(facts.parameters, known);
  }
  return known;
}

function lookUpGrid({ anchor, unitSize, parameters }: WalletFacts): Grid {
  return gridFrom(anchor, unitSize, parameters.spacing, parameters.instrument);
}

export function gridOf(facts: WalletFacts): Grid {
  const known = workedOutFor(facts);
  if (known.gridOf.anchor !== facts.anchor || known.gridOf.unitSize !== facts.unitSize) {
    known.grid = lookUpGrid(facts);
    known.gridOf = { anchor: facts.anchor, unitSize: facts.unitSize };
  }
  return known.grid;
}

/** k: how many rungs are out. */
export function rungsOut(facts: WalletFacts): number {
  let out = 0;
  for (const rung of facts.rungs) if (rung.out) out += 1;
  return out;
}

export function longOf(facts: WalletFacts): D {
  return plusText(heldByRungs(facts).long, facts.coreLong);
}

export function shortOf(facts: WalletFacts): D {
  return plusText(heldByRungs(facts).short, facts.strayShort);
}

/** What the rungs hold together; a list of rungs is never changed in place. */
function heldByRungs(facts: WalletFacts): Held {
  const known = workedOutFor(facts);
  if (known.heldBy !== facts.rungs) {
    known.held = sumHeld(facts.rungs);
    known.heldBy = facts.rungs;
  }
  return known.held;
}

function sumHeld(rungs: readonly Rung[]): Held {
  let long = ZERO;
  let short = ZERO;
  for (const rung of rungs) {
    long = plusText(long, rung.long);
    short = plusText(short, rung.short);
  }
  return { long, short };
}

function plusText(value: D, text: DecimalString): D {
  return text === '0' ? value : value.plus(dec(text));
}

/** Long − short, base units. */
export function positionOf(facts: WalletFacts): D {
  return longOf(facts).minus(shortOf(facts));
}

export function downLevel(facts: WalletFacts, rung: number): number {
  return facts.top - rung;
}

export function upLevel(facts: WalletFacts, rung: number): number {
  return facts.top - rung + 1;
}

/** A share of the cycle's notional at a level's price, in whole lots: the amount of an entry (DOMAIN §3.4). */
export function entryAmount(facts: WalletFacts, rung: number, level: number): D {
  const { weights, instrument } = facts.parameters;
  const weight = weights[rung];
  if (weight === undefined) return ZERO;
  const grid = gridOf(facts);
  const byLevel = entriesFor(facts, grid)[rung];
  const known = byLevel?.get(level);
  if (known !== undefined) return known;
  const amount = floorShare(dec(facts.notional), weight, levelPrice(grid, level), dec(instrument.amountStep));
  byLevel?.set(level, amount);
  return amount;
}

/** By rung, the entry amounts of this grid and notional worked out so far; rungs of one weight share theirs. */
function entriesFor(facts: WalletFacts, grid: Grid): readonly Map<number, D>[] {
  const known = workedOutFor(facts);
  const { entriesOf } = known;
  if (entriesOf.grid !== grid || entriesOf.notional !== facts.notional) {
    const byWeight = new Map<string, Map<number, D>>();
    known.entriesOf = { grid, notional: facts.notional };
    known.entries = facts.parameters.weights.map(({ numerator, denominator }) => {
      const key = `${numerator}/${denominator}`;
      const entries = byWeight.get(key) ?? new Map<number, D>();
      byWeight.set(key, entries);
      return entries;
    });
  }
  return known.entries;
}

/** A total split by the wallet's weights in whole lots; the last fragment takes the remainder. */
export function splitAmount(total: D, weights: readonly Weight[], amountStep: D): D[] {
  let rest = total;
  return weights.map((weight, index) => {
    const share = index === weights.length - 1 ? rest : floorShare(total, weight, ONE, amountStep);
    rest = rest.minus(share);
    return share;
  });
}

export interface Shortfall {
  readonly rung: number;
  readonly amount: DecimalString;
  readonly cost: DecimalString;
}

/** The first fragment below the exchange's minimum amount or cost at the cycle's anchor, or null (DOMAIN §3.4). */
export function firstShortfall(facts: WalletFacts): Shortfall | null {
  const { instrument, weights } = facts.parameters;
  const fragments = splitAmount(longOf(facts), weights, dec(instrument.amountStep));
  for (const [rung, amount] of fragments.entries()) {
    const cost = amount.times(dec(facts.anchor));
    const isTooSmall = amount.isZero() || amount.lessThan(dec(instrument.minAmount)) || cost.lessThan(dec(instrument.minCost));
    if (isTooSmall) return { rung, amount: plain(amount), cost: plain(cost) };
  }
  return null;
}
