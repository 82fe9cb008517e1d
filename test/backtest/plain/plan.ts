/**
 * The plan of the plain backtest: what it does at one price, after the exchange has done its part. Touches come before fills, fills
 * before resets; then risk limits; then orders, until what rests is what is wanted (DOMAIN §3.5, §6, §8).
 */
import type { RiskLimit, Strategy } from '../../../src/domain/strategy.ts';
import type { SimulatedMarket } from '../../../src/sim/exchange/config.ts';
import type { AverageTrueRange } from './average-true-range.ts';
import type { Happening, PlainExchange } from './exchange.ts';
import { NotModelled } from './not-modelled.ts';
import { NOTHING, floored, larger, num, smaller, text, total } from './numbers.ts';
import type { Num } from './numbers.ts';
import { changesOf, isProtective, partOf, spareOf } from './order-changes.ts';
import type { PlainFill, PlainResult } from './plain-backtest.ts';
import { PlainWallet } from './wallet.ts';
import { isClosing, marketOrder, wantedOrders } from './windows.ts';
import type { WantedOrder } from './windows.ts';

type Operation = 'running' | 'flattening' | 'halted';

interface Quiet {
  readonly low: Num;
  readonly high: Num;
}

const NO_END = num('Infinity');
const DAY_MS = 86_400_000;
/** What a share of a funding payment is rounded down to. */
const SHARE_STEP = num('1e-18');
/** Rounds of orders at one price; far more than any ladder needs. */
const ROUNDS_MAX = 500;

export class PlainPlan {
  readonly #strategy: Strategy;
  readonly #market: SimulatedMarket;
  readonly #exchange: PlainExchange;
  readonly #atr: AverageTrueRange;
  #wallets: PlainWallet[] = [];
  #operation: Operation = 'running';
  reason: string | null = null;
  /** It could not start: the run is over. */
  hasNotStarted = false;
  /** Triggers of orders that are wanted and do not rest. */
  #withheld: Num[] = [];
  /** The wallets as they were when the orders were last made what they want. */
  #settled = '';
  #equityPeak = NOTHING;
  #day = 0;
  #dayEquity = NOTHING;
  readonly #fills: PlainFill[] = [];
  readonly #funding: PlainResult['funding'][number][] = [];
  readonly #liquidations: PlainResult['liquidations'][number][] = [];

  constructor(strategy: Strategy, market: SimulatedMarket, exchange: PlainExchange, atr: AverageTrueRange) {
    if (strategy.risk.some(({ name }) => name === 'maxMarginRatio')) throw new NotModelled('a limit on the margin ratio');
    this.#strategy = strategy;
    this.#market = market;
    this.#exchange = exchange;
    this.#atr = atr;
  }

  get record(): Pick<PlainResult, 'fills' | 'funding' | 'liquidations'> {
    return { fills: this.#fills, funding: this.#funding, liquidations: this.#liquidations };
  }

  get wallets(): readonly PlainWallet[] {
    return this.#wallets;
  }

  ends(): PlainResult['ends'] {
    return this.#wallets.map((wallet) => ({
      wallet: wallet.spec.name,
      balance: text(wallet.balance),
      equity: text(wallet.equityAt(this.#exchange.now.mark)),
      long: text(wallet.long),
      short: text(wallet.short),
      cycle: wallet.cycle,
      phase: wallet.phase,
    }));
  }

