/**
 * `npm run campaign`: the real bot against every listed fault and a crash at every await boundary, judged by the exchange's own truth.
 * Exits 1 when an invariant was broken, and prints seed, shrunk tape and a page of what happened; 2 for wrong arguments.
 */
import { isMainThread } from 'node:worker_threads';
import { HedgerowError } from '../domain/errors.ts';
import type { CampaignJob, FailedRun, JobResult } from '../sim/campaign/campaign-job.ts';
import { CampaignTally } from '../sim/campaign/campaign-tally.ts';
import { boundariesOf, compared } from '../sim/campaign/crash-everywhere.ts';
import { GOLDEN_TAPES } from '../sim/campaign/golden-tapes.ts';
import { replayTape } from '../sim/campaign/run-seed.ts';
import { shrinkTape } from '../sim/campaign/shrink-tape.ts';
import { parseTape, tapeText } from '../sim/campaign/tape.ts';
import type { CampaignTape } from '../sim/campaign/tape.ts';
import { Timeline } from '../sim/campaign/timeline.ts';
import { USAGE, readOptions } from './options.ts';
import type { CampaignOptions } from './options.ts';
import { plantedCommand } from './planted/planted-command.ts';
import { textReport } from './report.ts';
import type { ShownFailure } from './report.ts';
import { storageCommand } from './storage/storage-command.ts';
import { doAll, serveJobs } from './workers.ts';

const EXIT_BROKEN = 1;
const EXIT_WRONG_INPUT = 2;
/** One seed of so many is run again from its tape (I22). */
const CHECKED_EVERY = 100;
/** Kinds of failures that are made small and shown; the others are counted. */
const SHOWN_MAX = 5;
/** Runs it may take to make one failure small: a minute or two. */
const SHRINK_ATTEMPTS = 150;
const PROGRESS_MS = 1_000;

async function jobsOf({ seeds, mix, crashStride, pairStride }: CampaignOptions): Promise<CampaignJob[]> {
  const jobs: CampaignJob[] = [];
  for (const scenario of crashStride === 0 ? [] : GOLDEN_TAPES.keys()) {
    const boundaries = await boundariesOf(scenario);
    for (let boundary = 1; boundary <= boundaries; boundary += crashStride) jobs.push({ type: 'crash', scenario, boundary, stride: pairStride });
  }
  seeds.forEach((seed, index) => jobs.push({ type: 'seed', seed, mix, isChecked: index % CHECKED_EVERY === 0 }));
  return jobs;
}

async function campaign(options: CampaignOptions): Promise<number> {
  const tally = new CampaignTally();
  const startedAt = performance.now();
  let busyMs = 0;
  let shownAt = 0;
  if (options.tape === null) {
    const jobs = await jobsOf(options);
    let done = 0;
    await doAll(jobs, Math.min(options.workers, Math.max(1, jobs.length)), new URL(import.meta.url), (job) => {
      tally.add(job.result);
      busyMs += job.busyMs;
      done += 1;
      if (!process.stderr.isTTY || performance.now() - shownAt < PROGRESS_MS) return;
      shownAt = performance.now();
      process.stderr.write(`\r\u001b[K${done} of ${jobs.length} jobs, ${tally.runs} runs`);
    });
    if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
  } else {
    tally.add(await tapeResult(options.tape));
    busyMs = performance.now() - startedAt;
  }
  const figures = tally.figures();
  const wallMs = performance.now() - startedAt;
  const failures: ShownFailure[] = [];
  for (const failure of figures.failures.slice(0, SHOWN_MAX)) failures.push(await shown(failure));
  const report = options.isJson ? JSON.stringify({ ...figures, failures, wallMs, busyMs, workers: options.workers }, null, 2) : textReport(figures, { wallMs, busyMs, workers: options.workers }, failures);
  process.stdout.write(`${report}\n`);
  return figures.failures.length === 0 ? 0 : EXIT_BROKEN;
}

async function tapeResult(tape: CampaignTape): Promise<JobResult> {
  const outcome = await replayTape(tape);
  const { violation } = outcome;
  const failures = violation === null ? [] : [{ seed: null, tape: tapeText(tape), violation }];
  return { runs: [{ ...outcome, isRefused: outcome.refusal !== null, faults: [...outcome.faults], crashes: [...outcome.crashes] }], failures };
}

/** I22 is about two runs and I12 about a run without crashes: the first cannot be made small, the second has its own judge. */
async function shown({ seed, tape, violation, count }: FailedRun & { readonly count: number }): Promise<ShownFailure> {
  const judge = violation.message.startsWith('I12: with the crash') ? compared : replayTape;
  const small = violation.invariant === 'I22' ? { tape: parseTape(tape), violation } : await shrinkTape(parseTape(tape), violation, async (candidate) => (await judge(candidate)).violation, SHRINK_ATTEMPTS);
  const timeline = new Timeline();
  await replayTape(small.tape, timeline);
  return { seed, count, message: small.violation.message, facts: small.violation.facts, tape: tapeText(small.tape), timeline: timeline.lines };
}

async function main(): Promise<void> {
  try {
    const args = process.argv.slice(2);
    if (args.includes('--help') || args.includes('-h')) return void process.stdout.write(USAGE);
    process.exitCode = args.includes('--storage') ? await storageCommand(args) : args.includes('--planted') ? await plantedCommand(args) : await campaign(readOptions(args));
  } catch (error) {
    const isInput = (error instanceof HedgerowError && error.code === 'INPUT_INVALID') || (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS') === true;
    process.stderr.write(isInput ? `campaign: ${(error as Error).message}\n\n${USAGE}` : `campaign: ${(error as Error).stack ?? String(error)}\n`);
    process.exitCode = isInput ? EXIT_WRONG_INPUT : EXIT_BROKEN;
  }
}

if (isMainThread) await main();
else serveJobs();
