/**
 * Facts of the engine itself that outlive a restart, stored beside the machines: how far the exchange's history is booked (I4), what
 * on the account is somebody else's (I5), and the extremes risk limits are measured against. Bounded (I23).
 */
import type { D, DecimalString } from '../domain/decimal.ts';
import type { Instrument } from '../domain/strategy.ts';
import type { Clock } from '../ports/clock.ts';
import type { TradeRecord } from '../ports/exchange.ts';
import { externalOn, withExternal } from './position-check.ts';
import type { ExternalPosition } from './position-check.ts';
import type { RiskMemory } from './risk.ts';

export interface EngineMemory {
  readonly risk: RiskMemory | null;
  /** Funding, forced closes and transfers up to this exchange time are booked; ids of the newest are in the list. */
  readonly accountEventsAt: number;
  readonly accountEventIds: readonly string[];
  /** Every trade up to this exchange time is booked. */
  readonly tradesAt: number;
  readonly external: readonly ExternalPosition[];
  /** Exchange ids of orders of others that were told and accepted. */
  readonly acceptedOrders: readonly string[];
  /** Number of the journal entry that told of the last `resume`; 0 before the first. */
  readonly resumedSeq: number;
  /** As it was when the plan was last opened with the exchange at hand; null in snapshots of before. */
  readonly instrument: Instrument | null;
}

export const EMPTY_MEMORY: EngineMemory = { risk: null, accountEventsAt: 0, accountEventIds: [], tradesAt: 0, external: [], acceptedOrders: [], resumedSeq: 0, instrument: null };

/** Trades are read again from this long before the newest one known to be complete: late ones are found, known ones recognised. */
export const TRADES_OVERLAP_MS = 120_000;
const ACCOUNT_EVENT_IDS_MAX = 1_000;
const ACCEPTED_ORDERS_MAX = 200;
/** Ids of booked trades kept in memory; older ones are asked of the store. */
const BOOKED_TRADES_MAX = 4_000;

export class PlanMemory {
  #facts: EngineMemory;
  readonly #clock: Pick<Clock, 'now'>;
  /** Trade ids with their times, in booking order. */
  readonly #booked = new Map<string, number>();
  #forgottenTo = -Infinity;
  #foreignPrice: DecimalString | null = null;

  constructor(facts: EngineMemory, booked: readonly Pick<TradeRecord, 'id' | 'at'>[], clock: Pick<Clock, 'now'>) {
    this.#facts = facts;
    this.#clock = clock;
    for (const { id, at } of booked) this.#booked.set(id, at);
    // What was booked before these is in the store only.
    if (facts.tradesAt > 0) this.#forgottenTo = facts.tradesAt - TRADES_OVERLAP_MS;
  }

  get facts(): EngineMemory {
    return this.#facts;
  }

  now(): number {
    return this.#clock.now();
  }

  isBooked(tradeId: string): boolean {
    return this.#booked.has(tradeId);
  }

  /** A trade of this time may have been booked without its id being kept here. */
  mayBeForgotten(at: number): boolean {
    return at < this.#forgottenTo;
  }

  book(trade: TradeRecord): void {
    this.#booked.set(trade.id, trade.at);
    for (const [id, at] of this.#booked) {
      if (this.#booked.size <= BOOKED_TRADES_MAX) break;
      this.#booked.delete(id);
      this.#forgottenTo = Math.max(this.#forgottenTo, at + 1);
    }
  }

  /** Where reading trades goes on. */
  tradesSince(startedAt: number): number {
    return Math.max(startedAt, this.#facts.tradesAt - TRADES_OVERLAP_MS);
  }

  accountEventsSince(startedAt: number): number {
    return Math.max(startedAt, this.#facts.accountEventsAt - TRADES_OVERLAP_MS);
  }

  /** Everything up to these times has been read and booked. */
  complete(tradesAt: number, accountEventsAt: number): void {
    const facts = this.#facts;
    if (tradesAt <= facts.tradesAt && accountEventsAt <= facts.accountEventsAt) return;
    this.#facts = { ...facts, tradesAt: Math.max(facts.tradesAt, tradesAt), accountEventsAt: Math.max(facts.accountEventsAt, accountEventsAt) };
  }

  isNewAccountEvent(id: string): boolean {
    return !this.#facts.accountEventIds.includes(id);
  }

  noteAccountEvent(id: string): void {
    this.#facts = { ...this.#facts, accountEventIds: [...this.#facts.accountEventIds, id].slice(-ACCOUNT_EVENT_IDS_MAX) };
  }

  isAccepted(orderId: string): boolean {
    return this.#facts.acceptedOrders.includes(orderId);
  }

  accept(orderId: string): void {
    this.#facts = { ...this.#facts, acceptedOrders: [...this.#facts.acceptedOrders, orderId].slice(-ACCEPTED_ORDERS_MAX) };
  }

  noteResume(seq: number): void {
    this.#facts = { ...this.#facts, resumedSeq: seq };
  }

  setExternal(external: readonly ExternalPosition[]): void {
    this.#facts = { ...this.#facts, external };
  }

  addExternal(account: string, positionSide: ExternalPosition['positionSide'], change: D): void {
    const { external } = this.#facts;
    if (!change.isZero()) this.setExternal(withExternal(external, account, positionSide, externalOn(external, account, positionSide).plus(change)));
  }

  /** The price at which somebody else last traded here. */
  get foreignPrice(): DecimalString | null {
    return this.#foreignPrice;
  }

  noteForeignPrice(price: DecimalString): void {
    this.#foreignPrice = price;
  }
}
