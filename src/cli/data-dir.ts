/** The data folder a command works on. */
import { inputError } from './command-input.ts';
import type { CommandInput } from './command-input.ts';

const DEFAULT_DATA_DIR = '.hedgerow';

export function dataDirOf(input: CommandInput): string {
  const dataDir = input.text('data') ?? DEFAULT_DATA_DIR;
  if (dataDir.trim() === '') throw inputError(`--data is empty; name a folder, or leave it away for ${DEFAULT_DATA_DIR}`);
  return dataDir;
}
