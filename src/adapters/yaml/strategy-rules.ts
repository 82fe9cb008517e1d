/**
 * What concerns more than one value of a strategy file. Runs over the tree as written, whether or not the schema accepted it,
 * so that all problems are told at once; a rule stays silent where a value it needs is not readable.
 */
import { D } from '../../domain/decimal.ts';
import { isPowerOfTen } from '../../domain/price-grid.ts';
import { ROLES, type CycleKind, type Role } from '../../domain/strategy.ts';
import { readNumber, readWhole } from './number-text.ts';
import { exchangeFindings } from './exchange-file-rules.ts';
import type { Path } from './problems.ts';
import { DEFAULT_AMOUNT_STEP, DEFAULT_FRAGMENTS, MAX_FRAGMENTS, UNIT_FORMS } from './strategy-schema.ts';
import { isBlock, textAt, valueAt, type RuleFinding } from './tree-values.ts';
import type { Tree } from './yaml-tree.ts';

/** The roles each wallet cycle places orders for (DOMAIN §3). */
export const ROLES_OF_CYCLE: Readonly<Record<CycleKind, readonly Role[]>> = {
  fragments: ['stop-loss', 'stop-entry-long'],
  rotation: ['stop-loss', 'stop-entry-short', 'cover'],
  scaling: ['flip-short', 'flip-long'],
};

const CYCLE_IN_WORDS: Readonly<Record<CycleKind, string>> = {
  fragments: 'the long wallet',
  rotation: 'a hedge wallet with cycle: rotation',
  scaling: 'a hedge wallet with cycle: scaling',
};

export function ruleFindings(tree: Tree): RuleFinding[] {
  return [...marketRules(tree), ...exchangeFindings(tree), ...unitRule(tree), ...walletRule(tree), ...resetRule(tree), ...windowRules(tree)];
}

function marketRules(tree: Tree): RuleFinding[] {
  const findings: RuleFinding[] = [];
  const id = textAt(tree, ['exchange', 'id']);
  if (id !== undefined && id !== 'simulated' && valueAt(tree, ['exchange', 'market']) !== undefined) {
    findings.push({
      path: ['exchange', 'market'],
      at: 'key',
      message: `found a market block with exchange id ${id}, expected it only with id simulated; real exchanges bring their own limits and fees, remove it`,
    });
  }
  findings.push(...figuresRule(tree));
  const minText = textAt(tree, ['exchange', 'market', 'minAmount']);
  const stepText = textAt(tree, ['exchange', 'market', 'amountStep']) ?? DEFAULT_AMOUNT_STEP;
  if (minText === undefined) return findings;
  const min = readNumber(minText, { above: '0' });
  const step = readNumber(stepText, { above: '0' });
  if (min.ok && step.ok && new D(min.value).lessThan(step.value)) {
    findings.push({
      path: ['exchange', 'market', 'minAmount'],
      at: 'value',
      message: `found ${min.value}, expected at least the amountStep ${step.value}`,
    });
  }
  return findings;
}

/** With significant figures the steps between prices are powers of ten. */
function figuresRule(tree: Tree): RuleFinding[] {
  const tick = readNumber(textAt(tree, ['exchange', 'market', 'tickSize']) ?? '', { above: '0' });
  if (!tick.ok || textAt(tree, ['exchange', 'market', 'significantFigures']) === undefined || isPowerOfTen(new D(tick.value))) return [];
  return [{ path: ['exchange', 'market', 'tickSize'], at: 'value', message: `found ${tick.value}, expected a power of ten such as 0.01 beside significantFigures` }];
}

function unitRule(tree: Tree): RuleFinding[] {
  const unit = valueAt(tree, ['unit']);
  if (!isBlock(unit)) return [];
  const given = UNIT_FORMS.filter((form) => Object.hasOwn(unit, form));
  if (given.length === 1) return [];
  const found = given.length === 0 ? 'none of them' : given.join(' and ');
  return [{ path: ['unit'], at: 'key', message: `found ${found}, expected exactly one of ${UNIT_FORMS.join(', ')}` }];
}

function walletRule(tree: Tree): RuleFinding[] {
  const wallets = valueAt(tree, ['wallets']);
  if (!isBlock(wallets) || Object.hasOwn(wallets, 'long') || Object.hasOwn(wallets, 'hedge')) return [];
  return [{ path: ['wallets'], at: 'key', message: 'found no wallet, expected long, hedge or both' }];
}

