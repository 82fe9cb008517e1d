/**
 * What happened at the exchange, taken into the books of one plan: orders' records, trades, funding, forced closes, transfers, and what
 * somebody else did on the account.
 *
 * - I4: a trade is booked once, by its id, however often and from wherever it is heard. - I5: what no order of this plan explains is
 *   written down as an external event and makes the plan diverge. - I13: a final order stays final.
 */
import { ZERO, dec, minOf, plain, sum } from '../domain/decimal.ts';
import type { D, DecimalString } from '../domain/decimal.ts';
import type { Fill } from '../domain/ladder.ts';
import type { Strategy, WalletName } from '../domain/strategy.ts';
import { longOf, shortOf } from '../domain/wallet.ts';
import type { Leg } from '../domain/wallet.ts';
import type { ExchangeEvent, OrderRecord, TradeRecord } from '../ports/exchange.ts';
import type { Log } from '../ports/log.ts';
import type { Store } from '../ports/store.ts';
import { isClosingLeg } from '../window/exchange-orders.ts';
import { shareFunding } from './funding-share.ts';
import type { RecentFill } from './funding-share.ts';
import type { JournalledMachines } from './journalled-machines.ts';
import { liquidationInputs } from './liquidation-share.ts';
import { allocateTrade, fromStoredClosed, toStored, withRecord } from './order-tracker.ts';
import type { TrackedOrder } from './order-tracker.ts';
import { NEVER_ARRIVED, currentSlot } from './outbox.ts';
import type { Outbox } from './outbox.ts';
import { earlierIdentity, ownIdentity, reconstructed } from './own-orders.ts';
import type { OwnIdentity } from './own-orders.ts';
import type { PassRecord } from './pass-record.ts';
import type { PlanMemory } from './plan-memory.ts';
import { externalOn } from './position-check.ts';
import type { SlotGuard } from './slot-guard.ts';
import { factsOf, operationOf } from './step.ts';
import type { PlanInputEvent, PlanState, WalletState } from './step.ts';

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
  /** Reads may be this old, ms. */
  readonly readLagMs: number;
  /** Shows the wallets a price that is newer than what they saw, before a fill is booked. */
  readonly catchUpPrice: (trade: TradeRecord, order: TrackedOrder) => void;
}

/** What a plan's account tells beside orders and trades. */
type AccountEvent = Extract<ExchangeEvent, { type: 'funding' | 'liquidation' | 'transfer' }>;

/** Fills kept to tell who held what a moment ago. */
const RECENT_FILLS_MAX = 200;

export class PlanIntake {
  readonly #parts: IntakeParts;
  /** Funding payments that a reading has shown and the books do not explain: when that reading began. Gone with the next one or two (I23). */
  readonly #unexplained = new Map<string, number>();
  /** Oldest first. */
  #recent: RecentFill[] = [];
  /** Fills booked by this process. */
  fills = 0;

  constructor(parts: IntakeParts) {
    this.#parts = parts;
  }

  /** A streamed order record, or one of a list that was read from `readFrom` on: it may be old. */
  takeOrder(record: OrderRecord, readFrom = -Infinity): void {
    const { orders, outbox, record: pass } = this.#parts;
    const order = orders.get(record.clientOrderId);
    if (order === undefined) return;
    if (order.status === 'unknown') {
      outbox.judge(order, record, readFrom, orders, pass, record.updatedAt);
      return;
    }
    const updated = withRecord(order, record);
    orders.set(order.clientOrderId, updated);
    pass.order(toStored(updated, record.updatedAt));
    if (updated.finalStatus !== null && order.finalStatus === null) this.#noteForeignCancellation(updated);
  }

