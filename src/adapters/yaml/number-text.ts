/**
 * Numbers as text: one grammar for money, counts and percentages, exact to the last digit, and a sentence for each way to
 * get it wrong. Nothing here becomes a float.
 */
import { D, plain, type DecimalString } from '../../domain/decimal.ts';

/** Digits, optional fraction; no sign, exponent, leading zero, separator or unit. Also the pattern of the JSON Schema. */
export const NUMBER_PATTERN = '(?:(?:0|[1-9][0-9]*)(?:\\.[0-9]+)?|\\.[0-9]+)';
export const WHOLE_PATTERN = '(?:0|[1-9][0-9]*)';
const NUMBER = new RegExp(`^${NUMBER_PATTERN}$`);
const WHOLE = new RegExp(`^${WHOLE_PATTERN}$`);
const PERCENT = new RegExp(`^(${NUMBER_PATTERN}) ?%$`);
const BARE_FRACTION_NUMBER = /^-?[0-9.]+$/;

/** More digits than any market has; keeps products of several values exact (domain/decimal.ts). */
const MAX_NUMBER_CHARS = 50;
/** Exponents up to here are written out in the remedy. */
const MAX_SHOWN_EXPONENT = 30;

export type Reading<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly remedy: string };

/** Inclusive and exclusive limits of a value, as decimal strings. */
export interface Bounds {
  readonly above?: DecimalString;
  readonly atLeast?: DecimalString;
  readonly below?: DecimalString;
  readonly atMost?: DecimalString;
}

/** A plain number within its bounds. `remedy` says what to write instead, empty when the expectation says it all. */
export function readNumber(text: string, bounds: Bounds): Reading<DecimalString> {
  if (text.length > MAX_NUMBER_CHARS) return { ok: false, remedy: `at most ${MAX_NUMBER_CHARS} characters` };
  if (!NUMBER.test(text)) return { ok: false, remedy: numberRemedy(text) };
  return within(text, bounds);
}

/** A whole number within its bounds; small, so that a JavaScript number holds it exactly. */
export function readWhole(text: string, min: number, max: number): Reading<number> {
  if (text.length <= MAX_NUMBER_CHARS && WHOLE.test(text)) {
    const value = new D(text);
    return value.greaterThanOrEqualTo(min) && value.lessThanOrEqualTo(max) ? { ok: true, value: value.toNumber() } : { ok: false, remedy: '' };
  }
  return { ok: false, remedy: NUMBER.test(text) ? '' : numberRemedy(text) };
}

/** `1%` → `1`: the number before the sign, in percent. Bounds are in percent too. */
export function readPercent(text: string, bounds: Bounds): Reading<DecimalString> {
  const digits = PERCENT.exec(text)?.[1];
  if (text.length > MAX_NUMBER_CHARS) return { ok: false, remedy: `at most ${MAX_NUMBER_CHARS} characters` };
  return digits === undefined ? { ok: false, remedy: percentRemedy(text) } : within(digits, bounds);
}

/** Percent as a fraction, exact: `1` → `0.01`. */
export function fractionOfPercent(percent: DecimalString): DecimalString {
  return plain(new D(percent).times('0.01'));
}

function within(text: string, bounds: Bounds): Reading<DecimalString> {
  const value = new D(text);
  const isWithin =
    (bounds.above === undefined || value.greaterThan(bounds.above)) &&
    (bounds.atLeast === undefined || value.greaterThanOrEqualTo(bounds.atLeast)) &&
    (bounds.below === undefined || value.lessThan(bounds.below)) &&
    (bounds.atMost === undefined || value.lessThanOrEqualTo(bounds.atMost));
  return isWithin ? { ok: true, value: plain(value) } : { ok: false, remedy: '' };
}

function percentRemedy(text: string): string {
  if (BARE_FRACTION_NUMBER.test(text) && NUMBER.test(text)) {
    const value = new D(text);
    if (value.isZero()) return 'write 0%';
    if (value.lessThan(1)) return `write ${plain(value.times(100))}% (which is ${plain(value)}) or ${plain(value)}%`;
    return `write ${plain(value)}%`;
  }
  const digits = /^(.*?) *%$/.exec(text)?.[1];
  if (digits === undefined) return '';
  const remedy = numberRemedy(digits);
  return remedy === '' ? '' : remedy.replace(/(write [0-9.]+)$/, '$1%');
}

/** What to write instead of `text`, or nothing when only the expectation can tell. */
function numberRemedy(text: string): string {
  if (text.length > MAX_NUMBER_CHARS) return '';
  if (/^[+-]?0[0-9]/.test(text)) return `leading zeros are refused, some readers take them for octal; write ${stripZeros(text)}`;
  if (/^[+-]?0[xob]/i.test(text)) return 'write decimal digits';
  if (/^[+-]?[0-9]*\.?[0-9]+e[+-]?[0-9]+$/i.test(text)) return `exponents are refused${writtenOut(text)}`;
  if (/^\+[0-9.]+$/.test(text)) return `write ${text.slice(1)}`;
  if (/^[0-9]+\.$/.test(text)) return `write ${text.slice(0, -1)}`;
  if (/^[0-9]{1,3}(?:[,_' ][0-9]{3})+(?:\.[0-9]+)?$/.test(text)) return `write ${text.replace(/[,_' ]/g, '')}, digits without separators`;
  if (/^[0-9]+,[0-9]+$/.test(text)) return `write ${text.replace(',', '.')}, with a point`;
  if (/%$/.test(text)) return 'a percentage is not meant here';
  const digits = /^[$€£]? ?([0-9]+(?:\.[0-9]+)?) ?[\p{L}×]*$/u.exec(text)?.[1];
  return digits !== undefined && NUMBER.test(digits) && digits !== text ? `write ${digits}` : '';
}

function stripZeros(text: string): string {
  return text.replace(/^([+-]?)0+(?=[0-9])/, '$1');
}

function writtenOut(text: string): string {
  const exponent = Number(/e([+-]?[0-9]+)$/i.exec(text)?.[1]);
  return Math.abs(exponent) <= MAX_SHOWN_EXPONENT ? `; write ${plain(new D(text))}` : '; write all digits';
}
