/**
 * What Binance remembers of an account and the simulated exchange does not: which namespace an order lives in, the terms it was sent
 * with, average prices, realised profit of each trade. Filled from the exchange's own events, so that what others do to the account
 * and what the exchange does on its own are in it too. Bounded (I23).
 */
import { ZERO, dec, plain } from '../../../domain/decimal.ts';
import type { D, DecimalString } from '../../../domain/decimal.ts';
import type { ExchangeEvent, OrderRecord, TradeRecord } from '../../../ports/exchange.ts';
import type { AccountEvent } from '../../exchange/delta.ts';
import type { SimulatedExchange } from '../../exchange/simulated-exchange.ts';
import { LegCosts } from './leg-costs.ts';

/** Closed orders, trades and events kept per account. */
const KEPT_MAX = 20_000;

/** What a client said about an order that the simulated exchange has no use for. */
export interface OrderTerms {
  /** The client's own id, as sent. */
  readonly clientId: string;
  readonly timeInForce: 'GTC' | 'GTX';
  readonly closePosition: boolean;
  readonly priceProtect: boolean;
}

export interface LedgerOrder {
  /** The exchange's number, the same in both namespaces. */
  readonly number: number;
  readonly terms: OrderTerms;
  /** A conditional order; once it has triggered it has a child in the regular namespace. */
  readonly isAlgo: boolean;
  /** An order nobody sent: a liquidation or a deleveraging. */
  readonly forced: 'LIQUIDATION' | 'ADL' | null;
  record: OrderRecord;
  /** Amount and Σ price × amount of its trades so far. */
  executed: D;
  quote: D;
  triggeredAt: number | null;
}

export interface LedgerTrade {
  readonly number: number;
  readonly order: LedgerOrder;
  readonly trade: TradeRecord;
  /** Realised profit before fees. */
  readonly realised: DecimalString;
  /** Filled of its order so far, and Σ price × amount. */
  readonly filled: DecimalString;
  readonly quote: DecimalString;
}

/** Something that happened to an account, in order. */
export type LedgerChange =
  /** `before`: null for a new order. */
  | { readonly type: 'order'; readonly order: LedgerOrder; readonly before: OrderRecord | null; readonly now: OrderRecord }
  | { readonly type: 'trade'; readonly trade: LedgerTrade }
  | { readonly type: 'event'; readonly event: AccountEvent };

export class AccountLedger {
  readonly account: string;
  /** By number, oldest first. */
  readonly orders = new Map<number, LedgerOrder>();
  readonly trades: LedgerTrade[] = [];
  readonly events: AccountEvent[] = [];
  /** The newest order under each of the client's ids, per namespace. */
  readonly #algoIds = new Map<string, LedgerOrder>();
  readonly #regularIds = new Map<string, LedgerOrder>();
  readonly #usedIds = new Map<string, number>();
  readonly #expected = new Map<string, OrderTerms>();
  readonly #costs = new LegCosts();

  constructor(account: string) {
    this.account = account;
  }

  /** The id the simulated exchange knows the next order by: the client's, or one of its own when that was used before (Binance forgets ids of closed orders). */
  expect(terms: OrderTerms): string {
    const uses = this.#usedIds.get(terms.clientId) ?? 0;
    const simulatedId = uses === 0 ? terms.clientId : `${terms.clientId}~${uses + 1}`;
    this.#expected.set(simulatedId, terms);
    return simulatedId;
  }

  /** The order is not coming after all. */
  forget(simulatedId: string): void {
    this.#expected.delete(simulatedId);
  }

  algoById(number: number): LedgerOrder | undefined {
    const order = this.orders.get(number);
    return order?.isAlgo === true ? order : undefined;
  }

  algoByClientId(clientId: string): LedgerOrder | undefined {
    return this.#algoIds.get(clientId);
  }

  /** A regular order, or the child of a conditional one that has triggered. */
  regularById(number: number): LedgerOrder | undefined {
    const order = this.orders.get(number);
    return order !== undefined && isRegular(order) ? order : undefined;
  }

  regularByClientId(clientId: string): LedgerOrder | undefined {
    const own = this.#regularIds.get(clientId);
    const parent = this.#algoIds.get(clientId);
    const child = parent !== undefined && isRegular(parent) ? parent : undefined;
    if (own === undefined || child === undefined) return own ?? child;
    return own.number > child.number ? own : child;
  }

