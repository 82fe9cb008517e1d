/** OKX's lists come newest first, a hundred rows a page; the next page begins after the last row's id. */
import { HedgerowError } from '../../../domain/errors.ts';
import { textOf } from '../fields.ts';
import type { Row } from '../fields.ts';

const PAGE = 100;
const PAGES_MAX = 100;

/** All rows of all pages. Rejects with EXCHANGE_UNAVAILABLE for more than can be read: a part would look like the whole (I9). */
export async function pagesOf(read: (after: { readonly after?: string }) => Promise<readonly Row[]>, idName: string): Promise<readonly Row[]> {
  const rows: Row[] = [];
  let after: { readonly after?: string } = {};
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const next = await read(after);
    rows.push(...next);
    const last = next.at(-1);
    if (last === undefined || next.length < PAGE) return rows;
    after = { after: textOf(last, idName) };
  }
  throw new HedgerowError('EXCHANGE_UNAVAILABLE', `okx has more than ${PAGES_MAX * PAGE} rows of a list`);
}