  /** An order the exchange lists as open, tracked or not. */
  async takeListed(record: OrderRecord, readFrom: number): Promise<void> {
    const { orders, outbox, memory, strategy } = this.#parts;
    if (record.symbol !== strategy.symbol) return;
    if (orders.has(record.clientOrderId)) {
      this.takeOrder(record, readFrom);
      return;
    }
    const identity = ownIdentity(record.clientOrderId, outbox.planTag);
    if (identity !== null) return this.#takeUpAgain(record, identity);
    const earlier = earlierIdentity(record.clientOrderId, outbox.planTag);
    if (earlier !== null && this.#isStopped()) return this.#takeToCancel(record, earlier);
    if (memory.isAccepted(record.id)) return;
    memory.accept(record.id);
    this.#external(record.createdAt, 'order', { account: record.account, orderId: record.id, clientOrderId: record.clientOrderId, side: record.side, amount: record.amount });
    const by = earlier === null ? 'by somebody else' : 'by this plan before its store was lost';
    this.diverge(`order ${record.clientOrderId} (${record.side} ${record.amount}) on account ${record.account} was placed ${by}`, record.createdAt);
  }

  #isStopped(): boolean {
    const { machines } = this.#parts;
    if (machines.state === null) return false;
    const operation = operationOf(machines.running);
    return operation === 'halted' || operation === 'flattening';
  }

