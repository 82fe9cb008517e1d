import { describe, expect, test } from 'vitest';
import { dec, isOnStep, isPlainDecimal } from '../../src/domain/decimal.ts';
import type { Tick } from '../../src/ports/price-feed.ts';
import { INDEX_DEVIATION_MAX, MARK_DEVIATION_MAX } from '../../src/sim/day-path.ts';
import { DAY_RETURN_MAX, DAY_RETURN_MIN, marketDays, REGIMES } from '../../src/sim/market-regimes.ts';
import { EXAMPLE_SYMBOLS, generatedFeed } from '../../src/sim/price-generator.ts';
import type { GeneratorOptions } from '../../src/sim/price-generator.ts';
import { seededRandom } from '../../src/sim/random.ts';

const DAY_MS = 86_400_000;

function ticksOf(options: GeneratorOptions, afterAt: number | null = null): Tick[] {
  return [...(generatedFeed(options).ticks(afterAt) as Iterable<Tick>)];
}

describe('generated feed', () => {
  test('I22 golden values of the default seed', () => {
    const ticks = ticksOf({ symbols: EXAMPLE_SYMBOLS, days: 2 });
    expect([0, 1, 2, 3, 4_000, 8_639].map((i) => ticks[i])).toMatchInlineSnapshot(`
      [
        {
          "at": 1735689600000,
          "fundingRate": "0.00008737",
          "index": "59997.3",
          "last": "60000",
          "mark": "59998.6",
          "symbol": "BTC/USDT:USDT",
        },
        {
          "at": 1735689600000,
          "fundingRate": "0.00010456",
          "index": "3000.01",
          "last": "3000",
          "mark": "3000",
          "symbol": "ETH/USDT:USDT",
        },
        {
          "at": 1735689600000,
          "fundingRate": "0.00015414",
          "index": "149.99",
          "last": "150",
          "mark": "150",
          "symbol": "SOL/USDT:USDT",
        },
        {
          "at": 1735689660000,
          "index": "59985.3",
          "last": "59992.6",
          "mark": "59988.8",
          "symbol": "BTC/USDT:USDT",
        },
        {
          "at": 1735769580000,
          "index": "2993.14",
          "last": "2992.18",
          "mark": "2992.87",
          "symbol": "ETH/USDT:USDT",
        },
        {
          "at": 1735862340000,
          "index": "156.96",
          "last": "156.99",
          "mark": "156.96",
          "symbol": "SOL/USDT:USDT",
        },
      ]
    `);
  });

  test('I22 two feeds with one identity give the same ticks, another seed gives others', () => {
    const options = { symbols: EXAMPLE_SYMBOLS, days: 1.5, seed: 'x' };
    expect(generatedFeed(options).identity).toBe(generatedFeed({ ...options }).identity);
    expect(ticksOf(options)).toEqual(ticksOf(options));
    expect(generatedFeed({ ...options, seed: 'y' }).identity).not.toBe(generatedFeed(options).identity);
    expect(ticksOf({ ...options, seed: 'y' })[1_000]).not.toEqual(ticksOf(options)[1_000]);
  });

  test('the identity names every parameter', () => {
    const base = { symbols: EXAMPLE_SYMBOLS.slice(0, 1), seed: 1, startAt: 0, stepMs: 60_000, days: 1 };
    const [symbol] = base.symbols;
    if (symbol === undefined) throw new Error('no example symbol');
    const changed: GeneratorOptions[] = [
      { ...base, seed: 2 },
      { ...base, startAt: 1 },
      { ...base, stepMs: 1_000 },
      { ...base, days: 2 },
      { ...base, symbols: [{ ...symbol, tickSize: '0.5' }] },
      { ...base, symbols: [{ ...symbol, startPrice: '61000' }] },
      { ...base, symbols: [{ ...symbol, symbol: 'XRP/USDT:USDT' }] },
    ];
    const identities = [base, ...changed].map((options) => generatedFeed(options).identity);
    expect(new Set(identities).size).toBe(identities.length);
  });

  test.each([60_000, 7_000_000, 86_400_000, 999_983])('a resumed feed continues exactly where it stopped (step %i ms)', (stepMs) => {
    const options = { symbols: EXAMPLE_SYMBOLS, days: 5, stepMs, startAt: 1_700_000_123_456 };
    const all = ticksOf(options);
    const random = seededRandom('cuts');
    for (let i = 0; i < 12; i += 1) {
      const cut = (all[random.integer(all.length)]?.at ?? 0) + random.integer(3) - 1;
      expect(ticksOf(options, cut)).toEqual(all.filter(({ at }) => at > cut));
    }
    expect(ticksOf(options, 0)).toEqual(all);
    expect(ticksOf(options, all.at(-1)?.at ?? 0)).toEqual([]);
  });

  test('a symbol keeps its path when others join', () => {
    const alone = ticksOf({ symbols: EXAMPLE_SYMBOLS.slice(1, 2), days: 1 });
    const together = ticksOf({ symbols: EXAMPLE_SYMBOLS, days: 1 }).filter(({ symbol }) => symbol === 'ETH/USDT:USDT');
    expect(alone).toEqual(together);
  });

  test('I15 prices are plain decimals above zero on the tick grid, mark and index near last, time never decreases', () => {
    const symbols = [
      { symbol: 'A', startPrice: '60000', tickSize: '0.5' },
      { symbol: 'B', startPrice: '0.00001234', tickSize: '0.00000001' },
      { symbol: 'C', startPrice: '7', tickSize: '2.5' },
    ];
    const tickSizes = new Map(symbols.map(({ symbol, tickSize }) => [symbol, tickSize]));
    let previousAt = 0;
    for (const tick of ticksOf({ symbols, days: 60, stepMs: 1_800_000, seed: 3 })) {
      expect(tick.at).toBeGreaterThanOrEqual(previousAt);
      previousAt = tick.at;
      const step = tickSizes.get(tick.symbol) ?? '';
      for (const price of [tick.last, tick.mark, tick.index]) {
        expect(isPlainDecimal(price)).toBe(true);
        expect(dec(price).toFixed()).toBe(price);
        expect(dec(price).greaterThan(0) && isOnStep(dec(price), dec(step))).toBe(true);
      }
      const last = Number(tick.last);
      expect(Math.abs(Number(tick.mark) - last)).toBeLessThanOrEqual(last * MARK_DEVIATION_MAX + Number(step) * 2);
      expect(Math.abs(Number(tick.index) - last)).toBeLessThanOrEqual(last * INDEX_DEVIATION_MAX + Number(step) * 2);
    }
  });

  test('funding is due every eight hours, once per symbol', () => {
    const funded = ticksOf({ symbols: EXAMPLE_SYMBOLS, days: 10, startAt: 1_700_000_000_000 }).filter(({ fundingRate }) => fundingRate !== undefined);
    expect(funded).toHaveLength(10 * 3 * 3);
    for (const tick of funded) {
      expect(tick.at % (DAY_MS / 3)).toBeLessThan(60_000);
      expect(Math.abs(Number(tick.fundingRate))).toBeLessThanOrEqual(0.003);
      expect(isPlainDecimal(tick.fundingRate ?? '')).toBe(true);
    }
    expect(new Set(funded.map(({ fundingRate }) => fundingRate)).size).toBeGreaterThan(50);
  });

  test('the default six weeks swing by 30 to 60 % and turn several times, so that ladders of 1 % complete cycles both ways', () => {
    const paths = new Map<string, number[]>();
    for (const tick of ticksOf({ symbols: EXAMPLE_SYMBOLS })) paths.set(tick.symbol, push(paths.get(tick.symbol), Number(tick.last)));
    expect(paths.size).toBe(3);
    for (const prices of paths.values()) {
      expect(prices).toHaveLength(42 * 1_440);
      const start = prices[0] ?? 0;
      const highest = prices.reduce((high, price) => Math.max(high, price), 0) / start - 1;
      const lowest = prices.reduce((low, price) => Math.min(low, price), start) / start - 1;
      expect(highest).toBeGreaterThan(0.28);
      expect(highest).toBeLessThan(0.6);
      expect(lowest).toBeLessThan(-0.3);
      expect(lowest).toBeGreaterThan(-0.6);
      expect(turns(prices, 0.08)).toBeGreaterThanOrEqual(6);
    }
  });

  test('volatility clusters and a few moves jump whole levels', () => {
    const prices = ticksOf({ symbols: EXAMPLE_SYMBOLS.slice(0, 1), days: 120 }).map(({ last }) => Number(last));
    const sizes = prices.slice(1).map((price, i) => Math.abs(price / (prices[i] ?? price) - 1));
    const mean = sizes.reduce((sum, size) => sum + size, 0) / sizes.length;
    const covariance = (lag: number) => sizes.slice(lag).reduce((sum, size, i) => sum + (size - mean) * ((sizes[i] ?? mean) - mean), 0) / sizes.length;
    expect(covariance(5) / covariance(0)).toBeGreaterThan(0.05);
    const gaps = sizes.filter((size) => size > 0.01).length;
    expect(gaps).toBeGreaterThan(10);
    expect(gaps).toBeLessThan(200);
  });

  test.each([
    [{ symbols: [] }, /no symbols/],
    [{ symbols: [EXAMPLE_SYMBOLS[0], EXAMPLE_SYMBOLS[0]] }, /twice/],
    [{ stepMs: 0 }, /stepMs 0/],
    [{ stepMs: 0.5 }, /stepMs/],
    [{ days: 0 }, /days 0/],
    [{ days: Number.NaN }, /days/],
    [{ startAt: -1 }, /startAt -1/],
    [{ symbols: [{ symbol: 'A', startPrice: '0', tickSize: '1' }] }, /startPrice 0 must be above zero/],
    [{ symbols: [{ symbol: 'A', startPrice: '1', tickSize: 'x' }] }, /tickSize "x" is not a number/],
    [{ symbols: [{ symbol: 'A', startPrice: '60000', tickSize: '0.000000001' }] }, /too fine/],
  ])('refuses %j', (change, message) => {
    expect(() => generatedFeed({ symbols: EXAMPLE_SYMBOLS, ...change } as GeneratorOptions)).toThrow(message);
  });
});

