/** Result files from the command line, read and checked; every fault names the file and the remedy. */
import { readFile, stat } from 'node:fs/promises';
import { parseResultDocument } from '../../backtest/result-document-reader.ts';
import { inputError } from '../command-input.ts';
import type { ResultFile } from './comparison.ts';

/** Years of minutes with a hundred thousand fills are 20 MiB; a text of twice this is more than the runtime can hold. */
const FILE_MIB_MAX = 256;

export async function readResultFile(file: string): Promise<ResultFile> {
  return { file, document: parseResultDocument(await textOf(file), file) };
}

async function textOf(file: string): Promise<string> {
  try {
    const { size } = await stat(file);
    if (size > FILE_MIB_MAX * 2 ** 20) throw inputError(`${file} has ${Math.ceil(size / 2 ** 20)} MiB, more than any result (${FILE_MIB_MAX} MiB); give what hedgerow backtest --json printed`);
    return await readFile(file, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code === 'ENOENT') throw inputError(`${file}: there is no such file; write one with hedgerow backtest STRATEGY --json > ${file}`);
    if (code === 'EISDIR') throw inputError(`${file} is a folder; give a file that hedgerow backtest --json wrote`);
    if (code === 'EACCES') throw inputError(`${file} may not be read; check its permissions`);
    throw error;
  }
}
