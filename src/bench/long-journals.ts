/**
 * A plan that has traded for decades: how long its restart takes beside that of a young one, and what compaction costs. The past is made
 * up by statements, a million journal rows with the orders, requests and trades that belong to so many; the restart is the bot's own.
 */
import { openStore } from '../adapters/postgres/open-store.ts';
import { openPostgres } from '../adapters/postgres/postgres-database.ts';
import { CHECKPOINT_EVERY } from '../domain/journal-retention.ts';
import type { Strategy } from '../domain/strategy.ts';
import { openRunner } from '../engine/recovery.ts';
import type { Bench, OpenBench, Samples } from './bench.ts';
import { SILENT, START_AT, loadPlans, manyStrategies, type LoadedPlans } from './loaded-plans.ts';
import { temporaryDatabase, type TemporaryDatabase } from '../adapters/postgres/temporary-database.ts';

/** The same variable the tests of the store take. */
const SERVER_URL = process.env['HEDGEROW_TEST_DATABASE_URL'];
const LONG = 1_000_000;
const SHORT = 1_000;
const RESTARTS = 5;
/** One statement of the past at a time stays far below the limit for statements. */
const ROWS_PER_STATEMENT = 100_000;
const MS_PER_ROW = 60_000;
const RESTART_LONG = 'restart of a plan with 1,000,000 journal rows';
const RESTART_SHORT = 'restart of a plan with 1,000 journal rows';
const COMPACTION = 'compaction of 1,000,000 journal rows';
const SERVER_NOTE =
  SERVER_URL === undefined
    ? 'set HEDGEROW_TEST_DATABASE_URL=postgres://user@host:5432/postgres; databases of its own are made there and dropped'
    : 'PostgreSQL: connect, check the schema, read plan, orders, requests and trades, ask the exchange, be ready';

export const longJournals: Bench = {
  group: 'long journals',
  warmsUp: false,
  roundsMax: 1,
  rows: [
    { name: RESTART_LONG, unit: 'ms', yardstick: RESTART_SHORT, note: SERVER_NOTE },
    { name: RESTART_SHORT, unit: 'ms' },
    { name: COMPACTION, unit: 's', note: 'and of 143,000 orders and 333,000 requests; more than half of all goes' },
  ],
  open: async (): Promise<OpenBench> => ({ round: async () => (SERVER_URL === undefined ? {} : await measureOn(SERVER_URL)), close: async () => {} }),
};

async function measureOn(serverUrl: string): Promise<Samples> {
  const short = await PlanWithPast.on(await temporaryDatabase(serverUrl), SHORT);
  const long = await PlanWithPast.on(await temporaryDatabase(serverUrl), LONG);
  try {
    const samples: Record<string, number[]> = { [RESTART_LONG]: [], [RESTART_SHORT]: [], [COMPACTION]: [] };
    await short.restart();
    for (let restart = 0; restart < RESTARTS; restart += 1) {
      samples[RESTART_SHORT]!.push(await short.restart());
      samples[RESTART_LONG]!.push(await long.restart());
    }
    samples[COMPACTION]!.push(await long.compact());
    return samples;
  } finally {
    await short.end();
    await long.end();
  }
}

class PlanWithPast {
  readonly #database: TemporaryDatabase;
  readonly #strategy: Strategy;
  readonly #loaded: LoadedPlans;
  readonly #rows: number;

  private constructor(database: TemporaryDatabase, strategy: Strategy, loaded: LoadedPlans, rows: number) {
    this.#database = database;
    this.#strategy = strategy;
    this.#loaded = loaded;
    this.#rows = rows;
  }

  static async on(database: TemporaryDatabase, rows: number): Promise<PlanWithPast> {
    const strategies = manyStrategies(1, 'own');
    const [strategy] = strategies;
    if (strategy === undefined) throw new Error('this benchmark has no strategy');
    try {
      const store = await openStore({ databaseUrl: database.url });
      const loaded = await loadPlans(strategies, store);
      await store.close();
      await makePast(database.url, rows);
      return new PlanWithPast(database, strategy, loaded, rows);
    } catch (error) {
      await database.drop();
      throw error;
    }
  }

