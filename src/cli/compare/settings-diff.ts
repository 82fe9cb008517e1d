/** Settings as paths and texts, and which of them differ between several. Keys come from files nobody vouches for: nothing is assumed of them. */

export interface SettingDifference {
  /** `wallets.long.capital`. */
  readonly path: string;
  /** As JSON, one for each; null: it has no such setting. */
  readonly values: readonly (string | null)[];
}

/** In the order of the first in which a path stands. Empty: all are the same. */
export function settingDifferences(settings: readonly unknown[]): SettingDifference[] {
  const leaves = settings.map((each) => leavesOf(each));
  const paths = new Set(leaves.flatMap((each) => [...each.keys()]));
  return [...paths].flatMap((path) => {
    const values = leaves.map((each) => each.get(path) ?? null);
    return values.every((value) => value === values[0]) ? [] : [{ path, values }];
  });
}

function leavesOf(value: unknown): Map<string, string> {
  const leaves = new Map<string, string>();
  collect(value, '', leaves);
  return leaves;
}

/** Entries with a name (wallets, limits) are told apart by it; other lists are one value. */
function collect(value: unknown, path: string, leaves: Map<string, string>): void {
  const entries = entriesOf(value);
  if (entries === null) leaves.set(path, JSON.stringify(value) ?? 'null');
  else for (const [key, inner] of entries) collect(inner, path === '' ? key : `${path}.${key}`, leaves);
}

function entriesOf(value: unknown): readonly (readonly [string, unknown])[] | null {
  if (typeof value !== 'object' || value === null) return null;
  if (!Array.isArray(value)) return Object.entries(value);
  const names = value.map((each: unknown) => (typeof each === 'object' && each !== null && 'name' in each && typeof each.name === 'string' ? each.name : null));
  const isNamed = value.length > 0 && names.every((name) => name !== null) && new Set(names).size === names.length;
  return isNamed ? value.map((each, index) => [names[index] ?? '', each] as const) : null;
}
