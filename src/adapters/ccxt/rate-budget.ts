/**
 * One budget of request weight for everything this process sends to one exchange (its limits count per IP address), with a reserve that
 * only protection may use, so that polling can never keep a stop from being placed (I6, I11).
 */

/** `protect`: cancels and closing orders; `write`: everything else that changes something; `read`: the rest. */
export type Priority = 'protect' | 'write' | 'read';
const PRIORITIES: readonly Priority[] = ['protect', 'write', 'read'];
/** Share of the capacity that has to stay unused for more important requests. */
const RESERVE: Readonly<Record<Priority, number>> = { protect: 0, write: 0.15, read: 0.3 };

export interface BudgetSpec {
  /** Weight per window, as the exchange counts it. */
  readonly capacity: number;
  readonly windowMs: number;
}

interface Waiting {
  readonly weight: number;
  readonly answer: (mayGo: boolean) => void;
}

export class RateBudget {
  readonly #spec: BudgetSpec;
  readonly #queues = new Map<Priority, Waiting[]>(PRIORITIES.map((priority) => [priority, []]));
  #tokens: number;
  #filledAt = performance.now();
  #pausedUntil = -Infinity;
  #timer: NodeJS.Timeout | null = null;

  constructor(spec: BudgetSpec) {
    this.#spec = spec;
    this.#tokens = spec.capacity;
  }

  /**
   * True when the request may be sent now; false when it could not within `patienceMs`: then it is not sent at all. A weight above what its
   * priority may ever use is cut to that.
   */
  acquire(weight: number, priority: Priority, patienceMs: number): Promise<boolean> {
    const most = this.#spec.capacity * (1 - RESERVE[priority]);
    const queue = this.#queues.get(priority) ?? [];
    return new Promise((resolve) => {
      const waiting: Waiting = { weight: Math.min(weight, most), answer: resolve };
      queue.push(waiting);
      this.#serve();
      if (queue.includes(waiting)) this.#giveUpAfter(patienceMs, queue, waiting);
    });
  }

  #giveUpAfter(patienceMs: number, queue: Waiting[], waiting: Waiting): void {
    setTimeout(() => {
      const index = queue.indexOf(waiting);
      if (index < 0) return;
      queue.splice(index, 1);
      waiting.answer(false);
      this.#serve();
    }, patienceMs);
  }

  /** The exchange asked for silence: nothing is sent for that long, ms. */
  pause(forMs: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, performance.now() + forMs);
  }

  /** How long the silence the exchange asked for still lasts, ms; 0 when it does not. */
  get pauseLeftMs(): number {
    return Math.max(0, this.#pausedUntil - performance.now());
  }

  /** How long an exhausted budget takes to recover this weight, ms. */
  refillMs(weight: number): number {
    return (weight * this.#spec.windowMs) / this.#spec.capacity;
  }

  /** The exchange counts more than we do, e.g. for another process at the same address. */
  usedAtLeast(weight: number): void {
    this.#refill();
    this.#tokens = Math.min(this.#tokens, this.#spec.capacity - weight);
  }

  #refill(): void {
    const now = performance.now();
    this.#tokens = Math.min(this.#spec.capacity, this.#tokens + ((now - this.#filledAt) * this.#spec.capacity) / this.#spec.windowMs);
    this.#filledAt = now;
  }

  #serve(): void {
    this.#refill();
    let waitMs = this.pauseLeftMs;
    for (const priority of waitMs > 0 ? [] : PRIORITIES) {
      const queue = this.#queues.get(priority) ?? [];
      for (let next = queue[0]; next !== undefined; next = queue[0]) {
        const missing = next.weight + this.#spec.capacity * RESERVE[priority] - this.#tokens;
        if (missing > 0) {
          waitMs = (missing * this.#spec.windowMs) / this.#spec.capacity;
          break;
        }
        queue.shift();
        this.#tokens -= next.weight;
        next.answer(true);
      }
      if (queue.length > 0) break;
    }
    this.#look(waitMs);
  }

  /** Again when the first of those who wait may go; somebody more important may have come meanwhile. */
  #look(afterMs: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if ([...this.#queues.values()].every((queue) => queue.length === 0)) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#serve();
    }, Math.ceil(afterMs));
  }
}
