/** Cost of each open leg, so that a trade's realised profit can be told: average cost, as exchanges count it. */
import { ZERO, dec, minOf, plain, roundQuotientToStep } from '../../../domain/decimal.ts';
import type { D, DecimalString } from '../../../domain/decimal.ts';
import type { TradeRecord } from '../../../ports/exchange.ts';

/** Quote currency, as Binance writes it. */
const MONEY_STEP = dec('0.00000001');

interface Leg {
  /** Base units, negative is short. */
  amount: D;
  /** Σ price × amount of what is open, not negative. */
  cost: D;
}

export class LegCosts {
  readonly #legs = new Map<string, Leg>();

  /** Books the trade; returns what it realised before fees. */
  realise({ symbol, positionSide, side, price, amount }: TradeRecord): DecimalString {
    const leg = this.#leg(`${symbol}|${positionSide}`);
    const signed = side === 'buy' ? dec(amount) : dec(amount).negated();
    const isOpposed = leg.amount.times(signed).lessThan(0);
    const closed = isOpposed ? minOf(leg.amount.abs(), signed.abs()) : ZERO;
    const realised = closed.isZero() ? ZERO : close(leg, closed, dec(price));
    const opened = signed.abs().minus(closed);
    if (!opened.isZero()) {
      leg.amount = leg.amount.plus(side === 'buy' ? opened : opened.negated());
      leg.cost = leg.cost.plus(opened.times(price));
    }
    return plain(realised);
  }

  #leg(key: string): Leg {
    const known = this.#legs.get(key);
    if (known !== undefined) return known;
    const leg: Leg = { amount: ZERO, cost: ZERO };
    this.#legs.set(key, leg);
    return leg;
  }
}

function close(leg: Leg, closed: D, price: D): D {
  const size = leg.amount.abs();
  const released = roundQuotientToStep(leg.cost.times(closed), size, MONEY_STEP);
  const proceeds = closed.times(price);
  const isShort = leg.amount.isNegative();
  leg.cost = closed.equals(size) ? ZERO : leg.cost.minus(released);
  leg.amount = isShort ? leg.amount.plus(closed) : leg.amount.minus(closed);
  return isShort ? released.minus(proceeds) : proceeds.minus(released);
}
