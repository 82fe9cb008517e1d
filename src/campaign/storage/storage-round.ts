/**
 * One round of the storage lane: a new bot on new prices, killed again and again until its prices end, then held against the run of the
 * same prices that nobody disturbed (I12), and against its exchange (never-lost.ts).
 */
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Random } from '../../ports/random.ts';
import { BotLife } from './bot-life.ts';
import type { BotCommand, LifeEnd } from './bot-life.ts';
import { botCommand } from './round-command.ts';
import type { RoundProgram } from './round-command.ts';
import { drawKill, killAt } from './kill-moment.ts';
import type { KilledIn } from './kill-moment.ts';
import { nothingLost, writtenBeforeSent } from './never-lost.ts';
import { cutPower, recorderEnvironment } from './power-cut.ts';
import type { DiskLoss } from './power-cut.ts';
import { writePriceFiles } from './price-files.ts';
import type { PriceFiles } from './price-files.ts';
import { errorsIn, firstDifference, outcomeOf, worldOf } from './same-outcome.ts';
import { readExchange, rowsOf, withDatabase } from './stored-rows.ts';
import type { BotPlace, StoreKind } from './stored-rows.ts';

export interface RoundPlan extends RoundProgram {
  readonly kind: StoreKind;
  /** Names the prices. */
  readonly seed: string;
  readonly days: number;
  /** Kills, unless the prices end before. */
  readonly kills: number;
  /** Kills before it has a store at all. */
  readonly creationKills: number;
  /** Of the deaths with an embedded store, the share that is looked into; of those with a server all are. */
  readonly lookShare: number;
  /** A folder for this round alone; deleted at its end, kept when something was found. */
  readonly folder: string;
  readonly databaseUrl: string | null;
  /** With an embedded store: each kill is a power cut, so what was not synced is lost. */
  readonly cutsPower: boolean;
}

export interface Violation {
  readonly store: StoreKind;
  readonly seed: string;
  /** Kills of the round before it was seen. */
  readonly afterKills: number;
  readonly invariant: string;
  readonly what: string;
}

export interface RoundResult {
  readonly kills: Readonly<Record<KilledIn, number>>;
  readonly looks: number;
  /** Bytes lost in power cuts. */
  readonly lostBytes: number;
  readonly restartMs: readonly number[];
  readonly rows: { readonly journal: number; readonly orders: number; readonly intents: number; readonly trades: number };
  readonly requests: number;
  readonly violations: readonly Violation[];
}

/** Enough to see why; a bot that is wrong is wrong in many ways at once. */
const VIOLATIONS_MAX = 20;
/** First guesses; corrected by what the lives show. */
const START_MS = 2_500;
const RUN_MS = 150;

export async function runRound(plan: RoundPlan, random: Random): Promise<RoundResult> {
  mkdirSync(plan.folder, { recursive: true });
  const round = new StorageRound(plan, random, await writePriceFiles(join(plan.folder, 'prices'), plan.seed, plan.days));
  const result = await round.run();
  if (result.violations.length === 0) rmSync(plan.folder, { recursive: true, force: true });
  return result;
}

class StorageRound {
  readonly #plan: RoundPlan;
  readonly #random: Random;
  readonly #prices: PriceFiles;
  readonly #place: BotPlace;
  readonly #kills: Record<KilledIn, number> = { creation: 0, 'start-up': 0, run: 0, shutdown: 0 };
  readonly #restartMs: number[] = [];
  readonly #violations: Violation[] = [];
  #whole: LifeEnd | null = null;
  #looks = 0;
  #lostBytes = 0;

  constructor(plan: RoundPlan, random: Random, prices: PriceFiles) {
    this.#plan = plan;
    this.#random = random;
    this.#prices = prices;
    this.#place = { dataDir: join(plan.folder, 'killed'), databaseUrl: plan.databaseUrl };
  }

