/**
 * What a reading of the exchange means for a plan: news are booked, orders that are missing are looked up, positions are compared, what
 * operators asked for is proven.
 *
 * - I3: absence counts only in a complete reading that began after our own last write. - I5: a difference that two readings in a row
 *   show, with nothing under way, makes the plan diverge; `adopt` and `flatten` end it. - I12: the first reading is the recovery.
 * - I17: halt and flatten are done when a reading shows no order, and no position, of the plan any more.
 */
import { dec, plain } from '../domain/decimal.ts';
import type { Strategy } from '../domain/strategy.ts';
import type { Clock } from '../ports/clock.ts';
import type { Exchange } from '../ports/exchange.ts';
import type { Log } from '../ports/log.ts';
import { closingPart } from '../window/exchange-orders.ts';
import type { ExchangeOrder } from '../window/exchange-orders.ts';
import { isExecuting } from '../window/plan.ts';
import { readAccounts } from './account-reading.ts';
import type { AccountReading, PlanReading } from './account-reading.ts';
import type { PricePoint } from './event-queue.ts';
import type { JournalledMachines } from './journalled-machines.ts';
import type { OperatorDesk } from './operator-desk.ts';
import type { TrackedOrder } from './order-tracker.ts';
import type { Outbox } from './outbox.ts';
import { earlierIdentity, ownIdentity } from './own-orders.ts';
import type { PassRecord } from './pass-record.ts';
import { isFlat } from './plan-desire.ts';
import type { PlanIntake } from './plan-intake.ts';
import type { PlanMemory } from './plan-memory.ts';
import { adoption, differenceText, positionDifferences } from './position-check.ts';
import type { ExternalPosition, PositionDifference } from './position-check.ts';
import { ReadWatch } from './read-watch.ts';
import { operationOf } from './step.ts';

export interface ReaderParts {
  readonly strategy: Strategy;
  readonly accounts: ReadonlySet<string>;
  readonly exchange: Exchange;
  readonly clock: Clock;
  readonly log: Log;
  /** When the plan was started, exchange time. */
  readonly startedAt: number;
  readonly record: PassRecord;
  readonly machines: JournalledMachines;
  readonly outbox: Outbox;
  readonly orders: Map<string, TrackedOrder>;
  readonly memory: PlanMemory;
  readonly intake: PlanIntake;
  readonly desk: OperatorDesk;
  /** Takes the events that came while the exchange was read. */
  readonly catchUp: () => Promise<void>;
  /** Events of the exchange wait to be taken: what was read may be older than they are. */
  readonly isBusy: () => boolean;
  /** No price is known yet. */
  readonly needsPrice: () => boolean;
}

export class PlanReader {
  readonly #parts: ReaderParts;
  readonly #watch: ReadWatch;
  #lastWriteAt = -Infinity;
  #gaveWay = false;
  /** Counts writes, and how many the newest complete reading has seen the end of. */
  #writes = 0;
  #writesRead = -1;
  /** A difference seen once: believed when a reading that began at `from` or later shows it again. */
  #suspicion: { readonly text: string; readonly from: number } | null = null;
  /** Accounts in another position mode than the plan's, as of the newest reading: no order fits there. */
  readonly #inOtherMode = new Set<string>();
  /** Runs once what the exchange holds has been adopted. */
  #afterAdoption: (() => void) | null = null;

  constructor(parts: ReaderParts) {
    this.#parts = parts;
    this.#watch = new ReadWatch(parts.exchange.capabilities, parts.clock.elapsed());
  }

  get nextDueAt(): number {
    return this.#watch.nextDueAt;
  }

  get isDue(): boolean {
    return this.#watch.isDue(this.#parts.clock.elapsed());
  }

  /** What a fill has laid bare, or a price has moved, is placed before the exchange is read again, which takes many answers (I6); the reading has the next turn. */
  givesWay(hasNews: boolean): boolean {
    this.#gaveWay = !this.#gaveWay && hasNews && this.#watch.hasRead && this.isDue;
    return this.#gaveWay;
  }

  isFresh(now: number): boolean {
    return this.#watch.isFresh(now);
  }

  /** Slots of orders that the exchange would refuse whatever they say, with the reason. */
  blocked(desired: readonly ExchangeOrder[]): ReadonlyMap<string, string> {
    const slots = this.#inOtherMode.size === 0 ? [] : desired.filter(({ account }) => this.#inOtherMode.has(account)).flatMap((order) => [order.slot, closingPart(order)?.slot ?? order.slot]);
    return new Map(slots.map((slot) => [slot, 'the account is in another position mode than the plan']));
  }

  /** Nothing new is opened before the exchange has been read again. */
  require(): void {
    this.#watch.require(this.#parts.clock.elapsed());
  }

  soon(): void {
    this.#watch.soon(this.#parts.clock.elapsed());
  }

  /** A write was sent, or answered: reads that began before, or show what was before, prove no absence. */
  wrote(): void {
    this.#lastWriteAt = this.#parts.clock.elapsed();
    this.#writes += 1;
  }

