/**
 * When the exchange has to be read again, and whether what was read is fresh enough to take new risk on (I9). Levels, not events: a
 * lost stream, a failed or partial read only leave the last complete reading older. Times are `Clock.elapsed()`.
 */
import type { ExchangeCapabilities } from '../ports/exchange.ts';

/** Where events may be lost: read this often, sooner while something is open, and take no new risk on an older reading. */
const READ_MS = 10_000;
const READ_SOON_MS = 2_000;
export const STALE_MS = 30_000;
/** Where readings are further apart, that many of them may be missing. */
const STALE_READINGS = 3;
/** Where no event is lost, a look now and then is enough. */
const LOSSLESS_READ_MS = 3_600_000;
const LOSSLESS_READ_SOON_MS = 60_000;
/** After a failed or partial reading. */
const FIRST_RETRY_MS = 500;
const RETRY_MAX_MS = 10_000;

export class ReadWatch {
  readonly #isLossless: boolean;
  readonly #readEveryMs: number;
  /** A reading has to begin at or after this; -Infinity when any will do. */
  #requiredFrom: number;
  /** When the newest complete reading began; null before the first. */
  #completeFrom: number | null = null;
  #dueAt: number;
  #failures = 0;

  constructor({ hasLosslessEvents, readEveryMs }: ExchangeCapabilities, now: number) {
    this.#isLossless = hasLosslessEvents;
    this.#readEveryMs = hasLosslessEvents ? LOSSLESS_READ_MS : (readEveryMs ?? READ_MS);
    this.#requiredFrom = now;
    this.#dueAt = now;
  }

  get nextDueAt(): number {
    return this.#dueAt;
  }

  isDue(now: number): boolean {
    return now >= this.#dueAt;
  }

  /** A complete reading is there that is young enough, and began after whatever made one necessary. */
  isFresh(now: number): boolean {
    if (this.#completeFrom === null || this.#completeFrom < this.#requiredFrom) return false;
    return this.#isLossless || now - this.#completeFrom <= Math.max(STALE_MS, STALE_READINGS * this.#readEveryMs);
  }

  /** What was read until now no longer counts. */
  require(from: number): void {
    this.#requiredFrom = Math.max(this.#requiredFrom, from);
    if (this.#failures === 0) this.#dueAt = Math.min(this.#dueAt, from);
  }

  /** Something is open that the next reading tells. */
  soon(now: number): void {
    this.#dueAt = Math.min(this.#dueAt, now + (this.#isLossless ? LOSSLESS_READ_SOON_MS : READ_SOON_MS));
  }

  /** A complete reading that began at `from`. */
  succeeded(from: number, now: number): void {
    this.#failures = 0;
    this.#completeFrom = from;
    this.#dueAt = from < this.#requiredFrom ? this.#requiredFrom : now + this.#readEveryMs;
  }

  failed(now: number): void {
    this.#dueAt = now + Math.min(RETRY_MAX_MS, FIRST_RETRY_MS * 2 ** this.#failures);
    this.#failures += 1;
  }

  /** A complete reading was there since the start. */
  get hasRead(): boolean {
    return this.#completeFrom !== null;
  }

  get failures(): number {
    return this.#failures;
  }
}
