/** What a market publishes about its past: minute bars of last, mark and index price, the running one included, and funding rates. Bounded (I23). */
import type { Candle } from '../../domain/candle.ts';
import { isPriceBelow } from '../../domain/candle.ts';
import type { DecimalString } from '../../domain/decimal.ts';
import type { TriggerSource } from '../../domain/strategy.ts';

const MINUTE_MS = 60_000;
/** More than a week. */
const BARS_MAX = 12_000;
const FUNDING_MAX = 3_000;
/** Real exchanges show a rate before the first settlement too. */
const FIRST_FUNDING_RATE = '0.0001';
/** At 00:00, 08:00 and 16:00 UTC. */
export const FUNDING_INTERVAL_MS = 28_800_000;

export interface MarketPrice {
  readonly last: DecimalString;
  readonly mark: DecimalString;
  readonly index: DecimalString;
  /** Ms. */
  readonly at: number;
}

export interface FundingSettlement {
  readonly at: number;
  readonly rate: DecimalString;
  readonly mark: DecimalString;
}

export interface BarRange {
  /** Bars that start at or after it, ms; null: the newest ones. */
  readonly from: number | null;
  /** Bars that start at or before it, ms. */
  readonly to: number | null;
  readonly limit: number;
}

export class MarketRecord {
  price: MarketPrice | null = null;
  readonly #bars: Readonly<Record<TriggerSource, Candle[]>> = { last: [], mark: [], index: [] };
  #funding: FundingSettlement[] = [];

  addPrice({ last, mark, index, at }: MarketPrice): void {
    this.price = { last, mark, index, at };
    addToBars(this.#bars.last, at, last);
    addToBars(this.#bars.mark, at, mark);
    addToBars(this.#bars.index, at, index);
  }

  addFunding(settlement: FundingSettlement): void {
    this.#funding.push(settlement);
    if (this.#funding.length >= 2 * FUNDING_MAX) this.#funding = this.#funding.slice(-FUNDING_MAX);
  }

  /** Minute bars from before the first price, oldest first, of all three prices. */
  addHistory(bars: readonly Candle[]): void {
    for (const source of ['last', 'mark', 'index'] as const) {
      const kept = this.#bars[source];
      const first = kept[0]?.at ?? Infinity;
      kept.unshift(...bars.filter(({ at }) => at < first).slice(-BARS_MAX));
    }
  }

  /** Bars of a whole number of minutes, oldest first, the running one last. Volumes are 0. */
  bars(source: TriggerSource, timeframeMs: number, { from, to, limit }: BarRange): readonly Candle[] {
    const merged = mergeBars(this.#bars[source], timeframeMs).filter(({ at }) => (from === null || at >= from) && (to === null || at <= to));
    return from === null ? merged.slice(-limit) : merged.slice(0, limit);
  }

  /** Oldest first. */
  get funding(): readonly FundingSettlement[] {
    return this.#funding;
  }

  /** The rate as shown now: the last settled one. */
  get fundingRate(): DecimalString {
    return this.#funding.at(-1)?.rate ?? FIRST_FUNDING_RATE;
  }
}

function addToBars(bars: Candle[], at: number, price: DecimalString): void {
  const running = bars.at(-1);
  if (running === undefined || at >= running.at + MINUTE_MS) {
    bars.push({ at: at - (at % MINUTE_MS), open: price, high: price, low: price, close: price, volume: '0' });
    if (bars.length >= 2 * BARS_MAX) bars.splice(0, bars.length - BARS_MAX);
    return;
  }
  const high = isPriceBelow(running.high, price) ? price : running.high;
  const low = isPriceBelow(price, running.low) ? price : running.low;
  bars[bars.length - 1] = { ...running, high, low, close: price };
}

function mergeBars(minutes: readonly Candle[], timeframeMs: number): readonly Candle[] {
  if (timeframeMs <= MINUTE_MS) return minutes;
  const bars: Candle[] = [];
  for (const minute of minutes) {
    const start = minute.at - (minute.at % timeframeMs);
    const bar = bars.at(-1);
    if (bar === undefined || bar.at !== start) {
      bars.push({ ...minute, at: start });
      continue;
    }
    bars[bars.length - 1] = {
      ...bar,
      high: isPriceBelow(bar.high, minute.high) ? minute.high : bar.high,
      low: isPriceBelow(minute.low, bar.low) ? minute.low : bar.low,
      close: minute.close,
    };
  }
  return bars;
}

/** When funding is settled next after `at`, ms. */
export function nextFundingAt(at: number): number {
  return at - (at % FUNDING_INTERVAL_MS) + FUNDING_INTERVAL_MS;
}