  async run(): Promise<RoundResult> {
    const wholePlace: BotPlace = { dataDir: join(this.#plan.folder, 'whole'), databaseUrl: null };
    const whole = await new BotLife(this.#command(wholePlace)).ended;
    if (whole.stdout === '') this.#found('I12', `the undisturbed run ended with ${whole.code} and said nothing: ${whole.stderr.slice(-400)}`);
    this.#whole = whole;
    let isOver = false;
    while (!isOver && this.#killed < this.#plan.kills && this.#violations.length === 0) isOver = await this.#live();
    const last = await new BotLife(this.#command(this.#place)).ended;
    this.#noteEnd(last);
    if (last.code !== whole.code) this.#found('I12', `the killed run ended with ${last.code}, the undisturbed one with ${whole.code}`);
    if (outcomeOf(last) !== outcomeOf(whole)) this.#found('I12', `the killed run ended differently: ${firstDifference(outcomeOf(whole), outcomeOf(last))}`);
    if (worldOf(this.#place) !== worldOf(wholePlace)) this.#found('I12', `the exchange of the killed run holds something else: ${firstDifference(worldOf(wholePlace), worldOf(this.#place))}`);
    const rows = await this.#judge();
    const { requestsEver = 0 } = readExchange(this.#place.dataDir) ?? {};
    return { kills: this.#kills, looks: this.#looks, lostBytes: this.#lostBytes, restartMs: this.#restartMs, rows, requests: requestsEver, violations: this.#violations };
  }

  get #killed(): number {
    return Object.values(this.#kills).reduce((sum, count) => sum + count, 0);
  }

  /** True when it ended by itself, so that nothing is left to disturb. */
  async #live(): Promise<boolean> {
    const recording = this.#plan.cutsPower ? recorderEnvironment(this.#place.dataDir, this.#recordingPath) : {};
    rmSync(this.#recordingPath, { force: true });
    const { args, env } = this.#command(this.#place);
    const life = new BotLife({ args, env: { ...env, ...recording } });
    const isCreating = this.#kills.creation < this.#plan.creationKills && !this.#hasStore();
    const startMs = this.#startMs() * (isCreating ? 1 : 1.1);
    const moment = isCreating ? { aim: 'start-up' as const, delayMs: this.#random.fraction() * startMs } : drawKill(this.#random, { startMs, runMs: RUN_MS });
    const { killedIn, end } = await killAt(life, moment, () => this.#hasStore());
    this.#noteEnd(end);
    if (killedIn === null) return moment.aim !== 'shutdown';
    this.#kills[killedIn] += 1;
    this.#losePower();
    await this.#freeLeases();
    await this.#look();
    return false;
  }

  get #recordingPath(): string {
    return join(this.#plan.folder, 'recording');
  }

  /** Half of the times all that was not synced is lost, else some of it. */
  #losePower(): void {
    if (!this.#plan.cutsPower || !this.#hasStore()) return;
    const loss: DiskLoss = this.#random.integer(2) === 0 ? { type: 'all' } : { type: 'some', isLost: () => this.#random.integer(2) === 0 };
    this.#lostBytes += cutPower(this.#place.dataDir, this.#recordingPath, loss).lostBytes;
  }

  /** Median of what was seen. */
  #startMs(): number {
    const sorted = [...this.#restartMs].sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)] ?? START_MS;
  }

  #hasStore(): boolean {
    return this.#place.databaseUrl !== null || existsSync(join(this.#place.dataDir, 'db'));
  }

  #noteEnd({ code, stderr, runningAfterMs }: LifeEnd): void {
    if (runningAfterMs !== null) this.#restartMs.push(runningAfterMs);
    // A plan that was halted or liquidated ends with 1, as it does without kills.
    if (code !== null && code !== 0 && code !== this.#whole?.code) this.#found('I12', `the process ended by itself with ${code}: ${stderr.slice(-600)}`);
    const expected = this.#whole === null ? [] : errorsIn(this.#whole.stderr);
    for (const message of errorsIn(stderr)) if (!expected.includes(message)) this.#found('I12', `an error was logged that the undisturbed run has not: ${message}`);
  }

  /** A dead process's leases run out after their time; nobody waits for that here. */
  async #freeLeases(): Promise<void> {
    if (this.#place.databaseUrl === null) return;
    await withDatabase(this.#place, (database) => database.query('update hedgerow.leases set expires_at = 0'));
  }

  async #look(): Promise<void> {
    const isLooking = this.#place.databaseUrl !== null || this.#random.fraction() < this.#plan.lookShare;
    const exchange = isLooking ? readExchange(this.#place.dataDir) : null;
    if (exchange === null) return;
    this.#looks += 1;
    const found = await withDatabase(this.#place, (database) => writtenBeforeSent(database, exchange));
    for (const { invariant, what } of found ?? [{ invariant: 'I2', what: `the exchange has ${exchange.requests.length} requests and there is no store` }]) {
      if (found !== null || exchange.requests.length > 0) this.#found(invariant, what);
    }
  }

  async #judge(): Promise<RoundResult['rows']> {
    const rows = await withDatabase(this.#place, async (database) => {
      const exchange = readExchange(this.#place.dataDir);
      if (exchange === null) this.#found('I12', 'the exchange has no book');
      else for (const { invariant, what } of await nothingLost(database, exchange)) this.#found(invariant, what);
      const count = async (table: Parameters<typeof rowsOf>[1]): Promise<number> => (await rowsOf(database, table)).length;
      return { journal: await count('journal'), orders: await count('orders'), intents: await count('intents'), trades: await count('trades') };
    });
    if (rows === null) this.#found('I12', 'there is no store');
    return rows ?? { journal: 0, orders: 0, intents: 0, trades: 0 };
  }

  #found(invariant: string, what: string): void {
    const { kind, seed } = this.#plan;
    if (this.#violations.length < VIOLATIONS_MAX) this.#violations.push({ store: kind, seed, afterKills: this.#killed, invariant, what });
  }

  #command(place: BotPlace): BotCommand {
    return botCommand(this.#plan, this.#prices, place);
  }
}
