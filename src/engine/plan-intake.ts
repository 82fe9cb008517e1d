/**
 * What happened at the exchange, taken into the books of one plan: orders' records, trades, funding, forced closes, transfers, and what
 * somebody else did on the account.
 *
 * - I4: a trade is booked once, by its id, however often and from wherever it is heard. - I5: what no order of this plan explains is
 *   written down as an external event and makes the plan diverge. - I13: a final order stays final.
 */
import { dec } from '../domain/decimal.ts';
import type { DecimalString } from '../domain/decimal.ts';
import type { Strategy } from '../domain/strategy.ts';
import type { ExchangeEvent, OrderRecord, TradeRecord } from '../ports/exchange.ts';
import type { Log } from '../ports/log.ts';
import type { Store } from '../ports/store.ts';
import type { PricePoint } from './event-queue.ts';
import { shareFunding } from './funding-share.ts';
import type { JournalledMachines } from './journalled-machines.ts';
import { liquidationInputs } from './liquidation-share.ts';
import { allocateTrade, toStored, withRecord } from './order-tracker.ts';
import type { TrackedOrder } from './order-tracker.ts';
import { currentSlot } from './outbox.ts';
import type { Outbox } from './outbox.ts';
import { ownIdentity, reconstructed } from './own-orders.ts';
import type { PassRecord } from './pass-record.ts';
import type { PlanMemory } from './plan-memory.ts';
import type { SlotGuard } from './slot-guard.ts';
import { operationOf } from './step.ts';

export interface IntakeParts {
  readonly planId: number;
  readonly strategy: Strategy;
  readonly store: Store;
  readonly log: Log;
  readonly record: PassRecord;
  readonly machines: JournalledMachines;
  readonly outbox: Outbox;
  readonly guard: SlotGuard;
  readonly orders: Map<string, TrackedOrder>;
  readonly memory: PlanMemory;
  /** Shows the wallets a price that is newer than what they saw, before a fill is booked. */
  readonly catchUpPrice: () => void;
}

export class PlanIntake {
  readonly #parts: IntakeParts;
  /** Fills booked by this process. */
  fills = 0;
  /** Newest booked trade, exchange time. */
  filledAt = -Infinity;

  constructor(parts: IntakeParts) {
    this.#parts = parts;
  }

  /** A streamed order record, or one of a list: it may be old. */
  takeOrder(record: OrderRecord, readFrom = -Infinity): void {
    const { orders, outbox, record: pass, strategy } = this.#parts;
    if (record.symbol !== strategy.symbol) return;
    const order = orders.get(record.clientOrderId);
    if (order === undefined) {
      if (record.status === 'open' && readFrom > -Infinity) this.#takeUntracked(record);
      return;
    }
    if (order.status === 'unknown') {
      outbox.judge(order, record, readFrom, orders, pass, record.updatedAt);
      return;
    }
    const updated = withRecord(order, record);
    orders.set(order.clientOrderId, updated);
    pass.order(toStored(updated, record.updatedAt));
    if (updated.finalStatus !== null && order.finalStatus === null) this.#noteForeignCancellation(updated);
  }

