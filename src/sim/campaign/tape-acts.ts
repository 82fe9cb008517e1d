/**
 * What happens between two prices of a tape, as words such as `@ban:90000` or `@close:long:0.5`: incidents of the exchange, acts of
 * others on the account, operators, steps of the clock. Also which of them may rightly end in a plan that has stopped.
 */
import { HedgerowError } from '../../domain/errors.ts';
import { OPERATOR_ACTIONS } from '../../ports/store.ts';
import type { OperatorActionKind } from '../../ports/store.ts';

export const INCIDENT_ACTS = ['limit', 'ban', 'maintenance', 'freeze', 'wrong', 'refuse', 'silence', 'stale'] as const;
export const OTHERS_ACTS = ['adl', 'liquidate', 'deposit', 'close', 'order', 'cancel', 'cancel-all', 'market', 'settings'] as const;
export const PROCESS_ACTS = ['clock', 'blind'] as const;
export const ACTS = [...INCIDENT_ACTS, ...OTHERS_ACTS, ...PROCESS_ACTS, ...OPERATOR_ACTIONS] as const;
export type ActName = (typeof ACTS)[number];

export interface TapeAct {
  readonly name: ActName;
  readonly args: readonly string[];
}

export function actText({ name, args }: TapeAct): string {
  return `@${[name, ...args].join(':')}`;
}

/** Null for a word that is no act. */
export function parseAct(word: string): TapeAct | null {
  if (!word.startsWith('@')) return null;
  const [name = '', ...args] = word.slice(1).split(':');
  if (!ACTS.includes(name as ActName)) throw new HedgerowError('INPUT_INVALID', `--tape: ${JSON.stringify(word)} is no act; known are ${ACTS.join(', ')}`);
  return { name: name as ActName, args };
}

export function isOperator(name: ActName): name is OperatorActionKind {
  return (OPERATOR_ACTIONS as readonly string[]).includes(name);
}

/** After these a plan may be diverged or halted, as DOMAIN §8 says. */
const STOPPING: ReadonlySet<ActName> = new Set(['adl', 'liquidate', 'close', 'order', 'cancel', 'cancel-all', 'settings', 'pause', 'halt', 'flatten', 'adopt']);

export function mayStopPlan({ name }: TapeAct): boolean {
  return STOPPING.has(name);
}
