/**
 * How old the newest price is (I9), without trusting that the clocks of exchange and bot agree: a price of the same moment again says
 * nothing about now, and one that took longer than the fastest took on its way is older by the difference (I24).
 */
import type { Clock } from '../ports/clock.ts';

/** Clocks drift apart: the fastest way known becomes this much longer per ms, far more than quartz drifts. */
const DRIFT = 1e-4;

export class PriceAge {
  readonly #clock: Clock;
  /** Exchange time of the newest price. */
  #newestAt: number | null = null;
  /** Smallest difference of our clock to the exchange's seen, and when. */
  #leastOffset = Infinity;
  #offsetSeenAt = 0;
  /** `Clock.elapsed()` at which the newest price was made; -Infinity until one has followed another. */
  #madeAt = -Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  hear(at: number): void {
    if (this.#newestAt !== null && at <= this.#newestAt) return;
    const now = this.#clock.elapsed();
    const offset = now - at;
    this.#leastOffset = Math.min(offset, this.#leastOffset + (now - this.#offsetSeenAt) * DRIFT);
    this.#offsetSeenAt = now;
    // The first one may have been lying in a cache: only one that follows shows that prices move.
    if (this.#newestAt !== null) this.#madeAt = at + this.#leastOffset;
    this.#newestAt = at;
  }

  get ageMs(): number {
    return this.#clock.elapsed() - this.#madeAt;
  }
}
