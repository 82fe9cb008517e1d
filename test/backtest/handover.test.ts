/** A run handed over at any moment at which everything is regular goes on as if nothing had been: fills, ledgers, windows, holdings. */
import { describe, expect, test } from 'vitest';
import { firstDifference, inputOf, isRunnable, runHandedOver, runSparse } from './live-runs.ts';
import { randomCase } from './random-cases.ts';
import { tinyRandom } from '../sim/auditor/random-strategies.ts';

/** More of them: HEDGEROW_BACKTEST_CASES, from seed HEDGEROW_BACKTEST_FROM on. */
const CASES = Number(process.env['HEDGEROW_BACKTEST_CASES'] ?? 40);
const FROM = Number(process.env['HEDGEROW_BACKTEST_FROM'] ?? 0);

describe('handing a run over', () => {
  test('changes nothing', async () => {
    const counters = { handovers: 0 };
    const differences: string[] = [];
    for (let seed = FROM; seed < FROM + CASES; seed += 1) {
      const given = randomCase(seed);
      if (!isRunnable(given)) continue;
      const input = inputOf(given);
      const random = tinyRandom(seed + 1_000_000);
      const share = random.pick([0.05, 0.3, 1]);
      const difference = firstDifference(await runHandedOver(input, () => random.chance(share), counters), await runSparse(input));
      if (difference !== null) differences.push(`seed ${seed} ${difference}`);
    }
    expect(differences).toEqual([]);
    expect(counters.handovers).toBeGreaterThan(3 * CASES);
  }, 1_200_000);
});
