/**
 * The exchange's clock as far as it is known (I24): what it said when it was asked, and the time that has passed since, which no step of
 * the machine's clock changes. Signed requests carry the offset of that clock. Measured at the start, every hour, and when a request was
 * refused for its time.
 */
import type { Clock } from '../../ports/clock.ts';
import type { CcxtClient } from './load-exchange.ts';

const MEASURE_EVERY_MS = 3_600_000;
/** Refusals come in bursts: one measurement answers all of them. */
const MEASURE_LEAST_MS = 5_000;

export interface ClockReading {
  /** Ours minus the exchange's, ms. */
  readonly offsetMs: number;
  /** The offset is known to half of this. */
  readonly roundTripMs: number;
}

export class VenueClock implements Clock {
  readonly #fetchTime: () => Promise<number>;
  readonly #clients: readonly CcxtClient[];
  /** The exchange's time at a moment of `performance.now()`; before the first measurement our own. */
  #known = { theirs: Date.now(), elapsed: performance.now() };
  #measuredAt = -Infinity;
  #timer: NodeJS.Timeout | null = null;

  /** `clients`: those that stamp requests. */
  constructor(fetchTime: () => Promise<number>, clients: readonly CcxtClient[]) {
    this.#fetchTime = fetchTime;
    this.#clients = clients;
  }

  /** Exchange time, ms. */
  now(): number {
    return Math.round(this.#known.theirs + performance.now() - this.#known.elapsed);
  }

  elapsed(): number {
    return performance.now();
  }

  /** Rejects with EXCHANGE_UNAVAILABLE; the offset known before stays. */
  async measure(): Promise<ClockReading> {
    const startedAt = Date.now();
    const started = performance.now();
    this.#measuredAt = started;
    const theirs = await this.#fetchTime();
    const roundTripMs = performance.now() - started;
    const offsetMs = Math.round(startedAt + roundTripMs / 2 - theirs);
    this.#known = { theirs, elapsed: started + roundTripMs / 2 };
    for (const client of this.#clients) client.options['timeDifference'] = offsetMs;
    return { offsetMs, roundTripMs: Math.round(roundTripMs) };
  }

  /** Measures now and from then on every hour. */
  async start(): Promise<void> {
    await this.measure();
    this.#timer ??= setInterval(() => this.remeasure(), MEASURE_EVERY_MS);
  }

  /** Soon, and without anybody waiting; a failure leaves the offset as it is. */
  remeasure(): void {
    if (performance.now() - this.#measuredAt < MEASURE_LEAST_MS) return;
    this.measure().catch(() => undefined);
  }

  close(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
  }
}
