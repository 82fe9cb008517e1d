/** Runs a seed and gives, with what came of it, the tape that replays it without the seed. */
import { runTape } from './run-tape.ts';
import type { RunOutcome } from './run-tape.ts';
import { tapedFaults } from './fault-source.ts';
import { frameOf } from './seed-tape.ts';
import type { Mix } from './seed-tape.ts';
import type { CampaignTape } from './tape.ts';
import type { Timeline } from './timeline.ts';

export interface SeedRun {
  readonly tape: CampaignTape;
  readonly outcome: RunOutcome;
}

export async function runSeed(seed: number | string, mix: Mix): Promise<SeedRun> {
  const { frame, source } = frameOf(seed, mix);
  const outcome = await runTape(frame, source);
  return { tape: { ...frame, faults: source.faults, crashes: source.crashes }, outcome };
}

export function replayTape(tape: CampaignTape, timeline: Timeline | null = null): Promise<RunOutcome> {
  return runTape(tape, tapedFaults(tape.faults, tape.crashes), timeline);
}
