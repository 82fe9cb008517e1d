/** What a plan writes down in a simulated day of trading, and how fast it is read back into machines: on PGlite, as `hedgerow run` does by default. */
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrate, readMigrations } from '../adapters/postgres/migrations.ts';
import { openPglite } from '../adapters/postgres/pglite-database.ts';
import { createSqlStore } from '../adapters/postgres/sql-store.ts';
import type { SqlDatabase } from '../adapters/postgres/database.ts';
import { CHECKPOINT_EVERY } from '../domain/journal-retention.ts';
import { replayPlan } from '../engine/journal-replay.ts';
import type { Store } from '../ports/store.ts';
import { EXAMPLE_SYMBOLS, generatedFeed } from '../sim/price-generator.ts';
import type { Bench, OpenBench, Samples } from './bench.ts';
import { benchStrategy } from './bench-strategies.ts';
import { runBot } from './whole-bot.ts';

const DAYS = 14;
/** Seconds each, most of them spent by PGlite. */
const ROUNDS_MAX = 2;
const ROWS = 'journal of a plan, rows in a day';
const JOURNAL = 'journal of a plan, kB in a day';
const STORE = 'the whole store of a plan, kB in a day';
const REPLAY = `replay from one checkpoint to the next, ${CHECKPOINT_EVERY.toLocaleString('en-US')} entries`;

export const journalGrowth: Bench = {
  group: 'journal growth',
  warmsUp: false,
  roundsMax: ROUNDS_MAX,
  rows: [
    { name: ROWS, unit: 'rows', note: `long wallet and rotation, units of one percent, ${DAYS} days of generated BTC prices; indexes are counted` },
    { name: JOURNAL, unit: 'kB' },
    { name: STORE, unit: 'kB', yardstick: JOURNAL },
    { name: REPLAY, unit: 'ms', goal: { atMost: 1_000 }, note: 'read from PGlite, stepped, and compared; scaled from the journal of this benchmark' },
  ],
  open: async (): Promise<OpenBench> => ({ round: measureGrowth, close: async () => {} }),
};

async function measureGrowth(): Promise<Samples> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'hedgerow-bench-')));
  try {
    const database = await openPglite(join(folder, 'db'), 'PGlite bench');
    await migrate(database, readMigrations(), 0);
    const store = await createSqlStore(database, async () => {});
    const before = await sizesOf(database);
    const [market] = EXAMPLE_SYMBOLS;
    if (market === undefined) throw new Error('the price generator has no example market');
    const plan = { ...benchStrategy({ symbol: market.symbol }), unit: { type: 'percent' as const, fraction: '0.01' } };
    await runBot([plan], generatedFeed({ symbols: [market], days: DAYS }), store);
    const after = await sizesOf(database);
    const { entries, ms } = await timeReplay(store);
    await store.close();
    return {
      [ROWS]: [entries / DAYS],
      [JOURNAL]: [(after.journal - before.journal) / DAYS / 1_000],
      [STORE]: [(after.store - before.store) / DAYS / 1_000],
      [REPLAY]: [(ms / entries) * CHECKPOINT_EVERY],
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function sizesOf(database: SqlDatabase): Promise<{ readonly journal: number; readonly store: number }> {
  const [row] = await database.query(
    `select pg_total_relation_size('hedgerow.journal')::integer as journal, sum(pg_total_relation_size(oid))::integer as store
     from pg_class where relnamespace = 'hedgerow'::regnamespace and relkind = 'r'`,
  );
  return { journal: Number(row?.['journal']), store: Number(row?.['store']) };
}

async function timeReplay(store: Store): Promise<{ readonly entries: number; readonly ms: number }> {
  const [plan] = await store.listPlans();
  if (plan === undefined) throw new Error('the run of this benchmark left no plan');
  const startedAt = performance.now();
  const { entries, difference } = await replayPlan(store, plan);
  if (difference !== null) throw new Error(`the journal of this benchmark replays into another state: ${JSON.stringify(difference)}`);
  return { entries, ms: performance.now() - startedAt };
}
