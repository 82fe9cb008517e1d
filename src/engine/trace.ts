/**
 * `hedgerow trace`: the behaviour on a given price path (DOMAIN §7). The machines, ladder and desired orders are the live ones; only
 * the exchange is replaced by the rule that the price either moves continuously (`touch`) or jumps (`gap`). Every margin is granted.
 */
import { dec, plain } from '../domain/decimal.ts';
import type { D, DecimalString } from '../domain/decimal.ts';
import { smallestCapital } from '../domain/cycle.ts';
import { HedgerowError } from '../domain/errors.ts';
import { compareToLevel, levelAt, touchUnit } from '../domain/grid.ts';
import type { Level } from '../domain/grid.ts';
import { invariant } from '../domain/invariant.ts';
import { equityOf } from '../domain/ledger.ts';
import type { Fill } from '../domain/ladder.ts';
import type { Instrument, Strategy, WalletName } from '../domain/strategy.ts';
import { firstShortfall, gridOf, longOf, positionOf, rungsOut, shortOf } from '../domain/wallet.ts';
import { desiredOrders } from '../window/desired-orders.ts';
import type { DesiredOrder } from '../window/desired-orders.ts';
import { dueJointReset, factsOf, operationOf, phaseOf, planPhaseOf, startPlan, stepPlan, waitsForAnyPrice } from './step.ts';
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
    run.moveTo(price);
    yield run.document(step, price);
    step += 1;
  }
}

/** A price of the path or a level, in the forms it is asked for. */
type PricePoint = Level;

function pointOf(price: DecimalString): PricePoint {
  const text = plain(dec(price));
  return { price: dec(text), text, float: Number(text) };
}

class TraceRun {
  readonly #options: TraceOptions;
  #state: PlanState;
  #at: PricePoint;
  /** Event time: one tick of it per touch. */
  #time = 0;
  #fills: TraceFill[] = [];
  readonly #lastPrinted = new Map<WalletName, { readonly orders: readonly DesiredOrder[]; readonly documents: readonly OrderDocument[] }>();

