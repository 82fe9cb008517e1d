/**
 * The store in SQL, once for every driver. Keeps I2 (a commit is one statement: all of it is on disk, or none), I4 (a trade's key is
 * unique) and I16 (a plan's journal numbers have one writer and no gaps).
 */
import { HedgerowError } from '../../domain/errors.ts';
import { invariant } from '../../domain/invariant.ts';
import type { Json } from '../../domain/json.ts';
import type { OrderRequest, PositionSide, Side, TradeRecord } from '../../ports/exchange.ts';
import type { CommitBatch, JournalEntry, PlanIdentity, SnapshotEnvelope, Store, StoredIntent, StoredOrder, StoredPlan } from '../../ports/store.ts';
import { SqlError, UNIQUE_VIOLATION, storeError, type Sql, type SqlDatabase, type SqlParameter, type SqlRow } from './database.ts';

/**
 * Between two clean-ups where the server has no background processes. Without them dead rows stay, and the log grows without end, as in
 * single-user mode nothing starts a checkpoint. About 10 MB of each at 10 kB per commit, and tens of milliseconds to clear.
 */
const COMMITS_PER_MAINTENANCE = 1_000;

/** The tables that are updated in place. One statement each: vacuum refuses to share a transaction. */
const MAINTENANCE = ['vacuum hedgerow.heads', 'vacuum hedgerow.orders', 'vacuum hedgerow.intents', 'checkpoint'] as const;

const PLAN_COLUMNS = `p.plan_id, p.venue, p.name, p.strategy, p.strategy_hash, p.started_at,
  h.seq, h.machine, h.machine_version, h.snapshot_seq, h.snapshot_at, h.snapshot`;
const SELECT_PLAN = `select ${PLAN_COLUMNS} from hedgerow.plans p join hedgerow.heads h using (plan_id)`;

const ORDER_COLUMNS = 'client_order_id, slot, cycle, generation, request, legs, status, exchange_order_id, filled, reason, updated_at';
const INTENT_COLUMNS = 'intent_id, client_order_id, kind, seq, request, reason, outcome, code, committed_at, settled_at';

/**
 * The whole commit. `$2` and `$3` are the last journal number before and after it, null without entries. The update of the head takes
 * the row's lock and matches nothing when another writer was faster or a number is missing; then nothing else is written either.
 */
const COMMIT = `
with head as (
  update hedgerow.heads h
  set seq = coalesce($3::bigint, h.seq),
      machine = coalesce(s.machine, h.machine),
      machine_version = coalesce(s.version, h.machine_version),
      snapshot_seq = coalesce(s.seq, h.snapshot_seq),
      snapshot_at = coalesce(s.at, h.snapshot_at),
      snapshot = case when s.machine is null then h.snapshot else s.snapshot end
  from jsonb_to_record($4::jsonb) as s (machine text, version integer, seq bigint, at bigint, snapshot jsonb)
  where h.plan_id = $1::integer and ($2::bigint is null or h.seq = $2::bigint)
  returning h.plan_id
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
    price, amount, fee, taker_or_maker, at)
  select p.venue, t.account, t.symbol, t.id, p.plan_id, t.seq, t."orderId", t."clientOrderId", t.side, t."positionSide",
    t.price, t.amount, t.fee, t."takerOrMaker", t.at
  from head join hedgerow.plans p using (plan_id), jsonb_to_recordset($8::jsonb) as t (account text, symbol text, id text, seq bigint,
    place integer, "orderId" text, "clientOrderId" text, side text, "positionSide" text, price text, amount text, fee text,
    "takerOrMaker" text, at bigint)
  order by t.place
)
select plan_id from head`;

class SqlStore implements Store {
  readonly description: string;
  readonly #database: SqlDatabase;
  readonly #release: () => Promise<void>;
  readonly #commitsPerMaintenance: number;
  #commits = 0;
  #maintenance: Promise<void> = Promise.resolve();
  #closing: Promise<void> | null = null;

