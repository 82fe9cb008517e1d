/**
 * The exchange of the plain backtest: one market, some accounts, orders that wait for a price. Written from the doc comments of the
 * simulated exchange (matching, execution, margin, position, liquidation, insurance, funding), in plain sums.
 */
import type { Strategy, TriggerSource } from '../../../src/domain/strategy.ts';
import type { SimulatedMarket } from '../../../src/sim/exchange/config.ts';
import { NotModelled } from './not-modelled.ts';
import { NOTHING, floored, larger, num, raised, smaller, total } from './numbers.ts';
import type { Num } from './numbers.ts';

export type Side = 'buy' | 'sell';
export type LegSide = 'long' | 'short' | 'both';

export interface Prices {
  readonly at: number;
  readonly last: Num;
  readonly mark: Num;
  readonly index: Num;
}

/** What an order does for one wallet; the wallet's words, the exchange only carries them. */
export interface OrderPart {
  readonly wallet: string;
  readonly role: string;
  readonly level: number | null;
  readonly leg: 'open-long' | 'close-long' | 'open-short' | 'close-short';
  readonly cycle: number;
  readonly amount: Num;
}

export interface Order {
  readonly account: string;
  readonly side: Side;
  /** Null in one-way mode. */
  readonly positionSide: 'long' | 'short' | null;
  readonly reduceOnly: boolean;
  readonly amount: Num;
  /** Null: at market. */
  readonly trigger: Num | null;
  readonly limit: Num | null;
  readonly triggerBy: TriggerSource;
  /** Closing parts first. */
  readonly parts: readonly OrderPart[];
}

export interface RestingOrder extends Order {
  readonly sequence: number;
  /** It has fired and waits at its limit. */
  isTriggered: boolean;
}

export type Happening =
  | { readonly type: 'trade'; readonly order: Order; readonly price: Num; readonly fee: (amount: Num) => Num }
  | { readonly type: 'funding'; readonly account: string; readonly side: LegSide; readonly amount: Num; readonly rate: string; readonly mark: Num }
  /** By liquidation, or (amount 0, fee below 0) a debt that the insurance fund paid. */
  | { readonly type: 'taken'; readonly account: string; readonly side: LegSide; readonly amount: Num; readonly price: Num; readonly fee: Num };

interface Leg {
  /** Below 0 is short. */
  amount: Num;
  /** Sum of price × amount of what is open, signed as the amount. */
  cost: Num;
  /** Bound to the leg when margin is isolated, else 0. */
  margin: Num;
}

interface Account {
  readonly name: string;
  cash: Num;
  readonly legs: Map<LegSide, Leg>;
  lastTradedSide: LegSide;
}

/** Quotients of money are floored to this. */
const MONEY_STEP = num('1e-12');

export class PlainExchange {
  readonly #market: SimulatedMarket;
  readonly #isIsolated: boolean;
  /** Every margin is granted, every size is taken, and nobody is liquidated. */
  readonly takesEverything: boolean;
  readonly #leverage: Num;
  readonly #tick: Num;
  readonly #accounts: readonly Account[];
  #sequence = 0;
  #now: Prices | null = null;
  /** In the order of their places in the queue. */
  resting: RestingOrder[] = [];
  /** What has happened since somebody looked. */
  #news: Happening[] = [];

