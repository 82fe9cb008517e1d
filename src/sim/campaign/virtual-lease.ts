/**
 * The leases of a process in virtual time (I16): renewed for as long as the process runs, not while its machine stands still. The rules
 * are those of the real thing: what is not sure of its lease asks for it before it commits, and sends nothing.
 */
import { HedgerowError } from '../../domain/errors.ts';
import type { LeaseHold } from '../../engine/runner-parts.ts';
import type { Fence, Store } from '../../ports/store.ts';
import { forwardingStore } from '../forwarding-store.ts';

export const LEASE_TTL_MS = 15_000;
/** A lease that ends sooner than this share of its time is not sure to outlast a request. */
const MARGIN_SHARE = 1 / 5;

export interface LeaseTerms {
  readonly store: Store;
  readonly venue: string;
  readonly accounts: readonly string[];
  readonly holder: string;
  readonly now: () => number;
}

export class VirtualLease implements LeaseHold {
  readonly fences: readonly Fence[];
  readonly #terms: LeaseTerms;
  /** Sure until then; Infinity while it is renewed all the time. */
  #sureUntil = Infinity;

  private constructor(terms: LeaseTerms, fences: readonly Fence[]) {
    this.#terms = terms;
    this.fences = fences;
  }

  /** The lease, or for how long another one has it, ms. */
  static async acquire(terms: LeaseTerms): Promise<VirtualLease | number> {
    const fences: Fence[] = [];
    for (const account of terms.accounts) {
      const answer = await terms.store.acquireLease(terms.venue, account, terms.holder, LEASE_TTL_MS);
      if (answer.type === 'held') fences.push(answer.fence);
      else {
        for (const fence of fences) await terms.store.releaseLease(fence);
        return answer.expiresInMs;
      }
    }
    return new VirtualLease(terms, fences);
  }

  isHeld(): boolean {
    return this.#terms.now() < this.#sureUntil;
  }

  /** Renewed just now, as it is all the time while the machine runs: to be called before anybody else may ask for it. */
  async keep(): Promise<void> {
    if (this.#sureUntil === Infinity) await this.#renew();
  }

  /** The machine stands still from now on: nobody renews. */
  async pause(): Promise<void> {
    await this.#renew();
    this.#sureUntil = this.#terms.now() + LEASE_TTL_MS * (1 - MARGIN_SHARE);
  }

  /** The process has ended: its lease has run out by the time another one asks. */
  async abandon(): Promise<void> {
    for (const fence of this.fences) await this.#terms.store.releaseLease(fence);
  }

  guarded(store: Store): Store {
    return forwardingStore(store, {
      commit: async (batch) => {
        if (!this.isHeld()) {
          await this.#renew();
          this.#sureUntil = Infinity;
        }
        await store.commit(batch);
      },
    });
  }

  async #renew(): Promise<void> {
    const { store, holder } = this.#terms;
    for (const { venue, account, token } of this.fences) {
      const answer = await store.acquireLease(venue, account, holder, LEASE_TTL_MS);
      if (answer.type === 'held' && answer.fence.token === token) continue;
      throw new HedgerowError('LEASE_LOST', `account ${account} is traded by another process now`);
    }
  }
}
