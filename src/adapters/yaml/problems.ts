/**
 * Problems of a strategy file, and how they are shown: `file:line:col: path: what was found, what was expected`, all at
 * once, in the order of the file, each with the source line and a caret.
 */
import { distance } from 'fastest-levenshtein';
import { mayHoldCredential } from './credential-rules.ts';

export type Path = ReadonlyArray<string | number>;

/** Offsets in the text, end exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface Problem {
  readonly path: Path;
  readonly span: Span;
  readonly message: string;
  /** Only for a duplicate key: the offset at which the key stood first. */
  readonly firstSeen?: number;
  /** What brought the value in from outside the file; it is named in the place of file and line. */
  readonly flag?: string;
}

/** More than this hides the first cause; the rest is counted. */
export const MAX_PROBLEMS_SHOWN = 10;
/** Source lines are cut around the caret to fit a terminal. */
const MAX_EXCERPT_CHARS = 100;
const MAX_FOUND_CHARS = 40;

/** The message of a STRATEGY_INVALID error. */
export function formatProblems(fileName: string, text: string, problems: readonly Problem[]): string {
  const lineStarts = lineStartsOf(text);
  const sorted = [...problems].sort((a, b) => a.span.start - b.span.start || a.path.length - b.path.length);
  const shown = sorted.slice(0, MAX_PROBLEMS_SHOWN).map((problem) => formatProblem(fileName, text, lineStarts, problem));
  const hidden = sorted.length - shown.length;
  if (hidden > 0) shown.push(`… and ${hidden} more problem${hidden === 1 ? '' : 's'} in ${printable(fileName)}`);
  return shown.join('\n');
}

function formatProblem(fileName: string, text: string, lineStarts: readonly number[], problem: Problem): string {
  const { line, column } = positionOf(lineStarts, problem.span.start);
  const path = pathText(problem.path);
  const first = problem.firstSeen === undefined ? '' : `; first written in line ${positionOf(lineStarts, problem.firstSeen).line}`;
  if (problem.flag !== undefined) return printable(`${fileName}, ${problem.flag}: ${problem.flag.endsWith(` ${path}`) ? '' : `${path}: `}${problem.message}`);
  const head = printable(`${fileName}:${line}:${column}: ${path === '' ? '' : `${path}: `}${problem.message}${first}`);
  const isAboutTheFile = problem.span.end === 0;
  const excerpt = isAboutTheFile ? null : excerptOf(text, lineStarts, line, column, problem.span.end - problem.span.start);
  return excerpt === null ? head : `${head}\n${excerpt}`;
}

function lineStartsOf(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

/** Where an offset lies in a text; see `positionOf`. */
export function lineAndColumn(text: string, offset: number): { readonly line: number; readonly column: number } {
  return positionOf(lineStartsOf(text), offset);
}

/** Line and column, both from 1; a column counts UTF-16 units as editors do. */
function positionOf(lineStarts: readonly number[], offset: number): { line: number; column: number } {
  let low = 0;
  let high = lineStarts.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((lineStarts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return { line: low + 1, column: offset - (lineStarts[low] ?? 0) + 1 };
}

function excerptOf(text: string, lineStarts: readonly number[], line: number, column: number, length: number): string | null {
  const start = lineStarts[line - 1] ?? 0;
  const end = (lineStarts[line] ?? text.length + 1) - 1;
  const source = text.slice(start, end).replace(/\r$/, '').replaceAll('\t', ' ');
  if (source.trim() === '' || mayHoldCredential(source)) return null;
  const cut = source.length <= MAX_EXCERPT_CHARS ? 0 : Math.max(0, column - 1 - MAX_EXCERPT_CHARS / 2);
  const shown = source.slice(cut, cut + MAX_EXCERPT_CHARS);
  const gutter = `  ${line} | `;
  const carets = Math.max(1, Math.min(length, shown.length - (column - 1 - cut)));
  return `${gutter}${printable(shown)}\n${' '.repeat(gutter.length + column - 1 - cut)}${'^'.repeat(carets)}`;
}

/** `wallets.hedge.fragments[2]` */
export function pathText(path: Path): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else text += (text === '' ? '' : '.') + shortened(step);
  }
  return text;
}

/** What stands in the file, for a message: `"3x"`, `a list`, `a block`, `nothing`. */
export function foundText(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (typeof value === 'string') return quoted(value);
  return Array.isArray(value) ? 'a list' : 'a block';
}

/** Text in double quotes, shortened. */
export function quoted(text: string): string {
  return JSON.stringify(shortened(text));
}

function shortened(text: string): string {
  return text.length > MAX_FOUND_CHARS ? `${text.slice(0, MAX_FOUND_CHARS)}…` : text;
}

/** Control and direction characters could rewrite the terminal's line. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, '\u{FFFD}');
}

/** Shorter words are near to everything. */
const MIN_MEANT_CHARS = 3;
/** So many equal first letters tell what was meant, if they fit one option only: `rotate` is `rotation`. */
const MEANT_PREFIX_CHARS = 4;

/** The option that was probably meant: few letters away (case and separators do not count) or begun the same way. Null when none is. */
export function nearest(word: string, options: readonly string[]): string | null {
  if (word.length < MIN_MEANT_CHARS || word.length > MAX_FOUND_CHARS) return null;
  const bare = (text: string): string => text.toLowerCase().replace(/[-_ ]/g, '');
  let best: { option: string; away: number } | null = null;
  for (const option of options) {
    const away = distance(bare(word), bare(option));
    if (best === null || away < best.away) best = { option, away };
  }
  if (best !== null && best.away <= Math.ceil(Math.min(word.length, best.option.length) / 3)) return best.option;
  const start = bare(word).slice(0, MEANT_PREFIX_CHARS);
  const begunSo = start.length < MEANT_PREFIX_CHARS ? [] : options.filter((option) => bare(option).startsWith(start));
  return begunSo.length === 1 ? (begunSo[0] ?? null) : null;
}

/** `; did you mean "fragments"?`, or nothing. */
export function didYouMean(word: string, options: readonly string[]): string {
  const option = nearest(word, options);
  return option === null ? '' : `; did you mean ${quoted(option)}?`;
}
