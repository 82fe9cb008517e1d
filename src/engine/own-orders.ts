/**
 * Orders of a plan read back from the exchange by their id alone, when the store has lost them (a restored backup, a lost suffix of
 * commits): the id tells wallet, role, level, cycle and generation (I1, I2).
 */
import type { OrderRecord, TradeRecord } from '../ports/exchange.ts';
import type { DecimalString } from '../domain/decimal.ts';
import { decodeClientOrderId, isSamePlan } from '../window/client-order-id.ts';
import type { OrderIdentity } from '../window/client-order-id.ts';
import { slotOf } from '../window/exchange-orders.ts';
import type { OrderLeg } from '../window/exchange-orders.ts';
import type { TrackedOrder } from './order-tracker.ts';

export type OwnIdentity = OrderIdentity & { readonly generation: number };

/** Null for ids that are not this plan's. */
export function ownIdentity(clientOrderId: string, planTag: number): OwnIdentity | null {
  const identity = decodeClientOrderId(clientOrderId);
  return identity !== null && identity.planTag === planTag ? identity : null;
}

/** Ids of the same plan in an earlier life, before its store was lost; null for every other. */
export function earlierIdentity(clientOrderId: string, planTag: number): OwnIdentity | null {
  const identity = decodeClientOrderId(clientOrderId);
  return identity !== null && identity.planTag !== planTag && isSamePlan(identity.planTag, planTag) ? identity : null;
}

/**
 * The order as far as its id tells. A netted order's legs beyond the first are not in the id: all of it counts for the first, and
 * the comparison of positions has the last word.
 */
export function reconstructed(source: OrderRecord | TradeRecord, identity: OwnIdentity, amount: DecimalString): TrackedOrder {
  const { wallet, role, level, cycle, leg, generation } = identity;
  const only: OrderLeg = { wallet, role, level, cycle, leg, amount };
  const isRecord = 'triggerPrice' in source;
  const { account, symbol, side, positionSide } = source;
  const clientOrderId = source.clientOrderId ?? '';
  const type = isRecord && source.type !== 'limit' ? source.type : 'market';
  const shape = isRecord
    ? { price: source.price, triggerPrice: source.triggerPrice, triggerBy: source.triggerBy, reduceOnly: source.reduceOnly }
    : { price: null, triggerPrice: null, triggerBy: 'last' as const, reduceOnly: false };
  return {
    clientOrderId,
    account,
    symbol,
    side,
    type,
    amount,
    filled: '0',
    positionSide,
    ...shape,
    legs: [only],
    status: 'live',
    isTriggered: isRecord ? source.triggered : true,
    slot: slotOf(only),
    cycle,
    generation,
    request: { account, symbol, clientOrderId, side, type, amount, ...shape, positionSide, postOnly: false },
    exchangeOrderId: isRecord ? source.id : source.orderId,
    finalStatus: null,
    reportedFilled: isRecord ? source.filled : amount,
    reason: null,
    seenAt: isRecord ? source.updatedAt : 0,
  };
}
