/**
 * One wallet of the plain backtest: its grid (DOMAIN §1), its ladder (§2), its cycle (§3) and its money (§5), written rule by rule.
 */
import type { Strategy, WalletSpec } from '../../../src/domain/strategy.ts';
import type { SimulatedMarket } from '../../../src/sim/exchange/config.ts';
import type { OrderPart } from './exchange.ts';
import { NotModelled } from './not-modelled.ts';
import { NOTHING, floored, larger, nearest, num, smaller, total } from './numbers.ts';
import type { Num } from './numbers.ts';

export type Phase = 'ADVANCE' | 'RETRACEMENT' | 'DECLINE' | 'RECOVERY' | 'RESET';

/** A fragment: in (armed downwards) or out (armed upwards). */
export interface Rung {
  isOut: boolean;
  /** Its size in this cycle. */
  readonly fragment: Num;
  long: Num;
  short: Num;
}

export type OpeningOrClosing = OrderPart['leg'];

export interface ResetOrder {
  readonly role: 'market-buy' | 'rebalance';
  /** What is still to be traded. */
  wanted: { readonly leg: OpeningOrClosing; readonly amount: Num }[];
  filled: Num;
  cost: Num;
}

export interface Fill extends OrderPart {
  readonly at: number;
  readonly price: Num;
  readonly fee: Num;
}

export class PlainWallet {
  readonly spec: WalletSpec;
  readonly #strategy: Strategy;
  readonly #market: SimulatedMarket;
  readonly tick: Num;
  readonly #step: Num;
  readonly #levels = new Map<number, Num>();

  phase: Phase = 'RESET';
  cycle = 0;
  isOpened = false;
  /** The price it was shown last. */
  price: Num;
  /** Average true range for the next cycle. */
  atr: Num | null;
  anchor = NOTHING;
  unitSize = NOTHING;
  notional = NOTHING;
  /** The last level touched. */
  unit = 0;
  /** T: rung j sells at T − j and buys at T − j + 1. */
  top: number;
  rungs: Rung[] = [];
  /** The whole long of a rotation; of other cycles only what a reset has bought and not yet given to its rungs. */
  coreLong = NOTHING;
  longClosedAt: number | null = null;
  hasTraded = false;
  /** Some fragment of this cycle is below what the exchange takes. */
  isTooSmall = false;
  resetDue = true;
  resetPrice: Num;
  resetOrder: ResetOrder | null = null;

  /** Counts what was booked and begun. */
  changes = 0;
  bought = NOTHING;
  sold = NOTHING;
  fees = NOTHING;
  funding = NOTHING;

  constructor(spec: WalletSpec, strategy: Strategy, market: SimulatedMarket, price: Num, atr: Num | null) {
    this.spec = spec;
    this.#strategy = strategy;
    this.#market = market;
    this.tick = num(market.tickSize);
    this.#step = num(market.amountStep);
    this.price = price;
    this.resetPrice = price;
    this.atr = atr;
    this.top = -spec.confirmation;
    this.#beginReset();
    this.#followPhases();
  }

  // ---- money -------------------------------------------------------------------------------------------------------------

  get long(): Num {
    return this.coreLong.plus(total(this.rungs.map((rung) => rung.long)));
  }

  get short(): Num {
    return total(this.rungs.map((rung) => rung.short));
  }

  get balance(): Num {
    return num(this.spec.capital).minus(this.bought).plus(this.sold).minus(this.fees).plus(this.funding);
  }

  equityAt(mark: Num): Num {
    return this.balance.plus(this.long.minus(this.short).times(mark));
  }

