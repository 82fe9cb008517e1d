/**
 * The prices of a path, one tick after the other: moves become prices on the tick grid, mark and index stand beside them, funding comes
 * when the conditions say so. A level is a level of the first wallet's present grid, so a move asks the plan where it stands.
 */
import { D, dec, floorToStep, maxOf, plain, roundToStep } from '../../domain/decimal.ts';
import type { DecimalString } from '../../domain/decimal.ts';
import { levelPrice } from '../../domain/grid.ts';
import type { Strategy } from '../../domain/strategy.ts';
import { gridOf } from '../../domain/wallet.ts';
import type { PlanState } from '../../engine/step.ts';
import { factsOf } from '../../engine/step.ts';
import type { Tick } from '../../ports/price-feed.ts';
import type { Random } from '../../ports/random.ts';
import type { Conditions, Move } from './sim-path.ts';

/** The path goes no lower than this share of where it started. */
const LOWEST_PRICE = new D('0.03');
const FUNDING_RATE_MOST = 0.0005;

export class PriceWalk {
  readonly #symbol: string;
  readonly #conditions: Conditions;
  readonly #random: Random;
  /** The plan as it is now; null before it has started. */
  readonly #plan: () => PlanState | null;
  readonly #tick: D;
  readonly #lowest: D;
  readonly #start: D;
  #price: D;
  #unit: D | null = null;

  constructor({ symbol, exchange }: Strategy, conditions: Conditions, startPrice: DecimalString, random: Random, plan: () => PlanState | null) {
    this.#symbol = symbol;
    this.#conditions = conditions;
    this.#random = random;
    this.#plan = plan;
    this.#tick = dec(exchange.market?.tickSize ?? '0.01');
    this.#start = maxOf(this.#tick, roundToStep(dec(startPrice), this.#tick));
    this.#price = this.#start;
    this.#lowest = maxOf(this.#tick.times(3), floorToStep(this.#start.times(LOWEST_PRICE), this.#tick));
  }

  move(move: Move): void {
    this.#price = this.#moved(move);
  }

  /** The tick of the present price. Step 0 is the opening price, which brings no funding. */
  tickAt(step: number, at: number): Tick {
    const { basisTicks, fundingEvery } = this.#conditions;
    const beside = (): DecimalString => {
      if (basisTicks === 0) return plain(this.#price);
      return plain(maxOf(this.#tick, this.#price.plus(this.#tick.times(this.#random.integer(2 * basisTicks + 1) - basisTicks))));
    };
    const tick = { symbol: this.#symbol, at, last: plain(this.#price), mark: beside(), index: beside() };
    const isFunding = fundingEvery > 0 && step > 0 && step % fundingEvery === 0;
    return isFunding ? { ...tick, fundingRate: ((this.#random.fraction() * 2 - 1) * FUNDING_RATE_MOST).toFixed(8).replace(/^-0\.0+$/, '0') } : tick;
  }

  #moved(move: Move): D {
    const bounded = (price: D): D => maxOf(this.#lowest, roundToStep(maxOf(price, this.#tick), this.#tick));
    if (move.type === 'by') return bounded(this.#price.plus(this.#unitSize().times(move.hundredths).div(100)));
    const [wallet] = this.#plan()?.wallets ?? [];
    const facts = wallet === undefined ? null : factsOf(wallet);
    if (facts === null || !facts.isOpened) return bounded(this.#price.plus(this.#unitSize().times(move.units)));
    return bounded(levelPrice(gridOf(facts), facts.unit + move.units).plus(this.#tick.times(move.ticks)));
  }

  /** Of the first wallet's first cycle. */
  #unitSize(): D {
    if (this.#unit !== null) return this.#unit;
    const [wallet] = this.#plan()?.wallets ?? [];
    const facts = wallet === undefined ? null : factsOf(wallet);
    if (facts === null || !facts.isOpened) return maxOf(this.#tick, this.#start.div(100));
    this.#unit = dec(facts.unitSize);
    return this.#unit;
  }
}
