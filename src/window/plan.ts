/**
 * The difference between what should rest and what does, as a list of actions with reasons (DOMAIN §6). Pure.
 *
 * - I1: a slot that may already have a live order gets no second one: unanswered and unknown orders block theirs.
 * - I6, I7, protection first: a protective order is cancelled only when the one that replaces it is confirmed to rest, an entry is
 *   cancelled before it is replaced.
 * - I10: applying the plan leaves an empty plan.
 */
import { ZERO, dec, maxOf, minOf, plain, sum } from '../domain/decimal.ts';
import type { D, DecimalString } from '../domain/decimal.ts';
import type { TriggerSource } from '../domain/strategy.ts';
import { closingPart, isClosingLeg, isProtective, slotOf, triggerOf } from './exchange-orders.ts';
import type { ExchangeOrder, OrderLeg } from './exchange-orders.ts';

/** An order of ours that is, or may be, live at the exchange. */
export interface WorkingOrder {
  readonly clientOrderId: string;
  readonly account: string;
  readonly symbol: string;
  readonly side: 'buy' | 'sell';
  readonly type: ExchangeOrder['type'];
  /** Total amount, including what is filled. */
  readonly amount: DecimalString;
  readonly filled: DecimalString;
  readonly triggerPrice: DecimalString | null;
  readonly price: DecimalString | null;
  readonly triggerBy: TriggerSource;
  readonly positionSide: 'long' | 'short' | null;
  readonly reduceOnly: boolean;
  /** In fill order, with the amounts they were placed or last amended for. */
  readonly legs: readonly OrderLeg[];
  /** `live`: confirmed. The others are counted as live and left alone until the exchange has answered. */
  readonly status: 'committed' | 'live' | 'unknown';
  /** It has fired and is on its way to a fill: too late to change. */
  readonly isTriggered: boolean;
}

export type Action =
  /** `wanted`: the desired order it is placed for, which `order` may serve at market or in part. */
  | { readonly type: 'place'; readonly order: ExchangeOrder; readonly wanted: ExchangeOrder; readonly reason: string }
  | { readonly type: 'amend'; readonly target: WorkingOrder; readonly order: ExchangeOrder; readonly amount: DecimalString; readonly reason: string }
  | { readonly type: 'cancel'; readonly target: WorkingOrder; readonly reason: string };

type CancelAction = Extract<Action, { type: 'cancel' }>;

export interface PlanContext {
  /** Last known price per trigger source; null before the first. */
  readonly prices: Readonly<Record<TriggerSource, DecimalString>> | null;
  /** Sources whose price is older than the newest fill: whether it is through a trigger is the exchange's word alone. Absent: none. */
  readonly behind?: ReadonlySet<TriggerSource>;
  readonly amendsConditional: boolean;
  readonly maxConditionalPerSymbol: number | null;
  /** Slots that may not be placed now (refused and waiting, or attempts used up), with the reason. */
  readonly blockedSlots: ReadonlyMap<string, string>;
  /** Slots whose last order was refused, waiting or not. */
  readonly refusedSlots?: ReadonlySet<string>;
  /** Slots with their triggers (`triggerOf`) that the exchange refused as already passed. */
  readonly passedSlots: ReadonlySet<string>;
  /** Entries may be placed or amended; false while paused or diverged. */
  readonly mayOpen: boolean;
  /** Resting entries may be cancelled; false while paused, where windows stay as they rest. */
  readonly mayCancelEntries: boolean;
  /** Orders whose cancellation the exchange has just refused: asked again later. */
  readonly uncancellable: ReadonlySet<string>;
  /** The cycle each wallet is in: what rests from an earlier one may always be cancelled. */
  readonly cycles: ReadonlyMap<string, number>;
}

export interface Plan {
  /** In the order in which they are sent. */
  readonly actions: readonly Action[];
  /** The same in groups: those of one group do not depend on each other and are sent at once; the next group only after another look. */
  readonly stages: readonly (readonly Action[])[];
  /** Desired orders that are deliberately not placed now, each with its reason. */
  readonly withheld: readonly { readonly order: ExchangeOrder; readonly reason: string }[];
}

