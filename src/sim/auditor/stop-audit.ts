/**
 * I17: a plan that is halted leaves nothing resting, and a halt or flatten is answered as done only when the exchange holds no order (and
 * no position) of the plan any more. Judged by the exchange's own records at the moment the answer is committed.
 */
import type { JournalEntry } from '../../ports/store.ts';
import type { AuditedPlan } from './audited-plan.ts';
import { NOTHING, compare, textOf } from './exact.ts';
import { isForeign } from './evidence.ts';
import type { Evidence } from './evidence.ts';
import type { RestingLeg } from './resting-audit.ts';
import { finding } from './violation.ts';
import type { Finding } from './violation.ts';

/** Only when nothing is under way. */
export function auditHalted(plan: AuditedPlan, [first]: readonly RestingLeg[]): Finding | null {
  if (plan.operation !== 'halted' || first === undefined) return null;
  return finding('I17', 'a halted plan has an order at the exchange', { plan: plan.name, clientOrderId: first.clientOrderId, role: first.role });
}

/** The answer to an operator, as the journal has it. */
interface Answered {
  readonly action?: string;
  readonly outcome?: string;
}

export function auditAnswer({ type, payload }: JournalEntry, evidence: Evidence): Finding | null {
  const { action, outcome } = payload as Answered;
  if (type !== 'operator.answered' || outcome !== 'done' || (action !== 'halt' && action !== 'flatten')) return null;
  for (const { clientOrderId } of evidence.openOrders.values()) {
    if (!isForeign(clientOrderId)) return finding('I17', `a ${action} was reported as done while an order of the plan is open`, { clientOrderId });
  }
  if (action === 'halt' || evidence.foreignSymbols.size > 0) return null;
  for (const [key, amount] of evidence.truePositions) {
    if (compare(amount, NOTHING) !== 0) return finding('I17', 'a flatten was reported as done while a position is open', { position: key, amount: textOf(amount) });
  }
  return null;
}
