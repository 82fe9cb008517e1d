/**
 * Which prices a market takes, for the auditor only: the second opinion on src/domain/price-grid.ts (I15).
 *
 * A price is so many whole steps. Where significant figures count, the step at a price is the finest power of ten, no finer than the
 * tick, of which the price is a number with no more figures than that; whole numbers are always taken.
 */
import type { Instrument } from '../../domain/strategy.ts';
import { UNITY, compare, countOfSteps, exact, floorQuotient, isAbove, isPositive, multiply, nearestQuotient, whole } from './exact.ts';
import type { Exact } from './exact.ts';

export interface PriceSteps {
  readonly tick: Exact;
  /** Null: the tick is the step everywhere. */
  readonly figures: number | null;
}

export function priceStepsOf({ tickSize, significantFigures = null }: Pick<Instrument, 'tickSize' | 'significantFigures'>): PriceSteps {
  return { tick: exact(tickSize), figures: significantFigures };
}

/** The step at `numerator / denominator`; numerator ≥ 0, denominator > 0. */
export function stepAt({ tick, figures }: PriceSteps, numerator: Exact, denominator: Exact = UNITY): Exact {
  if (figures === null) return tick;
  const tooMany = whole(10n ** BigInt(figures));
  for (let { places } = tick; places > 0; places -= 1) {
    const step: Exact = { digits: 1n, places };
    const { digits } = floorQuotient(numerator, denominator, step);
    if (isAbove(tooMany, whole(digits))) return step;
  }
  return isAbove(tick, UNITY) ? tick : UNITY;
}

/** The price nearest to `numerator / denominator`, a tie goes up. */
export function nearestStep(steps: PriceSteps, numerator: Exact, denominator: Exact = UNITY): Exact {
  return nearestQuotient(numerator, denominator, stepAt(steps, numerator, denominator));
}

export function isPrice(steps: PriceSteps, value: Exact): boolean {
  return isPositive(value) && isMultiple(value, stepAt(steps, value));
}

/** A whole number of steps above zero. */
export function isMultiple(value: Exact, step: Exact): boolean {
  return isPositive(value) && compare(multiply(whole(countOfSteps(value, step)), step), value) === 0;
}
