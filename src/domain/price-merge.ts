/**
 * Prices that queue up while the loop is busy may be folded, but no high and no low may get lost: a touched level slides a
 * ladder even when the price came back before anyone looked (I23 bounds the queue, DOMAIN.md §1 wants the touches).
 */
import { isPriceBelow } from './candle.ts';
import type { DecimalString } from './decimal.ts';

export interface PricePoint {
  readonly at: number;
  readonly price: DecimalString;
}

/** How many points can remain of any number. */
export const MERGED_POINTS_MAX = 4;

/**
 * At most four of `points`, in their order: the first, the first lowest and the first highest, and the last. All prices of one
 * symbol and one source, oldest first. Folding again, or folding chunk by chunk and then the results, gives the same points.
 */
export function mergePrices<Point extends PricePoint>(points: readonly Point[]): Point[] {
  return mergePricesBy(points, ({ price }) => price);
}

/** The same for anything that carries a price, e.g. ticks by their mark price. */
export function mergePricesBy<Point>(points: readonly Point[], priceOf: (point: Point) => DecimalString): Point[] {
  const [first] = points;
  if (first === undefined) return [];
  let [low, high] = [0, 0];
  let [lowPrice, highPrice] = [priceOf(first), priceOf(first)];
  for (const [i, point] of points.entries()) {
    const price = priceOf(point);
    if (isPriceBelow(price, lowPrice)) [low, lowPrice] = [i, price];
    if (isPriceBelow(highPrice, price)) [high, highPrice] = [i, price];
  }
  const kept = new Set([0, low, high, points.length - 1]);
  return [...kept].sort((a, b) => a - b).map((i) => points[i] as Point);
}