  /** The price the wallets follow. */
  get #price(): Num {
    return this.#exchange.now[this.#strategy.exchange.triggerBy];
  }

  // ---- one price ---------------------------------------------------------------------------------------------------------

  react(): void {
    const { at, last } = this.#exchange.now;
    this.#atr.see(at, last);
    if (this.#wallets.length === 0 && !this.#start()) return;
    this.#showPrice();
    for (let round = 0; ; round += 1) {
      if (round > ROUNDS_MAX) throw new NotModelled('orders without end at one price');
      this.#bookNews();
      if (round === 0) this.#measureAtr();
      this.#resetJointly();
      this.#refuseTooSmall();
      this.#checkRisk();
      if (!this.#changeOrders()) return;
    }
  }

  #start(): boolean {
    const { at } = this.#exchange.now;
    const atr = this.#atr.measuredAt(at);
    if (this.#atr.isNeeded && atr === null) return false;
    this.#wallets = this.#strategy.wallets.map((spec) => new PlainWallet(spec, this.#strategy, this.#market, this.#price, atr));
    const small = this.#wallets.find((wallet) => wallet.wouldBeTooSmallAt(this.#price));
    if (small !== undefined) {
      this.#wallets = [];
      this.hasNotStarted = true;
      this.reason = `wallet ${small.spec.name} is too small`;
      return false;
    }
    this.#equityPeak = this.#equity;
    this.#dayEquity = this.#equity;
    this.#day = Math.floor(at / DAY_MS);
    return true;
  }

  /** Touches: every wallet sees the price before anything that happened at it is booked. */
  #showPrice(): void {
    if (this.#operation === 'halted') return;
    const isNoticed = this.#isNoticed();
    for (const wallet of this.#wallets) wallet.touch(this.#price, this.#exchange.now.at, this.#operation === 'running');
    this.#resetJointly();
    if (isNoticed) this.#rememberEquity();
  }

  /** After what happened at this price is booked: a reset that needs no order has begun its cycle with the measure of before. */
  #measureAtr(): void {
    const atr = this.#atr.measuredAt(this.#exchange.now.at);
    if (atr !== null && this.#operation !== 'halted') for (const wallet of this.#wallets) wallet.atr = atr;
  }

  get #equity(): Num {
    return total(this.#wallets.map((wallet) => wallet.equityAt(this.#exchange.now.mark)));
  }

  // ---- what happened -----------------------------------------------------------------------------------------------------

  #bookNews(): void {
    for (const happening of this.#exchange.takeNews()) {
      switch (happening.type) {
        case 'trade':
          this.#bookTrade(happening);
          break;
        case 'funding':
          this.#bookFunding(happening);
          break;
        case 'taken':
          this.#bookTaken(happening);
      }
    }
  }

  /** A cycle has begun with fragments below what the exchange takes: the plan pauses. */
  #refuseTooSmall(): void {
    if (this.#operation === 'running' && this.#wallets.some((wallet) => wallet.isTooSmall)) throw new NotModelled('a wallet that is too small for the orders of its cycle');
  }

  #wallet(name: string): PlainWallet {
    const wallet = this.#wallets.find(({ spec }) => spec.name === name);
    if (wallet === undefined) throw new Error(`no wallet ${name}`);
    return wallet;
  }

  #bookTrade({ order, price, fee }: Extract<Happening, { type: 'trade' }>): void {
    const { at } = this.#exchange.now;
    for (const part of order.parts) {
      const wallet = this.#wallet(part.wallet);
      const paid = fee(part.amount);
      this.#fills.push({ at, wallet: part.wallet, cycle: part.cycle, role: part.role, level: part.level, leg: part.leg, price: text(price), amount: text(part.amount), fee: text(paid) });
      wallet.book({ ...part, at, price, fee: paid });
    }
  }

  /** By holdings, floored; what that leaves over goes to the largest holder. */
  #bookFunding({ account, side, amount, rate, mark }: Extract<Happening, { type: 'funding' }>): void {
    const holders = this.#walletsOn(account)
      .map((wallet) => ({ wallet, held: side === 'long' ? wallet.long : side === 'short' ? wallet.short : wallet.long.minus(wallet.short) }))
      .filter(({ held }) => !held.isZero());
    const held = total(holders.map((holder) => holder.held));
    const shares = holders.map((holder) => {
      const product = amount.times(holder.held);
      const size = floored(product.abs(), held.abs(), SHARE_STEP);
      return product.isNegative() === held.isNegative() ? size : size.negated();
    });
    const largest = holders.reduce((best, holder, index) => (holder.held.abs().greaterThan(holders[best]?.held.abs() ?? -1) ? index : best), 0);
    const rest = amount.minus(total(shares));
    holders.forEach(({ wallet }, index) => {
      const share = (shares[index] as Num).plus(index === largest ? rest : 0);
      this.#funding.push({ at: this.#exchange.now.at, wallet: wallet.spec.name, amount: text(share), rate, markPrice: text(mark) });
      wallet.bookFunding(share);
    });
  }

  #walletsOn(account: string): PlainWallet[] {
    return this.#wallets.filter(({ spec }) => spec.account === account);
  }

  /** A liquidation takes the whole side from every wallet of the account, at one price; fees and paid debts are the first one's. */
  #bookTaken({ account, side, amount, price, fee }: Extract<Happening, { type: 'taken' }>): void {
    const wallets = this.#walletsOn(account);
    const sides = (['close-long', 'close-short'] as const).filter((leg) => side === 'both' || side === (leg === 'close-long' ? 'long' : 'short'));
    const parts = amount.isZero()
      ? [{ wallet: wallets[0] as PlainWallet, leg: 'close-long' as const, size: NOTHING }]
      : wallets.flatMap((wallet) => sides.map((leg) => ({ wallet, leg, size: leg === 'close-long' ? wallet.long : wallet.short }))).filter(({ size }) => size.greaterThan(0));
    parts.forEach(({ wallet, leg, size }, index) => {
      const charged = index === 0 ? fee : NOTHING;
      this.#liquidations.push({ at: this.#exchange.now.at, wallet: wallet.spec.name, leg, price: text(price), amount: text(size), fee: text(charged) });
      wallet.bookTaken(leg, size, price, charged);
    });
    this.#halt('liquidated');
  }

  #halt(reason: string): void {
    if (this.#operation === 'halted') return;
    this.#operation = 'halted';
    this.reason = reason;
  }

  // ---- joint resets ------------------------------------------------------------------------------------------------------

  /** k = 0 in every wallet and one has traded; or none has, and one is `onAdvance` units up. */
  #resetJointly(): void {
    const { policy, onAdvance } = this.#strategy.reset;
    if (policy !== 'joint' || this.#operation !== 'running' || this.#wallets.some((wallet) => !wallet.isOpened || wallet.phase === 'RESET')) return;
    const isBack = this.#wallets.every((wallet) => wallet.rungsOut === 0) && this.#wallets.some((wallet) => wallet.hasTraded);
    const hasAdvanced = onAdvance !== null && this.#wallets.every((wallet) => !wallet.hasTraded) && this.#wallets.some((wallet) => wallet.unit >= onAdvance);
    if (isBack || hasAdvanced) for (const wallet of this.#wallets) wallet.resetJointly(this.#price);
  }

  // ---- risk --------------------------------------------------------------------------------------------------------------

  /** Extremes are followed at the prices a plan notices: levels, fills' prices it waits for, limits. Days are UTC. */
  #rememberEquity(): void {
    const day = Math.floor(this.#exchange.now.at / DAY_MS);
    this.#equityPeak = larger(this.#equityPeak, this.#equity);
    if (day !== this.#day) {
      this.#day = day;
      this.#dayEquity = this.#equity;
    }
  }

  /** Before the wallets see it: the price (or the mark) is at the next level of one of them, or something waits for it. */
  #isNoticed(): boolean {
    const { mark } = this.#exchange.now;
    const isBetween = (low: Num, high: Num): boolean => [this.#price, mark].every((price) => price.greaterThan(low) && price.lessThan(high));
    const isQuiet = this.#wallets.every((wallet) => wallet.isOpened && wallet.phase !== 'RESET' && isBetween(wallet.level(wallet.unit - 1), wallet.level(wallet.unit + 1)));
    const shown = this.#wallets[0]?.price ?? NOTHING;
    const isAwaited = this.#withheld.some((trigger) => (trigger.greaterThanOrEqualTo(shown) && !isBetween(NOTHING, trigger)) || (trigger.lessThanOrEqualTo(shown) && !isBetween(trigger, NO_END)));
    return !isQuiet || isAwaited || this.#limitReached() !== null || this.#wallets.some((wallet) => wallet.isWaitingInCash && wallet.unit >= wallet.top + 1);
  }

  #checkRisk(): void {
    if (this.#operation !== 'running') return;
    const hit = this.#limitReached();
    if (hit === null) return;
    if (hit.action === 'pause') throw new NotModelled('a pause');
    this.reason = `risk limit ${hit.name}`;
    this.#operation = hit.action === 'flatten' ? 'flattening' : 'halted';
  }

  #limitReached(): RiskLimit | null {
    return this.#strategy.risk.find((limit) => this.#isReached(limit)) ?? null;
  }

  #isReached({ name, limit, unit }: RiskLimit): boolean {
    const { mark } = this.#exchange.now;
    const bound = num(limit);
    const longs = total(this.#wallets.map((wallet) => wallet.long));
    const shorts = total(this.#wallets.map((wallet) => wallet.short));
    const hasLost = (start: Num): boolean => {
      const loss = start.minus(this.#equity);
      if (unit === 'quote') return loss.greaterThanOrEqualTo(bound);
      return start.greaterThan(0) && loss.greaterThanOrEqualTo(start.times(bound));
    };
    switch (name) {
      case 'maxDrawdown':
        return hasLost(this.#equityPeak);
      case 'maxDailyLoss':
        return hasLost(this.#dayEquity);
      case 'maxNotional':
        return longs.plus(shorts).times(mark).greaterThanOrEqualTo(bound);
      case 'maxShortExposure':
        return shorts.times(mark).greaterThanOrEqualTo(bound);
      case 'maxMarginRatio':
        throw new NotModelled('a limit on the margin ratio');
    }
  }

  // ---- orders ------------------------------------------------------------------------------------------------------------

  /** Makes what rests what is wanted; true when there is more to do after that. */
  #changeOrders(): boolean {
    if (this.#operation !== 'running') return this.#stop();
    // What is wanted follows from the wallets alone; only what is withheld waits for a price.
    const state = this.#wallets.map(({ top, changes }) => `${top} ${changes}`).join();
    if (state === this.#settled && this.#withheld.length === 0) return false;
    this.#settled = state;
    this.#withheld = [];
    const wanted = wantedOrders(this.#wallets, this.#strategy, this.#market);
    const { resting } = this.#exchange;
    const { leave, amend, place, makeWay } = changesOf(wanted, resting, (order) => this.#exchange.isReached(order), (order) => this.#largeEnough(order));
    const sent = place.flatMap((order) => (this.#exchange.isReached(order) ? this.#throughAlready(order) : [order]));
    // Entries go before they are replaced, what protects only when as much rests: at each instant something covers the position.
    const outdated = resting.filter((order) => !leave.has(order) && !amend.has(order));
    const entries = outdated.filter((order) => !isProtective(order));
    const stays = resting.filter((order) => !entries.includes(order) && !makeWay.has(order));
    const spare = [...makeWay, ...spareOf(wanted, stays, outdated.filter((order) => stays.includes(order)))].filter((order) => !entries.includes(order));
    for (const order of entries) this.#exchange.cancel(order);
    for (const [order, wish] of amend) this.#exchange.amend(order, wish);
    for (const order of sent) if (isProtective(order)) this.#send(order);
    for (const order of spare) this.#exchange.cancel(order);
    for (const order of sent) if (!isProtective(order)) this.#send(order);
    const isOver = entries.length + amend.size + sent.length + spare.length === 0;
    if (!isOver) this.#settled = '';
    return !isOver;
  }

  #send(order: WantedOrder): void {
    if (order.trigger === null) this.#exchange.market(order);
    else this.#exchange.rest(order);
  }

  /** Halted: nothing rests. Flattening: everything is closed at market, too. */
  #stop(): boolean {
    for (const resting of [...this.#exchange.resting]) this.#exchange.cancel(resting);
    if (this.#operation === 'halted') return false;
    const orders = this.#wallets.flatMap((wallet) =>
      ([['close-long', wallet.long], ['close-short', wallet.short]] as const).filter(([, amount]) => amount.greaterThan(0)).map(([leg, amount]) => marketOrder(wallet, 'flatten', leg, amount, this.#strategy)),
    );
    if (orders.length === 0) this.#operation = 'halted';
    for (const order of orders) this.#exchange.market(order);
    return orders.length > 0;
  }

  /** Entries that have become smaller than the exchange takes are not sent; what such an order closes is. */
  #largeEnough(order: WantedOrder): WantedOrder | null {
    const { minAmount, minCost } = this.#market;
    if (order.trigger === null || isProtective(order) || this.#exchange.takesEverything) return order;
    if (order.amount.greaterThanOrEqualTo(minAmount) && order.amount.times(order.trigger).greaterThanOrEqualTo(minCost)) return order;
    this.#withheld.push(order.trigger);
    return partOf(order, isClosing);
  }

  /** The price is through its trigger: what closes executes at market, entries as `onGap` says. */
  #throughAlready(order: WantedOrder): WantedOrder[] {
    const part = order.onGap === 'market' ? order : partOf(order, isClosing);
    if (part !== order && order.trigger !== null) this.#withheld.push(order.trigger);
    if (part === null) return [];
    if (this.#wallets.some(({ phase, spec }) => phase === 'RESET' && part.parts.some(({ wallet }) => wallet === spec.name))) throw new NotModelled('a stop that is passed while its wallet is being reset');
    return [{ ...part, trigger: null, limit: null }];
  }

  // ---- what may be left out ----------------------------------------------------------------------------------------------

  /** Between these last prices certainly nothing happens; nothing may be left out where `low` is not below the present price or `high` not above it. */
  quietBetween(isMarkLast: boolean): Quiet {
    const { last, mark } = this.#exchange.now;
    let low = NOTHING;
    let high = NO_END;
    const bound = (price: Num): void => {
      if (price.lessThanOrEqualTo(last)) low = larger(low, price);
      if (price.greaterThanOrEqualTo(last)) high = smaller(high, price);
    };
    const isWatchful = this.#wallets.length === 0 || this.#atr.isNeeded || this.#wallets.some((wallet) => wallet.phase === 'RESET' || wallet.isWaitingInCash) || this.#exchange.isAboutToLiquidate;
    if (isWatchful) bound(last);
    const follows = (source: string): boolean => isMarkLast || source === 'last';
    for (const order of this.#exchange.resting) {
      if (order.isTriggered && order.limit !== null) bound(order.limit);
      else if (order.trigger !== null && follows(order.triggerBy)) bound(order.trigger);
    }
    if (this.#operation !== 'halted') {
      for (const wallet of this.#wallets) {
        if (!wallet.isOpened) continue;
        const [below, above] = [wallet.level(wallet.unit - 1), wallet.level(wallet.unit + 1)];
        // A cycle that has just begun beside the price it follows sees that with the next one.
        if (this.#price.lessThanOrEqualTo(below) || this.#price.greaterThanOrEqualTo(above)) bound(last);
        if (!follows(this.#strategy.exchange.triggerBy)) continue;
        low = larger(low, below);
        high = smaller(high, above);
      }
      for (const trigger of this.#withheld) bound(trigger);
    }
    if (isMarkLast) {
      const distance = smaller(this.#exchange.distanceToLiquidation(), this.#distanceToLimit(mark));
      low = larger(low, last.minus(distance));
      high = smaller(high, last.plus(distance));
    }
    return { low, high };
  }

  /** A distance of mark = last inside which certainly no risk limit is reached. */
  #distanceToLimit(mark: Num): Num {
    if (this.#strategy.risk.length === 0 || this.#operation !== 'running') return num('1e30');
    // Days begin between levels, too, and only a limit on their loss would notice.
    const net = total(this.#wallets.map((wallet) => wallet.long.minus(wallet.short))).abs();
    const gross = total(this.#wallets.map((wallet) => wallet.long.plus(wallet.short)));
    const apart = ({ name, limit, unit }: RiskLimit): Num => {
      const bound_ = num(limit);
      const left = (start: Num): Num => (unit === 'quote' ? bound_ : larger(NOTHING, start).times(bound_)).minus(start.minus(this.#equity));
      const slack = name === 'maxDrawdown' ? left(this.#equityPeak) : name === 'maxDailyLoss' ? left(this.#dayEquity) : bound_.minus(gross.times(mark));
      const slope = name === 'maxDrawdown' || name === 'maxDailyLoss' ? net : gross;
      if (slope.isZero()) return num('1e30');
      return floored(larger(NOTHING, slack), slope, num('1e-12'));
    };
    return this.#strategy.risk.map(apart).reduce(smaller);
  }
}
