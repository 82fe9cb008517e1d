/**
 * The leases of a bot's accounts, kept while it runs (I16): taken before anything else, renewed in real time, given back at the end.
 * A bot that cannot be sure of its lease sends nothing; one that has lost it stops.
 */
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { HedgerowError } from '../../domain/errors.ts';
import type { LeaseHold } from '../../engine/runner-parts.ts';
import type { CommitBatch, Fence, Store } from '../../ports/store.ts';
import { forwardingStore } from '../../sim/forwarding-store.ts';

/**
 * A killed bot's accounts are taken over after this. Long enough that two renewals in a row may fail (a database that restarts needs some
 * seconds), short enough that stops are not left alone for long.
 */
export const LEASE_TTL_SECONDS = 15;
/** Renewals within one ttl: two may fail. */
const RENEWALS_PER_TTL = 3;
/** Of a lease that ends sooner than this share of its ttl it is not certain that a request sent now arrives within it. */
const MARGIN_SHARE = 1 / 5;
/** A standby looks again after this, at the latest. */
const STANDBY_LOOK_MS = 1_000;

export interface LeaseTerms {
  readonly store: Store;
  readonly venue: string;
  readonly accounts: readonly string[];
  readonly ttlMs: number;
  /** Refuses at once when it is false. */
  readonly isStandby: boolean;
  /** Told once for each holder that is waited for. */
  readonly onWait: (holder: string, account: string) => void;
  readonly isStopped: () => boolean;
}

export class AccountLeases implements LeaseHold {
  readonly fences: readonly Fence[];
  readonly #terms: LeaseTerms;
  readonly #holder: string;
  readonly #timer: NodeJS.Timeout;
  /** Of `performance.now()`. */
  #heldUntil: number;
  #renewal: Promise<void> | null = null;
  #lost: HedgerowError | null = null;
  #isReleased = false;

  private constructor(terms: LeaseTerms, holder: string, held: HeldLeases) {
    this.#terms = terms;
    this.#holder = holder;
    this.fences = held.fences;
    this.#heldUntil = held.until;
    this.#timer = setInterval(() => void this.#renew().catch(() => undefined), terms.ttlMs / RENEWALS_PER_TTL);
    this.#timer.unref();
  }

  /** Null when the wait was ended by a signal. Throws STORE_LOCKED, naming the holder, when there is to be no wait. */
  static async acquire(terms: LeaseTerms): Promise<AccountLeases | null> {
    const holder = `${hostname()}:${process.pid}:${randomBytes(4).toString('hex')}`;
    let told = '';
    while (!terms.isStopped()) {
      const answer = await acquireAll(terms, holder);
      if (answer.type === 'held') return new AccountLeases(terms, holder, answer);
      if (!terms.isStandby) throw taken(answer);
      if (told !== answer.holder) terms.onWait(answer.holder, answer.account);
      told = answer.holder;
      await sleep(Math.min(STANDBY_LOOK_MS, answer.expiresInMs + 1));
    }
    return null;
  }

  /** Why this bot may trade no more; null while it may. */
  get lost(): HedgerowError | null {
    return this.#lost;
  }

  isHeld(): boolean {
    return this.#lost === null && !this.#isReleased && performance.now() < this.#heldUntil - this.#terms.ttlMs * MARGIN_SHARE;
  }

  /**
   * The store for plans of these accounts: before a commit the lease is made sure of, so that what is sent after it is sent by its holder,
   * also when store and lease were out of reach in between. Rejects with LEASE_LOST or STORE_UNAVAILABLE.
   */
  guarded(store: Store): Store {
    return forwardingStore(store, {
      commit: async (batch: CommitBatch) => {
        if (!this.isHeld()) await this.#renew();
        await store.commit(batch);
      },
    });
  }

  #renew(): Promise<void> {
    if (this.#lost !== null) return Promise.reject(this.#lost);
    if (this.#isReleased) return Promise.resolve();
    this.#renewal ??= this.#ask().finally(() => {
      this.#renewal = null;
    });
    return this.#renewal;
  }

  async #ask(): Promise<void> {
    const { store, ttlMs } = this.#terms;
    const askedAt = performance.now();
    for (const fence of this.fences) {
      const answer = await store.acquireLease(fence.venue, fence.account, this.#holder, ttlMs);
      if (answer.type === 'held' && answer.fence.token === fence.token) continue;
      const who = answer.type === 'taken' ? answer.holder : 'another process in between';
      this.#lost = new HedgerowError('LEASE_LOST', `account ${fence.account} is traded by ${who} now; this bot sends nothing more, resting orders stay. Start it again to let it wait as standby`);
      throw this.#lost;
    }
    this.#heldUntil = askedAt + ttlMs;
  }

  async release(): Promise<void> {
    clearInterval(this.#timer);
    await this.#renewal?.catch(() => undefined);
    this.#isReleased = true;
    if (this.#lost !== null) return;
    // What cannot be given back runs out by itself.
    for (const fence of this.fences) await this.#terms.store.releaseLease(fence).catch(() => undefined);
  }
}

interface HeldLeases {
  readonly type: 'held';
  readonly fences: readonly Fence[];
  readonly until: number;
}

interface TakenLease {
  readonly type: 'taken';
  readonly holder: string;
  readonly account: string;
  readonly expiresInMs: number;
}

/** All or none: two bots that each hold a part and wait for the rest would wait for ever. */
async function acquireAll({ store, venue, accounts, ttlMs }: LeaseTerms, holder: string): Promise<HeldLeases | TakenLease> {
  const askedAt = performance.now();
  const fences: Fence[] = [];
  for (const account of [...accounts].sort()) {
    const answer = await store.acquireLease(venue, account, holder, ttlMs);
    if (answer.type === 'held') {
      fences.push(answer.fence);
      continue;
    }
    for (const fence of fences) await store.releaseLease(fence);
    return { type: 'taken', holder: answer.holder, account, expiresInMs: answer.expiresInMs };
  }
  return { type: 'held', fences, until: askedAt + ttlMs };
}

function taken({ holder, account, expiresInMs }: TakenLease): HedgerowError {
  return new HedgerowError(
    'STORE_LOCKED',
    `account ${account} is traded by ${holder}, whose lease runs out in ${Math.ceil(expiresInMs / 1_000)} s unless it is renewed; stop that process, or leave --no-standby away to wait for it`,
  );
}
