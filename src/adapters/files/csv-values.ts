/** Values of CSV columns, checked one by one; every fault names file, line, column, value and remedy. */
import { D, plain } from '../../domain/decimal.ts';
import type { DecimalString } from '../../domain/decimal.ts';
import { feedError } from './csv-lines.ts';
import type { FilePlace } from './csv-lines.ts';

/** 13 digits are milliseconds until the year 2286; more are another unit, and ten are seconds from 2001 to 2286, taken for January 1970. */
const TIMESTAMP = /^(?!\d{10}$)\d{1,13}$/;
const SECONDS = /^\d{10}$/;
const CANONICAL = /^(?:0|[1-9]\d*)(?:\.\d*[1-9])?$/;
const UNSIGNED = /^(?:\d+(?:\.\d+)?|\.\d+)$/;
const SIGNED = /^-?(?:\d+(?:\.\d+)?|\.\d+)$/;
/** Number of characters of a wrong value that are shown. */
const SHOWN_CHARS = 40;

export interface ValuePlace extends FilePlace {
  readonly column: string;
}

/** Shows a value as it stands in the file. */
export function shown(text: string): string {
  return text.length > SHOWN_CHARS ? `${JSON.stringify(text.slice(0, SHOWN_CHARS))}…` : JSON.stringify(text);
}

/** Whole milliseconds since 1970. */
export function timestampOf(text: string, place: ValuePlace): number {
  if (TIMESTAMP.test(text)) return Number(text);
  if (SECONDS.test(text)) throw feedError(place, `${text} is a time in seconds`, 'multiply by 1000: milliseconds since 1970 have 13 digits today');
  if (/^\d+$/.test(text)) throw feedError(place, `${text} has too many digits for milliseconds`, 'divide it: milliseconds since 1970 have 13 digits today');
  throw feedError(place, `${shown(text)} is not a time`, 'write whole milliseconds since 1970, UTC, for example 1735689600000');
}

/** A price: a plain decimal above zero, as the file writes it. */
export function priceOf(text: string, place: ValuePlace): DecimalString {
  const price = unsignedOf(text, place);
  if (price === '0') throw feedError(place, `${shown(text)} is not above zero`, 'a price must be above zero: correct or remove the line');
  return price;
}

/** A plain decimal of at least zero. */
export function unsignedOf(text: string, place: ValuePlace): DecimalString {
  if (CANONICAL.test(text)) return text;
  if (!UNSIGNED.test(text)) throw feedError(place, `${shown(text)} is not a plain number of at least zero`, 'write digits and a point, without sign, exponent, blanks or separators, for example 60123.4');
  return plain(new D(text));
}

/** A plain decimal of either sign. */
export function signedOf(text: string, place: ValuePlace): DecimalString {
  if (!SIGNED.test(text)) throw feedError(place, `${shown(text)} is not a plain number`, 'write digits and a point, without exponent, blanks or separators, for example -0.0001');
  return plain(new D(text));
}
