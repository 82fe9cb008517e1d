/**
 * Durable memory of the bot: append-only journal, one machine snapshot per plan, orders, intents and trades.
 *
 * Everything one pass of the engine decides is committed in one transaction before anything is sent (I2). `seq` numbers a plan's
 * journal without gaps; a second writer collides on it and fails (I16). Values are JSON; money in them is decimal strings.
 */
import type { Json } from '../domain/json.ts';
import type { OrderRequest, TradeRecord } from './exchange.ts';

export interface PlanIdentity {
  /** The exchange, and for simulated worlds the feed, a plan trades on; names are unique within it. */
  readonly venue: string;
  readonly name: string;
}

export interface StoredPlan extends PlanIdentity {
  readonly planId: number;
  /** The resolved strategy the plan was started with. */
  readonly strategy: Json;
  readonly strategyHash: string;
  readonly startedAt: number;
  /** Last journal number; 0 when the journal is empty. */
  readonly seq: number;
  /** The envelope committed with entry `seq` or before it; null before the first. */
  readonly snapshot: SnapshotEnvelope | null;
}

/** A stored snapshot with what is needed to restore or refuse it. */
export interface SnapshotEnvelope {
  readonly machine: string;
  readonly version: number;
  /** The journal entry it is the result of. */
  readonly seq: number;
  readonly at: number;
  readonly snapshot: Json;
}

export interface JournalEntry {
  readonly seq: number;
  /** Time of the event, ms. */
  readonly at: number;
  /** Dotted past tense for events (`fill.booked`), imperative for decisions (`order.place`). */
  readonly type: string;
  readonly payload: Json;
}

/** `committed`: an intent exists, the exchange has not answered. `unknown`: it answered, or failed to, in a way that proves nothing. */
export type StoredOrderStatus = 'committed' | 'live' | 'unknown' | 'refused' | 'closed';

export interface StoredOrder {
  readonly clientOrderId: string;
  /** The slots it serves, e.g. `hedge/stop-loss/-1`; several for a netted order, joined by `+` in leg order. */
  readonly slot: string;
  readonly cycle: number;
  readonly generation: number;
  readonly request: OrderRequest;
  /** What each part of the amount is for, in fill order. */
  readonly legs: Json;
  readonly status: StoredOrderStatus;
  readonly exchangeOrderId: string | null;
  /** Base units booked from trades. */
  readonly filled: string;
  /** Raw code or reason of a refusal or a close. */
  readonly reason: string | null;
  readonly updatedAt: number;
}

/** One request to the exchange, written down before it is sent and completed by its outcome. */
export interface StoredIntent {
  /** `<clientOrderId>:place`, `:amend:<n>`, `:cancel:<n>`. */
  readonly intentId: string;
  readonly clientOrderId: string;
  readonly kind: 'place' | 'amend' | 'cancel';
  /** The journal entry of the decision. */
  readonly seq: number;
  readonly request: Json;
  /** Why, in words. */
  readonly reason: string;
  readonly outcome: 'pending' | 'done' | 'refused' | 'unknown';
  readonly code: string | null;
  readonly committedAt: number;
  readonly settledAt: number | null;
}

/** Written in one transaction. Orders and intents are upserts by id; entries and trades are inserts that must be new. */
export interface CommitBatch {
  readonly planId: number;
  readonly entries: readonly JournalEntry[];
  readonly snapshot: SnapshotEnvelope | null;
  readonly orders: readonly StoredOrder[];
  readonly intents: readonly StoredIntent[];
  readonly trades: readonly { readonly seq: number; readonly trade: TradeRecord }[];
  /** Operator actions this commit completes. */
  readonly actions?: readonly ActionResult[];
  /** The leases of the plan's accounts as this writer holds them; absent where nobody else can write (simulation). */
  readonly fences?: readonly Fence[];
}

/** Proof of being the one writer of an account (I16): the token rises with every change of holder. */
export interface Fence {
  readonly venue: string;
  readonly account: string;
  readonly token: number;
}

export type LeaseAnswer =
  | { readonly type: 'held'; readonly fence: Fence; /** From the moment the request was sent, ms. */ readonly expiresInMs: number }
  | { readonly type: 'taken'; readonly holder: string; readonly expiresInMs: number };

export interface LeaseHolder {
  readonly holder: string;
  readonly expiresInMs: number;
}

export const OPERATOR_ACTIONS = ['pause', 'resume', 'halt', 'flatten', 'reset', 'adopt'] as const;
export type OperatorActionKind = (typeof OPERATOR_ACTIONS)[number];

