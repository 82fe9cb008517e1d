/**
 * The orders of a plan that are, or may be, at the exchange, between passes: what is finished leaves (I13), what ended early is counted or
 * ends the reset it belonged to, and netted orders that stay as they are serve what is to be closed first (I6).
 */
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Strategy } from '../domain/strategy.ts';
import type { ExchangeOrder } from '../window/exchange-orders.ts';
import { isExecuting } from '../window/plan.ts';
import type { JournalledMachines } from './journalled-machines.ts';
import { hasOtherLegs, isSettled, isUntouchedNetted, resplit, toStored } from './order-tracker.ts';
import type { TrackedOrder } from './order-tracker.ts';
import { currentSlot } from './outbox.ts';
import type { Outbox } from './outbox.ts';
import type { PassRecord } from './pass-record.ts';
import { permissions } from './plan-desire.ts';
import type { SlotGuard } from './slot-guard.ts';
import { operationOf } from './step.ts';

export interface OrderBookParts {
  readonly strategy: Strategy;
  readonly orders: Map<string, TrackedOrder>;
  readonly machines: JournalledMachines;
  readonly outbox: Outbox;
  readonly guard: SlotGuard;
  readonly record: PassRecord;
  readonly log: Log;
  readonly clock: Clock;
}

export class OrderBook {
  readonly #parts: OrderBookParts;

  constructor(parts: OrderBookParts) {
    this.#parts = parts;
  }

  /** An order has fired and its fills are still to come. */
  get isFilling(): boolean {
    for (const order of this.#parts.orders.values()) if (isExecuting(order) && order.finalStatus === null && order.filled !== order.amount) return true;
    return false;
  }

  /** Finished orders leave the book; a reset whose order ended early goes on with what it got. True when some have left. */
  settle(): boolean {
    const { orders, outbox } = this.#parts;
    let hasChanged = false;
    for (const order of [...orders.values()]) {
      if (!isSettled(order)) continue;
      orders.delete(order.clientOrderId);
      hasChanged = true;
      const wasAsked = outbox.isCancelRequested(order.clientOrderId);
      outbox.forget(order.clientOrderId);
      // A refusal was counted when it was answered.
      if (order.filled === order.amount || wasAsked || order.exchangeOrderId === null) continue;
      this.#endedEarly(order);
    }
    return hasChanged;
  }

  #endedEarly(order: TrackedOrder): void {
    const { log, strategy, machines, clock, guard } = this.#parts;
    const { clientOrderId, legs, filled, finalStatus, reason } = order;
    const [first] = legs;
    log.warn({ plan: strategy.name, order: clientOrderId, status: finalStatus, filled, reason }, 'order ended unfilled');
    const isReset = first?.role === 'market-buy' || first?.role === 'rebalance';
    if (first !== undefined && isReset && filled !== '0') {
      machines.apply({ to: 'wallet', wallet: first.wallet, event: { type: 'reset-order.ended', legs: legs.map(({ leg }) => leg) } }, clock.now(), { clientOrderId });
      return;
    }
    guard.failed({ slot: currentSlot(order), legs }, reason ?? finalStatus ?? 'ended', clock.elapsed());
  }

  /**
   * What netted orders rest for, without a request: an order that rests as it is wanted has the legs that are wanted, and while a paused or
   * diverged plan leaves its orders as they are, they close first what its rungs hold now.
   */
  mendLegs(desired: () => readonly ExchangeOrder[]): void {
    const { orders, machines, record, clock } = this.#parts;
    const staysAsItIs = !permissions(operationOf(machines.running)).mayOpen;
    const unclear = [...orders.values()].filter((order) => hasOtherLegs(order) || (staysAsItIs && isUntouchedNetted(order)));
    if (unclear.length === 0) return;
    const wantedBySlot = new Map(desired().map((order) => [order.slot, order]));
    for (const order of unclear) {
      const wanted = wantedBySlot.get(currentSlot(order));
      if (wanted === undefined || (!staysAsItIs && wanted.amount !== order.amount)) continue;
      const mended = resplit(order, wanted);
      if (mended.legs.every(({ amount }, index) => amount === order.legs[index]?.amount)) continue;
      orders.set(order.clientOrderId, mended);
      record.order(toStored(mended, clock.now()));
    }
  }
}
