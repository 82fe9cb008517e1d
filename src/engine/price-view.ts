/**
 * What a plan knows of the price, and how that stands in time to its fills. Fills and prices come over different connections: a fill may
 * be heard before the price that caused it, and prices of before it afterwards. A price that is older than the newest fill decides nothing:
 * it would find the order that follows the fill already passed and undo at market what was just done.
 */
import { isPriceBelow } from '../domain/candle.ts';
import type { DecimalString } from '../domain/decimal.ts';
import type { TriggerSource } from '../domain/strategy.ts';
import type { Side, TradeRecord } from '../ports/exchange.ts';
import type { PricePoint } from './event-queue.ts';

const SOURCES: readonly TriggerSource[] = ['last', 'mark', 'index'];

/** The order that was filled. */
interface Fired {
  readonly triggerPrice: DecimalString | null;
  readonly triggerBy: TriggerSource;
}

export class PriceView {
  #point: PricePoint | null = null;
  /** Exchange time of the newest fill, ms. */
  #fillAt = -Infinity;
  /** Exchange time of the newest fill that told a price of this source, ms. */
  readonly #toldByFillAt = new Map<TriggerSource, number>();

  /** The newest; null before the first. */
  get point(): PricePoint | null {
    return this.#point;
  }

  /** False when it is older than the one known; then nothing changes. */
  take(point: PricePoint): boolean {
    if (this.#point !== null && point.at < this.#point.at) return false;
    this.#point = point;
    this.#toldByFillAt.clear();
    return true;
  }

  /** What a fill shows of the price itself, where that is newer than what is known: it was a trade at its price, and its trigger was reached. */
  observe(source: TriggerSource, { price: traded, side, at }: Pick<TradeRecord, 'price' | 'side' | 'at'>, { triggerPrice, triggerBy }: Fired): void {
    const price = source === 'last' ? traded : triggerBy === source ? triggerPrice : null;
    if (price === null || this.#point === null || at < timeOf(this.#point, source)) return;
    // A price of that moment that was heard as such outranks what fills of that moment show: they were traded with slippage.
    if (at === timeOf(this.#point, source) && (this.#toldByFillAt.get(source) !== at || !isFurther(side, price, this.#point[source]))) return;
    this.#toldByFillAt.set(source, at);
    const times = Object.fromEntries(SOURCES.map((each) => [each, this.#point === null || each === source ? at : timeOf(this.#point, each)])) as Record<TriggerSource, number>;
    this.#point = { ...this.#point, [source]: price, at: Math.max(at, this.#point.at), times };
  }

  noteFill(at: number): void {
    this.#fillAt = Math.max(this.#fillAt, at);
  }

  /** The newest fill is younger than the newest price of this source. */
  isBehind(source: TriggerSource): boolean {
    return this.#point !== null && timeOf(this.#point, source) < this.#fillAt;
  }

  get behind(): ReadonlySet<TriggerSource> {
    return new Set(SOURCES.filter((source) => this.isBehind(source)));
  }
}

/** Of stops that fire at one moment the one the price went furthest for tells where it is. */
function isFurther(side: Side, price: DecimalString, known: DecimalString): boolean {
  return side === 'sell' ? isPriceBelow(price, known) : isPriceBelow(known, price);
}

function timeOf({ at, times }: PricePoint, source: TriggerSource): number {
  return times?.[source] ?? at;
}
