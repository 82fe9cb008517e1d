/**
 * The account events (funding, forced closes, transfers) of one account as far as they were read: many plans ask with watermarks of their
 * own, the exchange is asked only for what is newer than the newest answer, with an overlap for rows that appear late.
 */
import type { ExchangeEvent } from '../../ports/exchange.ts';
import { SharedRead } from './shared-read.ts';

export type AccountEvent = Extract<ExchangeEvent, { type: 'funding' | 'liquidation' | 'transfer' }>;

/** Rows have been seen to appear minutes after their time. */
const OVERLAP_MS = 15 * 60_000;
/** Events kept; older ones are read again when somebody asks for them. */
const KEPT_MAX = 5_000;

export class EventLedger {
  readonly #fetch: (since: number) => Promise<readonly AccountEvent[]>;
  readonly #now: () => number;
  readonly #events = new Map<string, AccountEvent>();
  /** Everything from here to `#to` is known; null before the first reading. */
  #from: number | null = null;
  #to = 0;
  #wanted = Infinity;
  readonly #shared: SharedRead<void>;
  /** A stream is open that tells when there may be new ones: they are asked for this often all the same, ms; 0: whenever somebody asks. */
  hintedEveryMs = 0;
  #isDoubted = true;
  #readAt = -Infinity;

  constructor(fetch: (since: number) => Promise<readonly AccountEvent[]>, now: () => number, restMs: number) {
    this.#fetch = fetch;
    this.#now = now;
    this.#shared = new SharedRead(() => this.#read(), restMs);
  }

  /** Oldest first. Rejects with EXCHANGE_UNAVAILABLE. */
  async since(since: number): Promise<readonly AccountEvent[]> {
    const isKnown = this.#from !== null && since >= this.#from && performance.now() - this.#readAt < this.hintedEveryMs;
    if (!isKnown || this.#isDoubted) {
      this.#wanted = Math.min(this.#wanted, since);
      await this.#shared.get();
    }
    return [...this.#events.values()].filter(({ at }) => at >= since).sort((a, b) => a.at - b.at);
  }

  /** There may be new ones: the next who asks is told what the exchange says then. */
  doubt(): void {
    this.#isDoubted = true;
  }

  async #read(): Promise<void> {
    this.#isDoubted = false;
    try {
      await this.#readOn();
      this.#readAt = performance.now();
    } catch (error) {
      this.#isDoubted = true;
      throw error;
    }
  }

  async #readOn(): Promise<void> {
    const wanted = this.#wanted;
    this.#wanted = Infinity;
    const isKnown = this.#from !== null && wanted >= this.#from;
    const since = isKnown ? this.#to - OVERLAP_MS : wanted;
    const startedAt = this.#now();
    const events = await this.#fetch(since);
    for (const event of events) this.#events.set(event.id, event);
    this.#from = this.#from === null ? wanted : Math.min(this.#from, wanted);
    this.#to = startedAt;
    this.#forgetOldest();
  }

  #forgetOldest(): void {
    const surplus = this.#events.size - KEPT_MAX;
    if (surplus <= 0) return;
    const oldest = [...this.#events.values()].sort((a, b) => a.at - b.at).slice(0, surplus);
    for (const { id } of oldest) this.#events.delete(id);
    this.#from = (oldest.at(-1)?.at ?? 0) + 1;
  }
}