  constructor(database: SqlDatabase, release: () => Promise<void>, commitsPerMaintenance: number) {
    this.#commitsPerMaintenance = commitsPerMaintenance;
    this.description = database.description;
    this.#database = database;
    this.#release = release;
  }

  async openPlan(identity: PlanIdentity, strategy: Json, strategyHash: string, at: number): Promise<StoredPlan> {
    const found = await this.findPlan(identity);
    if (found !== null) return found;
    // Two openers may both come here: the second one's insert waits, does nothing, and it reads the plan of the first.
    await this.#guard(() =>
      this.#database.transaction(async (sql) => {
        const [created] = await sql.query(
          `insert into hedgerow.plans (venue, name, strategy, strategy_hash, started_at) values ($1, $2, $3::jsonb, $4, $5)
           on conflict (venue, name) do nothing returning plan_id`,
          [identity.venue, identity.name, jsonText(strategy), strategyHash, at],
        );
        if (created !== undefined) await sql.query('insert into hedgerow.heads (plan_id) values ($1)', [integer(created, 'plan_id')]);
      }),
    );
    const plan = await this.findPlan(identity);
    if (plan === null) throw new Error(`plan ${identity.venue}/${identity.name} vanished while it was being opened`);
    return plan;
  }

  async findPlan(identity: PlanIdentity): Promise<StoredPlan | null> {
    const [row] = await this.#query(`${SELECT_PLAN} where p.venue = $1 and p.name = $2`, [identity.venue, identity.name]);
    return row === undefined ? null : planOf(row);
  }

  async listPlans(): Promise<readonly StoredPlan[]> {
    return (await this.#query(`${SELECT_PLAN} order by p.plan_id`)).map(planOf);
  }

  async commit(batch: CommitBatch): Promise<void> {
    const { planId, entries } = batch;
    const first = entries[0]?.seq;
    entries.forEach(({ seq }, index) => invariant(seq === entries[0]!.seq + index, 'I16 journal numbers of one commit must follow each other', { planId, first, seq }));
    const rows = await this.#insert(batch);
    if (rows.length === 0) throw await this.#whyNothingMatched(planId, first);
    this.#commits += 1;
    if (this.#database.needsMaintenance && this.#commits % this.#commitsPerMaintenance === 0) this.#maintain();
  }

  async readJournal(planId: number, afterSeq: number, limit: number): Promise<readonly JournalEntry[]> {
    const rows = await this.#query(
      'select seq, at, type, payload from hedgerow.journal where plan_id = $1 and seq > $2 order by seq limit $3',
      [planId, afterSeq, limit],
      'read_journal',
    );
    return rows.map((row) => ({ seq: integer(row, 'seq'), at: integer(row, 'at'), type: text(row, 'type'), payload: json(row, 'payload') }));
  }

  async loadWorkingOrders(planId: number): Promise<readonly StoredOrder[]> {
    const rows = await this.#query(
      `select ${ORDER_COLUMNS} from hedgerow.orders where plan_id = $1 and status not in ('refused', 'closed') order by client_order_id collate "C"`,
      [planId],
    );
    return rows.map(orderOf);
  }

  async loadOrder(planId: number, clientOrderId: string): Promise<StoredOrder | null> {
    const [row] = await this.#query(`select ${ORDER_COLUMNS} from hedgerow.orders where plan_id = $1 and client_order_id = $2`, [planId, clientOrderId], 'load_order');
    return row === undefined ? null : orderOf(row);
  }

  async loadGenerations(planId: number, sinceCycle: number): Promise<ReadonlyMap<string, number>> {
    const rows = await this.#query(
      'select slot, cycle, max(generation) as generation from hedgerow.orders where plan_id = $1 and cycle >= $2 group by slot, cycle order by cycle, slot collate "C"',
      [planId, sinceCycle],
    );
    return new Map(rows.map((row) => [`${text(row, 'slot')}|${integer(row, 'cycle')}`, integer(row, 'generation')]));
  }

  async loadPendingIntents(planId: number): Promise<readonly StoredIntent[]> {
    const rows = await this.#query(
      `select ${INTENT_COLUMNS} from hedgerow.intents where plan_id = $1 and outcome = 'pending' order by seq, intent_id collate "C"`,
      [planId],
    );
    return rows.map(intentOf);
  }

  async loadTrades(planId: number, since: number): Promise<readonly TradeRecord[]> {
    const rows = await this.#query('select * from hedgerow.trades where plan_id = $1 and at >= $2 order by at, booking', [planId, since]);
    return rows.map(tradeOf);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#maintenance;
    try {
      await this.#database.close();
    } finally {
      await this.#release();
    }
  }

  async #insert({ planId, entries, snapshot, orders, intents, trades }: CommitBatch): Promise<readonly SqlRow[]> {
    const first = entries[0];
    const parameters = [
      planId,
      first === undefined ? null : first.seq - 1,
      entries.at(-1)?.seq ?? null,
      jsonText(snapshot ?? {}),
      jsonText(entries),
      jsonText(lastOfEach(orders, (order) => order.clientOrderId)),
      jsonText(lastOfEach(intents, (intent) => intent.intentId)),
      jsonText(trades.map(({ seq, trade }, place) => ({ ...trade, seq, place }))),
    ];
    try {
      return await this.#database.query(COMMIT, parameters, 'commit');
    } catch (error) {
      if (!(error instanceof SqlError) || error.sqlState !== UNIQUE_VIOLATION) throw storeError(this.description, error);
      const facts = JSON.stringify({ planId, first: first?.seq, trades: trades.map(({ trade }) => trade.id) });
      if (error.constraint === 'trades_pkey') throw new HedgerowError('INVARIANT_BROKEN', `I4 a trade of this commit is already booked ${facts}`);
      throw new HedgerowError('INVARIANT_BROKEN', `I16 a journal number of this commit exists ${facts}`);
    }
  }

  async #whyNothingMatched(planId: number, first: number | undefined): Promise<HedgerowError> {
    const [row] = await this.#query('select seq from hedgerow.heads where plan_id = $1', [planId]);
    if (row === undefined) return new HedgerowError('INVARIANT_BROKEN', `I16 the store has no plan ${planId}`);
    const last = integer(row, 'seq');
    const what = first !== undefined && first <= last ? 'exists already; another process writes this plan' : 'does not follow the last one';
    return new HedgerowError('INVARIANT_BROKEN', `I16 journal number ${first} of plan ${planId} ${what} ${JSON.stringify({ last })}`);
  }

  /** In the background, after the answer to the commit. A failure costs room, never records; a full disk is told by the commits. */
  #maintain(): void {
    this.#maintenance = this.#maintenance.then(() => maintain(this.#database)).catch(() => undefined);
  }

  #query(statement: string, parameters?: readonly SqlParameter[], name?: string): Promise<readonly SqlRow[]> {
    return this.#guard(() => this.#database.query(statement, parameters, name));
  }

  /** A statement that fails for no reason the contract knows is told as STORE_UNAVAILABLE, with the server's words. */
  async #guard<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw storeError(this.description, error);
    }
  }
}

