/**
 * What a replay does, written down in numbers while it runs and made into rows afterwards: a run over years writes tens of thousands of
 * entries, and most runs of a search are only asked for their result.
 */

const FIRST_ROWS = 1_024;

/** Rows of a fixed number of numbers, growing by doubling. */
export class NumberRows {
  readonly width: number;
  length = 0;
  #values: Float64Array;

  constructor(width: number) {
    this.width = width;
    this.#values = new Float64Array(width * FIRST_ROWS);
  }

  /** Where the next row begins; its values are to be set at once. */
  next(): number {
    const start = this.length * this.width;
    if (start + this.width > this.#values.length) {
      const grown = new Float64Array(this.#values.length * 2);
      grown.set(this.#values);
      this.#values = grown;
    }
    this.length += 1;
    return start;
  }

  get values(): Float64Array {
    return this.#values;
  }

  at(row: number, column: number): number {
    return this.#values[row * this.width + column] as number;
  }
}

/** Kinds of entries. */
export const ENTRY = { transition: 0, fill: 1, reset: 2, funding: 3, plan: 4 } as const;

/**
 * One entry, by kind (the columns after kind, time and wallet):
 * - transition: id of the transition, the wallet's unit before it, price
 * - fill: index of the step in the transition (−1: bought, −2: sold at market by a reset), lots, price paid
 * - reset: index into RESET_REASONS, anchor, unit size, price; the order it trades follows
 * - funding: index of the settlement, mark price
 * - plan: index into the phases
 */
export const ENTRY_WIDTH = 7;

export const RESET_REASONS = ['start', 'ladder-complete', 'recovered-in-cash', 'advanced', 'joint', 'operator'] as const;

export class ReplayLog {
  readonly entries = new NumberRows(ENTRY_WIDTH);
  /** False: nothing is written, for runs of which only the end counts. */
  isOpen = true;

  write(kind: number, at: number, wallet: number, a: number, b: number, c: number, d = 0): void {
    if (!this.isOpen) return;
    const start = this.entries.next();
    const { values } = this.entries;
    values[start] = kind;
    values[start + 1] = at;
    values[start + 2] = wallet;
    values[start + 3] = a;
    values[start + 4] = b;
    values[start + 5] = c;
    values[start + 6] = d;
  }

  get length(): number {
    return this.entries.length;
  }

  /** Forgets what was written after `length`. */
  cut(length: number): void {
    this.entries.length = length;
  }
}
