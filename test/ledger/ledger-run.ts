/** Real short runs of the bot into a store, for the tests of the ledger: the engine on the simulated exchange, nothing made up. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { FeedChoice } from '../../src/cli/run/simulated-run.ts';
import { openSimulatedRun, prepareSimulatedRun } from '../../src/cli/run/simulated-run.ts';
import { loadStrategyFile } from '../../src/adapters/yaml/load-strategy.ts';
import type { Sql, SqlRow } from '../../src/adapters/postgres/database.ts';
import { readMigrations } from '../../src/adapters/postgres/migrations.ts';
import { openStore, type StoreLocation } from '../../src/adapters/postgres/open-store.ts';
import type { Strategy } from '../../src/domain/strategy.ts';
import type { PlanRunner } from '../../src/engine/plan-runner.ts';
import { openRunner } from '../../src/engine/recovery.ts';
import type { Log } from '../../src/ports/log.ts';
import type { Store } from '../../src/ports/store.ts';
import { World } from '../../src/sim/world.ts';

export const ROOT = new URL('../..', import.meta.url).pathname;
export const QUERIES = join(ROOT, 'schemas/queries');
export const QUERY_NAMES = readdirSync(QUERIES).filter((name) => name.endsWith('.sql')).map((name) => name.replace('.sql', ''));

const SILENT: Log = { info: () => {}, warn: () => {}, error: () => {} };
/** So that a short run can be compacted. */
const CHECKPOINT_EVERY = 100;
const NO_CHOICE: FeedChoice = { prices: null, files: [], fundingFiles: [], seed: '9', days: 4, startPrice: null };

export function exampleStrategies(): Promise<Strategy[]> {
  return Promise.all(['btc-rotation', 'eth-joint-scaling', 'sol-independent'].map((name) => loadStrategyFile(join(ROOT, `strategies/${name}.yaml`))));
}

export interface Run {
  readonly strategies: readonly Strategy[];
  readonly choice: Partial<FeedChoice>;
  /** The simulated exchange's own books are kept here. */
  readonly bookDir: string;
  /** Ticks after which the process is gone, without a word. */
  readonly diesAfter?: number;
  /** In the middle of the run, between two ticks. */
  readonly after?: { readonly ticks: number; readonly act: (store: Store, runners: readonly PlanRunner[], world: World) => Promise<void> };
}

/** Runs to the end of the feed, or to a sudden death; the runners show what the machines held then. */
export async function runInto(location: StoreLocation, ...runs: readonly Run[]): Promise<readonly PlanRunner[]> {
  const store = await openStore(location, readMigrations(), { checkpointEvery: CHECKPOINT_EVERY });
  try {
    const runners: PlanRunner[] = [];
    for (const run of runs) runners.push(...(await runOne(store, run)));
    return runners;
  } finally {
    await store.close();
  }
}

async function runOne(store: Store, { strategies, choice, bookDir, diesAfter = Infinity, after }: Run): Promise<readonly PlanRunner[]> {
  const run = openSimulatedRun(await prepareSimulatedRun(strategies, { ...NO_CHOICE, ...choice }), bookDir, null);
  try {
    const runners: PlanRunner[] = [];
    for (const strategy of strategies) runners.push(await openRunner(strategy, 'hash', run.name, { exchange: run.exchange, store, clock: run.clock, log: SILENT }));
    const world = new World(run.simulated, run.watched, runners);
    await world.quiesce();
    let ticks = 0;
    await world.run(run.feed, {
      isStopped: () => ticks >= diesAfter,
      afterTick: async () => {
        ticks += 1;
        if (ticks === after?.ticks) await after.act(store, runners, world);
      },
    });
    if (diesAfter === Infinity) await world.finish();
    const failed = runners.find(({ failure }) => failure !== null);
    if (failed !== undefined) throw new Error(`${failed.strategy.name} stopped: ${failed.failure?.message}`);
    return runners;
  } finally {
    await run.close();
  }
}

export type Parameters = Readonly<Record<string, string | number>>;

/** A query of schemas/queries with psql's variables filled in. */
export async function ask(sql: Sql, name: string, parameters: Parameters): Promise<readonly SqlRow[]> {
  const text = readFileSync(join(QUERIES, `${name}.sql`), 'utf8').replace(/(?<!:):('?)([a-z_]+)\1/g, (variable, quote: string, key: string) => {
    const value = parameters[key];
    if (value === undefined) return variable;
    return quote === '' ? String(value) : `'${String(value).replaceAll("'", "''")}'`;
  });
  return sql.query(text.replace(/;\s*$/, ''));
}

export async function planIdOf(sql: Sql, plan: string): Promise<number> {
  const [row] = await sql.query('select plan_id from hedgerow.plans where name = $1', [plan]);
  return Number(row!['plan_id']);
}
