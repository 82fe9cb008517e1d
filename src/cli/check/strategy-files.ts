/** The strategy files that the arguments of a command name, read one by one: a wrong file does not hide the others. */
import { readdirSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { loadStrategyFile } from '../../adapters/yaml/load-strategy.ts';
import type { Override } from '../../adapters/yaml/overrides.ts';
import { HedgerowError } from '../../domain/errors.ts';
import type { Strategy } from '../../domain/strategy.ts';
import { inputError } from '../command-input.ts';

export type StrategyFile =
  | { readonly file: string; readonly isValid: true; readonly strategy: Strategy }
  | { readonly file: string; readonly isValid: false; readonly error: HedgerowError };

const STRATEGY_FILE = /\.ya?ml$/i;

/** In the order given, a folder's files sorted by name; a file that is named twice is read once. */
export async function readStrategyFiles(paths: readonly string[], overrides: readonly Override[] = []): Promise<StrategyFile[]> {
  const files: StrategyFile[] = [];
  const seen = new Set<string>();
  for (const path of paths) {
    for (const file of expanded(path)) {
      const identity = typeof file === 'string' ? identityOf(file) : file.file;
      if (seen.has(identity)) continue;
      seen.add(identity);
      files.push(typeof file === 'string' ? await read(file, overrides) : file);
    }
  }
  return files;
}

function expanded(path: string): readonly (string | StrategyFile)[] {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return [path];
  const names = readdirSync(path).filter((name) => STRATEGY_FILE.test(name)).sort();
  if (names.length > 0) return names.map((name) => join(path, name));
  return [{ file: path, isValid: false, error: inputError(`${path} holds no *.yaml or *.yml file; name a folder with strategy files`) }];
}

function identityOf(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return file;
  }
}

async function read(file: string, overrides: readonly Override[]): Promise<StrategyFile> {
  try {
    return { file, isValid: true, strategy: await loadStrategyFile(file, overrides) };
  } catch (error) {
    if (error instanceof HedgerowError && error.code !== 'INVARIANT_BROKEN') return { file, isValid: false, error };
    throw error;
  }
}
