/**
 * Exact numbers of the plain backtest: sums and products are exact, a quotient appears only together with the step it is rounded to.
 */
import { Decimal } from 'decimal.js';

/** Far more digits than any sum or product here can have. */
const Exact = Decimal.clone({ precision: 500, toExpNeg: -9e15, toExpPos: 9e15 });
export type Num = Decimal;

export function num(value: string | number): Num {
  return new Exact(value);
}

export const NOTHING = num(0);

/** Largest multiple of `step` not above numerator / denominator; neither is negative. */
export function floored(numerator: Num, denominator: Num, step: Num): Num {
  return numerator.divToInt(denominator.times(step)).times(step);
}

/** Smallest multiple of `step` not below `value`, which is not negative. */
export function raised(value: Num, step: Num): Num {
  const below = floored(value, num(1), step);
  return below.equals(value) ? below : below.plus(step);
}

/** Multiple of `step` nearest to numerator / denominator, which is not negative; a tie goes up. */
export function nearest(numerator: Num, denominator: Num, step: Num): Num {
  return floored(numerator.times(2).plus(denominator.times(step)), denominator.times(2), step);
}

export function smaller(a: Num, b: Num): Num {
  return a.lessThan(b) ? a : b;
}

export function larger(a: Num, b: Num): Num {
  return a.greaterThan(b) ? a : b;
}

export function total(values: readonly Num[]): Num {
  return values.reduce((sum, value) => sum.plus(value), NOTHING);
}

/** Digits without exponent or trailing zeros. */
export function text(value: Num): string {
  return value.isZero() ? '0' : value.toFixed();
}
