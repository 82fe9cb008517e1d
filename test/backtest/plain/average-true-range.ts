/**
 * Wilder's average true range for the plain backtest, of bars built from the prices it visits. A bar begins at a multiple of the timeframe
 * and ends with the first price of another one; one whose beginning was not seen does not count.
 */
import type { Candle } from '../../../src/domain/candle.ts';
import type { Strategy } from '../../../src/domain/strategy.ts';
import { larger, nearest, num, smaller, total } from './numbers.ts';
import type { Num } from './numbers.ts';

interface Bar {
  readonly at: number;
  high: Num;
  low: Num;
  close: Num;
  readonly isWhole: boolean;
}

const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };
/** Measured over so many lengths of closed bars. */
const LENGTHS = 10;
const STEP = num('1e-30');

export class AverageTrueRange {
  readonly #fixed: Num | null;
  readonly #length: number | null;
  readonly #timeframeMs: number;
  readonly #bars: Bar[];

  /** `fixed`: its value whatever the price does. */
  constructor({ unit }: Strategy, history: readonly Candle[], fixed: Num | null) {
    this.#fixed = fixed;
    this.#length = unit.type === 'atr' && fixed === null ? unit.length : null;
    this.#timeframeMs = unit.type === 'atr' ? Number(unit.timeframe.slice(0, -1)) * (UNITS[unit.timeframe.slice(-1)] ?? NaN) : NaN;
    this.#bars = history.map(({ at, high, low, close }) => ({ at, high: num(high), low: num(low), close: num(close), isWhole: true }));
  }

  get isNeeded(): boolean {
    return this.#length !== null;
  }

  /** A price is visited. */
  see(at: number, price: Num): void {
    if (this.#length === null) return;
    const start = at - (at % this.#timeframeMs);
    const running = this.#bars.at(-1);
    if (running !== undefined && running.at === start) {
      running.high = larger(running.high, price);
      running.low = smaller(running.low, price);
      running.close = price;
      return;
    }
    const isFirst = running === undefined || !this.#hasSeen;
    this.#bars.push({ at: start, high: price, low: price, close: price, isWhole: !isFirst || at === start || (running !== undefined && running.at + this.#timeframeMs === start) });
    this.#hasSeen = true;
  }

  #hasSeen = false;

  /** Of the bars closed at `at`; null when there are too few, or none is needed. */
  measuredAt(at: number): Num | null {
    if (this.#length === null) return this.#fixed;
    const closed = this.#bars.filter((bar) => bar.isWhole && bar.at + this.#timeframeMs <= at).slice(-this.#length * LENGTHS);
    if (closed.length < this.#length) return null;
    const ranges = closed.map((bar, index) => {
      const before = closed[index - 1]?.close;
      if (before === undefined) return bar.high.minus(bar.low);
      return larger(bar.high, before).minus(smaller(bar.low, before));
    });
    const length = num(this.#length);
    return ranges
      .slice(this.#length)
      .reduce((average, range) => nearest(average.times(length.minus(1)).plus(range), length, STEP), nearest(total(ranges.slice(0, this.#length)), length, STEP));
  }
}
