/**
 * The program a broken copy of the bot is run by: `first-violation.js FIRST SEEDS` runs the campaign's seeds until one is violated, and
 * prints one JSON line per seed. A violation is a finding, not a failure: the exit code says only whether the campaign itself worked.
 */
import type { Violation } from '../../sim/auditor/violation.ts';
import { runSeed } from '../../sim/campaign/run-seed.ts';

/** A plan that does not come to order says what is out of order: that is what was seen. */
const OUT_OF_ORDER = /after the last fault: (\w+): /;

function nameOf({ invariant, message }: Violation): string {
  return OUT_OF_ORDER.exec(message)?.[1] ?? invariant;
}

const [first = 1, seeds = 1] = process.argv.slice(2).map(Number);
for (let seed = first; seed < first + seeds; seed += 1) {
  const { outcome } = await runSeed(String(seed), 'all');
  const { violation } = outcome;
  process.stdout.write(`${JSON.stringify({ seed, ...(violation !== null && { violation: { invariant: nameOf(violation), message: violation.message } }) })}\n`);
  if (violation !== null) break;
}
