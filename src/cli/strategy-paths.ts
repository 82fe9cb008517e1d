/** Strategy files named on a command line: files as given, folders as all their *.yaml and *.yml in name order. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { inputError } from './command-input.ts';

export async function strategyPaths(given: readonly string[]): Promise<string[]> {
  const paths: string[] = [];
  for (const path of given) {
    const info = await stat(path).catch(() => null);
    if (info === null) throw inputError(`${path}: there is no such file or folder`);
    if (!info.isDirectory()) {
      paths.push(path);
      continue;
    }
    const names = (await readdir(path)).filter((name) => /\.ya?ml$/.test(name)).sort();
    if (names.length === 0) throw inputError(`${path}: the folder holds no *.yaml file`);
    paths.push(...names.map((name) => join(path, name)));
  }
  return paths;
}
