/**
 * The way of a plan's commits to its store (I2): what one pass decided is written in one batch, and while the store is away the same
 * batch is tried again before anything else; nothing is sent meanwhile.
 */
import { HedgerowError } from '../domain/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { CommitBatch, SnapshotEnvelope, Store } from '../ports/store.ts';
import type { PassRecord } from './pass-record.ts';

/** The store is away: nothing was sent, the same is committed again later. */
export class StoreAway extends Error {}

export interface CommitLineParts {
  readonly plan: string;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly record: PassRecord;
  /** The machines as they are after everything recorded so far; null before the plan has started. */
  readonly snapshot: () => Omit<SnapshotEnvelope, 'seq'> | null;
}

/** Between two attempts to reach a store that is away. */
const RETRY_MS = 1_000;

export class CommitLine {
  readonly #parts: CommitLineParts;
  #unconfirmed: CommitBatch | null = null;
  /** `Clock.elapsed()` of the next attempt to reach a store that did not answer; null while it answers. */
  #retryAt: number | null = null;

  constructor(parts: CommitLineParts) {
    this.#parts = parts;
  }

  /** `Clock.elapsed()` of the next attempt, whatever waits for it: a batch, or an event that could not be booked; null while none does. */
  get retryAt(): number | null {
    return this.#retryAt;
  }

  /** Everything recorded is in the store when it resolves. Throws StoreAway when the store cannot be reached. */
  async commit(): Promise<void> {
    const { record, store, clock, snapshot } = this.#parts;
    if (this.#retryAt !== null && clock.elapsed() < this.#retryAt) throw new StoreAway();
    while (this.#unconfirmed !== null || !record.isEmpty) {
      this.#unconfirmed ??= record.take(snapshot());
      const batch = this.#unconfirmed;
      await this.ask(() => store.commit(batch));
      this.#unconfirmed = null;
    }
  }

  /** Whatever needs the store, with StoreAway for one that cannot be reached. */
  async ask<T>(work: () => Promise<T>): Promise<T> {
    try {
      const answer = await work();
      this.#retryAt = null;
      return answer;
    } catch (error) {
      if (!isStoreAway(error)) throw error;
      this.#retryAt = this.#parts.clock.elapsed() + RETRY_MS;
      this.#parts.log.error({ plan: this.#parts.plan, error: error.message }, 'the store is away; nothing new is sent, resting orders stay');
      throw new StoreAway();
    }
  }
}

function isStoreAway(error: unknown): error is HedgerowError {
  return error instanceof HedgerowError && error.code === 'STORE_UNAVAILABLE';
}
