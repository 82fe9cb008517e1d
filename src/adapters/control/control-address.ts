/** Where the control socket of a data folder is: in a folder of its own that only its owner may enter (I20). */
import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { HedgerowError } from '../../domain/errors.ts';

/** The shortest limit of the systems we know is 104 bytes with the closing zero (macOS); Linux has 108. */
const SOCKET_PATH_BYTES_MAX = 103;
const SOCKET = 'bot.sock';

export interface ControlAddress {
  /** What to listen on or connect to. */
  readonly path: string;
  readonly close: () => void;
}

function folderOf(dataDir: string): string {
  return join(dataDir, 'control');
}

/** Makes the folder, and takes it back from everybody else. Throws STORE_UNAVAILABLE. */
export function makeControlFolder(dataDir: string): void {
  const folder = folderOf(dataDir);
  try {
    mkdirSync(folder, { mode: 0o700, recursive: true });
    chmodSync(folder, 0o700);
  } catch (error) {
    throw new HedgerowError('STORE_UNAVAILABLE', `the folder ${folder} of the control socket cannot be made: ${(error as Error).message}; give the data folder room and rights`);
  }
}

/** Null when there is no such folder. Longer paths than a socket address may have are reached through the folder's descriptor. */
export function controlAddress(dataDir: string): ControlAddress | null {
  const folder = folderOf(dataDir);
  const path = join(folder, SOCKET);
  if (Buffer.byteLength(path) <= SOCKET_PATH_BYTES_MAX) return { path, close: () => {} };
  if (process.platform !== 'linux') throw new HedgerowError('STORE_UNAVAILABLE', `the path of the data folder ${dataDir} is too long for its control socket; use a folder with a shorter path`);
  try {
    const descriptor = openSync(folder, 'r');
    return { path: `/proc/self/fd/${descriptor}/${SOCKET}`, close: () => closeSync(descriptor) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