function resetRule(tree: Tree): RuleFinding[] {
  const path: Path = textAt(tree, ['reset']) === undefined ? ['reset', 'policy'] : ['reset'];
  if (textAt(tree, path) !== 'joint') return [];
  const expected = 'joint re-anchors all wallets together and works only with a hedge wallet of cycle: scaling; write that, or reset: independent';
  const hedge = valueAt(tree, ['wallets', 'hedge']);
  if (hedge === undefined) return [{ path, at: 'value', message: `found joint without a hedge wallet; ${expected}` }];
  const cycle = cycleOfHedge(tree);
  return cycle === 'rotation' ? [{ path, at: 'value', message: `found joint with a hedge wallet of cycle: rotation; ${expected}` }] : [];
}

/** The hedge wallet's cycle; null when there is no hedge wallet or its cycle is not readable. */
function cycleOfHedge(tree: Tree): 'rotation' | 'scaling' | null {
  if (valueAt(tree, ['wallets', 'hedge']) === undefined) return null;
  const cycle = valueAt(tree, ['wallets', 'hedge', 'cycle']);
  if (cycle === undefined) return 'rotation';
  return cycle === 'rotation' || cycle === 'scaling' ? cycle : null;
}

interface Owner {
  readonly cycle: CycleKind;
  readonly walletName: 'long' | 'hedge';
}

/** Cycles of the file's wallets; null when a wallet's cycle is not readable, or no wallet is. */
function ownersOf(tree: Tree): readonly Owner[] | null {
  const owners: Owner[] = [];
  if (valueAt(tree, ['wallets', 'long']) !== undefined) owners.push({ cycle: 'fragments', walletName: 'long' });
  if (valueAt(tree, ['wallets', 'hedge']) !== undefined) {
    const cycle = cycleOfHedge(tree);
    if (cycle === null) return null;
    owners.push({ cycle, walletName: 'hedge' });
  }
  return owners.length === 0 ? null : owners;
}

function windowRules(tree: Tree): RuleFinding[] {
  const windows = valueAt(tree, ['windows']);
  if (!isBlock(windows)) return [];
  const owners = ownersOf(tree);
  return ROLES.filter((role) => Object.hasOwn(windows, role)).flatMap((role) => [
    ...(owners === null ? [] : ownerRules(tree, role, owners)),
    ...limitOffsetRules(tree, role),
  ]);
}

function ownerRules(tree: Tree, role: Role, owners: readonly Owner[]): RuleFinding[] {
  // The long wallet owns the stop-losses that are many; the rotation's full stop is one order.
  const owner = owners.find((each) => ROLES_OF_CYCLE[each.cycle].includes(role));
  if (owner === undefined) {
    const users = (Object.keys(ROLES_OF_CYCLE) as CycleKind[]).filter((cycle) => ROLES_OF_CYCLE[cycle].includes(role));
    const roles = [...new Set(owners.flatMap((each) => ROLES_OF_CYCLE[each.cycle]))];
    const message = `found a window that no wallet of this file uses (it belongs to ${users.map((cycle) => CYCLE_IN_WORDS[cycle]).join(' or ')}), expected only ${roles.join(', ')}; remove it`;
    return [{ path: ['windows', role], at: 'key', message }];
  }
  const path: Path = ['windows', role, 'resting'];
  const resting = readWhole(textAt(tree, path) ?? '', 1, MAX_FRAGMENTS);
  const count = fragmentCountAt(tree, owner.walletName);
  if (!resting.ok || count === null || resting.value <= count) return [];
  return [{ path, at: 'value', message: `found ${resting.value}, expected 1 to ${count}, the number of fragments of the ${owner.walletName} wallet` }];
}

/** Number of a wallet's fragments; null when it is not readable. */
function fragmentCountAt(tree: Tree, walletName: 'long' | 'hedge'): number | null {
  const fragments = valueAt(tree, ['wallets', walletName, 'fragments']);
  if (fragments === undefined) return DEFAULT_FRAGMENTS;
  if (Array.isArray(fragments)) return fragments.length;
  const count = typeof fragments === 'string' ? readWhole(fragments, 1, MAX_FRAGMENTS) : null;
  return count !== null && count.ok ? count.value : null;
}

function limitOffsetRules(tree: Tree, role: Role): RuleFinding[] {
  const offsetPath: Path = ['windows', role, 'limitOffset'];
  const orderPath: Path = ['windows', role, 'order'];
  const hasOffset = valueAt(tree, offsetPath) !== undefined;
  const order = valueAt(tree, orderPath) === undefined ? 'stop-market' : textAt(tree, orderPath);
  if (order === 'stop-limit' && !hasOffset) {
    return [{ path: orderPath, at: 'value', message: 'found stop-limit without limitOffset, expected how far the limit lies beyond the trigger; write limitOffset: 0.2%' }];
  }
  if (order === 'stop-market' && hasOffset) {
    return [{ path: offsetPath, at: 'key', message: 'found a limitOffset with order stop-market, expected it only with order: stop-limit' }];
  }
  return [];
}
