/**
 * The ladder (DOMAIN §2): a price touch slides it, only a fill reported by the exchange changes a rung.
 * Fills may come late, in parts and in any order; sums per rung make the order of arrival irrelevant (I4 is kept by the caller,
 * who books each trade once).
 */
import { dec, minOf, plain } from './decimal.ts';
import type { D } from './decimal.ts';
import type { DecimalString } from './decimal.ts';
import { requestReset } from './cycle.ts';
import { touchUnit } from './grid.ts';
import { absurd, invariant } from './invariant.ts';
import { bookFunding, bookTrade } from './ledger.ts';
import type { Role } from './strategy.ts';
import { gridOf, longOf, rungsOut, shortOf } from './wallet.ts';
import type { Leg, Rung, WalletFacts } from './wallet.ts';

export interface Touch {
  readonly price: DecimalString;
  /** Exchange time, ms. */
  readonly at: number;
  /** False while the plan is paused: the unit is followed, nothing slides and no reset begins. */
  readonly slides: boolean;
}

/** Remembers a price where there is no grid to follow: before the start and while a reset's order is out. */
export function seePrice(facts: WalletFacts, price: DecimalString): WalletFacts {
  return { ...facts, price };
}

/** Follows the price: last level touched, extremes, slide, and the resets that a touch alone makes due. */
export function touchPrice(facts: WalletFacts, { price, at, slides }: Touch): WalletFacts {
  const unit = touchUnit(gridOf(facts), facts.unit, price);
  const touched: WalletFacts = {
    ...facts,
    price,
    unit,
    peakUnit: Math.max(facts.peakUnit, unit),
    valleyUnit: Math.min(facts.valleyUnit, unit),
  };
  if (!slides) return touched;
  if (hasRecoveredInCash(touched, at)) return requestReset(touched, 'recovered-in-cash', price);
  return slide(hasAdvanced(touched) ? requestReset(touched, 'advanced', price) : touched);
}

/** Rotation: the long is closed, no short is open, and the price is back at T + 1 (DOMAIN §3.1). */
function hasRecoveredInCash(facts: WalletFacts, at: number): boolean {
  return isWaitingInCash(facts) && at > (facts.longClosedAt ?? at) && facts.unit >= facts.top + 1;
}

/** The price that recovers it has been there, but no later than the long was closed: the next one decides, whether or not it reaches a level. */
export function awaitsLaterPrice(facts: WalletFacts): boolean {
  return isWaitingInCash(facts) && facts.unit >= facts.top + 1;
}

function isWaitingInCash(facts: WalletFacts): boolean {
  return facts.parameters.cycle === 'rotation' && facts.longClosedAt !== null && rungsOut(facts) === 0 && shortOf(facts).isZero();
}

function hasAdvanced(facts: WalletFacts): boolean {
  const { policy, onAdvance } = facts.parameters.reset;
  return policy === 'independent' && isAdvancedBy(facts, onAdvance);
}

/** Nothing was traded in this cycle and the price is `units` above its anchor. */
export function isAdvancedBy(facts: WalletFacts, units: number | null): boolean {
  return units !== null && !facts.hasTraded && facts.unit >= units;
}

/** k = 0 trails the price up, k = N trails it down, in between the ladder is pinned. */
function slide(facts: WalletFacts): WalletFacts {
  const out = rungsOut(facts);
  const { confirmation } = facts.parameters;
  if (out === 0) return { ...facts, top: Math.max(facts.top, facts.unit - confirmation) };
  if (out === facts.rungs.length) return { ...facts, top: Math.min(facts.top, topWhenAllOut(facts)) };
  return facts;
}

function topWhenAllOut(facts: WalletFacts): number {
  return facts.unit + facts.parameters.confirmation + facts.rungs.length - 2;
}

export const MARKET_ROLES = ['market-buy', 'rebalance', 'close-stray', 'flatten'] as const;
/** Orders at market: of a start or reset, of a short that opened late, of an operator's flatten. */
export type MarketRole = (typeof MARKET_ROLES)[number];

