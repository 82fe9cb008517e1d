/**
 * The difference between the orders that are wanted and those that rest, for the plain backtest (DOMAIN §6): what is left alone, what is
 * changed in its place, what is new. What is in none of these is cancelled.
 */
import type { Order, OrderPart, RestingOrder } from './exchange.ts';
import { larger, text, total } from './numbers.ts';
import type { Num } from './numbers.ts';
import { isClosing } from './windows.ts';
import type { WantedOrder } from './windows.ts';

export interface Changes {
  readonly leave: ReadonlySet<RestingOrder>;
  /** A window that slid, or an amount that changed. */
  readonly amend: ReadonlyMap<RestingOrder, WantedOrder>;
  readonly place: readonly WantedOrder[];
  /** Orders in whose place an entry comes: they have to be gone first, whatever they protect. */
  readonly makeWay: ReadonlySet<RestingOrder>;
}

/** `sendable`: what of an order the exchange takes; all of it, what closes, or nothing. */
export function changesOf(wanted: readonly WantedOrder[], resting: readonly RestingOrder[], isReached: (order: WantedOrder) => boolean, sendable: (order: WantedOrder) => WantedOrder | null): Changes {
  const leave = new Set<RestingOrder>();
  const amend = new Map<RestingOrder, WantedOrder>();
  const place: WantedOrder[] = [];
  const makeWay = new Set<RestingOrder>();
  const free = new Set(resting);
  const unmatched: { readonly order: WantedOrder; readonly mayMove: boolean }[] = [];
  for (const order of wanted) {
    const slots = new Set(order.parts.map(slotOf));
    const owners = resting.filter(({ parts }) => parts.some((part) => slots.has(slotOf(part))));
    for (const owner of owners) free.delete(owner);
    const [owner] = owners;
    const sent = sendable(order);
    const right = owners.find((each) => sent !== null && isAsWanted(sent, each));
    if (right !== undefined) leave.add(right);
    else if (sent === null) continue;
    else if (owner === undefined) unmatched.push({ order: sent, mayMove: sent === order });
    else if (owners.length === 1 && sent === order && mayBecome(order, owner) && !isReached(order)) amend.set(owner, order);
    else if (isProtective(order) && owners.every(isProtective)) place.push(order);
    else for (const each of owners) makeWay.add(each);
  }
  for (const { order, mayMove } of unmatched) {
    const target = !mayMove || isReached(order) ? undefined : [...free].find((each) => mayBecome(order, each) && familyOf(order) === familyOf(each));
    if (target === undefined) place.push(order);
    else {
      free.delete(target);
      amend.set(target, order);
    }
  }
  return { leave, amend, place, makeWay };
}

/** Which of the outdated orders that protect may go: those beside which at least as much rests as is wanted, in number and amount. */
export function spareOf(wanted: readonly WantedOrder[], stays: readonly RestingOrder[], outdated: readonly RestingOrder[]): RestingOrder[] {
  const closing = (orders: readonly Order[], like: OrderPart): Num[] => orders.flatMap(({ parts }) => parts.filter(({ wallet, leg }) => wallet === like.wallet && leg === like.leg)).map(({ amount }) => amount);
  const gone: RestingOrder[] = [];
  for (const order of outdated) {
    const isSpare = order.parts.every((part) => {
      const here = closing(stays.filter((each) => !gone.includes(each)), part);
      // A close at market and a stop do the same once: the two are not wanted on top of each other.
      const [stops, atMarket] = [true, false].map((waits) => closing(wanted.filter(({ trigger }) => (trigger !== null) === waits), part)) as [Num[], Num[]];
      const needed = larger(total(stops), total(atMarket));
      return here.length > Math.max(stops.length, atMarket.length) && total(here).minus(needed).greaterThanOrEqualTo(part.amount);
    });
    if (isSpare) gone.push(order);
  }
  return gone;
}

export function isProtective(order: Order): boolean {
  return order.parts.every(({ leg }) => isClosing(leg));
}

/** The parts that are picked as an order of their own; null without any, the order itself with all. */
export function partOf(order: WantedOrder, isPicked: (leg: OrderPart['leg']) => boolean): WantedOrder | null {
  const parts = order.parts.filter(({ leg }) => isPicked(leg));
  if (parts.length === order.parts.length) return order;
  return parts.length === 0 ? null : { ...order, parts, amount: total(parts.map(({ amount }) => amount)) };
}

/** What an order does, and where: one order rests for it. */
function slotOf({ wallet, role, level, leg, cycle }: OrderPart): string {
  return `${wallet} ${role} ${level ?? ''} ${leg} ${cycle}`;
}

function isAsWanted(order: WantedOrder, resting: RestingOrder): boolean {
  const all = (each: Order): string => [...each.parts.map(slotOf), text(each.amount), each.trigger?.toFixed(), each.limit?.toFixed(), shapeOf(each)].join('|');
  return all(order) === all(resting);
}

/** Only amount, trigger and limit of an order that waits can be changed. */
function mayBecome(order: WantedOrder, resting: RestingOrder): boolean {
  return order.trigger !== null && !resting.isTriggered && shapeOf(order) === shapeOf(resting);
}

function shapeOf({ account, side, limit, triggerBy, positionSide, reduceOnly }: Order): string {
  return [account, side, limit === null, triggerBy, positionSide, reduceOnly].join();
}

/** The same window, whatever the level. */
function familyOf({ parts }: Order): string {
  return parts.map(({ wallet, role, leg }) => `${wallet} ${role} ${leg}`).join('+');
}
