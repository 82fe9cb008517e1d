/**
 * What one tick does to the orders of its market, in this order:
 *   1. orders still working from earlier ticks (market orders filled in parts) take at the new last price;
 *   2. conditional orders whose source reached their trigger fire: sells from the highest trigger down, then buys from the lowest
 *      up, equal triggers by creation; each fills or rests before the next fires;
 *   3. resting limits the last price reached fill as makers at their own price: sells from the lowest up, then buys from the
 *      highest down, equal prices by creation.
 * A limit is reached when the last price touches it. An order trades at most once per tick (in several trades).
 */
import { maxOf, minOf } from '../../domain/decimal.ts';
import type { D } from '../../domain/decimal.ts';
import type { OrderRecord } from '../../ports/exchange.ts';
import type { BookOrder, MarketState } from './book-state.ts';
import type { Book } from './book.ts';
import type { FillPrice } from './config.ts';
import { fateOf, fillOrder, fire, firedPrice, isHeldBack } from './execution.ts';
import type { Quote } from './market.ts';
import { isLimit, isUntriggered } from './price-watch.ts';

export interface MatchingRules {
  readonly fillPrice: FillPrice;
  readonly marginChecks: boolean;
  /** Order of those that act at one price; null, and where it says 0: by creation. */
  readonly tieBreak?: TieBreak | null;
}

type TieBreak = (a: OrderRecord, b: OrderRecord) => number;

export function matchTick(book: Book, state: MarketState, quote: Quote, rules: MatchingRules): void {
  const last = quote.of('last');
  for (const order of [...state.open].filter((each) => isWorking(each) && !isHeldBack(book, each)).sort((a, b) => a.sequence - b.sequence)) {
    if (order.record.status !== 'open') continue;
    fillOrder(book, state, order, firedPrice(state, order, last), 'taker', fateOf(book, order, 'taken'));
  }
  for (const order of firedOrders(state, quote, rules.tieBreak ?? null)) {
    if (order.record.status === 'open') fire(book, state, order, referencePrice(quote, order, rules.fillPrice), rules.marginChecks);
  }
  for (const order of reachedLimits(book, state, last, rules.tieBreak ?? null)) {
    if (order.record.status === 'open' && order.price !== null) fillOrder(book, state, order, order.price, 'maker', fateOf(book, order, 'reached'));
  }
}

/** Market orders and fired stop-markets with something left to fill. */
function isWorking(order: BookOrder): boolean {
  return !isUntriggered(order.record) && !isLimit(order.record);
}

function firedOrders(state: MarketState, quote: Quote, tieBreak: TieBreak | null): readonly BookOrder[] {
  const fired = [...state.open].filter((order) => isUntriggered(order.record) && isReached(order.record, order.triggerPrice, quote));
  return fired.sort((a, b) => byPrice(a, b, a.triggerPrice, b.triggerPrice, 'sell', tieBreak));
}

/** A sell triggers at or below its trigger, a buy at or above it. */
export function isReached(order: Pick<OrderRecord, 'side' | 'triggerBy'>, triggerPrice: D | null, quote: Quote): boolean {
  if (triggerPrice === null) return false;
  const price = quote.of(order.triggerBy);
  return order.side === 'sell' ? price.lessThanOrEqualTo(triggerPrice) : price.greaterThanOrEqualTo(triggerPrice);
}

function reachedLimits(book: Book, state: MarketState, last: D, tieBreak: TieBreak | null): readonly BookOrder[] {
  const reached = [...state.open].filter((order) => {
    if (isUntriggered(order.record) || !isLimit(order.record) || order.price === null) return false;
    if (order.tradedAtTick === book.tickNumber || isHeldBack(book, order)) return false;
    return order.record.side === 'sell' ? last.greaterThanOrEqualTo(order.price) : last.lessThanOrEqualTo(order.price);
  });
  return reached.sort((a, b) => byPrice(a, b, a.price, b.price, 'buy', tieBreak));
}

/** Sells before buys; `highestFirst` names the side that goes from the highest price down, the other goes up. */
function byPrice(a: BookOrder, b: BookOrder, priceA: D | null, priceB: D | null, highestFirst: OrderRecord['side'], tieBreak: TieBreak | null): number {
  if (a.record.side !== b.record.side) return a.record.side === 'sell' ? -1 : 1;
  if (priceA !== null && priceB !== null && !priceA.equals(priceB)) {
    const ascending = priceA.lessThan(priceB) ? -1 : 1;
    return a.record.side === highestFirst ? -ascending : ascending;
  }
  return (tieBreak === null ? 0 : tieBreak(a.record, b.record)) || a.sequence - b.sequence;
}

/**
 * Where the market stands when the order fires. `gap`: at the new last price. `touch`: at the price nearest to the trigger that the
 * last price passed on its way, which is the trigger itself unless it fired by mark or index while last was elsewhere.
 */
function referencePrice(quote: Quote, order: BookOrder, fillPrice: FillPrice): D {
  const last = quote.of('last');
  if (fillPrice === 'gap' || order.triggerPrice === null) return last;
  const previous = quote.previous();
  return minOf(maxOf(order.triggerPrice, minOf(previous, last)), maxOf(previous, last));
}
