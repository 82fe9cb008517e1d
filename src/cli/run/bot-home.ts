/**
 * What a bot has to have before it touches anything (I16): the store, the leases of its accounts or the lock of its data folder, and a
 * simulated exchange that is the one its plans know. A second bot waits for them as standby.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { SimulatedBook } from '../../adapters/files/simulated-book.ts';
import { lockDataDir } from '../../adapters/postgres/data-dir-lock.ts';
import { makeDataDir, openStore } from '../../adapters/postgres/open-store.ts';
import { HedgerowError } from '../../domain/errors.ts';
import type { Strategy } from '../../domain/strategy.ts';
import type { Store } from '../../ports/store.ts';
import type { ExitCode } from '../command-spec.ts';
import { AccountLeases } from './account-leases.ts';
import { isOnOwnAccount } from './feed-match.ts';
import { venueOf } from './simulated-run.ts';
import type { StopSignal } from './stop-signal.ts';

export interface HomeWishes {
  readonly strategies: readonly Strategy[];
  readonly venue: string;
  /** Where the book of the simulated exchange lies; null: the exchange is a real one. */
  readonly bookFolder: string | null;
  readonly dataDir: string;
  /** Empty: the embedded store. */
  readonly databaseUrl: string;
  /** Real money depends on the database. */
  readonly mustBeDurable?: boolean;
  /** Asked when the store is open, before anything is waited for; null: go on. */
  readonly before?: (store: Store) => Promise<ExitCode | null>;
  readonly isStandby: boolean;
  readonly leaseTtlMs: number;
  readonly stop: StopSignal;
  /** A line for people. */
  readonly tell: (line: string) => void;
}

export interface BotHome {
  readonly store: Store;
  /** Null with the embedded store, whose folder only one process may use. */
  readonly leases: AccountLeases | null;
}

/** A standby with an embedded store tries the lock again after this. */
const LOCK_RETRY_MS = 500;

/** Does `work` with everything held, and gives it back in the end. 0 when a signal ended the wait for it. */
export async function inBotHome(wishes: HomeWishes, work: (home: BotHome) => Promise<ExitCode>): Promise<ExitCode> {
  const { databaseUrl, dataDir, mustBeDurable = false } = wishes;
  makeDataDir(dataDir);
  const store = await whenFree(wishes, () => openStore(databaseUrl === '' ? { dataDir } : { databaseUrl, mustBeDurable }));
  if (store === null) return 0;
  try {
    await refuseChangedWorld(store, wishes);
    return (await wishes.before?.(store)) ?? (await withLeases(store, wishes, work)) ?? 0;
  } finally {
    await store.close();
  }
}

async function withLeases<T>(store: Store, wishes: HomeWishes, work: (home: BotHome) => Promise<T>): Promise<T | null> {
  const { databaseUrl, strategies, venue, leaseTtlMs, isStandby, stop, tell, dataDir } = wishes;
  if (databaseUrl === '') return inOwnBook(store, wishes, () => work({ store, leases: null }));
  const accounts = [...new Set(strategies.flatMap(({ wallets }) => wallets.map(({ account }) => account)))];
  const leases = await AccountLeases.acquire({
    store,
    venue,
    accounts,
    ttlMs: leaseTtlMs,
    isStandby,
    onWait: (holder, account) => tell(`standby: ${holder} trades account ${account}; this process takes over when its lease runs out`),
    isStopped: () => stop.received !== null,
  });
  if (leases === null) return null;
  try {
    // The simulated exchange's book and the control socket lie in the data folder, whatever the store is.
    const lock = await whenFree(wishes, () => lockDataDir(makeDataDir(dataDir)));
    if (lock === null) return null;
    try {
      return await inOwnBook(store, wishes, async () => {
        await refuseOtherBook(store, wishes);
        return work({ store, leases });
      });
    } finally {
      await lock.release();
    }
  } finally {
    await leases.release();
  }
}

