/**
 * One golden scenario, ended at one await boundary; and, after that, at every boundary of the recovery from it. Each run is compared
 * with the same run without any crash (I12).
 */
import { finding } from '../auditor/violation.ts';
import type { Violation } from '../auditor/violation.ts';
import { GOLDEN_DOWN_MS, GOLDEN_TAPES } from './golden-tapes.ts';
import { replayTape } from './run-seed.ts';
import type { SeedRun } from './run-seed.ts';
import type { RunOutcome } from './run-tape.ts';
import type { CampaignTape, TapeCrash } from './tape.ts';

const references = new Map<string, Promise<RunOutcome>>();

/** The run without crashes; kept, since every crash is compared with it. */
function reference(tape: CampaignTape): Promise<RunOutcome> {
  const key = JSON.stringify(tape.steps) + JSON.stringify(tape.plan) + JSON.stringify(tape.conditions);
  let run = references.get(key);
  if (run === undefined) {
    run = replayTape({ ...tape, crashes: [] });
    references.set(key, run);
  }
  return run;
}

/** Await boundaries of a golden scenario without crashes. */
export async function boundariesOf(scenario: number): Promise<number> {
  return (await reference(goldenTape(scenario))).boundariesAt.at(-1) ?? 0;
}

function goldenTape(scenario: number): CampaignTape {
  const tape = GOLDEN_TAPES[scenario];
  if (tape === undefined) throw new RangeError(`there are ${GOLDEN_TAPES.length} golden scenarios`);
  return tape;
}

/** A tape whose crashes are over before the next price; judged as any, and against the run without them. */
export async function compared(tape: CampaignTape): Promise<RunOutcome> {
  const outcome = await replayTape(tape);
  if (outcome.violation !== null) return outcome;
  const usual = await reference(tape);
  return outcome.result === usual.result ? outcome : { ...outcome, violation: differing(tape, outcome, usual) };
}

function differing({ steps }: CampaignTape, outcome: RunOutcome, usual: RunOutcome): Violation {
  return { ...finding('I12', 'with the crash the run ends in another state than without', { with: outcome.result, without: usual.result }), step: steps.length, at: outcome.simulatedMs };
}

/** Every `stride`-th pair of (`boundary`, a boundary of the recovery from it); stride 0: only the first crash. */
export async function crashAt(scenario: number, boundary: number, stride: number): Promise<SeedRun[]> {
  const golden = goldenTape(scenario);
  const crashed = (tape: CampaignTape, ...boundaries: readonly number[]): CampaignTape => ({ ...tape, crashes: boundaries.map(crashOf) });
  const single = crashed(golden, boundary);
  const first = await compared(single);
  const runs: SeedRun[] = [{ tape: single, outcome: first }];
  const recovery = first.recoveries.find(({ from }) => from > boundary);
  if (stride === 0 || recovery === undefined || first.violation !== null) return runs;
  const short = { ...golden, steps: golden.steps.slice(0, Math.max(1, await stepOf(golden, boundary))) };
  for (let second = recovery.from + (boundary % stride); second <= recovery.to; second += stride) {
    const tape = crashed(short, boundary, second);
    runs.push({ tape, outcome: await compared(tape) });
  }
  return runs;
}

function crashOf(boundary: number): TapeCrash {
  return { boundary, downMs: GOLDEN_DOWN_MS, lostCommits: 0, isPause: false };
}

/** How many steps of the tape it takes to pass the boundary. */
async function stepOf(tape: CampaignTape, boundary: number): Promise<number> {
  const { boundariesAt } = await reference(tape);
  const index = boundariesAt.findIndex((passed) => passed >= boundary);
  return index === -1 ? tape.steps.length : index;
}
