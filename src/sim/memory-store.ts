/**
 * The store in memory, for simulation and tests: same contract as the durable one, nothing survives the process. Keeps I4 and I16 as the
 * durable store does; atomic because everything is checked before anything is changed.
 *
 * Values with JSON inside are kept as JSON text: nobody can change stored data through an object it passed in or got back, and what is
 * read is what a database would return.
 */
import { canonicalJson } from '../domain/canonical-json.ts';
import { dec } from '../domain/decimal.ts';
import { HedgerowError } from '../domain/errors.ts';
import { invariant } from '../domain/invariant.ts';
import { COMPACTED_ENTRY_TYPES, CHECKPOINT_EVERY } from '../domain/journal-retention.ts';
import type { Json } from '../domain/json.ts';
import type { Clock } from '../ports/clock.ts';
import type { TradeRecord } from '../ports/exchange.ts';
import type {
  ActionResult,
  CommitBatch,
  Compaction,
  Fence,
  JournalEntry,
  LeaseAnswer,
  LeaseHolder,
  OperatorAction,
  PlanIdentity,
  SnapshotEnvelope,
  Store,
  StoredIntent,
  StoredOrder,
  StoredOrderStatus,
  StoredPlan,
} from '../ports/store.ts';

interface MemoryOrder {
  readonly text: string;
  readonly slot: string;
  readonly cycle: number;
  readonly generation: number;
}

interface MemoryPlan {
  /** A StoredPlan without seq and snapshot. */
  readonly text: string;
  readonly venue: string;
  /** Entry n is at index n - 1; null when it was compacted away. */
  readonly journal: (string | null)[];
  snapshotText: string;
  /** In the order they were made. */
  checkpoints: readonly SnapshotEnvelope[];
  compactedSeq: number;
  readonly orders: Map<string, MemoryOrder>;
  /** Ids among `orders` that are not refused or closed. */
  readonly workingOrders: Set<string>;
  readonly intents: Map<string, string>;
  readonly pendingIntents: Set<string>;
  readonly trades: { readonly at: number; readonly text: string }[];
}

interface MemoryLease {
  readonly holder: string;
  readonly token: number;
  readonly expiresAt: number;
}

const FINAL_STATUSES: ReadonlySet<StoredOrderStatus> = new Set(['refused', 'closed']);

class MemoryStore implements Store {
  readonly description = 'memory';
  readonly mayForget = false;
  readonly #worlds = new Map<string, string>();
  readonly #plans: MemoryPlan[] = [];
  readonly #planIds = new Map<string, number>();
  readonly #tradeKeys = new Set<string>();
  readonly #actions = new Map<string, OperatorAction>();
  readonly #leases = new Map<string, MemoryLease>();
  readonly #clock: Pick<Clock, 'now'>;
  readonly #checkpointEvery: number;
  #isClosed = false;

  constructor(clock: Pick<Clock, 'now'>, checkpointEvery: number) {
    this.#clock = clock;
    this.#checkpointEvery = checkpointEvery;
  }

