/**
 * Prices as whole numbers of their last decimal: read from text or from a float without losing or adding a digit.
 *
 * A reader keeps its last result in fields, because a year of minutes has two million prices.
 */
import { D, plain } from '../../../domain/decimal.ts';

/** 10^22 is the largest power of ten that a float holds exactly. */
export const DECIMALS_MAX = 22;
export const POWERS_OF_TEN: readonly number[] = Array.from({ length: DECIMALS_MAX + 1 }, (_, power) => Number(`1e${power}`));
/** Two decimals of at most fifteen digits never share a float, so a float that a decimal of so few digits gives is that decimal. */
const DIGITS_OF_FLOATS = 1e15;

const [ZERO_CODE, NINE_CODE, POINT_CODE] = [48, 57, 46];
/** Also what spreadsheets and Python write: `1e-05`, `-0.1`, `+1`. */
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?$/;

export type DigitsProblem = 'no number' | 'too many digits';

export class PriceDigits {
  /** Of the last number that was read: it is `value / 10^decimals`, with as few decimals as it needs. */
  value = 0;
  decimals = 0;

  /** Null when the text is a number that fits. */
  text(text: string): DigitsProblem | null {
    let value = 0;
    let decimals = 0;
    let zeros = 0;
    let isFraction = false;
    for (let index = 0; index < text.length; index += 1) {
      const code = text.charCodeAt(index);
      if (code >= ZERO_CODE && code <= NINE_CODE) {
        if (isFraction && code === ZERO_CODE) {
          zeros += 1;
          continue;
        }
        for (; zeros > 0; zeros -= 1, decimals += 1) value *= 10;
        value = value * 10 + (code - ZERO_CODE);
        if (isFraction) decimals += 1;
        if (value > Number.MAX_SAFE_INTEGER) return this.#rare(text);
      } else if (code === POINT_CODE && !isFraction && index > 0) isFraction = true;
      else return this.#rare(text);
    }
    if (text === '' || decimals > DECIMALS_MAX) return this.#rare(text);
    this.value = value;
    this.decimals = decimals;
    return null;
  }

  /** Of the shortest decimal that means this float; `decimals` is where to look first. */
  number(number: number, decimals: number): DigitsProblem | null {
    const power = POWERS_OF_TEN[decimals] as number;
    const value = Math.round(number * power);
    if (value / power !== number || Math.abs(value) > DIGITS_OF_FLOATS) return this.#rare(String(number));
    this.value = value;
    this.decimals = decimals;
    return null;
  }

  #rare(text: string): DigitsProblem | null {
    if (!NUMBER.test(text)) return 'no number';
    const number = new D(text);
    const decimals = number.decimalPlaces();
    const value = number.times(new D(10).pow(decimals));
    if (decimals > DECIMALS_MAX || value.abs().greaterThan(Number.MAX_SAFE_INTEGER)) return 'too many digits';
    this.value = Number(plain(value));
    this.decimals = decimals;
    return null;
  }
}
