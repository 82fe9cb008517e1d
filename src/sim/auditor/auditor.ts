/**
 * The judge of a simulated world: hears every change of the exchange and every commit of the store, and after each step compares the
 * plans with them. Independent of the bot's code: the ladder, the arithmetic and the splitting of orders are written a second time.
 *
 * At once: I1 (no second entry in a slot), I2, I4 (no trade twice), I7, I13, I15. After a step in which nothing is left under way:
 * I1, I4 (all booked, Σ booked = executed), I5, I6, I7, I8, I10, I11, I14 and the resting orders against the independent ladder.
 * I21 and I23 at each commit. I3 at each commit and each arrival: an order is not given up that the exchange has, or takes later. I9, I16 and I17 are judged
 * by who sees requests being sent, and reported here; I12 needs two runs. A store that forgets its newest commits is told by
 * `rolledBack`.
 */
import type { Instrument } from '../../domain/strategy.ts';
import type { CommitBatch } from '../../ports/store.ts';
import type { BookDelta, ReceivedRequest } from '../exchange/delta.ts';
import type { AuditedPlan } from './audited-plan.ts';
import { NOTHING, compare, exact, textOf } from './exact.ts';
import { Evidence, isClosing, slotOfLeg, tradeKey } from './evidence.ts';
import { ForcedCloseAudit } from './forced-close-audit.ts';
import { FundingAudit } from './funding-audit.ts';
import { auditBooking, auditMoney } from './money-audit.ts';
import { auditGivingUp, auditOrder, auditRequest, auditTrade } from './request-audit.ts';
import { auditClosing, auditExposure, auditLadder, auditProtection, auditSlots, restingLegs } from './resting-audit.ts';
import { auditAnswer, auditHalted } from './stop-audit.ts';
import { TraceAudit } from './trace-audit.ts';
import { finding } from './violation.ts';
import type { Finding, Violation } from './violation.ts';

/** Requests of one step per rung of all plans together, and for one slot: far above what moving, filling and replacing takes (I11). */
const REQUESTS_PER_RUNG_MAX = 30;
const REQUESTS_PER_SLOT_MAX = 16;

export interface StepReport {
  readonly plans: readonly AuditedPlan[];
  /** Nothing is on its way between bot and exchange. */
  readonly isQuiet: boolean;
  /** Requests that one more pass over the unchanged world sent (I10). */
  readonly extraRequests: number;
}

export class Auditor {
  readonly #evidence = new Evidence();
  readonly #funding = new FundingAudit();
  readonly #forcedCloses = new ForcedCloseAudit();
  readonly #traces = new TraceAudit();
  readonly #instruments: ReadonlyMap<string, Instrument>;
  readonly #requestsPerSlot = new Map<string, number>();
  #requestsOfStep = 0;
  /** Orders the exchange has taken so far. */
  ordersAccepted = 0;
  #violation: Violation | null = null;
  /** The plan as it was when it was looked at last; null once something has happened that changes what has to be covered. */
  #followed: AuditedPlan | null = null;
  #step = 0;
  #at = 0;

  constructor(instruments: readonly Instrument[]) {
    this.#instruments = new Map(instruments.map((instrument) => [instrument.symbol, instrument]));
  }

  /** The first one; what happens after it is not judged. */
  get violation(): Violation | null {
    return this.#violation;
  }

  /** Begins a step; requests are counted from here. */
  begin(step: number): void {
    this.#step = step;
    this.#requestsOfStep = 0;
    this.#requestsPerSlot.clear();
  }

