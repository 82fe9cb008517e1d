/**
 * Lists of Bybit, whole: every page by its cursor, and long times in the spans it gives. A list that does not end is none (I9).
 */
import { HedgerowError } from '../../../domain/errors.ts';
import type { Json } from '../../../domain/json.ts';
import type { Reader } from '../dialect.ts';
import { optionalText, rowOf, rowsOf } from '../fields.ts';
import type { Row } from '../fields.ts';

/** A read counts as a fifth of a write: Bybit grants 50 a second of the one and 10 of the other, for each account and endpoint. */
export const READ_WEIGHT = 0.2;
const DAY_MS = 86_400_000;
/** The longest span one request may ask for. */
const SPAN_MS = 7 * DAY_MS - 1;
/** Bybit keeps two years. */
const KEPT_MS = 729 * DAY_MS;
const PAGES_MAX = 200;

/** The `result` of an answer. */
export function resultOf(json: Json): Row {
  return rowOf(rowOf(json)['result'], 'result');
}

/** Every row of every page, in the order Bybit gives them. */
export async function allPages(reader: Reader, path: string, params: Readonly<Record<string, Json>>): Promise<readonly Row[]> {
  const rows: Row[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const result: Row = resultOf(await reader.read({ api: 'private', method: 'GET', path, params: { ...params, ...(cursor !== null && { cursor }) }, weight: READ_WEIGHT }));
    const list = rowsOf(result['list'], path);
    rows.push(...list);
    cursor = optionalText(result, 'nextPageCursor');
    // A cursor may come with the last page too; the page after it is empty.
    if (cursor === null || list.length === 0) return rows;
  }
  throw new HedgerowError('EXCHANGE_UNAVAILABLE', `bybit ${path}: more than ${PAGES_MAX} pages; nothing is concluded from a part of them`);
}

/** The same from `since` until now, in as many spans as that takes. */
export async function allSince(reader: Reader, path: string, params: Readonly<Record<string, Json>>, since: number, now: number): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (let from = Math.max(since, now - KEPT_MS); from <= now; from += SPAN_MS + 1) {
    rows.push(...(await allPages(reader, path, { ...params, startTime: from, endTime: from + SPAN_MS })));
  }
  return rows;
}
