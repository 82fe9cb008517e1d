/**
 * Bybit counts what an account sends to each endpoint in a rolling second, and refuses what is above (bybit-exchange.github.io/docs/v5/rate-limit).
 * Writes take turns so that none is: places, amendments and cancellations each by themselves, with a share that is kept for protection.
 */
import type { Priority } from '../rate-budget.ts';

/** Bybit's second, and what the way there may pull together. */
const WINDOW_MS = 1_100;
const TURNS = 10;
/** What may be taken by requests that protect nothing. */
const COMMON_TURNS = 8;
const PATIENCE_MS = 2_000;

interface Waiting {
  readonly answer: (mayGo: boolean) => void;
  readonly until: number;
}

export class EndpointPace {
  readonly #endpoints = new Map<string, Turns>();

  /** True when it is this request's turn; false when that did not come in time: then it is not to be sent. */
  turn(endpoint: string, priority: Priority): Promise<boolean> {
    let turns = this.#endpoints.get(endpoint);
    if (turns === undefined) {
      turns = new Turns();
      this.#endpoints.set(endpoint, turns);
    }
    return turns.next(priority === 'protect');
  }
}

class Turns {
  /** Times of the turns within the window, oldest first, ms. */
  #taken: number[] = [];
  readonly #protecting: Waiting[] = [];
  readonly #common: Waiting[] = [];
  #timer: NodeJS.Timeout | null = null;

  next(isProtecting: boolean): Promise<boolean> {
    return new Promise((answer) => {
      (isProtecting ? this.#protecting : this.#common).push({ answer, until: performance.now() + PATIENCE_MS });
      this.#serve();
    });
  }

  #serve(): void {
    const now = performance.now();
    this.#taken = this.#taken.filter((at) => at > now - WINDOW_MS);
    this.#serveFrom(this.#protecting, TURNS, now);
    this.#serveFrom(this.#common, COMMON_TURNS, now);
    const [oldest] = this.#taken;
    if (this.#timer !== null || oldest === undefined || this.#protecting.length + this.#common.length === 0) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#serve();
    }, Math.ceil(oldest + WINDOW_MS - now));
  }

  #serveFrom(queue: Waiting[], most: number, now: number): void {
    for (let first = queue[0]; first !== undefined; first = queue[0]) {
      const isLate = first.until < now;
      if (!isLate && this.#taken.length >= most) return;
      queue.shift();
      if (!isLate) this.#taken.push(now);
      first.answer(!isLate);
    }
  }
}
