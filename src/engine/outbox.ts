/**
 * The only sender of requests. `prepare` writes every intent down, the caller commits, `send` sends and notes the answer.
 *
 * - I2: no request without a committed intent, no id for two contents. - I3: an order leaves UNKNOWN only by proof: its record, a
 *   whitelisted refusal, or its deadline passed and two complete snapshots read afterwards that do not have it.
 * - I1: the generation of an id rises with every new order of its slot and cycle, never with a retry.
 */
import { D, dec, floorToStep, plain } from '../domain/decimal.ts';
import type { DecimalString } from '../domain/decimal.ts';
import { HedgerowError } from '../domain/errors.ts';
import { invariant } from '../domain/invariant.ts';
import type { PositionMode } from '../domain/strategy.ts';
import type { Json } from '../domain/json.ts';
import type { Clock } from '../ports/clock.ts';
import type { AmendRequest, CancelRequest, Exchange, OrderRecord, OrderRequest, WriteOutcome } from '../ports/exchange.ts';
import type { Store, StoredIntent, StoredPlan } from '../ports/store.ts';
import { encodeClientOrderId, planTag } from '../window/client-order-id.ts';
import { isClosingLeg, slotOf, triggerOf } from '../window/exchange-orders.ts';
import type { ExchangeOrder, OrderLeg } from '../window/exchange-orders.ts';
import type { Action, Plan } from '../window/plan.ts';
import { IdHistory } from './id-history.ts';
import type { IdQuestion } from './id-history.ts';
import { asReported, fromStoredClosed, hasContent, toStored, trackNew, withAmendment, withRecord } from './order-tracker.ts';
import type { TrackedOrder } from './order-tracker.ts';
import type { PassRecord } from './pass-record.ts';
import type { SlotGuard } from './slot-guard.ts';
import { unlessUnavailable } from './unavailable.ts';

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
  /** Requests that were committed and never answered. */
  readonly pending: readonly StoredIntent[];
  /** The legs of netted orders as they were before a pending amendment, by client order id. */
  readonly legsBefore: ReadonlyMap<string, readonly OrderLeg[]>;
  /** More may have been sent than the store remembers. */
  readonly mayBeIncomplete: boolean;
}

/** How an order came to be unknown: what is on its way may still arrive until its deadline has passed. */
interface Unknown {
  readonly kinds: ReadonlySet<StoredIntent['kind']>;
  /** `Clock.elapsed()` of the newest request that may be on its way. */
  readonly since: number;
  /** The order without the amendment that may not have happened. */
  readonly before: TrackedOrder | null;
  readonly attempts: number;
  readonly nextAt: number;
  /** Complete snapshots without the order, read after the deadline. */
  readonly negatives: number;
}

export interface OutboxOptions {
  readonly plan: StoredPlan;
  readonly positionMode: PositionMode;
  readonly exchange: Exchange;
  readonly sent: SentBefore;
  readonly amountStep: DecimalString;
  readonly clock: Clock;
  /** True while this process is the one that may send (I16). */
  readonly isWriter: () => boolean;
}

/** Requests of one pass; a ladder has at most 50 rungs, so more means something is wrong (I11). */
const COMMANDS_PER_PASS_MAX = 400;
/** Past its deadline, this many complete snapshots without an order prove that it never reached the exchange (I3). */
const NEGATIVE_SNAPSHOTS_NEEDED = 2;
/** A market order refused for margin is tried again smaller by this share, doubled each time: slippage was not in the formula. */
const FIRST_SHRINK = new D('0.002');
/** Look-ups of an order whose fate is unknown, ms after each other. */
const LOOKUP_WAITS_MS = [0, 200, 500, 1_000, 2_000, 5_000, 10_000, 30_000, 60_000] as const;
/** A look-up that was not answered, or came to no conclusion where it could have, says nothing: the next one does not wait longer, for the slot is blocked meanwhile. */
const INCONCLUSIVE_WAIT_MAX_MS = 2_000;
/** After a refusal that concerns every request: doubled from the first to the last while it goes on. */
const FIRST_HOLD_MS = 500;
const HOLD_MAX_MS = 60_000;
/** A refused cancellation is not asked for longer than this. */
const CANCEL_WAIT_MAX_MS = 10_000;
/** Refusals that say nothing about the order: everything waits. */
const HOLDING = ['RATE_LIMITED', 'MARKET_HALTED', 'CLOCK_SKEW'];
/** Why an order that was proven never to have arrived ended; one that turns up all the same is taken up again. */
const NOT_NOW = 'the exchange took no requests';
const ID_MAY_BE_USED = 'the store may have forgotten orders of this name; it is placed when the exchange has shown that there is none';
export const NEVER_ARRIVED = 'it never reached the exchange';

