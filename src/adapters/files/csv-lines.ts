/** Lines of a text file, plain, gzip or alone in a zip archive (told apart by content), read in pieces so that a file of any size fits in memory. */
import { createHash } from 'node:crypto';
import { closeSync, createReadStream, openSync, readSync } from 'node:fs';
import { basename } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { createGunzip } from 'node:zlib';
import type { Readable } from 'node:stream';
import { HedgerowError } from '../../domain/errors.ts';
import { ZipError } from './zip-error.ts';

const PIECE_BYTES = 256 * 1024;
const MAGIC_BYTES = 4;
const ZIP_MAGIC = Buffer.from('PK\u0003\u0004');
const ARROW_MAGIC = Buffer.from('ARROW1');
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
  for await (const piece of filePieces(path)) {
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

/** The unpacked content of a file. */
export async function* filePieces(path: string): AsyncGenerator<Buffer> {
  let stream: Readable | null = null;
  try {
    stream = await openedStream(path);
    for await (const piece of stream) yield piece as Buffer;
  } catch (error) {
    if (error instanceof HedgerowError) throw error;
    throw readingError(path, error);
  } finally {
    stream?.destroy();
  }
}

async function openedStream(path: string): Promise<Readable> {
  const start = fileStart(path, MAGIC_BYTES);
  if (start.equals(ZIP_MAGIC)) return (await import('./zip-member.ts')).openZipMember(path);
  const file = createReadStream(path, { highWaterMark: PIECE_BYTES });
  if (start[0] !== 0x1f || start[1] !== 0x8b) return file;
  const gunzip = createGunzip({ chunkSize: PIECE_BYTES });
  file.on('error', (error) => gunzip.destroy(error));
  gunzip.on('close', () => file.destroy());
  return file.pipe(gunzip);
}

/** The first bytes of a file, as they are on the disk. */
export function fileStart(path: string, bytes: number): Buffer {
  return withFile(path, (file) => {
    const start = Buffer.alloc(bytes);
    return start.subarray(0, readSync(file, start));
  });
}

/** Told by its first bytes; Arrow files hold whole columns, not lines. */
export function isArrowFile(path: string): boolean {
  return fileStart(path, ARROW_MAGIC.length).equals(ARROW_MAGIC);
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
  if (error instanceof ZipError) return feedError(place, error.message, 'get the archive again, or give a file of another kind', error);
  if (code === 'ENOENT') return feedError(place, 'there is no such file', 'check the path', error);
  if (code === 'EISDIR') return feedError(place, 'this is a folder', 'give the path of one file', error);
  if (code === 'EACCES') return feedError(place, 'the file may not be read', 'check its permissions', error);
  if (code === 'Z_BUF_ERROR') return feedError(place, 'the gzip data ends before its end', 'the file is cut off: fetch it again', error);
  if (code.startsWith('Z_')) return feedError(place, 'the gzip data is damaged', 'fetch the file again', error);
  return feedError(place, `cannot be read (${code || String(error)})`, 'check the file', error);
}
