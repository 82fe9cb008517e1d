/** Files that are there whole or not at all: written aside, on disk, then renamed. */
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Nothing is left beside it when that fails: on a full disk what is left would stand in the way of everything else. */
export async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  const aside = `${path}.tmp`;
  try {
    const file = await open(aside, 'w');
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await renameDurably(aside, path);
  } catch (error) {
    await rm(aside, { force: true }).catch(() => {});
    throw error;
  }
}

export async function renameDurably(from: string, to: string): Promise<void> {
  await rename(from, to);
  const folder = await open(dirname(to), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