  addOrder(record: OrderRecord): LedgerChange {
    const number = numberOf(record.id);
    const known = this.orders.get(number);
    if (known === undefined) return { type: 'order', order: this.#create(number, record), before: null, now: record };
    const before = known.record;
    known.record = record;
    if (record.triggered) known.triggeredAt ??= record.updatedAt;
    return { type: 'order', order: known, before, now: record };
  }

  addTrade(trade: TradeRecord): LedgerChange {
    const order = (trade.orderId.startsWith('o') ? this.orders.get(numberOf(trade.orderId)) : undefined) ?? this.#createForced(trade);
    order.executed = order.executed.plus(trade.amount);
    order.quote = order.quote.plus(dec(trade.price).times(trade.amount));
    const entry: LedgerTrade = { number: numberOf(trade.id), order, trade, realised: this.#costs.realise(trade), filled: plain(order.executed), quote: plain(order.quote) };
    this.trades.push(entry);
    if (this.trades.length > 2 * KEPT_MAX) this.trades.splice(0, KEPT_MAX);
    return { type: 'trade', trade: entry };
  }

  addEvent(event: AccountEvent): LedgerChange {
    this.events.push(event);
    if (this.events.length > 2 * KEPT_MAX) this.events.splice(0, KEPT_MAX);
    return { type: 'event', event };
  }

  #create(number: number, record: OrderRecord): LedgerOrder {
    const isAlgo = record.triggerPrice !== null;
    const terms = this.#expected.get(record.clientOrderId) ?? defaultTerms(record);
    this.#expected.delete(record.clientOrderId);
    const order: LedgerOrder = { number, terms, isAlgo, forced: null, record, executed: ZERO, quote: ZERO, triggeredAt: record.triggered ? record.updatedAt : null };
    this.#usedIds.set(terms.clientId, (this.#usedIds.get(terms.clientId) ?? 0) + 1);
    (isAlgo ? this.#algoIds : this.#regularIds).set(terms.clientId, order);
    return this.#keep(order);
  }

  /** Liquidations and deleveragings are orders of their own here, with the ids Binance gives them. */
  #createForced(trade: TradeRecord): LedgerOrder {
    const number = FORCED_FROM + numberOf(trade.id);
    const isLiquidation = trade.orderId.startsWith('liquidation');
    const clientId = isLiquidation ? `autoclose-${trade.at}${numberOf(trade.id)}` : 'adl_autoclose';
    const { account, symbol, side, positionSide, price, amount, at } = trade;
    const record: OrderRecord = {
      account,
      symbol,
      clientOrderId: clientId,
      side,
      type: 'limit',
      amount,
      price,
      triggerPrice: null,
      triggerBy: 'last',
      positionSide,
      reduceOnly: positionSide === null,
      postOnly: false,
      id: `o${number}`,
      status: 'closed',
      triggered: false,
      filled: amount,
      reason: null,
      createdAt: at,
      updatedAt: at,
    };
    const terms: OrderTerms = { clientId, timeInForce: 'GTC', closePosition: false, priceProtect: false };
    const order: LedgerOrder = { number, terms, isAlgo: false, forced: isLiquidation ? 'LIQUIDATION' : 'ADL', record, executed: ZERO, quote: ZERO, triggeredAt: null };
    this.#regularIds.set(clientId, order);
    return this.#keep(order);
  }

  #keep(order: LedgerOrder): LedgerOrder {
    this.orders.set(order.number, order);
    if (this.orders.size > 2 * KEPT_MAX) this.#dropOldest();
    return order;
  }

  #dropOldest(): void {
    for (const [number, order] of this.orders) {
      if (this.orders.size <= KEPT_MAX) return;
      if (order.record.status === 'open') continue;
      this.orders.delete(number);
      for (const ids of [this.#algoIds, this.#regularIds]) if (ids.get(order.terms.clientId) === order) ids.delete(order.terms.clientId);
    }
  }
}

/** Numbers of forced orders start here, above every order the exchange counts. */
const FORCED_FROM = 1_000_000_000_000;

/** Ledgers of all accounts, kept current by the exchange's events. */
export class BinanceLedgers {
  readonly #accounts = new Map<string, AccountLedger>();
  readonly #listeners = new Set<(account: string, change: LedgerChange) => void>();

  constructor(exchange: SimulatedExchange) {
    const { orders, trades, events } = exchange.truth();
    for (const { order } of orders) this.of(order.account).addOrder(order);
    for (const trade of trades) this.of(trade.account).addTrade(trade);
    for (const event of events) this.of(event.account).addEvent(event);
    exchange.subscribe((event) => this.#note(event));
  }

  of(account: string): AccountLedger {
    const known = this.#accounts.get(account);
    if (known !== undefined) return known;
    const ledger = new AccountLedger(account);
    this.#accounts.set(account, ledger);
    return ledger;
  }

  onChange(listener: (account: string, change: LedgerChange) => void): void {
    this.#listeners.add(listener);
  }

  #note(event: ExchangeEvent): void {
    switch (event.type) {
      case 'order':
        return this.#tell(event.order.account, this.of(event.order.account).addOrder(event.order));
      case 'trade':
        return this.#tell(event.trade.account, this.of(event.trade.account).addTrade(event.trade));
      case 'funding':
      case 'liquidation':
      case 'transfer':
        return this.#tell(event.account, this.of(event.account).addEvent(event));
      case 'price':
      case 'gap':
        return;
    }
  }

  #tell(account: string, change: LedgerChange): void {
    for (const listener of this.#listeners) listener(account, change);
  }
}

/** Orders somebody placed elsewhere, such as at the website. */
function defaultTerms({ clientOrderId, postOnly }: OrderRecord): OrderTerms {
  return { clientId: clientOrderId, timeInForce: postOnly ? 'GTX' : 'GTC', closePosition: false, priceProtect: false };
}

/** Whether it is in the regular namespace: sent there, or the child of a conditional order. */
export function isRegular(order: LedgerOrder): boolean {
  return !order.isAlgo || hasChild(order);
}

/** A conditional order that triggered has a child, unless the matching engine took none. */
export function hasChild({ isAlgo, record }: LedgerOrder): boolean {
  return isAlgo && record.triggered && !isRejectedAtTrigger(record);
}

/** Margin or reduce-only checks failed when it triggered. */
export function isRejectedAtTrigger({ triggered, status, filled, reason }: OrderRecord): boolean {
  return triggered && filled === '0' && (status === 'rejected' || (status === 'expired' && reason === 'REDUCE_ONLY_REJECTED'));
}

/** The counter in `o17`, `t4` or `liq-t5`. */
export function numberOf(id: string): number {
  return Number(/\d+$/.exec(id)?.[0] ?? '0');
}