  /** Something waits for proof: the exchange is read once our last write can be seen. */
  prove(): void {
    const { clock, exchange, orders } = this.#parts;
    if (orders.size === 0 && this.#writesRead !== this.#writes) this.#watch.require(Math.max(clock.elapsed(), this.#lastWriteAt + exchange.capabilities.readLagMs));
  }

  /** The next complete reading decides what is somebody else's and what the wallets have lost. */
  adopt(after: () => void): void {
    this.#afterAdoption = after;
    this.require();
  }

  /** Gives the price it found where events may be lost, or none was known. Rejects with STORE_UNAVAILABLE from the books. */
  async read(): Promise<PricePoint | null> {
    const { clock, machines, log, strategy } = this.#parts;
    if (machines.state === null) return null;
    const { exchange, accounts, memory, startedAt } = this.#parts;
    const scope = { exchange, clock, accounts, symbol: strategy.symbol, tradesSince: memory.tradesSince(startedAt), accountEventsSince: memory.accountEventsSince(startedAt), needsPrice: this.#parts.needsPrice() };
    const reading = await readAccounts(scope);
    await this.#parts.catchUp();
    if (reading !== null) await this.#book(reading);
    if (reading === null || !reading.isComplete) {
      this.#watch.failed(clock.elapsed());
      log.warn({ plan: strategy.name, attempts: this.#watch.failures }, 'the exchange could not be read completely; nothing new is opened until it is');
      return reading?.price ?? null;
    }
    this.#watch.succeeded(reading.from, clock.elapsed());
    memory.complete(Math.max(0, ...reading.accounts.flatMap(({ trades }) => trades.map(({ at }) => at))), Math.max(0, ...reading.accounts.flatMap(({ events }) => events.map(({ at }) => at))));
    this.#conclude(reading);
    return reading.price;
  }

  /** Facts count from whatever reading. */
  async #book({ accounts, from }: PlanReading): Promise<void> {
    const { intake } = this.#parts;
    for (const { trades, events, snapshot } of accounts) {
      const happened = [...events.map((event) => ({ at: event.at, event })), ...trades.map((trade) => ({ at: trade.at, trade }))].sort((a, b) => a.at - b.at);
      for (const each of happened) {
        if ('trade' in each) await intake.takeTrade(each.trade);
        else if (!intake.takeAccountEvent(each.event, from)) this.soon();
      }
      for (const order of snapshot.openOrders) await intake.takeListed(order, from);
    }
  }

  /** Absences count only from a complete reading in which nothing of ours was on its way. */
  #conclude(reading: PlanReading): void {
    const { readLagMs } = this.#parts.exchange.capabilities;
    for (const account of reading.accounts) this.#checkSettings(account);
    const settledFrom = this.#lastWriteAt + readLagMs;
    if (reading.from < settledFrom || this.#parts.isBusy()) {
      this.#watch.require(Math.max(settledFrom, this.#parts.clock.elapsed()));
      return;
    }
    this.#writesRead = this.#writes;
    const isMissing = this.#doubtMissing(reading);
    if (isMissing || this.#isUnderWay()) {
      this.soon();
      return;
    }
    this.#compare(reading);
    this.#prove(reading);
  }

  /** Orders we believe to rest that the exchange does not list. */
  #doubtMissing({ accounts }: PlanReading): boolean {
    const { orders, outbox } = this.#parts;
    const open = new Set(accounts.flatMap(({ snapshot }) => snapshot.openOrders.map(({ clientOrderId }) => clientOrderId)));
    let isMissing = false;
    for (const order of [...orders.values()]) {
      if (order.finalStatus !== null || order.status !== 'live' || open.has(order.clientOrderId)) continue;
      outbox.doubt(order, orders);
      isMissing = true;
    }
    return isMissing;
  }

  #isUnderWay(): boolean {
    for (const order of this.#parts.orders.values()) if (order.status !== 'live' || order.finalStatus !== null || isExecuting(order)) return true;
    return false;
  }

  #checkSettings({ account, settings }: AccountReading): void {
    const { strategy, intake, memory } = this.#parts;
    const { positionMode, marginMode } = strategy.exchange;
    if (settings.positionMode === positionMode) this.#inOtherMode.delete(account);
    else this.#inOtherMode.add(account);
    if (settings.positionMode !== positionMode) intake.diverge(`account ${account} is in ${settings.positionMode} position mode now, the plan trades in ${positionMode} mode`, memory.now());
    else if (settings.marginMode !== marginMode) intake.diverge(`account ${account} has ${settings.marginMode} margin on ${strategy.symbol} now, the plan trades on ${marginMode} margin`, memory.now());
  }

