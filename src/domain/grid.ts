/**
 * Grid of units (DOMAIN §1): level prices and the last level touched. Prices are quote per base unit, on the tick (I15).
 */
import { D, ONE, ZERO, dec, floorQuotientToStep, maxOf, plain, roundQuotientToStep, roundToStep } from './decimal.ts';
import type { DecimalString } from './decimal.ts';
import { invariant } from './invariant.ts';
import { nearestPrice, priceGridOf, tickAt } from './price-grid.ts';
import type { PriceGrid, PriceRules } from './price-grid.ts';
import type { Spacing, UnitSpec } from './strategy.ts';

export interface Grid {
  /** Price of unit 0. */
  readonly anchor: D;
  /** Price distance of one unit (geometric: of the first unit above the anchor). */
  readonly unitSize: D;
  readonly spacing: Spacing;
  readonly prices: PriceGrid;
  /** Levels computed so far. */
  readonly levels: Map<number, Level>;
}

/** A level's price, written out, and as a float for comparisons that are settled before digits matter. */
export interface Level {
  readonly price: D;
  readonly text: DecimalString;
  readonly float: number;
}

/** A price is on no grid step further than this many units from the anchor; far beyond any market, it bounds every loop. */
export const UNITS_MAX = 1_000_000;

/** Geometric levels are first computed with this many digits and exactly only if that cannot decide the rounding. */
const QUICK_DIGITS = 60;
const Quick = D.clone({ precision: QUICK_DIGITS });
const TIE_MARGIN = new D('1e-30');

/** Price of level `u`; ≤ 0 means that there is no such price and nothing may rest there. */
export function levelPrice(grid: Grid, u: number): D {
  return levelAt(grid, u).price;
}

/** Level `u` with its price in every form it is asked for. */
export function levelAt(grid: Grid, u: number): Level {
  const known = grid.levels.get(u);
  if (known !== undefined) return known;
  if (grid.levels.size >= KNOWN_LEVELS_MAX) grid.levels.clear();
  const price = grid.spacing === 'arithmetic' ? arithmeticLevel(grid, u) : geometricLevel(grid, u);
  const text = plain(price);
  const level = { price, text, float: Number(text) };
  grid.levels.set(u, level);
  return level;
}

/** Grids in use, so that a level is computed once however often it is asked for; a pure function's memory, bounded (I23). */
const knownGrids = new Map<string, Grid>();
const KNOWN_GRIDS_MAX = 2_048;
const KNOWN_LEVELS_MAX = 4_096;

export function gridFrom(anchor: DecimalString, unitSize: DecimalString, spacing: Spacing, rules: PriceRules): Grid {
  const key = `${anchor}/${unitSize}/${spacing}/${rules.tickSize}/${rules.significantFigures ?? 'any'}`;
  let grid = knownGrids.get(key);
  if (grid === undefined) {
    if (knownGrids.size >= KNOWN_GRIDS_MAX) knownGrids.clear();
    grid = { anchor: dec(anchor), unitSize: dec(unitSize), spacing, prices: priceGridOf(rules), levels: new Map() };
    knownGrids.set(key, grid);
  }
  return grid;
}

/** `A + u·s`, which is on a fixed tick as it is; else to the nearest price, above zero. */
function arithmeticLevel({ anchor, unitSize, prices }: Grid, u: number): D {
  const price = anchor.plus(unitSize.times(u));
  return prices.significantFigures === null || price.lessThanOrEqualTo(0) ? price : nearestPrice(prices, price);
}

/** False where two levels can fall on one price. */
export function hasDistinctLevels({ spacing, prices }: Grid): boolean {
  return spacing === 'arithmetic' && prices.significantFigures === null;
}

/**
 * `A·(1+s/A)^u` to the nearest tick. `(A+s)^u / A^(u−1)` is an exact ratio: it is evaluated with 60 digits, and again with
 * all digits in the rare case that those leave open to which tick it rounds.
 */
