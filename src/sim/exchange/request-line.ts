/** What is under way in virtual time, requests, answers, late events, ends of incidents: due ones come out by time, then in the order they were sent (I22). */

interface Scheduled {
  readonly at: number;
  readonly sequence: number;
  readonly run: () => void;
}

export class RequestLine {
  /** Sorted, the next one last. */
  readonly #scheduled: Scheduled[] = [];
  #sequence = 0;

  schedule(at: number, run: () => void): void {
    this.#sequence += 1;
    let low = 0;
    let high = this.#scheduled.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#scheduled[middle];
      if (other !== undefined && other.at > at) low = middle + 1;
      else high = middle;
    }
    this.#scheduled.splice(low, 0, { at, sequence: this.#sequence, run });
  }

  nextDueAt(): number | null {
    return this.#scheduled.at(-1)?.at ?? null;
  }

  /** The next one due at or before `at`, taken out. */
  takeDue(at: number): Scheduled | null {
    const next = this.#scheduled.at(-1);
    if (next === undefined || next.at > at) return null;
    this.#scheduled.pop();
    return next;
  }
}