async function maintain(sql: Sql): Promise<void> {
  for (const statement of MAINTENANCE) await sql.query(statement);
}

/** The store on a migrated database. `release` runs after the database is closed. */
export async function createSqlStore(database: SqlDatabase, release: () => Promise<void>, commitsPerMaintenance = COMMITS_PER_MAINTENANCE): Promise<Store> {
  // The process before this one may have been killed shortly before its next clean-up.
  if (database.needsMaintenance) await maintain(database);
  return new SqlStore(database, release, commitsPerMaintenance);
}

/** Matches escaped backslashes too, so that a backslash written as text before `u0000` is not taken for an escape. */
const NOT_STORABLE = /\\(?:\\|u0000|u[dD][89a-fA-F][0-9a-fA-F]{2})/g;

/**
 * JSON text that jsonb takes. It knows neither U+0000 nor half surrogate pairs; an exchange that sends one in an error text must not be able to
 * make commits fail, so they become U+FFFD. (JSON.stringify writes whole pairs unescaped: each escaped surrogate is a half.)
 */
export function jsonText(value: unknown): string {
  return JSON.stringify(value).replace(NOT_STORABLE, (escape) => (escape === '\\\\' ? escape : '\ufffd'));
}

/** One statement cannot update a row twice; the later state of an order or intent is the one to keep. */
function lastOfEach<T>(items: readonly T[], id: (item: T) => string): readonly T[] {
  return items.length < 2 ? items : [...new Map(items.map((item) => [id(item), item])).values()];
}

