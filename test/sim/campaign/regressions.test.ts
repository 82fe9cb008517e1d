/** What the campaign once found stays found. */
import { expect, test } from 'vitest';
import { compared } from '../../../src/sim/campaign/crash-everywhere.ts';
import { replayTape } from '../../../src/sim/campaign/run-seed.ts';
import { parseTape } from '../../../src/sim/campaign/tape.ts';
import { REGRESSIONS } from './regressions.ts';

test.each(REGRESSIONS)('$story', async ({ tape, isCompared = false }) => {
  const { violation } = await (isCompared ? compared : replayTape)(parseTape(tape));
  expect(violation, tape).toBeNull();
});
