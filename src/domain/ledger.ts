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
  return dec(ledger.capital).minus(ledger.bought).plus(ledger.sold).minus(ledger.fees).plus(ledger.funding);
}

/** `position` is long − short in base units, `mark` a price. */
export function equityOf(ledger: Ledger, position: D, mark: D): D {
  return balanceOf(ledger).plus(position.times(mark));
}

/** Value change of what is held now; by I14 exactly what equity has beyond capital, realised, fees and funding. */
export function unrealisedOf(ledger: Ledger, position: D, mark: D): D {
  return equityOf(ledger, position, mark).minus(ledger.capital).minus(ledger.realised).plus(ledger.fees).minus(ledger.funding);
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
  const cost = price.times(amount);
  const paid = { ...ledger, fees: plain(dec(ledger.fees).plus(fee)) };
  switch (leg) {
    case 'open-long':
      return { ...paid, bought: plain(dec(ledger.bought).plus(cost)), longCost: plain(dec(ledger.longCost).plus(cost)) };
    case 'open-short':
      return { ...paid, sold: plain(dec(ledger.sold).plus(cost)), shortCost: plain(dec(ledger.shortCost).plus(cost)) };
    case 'close-long': {
      const part = closedCost(dec(ledger.longCost), amount, heldBefore);
      return {
        ...paid,
        sold: plain(dec(ledger.sold).plus(cost)),
        longCost: plain(dec(ledger.longCost).minus(part)),
        realised: plain(dec(ledger.realised).plus(cost).minus(part)),
      };
    }
    case 'close-short': {
      const part = closedCost(dec(ledger.shortCost), amount, heldBefore);
      return {
        ...paid,
        bought: plain(dec(ledger.bought).plus(cost)),
        shortCost: plain(dec(ledger.shortCost).minus(part)),
        realised: plain(dec(ledger.realised).plus(part).minus(cost)),
      };
    }
  }
}

function closedCost(cost: D, amount: D, held: D): D {
  if (amount.greaterThanOrEqualTo(held)) return cost;
  return held.isZero() ? ZERO : floorQuotientToStep(cost.times(amount), held, COST_STEP);
}

export function bookFunding(ledger: Ledger, amount: D): Ledger {
  return { ...ledger, funding: plain(dec(ledger.funding).plus(amount)) };
}
