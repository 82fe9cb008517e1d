/**
 * `hedgerow trace`: the behaviour on a given price path (DOMAIN §7). The machines, ladder and desired orders are the live ones; only
 * the exchange is replaced by the rule that the price either moves continuously (`touch`) or jumps (`gap`). Every margin is granted.
 */
import { D, dec, plain } from '../domain/decimal.ts';
import type { DecimalString } from '../domain/decimal.ts';
import { smallestCapital } from '../domain/cycle.ts';
import { HedgerowError } from '../domain/errors.ts';
import { levelPrice } from '../domain/grid.ts';
import { invariant } from '../domain/invariant.ts';
import { equityOf } from '../domain/ledger.ts';
import type { Fill } from '../domain/ladder.ts';
import type { Instrument, Strategy, WalletName } from '../domain/strategy.ts';
import { firstShortfall, gridOf, longOf, positionOf, rungsOut, shortOf } from '../domain/wallet.ts';
import { desiredOrders } from '../window/desired-orders.ts';
import type { DesiredOrder } from '../window/desired-orders.ts';
import { dueJointReset, factsOf, operationOf, phaseOf, planPhaseOf, startPlan, stepPlan } from './step.ts';
import type { PlanInputEvent, PlanState, WalletState } from './step.ts';

export type FillMode = 'touch' | 'gap';

export interface TraceFill {
  readonly wallet: WalletName;
  readonly role: Fill['role'];
  readonly side: 'buy' | 'sell';
  readonly level: number | null;
  readonly price: DecimalString;
  readonly amount: DecimalString;
  readonly fee: DecimalString;
}

export interface TraceDocument {
  readonly step: number;
  readonly price: DecimalString;
  readonly phase: string;
  readonly wallets: readonly {
    readonly wallet: WalletName;
    readonly cycle: number;
    readonly phase: string;
    readonly unit: number;
    readonly top: number;
    readonly rungsOut: number;
    readonly long: DecimalString;
    readonly short: DecimalString;
    readonly equity: DecimalString;
    readonly fees: DecimalString;
    readonly anchor: DecimalString;
    readonly unitSize: DecimalString;
  }[];
  readonly orders: readonly {
    readonly wallet: WalletName;
    readonly role: Fill['role'];
    readonly rung: number | null;
    readonly side: 'buy' | 'sell';
    readonly level: number | null;
    readonly triggerPrice: DecimalString | null;
    readonly amount: DecimalString;
  }[];
  readonly fills: readonly TraceFill[];
}

export interface TraceOptions {
  readonly strategy: Strategy;
  readonly instrument: Instrument;
  /** Positive plain decimals, the first is the opening price. */
  readonly prices: readonly DecimalString[];
  readonly fill: FillMode;
  /** For units of ATR; null otherwise. */
  readonly atr: DecimalString | null;
}

/** Joint resets in a row at one price; one is all that can be due. */
const RESETS_AT_ONE_PRICE_MAX = 8;

/** One document per price. Throws STRATEGY_TOO_SMALL when the exchange would refuse the fragments at the first price. */
export function* trace(options: TraceOptions): Generator<TraceDocument> {
  const [first, ...rest] = options.prices;
  invariant(first !== undefined, 'a trace needs at least one price');
  const run = new TraceRun(options, first);
  yield run.document(0, first);
  let step = 1;
  for (const price of rest) {
    run.moveTo(dec(price));
    yield run.document(step, price);
    step += 1;
  }
}

class TraceRun {
  readonly #options: TraceOptions;
  #state: PlanState;
  #price: D;
  /** Event time: one tick of it per touch. */
  #at = 0;
  #fills: TraceFill[] = [];

