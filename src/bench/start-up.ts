/** How long a person waits for the first answer: commands in processes of their own, from the compiled program. */
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packageRoot } from '../adapters/postgres/package-root.ts';
import type { Bench, OpenBench } from './bench.ts';
import { runNode } from './child-process.ts';

const BARE = 'node that does nothing';
const HELP = 'hedgerow --help';
const CHECK = 'hedgerow check, one file';
const TRACE = 'hedgerow trace, two prices';
const RUN = 'hedgerow run, until the first plan has started';
const STARTED = 'plan started';
/** Seconds each, most of them spent by PGlite. */
const FIRST_RUNS_MAX = 1;

export const startUp: Bench = {
  group: 'start-up',
  warmsUp: false,
  rows: [
    { name: HELP, unit: 'ms', yardstick: BARE, note: 'of the compiled program itself; src/cli/launch.mjs looks first whether it has to compile' },
    { name: CHECK, unit: 'ms', yardstick: BARE },
    { name: TRACE, unit: 'ms', yardstick: BARE },
    { name: RUN, unit: 'ms', yardstick: BARE, note: 'in an empty data folder: PGlite is set up and migrated first; measured once' },
    { name: BARE, unit: 'ms' },
  ],
  open: async (): Promise<OpenBench> => {
    let rounds = 0;
    return {
      round: async () => {
        rounds += 1;
        return {
          [BARE]: [(await runNode(['--eval', '0'])).elapsedMs],
          [HELP]: [await timeOf(['--help'])],
          [CHECK]: [await timeOf(['check', strategyFile(), '--price', '100000'])],
          [TRACE]: [await timeOf(['trace', strategyFile(), '--prices', '100000,107000'])],
          ...(rounds > FIRST_RUNS_MAX ? {} : { [RUN]: [await timeOfFirstRun()] }),
        };
      },
      close: async () => {},
    };
  },
};

const PROGRAM = fileURLToPath(new URL('../main.js', import.meta.url));

function strategyFile(): string {
  return join(packageRoot(), 'strategies', 'btc-rotation.yaml');
}

async function timeOf(args: readonly string[]): Promise<number> {
  return (await runNode([PROGRAM, ...args])).elapsedMs;
}

async function timeOfFirstRun(): Promise<number> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'hedgerow-bench-')));
  try {
    const args = ['run', strategyFile(), '--days', '1', '--data', join(folder, 'data'), '--log-level', 'info'];
    return (await runNode([PROGRAM, ...args], { untilStderr: STARTED })).elapsedMs;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
