/** How many plans are done: a bar on a terminal's standard error, nothing elsewhere. */
import { SingleBar } from 'cli-progress';
import type { CliIo } from '../command-spec.ts';

export interface PlanProgress {
  show(done: number): void;
  end(): void;
}

export function planProgress({ stderr }: Pick<CliIo, 'stderr'>, plans: number): PlanProgress {
  if (stderr.isTTY !== true || plans < 2) return { show: () => {}, end: () => {} };
  const bar = new SingleBar({ format: '{bar} {value}/{total} strategies, {eta_formatted} left', stream: stderr, clearOnComplete: true, hideCursor: true });
  bar.start(plans, 0);
  return { show: (done) => bar.update(done), end: () => bar.stop() };
}
