/** The grid of units (DOMAIN §1): levels, the last level touched, unit sizes; geometric levels against exact ratios of BigInts. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { D, dec, plain } from '../../src/domain/decimal.ts';
import { compareToLevel, gridFrom, hasDistinctLevels, levelAt, levelPrice, touchUnit, unitSizeOf } from '../../src/domain/grid.ts';
import type { Grid } from '../../src/domain/grid.ts';
import { isOnGrid, nearestPrice, priceGridOf } from '../../src/domain/price-grid.ts';
import type { Spacing } from '../../src/domain/strategy.ts';

const TICKS = ['0.1', '0.01', '1', '0.5', '0.25', '0.00001', '5'] as const;

/** Anchor and unit in ticks, so that both are on the tick. */
const grids = fc
  .record({ tick: fc.constantFrom(...TICKS), anchorTicks: fc.integer({ min: 50, max: 10_000_000 }), share: fc.integer({ min: 5, max: 3_000 }), spacing: fc.constantFrom<Spacing>('arithmetic', 'geometric') })
  .map(({ tick, anchorTicks, share, spacing }) => {
    const unitTicks = Math.max(1, Math.floor((anchorTicks * share) / 100_000));
    return { tick, anchorTicks, unitTicks, spacing, grid: gridFrom(plain(dec(tick).times(anchorTicks)), plain(dec(tick).times(unitTicks)), spacing, { tickSize: tick }) };
  });

const units = fc.integer({ min: -60, max: 60 });

/** `A·((A+s)/A)^u` in ticks to the nearest, a tie up, with whole numbers only. */
function geometricTicks(anchor: number, unit: number, u: number): bigint {
  const [top, bottom] = [BigInt(anchor + unit), BigInt(anchor)];
  const steps = BigInt(Math.abs(u));
  const [numerator, denominator] = u >= 0 ? [top ** steps * bottom, bottom ** steps] : [bottom ** steps * bottom, top ** steps];
  return (2n * numerator + denominator) / (2n * denominator);
}

/** The definition, word for word. */
function touchedSlowly(grid: Grid, unit: number, price: D): number {
  let c = unit;
  while (price.greaterThanOrEqualTo(levelPrice(grid, c + 1))) c += 1;
  while (price.lessThanOrEqualTo(levelPrice(grid, c - 1))) c -= 1;
  return c;
}

describe('levels', () => {
  it('rise with their unit, strictly where a unit is at least one tick wide there', () => {
    fc.assert(
      fc.property(grids, units, ({ grid, tick, spacing }, u) => {
        const [here, above] = [levelPrice(grid, u), levelPrice(grid, u + 1)];
        expect(above.greaterThanOrEqualTo(here)).toBe(true);
        const isWide = spacing === 'arithmetic' || here.times(grid.unitSize).div(grid.anchor).greaterThan(tick);
        if (isWide) expect(above.greaterThan(here)).toBe(true);
      }),
    );
  });

  it('are `A + u·s` with arithmetic spacing, down to nothing and below', () => {
    fc.assert(
      fc.property(grids, units, ({ tick, anchorTicks, unitTicks }, u) => {
        const grid = gridFrom(plain(dec(tick).times(anchorTicks)), plain(dec(tick).times(unitTicks)), 'arithmetic', { tickSize: tick });
        expect(plain(levelPrice(grid, u))).toBe(plain(dec(tick).times(anchorTicks + u * unitTicks)));
      }),
    );
  });

  it('are `A·(1+s/A)^u` to the nearest tick with geometric spacing, exactly', () => {
    fc.assert(
      fc.property(grids, units, ({ tick, anchorTicks, unitTicks }, u) => {
        const grid = gridFrom(plain(dec(tick).times(anchorTicks)), plain(dec(tick).times(unitTicks)), 'geometric', { tickSize: tick });
        expect(plain(levelPrice(grid, u))).toBe(plain(dec(tick).times(geometricTicks(anchorTicks, unitTicks, u).toString())));
      }),
      { numRuns: 300 },
    );
  });

  it('round a tie up: 1 · 1.5 ^ 2 = 2.25 on a tick of 0.5', () => {
    expect(plain(levelPrice(gridFrom('1', '0.5', 'geometric', { tickSize: '0.5' }), 2))).toBe('2.5');
  });

  const figured = fc
    .record({ decimals: fc.integer({ min: 0, max: 5 }), anchor: fc.integer({ min: 2, max: 3_000_000 }), permille: fc.integer({ min: 1, max: 60 }), spacing: fc.constantFrom<Spacing>('arithmetic', 'geometric') })
    .map(({ decimals, anchor, permille, spacing }) => {
      const rules = { tickSize: plain(dec('0.1').pow(decimals)), significantFigures: 5 };
      const prices = priceGridOf(rules);
      const at = nearestPrice(prices, dec(rules.tickSize).times(anchor));
      const unit = unitSizeOf({ type: 'percent', fraction: plain(dec(String(permille)).div(1_000)) }, { anchor: at, leverage: dec('1'), prices, atr: null });
      return { prices, spacing, anchor: at, unit, grid: gridFrom(plain(at), plain(unit), spacing, rules) };
    });

  it('keep their distance where the tick grows with the price: each is the price nearest to where it would lie', () => {
    fc.assert(
      fc.property(figured, fc.integer({ min: -200, max: 200 }), ({ prices, spacing, anchor, unit, grid }, u) => {
        const level = levelPrice(grid, u);
        const exactly = spacing === 'arithmetic' ? anchor.plus(unit.times(u)) : anchor.times(anchor.plus(unit).div(anchor).pow(u));
        expect(plain(level)).toBe(plain(exactly.greaterThan(0) ? nearestPrice(prices, exactly) : exactly));
        if (exactly.lessThanOrEqualTo(0)) return;
        expect(level.isZero() || isOnGrid(prices, level)).toBe(true);
        expect(levelPrice(grid, u + 1).greaterThanOrEqualTo(level)).toBe(true);
        if (hasDistinctLevels(grid)) throw new Error('such levels can fall together');
      }),
      { numRuns: 500 },
    );
  });

  it('take the coarser tick from a power of ten on, and the finer one below it', () => {
    const grid = gridFrom('9999', '0.3', 'arithmetic', { tickSize: '0.1', significantFigures: 5 });
    expect([-1, 0, 1, 2, 3, 4, 5, 6, 7].map((u) => plain(levelPrice(grid, u)))).toEqual(['9998.7', '9999', '9999.3', '9999.6', '9999.9', '10000', '10001', '10001', '10001']);
    expect(touchUnit(grid, 0, '10001')).toBe(5);
  });

  it('have the same price as text, number and decimal', () => {
    fc.assert(
      fc.property(grids, units, ({ grid }, u) => {
        const level = levelAt(grid, u);
        expect([level.text, level.float]).toEqual([plain(level.price), level.price.toNumber()]);
      }),
    );
  });
});

