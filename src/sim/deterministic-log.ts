/**
 * Natural logarithm from the four basic operations alone. `Math.log` may differ in the last bit between engines and
 * machines; basic operations may not, and the same seed has to give the same path everywhere (I22).
 */

const LN_2 = 0.6931471805599453;
const SQRT_HALF = 0.7071067811865476;
/** Terms of the series at the end of its range (z = 0.172): z^27 / 27 is below the last bit. */
const SERIES_TERMS = 13;

/** ln(x) for 0 < x ≤ 1, within a few units of the last place. */
export function naturalLog(x: number): number {
  let mantissa = x;
  let exponent = 0;
  while (mantissa < SQRT_HALF) {
    mantissa *= 2;
    exponent -= 1;
  }
  const z = (mantissa - 1) / (mantissa + 1);
  const square = z * z;
  let series = 0;
  for (let term = SERIES_TERMS; term >= 0; term -= 1) series = series * square + 1 / (2 * term + 1);
  return exponent * LN_2 + 2 * z * series;
}
