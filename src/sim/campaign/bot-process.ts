/**
 * One process of the bot, from its start to its end: the real engine behind a seam, opened by the real recovery. It can be killed at any
 * boundary; what it leaves behind is what the store and the exchange hold.
 */
import type { Strategy } from '../../domain/strategy.ts';
import { Engine } from '../../engine/engine.ts';
import type { PlanRunner } from '../../engine/plan-runner.ts';
import { openRunner } from '../../engine/recovery.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Exchange } from '../../ports/exchange.ts';
import type { KillLatch } from '../../ports/latch.ts';
import type { Log } from '../../ports/log.ts';
import type { Store } from '../../ports/store.ts';
import { CrashSeam } from './crash-seam.ts';
import type { AtBoundary } from './crash-seam.ts';
import type { VirtualLease } from './virtual-lease.ts';

const SILENT: Log = { info: () => {}, warn: () => {}, error: () => {} };
const HASH = 'campaign';
export const VENUE = 'campaign';

export interface ProcessParts {
  readonly strategy: Strategy;
  readonly exchange: Exchange;
  readonly store: Store;
  readonly latch: KillLatch;
  /** The wall clock of the machine; may step. */
  readonly wallClock: () => number;
  /** Exchange time, which never steps. */
  readonly time: () => number;
  readonly atBoundary: AtBoundary;
  readonly lease: VirtualLease;
}

export class BotProcess {
  readonly seam: CrashSeam;
  readonly startedAt: number;
  readonly #parts: ProcessParts;
  readonly #clock: Clock;
  #runner: PlanRunner | null = null;
  #engine: Engine | null = null;
  /** Why it could not start; null while it starts or works. */
  refusal: Error | null = null;

  constructor(parts: ProcessParts) {
    this.#parts = parts;
    this.startedAt = parts.time();
    this.#clock = { now: parts.wallClock, elapsed: () => parts.time() - this.startedAt };
    this.seam = new CrashSeam(parts.exchange, parts.lease.guarded(parts.store), parts.latch, parts.atBoundary);
    this.#open().catch((error: unknown) => {
      this.refusal = error instanceof Error ? error : new Error(String(error));
    });
  }

  async #open(): Promise<void> {
    const { exchange, store, latch } = this.seam;
    const { strategy, lease } = this.#parts;
    this.#runner = await openRunner(strategy, HASH, VENUE, { exchange, store, clock: this.#clock, log: SILENT, latch, lease });
    this.#engine = new Engine(exchange, [this.#runner]);
  }

  /** Null until it is open. */
  get runner(): PlanRunner | null {
    return this.#engine === null ? null : this.#runner;
  }

  get engine(): Engine | null {
    return this.#engine;
  }

  get lease(): VirtualLease {
    return this.#parts.lease;
  }

  get isDead(): boolean {
    return this.seam.isDead;
  }

  /** Nothing to do, and nothing it waits for. */
  get isIdle(): boolean {
    return this.#engine !== null && this.#engine.isSettled;
  }

  /** Exchange time at which it has something to do although nothing happens. */
  nextWakeAt(): number {
    if (this.isDead || this.seam.isPaused || this.#engine === null || !this.#engine.isSettled) return Infinity;
    return this.startedAt + this.#engine.nextWakeAt();
  }

  /** Starts whatever there is to do; does not wait for it. */
  stir(): void {
    if (this.isDead || this.seam.isPaused || this.#engine === null) return;
    this.#engine.wakeDue(this.#clock.elapsed());
    this.#engine.settle().catch((error: unknown) => {
      this.refusal = error instanceof Error ? error : new Error(String(error));
    });
  }
}
