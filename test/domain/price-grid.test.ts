/** Prices whose step depends on the price, against the rule as Hyperliquid words it, and against the auditor's own reading. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ceilToStep, dec, floorToStep, isOnStep, plain, roundToStep } from '../../src/domain/decimal.ts';
import type { D } from '../../src/domain/decimal.ts';
import { ceilPrice, floorPrice, isOnGrid, nearestPrice, priceGridOf, tickAt } from '../../src/domain/price-grid.ts';
import type { PriceRules } from '../../src/domain/price-grid.ts';
import { exact, textOf } from '../../src/sim/auditor/exact.ts';
import { isPrice, nearestStep, priceStepsOf, stepAt } from '../../src/sim/auditor/price-steps.ts';

const FIGURES = 5;

/** A perpetual of Hyperliquid: at most five significant figures and 6 − szDecimals decimals, whole numbers always. */
function hyperliquid(szDecimals: number): PriceRules {
  return { tickSize: plain(dec('0.1').pow(6 - szDecimals)), significantFigures: FIGURES };
}

/** The rule in Hyperliquid's words, read off the digits of the text. */
function isTaken(text: string, szDecimals: number): boolean {
  const [wholePart = '', fraction = ''] = text.split('.');
  if (fraction === '') return text !== '0';
  const figures = `${wholePart}${fraction}`.replace(/^0+/, '').length;
  return fraction.length <= 6 - szDecimals && figures <= FIGURES;
}

const szDecimals = fc.integer({ min: 0, max: 5 });
/** Above zero, over fifteen decades, often close to a power of ten. */
const prices = fc.oneof(
  fc.record({ digits: fc.bigInt({ min: 1n, max: 10n ** 15n }), places: fc.integer({ min: 0, max: 14 }) }).map(({ digits, places }) => dec(plain(dec(digits.toString()).times(dec('0.1').pow(places))))),
  fc.record({ exponent: fc.integer({ min: -6, max: 6 }), ticks: fc.integer({ min: -20, max: 20 }), places: fc.integer({ min: 0, max: 9 }) })
    .map(({ exponent, ticks, places }) => dec('10').pow(exponent).plus(dec('0.1').pow(places).times(ticks)))
    .filter((price) => price.greaterThan(0)),
);
const DENOMINATORS = ['1', '3', '7', '0.013', '999'];

