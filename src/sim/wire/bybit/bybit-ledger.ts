/**
 * What Bybit tells of the past beyond the exchange's port: orders by either id with what they traded for, executions with the part that
 * closed, funding and liquidation among them. Folded from the exchange's deltas, so a server over an exchange that has lived already
 * knows all it still remembers, and no stream fault hides anything from it. Bounded (I23).
 */
import { ZERO, dec, plain, roundQuotientToStep } from '../../../domain/decimal.ts';
import type { D, DecimalString } from '../../../domain/decimal.ts';
import { invariant } from '../../../domain/invariant.ts';
import type { OrderRecord, OrderRequest, PositionSide, Side, TradeRecord } from '../../../ports/exchange.ts';
import type { AccountDelta, AccountEvent, BookDelta, LegDelta, PriceDelta } from '../../exchange/delta.ts';
import type { SimulatedExchange } from '../../exchange/simulated-exchange.ts';
import { wireOrderId } from './bybit-names.ts';

export interface LedgerOrder {
  /** Bybit's id. */
  readonly orderId: string;
  /** Rises with every order. */
  readonly sequence: number;
  record: OrderRecord;
  /** Σ amount, Σ price × amount and Σ fee of its trades. */
  traded: D;
  value: D;
  fee: D;
  /** The last price when it was placed; empty: not known. */
  readonly lastPriceOnCreated: DecimalString | '';
  /** Taken and cancelled at once; the simulated exchange does not know it. */
  readonly isStillborn: boolean;
}

export type ExecType = 'Trade' | 'Funding' | 'BustTrade' | 'AdlTrade';

export interface Execution {
  readonly type: ExecType;
  readonly id: string;
  readonly orderId: string;
  /** Null: no client's order. */
  readonly order: LedgerOrder | null;
  readonly account: string;
  readonly symbol: string;
  readonly side: Side;
  readonly positionSide: PositionSide | 'both' | null;
  readonly price: DecimalString;
  readonly amount: DecimalString;
  /** Paid when positive. */
  readonly fee: DecimalString;
  readonly isMaker: boolean;
  readonly markPrice: DecimalString;
  /** The part of the amount that closed. */
  readonly closed: DecimalString;
  /** What its order had left afterwards. */
  readonly leaves: DecimalString;
  readonly at: number;
  readonly sequence: number;
}

export interface AccountLedger {
  readonly account: string;
  settings: AccountDelta | null;
  /** By `symbol|positionSide`; flat ones are gone. */
  readonly legs: Map<string, LegDelta>;
  /** By client order id, in order of placement. */
  readonly orders: Map<string, LedgerOrder>;
  readonly byOrderId: Map<string, LedgerOrder>;
  /** Client order ids in the order their orders ended. */
  ended: string[];
  executions: Execution[];
  events: AccountEvent[];
}

/** Orders, executions and events kept per account: more than any page a client asks for. */
const KEPT_MAX = 20_000;
/** Finer than any market's amounts. */
const AMOUNT_STEP = dec('0.000000000001');

export class BybitLedger {
  readonly accounts = new Map<string, AccountLedger>();
  readonly #prices = new Map<string, PriceDelta>();
  #sequence = 0;

  /** Follows the exchange as long as that lives. */
  constructor(exchange: SimulatedExchange) {
    this.#fold(exchange.snapshot(), true);
    exchange.onDelta((delta) => this.#fold(delta, false));
  }

  account(name: string): AccountLedger {
    let account = this.accounts.get(name);
    if (account === undefined) {
      account = { account: name, settings: null, legs: new Map(), orders: new Map(), byOrderId: new Map(), ended: [], executions: [], events: [] };
      this.accounts.set(name, account);
    }
    return account;
  }

  /** An order Bybit takes and cancels at once, which the simulated exchange refuses: it has a row, and its id is used. */
  addStillborn(request: OrderRequest, reason: string, at: number): LedgerOrder {
    const account = this.account(request.account);
    this.#sequence += 1;
    const id = `stillborn-${this.#sequence}`;
    this.#foldOrder({ ...request, id, status: 'canceled', triggered: false, filled: '0', reason, createdAt: at, updatedAt: at }, true);
    const order = account.orders.get(request.clientOrderId);
    invariant(order !== undefined, 'I13 an order that was just added is there', { order: request.clientOrderId });
    return order;
  }

  #fold(delta: BookDelta, isSnapshot: boolean): void {
    for (const account of delta.accounts ?? []) this.account(account.account).settings = account;
    for (const price of delta.prices ?? []) this.#prices.set(price.symbol, price);
    for (const { order } of delta.orders ?? []) this.#foldOrder(order);
    const legs = isSnapshot ? this.#legsBefore(delta) : null;
    const fees = new Map((delta.events ?? []).flatMap((event) => (event.type === 'liquidation' ? [[event.id, event.fee] as const] : [])));
    const happened = [...(delta.trades ?? []), ...(delta.events ?? [])].sort((a, b) => a.at - b.at);
    for (const each of happened) {
      if ('takerOrMaker' in each) this.#foldTrade(each, legs, fees.get(`liq-${each.id}`) ?? '0');
      else this.#foldEvent(each);
    }
    for (const leg of delta.legs ?? []) this.#putLeg(leg);
  }