describe('the unit touched last', () => {
  const prices = fc.array(fc.record({ u: fc.integer({ min: -12, max: 12 }), tenths: fc.integer({ min: 0, max: 9 }) }), { maxLength: 30 });
  const priceAt = (grid: Grid, u: number, tenths: number): D => {
    const here = levelPrice(grid, u);
    return here.plus(levelPrice(grid, u + 1).minus(here).times(tenths).div(10));
  };

  it('is what the definition says, on any way of prices', () => {
    fc.assert(
      fc.property(grids, prices, ({ grid }, path) => {
        let [fast, slow] = [0, 0];
        for (const { u, tenths } of path) {
          const price = priceAt(grid, u, tenths);
          if (price.lessThanOrEqualTo(0)) continue;
          fast = touchUnit(grid, fast, plain(price));
          slow = touchedSlowly(grid, slow, price);
          expect(fast).toBe(slow);
        }
      }),
    );
  });

  it('does not change by half a unit up and down', () => {
    fc.assert(
      fc.property(grids, fc.integer({ min: -10, max: 30 }), ({ grid }, u) => {
        const level = levelPrice(grid, u);
        fc.pre(level.greaterThan(0) && levelPrice(grid, u - 1).greaterThan(0) && levelPrice(grid, u + 1).greaterThan(level) && levelPrice(grid, u - 1).lessThan(level));
        for (const halfWay of [level.plus(levelPrice(grid, u + 1)).div(2), level.plus(levelPrice(grid, u - 1)).div(2), level]) expect(touchUnit(grid, u, plain(halfWay))).toBe(u);
      }),
    );
  });

  it('trembles at a level without flipping: 9999.9 and 10000 around unit 0 stay unit 0 until a level is reached', () => {
    const grid = gridFrom('10000', '100', 'arithmetic', { tickSize: '0.1' });
    expect(['9999.9', '10000', '9999.9', '9900.1', '10099.9', '10100', '10000.1', '10000'].reduce<number[]>((path, price) => [...path, touchUnit(grid, path.at(-1) ?? 0, price)], [])).toEqual([0, 0, 0, 0, 0, 1, 1, 0]);
  });

  it('is exact where a float is not: one digit of many decides', () => {
    const grid = gridFrom('90071992547409930', '1', 'arithmetic', { tickSize: '1' });
    expect(touchUnit(grid, 0, '90071992547409930.99999')).toBe(0);
    expect(touchUnit(grid, 0, '90071992547409931')).toBe(1);
    expect(Math.sign(compareToLevel('90071992547409930.99999', Number('90071992547409930.99999'), levelAt(grid, 1)))).toBe(-1);
  });

  it('is bounded: a price a million units away is refused, not walked to', () => {
    expect(() => touchUnit(gridFrom('1', '0.00001', 'arithmetic', { tickSize: '0.00001' }), 0, '1000000')).toThrow(/I23/);
  });
});

describe('a unit', () => {
  const size = (spec: Parameters<typeof unitSizeOf>[0], anchor: string, tickSize = '0.1'): string => plain(unitSizeOf(spec, { anchor: dec(anchor), leverage: dec('10'), prices: priceGridOf({ tickSize }), atr: '123.46' }));

  it.each<[string, Parameters<typeof unitSizeOf>[0], string, string]>([
    ['of a price', { type: 'price', price: '100' }, '10000', '100'],
    ['of a price between ticks', { type: 'price', price: '100.25' }, '10000', '100.3'],
    ['of a share of the anchor', { type: 'percent', fraction: '0.01' }, '10000', '100'],
    ['of a gain on the margin: 5 % of 100 at 10x is 0.5', { type: 'margin', fraction: '0.05' }, '100', '0.5'],
    ['of an average true range', { type: 'atr', length: 14, timeframe: '1h', multiple: '0.5' }, '10000', '61.7'],
    ['of less than a tick', { type: 'percent', fraction: '0.00000001' }, '10000', '0.1'],
  ])('%s', (_, spec, anchor, expected) => {
    expect(size(spec, anchor)).toBe(expected);
  });
});
