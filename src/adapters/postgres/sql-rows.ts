/**
 * Values on their way between the store and its tables: JSON that jsonb takes, and rows read back as what was written. Keeps I2: a stored
 * number that cannot be read back exactly is not read at all. Keeps I19: what is written holds no secret.
 */
import { invariant } from '../../domain/invariant.ts';
import type { Json } from '../../domain/json.ts';
import type { OrderRequest, PositionSide, Side, TradeRecord } from '../../ports/exchange.ts';
import type { JournalEntry, OperatorAction, SnapshotEnvelope, StoredIntent, StoredOrder, StoredPlan } from '../../ports/store.ts';
import { processSecrets } from '../system/redaction.ts';
import type { SqlRow } from './database.ts';

/** Matches escaped backslashes too, so that a backslash written as text before `u0000` is not taken for an escape. */
const NOT_STORABLE = /\\(?:\\|u0000|u[dD][89a-fA-F][0-9a-fA-F]{2})/g;

/**
 * JSON text that jsonb takes. It knows neither U+0000 nor half surrogate pairs; an exchange that sends one in an error text must not be able to
 * make commits fail, so they become U+FFFD. (JSON.stringify writes whole pairs unescaped: each escaped surrogate is a half.)
 */
export function jsonText(value: unknown): string {
  const text = JSON.stringify(value);
  return (processSecrets.isArmed ? processSecrets.text(text) : text).replace(NOT_STORABLE, (escape) => (escape === '\\\\' ? escape : '\ufffd'));
}

// Row readers. The shapes were checked by the types when they were written and by the schema's constraints; columns hold nothing else.

export function integer(row: SqlRow, column: string): number {
  const value = Number(row[column]);
  invariant(row[column] !== null && Number.isSafeInteger(value), 'I2 a stored number can be read back', { column });
  return value;
}

export function text(row: SqlRow, column: string): string {
  return String(row[column]);
}

export function textOrNull(row: SqlRow, column: string): string | null {
  const value = row[column];
  return value === null || value === undefined ? null : String(value);
}

export function json(row: SqlRow, column: string): Json {
  return row[column] as Json;
}

export function planOf(row: SqlRow): StoredPlan {
  return {
    planId: integer(row, 'plan_id'),
    venue: text(row, 'venue'),
    name: text(row, 'name'),
    strategy: json(row, 'strategy'),
    strategyHash: text(row, 'strategy_hash'),
    startedAt: integer(row, 'started_at'),
    seq: integer(row, 'seq'),
    snapshot: row['machine'] === null ? null : snapshotOf(row),
  };
}

export function snapshotOf(row: SqlRow): SnapshotEnvelope {
  return {
    machine: text(row, 'machine'),
    version: integer(row, 'machine_version'),
    seq: integer(row, 'snapshot_seq'),
    at: integer(row, 'snapshot_at'),
    snapshot: json(row, 'snapshot'),
  };
}

export function orderOf(row: SqlRow): StoredOrder {
  return {
    clientOrderId: text(row, 'client_order_id'),
    slot: text(row, 'slot'),
    cycle: integer(row, 'cycle'),
    generation: integer(row, 'generation'),
    request: row['request'] as OrderRequest,
    legs: json(row, 'legs'),
    status: text(row, 'status') as StoredOrder['status'],
    exchangeOrderId: textOrNull(row, 'exchange_order_id'),
    filled: text(row, 'filled'),
    reason: textOrNull(row, 'reason'),
    updatedAt: integer(row, 'updated_at'),
  };
}

export function intentOf(row: SqlRow): StoredIntent {
  return {
    intentId: text(row, 'intent_id'),
    clientOrderId: text(row, 'client_order_id'),
    kind: text(row, 'kind') as StoredIntent['kind'],
    seq: integer(row, 'seq'),
    request: json(row, 'request'),
    reason: text(row, 'reason'),
    outcome: text(row, 'outcome') as StoredIntent['outcome'],
    code: textOrNull(row, 'code'),
    committedAt: integer(row, 'committed_at'),
    settledAt: row['settled_at'] === null ? null : integer(row, 'settled_at'),
  };
}

export function tradeOf(row: SqlRow): TradeRecord {
  return {
    id: text(row, 'trade_id'),
    orderId: text(row, 'order_id'),
    clientOrderId: textOrNull(row, 'client_order_id'),
    account: text(row, 'account'),
    symbol: text(row, 'symbol'),
    side: text(row, 'side') as Side,
    positionSide: textOrNull(row, 'position_side') as PositionSide | null,
    price: text(row, 'price'),
    amount: text(row, 'amount'),
    fee: text(row, 'fee'),
    takerOrMaker: text(row, 'taker_or_maker') as TradeRecord['takerOrMaker'],
    at: integer(row, 'at'),
    ...(row['info'] === null ? {} : { info: json(row, 'info') }),
  };
}

export function entryOf(row: SqlRow): JournalEntry {
  return { seq: integer(row, 'seq'), at: integer(row, 'at'), type: text(row, 'type'), payload: json(row, 'payload') };
}

export function actionOf(row: SqlRow): OperatorAction {
  const actionId = text(row, 'action_id');
  const outcome = textOrNull(row, 'outcome') as 'done' | 'ignored' | null;
  return {
    actionId,
    planId: integer(row, 'plan_id'),
    action: text(row, 'action') as OperatorAction['action'],
    reason: text(row, 'reason'),
    requestedBy: text(row, 'requested_by'),
    requestedAt: integer(row, 'requested_at'),
    result: outcome === null ? null : { actionId, outcome, note: text(row, 'note'), at: integer(row, 'settled_at') },
  };
}