export interface Fill {
  readonly role: Role | MarketRole;
  /** Null for orders at market. */
  readonly level: number | null;
  readonly leg: Leg;
  /** The cycle the order was placed in. */
  readonly cycle: number;
  readonly price: DecimalString;
  readonly amount: DecimalString;
  /** Quote, positive is paid. */
  readonly fee: DecimalString;
  /** This execution completes the leg's amount. */
  readonly isComplete: boolean;
  /** The rung the order's first part was booked on; absent for a first part. Later parts go there, wherever the ladder has moved. */
  readonly rung?: number;
  /** Exchange time, ms. */
  readonly at: number;
}

/** Books one execution: money first, then what it did to the ladder or to the reset's order. */
export function bookFill(facts: WalletFacts, fill: Fill): WalletFacts {
  const paid = bookMoney(facts, fill);
  switch (fill.role) {
    case 'market-buy':
    case 'rebalance':
      return bookResetFill(paid, fill);
    case 'close-stray':
    case 'flatten':
      return moveHoldings(paid, fill);
    case 'stop-loss':
    case 'stop-entry-short':
    case 'stop-entry-long':
    case 'cover':
    case 'flip-short':
    case 'flip-long':
      return fill.cycle === facts.cycle ? bookLadderFill(paid, fill) : bookLateFill(paid, fill);
    default:
      return absurd(fill.role);
  }
}

function bookMoney(facts: WalletFacts, fill: Fill): WalletFacts {
  const heldBefore = fill.leg === 'close-short' || fill.leg === 'open-short' ? shortOf(facts) : longOf(facts);
  const trade = { leg: fill.leg, price: dec(fill.price), amount: dec(fill.amount), fee: dec(fill.fee), heldBefore };
  return { ...facts, ledger: bookTrade(facts.ledger, trade) };
}

/** A share of a funding payment; positive is received, quote. */
export function bookFundingShare(facts: WalletFacts, amount: DecimalString): WalletFacts {
  return { ...facts, ledger: bookFunding(facts.ledger, dec(amount)) };
}

function bookResetFill(facts: WalletFacts, fill: Fill): WalletFacts {
  const moved = moveHoldings(facts, fill);
  const order = facts.resetOrder;
  if (order === null) return moved;
  return {
    ...moved,
    resetOrder: {
      ...order,
      legs: fill.isComplete ? order.legs.filter(({ leg }) => leg !== fill.leg) : order.legs,
      filled: plain(dec(order.filled).plus(dec(fill.amount))),
      cost: plain(dec(order.cost).plus(dec(fill.price).times(dec(fill.amount)))),
    },
  };
}

/** An order of the reset ended without filling the rest of its amount: what it did fill counts. The reset still waits for its other orders. */
export function abandonResetOrder(facts: WalletFacts, ended: readonly Leg[] | undefined): WalletFacts {
  const order = facts.resetOrder;
  return order === null ? facts : { ...facts, resetOrder: { ...order, legs: ended === undefined ? [] : order.legs.filter(({ leg }) => !ended.includes(leg)) } };
}

function bookLadderFill(facts: WalletFacts, fill: Fill): WalletFacts {
  if (facts.parameters.cycle === 'rotation' && fill.role === 'stop-loss') return bookFullStop(facts, fill);
  const index = rungServed(facts, fill);
  if (index === null) return moveHoldings(facts, fill);
  const held = moveRung(facts, index, fill);
  return fill.isComplete ? completeLeg(held, index, fill) : held;
}

/** Rotation: the whole long leaves at once. An order of an earlier cycle closes the new long only if it empties it. */
function bookFullStop(facts: WalletFacts, fill: Fill): WalletFacts {
  const left = dec(facts.coreLong).minus(dec(fill.amount));
  const isClosed = left.lessThanOrEqualTo(0) || (fill.isComplete && fill.cycle === facts.cycle);
  const longClosedAt = isClosed ? (facts.longClosedAt ?? fill.at) : facts.longClosedAt;
  return { ...facts, coreLong: plain(left), longClosedAt, hasTraded: facts.hasTraded || isClosed };
}

/** The rung the first part of an order of this cycle is booked on; null where a fill serves no rung of its own. */
export function rungOfFill(facts: WalletFacts, fill: Fill): number | null {
  const isFullStop = facts.parameters.cycle === 'rotation' && fill.role === 'stop-loss';
  return fill.level === null || fill.cycle !== facts.cycle || isFullStop ? null : rungServed(facts, fill);
}

