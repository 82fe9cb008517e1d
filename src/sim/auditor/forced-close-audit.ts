/** I5: what the exchange took from a position by force is booked as the event it was, not as an unexplained difference. */
import type { CommitBatch } from '../../ports/store.ts';
import type { AccountEvent } from '../exchange/delta.ts';
import type { AuditedPlan } from './audited-plan.ts';
import { accountsOf } from './money-audit.ts';
import { finding } from './violation.ts';
import type { Finding } from './violation.ts';

type ForcedClose = Extract<AccountEvent, { type: 'liquidation' }>;

export class ForcedCloseAudit {
  readonly #events = new Map<string, ForcedClose>();
  readonly #booked = new Set<string>();

  heard(event: AccountEvent): void {
    if (event.type === 'liquidation') this.#events.set(event.id, event);
  }

  committed({ entries }: CommitBatch): void {
    for (const { type, payload } of entries) {
      const { id } = payload as { readonly id?: string };
      if (type === 'external.booked' && id !== undefined) this.#booked.add(id);
    }
  }

  /** The store has forgotten commits; these are left. */
  rolledBack(left: readonly CommitBatch[]): void {
    this.#booked.clear();
    for (const batch of left) this.committed(batch);
  }

  /** Only when nothing is under way: every event has been heard or read. */
  audit(plan: AuditedPlan): Finding | null {
    const accounts = accountsOf(plan);
    for (const { id, account, symbol, cause, positionSide, amount } of this.#events.values()) {
      if (symbol !== plan.symbol || !accounts.has(account) || this.#booked.has(id)) continue;
      return finding('I5', 'a forced close was never booked', { plan: plan.name, id, account, cause, positionSide, amount });
    }
    return null;
  }
}
