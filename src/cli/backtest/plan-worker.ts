/** The plans of a backtest spread over worker threads, each thread with one plan at a time. One plan needs no thread. */
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import { HedgerowError, type ErrorCode } from '../../domain/errors.ts';
import { doPlanJob, type PlanJob, type PlanResult } from './plan-job.ts';

/** How one plan ended. */
export type PlanOutcome = { readonly index: number } & ({ readonly type: 'done'; readonly result: PlanResult } | { readonly type: 'refused'; readonly code: ErrorCode; readonly message: string });

/** Tells a thread of ours from others that import this file. */
const ROLE = 'hedgerow-backtest';

async function outcomeOf(job: PlanJob): Promise<PlanOutcome> {
  try {
    return { index: job.index, type: 'done', result: await doPlanJob(job) };
  } catch (error) {
    if (error instanceof HedgerowError) return { index: job.index, type: 'refused', code: error.code, message: error.message };
    throw error;
  }
}

/** Outcomes in the order of the jobs, whatever the number of threads. Rejects with the first fault of a thread. `isStopped` ends it early. */
export async function doPlanJobs(jobs: readonly PlanJob[], threads: number, onDone: (done: number) => void, stopped: AbortSignal): Promise<readonly PlanOutcome[]> {
  const outcomes: PlanOutcome[] = [];
  const take = (outcome: PlanOutcome): void => {
    outcomes[outcome.index] = outcome;
    onDone(outcomes.filter((each) => each !== undefined).length);
  };
  const queue = jobs.values();
  if (jobs.length === 1 || threads === 1) {
    for (const job of queue) {
      if (stopped.aborted) break;
      take(await outcomeOf(job));
      // Signals are heard between two plans.
      await new Promise((resolve) => setImmediate(resolve));
    }
  } else await Promise.all(Array.from({ length: Math.min(threads, jobs.length) }, () => workThrough(queue, take, stopped)));
  return outcomes;
}

function workThrough(queue: Iterator<PlanJob>, take: (outcome: PlanOutcome) => void, stopped: AbortSignal): Promise<void> {
  const worker = new Worker(new URL(import.meta.url), { workerData: ROLE });
  return new Promise<void>((resolve, reject) => {
    const next = (): void => {
      const { value, done } = queue.next();
      if (done === true || stopped.aborted) resolve();
      else worker.postMessage(value);
    };
    worker.on('message', (outcome: PlanOutcome) => {
      take(outcome);
      next();
    });
    worker.on('error', reject);
    stopped.addEventListener('abort', () => resolve());
    next();
  }).finally(() => worker.terminate());
}

if (!isMainThread && workerData === ROLE) {
  parentPort?.on('message', (job: PlanJob) => {
    void outcomeOf(job).then((outcome) => parentPort?.postMessage(outcome));
  });
}