/** The rung a level belongs to now; when the ladder has slid away from under a late fill, the nearest rung it fits. */
function rungServed(facts: WalletFacts, fill: Fill): number | null {
  if (fill.rung !== undefined && fill.rung < facts.rungs.length) return fill.rung;
  const isUp = fill.role === 'cover' || fill.role === 'flip-long' || fill.role === 'stop-entry-long';
  const wanted = facts.top - (fill.level ?? facts.top) + (isUp ? 1 : 0);
  let best: number | null = null;
  facts.rungs.forEach((rung, index) => {
    if (!fits(rung, fill)) return;
    if (best === null || Math.abs(index - wanted) < Math.abs(best - wanted)) best = index;
  });
  return best;
}

function fits(rung: Rung, { role, leg }: Fill): boolean {
  switch (role) {
    case 'stop-entry-short':
      return !rung.out;
    case 'flip-short':
      return !rung.out || (leg === 'close-long' && dec(rung.long).greaterThan(dec(rung.short)));
    case 'stop-loss':
      return !rung.out || !dec(rung.long).isZero();
    case 'cover':
      return rung.out || !dec(rung.short).isZero();
    case 'flip-long':
      return rung.out || (leg === 'close-short' && dec(rung.short).greaterThan(dec(rung.long)));
    case 'stop-entry-long':
      return rung.out;
    default:
      return false;
  }
}

function replaceRung(facts: WalletFacts, index: number, change: Partial<Rung>): WalletFacts {
  return { ...facts, rungs: facts.rungs.map((rung, at) => (at === index ? { ...rung, ...change } : rung)) };
}

function moveRung(facts: WalletFacts, index: number, fill: Fill): WalletFacts {
  const rung = facts.rungs[index];
  invariant(rung !== undefined, 'I14 a fill is booked on a rung of the ladder', { index });
  switch (fill.leg) {
    case 'open-long':
      return replaceRung(facts, index, { long: plain(dec(rung.long).plus(dec(fill.amount))) });
    case 'open-short':
      return replaceRung(facts, index, { short: plain(dec(rung.short).plus(dec(fill.amount))) });
    case 'close-long': {
      const part = minOf(dec(rung.long), dec(fill.amount));
      const moved = replaceRung(facts, index, { long: plain(dec(rung.long).minus(part)) });
      return takeLong(moved, dec(fill.amount).minus(part));
    }
    case 'close-short': {
      const part = minOf(dec(rung.short), dec(fill.amount));
      const moved = replaceRung(facts, index, { short: plain(dec(rung.short).minus(part)) });
      return takeShort(moved, dec(fill.amount).minus(part));
    }
  }
}

/** One leg of the rung's order is done; with both legs it needs done, the rung changes sides. */
function completeLeg(facts: WalletFacts, index: number, fill: Fill): WalletFacts {
  const rung = facts.rungs[index];
  invariant(rung !== undefined, 'I14 a fill is booked on a rung of the ladder', { index });
  const isFlip = fill.role === 'flip-short' || fill.role === 'flip-long';
  const isClose = fill.leg === 'close-long' || fill.leg === 'close-short';
  // A flip that was half way has been undone: the fragment is still on the side it came from.
  if (isFlip && rung.out === (fill.role === 'flip-short')) return { ...facts, hasTraded: true };
  const nothingToClose = dec(fill.role === 'flip-long' ? rung.short : rung.long).isZero();
  const closeDone = rung.closeDone || isClose || !isFlip || nothingToClose;
  const openDone = rung.openDone || !isClose || !isFlip || !facts.entriesAllowed;
  if (!closeDone || !openDone) return replaceRung(facts, index, { closeDone, openDone });
  const isOut = fill.role === 'stop-loss' || fill.role === 'stop-entry-short' || fill.role === 'flip-short';
  const before = rungsOut(facts);
  const flipped = replaceRung({ ...facts, hasTraded: true }, index, { out: isOut, closeDone: false, openDone: false });
  return settleTop(flipped, before, fill.price);
}

