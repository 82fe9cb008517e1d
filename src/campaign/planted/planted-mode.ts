/** `npm run campaign -- --planted [--seeds N] [--first S] [--only TEXT] [--workers N] [--json]`: what of the planted bugs the campaign sees. */
import { join } from 'node:path';
import { HedgerowError } from '../../domain/errors.ts';
import { hunt } from './hunt.ts';
import type { HuntResult } from './hunt.ts';
import { huntJson, huntText } from './hunt-table.ts';
import { PLANTED_BUGS } from './planted-bugs.ts';

export interface PlantedOptions {
  /** The package's folder, with a built `dist/`. */
  readonly root: string;
  readonly firstSeed: number;
  /** Per bug, until it is found. */
  readonly seeds: number;
  /** Bugs whose name contains this; all when empty. */
  readonly only: string;
  readonly workers: number;
  readonly isJson: boolean;
  /** Takes the report; progress goes to standard error. */
  readonly print: (text: string) => void;
}

/** True when every bug was found. Rejects with INPUT_INVALID when `only` names none, or a bug no longer fits the code. */
export async function plantedMode({ root, firstSeed, seeds, only, workers, isJson, print }: PlantedOptions): Promise<boolean> {
  const bugs = PLANTED_BUGS.filter(({ name }) => name.includes(only));
  if (bugs.length === 0) throw new HedgerowError('INPUT_INVALID', `--only ${JSON.stringify(only)} names no planted bug; known are ${PLANTED_BUGS.map(({ name }) => name).join(', ')}`);
  let done = 0;
  const onResult = ({ bug, sight }: HuntResult): void => {
    done += 1;
    process.stderr.write(`${done}/${bugs.length} ${bug.name}: ${sight === null ? 'not found' : `${sight.invariant} with seed ${sight.seed}`}\n`);
  };
  const results = await hunt(bugs, { root, dist: join(root, 'dist'), firstSeed, seeds, workers, onResult });
  print(isJson ? huntJson(results) : huntText(results));
  return results.every(({ sight }) => sight !== null);
}
