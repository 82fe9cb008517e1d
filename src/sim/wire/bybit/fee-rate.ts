/** The rate an execution was charged at: the funding rate, or the fee over the value, which for a liquidation is no rate of the account's. */
import { dec, plain, roundQuotientToStep } from '../../../domain/decimal.ts';
import type { DecimalString } from '../../../domain/decimal.ts';
import type { WireWorld } from '../wire-world.ts';
import type { Execution } from './bybit-ledger.ts';

const RATE_STEP = dec('0.00000001');

export function feeRateOf(world: WireWorld, row: Execution): DecimalString {
  const funding = row.type === 'Funding' ? world.record(row.symbol).funding.find(({ at }) => at === row.at) : undefined;
  return funding?.rate ?? shareOf(row);
}

function shareOf({ fee, price, amount }: Execution): DecimalString {
  const value = dec(price).times(amount);
  if (value.isZero()) return '0';
  const share = roundQuotientToStep(dec(fee).abs(), value, RATE_STEP);
  return plain(dec(fee).isNegative() ? share.negated() : share);
}
