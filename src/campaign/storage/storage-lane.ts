/**
 * The storage lane of the campaign: the real process on the embedded store and on a PostgreSQL server, killed with SIGKILL at seeded random
 * moments, round after round, until each store has had its kills. Serves I2, I3, I4, I12, I16.
 */
import { join } from 'node:path';
import { seededRandom } from '../../sim/random.ts';
import type { KilledIn } from './kill-moment.ts';
import { runRound } from './storage-round.ts';
import type { RoundPlan, Violation } from './storage-round.ts';
import type { StoreKind } from './stored-rows.ts';

export interface LaneWishes {
  readonly kind: StoreKind;
  readonly cutsPower: boolean;
  readonly seed: string;
  readonly kills: number;
  readonly killsPerRound: number;
  readonly days: number;
  readonly folder: string;
  readonly program: readonly string[];
  readonly strategies: readonly string[];
  /** A new, empty database for a round, and its end; null: the embedded store. */
  readonly database: (() => Promise<{ readonly url: string; drop(): Promise<void> }>) | null;
  /** A line after each round. */
  readonly tell: (line: string) => void;
}

export interface LaneReport {
  readonly store: StoreKind;
  readonly cutsPower: boolean;
  readonly seed: string;
  readonly rounds: number;
  readonly kills: Readonly<Record<KilledIn | 'all', number>>;
  /** Deaths after which store and exchange were compared at once. */
  readonly looks: number;
  /** Bytes of the store's files that were lost because they were not synced. */
  readonly lostBytes: number;
  /** From the start of a process until its plans are recovered, ms. */
  readonly restartMs: { readonly count: number; readonly p50: number; readonly p99: number; readonly max: number };
  readonly rows: { readonly journal: number; readonly orders: number; readonly intents: number; readonly trades: number };
  readonly requests: number;
  readonly violations: readonly Violation[];
}

/** Creating the embedded database takes seconds; more kills in it than this teach nothing new. */
const CREATION_KILLS = 3;
/** Looking into a dead embedded store means copying and opening it. */
const LOOK_SHARE = 0.1;
/** What a power cut lost has to be missed at once, before the bot has asked the exchange again. */
const POWER_LOOK_SHARE = 0.5;
/** Rounds that end by themselves before their kills are used up; more in a row mean that the kills come too late. */
const ROUNDS_MAX = 200;

export async function runLane(wishes: LaneWishes): Promise<LaneReport> {
  const { kind, cutsPower, seed, kills, killsPerRound, folder, database, tell } = wishes;
  const lane = cutsPower ? `${kind}-power` : kind;
  const total = { creation: 0, 'start-up': 0, run: 0, shutdown: 0, all: 0 };
  const rows = { journal: 0, orders: 0, intents: 0, trades: 0 };
  const restartMs: number[] = [];
  const violations: Violation[] = [];
  let looks = 0;
  let lostBytes = 0;
  let requests = 0;
  let rounds = 0;
  for (; total.all < kills && rounds < ROUNDS_MAX && violations.length === 0; rounds += 1) {
    const name = `${seed}-${rounds}`;
    const place = await database?.();
    const plan: RoundPlan = {
      ...wishes,
      seed: name,
      kills: Math.min(killsPerRound, kills - total.all),
      creationKills: kind === 'pglite' ? CREATION_KILLS : 0,
      lookShare: cutsPower ? POWER_LOOK_SHARE : LOOK_SHARE,
      folder: join(folder, `${lane}-${name}`),
      databaseUrl: place?.url ?? null,
    };
    const result = await runRound(plan, seededRandom(seed).fork(`${lane} ${rounds}`));
    if (result.violations.length === 0) await place?.drop();
    for (const phase of ['creation', 'start-up', 'run', 'shutdown'] as const) {
      total[phase] += result.kills[phase];
      total.all += result.kills[phase];
    }
    for (const table of ['journal', 'orders', 'intents', 'trades'] as const) rows[table] += result.rows[table];
    restartMs.push(...result.restartMs);
    violations.push(...result.violations);
    looks += result.looks;
    lostBytes += result.lostBytes;
    requests += result.requests;
    tell(`${lane}: round ${rounds + 1} (seed ${name}), ${total.all} of ${kills} kills, ${violations.length} violations`);
    for (const { invariant, what } of result.violations) tell(`${lane}: ${invariant} ${what}`);
  }
  return { store: kind, cutsPower, seed, rounds, kills: total, looks, lostBytes, restartMs: spread(restartMs), rows, requests, violations };
}

function spread(values: readonly number[]): LaneReport['restartMs'] {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number => Math.round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0);
  return { count: sorted.length, p50: at(0.5), p99: at(0.99), max: at(1) };
}
