/**
 * One leg of a position and what a trade does to it.
 *
 * A leg keeps its signed amount and its cost (the signed price × amount of what is open). Cash flow decides money (I14): the wallet
 * balance is cash + Σ cost and the equity cash + Σ amount × mark, so how much cost a partial close releases moves profit between
 * realised and unrealised and never creates any. Only that split and isolated margin are quotients, floored to MONEY_STEP.
 */
import { ZERO, dec, floorQuotientToStep, plain, roundQuotientToStep } from '../../domain/decimal.ts';
import type { D, DecimalString } from '../../domain/decimal.ts';
import type { PositionMode } from '../../domain/strategy.ts';
import type { PositionSide, Side } from '../../ports/exchange.ts';

/** Step of quotients of money, quote currency: far below any fee, so that flooring never decides a margin check. */
export const MONEY_STEP = dec('0.000000000001');

export type LegSide = PositionSide | 'both';

export interface Leg {
  readonly symbol: string;
  readonly positionSide: LegSide;
  /** Base units; negative is short, also for the short leg in hedge mode. */
  readonly amount: D;
  /** Σ price × amount of what is open, with the sign of the amount. */
  readonly cost: D;
  /** Isolated margin bound to the leg, quote currency; 0 in cross mode. */
  readonly margin: D;
}

export function legSideOf(mode: PositionMode, positionSide: PositionSide | null): LegSide {
  return mode === 'hedge' && positionSide !== null ? positionSide : 'both';
}

export function emptyLeg(symbol: string, positionSide: LegSide): Leg {
  return { symbol, positionSide, amount: ZERO, cost: ZERO, margin: ZERO };
}

export function signedAmount(side: Side, amount: D): D {
  return side === 'buy' ? amount : amount.negated();
}

/** Whether an order of this side closes its leg; in one-way mode only the reduce-only flag says so. */
export function closesLeg(order: { readonly side: Side; readonly positionSide: PositionSide | null; readonly reduceOnly: boolean }): boolean {
  if (order.positionSide === null) return order.reduceOnly;
  return order.positionSide === 'long' ? order.side === 'sell' : order.side === 'buy';
}

/** How much of `leg` an order of `side` can close. */
export function closableAmount(leg: Leg, side: Side): D {
  const opposed = side === 'sell' ? leg.amount.greaterThan(0) : leg.amount.lessThan(0);
  return opposed ? leg.amount.abs() : ZERO;
}

/** The leg after a trade of `delta` (signed) at `price`; may pass through zero. `leverage` is given in isolated mode. */
export function legAfterTrade(leg: Leg, delta: D, price: D, leverage: D | null): Leg {
  const opposed = leg.amount.times(delta).lessThan(0);
  const closed = opposed ? (delta.abs().lessThan(leg.amount.abs()) ? delta : leg.amount.negated()) : ZERO;
  const opened = delta.minus(closed);
  const rest = closed.isZero() ? leg : legAfterClose(leg, closed.abs());
  if (opened.isZero()) return rest;
  const cost = opened.times(price);
  return {
    ...rest,
    amount: rest.amount.plus(opened),
    cost: rest.cost.plus(cost),
    margin: leverage === null ? ZERO : rest.margin.plus(floorQuotientToStep(cost.abs(), leverage, MONEY_STEP)),
  };
}

function legAfterClose(leg: Leg, closed: D): Leg {
  const size = leg.amount.abs();
  if (closed.equals(size)) return emptyLeg(leg.symbol, leg.positionSide);
  const left = size.minus(closed);
  const sign = leg.amount.isNegative() ? -1 : 1;
  return {
    ...leg,
    amount: left.times(sign),
    cost: floorQuotientToStep(leg.cost.abs().times(left), size, MONEY_STEP).times(sign),
    margin: leg.margin.isZero() ? ZERO : floorQuotientToStep(leg.margin.times(left), size, MONEY_STEP),
  };
}

/** Average entry price for display, rounded to MONEY_STEP; `0` when flat. */
export function entryPrice(leg: Leg): DecimalString {
  if (leg.amount.isZero()) return '0';
  return plain(roundQuotientToStep(leg.cost.abs(), leg.amount.abs(), MONEY_STEP));
}

export function unrealised(leg: Leg, mark: D): D {
  return leg.amount.times(mark).minus(leg.cost);
}

export function legKey(symbol: string, positionSide: LegSide): string {
  return `${symbol}|${positionSide}`;
}
