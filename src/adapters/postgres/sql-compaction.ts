/**
 * Checkpoints and compaction: a long journal stays quick to replay and small, and the ledger loses nothing (I12). Every step can be
 * interrupted: what may be missing is written down before anything is deleted, and the next compaction goes on.
 */
import { COMPACTED_ENTRY_TYPES } from '../../domain/journal-retention.ts';
import type { Compaction, SnapshotEnvelope } from '../../ports/store.ts';
import type { SqlDatabase, SqlParameter } from './database.ts';
import { integer, snapshotOf } from './sql-rows.ts';

/** Journal numbers looked through by one delete: a fraction of a second, so that a running bot's commits and statement limits have room. */
const NUMBERS_PER_DELETE = 20_000;
/** The same for orders and requests, which have no numbers to go by. */
const ROWS_PER_DELETE = 50_000;

const CHECKPOINT_COLUMNS = 'c.machine, c.machine_version, c.seq as snapshot_seq, c.at as snapshot_at, c.snapshot';
const LOAD = {
  first: `select ${CHECKPOINT_COLUMNS} from hedgerow.heads h join hedgerow.checkpoints c on c.plan_id = h.plan_id and c.seq = h.compacted_seq where h.plan_id = $1`,
  last: `select ${CHECKPOINT_COLUMNS} from hedgerow.checkpoints c where c.plan_id = $1 order by c.seq desc limit 1`,
} as const;

const BEGIN = `
update hedgerow.heads h
set compacted_seq = greatest(h.compacted_seq, (select max(c.seq) from hedgerow.checkpoints c where c.plan_id = h.plan_id and c.at < $2::bigint))
where h.plan_id = $1
returning compacted_seq`;

const DELETE_ENTRIES = `
with gone as (
  delete from hedgerow.journal
  where plan_id = $1 and seq > $3::bigint and seq <= $4::bigint and at < $2::bigint
    and type in (select jsonb_array_elements_text($5::jsonb))
  returning 1
) select count(*) as rows from gone`;

const DELETE_CHECKPOINTS = `with gone as (delete from hedgerow.checkpoints where plan_id = $1 and seq < $2::bigint returning 1) select count(*) as rows from gone`;

/** The newest generation of a slot stays: ids of later orders are counted from it. */
const DELETE_ORDERS = `
with newest as (
  select slot, cycle, max(generation) as generation from hedgerow.orders where plan_id = $1 group by slot, cycle
), spent as (
  select o.client_order_id from hedgerow.orders o join newest n on n.slot = o.slot and n.cycle = o.cycle
  where o.plan_id = $1 and o.generation < n.generation and o.status in ('refused', 'closed') and o.updated_at < $2::bigint and o.filled::numeric = 0
  limit $3::integer
), gone as (
  delete from hedgerow.orders o using spent s where o.plan_id = $1 and o.client_order_id = s.client_order_id returning 1
) select count(*) as rows from gone`;

/** After the orders: what asked for an order that is gone goes too. */
const DELETE_INTENTS = `
with spent as (
  select i.intent_id from hedgerow.intents i
  where i.plan_id = $1 and i.outcome in ('done', 'refused') and i.settled_at < $2::bigint
    and not exists (
      select 1 from hedgerow.orders o
      where o.plan_id = i.plan_id and o.client_order_id = i.client_order_id and (i.kind = 'place' or o.status not in ('refused', 'closed'))
    )
  limit $3::integer
), gone as (
  delete from hedgerow.intents i using spent s where i.plan_id = $1 and i.intent_id = s.intent_id returning 1
) select count(*) as rows from gone`;

/**
 * Gives the room back where nothing else does. `full` writes the tables anew without what is gone: the embedded database is small, and no
 * other process can be kept waiting.
 */
const GIVE_BACK = ['vacuum full hedgerow.journal', 'vacuum full hedgerow.orders', 'vacuum full hedgerow.intents', 'vacuum full hedgerow.checkpoints', 'checkpoint'] as const;

export async function loadCheckpoint(database: SqlDatabase, planId: number, which: 'first' | 'last'): Promise<SnapshotEnvelope | null> {
  const [row] = await database.query(LOAD[which], [planId]);
  return row === undefined ? null : snapshotOf(row);
}

export async function compact(database: SqlDatabase, planId: number, beforeAt: number): Promise<Compaction> {
  const [head] = await database.query(BEGIN, [planId, beforeAt]);
  const throughSeq = head === undefined ? 0 : integer(head, 'compacted_seq');
  const types = JSON.stringify(COMPACTED_ENTRY_TYPES);
  let entries = 0;
  for (let after = 0; after < throughSeq; after += NUMBERS_PER_DELETE) {
    entries += await rowsOf(database, DELETE_ENTRIES, [planId, beforeAt, after, Math.min(after + NUMBERS_PER_DELETE, throughSeq), types]);
  }
  const checkpoints = await rowsOf(database, DELETE_CHECKPOINTS, [planId, throughSeq]);
  const orders = await inParts((limit) => rowsOf(database, DELETE_ORDERS, [planId, beforeAt, limit]));
  const intents = await inParts((limit) => rowsOf(database, DELETE_INTENTS, [planId, beforeAt, limit]));
  const isWorthIt = entries + orders + intents + checkpoints > 0;
  if (database.needsMaintenance && isWorthIt) for (const statement of GIVE_BACK) await database.query(statement);
  return { throughSeq, entries, orders, intents, checkpoints };
}

async function rowsOf(database: SqlDatabase, statement: string, parameters: readonly SqlParameter[]): Promise<number> {
  const [row] = await database.query(statement, parameters);
  return integer(row ?? {}, 'rows');
}

/** Until a part is not full any more. */
async function inParts(deletePart: (limit: number) => Promise<number>): Promise<number> {
  let total = 0;
  for (;;) {
    const rows = await deletePart(ROWS_PER_DELETE);
    total += rows;
    if (rows < ROWS_PER_DELETE) return total;
  }
}