/** T is set anew at the moment k becomes 0 or N; back at 0 an independent wallet is due for its reset. */
function settleTop(facts: WalletFacts, outBefore: number, price: DecimalString): WalletFacts {
  const out = rungsOut(facts);
  if (out === outBefore) return facts;
  if (out === facts.rungs.length) return { ...facts, top: topWhenAllOut(facts) };
  if (out > 0) return facts;
  const back = { ...facts, top: facts.unit - facts.parameters.confirmation };
  return facts.parameters.reset.policy === 'independent' ? requestReset(back, 'ladder-complete', price) : back;
}

/**
 * A ladder order of an earlier cycle that filled late. A close empties the new ladder from the top, and what is emptied is out;
 * a long it opened joins the last rung, which sells all it holds; a short it opened is a stray.
 */
function bookLateFill(facts: WalletFacts, fill: Fill): WalletFacts {
  if (facts.parameters.cycle === 'rotation' && fill.role === 'stop-loss') return bookFullStop(facts, fill);
  const last = facts.rungs.length - 1;
  if (fill.leg === 'open-long' && last >= 0) return moveRung(facts, last, fill);
  const moved = moveHoldings(facts, fill);
  if (facts.parameters.cycle !== 'fragments' || fill.leg !== 'close-long') return moved;
  const before = rungsOut(moved);
  const rungs = moved.rungs.map((rung) => (dec(rung.long).isZero() ? { ...rung, out: true } : rung));
  const emptied = { ...moved, rungs };
  return rungsOut(emptied) === before ? moved : settleTop({ ...emptied, hasTraded: true }, before, fill.price);
}

/** Amounts without a rung of their own: reset orders, and orders of an earlier cycle that filled late. */
function moveHoldings(facts: WalletFacts, fill: Fill): WalletFacts {
  const amount = dec(fill.amount);
  switch (fill.leg) {
    case 'open-long':
      return { ...facts, coreLong: plain(dec(facts.coreLong).plus(amount)) };
    case 'open-short':
      return { ...facts, strayShort: plain(dec(facts.strayShort).plus(amount)) };
    case 'close-long':
      return takeLong(facts, amount);
    case 'close-short':
      return takeShort(facts, amount);
  }
}

/** Takes long away where it is: outside the rungs first, then from the top rung down. More than there is leaves a debt that I14 reports. */
function takeLong(facts: WalletFacts, amount: D): WalletFacts {
  if (amount.isZero()) return facts;
  const fromCore = minOf(amount, dec(facts.coreLong));
  let rest = amount.minus(fromCore);
  const rungs = facts.rungs.map((rung) => {
    const part = minOf(rest, dec(rung.long));
    rest = rest.minus(part);
    return part.isZero() ? rung : { ...rung, long: plain(dec(rung.long).minus(part)) };
  });
  return { ...facts, rungs, coreLong: plain(dec(facts.coreLong).minus(fromCore).minus(rest)) };
}

function takeShort(facts: WalletFacts, amount: D): WalletFacts {
  if (amount.isZero()) return facts;
  const fromStray = minOf(amount, dec(facts.strayShort));
  let rest = amount.minus(fromStray);
  const rungs = facts.rungs.map((rung) => {
    const part = minOf(rest, dec(rung.short));
    rest = rest.minus(part);
    return part.isZero() ? rung : { ...rung, short: plain(dec(rung.short).minus(part)) };
  });
  return { ...facts, rungs, strayShort: plain(dec(facts.strayShort).minus(fromStray).minus(rest)) };
}

/**
 * A change of the wallet's position that no order of the plan made (liquidation, ADL, a manual trade), at `price`: closing legs take away
 * where there is something, opening legs add outside the rungs.
 */
export function bookExternalChange(facts: WalletFacts, { leg, amount, price, fee }: Pick<Fill, 'leg' | 'amount' | 'price' | 'fee'>): WalletFacts {
  const heldBefore = leg === 'close-short' ? shortOf(facts) : longOf(facts);
  const trade = { leg, price: dec(price), amount: dec(amount), fee: dec(fee), heldBefore };
  const paid = { ...facts, ledger: bookTrade(facts.ledger, trade) };
  switch (leg) {
    case 'close-long':
      return takeLong(paid, dec(amount));
    case 'close-short':
      return takeShort(paid, dec(amount));
    case 'open-long':
      return { ...paid, coreLong: plain(dec(paid.coreLong).plus(amount)) };
    case 'open-short':
      return { ...paid, strayShort: plain(dec(paid.strayShort).plus(amount)) };
  }
}
