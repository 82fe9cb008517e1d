/**
 * Values put in the place of a strategy file's own, `unit.percent=2%`: read as YAML, applied to the tree before anything is checked, so
 * that every rule holds for them as for the file.
 */
import { HedgerowError } from '../../domain/errors.ts';
import { namesCredential, looksLikeKey } from './credential-rules.ts';
import { pathText, quoted, type Path, type Problem } from './problems.ts';
import { isBlock, valueAt } from './tree-values.ts';
import { MAX_DEPTH, readYamlTree, type Tree, type TreeBlock } from './yaml-tree.ts';

export interface Override {
  readonly path: Path;
  /** Null takes the value away, so that its default holds. */
  readonly value: Tree;
  /** How it was given, without the value: `--set unit.percent`. */
  readonly flag: string;
}

const PATH = /^[A-Za-z_][A-Za-z0-9_-]*(?:\.[A-Za-z_][A-Za-z0-9_-]*|\[\d{1,3}\])*$/;
const STEP = /[^.[\]]+/g;
const NOTHING: ReadonlySet<string> = new Set(['', '~', 'null']);
const FORM = 'write path=value, such as unit.percent=2% or wallets.hedge.fragments=[50%,50%]';

/** `option` is how such values are given: `--set`. Throws INPUT_INVALID. */
export function parseOverride(text: string, option: string): Override {
  const at = text.indexOf('=');
  const name = (at < 0 ? text : text.slice(0, at)).trim();
  const isSecret = namesCredential(name) || looksLikeKey(name);
  if (at < 0 || !PATH.test(name)) throw refused(`${option}${isSecret ? '' : ` ${quoted(name)}`}: found ${at < 0 ? 'no =' : 'no path before ='}, ${FORM}`);
  const path = (name.match(STEP) ?? []).map((step) => (/^\d+$/.test(step) ? Number(step) : step));
  const flag = `${option} ${pathText(path)}`;
  if (path.length > MAX_DEPTH) throw refused(`${flag}: the path is ${path.length} levels deep, expected at most 5`);
  const written = text.slice(at + 1).trim();
  if (NOTHING.has(written)) return { path, value: null, flag };
  const { tree, problems } = readYamlTree(written);
  const [problem] = problems;
  if (problem !== undefined) throw refused(`${flag}: ${problem.message}`);
  return { path, value: tree, flag };
}

/** A tree with the values in it, in the order given; the tree itself stays as it is. Throws INPUT_INVALID for a path that cannot be there. */
export function applyOverrides(tree: Tree, overrides: readonly Override[]): Tree {
  return overrides.reduce((result, override) => put(result, override, 0), tree);
}

function put(tree: Tree, override: Override, depth: number): Tree {
  const step = override.path[depth];
  if (step === undefined) return override.value;
  if (typeof step === 'string') return putInBlock(tree, override, depth, step);
  return putInList(tree, override, depth, step);
}

function putInBlock(tree: Tree, override: Override, depth: number, key: string): Tree {
  if (tree !== null && !isBlock(tree)) throw refused(`${override.flag}: ${pathText(override.path.slice(0, depth))} is ${Array.isArray(tree) ? 'a list' : 'a value'} in the file, not a block with keys; set it as a whole`);
  // Without a prototype, so that no key can mean anything else.
  const block = Object.assign(Object.create(null) as Record<string, Tree>, tree);
  const value = put(block[key] ?? null, override, depth + 1);
  if (value === null) delete block[key];
  else block[key] = value;
  return block as TreeBlock;
}

function putInList(tree: Tree, override: Override, depth: number, index: number): Tree {
  const place = pathText(override.path.slice(0, depth));
  if (!Array.isArray(tree)) throw refused(`${override.flag}: ${place} is no list in the file; set it as a whole, such as ${place}=[50%,50%]`);
  const list = [...(tree as readonly Tree[])];
  if (index >= list.length) throw refused(`${override.flag}: ${place} has ${list.length} values, the last one is ${place}[${list.length - 1}]; set it as a whole`);
  list[index] = put(list[index] ?? null, override, depth + 1);
  return list;
}

/** Says of a problem that a flag is its cause: in the place of file and line, or beside them where a block of the file holds what was set. */
export function blamed(problem: Problem, overrides: readonly Override[], written: Tree): Problem {
  const cause = overrides.findLast(({ path }) => startsWith(problem.path, path));
  if (cause !== undefined) return { ...problem, flag: cause.flag };
  const part = overrides.findLast(({ path }) => startsWith(path, problem.path) && problem.path.length > 0);
  if (part === undefined) return problem;
  return valueAt(written, problem.path) === undefined ? { ...problem, flag: part.flag } : { ...problem, message: `${problem.message} (with ${part.flag})` };
}

function startsWith(path: Path, start: Path): boolean {
  return start.every((step, index) => path[index] === step);
}

function refused(message: string): HedgerowError {
  return new HedgerowError('INPUT_INVALID', message);
}
