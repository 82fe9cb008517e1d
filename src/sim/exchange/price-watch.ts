/**
 * The float pre-filter of one market: can this tick fire or fill anything at all? Number() of a decimal string never changes the
 * order of two values except to make them equal, so a miss here is a proof and a hit is re-checked with decimals.
 */
import { absurd } from '../../domain/invariant.ts';
import type { TriggerSource } from '../../domain/strategy.ts';
import type { OrderRecord } from '../../ports/exchange.ts';

interface Nearest {
  /** Something sells at or below this price, NaN-free: −∞ when nothing does. */
  below: number;
  /** Something acts at or above this price; +∞ when nothing does. */
  above: number;
}

export class PriceWatch {
  /** Set when an open order of the market changed. */
  isStale = true;
  /** Some order takes from the market at every tick until it is filled. */
  #hasWorking = false;
  readonly #last: Nearest = { below: -Infinity, above: Infinity };
  readonly #mark: Nearest = { below: -Infinity, above: Infinity };
  readonly #index: Nearest = { below: -Infinity, above: Infinity };

  canMiss(last: number, mark: number, index: number): boolean {
    return !this.#hasWorking && isBetween(this.#last, last) && isBetween(this.#mark, mark) && isBetween(this.#index, index);
  }

  rebuild(orders: Iterable<{ readonly record: OrderRecord }>): void {
    this.isStale = false;
    this.#hasWorking = false;
    for (const nearest of [this.#last, this.#mark, this.#index]) {
      nearest.below = -Infinity;
      nearest.above = Infinity;
    }
    for (const { record } of orders) this.#add(record);
  }

  #add(order: OrderRecord): void {
    if (isUntriggered(order)) {
      const nearest = this.#of(order.triggerBy);
      const trigger = Number(order.triggerPrice);
      if (order.side === 'sell') nearest.below = Math.max(nearest.below, trigger);
      else nearest.above = Math.min(nearest.above, trigger);
    } else if (isLimit(order)) {
      const limit = Number(order.price);
      if (order.side === 'sell') this.#last.above = Math.min(this.#last.above, limit);
      else this.#last.below = Math.max(this.#last.below, limit);
    } else {
      this.#hasWorking = true;
    }
  }

  #of(source: TriggerSource): Nearest {
    switch (source) {
      case 'last':
        return this.#last;
      case 'mark':
        return this.#mark;
      case 'index':
        return this.#index;
      default:
        return absurd(source);
    }
  }
}

function isBetween(nearest: Nearest, price: number): boolean {
  return price > nearest.below && price < nearest.above;
}

export function isConditional(order: Pick<OrderRecord, 'type'>): boolean {
  return order.type === 'stop-market' || order.type === 'stop-limit';
}

/** A conditional order that has not fired. */
export function isUntriggered(order: Pick<OrderRecord, 'type' | 'triggered'>): boolean {
  return isConditional(order) && !order.triggered;
}

/** Rests at a limit price once it is live: a limit, or a stop-limit that has fired. */
export function isLimit(order: Pick<OrderRecord, 'type'>): boolean {
  return order.type === 'limit' || order.type === 'stop-limit';
}