  constructor(options: TraceOptions, first: DecimalString) {
    this.#options = options;
    this.#at = pointOf(first);
    this.#state = startPlan(options.strategy, options.instrument, first, options.atr);
    this.#completeResets();
    for (const wallet of this.#state.wallets) refuseTooSmall(wallet, first, options.atr);
  }

  moveTo(price: DecimalString): void {
    const target = pointOf(price);
    this.#fills = [];
    if (this.#options.fill === 'gap') {
      this.#arriveAt(target);
      return;
    }
    for (let next = this.#nextPoint(target); next !== null; next = this.#nextPoint(target)) this.#arriveAt(next);
    if (this.#at.text !== target.text) this.#arriveAt(target);
  }

  /** The next price on the way to `target` at which a level is touched or an order fills; null when there is none. */
  #nextPoint(target: PricePoint): PricePoint | null {
    const isUp = isAbove(target, this.#at);
    let nearest: PricePoint | null = null;
    for (const wallet of this.#state.wallets) {
      const facts = factsOf(wallet);
      if (!facts.isOpened) continue;
      const grid = gridOf(facts);
      const nextUnit = facts.unit + (isUp ? 1 : -1);
      const next = levelAt(grid, nextUnit);
      const isNextAhead = isUp ? isAbove(next, this.#at) : isAbove(this.#at, next);
      if (isNextAhead) nearest = this.#nearer(nearest, next, target, isUp);
      for (const { side, level } of this.#ordersOf(wallet)) {
        if (level === null || (side === 'buy') !== isUp) continue;
        // Levels never fall with their unit: what lies at or beyond the next one is not nearer.
        if (isNextAhead && (isUp ? level >= nextUnit : level <= nextUnit)) continue;
        nearest = this.#nearer(nearest, levelAt(grid, level), target, isUp);
      }
    }
    return nearest;
  }

  /** `candidate` if it lies on the way to `target`, before `nearest`; else `nearest`. */
  #nearer(nearest: PricePoint | null, candidate: PricePoint, target: PricePoint, isUp: boolean): PricePoint | null {
    if (isUp) {
      if (!isAbove(candidate, this.#at) || isAbove(candidate, target)) return nearest;
      return nearest === null || isAbove(nearest, candidate) ? candidate : nearest;
    }
    if (!isAbove(this.#at, candidate) || isAbove(target, candidate)) return nearest;
    return nearest === null || isAbove(candidate, nearest) ? candidate : nearest;
  }

  #ordersOf(wallet: WalletState): readonly DesiredOrder[] {
    return desiredOrders(wallet.name, phaseOf(wallet), factsOf(wallet), this.#options.strategy.windows);
  }

  /** At one price: touches, then fills, then resets. */
  #arriveAt(at: PricePoint): void {
    const from = this.#at;
    this.#at = at;
    this.#time += 1;
    const slides = operationOf(this.#state) === 'running';
    const due: DesiredOrder[] = [];
    const touched: PlanInputEvent[] = [];
    for (const wallet of this.#state.wallets) {
      const before = due.length;
      for (const order of this.#ordersOf(wallet)) if (this.#isReached(order, from)) due.push(order);
      if (due.length === before && !this.#isTouching(wallet)) continue;
      touched.push({ to: 'wallet', wallet: wallet.name, event: { type: 'price.touched', price: at.text, at: this.#time, slides } });
    }
    if (touched.length === 0) return;
    for (const event of touched) this.#apply(event);
    for (const order of fillOrder(due)) this.#book(order, order.level);
    // A plan that was already paused buys nothing; one that a reset at this price pauses still completes the others at it.
    if (slides) this.#completeResets();
  }

  /** The wallet has something to learn from the price: a level is touched, or it waits for a price between levels. */
  #isTouching(wallet: WalletState): boolean {
    const facts = factsOf(wallet);
    const { text, float } = this.#at;
    return waitsForAnyPrice(wallet) || touchUnit(gridOf(facts), facts.unit, text, float) !== facts.unit;
  }

  #isReached(order: DesiredOrder, from: PricePoint): boolean {
    if (order.triggerPrice === null) return false;
    if (this.#options.fill === 'touch') return order.triggerPrice === this.#at.text;
    const trigger = dec(order.triggerPrice);
    const { price } = this.#at;
    return order.side === 'sell' ? trigger.greaterThanOrEqualTo(price) && from.price.greaterThan(price) : trigger.lessThanOrEqualTo(price) && from.price.lessThan(price);
  }

  #completeResets(): void {
    for (let round = 0; round < RESETS_AT_ONE_PRICE_MAX; round += 1) {
      const resets: DesiredOrder[] = [];
      for (const wallet of this.#state.wallets) for (const order of this.#ordersOf(wallet)) if (order.level === null) resets.push(order);
      for (const order of resets) this.#book(order, null);
      const joint = dueJointReset(this.#state, this.#at.text);
      if (joint === null && resets.length === 0) return;
      if (joint !== null) this.#apply(joint);
    }
  }

  #book({ wallet, role, side, cycle, amount, legs }: DesiredOrder, level: number | null): void {
    const price = this.#at.text;
    const fee = this.#feeOf(amount);
    for (const leg of legs) {
      const legFee = leg.amount === amount ? fee : this.#feeOf(leg.amount);
      const fill: Fill = { role, level, leg: leg.leg, cycle, price, amount: leg.amount, fee: legFee, isComplete: true, at: this.#time };
      this.#apply({ to: 'wallet', wallet, event: { type: 'fill.booked', fill } });
    }
    this.#fills.push({ wallet, role, side, level, price, amount, fee });
  }

  #feeOf(amount: DecimalString): DecimalString {
    const { takerFee } = this.#options.instrument;
    return takerFee === '0' ? '0' : plain(this.#at.price.times(dec(amount)).times(dec(takerFee)));
  }

  #apply(event: PlanInputEvent): void {
    this.#state = stepPlan(this.#state, event).state;
  }

  document(step: number, price: DecimalString): TraceDocument {
    const { text, price: mark } = pointOf(price);
    const byName = [...this.#state.wallets].sort((a, b) => (a.name < b.name ? -1 : 1));
    return {
      step,
      price: text,
      phase: planPhaseOf(this.#state),
      wallets: this.#state.wallets.map((wallet) => walletDocument(wallet, mark)),
      orders: byName.flatMap((wallet) => this.#printed(wallet)),
      fills: this.#fills,
    };
  }

  /** A list of orders stays the same as long as the ladder does, and so does what is printed of it. */
  #printed(wallet: WalletState): readonly OrderDocument[] {
    const orders = this.#ordersOf(wallet);
    const last = this.#lastPrinted.get(wallet.name);
    if (last?.orders === orders) return last.documents;
    const documents = [...orders].sort(byRoleLevel).map(({ wallet: name, role, rung, side, level, triggerPrice, amount }) => ({ wallet: name, role, rung, side, level, triggerPrice, amount }));
    this.#lastPrinted.set(wallet.name, { orders, documents });
    return documents;
  }
}

/** Exact: rounding to a float never reverses an order. */
function isAbove(a: PricePoint, b: PricePoint): boolean {
  return compareToLevel(a.text, a.float, b) > 0;
}

type OrderDocument = TraceDocument['orders'][number];

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
function fillOrder(orders: readonly DesiredOrder[]): readonly DesiredOrder[] {
  if (orders.length < 2) return orders;
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

function byRoleLevel(a: DesiredOrder, b: DesiredOrder): number {
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
