/** Tapes are text: what is drawn can be read, and what is read is what was drawn. */
import { describe, expect, it, test } from 'vitest';
import { runSeed } from '../../../src/sim/campaign/run-seed.ts';
import { frameOf } from '../../../src/sim/campaign/seed-tape.ts';
import { parseTape, tapeText } from '../../../src/sim/campaign/tape.ts';
import { randomSketch, sketchText, smallerSketches, strategyOf } from '../../../src/sim/campaign/plan-sketch.ts';
import { seededRandom } from '../../../src/sim/random.ts';

test('the text of a drawn run is read back as the same run', async () => {
  for (const seed of [5, 9, 59]) {
    const { tape } = await runSeed(seed, 'wire');
    expect(parseTape(tapeText(tape)), `seed ${seed}`).toEqual(tape);
  }
});

test('every frame of a seed has a text that is read back, whatever was drawn', () => {
  for (let seed = 1; seed <= 200; seed += 1) {
    const tape = { ...frameOf(seed, 'all').frame, faults: [], crashes: [] };
    expect(parseTape(tapeText(tape)), `seed ${seed}`).toEqual(tape);
  }
});

test('crashes, pauses and faults are words', () => {
  const text = 'hedge/rotation/4/m1 lossy lag=500 forgetful latency=20 p3:late=5000 r7:fails=orders+trades !57/3000/2 ~90/40000 | +1 @ban:90000 L-1+1t';
  const tape = parseTape(text);
  expect(tape.crashes).toEqual([
    { boundary: 57, downMs: 3_000, lostCommits: 2, isPause: false },
    { boundary: 90, downMs: 40_000, lostCommits: 0, isPause: true },
  ]);
  expect(tape.faults).toEqual([
    { lane: 'p', index: 3, kind: 'late', value: '5000' },
    { lane: 'r', index: 7, kind: 'fails', value: 'orders+trades' },
  ]);
  expect(tapeText(tape)).toBe(text);
});

describe('a wrong tape', () => {
  it.each([
    ['hedge/rotation/4/m1 +1', /one "\|"/],
    ['hedge/rotation/4/m1 | ', /no moves/],
    ['hedge/rotation/4/m3 | +1', /m3.*no condition/],
    ['p3:gone | +1', /"p3:gone".*lost, timeout/],
    ['mode=both | +1', /neither hedge nor one-way/],
    ['| @eat:1', /"@eat:1" is no act.*maintenance/],
    ['| up', /"up" is no move/],
  ])('%s', (text, word) => {
    expect(() => parseTape(text)).toThrow(word);
  });
});

test('smaller sketches are smaller, and all are strategies', () => {
  for (let seed = 1; seed <= 100; seed += 1) {
    const sketch = randomSketch(seededRandom(seed));
    expect(strategyOf(sketch).wallets.length).toBe(sketch.wallets.length);
    for (const smaller of smallerSketches(sketch)) expect(sketchText(smaller), `seed ${seed}`).not.toBe(sketchText(sketch));
  }
});
