/**
 * Which orders a wallet wants to rest on the exchange: derived from its machine's snapshot and the declared windows, and from
 * nothing else (DOMAIN §3, §6). Amounts are what is still to be done, so a partly filled order wants its remainder.
 */
import type { Phase } from '../../machines/wallet-cycle.ts';
import { dec, minOf, plain } from '../domain/decimal.ts';
import type { D, DecimalString } from '../domain/decimal.ts';
import type { Fill } from '../domain/ladder.ts';
import { hasDistinctLevels, levelAt } from '../domain/grid.ts';
import type { Grid } from '../domain/grid.ts';
import type { Role, Strategy, WalletName } from '../domain/strategy.ts';
import { downLevel, entryAmount, gridOf, longOf, shortOf, upLevel } from '../domain/wallet.ts';
import type { Leg, Rung, WalletFacts } from '../domain/wallet.ts';

export interface DesiredLeg {
  readonly leg: Leg;
  readonly amount: DecimalString;
}

export interface DesiredOrder {
  readonly wallet: WalletName;
  readonly role: Fill['role'];
  readonly side: 'buy' | 'sell';
  /** The rung it serves; null for the rotation's full stop and for orders at market. */
  readonly rung: number | null;
  /** Null for orders at market. */
  readonly level: number | null;
  readonly triggerPrice: DecimalString | null;
  /** Base units, the sum of its legs. */
  readonly amount: DecimalString;
  /** Closing legs first. */
  readonly legs: readonly DesiredLeg[];
  readonly cycle: number;
}

export type Windows = Strategy['windows'];

/**
 * Everything a wallet wants now, roles in the order of its windows, rungs from the top. Most events leave the ladder as it is, so
 * the last answer for each wallet is kept with what it depended on.
 */
export function desiredOrders(name: WalletName, phase: Phase, facts: WalletFacts, windows: Windows): readonly DesiredOrder[] {
  const isResetting = phase === 'RESET';
  const last = lastAnswers.get(facts.parameters);
  if (last !== undefined && last.windows === windows && last.isResetting === isResetting && dependsOnSame(last.facts, facts)) return last.orders;
  const orders = deriveOrders(name, isResetting, facts, windows);
  lastAnswers.set(facts.parameters, { facts, windows, isResetting, orders });
  return orders;
}

interface Answer {
  readonly facts: WalletFacts;
  readonly windows: Windows;
  readonly isResetting: boolean;
  readonly orders: readonly DesiredOrder[];
}

/** One for each wallet's parameters (I23). */
const lastAnswers = new WeakMap<WalletFacts['parameters'], Answer>();

function dependsOnSame(a: WalletFacts, b: WalletFacts): boolean {
  return (
    a.rungs === b.rungs &&
    a.top === b.top &&
    a.cycle === b.cycle &&
    a.coreLong === b.coreLong &&
    a.strayShort === b.strayShort &&
    a.resetOrder === b.resetOrder &&
    a.notional === b.notional &&
    a.anchor === b.anchor &&
    a.unitSize === b.unitSize &&
    a.isOpened === b.isOpened &&
    a.entriesAllowed === b.entriesAllowed
  );
}

function deriveOrders(name: WalletName, isResetting: boolean, facts: WalletFacts, windows: Windows): DesiredOrder[] {
  const ladder = facts.isOpened ? ladderOrders(name, facts, isResetting) : [];
  return [...atMarket(name, facts, isResetting), ...nearestRungs(ladder, facts.rungs, windows)];
}

/** True for orders that only close what is held; everything else adds risk. */
export function isClosing(order: Pick<DesiredOrder, 'legs'>): boolean {
  return order.legs.every(({ leg }) => leg === 'close-long' || leg === 'close-short');
}

export function sideOfLeg(leg: Leg): 'buy' | 'sell' {
  return leg === 'open-long' || leg === 'close-short' ? 'buy' : 'sell';
}

