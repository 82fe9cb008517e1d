/** Measures the average true range a plan's unit is made of, once per closed candle; plans with other units never ask. */
import { averageTrueRange } from '../domain/atr.ts';
import type { DecimalString } from '../domain/decimal.ts';
import type { Strategy } from '../domain/strategy.ts';
import { parseTimeframe } from '../domain/timeframe.ts';
import type { Exchange } from '../ports/exchange.ts';
import { unlessUnavailable } from './unavailable.ts';

/** Closed candles an ATR is measured over, in lengths: what lies before weighs less than e^-10. */
export const ATR_LENGTHS = 10;
/** Candles that could not be read are asked for again after this. */
const RETRY_MS = 10_000;

export class AtrWatch {
  readonly #strategy: Strategy;
  readonly #exchange: Exchange;
  #nextAt: number;
  /** The newest; null before the first. */
  value: DecimalString | null = null;

  constructor(strategy: Strategy, exchange: Exchange) {
    this.#strategy = strategy;
    this.#exchange = exchange;
    this.#nextAt = strategy.unit.type === 'atr' ? 0 : Infinity;
  }

  /** A candle has closed since the last measurement; `at` is exchange time. */
  isDue(at: number): boolean {
    return at >= this.#nextAt;
  }

  /** Measured at the next opportunity whatever the time. */
  expire(): void {
    if (this.#strategy.unit.type === 'atr') this.#nextAt = 0;
  }

  /** This candle is not needed. */
  skip(at: number): void {
    const { unit } = this.#strategy;
    if (unit.type !== 'atr') return;
    const timeframeMs = parseTimeframe(unit.timeframe);
    this.#nextAt = Math.floor(at / timeframeMs) * timeframeMs + timeframeMs;
  }

  /** The new value, or null when there is none. */
  async measure(at: number): Promise<DecimalString | null> {
    const { unit, symbol } = this.#strategy;
    if (unit.type !== 'atr') return null;
    this.skip(at);
    const timeframeMs = parseTimeframe(unit.timeframe);
    const candles = await unlessUnavailable(() => this.#exchange.fetchCandles(symbol, timeframeMs, unit.length * ATR_LENGTHS), null);
    if (candles === null) this.#nextAt = at + RETRY_MS;
    if (candles === null || candles.length < unit.length) return null;
    const atr = averageTrueRange(candles, unit.length);
    if (atr === this.value) return null;
    this.value = atr;
    return atr;
  }
}
