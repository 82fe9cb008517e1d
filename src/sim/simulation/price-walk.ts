/**
 * The prices of a path, one tick after the other: moves become prices on the tick grid, mark and index stand beside them, funding comes
 * when the conditions say so. A level is a level of the first wallet's present grid, so a move asks the plan where it stands.
 */
import { D, dec, maxOf, plain } from '../../domain/decimal.ts';
import type { DecimalString } from '../../domain/decimal.ts';
import { levelPrice } from '../../domain/grid.ts';
import { floorPrice, nearestPrice, priceGridOf, tickAt } from '../../domain/price-grid.ts';
import type { PriceGrid } from '../../domain/price-grid.ts';
import type { Strategy } from '../../domain/strategy.ts';
import { gridOf } from '../../domain/wallet.ts';
import type { PlanState } from '../../engine/step.ts';
import { factsOf } from '../../engine/step.ts';
import type { Tick } from '../../ports/price-feed.ts';
import type { Random } from '../../ports/random.ts';
import type { Conditions, Move } from './sim-path.ts';

/** The path goes no lower than this share of where it started. */
const LOWEST_PRICE = new D('0.03');
const ANY_MARKET = { tickSize: '0.01' };
const FUNDING_RATE_MOST = 0.0005;

export class PriceWalk {
  readonly #symbol: string;
  readonly #conditions: Conditions;
  readonly #random: Random;
  /** The plan as it is now; null before it has started. */
  readonly #plan: () => PlanState | null;
  readonly #prices: PriceGrid;
  readonly #lowest: D;
  readonly #start: D;
  #price: D;
  #unit: D | null = null;

  constructor({ symbol, exchange }: Strategy, conditions: Conditions, startPrice: DecimalString, random: Random, plan: () => PlanState | null) {
    this.#symbol = symbol;
    this.#conditions = conditions;
    this.#random = random;
    this.#plan = plan;
    this.#prices = priceGridOf(exchange.market ?? ANY_MARKET);
    this.#start = this.#nearest(dec(startPrice));
    this.#price = this.#start;
    this.#lowest = maxOf(this.#prices.tickSize.times(3), floorPrice(this.#prices, this.#start.times(LOWEST_PRICE)));
  }

  move(move: Move): void {
    this.#price = this.#moved(move);
  }

  /** The tick of the present price. Step 0 is the opening price, which brings no funding. */
  tickAt(step: number, at: number): Tick {
    const { basisTicks, fundingEvery } = this.#conditions;
    const beside = (): DecimalString => {
      if (basisTicks === 0) return plain(this.#price);
      return plain(this.#aside(this.#price, this.#random.integer(2 * basisTicks + 1) - basisTicks));
    };
    const tick = { symbol: this.#symbol, at, last: plain(this.#price), mark: beside(), index: beside() };
    const isFunding = fundingEvery > 0 && step > 0 && step % fundingEvery === 0;
    return isFunding ? { ...tick, fundingRate: ((this.#random.fraction() * 2 - 1) * FUNDING_RATE_MOST).toFixed(8).replace(/^-0\.0+$/, '0') } : tick;
  }

  #moved(move: Move): D {
    const bounded = (price: D): D => maxOf(this.#lowest, this.#nearest(price));
    if (move.type === 'by') return bounded(this.#price.plus(this.#unitSize().times(move.hundredths).div(100)));
    const [wallet] = this.#plan()?.wallets ?? [];
    const facts = wallet === undefined ? null : factsOf(wallet);
    if (facts === null || !facts.isOpened) return bounded(this.#price.plus(this.#unitSize().times(move.units)));
    return bounded(this.#aside(levelPrice(gridOf(facts), facts.unit + move.units), move.ticks));
  }

  #nearest(price: D): D {
    return nearestPrice(this.#prices, maxOf(price, this.#prices.tickSize));
  }

  /** So many ticks above the price, below it when negative. */
  #aside(price: D, ticks: number): D {
    return this.#nearest(price.plus(tickAt(this.#prices, maxOf(price, this.#prices.tickSize)).times(ticks)));
  }

  /** Of the first wallet's first cycle. */
  #unitSize(): D {
    if (this.#unit !== null) return this.#unit;
    const [wallet] = this.#plan()?.wallets ?? [];
    const facts = wallet === undefined ? null : factsOf(wallet);
    if (facts === null || !facts.isOpened) return maxOf(this.#prices.tickSize, this.#start.div(100));
    this.#unit = dec(facts.unitSize);
    return this.#unit;
  }
}
