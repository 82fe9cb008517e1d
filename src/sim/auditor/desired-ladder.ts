/**
 * What one wallet should have resting, from a handful of facts: the second opinion on DOMAIN §1–§3.4.
 *
 * Pure and without machines or windows. The trace model uses it on its own state; an auditor can use `desiredLadder` on the
 * facts of a running wallet and compare the result with the orders that rest on the exchange (I1, I6).
 */
import type { DecimalString } from '../../domain/decimal.ts';
import { absurd, invariant } from '../../domain/invariant.ts';
import type { CycleKind, Instrument, Role, Spacing, UnitSpec, Weight } from '../../domain/strategy.ts';
import type { Side } from '../../ports/exchange.ts';
import {
  add,
  compare,
  countOfSteps,
  exact,
  floorQuotient,
  isBelow,
  isPositive,
  multiply,
  nearestQuotient,
  product,
  subtract,
  textOf,
  total,
  UNITY,
  whole,
  type Exact,
} from './exact.ts';
import { nearestStep, priceStepsOf, stepAt, type PriceSteps } from './price-steps.ts';

export interface ExactWeight {
  readonly numerator: Exact;
  readonly denominator: Exact;
}

export interface ExactRung {
  isOut: boolean;
  /** Base units the rung is long; always 0 under rotation, whose long is one piece. */
  held: Exact;
  /** Base units the rung is short. */
  shorted: Exact;
}

export interface ExactLadder {
  readonly cycle: CycleKind;
  readonly weights: readonly ExactWeight[];
  readonly rungs: readonly ExactRung[];
  readonly top: number;
  /** Rotation's one-piece long; 0 otherwise. */
  readonly wholeLong: Exact;
  readonly notional: Exact;
  readonly amountStep: Exact;
  readonly levelPrice: (level: number) => Exact;
  /** True after a reset that left too little to trade: nothing may open. */
  readonly isProtectiveOnly: boolean;
  /** How many rungs of a role rest at once. */
  readonly restingOf: (role: Role) => number;
}

export interface ExactOrder {
  readonly role: Role;
  /** Null for rotation's full stop. */
  readonly rung: number | null;
  readonly side: Side;
  readonly level: number;
  readonly triggerPrice: Exact;
  readonly amount: Exact;
}

export function exactWeight(weight: Weight): ExactWeight {
  return { numerator: exact(weight.numerator), denominator: exact(weight.denominator) };
}

/** Price of a level, half up to the tick there. Geometric levels are computed as an exact ratio of whole ticks. */
export function levelPrices(anchor: Exact, unitSize: Exact, spacing: Spacing, steps: PriceSteps): (level: number) => Exact {
  const known = new Map<number, Exact>();
  const anchorTicks = countOfSteps(anchor, steps.tick);
  const nextTicks = anchorTicks + countOfSteps(unitSize, steps.tick);
  const arithmetic = (level: number): Exact => {
    const price = add(anchor, multiply(whole(level), unitSize));
    return steps.figures === null || !isPositive(price) ? price : nearestStep(steps, price);
  };
  const geometric = (level: number): Exact => {
    const ups = BigInt(Math.max(level, 0));
    const downs = BigInt(Math.max(-level, 0));
    // A·((A+s)/A)^u, counted in ticks.
    return nearestStep(steps, multiply(whole(anchorTicks * nextTicks ** ups * anchorTicks ** downs), steps.tick), whole(anchorTicks ** ups * nextTicks ** downs));
  };
  return (level) => {
    let price = known.get(level);
    if (price === undefined) {
      price = spacing === 'arithmetic' ? arithmetic(level) : geometric(level);
      known.set(level, price);
    }
    return price;
  };
}

/** Unit size of a cycle that starts at `anchor`: half up to the tick there, at least one tick. `atr` is the ATR at its start. */
export function unitSizeAt(unit: UnitSpec, anchor: Exact, leverage: Exact, steps: PriceSteps, atr: Exact | null): Exact {
  const tick = stepAt(steps, anchor);
  const rounded = rawUnitSize(unit, anchor, leverage, tick, atr);
  return isBelow(rounded, tick) ? tick : rounded;
}

function rawUnitSize(unit: UnitSpec, anchor: Exact, leverage: Exact, tick: Exact, atr: Exact | null): Exact {
  switch (unit.type) {
    case 'price':
      return nearestQuotient(exact(unit.price), UNITY, tick);
    case 'percent':
      return nearestQuotient(multiply(anchor, exact(unit.fraction)), UNITY, tick);
    case 'margin':
      return nearestQuotient(multiply(anchor, exact(unit.fraction)), leverage, tick);
    case 'atr':
      invariant(atr !== null, 'a unit of type atr needs the ATR at the start of the cycle');
      return nearestQuotient(multiply(atr, exact(unit.multiple)), UNITY, tick);
    default:
      return absurd(unit);
  }
}

/** The amount in fragments: each floored to the step, the last takes what is left. */
export function fragmentsOf(amount: Exact, weights: readonly ExactWeight[], step: Exact): Exact[] {
  const all = weights.map((weight) => floorQuotient(multiply(amount, weight.numerator), weight.denominator, step));
  all[all.length - 1] = subtract(amount, total(all.slice(0, -1)));
  return all;
}

