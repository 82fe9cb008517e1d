/** Looking into the tree of a strategy file, and what rules over it find. */
import type { Path } from './problems.ts';
import type { Tree, TreeBlock } from './yaml-tree.ts';

export interface RuleFinding {
  readonly path: Path;
  /** Whether the caret stands under the key or under the value. */
  readonly at: 'key' | 'value';
  readonly message: string;
}

export function isBlock(tree: Tree | undefined): tree is TreeBlock {
  return typeof tree === 'object' && tree !== null && !Array.isArray(tree);
}

/** The value at a path, undefined where there is none. */
export function valueAt(tree: Tree, path: Path): Tree | undefined {
  let value: Tree | undefined = tree;
  for (const step of path) {
    if (typeof step === 'number') value = Array.isArray(value) ? (value as readonly Tree[])[step] : undefined;
    else value = isBlock(value) && Object.hasOwn(value, step) ? value[step] : undefined;
  }
  return value;
}

export function textAt(tree: Tree, path: Path): string | undefined {
  const value = valueAt(tree, path);
  return typeof value === 'string' ? value : undefined;
}

/** Every value below a path with its own path, parents first. */
export function* valuesBelow(tree: Tree, path: Path = []): Generator<{ readonly path: Path; readonly value: Tree }> {
  yield { path, value: tree };
  if (Array.isArray(tree)) for (const [index, value] of (tree as readonly Tree[]).entries()) yield* valuesBelow(value, [...path, index]);
  else if (isBlock(tree)) for (const [key, value] of Object.entries(tree)) yield* valuesBelow(value, [...path, key]);
}
