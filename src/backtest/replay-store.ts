/**
 * The store of a run that nobody will start again: it keeps what the engine can still ask for and lets the rest go, so that years of a
 * journal do not pile up (I23). Numbers of entries are checked as every store does (I16).
 */
import { invariant } from '../domain/invariant.ts';
import type { TradeRecord } from '../ports/exchange.ts';
import type { CommitBatch, Store, StoredOrder } from '../ports/store.ts';
import { forwardingStore } from '../sim/forwarding-store.ts';
import { createMemoryStore } from '../sim/memory-store.ts';

/** Orders and trades kept; a trade that comes late comes within a few prices of its order. */
const KEPT_MAX = 2_000;

/** `seq`: the number the journal of its one plan starts after. */
export function createReplayStore(seq = 0): Store {
  const orders = new Map<string, StoredOrder>();
  let trades: TradeRecord[] = [];
  let newest = seq;
  const commit = (batch: CommitBatch): Promise<void> => {
    for (const entry of batch.entries) {
      invariant(entry.seq === newest + 1, 'I16 journal numbers follow each other', { seq: entry.seq, newest });
      newest = entry.seq;
    }
    for (const order of batch.orders) keep(orders, order);
    for (const { trade } of batch.trades) trades.push(trade);
    if (trades.length > 2 * KEPT_MAX) trades = trades.slice(-KEPT_MAX);
    return Promise.resolve();
  };
  return forwardingStore(createMemoryStore(), {
    commit,
    loadOrder: (_, clientOrderId) => Promise.resolve(orders.get(clientOrderId) ?? null),
    loadTrades: (_, since) => Promise.resolve(trades.filter(({ at }) => at >= since)),
  });
}

function keep(orders: Map<string, StoredOrder>, order: StoredOrder): void {
  orders.delete(order.clientOrderId);
  orders.set(order.clientOrderId, order);
  if (orders.size <= KEPT_MAX) return;
  const [oldest] = orders.keys();
  if (oldest !== undefined) orders.delete(oldest);
}
