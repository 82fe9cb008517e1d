/** What becomes of orders that have ended: they leave the book, and what ended before it was filled is not simply sent again (I11). */
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { JournalledMachines } from './journalled-machines.ts';
import { isSettled } from './order-tracker.ts';
import type { TrackedOrder } from './order-tracker.ts';
import { currentSlot } from './outbox.ts';
import type { Outbox } from './outbox.ts';
import type { SlotGuard } from './slot-guard.ts';

export interface OrderEndParts {
  readonly plan: string;
  readonly orders: Map<string, TrackedOrder>;
  readonly outbox: Outbox;
  readonly machines: JournalledMachines;
  readonly guard: SlotGuard;
  readonly clock: Clock;
  readonly log: Log;
}

/** Finished orders leave the book; a reset whose order ended early goes on with what it got. True when any left. */
export function settleOrders(parts: OrderEndParts): boolean {
  const { orders, outbox } = parts;
  const settled = [...orders.values()].filter(isSettled);
  for (const order of settled) {
    orders.delete(order.clientOrderId);
    const wasAsked = outbox.isCancelRequested(order.clientOrderId);
    outbox.forget(order.clientOrderId);
    // A refusal was counted when it was answered.
    if (order.filled !== order.amount && !wasAsked && order.exchangeOrderId !== null) endedEarly(order, parts);
  }
  return settled.length > 0;
}

function endedEarly(order: TrackedOrder, { plan, machines, guard, clock, log }: OrderEndParts): void {
  const [first] = order.legs;
  log.warn({ plan, order: order.clientOrderId, status: order.finalStatus, filled: order.filled, reason: order.reason }, 'order ended unfilled');
  const isReset = first?.role === 'market-buy' || first?.role === 'rebalance';
  if (first !== undefined && isReset && order.filled !== '0') {
    machines.apply({ to: 'wallet', wallet: first.wallet, event: { type: 'reset-order.ended' } }, clock.now(), { clientOrderId: order.clientOrderId });
    return;
  }
  guard.failed({ slot: currentSlot(order), legs: order.legs }, order.reason ?? order.finalStatus ?? 'ended', clock.elapsed());
}
