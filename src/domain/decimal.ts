/**
 * Exact money. Decimal strings at the edges, decimal.js inside.
 *
 * The precision is far above what sums and products of prices, amounts and rates need, so `plus`, `minus` and
 * `times` are exact. A quotient never leaves this file unrounded: it is floored or rounded to a step at once (I14, I15).
 */
import { Decimal } from 'decimal.js';

/** Significant digits. Sums and products of the ledger need about 60; the rest is head room. */
const PRECISION_DIGITS = 200;

export const D = Decimal.clone({ precision: PRECISION_DIGITS, rounding: Decimal.ROUND_HALF_UP, toExpNeg: -9e15, toExpPos: 9e15 });
export type D = Decimal;

/** A plain decimal string: optional minus, digits, optional fraction; no exponent, no trailing zeros. */
export type DecimalString = string;

export const ZERO = new D(0);
export const ONE = new D(1);

const PLAIN_DECIMAL = /^-?(?:\d+(?:\.\d+)?|\.\d+)$/;

/** True for text such as `10`, `-0.5`, `.5`; false for exponents, blanks, `NaN`, `Infinity`, `1_000`. */
export function isPlainDecimal(text: string): boolean {
  return PLAIN_DECIMAL.test(text);
}

/** Texts read so far: the same few prices and amounts are asked for again and again. A pure function's memory, bounded (I23). */
const known = new Map<DecimalString, D>();
const KNOWN_MAX = 8_192;

/** Decimal from our own decimal string; Decimals are never changed in place, so one may be shared. */
export function dec(value: DecimalString | D): D {
  if (typeof value !== 'string') return value;
  return known.get(value) ?? remember(value, new D(value));
}

function remember(text: DecimalString, value: D): D {
  if (known.size >= KNOWN_MAX) known.clear();
  known.set(text, value);
  return value;
}

/** Plain decimal string without exponent, trailing zeros or a negative zero. */
export function plain(value: D): DecimalString {
  if (value.isZero()) return '0';
  const text = value.toFixed();
  if (value.constructor === D) remember(text, value);
  return text;
}

/** Largest multiple of `step` not above `numerator / denominator`. Exact; all arguments positive, numerator may be zero. */
export function floorQuotientToStep(numerator: D, denominator: D, step: D): D {
  return numerator.divToInt(denominator.times(step)).times(step);
}

/** Largest multiple of `step` not above `value` (value ≥ 0). */
export function floorToStep(value: D, step: D): D {
  return value.divToInt(step).times(step);
}

/** Smallest multiple of `step` not below `value` (value ≥ 0). */
export function ceilToStep(value: D, step: D): D {
  const floored = floorToStep(value, step);
  return floored.equals(value) ? floored : floored.plus(step);
}

/** Multiple of `step` nearest to `numerator / denominator`; a tie goes up (half up). Exact; arguments positive. */
export function roundQuotientToStep(numerator: D, denominator: D, step: D): D {
  const unit = denominator.times(step);
  return numerator.times(2).plus(unit).divToInt(unit.times(2)).times(step);
}

/** Multiple of `step` nearest to `value` (value ≥ 0); a tie goes up. */
export function roundToStep(value: D, step: D): D {
  return roundQuotientToStep(value, ONE, step);
}

/** True when `value` is a whole multiple of `step`. */
export function isOnStep(value: D, step: D): boolean {
  return value.modulo(step).isZero();
}

export function sum(values: Iterable<D>): D {
  let total = ZERO;
  for (const value of values) total = total.plus(value);
  return total;
}

export function minOf(a: D, b: D): D {
  return a.lessThan(b) ? a : b;
}

export function maxOf(a: D, b: D): D {
  return a.greaterThan(b) ? a : b;
}