  /** For `SimulatedExchange.onDelta`. */
  heard(delta: BookDelta): void {
    if (this.#violation !== null) return;
    const evidence = this.#evidence;
    this.#at = delta.at;
    for (const price of delta.prices ?? []) evidence.prices.set(price.symbol, price);
    // An operation's request comes before what it does, so that a second entry is seen before it counts as open.
    for (const request of delta.requests ?? []) this.#hearRequest(request);
    for (const { order } of delta.orders ?? []) {
      this.#note(auditOrder(order, evidence));
    }
    for (const trade of delta.trades ?? []) {
      const order = trade.clientOrderId === null ? undefined : (evidence.openOrders.get(trade.clientOrderId) ?? delta.orders?.find(({ order }) => order.clientOrderId === trade.clientOrderId)?.order);
      this.#note(auditTrade(trade, order, evidence));
      evidence.noteTrade(trade);
    }
    this.#noteOrders(delta.orders ?? []);
    if (delta.trades !== undefined || delta.events !== undefined) this.#followed = null;
    for (const event of delta.events ?? []) {
      evidence.noteAccountEvent(event);
      this.#funding.heard(event);
      this.#forcedCloses.heard(event);
    }
    for (const leg of delta.legs ?? []) evidence.truePositions.set(`${leg.account}|${leg.symbol}|${leg.positionSide}`, exact(leg.amount));
  }

  /** I6: where nothing else has happened, a wallet that was covered is not uncovered by our own cancellation. */
  #noteOrders(orders: NonNullable<BookDelta['orders']>): void {
    const evidence = this.#evidence;
    const isGivenUp = orders.some(({ order }) => order.status === 'canceled' && order.reason === 'CANCELED_BY_CLIENT' && (evidence.legsOf(order.clientOrderId) ?? []).some(isClosing));
    // A netted order takes the place of others that have to go before it.
    const plan = isGivenUp && this.#followed?.positionMode === 'hedge' ? this.#followed : null;
    const before = plan === null ? null : this.uncoveredWallets(plan);
    for (const { order } of orders) evidence.noteOrder(order);
    if (plan === null || before === null) return;
    // A reset closes its short at market instead of covering it.
    const isResetting = new Set<string>(plan.wallets.flatMap(({ name, phase }) => (phase === 'RESET' ? [name] : [])));
    for (const wallet of this.uncoveredWallets(plan)) {
      if (!before.has(wallet) && !isResetting.has(wallet)) this.#note(finding('I6', 'protection was cancelled before what takes its place rested', { plan: plan.name, wallet, cancelled: orders.map(({ order }) => order.clientOrderId) }));
    }
    this.#followed = plan;
  }

