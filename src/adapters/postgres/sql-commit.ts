/**
 * The one statement that commits a pass, and what its answer means. Keeps I2 (all of it is on disk, or none), I4 (a trade's key is unique)
 * and I16 (a plan's journal numbers have one writer and no gaps; a writer whose lease is no longer the newest writes nothing).
 */
import { HedgerowError } from '../../domain/errors.ts';
import { invariant } from '../../domain/invariant.ts';
import type { CommitBatch } from '../../ports/store.ts';
import { SqlError, UNIQUE_VIOLATION, storeError, type SqlDatabase, type SqlParameter, type SqlRow } from './database.ts';
import { integer, jsonText } from './sql-rows.ts';

export const ORDER_COLUMNS = 'client_order_id, slot, cycle, generation, request, legs, status, exchange_order_id, filled, reason, updated_at';
export const INTENT_COLUMNS = 'intent_id, client_order_id, kind, seq, request, reason, outcome, code, committed_at, settled_at';

/**
 * The whole commit. `$2` and `$3` are the last journal number before and after it, null without entries. The update of the head takes
 * the row's lock and matches nothing when another writer was faster, a number is missing or a lease is lost; then nothing else is written
 * either. The leases stay locked until the commit has ended, so that who takes one over sees everything its holder wrote before.
 */
const COMMIT = `
with leases as materialized (
  select count(*) as held
  from (
    select 1 from hedgerow.leases l join jsonb_to_recordset($9::jsonb) as f (venue text, account text, token bigint)
      on l.venue = f.venue and l.account = f.account and l.token = f.token
    for share of l
  ) as held
), envelope as materialized (
  select * from jsonb_to_record($4::jsonb) as s (machine text, version integer, seq bigint, at bigint, snapshot jsonb)
), head as (
  update hedgerow.heads h
  set seq = coalesce($3::bigint, h.seq),
      machine = coalesce(s.machine, h.machine),
      machine_version = coalesce(s.version, h.machine_version),
      snapshot_seq = coalesce(s.seq, h.snapshot_seq),
      snapshot_at = coalesce(s.at, h.snapshot_at),
      snapshot = case when s.machine is null then h.snapshot else s.snapshot end
  from envelope s
  where h.plan_id = $1::integer and ($2::bigint is null or h.seq = $2::bigint)
    and (select held from leases) = jsonb_array_length($9::jsonb)
  returning h.plan_id
), checkpoint as (
  insert into hedgerow.checkpoints (plan_id, seq, machine, machine_version, at, snapshot)
  select head.plan_id, s.seq, s.machine, s.version, s.at, s.snapshot
  from head, envelope s
  where s.machine is not null and s.seq / $11::bigint > $2::bigint / $11::bigint
), entries as (
  insert into hedgerow.journal (plan_id, seq, at, type, payload)
  select head.plan_id, e.seq, e.at, e.type, e.payload
  from head, jsonb_to_recordset($5::jsonb) as e (seq bigint, at bigint, type text, payload jsonb)
), orders as (
  insert into hedgerow.orders as o (plan_id, ${ORDER_COLUMNS})
  select head.plan_id, n."clientOrderId", n.slot, n.cycle, n.generation, n.request, n.legs, n.status, n."exchangeOrderId", n.filled, n.reason, n."updatedAt"
  from head, jsonb_to_recordset($6::jsonb) as n ("clientOrderId" text, slot text, cycle integer, generation integer, request jsonb, legs jsonb,
    status text, "exchangeOrderId" text, filled text, reason text, "updatedAt" bigint)
  on conflict (plan_id, client_order_id) do update
  set slot = excluded.slot, cycle = excluded.cycle, generation = excluded.generation, request = excluded.request, legs = excluded.legs,
      status = excluded.status, exchange_order_id = excluded.exchange_order_id, filled = excluded.filled, reason = excluded.reason,
      updated_at = excluded.updated_at
), intents as (
  insert into hedgerow.intents as i (plan_id, ${INTENT_COLUMNS})
  select head.plan_id, n."intentId", n."clientOrderId", n.kind, n.seq, n.request, n.reason, n.outcome, n.code, n."committedAt", n."settledAt"
  from head, jsonb_to_recordset($7::jsonb) as n ("intentId" text, "clientOrderId" text, kind text, seq bigint, request jsonb, reason text,
    outcome text, code text, "committedAt" bigint, "settledAt" bigint)
  on conflict (plan_id, intent_id) do update
  set client_order_id = excluded.client_order_id, kind = excluded.kind, seq = excluded.seq, request = excluded.request,
      reason = excluded.reason, outcome = excluded.outcome, code = excluded.code, committed_at = excluded.committed_at,
      settled_at = excluded.settled_at
), trades as (
  insert into hedgerow.trades (venue, account, symbol, trade_id, plan_id, seq, order_id, client_order_id, side, position_side,
    price, amount, fee, taker_or_maker, at, info)
  select p.venue, t.account, t.symbol, t.id, p.plan_id, t.seq, t."orderId", t."clientOrderId", t.side, t."positionSide",
    t.price, t.amount, t.fee, t."takerOrMaker", t.at, t.info
  from head join hedgerow.plans p using (plan_id), jsonb_to_recordset($8::jsonb) as t (account text, symbol text, id text, seq bigint,
    place integer, "orderId" text, "clientOrderId" text, side text, "positionSide" text, price text, amount text, fee text,
    "takerOrMaker" text, at bigint, info jsonb)
  order by t.place
), actions as (
  update hedgerow.operator_actions a
  set outcome = r.outcome, note = r.note, settled_at = r.at
  from head, jsonb_to_recordset($10::jsonb) as r ("actionId" text, outcome text, note text, at bigint)
  where a.action_id = r."actionId" and a.plan_id = head.plan_id and a.outcome is null
)
select plan_id from head`;

