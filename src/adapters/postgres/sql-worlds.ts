/** Which simulated book a venue's plans trade on (I5): the first one stays it. */
import type { Sql } from './database.ts';
import { text } from './sql-rows.ts';

const BIND = `
insert into hedgerow.worlds as w (venue, book) values ($1, $2)
on conflict (venue) do update set book = case when $3::integer = 1 then excluded.book else w.book end
returning book`;

export async function bindWorld(sql: Sql, venue: string, book: string, mayReplace: boolean): Promise<string> {
  const [row] = await sql.query(BIND, [venue, book, mayReplace ? 1 : 0]);
  return row === undefined ? book : text(row, 'book');
}
