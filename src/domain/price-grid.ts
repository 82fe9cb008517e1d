/**
 * The prices an exchange takes (I15), and rounding to them in the direction a purpose asks for. Everything that rounds a price does it here.
 *
 * Most markets have one tick at every price. Where a market also counts significant figures (Hyperliquid: five, whole numbers always
 * taken), the step between two prices grows with the price: tick 0.01 and five figures give steps of 0.01 below 1 000, of 0.1 below
 * 10 000 and of 1 from there on. A power of ten is a price of both steps it lies between, so rounding never leaves the grid.
 */
import { D, ONE, dec, floorQuotientToStep, maxOf, minOf, roundQuotientToStep } from './decimal.ts';
import { HedgerowError } from './errors.ts';
import type { Instrument } from './strategy.ts';

/** What an instrument says about its prices. */
export type PriceRules = Pick<Instrument, 'tickSize' | 'significantFigures'>;

export interface PriceGrid {
  /** The finest step, and the lowest price there is. */
  readonly tickSize: D;
  /** Null: the step is `tickSize` everywhere. */
  readonly significantFigures: number | null;
}

/** A pure function's memory: rules are read once for each instrument. */
const known = new WeakMap<PriceRules, PriceGrid>();

/** Throws INPUT_INVALID for significant figures that are no whole number above zero, or beside a tick that is no power of ten. */
export function priceGridOf(rules: PriceRules): PriceGrid {
  let grid = known.get(rules);
  if (grid === undefined) {
    grid = compile(rules);
    known.set(rules, grid);
  }
  return grid;
}

function compile({ tickSize, significantFigures = null }: PriceRules): PriceGrid {
  const tick = dec(tickSize);
  if (significantFigures === null) return { tickSize: tick, significantFigures };
  if (!Number.isInteger(significantFigures) || significantFigures < 1) {
    throw new HedgerowError('INPUT_INVALID', `significantFigures ${significantFigures} must be a whole number from 1; leave it out where every price has the same tick`);
  }
  if (!isPowerOfTen(tick)) {
    throw new HedgerowError('INPUT_INVALID', `tickSize ${tickSize} beside ${significantFigures} significant figures must be a power of ten, such as 0.01: the decimals a price may have`);
  }
  return { tickSize: tick, significantFigures };
}

export function isPowerOfTen(value: D): boolean {
  return value.greaterThan(0) && value.equals(powerOfTen(value.e));
}

/** The step from `numerator / denominator` up to the next price; numerator ≥ 0. Exact: a price below a power of ten has the finer step. */
export function tickAt({ tickSize, significantFigures }: PriceGrid, numerator: D, denominator: D = ONE): D {
  if (significantFigures === null || numerator.isZero()) return tickSize;
  const lastFigure = decadeOf(numerator, denominator) + 1 - significantFigures;
  // Whole numbers are prices however many figures they have.
  return lastFigure >= 0 ? maxOf(tickSize, ONE) : maxOf(tickSize, minOf(powerOfTen(lastFigure), ONE));
}

/** The e with 10^e ≤ numerator/denominator < 10^(e+1). */
function decadeOf(numerator: D, denominator: D): number {
  const exponent = numerator.e - denominator.e;
  return numerator.greaterThanOrEqualTo(denominator.times(powerOfTen(exponent))) ? exponent : exponent - 1;
}

const powers = new Map<number, D>();
/** Prices and their quotients span a few dozen decades; beyond that nothing is remembered (I23). */
const POWERS_MAX = 256;

function powerOfTen(exponent: number): D {
  let power = powers.get(exponent);
  if (power === undefined) {
    power = new D(`1e${exponent}`);
    if (powers.size < POWERS_MAX) powers.set(exponent, power);
  }
  return power;
}

/** Highest price not above `numerator / denominator`; zero below the lowest. Numerator ≥ 0. */
export function floorPrice(grid: PriceGrid, numerator: D, denominator: D = ONE): D {
  return floorQuotientToStep(numerator, denominator, tickAt(grid, numerator, denominator));
}

/** Lowest price not below `numerator / denominator`. Numerator ≥ 0. */
export function ceilPrice(grid: PriceGrid, numerator: D, denominator: D = ONE): D {
  const tick = tickAt(grid, numerator, denominator);
  const floored = floorQuotientToStep(numerator, denominator, tick);
  return floored.times(denominator).equals(numerator) ? floored : floored.plus(tick);
}

/** Price nearest to `numerator / denominator`; a tie goes up, and less than half the lowest price is zero. Numerator ≥ 0. */
export function nearestPrice(grid: PriceGrid, numerator: D, denominator: D = ONE): D {
  return roundQuotientToStep(numerator, denominator, tickAt(grid, numerator, denominator));
}

/** True for a price the exchange takes. */
export function isOnGrid(grid: PriceGrid, price: D): boolean {
  return price.greaterThan(0) && price.modulo(tickAt(grid, price)).isZero();
}
