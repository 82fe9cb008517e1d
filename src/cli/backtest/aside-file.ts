/** A file that is there whole or not at all, written piece by piece: aside, then renamed over whatever had its name. */
import { createWriteStream, rmSync } from 'node:fs';
import { mkdir, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { renameDurably } from '../../adapters/files/dataset/durable-file.ts';
import { inputError } from '../command-input.ts';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** Makes the folder where it is missing. Throws INPUT_INVALID, naming the option, when it cannot be written; nothing is left then. */
export async function writeAside(path: string, pieces: Iterable<string>, option: string): Promise<void> {
  const aside = asideOf(path);
  // Renaming would replace a device or a pipe.
  const there = await stat(path).catch(() => null);
  if (there?.isFile() === false) throw inputError(`${option} ${path} is there and is no file; name another`);
  const release = removedBySignals(aside);
  try {
    await mkdir(dirname(path), { recursive: true });
    await pipeline(pieces, createWriteStream(aside, { flush: true }));
    await renameDurably(aside, path);
  } catch (error) {
    await rm(aside, { force: true }).catch(() => {});
    if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
    throw inputError(`${option}: ${(error as Error).message}; name a place that can be written and has room`);
  } finally {
    release();
  }
}

/** What a thread that was ended left of a file it was writing. */
export async function removeAside(path: string): Promise<void> {
  await rm(asideOf(path), { force: true });
}

/** Of this process, whichever thread writes. */
function asideOf(path: string): string {
  return `${path}.${process.pid}.tmp`;
}

/** A signal that nobody else listens to ends the process as it would, without the half file. */
function removedBySignals(aside: string): () => void {
  const mine = SIGNALS.filter((signal) => process.listenerCount(signal) === 0);
  const onSignal = (signal: NodeJS.Signals): void => {
    rmSync(aside, { force: true });
    release();
    process.kill(process.pid, signal);
  };
  const release = (): void => mine.forEach((signal) => process.off(signal, onSignal));
  for (const signal of mine) process.on(signal, onSignal);
  return release;
}