/** Waits for whoever uses the data folder, if it may; null when a signal ended the wait. */
async function whenFree<T>({ isStandby, stop, tell }: HomeWishes, open: () => Promise<T>): Promise<T | null> {
  for (let isTold = false; stop.received === null; isTold = true) {
    try {
      return await open();
    } catch (error) {
      if (!isStandby || !(error instanceof HedgerowError) || error.code !== 'STORE_LOCKED') throw error;
      if (!isTold) tell(`standby: ${error.message.split('. ')[0] ?? ''}; this process takes over when it ends`);
    }
    await sleep(LOCK_RETRY_MS);
  }
  return null;
}

/** A plan that has run knows its exchange by its orders and trades there; on an empty one it could only diverge. */
async function inOwnBook<T>(store: Store, { strategies, venue, bookFolder: folder }: HomeWishes, work: () => Promise<T>): Promise<T> {
  if (folder === null || SimulatedBook.read(folder).length > 0) return work();
  for (const { name } of strategies) {
    const plan = await store.findPlan({ venue, name });
    if (plan === null || plan.snapshot === null) continue;
    throw new HedgerowError(
      'INPUT_INVALID',
      `${store.description} knows plan ${name}, but the book of the simulated exchange it runs on is missing or empty in ${folder}; ` +
        'name the data folder it ran with by --data, or start afresh with another database or data folder',
    );
  }
  return work();
}

/** Two data folders with the same prices are two exchanges: on one database only one of them is the plans' own. */
async function refuseOtherBook(store: Store, { venue, bookFolder: folder }: HomeWishes): Promise<void> {
  if (folder === null) return;
  const hasRun = (await store.listPlans()).some((plan) => plan.venue === venue && plan.snapshot !== null);
  const name = SimulatedBook.nameOf(folder);
  if ((await store.bindWorld(venue, name, !hasRun)) === name) return;
  throw new HedgerowError(
    'INPUT_INVALID',
    `the plans in ${store.description} trade on another book of the simulated exchange than the one in ${folder}; name the data folder they ran with by --data, or give this one a database of its own`,
  );
}

/** A name stands for one plan: with another symbol or tick the feed, and so the world, is another one, and the old plan would be left alone. */
async function refuseChangedWorld(store: Store, { strategies, venue, tell }: HomeWishes): Promise<void> {
  const plans = (await store.listPlans()).filter(({ snapshot }) => snapshot !== null);
  for (const strategy of strategies) {
    const others = plans.filter((plan) => plan.name === strategy.name && isSimulated(plan.venue));
    if (!isSimulated(venue) || isOnOwnAccount(strategy) || others.length === 0 || others.some((plan) => plan.venue === venue)) continue;
    const differences = others.map(({ strategy: stored }) => changedWorld(stored as unknown as Strategy, strategy));
    const [first] = differences;
    if (first === undefined || differences.some((changed) => changed.length === 0)) continue;
    throw new HedgerowError(
      'PLAN_CHANGED',
      `plan ${strategy.name} runs with another ${first.join(' and ')}; with this one it would be a second plan of that name, and nobody would look after the first. ` +
        'Give the changed strategy another name, or run it with another --data folder',
    );
  }
  const left = plans.filter((plan) => plan.venue === venue && !strategies.some(({ name }) => name === plan.name));
  if (left.length > 0) tell(`${left.map(({ name }) => name).join(', ')} ${left.length === 1 ? 'is' : 'are'} in ${store.description}, but not among the strategies given: nobody looks after what rests and what is held there`);
}

/** Its name holds its prices: on paper and live the world is the exchange's, whatever the strategy says of it. */
function isSimulated(venue: string): boolean {
  return venue.startsWith(venueOf(''));
}

/** Empty also for a plan that was moved to the symbol of a file. */
function changedWorld(stored: Strategy, strategy: Strategy): string[] {
  if (isOnOwnAccount(stored)) return [];
  const changed: string[] = [];
  if (stored.symbol !== strategy.symbol) changed.push(`symbol (${stored.symbol})`);
  for (const rule of ['tickSize', 'significantFigures'] as const) {
    const [before, now] = [stored.exchange.market?.[rule] ?? 'none', strategy.exchange.market?.[rule] ?? 'none'];
    if (before !== now) changed.push(`exchange.market.${rule} (${before})`);
  }
  return changed;
}
