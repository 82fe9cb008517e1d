/** Percentages for people: rounded at once, exact before. */
import { D, plain, roundQuotientToStep } from '../domain/decimal.ts';
import type { DecimalString } from '../domain/decimal.ts';

const PERCENT_STEP = new D('0.01');

/** `numerator / denominator` in percent, two decimals, half away from zero. */
export function signedPercent(numerator: D, denominator: D): DecimalString {
  const size = roundQuotientToStep(numerator.abs().times(100), denominator, PERCENT_STEP);
  return plain(numerator.isNegative() ? size.negated() : size);
}