  /** I17: a halt cancels every order of the plan, also those of a life its store has forgotten; they are tracked until they are gone. */
  #takeToCancel(record: OrderRecord, identity: OwnIdentity): void {
    const { orders, record: pass } = this.#parts;
    const order = reconstructed(record, identity, record.amount);
    orders.set(order.clientOrderId, order);
    pass.order(toStored(order, record.updatedAt));
    pass.add(record.updatedAt, 'order.recovered', { clientOrderId: order.clientOrderId, slot: order.slot, amount: record.amount, triggerPrice: record.triggerPrice });
  }

  /** An open order of ours that is not tracked: a list that is behind, an order that arrived after all, or one the store has lost. */
  async #takeUpAgain(record: OrderRecord, identity: OwnIdentity): Promise<void> {
    const { orders, outbox, store, record: pass, log, strategy, planId } = this.#parts;
    const stored = await store.loadOrder(planId, record.clientOrderId);
    if (stored !== null && stored.reason !== NEVER_ARRIVED) return;
    const order = stored === null ? reconstructed(record, identity, record.amount) : { ...fromStoredClosed(stored), reason: null };
    outbox.noteUsed(order.slot, identity.cycle, identity.generation);
    outbox.doubt(order, orders);
    pass.add(record.updatedAt, 'order.recovered', { clientOrderId: order.clientOrderId, slot: order.slot, amount: record.amount, triggerPrice: record.triggerPrice });
    log.warn({ plan: strategy.name, order: order.clientOrderId, slot: order.slot }, 'an order of this plan that was not known to rest is taken up again');
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
    else if (identity !== null) await this.#bookLost(trade, identity, trade.clientOrderId);
    else this.#takeForeignTrade(trade);
  }

  /** A trade of an order of ours that the store has lost: the exchange tells what it was, and is asked how it ended. */
  async #bookLost(trade: TradeRecord, identity: OwnIdentity, clientOrderId: string): Promise<void> {
    const { orders, outbox } = this.#parts;
    const found = await outbox.lookUp({ account: trade.account, symbol: trade.symbol, clientOrderId });
    const order = found === null ? reconstructed(trade, identity, trade.amount) : reconstructed(found, identity, found.amount);
    outbox.noteUsed(order.slot, identity.cycle, identity.generation);
    outbox.doubt(order, orders);
    this.#book(trade, order);
  }

  #book(trade: TradeRecord, order: TrackedOrder): void {
    const { machines, record, orders, guard, memory, log, strategy, catchUpPrice } = this.#parts;
    catchUpPrice(trade, order);
    const { order: after, fills } = allocateTrade(order, trade, machines.running.wallets);
    memory.book(trade);
    for (const { wallet, fill } of fills) this.#bookFill(wallet, fill, trade);
    this.#noteRecent(fills.map(({ wallet, fill }) => ({ wallet, leg: fill.leg, amount: fill.amount, at: trade.at })));
    record.trade(trade);
    record.order(toStored(after, trade.at));
    if (orders.has(after.clientOrderId)) orders.set(after.clientOrderId, after);
    guard.succeeded(currentSlot(order));
    this.fills += 1;
    log.info({ plan: strategy.name, fills: fills.map(({ wallet, fill }) => `${wallet} ${fill.role} ${fill.leg} ${fill.amount}`), price: trade.price, trade: trade.id }, 'filled');
  }

  /**
   * What a fill closes beyond what its wallet still held was another wallet's on the same account, where there is one: two stops of a
   * window that was moving, both jumped over. The exchange closed it, so that wallet holds it no more (I5).
   */
  #bookFill(wallet: WalletName, fill: Fill, trade: TradeRecord): void {
    const { machines, strategy } = this.#parts;
    const own = machines.running.wallets.find(({ name }) => name === wallet);
    const held = own === undefined || !isClosingLeg(fill) ? null : heldOf(own, fill.leg);
    const excess = held === null || dec(fill.amount).lessThanOrEqualTo(held) ? [] : excessParts(fill.leg, dec(fill.amount).minus(held), wallet, trade.account, machines.running, strategy);
    const about = { tradeId: trade.id, clientOrderId: trade.clientOrderId };
    const taken = sum(excess.map(({ amount }) => dec(amount)));
    const booked = excess.length === 0 ? fill : { ...fill, amount: plain(dec(fill.amount).minus(taken)) };
    machines.apply({ to: 'wallet', wallet, event: { type: 'fill.booked', fill: booked } }, trade.at, about);
    for (const { name, leg, amount } of excess) machines.apply({ to: 'wallet', wallet: name, event: { type: 'position.taken', taken: { leg, amount, price: trade.price, fee: '0' } } }, trade.at, about);
  }

  #takeForeignTrade(trade: TradeRecord): void {
    const { record, memory } = this.#parts;
    memory.book(trade);
    memory.noteForeignPrice(trade.price);
    record.trade(trade);
    const { account, side, positionSide, amount, price, clientOrderId } = trade;
    const isMore = positionSide === 'short' ? side === 'sell' : side === 'buy';
    memory.addExternal(account, positionSide ?? 'both', isMore ? dec(amount) : dec(amount).negated());
    this.#external(trade.at, 'trade', { account, tradeId: trade.id, clientOrderId, side, positionSide, amount, price });
    this.diverge(`trade ${trade.id} (${side} ${amount} at ${price}) on account ${account} belongs to no order of this plan`, trade.at);
  }

  /** Told by the stream, or read from `readFrom` on (`Clock.elapsed()`). False when it waits for another reading. */
  takeAccountEvent(event: AccountEvent, readFrom: number | null = null): boolean {
    const { machines, memory, strategy } = this.#parts;
    if (machines.state === null || (event.type !== 'transfer' && event.symbol !== strategy.symbol) || !memory.isNewAccountEvent(event.id)) return true;
    if (event.type === 'funding') return this.#takeFunding(event, readFrom);
    memory.noteAccountEvent(event.id);
    switch (event.type) {
      case 'transfer':
        this.#external(event.at, 'transfer', { account: event.account, id: event.id, currency: event.currency, amount: event.amount });
        break;
      case 'liquidation':
        this.#takeForcedClose(event);
    }
    return true;
  }

  /** A payment that the books do not explain waits until a reading has brought every fill there is. */
  #takeFunding(event: Extract<AccountEvent, { type: 'funding' }>, readFrom: number | null): boolean {
    const { machines, memory, strategy, readLagMs } = this.#parts;
    const { id, at, rate, markPrice } = event;
    const { shares, isExplained } = shareFunding(event, machines.running, strategy, this.#recent);
    if (!isExplained) {
      if (readFrom === null) return false;
      const since = this.#unexplained.get(id) ?? readFrom;
      this.#unexplained.set(id, since);
      if (readFrom < since + readLagMs) return false;
    }
    this.#unexplained.delete(id);
    memory.noteAccountEvent(id);
    for (const { wallet, amount } of shares) machines.apply({ to: 'wallet', wallet, event: { type: 'funding.booked', amount } }, at, { fundingId: id, rate, markPrice });
    return true;
  }

  #noteRecent(changes: readonly RecentFill[]): void {
    this.#recent = [...this.#recent, ...changes].slice(-RECENT_FILLS_MAX);
  }

  #takeForcedClose(event: Extract<ExchangeEvent, { type: 'liquidation' }>): void {
    const { machines, strategy } = this.#parts;
    const { account, positionSide, amount, price, fee, cause } = event;
    this.#external(event.at, cause, { account, id: event.id, positionSide, amount, price, fee });
    const outside = externalOn(this.#parts.memory.facts.external, account, positionSide);
    const isNetShort = positionSide === 'both' && netOn(machines.running, strategy, account).plus(outside).isNegative();
    const inputs = liquidationInputs(event, machines.running, strategy, positionSide === 'both' ? outside : ZERO);
    for (const input of inputs) machines.apply(input, event.at, { liquidationId: event.id });
    this.#noteRecent(inputs.flatMap((input) => (input.to === 'wallet' && input.event.type === 'position.taken' ? [{ wallet: input.wallet, ...input.event.taken, at: event.at }] : [])));
    this.#takeExternal(event, inputs, isNetShort);
    const what = { liquidation: 'liquidated by the exchange', adl: 'closed by the exchange to deleverage', insurance: `the exchange's insurance paid ${fee.replace('-', '')}` }[cause];
    const reason = dec(amount).isZero() ? what : `${what}: ${amount} ${positionSide} at ${price}`;
    machines.apply({ to: 'plan', event: { type: 'halt', reason } }, event.at, {});
  }

  /** What was taken beyond what the wallets held was somebody else's. */
  #takeExternal({ cause, account, positionSide, amount }: Extract<ExchangeEvent, { type: 'liquidation' }>, inputs: readonly PlanInputEvent[], isNetShort: boolean): void {
    const { memory } = this.#parts;
    if (cause === 'liquidation') memory.addExternal(account, positionSide, externalOn(memory.facts.external, account, positionSide).negated());
    if (cause !== 'adl') return;
    const fromWallets = sum(inputs.map((input) => (input.to !== 'plan' && input.event.type === 'position.taken' ? dec(input.event.taken.amount) : ZERO)));
    const rest = dec(amount).minus(fromWallets);
    memory.addExternal(account, positionSide, isNetShort ? rest : rest.negated());
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