describe('prices of five significant figures', () => {
  it.each<[price: string, szDecimals: number, down: string, near: string, up: string]>([
    ['9999.9', 0, '9999.9', '9999.9', '9999.9'],
    ['9999.94', 0, '9999.9', '9999.9', '10000'],
    ['9999.95', 0, '9999.9', '10000', '10000'],
    ['10000', 0, '10000', '10000', '10000'],
    ['10000.4', 0, '10000', '10000', '10001'],
    ['10000.5', 0, '10000', '10001', '10001'],
    ['99999', 3, '99999', '99999', '99999'],
    ['99999.5', 3, '99999', '100000', '100000'],
    ['100000', 5, '100000', '100000', '100000'],
    ['100001', 5, '100001', '100001', '100001'],
    ['123456.7', 5, '123456', '123457', '123457'],
    ['1234.567', 5, '1234.5', '1234.6', '1234.6'],
    ['1234.567', 0, '1234.5', '1234.6', '1234.6'],
    ['0.123456', 2, '0.1234', '0.1235', '0.1235'],
    ['0.123456', 0, '0.12345', '0.12346', '0.12346'],
    ['0.0012345', 0, '0.001234', '0.001235', '0.001235'],
    ['0.00000049', 0, '0', '0', '0.000001'],
    ['0.04', 5, '0', '0', '0.1'],
  ])('%s with %i size decimals: %s, %s, %s', (price, decimals, down, near, up) => {
    const grid = priceGridOf(hyperliquid(decimals));
    expect([floorPrice, nearestPrice, ceilPrice].map((round) => plain(round(grid, dec(price))))).toEqual([down, near, up]);
  });

  it('are exactly those Hyperliquid takes', () => {
    fc.assert(
      fc.property(szDecimals, prices, (decimals, price) => {
        expect(isOnGrid(priceGridOf(hyperliquid(decimals)), price)).toBe(isTaken(plain(price), decimals));
      }),
      { numRuns: 2_000 },
    );
  });

  it('stay what they are when rounded again, in every direction', () => {
    fc.assert(
      fc.property(szDecimals, prices, fc.constantFrom(...DENOMINATORS), (decimals, numerator, divisor) => {
        const grid = priceGridOf(hyperliquid(decimals));
        for (const round of [floorPrice, nearestPrice, ceilPrice]) {
          const once = round(grid, numerator, dec(divisor));
          expect(once.isZero() || isTaken(plain(once), decimals)).toBe(true);
          for (const again of [floorPrice, nearestPrice, ceilPrice]) expect(plain(again(grid, once))).toBe(plain(once));
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('enclose what was rounded, with no price between them, and the nearest is the nearer', () => {
    fc.assert(
      fc.property(szDecimals, prices, fc.constantFrom(...DENOMINATORS), (decimals, numerator, divisor) => {
        const [grid, denominator] = [priceGridOf(hyperliquid(decimals)), dec(divisor)];
        const [down, near, up] = [floorPrice, nearestPrice, ceilPrice].map((round) => round(grid, numerator, denominator)) as [D, D, D];
        expect(down.times(denominator).lessThanOrEqualTo(numerator) && up.times(denominator).greaterThanOrEqualTo(numerator)).toBe(true);
        expect(up.equals(down) || up.equals(down.plus(tickAt(grid, down)))).toBe(true);
        const [below, above] = [numerator.minus(down.times(denominator)), up.times(denominator).minus(numerator)];
        expect(plain(near)).toBe(plain(above.lessThanOrEqualTo(below) ? up : down));
      }),
      { numRuns: 1_000 },
    );
  });

  it('are the same to the auditor, which counts them in its own way', () => {
    fc.assert(
      fc.property(szDecimals, prices, fc.constantFrom(...DENOMINATORS), (decimals, numerator, divisor) => {
        const rules = hyperliquid(decimals);
        const [grid, steps] = [priceGridOf(rules), priceStepsOf(rules)];
        const [top, bottom] = [exact(plain(numerator)), exact(divisor)];
        expect(textOf(stepAt(steps, top, bottom))).toBe(plain(tickAt(grid, numerator, dec(divisor))));
        expect(textOf(nearestStep(steps, top, bottom))).toBe(plain(nearestPrice(grid, numerator, dec(divisor))));
        expect(isPrice(steps, top)).toBe(isOnGrid(grid, numerator));
      }),
      { numRuns: 1_000 },
    );
  });
});

it('prices of one tick round as whole steps of it, whatever it is', () => {
  fc.assert(
    fc.property(fc.constantFrom('0.1', '0.25', '5', '0.00001', '2.5'), fc.constantFrom(null, undefined), prices, (tickSize, significantFigures, price) => {
      const grid = priceGridOf(significantFigures === undefined ? { tickSize } : { tickSize, significantFigures });
      const tick = dec(tickSize);
      expect([floorPrice, nearestPrice, ceilPrice].map((round) => plain(round(grid, price)))).toEqual([floorToStep, roundToStep, ceilToStep].map((round) => plain(round(price, tick))));
      expect(isOnGrid(grid, price)).toBe(isOnStep(price, tick));
    }),
  );
});

it.each<[PriceRules, RegExp]>([
  [{ tickSize: '0.25', significantFigures: 5 }, /tickSize 0\.25 beside 5 significant figures must be a power of ten.*/],
  [{ tickSize: '0.1', significantFigures: 0 }, /significantFigures 0 must be a whole number from 1/],
  [{ tickSize: '0.1', significantFigures: 4.5 }, /significantFigures 4\.5 must be a whole number from 1/],
])('rules no price could follow are refused: %o', (rules, message) => {
  expect(() => priceGridOf(rules)).toThrow(message);
});
