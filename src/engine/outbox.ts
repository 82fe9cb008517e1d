/**
 * The only sender of requests. `prepare` writes every intent down, the caller commits, `send` sends and notes the answer.
 *
 * - I2: no request without a committed intent, no id for two contents. - I3: an order leaves UNKNOWN only by proof: its record, a
 *   whitelisted refusal, or its deadline passed and two complete snapshots read afterwards that do not have it.
 * - I1: the generation of an id rises with every new order of its slot and cycle, never with a retry.
 */
import { D, dec, floorToStep, plain } from '../domain/decimal.ts';
import type { DecimalString } from '../domain/decimal.ts';
import { invariant } from '../domain/invariant.ts';
import type { PositionMode } from '../domain/strategy.ts';
import type { Json } from '../domain/json.ts';
import type { AmendRequest, CancelRequest, Exchange, OrderRecord, OrderRequest, WriteOutcome } from '../ports/exchange.ts';
import type { Store, StoredIntent, StoredPlan } from '../ports/store.ts';
import { encodeClientOrderId, planTag } from '../window/client-order-id.ts';
import { isClosingLeg, slotOf } from '../window/exchange-orders.ts';
import type { ExchangeOrder, OrderLeg } from '../window/exchange-orders.ts';
import type { Action } from '../window/plan.ts';
import { fromStoredClosed, toStored, trackNew, withAmendment, withRecord } from './order-tracker.ts';
import type { TrackedOrder } from './order-tracker.ts';
import type { PassRecord } from './pass-record.ts';
import type { SlotGuard } from './slot-guard.ts';

type Orders = Map<string, TrackedOrder>;
type PlaceAction = Extract<Action, { type: 'place' }>;

export type Command =
  | { readonly type: 'place'; readonly request: OrderRequest; readonly intent: StoredIntent; readonly order: ExchangeOrder; readonly wanted: ExchangeOrder }
  | { readonly type: 'amend'; readonly request: AmendRequest; readonly intent: StoredIntent; readonly order: ExchangeOrder; readonly before: TrackedOrder }
  | { readonly type: 'cancel'; readonly request: CancelRequest; readonly intent: StoredIntent };

/** What earlier processes sent for the same plan. */
export interface SentBefore {
  /** Highest generation used, per `slot|cycle`. */
  readonly generations: ReadonlyMap<string, number>;
  /** Orders whose cancellation was committed and never answered. */
  readonly cancelled: readonly string[];
}

export interface OutboxOptions {
  readonly plan: StoredPlan;
  readonly positionMode: PositionMode;
  readonly exchange: Exchange;
  readonly sent: SentBefore;
  readonly amountStep: DecimalString;
}

/** Requests of one pass; a ladder has at most 50 rungs, so more means something is wrong (I11). */
const COMMANDS_PER_PASS_MAX = 400;
/** Past its deadline, this many complete snapshots without an order prove that it never reached the exchange (I3). */
const NEGATIVE_SNAPSHOTS_NEEDED = 2;
/** A market order refused for margin is tried again smaller by this share, doubled each time: slippage was not in the formula. */
const FIRST_SHRINK = new D('0.002');

