/**
 * Sums of many decimal strings, exact. Whole numbers inside: a fill costs a fraction of what it does with decimal.js, and a run has tens
 * of thousands of them. Nothing is divided or rounded.
 */
import type { DecimalString } from '../domain/decimal.ts';

/** `whole / 10^decimals`. */
export interface Scaled {
  readonly whole: bigint;
  readonly decimals: number;
}

const POWERS: bigint[] = [1n];

function powerOf(exponent: number): bigint {
  for (let next = POWERS.length; next <= exponent; next += 1) POWERS.push((POWERS[next - 1] ?? 1n) * 10n);
  return POWERS[exponent] ?? 1n;
}

/** Of a plain decimal string: no exponent. */
export function scaledOf(text: DecimalString): Scaled {
  const point = text.indexOf('.');
  return point === -1 ? { whole: BigInt(text), decimals: 0 } : { whole: BigInt(text.slice(0, point) + text.slice(point + 1)), decimals: text.length - point - 1 };
}

export function productOf(a: Scaled, b: Scaled): Scaled {
  return { whole: a.whole * b.whole, decimals: a.decimals + b.decimals };
}

export class ExactSum {
  #whole = 0n;
  #decimals = 0;

  add({ whole, decimals }: Scaled): void {
    if (decimals > this.#decimals) {
      this.#whole *= powerOf(decimals - this.#decimals);
      this.#decimals = decimals;
    }
    this.#whole += decimals === this.#decimals ? whole : whole * powerOf(this.#decimals - decimals);
  }

  get value(): Scaled {
    return { whole: this.#whole, decimals: this.#decimals };
  }

  /** Plain decimal string without trailing zeros. */
  get text(): DecimalString {
    const isNegative = this.#whole < 0n;
    const digits = (isNegative ? -this.#whole : this.#whole).toString().padStart(this.#decimals + 1, '0');
    const point = digits.length - this.#decimals;
    const fraction = digits.slice(point).replace(/0+$/, '');
    return `${isNegative ? '-' : ''}${digits.slice(0, point)}${fraction === '' ? '' : `.${fraction}`}`;
  }

  /** For statistics. */
  get number(): number {
    return Number(this.text);
  }
}

/** `a − b`, exact. */
export function differenceOf(a: DecimalString, b: DecimalString): DecimalString {
  const sum = new ExactSum();
  const { whole, decimals } = scaledOf(b);
  sum.add(scaledOf(a));
  sum.add({ whole: -whole, decimals });
  return sum.text;
}
