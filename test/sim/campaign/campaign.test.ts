/**
 * A small campaign on every test run: crashes at a sample of the await boundaries of all golden scenarios, and of their recoveries, and
 * a fixed set of seeds of every mix. `npm run campaign` does all of them.
 */
import { describe, expect, it, test } from 'vitest';
import { CampaignTally } from '../../../src/sim/campaign/campaign-tally.ts';
import { doJob } from '../../../src/sim/campaign/campaign-job.ts';
import { boundariesOf } from '../../../src/sim/campaign/crash-everywhere.ts';
import { GOLDEN_TAPES } from '../../../src/sim/campaign/golden-tapes.ts';
import { replayTape, runSeed } from '../../../src/sim/campaign/run-seed.ts';
import type { Mix } from '../../../src/sim/campaign/seed-tape.ts';
import { tapeText } from '../../../src/sim/campaign/tape.ts';

/** Primes, so that the samples of different scenarios fall on different calls. */
const BOUNDARY_STRIDES = [23, 29, 31, 37, 41, 43] as const;
const PAIR_STRIDE = 37;

describe.each(GOLDEN_TAPES.map((tape, scenario) => [tapeText(tape), scenario] as const))('%s', (_, scenario) => {
  it('ends like a run without crashes wherever the process ends, also while it recovers', async () => {
    const boundaries = await boundariesOf(scenario);
    expect(boundaries).toBeGreaterThan(80);
    const tally = new CampaignTally();
    for (let boundary = 1 + scenario; boundary <= boundaries; boundary += BOUNDARY_STRIDES[scenario % BOUNDARY_STRIDES.length] ?? 1) {
      tally.add(await doJob({ type: 'crash', scenario, boundary, stride: PAIR_STRIDE }));
    }
    const { failures, runs, crashes } = tally.figures();
    expect(failures).toEqual([]);
    expect(runs).toBeGreaterThan(boundaries / 41);
    expect(Object.keys(crashes).some((name) => name.endsWith('(recovery)'))).toBe(true);
  });
});

const SEEDS: readonly (readonly [mix: Mix, seeds: readonly number[]])[] = [
  ['crash', [2, 4, 18, 40, 58, 93]],
  ['wire', [1, 2, 3, 5, 9, 57, 59]],
  ['all', [1, 2, 4, 5, 6]],
];

describe.each(SEEDS)('seeds of %s', (mix, seeds) => {
  test.each(seeds)('seed %d', async (seed) => {
    const { outcome, tape } = await runSeed(seed, mix);
    expect(outcome.violation, `seed ${seed}: ${tapeText(tape)}`).toBeNull();
  });
});

test('the tape of a seed replays its run to the letter', async () => {
  for (const seed of [7, 8]) {
    const { outcome, tape } = await runSeed(seed, 'all');
    expect((await replayTape(tape)).traceHash).toBe(outcome.traceHash);
    expect(outcome.faults.size, `seed ${seed}`).toBeGreaterThan(0);
  }
});