  /** An open order this process does not know: ours from before, which is taken up again, or somebody else's, which is left alone. */
  #takeUntracked(record: OrderRecord): void {
    const { orders, outbox, record: pass, log, strategy, memory } = this.#parts;
    const identity = ownIdentity(record.clientOrderId, outbox.planTag);
    if (identity !== null) {
      const order = reconstructed(record, identity, record.amount);
      outbox.noteUsed(order.slot, identity.cycle, identity.generation);
      orders.set(order.clientOrderId, order);
      pass.order(toStored(order, record.updatedAt));
      pass.add(record.updatedAt, 'order.recovered', { clientOrderId: order.clientOrderId, slot: order.slot, amount: record.amount, triggerPrice: record.triggerPrice });
      log.warn({ plan: strategy.name, order: order.clientOrderId, slot: order.slot }, 'an order of this plan that the store had lost is taken up again');
      return;
    }
    if (memory.isAccepted(record.id)) return;
    memory.accept(record.id);
    this.#external(record.createdAt, 'order', { account: record.account, orderId: record.id, clientOrderId: record.clientOrderId, side: record.side, amount: record.amount });
    this.diverge(`order ${record.clientOrderId} (${record.side} ${record.amount}) on account ${record.account} was placed by somebody else`, record.createdAt);
  }

  /** Who cancels our orders with the same key knows more than we do: nothing new is opened until a person has looked. */
  #noteForeignCancellation(order: TrackedOrder): void {
    if (order.finalStatus !== 'canceled' || order.reason !== 'CANCELED_BY_USER' || this.#parts.outbox.isCancelRequested(order.clientOrderId)) return;
    const at = this.#parts.memory.now();
    this.#external(at, 'cancel', { account: order.account, clientOrderId: order.clientOrderId, slot: currentSlot(order) });
    this.diverge(`order ${order.clientOrderId} (${currentSlot(order)}) was cancelled by somebody else`, at);
  }

  async takeTrade(trade: TradeRecord): Promise<void> {
    const { memory, machines, orders, outbox, store, strategy } = this.#parts;
    if (trade.symbol !== strategy.symbol || machines.state === null || memory.isBooked(trade.id)) return;
    if (trade.clientOrderId === null) return; // The trade of a forced close is booked by its own event.
    if (memory.mayBeForgotten(trade.at) && (await store.loadTrades(this.#parts.planId, trade.at)).some(({ id }) => id === trade.id)) return;
    const identity = ownIdentity(trade.clientOrderId, outbox.planTag);
    const order = orders.get(trade.clientOrderId) ?? (await outbox.findClosed(store, trade.clientOrderId));
    if (order !== null) this.#book(trade, order);
    else if (identity !== null) this.#book(trade, reconstructed(trade, identity, trade.amount));
    else this.#takeForeignTrade(trade);
  }

  #book(trade: TradeRecord, order: TrackedOrder): void {
    const { machines, record, orders, guard, memory, log, strategy, catchUpPrice } = this.#parts;
    catchUpPrice();
    const { order: after, fills } = allocateTrade(order, trade, machines.running.wallets);
    memory.book(trade);
    for (const { wallet, fill } of fills) machines.apply({ to: 'wallet', wallet, event: { type: 'fill.booked', fill } }, trade.at, { tradeId: trade.id, clientOrderId: trade.clientOrderId });
    record.trade(trade);
    record.order(toStored(after, trade.at));
    if (orders.has(after.clientOrderId)) orders.set(after.clientOrderId, after);
    guard.succeeded(currentSlot(order));
    this.fills += 1;
    this.filledAt = Math.max(this.filledAt, trade.at);
    log.info({ plan: strategy.name, fills: fills.map(({ wallet, fill }) => `${wallet} ${fill.role} ${fill.leg} ${fill.amount}`), price: trade.price, trade: trade.id }, 'filled');
  }

  #takeForeignTrade(trade: TradeRecord): void {
    const { record, memory } = this.#parts;
    memory.book(trade);
    memory.noteForeignPrice(trade.price);
    record.trade(trade);
    const { account, side, positionSide, amount, price, clientOrderId } = trade;
    this.#external(trade.at, 'trade', { account, tradeId: trade.id, clientOrderId, side, positionSide, amount, price });
    this.diverge(`trade ${trade.id} (${side} ${amount} at ${price}) on account ${account} belongs to no order of this plan`, trade.at);
  }

  takeAccountEvent(event: Extract<ExchangeEvent, { type: 'funding' | 'liquidation' | 'transfer' }>): void {
    const { machines, memory, strategy } = this.#parts;
    if (machines.state === null || (event.type !== 'transfer' && event.symbol !== strategy.symbol) || !memory.isNewAccountEvent(event.id)) return;
    memory.noteAccountEvent(event.id);
    switch (event.type) {
      case 'funding':
        for (const { wallet, amount } of shareFunding(event, machines.running, strategy)) {
          machines.apply({ to: 'wallet', wallet, event: { type: 'funding.booked', amount } }, event.at, { fundingId: event.id, rate: event.rate, markPrice: event.markPrice });
        }
        return;
      case 'transfer':
        this.#external(event.at, 'transfer', { account: event.account, id: event.id, currency: event.currency, amount: event.amount });
        return;
      case 'liquidation':
        this.#takeForcedClose(event);
    }
  }

  #takeForcedClose(event: Extract<ExchangeEvent, { type: 'liquidation' }>): void {
    const { machines, strategy } = this.#parts;
    const { account, positionSide, amount, price, fee, cause } = event;
    this.#external(event.at, cause, { account, id: event.id, positionSide, amount, price, fee });
    for (const input of liquidationInputs(event, machines.running, strategy)) machines.apply(input, event.at, { liquidationId: event.id });
    const what = { liquidation: 'liquidated by the exchange', adl: 'closed by the exchange to deleverage', insurance: `the exchange's insurance paid ${fee.replace('-', '')}` }[cause];
    const reason = dec(amount).isZero() ? what : `${what}: ${amount} ${positionSide} at ${price}`;
    machines.apply({ to: 'plan', event: { type: 'halt', reason } }, event.at, {});
  }

  diverge(reason: string, at: number): void {
    const { machines, log, strategy } = this.#parts;
    if (machines.state === null || operationOf(machines.running) === 'diverged') return;
    machines.apply({ to: 'plan', event: { type: 'diverge', reason } }, at, {});
    log.error({ plan: strategy.name, reason }, 'the exchange and the ledger disagree');
  }

  #external(at: number, cause: string, facts: Readonly<Record<string, unknown>>): void {
    this.#parts.record.add(at, 'external.booked', { cause, ...facts });
    this.#parts.log.warn({ plan: this.#parts.strategy.name, cause, ...facts }, 'external event');
  }
}

/** The newest price of a source a plan was shown. */
export function priceOf(point: PricePoint, strategy: Strategy): DecimalString {
  return point[strategy.exchange.triggerBy];
}
