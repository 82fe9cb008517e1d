/**
 * YAML text → a plain tree in which every scalar is the text the trader wrote (never a float, never a boolean), with the
 * place of each value in the file. YAML 1.2 core, closed down: one document, no tags, no merge keys, few aliases, bounded
 * size, depth and count, so that no file can hang or mislead the reader.
 */
import { Composer, Parser, isAlias, isMap, isScalar, isSeq, type CST, type Document, type Node, type ParsedNode, type Scalar } from 'yaml';
import type { Path, Problem, Span } from './problems.ts';

/** What a strategy file holds once read: text, nothing, lists and blocks. Blocks have no prototype. */
export type Tree = string | null | readonly Tree[] | TreeBlock;
export interface TreeBlock {
  readonly [key: string]: Tree;
}

/** A strategy file is some kilobytes; more is a wrong file, and is refused before any parsing. */
export const MAX_FILE_BYTES = 256 * 1024;
/** The format is five levels deep. */
export const MAX_DEPTH = 16;
/** Enough to share a block between wallets; expansion is bounded by MAX_VALUES as well. */
export const MAX_ALIASES = 16;
/** The largest sensible file has some two hundred values. */
export const MAX_VALUES = 5_000;

export interface TreeReading {
  readonly tree: Tree;
  readonly places: Places;
  readonly problems: readonly Problem[];
  /** False when something could not be read, so that the tree has holes; a duplicate key leaves none. */
  readonly isWhole: boolean;
}

/** Where keys and values stand in the text. */
export class Places {
  readonly #keys = new Map<string, Span>();
  readonly #values = new Map<string, Span>();

  put(path: Path, key: Span | null, value: Span | null): void {
    const id = JSON.stringify(path);
    if (key !== null) this.#keys.set(id, key);
    if (value !== null) this.#values.set(id, value);
  }

  /** The value if it is written on one line, else its key, else the nearest block around it, else the file's start. */
  ofValue(path: Path): Span {
    const id = JSON.stringify(path);
    return this.#values.get(id) ?? this.ofKey(path);
  }

  ofKey(path: Path): Span {
    const span = this.#keys.get(JSON.stringify(path));
    if (span !== undefined) return span;
    if (path.length === 0) return { start: 0, end: 0 };
    return this.ofValue(path.slice(0, -1));
  }
}

const NULL_TEXTS: ReadonlySet<string> = new Set(['', '~', 'null', 'Null', 'NULL']);

/** Reads one YAML document. `problems` is empty exactly when the text is acceptable YAML; what it says is checked elsewhere. */
export function readYamlTree(text: string): TreeReading {
  const places = new Places();
  const refuse = (start: number, end: number, message: string): TreeReading => ({
    tree: null,
    places,
    problems: [{ path: [], span: { start, end }, message }],
    isWhole: false,
  });
  if (text.length > MAX_FILE_BYTES || Buffer.byteLength(text) > MAX_FILE_BYTES) {
    return refuse(0, 0, TOO_LARGE);
  }
  const tokens = [...new Parser().parse(text)];
  const tooDeep = firstTooDeep(tokens);
  if (tooDeep !== null) return refuse(tooDeep, tooDeep + 1, `blocks and lists are nested more than ${MAX_DEPTH} deep, expected at most 5 levels`);
  const directive = tokens.find((token) => token.type === 'directive');
  if (directive !== undefined) return refuse(directive.offset, directive.offset + 1, 'a % directive, expected plain YAML 1.2 without directives');

  const composer = new Composer({ version: '1.2', schema: 'core', merge: false, uniqueKeys: false, prettyErrors: false });
  const documents = [...composer.compose(tokens, true, text.length)];
  const [document, second] = documents;
  if (document === undefined) return refuse(0, 0, EMPTY_FILE);
  const syntax = documents.flatMap((each) => each.errors).map((error): Problem => syntaxProblem(error.code, error.message, error.pos));
  if (second !== undefined && syntax.length === 0) {
    return refuse(second.range[0], second.range[0] + 1, 'a second YAML document starts here, expected one strategy in one file; remove the --- or split the file');
  }
  if (syntax.length > 0) return { tree: null, places, problems: syntax, isWhole: false };
  if (document.contents === null || (isScalar(document.contents) && document.contents.value === null)) return refuse(0, 0, EMPTY_FILE);
  return buildTree(document, places);
}

export const TOO_LARGE = `the file is larger than ${MAX_FILE_BYTES / 1024} kB, expected a strategy file of a few kB`;
const EMPTY_FILE = 'the file is empty, expected a strategy: version, name, symbol, leverage, unit and wallets';

/** The YAML reader's messages may quote the source at any length. */
const MAX_SYNTAX_CHARS = 160;

function syntaxProblem(code: string, message: string, pos: readonly [number, number]): Problem {
  const hint =
    code === 'TAB_AS_INDENT'
      ? '; indent with spaces'
      : code === 'BAD_INDENT' || code === 'MISSING_CHAR' || code === 'UNEXPECTED_TOKEN'
        ? '; check indentation, quotes and brackets'
        : '';
  const firstLine = (message.split('\n')[0] ?? message).slice(0, MAX_SYNTAX_CHARS);
  return { path: [], span: { start: pos[0], end: pos[1] }, message: `not readable as YAML: ${firstLine}${hint}` };
}