/** Why nothing was written: the head, the lost lease if any, and how many entries of the batch are stored with the same contents. */
const WHY_NOT = `
select h.seq,
  (select count(*) from jsonb_to_recordset($2::jsonb) as e (seq bigint, at bigint, type text, payload jsonb)
     join hedgerow.journal j on j.plan_id = h.plan_id and j.seq = e.seq
     where j.at = e.at and j.type = e.type and j.payload is not distinct from e.payload) as same,
  (select jsonb_build_object('account', f.account, 'token', f.token, 'newest', l.token, 'holder', l.holder)
     from jsonb_to_recordset($3::jsonb) as f (venue text, account text, token bigint)
     left join hedgerow.leases l on l.venue = f.venue and l.account = f.account
     where l.token is distinct from f.token limit 1) as lost
from hedgerow.heads h where h.plan_id = $1::integer`;

/** Commits the batch; see `Store.commit` for what it rejects with. `checkpointEvery`: a snapshot is kept when a multiple of it is passed. */
export async function commitBatch(database: SqlDatabase, batch: CommitBatch, checkpointEvery: number): Promise<void> {
  const { planId, entries } = batch;
  const first = entries[0]?.seq;
  entries.forEach(({ seq }, index) => invariant(seq === entries[0]!.seq + index, 'I16 journal numbers of one commit must follow each other', { planId, first, seq }));
  const rows = await insert(database, batch, checkpointEvery);
  if (rows.length === 0) await explain(database, batch);
}

async function insert(database: SqlDatabase, batch: CommitBatch, checkpointEvery: number): Promise<readonly SqlRow[]> {
  const { planId, entries, snapshot, orders, intents, trades, actions = [], fences = [] } = batch;
  const first = entries[0];
  const parameters: readonly SqlParameter[] = [
    planId,
    first === undefined ? null : first.seq - 1,
    entries.at(-1)?.seq ?? null,
    jsonText(snapshot ?? {}),
    jsonText(entries),
    jsonText(lastOfEach(orders, (order) => order.clientOrderId)),
    jsonText(lastOfEach(intents, (intent) => intent.intentId)),
    jsonText(trades.map(({ seq, trade }, place) => ({ ...trade, seq, place }))),
    jsonText(fences),
    jsonText(actions),
    checkpointEvery,
  ];
  try {
    return await database.query(COMMIT, parameters, 'commit');
  } catch (error) {
    if (!(error instanceof SqlError) || error.sqlState !== UNIQUE_VIOLATION) throw storeError(database.description, error);
    const facts = JSON.stringify({ planId, first: first?.seq, trades: trades.map(({ trade }) => trade.id) });
    if (error.constraint === 'trades_pkey') throw new HedgerowError('INVARIANT_BROKEN', `I4 a trade of this commit is already booked ${facts}`);
    throw new HedgerowError('INVARIANT_BROKEN', `I16 a journal number of this commit exists ${facts}`);
  }
}

/** Returns when the batch was committed before, by a commit whose answer was lost; else throws why it cannot be. */
async function explain(database: SqlDatabase, { planId, entries, fences = [] }: CommitBatch): Promise<void> {
  const [row] = await database.query(WHY_NOT, [planId, jsonText(entries), jsonText(fences)]);
  invariant(row !== undefined, `I16 the store has no plan ${planId}`);
  const lost = row['lost'] as { readonly account: string } | null;
  invariant(lost === null, 'I16 another process trades this account now', { ...lost });
  if (entries.length > 0 && integer(row, 'same') === entries.length) return;
  const last = integer(row, 'seq');
  const first = entries[0]?.seq;
  const what = first !== undefined && first <= last ? 'exists already; another process writes this plan' : 'does not follow the last one';
  throw new HedgerowError('INVARIANT_BROKEN', `I16 journal number ${first} of plan ${planId} ${what} ${JSON.stringify({ last })}`);
}

/** One statement cannot update a row twice; the later state of an order or intent is the one to keep. */
function lastOfEach<T>(items: readonly T[], id: (item: T) => string): readonly T[] {
  return items.length < 2 ? items : [...new Map(items.map((item) => [id(item), item])).values()];
}
