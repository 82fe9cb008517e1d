/**
 * Which orders a wallet wants to rest on the exchange: derived from its machine's snapshot and the declared windows, and from
 * nothing else (DOMAIN §3, §6). Amounts are what is still to be done, so a partly filled order wants its remainder.
 */
import type { Phase } from '../../machines/wallet-cycle.ts';
import { D, dec, plain, sum } from '../domain/decimal.ts';
import type { DecimalString } from '../domain/decimal.ts';
import type { Fill } from '../domain/ladder.ts';
import { levelPrice } from '../domain/grid.ts';
import type { Grid } from '../domain/grid.ts';
import type { Role, Strategy, WalletName } from '../domain/strategy.ts';
import { downLevel, entryAmount, gridOf, upLevel } from '../domain/wallet.ts';
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
 * the last answer for a list of rungs is kept with what else it depended on.
 */
export function desiredOrders(name: WalletName, phase: Phase, facts: WalletFacts, windows: Windows): readonly DesiredOrder[] {
  const known = answers.get(facts.rungs);
  if (known !== undefined && known.windows === windows && known.isResetting === (phase === 'RESET') && dependsOnSame(known.facts, facts)) return known.orders;
  const orders = deriveOrders(name, phase, facts, windows);
  answers.set(facts.rungs, { facts, windows, isResetting: phase === 'RESET', orders });
  return orders;
}

const answers = new WeakMap<WalletFacts['rungs'], { facts: WalletFacts; windows: Windows; isResetting: boolean; orders: readonly DesiredOrder[] }>();

function dependsOnSame(a: WalletFacts, b: WalletFacts): boolean {
  return (
    a.top === b.top &&
    a.cycle === b.cycle &&
    a.coreLong === b.coreLong &&
    a.strayShort === b.strayShort &&
    a.resetOrder === b.resetOrder &&
    a.notional === b.notional &&
    a.anchor === b.anchor &&
    a.unitSize === b.unitSize &&
    a.isOpened === b.isOpened &&
    a.entriesAllowed === b.entriesAllowed &&
    a.parameters === b.parameters
  );
}

function deriveOrders(name: WalletName, phase: Phase, facts: WalletFacts, windows: Windows): DesiredOrder[] {
  const isResetting = phase === 'RESET';
  const ladder = facts.isOpened ? ladderOrders(name, facts, isResetting) : [];
  return [...atMarket(name, facts, isResetting), ...nearestRungs(ladder, windows)];
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
    return order.legs.map((leg) => marketOrder(name, order.role, facts.cycle, leg));
  }
  if (dec(facts.strayShort).isZero() || dec(facts.strayShort).isNegative()) return [];
  return [marketOrder(name, 'close-stray', facts.cycle, { leg: 'close-short', amount: facts.strayShort })];
}

function marketOrder(wallet: WalletName, role: DesiredOrder['role'], cycle: number, leg: DesiredLeg): DesiredOrder {
  return { wallet, role, side: sideOfLeg(leg.leg), rung: null, level: null, triggerPrice: null, amount: leg.amount, legs: [leg], cycle };
}

/** During a reset only what protects keeps resting; the new cycle brings its own entries. */
function ladderOrders(wallet: WalletName, facts: WalletFacts, isResetting: boolean): DesiredOrder[] {
  const grid = gridOf(facts);
  const mayOpen = facts.entriesAllowed && !isResetting;
  const orders: DesiredOrder[] = [];
  const add = (role: Role, rung: number | null, level: number, legsAt: (price: D) => (DesiredLeg | null)[]): void => {
    const order = orderAt(grid, wallet, facts.cycle, role, rung, level, legsAt);
    if (order !== null) orders.push(order);
  };
  if (facts.parameters.cycle === 'rotation') add('stop-loss', null, facts.top, () => [legOf('close-long', dec(facts.coreLong))]);
  facts.rungs.forEach((rung, index) => addRung(facts, rung, index, mayOpen, isResetting, add));
  return orders;
}

type Add = (role: Role, rung: number | null, level: number, legsAt: (price: D) => (DesiredLeg | null)[]) => void;

function addRung(facts: WalletFacts, rung: Rung, index: number, mayOpen: boolean, isResetting: boolean, add: Add): void {
  const down = downLevel(facts, index);
  const up = upLevel(facts, index);
  const long = dec(rung.long);
  const short = dec(rung.short);
  const open = (leg: Leg, wanted: D, has: D): DesiredLeg | null => (mayOpen ? legOf(leg, wanted.minus(has)) : null);
  switch (facts.parameters.cycle) {
    case 'rotation':
      if (!rung.out) add('stop-entry-short', index, down, (price) => [open('open-short', entryAmount(facts, index, price), short)]);
      if (!isResetting) add('cover', index, up, () => [legOf('close-short', short)]);
      return;
    case 'fragments':
      add('stop-loss', index, down, () => [legOf('close-long', long)]);
      if (rung.out) add('stop-entry-long', index, up, (price) => [open('open-long', entryAmount(facts, index, price), long)]);
      return;
    case 'scaling':
      if (rung.out) {
        if (!isResetting) add('flip-long', index, up, () => [legOf('close-short', short), open('open-long', dec(rung.fragment), long)]);
      } else {
        add('flip-short', index, down, () => [legOf('close-long', long), open('open-short', dec(rung.fragment), short)]);
      }
      return;
  }
}

function legOf(leg: Leg, amount: D): DesiredLeg | null {
  return amount.greaterThan(0) ? { leg, amount: plain(amount) } : null;
}

function orderAt(
  grid: Grid,
  wallet: WalletName,
  cycle: number,
  role: Role,
  rung: number | null,
  level: number,
  legsAt: (price: D) => (DesiredLeg | null)[],
): DesiredOrder | null {
  const price = levelPrice(grid, level);
  if (price.lessThanOrEqualTo(0)) return null;
  const legs = legsAt(price).filter((leg) => leg !== null);
  const first = legs[0];
  if (first === undefined) return null;
  const amount = plain(sum(legs.map((leg) => dec(leg.amount))));
  return { wallet, role, side: sideOfLeg(first.leg), rung, level, triggerPrice: plain(price), amount, legs, cycle };
}

/** Of each role only as many rungs as its window lets rest, the nearest to the market first. */
function nearestRungs(orders: readonly DesiredOrder[], windows: Windows): DesiredOrder[] {
  return orders.filter((order) => {
    const { resting } = windows[order.role as Role];
    const nearer = orders.filter((other) => other.role === order.role && isNearer(other, order));
    return nearer.length < resting;
  });
}

function isNearer(a: DesiredOrder, b: DesiredOrder): boolean {
  const distance = (a.level ?? 0) - (b.level ?? 0);
  return a.side === 'sell' ? distance > 0 : distance < 0;
}
