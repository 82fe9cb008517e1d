/**
 * The store as it outlives the processes of a bot: a store in memory that can forget its newest commits, as a disk does that had
 * acknowledged them before they were on it. What was written after the first commit that is lost is lost as well.
 */
import { HedgerowError } from '../../domain/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { KillLatch, LatchRecord } from '../../ports/latch.ts';
import type { CommitBatch, Store } from '../../ports/store.ts';
import { forwardingStore } from '../forwarding-store.ts';
import { createMemoryStore } from '../memory-store.ts';

type Written = { readonly at: number } & ({ readonly type: 'commit'; readonly batch: CommitBatch } | { readonly type: 'other'; readonly redo: (store: Store) => Promise<unknown> });

export class DurableStore {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #onCommit: (batch: CommitBatch) => void;
  readonly #fault: () => 'away' | 'unsure' | null;
  #store: Store;
  #written: Written[] = [];
  readonly #known = new WeakSet<CommitBatch>();

  readonly #mayForget: boolean;

  /** `fault` is asked for each commit: `away` rejects it, `unsure` does it and rejects all the same. */
  constructor(clock: Pick<Clock, 'now'>, mayForget: boolean, onCommit: (batch: CommitBatch) => void, fault: () => 'away' | 'unsure' | null) {
    this.#clock = clock;
    this.#mayForget = mayForget;
    this.#fault = fault;
    this.#onCommit = onCommit;
    this.#store = createMemoryStore(clock);
  }

  /** As a process sees it, also one that has stood still while commits were lost. */
  open(): Store {
    const store = new Proxy(this.#store, { get: (_, key) => this.#callOf(key as keyof Store) });
    const note = <T>(answer: Promise<T>, redo: (store: Store) => Promise<unknown>): Promise<T> => {
      this.#written.push({ type: 'other', redo, at: this.#clock.now() });
      return answer;
    };
    return forwardingStore(store, {
      mayForget: this.#mayForget,
      commit: async (batch) => {
        const fault = this.#fault();
        if (fault === 'away') throw new HedgerowError('STORE_UNAVAILABLE', 'the store is away');
        // A batch that is repeated is there already: nothing new is committed.
        const isNew = !this.#known.has(batch);
        await store.commit(batch);
        if (isNew) {
          this.#known.add(batch);
          this.#written.push({ type: 'commit', batch, at: this.#clock.now() });
          this.#onCommit(batch);
        }
        if (fault === 'unsure') throw new HedgerowError('STORE_UNAVAILABLE', 'the store did not say whether it has committed');
      },
      openPlan: (...args) => note(store.openPlan(...args), (other) => other.openPlan(...args)),
      acquireLease: (...args) => note(store.acquireLease(...args), (other) => other.acquireLease(...args)),
      releaseLease: (...args) => note(store.releaseLease(...args), (other) => other.releaseLease(...args)),
      requestAction: (...args) => note(store.requestAction(...args), (other) => other.requestAction(...args)),
    });
  }

  #callOf(key: keyof Store): unknown {
    const store = this.#store;
    const member = store[key];
    return typeof member === 'function' ? member.bind(store) : member;
  }

  /** Forgets the newest commits; gives those that are left. Fewer than asked for are lost when there are not so many. */
  async lose(commits: number): Promise<readonly CommitBatch[]> {
    const positions = this.#written.flatMap(({ type }, index) => (type === 'commit' ? [index] : []));
    const from = positions[Math.max(0, positions.length - commits)];
    if (from !== undefined && commits > 0) this.#written = this.#written.slice(0, from);
    // Leases run out at the times they did.
    let at: number | null = null;
    const store = createMemoryStore({ now: () => at ?? this.#clock.now() });
    for (const written of this.#written) {
      at = written.at;
      await (written.type === 'commit' ? store.commit(written.batch) : written.redo(store));
    }
    at = null;
    this.#store = store;
    return this.#written.flatMap((written) => (written.type === 'commit' ? [written.batch] : []));
  }
}

/** A latch file in memory; `onChange` hears whether a plan is latched now. */
export function memoryLatch(onChange: (isLatched: boolean) => void): KillLatch {
  const latched = new Map<string, LatchRecord>();
  return {
    read: async (plan) => latched.get(plan) ?? null,
    set: async (plan, record) => {
      latched.set(plan, record);
      onChange(true);
    },
    clear: async (plan) => {
      latched.delete(plan);
      onChange(false);
    },
  };
}
