/**
 * Bars of one market's last price, built from its ticks in one timeframe. Bars start at multiples of the timeframe since 1970; a bar
 * without a tick does not appear; the first is left out unless it was seen from its start. Bounded (I23): the newest bars are kept.
 */
import type { Candle } from '../../domain/candle.ts';
import { isPriceBelow } from '../../domain/candle.ts';
import type { DecimalString } from '../../domain/decimal.ts';

/** Closed bars kept: far more than an average of any usual length needs. */
const MAX_CANDLES = 1_000;

export interface CandleTapeState {
  readonly timeframeMs: number;
  readonly closed: readonly Candle[];
  /** The bar the last tick fell into. */
  readonly running: Candle | null;
  readonly isRunningWhole: boolean;
}

export class CandleTape {
  readonly timeframeMs: number;
  #closed: Candle[];
  #running: Candle | null = null;
  #isRunningWhole = false;

  /** `history`: closed bars before the first tick, oldest first. */
  constructor(timeframeMs: number, history: readonly Candle[]) {
    this.timeframeMs = timeframeMs;
    this.#closed = history.slice(-MAX_CANDLES);
  }

  static of(state: CandleTapeState): CandleTape {
    const tape = new CandleTape(state.timeframeMs, state.closed);
    tape.#running = state.running;
    tape.#isRunningWhole = state.isRunningWhole;
    return tape;
  }

  state(): CandleTapeState {
    return { timeframeMs: this.timeframeMs, closed: [...this.#closed], running: this.#running, isRunningWhole: this.#isRunningWhole };
  }

  add(at: number, price: DecimalString): void {
    const running = this.#running;
    if (running === null || at >= running.at + this.timeframeMs) return this.#start(at, price);
    const high = isPriceBelow(running.high, price) ? price : running.high;
    const low = isPriceBelow(price, running.low) ? price : running.low;
    this.#running = { ...running, high, low, close: price };
  }

  #start(at: number, price: DecimalString): void {
    const wasRunning = this.#running !== null;
    if (this.#running !== null && this.#isRunningWhole) this.#closed.push(this.#running);
    if (this.#closed.length >= 2 * MAX_CANDLES) this.#closed = this.#closed.slice(-MAX_CANDLES);
    const start = at - (at % this.timeframeMs);
    const lastEnd = (this.#closed.at(-1)?.at ?? -Infinity) + this.timeframeMs;
    this.#isRunningWhole = wasRunning || at === start || lastEnd === start;
    this.#running = { at: start, open: price, high: price, low: price, close: price, volume: '0' };
  }

  /** The last `limit` bars that have ended at `now`, oldest first. */
  closedBars(now: number, limit: number): readonly Candle[] {
    const running = this.#running;
    const isOver = running !== null && this.#isRunningWhole && running.at + this.timeframeMs <= now;
    const bars = isOver ? [...this.#closed, running] : this.#closed;
    return bars.slice(Math.max(0, bars.length - Math.min(limit, MAX_CANDLES)));
  }
}
