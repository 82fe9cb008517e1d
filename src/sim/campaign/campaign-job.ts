/** One piece of a campaign's work, as data that can be sent to a worker, and its result as data that can be sent back. */
import { absurd } from '../../domain/invariant.ts';
import type { Violation } from '../auditor/violation.ts';
import { crashAt } from './crash-everywhere.ts';
import { replayTape, runSeed } from './run-seed.ts';
import type { SeedRun } from './run-seed.ts';
import type { RunOutcome } from './run-tape.ts';
import type { Mix } from './seed-tape.ts';
import { tapeText } from './tape.ts';

export type CampaignJob =
  /** `isChecked`: the tape is replayed, and has to give the same trace (I22). */
  | { readonly type: 'seed'; readonly seed: string; readonly mix: Mix; readonly isChecked: boolean }
  /** See `crashAt`. */
  | { readonly type: 'crash'; readonly scenario: number; readonly boundary: number; readonly stride: number };

export interface FailedRun {
  /** Null for runs that no seed was drawn for. */
  readonly seed: string | null;
  readonly tape: string;
  readonly violation: Violation;
}

export interface RunFigures {
  readonly steps: number;
  readonly simulatedMs: number;
  readonly operation: string;
  readonly isRefused: boolean;
  readonly faults: readonly (readonly [kind: string, count: number])[];
  readonly crashes: readonly (readonly [boundary: string, count: number])[];
  readonly unprotectedMs: readonly number[];
  readonly restartToProtectedMs: readonly number[];
  readonly convergenceMs: number | null;
}

export interface JobResult {
  readonly runs: readonly RunFigures[];
  readonly failures: readonly FailedRun[];
}

export async function doJob(job: CampaignJob): Promise<JobResult> {
  switch (job.type) {
    case 'seed':
      return seedResult(await runSeed(job.seed, job.mix), job);
    case 'crash': {
      const runs = await crashAt(job.scenario, job.boundary, job.stride);
      return { runs: runs.map(({ outcome }) => figuresOf(outcome)), failures: runs.flatMap((run) => failureOf(run, null)) };
    }
    default:
      return absurd(job);
  }
}

async function seedResult(run: SeedRun, { seed, isChecked }: Extract<CampaignJob, { type: 'seed' }>): Promise<JobResult> {
  const failures = failureOf(run, seed);
  if (isChecked && failures.length === 0) {
    const again = await replayTape(run.tape);
    if (again.traceHash !== run.outcome.traceHash) {
      const violation: Violation = { invariant: 'I22', message: 'I22: the tape of a seed gives another trace than the seed', facts: { seed: run.outcome.traceHash, tape: again.traceHash }, step: 0, at: 0 };
      return { runs: [figuresOf(run.outcome)], failures: [{ seed, tape: tapeText(run.tape), violation }] };
    }
  }
  return { runs: [figuresOf(run.outcome)], failures };
}

function failureOf({ tape, outcome: { violation } }: SeedRun, seed: string | null): FailedRun[] {
  return violation === null ? [] : [{ seed, tape: tapeText(tape), violation }];
}

function figuresOf(outcome: RunOutcome): RunFigures {
  const { steps, simulatedMs, operation, refusal, unprotectedMs, restartToProtectedMs, convergenceMs, faults, crashes } = outcome;
  return { steps, simulatedMs, operation, isRefused: refusal !== null, unprotectedMs, restartToProtectedMs, convergenceMs, faults: [...faults], crashes: [...crashes] };
}
