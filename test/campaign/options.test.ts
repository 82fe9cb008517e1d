/** The campaign's arguments and its report: what is taken, what is refused with a word to it, and what people read. */
import { describe, expect, it, test } from 'vitest';
import { readOptions } from '../../src/campaign/options.ts';
import { textReport } from '../../src/campaign/report.ts';
import { doJob } from '../../src/sim/campaign/campaign-job.ts';
import { CampaignTally } from '../../src/sim/campaign/campaign-tally.ts';

test('seeds are counted from the first, one seed or one tape stands alone', () => {
  expect(readOptions(['--seeds', '3', '--first', '7']).seeds).toEqual(['7', '8', '9']);
  expect(readOptions(['--seed', '42'])).toMatchObject({ seeds: ['42'], crashStride: 0, workers: 1 });
  expect(readOptions(['--tape', 'hedge/rotation/2/m1 | +1'])).toMatchObject({ seeds: [], crashStride: 0 });
});

describe('a wrong argument', () => {
  it.each([
    [['--seeds', '-1'], /seeds/],
    [['--workers', '0'], /--workers "0" is not a whole number from 1/],
    [['--mix', 'some'], /--mix some is unknown; write one of crash, wire, all/],
    [['--tape', 'x | +1'], /"x" is no condition/],
    [['--speed', '9'], /--speed/],
  ])('%j', (args, word) => {
    expect(() => readOptions(args)).toThrow(word);
  });
});

test('the report says what was run, reached and found', async () => {
  const tally = new CampaignTally();
  tally.add(await doJob({ type: 'crash', scenario: 4, boundary: 40, stride: 0 }));
  const violation = { invariant: 'I1', message: 'I1: two orders rest in one slot', facts: {}, step: 3, at: 0 };
  tally.add({ runs: [], failures: [{ seed: '5', tape: 'long | +1 +1', violation }, { seed: '6', tape: 'long | +1', violation }] });
  const figures = tally.figures();
  expect(figures).toMatchObject({ runs: 1, duplicateOrders: 2, lostFills: 0, violations: { I1: 2 } });
  expect(figures.failures).toMatchObject([{ seed: '6', tape: 'long | +1', count: 2 }]);
  const text = textReport(figures, { wallMs: 1_000, busyMs: 500, workers: 2 }, [{ seed: '6', count: 2, message: violation.message, facts: {}, tape: 'long | +1', timeline: ['0.000s  price 1'] }]);
  expect(text).toMatch(/^runs +1$/m);
  expect(text).toMatch(/^crashes +1 at 1 kinds of boundaries$/m);
  expect(text).toMatch(/^boundaries not reached +fetchInstrument:before, /m);
  expect(text).toMatch(/^invariant violations +2: I1 2$/m);
  expect(text).toContain('2 × I1: two orders rest in one slot\nseed 6\n--tape "long | +1"');
});