  async openPlan(identity: PlanIdentity, strategy: Json, strategyHash: string, at: number): Promise<StoredPlan> {
    this.#checkOpen();
    const found = this.#planIds.get(identityKey(identity));
    if (found !== undefined) return this.#stored(found);
    const planId = this.#plans.length + 1;
    const { venue, name } = identity;
    this.#plans.push({
      text: JSON.stringify({ planId, venue, name, strategy, strategyHash, startedAt: at }),
      venue,
      journal: [],
      snapshotText: 'null',
      checkpoints: [],
      compactedSeq: 0,
      orders: new Map(),
      workingOrders: new Set(),
      intents: new Map(),
      pendingIntents: new Set(),
      trades: [],
    });
    this.#planIds.set(identityKey(identity), planId);
    return this.#stored(planId);
  }

  async findPlan(identity: PlanIdentity): Promise<StoredPlan | null> {
    this.#checkOpen();
    const planId = this.#planIds.get(identityKey(identity));
    return planId === undefined ? null : this.#stored(planId);
  }

  async listPlans(): Promise<readonly StoredPlan[]> {
    this.#checkOpen();
    return this.#plans.map((_, index) => this.#stored(index + 1));
  }

  async commit(batch: CommitBatch): Promise<void> {
    this.#checkOpen();
    const plan = this.#plans[batch.planId - 1];
    invariant(plan !== undefined, `I16 the store has no plan ${batch.planId}`);
    this.#checkFences(batch.fences ?? []);
    if (isCommitted(plan, batch)) return;
    checkNumbers(plan, batch);
    const tradeKeys = this.#checkTrades(plan, batch);
    this.#keepCheckpoint(plan, batch);
    for (const entry of batch.entries) plan.journal.push(JSON.stringify(entry));
    if (batch.snapshot !== null) plan.snapshotText = JSON.stringify(batch.snapshot);
    for (const order of batch.orders) putOrder(plan, order);
    for (const intent of batch.intents) putIntent(plan, intent);
    for (const { trade } of batch.trades) plan.trades.push({ at: trade.at, text: JSON.stringify(trade) });
    for (const key of tradeKeys) this.#tradeKeys.add(key);
    for (const result of batch.actions ?? []) this.#complete(batch.planId, result);
  }

  #keepCheckpoint(plan: MemoryPlan, { entries, snapshot }: CommitBatch): void {
    const every = this.#checkpointEvery;
    if (entries.length === 0 || snapshot === null || Math.floor(snapshot.seq / every) <= Math.floor(plan.journal.length / every)) return;
    plan.checkpoints = [...plan.checkpoints, parse<SnapshotEnvelope>(JSON.stringify(snapshot))];
  }

  #complete(planId: number, result: ActionResult): void {
    const action = this.#actions.get(result.actionId);
    if (action?.planId === planId && action.result === null) this.#actions.set(result.actionId, { ...action, result });
  }

  #checkFences(fences: readonly Fence[]): void {
    for (const { venue, account, token } of fences) {
      const lease = this.#leases.get(leaseKey(venue, account));
      invariant(lease?.token === token, 'I16 another process trades this account now', { account, token, newest: lease?.token ?? null });
    }
  }

  async acquireLease(venue: string, account: string, holder: string, ttlMs: number): Promise<LeaseAnswer> {
    this.#checkOpen();
    const now = this.#clock.now();
    const before = this.#leases.get(leaseKey(venue, account));
    if (before !== undefined && before.holder !== holder && before.expiresAt > now) return { type: 'taken', holder: before.holder, expiresInMs: before.expiresAt - now };
    const token = before === undefined ? 1 : before.holder === holder ? before.token : before.token + 1;
    this.#leases.set(leaseKey(venue, account), { holder, token, expiresAt: now + ttlMs });
    return { type: 'held', fence: { venue, account, token }, expiresInMs: ttlMs };
  }

  async releaseLease({ venue, account, token }: Fence): Promise<void> {
    this.#checkOpen();
    const lease = this.#leases.get(leaseKey(venue, account));
    if (lease?.token === token) this.#leases.set(leaseKey(venue, account), { ...lease, expiresAt: 0 });
  }

  async findLease(venue: string, account: string): Promise<LeaseHolder | null> {
    this.#checkOpen();
    const lease = this.#leases.get(leaseKey(venue, account));
    const expiresInMs = lease === undefined ? 0 : lease.expiresAt - this.#clock.now();
    return lease === undefined || expiresInMs <= 0 ? null : { holder: lease.holder, expiresInMs };
  }

  async bindWorld(venue: string, book: string, mayReplace: boolean): Promise<string> {
    const bound = mayReplace ? book : (this.#worlds.get(venue) ?? book);
    this.#worlds.set(venue, bound);
    return bound;
  }

  async requestAction(action: Omit<OperatorAction, 'result'>): Promise<OperatorAction> {
    this.#checkOpen();
    const known = this.#actions.get(action.actionId);
    if (known !== undefined) return known;
    if (this.#plans[action.planId - 1] === undefined) throw new HedgerowError('INPUT_INVALID', `the store has no plan ${action.planId}`);
    const written = { ...action, result: null };
    this.#actions.set(action.actionId, written);
    return written;
  }

  async loadPendingActions(planId: number): Promise<readonly OperatorAction[]> {
    this.#checkOpen();
    return [...this.#actions.values()].filter((action) => action.planId === planId && action.result === null);
  }

  async loadAction(actionId: string): Promise<OperatorAction | null> {
    this.#checkOpen();
    return this.#actions.get(actionId) ?? null;
  }

  async readJournal(planId: number, afterSeq: number, limit: number): Promise<readonly JournalEntry[]> {
    const from = Math.max(afterSeq, 0);
    const entries: JournalEntry[] = [];
    const journal = this.#plan(planId)?.journal ?? [];
    for (let index = from; index < journal.length && entries.length < limit; index += 1) {
      const text = journal[index] ?? null;
      if (text !== null) entries.push(parse<JournalEntry>(text));
    }
    return entries;
  }

  async loadWorkingOrders(planId: number): Promise<readonly StoredOrder[]> {
    const plan = this.#plan(planId);
    return [...(plan?.workingOrders ?? [])].sort(byText).map((id) => parse<StoredOrder>(plan!.orders.get(id)!.text));
  }

  async loadOrder(planId: number, clientOrderId: string): Promise<StoredOrder | null> {
    const order = this.#plan(planId)?.orders.get(clientOrderId);
    return order === undefined ? null : parse<StoredOrder>(order.text);
  }

  async loadGenerations(planId: number, sinceCycle: number): Promise<ReadonlyMap<string, number>> {
    const highest = new Map<string, number>();
    const orders = [...(this.#plan(planId)?.orders.values() ?? [])].filter((order) => order.cycle >= sinceCycle);
    orders.sort((a, b) => a.cycle - b.cycle || byText(a.slot, b.slot));
    for (const { slot, cycle, generation } of orders) {
      const key = `${slot}|${cycle}`;
      highest.set(key, Math.max(generation, highest.get(key) ?? generation));
    }
    return highest;
  }

  async loadPendingIntents(planId: number): Promise<readonly StoredIntent[]> {
    const plan = this.#plan(planId);
    const intents = [...(plan?.pendingIntents ?? [])].map((id) => parse<StoredIntent>(plan!.intents.get(id)!));
    return intents.sort((a, b) => a.seq - b.seq || byText(a.intentId, b.intentId));
  }

  async loadTrades(planId: number, since: number): Promise<readonly TradeRecord[]> {
    const trades = (this.#plan(planId)?.trades ?? []).filter((trade) => trade.at >= since);
    return trades.sort((a, b) => a.at - b.at).map(({ text }) => parse<TradeRecord>(text));
  }

  async loadCheckpoint(planId: number, which: 'first' | 'last'): Promise<SnapshotEnvelope | null> {
    const plan = this.#plan(planId);
    const found = which === 'last' ? plan?.checkpoints.at(-1) : plan?.checkpoints.find(({ seq }) => seq === plan.compactedSeq);
    return found === undefined ? null : structuredClone(found);
  }

  async compact(planId: number, beforeAt: number): Promise<Compaction> {
    const plan = this.#plan(planId);
    if (plan === undefined) return { throughSeq: 0, entries: 0, orders: 0, intents: 0, checkpoints: 0 };
    const last = plan.checkpoints.findLast(({ at }) => at < beforeAt);
    plan.compactedSeq = Math.max(plan.compactedSeq, last?.seq ?? 0);
    const { compactedSeq, checkpoints } = plan;
    const entries = compactEntries(plan, beforeAt);
    plan.checkpoints = checkpoints.filter(({ seq }) => seq >= compactedSeq);
    const orders = compactOrders(plan, beforeAt);
    return { throughSeq: compactedSeq, entries, orders, intents: compactIntents(plan, beforeAt), checkpoints: checkpoints.length - plan.checkpoints.length };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
  }

  #plan(planId: number): MemoryPlan | undefined {
    this.#checkOpen();
    return this.#plans[planId - 1];
  }

  #stored(planId: number): StoredPlan {
    const plan = this.#plans[planId - 1]!;
    return { ...parse<Omit<StoredPlan, 'seq' | 'snapshot'>>(plan.text), seq: plan.journal.length, snapshot: parse(plan.snapshotText) };
  }

  /** Keys of the batch's trades; throws when one is booked already, also by another plan of the venue. */
  #checkTrades(plan: MemoryPlan, batch: CommitBatch): ReadonlySet<string> {
    const keys = new Set<string>();
    for (const { trade } of batch.trades) {
      const key = JSON.stringify([plan.venue, trade.account, trade.symbol, trade.id]);
      invariant(!this.#tradeKeys.has(key) && !keys.has(key), 'I4 a trade of this commit is already booked', { planId: batch.planId, trade: trade.id });
      keys.add(key);
    }
    return keys;
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new HedgerowError('STORE_UNAVAILABLE', 'the store in memory is closed');
  }
}

/** The same batch was committed before: its entries are there, with the same contents. */
function isCommitted(plan: MemoryPlan, { entries }: CommitBatch): boolean {
  return entries.length > 0 && entries.every((entry) => isStored(plan.journal[entry.seq - 1], entry));
}

/** The order of keys does not count, as it does not in a database. */
function isStored(stored: string | null | undefined, entry: JournalEntry): boolean {
  return stored !== undefined && stored !== null && canonicalJson(parse<Json>(stored)) === canonicalJson(entry as unknown as Json);
}

function compactEntries({ journal, compactedSeq }: MemoryPlan, beforeAt: number): number {
  let gone = 0;
  for (let index = 0; index < compactedSeq; index += 1) {
    const text = journal[index] ?? null;
    if (text === null) continue;
    const { at, type } = parse<JournalEntry>(text);
    if (at >= beforeAt || !COMPACTED_ENTRY_TYPES.includes(type)) continue;
    journal[index] = null;
    gone += 1;
  }
  return gone;
}

/** Orders that ended without a fill, except the newest of their slot and cycle: ids of later ones are counted from it. */
function compactOrders({ orders }: MemoryPlan, beforeAt: number): number {
  const newest = new Map<string, number>();
  const key = ({ slot, cycle }: MemoryOrder): string => JSON.stringify([slot, cycle]);
  for (const order of orders.values()) newest.set(key(order), Math.max(order.generation, newest.get(key(order)) ?? 0));
  let gone = 0;
  for (const [id, order] of orders) {
    const { status, updatedAt, filled } = parse<StoredOrder>(order.text);
    const isNewest = order.generation >= (newest.get(key(order)) ?? 0);
    if (isNewest || !FINAL_STATUSES.has(status) || updatedAt >= beforeAt || !dec(filled).isZero()) continue;
    orders.delete(id);
    gone += 1;
  }
  return gone;
}

function compactIntents({ orders, workingOrders, intents }: MemoryPlan, beforeAt: number): number {
  let gone = 0;
  for (const [id, text] of intents) {
    const { outcome, settledAt, kind, clientOrderId } = parse<StoredIntent>(text);
    const isSettled = (outcome === 'done' || outcome === 'refused') && settledAt !== null && settledAt < beforeAt;
    if (!isSettled || workingOrders.has(clientOrderId) || (kind === 'place' && orders.has(clientOrderId))) continue;
    intents.delete(id);
    gone += 1;
  }
  return gone;
}

function leaseKey(venue: string, account: string): string {
  return JSON.stringify([venue, account]);
}

function checkNumbers(plan: MemoryPlan, { planId, entries }: CommitBatch): void {
  const last = plan.journal.length;
  entries.forEach(({ seq }, index) => {
    if (seq === last + 1 + index) return;
    const what = seq <= last ? 'exists already; another process writes this plan' : 'does not follow the last one';
    throw new HedgerowError('INVARIANT_BROKEN', `I16 journal number ${seq} of plan ${planId} ${what} ${JSON.stringify({ last })}`);
  });
}

function putOrder(plan: MemoryPlan, order: StoredOrder): void {
  const { clientOrderId, slot, cycle, generation, status } = order;
  plan.orders.set(clientOrderId, { text: JSON.stringify(order), slot, cycle, generation });
  if (FINAL_STATUSES.has(status)) plan.workingOrders.delete(clientOrderId);
  else plan.workingOrders.add(clientOrderId);
}

function putIntent(plan: MemoryPlan, intent: StoredIntent): void {
  plan.intents.set(intent.intentId, JSON.stringify(intent));
  if (intent.outcome === 'pending') plan.pendingIntents.add(intent.intentId);
  else plan.pendingIntents.delete(intent.intentId);
}

function identityKey({ venue, name }: PlanIdentity): string {
  return JSON.stringify([venue, name]);
}

function parse<T>(text: string): T {
  return JSON.parse(text) as T;
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** An empty store in memory; its clock is for leases. */
export function createMemoryStore(clock: Pick<Clock, 'now'> = { now: () => 0 }, checkpointEvery = CHECKPOINT_EVERY): Store {
  return new MemoryStore(clock, checkpointEvery);
}
