/** What the endpoints of the Bybit server are given, and how they read a request. Parameters are checked before anything is done. */
import type { Json } from '../../../domain/json.ts';
import type { WireRequest } from '../../../ports/wire.ts';
import type { WireAccount, WireWorld } from '../wire-world.ts';
import type { BybitLedger } from './bybit-ledger.ts';
import type { BybitMarkets } from './bybit-markets.ts';
import { CATEGORY } from './bybit-names.ts';
import { badParameter } from './bybit-reply.ts';

export interface BybitParts {
  readonly world: WireWorld;
  readonly ledger: BybitLedger;
  readonly markets: BybitMarkets;
}

export interface PublicCall {
  readonly query: ReadonlyMap<string, string>;
  /** Server time, ms. */
  readonly at: number;
}

export interface PrivateCall extends PublicCall {
  readonly who: WireAccount;
  /** The JSON object of a POST; empty for a GET. */
  readonly body: Readonly<Record<string, Json>>;
}

/** By `METHOD /path`. An endpoint gives the `result` of its answer or throws a BybitFailure. */
export type PublicEndpoints = Readonly<Record<string, (call: PublicCall) => Json | Promise<Json>>>;
export type PrivateEndpoints = Readonly<Record<string, (call: PrivateCall) => Json | Promise<Json>>>;

export function queryOf(request: WireRequest): ReadonlyMap<string, string> {
  return new Map(new URLSearchParams(request.query));
}

export function bodyOf(request: WireRequest): Readonly<Record<string, Json>> {
  if (request.body === '') return {};
  try {
    const body = JSON.parse(request.body) as Json;
    if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Readonly<Record<string, Json>>;
  } catch {
    // Answered like every body that is no object.
  }
  throw badParameter('params error: the body is not a JSON object');
}

/** Text of a body field; numbers in place of text are refused, as Bybit does. Undefined where it is absent or empty. */
export function textOf(body: Readonly<Record<string, Json>>, name: string): string | undefined {
  const value = body[name];
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value !== 'string') throw badParameter(`params error: ${name} must be a string`);
  return value;
}

export function neededText(body: Readonly<Record<string, Json>>, name: string): string {
  const text = textOf(body, name);
  if (text === undefined) throw badParameter(`params error: ${name} is missing`);
  return text;
}

/** A whole number, also written as text. */
export function integerOf(body: Readonly<Record<string, Json>>, name: string): number | undefined {
  const value = body[name];
  if (value === undefined || value === null || value === '') return undefined;
  const number = typeof value === 'number' || typeof value === 'string' ? Number(value) : NaN;
  if (!Number.isInteger(number)) throw badParameter(`params error: ${name} ${String(value)}`);
  return number;
}

export function booleanOf(body: Readonly<Record<string, Json>>, name: string): boolean {
  const value = body[name];
  if (value === undefined || value === null) return false;
  if (typeof value !== 'boolean') throw badParameter(`params error: ${name} must be a boolean`);
  return value;
}

/** Only USDT perpetuals are traded here. Throws 10001 for every other category. */
export function checkCategory(category: Json | undefined): void {
  if (category !== CATEGORY) throw badParameter(`params error: category ${String(category)} is not traded here, only ${CATEGORY}`);
}
