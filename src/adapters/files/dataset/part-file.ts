/**
 * A download under way: lines in `<file>.part`, and beside it how far they are good. A process may die at any moment; the next one cuts
 * off what was not acknowledged and goes on. Only a part that is complete becomes the file, by one rename.
 */
import { createHash, type Hash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { open, readFile, rm, stat, type FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { z } from 'zod';
import { renameDurably, writeWhole } from './durable-file.ts';

const PIECE_BYTES = 256 * 1_024;

const STATE = z.strictObject({
  version: z.literal(1),
  /** What is downloaded; of anything else the part is none. */
  identity: z.string(),
  /** Everything before this time is in the part, ms. */
  cursor: z.number(),
  bytes: z.number(),
  rows: z.number(),
  /** Of those bytes. */
  sha256: z.string(),
});
type PartState = z.infer<typeof STATE>;

export interface PartPlan {
  /** Of the file it becomes. */
  readonly path: string;
  readonly identity: string;
  readonly header: string;
  readonly since: number;
}

export class PartFile {
  readonly #plan: PartPlan;
  readonly #file: FileHandle;
  readonly #hash: Hash;
  #state: PartState;

  private constructor(plan: PartPlan, file: FileHandle, state: PartState, hash: Hash) {
    this.#plan = plan;
    this.#file = file;
    this.#state = state;
    this.#hash = hash;
  }

  /** The part that is there, as far as it is good, or a new one. */
  static async open(plan: PartPlan): Promise<PartFile> {
    const kept = await keptState(plan);
    const file = await open(partPath(plan.path), kept === null ? 'w+' : 'r+');
    try {
      if (kept !== null) {
        await file.truncate(kept.state.bytes);
        return new PartFile(plan, file, kept.state, kept.hash);
      }
      const part = new PartFile(plan, file, { version: 1, identity: plan.identity, cursor: plan.since, bytes: 0, rows: 0, sha256: '' }, createHash('sha256'));
      await part.#write(`${plan.header}\n`, 0, plan.since);
      return part;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Where to go on, ms. */
  get cursor(): number {
    return this.#state.cursor;
  }

  get rows(): number {
    return this.#state.rows;
  }

  get path(): string {
    return partPath(this.#plan.path);
  }

  /** On disk when it resolves; `cursor` is where the next lines begin. */
  async append(lines: readonly string[], cursor: number): Promise<void> {
    await this.#write(lines.map((line) => `${line}\n`).join(''), lines.length, cursor);
  }

  async #write(text: string, rows: number, cursor: number): Promise<void> {
    const bytes = Buffer.from(text);
    await this.#file.write(bytes, 0, bytes.length, this.#state.bytes);
    await this.#file.datasync();
    this.#hash.update(bytes);
    this.#state = { ...this.#state, cursor, bytes: this.#state.bytes + bytes.length, rows: this.#state.rows + rows, sha256: this.#hash.copy().digest('hex') };
    await writeWhole(statePath(this.#plan.path), JSON.stringify(this.#state));
  }

  /** Packs the part into the file. The part stays until `remove`, so that whoever dies in between can do it again. */
  async pack(): Promise<{ readonly bytes: number; readonly sha256: string }> {
    const aside = `${this.#plan.path}.tmp`;
    await pipeline(createReadStream(this.path, { highWaterMark: PIECE_BYTES }), createGzip(), createWriteStream(aside, { flush: true }));
    const sha256 = await sha256Of(aside);
    await renameDurably(aside, this.#plan.path);
    return { bytes: (await stat(this.#plan.path)).size, sha256 };
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  async remove(): Promise<void> {
    await rm(statePath(this.#plan.path), { force: true });
    await rm(this.path, { force: true });
  }
}

function partPath(path: string): string {
  return `${path}.part`;
}

function statePath(path: string): string {
  return `${path}.part.json`;
}

/** Null when there is no part, or none of this download, or its bytes are not those that were acknowledged. */
async function keptState({ path, identity }: PartPlan): Promise<{ readonly state: PartState; readonly hash: Hash } | null> {
  const state = await readState(path);
  if (state === null || state.identity !== identity) return null;
  const size = (await stat(partPath(path)).catch(() => null))?.size ?? -1;
  if (size < state.bytes) return null;
  const hash = createHash('sha256');
  if (state.bytes > 0) for await (const piece of createReadStream(partPath(path), { end: state.bytes - 1, highWaterMark: PIECE_BYTES })) hash.update(piece as Buffer);
  return hash.copy().digest('hex') === state.sha256 ? { state, hash } : null;
}

async function readState(path: string): Promise<PartState | null> {
  try {
    return STATE.parse(JSON.parse(await readFile(statePath(path), 'utf8')));
  } catch {
    return null;
  }
}

export async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: PIECE_BYTES }), hash);
  return hash.digest('hex');
}

/** The lines of a part below its header, as they were written. */
export async function* partLines(path: string): AsyncGenerator<string> {
  let rest = '';
  let isHeader = true;
  for await (const piece of Readable.from(createReadStream(path, { encoding: 'utf8', highWaterMark: PIECE_BYTES }))) {
    const lines = (rest + String(piece)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (!isHeader) yield line;
      isHeader = false;
    }
  }
}
