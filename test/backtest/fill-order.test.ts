/** Which of several orders at one price fills first. */
import { expect, test } from 'vitest';
import { fillOrderOf } from '../../src/backtest/fill-order.ts';
import type { Strategy } from '../../src/domain/strategy.ts';
import type { OrderRecord } from '../../src/ports/exchange.ts';
import { encodeClientOrderId } from '../../src/window/client-order-id.ts';
import type { OrderIdentity } from '../../src/window/client-order-id.ts';

function order(wallet: OrderIdentity['wallet'], role: OrderIdentity['role'], leg: OrderIdentity['leg'], level = -1): OrderRecord {
  return { clientOrderId: encodeClientOrderId({ planTag: 7, wallet, role, leg, isNetted: false, level, cycle: 3 }, 0, 'alphanumeric') } as OrderRecord;
}

const strategyOf = (...names: ('long' | 'hedge')[]): Strategy => ({ wallets: names.map((name) => ({ name })) }) as unknown as Strategy;

const ORDERS = {
  'long stop': order('long', 'stop-loss', 'close-long'),
  'long entry': order('long', 'stop-entry-long', 'open-long'),
  'hedge stop': order('hedge', 'stop-loss', 'close-long'),
  'hedge cover': order('hedge', 'cover', 'close-short'),
  'hedge entry': order('hedge', 'stop-entry-short', 'open-short'),
};

function sorted(strategy: Strategy, names: readonly (keyof typeof ORDERS)[]): string[] {
  const compare = fillOrderOf(strategy);
  return [...names].sort((a, b) => compare(ORDERS[a], ORDERS[b]));
}

test('what closes comes before what opens, then wallets in file order, stop-losses first', () => {
  expect(sorted(strategyOf('hedge', 'long'), ['long entry', 'hedge entry', 'long stop', 'hedge cover', 'hedge stop'])).toEqual(['hedge stop', 'hedge cover', 'long stop', 'hedge entry', 'long entry']);
  expect(sorted(strategyOf('long', 'hedge'), ['long entry', 'hedge entry', 'hedge cover', 'hedge stop', 'long stop'])).toEqual(['long stop', 'hedge stop', 'hedge cover', 'long entry', 'hedge entry']);
});

test('orders of one kind, and orders of others, stay in the order they were placed', () => {
  const compare = fillOrderOf(strategyOf('long'));
  expect(compare(order('long', 'stop-loss', 'close-long', -1), order('long', 'stop-loss', 'close-long', -2))).toBe(0);
  expect(compare({ clientOrderId: 'a' } as OrderRecord, { clientOrderId: 'b' } as OrderRecord)).toBe(0);
  expect(compare(ORDERS['long entry'], { clientOrderId: 'b' } as OrderRecord)).toBeLessThan(0);
});
