/**
 * Pages of a list, newest first, with Bybit's kind of cursor: opaque, already percent-encoded, empty after the last page. A cursor names
 * the last row it gave, so rows that arrive meanwhile move nothing.
 */
import { badParameter } from './bybit-reply.ts';

export interface Page<T> {
  readonly rows: readonly T[];
  readonly nextPageCursor: string;
}

const CURSOR = /^page_token=(\d+)&$/;

/** `keyOf`: unique and falling along `rows`. */
export function pageOf<T>(rows: readonly T[], keyOf: (row: T) => number, query: ReadonlyMap<string, string>, limits: { readonly max: number; readonly standard: number }): Page<T> {
  const limit = limitOf(query, limits);
  const after = cursorKey(query.get('cursor'));
  const rest = after === null ? rows : rows.filter((row) => keyOf(row) < after);
  const page = rest.slice(0, limit);
  const last = page.at(-1);
  return { rows: page, nextPageCursor: last === undefined || rest.length <= limit ? '' : encodeURIComponent(`page_token=${keyOf(last)}&`) };
}

export function limitOf(query: ReadonlyMap<string, string>, { max, standard }: { readonly max: number; readonly standard: number }): number {
  const text = query.get('limit');
  if (text === undefined) return standard;
  const limit = Number(text);
  if (!Number.isInteger(limit) || limit < 1) throw badParameter(`params error: limit ${text}`);
  return Math.min(limit, max);
}

function cursorKey(cursor: string | undefined): number | null {
  if (cursor === undefined || cursor === '') return null;
  // A client that encodes what is encoded already is understood too.
  const key = (CURSOR.exec(cursor) ?? CURSOR.exec(decodeURIComponent(cursor)))?.[1];
  if (key === undefined) throw badParameter('params error: cursor');
  return Number(key);
}

/** The window of a time-limited list, both ends included: `spanMs` long by default and at most. */
export function windowOf(query: ReadonlyMap<string, string>, now: number, defaultMs: number, maxMs: number): { readonly from: number; readonly until: number } {
  const start = timeOf(query.get('startTime'));
  const end = timeOf(query.get('endTime'));
  const from = start ?? (end ?? now) - defaultMs;
  const until = end ?? (start === null ? now : start + defaultMs);
  if (until < from) throw badParameter('params error: startTime is after endTime');
  if (until - from > maxMs) throw badParameter('The time range between startTime and endTime cannot exceed 7 days');
  return { from, until };
}

function timeOf(text: string | undefined): number | null {
  if (text === undefined || text === '') return null;
  const at = Number(text);
  if (!Number.isFinite(at)) throw badParameter(`params error: time ${text}`);
  return at;
}
