/**
 * Drives an engine in real time: it settles whenever something was heard or a deadline has come, and sleeps in between. Deadlines are
 * `Clock.elapsed()`, so a step of the wall clock moves nothing (I24); a process that stood still finds all its deadlines due at once.
 */
import type { Engine } from '../../engine/engine.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Exchange } from '../../ports/exchange.ts';

/** Timers cannot be set for longer; nothing waits this long anyway. */
const SLEEP_MAX_MS = 60_000;

export interface RealTimeParts {
  readonly engine: Engine;
  /** The one the engine listens to: what it tells wakes the loop. */
  readonly exchange: Pick<Exchange, 'subscribe'>;
  readonly clock: Pick<Clock, 'elapsed'>;
  /** Called after every round of work, e.g. to refresh a status. */
  readonly afterRound?: () => void;
  /** Ends the loop by itself, e.g. when every plan has stopped. */
  readonly isOver?: () => boolean;
}

export class RealTimeLoop {
  readonly #parts: RealTimeParts;
  readonly #unsubscribe: () => void;
  #wakeUp: () => void = () => {};
  #isStopped = false;

  constructor(parts: RealTimeParts) {
    this.#parts = parts;
    // Subscribed after the engine, so that it has heard already.
    this.#unsubscribe = parts.exchange.subscribe(() => this.wake());
  }

  /** Something may have to be done: a price, a fill, a wish of an operator. */
  wake(): void {
    if (!this.#parts.engine.isSettled) this.#wakeUp();
  }

  /** Ends the loop; the work under way is finished first. */
  stop(): void {
    this.#isStopped = true;
    this.#wakeUp();
  }

  /** Resolves when the loop was stopped, or is over. */
  async run(): Promise<void> {
    const { engine, clock, afterRound, isOver } = this.#parts;
    try {
      while (!this.#isStopped && isOver?.() !== true) {
        engine.wakeDue(clock.elapsed());
        if (engine.isSettled) await this.#sleep();
        else await engine.settle();
        afterRound?.();
      }
    } finally {
      this.#unsubscribe();
    }
  }

  #sleep(): Promise<void> {
    const { engine, clock } = this.#parts;
    const forMs = Math.min(SLEEP_MAX_MS, Math.max(0, engine.nextWakeAt() - clock.elapsed()));
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        this.#wakeUp = () => {};
        resolve();
      };
      const timer = setTimeout(wake, forMs);
      this.#wakeUp = wake;
    });
  }
}
