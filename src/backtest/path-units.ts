/** Whole-number prices of a candle path: as text, against bounds that are floats, and shares of its times. */
import type { DecimalString } from '../domain/decimal.ts';

/** Path points of a candle: open, two extremes, close. */
export const POINTS = 4;

/** `value / 10^decimals` as a plain decimal; `value` is a whole number from 0 to 2^53. */
export function priceText(value: number, decimals: number): DecimalString {
  const digits = String(value);
  if (decimals === 0) return digits;
  const padded = digits.length > decimals ? digits : digits.padStart(decimals + 1, '0');
  let end = padded.length;
  const point = end - decimals;
  while (end > point && padded.charCodeAt(end - 1) === 48) end -= 1;
  return end === point ? padded.slice(0, point) : `${padded.slice(0, point)}.${padded.slice(point, end)}`;
}

/** The smallest whole number n with n / scale ≥ bound, comparing the float nearest to n / scale. */
export function firstAtOrAbove(bound: number, scale: number): number {
  if (!Number.isFinite(bound)) return bound;
  let value = Math.ceil(bound * scale);
  while (value / scale >= bound) value -= 1;
  while (value / scale < bound) value += 1;
  return value;
}

/** The largest whole number n with n / scale ≤ bound. */
export function lastAtOrBelow(bound: number, scale: number): number {
  if (!Number.isFinite(bound)) return bound;
  let value = Math.floor(bound * scale);
  while (value / scale <= bound) value += 1;
  while (value / scale > bound) value -= 1;
  return value;
}

/** `floor(a·b / c)` for whole numbers, exact also where the product is beyond 2^53. */
export function floorShare(a: number, b: number, c: number): number {
  const product = a * b;
  return product <= Number.MAX_SAFE_INTEGER ? Math.floor(product / c) : Number((BigInt(a) * BigInt(b)) / BigInt(c));
}

/** `ceil(a·b / c)`, likewise. */
export function ceilShare(a: number, b: number, c: number): number {
  const floored = floorShare(a, b, c);
  return BigInt(floored) * BigInt(c) === BigInt(a) * BigInt(b) ? floored : floored + 1;
}
