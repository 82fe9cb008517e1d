/**
 * A backtest written a second time, slowly and plainly, from DOMAIN and the rules of the tape: every price at which anything could happen
 * is visited, one after the other. It shares no code with the bot but types. What it does not model it refuses (NotModelled).
 *
 * At each price: the exchange settles funding, fires stops, fills limits, liquidates; then the bot is shown the price, books what
 * happened, resets what is due, obeys its risk limits, and changes its orders, until nothing is left to do. Then the price moves on.
 */
import type { Candle } from '../../../src/domain/candle.ts';
import type { CandleColumns, FundingColumns } from '../../../src/domain/candle-columns.ts';
import type { Strategy } from '../../../src/domain/strategy.ts';
import type { SimulatedMarket } from '../../../src/sim/exchange/config.ts';
import { AverageTrueRange } from './average-true-range.ts';
import { PlainExchange } from './exchange.ts';
import type { Prices } from './exchange.ts';
import { NotModelled } from './not-modelled.ts';
import { floored, num, raised } from './numbers.ts';
import type { Num } from './numbers.ts';
import { PlainPlan } from './plan.ts';
import { pathOf, timeBetween } from './tape.ts';
import type { PathPoint } from './tape.ts';
import type { PlainWallet } from './wallet.ts';

export interface PlainInput {
  readonly strategy: Strategy;
  readonly market: SimulatedMarket;
  readonly candles: CandleColumns;
  readonly mark: CandleColumns | null;
  readonly funding: FundingColumns | null;
  readonly path: 'ohlc';
  /** Closed candles before the first one, in the timeframe of the strategy's ATR. */
  readonly history?: readonly Candle[];
  /** Visits really every price; otherwise those between which provably nothing can happen are left out. */
  readonly visitsAll?: boolean;
}

export interface PlainFill {
  readonly at: number;
  readonly wallet: string;
  readonly cycle: number;
  readonly role: string;
  readonly level: number | null;
  readonly leg: string;
  readonly price: string;
  readonly amount: string;
  readonly fee: string;
}

export interface PlainResult {
  readonly fills: readonly PlainFill[];
  readonly funding: readonly { readonly at: number; readonly wallet: string; readonly amount: string; readonly rate: string; readonly markPrice: string }[];
  readonly liquidations: readonly { readonly at: number; readonly wallet: string; readonly leg: string; readonly price: string; readonly amount: string; readonly fee: string }[];
  /** In file order; empty when the plan never started. */
  readonly ends: readonly {
    readonly wallet: string;
    readonly balance: string;
    readonly equity: string;
    readonly long: string;
    readonly short: string;
    readonly cycle: number;
    readonly phase: string;
  }[];
  /** Why the plan stopped or did not start; null while it runs. */
  readonly reason: string | null;
  /** Prices that were visited. */
  readonly visits: number;
}

/** Throws NotModelled, which carries what was found before. */
export function plainBacktest(input: PlainInput): PlainResult {
  return plainPath(input, pathOf(input.candles, input.mark, input.funding));
}

export interface PlainPathInput extends Omit<PlainInput, 'candles' | 'mark' | 'funding' | 'path'> {
  /** Every margin is granted, every size is taken, and nobody is liquidated. */
  readonly takesEverything?: boolean;
  /** The average true range of all cycles; absent: measured. */
  readonly fixedAtr?: string | null;
  /** After each point of the path. */
  readonly onPoint?: (wallets: readonly PlainWallet[], fills: readonly PlainFill[]) => void;
}

/** The same along any path. */
export function plainPath(input: PlainPathInput, path: readonly PathPoint[]): PlainResult {
  const run = new PlainRun(input);
  try {
    run.follow(path);
  } catch (error) {
    if (error instanceof NotModelled) {
      error.at = run.now;
      error.sofar = run.result();
    }
    throw error;
  }
  return run.result();
}

class PlainRun {
  readonly #input: PlainPathInput;
  readonly #exchange: PlainExchange;
  readonly #plan: PlainPlan;
  readonly #tick: Num;
  #visits = 0;
  now: number | null = null;

  constructor(input: PlainPathInput) {
    const { strategy, market, history = [], takesEverything = false, fixedAtr = null } = input;
    this.#input = input;
    this.#tick = num(market.tickSize);
    this.#exchange = new PlainExchange(strategy, market, takesEverything);
    this.#plan = new PlainPlan(strategy, market, this.#exchange, new AverageTrueRange(strategy, history, fixedAtr === null ? null : num(fixedAtr)));
  }

  follow(path: readonly PathPoint[]): void {
    let from: PathPoint | null = null;
    for (const point of path) {
      if (from !== null && !point.isOpen) this.#move(from, point);
      this.#visit(pricesAt(point.at, point.price, point.mark), point.rates);
      this.#input.onPoint?.(this.#plan.wallets, this.#plan.record.fills);
      from = point;
      if (this.#plan.hasNotStarted) return;
    }
  }

  /** The multiples of the tick strictly between two points, in order. The mark stays what it was at the first one. */
  #move(from: PathPoint, to: PathPoint): void {
    const isUp = to.price.greaterThan(from.price);
    const isBefore = (price: Num): boolean => (isUp ? price.lessThan(to.price) : price.greaterThan(to.price));
    let price = this.#nextTick(from.price, isUp);
    while (isBefore(price)) {
      const skipTo = this.#nextOfInterest(price, isUp, from.mark === null);
      if (skipTo === null || !isBefore(skipTo)) return;
      this.#visit(pricesAt(timeBetween(from, to, skipTo), skipTo, from.mark), []);
      price = this.#nextTick(skipTo, isUp);
    }
  }

  #nextTick(price: Num, isUp: boolean): Num {
    const below = floored(price, num(1), this.#tick);
    if (isUp) return below.plus(this.#tick);
    return below.equals(price) ? price.minus(this.#tick) : below;
  }

  /** The first price from `price` on, in the direction of the move, that is not certainly quiet. */
  #nextOfInterest(price: Num, isUp: boolean, isMarkLast: boolean): Num | null {
    if (this.#input.visitsAll === true) return price;
    const { low, high } = this.#plan.quietBetween(isMarkLast);
    if (price.lessThanOrEqualTo(low) || price.greaterThanOrEqualTo(high)) return price;
    if (isUp) return high.isFinite() ? raised(high, this.#tick) : null;
    return low.greaterThan(0) ? floored(low, num(1), this.#tick) : null;
  }

  #visit(prices: Prices, rates: readonly string[]): void {
    this.#visits += 1;
    this.now = prices.at;
    this.#exchange.visit(prices, rates);
    this.#plan.react();
  }

  result(): PlainResult {
    return { ...this.#plan.record, ends: this.#plan.ends(), reason: this.#plan.reason, visits: this.#visits };
  }
}

function pricesAt(at: number, last: Num, mark: Num | null): Prices {
  return { at, last, mark: mark ?? last, index: mark ?? last };
}

