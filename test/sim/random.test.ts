import { describe, expect, test } from 'vitest';
import { naturalLog } from '../../src/sim/deterministic-log.ts';
import { seededRandom } from '../../src/sim/random.ts';

describe('seeded random', () => {
  test('I22 golden values: the same seed gives the same sequence on every machine and in every version', () => {
    const random = seededRandom(42);
    expect({
      integers: [random.integer(10), random.integer(1000), random.integer(2 ** 32), random.integer(1)],
      fractions: [random.fraction(), random.fraction()],
      normals: [random.normal(), random.normal(), random.normal()],
      fork: [random.fork('prices').fraction(), random.fork('faults').integer(1_000_000)],
    }).toMatchInlineSnapshot(`
      {
        "fork": [
          0.49461479640327544,
          460150,
        ],
        "fractions": [
          0.8565949834553324,
          0.170083963739721,
        ],
        "integers": [
          8,
          554,
          3890966492,
          0,
        ],
        "normals": [
          -1.8164437039032495,
          -0.9837462062109666,
          1.3817522526264006,
        ],
      }
    `);
  });

  test('a seed given as text equals the same number', () => {
    expect(seededRandom('7').fraction()).toBe(seededRandom(7).fraction());
    expect(seededRandom('seven').fraction()).not.toBe(seededRandom('sevem').fraction());
  });

  test('a fork depends on the seed and the label only, not on what was drawn before', () => {
    const drawn = seededRandom(1);
    for (let i = 0; i < 100; i += 1) drawn.normal();
    expect(drawn.fork('x').integer(2 ** 32)).toBe(seededRandom(1).fork('x').integer(2 ** 32));
    expect(seededRandom(1).fork('x').fork('y').fraction()).not.toBe(seededRandom(1).fork('xy').fraction());
    expect(seededRandom(1).fork('x').fraction()).not.toBe(seededRandom(2).fork('x').fraction());
  });

  test('ten thousand seeds and labels give ten thousand different streams', () => {
    const firsts = new Set<number>();
    for (let i = 0; i < 5_000; i += 1) {
      firsts.add(seededRandom(i).fraction());
      firsts.add(seededRandom(1).fork(`${i}`).fraction());
    }
    expect(firsts.size).toBe(10_000);
  });

  test('integers are uniform below the bound', () => {
    const random = seededRandom('uniform');
    const counts = [0, 0, 0, 0, 0, 0, 0];
    for (let i = 0; i < 70_000; i += 1) {
      const value = random.integer(7);
      counts[value] = (counts[value] ?? 0) + 1;
    }
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(500);
    expect(() => random.integer(0)).toThrow(/1…2\^32/);
    expect(() => random.integer(1.5)).toThrow(/1…2\^32/);
  });

  test('normals have mean 0, deviation 1 and the tails of a normal', () => {
    const random = seededRandom('normal');
    const n = 200_000;
    let sum = 0;
    let squares = 0;
    let beyondTwo = 0;
    for (let i = 0; i < n; i += 1) {
      const value = random.normal();
      sum += value;
      squares += value * value;
      if (Math.abs(value) > 2) beyondTwo += 1;
    }
    expect(Math.abs(sum / n)).toBeLessThan(0.01);
    expect(Math.abs(squares / n - 1)).toBeLessThan(0.02);
    expect(Math.abs(beyondTwo / n - 0.0455)).toBeLessThan(0.002);
  });

  test('the logarithm agrees with the built-in one', () => {
    const random = seededRandom('log');
    for (let i = 0; i < 10_000; i += 1) {
      const x = random.fraction() ** (1 + random.integer(20)) || 1;
      expect(Math.abs(naturalLog(x) - Math.log(x))).toBeLessThanOrEqual(4e-15 * Math.max(1, Math.abs(Math.log(x))));
    }
    expect(naturalLog(1)).toBe(0);
  });
});