/** What the wallets of the account hold together, signed. */
function netOn(state: PlanState, strategy: Strategy, account: string): D {
  const own = state.wallets.filter(({ name }) => strategy.wallets.find((wallet) => wallet.name === name)?.account === account).map(factsOf);
  return sum(own.map((facts) => longOf(facts).minus(shortOf(facts))));
}

function heldOf(wallet: WalletState, leg: Leg): D {
  return leg === 'close-long' ? longOf(factsOf(wallet)) : shortOf(factsOf(wallet));
}

/** Which other wallets of the account held it, in file order; in one-way mode what nobody held has opened the other side. */
function excessParts(leg: Leg, amount: D, wallet: WalletName, account: string, state: PlanState, strategy: Strategy): { readonly name: WalletName; readonly leg: Leg; readonly amount: DecimalString }[] {
  let rest = amount;
  const parts = state.wallets.flatMap((other) => {
    if (other.name === wallet || strategy.wallets.find(({ name }) => name === other.name)?.account !== account) return [];
    const part = minOf(heldOf(other, leg), rest);
    rest = rest.minus(part);
    return part.greaterThan(0) ? [{ name: other.name, leg, amount: plain(part) }] : [];
  });
  if (strategy.exchange.positionMode !== 'one-way' || rest.isZero()) return parts;
  return [...parts, { name: wallet, leg: leg === 'close-long' ? 'open-short' : 'open-long', amount: plain(rest) }];
}