function atMarket(name: WalletName, facts: WalletFacts, isResetting: boolean): DesiredOrder[] {
  const order = facts.resetOrder;
  if (isResetting && order !== null) {
    return resetLegs(facts, order).map((leg) => marketOrder(name, order.role, facts.cycle, leg));
  }
  // What no rung owns no stop protects, unless the cycle has a full stop: it is closed.
  const strayLong = facts.parameters.cycle === 'rotation' || !facts.isOpened ? '0' : facts.coreLong;
  const stray = [closing('close-long', strayLong), closing('close-short', facts.strayShort)].filter((leg) => leg !== null);
  return stray.map((leg) => marketOrder(name, 'close-stray', facts.cycle, leg));
}

/** A reset closes every short there is when its order is sent, and sells no more than is held: entries, covers and stops may fill after it was decided. */
function resetLegs(facts: WalletFacts, order: NonNullable<WalletFacts['resetOrder']>): readonly DesiredLeg[] {
  const short = closing('close-short', plain(shortOf(facts)));
  const long = longOf(facts);
  const others = order.legs.flatMap(({ leg, amount }) => {
    if (leg === 'close-short') return [];
    const held = leg === 'close-long' ? closing(leg, plain(minOf(long, dec(amount)))) : { leg, amount };
    return held === null ? [] : [held];
  });
  return short === null ? others : [short, ...others];
}

function marketOrder(wallet: WalletName, role: DesiredOrder['role'], cycle: number, leg: DesiredLeg): DesiredOrder {
  return { wallet, role, side: sideOfLeg(leg.leg), rung: null, level: null, triggerPrice: null, amount: leg.amount, legs: [leg], cycle };
}

/** What the windows of a ladder have in common. */
interface Ladder {
  readonly wallet: WalletName;
  readonly facts: WalletFacts;
  readonly grid: Grid;
  readonly mayOpen: boolean;
  readonly isResetting: boolean;
}

/** During a reset only what protects keeps resting; the new cycle brings its own entries. */
function ladderOrders(wallet: WalletName, facts: WalletFacts, isResetting: boolean): DesiredOrder[] {
  const ladder: Ladder = { wallet, facts, grid: gridOf(facts), mayOpen: facts.entriesAllowed && !isResetting, isResetting };
  const orders: (DesiredOrder | null)[] = [];
  if (facts.parameters.cycle === 'rotation') orders.push(orderAt(ladder, 'stop-loss', null, facts.top, [closing('close-long', facts.coreLong)]));
  facts.rungs.forEach((rung, index) => orders.push(...rungOrders(ladder, rung, index)));
  return orders.filter((order) => order !== null);
}

function rungOrders(ladder: Ladder, rung: Rung, index: number): (DesiredOrder | null)[] {
  const { facts, isResetting } = ladder;
  const down = downLevel(facts, index);
  const up = upLevel(facts, index);
  switch (facts.parameters.cycle) {
    case 'rotation': {
      const entry = rung.out ? null : orderAt(ladder, 'stop-entry-short', index, down, [entering(ladder, 'open-short', index, down, rung.short)]);
      const cover = isResetting ? null : orderAt(ladder, 'cover', index, up, [closing('close-short', rung.short)]);
      return [entry, cover];
    }
    case 'fragments': {
      const stop = orderAt(ladder, 'stop-loss', index, down, [closing('close-long', rung.long)]);
      const entry = rung.out ? orderAt(ladder, 'stop-entry-long', index, up, [entering(ladder, 'open-long', index, up, rung.long)]) : null;
      return [stop, entry];
    }
    case 'scaling': {
      const long = rung.out ? closing('close-long', excess(rung.long, rung.short)) : closing('close-long', rung.long);
      const short = rung.out ? closing('close-short', rung.short) : closing('close-short', excess(rung.short, rung.long));
      const toShort = orderAt(ladder, 'flip-short', index, down, [long, rung.out ? null : opening(ladder, 'open-short', dec(rung.fragment), rung.short)]);
      const toLong = orderAt(ladder, 'flip-long', index, up, [short, rung.out ? opening(ladder, 'open-long', dec(rung.fragment), rung.long) : null]);
      return [toShort, isResetting ? null : toLong];
    }
  }
}

/** What a fragment that is half way through its flip holds of its new side beyond the old one: it is closed again where it came from. */
function excess(amount: DecimalString, other: DecimalString): DecimalString {
  return amount === '0' ? '0' : plain(dec(amount).minus(dec(other)));
}

