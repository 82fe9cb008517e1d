/**
 * The prices at which the next tick of a market changes nothing at the exchange, as floats: what drives it along a known path need not
 * visit them. Number() of a decimal string never changes the order of two values except to make them equal, and bounds are exclusive.
 */
import type { MarketState } from './book-state.ts';
import type { Book } from './book.ts';
import { isHeldBack } from './execution.ts';
import type { Band } from './liquidation-watch.ts';
import { isLimit, isUntriggered } from './price-watch.ts';

export interface QuietPrices {
  /** Quiet while last, mark and index are strictly inside theirs. Nothing is inside where every price counts. */
  readonly last: Readonly<Band>;
  readonly mark: Readonly<Band>;
  readonly index: Readonly<Band>;
  /** A tick at or after this time, ms, is not quiet whatever its price: something that was kept back goes on. Infinity: nothing is. */
  readonly until: number;
}

/** `liquidation`: marks inside liquidate nobody. */
export function quietPricesOf(book: Book, state: MarketState, liquidation: Readonly<Band>): QuietPrices {
  const last: Band = { low: -Infinity, high: Infinity };
  const mark: Band = { ...liquidation };
  const index: Band = { low: -Infinity, high: Infinity };
  const bands = { last, mark, index };
  let until = Infinity;
  for (const order of state.open) {
    const { record } = order;
    if (isUntriggered(record)) {
      const band = bands[record.triggerBy];
      if (record.side === 'sell') band.low = Math.max(band.low, Number(record.triggerPrice));
      else band.high = Math.min(band.high, Number(record.triggerPrice));
    } else if (isHeldBack(book, order) && order.waitsUntil !== null) {
      until = Math.min(until, order.waitsUntil);
    } else if (isLimit(record)) {
      if (record.side === 'sell') last.high = Math.min(last.high, Number(record.price));
      else last.low = Math.max(last.low, Number(record.price));
    } else {
      last.low = Infinity;
    }
  }
  return { last, mark, index, until };
}
