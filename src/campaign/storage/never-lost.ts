/**
 * The two sides of a dead or finished bot held against each other: nothing at the exchange without an intent (I2), no trade unbooked or
 * booked twice (I4), no journal number missing, nothing unknown left (I3), and the journal gives the stored snapshot (I12, I14).
 */
import type { SqlDatabase, SqlRow } from '../../adapters/postgres/database.ts';
import { createSqlStore } from '../../adapters/postgres/sql-store.ts';
import { canonicalJson } from '../../domain/canonical-json.ts';
import type { Json } from '../../domain/json.ts';
import { replayPlan } from '../../engine/journal-replay.ts';
import type { Store } from '../../ports/store.ts';
import type { ExchangeRows } from './stored-rows.ts';
import { rowsOf } from './stored-rows.ts';

export interface Disagreement {
  /** E.g. `I2`. */
  readonly invariant: string;
  readonly what: string;
}

/** Holds at any moment, also while the bot is dead: what the exchange received was written down before, once for each request. */
export async function writtenBeforeSent(database: SqlDatabase, exchange: ExchangeRows): Promise<readonly Disagreement[]> {
  const intents = await rowsOf(database, 'intents');
  const found: Disagreement[] = [];
  if (exchange.requestsEver > exchange.requests.length) found.push({ invariant: 'I2', what: `the exchange's book has forgotten ${exchange.requestsEver - exchange.requests.length} requests; the round is too long to be judged` });
  const unused = new Map<string, SqlRow[]>();
  for (const intent of intents) {
    const key = requestKey(String(intent['kind']), intent['request'] as Json);
    unused.set(key, [...(unused.get(key) ?? []), intent]);
  }
  for (const { kind, request, sequence, receivedAt } of exchange.requests) {
    const key = requestKey(kind, request as unknown as Json);
    const intent = unused.get(key)?.shift();
    if (intent === undefined) found.push({ invariant: 'I2', what: `request ${sequence} at the exchange has no intent of its own: ${key}` });
    else if (Number(intent['committed_at']) > receivedAt) found.push({ invariant: 'I2', what: `request ${sequence} was received at ${receivedAt}, before its intent at ${String(intent['committed_at'])}` });
  }
  return found;
}

/** Kind and content: what was sent has to be what was written. */
function requestKey(kind: string, request: Json): string {
  return `${kind} ${canonicalJson(request)}`;
}

/** Holds once a run has ended well. */
export async function nothingLost(database: SqlDatabase, exchange: ExchangeRows): Promise<readonly Disagreement[]> {
  return [
    ...(await writtenBeforeSent(database, exchange)),
    ...bookedOnce(exchange, await rowsOf(database, 'trades'), await rowsOf(database, 'journal')),
    ...nothingUnknown(exchange, await rowsOf(database, 'orders'), await rowsOf(database, 'intents')),
    ...gapless(await rowsOf(database, 'journal'), await rowsOf(database, 'heads')),
    ...(await replayed(await createSqlStore(database, async () => {}))),
  ];
}

function bookedOnce({ trades, fundingIds }: ExchangeRows, stored: readonly SqlRow[], journal: readonly SqlRow[]): readonly Disagreement[] {
  const found: Disagreement[] = [];
  const rows = new Map(stored.map((row) => [`${String(row['account'])} ${String(row['symbol'])} ${String(row['trade_id'])}`, row]));
  const fills = counted(journal, 'fill.booked', 'tradeId');
  for (const trade of trades) {
    const key = `${trade.account} ${trade.symbol} ${trade.id}`;
    const row = rows.get(key);
    rows.delete(key);
    if (row === undefined) found.push({ invariant: 'I4', what: `trade ${trade.id} of the exchange is not booked` });
    else if (row['price'] !== trade.price || row['amount'] !== trade.amount || row['fee'] !== trade.fee) found.push({ invariant: 'I4', what: `trade ${trade.id} is booked with other values` });
    if (!fills.has(trade.id)) found.push({ invariant: 'I4', what: `trade ${trade.id} moved no wallet` });
  }
  for (const key of rows.keys()) found.push({ invariant: 'I4', what: `trade ${key} is booked, but not the exchange's` });
  const funding = counted(journal, 'funding.booked', 'fundingId');
  for (const id of fundingIds) if (!funding.has(id)) found.push({ invariant: 'I4', what: `funding ${id} is not booked` });
  for (const [id, times] of doubled(journal)) found.push({ invariant: 'I4', what: `${id} is booked ${times} times for one wallet` });
  return found;
}

function counted(journal: readonly SqlRow[], type: string, key: string): ReadonlySet<string> {
  return new Set(journal.filter((row) => row['type'] === type).map((row) => String((row['payload'] as Readonly<Record<string, Json>>)[key])));
}

/** One trade may be shared by several wallets, and by one wallet's close and open; never twice with the same part. */
function doubled(journal: readonly SqlRow[]): readonly (readonly [string, number])[] {
  const times = new Map<string, number>();
  for (const row of journal) {
    if (row['type'] !== 'fill.booked' && row['type'] !== 'funding.booked') continue;
    const payload = row['payload'] as { readonly tradeId?: string; readonly fundingId?: string; readonly input?: Json };
    const key = `${payload.tradeId ?? payload.fundingId ?? ''} ${canonicalJson(payload.input ?? null)}`;
    times.set(key, (times.get(key) ?? 0) + 1);
  }
  return [...times].filter(([, count]) => count > 1);
}

function nothingUnknown(exchange: ExchangeRows, orders: readonly SqlRow[], intents: readonly SqlRow[]): readonly Disagreement[] {
  const found: Disagreement[] = [];
  for (const intent of intents) {
    if (intent['outcome'] === 'pending') found.push({ invariant: 'I3', what: `intent ${String(intent['intent_id'])} has no outcome` });
  }
  const live = new Set<string>();
  for (const order of orders) {
    const id = String(order['client_order_id']);
    if (order['status'] === 'unknown' || order['status'] === 'committed') found.push({ invariant: 'I3', what: `order ${id} is still ${String(order['status'])}` });
    if (order['status'] === 'live') live.add(id);
  }
  for (const order of exchange.orders.values()) {
    if (order.status !== 'open') continue;
    if (!live.delete(order.clientOrderId)) found.push({ invariant: 'I1', what: `order ${order.clientOrderId} rests at the exchange and is not live in the store` });
  }
  for (const id of live) found.push({ invariant: 'I1', what: `order ${id} is live in the store and does not rest at the exchange` });
  return found;
}

function gapless(journal: readonly SqlRow[], heads: readonly SqlRow[]): readonly Disagreement[] {
  return heads.flatMap((head) => {
    const plan = Number(head['plan_id']);
    const numbers = journal.filter((row) => Number(row['plan_id']) === plan).map((row) => Number(row['seq'])).sort((a, b) => a - b);
    const gap = numbers.findIndex((seq, index) => seq !== index + 1);
    if (gap === -1 && numbers.length === Number(head['seq'])) return [];
    return [{ invariant: 'I16', what: `the journal of plan ${plan} has ${numbers.length} entries up to ${String(head['seq'])}, the first gap at ${gap + 1}` }];
  });
}

async function replayed(store: Store): Promise<readonly Disagreement[]> {
  const found: Disagreement[] = [];
  for (const plan of await store.listPlans()) {
    const { difference } = await replayPlan(store, plan);
    if (difference !== null) found.push({ invariant: 'I12', what: `the journal of ${plan.name} gives another snapshot: ${JSON.stringify(difference)}` });
  }
  return found;
}
