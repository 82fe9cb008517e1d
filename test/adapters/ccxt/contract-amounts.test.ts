/** Contracts ↔ base units: exact both ways, floored towards the exchange, never more than asked for. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { baseAmountOf, contractsOf } from '../../../src/adapters/ccxt/contract-amounts.ts';
import type { ContractTerms } from '../../../src/adapters/ccxt/contract-amounts.ts';
import { dec, isOnStep, plain } from '../../../src/domain/decimal.ts';

/** A whole number times a power of ten, as exchanges have sizes and lots. */
const size = fc.tuple(fc.integer({ min: 1, max: 999 }), fc.integer({ min: -8, max: 3 })).map(([digits, exponent]) => plain(dec(`1e${exponent}`).times(digits)));
const market = fc.record({ contractSize: size, lot: fc.constantFrom('1', '0.1', '0.01', '10') }).map(
  ({ contractSize, lot }): ContractTerms & { readonly lot: string } => ({ contractSize, lot, instrument: { amountStep: plain(dec(contractSize).times(lot)) } }),
);
const count = fc.bigInt({ min: 0n, max: 10n ** 15n });

describe('contracts and base units', () => {
  test('whole lots come back exactly', () => {
    fc.assert(
      fc.property(market, count, (terms, lots) => {
        const contracts = plain(dec(String(lots)).times(terms.lot));
        expect(contractsOf(terms, baseAmountOf(terms, contracts))).toBe(contracts);
      }),
    );
  });

  test('any amount is floored to whole lots, never exceeded, and misses less than one lot', () => {
    fc.assert(
      fc.property(market, size, fc.integer({ min: 0, max: 10 ** 9 }), (terms, unit, times) => {
        const amount = plain(dec(unit).times(times));
        const contracts = contractsOf(terms, amount);
        const sent = dec(baseAmountOf(terms, contracts));
        expect(isOnStep(dec(contracts), dec(terms.lot))).toBe(true);
        expect(sent.lessThanOrEqualTo(amount)).toBe(true);
        expect(dec(amount).minus(sent).lessThan(terms.instrument.amountStep)).toBe(true);
      }),
    );
  });

  test('signs are kept', () => {
    expect(baseAmountOf({ contractSize: '0.01' }, '-12.5')).toBe('-0.125');
    expect(baseAmountOf({ contractSize: '0.01' }, '0')).toBe('0');
  });
});
