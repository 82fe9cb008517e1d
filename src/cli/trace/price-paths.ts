/** Price paths of `hedgerow trace`: from `--prices`, or from a file or standard input with one path per line. */
import { createReadStream } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import type { DecimalString } from '../../domain/decimal.ts';
import { HedgerowError } from '../../domain/errors.ts';
import { inputError, positiveDecimal } from '../command-input.ts';

/** A longer line is no path but a file of another kind; a million prices fit. */
const LINE_CHARS_MAX = 16 * 1024 * 1024;
const BYTE_ORDER_MARK = 0xfeff;

export interface PricePath {
  /** Counted from 0 in the order of the file, without blank lines and comments. */
  readonly index: number;
  /** Where it stands, for messages: `--prices`, `paths.txt:3`. */
  readonly place: string;
  readonly prices: readonly DecimalString[];
}

/** Throws INPUT_INVALID naming the place and the position in the list. */
export function parsePrices(text: string, place: string): DecimalString[] {
  if (text.trim() === '') throw inputError(`${place}: found no price, expected prices separated by commas, such as 10000,10700,10600`);
  return text.split(',').map((price, index) => positiveDecimal(price.trim(), `${place}, price ${index + 1}`));
}

/** The paths of a file (`-`: of `stdin`), one at a time. Throws INPUT_INVALID at the first fault, and when there is no path at all. */
export async function* readPricePaths(file: string, stdin: NodeJS.ReadableStream): AsyncGenerator<PricePath> {
  const name = file === '-' ? 'standard input' : file;
  let line = 0;
  let index = 0;
  for await (const text of linesOf(file, name, stdin)) {
    line += 1;
    const path = text.trim();
    if (path === '' || path.startsWith('#')) continue;
    yield { index, place: `${name}:${line}`, prices: parsePrices(path, `${name}:${line}`) };
    index += 1;
  }
  if (index === 0) throw inputError(`${name} holds no price path; write one per line, such as 10000,10700,10600`);
}

async function* linesOf(file: string, name: string, stdin: NodeJS.ReadableStream): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  let isFirst = true;
  for await (const piece of piecesOf(file, name, stdin)) {
    let text = decoder.write(piece);
    if (isFirst && text.charCodeAt(0) === BYTE_ORDER_MARK) text = text.slice(1);
    isFirst = false;
    const lines = text.split('\n');
    lines[0] = rest + (lines[0] ?? '');
    rest = lines.pop() ?? '';
    if (rest.length > LINE_CHARS_MAX) throw inputError(`${name}: a line has more than ${LINE_CHARS_MAX} characters; give a text file with one path per line`);
    yield* lines;
  }
  rest += decoder.end();
  if (rest !== '') yield rest;
}

async function* piecesOf(file: string, name: string, stdin: NodeJS.ReadableStream): AsyncGenerator<Buffer> {
  const stream = file === '-' ? stdin : createReadStream(file);
  try {
    for await (const piece of stream) yield piece as Buffer;
  } catch (error) {
    if (error instanceof HedgerowError) throw error;
    throw new HedgerowError('INPUT_INVALID', unreadable(name, error), { cause: error });
  }
}

function unreadable(name: string, error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  if (code === 'ENOENT' || code === 'ENOTDIR') return `--prices-file: ${name} does not exist; check the path`;
  if (code === 'EISDIR') return `--prices-file: ${name} is a folder; give a file with one price path per line`;
  if (code === 'EACCES') return `--prices-file: ${name} may not be read; check its permissions`;
  return `--prices-file: ${name} cannot be read (${code}); give a readable file`;
}
