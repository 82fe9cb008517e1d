/**
 * Whether a client order id that the store does not know is free (I2). A store that keeps what it has acknowledged knows every id there was.
 * One that may forget does not: an order of a lost commit that was cancelled unfilled leaves no trace in positions, trades or open orders,
 * and its id would be given out a second time. So where commits may be missing, nothing is placed under a name this process has not used
 * before until whatever an earlier process has sent must have arrived and must be visible, and then the exchange is asked for the id first.
 */
import type { Clock } from '../ports/clock.ts';
import type { Exchange, OrderRecord } from '../ports/exchange.ts';
import { unlessUnavailable } from './unavailable.ts';

export interface IdQuestion {
  readonly account: string;
  readonly symbol: string;
  /** The id the next order of this name would get. */
  readonly nextId: () => string;
  /** An order with that id exists, or existed. */
  readonly isUsed: (order: OrderRecord) => void;
}

export interface IdHistoryParts {
  readonly exchange: Exchange;
  readonly clock: Pick<Clock, 'elapsed'>;
  /** Commits of an earlier process may be missing. */
  readonly mayBeIncomplete: boolean;
}

/** After a look-up that was not answered, ms. */
const RETRY_MS = 1_000;
/** Ids of one name asked for in a row; the others wait for the next look (I11). */
const LOOKUPS_MAX = 20;

export class IdHistory {
  readonly #parts: IdHistoryParts;
  #isIncomplete: boolean;
  /** From then on the exchange shows everything that earlier processes have sent. */
  readonly #provableFrom: number;
  readonly #free = new Set<string>();
  #wanted: ReadonlyMap<string, IdQuestion> = new Map();
  #askAt: number;

  constructor(parts: IdHistoryParts) {
    const { requestDeadlineMs, readLagMs } = parts.exchange.capabilities;
    this.#parts = parts;
    this.#isIncomplete = parts.mayBeIncomplete;
    this.#provableFrom = parts.clock.elapsed() + requestDeadlineMs + readLagMs;
    this.#askAt = this.#provableFrom;
  }

  /** The exchange has shown something of ours that the store does not know. */
  proveIncomplete(): void {
    this.#isIncomplete = true;
  }

  isFree(name: string): boolean {
    return !this.#isIncomplete || this.#free.has(name);
  }

  /** What earlier processes have sent may not be visible yet. */
  get isTooEarly(): boolean {
    return this.#isIncomplete && this.#parts.clock.elapsed() < this.#provableFrom;
  }

  /** Names that are wanted now and not known to be free. */
  want(wanted: ReadonlyMap<string, IdQuestion>): void {
    this.#wanted = wanted;
  }

  /** `Clock.elapsed()` of the next look-up, or of the moment from which one proves something; null when none is needed. */
  get nextLookupAt(): number | null {
    return this.#wanted.size === 0 && !this.isTooEarly ? null : Math.max(this.#askAt, this.#provableFrom);
  }

  /** Asks for what is wanted, when that can be answered for good. */
  async lookUp(): Promise<void> {
    const now = this.#parts.clock.elapsed();
    if (this.nextLookupAt === null || now < this.nextLookupAt) return;
    for (const [name, question] of this.#wanted) await this.#lookUp(name, question);
    this.#wanted = new Map([...this.#wanted].filter(([name]) => !this.#free.has(name)));
    if (this.#wanted.size > 0) this.#askAt = now + RETRY_MS;
  }

  async #lookUp(name: string, { account, symbol, nextId, isUsed }: IdQuestion): Promise<void> {
    for (let asked = 0; asked < LOOKUPS_MAX; asked += 1) {
      const found = await unlessUnavailable(() => this.#parts.exchange.fetchOrder(account, symbol, nextId()), 'unanswered' as const);
      if (found === 'unanswered') return;
      if (found === null) {
        this.#free.add(name);
        return;
      }
      isUsed(found);
    }
  }
}
