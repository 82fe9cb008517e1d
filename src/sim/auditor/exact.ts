/**
 * Decimal numbers as a BigInt and a count of decimal places, for the auditor only.
 *
 * The auditor checks arithmetic that the rest of the house does with decimal.js, so it does not share it. Sums and products
 * here have no precision limit; a quotient exists only floored or rounded to a step (I14, I15).
 */
import { isPlainDecimal, type DecimalString } from '../../domain/decimal.ts';
import { HedgerowError } from '../../domain/errors.ts';

/** The number `digits / 10^places`. */
export interface Exact {
  readonly digits: bigint;
  readonly places: number;
}

export const NOTHING: Exact = { digits: 0n, places: 0 };
export const UNITY: Exact = { digits: 1n, places: 0 };

const powersOfTen: bigint[] = [1n];

function powerOfTen(exponent: number): bigint {
  for (let next = powersOfTen.length; next <= exponent; next += 1) powersOfTen.push(10n ** BigInt(next));
  return powersOfTen[exponent] as bigint;
}

function digitsAt(value: Exact, places: number): bigint {
  return places === value.places ? value.digits : value.digits * powerOfTen(places - value.places);
}

/** Throws INPUT_INVALID for anything but a plain decimal. */
export function exact(text: DecimalString): Exact {
  if (!isPlainDecimal(text)) throw new HedgerowError('INPUT_INVALID', `not a plain decimal: ${JSON.stringify(text)}`);
  const point = text.indexOf('.');
  if (point === -1) return { digits: BigInt(text), places: 0 };
  const fraction = text.slice(point + 1);
  const joined = text.slice(0, point) + fraction;
  return { digits: BigInt(joined), places: fraction.length };
}

export function whole(value: number | bigint): Exact {
  return { digits: BigInt(value), places: 0 };
}

/** Plain decimal string: no exponent, no trailing zeros, no negative zero. */
export function textOf(value: Exact): DecimalString {
  if (value.digits === 0n) return '0';
  const isNegative = value.digits < 0n;
  let digits = (isNegative ? -value.digits : value.digits).toString();
  if (value.places > 0) {
    digits = digits.padStart(value.places + 1, '0');
    const fraction = digits.slice(-value.places).replace(/0+$/, '');
    digits = digits.slice(0, -value.places) + (fraction === '' ? '' : `.${fraction}`);
  }
  return isNegative ? `-${digits}` : digits;
}

export function add(a: Exact, b: Exact): Exact {
  const places = Math.max(a.places, b.places);
  return { digits: digitsAt(a, places) + digitsAt(b, places), places };
}

export function negate(value: Exact): Exact {
  return { digits: -value.digits, places: value.places };
}

export function subtract(a: Exact, b: Exact): Exact {
  return add(a, negate(b));
}

export function multiply(a: Exact, b: Exact): Exact {
  return { digits: a.digits * b.digits, places: a.places + b.places };
}

export function product(...factors: readonly Exact[]): Exact {
  return factors.reduce(multiply, UNITY);
}

export function total(values: Iterable<Exact>): Exact {
  let result = NOTHING;
  for (const value of values) result = add(result, value);
  return result;
}

export function compare(a: Exact, b: Exact): -1 | 0 | 1 {
  const places = Math.max(a.places, b.places);
  const left = digitsAt(a, places);
  const right = digitsAt(b, places);
  return left < right ? -1 : left > right ? 1 : 0;
}

export function isAbove(a: Exact, b: Exact): boolean {
  return compare(a, b) > 0;
}

export function isBelow(a: Exact, b: Exact): boolean {
  return compare(a, b) < 0;
}

export function isPositive(value: Exact): boolean {
  return value.digits > 0n;
}

/** How many whole steps fit into `numerator / denominator`; numerator ≥ 0, the others > 0. */
function stepsIn(numerator: Exact, denominator: Exact, step: Exact): bigint {
  const unit = multiply(denominator, step);
  const places = Math.max(numerator.places, unit.places);
  return digitsAt(numerator, places) / digitsAt(unit, places);
}

/** Largest multiple of `step` not above `numerator / denominator`; numerator ≥ 0, the others > 0. */
export function floorQuotient(numerator: Exact, denominator: Exact, step: Exact): Exact {
  return { digits: stepsIn(numerator, denominator, step) * step.digits, places: step.places };
}

/** Multiple of `step` nearest to `numerator / denominator`, a tie goes up; numerator ≥ 0, the others > 0. */
export function nearestQuotient(numerator: Exact, denominator: Exact, step: Exact): Exact {
  const twice = add(add(numerator, numerator), multiply(denominator, step));
  return { digits: stepsIn(twice, add(denominator, denominator), step) * step.digits, places: step.places };
}

/** `value / step` as an integer; the value must be a multiple of the step. */
export function countOfSteps(value: Exact, step: Exact): bigint {
  return stepsIn(value, UNITY, step);
}