/** Something a person asked a plan to do; kept for ever. */
export interface OperatorAction {
  /** Chosen by the asker: asked again with the same id, nothing is added. */
  readonly actionId: string;
  readonly planId: number;
  readonly action: OperatorActionKind;
  readonly reason: string;
  /** Who asked, e.g. `cli alice@host`. */
  readonly requestedBy: string;
  readonly requestedAt: number;
  readonly result: ActionResult | null;
}

export interface ActionResult {
  readonly actionId: string;
  /** `ignored`: the plan was already there, or the action means nothing in its state. */
  readonly outcome: 'done' | 'ignored';
  readonly note: string;
  readonly at: number;
}

/** What a compaction took away, in rows. */
export interface Compaction {
  /** Journal entries up to this number may be missing; 0 when none are. */
  readonly throughSeq: number;
  readonly entries: number;
  readonly orders: number;
  readonly intents: number;
  readonly checkpoints: number;
}

export interface Store {
  /** What stands behind it, for people: `PGlite .hedgerow/db` or `PostgreSQL host/database` without credentials. */
  readonly description: string;
  /** What it has acknowledged can be lost with the machine it is on: its newest commits may be missing after a restart. */
  readonly mayForget: boolean;
  /** The plan, created if it is new. Never changes the strategy of an existing one. */
  openPlan(identity: PlanIdentity, strategy: Json, strategyHash: string, at: number): Promise<StoredPlan>;
  findPlan(identity: PlanIdentity): Promise<StoredPlan | null>;
  listPlans(): Promise<readonly StoredPlan[]>;
  /**
   * Atomic. Rejects with INVARIANT_BROKEN (I16) when an entry's number exists or a fence is no longer the newest, (I4) when a trade is
   * already booked, and with STORE_UNAVAILABLE when it is not known to have happened: then the same batch may be committed again, and
   * is taken as done when its entries are there with the same contents.
   */
  commit(batch: CommitBatch): Promise<void>;
  /** Entries with a number above `afterSeq`, in order, at most `limit`. */
  readJournal(planId: number, afterSeq: number, limit: number): Promise<readonly JournalEntry[]>;
  /** Orders that are not refused or closed. */
  loadWorkingOrders(planId: number): Promise<readonly StoredOrder[]>;
  loadOrder(planId: number, clientOrderId: string): Promise<StoredOrder | null>;
  /** Highest generation ever used, per `slot|cycle`, for cycles at or above `sinceCycle`. */
  loadGenerations(planId: number, sinceCycle: number): Promise<ReadonlyMap<string, number>>;
  loadPendingIntents(planId: number): Promise<readonly StoredIntent[]>;
  /** Trades of the plan at or after `since` (ms), oldest first. */
  loadTrades(planId: number, since: number): Promise<readonly TradeRecord[]>;
  /** Takes or renews the lease of an account for `ttlMs`; by the store's clock, which all processes share. Asked again by its holder, it keeps its token. */
  acquireLease(venue: string, account: string, holder: string, ttlMs: number): Promise<LeaseAnswer>;
  /** Gives it back at once; nothing happens when another has it. */
  releaseLease(fence: Fence): Promise<void>;
  /** Who holds the account's lease now; null when nobody does. */
  findLease(venue: string, account: string): Promise<LeaseHolder | null>;
  /** Which simulated book the plans of a venue trade on: the first one asked with, or this one when it `mayReplace` it. Gives the one it is. */
  bindWorld(venue: string, book: string, mayReplace: boolean): Promise<string>;
  /** Writes the action down, or returns what is written under its id. Rejects with INPUT_INVALID for a plan that does not exist. */
  requestAction(action: Omit<OperatorAction, 'result'>): Promise<OperatorAction>;
  /** Actions without a result, in the order they were asked for. */
  loadPendingActions(planId: number): Promise<readonly OperatorAction[]>;
  loadAction(actionId: string): Promise<OperatorAction | null>;
  /**
   * A snapshot kept on the way: the state after entry `seq`. `first` is the one a replay of the whole journal begins with, null when it is
   * complete from entry 1; `last` is the newest, null when there is none yet.
   */
  loadCheckpoint(planId: number, which: 'first' | 'last'): Promise<SnapshotEnvelope | null>;
  /**
   * Deletes what is older than `beforeAt` (ms) and in no one's way of rebuilding state or ledger: entries of COMPACTED_ENTRY_TYPES up to the
   * last checkpoint before that time, orders that ended without a fill except the newest generation of their slot and cycle, and settled
   * requests about finished orders except the placing of those that were filled. Interrupted, it is finished by the next one.
   */
  compact(planId: number, beforeAt: number): Promise<Compaction>;
  close(): Promise<void>;
}