  constructor(strategy: Strategy, market: SimulatedMarket, takesEverything: boolean) {
    if (market.significantFigures !== undefined && market.significantFigures !== null) throw new NotModelled('a tick that grows with the price');
    if (market.maxAmountPerTrade != null || market.tradesPerTick != null) throw new NotModelled('fills in parts');
    this.#market = market;
    this.takesEverything = takesEverything;
    this.#isIsolated = strategy.exchange.marginMode === 'isolated';
    this.#leverage = leverageAtExchange(strategy, market);
    this.#tick = num(market.tickSize);
    const names = [...new Set(strategy.wallets.map((wallet) => wallet.account))];
    this.#accounts = names.map((name) => ({
      name,
      cash: total(strategy.wallets.filter((wallet) => wallet.account === name).map((wallet) => num(wallet.capital))),
      legs: new Map(),
      lastTradedSide: 'both',
    }));
  }

  get now(): Prices {
    if (this.#now === null) throw new Error('the market has no price yet');
    return this.#now;
  }

  takeNews(): Happening[] {
    const news = this.#news;
    this.#news = [];
    return news;
  }

  /** One visited price: funding, then orders, then liquidation. */
  visit(prices: Prices, rates: readonly string[]): void {
    this.#now = prices;
    for (const rate of rates) this.#settleFunding(rate);
    this.#fireStops();
    this.#fillLimits();
    if (!this.takesEverything) for (const account of this.#accounts) this.#liquidateIfNeeded(account);
  }

  // ---- orders ------------------------------------------------------------------------------------------------------------

  rest(order: Order): void {
    this.#refuseTooSmall(order);
    this.#sequence += 1;
    this.resting.push({ ...order, sequence: this.#sequence, isTriggered: false });
  }

  /** An order that has not fired becomes another one and keeps its place in the queue. */
  amend(resting: RestingOrder, order: Order): void {
    this.#refuseTooSmall(order);
    this.resting = this.resting.map((each) => (each === resting ? { ...order, sequence: resting.sequence, isTriggered: false } : each));
  }

  cancel(order: RestingOrder): void {
    this.resting = this.resting.filter((each) => each !== order);
  }

  market(order: Order): void {
    this.#refuseTooSmall(order);
    this.#take(order, null);
  }

  isReached({ side, trigger, triggerBy }: Pick<Order, 'side' | 'trigger' | 'triggerBy'>): boolean {
    if (trigger === null) return false;
    const price = this.now[triggerBy];
    return side === 'sell' ? price.lessThanOrEqualTo(trigger) : price.greaterThanOrEqualTo(trigger);
  }

  /** Sells from the highest trigger down, then buys from the lowest up; equal ones in the order they were placed. */
  #fireStops(): void {
    const fired = this.resting.filter((order) => !order.isTriggered && this.isReached(order));
    const sells = fired.filter(({ side }) => side === 'sell').sort((a, b) => compare(b.trigger, a.trigger) || a.sequence - b.sequence);
    const buys = fired.filter(({ side }) => side === 'buy').sort((a, b) => compare(a.trigger, b.trigger) || a.sequence - b.sequence);
    for (const order of [...sells, ...buys]) if (this.resting.includes(order)) this.#fire(order);
  }

  #fire(order: RestingOrder): void {
    order.isTriggered = true;
    const { last } = this.now;
    if (order.limit !== null && !(order.side === 'buy' ? order.limit.greaterThanOrEqualTo(last) : order.limit.lessThanOrEqualTo(last))) {
      this.#refuseUnaffordable(order, order.limit, order);
      return;
    }
    this.#take(order, order);
  }

  /** As a taker: the last price with slippage against him, to the tick against him, at worst the limit. */
  #take(order: Order, itself: RestingOrder | null): void {
    const { last } = this.now;
    const slippage = num(this.#market.slippage ?? '0');
    let price = order.side === 'buy' ? raised(last.times(num(1).plus(slippage)), this.#tick) : larger(this.#tick, floored(last.times(num(1).minus(slippage)), num(1), this.#tick));
    if (order.limit !== null) price = order.side === 'buy' ? smaller(price, order.limit) : larger(price, order.limit);
    this.#refuseUnaffordable(order, price, itself);
    this.#trade(order, price, num(this.#market.takerFee));
    if (itself !== null) this.cancel(itself);
  }

  /** Fired stop-limits that wait: as makers at their own price, once the last price touches it. */
  #fillLimits(): void {
    const { last } = this.now;
    const reached = this.resting.filter(({ isTriggered, side, limit }) => isTriggered && limit !== null && (side === 'sell' ? last.greaterThanOrEqualTo(limit) : last.lessThanOrEqualTo(limit)));
    const sells = reached.filter(({ side }) => side === 'sell').sort((a, b) => compare(a.limit, b.limit) || a.sequence - b.sequence);
    const buys = reached.filter(({ side }) => side === 'buy').sort((a, b) => compare(b.limit, a.limit) || a.sequence - b.sequence);
    for (const order of [...sells, ...buys]) {
      if (!this.resting.includes(order) || order.limit === null) continue;
      this.#trade(order, order.limit, num(this.#market.makerFee));
      this.cancel(order);
    }
  }

  #trade(order: Order, price: Num, feeRate: Num): void {
    const account = this.#account(order.account);
    if (closes(order) && closable(this.#leg(account, legSide(order)), order.side).lessThan(order.amount)) throw new NotModelled('an order that would close more than there is');
    this.#news.push({ type: 'trade', order, price, fee: (amount) => amount.times(price).times(feeRate) });
    this.#book(account, legSide(order), order.side, order.amount, price);
    account.cash = account.cash.minus(order.amount.times(price).times(feeRate));
  }

  /** Leg and cash after a trade; an isolated leg cannot lose more than its margin. */
  #book(account: Account, side: LegSide, direction: Side, amount: Num, price: Num): void {
    const leg = this.#leg(account, side);
    const before = { ...leg };
    account.lastTradedSide = side;
    const closed = smaller(amount, closable(leg, direction));
    const opened = amount.minus(closed);
    const sign = direction === 'buy' ? 1 : -1;
    account.cash = account.cash.minus(amount.times(price).times(sign));
    if (closed.greaterThan(0)) {
      const size = leg.amount.abs();
      const left = size.minus(closed);
      const was = leg.amount.isNegative() ? -1 : 1;
      leg.amount = left.times(was);
      leg.cost = floored(leg.cost.abs().times(left), size, MONEY_STEP).times(was);
      leg.margin = leg.margin.isZero() ? NOTHING : floored(leg.margin.abs().times(left), size, MONEY_STEP).times(leg.margin.isNegative() ? -1 : 1);
    }
    const afterClose = { ...leg };
    if (opened.greaterThan(0)) {
      leg.amount = leg.amount.plus(opened.times(sign));
      leg.cost = leg.cost.plus(opened.times(price).times(sign));
      if (this.#isIsolated) leg.margin = leg.margin.plus(floored(opened.times(price), this.#leverage, MONEY_STEP));
    }
    if (leg.amount.isZero()) account.legs.delete(side);
    if (!this.#isIsolated || closed.isZero()) return;
    const realised = closed.times(price).times(-sign).plus(afterClose.cost).minus(before.cost);
    const left = realised.plus(before.margin).minus(afterClose.margin);
    if (left.isNegative()) this.#insure(account, side, left.negated());
  }

  #insure(account: Account, side: LegSide, debt: Num): void {
    account.cash = account.cash.plus(debt);
    this.#news.push({ type: 'taken', account: account.name, side, amount: NOTHING, price: this.now.mark, fee: debt.negated() });
  }

  // ---- margin ------------------------------------------------------------------------------------------------------------

  #account(name: string): Account {
    const account = this.#accounts.find((each) => each.name === name);
    if (account === undefined) throw new Error(`no account ${name}`);
    return account;
  }

  #leg(account: Account, side: LegSide): Leg {
    const known = account.legs.get(side);
    if (known !== undefined) return known;
    const leg = { amount: NOTHING, cost: NOTHING, margin: NOTHING };
    account.legs.set(side, leg);
    return leg;
  }

  #legs(account: Account): [LegSide, Leg][] {
    return [...account.legs].filter(([, leg]) => !leg.amount.isZero()).sort(([a], [b]) => (a < b ? -1 : 1));
  }

  #initialMargin(leg: Leg): Num {
    return this.#isIsolated ? leg.margin.plus(this.#unrealised(leg)) : floored(leg.amount.abs().times(this.now.mark), this.#leverage, MONEY_STEP);
  }

  #unrealised(leg: Leg): Num {
    return leg.amount.times(this.now.mark).minus(leg.cost);
  }

  /** Equity of the cross legs and the free money. */
  #crossEquity(account: Account): Num {
    const legs = this.#legs(account).map(([, leg]) => leg);
    return account.cash.plus(total(legs.map((leg) => (this.#isIsolated ? leg.cost.minus(leg.margin) : leg.amount.times(this.now.mark)))));
  }

  #opening(account: Account, order: Order): Num {
    if (order.reduceOnly) return NOTHING;
    if (order.positionSide !== null) return (order.positionSide === 'long') === (order.side === 'buy') ? order.amount : NOTHING;
    return larger(NOTHING, order.amount.minus(closable(this.#leg(account, 'both'), order.side)));
  }

  #refuseUnaffordable(order: Order, price: Num, itself: RestingOrder | null): void {
    if (this.takesEverything) return;
    const account = this.#account(order.account);
    const notional = this.#opening(account, order).times(price);
    if (notional.isZero()) return;
    const taker = num(this.#market.takerFee);
    const waiting = this.resting.filter((each) => each !== itself && each.isTriggered && each.account === order.account);
    const reserved = total(
      waiting.map((each) => {
        const value = this.#opening(account, each).times(each.limit ?? this.now.mark);
        return floored(value, this.#leverage, MONEY_STEP).plus(value.times(taker));
      }),
    );
    const bound = this.#isIsolated ? NOTHING : total(this.#legs(account).map(([, leg]) => this.#initialMargin(leg)));
    const own = this.#leg(account, 'both');
    const freed = order.positionSide === null && closable(own, order.side).greaterThan(0) ? this.#initialMargin(own) : NOTHING;
    const free = this.#crossEquity(account).minus(bound).minus(reserved).plus(freed);
    if (free.minus(notional.times(taker)).times(this.#leverage).lessThan(notional)) throw new NotModelled('an order that the margin does not cover');
  }

  #refuseTooSmall(order: Order): void {
    if (this.takesEverything) return;
    if (order.amount.lessThan(this.#market.minAmount)) throw new NotModelled('an order below the smallest amount');
    if (closes(order)) return;
    const price = order.limit ?? order.trigger ?? this.now.last;
    if (order.amount.times(price).lessThan(this.#market.minCost)) throw new NotModelled('an order below the smallest cost');
  }

  // ---- funding and liquidation -------------------------------------------------------------------------------------------

  /** Every leg pays position × mark × rate; an isolated one out of its own margin. */
  #settleFunding(rate: string): void {
    const { mark } = this.now;
    for (const account of this.#accounts) {
      for (const [side, leg] of this.#legs(account)) {
        const amount = leg.amount.times(mark).times(num(rate)).negated();
        account.cash = account.cash.plus(amount);
        if (this.#isIsolated) leg.margin = leg.margin.plus(amount);
        this.#news.push({ type: 'funding', account: account.name, side, amount, rate, mark });
      }
    }
  }

  #maintenance(leg: Leg): Num {
    const notional = leg.amount.abs().times(this.now.mark);
    const tiers = this.#market.maintenanceTiers ?? [{ maxNotional: null, maintenanceMarginRate: '0.005', maintenanceAmount: '0' }];
    const tier = tiers.find(({ maxNotional }) => maxNotional === null || notional.lessThanOrEqualTo(maxNotional));
    if (tier === undefined) throw new Error('the last maintenance tier has no upper end');
    return larger(NOTHING, notional.times(tier.maintenanceMarginRate).minus(tier.maintenanceAmount));
  }

  #liquidateIfNeeded(account: Account): void {
    const legs = this.#legs(account);
    if (this.#isIsolated) {
      for (const [side, leg] of legs) {
        const equity = leg.margin.plus(this.#unrealised(leg));
        if (equity.greaterThan(this.#maintenance(leg))) continue;
        this.#closeByForce(account, [[side, leg]], equity);
      }
    } else if (legs.length > 0) {
      const equity = this.#crossEquity(account);
      if (equity.greaterThan(total(legs.map(([, leg]) => this.#maintenance(leg))))) return;
      this.#closeByForce(account, legs, equity);
    }
    const debt = this.#crossEquity(account).negated();
    if (debt.greaterThan(0) && (this.#isIsolated || this.#legs(account).length === 0)) this.#insure(account, account.lastTradedSide, debt);
  }

  /**
   * All at the mark, to the tick against the account; what would then be owed moves the prices in its favour, the biggest notional first.
   * The fee is the market's, at most what is left.
   */
  #closeByForce(account: Account, legs: readonly (readonly [LegSide, Leg])[], equity: Num): void {
    this.resting = this.resting.filter((order) => order.account !== account.name);
    const { mark } = this.now;
    const closings = [...legs]
      .sort(([, a], [, b]) => compare(b.amount.abs().times(mark), a.amount.abs().times(mark)))
      .map(([side, leg]) => ({ side, amount: leg.amount, price: leg.amount.isNegative() ? raised(mark, this.#tick) : larger(this.#tick, floored(mark, num(1), this.#tick)) }));
    let left = equity.plus(total(closings.map(({ amount, price }) => amount.times(price.minus(mark)))));
    for (const closing of closings) {
      if (!left.isNegative()) break;
      const { amount, price } = closing;
      const size = amount.abs();
      const needed = left.negated();
      const worth = price.times(size);
      closing.price = amount.isNegative()
        ? larger(this.#tick, floored(larger(NOTHING, worth.minus(needed)), size, this.#tick))
        : raisedQuotient(worth.plus(needed), size, this.#tick);
      left = left.plus(closing.price.minus(price).abs().times(size));
    }
    const rate = smaller(num(1), num(this.#market.liquidationFee ?? '0.005'));
    for (const { side, amount, price } of closings) {
      const size = amount.abs();
      const fee = smaller(larger(NOTHING, left), size.times(price).times(rate));
      this.#book(account, side, amount.isNegative() ? 'buy' : 'sell', size, price);
      account.cash = account.cash.minus(fee);
      left = left.minus(fee);
      this.#news.push({ type: 'taken', account: account.name, side, amount: size, price, fee });
    }
  }

  // ---- how far the last price may move before any of that can happen -----------------------------------------------------

  /** What the bot has just traded brought an account below what it needs: the next price, whichever, shows it. */
  get isAboutToLiquidate(): boolean {
    if (this.takesEverything) return false;
    return this.#accounts.some((account) => this.#crossEquity(account).isNegative()) || this.distanceToLiquidation().isZero();
  }

  /** A distance of mark = last inside which certainly no account is liquidated. */
  distanceToLiquidation(): Num {
    let distance = num('1e30');
    for (const account of this.takesEverything ? [] : this.#accounts) {
      const legs = this.#legs(account);
      const groups = this.#isIsolated ? legs.map((leg) => [leg]) : legs.length === 0 ? [] : [legs];
      for (const group of groups) {
        const equity = this.#isIsolated ? total(group.map(([, leg]) => leg.margin.plus(this.#unrealised(leg)))) : this.#crossEquity(account);
        const slack = equity.minus(total(group.map(([, leg]) => this.#maintenance(leg))));
        const highestRate = (this.#market.maintenanceTiers ?? []).reduce((most, tier) => larger(most, num(tier.maintenanceMarginRate)), num('0.005'));
        const slope = total(group.map(([, leg]) => leg.amount)).abs().plus(total(group.map(([, leg]) => leg.amount.abs())).times(highestRate));
        distance = smaller(distance, floored(larger(NOTHING, slack), slope, MONEY_STEP));
        for (const [, leg] of group) {
          for (const { maxNotional } of this.#market.maintenanceTiers ?? []) {
            if (maxNotional !== null) distance = smaller(distance, floored(num(maxNotional).minus(leg.amount.abs().times(this.now.mark)).abs(), leg.amount.abs(), MONEY_STEP));
          }
        }
      }
    }
    return distance;
  }
}

/** Cross: twice the strategy's, rounded up, so that re-entries after losses find margin; isolated: the strategy's. */
function leverageAtExchange({ leverage, exchange }: Strategy, { maxLeverage = '125' }: SimulatedMarket): Num {
  const wanted = exchange.marginMode === 'isolated' ? num(leverage) : smaller(num(leverage).times(2).ceil(), num(maxLeverage));
  return larger(num(1), wanted);
}

function legSide(order: Order): LegSide {
  return order.positionSide ?? 'both';
}

/** The order can only close; in one-way mode only its flag says so. */
function closes({ positionSide, side, reduceOnly }: Order): boolean {
  if (positionSide === null) return reduceOnly;
  return (positionSide === 'long') === (side === 'sell');
}

function closable(leg: Leg, side: Side): Num {
  return (side === 'sell' ? leg.amount.greaterThan(0) : leg.amount.lessThan(0)) ? leg.amount.abs() : NOTHING;
}

function compare(a: Num | null, b: Num | null): number {
  return a === null || b === null ? 0 : a.comparedTo(b);
}

function raisedQuotient(numerator: Num, denominator: Num, step: Num): Num {
  const below = floored(numerator, denominator, step);
  return below.times(denominator).equals(numerator) ? below : below.plus(step);
}
