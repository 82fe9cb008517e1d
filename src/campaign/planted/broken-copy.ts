/**
 * Puts a planted bug into a copy of the compiled bot. The copy lies inside the package's folder, so that its imports resolve, in a folder
 * that git ignores, and is taken away after use.
 */
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HedgerowError } from '../../domain/errors.ts';
import type { PlantedBug } from './planted-bug.ts';

/** Below the package's root. */
const COPIES = 'dist-planted';

/**
 * The changed files of a bug with their new texts, by path below `dist/`. `read` gives the text of such a file. Throws INPUT_INVALID when
 * a text to be replaced is not there exactly once: the compiled code has changed under the bug.
 */
export function changedFiles({ name, edits }: PlantedBug, read: (file: string) => string): ReadonlyMap<string, string> {
  const changed = new Map<string, string>();
  for (const { file, find, replace } of edits) {
    const text = changed.get(file) ?? read(file);
    const found = text.split(find).length - 1;
    if (found !== 1) throw new HedgerowError('INPUT_INVALID', `planted bug ${name}: ${file} holds ${JSON.stringify(find)} ${found} times, not once; follow the code in src/campaign/planted`);
    changed.set(file, text.replace(find, () => replace));
  }
  return changed;
}

export interface BrokenCopy {
  /** Absolute path of the folder that stands for `dist/`. */
  readonly folder: string;
  remove(): void;
}

/** A copy of `dist`, which is the package compiled, below `root`, the package's folder. Throws INPUT_INVALID as `changedFiles` does. */
export function brokenCopy(bug: PlantedBug, dist: string, root: string): BrokenCopy {
  const folder = join(root, COPIES, bug.name);
  const changed = changedFiles(bug, (file) => readFileSync(join(dist, file), 'utf8'));
  rmSync(folder, { recursive: true, force: true });
  cpSync(dist, folder, { recursive: true, filter: (path) => !path.endsWith('.map') });
  for (const [file, text] of changed) writeFileSync(join(folder, file), text);
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
