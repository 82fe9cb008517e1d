/** Prices as whole numbers: no digit lost, none added. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { D } from '../../../../src/domain/decimal.ts';
import { PriceDigits } from '../../../../src/adapters/files/candle-store/price-digits.ts';

function exact(digits: PriceDigits): string {
  return new D(digits.value).times(new D(10).pow(-digits.decimals)).toFixed();
}

const text = fc.tuple(fc.bigInt({ min: 0n, max: 9_007_199_254_740_991n }), fc.nat({ max: 22 }), fc.nat({ max: 4 })).map(([value, decimals, zeros]) => {
  const plain = new D(value.toString()).times(new D(10).pow(-decimals)).toFixed();
  return plain.includes('.') ? plain + '0'.repeat(zeros) : plain;
});

test('a text is its digits, without the zeros at its end', () => {
  fc.assert(
    fc.property(text, (price) => {
      const digits = new PriceDigits();
      expect(digits.text(price)).toBe(null);
      expect(exact(digits)).toBe(new D(price).toFixed());
      expect(digits.decimals).toBe(new D(price).decimalPlaces());
    }),
    { numRuns: 2_000 },
  );
});

test('a float is the shortest decimal that means it, wherever the search begins', () => {
  const price = fc.oneof(
    fc.tuple(fc.integer({ min: 1, max: 2 ** 31 }), fc.nat({ max: 12 })).map(([value, decimals]) => Number(`${value}e-${decimals}`)),
    fc.tuple(fc.integer({ min: 1, max: 999_999_999_999_999 }), fc.nat({ max: 14 })).map(([value, decimals]) => Number(`${value}e-${decimals}`)),
  );
  fc.assert(
    fc.property(price, fc.nat({ max: 22 }), (number, decimals) => {
      const digits = new PriceDigits();
      expect(digits.number(number, decimals)).toBe(null);
      expect(exact(digits)).toBe(new D(String(number)).toFixed());
    }),
    { numRuns: 5_000 },
  );
});

test.each<[string, string, number]>([
  ['1e-05', '0.00001', 5],
  ['1.25E+3', '1250', 0],
  ['.5', '0.5', 1],
  ['+7', '7', 0],
  ['-3.10', '-3.1', 1],
  ['0', '0', 0],
  ['10.', '10', 0],
  ['9007199254740991', '9007199254740991', 0],
  ['0.0000000000000000000001', '0.0000000000000000000001', 22],
])('%s is %s with %i decimals', (price, expected, decimals) => {
  const digits = new PriceDigits();
  expect(digits.text(price)).toBe(null);
  expect([exact(digits), digits.decimals]).toEqual([expected, decimals]);
});

test.each(['', ' 1', '1 ', '1,5', '0x10', 'NaN', 'Infinity', '1e', '.', '--1', '1.2.3', 'abc', '１'])('%j is no number', (price) => {
  expect(new PriceDigits().text(price)).toBe('no number');
});

test.each(['9007199254740992', '0.12345678901234567', '1e-23', '123456789.123456789', '1e400', '1e-400'])('%s has more digits than fit', (price) => {
  expect(new PriceDigits().text(price)).toBe('too many digits');
});

test.each([0.1 + 0.2, 100 / 3, 1e300, 2 ** 60 + 0.5])('the float %d has more digits than fit', (price) => {
  expect(new PriceDigits().number(price, 2)).toBe('too many digits');
});

test.each([Number.NaN, Infinity, -Infinity])('%d is no price', (price) => {
  expect(new PriceDigits().number(price, 2)).toBe('no number');
});