  #pay(leg: OpeningOrClosing, amount: Num, price: Num, fee: Num): void {
    this.changes += 1;
    const value = amount.times(price);
    if (leg === 'open-long' || leg === 'close-short') this.bought = this.bought.plus(value);
    else this.sold = this.sold.plus(value);
    this.fees = this.fees.plus(fee);
  }

  // ---- grid --------------------------------------------------------------------------------------------------------------

  /** `A + u·s`, or `A·(1 + s/A)^u` to the nearest tick; not above 0 where there is no such price. */
  level(u: number): Num {
    const known = this.#levels.get(u);
    if (known !== undefined) return known;
    const level = this.#strategy.spacing === 'arithmetic' ? this.anchor.plus(this.unitSize.times(u)) : this.#geometricLevel(u);
    this.#levels.set(u, level);
    return level;
  }

  /** In whole ticks a and s: a·((a + s)/a)^u, which is a ratio of whole numbers. */
  #geometricLevel(u: number): Num {
    const a = BigInt(this.anchor.div(this.tick).toFixed());
    const s = BigInt(this.unitSize.div(this.tick).toFixed());
    const power = BigInt(Math.abs(u));
    const [numerator, denominator] = u >= 0 ? [a * (a + s) ** power, a ** power] : [a * a ** power, (a + s) ** power];
    const ticks = (2n * numerator + denominator) / (2n * denominator);
    return num(ticks.toString()).times(this.tick);
  }

  /** Two levels of a deep geometric grid can be one price: nothing opens there. */
  isApart(u: number, side: 'buy' | 'sell'): boolean {
    return !this.level(u).equals(this.level(side === 'sell' ? u + 1 : u - 1));
  }

  #unitSizeAt(anchor: Num): Num {
    const { unit, leverage } = this.#strategy;
    const raw = (): Num => {
      switch (unit.type) {
        case 'price':
          return nearest(num(unit.price), num(1), this.tick);
        case 'percent':
          return nearest(anchor.times(unit.fraction), num(1), this.tick);
        case 'margin':
          return nearest(anchor.times(unit.fraction), num(leverage), this.tick);
        case 'atr':
          if (this.atr === null) throw new Error('a unit of ATR without candles');
          return nearest(this.atr.times(unit.multiple), num(1), this.tick);
      }
    };
    return larger(raw(), this.tick);
  }

  // ---- the ladder --------------------------------------------------------------------------------------------------------

  /** k: how many rungs are out. */
  get rungsOut(): number {
    return this.rungs.filter((rung) => rung.isOut).length;
  }

  /** A price is shown. `slides`: the plan runs. */
  touch(price: Num, at: number, slides: boolean): void {
    this.price = price;
    if (this.phase === 'RESET') return;
    while (price.greaterThanOrEqualTo(this.level(this.unit + 1))) this.unit += 1;
    while (price.lessThanOrEqualTo(this.level(this.unit - 1))) this.unit -= 1;
    if (!slides) return;
    const { policy, onAdvance } = this.#strategy.reset;
    if (this.isWaitingInCash && this.unit >= this.top + 1 && at > (this.longClosedAt ?? at)) {
      this.#askReset(price);
    } else {
      if (policy === 'independent' && onAdvance !== null && !this.hasTraded && this.unit >= onAdvance) this.#askReset(price);
      if (this.rungsOut === 0) this.top = Math.max(this.top, this.unit - this.spec.confirmation);
      else if (this.rungsOut === this.rungs.length) this.top = Math.min(this.top, this.#topWhenAllOut());
    }
    this.#followPhases();
  }

  #topWhenAllOut(): number {
    return this.unit + this.spec.confirmation + this.rungs.length - 2;
  }

  /** A rotation whose long is closed while no short is open. */
  get isWaitingInCash(): boolean {
    return this.spec.cycle === 'rotation' && this.longClosedAt !== null && this.rungsOut === 0 && this.short.isZero();
  }

  book(fill: Fill): void {
    const phaseBefore = this.phase;
    this.#pay(fill.leg, fill.amount, fill.price, fill.fee);
    if (fill.role === 'market-buy' || fill.role === 'rebalance') this.#bookResetFill(fill);
    else if (fill.role === 'flatten') this.#take(fill.leg, fill.amount);
    else {
      if (fill.cycle !== this.cycle) throw new NotModelled('a fill of an order of an earlier cycle');
      if (phaseBefore === 'RESET') throw new NotModelled('a fill of the ladder while its wallet is being reset');
      if (this.spec.cycle === 'rotation' && fill.role === 'stop-loss') this.#bookFullStop(fill);
      else this.#bookRungFill(fill);
    }
    this.#followPhases();
  }

  #bookFullStop(fill: Fill): void {
    this.coreLong = this.coreLong.minus(fill.amount);
    this.longClosedAt ??= fill.at;
    this.hasTraded = true;
  }

  #bookRungFill(fill: Fill): void {
    const rung = this.#rungServed(fill);
    if (!fill.amount.equals(this.#amountFor(rung, fill))) throw new NotModelled('a fill that serves another rung than the one at its level');
    switch (fill.leg) {
      case 'open-long':
        rung.long = rung.long.plus(fill.amount);
        break;
      case 'close-long':
        rung.long = rung.long.minus(fill.amount);
        break;
      case 'open-short':
        rung.short = rung.short.plus(fill.amount);
        break;
      case 'close-short':
        rung.short = rung.short.minus(fill.amount);
    }
    if (!this.#hasFlipped(rung)) return;
    const outBefore = this.rungsOut;
    rung.isOut = !rung.isOut;
    this.hasTraded = true;
    // T is set anew at the moment k becomes N or 0.
    if (this.rungsOut === this.rungs.length) this.top = this.#topWhenAllOut();
    else if (this.rungsOut === 0 && outBefore > 0) {
      this.top = this.unit - this.spec.confirmation;
      if (this.#strategy.reset.policy === 'independent') this.#askReset(fill.price);
    }
  }

  /** Identity is the level: the order at level u serves the rung that is at u now, or the nearest one it fits. */
  #rungServed({ role, level }: Fill): Rung {
    const isUp = role === 'cover' || role === 'flip-long' || role === 'stop-entry-long';
    const wanted = this.top - (level ?? this.top) + (isUp ? 1 : 0);
    const fitting = this.rungs.map((rung, index) => ({ rung, distance: Math.abs(index - wanted) })).filter(({ rung }) => rung.isOut === isUp);
    const best = fitting.reduce<(typeof fitting)[number] | null>((found, each) => (found === null || each.distance < found.distance ? each : found), null);
    if (best === null) throw new NotModelled('a fill that no rung fits');
    return best.rung;
  }

  /** What the rung's order of this leg is for. */
  #amountFor(rung: Rung, { leg, level }: Fill): Num {
    switch (leg) {
      case 'close-long':
        return rung.long;
      case 'close-short':
        return rung.short;
      case 'open-long':
      case 'open-short':
        return this.spec.cycle === 'scaling' ? rung.fragment.minus(leg === 'open-long' ? rung.long : rung.short) : this.entryAmount(this.rungs.indexOf(rung), level ?? 0);
    }
  }

  /** Its order is completely filled. */
  #hasFlipped(rung: Rung): boolean {
    switch (this.spec.cycle) {
      case 'rotation':
        return rung.isOut ? rung.short.isZero() : rung.short.greaterThan(0);
      case 'fragments':
        return rung.isOut ? rung.long.greaterThan(0) : rung.long.isZero();
      case 'scaling':
        return rung.isOut ? rung.short.isZero() && rung.long.equals(rung.fragment) : rung.long.isZero() && rung.short.equals(rung.fragment);
    }
  }

  /** Taken away where it is: outside the rungs first, then from the top rung down. */
  #take(leg: OpeningOrClosing, amount: Num): void {
    let rest = amount;
    if (leg === 'close-long') {
      const part = smaller(rest, this.coreLong);
      this.coreLong = this.coreLong.minus(part);
      rest = rest.minus(part);
    }
    for (const rung of this.rungs) {
      const part = smaller(rest, leg === 'close-long' ? rung.long : rung.short);
      if (leg === 'close-long') rung.long = rung.long.minus(part);
      else rung.short = rung.short.minus(part);
      rest = rest.minus(part);
    }
    if (rest.greaterThan(0)) throw new NotModelled('a close of more than the wallet holds');
  }

  bookFunding(amount: Num): void {
    this.funding = this.funding.plus(amount);
    this.#followPhases();
  }

  /** By liquidation, or a debt that was paid. */
  bookTaken(leg: 'close-long' | 'close-short', amount: Num, price: Num, fee: Num): void {
    this.#pay(leg, amount, price, fee);
    this.#take(leg, amount);
    this.#followPhases();
  }

  // ---- the cycle ---------------------------------------------------------------------------------------------------------

  #followPhases(): void {
    for (;;) {
      const next = this.#nextPhase();
      if (next === null) return;
      this.phase = next;
      this.changes += 1;
      if (next === 'RESET') this.#beginReset();
      if (next === 'ADVANCE') this.#startCycle();
    }
  }

  #nextPhase(): Phase | null {
    const k = this.rungsOut;
    switch (this.phase) {
      case 'ADVANCE':
        return this.resetDue ? 'RESET' : this.hasTraded ? 'RETRACEMENT' : null;
      case 'RETRACEMENT':
      case 'RECOVERY':
        return this.resetDue ? 'RESET' : k === this.rungs.length ? 'DECLINE' : null;
      case 'DECLINE':
        return k < this.rungs.length ? 'RECOVERY' : this.resetDue ? 'RESET' : null;
      case 'RESET':
        if (!this.#isResetOrderDone()) return null;
        // Its stop filled while it was being reset: it buys again.
        return this.long.isZero() && this.#resetOrderNow() !== null ? 'RESET' : 'ADVANCE';
    }
  }

  #askReset(price: Num): void {
    if (!this.resetDue) this.resetPrice = price;
    this.resetDue = true;
  }

  /** The joint reset, at the present price. */
  resetJointly(price: Num): void {
    this.price = price;
    this.#askReset(price);
    this.#followPhases();
  }

  #beginReset(): void {
    this.resetOrder = this.#resetOrderNow();
  }

  /** Difference to the target, one order: always when nothing is held, else from the threshold on. */
  #resetOrderNow(): ResetOrder | null {
    const target = this.#affordable(this.equityAt(this.price));
    const holdsNothing = this.long.isZero() && this.short.isZero();
    const difference = target.minus(this.long);
    const size = difference.abs();
    const wanted: ResetOrder['wanted'] = [];
    if (this.short.greaterThan(0)) wanted.push({ leg: 'close-short', amount: this.short });
    const isWorthwhile = holdsNothing || size.greaterThanOrEqualTo(target.times(this.#strategy.rebalanceThreshold));
    const isTaken = size.greaterThan(0) && size.greaterThanOrEqualTo(this.#market.minAmount) && size.times(this.price).greaterThanOrEqualTo(this.#market.minCost);
    if (isWorthwhile && isTaken) wanted.push({ leg: difference.isPositive() ? 'open-long' : 'close-long', amount: size });
    if (wanted.length === 0) return null;
    return { role: holdsNothing ? 'market-buy' : 'rebalance', wanted, filled: NOTHING, cost: NOTHING };
  }

  /** `floor_lot( equity·leverage / (price·(1 + leverage·takerFee)) )` */
  #affordable(equity: Num): Num {
    if (equity.lessThanOrEqualTo(0)) return NOTHING;
    const leverage = num(this.#strategy.leverage);
    return floored(equity.times(leverage), this.price.times(num(1).plus(leverage.times(this.#market.takerFee))), this.#step);
  }

  #bookResetFill(fill: Fill): void {
    if (fill.leg === 'open-long') this.coreLong = this.coreLong.plus(fill.amount);
    else this.#take(fill.leg, fill.amount);
    const order = this.resetOrder;
    if (order === null) throw new NotModelled('a fill of a reset that is over');
    order.wanted = order.wanted.filter(({ leg }) => leg !== fill.leg);
    order.filled = order.filled.plus(fill.amount);
    order.cost = order.cost.plus(fill.price.times(fill.amount));
  }

  /** What something else closed meanwhile needs no order. */
  #isResetOrderDone(): boolean {
    return this.resetOrder === null || this.resetOrder.wanted.every(({ leg }) => (leg === 'close-short' && this.short.isZero()) || (leg === 'close-long' && this.long.isZero()));
  }

  #startCycle(): void {
    const order = this.resetOrder;
    const long = this.long;
    if (!this.short.isZero()) throw new NotModelled('a cycle that begins with a short');
    this.cycle = this.isOpened ? this.cycle + 1 : 0;
    this.isOpened = true;
    this.anchor = order === null || order.filled.isZero() ? nearest(this.resetPrice, num(1), this.tick) : nearest(order.cost, order.filled, this.tick);
    this.unitSize = this.#unitSizeAt(this.anchor);
    this.#levels.clear();
    this.notional = long.times(this.anchor);
    this.unit = 0;
    this.top = -this.spec.confirmation;
    const fragments = this.spec.cycle === 'rotation' ? this.spec.weights.map(() => NOTHING) : this.#split(long);
    this.rungs = fragments.map((fragment) => ({ isOut: false, fragment, long: fragment, short: NOTHING }));
    this.coreLong = this.spec.cycle === 'rotation' ? long : NOTHING;
    this.longClosedAt = null;
    this.hasTraded = false;
    this.resetDue = false;
    this.resetOrder = null;
    this.isTooSmall = this.#isTooSmallWith(long, this.anchor);
  }

  /** `floor_lot(amount·w_j)`, the last rung takes the remainder. */
  #split(amount: Num): Num[] {
    let rest = amount;
    return this.spec.weights.map(({ numerator, denominator }, index) => {
      const share = index === this.spec.weights.length - 1 ? rest : floored(amount.times(numerator), num(denominator), this.#step);
      rest = rest.minus(share);
      return share;
    });
  }

  /** `notional·w_j / level` in whole lots. */
  entryAmount(rung: number, level: number): Num {
    const weight = this.spec.weights[rung];
    const price = this.level(level);
    if (weight === undefined || price.lessThanOrEqualTo(0)) return NOTHING;
    return floored(this.notional.times(weight.numerator), price.times(weight.denominator), this.#step);
  }

  /** Some fragment would be below what the exchange takes if it opened at this price. */
  wouldBeTooSmallAt(price: Num): boolean {
    return this.#isTooSmallWith(this.#affordable(num(this.spec.capital)), nearest(price, num(1), this.tick));
  }

  #isTooSmallWith(long: Num, anchor: Num): boolean {
    const { minAmount, minCost } = this.#market;
    return this.#split(long).some((fragment) => fragment.isZero() || fragment.lessThan(minAmount) || fragment.times(anchor).lessThan(minCost));
  }
}