export class Outbox {
  readonly #options: OutboxOptions;
  readonly #tag: number;
  readonly #generations = new Map<string, number>();
  readonly #unknownSince = new Map<string, { since: number; negatives: number }>();
  readonly #cancelRequested = new Set<string>();
  refusals = 0;

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#tag = planTag(options.plan.venue, options.plan.name, options.plan.startedAt);
    for (const clientOrderId of options.sent.cancelled) this.#cancelRequested.add(clientOrderId);
    for (const [key, generation] of options.sent.generations) {
      const [slot = '', cycle = ''] = key.split('|');
      const identity = identityKey(slot, Number(cycle));
      this.#generations.set(identity, Math.max(generation, this.#generations.get(identity) ?? -1));
    }
  }

  /** We asked the exchange to cancel it, so its end is no surprise. */
  isCancelRequested(clientOrderId: string): boolean {
    return this.#cancelRequested.has(clientOrderId);
  }

  forget(clientOrderId: string): void {
    this.#cancelRequested.delete(clientOrderId);
    this.#unknownSince.delete(clientOrderId);
  }

  /** Writes the intents of a plan's actions into the pass record; what it returns may be sent once that is committed. */
  prepare(actions: readonly Action[], orders: Orders, record: PassRecord, guard: SlotGuard, at: number): Command[] {
    invariant(actions.length <= COMMANDS_PER_PASS_MAX, 'I11 one pass sends a bounded number of requests', { actions: actions.length });
    return actions.map((action) => {
      switch (action.type) {
        case 'place':
          return this.#preparePlace(shrunk(action, guard, this.#options.amountStep), action, orders, record, at);
        case 'amend':
          return this.#prepareAmend(action, orders, record, at);
        case 'cancel':
          return this.#prepareCancel(action, record, at);
      }
    });
  }

  #preparePlace(order: ExchangeOrder, { reason, wanted }: PlaceAction, orders: Orders, record: PassRecord, at: number): Command {
    const [first] = order.legs;
    invariant(first !== undefined, 'I1 an order serves a slot');
    const identity = identityKey(order.slot, first.cycle);
    const generation = (this.#generations.get(identity) ?? -1) + 1;
    this.#generations.set(identity, generation);
    const { wallet, role, leg, level, cycle } = first;
    const clientOrderId = encodeClientOrderId(
      { planTag: this.#tag, wallet, role, leg, isNetted: order.legs.length > 1, level, cycle },
      generation,
      this.#options.exchange.capabilities.clientOrderIdForm,
    );
    const { account, symbol, side, type, amount, price, triggerPrice, triggerBy, positionSide, reduceOnly } = order;
    const request: OrderRequest = { account, symbol, clientOrderId, side, type, amount, price, triggerPrice, triggerBy, positionSide, reduceOnly, postOnly: false };
    const tracked = trackNew(order, request, generation);
    orders.set(clientOrderId, tracked);
    const seq = record.add(at, 'order.place', { clientOrderId, slot: order.slot, reason, side, type, amount, triggerPrice, price });
    const intent = newIntent(`${clientOrderId}:place`, clientOrderId, 'place', seq, request as unknown as Json, reason, at);
    record.order(toStored(tracked, at));
    record.intent(intent);
    return { type: 'place', request, intent, order, wanted };
  }

  #prepareAmend({ target, order, amount, reason }: Extract<Action, { type: 'amend' }>, orders: Orders, record: PassRecord, at: number): Command {
    const before = orders.get(target.clientOrderId);
    invariant(before !== undefined, 'I1 an amended order is tracked', { clientOrderId: target.clientOrderId });
    const { clientOrderId, account, symbol } = before;
    const request: AmendRequest = { account, symbol, clientOrderId, amount, price: order.price, triggerPrice: order.triggerPrice };
    const tracked: TrackedOrder = { ...withAmendment(before, order, request), status: 'committed' };
    orders.set(clientOrderId, tracked);
    const seq = record.add(at, 'order.amend', { clientOrderId, slot: order.slot, reason, amount, triggerPrice: order.triggerPrice, price: order.price });
    const intent = newIntent(`${clientOrderId}:amend:${seq}`, clientOrderId, 'amend', seq, request as unknown as Json, reason, at);
    record.order(toStored(tracked, at));
    record.intent(intent);
    return { type: 'amend', request, intent, order, before };
  }

  #prepareCancel({ target, reason }: Extract<Action, { type: 'cancel' }>, record: PassRecord, at: number): Command {
    const { clientOrderId, account, symbol } = target;
    this.#cancelRequested.add(clientOrderId);
    const seq = record.add(at, 'order.cancel', { clientOrderId, reason });
    const intent = newIntent(`${clientOrderId}:cancel:${seq}`, clientOrderId, 'cancel', seq, { account, symbol, clientOrderId }, reason, at);
    record.intent(intent);
    return { type: 'cancel', request: { account, symbol, clientOrderId }, intent };
  }

  /** Sends one committed command and notes what came of it. */
  async send(command: Command, orders: Orders, record: PassRecord, guard: SlotGuard, passedSlots: Set<string>, now: () => number): Promise<WriteOutcome<OrderRecord>> {
    const { exchange } = this.#options;
    const outcome = await this.#call(command);
    const at = now();
    const { intent } = command;
    record.intent({ ...intent, outcome: outcome.type, code: outcome.type === 'refused' ? outcome.code : null, settledAt: at });
    record.add(at, 'order.answered', { intent: intent.intentId, ...answerOf(outcome) });
    const order = orders.get(intent.clientOrderId);
    if (order === undefined) return outcome;
    switch (outcome.type) {
      case 'done':
        keep(orders, record, withRecord(order, outcome.value), at);
        return outcome;
      case 'unknown':
        this.#unknownSince.set(order.clientOrderId, { since: at, negatives: 0 });
        keep(orders, record, { ...order, status: 'unknown' }, at);
        return outcome;
      case 'refused':
        this.refusals += 1;
        await this.#refused(command, outcome.code, order, { orders, record, guard, passedSlots, exchange, at });
        return outcome;
    }
  }

  #call(command: Command): Promise<WriteOutcome<OrderRecord>> {
    const { exchange } = this.#options;
    switch (command.type) {
      case 'place':
        return exchange.placeOrder(command.request);
      case 'amend':
        return exchange.amendOrder(command.request);
      case 'cancel':
        return exchange.cancelOrder(command.request);
    }
  }

  async #refused(
    command: Command,
    code: string,
    order: TrackedOrder,
    { orders, record, guard, passedSlots, exchange, at }: { orders: Orders; record: PassRecord; guard: SlotGuard; passedSlots: Set<string>; exchange: Exchange; at: number },
  ): Promise<void> {
    if (command.type !== 'cancel') {
      const wanted = command.type === 'place' ? command.wanted : command.order;
      if (code === 'WOULD_TRIGGER_IMMEDIATELY') passedSlots.add(wanted.slot);
      else if (code !== 'ORDER_NOT_FOUND') guard.failed(wanted, code, at);
    }
    if (command.type === 'place' && code !== 'DUPLICATE_CLIENT_ORDER_ID') {
      keep(orders, record, { ...order, finalStatus: 'rejected', reason: code }, at);
      return;
    }
    // The order exists, or existed: its own record says how it stands.
    const found = await exchange.fetchOrder(order.account, order.symbol, order.clientOrderId);
    const base = command.type === 'amend' ? command.before : order;
    if (found !== null) keep(orders, record, withRecord(asReported(base, found), found), at);
    else {
      this.#unknownSince.set(order.clientOrderId, { since: at, negatives: 0 });
      keep(orders, record, { ...base, status: 'unknown' }, at);
    }
  }

  /** Looks for orders whose fate is unknown, by their own id. */
  async resolveUnknown(orders: Orders, record: PassRecord, at: number): Promise<void> {
    for (const order of [...orders.values()]) {
      if (order.status !== 'unknown') continue;
      const found = await this.#options.exchange.fetchOrder(order.account, order.symbol, order.clientOrderId);
      if (found !== null) {
        this.#unknownSince.delete(order.clientOrderId);
        keep(orders, record, withRecord(asReported(order, found), found), at);
        continue;
      }
      await this.#countNegative(order, orders, record, at);
    }
  }

  async #countNegative(order: TrackedOrder, orders: Orders, record: PassRecord, at: number): Promise<void> {
    const unknown = this.#unknownSince.get(order.clientOrderId) ?? { since: at, negatives: 0 };
    this.#unknownSince.set(order.clientOrderId, unknown);
    if (at < unknown.since + this.#options.exchange.capabilities.requestDeadlineMs) return;
    while (unknown.negatives < NEGATIVE_SNAPSHOTS_NEEDED) {
      const snapshot = await this.#options.exchange.fetchSnapshot(order.account);
      if (!snapshot.complete || snapshot.openOrders.some(({ clientOrderId }) => clientOrderId === order.clientOrderId)) return;
      unknown.negatives += 1;
    }
    this.#unknownSince.delete(order.clientOrderId);
    keep(orders, record, { ...order, finalStatus: 'expired', reason: 'it never reached the exchange' }, at);
  }

  /** An order that is no longer tracked, for a trade that came late; null when the store does not know it. */
  async findClosed(store: Store, clientOrderId: string): Promise<TrackedOrder | null> {
    const stored = await store.loadOrder(this.#options.plan.planId, clientOrderId);
    return stored === null ? null : fromStoredClosed(stored);
  }
}

