/** Names a market goes by in Bitget's requests, and its lists. */
import { HedgerowError } from '../../../domain/errors.ts';
import type { Json } from '../../../domain/json.ts';
import type { VenueMarket } from '../dialect.ts';
import { optionalText, rowOf, rowsOf } from '../fields.ts';
import type { Row } from '../fields.ts';

const PAGE = 100;
const PAGES_MAX = 100;

export function productOf(currency: string): string {
  return `${currency}-FUTURES`;
}

export function marketParams({ id, quote }: Pick<VenueMarket, 'id' | 'quote'>): { readonly symbol: string; readonly productType: string } {
  return { symbol: id, productType: productOf(quote) };
}

/** The rows under `name` in an answer's data. An empty list is written as null there; one that is not there at all is none. */
export function listIn(answer: Json, name: string): readonly Row[] {
  const data = rowOf(rowOf(answer)['data'], name);
  return data[name] === null ? [] : rowsOf(data[name], name);
}

/**
 * All rows of all pages, newest first; each ends before the oldest row of the page before, as `endId` names it. Rejects with
 * EXCHANGE_UNAVAILABLE for more than can be read: a part would look like the whole (I9).
 */
export async function pagesOf(read: (before: { readonly idLessThan?: string }) => Promise<Json>, name: string): Promise<readonly Row[]> {
  const rows: Row[] = [];
  let before: { readonly idLessThan?: string } = {};
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const answer = await read(before);
    const next = listIn(answer, name);
    rows.push(...next);
    if (next.length < PAGE) return rows;
    const endId = optionalText(rowOf(rowOf(answer)['data']), 'endId');
    if (endId === null || endId === before.idLessThan) throw new HedgerowError('EXCHANGE_UNAVAILABLE', `bitget does not tell where the next page of ${name} begins`);
    before = { idLessThan: endId };
  }
  throw new HedgerowError('EXCHANGE_UNAVAILABLE', `bitget has more than ${PAGES_MAX * PAGE} rows of ${name}`);
}
