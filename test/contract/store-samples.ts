/** Valid values for tests of the store, each with what a test wants different. */
import { expect } from 'vitest';
import type { TradeRecord } from '../../src/ports/exchange.ts';
import type { CommitBatch, JournalEntry, Store, StoredIntent, StoredOrder, StoredPlan } from '../../src/ports/store.ts';

export const NOW = 1_767_225_600_000;
/** Of every store under the contract: small, so that tests reach it. */
export const CHECKPOINT_EVERY = 4;
export const STRATEGY = { symbol: 'BTC/USDT:USDT', capital: '1000.00', levels: [1, 2.5, -3], nested: { none: null, yes: true } };

export function entry(seq: number, payload: JournalEntry['payload'] = { price: '100.10' }): JournalEntry {
  return { seq, at: NOW + seq, type: 'fill.booked', payload };
}

export function order(clientOrderId: string, change: Partial<StoredOrder> = {}): StoredOrder {
  return {
    clientOrderId,
    slot: 'hedge/stop-loss/-1',
    cycle: 1,
    generation: 0,
    request: {
      account: 'main',
      symbol: 'BTC/USDT:USDT',
      clientOrderId,
      side: 'sell',
      type: 'stop-market',
      amount: '0.0010',
      price: null,
      triggerPrice: '60000.10',
      triggerBy: 'mark',
      positionSide: 'long',
      reduceOnly: true,
      postOnly: false,
    },
    legs: [{ slot: 'hedge/stop-loss/-1', amount: '0.001' }],
    status: 'committed',
    exchangeOrderId: null,
    filled: '0',
    reason: null,
    updatedAt: NOW,
    ...change,
  };
}

export function intent(intentId: string, change: Partial<StoredIntent> = {}): StoredIntent {
  return {
    intentId,
    clientOrderId: 'a',
    kind: 'place',
    seq: 1,
    request: { amount: '0.001' },
    reason: 'protects fragment 3',
    outcome: 'pending',
    code: null,
    committedAt: NOW,
    settledAt: null,
    ...change,
  };
}

export function trade(id: string, change: Partial<TradeRecord> = {}): TradeRecord {
  return {
    id,
    orderId: '9007199254740993',
    clientOrderId: 'a',
    account: 'main',
    symbol: 'BTC/USDT:USDT',
    side: 'buy',
    positionSide: 'long',
    price: '60000.12345678901234567890123456789',
    amount: '0.00000001',
    fee: '-0.000000000000000001',
    takerOrMaker: 'maker',
    at: NOW,
    ...change,
  };
}

export function batch(planId: number, change: Partial<CommitBatch> = {}): CommitBatch {
  return { planId, entries: [], snapshot: null, orders: [], intents: [], trades: [], ...change };
}

let plans = 0;

/** A plan of its own venue, so that tests share a store without meeting. */
export function newPlan(store: Store): Promise<StoredPlan> {
  plans += 1;
  return store.openPlan({ venue: `venue ${plans}`, name: 'btc' }, STRATEGY, 'hash', NOW);
}

/** Matches the error of a broken invariant. */
export function broken(invariantNumber: string): object {
  return expect.objectContaining({ code: 'INVARIANT_BROKEN', message: expect.stringMatching(new RegExp(`^${invariantNumber} `)) });
}
