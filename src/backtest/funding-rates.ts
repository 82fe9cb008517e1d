/** Funding rates as whole numbers, read once for all runs that are paid by one list. */
import type { FundingColumns } from '../domain/candle-columns.ts';
import { D } from '../domain/decimal.ts';

export interface Rates {
  readonly decimals: number;
  readonly rates: readonly { readonly numerator: bigint; readonly float: number }[];
}

export const NO_RATES: Rates = { decimals: 0, rates: [] };
/** Many runs are paid by one list: it is read once. */
const knownRates = new WeakMap<FundingColumns, Rates>();

export function ratesOf(funding: FundingColumns): Rates {
  let rates = knownRates.get(funding);
  if (rates === undefined) {
    const values = funding.rate.map((rate) => new D(rate));
    const decimals = values.reduce((most, value) => Math.max(most, value.decimalPlaces()), 0);
    const factor = new D(`1e${decimals}`);
    rates = { decimals, rates: values.map((value) => ({ numerator: BigInt(value.times(factor).toFixed()), float: value.toNumber() })) };
    knownRates.set(funding, rates);
  }
  return rates;
}