export function planActions(desired: readonly ExchangeOrder[], working: readonly WorkingOrder[], context: PlanContext): Plan {
  const planner = new Planner(context);
  const kept = planner.withinCap(desired, working);
  planner.countClosing(kept, working);
  const unmatchedWorking = new Set(working);
  const unmatched: ExchangeOrder[] = [];
  const bySlot = slotsOf(working);
  for (const order of kept) {
    const owners = ownersOf(order, bySlot);
    for (const owner of owners) unmatchedWorking.delete(owner);
    const [owner] = owners;
    if (owner === undefined) unmatched.push(order);
    else planner.compare(order, owner, owners);
  }
  planner.awaitExecuting(unmatched, unmatchedWorking);
  planner.pairMoves(unmatched, unmatchedWorking);
  for (const order of unmatched) planner.place(order);
  for (const target of unmatchedWorking) planner.retire(target);
  return planner.result(kept, working);
}

/** Working orders by each slot they serve. */
function slotsOf(working: readonly WorkingOrder[]): Map<string, WorkingOrder[]> {
  const bySlot = new Map<string, WorkingOrder[]>();
  for (const order of working) {
    for (const leg of order.legs) {
      const key = slotKey(leg);
      const others = bySlot.get(key);
      if (others === undefined) bySlot.set(key, [order]);
      else others.push(order);
    }
  }
  return bySlot;
}

/** Legs live as long as their orders and are asked for in every pass. */
const slotKeys = new WeakMap<OrderLeg, string>();

function slotKey(leg: OrderLeg): string {
  let key = slotKeys.get(leg);
  if (key === undefined) {
    key = `${slotOf(leg)}#${leg.cycle}`;
    slotKeys.set(leg, key);
  }
  return key;
}

function ownersOf(order: ExchangeOrder, bySlot: ReadonlyMap<string, WorkingOrder[]>): WorkingOrder[] {
  const owners = new Set<WorkingOrder>();
  for (const leg of order.legs) for (const owner of bySlot.get(slotKey(leg)) ?? []) owners.add(owner);
  return [...owners];
}

function legsText(legs: readonly OrderLeg[]): string {
  return legs.map((leg) => `${leg.wallet} ${leg.role}${leg.level === null ? '' : ` ${leg.level}`}`).join(' + ');
}

function isUntouchable(order: WorkingOrder): boolean {
  return order.status !== 'live' || isExecuting(order);
}

/** At the market, too late to change. A stop-limit that has fired rests at its limit and can still be cancelled. */
export function isExecuting(order: Pick<WorkingOrder, 'type' | 'isTriggered'>): boolean {
  return order.type === 'market' || (order.type === 'stop-market' && order.isTriggered);
}

/** What a closing leg protects. */
function protectionOf({ wallet, leg }: OrderLeg): string {
  return `${wallet}/${leg}`;
}

function remainingOf(order: WorkingOrder): DecimalString {
  return order.filled === '0' ? order.amount : plain(dec(order.amount).minus(order.filled));
}

/** How much protection of a kind rests beyond what is wanted. */
interface Spare {
  readonly count: number;
  readonly amount: D;
}

const NO_SPARE: Spare = { count: 0, amount: ZERO };

function count(spare: Map<string, Spare>, legs: readonly OrderLeg[], sign: 1 | -1): void {
  for (const leg of legs.filter(isClosingLeg)) {
    const before = spare.get(protectionOf(leg)) ?? NO_SPARE;
    spare.set(protectionOf(leg), { count: before.count + sign, amount: before.amount.plus(dec(leg.amount).times(sign)) });
  }
}

/** The legs with what is left of them; fills take them in order. */
function legsLeft({ legs, filled }: WorkingOrder): readonly OrderLeg[] {
  if (filled === '0') return legs;
  let done = dec(filled);
  return legs.map((leg) => {
    const part = minOf(done, dec(leg.amount));
    done = done.minus(part);
    return { ...leg, amount: plain(dec(leg.amount).minus(part)) };
  });
}

function openedBy(legs: readonly OrderLeg[]): D {
  return sum(legs.filter((leg) => !isClosingLeg(leg)).map((leg) => dec(leg.amount)));
}

/** Conditional orders that hold a place under the cap, are not wanted, and cannot be changed now. */
function countStuck(working: readonly WorkingOrder[], wanted: readonly ExchangeOrder[]): number {
  const slots = new Set(wanted.map((order) => order.slot));
  return working.filter((order) => order.triggerPrice !== null && isUntouchable(order) && !slots.has(order.legs.map(slotOf).join('+'))).length;
}

