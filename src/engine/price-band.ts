/**
 * The prices between which a plan has nothing to do, as floats: most prices are answered by two comparisons.
 * Bounds are widened outwards by a relative margin, so a float can let a price through in vain but never hold one back.
 */
import { dec } from '../domain/decimal.ts';
import type { DecimalString } from '../domain/decimal.ts';
import { levelPrice } from '../domain/grid.ts';
import type { TriggerSource } from '../domain/strategy.ts';
import { gridOf } from '../domain/wallet.ts';
import type { ExchangeOrder } from '../window/exchange-orders.ts';
import { factsOf, operationOf, phaseOf, wantsEveryPrice } from './step.ts';
import type { PlanState } from './step.ts';

export interface PriceBand {
  /** A price above `low` and below `high` touches nothing. */
  readonly low: number;
  readonly high: number;
}

export const NO_BAND: PriceBand = { low: Infinity, high: -Infinity };
/** A halted plan follows no price; it is shown the last one when it resumes. */
const OPEN_BAND: PriceBand = { low: 0, high: Infinity };

/** Relative error of a float plus much room. */
const MARGIN = 1e-9;

/** `waiting` are prices at which something withheld may be placed again. */
export function bandOf(state: PlanState, price: DecimalString, waiting: readonly DecimalString[]): PriceBand {
  if (operationOf(state) === 'halted') return OPEN_BAND;
  return wantsEveryPrice(state) ? NO_BAND : levelBand(state, price, waiting);
}

/** Between the next levels of all wallets that follow the price, which one that is being reset does not, and those of `waiting`. */
export function levelBand(state: PlanState, price: DecimalString, waiting: readonly DecimalString[]): PriceBand {
  let low = 0;
  let high = Infinity;
  for (const wallet of state.wallets) {
    if (phaseOf(wallet) === 'RESET') continue;
    const facts = factsOf(wallet);
    const grid = gridOf(facts);
    low = Math.max(low, levelPrice(grid, facts.unit - 1).toNumber());
    high = Math.min(high, levelPrice(grid, facts.unit + 1).toNumber());
  }
  const now = dec(price);
  for (const text of waiting) {
    const bound = dec(text);
    if (bound.greaterThanOrEqualTo(now)) high = Math.min(high, bound.toNumber());
    if (bound.lessThanOrEqualTo(now)) low = Math.max(low, bound.toNumber());
  }
  return { low, high };
}

/** By price source, where what is withheld for that price may be placed again: between these nothing changes about it. */
export function awaitedBands(withheld: readonly Pick<ExchangeOrder, 'triggerPrice' | 'triggerBy'>[], prices: Readonly<Record<TriggerSource, DecimalString>>): ReadonlyMap<TriggerSource, PriceBand> {
  const bands = new Map<TriggerSource, PriceBand>();
  for (const { triggerPrice, triggerBy } of withheld) {
    if (triggerPrice === null) continue;
    const bound = Number(triggerPrice);
    const isAbove = dec(triggerPrice).comparedTo(prices[triggerBy]);
    const side = { low: isAbove > 0 ? 0 : bound, high: isAbove < 0 ? Infinity : bound };
    bands.set(triggerBy, narrowed(bands.get(triggerBy) ?? OPEN_BAND, side));
  }
  return bands;
}

export function narrowed(a: PriceBand, b: PriceBand): PriceBand {
  return { low: Math.max(a.low, b.low) * (1 + MARGIN), high: Math.min(a.high, b.high) * (1 - MARGIN) };
}

export function isInside(band: PriceBand, price: number): boolean {
  return price > band.low && price < band.high;
}
