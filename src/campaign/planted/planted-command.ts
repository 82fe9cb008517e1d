/** `npm run campaign -- --planted`: what of the planted bugs the campaign sees. */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { packageRoot } from '../../adapters/postgres/package-root.ts';
import { HedgerowError } from '../../domain/errors.ts';
import { whole } from '../options.ts';
import { hunt } from './hunt.ts';
import type { HuntResult } from './hunt.ts';
import { huntJson, huntText } from './hunt-table.ts';
import type { PlantedBug } from './planted-bug.ts';
import { PLANTED_BUGS } from './planted-bugs.ts';

interface PlantedOptions {
  readonly bugs: readonly PlantedBug[];
  readonly firstSeed: number;
  readonly seeds: number;
  readonly workers: number;
  readonly isJson: boolean;
}

const SEEDS_MAX = 1_000_000;
const WORKERS_MAX = 256;

/** Throws INPUT_INVALID and names the argument. */
function readPlantedOptions(args: readonly string[]): PlantedOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      planted: { type: 'boolean' },
      seeds: { type: 'string', default: '400' },
      first: { type: 'string', default: '1' },
      only: { type: 'string', default: '' },
      workers: { type: 'string', default: String(availableParallelism()) },
      json: { type: 'boolean', default: false },
    },
  });
  const bugs = PLANTED_BUGS.filter(({ name }) => name.includes(values.only));
  if (bugs.length === 0) throw new HedgerowError('INPUT_INVALID', `--only ${JSON.stringify(values.only)} names no planted bug; known are ${PLANTED_BUGS.map(({ name }) => name).join(', ')}`);
  return {
    bugs,
    firstSeed: whole('--first', values.first, 0, Number.MAX_SAFE_INTEGER - SEEDS_MAX),
    seeds: whole('--seeds', values.seeds, 1, SEEDS_MAX),
    workers: whole('--workers', values.workers, 1, WORKERS_MAX),
    isJson: values.json,
  };
}

/** Prints the table; exit code 1 when a bug was not found. Throws INPUT_INVALID for wrong arguments, and for a bug that no longer fits the code. */
export async function plantedCommand(args: readonly string[]): Promise<number> {
  const { bugs, isJson, ...scope } = readPlantedOptions(args);
  const root = packageRoot();
  let done = 0;
  const onResult = ({ bug, sight }: HuntResult): void => {
    done += 1;
    process.stderr.write(`${done}/${bugs.length} ${bug.name}: ${sight === null ? 'not found' : `${sight.invariant} with seed ${sight.seed}`}\n`);
  };
  const results = await hunt(bugs, { ...scope, root, dist: join(root, 'dist'), onResult });
  process.stdout.write(isJson ? huntJson(results) : huntText(results));
  return results.every(({ sight }) => sight !== null) ? 0 : 1;
}
