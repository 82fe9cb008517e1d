/**
 * The simulated exchange's book on disk: `<folder>/book.jsonl`, one JSON delta a line, so that a killed bot finds the same exchange
 * again (I12).
 *
 * Each delta is one write that ends with its newline, so `kill -9` can tear the last line only: a torn last line is dropped, a bad
 * line anywhere else is an error. Each line says its number (`line`), so that a missing, doubled or moved one is an error too; lines
 * of older books say none and may only come before those that do. Now and then the lines are compacted into one snapshot line, written to a temporary file and
 * renamed over the book. Data survive the death of the process; a power cut may lose the last lines, never their order.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, ftruncateSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { HedgerowError } from '../../domain/errors.ts';

/** Lines between two compactions, at least. A book of bigger snapshots is compacted when it has doubled, so the work stays linear. */
const DEFAULT_COMPACT_AFTER_LINES = 20_000;

const NEWLINE = 0x0a;

/** What is kept: anything that tells its changes and can say everything at once. */
export interface DeltaSource<Delta> {
  onDelta(listener: (delta: Delta) => void): () => void;
  snapshot(): Delta;
}

export interface SimulatedBookOptions {
  readonly compactAfterLines?: number;
}

export class SimulatedBook<Delta> {
  readonly path: string;
  readonly #compactAfterLines: number;
  #file: number;
  #lines = 0;
  #bytes = 0;
  #snapshotBytes = 0;

  private constructor(path: string, options: SimulatedBookOptions) {
    this.path = path;
    this.#compactAfterLines = options.compactAfterLines ?? DEFAULT_COMPACT_AFTER_LINES;
    this.#file = openSync(path, 'a');
  }

  /** Opens or creates the book in `folder` and reads it. Throws STORE_UNAVAILABLE when a line other than the last is damaged, or one is missing. */
  static open<Delta>(folder: string, options: SimulatedBookOptions = {}): { readonly book: SimulatedBook<Delta>; readonly deltas: readonly Delta[] } {
    mkdirSync(folder, { recursive: true });
    const path = join(folder, 'book.jsonl');
    rmSync(temporaryPath(path), { force: true });
    const deltas = existsSync(path) ? readLines<Delta>(path, true) : [];
    const book = new SimulatedBook<Delta>(path, options);
    book.#lines = deltas.length;
    return { book, deltas };
  }

  /** The name the book in `folder` keeps beside itself, given to it now when it has none: a copy of the folder is the same book. */
  static nameOf(folder: string): string {
    const path = join(folder, 'book-name');
    if (existsSync(path)) return readFileSync(path, 'utf8').trim();
    mkdirSync(folder, { recursive: true });
    const name = randomBytes(16).toString('hex');
    writeFileSync(path, `${name}\n`, { mode: 0o600 });
    return name;
  }

  /** What the book in `folder` says, without touching it; empty when there is none. */
  static read<Delta>(folder: string): readonly Delta[] {
    const path = join(folder, 'book.jsonl');
    return existsSync(path) ? readLines<Delta>(path, false) : [];
  }

  /** Writes the source down as it is now, then each of its changes. Returns the function that ends it. */
  follow(source: DeltaSource<Delta>): () => void {
    this.compact(source.snapshot());
    return source.onDelta((delta) => {
      this.append(delta);
      if (this.#isDue()) this.compact(source.snapshot());
    });
  }

  append(delta: Delta): void {
    const line = lineOf(this.#lines + 1, delta);
    writeWhole(this.#file, line);
    this.#lines += 1;
    this.#bytes += line.length;
  }

  /** Replaces all lines by one that says everything. */
  compact(snapshot: Delta): void {
    const temporary = temporaryPath(this.path);
    const line = lineOf(1, snapshot);
    const file = openSync(temporary, 'w');
    try {
      writeWhole(file, line);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, this.path);
    closeSync(this.#file);
    this.#file = openSync(this.path, 'a');
    this.#lines = 1;
    this.#snapshotBytes = line.length;
    this.#bytes = line.length;
  }

  close(): void {
    closeSync(this.#file);
  }

  #isDue(): boolean {
    return this.#lines > this.#compactAfterLines && this.#bytes > 2 * this.#snapshotBytes;
  }
}

function temporaryPath(path: string): string {
  return `${path}.tmp`;
}

/** A delta is a JSON object and never empty: its number goes before its first key. */
function lineOf(number: number, delta: unknown): string {
  return `{"line":${number},${JSON.stringify(delta).slice(1)}\n`;
}

/** One write call for one line; a short write (full disk) is finished or throws. */
function writeWhole(file: number, line: string): void {
  const bytes = Buffer.from(line);
  let written = writeSync(file, bytes);
  while (written < bytes.length) written += writeSync(file, bytes, written);
}

/** The deltas of the file; `mends` cuts a torn last line off the file too, so that the next one starts on a line of its own. */
function readLines<Delta>(path: string, mends: boolean): readonly Delta[] {
  const bytes = readFileSync(path);
  const deltas: Delta[] = [];
  let isNumbered = false;
  let start = 0;
  for (let number = 1; start < bytes.length; number += 1) {
    const newline = bytes.indexOf(NEWLINE, start);
    const end = newline === -1 ? bytes.length : newline;
    const parsed = parse<Delta>(bytes.toString('utf8', start, end));
    const isLast = end >= bytes.length - 1;
    if (parsed !== null && newline !== -1) {
      isNumbered ||= parsed.line !== undefined;
      if (isNumbered && parsed.line !== number) throw misplaced(path, number, parsed.line);
      deltas.push(parsed.delta);
    } else if (isLast && mends) truncate(path, start);
    else if (!isLast) throw new HedgerowError('STORE_UNAVAILABLE', `${path}:${number}: this line of the simulated exchange's book is damaged; put the file back from a copy, or move it away to begin anew`);
    start = end + 1;
  }
  return deltas;
}

function misplaced(path: string, number: number, line: unknown): HedgerowError {
  const found = line === undefined ? 'one without a number' : `line ${JSON.stringify(line)}`;
  return new HedgerowError('STORE_UNAVAILABLE', `${path}:${number}: line ${number} of the simulated exchange's book is missing, ${found} stands in its place; put the file back from a copy, or move it away to begin anew`);
}

/** The delta and the number its line says; null when the text is not a JSON object. */
function parse<Delta>(text: string): { readonly line: unknown; readonly delta: Delta } | null {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return null;
    const { line, ...delta } = value as { readonly line?: unknown };
    return { line, delta: delta as Delta };
  } catch {
    return null;
  }
}

function truncate(path: string, length: number): void {
  const file = openSync(path, 'r+');
  try {
    ftruncateSync(file, length);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