  #hearRequest(request: ReceivedRequest): void {
    const evidence = this.#evidence;
    this.#requestsOfStep += 1;
    if (request.kind === 'place' && request.outcome === 'done') this.ordersAccepted += 1;
    for (const leg of evidence.legsOf(request.request.clientOrderId) ?? []) {
      const slot = slotOfLeg(leg);
      this.#requestsPerSlot.set(slot, (this.#requestsPerSlot.get(slot) ?? 0) + 1);
    }
    this.#note(auditRequest(request, evidence, this.#instruments.get(request.request.symbol)));
    evidence.noteRequest(request);
  }

  /** A transaction the store has committed. */
  committed(batch: CommitBatch): void {
    if (this.#violation !== null) return;
    const evidence = this.#evidence;
    if (batch.entries.some(({ type }) => !type.startsWith('order.') && type !== 'price.touched')) this.#followed = null;
    for (const intent of batch.intents) evidence.storeIntent(intent);
    for (const order of batch.orders) {
      const before = evidence.storedOrders.get(order.clientOrderId);
      const isFinal = before?.status === 'closed' || before?.status === 'refused';
      if (isFinal && order.status !== before.status) this.#note(finding('I13', 'a finished order was stored as working again', { clientOrderId: order.clientOrderId, from: before.status, to: order.status }));
      this.#note(auditGivingUp(order, evidence));
      evidence.storeOrder(order);
    }
    for (const { trade } of batch.trades) {
      const key = tradeKey(trade);
      const known = evidence.trades.get(key);
      if (evidence.bookedTrades.has(key)) this.#note(finding('I4', 'a trade was booked twice', { trade: trade.id, clientOrderId: trade.clientOrderId }));
      else if (known === undefined) this.#note(finding('I4', 'a trade was booked that the exchange does not have', { trade: trade.id, clientOrderId: trade.clientOrderId }));
      else if (JSON.stringify(known) !== JSON.stringify(trade)) this.#note(finding('I4', 'a trade was booked with other contents than the exchange has', { booked: trade, exchange: known }));
      evidence.book(trade);
    }
    for (const { trade } of batch.trades) this.#note(this.#filledFault(trade.clientOrderId));
    this.#note(this.#traces.committed(batch));
    this.#note(this.#funding.committed(batch));
    this.#forcedCloses.committed(batch);
    for (const entry of batch.entries) this.#note(auditAnswer(entry, evidence));
  }

  /** I4: what an order is stored to have filled is the sum of its booked trades. */
  #filledFault(clientOrderId: string | null): Finding | null {
    const order = clientOrderId === null ? undefined : this.#evidence.storedOrders.get(clientOrderId);
    if (order === undefined || clientOrderId === null) return null;
    const booked = this.#evidence.booked.get(clientOrderId) ?? NOTHING;
    return compare(exact(order.filled), booked) === 0 ? null : finding('I4', 'an order is stored with another filled amount than its booked trades', { clientOrderId, filled: order.filled, booked: textOf(booked) });
  }

  /** A fault somebody else has seen. */
  report(fault: Finding): void {
    this.#note(fault);
  }

  /** Somebody has changed the account's position mode. */
  modeChanged(account: string): void {
    this.#evidence.changedModes.set(account, null);
  }

  /** The order was written down to open something. */
  opensSomething(clientOrderId: string): boolean {
    return (this.#evidence.legsOf(clientOrderId) ?? []).some((leg) => !isClosing(leg));
  }

  /** The store has forgotten its newest commits: `left` is what it still holds. What was sent, was sent with an intent all the same. */
  rolledBack(left: readonly CommitBatch[]): void {
    this.#followed = null;
    this.#evidence.forgetBooks();
    this.#funding.rolledBack(left);
    this.#forcedCloses.rolledBack(left);
    this.#traces.rolledBack(left);
    for (const batch of left) {
      for (const order of batch.orders) this.#evidence.storeOrder(order);
      for (const { trade } of batch.trades) this.#evidence.book(trade);
    }
  }

  /** The plan as it is now: until something happens, what protects it is watched (I6). */
  follow(plan: AuditedPlan): void {
    this.#followed = plan;
  }

  /** Wallets that hold something which is not covered, or that have opened something no commit knows of yet (I6). */
  uncoveredWallets(plan: AuditedPlan): ReadonlySet<string> {
    const { legs } = restingLegs(plan, this.#evidence);
    const uncovered = plan.wallets.filter((wallet) => auditProtection(plan, wallet, legs, this.#evidence) !== null).map(({ name }) => name as string);
    for (const { clientOrderId } of this.#evidence.unbooked.values()) {
      for (const leg of (clientOrderId === null ? null : this.#evidence.legsOf(clientOrderId)) ?? []) if (!isClosing(leg)) uncovered.push(leg.wallet);
    }
    return new Set(uncovered);
  }

  /** What `audit` would find at rest, without noting it. */
  faultAtRest(plan: AuditedPlan): Finding | null {
    const found: Finding[] = [];
    this.#auditAtRest(plan, (fault) => {
      if (fault !== null) found.push(fault);
    });
    return found[0] ?? null;
  }

  /** The end of a step. Returns the first violation so far. */
  audit(report: StepReport): Violation | null {
    for (const plan of report.plans) this.#auditPlan(plan, report.isQuiet);
    const rungs = report.plans.reduce((count, { wallets }) => count + wallets.reduce((sum, { weights }) => sum + weights.length + 1, 0), 0);
    if (this.#requestsOfStep > rungs * REQUESTS_PER_RUNG_MAX) this.#note(finding('I11', `one step sent ${this.#requestsOfStep} requests`, { bound: rungs * REQUESTS_PER_RUNG_MAX }));
    for (const [slot, count] of this.#requestsPerSlot) {
      if (count > REQUESTS_PER_SLOT_MAX) this.#note(finding('I11', `one step sent ${count} requests for one slot`, { slot, bound: REQUESTS_PER_SLOT_MAX }));
    }
    if (report.isQuiet && report.extraRequests > 0) this.#note(finding('I10', `one more pass over an unchanged world sent ${report.extraRequests} requests`, {}));
    return this.#violation;
  }

  #auditPlan(plan: AuditedPlan, isQuiet: boolean): void {
    if (plan.failure !== null) return this.#note(finding('engine', `the plan stopped by itself: ${plan.failure}`, { plan: plan.name }));
    if (isQuiet) this.#auditAtRest(plan, (fault) => this.#note(fault));
  }

  #auditAtRest(plan: AuditedPlan, note: (fault: Finding | null) => void): void {
    const evidence = this.#evidence;
    const { legs, fault } = restingLegs(plan, evidence);
    note(fault ?? auditBooking(plan, evidence) ?? this.#forcedCloses.audit(plan) ?? auditMoney(plan, evidence) ?? auditSlots(plan, legs) ?? auditHalted(plan, legs));
    for (const wallet of plan.wallets) {
      note(auditClosing(plan, wallet, legs) ?? auditProtection(plan, wallet, legs, evidence) ?? auditExposure(plan, wallet, legs, evidence) ?? auditLadder(plan, wallet, legs, evidence));
    }
  }

  #note(fault: Finding | null): void {
    if (fault === null || this.#violation !== null) return;
    this.#violation = { ...fault, step: this.#step, at: this.#at };
  }
}
