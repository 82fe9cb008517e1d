/** Reading a client's JSON: fields of the expected form, or the one error Hyperliquid has for all others. */
import type { Json } from '../../../domain/json.ts';

/** The body is no request this endpoint knows: status 422. */
export class Undeserialisable extends Error {}

export type Fields = { readonly [key: string]: Json };

export function fieldsOf(value: Json | undefined): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Undeserialisable('an object is expected');
  return value as Fields;
}

export function listOf(value: Json | undefined): readonly Json[] {
  if (!Array.isArray(value)) throw new Undeserialisable('a list is expected');
  return value as readonly Json[];
}

export function textOf(value: Json | undefined): string {
  if (typeof value !== 'string') throw new Undeserialisable('a text is expected');
  return value;
}

export function integerOf(value: Json | undefined): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw new Undeserialisable('a whole number is expected');
  return value;
}

export function booleanOf(value: Json | undefined): boolean {
  if (typeof value !== 'boolean') throw new Undeserialisable('true or false is expected');
  return value;
}

const ADDRESS = /^0x[0-9a-fA-F]{40}$/;
export function addressField(value: Json | undefined): string {
  const text = textOf(value);
  if (!ADDRESS.test(text)) throw new Undeserialisable('an address is expected');
  return text.toLowerCase();
}

const CLOID = /^0x[0-9a-fA-F]{32}$/;
export function cloidField(value: Json | undefined): string {
  const text = textOf(value);
  if (!CLOID.test(text)) throw new Undeserialisable('a cloid is 0x and 32 hex digits');
  return text.toLowerCase();
}

const DECIMAL = /^\d+(?:\.\d+)?$/;
export function decimalField(value: Json | undefined): string {
  const text = textOf(value);
  if (!DECIMAL.test(text)) throw new Undeserialisable('a decimal text is expected');
  return text;
}
