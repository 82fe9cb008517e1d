/**
 * A wallet's money as cash flow (DOMAIN §5), exact. `balance = capital − bought + sold − fees + funding`;
 * `equity = balance + position·mark`. Keeps I14: `equity = capital + realised + unrealised − fees + funding`, where realised
 * follows average cost and is rounded once per closing trade, and unrealised is what remains.
 */
import { ZERO, dec, floorQuotientToStep, plain } from './decimal.ts';
import type { D, DecimalString } from './decimal.ts';
import { D as Dec } from './decimal.ts';

export interface Ledger {
  readonly capital: DecimalString;
  /** Σ price·amount of buys, quote. */
  readonly bought: DecimalString;
  /** Σ price·amount of sells, quote. */
  readonly sold: DecimalString;
  readonly fees: DecimalString;
  /** Received is positive. */
  readonly funding: DecimalString;
  /** Entry cost of what is held now, by average cost, quote. */
  readonly longCost: DecimalString;
  readonly shortCost: DecimalString;
  /** Results of closed amounts before fees and funding, quote. */
  readonly realised: DecimalString;
}

/** A part of an entry cost is rounded down to this; the remainder stays with what is still held. */
const COST_STEP = new Dec('1e-12');

export function openLedger(capital: DecimalString): Ledger {
  return { capital, bought: '0', sold: '0', fees: '0', funding: '0', longCost: '0', shortCost: '0', realised: '0' };
}

export function balanceOf(ledger: Ledger): D {
  return dec(ledger.capital).minus(dec(ledger.bought)).plus(dec(ledger.sold)).minus(dec(ledger.fees)).plus(dec(ledger.funding));
}

/** `position` is long − short in base units, `mark` a price. */
export function equityOf(ledger: Ledger, position: D, mark: D): D {
  return balanceOf(ledger).plus(position.times(mark));
}

/** Value change of what is held now; by I14 exactly what equity has beyond capital, realised, fees and funding. */
export function unrealisedOf(ledger: Ledger, position: D, mark: D): D {
  return equityOf(ledger, position, mark).minus(dec(ledger.capital)).minus(dec(ledger.realised)).plus(dec(ledger.fees)).minus(dec(ledger.funding));
}

export interface LedgerTrade {
  readonly leg: 'open-long' | 'close-long' | 'open-short' | 'close-short';
  readonly price: D;
  readonly amount: D;
  readonly fee: D;
  /** What the side held before this trade, base units. */
  readonly heldBefore: D;
}

/** Books one execution. A close beyond what was held is booked at cost zero; the caller's position identities report it. */
export function bookTrade(ledger: Ledger, { leg, price, amount, fee, heldBefore }: LedgerTrade): Ledger {
  const value = price.times(amount);
  const fees = plus(ledger.fees, fee);
  switch (leg) {
    case 'open-long':
      return { ...ledger, fees, bought: plus(ledger.bought, value), longCost: plus(ledger.longCost, value) };
    case 'open-short':
      return { ...ledger, fees, sold: plus(ledger.sold, value), shortCost: plus(ledger.shortCost, value) };
    case 'close-long': {
      const cost = closedCost(dec(ledger.longCost), amount, heldBefore);
      const longCost = plain(dec(ledger.longCost).minus(cost));
      return { ...ledger, fees, sold: plus(ledger.sold, value), longCost, realised: plus(ledger.realised, value.minus(cost)) };
    }
    case 'close-short': {
      const cost = closedCost(dec(ledger.shortCost), amount, heldBefore);
      const shortCost = plain(dec(ledger.shortCost).minus(cost));
      return { ...ledger, fees, bought: plus(ledger.bought, value), shortCost, realised: plus(ledger.realised, cost.minus(value)) };
    }
  }
}

function plus(text: DecimalString, value: D): DecimalString {
  return value.isZero() ? text : plain(dec(text).plus(value));
}

function closedCost(cost: D, amount: D, held: D): D {
  if (amount.greaterThanOrEqualTo(held)) return cost;
  return held.isZero() ? ZERO : floorQuotientToStep(cost.times(amount), held, COST_STEP);
}

export function bookFunding(ledger: Ledger, amount: D): Ledger {
  return { ...ledger, funding: plus(ledger.funding, amount) };
}