describe('market regimes', () => {
  test('every regime occurs, moves stay inside their bounds, and the level neither dies nor explodes in ten years', () => {
    for (const seed of [1, 2, 3]) {
      const days = marketDays(seededRandom(seed));
      const seen = new Set<string>();
      for (let day = 0; day < 3_650; day += 1) {
        const { regime, marketReturn, level } = days.next().value;
        seen.add(regime);
        expect(marketReturn).toBeGreaterThanOrEqual(DAY_RETURN_MIN);
        expect(marketReturn).toBeLessThanOrEqual(DAY_RETURN_MAX);
        expect(level).toBeGreaterThan(0.15);
        expect(level).toBeLessThan(4);
      }
      expect([...seen].sort()).toEqual([...REGIMES].sort());
    }
  });
});

function push(prices: number[] | undefined, price: number): number[] {
  if (prices === undefined) return [price];
  prices.push(price);
  return prices;
}

/** How often a path turns by at least `share` against its last extreme. */
function turns(prices: readonly number[], share: number): number {
  let rising = true;
  let extreme = prices[0] ?? 0;
  let count = 0;
  for (const price of prices) {
    if (rising ? price > extreme : price < extreme) extreme = price;
    else if (Math.abs(price / extreme - 1) >= share) {
      count += 1;
      rising = !rising;
      extreme = price;
    }
  }
  return count;
}
