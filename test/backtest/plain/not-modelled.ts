/** What the plain backtest does not model: it says so and stops, with what it found until then, instead of guessing. */
import type { PlainResult } from './plain-backtest.ts';

export class NotModelled extends Error {
  /** When it came up, ms; everything before is sound. Null: the input itself. */
  at: number | null = null;
  sofar: PlainResult | null = null;

  constructor(what: string) {
    super(`the plain backtest does not model ${what}`);
    this.name = 'NotModelled';
  }
}
