/**
 * The kill latch as files in `<data>/latch`, so that a plan that was told to halt stays told even if the store is lost or set back (I17).
 *
 * `<plan>.json` holds in every world; `<plan>.<world>.json` in one venue only, as names are unique within a venue. A file is on disk
 * (written aside, fsynced, renamed, folder fsynced) before `set` resolves. A file that cannot be read or understood counts as set.
 */
import { constants } from 'node:fs';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { HedgerowError } from '../../domain/errors.ts';
import { processSecrets } from '../system/redaction.ts';
import type { KillLatch, LatchRecord } from '../../ports/latch.ts';

const NAME = /^[a-z0-9-]{1,100}$/;
const RECORD = z.object({ action: z.enum(['halt', 'flatten']), reason: z.string(), at: z.number(), journal: z.object({ startedAt: z.number(), seq: z.number() }).exactOptional() });

export class LatchFile implements KillLatch {
  readonly folder: string;
  readonly #venue: string | null;

  /** Of one venue; null: latches hold in every world of the data folder. */
  constructor(dataDir: string, venue: string | null) {
    this.folder = join(dataDir, 'latch');
    this.#venue = venue;
  }

  /** Rejects with INPUT_INVALID for a name no plan can have. */
  async read(plan: string): Promise<LatchRecord | null> {
    const paths = this.#paths(plan);
    const records = (await Promise.all(paths.map(readRecord))).filter((record) => record !== null);
    const [first] = records;
    if (first === undefined) return null;
    // What one of them says only a resume here can lift holds for both.
    const { journal: _none, ...lasting } = records.find(({ journal }) => journal === undefined) ?? first;
    const action = records.some((record) => record.action === 'flatten') ? 'flatten' : 'halt';
    return records.some(({ journal }) => journal === undefined) ? { ...lasting, action } : { ...first, action };
  }

  /** Rejects with STORE_UNAVAILABLE when it cannot be written. */
  async set(plan: string, record: LatchRecord): Promise<void> {
    const [path = ''] = this.#paths(plan);
    try {
      await mkdir(this.folder, { recursive: false, mode: 0o700 }).catch(ignoreExisting);
      await writeDurably(path, `${JSON.stringify({ plan, ...record })}\n`, this.folder);
    } catch (error) {
      throw latchError(`${path} cannot be written`, error);
    }
  }

  async clear(plan: string): Promise<void> {
    for (const path of this.#paths(plan)) {
      try {
        await rm(path, { force: true });
      } catch (error) {
        throw latchError(`${path} cannot be removed`, error);
      }
    }
    await syncFolder(this.folder).catch(() => undefined);
  }

  /** The file to write first, then the others that hold too. */
  #paths(plan: string): readonly string[] {
    if (!NAME.test(plan)) throw new HedgerowError('INPUT_INVALID', `${JSON.stringify(plan.slice(0, 100))} is no name of a plan; names are made of a-z, 0-9 and -`);
    const everywhere = join(this.folder, `${plan}.json`);
    return this.#venue === null ? [everywhere] : [join(this.folder, `${plan}.${this.#venue.replace(/[^A-Za-z0-9-]/g, '-')}.json`), everywhere];
  }
}

async function readRecord(path: string): Promise<LatchRecord | null> {
  try {
    return RECORD.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    return { action: 'halt', reason: `the latch file ${path} cannot be read, so it counts as set`, at: 0 };
  }
}

async function writeDurably(path: string, text: string, folder: string): Promise<void> {
  const aside = `${path}.${process.pid}.tmp`;
  const file = await open(aside, 'w', 0o600);
  try {
    await file.writeFile(processSecrets.text(text));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(aside, path);
  await syncFolder(folder);
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function ignoreExisting(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
}

function latchError(what: string, error: unknown): HedgerowError {
  return new HedgerowError('STORE_UNAVAILABLE', `the kill latch ${what}: ${error instanceof Error ? error.message : String(error)}; give the data folder room and rights`);
}
