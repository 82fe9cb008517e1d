/** Finds files of the package that the TypeScript build does not copy: the SQL migrations and the PGlite worker. Keeps no invariant. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { HedgerowError } from '../../domain/errors.ts';

/**
 * The nearest folder above this file that holds package.json, so that sources (`src/…`) and build (`dist/src/…`) agree.
 * Throws STORE_UNAVAILABLE when the package was taken apart.
 */
export function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder);
    if (parent === folder) {
      throw new HedgerowError('STORE_UNAVAILABLE', 'the store cannot find its own package folder (no package.json above the program); install hedgerow again');
    }
    folder = parent;
  }
  return folder;
}
