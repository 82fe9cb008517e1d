/** Gate's lists come by an offset, so that a row that goes away meanwhile would shift another one out of sight. Its times are seconds. */
import { dec } from '../../../domain/decimal.ts';
import { HedgerowError } from '../../../domain/errors.ts';
import { decimalOf } from '../fields.ts';
import type { Row } from '../fields.ts';

const PAGE = 100;
const PAGES_MAX = 100;

/**
 * All rows of all pages. Each page begins with the last row of the page before; when it does not, something has moved. Rejects with
 * EXCHANGE_UNAVAILABLE for that, and for more than can be read: a part would look like the whole (I9).
 */
export async function pagesOf(read: (range: { readonly limit: number; readonly offset: number }) => Promise<readonly Row[]>, idOf: (row: Row) => string): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const last = rows.at(-1);
    const offset = last === undefined ? 0 : rows.length - 1;
    const next = await read({ limit: PAGE, offset });
    const [first] = next;
    if (last !== undefined && (first === undefined || idOf(first) !== idOf(last))) throw new HedgerowError('EXCHANGE_UNAVAILABLE', 'a list of gate moved while it was read');
    rows.push(...(last === undefined ? next : next.slice(1)));
    if (next.length < PAGE) return rows;
  }
  throw new HedgerowError('EXCHANGE_UNAVAILABLE', `gate has more than ${PAGES_MAX * PAGE} rows of a list`);
}

/** Ms since 1970 of a time in seconds, with or without a fraction. */
export function secondsOf(row: Row, name: string): number {
  return dec(decimalOf(row, name)).times(1_000).round().toNumber();
}
