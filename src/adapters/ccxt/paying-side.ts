/** Which leg a funding payment was of, where the exchange does not say: longs pay a positive rate and shorts receive it. */
import { dec } from '../../domain/decimal.ts';
import type { DecimalString } from '../../domain/decimal.ts';
import type { PositionSide } from '../../ports/exchange.ts';

/** `amount`: positive is received. */
export function payingSide(amount: DecimalString, rate: DecimalString): PositionSide {
  return dec(amount).isNegative() === dec(rate).isNegative() ? 'short' : 'long';
}
