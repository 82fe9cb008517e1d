/**
 * Contracts and base units, for exchanges that count contracts: everywhere but inside their dialects an amount is base units. Exact both
 * ways; towards the exchange an amount is floored to its lots, so that an order is never larger than what was asked for.
 */
import { dec, floorToStep, plain } from '../../domain/decimal.ts';
import type { DecimalString } from '../../domain/decimal.ts';
import type { VenueMarket } from './dialect.ts';

/** What a market needs for it. `instrument.amountStep` is base units: one lot. */
export type ContractTerms = Pick<VenueMarket, 'contractSize'> & { readonly instrument: Pick<VenueMarket['instrument'], 'amountStep'> };

/** Contracts for an amount of base units (≥ 0), floored to whole lots; `0` for less than one. */
export function contractsOf({ contractSize, instrument }: ContractTerms, amount: DecimalString): DecimalString {
  return plain(floorToStep(dec(amount), dec(instrument.amountStep)).div(dec(contractSize)));
}

/** Base units of a number of contracts, whose sign is kept. */
export function baseAmountOf({ contractSize }: Pick<ContractTerms, 'contractSize'>, contracts: DecimalString): DecimalString {
  return plain(dec(contracts).times(contractSize));
}