function geometricLevel({ anchor, unitSize, prices }: Grid, u: number): D {
  if (u === 0) return anchor;
  const top = anchor.plus(unitSize);
  const price = new Quick(top).div(anchor).pow(u).times(anchor);
  const tick = tickAt(prices, price);
  const ticks = price.div(tick);
  const distanceToTie = ticks.minus(ticks.floor()).minus('0.5').abs();
  if (distanceToTie.greaterThan(TIE_MARGIN.times(maxOf(new D(ticks), ONE)))) return new D(ticks.plus('0.5').floor()).times(tick);
  return geometricLevelExactly(anchor, top, prices, u);
}

function geometricLevelExactly(anchor: D, top: D, prices: PriceGrid, u: number): D {
  const digits = (Math.abs(u) + 2) * (top.precision(true) + top.decimalPlaces() + anchor.decimalPlaces() + 2) + QUICK_DIGITS;
  const Exact = D.clone({ precision: digits });
  const up = new Exact(top).pow(Math.abs(u));
  const down = new Exact(anchor).pow(Math.abs(u));
  const numerator = u > 0 ? up.times(anchor) : down.times(anchor);
  const denominator = u > 0 ? down : up;
  return new D(nearestPrice(prices, numerator, denominator));
}

/** The last level touched after the price was seen: up while at or above the next level, down while at or below the one below. */
export function touchUnit(grid: Grid, unit: number, price: DecimalString, float = Number(price)): number {
  let c = unit;
  while (compareToLevel(price, float, levelAt(grid, c + 1)) >= 0) {
    c += 1;
    invariant(c <= UNITS_MAX, 'I23 price is too many units above the anchor', { price, anchor: grid.anchor.toFixed() });
  }
  while (compareToLevel(price, float, levelAt(grid, c - 1)) <= 0) {
    c -= 1;
    invariant(c >= -UNITS_MAX, 'I23 price is too many units below the anchor', { price, anchor: grid.anchor.toFixed() });
  }
  return c;
}

/** Sign of `price − level`, exact: rounding to a float never reverses an order, and where floats are equal the digits decide. */
export function compareToLevel(price: DecimalString, float: number, level: Level): number {
  const difference = float - level.float;
  if (difference !== 0) return difference;
  return price === level.text ? 0 : dec(price).comparedTo(level.price);
}

/** What the size of a unit depends on besides the strategy file. */
export interface UnitInputs {
  readonly anchor: D;
  readonly leverage: D;
  readonly prices: PriceGrid;
  /** Wilder's ATR of the closed candles at the start of the cycle, quote; only for the `atr` form. */
  readonly atr: DecimalString | null;
}

/** Unit size of a new cycle: to the nearest tick at its anchor, at least one (DOMAIN §1). */
export function unitSizeOf(spec: UnitSpec, inputs: UnitInputs): D {
  const tick = tickAt(inputs.prices, inputs.anchor);
  return maxOf(rawUnitSize(spec, inputs, tick), tick);
}

function rawUnitSize(spec: UnitSpec, { anchor, leverage, atr }: UnitInputs, tickSize: D): D {
  switch (spec.type) {
    case 'price':
      return roundToStep(dec(spec.price), tickSize);
    case 'percent':
      return roundToStep(anchor.times(spec.fraction), tickSize);
    case 'margin':
      return roundQuotientToStep(anchor.times(spec.fraction), leverage, tickSize);
    case 'atr':
      invariant(atr !== null, 'I9 a unit of ATR needs candles before the cycle can start');
      return roundToStep(dec(atr).times(spec.multiple), tickSize);
  }
}

/** `floor_lot(amount·numerator/(denominator·divisor))`, zero for nothing or less. */
export function floorShare(amount: D, weight: { numerator: DecimalString; denominator: DecimalString }, divisor: D, step: D): D {
  if (amount.lessThanOrEqualTo(0) || divisor.lessThanOrEqualTo(0)) return ZERO;
  return floorQuotientToStep(amount.times(dec(weight.numerator)), divisor.times(dec(weight.denominator)), step);
}
