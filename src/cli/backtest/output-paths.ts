/** What a run would write must be none of the files it reads, and every file it writes another one. */
import { realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { inputError } from '../command-input.ts';

/** A file as the command line names it. */
export interface NamedFile {
  readonly option: string;
  readonly path: string;
}

/** Throws INPUT_INVALID. */
export function checkOutputs(outputs: readonly NamedFile[], inputs: readonly NamedFile[]): void {
  const taken = new Map(inputs.map((input) => [placeOf(input.path), input]));
  for (const output of outputs) {
    const place = placeOf(output.path);
    const other = taken.get(place);
    if (other !== undefined) throw inputError(`${output.option} ${output.path} would write over ${other.option} ${other.path}; name another file after ${output.option}`);
    taken.set(place, output);
  }
}

/** The same for every path to a file, also to one that is not there yet. */
function placeOf(path: string): string {
  const place = resolve(path);
  try {
    return realpathSync(place);
  } catch {
    const folder = dirname(place);
    return folder === place ? place : join(placeOf(folder), basename(place));
  }
}