export class Outbox {
  readonly #options: OutboxOptions;
  readonly #tag: number;
  readonly #generations = new Map<string, number>();
  readonly #unknown = new Map<string, Unknown>();
  readonly #openIntents = new Map<string, StoredIntent[]>();
  readonly #ids: IdHistory;
  readonly #cancelRequested = new Set<string>();
  /** Refused cancellations: how often in a row, and when they may be asked for again (`Clock.elapsed()`). */
  readonly #cancelRefused = new Map<string, { readonly count: number; readonly notBefore: number }>();
  #holds = 0;
  #holdUntil = -Infinity;
  refusals = 0;

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#tag = planTag(options.plan.venue, options.plan.name, options.plan.startedAt);
    this.#ids = new IdHistory({ exchange: options.exchange, clock: options.clock, mayBeIncomplete: options.sent.mayBeIncomplete });
    for (const intent of options.sent.pending) {
      if (intent.kind === 'cancel') this.#cancelRequested.add(intent.clientOrderId);
      this.#openIntents.set(intent.clientOrderId, [...(this.#openIntents.get(intent.clientOrderId) ?? []), intent]);
    }
    for (const [key, generation] of options.sent.generations) {
      const [slot = '', cycle = ''] = key.split('|');
      this.#raiseGeneration(identityKey(slot, Number(cycle)), generation);
    }
  }

  get planTag(): number {
    return this.#tag;
  }

  #raiseGeneration(identity: string, generation: number): void {
    this.#generations.set(identity, Math.max(generation, this.#generations.get(identity) ?? -1));
  }

  /** An order of ours that the store had lost: its id is used up. */
  noteUsed(slot: string, cycle: number, generation: number): void {
    this.#ids.proveIncomplete();
    this.#raiseGeneration(identityKey(slot, cycle), generation);
  }

  /**
   * The plan without the placements whose ids may have been used already. Meanwhile what protects is not cancelled either, unless the plan
   * `isStopped`: what takes its place could not be placed (I6).
   */
  withFreeIds(plan: Plan, isStopped: boolean): Plan {
    const isHeld = (action: Action): boolean => action.type === 'place' && !this.#ids.isFree(identityOf(action.order));
    const keepsProtection = !isStopped && (this.#ids.isTooEarly || plan.actions.some(isHeld));
    const waits = (action: Action): boolean => isHeld(action) || (keepsProtection && action.type === 'cancel' && action.target.legs.some(isClosingLeg));
    if (!plan.actions.some(waits)) return plan;
    const withheld = plan.actions.flatMap((action) => (action.type === 'place' && isHeld(action) ? [{ order: action.order, reason: ID_MAY_BE_USED }] : []));
    const stages = plan.stages.map((stage) => stage.filter((action) => !waits(action))).filter((stage) => stage.length > 0);
    return { actions: stages.flat(), stages, withheld: [...plan.withheld, ...withheld] };
  }

  /** `Clock.elapsed()` of the next look-up of ids that are waited for; null when none is. */
  get nextIdLookupAt(): number | null {
    return this.#ids.nextLookupAt;
  }

  /** Asks for the ids that a plan waits for, when the exchange can answer. */
  askForIds({ withheld }: Plan): void {
    const waiting = withheld.filter(({ reason }) => reason === ID_MAY_BE_USED);
    this.#ids.want(new Map(waiting.map(({ order }) => [identityOf(order), this.#questionOf(order)])));
  }

  #questionOf(order: ExchangeOrder): IdQuestion {
    const { account, symbol } = order;
    const key = identityOf(order);
    return { account, symbol, nextId: () => this.#idOf(order, this.#nextGeneration(key)), isUsed: () => this.#raiseGeneration(key, this.#nextGeneration(key)) };
  }

  #nextGeneration(identity: string): number {
    return (this.#generations.get(identity) ?? -1) + 1;
  }

  #idOf({ legs }: ExchangeOrder, generation: number): string {
    const [first] = legs;
    invariant(first !== undefined, 'I1 an order serves a slot');
    const { wallet, role, leg, level, cycle } = first;
    return encodeClientOrderId({ planTag: this.#tag, wallet, role, leg, isNetted: legs.length > 1, level, cycle }, generation, this.#options.exchange.capabilities.clientOrderIdForm);
  }

  /** Until then the exchange wants no requests. */
  get holdUntil(): number {
    return this.#holdUntil;
  }

  /** When an order whose fate is unknown, or an id, is to be looked up next; null when there is none. */
  nextLookupAt(): number | null {
    let next: number | null = this.#ids.nextLookupAt;
    for (const { nextAt } of this.#unknown.values()) if (next === null || nextAt < next) next = nextAt;
    return next;
  }

  /** We asked the exchange to cancel it, so its end is no surprise. */
  isCancelRequested(clientOrderId: string): boolean {
    return this.#cancelRequested.has(clientOrderId);
  }

  forget(clientOrderId: string): void {
    this.#cancelRequested.delete(clientOrderId);
    this.#cancelRefused.delete(clientOrderId);
    this.#unknown.delete(clientOrderId);
    this.#openIntents.delete(clientOrderId);
  }

  /** Orders that are not asked to be cancelled now. */
  uncancellable(now: number): ReadonlySet<string> {
    return new Set([...this.#cancelRefused].flatMap(([id, { notBefore }]) => (now < notBefore ? [id] : [])));
  }

  /** When the next refused cancellation that waited at `at` may be asked for again; null when none waits. */
  nextCancelAt(at: number): number | null {
    const waiting = [...this.#cancelRefused.values()].map(({ notBefore }) => notBefore).filter((notBefore) => notBefore > at);
    return waiting.length === 0 ? null : Math.min(...waiting);
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
    const identity = identityOf(order);
    const generation = this.#nextGeneration(identity);
    this.#generations.set(identity, generation);
    const clientOrderId = this.#idOf(order, generation);
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
    // Which part of a netted order's amount was for what is not in the exchange's record: should the amendment not happen, it is here.
    const legsBefore = before.legs.length > 1 ? { legsBefore: before.legs } : {};
    const seq = record.add(at, 'order.amend', { clientOrderId, slot: order.slot, reason, amount, triggerPrice: order.triggerPrice, price: order.price, ...legsBefore });
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

  /** Commands whose intents could not be committed: they were not sent, and never will be. */
  abandon(commands: readonly Command[], orders: Orders, record: PassRecord, at: number): void {
    for (const command of commands) {
      const { clientOrderId } = command.intent;
      record.intent({ ...command.intent, outcome: 'refused', code: 'NEVER_SENT', settledAt: at });
      const order = orders.get(clientOrderId);
      if (command.type === 'cancel') this.#cancelRequested.delete(clientOrderId);
      else if (order !== undefined) keep(orders, record, command.type === 'amend' ? command.before : { ...order, finalStatus: 'expired', reason: NEVER_ARRIVED }, at);
    }
  }

  /** Sends one committed command and notes what came of it. Throws LEASE_LOST when this process may not send any more. */
  async send(command: Command, orders: Orders, record: PassRecord, guard: SlotGuard, passedSlots: Set<string>): Promise<WriteOutcome<OrderRecord>> {
    const { clock, isWriter } = this.#options;
    if (!isWriter()) throw new HedgerowError('LEASE_LOST', `the lease of account ${command.request.account} is lost or may be; nothing more is sent, resting orders stay`);
    const outcome = await this.#call(command);
    const at = clock.now();
    const { intent } = command;
    record.intent({ ...intent, outcome: outcome.type, code: outcome.type === 'refused' ? outcome.code : null, settledAt: at });
    record.add(at, 'order.answered', { intent: intent.intentId, ...answerOf(outcome) });
    const order = orders.get(intent.clientOrderId);
    if (order === undefined) return outcome;
    if (outcome.type !== 'refused' || !HOLDING.includes(outcome.code)) this.#holds = 0;
    switch (outcome.type) {
      case 'done':
        keep(orders, record, withRecord(order, outcome.value), at);
        if (command.type === 'place') guard.accepted(command.wanted.slot);
        return outcome;
      case 'unknown':
        this.#loseSight(command, order, orders, record, at);
        return outcome;
      case 'refused':
        this.refusals += 1;
        if (HOLDING.includes(outcome.code)) this.#hold(command, outcome.retryAfterMs, order, orders, record, at);
        else await this.#refused(command, outcome.code, order, { orders, record, guard, passedSlots, at });
        return outcome;
    }
  }

  #loseSight(command: Command, order: TrackedOrder, orders: Orders, record: PassRecord, at: number): void {
    const { clientOrderId } = order;
    const earlier = this.#unknown.get(clientOrderId);
    const kinds = new Set([...(earlier?.kinds ?? []), command.type]);
    const before = command.type === 'amend' ? command.before : (earlier?.before ?? null);
    const since = this.#options.clock.elapsed();
    this.#unknown.set(clientOrderId, { kinds, since, before, attempts: 0, nextAt: since, negatives: 0 });
    this.#openIntents.set(clientOrderId, [...(this.#openIntents.get(clientOrderId) ?? []), { ...command.intent, outcome: 'unknown' }]);
    keep(orders, record, { ...order, status: 'unknown' }, at);
  }

  /** Too many requests, or trading is halted: nothing was done, and nothing is asked for a while. */
  #hold(command: Command, retryAfterMs: number | undefined, order: TrackedOrder, orders: Orders, record: PassRecord, at: number): void {
    const wait = Math.max(retryAfterMs ?? 0, Math.min(HOLD_MAX_MS, FIRST_HOLD_MS * 2 ** this.#holds));
    this.#holds += 1;
    this.#holdUntil = Math.max(this.#holdUntil, this.#options.clock.elapsed() + wait);
    if (command.type === 'cancel') this.#cancelRequested.delete(order.clientOrderId);
    else keep(orders, record, command.type === 'amend' ? { ...command.before, filled: order.filled, legs: order.filled === '0' ? command.before.legs : order.legs } : { ...order, finalStatus: 'rejected', reason: NOT_NOW }, at);
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

  async #refused(command: Command, code: string, order: TrackedOrder, { orders, record, guard, passedSlots, at }: RefusalContext): Promise<void> {
    if (command.type !== 'cancel') {
      const wanted = command.type === 'place' ? command.wanted : command.order;
      if (code === 'WOULD_TRIGGER_IMMEDIATELY') passedSlots.add(triggerOf(wanted));
      else if (code !== 'ORDER_NOT_FOUND') guard.failed(wanted, code, this.#options.clock.elapsed());
    }
    if (command.type === 'cancel') {
      const count = (this.#cancelRefused.get(order.clientOrderId)?.count ?? 0) + 1;
      this.#cancelRefused.set(order.clientOrderId, { count, notBefore: this.#options.clock.elapsed() + Math.min(CANCEL_WAIT_MAX_MS, FIRST_HOLD_MS * 2 ** (count - 1)) });
    }
    if (command.type === 'place' && code !== 'DUPLICATE_CLIENT_ORDER_ID') {
      keep(orders, record, { ...order, finalStatus: 'rejected', reason: code }, at);
      return;
    }
    // The order exists, or existed: its own record says how it stands.
    const base = command.type === 'amend' ? command.before : order;
    const found = await this.lookUp(order);
    if (found !== null) keep(orders, record, withRecord(asReported(base, found), found), at);
    else this.#loseSight(command, base, orders, record, at);
  }

  /** Null when the exchange has no such order, or did not say. */
  async lookUp({ account, symbol, clientOrderId }: Pick<TrackedOrder, 'account' | 'symbol' | 'clientOrderId'>): Promise<OrderRecord | null> {
    return unlessUnavailable(() => this.#options.exchange.fetchOrder(account, symbol, clientOrderId), null);
  }

  /** An order of an earlier process, or one that is missing where it should be: it is looked up until its fate is proven. */
  doubt(order: TrackedOrder, orders: Orders): void {
    const now = this.#options.clock.elapsed();
    const kinds = new Set((this.#openIntents.get(order.clientOrderId) ?? []).map(({ kind }) => kind));
    const legs = this.#options.sent.legsBefore.get(order.clientOrderId);
    const before = legs === undefined ? null : { ...order, legs };
    if (!this.#unknown.has(order.clientOrderId)) this.#unknown.set(order.clientOrderId, { kinds, since: now, before, attempts: 0, nextAt: now, negatives: 0 });
    orders.set(order.clientOrderId, { ...order, status: 'unknown' });
  }

  /**
   * A record of an order whose fate is unknown, from a read that began at `readFrom` (`Clock.elapsed()`; -Infinity for an event): decides
   * it unless a request may still be on its way that would change it (I3).
   */
  judge(order: TrackedOrder, found: OrderRecord, readFrom: number, orders: Orders, record: PassRecord, at: number): void {
    const unknown = this.#unknown.get(order.clientOrderId);
    const isOver = readFrom >= (unknown?.since ?? 0) + this.#patienceMs;
    const hasHappened = (kind: StoredIntent['kind']): boolean => kind === 'place' || (kind === 'amend' && isAsAsked(order, found));
    const isDecided = found.status !== 'open' || isOver || [...(unknown?.kinds ?? [])].every(hasHappened);
    const base = unknown?.before !== null && unknown?.before !== undefined && !isAsAsked(order, found) ? { ...unknown.before, filled: order.filled } : order;
    const seen = withRecord(asReported(base, found), found);
    if (!isDecided) {
      keep(orders, record, { ...order, reportedFilled: seen.reportedFilled, isTriggered: seen.isTriggered, exchangeOrderId: seen.exchangeOrderId, status: 'unknown' }, at);
      return;
    }
    this.#unknown.delete(order.clientOrderId);
    for (const intent of this.#openIntents.get(order.clientOrderId) ?? []) {
      const isDone = intent.kind === 'place' || (intent.kind === 'amend' ? isAsAsked(order, found) : found.status !== 'open');
      record.intent({ ...intent, outcome: isDone ? 'done' : 'refused', code: isDone ? null : 'NEVER_HAPPENED', settledAt: at });
    }
    this.#openIntents.delete(order.clientOrderId);
    keep(orders, record, seen, at);
  }

  /** A request sent longer ago cannot take effect, and a read shows what it did. */
  get #patienceMs(): number {
    const { requestDeadlineMs, readLagMs } = this.#options.exchange.capabilities;
    return requestDeadlineMs + readLagMs;
  }

  /** Looks for orders whose fate is unknown, by their own id, as often as is due; and for ids that may have been used. */
  async resolveUnknown(orders: Orders, record: PassRecord): Promise<void> {
    const { clock } = this.#options;
    await this.#ids.lookUp();
    for (const order of [...orders.values()]) {
      const unknown = this.#unknown.get(order.clientOrderId);
      if (order.status !== 'unknown' || unknown === undefined || clock.elapsed() < unknown.nextAt) continue;
      const from = clock.elapsed();
      const attempts = unknown.attempts + 1;
      const wait = LOOKUP_WAITS_MS[Math.min(attempts, LOOKUP_WAITS_MS.length - 1)] ?? 0;
      this.#unknown.set(order.clientOrderId, { ...unknown, attempts, nextAt: this.#nextLookup(unknown, from, wait) });
      const found = await unlessUnavailable(() => this.#options.exchange.fetchOrder(order.account, order.symbol, order.clientOrderId), 'unanswered' as const);
      if (found === 'unanswered') {
        this.#lookAgainSoon(order.clientOrderId, from);
        continue;
      }
      const now = orders.get(order.clientOrderId);
      if (now === undefined || now.status !== 'unknown') continue;
      if (found !== null) this.judge(now, found, from, orders, record, clock.now());
      else await this.#countNegative(now, from, orders, record);
    }
  }

  #lookAgainSoon(clientOrderId: string, from: number): void {
    const unknown = this.#unknown.get(clientOrderId);
    if (unknown !== undefined) this.#unknown.set(clientOrderId, { ...unknown, nextAt: Math.min(unknown.nextAt, from + INCONCLUSIVE_WAIT_MAX_MS) });
  }

  /** Not later than the moment from which an absence proves something. */
  #nextLookup({ since }: Unknown, from: number, waitMs: number): number {
    const conclusive = since + this.#patienceMs;
    return from < conclusive ? Math.min(from + waitMs, conclusive) : from + waitMs;
  }

  async #countNegative(order: TrackedOrder, from: number, orders: Orders, record: PassRecord): Promise<void> {
    const { clock, exchange } = this.#options;
    for (;;) {
      const unknown = this.#unknown.get(order.clientOrderId);
      if (unknown === undefined || from < unknown.since + this.#patienceMs) return;
      if (unknown.negatives >= NEGATIVE_SNAPSHOTS_NEEDED) break;
      const snapshot = await unlessUnavailable(() => exchange.fetchSnapshot(order.account), null);
      if (snapshot === null || !snapshot.complete || snapshot.openOrders.some(({ clientOrderId }) => clientOrderId === order.clientOrderId)) return this.#lookAgainSoon(order.clientOrderId, from);
      this.#unknown.set(order.clientOrderId, { ...unknown, negatives: unknown.negatives + 1 });
    }
    const now = orders.get(order.clientOrderId);
    if (now === undefined || now.status !== 'unknown') return;
    this.#unknown.delete(order.clientOrderId);
    const at = clock.now();
    for (const intent of this.#openIntents.get(order.clientOrderId) ?? []) record.intent({ ...intent, outcome: 'refused', code: 'NEVER_ARRIVED', settledAt: at });
    this.#openIntents.delete(order.clientOrderId);
    keep(orders, record, { ...now, finalStatus: 'expired', reason: NEVER_ARRIVED }, at);
  }

  /** An order that is no longer tracked, for a trade that came late; null when the store does not know it. */
  async findClosed(store: Store, clientOrderId: string): Promise<TrackedOrder | null> {
    const stored = await store.loadOrder(this.#options.plan.planId, clientOrderId);
    return stored === null ? null : fromStoredClosed(stored);
  }
}

interface RefusalContext {
  readonly orders: Orders;
  readonly record: PassRecord;
  readonly guard: SlotGuard;
  readonly passedSlots: Set<string>;
  readonly at: number;
}

/** The last request asked for just this. */
function isAsAsked({ request }: TrackedOrder, found: OrderRecord): boolean {
  return hasContent(found, request);
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

function identityOf({ slot, legs }: ExchangeOrder): string {
  return identityKey(slot, legs[0]?.cycle ?? 0);
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