/** Offset of the first collection nested deeper than MAX_DEPTH, found without recursion; null when there is none. */
function firstTooDeep(tokens: readonly CST.Token[]): number | null {
  const stack: Array<{ token: CST.Token; depth: number }> = tokens.map((token) => ({ token, depth: 0 }));
  for (let entry = stack.pop(); entry !== undefined; entry = stack.pop()) {
    const { token, depth } = entry;
    if (depth > MAX_DEPTH) return token.offset;
    if (token.type === 'document') {
      if (token.value !== undefined) stack.push({ token: token.value, depth });
    } else if (token.type === 'block-map' || token.type === 'block-seq' || token.type === 'flow-collection') {
      for (const item of token.items) {
        if (item.key != null) stack.push({ token: item.key, depth: depth + 1 });
        if (item.value !== undefined) stack.push({ token: item.value, depth: depth + 1 });
      }
    }
  }
  return null;
}

interface Building {
  readonly document: Document.Parsed<ParsedNode>;
  readonly places: Places;
  readonly problems: Problem[];
  values: number;
  aliases: number;
}

function buildTree(document: Document.Parsed<ParsedNode>, places: Places): TreeReading {
  const building: Building = { document, places, problems: [], values: 0, aliases: 0 };
  const tree = treeOf(building, document.contents, [], null);
  return { tree, places, problems: building.problems, isWhole: building.problems.every((problem) => problem.firstSeen !== undefined) };
}

function complain(building: Building, path: Path, span: Span, message: string): null {
  building.problems.push({ path, span, message });
  return null;
}

function treeOf(building: Building, node: Node | null | undefined, path: Path, key: Span | null): Tree {
  const span = spanOf(node);
  building.places.put(path, key, isOneLine(node) ? span : null);
  if (node === null || node === undefined) return null;
  building.values += 1;
  if (building.values > MAX_VALUES) {
    return building.values === MAX_VALUES + 1 ? complain(building, path, key ?? span, `more than ${MAX_VALUES} values, expected a strategy file`) : null;
  }
  if (path.length > MAX_DEPTH) return complain(building, path, key ?? span, `blocks and lists are nested more than ${MAX_DEPTH} deep, expected at most 5 levels`);
  if (isAlias(node)) return treeOfAlias(building, node, path, key);
  if (node.tag !== undefined) return complain(building, path, span, `the tag ${node.tag}, expected a plain value without ! tags`);
  if (isScalar(node)) return textOf(node);
  if (isSeq(node)) return node.items.map((item, index) => treeOf(building, item as Node | null, [...path, index], null));
  if (isMap(node)) return blockOf(building, node.items as ReadonlyArray<{ key: Node | null; value: Node | null }>, path);
  return complain(building, path, span, 'something that is no text, list or block');
}

function treeOfAlias(building: Building, node: Node & { source: string }, path: Path, key: Span | null): Tree {
  building.aliases += 1;
  const span = spanOf(node);
  if (building.aliases > MAX_ALIASES) {
    return building.aliases === MAX_ALIASES + 1 ? complain(building, path, span, `more than ${MAX_ALIASES} aliases (*name), expected the values written out`) : null;
  }
  const target = isAlias(node) ? node.resolve(building.document) : undefined;
  if (target === undefined) return complain(building, path, span, `the alias *${node.source} has no anchor &${node.source} above it`);
  const tree = treeOf(building, target, path, key);
  building.places.put(path, key, span);
  return tree;
}

function blockOf(building: Building, pairs: ReadonlyArray<{ key: Node | null; value: Node | null }>, path: Path): TreeBlock {
  const block = Object.create(null) as Record<string, Tree>;
  const seen = new Map<string, Span>();
  for (const pair of pairs) {
    const span = spanOf(pair.key);
    if (!isScalar(pair.key) || pair.key.tag !== undefined || pair.key.value === null) {
      complain(building, path, span, 'a key that is not a plain word, expected key: value');
      continue;
    }
    const key = pair.key.source ?? String(pair.key.value);
    const first = seen.get(key);
    if (first !== undefined) {
      building.problems.push({ path: [...path, key], span, message: `duplicate key ${JSON.stringify(key)}, expected it once`, firstSeen: first.start });
      continue;
    }
    seen.set(key, span);
    block[key] = treeOf(building, pair.value, [...path, key], span);
  }
  return block;
}

/** The scalar as written: plain text from the source, quoted text without its quotes, null for nothing. */
function textOf(node: Scalar): string | null {
  const text = node.source ?? (typeof node.value === 'string' ? node.value : '');
  return node.type === 'PLAIN' && NULL_TEXTS.has(text) ? null : text;
}

function spanOf(node: Node | null | undefined): Span {
  const range = node?.range;
  return range === null || range === undefined ? { start: 0, end: 0 } : { start: range[0], end: range[1] };
}

/** A problem of a block is shown at its key; of a value at the value itself. */
function isOneLine(node: Node | null | undefined): boolean {
  if (isAlias(node)) return true;
  if (isScalar(node)) return textOf(node) !== null;
  return (isMap(node) || isSeq(node)) && node.flow === true;
}
