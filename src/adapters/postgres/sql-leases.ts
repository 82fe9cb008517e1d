/**
 * Leases: who may trade an account, by the database's clock, which every process shares (I16). Taking one over raises its token; the
 * commits of the one before check theirs and write nothing any more.
 */
import type { Fence, LeaseAnswer, LeaseHolder } from '../../ports/store.ts';
import type { Sql } from './database.ts';
import { integer, text } from './sql-rows.ts';

/** The database's clock, ms. Not now(): that one stands still within a statement that waited for a lock. */
const NOW = '(extract(epoch from clock_timestamp()) * 1000)::bigint';

const ACQUIRE = `
insert into hedgerow.leases as l (venue, account, holder, token, expires_at)
values ($1, $2, $3, 1, ${NOW} + $4::bigint)
on conflict (venue, account) do update
set holder = excluded.holder, token = case when l.holder = excluded.holder then l.token else l.token + 1 end, expires_at = excluded.expires_at
where l.holder = excluded.holder or l.expires_at <= ${NOW}
returning token`;

const WHO = `select holder, greatest(expires_at - ${NOW}, 0) as expires_in_ms from hedgerow.leases where venue = $1 and account = $2`;

export async function acquireLease(sql: Sql, venue: string, account: string, holder: string, ttlMs: number): Promise<LeaseAnswer> {
  const [taken] = await sql.query(ACQUIRE, [venue, account, holder, ttlMs], 'acquire_lease');
  if (taken !== undefined) return { type: 'held', fence: { venue, account, token: integer(taken, 'token') }, expiresInMs: ttlMs };
  const [other] = await sql.query(WHO, [venue, account]);
  if (other === undefined) return { type: 'taken', holder: 'another process', expiresInMs: 0 };
  return { type: 'taken', holder: text(other, 'holder'), expiresInMs: integer(other, 'expires_in_ms') };
}

/** The row stays: its token must never begin again. */
export async function releaseLease(sql: Sql, { venue, account, token }: Fence): Promise<void> {
  await sql.query('update hedgerow.leases set expires_at = 0 where venue = $1 and account = $2 and token = $3', [venue, account, token]);
}

export async function findLease(sql: Sql, venue: string, account: string): Promise<LeaseHolder | null> {
  const [lease] = await sql.query(WHO, [venue, account]);
  if (lease === undefined) return null;
  const expiresInMs = integer(lease, 'expires_in_ms');
  return expiresInMs === 0 ? null : { holder: text(lease, 'holder'), expiresInMs };
}
