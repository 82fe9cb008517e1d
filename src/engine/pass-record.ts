/**
 * What one pass of the engine decides and learns, gathered for one commit (I2): journal entries numbered without gaps, orders,
 * intents and trades. Written before anything is sent, and again with the answers.
 */
import type { Json } from '../domain/json.ts';
import type { TradeRecord } from '../ports/exchange.ts';
import type { ActionResult, CommitBatch, Fence, JournalEntry, SnapshotEnvelope, StoredIntent, StoredOrder } from '../ports/store.ts';

export class PassRecord {
  readonly #planId: number;
  #seq: number;
  #entries: JournalEntry[] = [];
  #orders = new Map<string, StoredOrder>();
  #intents = new Map<string, StoredIntent>();
  #trades: { seq: number; trade: TradeRecord }[] = [];
  #actions: ActionResult[] = [];
  readonly #fences: () => readonly Fence[];

  constructor(planId: number, seq: number, fences: () => readonly Fence[]) {
    this.#planId = planId;
    this.#seq = seq;
    this.#fences = fences;
  }

  /** Number of the newest entry, committed or not. */
  get seq(): number {
    return this.#seq;
  }

  get isEmpty(): boolean {
    return this.#entries.length === 0 && this.#orders.size === 0 && this.#intents.size === 0 && this.#trades.length === 0 && this.#actions.length === 0;
  }

  add(at: number, type: string, payload: Readonly<Record<string, unknown>>): number {
    this.#seq += 1;
    this.#entries.push({ seq: this.#seq, at, type, payload: payload as Json });
    return this.#seq;
  }

  order(order: StoredOrder): void {
    this.#orders.set(order.clientOrderId, order);
  }

  intent(intent: StoredIntent): void {
    this.#intents.set(intent.intentId, intent);
  }

  trade(trade: TradeRecord): void {
    this.#trades.push({ seq: this.#seq, trade });
  }

  action(result: ActionResult): void {
    this.#actions.push(result);
  }

  /** Everything gathered since the last call; `snapshot` is the state after the newest entry. */
  take(snapshot: Omit<SnapshotEnvelope, 'seq'> | null): CommitBatch {
    const batch: CommitBatch = {
      planId: this.#planId,
      entries: this.#entries,
      snapshot: snapshot === null ? null : { ...snapshot, seq: this.#seq },
      orders: [...this.#orders.values()],
      intents: [...this.#intents.values()],
      trades: this.#trades,
      actions: this.#actions,
      fences: this.#fences(),
    };
    this.#entries = [];
    this.#orders = new Map();
    this.#intents = new Map();
    this.#trades = [];
    this.#actions = [];
    return batch;
  }
}