  #compare(reading: PlanReading): void {
    const { machines, strategy, memory, intake } = this.#parts;
    const state = machines.running;
    const differences = reading.accounts.flatMap(({ snapshot }) => positionDifferences(snapshot, state, strategy, memory.facts.external));
    const operation = operationOf(state);
    if (this.#afterAdoption !== null && operation === 'diverged') {
      if (this.#isConfirmed(differences, reading)) this.#adoptNow(differences);
      return;
    }
    if (operation === 'flattening') {
      if (this.#isConfirmed(differences, reading)) this.#takeOver(differences);
      return;
    }
    const [first] = differences;
    // Asked also where nothing differs: that clears what an earlier reading had put under suspicion.
    if (this.#isConfirmed(differences, reading) && first !== undefined) intake.diverge(differenceText(first), memory.now());
  }

  /** Seen in two readings in a row, the second begun when the first one's view had to be settled. No difference is believed at once. */
  #isConfirmed(differences: readonly PositionDifference[], { from }: PlanReading): boolean {
    const { exchange } = this.#parts;
    const text = differences.map(differenceText).join('; ');
    if (text === '') {
      this.#suspicion = null;
      return true;
    }
    if (this.#suspicion?.text === text && from >= this.#suspicion.from) return true;
    if (this.#suspicion?.text !== text) this.#suspicion = { text, from: from + exchange.capabilities.readLagMs };
    this.#watch.require(Math.max(this.#suspicion?.from ?? from, this.#parts.clock.elapsed()));
    return false;
  }

  #adoptNow(differences: readonly PositionDifference[]): void {
    const { machines, memory, desk } = this.#parts;
    const after = this.#afterAdoption;
    this.#afterAdoption = null;
    const text = this.#bookDifferences(differences);
    machines.apply({ to: 'plan', event: { type: 'adopt' } }, memory.now(), {});
    desk.proven('adopt', text === '' ? 'exchange and ledger agree' : `adopted: ${text}`);
    after?.();
  }

  /** I5: what is missing is taken from the wallets, what is more is somebody else's. */
  #bookDifferences(differences: readonly PositionDifference[]): string {
    const { machines, strategy, memory, record } = this.#parts;
    const before = memory.facts.external;
    const { external, taken } = adoption(differences, machines.running, strategy, before);
    if (differences.length === 0 && taken.length === 0) return before.map(externalText).join('; ');
    const text = [...differences.map(differenceText), ...before.map(externalText)].join('; ');
    const price = memory.foreignPrice ?? machines.price;
    const at = memory.now();
    record.add(at, 'external.adopted', { differences: differences.map(differenceText), external, taken, price });
    memory.setExternal(external);
    for (const { wallet, leg, amount } of taken) machines.apply({ to: 'wallet', wallet, event: { type: 'position.taken', taken: { leg, amount, price, fee: '0' } } }, at, {});
    this.#suspicion = null;
    return text;
  }

  /** Flattening closes every position, also what was somebody else's: the first wallet of the account takes it over to close it. */
  #takeOver(differences: readonly PositionDifference[]): void {
    const { machines, strategy, memory } = this.#parts;
    this.#bookDifferences(differences);
    const { external } = memory.facts;
    if (external.length === 0) return;
    memory.setExternal([]);
    for (const { account, positionSide, amount } of external) {
      const owner = strategy.wallets.find((wallet) => wallet.account === account);
      if (owner === undefined) continue;
      const isShort = positionSide === 'short' || dec(amount).isNegative();
      const taken = { leg: isShort ? ('open-short' as const) : ('open-long' as const), amount: plain(dec(amount).abs()), price: machines.price, fee: '0' };
      machines.apply({ to: 'wallet', wallet: owner.name, event: { type: 'position.taken', taken } }, memory.now(), {});
    }
  }

  #prove(reading: PlanReading): void {
    const { machines, orders, outbox, strategy, memory, desk } = this.#parts;
    const operation = operationOf(machines.running);
    if ((operation !== 'halted' && operation !== 'flattening') || orders.size > 0) return;
    const isOurs = (clientOrderId: string): boolean => ownIdentity(clientOrderId, outbox.planTag) !== null || earlierIdentity(clientOrderId, outbox.planTag) !== null;
    if (reading.accounts.some(({ snapshot }) => snapshot.openOrders.some((order) => order.symbol === strategy.symbol && isOurs(order.clientOrderId)))) return;
    if (operation === 'halted') {
      desk.proven('halt', 'a complete reading of the exchange shows no order of this plan');
      if (isFlat(machines.running)) desk.proven('flatten', FLAT);
      return;
    }
    const holds = reading.accounts.some(({ snapshot }) => snapshot.positions.some((position) => position.symbol === strategy.symbol && !dec(position.amount).isZero()));
    if (holds || !isFlat(machines.running)) return;
    machines.apply({ to: 'plan', event: { type: 'flattened' } }, memory.now(), {});
    desk.proven('halt', FLAT);
    desk.proven('flatten', FLAT);
  }
}

function externalText({ account, positionSide, amount }: ExternalPosition): string {
  return `${amount} ${positionSide === 'both' ? 'net' : positionSide} on account ${account} by somebody else`;
}

const FLAT = 'a complete reading of the exchange shows no order and no position of this plan';