// Row readers. The shapes were checked by the types when they were written and by the schema's constraints; columns hold nothing else.

function integer(row: SqlRow, column: string): number {
  const value = Number(row[column]);
  invariant(row[column] !== null && Number.isSafeInteger(value), 'I2 a stored number can be read back', { column });
  return value;
}

function text(row: SqlRow, column: string): string {
  return String(row[column]);
}

function textOrNull(row: SqlRow, column: string): string | null {
  const value = row[column];
  return value === null || value === undefined ? null : String(value);
}

function json(row: SqlRow, column: string): Json {
  return row[column] as Json;
}

function planOf(row: SqlRow): StoredPlan {
  return {
    planId: integer(row, 'plan_id'),
    venue: text(row, 'venue'),
    name: text(row, 'name'),
    strategy: json(row, 'strategy'),
    strategyHash: text(row, 'strategy_hash'),
    startedAt: integer(row, 'started_at'),
    seq: integer(row, 'seq'),
    snapshot: row['machine'] === null ? null : snapshotOf(row),
  };
}

function snapshotOf(row: SqlRow): SnapshotEnvelope {
  return {
    machine: text(row, 'machine'),
    version: integer(row, 'machine_version'),
    seq: integer(row, 'snapshot_seq'),
    at: integer(row, 'snapshot_at'),
    snapshot: json(row, 'snapshot'),
  };
}

function orderOf(row: SqlRow): StoredOrder {
  return {
    clientOrderId: text(row, 'client_order_id'),
    slot: text(row, 'slot'),
    cycle: integer(row, 'cycle'),
    generation: integer(row, 'generation'),
    request: row['request'] as OrderRequest,
    legs: json(row, 'legs'),
    status: text(row, 'status') as StoredOrder['status'],
    exchangeOrderId: textOrNull(row, 'exchange_order_id'),
    filled: text(row, 'filled'),
    reason: textOrNull(row, 'reason'),
    updatedAt: integer(row, 'updated_at'),
  };
}

function intentOf(row: SqlRow): StoredIntent {
  return {
    intentId: text(row, 'intent_id'),
    clientOrderId: text(row, 'client_order_id'),
    kind: text(row, 'kind') as StoredIntent['kind'],
    seq: integer(row, 'seq'),
    request: json(row, 'request'),
    reason: text(row, 'reason'),
    outcome: text(row, 'outcome') as StoredIntent['outcome'],
    code: textOrNull(row, 'code'),
    committedAt: integer(row, 'committed_at'),
    settledAt: row['settled_at'] === null ? null : integer(row, 'settled_at'),
  };
}

function tradeOf(row: SqlRow): TradeRecord {
  return {
    id: text(row, 'trade_id'),
    orderId: text(row, 'order_id'),
    clientOrderId: textOrNull(row, 'client_order_id'),
    account: text(row, 'account'),
    symbol: text(row, 'symbol'),
    side: text(row, 'side') as Side,
    positionSide: textOrNull(row, 'position_side') as PositionSide | null,
    price: text(row, 'price'),
    amount: text(row, 'amount'),
    fee: text(row, 'fee'),
    takerOrMaker: text(row, 'taker_or_maker') as TradeRecord['takerOrMaker'],
    at: integer(row, 'at'),
  };
}
