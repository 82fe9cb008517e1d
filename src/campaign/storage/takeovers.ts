/**
 * Two real processes on one PostgreSQL database: one trades, the other waits as standby; the first is killed, the second takes over when the
 * lease has run out, a third waits, and so on. In the end all is as if one process had never died (I12, I16).
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Random } from '../../ports/random.ts';
import { seededRandom } from '../../sim/random.ts';
import { BotLife } from './bot-life.ts';
import type { LifeEnd } from './bot-life.ts';
import { nothingLost } from './never-lost.ts';
import { writePriceFiles } from './price-files.ts';
import { botCommand } from './round-command.ts';
import type { RoundProgram } from './round-command.ts';
import { errorsIn, firstDifference, outcomeOf, worldOf } from './same-outcome.ts';
import type { Violation } from './storage-round.ts';
import { readExchange, withDatabase } from './stored-rows.ts';

export interface TakeoverWishes extends RoundProgram {
  readonly seed: string;
  readonly takeovers: number;
  readonly days: number;
  readonly folder: string;
  readonly database: () => Promise<{ readonly url: string; drop(): Promise<void> }>;
  readonly tell: (line: string) => void;
}

export interface TakeoverReport {
  readonly seed: string;
  readonly rounds: number;
  /** From the death of the one until the plans of the other are recovered, ms; most of it is the lease. */
  readonly takeoverMs: readonly number[];
  readonly violations: readonly Violation[];
}

/** The shortest there is, so that a lane has many. */
const LEASE_TTL_SECONDS = '3';
/** The one that trades is killed within this time of its start, ms. */
const RUN_MS = 150;
/** A round ends with its prices. */
const ROUNDS_MAX = 20;

export async function runTakeovers(wishes: TakeoverWishes): Promise<TakeoverReport> {
  const takeoverMs: number[] = [];
  const violations: Violation[] = [];
  let rounds = 0;
  for (; takeoverMs.length < wishes.takeovers && violations.length === 0 && rounds < ROUNDS_MAX; rounds += 1) {
    const round = await takeoverRound(wishes, `${wishes.seed}-takeover-${rounds}`, wishes.takeovers - takeoverMs.length);
    takeoverMs.push(...round.takeoverMs);
    violations.push(...round.violations);
    wishes.tell(`takeovers: round ${rounds + 1}, ${takeoverMs.length} of ${wishes.takeovers}, ${violations.length} violations`);
    for (const { invariant, what } of round.violations) wishes.tell(`takeovers: ${invariant} ${what}`);
  }
  return { seed: wishes.seed, rounds, takeoverMs, violations };
}

async function takeoverRound(wishes: TakeoverWishes, seed: string, takeovers: number): Promise<Pick<TakeoverReport, 'takeoverMs' | 'violations'>> {
  const folder = join(wishes.folder, seed);
  mkdirSync(folder, { recursive: true });
  const prices = await writePriceFiles(join(folder, 'prices'), seed, wishes.days);
  const wholePlace = { dataDir: join(folder, 'whole'), databaseUrl: null };
  const whole = await new BotLife(botCommand(wishes, prices, wholePlace)).ended;
  const database = await wishes.database();
  const place = { dataDir: join(folder, 'taken-over'), databaseUrl: database.url };
  const begin = (): BotLife => new BotLife(botCommand(wishes, prices, place, ['--lease-ttl', LEASE_TTL_SECONDS]));
  const { takeoverMs, ends } = await relay(begin, takeovers, seededRandom(seed));
  const violations: Violation[] = [];
  const found = (invariant: string, what: string): void => void violations.push({ store: 'postgres', seed, afterKills: takeoverMs.length, invariant, what });
  for (const end of ends) for (const fault of faultsOf(end, whole)) found('I16', fault);
  const last = ends.at(-1)!;
  if (outcomeOf(last) !== outcomeOf(whole)) found('I12', `the run that was taken over ended differently: ${firstDifference(outcomeOf(whole), outcomeOf(last))}`);
  if (worldOf(place) !== worldOf(wholePlace)) found('I12', `its exchange holds something else: ${firstDifference(worldOf(wholePlace), worldOf(place))}`);
  for (const { invariant, what } of (await withDatabase(place, (store) => nothingLost(store, readExchange(place.dataDir)!))) ?? []) found(invariant, what);
  if (violations.length === 0) {
    await database.drop();
    rmSync(folder, { recursive: true, force: true });
  }
  return { takeoverMs, violations };
}

/** Kills whoever trades while another one waits, until that has happened often enough or the prices have ended. */
async function relay(begin: () => BotLife, takeovers: number, random: Random): Promise<{ readonly takeoverMs: readonly number[]; readonly ends: readonly LifeEnd[] }> {
  const takeoverMs: number[] = [];
  const ends: LifeEnd[] = [];
  let active = begin();
  while (takeoverMs.length < takeovers) {
    await active.running;
    const standby = begin();
    await standby.hears('standby:');
    if (await active.lives(random.fraction() * RUN_MS)) active.signal('SIGKILL');
    const end = await active.ended;
    ends.push(end);
    const diedAt = performance.now();
    await standby.running;
    active = standby;
    if (end.code !== null) break;
    takeoverMs.push(performance.now() - diedAt);
  }
  ends.push(await active.ended);
  return { takeoverMs, ends };
}

function faultsOf({ code, stderr }: LifeEnd, whole: LifeEnd): readonly string[] {
  const expected = errorsIn(whole.stderr);
  const faults = errorsIn(stderr).filter((message) => !expected.includes(message)).map((message) => `an error was logged that the undisturbed run has not: ${message}`);
  return code === null || code === whole.code ? faults : [...faults, `the process ended by itself with ${code}: ${stderr.slice(-600)}`];
}
