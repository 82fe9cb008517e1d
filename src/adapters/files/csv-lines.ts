/** Lines of a text file, plain or gzip (told apart by content), read in pieces so that a file of any size fits in memory. */
import { createHash } from 'node:crypto';
import { closeSync, createReadStream, openSync, readSync } from 'node:fs';
import { basename } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { createGunzip } from 'node:zlib';
import type { Gunzip } from 'node:zlib';
import type { ReadStream } from 'node:fs';
import { HedgerowError } from '../../domain/errors.ts';

const PIECE_BYTES = 256 * 1024;
/** A longer line is no line of any format read here; it would be a binary file or one without line ends. */
const LINE_CHARS_MAX = 10_000;
/** Enough of the digest to tell any two files apart. */
const DIGEST_CHARS = 16;

/** A place in a file, for messages. */
export interface FilePlace {
  readonly path: string;
  /** Counted from 1; null when the fault is not in one line. */
  readonly line: number | null;
  readonly column?: string;
}

/** FEED_INVALID naming the file, the line, the column, what is wrong, and the remedy. */
export function feedError({ path, line, column }: FilePlace, problem: string, remedy: string, cause?: unknown): HedgerowError {
  const place = [path, line === null ? null : `line ${line}`, column === undefined ? null : `column ${column}`].filter((part) => part !== null);
  return new HedgerowError('FEED_INVALID', `${place.join(', ')}: ${problem}; ${remedy}`, cause === undefined ? undefined : { cause });
}

/** Batches of lines without their line ends; a byte order mark and a last empty line are dropped. */
export async function* lineBatches(path: string): AsyncGenerator<string[]> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  let line = 0;
  let isFirst = true;
  for await (const piece of pieces(path)) {
    let text = rest + decoder.write(piece);
    if (isFirst && text.length > 0) {
      isFirst = false;
      if (text.charCodeAt(0) === 0xfeff) text = text.slice(1);
    }
    const lines = text.split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > LINE_CHARS_MAX) throw feedError({ path, line: line + lines.length + 1 }, `a line has more than ${LINE_CHARS_MAX} characters`, 'give a CSV text file, plain or gzip');
    line += lines.length;
    if (lines.length > 0) yield withoutCarriageReturns(lines);
  }
  rest += decoder.end();
  if (rest.length > 0) yield withoutCarriageReturns([rest]);
}

function withoutCarriageReturns(lines: string[]): string[] {
  return lines.some((line) => line.endsWith('\r')) ? lines.map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line)) : lines;
}

async function* pieces(path: string): AsyncGenerator<Buffer> {
  const stream = openedStream(path);
  try {
    for await (const piece of stream) yield piece as Buffer;
  } catch (error) {
    if (error instanceof HedgerowError) throw error;
    throw readingError(path, error);
  } finally {
    stream.destroy();
  }
}

function openedStream(path: string): ReadStream | Gunzip {
  const isGzip = startsAsGzip(path);
  const file = createReadStream(path, { highWaterMark: PIECE_BYTES });
  if (!isGzip) return file;
  const gunzip = createGunzip({ chunkSize: PIECE_BYTES });
  file.on('error', (error) => gunzip.destroy(error));
  gunzip.on('close', () => file.destroy());
  return file.pipe(gunzip);
}

function startsAsGzip(path: string): boolean {
  return withFile(path, (file) => {
    const start = Buffer.alloc(2);
    return readSync(file, start) === 2 && start[0] === 0x1f && start[1] === 0x8b;
  });
}

/** `name:digest`: names the content wherever the file lies, for a feed's identity. */
export function fileIdentity(path: string): string {
  const hash = createHash('sha256');
  const piece = Buffer.alloc(PIECE_BYTES);
  withFile(path, (file) => {
    for (;;) {
      const size = readSync(file, piece);
      if (size === 0) return;
      hash.update(piece.subarray(0, size));
    }
  });
  return `${basename(path)}:${hash.digest('hex').slice(0, DIGEST_CHARS)}`;
}

function withFile<Value>(path: string, use: (file: number) => Value): Value {
  let file: number | null = null;
  try {
    file = openSync(path, 'r');
    return use(file);
  } catch (error) {
    throw readingError(path, error);
  } finally {
    if (file !== null) closeSync(file);
  }
}

function readingError(path: string, error: unknown): HedgerowError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const place = { path, line: null };
  if (code === 'ENOENT') return feedError(place, 'there is no such file', 'check the path', error);
  if (code === 'EISDIR') return feedError(place, 'this is a folder', 'give the path of one file', error);
  if (code === 'EACCES') return feedError(place, 'the file may not be read', 'check its permissions', error);
  if (code === 'Z_BUF_ERROR') return feedError(place, 'the gzip data ends before its end', 'the file is cut off: fetch it again', error);
  if (code.startsWith('Z_')) return feedError(place, 'the gzip data is damaged', 'fetch the file again', error);
  return feedError(place, `cannot be read (${code || String(error)})`, 'check the file', error);
}
