/**
 * The store in SQL, once for every driver: reads here, the commit in sql-commit.ts. Keeps I2, I4 and I16 together with it.
 */
import { CHECKPOINT_EVERY } from '../../domain/journal-retention.ts';
import type { Json } from '../../domain/json.ts';
import type { TradeRecord } from '../../ports/exchange.ts';
import type {
  CommitBatch,
  Compaction,
  Fence,
  JournalEntry,
  LeaseAnswer,
  LeaseHolder,
  OperatorAction,
  PlanIdentity,
  SnapshotEnvelope,
  Store,
  StoredIntent,
  StoredOrder,
  StoredPlan,
} from '../../ports/store.ts';
import { storeError, type Sql, type SqlDatabase, type SqlParameter, type SqlRow } from './database.ts';
import { loadAction, loadPendingActions, requestAction } from './sql-actions.ts';
import { INTENT_COLUMNS, ORDER_COLUMNS, commitBatch } from './sql-commit.ts';
import { compact, loadCheckpoint } from './sql-compaction.ts';
import { acquireLease, findLease, releaseLease } from './sql-leases.ts';
import { entryOf, integer, intentOf, jsonText, orderOf, planOf, text, tradeOf } from './sql-rows.ts';
import { bindWorld } from './sql-worlds.ts';

/**
 * Between two clean-ups where the server has no background processes. Without them dead rows stay, and the log grows without end, as in
 * single-user mode nothing starts a checkpoint. About 10 MB of each at 10 kB per commit, and tens of milliseconds to clear.
 */
const COMMITS_PER_MAINTENANCE = 1_000;

/** The tables that are updated in place. One statement each: vacuum refuses to share a transaction. */
const MAINTENANCE = ['vacuum hedgerow.heads', 'vacuum hedgerow.orders', 'vacuum hedgerow.intents', 'vacuum hedgerow.leases', 'vacuum hedgerow.operator_actions', 'checkpoint'] as const;

/** Smaller in tests. */
export interface StoreSettings {
  readonly commitsPerMaintenance?: number;
  readonly checkpointEvery?: number;
  /** Default false. */
  readonly mayForget?: boolean;
}

const PLAN_COLUMNS = `p.plan_id, p.venue, p.name, p.strategy, p.strategy_hash, p.started_at,
  h.seq, h.machine, h.machine_version, h.snapshot_seq, h.snapshot_at, h.snapshot`;
const SELECT_PLAN = `select ${PLAN_COLUMNS} from hedgerow.plans p join hedgerow.heads h using (plan_id)`;

class SqlStore implements Store {
  readonly description: string;
  readonly mayForget: boolean;
  readonly #database: SqlDatabase;
  readonly #release: () => Promise<void>;
  readonly #commitsPerMaintenance: number;
  readonly #checkpointEvery: number;
  #commits = 0;
  #maintenance: Promise<void> = Promise.resolve();
  #closing: Promise<void> | null = null;

  constructor(database: SqlDatabase, release: () => Promise<void>, { commitsPerMaintenance = COMMITS_PER_MAINTENANCE, checkpointEvery = CHECKPOINT_EVERY, mayForget = false }: StoreSettings) {
    this.#commitsPerMaintenance = commitsPerMaintenance;
    this.#checkpointEvery = checkpointEvery;
    this.description = database.description;
    this.mayForget = mayForget;
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
    await this.#guard(() => commitBatch(this.#database, batch, this.#checkpointEvery));
    this.#commits += 1;
    if (this.#database.needsMaintenance && this.#commits % this.#commitsPerMaintenance === 0) this.#maintain();
  }

  async readJournal(planId: number, afterSeq: number, limit: number): Promise<readonly JournalEntry[]> {
    const rows = await this.#query(
      'select seq, at, type, payload from hedgerow.journal where plan_id = $1 and seq > $2 order by seq limit $3',
      [planId, afterSeq, limit],
      'read_journal',
    );
    return rows.map(entryOf);
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

  acquireLease(venue: string, account: string, holder: string, ttlMs: number): Promise<LeaseAnswer> {
    return this.#guard(() => acquireLease(this.#database, venue, account, holder, ttlMs));
  }

  releaseLease(fence: Fence): Promise<void> {
    return this.#guard(() => releaseLease(this.#database, fence));
  }

  findLease(venue: string, account: string): Promise<LeaseHolder | null> {
    return this.#guard(() => findLease(this.#database, venue, account));
  }

  bindWorld(venue: string, book: string, mayReplace: boolean): Promise<string> {
    return this.#guard(() => bindWorld(this.#database, venue, book, mayReplace));
  }

  requestAction(action: Omit<OperatorAction, 'result'>): Promise<OperatorAction> {
    return this.#guard(() => requestAction(this.#database, action));
  }

  loadPendingActions(planId: number): Promise<readonly OperatorAction[]> {
    return this.#guard(() => loadPendingActions(this.#database, planId));
  }

  loadAction(actionId: string): Promise<OperatorAction | null> {
    return this.#guard(() => loadAction(this.#database, actionId));
  }

  loadCheckpoint(planId: number, which: 'first' | 'last'): Promise<SnapshotEnvelope | null> {
    return this.#guard(() => loadCheckpoint(this.#database, planId, which));
  }

  compact(planId: number, beforeAt: number): Promise<Compaction> {
    return this.#guard(() => compact(this.#database, planId, beforeAt));
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
export async function createSqlStore(database: SqlDatabase, release: () => Promise<void>, settings: StoreSettings = {}): Promise<Store> {
  // The process before this one may have been killed shortly before its next clean-up.
  if (database.needsMaintenance) await maintain(database);
  return new SqlStore(database, release, settings);
}