/** A quote amount turned into base units at a level, floored to the step. */
function entryAmount(ladder: ExactLadder, rung: number, price: Exact): Exact {
  const weight = ladder.weights[rung] as ExactWeight;
  return floorQuotient(multiply(ladder.notional, weight.numerator), multiply(price, weight.denominator), ladder.amountStep);
}

function rungOrder(ladder: ExactLadder, index: number): ExactOrder | null {
  const rung = ladder.rungs[index] as ExactRung;
  const level = rung.isOut ? ladder.top - index + 1 : ladder.top - index;
  const triggerPrice = ladder.levelPrice(level);
  if (!isPositive(triggerPrice)) return null;
  const order = (role: Role, amount: Exact): ExactOrder => ({ role, rung: index, side: rung.isOut ? 'buy' : 'sell', level, triggerPrice, amount });
  // What opened at the price of its counterpart would be closed there again without end.
  const opens = !ladder.isProtectiveOnly && compare(triggerPrice, ladder.levelPrice(rung.isOut ? level - 1 : level + 1)) !== 0;
  const entry = (role: Role): ExactOrder | null => (opens ? order(role, entryAmount(ladder, index, triggerPrice)) : null);
  const flip = (role: Role, amount: Exact): ExactOrder => order(role, opens ? product(whole(2), amount) : amount);
  switch (ladder.cycle) {
    case 'rotation':
      return rung.isOut ? order('cover', rung.shorted) : entry('stop-entry-short');
    case 'fragments':
      return rung.isOut ? entry('stop-entry-long') : order('stop-loss', rung.held);
    case 'scaling':
      return rung.isOut ? flip('flip-long', rung.shorted) : flip('flip-short', rung.held);
    default:
      return absurd(ladder.cycle);
  }
}

/** Keeps the nearest `restingOf(role)` orders of every role: the highest sells, the lowest buys. */
function nearestOf(orders: ExactOrder[], restingOf: (role: Role) => number): ExactOrder[] {
  if (orders.every((order) => restingOf(order.role) >= orders.length)) return orders;
  const isNearer = (a: ExactOrder, b: ExactOrder): boolean => (a.side === 'sell' ? a.level > b.level : a.level < b.level);
  return orders.filter((order) => {
    const nearer = orders.filter((other) => other.role === order.role && isNearer(other, order)).length;
    return nearer < restingOf(order.role);
  });
}

/** Full stop first, then rungs j = 0 … N−1: the order in which fills at one price are booked. */
export function ladderOrders(ladder: ExactLadder): ExactOrder[] {
  const orders: ExactOrder[] = [];
  if (isPositive(ladder.wholeLong)) {
    const triggerPrice = ladder.levelPrice(ladder.top);
    orders.push({ role: 'stop-loss', rung: null, side: 'sell', level: ladder.top, triggerPrice, amount: ladder.wholeLong });
  }
  for (let index = 0; index < ladder.rungs.length; index += 1) {
    const order = rungOrder(ladder, index);
    if (order !== null) orders.push(order);
  }
  return nearestOf(
    orders.filter((order) => isPositive(order.amount) && isPositive(order.triggerPrice)),
    ladder.restingOf,
  );
}

/** Facts of one wallet, as a live bot knows them. Prices in quote, amounts in base units. */
export interface LadderFacts {
  readonly cycle: CycleKind;
  readonly spacing: Spacing;
  readonly anchor: DecimalString;
  readonly unitSize: DecimalString;
  readonly prices: Pick<Instrument, 'tickSize' | 'significantFigures'>;
  readonly amountStep: DecimalString;
  /** Amount held at the start of the cycle × anchor. */
  readonly notional: DecimalString;
  readonly weights: readonly Weight[];
  readonly top: number;
  /** One per weight. */
  readonly rungs: readonly { readonly isOut: boolean; readonly held: DecimalString; readonly shorted: DecimalString }[];
  readonly wholeLong: DecimalString;
  readonly isProtectiveOnly?: boolean;
  /** Default: all rungs rest. */
  readonly resting?: Partial<Readonly<Record<Role, number>>>;
}

export interface LadderOrder {
  readonly role: Role;
  readonly rung: number | null;
  readonly side: Side;
  readonly level: number;
  readonly triggerPrice: DecimalString;
  readonly amount: DecimalString;
}

/** Every order the wallet should have resting, full stop first, then by rung. A flip is one order of twice the fragment. */
export function desiredLadder(facts: LadderFacts): LadderOrder[] {
  invariant(facts.rungs.length === facts.weights.length, 'a ladder has one rung per weight');
  const orders = ladderOrders({
    cycle: facts.cycle,
    weights: facts.weights.map(exactWeight),
    rungs: facts.rungs.map((rung) => ({ isOut: rung.isOut, held: exact(rung.held), shorted: exact(rung.shorted) })),
    top: facts.top,
    wholeLong: exact(facts.wholeLong),
    notional: exact(facts.notional),
    amountStep: exact(facts.amountStep),
    levelPrice: levelPrices(exact(facts.anchor), exact(facts.unitSize), facts.spacing, priceStepsOf(facts.prices)),
    isProtectiveOnly: facts.isProtectiveOnly ?? false,
    restingOf: (role) => facts.resting?.[role] ?? Number.POSITIVE_INFINITY,
  });
  return orders.map((order) => ({ ...order, triggerPrice: textOf(order.triggerPrice), amount: textOf(order.amount) }));
}