/** What the exchange says the order is now, where an amendment may not have happened. */
export function asReported(order: TrackedOrder, { amount, price, triggerPrice }: OrderRecord): TrackedOrder {
  const isSingle = order.legs.length === 1;
  const legs: readonly OrderLeg[] = isSingle ? order.legs.map((leg) => ({ ...leg, amount })) : order.legs;
  return { ...order, amount, price, triggerPrice, legs, request: { ...order.request, amount, price, triggerPrice } };
}

function keep(orders: Orders, record: PassRecord, order: TrackedOrder, at: number): void {
  orders.set(order.clientOrderId, order);
  record.order(toStored(order, at));
}

/** Ids are made from an order's first leg and whether it has more, so their generations are counted by that. */
function identityKey(slot: string, cycle: number): string {
  const [first = slot] = slot.split('+');
  return `${first}${slot.includes('+') ? '+' : ''}|${cycle}`;
}

function newIntent(intentId: string, clientOrderId: string, kind: StoredIntent['kind'], seq: number, request: Json, reason: string, at: number): StoredIntent {
  return { intentId, clientOrderId, kind, seq, request, reason, outcome: 'pending', code: null, committedAt: at, settledAt: null };
}

function answerOf(outcome: WriteOutcome<OrderRecord>): Readonly<Record<string, unknown>> {
  switch (outcome.type) {
    case 'done':
      return { outcome: 'done', exchangeOrderId: outcome.value.id, status: outcome.value.status, filled: outcome.value.filled };
    case 'refused':
      return { outcome: 'refused', code: outcome.code, message: outcome.message };
    case 'unknown':
      return { outcome: 'unknown', message: outcome.message };
  }
}

/** A market order that opens and was refused for margin before is asked for a little smaller. */
function shrunk({ order, wanted }: PlaceAction, guard: SlotGuard, amountStep: DecimalString): ExchangeOrder {
  const attempts = order.type === 'market' ? guard.attempts(wanted.slot, 'INSUFFICIENT_MARGIN') : 0;
  if (attempts === 0) return order;
  const factor = new D(1).minus(FIRST_SHRINK.times(2 ** (attempts - 1)));
  const legs = order.legs.map((leg) => (isClosingLeg(leg) ? leg : { ...leg, amount: atLeastOneStep(dec(leg.amount).times(factor), dec(amountStep)) }));
  return { ...order, legs, amount: plain(legs.reduce((total, leg) => total.plus(leg.amount), new D(0))) };
}

function atLeastOneStep(amount: D, amountStep: D): DecimalString {
  const floored = floorToStep(amount, amountStep);
  return plain(floored.isZero() ? amountStep : floored);
}

/** The slots an order serves now, as one text. */
export function currentSlot(order: { readonly legs: readonly OrderLeg[] }): string {
  return order.legs.map(slotOf).join('+');
}
