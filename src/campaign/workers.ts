/** Spreads the jobs of a campaign over threads. Results come in any order; every job is its own world, so that changes nothing (I22). */
import { Worker, parentPort } from 'node:worker_threads';
import { doJob } from '../sim/campaign/campaign-job.ts';
import type { CampaignJob, JobResult } from '../sim/campaign/campaign-job.ts';

export interface DoneJob {
  readonly job: CampaignJob;
  readonly result: JobResult;
  /** Time the job took on its thread, ms. */
  readonly busyMs: number;
}

/** The side of the worker: does jobs until none comes. */
export function serveJobs(): void {
  parentPort?.on('message', (job: CampaignJob) => {
    const startedAt = performance.now();
    void doJob(job).then((result) => parentPort?.postMessage({ job, result, busyMs: performance.now() - startedAt } satisfies DoneJob));
  });
}

/** Rejects with the first error of a worker. `script` is what a worker runs; it has to call `serveJobs`. */
export async function doAll(jobs: Iterable<CampaignJob>, count: number, script: URL, onDone: (done: DoneJob) => void): Promise<void> {
  const queue = jobs[Symbol.iterator]();
  await Promise.all(Array.from({ length: count }, () => work(queue, script, onDone)));
}

function work(queue: Iterator<CampaignJob>, script: URL, onDone: (done: DoneJob) => void): Promise<void> {
  const worker = new Worker(script);
  return new Promise<void>((resolve, reject) => {
    const next = (): void => {
      const { value, done } = queue.next();
      if (done === true) resolve();
      else worker.postMessage(value);
    };
    worker.on('message', (message: DoneJob) => {
      onDone(message);
      next();
    });
    worker.on('error', reject);
    next();
  }).finally(() => worker.terminate());
}