  /** The legs before the first trade that is still remembered: today's, walked back. */
  #legsBefore(delta: BookDelta): Map<string, D> {
    const legs = new Map<string, D>();
    for (const leg of delta.legs ?? []) legs.set(legKeyOf(leg), dec(leg.amount));
    for (const trade of delta.trades ?? []) legs.set(legKeyOf(trade), (legs.get(legKeyOf(trade)) ?? ZERO).minus(signed(trade)));
    return legs;
  }

  #foldOrder(record: OrderRecord, isStillborn = false): void {
    const account = this.account(record.account);
    const known = account.orders.get(record.clientOrderId);
    if (known !== undefined) known.record = record;
    else {
      const lastPriceOnCreated = this.#prices.get(record.symbol)?.last ?? '';
      this.#sequence += 1;
      const order: LedgerOrder = { orderId: wireOrderId(record.id), sequence: this.#sequence, record, traded: ZERO, value: ZERO, fee: ZERO, lastPriceOnCreated, isStillborn };
      account.orders.set(record.clientOrderId, order);
      account.byOrderId.set(order.orderId, order);
      if (account.orders.size > KEPT_MAX) forgetOldestEnded(account);
    }
    if (record.status !== 'open') account.ended.push(record.clientOrderId);
  }

  /** `legs`: signed amounts before the trade, given while history is folded; else those of the ledger. */
  #foldTrade(trade: TradeRecord, legs: Map<string, D> | null, liquidationFee: DecimalString): void {
    const account = this.account(trade.account);
    const order = trade.clientOrderId === null ? null : (account.orders.get(trade.clientOrderId) ?? null);
    if (order !== null) {
      order.traded = order.traded.plus(trade.amount);
      order.value = order.value.plus(dec(trade.price).times(trade.amount));
      order.fee = order.fee.plus(trade.fee);
    }
    const key = legKeyOf(trade);
    const before = legs === null ? dec(account.legs.get(key)?.amount ?? '0') : (legs.get(key) ?? ZERO);
    const after = before.plus(signed(trade));
    if (legs !== null) legs.set(key, after);
    else this.#putLeg({ account: trade.account, symbol: trade.symbol, positionSide: trade.positionSide ?? 'both', amount: plain(after), cost: '0', margin: '0' });
    const type = execTypeOf(trade);
    this.#addExecution(account, {
      type,
      id: trade.id,
      orderId: order?.orderId ?? wireOrderId(trade.orderId),
      order,
      side: trade.side,
      positionSide: trade.positionSide,
      price: trade.price,
      amount: trade.amount,
      fee: type === 'BustTrade' ? liquidationFee : trade.fee,
      isMaker: trade.takerOrMaker === 'maker',
      markPrice: this.#prices.get(trade.symbol)?.mark ?? trade.price,
      closed: plain(closedPart(before, after)),
      leaves: order === null ? '0' : plain(dec(order.record.amount).minus(order.traded)),
      symbol: trade.symbol,
      at: trade.at,
    });
  }

  #foldEvent(event: AccountEvent): void {
    const account = this.account(event.account);
    account.events.push(event);
    account.events = bounded(account.events);
    if (event.type !== 'funding') return;
    const { symbol, rate, at, amount, markPrice } = event;
    const paid = dec(amount).negated();
    const isLong = dec(rate).isZero() ? event.positionSide !== 'short' : paid.isNegative() === dec(rate).isNegative();
    const value = dec(markPrice).times(rate);
    this.#addExecution(account, {
      type: 'Funding',
      id: event.id,
      orderId: `${Math.floor(at / 1_000)}-${event.id}`,
      order: null,
      side: isLong ? 'buy' : 'sell',
      positionSide: event.positionSide,
      price: markPrice,
      amount: value.isZero() ? '0' : plain(roundQuotientToStep(paid.abs(), value.abs(), AMOUNT_STEP)),
      fee: plain(paid),
      isMaker: false,
      markPrice,
      closed: '0',
      leaves: '0',
      symbol,
      at,
    });
  }

  #addExecution(account: AccountLedger, parts: Omit<Execution, 'sequence' | 'account'>): void {
    this.#sequence += 1;
    account.executions.push({ ...parts, account: account.account, sequence: this.#sequence });
    account.executions = bounded(account.executions);
  }

  #putLeg(leg: LegDelta): void {
    const { legs } = this.account(leg.account);
    const key = legKeyOf(leg);
    if (dec(leg.amount).isZero()) legs.delete(key);
    else legs.set(key, leg);
  }
}

function legKeyOf({ symbol, positionSide }: { readonly symbol: string; readonly positionSide: PositionSide | 'both' | null }): string {
  return `${symbol}|${positionSide ?? 'both'}`;
}

function signed(trade: TradeRecord): D {
  return trade.side === 'buy' ? dec(trade.amount) : dec(trade.amount).negated();
}

/** How much of the way from `before` to `after` led towards zero. */
function closedPart(before: D, after: D): D {
  if (before.isZero() || after.minus(before).isNegative() === before.isNegative()) return ZERO;
  const passes = !after.isZero() && after.isNegative() !== before.isNegative();
  return passes ? before.abs() : before.minus(after).abs();
}

function execTypeOf(trade: TradeRecord): ExecType {
  if (trade.clientOrderId !== null) return 'Trade';
  return trade.orderId.startsWith('adl-') ? 'AdlTrade' : 'BustTrade';
}

/** Trimmed in halves, so that keeping a list short costs nothing per entry. */
function bounded<T>(list: T[]): T[] {
  return list.length < 2 * KEPT_MAX ? list : list.slice(-KEPT_MAX);
}

function forgetOldestEnded(account: AccountLedger): void {
  const oldest = account.ended.shift();
  const order = oldest === undefined ? undefined : account.orders.get(oldest);
  if (oldest === undefined || order === undefined) return;
  account.orders.delete(oldest);
  account.byOrderId.delete(order.orderId);
}