  constructor(options: TraceOptions, first: DecimalString) {
    this.#options = options;
    this.#price = dec(first);
    this.#state = startPlan(options.strategy, options.instrument, first, options.atr);
    this.#completeResets();
    for (const wallet of this.#state.wallets) refuseTooSmall(wallet, first, options.atr);
  }

  moveTo(target: D): void {
    this.#fills = [];
    if (this.#options.fill === 'gap') {
      this.#arriveAt(target);
      return;
    }
    for (let next = this.#nextPrice(target); next !== null; next = this.#nextPrice(target)) this.#arriveAt(next);
    if (!this.#price.equals(target)) this.#arriveAt(target);
  }

  /** The next price on the way to `target` at which a level is touched or an order fills; null when there is none. */
  #nextPrice(target: D): D | null {
    const isUp = target.greaterThan(this.#price);
    let nearest: D | null = null;
    for (const price of this.#candidates(isUp)) {
      const isOnTheWay = isUp ? price.greaterThan(this.#price) && price.lessThanOrEqualTo(target) : price.lessThan(this.#price) && price.greaterThanOrEqualTo(target);
      if (!isOnTheWay) continue;
      if (nearest === null || (isUp ? price.lessThan(nearest) : price.greaterThan(nearest))) nearest = price;
    }
    return nearest;
  }

  *#candidates(isUp: boolean): Generator<D> {
    for (const wallet of this.#state.wallets) {
      const facts = factsOf(wallet);
      if (!facts.isOpened) continue;
      const grid = gridOf(facts);
      yield levelPrice(grid, facts.unit + (isUp ? 1 : -1));
      for (const order of desiredOrders(wallet.name, phaseOf(wallet), facts, this.#options.strategy.windows)) {
        if (order.level !== null && (order.side === 'buy') === isUp) yield levelPrice(grid, order.level);
      }
    }
  }

  #desired(): DesiredOrder[] {
    return this.#state.wallets.flatMap((wallet) => desiredOrders(wallet.name, phaseOf(wallet), factsOf(wallet), this.#options.strategy.windows));
  }

  /** At one price: touches, then fills, then resets. */
  #arriveAt(price: D): void {
    const from = this.#price;
    this.#price = price;
    this.#at += 1;
    const slides = operationOf(this.#state) === 'running';
    const due = this.#desired().filter((order) => this.#isReached(order, from));
    this.#apply({ to: 'wallets', event: { type: 'price.touched', price: plain(price), at: this.#at, slides } });
    for (const order of fillOrder(due)) this.#fillLadder(order);
    this.#completeResets();
  }

  #isReached(order: DesiredOrder, from: D): boolean {
    if (order.triggerPrice === null) return false;
    const trigger = dec(order.triggerPrice);
    if (this.#options.fill === 'touch') return trigger.equals(this.#price);
    return order.side === 'sell' ? trigger.greaterThanOrEqualTo(this.#price) && from.greaterThan(this.#price) : trigger.lessThanOrEqualTo(this.#price) && from.lessThan(this.#price);
  }

  #fillLadder(order: DesiredOrder): void {
    this.#book(order, order.level);
  }

  #completeResets(): void {
    for (let round = 0; round < RESETS_AT_ONE_PRICE_MAX; round += 1) {
      const resets = this.#desired().filter((order) => order.level === null);
      for (const order of resets) this.#book(order, null);
      const joint = dueJointReset(this.#state, plain(this.#price));
      if (joint === null && resets.length === 0) return;
      if (joint !== null) this.#apply(joint);
    }
  }

  #book(order: DesiredOrder, level: number | null): void {
    const rate = this.#options.instrument.takerFee;
    for (const { leg, amount } of order.legs) {
      const fill: Fill = {
        role: order.role,
        level,
        leg,
        cycle: order.cycle,
        price: plain(this.#price),
        amount,
        fee: plain(this.#price.times(amount).times(rate)),
        isComplete: true,
        at: this.#at,
      };
      this.#apply({ to: 'wallet', wallet: order.wallet, event: { type: 'fill.booked', fill } });
    }
    const { wallet, role, side, amount } = order;
    this.#fills.push({ wallet, role, side, level, price: plain(this.#price), amount, fee: plain(this.#price.times(amount).times(rate)) });
  }

  #apply(event: PlanInputEvent): void {
    this.#state = stepPlan(this.#state, event).state;
  }

  document(step: number, price: DecimalString): TraceDocument {
    const mark = dec(price);
    return {
      step,
      price: plain(mark),
      phase: planPhaseOf(this.#state),
      wallets: this.#state.wallets.map((wallet) => walletDocument(wallet, mark)),
      orders: this.#desired()
        .sort(byWalletRoleLevel)
        .map(({ wallet, role, rung, side, level, triggerPrice, amount }) => ({ wallet, role, rung, side, level, triggerPrice, amount })),
      fills: this.#fills,
    };
  }
}

function refuseTooSmall(wallet: WalletState, price: DecimalString, atr: DecimalString | null): void {
  const facts = factsOf(wallet);
  const shortfall = firstShortfall(facts);
  if (shortfall === null) return;
  const { instrument } = facts.parameters;
  const capital = smallestCapital(facts.parameters, price, atr);
  const remedy = capital === null ? 'no capital would do with these weights and steps' : `the smallest capital that works at this price is ${capital}`;
  throw new HedgerowError(
    'STRATEGY_TOO_SMALL',
    `wallet ${wallet.name}: at ${price} the order of rung ${shortfall.rung} would be ${shortfall.amount} (${shortfall.cost} quote), ` +
      `the exchange takes at least ${instrument.minAmount} and ${instrument.minCost} quote; ${remedy}`,
  );
}

/** Wallets in file order (as given), stop-losses first, then rungs from the top. */
function fillOrder(orders: readonly DesiredOrder[]): DesiredOrder[] {
  const wallets = [...new Set(orders.map((order) => order.wallet))];
  const rank = (order: DesiredOrder): number[] => [wallets.indexOf(order.wallet), order.role === 'stop-loss' ? 0 : 1, order.rung ?? -1];
  return [...orders].sort((a, b) => compareRanks(rank(a), rank(b)));
}

function compareRanks(a: readonly number[], b: readonly number[]): number {
  for (let index = 0; index < a.length; index += 1) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function byWalletRoleLevel(a: DesiredOrder, b: DesiredOrder): number {
  if (a.wallet !== b.wallet) return a.wallet < b.wallet ? -1 : 1;
  if (a.role !== b.role) return a.role < b.role ? -1 : 1;
  return (b.level ?? Infinity) - (a.level ?? Infinity);
}

function walletDocument(wallet: WalletState, mark: D): TraceDocument['wallets'][number] {
  const facts = factsOf(wallet);
  return {
    wallet: wallet.name,
    cycle: facts.cycle,
    phase: phaseOf(wallet),
    unit: facts.unit,
    top: facts.top,
    rungsOut: rungsOut(facts),
    long: plain(longOf(facts)),
    short: plain(shortOf(facts)),
    equity: plain(equityOf(facts.ledger, positionOf(facts), mark)),
    fees: facts.ledger.fees,
    anchor: facts.anchor,
    unitSize: facts.unitSize,
  };
}
