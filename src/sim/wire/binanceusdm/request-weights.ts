/** Request weight used per minute: told with every answer, 429 above the limit, 418 for who goes on. Counted per server, as Binance does per address. */

export const WEIGHT_LIMIT = 2_400;
const MINUTE_MS = 60_000;
/** Requests after the first 429 of a minute until the ban. */
const PATIENCE = 50;
const BAN_MS = 120_000;

export class RequestWeights {
  readonly #limit: number;
  #minute = -1;
  #used = 0;
  #ignored = 0;
  #bannedUntil = 0;

  constructor(limit = WEIGHT_LIMIT) {
    this.#limit = limit;
  }

  get used(): number {
    return this.#used;
  }

  /** Counts a request; what it is turned away with, or null. Times in ms. */
  count(weight: number, at: number): { readonly status: 429 | 418; readonly retryAfterMs: number; readonly bannedUntil: number | null } | null {
    if (at < this.#bannedUntil) return { status: 418, retryAfterMs: this.#bannedUntil - at, bannedUntil: this.#bannedUntil };
    const minute = Math.floor(at / MINUTE_MS);
    if (minute !== this.#minute) {
      this.#minute = minute;
      this.#used = 0;
      this.#ignored = 0;
    }
    this.#used += weight;
    if (this.#used <= this.#limit) return null;
    this.#ignored += 1;
    if (this.#ignored > PATIENCE) this.#bannedUntil = at + BAN_MS;
    return { status: 429, retryAfterMs: (minute + 1) * MINUTE_MS - at, bannedUntil: null };
  }
}
