/**
 * Exact arithmetic of the replay: whole numbers in floats as long as they stay below 2^53, BigInt beyond. Prices count units of
 * 10^−decimals, amounts count lots, so that no step below rounds unless it says so.
 */
import { D, dec } from '../domain/decimal.ts';
import type { DecimalString } from '../domain/decimal.ts';

const SAFE = Number.MAX_SAFE_INTEGER;
/** A sum is carried over into a BigInt beyond this: two such never leave the safe range when added. */
const CARRY_AT = 2 ** 51;

/** A fraction of two whole numbers. */
export interface Ratio {
  readonly numerator: number;
  readonly denominator: number;
}

/** Decimals of a plain decimal string. */
export function decimalsOf(text: DecimalString): number {
  return dec(text).decimalPlaces();
}

/** A decimal as a whole number of 10^−decimals. */
export function scaled(text: DecimalString | D, decimals: number): number {
  return Number(dec(text).times(new D(`1e${decimals}`)).toFixed());
}

export function ratioOf(text: DecimalString | D): Ratio {
  const value = dec(text);
  const decimals = value.decimalPlaces();
  return { numerator: scaled(value, decimals), denominator: 10 ** decimals };
}

/** ⌊a·b / (c·d)⌋ for whole numbers, a·b ≥ 0. */
export function floorRatio(a: number, b: number, c: number, d: number): number {
  const over = a * b;
  const under = c * d;
  if (over <= SAFE && under <= SAFE) return (over - (over % under)) / under;
  return Number((BigInt(a) * BigInt(b)) / (BigInt(c) * BigInt(d)));
}

/** ⌈a·b / (c·d)⌉. */
export function ceilRatio(a: number, b: number, c: number, d: number): number {
  const floor = floorRatio(a, b, c, d);
  const over = a * b;
  const under = c * d;
  const isWhole = over <= SAFE && under <= SAFE ? over % under === 0 : (BigInt(a) * BigInt(b)) % (BigInt(c) * BigInt(d)) === 0n;
  return isWhole ? floor : floor + 1;
}

/** a·b / (c·d) to the nearest whole number, a tie goes up. */
export function nearestRatio(a: number, b: number, c: number, d: number): number {
  const over = a * b;
  const under = c * d;
  if (over <= SAFE / 4 && under <= SAFE / 4) {
    const doubled = 2 * over + under;
    return (doubled - (doubled % (2 * under))) / (2 * under);
  }
  const wide = BigInt(c) * BigInt(d);
  return Number((2n * BigInt(a) * BigInt(b) + wide) / (2n * wide));
}

/** An exact sum of products of whole numbers. */
export class ExactSum {
  low = 0;
  high = 0n;

  add(a: number, b: number): void {
    const product = a * b;
    if (product > CARRY_AT || product < -CARRY_AT) this.high += BigInt(a) * BigInt(b);
    else {
      this.low += product;
      if (this.low > CARRY_AT || this.low < -CARRY_AT) this.#carry();
    }
  }

  #carry(): void {
    this.high += BigInt(this.low);
    this.low = 0;
  }

  /** As a float, for what need not be exact. */
  get float(): number {
    return this.high === 0n ? this.low : Number(this.high) + this.low;
  }

  get exact(): bigint {
    return this.high + BigInt(this.low);
  }

  copy(from: ExactSum): void {
    this.low = from.low;
    this.high = from.high;
  }
}