function isSome(amount: DecimalString): boolean {
  return amount !== '0' && !amount.startsWith('-');
}

function closing(leg: Leg, holds: DecimalString): DesiredLeg | null {
  return isSome(holds) ? { leg, amount: holds } : null;
}

/** What is still to be opened of `wanted`. */
function opening({ mayOpen }: Ladder, leg: Leg, wanted: D, has: DecimalString): DesiredLeg | null {
  if (!mayOpen) return null;
  const missing = plain(has === '0' ? wanted : wanted.minus(dec(has)));
  return isSome(missing) ? { leg, amount: missing } : null;
}

/** An entry of a fixed quote amount; none where there is no price. */
function entering(ladder: Ladder, leg: Leg, rung: number, level: number, has: DecimalString): DesiredLeg | null {
  return ladder.mayOpen ? opening(ladder, leg, entryAmount(ladder.facts, rung, level), has) : null;
}

function orderAt({ wallet, facts, grid }: Ladder, role: Role, rung: number | null, level: number, wanted: readonly (DesiredLeg | null)[]): DesiredOrder | null {
  const { text } = levelAt(grid, level);
  const legs = wanted.filter((leg) => leg !== null && (!isOpening(leg) || isApart(grid, level, sideOfLeg(leg.leg)))) as readonly DesiredLeg[];
  const [first, second] = legs;
  if (first === undefined || !isSome(text)) return null;
  const amount = second === undefined ? first.amount : plain(dec(first.amount).plus(dec(second.amount)));
  return { wallet, role, side: sideOfLeg(first.leg), rung, level, triggerPrice: text, amount, legs, cycle: facts.cycle };
}

function isOpening({ leg }: DesiredLeg): boolean {
  return leg === 'open-long' || leg === 'open-short';
}

/**
 * Levels can fall on one price: geometric ones deep under the anchor, and any where significant figures coarsen the tick. What opened there would be closed at the very same price and opened
 * again without end, so nothing opens at a level that is not apart from the one its counterpart has; what closes still does.
 */
function isApart(grid: Grid, level: number, side: 'buy' | 'sell'): boolean {
  return hasDistinctLevels(grid) || levelAt(grid, level).text !== levelAt(grid, side === 'sell' ? level + 1 : level - 1).text;
}

/**
 * Of each role only as many rungs as its window lets rest, the nearest to the market first. What takes no place from an order that still
 * protects (I6): a flip of which only the opening half is left, which may have to wait for the price to come back; and what closes the half
 * a rung already holds of its other side, which always rests.
 */
function nearestRungs(orders: readonly DesiredOrder[], rungs: readonly Rung[], windows: Windows): readonly DesiredOrder[] {
  if (orders.every((order) => windows[order.role as Role].resting >= orders.length)) return orders;
  const whole = orders.filter((order) => !closesHalf(order, rungs));
  return orders.filter((order) => {
    if (closesHalf(order, rungs)) return true;
    const { resting } = windows[order.role as Role];
    const counts = (other: DesiredOrder): boolean => !isFlip(other) || other.legs.some((leg) => !isOpening(leg)) || order.legs.every(isOpening);
    const nearer = whole.filter((other) => other.role === order.role && isNearer(other, order) && counts(other));
    return nearer.length < resting;
  });
}

/** The rung is half way: its order of this role is the one of the side it has not reached, or has not left, completely. */
function closesHalf({ role, rung }: DesiredOrder, rungs: readonly Rung[]): boolean {
  const isOut = rung === null ? undefined : rungs[rung]?.out;
  if (isOut === undefined) return false;
  return role === 'stop-loss' || role === 'flip-short' ? isOut : (role === 'cover' || role === 'flip-long') && !isOut;
}

function isFlip({ role }: DesiredOrder): boolean {
  return role === 'flip-short' || role === 'flip-long';
}

function isNearer(a: DesiredOrder, b: DesiredOrder): boolean {
  const distance = (a.level ?? 0) - (b.level ?? 0);
  return a.side === 'sell' ? distance > 0 : distance < 0;
}