  /** Ms from nothing to a runner that could take the next price. */
  async restart(): Promise<number> {
    const startedAt = performance.now();
    const store = await openStore({ databaseUrl: this.#database.url });
    const { exchange } = this.#loaded.world;
    const runner = await openRunner(this.#strategy, 'bench', 'bench', { exchange, store, clock: exchange, log: SILENT });
    const elapsedMs = performance.now() - startedAt;
    if (runner.state === null || runner.workingOrders.length === 0) throw new Error('the plan of this benchmark did not come back');
    await store.close();
    return elapsedMs;
  }

  /** Seconds. All but the last hundredth is old. */
  async compact(): Promise<number> {
    const store = await openStore({ databaseUrl: this.#database.url });
    const [plan] = await store.listPlans();
    const startedAt = performance.now();
    const { entries } = await store.compact(plan?.planId ?? 0, START_AT - (this.#rows / 100) * MS_PER_ROW);
    const elapsedMs = performance.now() - startedAt;
    await store.close();
    if (entries < this.#rows / 2) throw new Error(`only ${entries} of ${this.#rows} journal rows were compacted`);
    return elapsedMs / 1_000;
  }

  async end(): Promise<void> {
    await this.#database.drop();
  }
}

/** Rows of a past before the plan's own, whose numbers and times move up behind it; its cycles count back from zero. */
const PAST = [
  `insert into hedgerow.journal (plan_id, seq, at, type, payload)
   select 1, n, $3::bigint - ($4::bigint - n) * ${MS_PER_ROW},
     (array['order.answered', 'order.amend', 'order.answered', 'order.place', 'price.touched', 'order.answered', 'fill.booked', 'order.cancel', 'phase.changed', 'funding.booked'])[1 + n % 10],
     jsonb_build_object('intent', md5(n::text) || ':amend:' || n, 'type', 'done', 'slot', 'hedge/stop-loss/-1', 'reason', 'trigger 9900 → 10000')
   from generate_series($1::bigint, $2::bigint) n`,
  `insert into hedgerow.orders (plan_id, client_order_id, slot, cycle, generation, request, legs, status, exchange_order_id, filled, reason, updated_at)
   select 1, md5(n::text), 'hedge/stop-loss/-' || n % 20, -(n / 700)::integer, (n % 700)::integer, '{"side": "sell", "type": "stop-market", "amount": "0.0010", "triggerPrice": "60000.10"}',
     '[]', 'closed', n::text, case n % 4 when 0 then '0' else '0.001' end, null, $3::bigint - ($4::bigint - n) * ${MS_PER_ROW}
   from generate_series($1::bigint, $2::bigint) n where n % 7 = 0`,
  `insert into hedgerow.intents (plan_id, intent_id, client_order_id, kind, seq, request, reason, outcome, code, committed_at, settled_at)
   select 1, md5((n - n % 7)::text) || ':amend:' || n, md5((n - n % 7)::text), case n % 9 when 0 then 'place' else 'amend' end, n,
     '{"amount": "0.0010", "triggerPrice": "60000.10"}', 'trigger 9900 → 10000', 'done', null, $3::bigint - ($4::bigint - n) * ${MS_PER_ROW}, $3::bigint - ($4::bigint - n) * ${MS_PER_ROW}
   from generate_series($1::bigint, $2::bigint) n where n % 3 = 0`,
  `insert into hedgerow.trades (venue, account, symbol, trade_id, plan_id, seq, order_id, client_order_id, side, position_side, price, amount, fee, taker_or_maker, at)
   select 'past', 'main', 'BTC/USDT:USDT', n::text, 1, n, n::text, md5(n::text), 'buy', 'long', '60000.1', '0.001', '0.03', 'taker', $3::bigint - ($4::bigint - n) * ${MS_PER_ROW}
   from generate_series($1::bigint, $2::bigint) n where n % 10 = 7`,
  `insert into hedgerow.checkpoints (plan_id, seq, machine, machine_version, at, snapshot)
   select 1, n, 'plan', 1, $3::bigint - ($4::bigint - n) * ${MS_PER_ROW}, h.snapshot
   from generate_series($1::bigint, $2::bigint) n, hedgerow.heads h where h.plan_id = 1 and n % ${CHECKPOINT_EVERY} = 0`,
];

async function makePast(databaseUrl: string, rows: number): Promise<void> {
  const database = openPostgres(databaseUrl);
  try {
    // The plan's own first entries make way; what they did is in the snapshot.
    await database.query('delete from hedgerow.journal');
    for (let first = 1; first <= rows; first += ROWS_PER_STATEMENT) {
      const last = Math.min(first + ROWS_PER_STATEMENT - 1, rows);
      for (const statement of PAST) await database.query(statement, [first, last, START_AT, rows]);
    }
    await database.query('update hedgerow.heads set seq = $1::bigint, snapshot_seq = $1::bigint', [rows]);
    await database.query('vacuum analyze');
  } finally {
    await database.close();
  }
}
