/**
 * Which of several orders that act at one price comes first: what closes before what opens, so that margin is free before it is needed;
 * then wallets in file order, stop-losses first (DOMAIN §7). The exchange's own rule, by creation, comes to the same while a ladder is
 * new; later it would make a run depend on how its orders came to rest, and one that was handed over differ from one that was not.
 */
import type { Strategy } from '../domain/strategy.ts';
import type { OrderRecord } from '../ports/exchange.ts';
import { decodeClientOrderId } from '../window/client-order-id.ts';

/** By the slots their ids were made from; an amendment never changes wallet, role or leg. */
export function fillOrderOf({ wallets }: Strategy): (a: OrderRecord, b: OrderRecord) => number {
  const rankOf = (order: OrderRecord): number => {
    const identity = decodeClientOrderId(order.clientOrderId);
    if (identity === null) return Infinity;
    const wallet = wallets.findIndex(({ name }) => name === identity.wallet);
    const isClosing = identity.leg === 'close-long' || identity.leg === 'close-short';
    return (isClosing ? 0 : 2 * wallets.length) + 2 * wallet + (identity.role === 'stop-loss' ? 0 : 1);
  };
  return (a, b) => {
    const [first, second] = [rankOf(a), rankOf(b)];
    return first === second ? 0 : first - second;
  };
}