class Planner {
  readonly #context: PlanContext;
  readonly #cancelEntries: Action[] = [];
  readonly #protect: Action[] = [];
  readonly #cancelProtection: CancelAction[] = [];
  /** Protection that has to go before the order that takes its place, and adds an entry to it, can rest. */
  readonly #makeWay: CancelAction[] = [];
  #enter: Action[] = [];
  readonly #withheld: { order: ExchangeOrder; reason: string }[] = [];
  readonly #closingWanted = new Map<string, D>();
  readonly #closingAtWork = new Map<string, D>();

  constructor(context: PlanContext) {
    this.#context = context;
  }

  /** What does not fit now follows in the next pass. */
  result(desired: readonly ExchangeOrder[], working: readonly WorkingOrder[]): Plan {
    const cap = this.#context.maxConditionalPerSymbol ?? Infinity;
    this.#makeRoom(working, cap);
    const counted = (account: string, cancelled: readonly Action[]): number =>
      cancelled.filter((action) => action.type === 'cancel' && action.target.account === account && action.target.triggerPrice !== null).length;
    const room = new Map<string, number>();
    for (const account of cap === Infinity ? [] : new Set(desired.map((order) => order.account))) {
      room.set(account, cap - working.filter((order) => order.account === account && order.triggerPrice !== null).length + counted(account, this.#cancelEntries));
    }
    const fits = (action: Action): boolean => {
      if (cap === Infinity || action.type !== 'place' || action.order.triggerPrice === null) return true;
      const left = (room.get(action.order.account) ?? cap) - 1;
      room.set(action.order.account, left);
      if (left < 0) this.#withheld.push({ order: action.wanted, reason: `the exchange takes ${cap} conditional orders per symbol; it is placed when one has gone` });
      return left >= 0;
    };
    const protect = this.#protect.filter(fits);
    const unprotect = [...this.#makeWay, ...this.#spareProtection(desired, working)];
    for (const [account, left] of room) room.set(account, Math.max(0, left) + counted(account, unprotect));
    const mayAsk = (action: Action): boolean => action.type !== 'cancel' || !this.#context.uncancellable.has(action.target.clientOrderId);
    const inOrder = [this.#cancelEntries, protect, unprotect, this.#enter.filter(fits)].map((stage) => stage.filter(mayAsk)).filter((stage) => stage.length > 0);
    const actions = inOrder.flat();
    // Nothing waits for anything here but places under a cap: an order that replaces another comes a pass later anyway.
    return { actions, stages: cap === Infinity && actions.length > 0 ? [actions] : inOrder, withheld: this.#withheld };
  }

  /** Under a cap, entries leave their places to protection that has none, the farthest first; they come back when there is room. */
  #makeRoom(working: readonly WorkingOrder[], cap: number): void {
    const needs = new Map<string, number>();
    for (const action of this.#protect) {
      if (action.type !== 'place' || action.order.triggerPrice === null) continue;
      needs.set(action.order.account, (needs.get(action.order.account) ?? 0) + 1);
    }
    const going = new Set(this.#cancelEntries.flatMap((action) => (action.type === 'cancel' ? [action.target] : [])));
    for (const [account, need] of cap === Infinity || !this.#context.mayCancelEntries ? [] : needs) {
      const resting = working.filter((order) => order.account === account && order.triggerPrice !== null && !going.has(order));
      const entries = resting.filter((order) => !order.legs.some(isClosingLeg) && !isUntouchable(order)).sort((a, b) => this.#distance(b).comparedTo(this.#distance(a)));
      for (const target of entries.slice(0, Math.max(0, need - (cap - resting.length)))) {
        this.#cancelEntries.push({ type: 'cancel', target, reason: `${legsText(target.legs)} leaves its place to protection` });
        this.#enter = this.#enter.filter((action) => action.type !== 'amend' || action.target !== target);
      }
    }
  }

  /**
   * Protection is given up only beside at least as much that is confirmed to rest (I6): what replaces it may be refused, or its
   * answer lost. So a stop is cancelled one pass after its successor was placed, and stays when that was not taken.
   */
  #spareProtection(desired: readonly ExchangeOrder[], working: readonly WorkingOrder[]): readonly CancelAction[] {
    if (this.#cancelProtection.length === 0) return [];
    const spare = new Map<string, Spare>();
    // What closes in a netted order protects as well, unless the order goes now.
    const going = new Set([...this.#cancelEntries, ...this.#makeWay].flatMap((action) => (action.type === 'cancel' ? [action.target] : [])));
    for (const order of working) if (order.status === 'live' && order.triggerPrice !== null && !going.has(order)) count(spare, legsLeft(order), 1);
    // A close at market closes what stops protect until it is done: the two are needed beside each other, not on top of each other.
    const resting = new Map<string, Spare>();
    const atMarket = new Map<string, Spare>();
    for (const order of desired) count(order.triggerPrice === null ? atMarket : resting, order.legs, 1);
    for (const key of new Set([...resting.keys(), ...atMarket.keys()])) {
      const [a, b, total] = [resting, atMarket, spare].map((counts) => counts.get(key) ?? NO_SPARE) as [Spare, Spare, Spare];
      spare.set(key, { count: total.count - Math.max(a.count, b.count), amount: total.amount.minus(maxOf(a.amount, b.amount)) });
    }
    // Successors may come one by one, and rungs and cycles differ in size: as many orders can still be less.
    const isSpare = (leg: OrderLeg): boolean => {
      const beyond = spare.get(protectionOf(leg)) ?? NO_SPARE;
      return beyond.count > 0 && beyond.amount.greaterThanOrEqualTo(leg.amount);
    };
    return this.#cancelProtection.filter(({ target }) => {
      const left = legsLeft(target);
      if (!left.every(isSpare)) return false;
      count(spare, left, -1);
      return true;
    });
  }

  /** Under a cap on conditional orders everything that protects comes before what only opens; of each the nearest to the market stay. */
  withinCap(desired: readonly ExchangeOrder[], working: readonly WorkingOrder[]): readonly ExchangeOrder[] {
    const { maxConditionalPerSymbol } = this.#context;
    if (maxConditionalPerSymbol === null) return desired;
    const dropped = new Set<ExchangeOrder>();
    for (const account of new Set(desired.map((order) => order.account))) {
      const onAccount = (order: { readonly account: string }): boolean => order.account === account;
      for (const order of this.#beyondCap(desired.filter(onAccount), working.filter(onAccount), maxConditionalPerSymbol)) dropped.add(order);
    }
    return desired.filter((order) => !dropped.has(order));
  }

  #beyondCap(desired: readonly ExchangeOrder[], working: readonly WorkingOrder[], cap: number): readonly ExchangeOrder[] {
    // A protective order that is replaced rests twice for a moment.
    const room = cap - 1;
    const slots = new Set(working.map((order) => order.legs.map(slotOf).join('+')));
    // What the price is through goes to the market or waits for it to come back: it takes no place.
    const conditional = desired.filter((order) => order.triggerPrice !== null && (slots.has(order.slot) || !this.#isPassed(order)));
    const protects = (order: ExchangeOrder): boolean => order.legs.some(isClosingLeg);
    const ranked = [...conditional].sort((a, b) => Number(protects(b)) - Number(protects(a)) || this.#distance(a).comparedTo(this.#distance(b)));
    const places = Math.max(0, room - countStuck(working, conditional));
    const rests = (order: ExchangeOrder): boolean => protects(order) && slots.has(order.slot);
    // What protects already gives its place only to what protects nearer to the market, not to an order that is stuck.
    const isNeeded = ranked.slice(0, places).some((order) => protects(order) && !rests(order));
    const dropped = ranked.filter((order, rank) => rank >= places && (isNeeded || rank >= room || !rests(order)));
    for (const order of dropped) this.#withheld.push({ order, reason: `the exchange takes ${cap} conditional orders per symbol; protection and nearer rungs come first` });
    return dropped;
  }

  #distance(order: Pick<ExchangeOrder, 'triggerBy' | 'triggerPrice'>) {
    const price = this.#context.prices?.[order.triggerBy] ?? order.triggerPrice ?? '0';
    return dec(order.triggerPrice ?? price).minus(price).abs();
  }

  /** The slot has an order: leave, amend or replace it. */
  compare(order: ExchangeOrder, owner: WorkingOrder, owners: readonly WorkingOrder[]): void {
    if (owners.some(isUntouchable)) return;
    const right = owners.find((candidate) => isSame(order, candidate));
    if (right !== undefined) {
      for (const other of owners) if (other !== right) this.retire(other);
      return;
    }
    if (!this.#mayTouch(order)) return this.#extend(order, owner, owners);
    if (!this.#mayTouch(owner)) return;
    const blocked = this.#blockReason(order);
    if (blocked !== null) {
      this.#withheld.push({ order, reason: blocked });
      // What rests may be of the fragment that was at this level before: it must not open more than is wanted now (I8).
      for (const other of owners) if (openedBy(legsLeft(other)).greaterThan(openedBy(order.legs))) this.retire(other);
      return;
    }
    const reason = owners.length > 1 ? `${legsText(order.legs)} rests as ${owners.length} orders` : differenceText(order, owner);
    if (owners.length === 1 && this.#context.amendsConditional && isAmendable(order, owner) && !this.#isPassed(order)) {
      this.#amend(order, owner, reason);
      return;
    }
    this.#replace(order, owners, reason);
  }

  /** While nothing new is opened, an order that closes a part of what its slot is to close takes on what nothing else closes. */
  #extend(order: ExchangeOrder, owner: WorkingOrder, owners: readonly WorkingOrder[]): void {
    const part = closingPart(order);
    if (part === null) return;
    const served = new Set(owners.flatMap(({ legs }) => legs.map(slotOf)));
    if (!part.legs.some((leg) => served.has(slotOf(leg)))) {
      // What rests in its slots is only what another wallet opens there.
      const missing = this.#uncovered(part);
      if (missing !== null) this.place(missing);
      return;
    }
    if (owners.length > 1 || owner.legs.map(slotOf).join('+') !== part.slot) return;
    const left = legsLeft(owner);
    const legs = part.legs.map((leg, index) => {
      const rests = dec(left[index]?.amount ?? '0');
      const missing = this.#context.mayCancelEntries ? dec(leg.amount) : this.#missing(leg);
      return { ...leg, amount: plain(maxOf(rests, minOf(dec(leg.amount), rests.plus(missing)))) };
    });
    const amount = sum(legs.map((leg) => dec(leg.amount)));
    if (amount.greaterThan(remainingOf(owner))) this.compare({ ...part, legs, amount: plain(amount) }, owner, owners);
  }

  #missing(leg: OrderLeg): D {
    const key = protectionOf(leg);
    return maxOf(ZERO, (this.#closingWanted.get(key) ?? ZERO).minus(this.#closingAtWork.get(key) ?? ZERO));
  }

  #mayTouch(order: { readonly legs: readonly OrderLeg[] }): boolean {
    return this.#context.mayOpen || isProtective(order);
  }

  #amend(order: ExchangeOrder, target: WorkingOrder, reason: string): void {
    const amount = plain(dec(order.amount).plus(target.filled));
    (isProtective(order) ? this.#protect : this.#enter).push({ type: 'amend', target, order, amount, reason });
  }

  #replace(order: ExchangeOrder, owners: readonly WorkingOrder[], reason: string): void {
    const isPureMove = isProtective(order) && owners.every(isProtective);
    const cancels = isPureMove ? this.#cancelProtection : this.#makeWay;
    for (const target of owners) (isProtective(target) ? cancels : this.#cancelEntries).push({ type: 'cancel', target, reason });
    // An entry is placed in the next pass, when its predecessor is known to be gone.
    if (isPureMove) this.place(order, reason);
  }

  /**
   * An order that is filling in parts goes on under its old slot when the ladder or the cycle moves on. What it still does must not
   * be asked for twice (I1, I7): the window's new order waits until it has ended.
   */
  awaitExecuting(unmatched: ExchangeOrder[], working: ReadonlySet<WorkingOrder>): void {
    for (const executing of working) {
      if (!isExecuting(executing) && executing.status === 'live') continue;
      const waiting = unmatched.filter((order) => servesSameWindow(order, executing)).sort((a, b) => stepsApart(a, executing) - stepsApart(b, executing))[0];
      if (waiting === undefined) continue;
      unmatched.splice(unmatched.indexOf(waiting), 1);
      this.#withheld.push({ order: waiting, reason: `${legsText(executing.legs)} is still being filled` });
    }
  }

  /** A window that slid: the far order becomes the near one, where the exchange can amend it. */
  pairMoves(unmatched: ExchangeOrder[], free: Set<WorkingOrder>): void {
    if (!this.#context.amendsConditional) return;
    for (const order of [...unmatched]) {
      if (order.triggerPrice === null || this.#isPassed(order) || !this.#mayTouch(order) || this.#blockReason(order) !== null) continue;
      const target = [...free].find((candidate) => isMovable(order, candidate));
      if (target === undefined) continue;
      free.delete(target);
      unmatched.splice(unmatched.indexOf(order), 1);
      this.#amend(order, target, `the window slid: ${legsText(target.legs)} at ${target.triggerPrice ?? 'market'} → ${legsText(order.legs)} at ${order.triggerPrice}`);
    }
  }

  place(order: ExchangeOrder, why?: string): void {
    const obstacle = this.#blockReason(order) ?? this.#closesFirst(order) ?? (this.#mayTouch(order) ? null : 'the plan takes no new risk now');
    if (obstacle !== null) this.#withheld.push({ order, reason: obstacle });
    // What closes goes ahead without what opens.
    const allowed = obstacle === null ? order : this.#uncovered(closingPart(order));
    if (allowed === null || (allowed !== order && this.#blockReason(allowed) !== null)) return;
    const placeable = this.#isPassed(order) || this.#isPassed(allowed) ? this.#atMarket(allowed) : allowed;
    if (placeable === null) return;
    const reason = why ?? (placeable.type === order.type ? `${legsText(placeable.legs)} is wanted` : `the price is already through ${legsText(order.legs)} at ${order.triggerPrice ?? 'market'}`);
    (isProtective(placeable) ? this.#protect : this.#enter).push({ type: 'place', order: placeable, wanted: allowed, reason });
  }

  /** While windows stay as they rest, what they close already is not closed a second time elsewhere. */
  #uncovered(order: ExchangeOrder | null): ExchangeOrder | null {
    if (order === null || this.#context.mayCancelEntries || order.triggerPrice === null) return order;
    const legs = order.legs.flatMap((leg) => {
      if (!isClosingLeg(leg)) return [leg];
      const key = protectionOf(leg);
      const amount = minOf(this.#missing(leg), dec(leg.amount));
      this.#closingAtWork.set(key, (this.#closingAtWork.get(key) ?? ZERO).plus(amount));
      return amount.greaterThan(0) ? [{ ...leg, amount: plain(amount) }] : [];
    });
    if (legs.length === 0) return null;
    return { ...order, legs, slot: legs.map(slotOf).join('+'), amount: plain(sum(legs.map((leg) => dec(leg.amount)))) };
  }

  /** What is to be closed, and what resting orders close, per wallet and side; looked at only while paused. */
  countClosing(desired: readonly ExchangeOrder[], working: readonly WorkingOrder[]): void {
    if (this.#context.mayCancelEntries) return;
    const count = (totals: Map<string, D>, legs: readonly OrderLeg[]): void => {
      for (const leg of legs.filter(isClosingLeg)) totals.set(protectionOf(leg), (totals.get(protectionOf(leg)) ?? ZERO).plus(leg.amount));
    };
    for (const order of desired) count(this.#closingWanted, order.legs);
    for (const order of working) count(this.#closingAtWork, legsLeft(order));
  }

  #blockReason(order: ExchangeOrder): string | null {
    return this.#context.blockedSlots.get(order.slot) ?? null;
  }

  /** What a netted order closes was refused alone, and does not rest: it is asked for before the whole is. */
  #closesFirst(order: ExchangeOrder): string | null {
    const { refusedSlots } = this.#context;
    if (refusedSlots === undefined || refusedSlots.size === 0) return null;
    return refusedSlots.has(closingPart(order)?.slot ?? '') ? 'what it closes was refused and comes first' : null;
  }

  #isPassed(order: ExchangeOrder): boolean {
    if (order.triggerPrice === null) return false;
    if (this.#context.passedSlots.has(triggerOf(order))) return true;
    const price = this.#context.prices?.[order.triggerBy];
    if (price === undefined || this.#context.behind?.has(order.triggerBy) === true) return false;
    return order.side === 'sell' ? dec(price).lessThanOrEqualTo(order.triggerPrice) : dec(price).greaterThanOrEqualTo(order.triggerPrice);
  }

  /** Closing legs execute at once; opening legs do what `onGap` says. */
  #atMarket(order: ExchangeOrder): ExchangeOrder | null {
    const legs = order.onGap === 'market' && this.#context.mayOpen ? order.legs : order.legs.filter(isClosingLeg);
    if (legs.length < order.legs.length) {
      const reason = order.onGap === 'skip' ? 'the price jumped over it and onGap is skip; it is placed when the price is back' : 'the plan takes no new risk now';
      this.#withheld.push({ order, reason });
    }
    if (legs.length === 0) return null;
    const amount = plain(sum(legs.map((leg) => dec(leg.amount))));
    return { ...order, type: 'market', triggerPrice: null, price: null, amount, legs, slot: legs.map(slotOf).join('+') };
  }

  #isOfEarlierCycle({ legs }: WorkingOrder): boolean {
    return legs.every(({ wallet, cycle }) => cycle < (this.#context.cycles.get(wallet) ?? 0));
  }

  /** Nothing wants this order any more. */
  retire(target: WorkingOrder): void {
    if (isUntouchable(target)) return;
    if (isProtective(target)) this.#cancelProtection.push({ type: 'cancel', target, reason: `${legsText(target.legs)} is no longer wanted` });
    else if (this.#context.mayCancelEntries || this.#isOfEarlierCycle(target)) this.#cancelEntries.push({ type: 'cancel', target, reason: `${legsText(target.legs)} is no longer wanted` });
  }
}

function isSameShape(order: ExchangeOrder, other: WorkingOrder): boolean {
  return (
    order.account === other.account &&
    order.symbol === other.symbol &&
    order.side === other.side &&
    order.type === other.type &&
    order.triggerBy === other.triggerBy &&
    order.positionSide === other.positionSide &&
    order.reduceOnly === other.reduceOnly
  );
}

function isSame(order: ExchangeOrder, other: WorkingOrder): boolean {
  return isSameShape(order, other) && order.triggerPrice === other.triggerPrice && order.price === other.price && order.amount === remainingOf(other) && hasSameLegs(order, other);
}

function hasSameLegs(order: ExchangeOrder, other: WorkingOrder): boolean {
  if (order.legs === other.legs) return true;
  return order.slot === other.legs.map(slotOf).join('+') && order.legs.every((leg, index) => leg.cycle === other.legs[index]?.cycle);
}

/** Only amount, trigger or limit differ. A partly filled order of several legs is replaced: its fills belong to its old legs. */
function isAmendable(order: ExchangeOrder, other: WorkingOrder): boolean {
  if (other.isTriggered || !isSameShape(order, other)) return false;
  return hasSameLegs(order, other) ? order.legs.length === 1 || other.filled === '0' : other.filled === '0';
}

/** The same window one slot further: same roles, legs and shape, untouched so far. */
function isMovable(order: ExchangeOrder, other: WorkingOrder): boolean {
  if (isUntouchable(other) || other.isTriggered || other.filled !== '0' || !isSameShape(order, other)) return false;
  const family = (legs: readonly OrderLeg[]): string => legs.map((leg) => `${leg.wallet}/${leg.role}/${leg.leg}`).join('+');
  return family(order.legs) === family(other.legs);
}

/** Some leg of both does the same for the same wallet. An order at market that closes all there is waits for whatever closes a part. */
function servesSameWindow(order: ExchangeOrder, other: WorkingOrder): boolean {
  const isSameWindow = (a: OrderLeg, b: OrderLeg): boolean => a.wallet === b.wallet && a.leg === b.leg && (a.role === b.role || (isClosingLeg(a) && a.level === null));
  return order.account === other.account && order.legs.some((a) => other.legs.some((b) => isSameWindow(a, b)));
}

function stepsApart(order: ExchangeOrder, other: WorkingOrder): number {
  return Math.abs((order.legs[0]?.level ?? 0) - (other.legs[0]?.level ?? 0));
}

function differenceText(order: ExchangeOrder, other: WorkingOrder): string {
  const parts: string[] = [];
  if (order.triggerPrice !== other.triggerPrice) parts.push(`trigger ${other.triggerPrice ?? 'none'} → ${order.triggerPrice ?? 'none'}`);
  if (order.price !== other.price) parts.push(`limit ${other.price ?? 'none'} → ${order.price ?? 'none'}`);
  if (order.amount !== remainingOf(other)) parts.push(`amount ${remainingOf(other)} → ${order.amount}`);
  if (!hasSameLegs(order, other)) parts.push(`legs ${legsText(other.legs)} → ${legsText(order.legs)}`);
  if (order.type !== other.type) parts.push(`type ${other.type} → ${order.type}`);
  if (order.reduceOnly !== other.reduceOnly) parts.push(`reduce-only ${other.reduceOnly} → ${order.reduceOnly}`);
  if (order.triggerBy !== other.triggerBy) parts.push(`trigger source ${other.triggerBy} → ${order.triggerBy}`);
  return `${legsText(order.legs)}: ${parts.join(', ')}`;
}
