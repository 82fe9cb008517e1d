/**
 * I21: whatever is sent can be traced: its intent names the journal entry that decided it, which says what for and why, and the journal says
 * under which strategy and program. I23: what a plan keeps and writes at once stays small, however long it runs. Judged by what the store
 * committed.
 */
import type { CommitBatch, StoredIntent } from '../../ports/store.ts';
import { finding } from './violation.ts';
import type { Finding } from './violation.ts';

/** What the journal says of a decision, or of the process that decides from then on. */
interface Told {
  readonly clientOrderId?: string;
  readonly reason?: string;
  readonly strategyHash?: string;
  readonly build?: string;
}

/** Of one commit: far above a pass in which every order of two full ladders changes. */
const ROWS_MAX = 1_000;
/** A plan with two wallets takes some 10 kB. */
const SNAPSHOT_CHARS_MAX = 200_000;
/** Snapshots are measured this often. */
const MEASURED_EVERY = 32;

export class TraceAudit {
  #known = new Set<string>();
  #hasOrigin = false;
  #commits = 0;

  committed(batch: CommitBatch): Finding | null {
    const fault = this.#traceFault(batch) ?? this.#sizeFault(batch);
    for (const { intentId } of batch.intents) this.#known.add(intentId);
    return fault;
  }

  /** The store has forgotten commits; these are left. */
  rolledBack(left: readonly CommitBatch[]): void {
    this.#known = new Set();
    this.#hasOrigin = false;
    for (const batch of left) this.committed(batch);
  }

  #traceFault({ entries, intents }: CommitBatch): Finding | null {
    for (const { type, payload } of entries) {
      const { strategyHash = '', build = '' } = payload as Told;
      if (type === 'plan.started' || type === 'plan.opened') this.#hasOrigin = strategyHash !== '' && build !== '';
    }
    for (const intent of intents) {
      if (this.#known.has(intent.intentId)) continue;
      if (!this.#hasOrigin) return finding('I21', 'an order was decided before the journal says under which strategy and program', about(intent));
      const { type, payload } = entries.find(({ seq }) => seq === intent.seq) ?? {};
      const { clientOrderId, reason = '' } = (payload ?? {}) as Told;
      if (type !== `order.${intent.kind}` || clientOrderId !== intent.clientOrderId) return finding('I21', 'an intent names no journal entry that decided it', about(intent));
      if (reason === '' || reason !== intent.reason) return finding('I21', 'the decision behind an intent says no reason, or another one', about(intent));
    }
    return null;
  }

  #sizeFault({ entries, orders, intents, trades, snapshot }: CommitBatch): Finding | null {
    this.#commits += 1;
    const rows = entries.length + orders.length + intents.length + trades.length;
    if (rows > ROWS_MAX) return finding('I23', `one commit wrote ${rows} rows`, { bound: ROWS_MAX });
    const chars = snapshot === null || this.#commits % MEASURED_EVERY !== 0 ? 0 : JSON.stringify(snapshot).length;
    return chars > SNAPSHOT_CHARS_MAX ? finding('I23', `a plan's snapshot has grown to ${chars} characters`, { bound: SNAPSHOT_CHARS_MAX }) : null;
  }
}

function about({ clientOrderId, kind, seq, reason }: StoredIntent): Readonly<Record<string, unknown>> {
  return { clientOrderId, kind, seq, reason };
}
