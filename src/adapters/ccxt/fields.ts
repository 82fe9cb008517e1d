/**
 * Fields of an exchange's JSON, read with distrust: what is missing or of another kind makes the whole answer none (EXCHANGE_UNAVAILABLE),
 * never a zero or an empty list (I9). Numbers come out as exact text.
 */
import { D, isPlainDecimal, plain } from '../../domain/decimal.ts';
import type { DecimalString } from '../../domain/decimal.ts';
import { HedgerowError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';

export type Row = { readonly [key: string]: Json };

function malformed(what: string): HedgerowError {
  return new HedgerowError('EXCHANGE_UNAVAILABLE', `the exchange's answer has ${what}; nothing is concluded from it`);
}

export function rowOf(json: Json | undefined, what = 'an answer'): Row {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw malformed(`no object for ${what}`);
  return json as Row;
}

/** Null for what is no object. */
export function rowOrNull(json: Json | undefined): Row | null {
  return typeof json === 'object' && json !== null && !Array.isArray(json) ? (json as Row) : null;
}

export function rowsOf(json: Json | undefined, what = 'a list'): readonly Row[] {
  if (!Array.isArray(json)) throw malformed(`no list for ${what}`);
  return (json as readonly Json[]).map((each) => rowOf(each, what));
}

/** Text, or a number as text; never empty. */
export function textOf(row: Row, name: string): string {
  const text = optionalText(row, name);
  if (text === null) throw malformed(`no ${name}`);
  return text;
}

/** Null when missing, null or empty. */
export function optionalText(row: Row, name: string): string | null {
  const value = row[name];
  if (typeof value === 'string') return value === '' ? null : value;
  return typeof value === 'number' ? new D(value).toFixed() : null;
}

export function decimalOf(row: Row, name: string): DecimalString {
  const value = optionalDecimal(row, name);
  if (value === null) throw malformed(`no number for ${name}`);
  return value;
}

/** Null when missing, null or empty. Throws for what is there and no number. */
export function optionalDecimal(row: Row, name: string): DecimalString | null {
  const text = optionalText(row, name);
  if (text === null) return null;
  if (!isPlainDecimal(text) && !/^-?\d+(?:\.\d+)?[eE][-+]?\d+$/.test(text)) throw malformed(`no number for ${name}`);
  return plain(new D(text));
}

/** Null also for zero: how several exchanges write "none". */
export function nonZeroDecimal(row: Row, name: string): DecimalString | null {
  const value = optionalDecimal(row, name);
  return value === '0' ? null : value;
}

/** Ms since 1970. */
export function timeOf(row: Row, name: string): number {
  const time = Number(textOf(row, name));
  if (!Number.isSafeInteger(time) || time < 0) throw malformed(`no time for ${name}`);
  return time;
}

export function flagOf(row: Row, name: string): boolean {
  const value = row[name];
  if (value === true || value === 'true') return true;
  if (value === false || value === 'false') return false;
  throw malformed(`neither true nor false for ${name}`);
}

/** Runs `parse` on an answer to a write: what cannot be read leaves its fate open. */
export function orUnknown<T>(parse: () => T): T | { readonly type: 'unknown'; readonly message: string } {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof HedgerowError) || error.code !== 'EXCHANGE_UNAVAILABLE') throw error;
    return { type: 'unknown', message: error.message };
  }
}
