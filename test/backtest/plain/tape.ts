/**
 * The path of a price through candles, for the plain backtest. A candle has four points (open, then low and high or high and low by its
 * direction, then close) at quarters of its span; the open is jumped to, to the others the price moves over every multiple of the tick.
 */
import type { CandleColumns, FundingColumns } from '../../../src/domain/candle-columns.ts';
import { num } from './numbers.ts';
import type { Num } from './numbers.ts';

export interface PathPoint {
  readonly at: number;
  readonly price: Num;
  /** The price jumps here; to every other point it moves. */
  readonly isOpen: boolean;
  /** Mark and index from here on; null: they are the last price. */
  readonly mark: Num | null;
  /** Rates that settle here, in the order they were due. */
  readonly rates: readonly string[];
}

export function pathOf(candles: CandleColumns, mark: CandleColumns | null, funding: FundingColumns | null): PathPoint[] {
  const marks = mark === null ? null : cornersOf(mark);
  const due = funding === null ? [] : Array.from({ length: funding.length }, (_, index) => ({ at: funding.at[index] as number, rate: funding.rate[index] as string }));
  const corners = cornersOf(candles);
  const first = corners[0]?.at ?? 0;
  let before = -Infinity;
  return corners.map((corner) => {
    const rates = due.filter(({ at }) => at > before && at <= corner.at && at >= first).map(({ rate }) => rate);
    before = corner.at;
    return { ...corner, rates, mark: marks === null ? null : markAt(marks, corner.at) };
  });
}

type Corner = Pick<PathPoint, 'at' | 'price' | 'isOpen'>;

function cornersOf(candles: CandleColumns): Corner[] {
  const corners: Corner[] = [];
  for (let row = 0; row < candles.length; row += 1) {
    const at = candles.at[row] as number;
    const untilNext = row + 1 < candles.length ? (candles.at[row + 1] as number) - at : Infinity;
    const span = Math.min(candles.timeframeMs, untilNext);
    const price = (column: ArrayLike<number>): Num => num(column[row] as number).times(num(`1e-${candles.priceDecimals}`));
    const [open, high, low, close] = [price(candles.open), price(candles.high), price(candles.low), price(candles.close)];
    const prices = close.greaterThanOrEqualTo(open) ? [open, low, high, close] : [open, high, low, close];
    prices.forEach((each, k) => corners.push({ at: at + Math.floor((k * (span - 1)) / 3), price: each, isOpen: k === 0 }));
  }
  return corners;
}

/** The value of the last point at or before `at`; before all of them the first one's. Points are in order of time. */
function markAt(marks: readonly Corner[], at: number): Num {
  let low = 0;
  let high = marks.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((marks[middle] as Corner).at <= at) low = middle;
    else high = middle - 1;
  }
  return (marks[low] as Corner).price;
}

/** When a price between two points is visited. */
export function timeBetween(from: PathPoint, to: PathPoint, price: Num): number {
  const share = price.minus(from.price).abs().times(to.at - from.at);
  return from.at + share.divToInt(to.price.minus(from.price).abs()).toNumber();
}
