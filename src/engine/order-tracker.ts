/**
 * The engine's view of its own orders: what was asked for, what the exchange confirmed, what was filled and for which leg.
 *
 * - I2: an order is tracked, and stored, before it is sent. - I4: a trade is booked once, by its id.
 * - I13: a final status never reopens, and a rung is freed only when every trade of a finished order has been booked.
 */
import { dec, floorQuotientToStep, minOf, plain, sum } from '../domain/decimal.ts';
import { D } from '../domain/decimal.ts';
import type { DecimalString } from '../domain/decimal.ts';
import { invariant } from '../domain/invariant.ts';
import { rungOfFill } from '../domain/ladder.ts';
import type { Fill } from '../domain/ladder.ts';
import type { WalletName } from '../domain/strategy.ts';
import type { Json } from '../domain/json.ts';
import type { AmendRequest, OrderRecord, OrderRequest, OrderStatus, TradeRecord } from '../ports/exchange.ts';
import type { StoredOrder, StoredOrderStatus } from '../ports/store.ts';
import type { ExchangeOrder, OrderLeg } from '../window/exchange-orders.ts';
import type { WorkingOrder } from '../window/plan.ts';
import { factsOf } from './step.ts';
import type { WalletState } from './step.ts';

export interface TrackedOrder extends WorkingOrder {
  /** The slot, cycle and generation its id was made from; an amended order may serve another slot, its `legs` say which. */
  readonly slot: string;
  readonly cycle: number;
  readonly generation: number;
  readonly request: OrderRequest;
  readonly exchangeOrderId: string | null;
  /** The exchange's final word; the order stays tracked until its trades are booked. */
  readonly finalStatus: Exclude<OrderStatus, 'open'> | null;
  /** What the exchange says was executed in all; trades up to it are still to come. */
  readonly reportedFilled: DecimalString;
  readonly reason: string | null;
  /** Exchange time of the newest news of it; 0 before the first. */
  readonly seenAt: number;
}

export interface WalletFill {
  readonly wallet: WalletName;
  readonly fill: Fill;
}

/** What a leg's share of a fee is rounded down to; the last leg of a trade takes the remainder. */
const FEE_STEP = new D('1e-18');

export function trackNew(order: ExchangeOrder, request: OrderRequest, generation: number): TrackedOrder {
  return {
    clientOrderId: request.clientOrderId,
    account: request.account,
    symbol: request.symbol,
    side: request.side,
    type: order.type,
    amount: request.amount,
    filled: '0',
    triggerPrice: request.triggerPrice,
    price: request.price,
    triggerBy: request.triggerBy,
    positionSide: request.positionSide,
    reduceOnly: request.reduceOnly,
    legs: order.legs,
    status: 'committed',
    isTriggered: false,
    slot: order.slot,
    cycle: order.legs[0]?.cycle ?? 0,
    generation,
    request,
    exchangeOrderId: null,
    finalStatus: null,
    reportedFilled: '0',
    reason: null,
    seenAt: 0,
  };
}

/** The order as it will be once the exchange has accepted an amendment. */
export function withAmendment(order: TrackedOrder, wanted: ExchangeOrder, { amount, price, triggerPrice }: AmendRequest): TrackedOrder {
  const legs = wanted.legs.length === 1 ? wanted.legs.map((leg) => ({ ...leg, amount })) : wanted.legs;
  return {
    ...order,
    amount,
    price,
    triggerPrice,
    legs,
    request: { ...order.request, amount, price, triggerPrice },
  };
}

/** What can be amended about an order. */
type Content = Pick<OrderRecord, 'amount' | 'price' | 'triggerPrice'>;

export function hasContent(order: Content, { amount, price, triggerPrice }: Content): boolean {
  const isEqual = (a: DecimalString | null, b: DecimalString | null): boolean => (a === null || b === null ? a === b : dec(a).equals(b));
  return isEqual(order.amount, amount) && isEqual(order.price, price) && isEqual(order.triggerPrice, triggerPrice);
}

/** What the exchange says the order is now, where an amendment may not have happened. */
export function asReported(order: TrackedOrder, { amount, price, triggerPrice }: Content): TrackedOrder {
  const isSingle = order.legs.length === 1;
  const legs: readonly OrderLeg[] = isSingle ? order.legs.map((leg) => ({ ...leg, amount })) : order.legs;
  return { ...order, amount, price, triggerPrice, legs, request: { ...order.request, amount, price, triggerPrice } };
}

/** A resting order is what the newest news say, also where we asked for something else last: an older amendment was delivered again. */
function changedMeanwhile(order: TrackedOrder, record: OrderRecord): TrackedOrder {
  const isNews = order.status === 'live' && record.status === 'open' && !record.triggered && record.updatedAt > order.seenAt;
  return isNews && !hasContent(order, record) ? asReported(order, record) : order;
}

/** Folds in what the exchange reports; older news and news after the end change nothing (I13). */
export function withRecord(order: TrackedOrder, record: OrderRecord): TrackedOrder {
  if (order.finalStatus !== null) return order;
  const reported = dec(record.filled).greaterThan(order.reportedFilled) ? record.filled : order.reportedFilled;
  return {
    ...changedMeanwhile(order, record),
    seenAt: Math.max(order.seenAt, record.updatedAt),
    status: 'live',
    exchangeOrderId: record.id,
    isTriggered: order.isTriggered || record.triggered,
    reportedFilled: reported,
    finalStatus: record.status === 'open' ? null : record.status,
    reason: record.reason ?? order.reason,
  };
}

/** It rests for several legs and nothing of it is filled. */
export function isUntouchedNetted({ legs, filled, status }: TrackedOrder): boolean {
  return legs.length > 1 && filled === '0' && status === 'live';
}

/** A netted order whose amount is of an amendment that the store has lost: what it rests for is not known. */
export function hasOtherLegs(order: TrackedOrder): boolean {
  return isUntouchedNetted(order) && !sum(order.legs.map((leg) => dec(leg.amount))).equals(order.amount);
}

/** The same amount for the same slots, split so that what is to be closed comes first: while no order may be changed, that is how it protects. */
export function resplit(order: TrackedOrder, wanted: ExchangeOrder): TrackedOrder {
  let rest = dec(order.amount);
  const last = wanted.legs.length - 1;
  const legs = wanted.legs.map((leg, index) => {
    const amount = index === last ? rest : minOf(rest, dec(leg.amount));
    rest = rest.minus(amount);
    return { ...leg, amount: plain(amount) };
  });
  return { ...order, legs };
}

/** Final, and every execution the exchange reported has been booked. */
export function isSettled(order: TrackedOrder): boolean {
  return order.finalStatus !== null && dec(order.filled).greaterThanOrEqualTo(order.reportedFilled);
}

/** A trade split over the order's legs in fill order, with the order as it is afterwards; its first fill binds a leg to its rung. */
export function allocateTrade(order: TrackedOrder, trade: TradeRecord, wallets: readonly WalletState[]): { readonly order: TrackedOrder; readonly fills: readonly WalletFill[] } {
  invariant(order.legs.length > 0, 'I5 an order of ours serves at least one leg', { clientOrderId: order.clientOrderId });
  let before = dec(order.filled);
  let rest = dec(trade.amount);
  let feeLeft = dec(trade.fee);
  const fills: WalletFill[] = [];
  const legs = [...order.legs];
  order.legs.forEach((leg, index) => {
    const legAmount = dec(leg.amount);
    const done = minOf(before, legAmount);
    before = before.minus(done);
    const isLast = index === order.legs.length - 1;
    // An overfill beyond the last leg is booked on it: the position is what the exchange says it is.
    const part = isLast ? rest : minOf(rest, legAmount.minus(done));
    if (part.isZero()) return;
    rest = rest.minus(part);
    const fee = rest.isZero() ? feeLeft : feeShare(dec(trade.fee), part, dec(trade.amount));
    feeLeft = feeLeft.minus(fee);
    const fill = fillOf(leg, trade, part, fee, done.plus(part).greaterThanOrEqualTo(legAmount));
    const rung = leg.rung ?? rungBound(fill, wallets.find(({ name }) => name === leg.wallet));
    fills.push({ wallet: leg.wallet, fill: rung === null ? fill : { ...fill, rung } });
    if (rung !== null) legs[index] = { ...leg, rung };
  });
  return { order: { ...order, legs, filled: plain(dec(order.filled).plus(trade.amount)) }, fills };
}

function rungBound(fill: Fill, wallet: WalletState | undefined): number | null {
  return wallet === undefined ? null : rungOfFill(factsOf(wallet), fill);
}

function feeShare(fee: D, part: D, whole: D): D {
  const share = floorQuotientToStep(fee.abs().times(part), whole, FEE_STEP);
  return fee.isNegative() ? share.negated() : share;
}

function fillOf(leg: OrderLeg, trade: TradeRecord, amount: D, fee: D, isComplete: boolean): Fill {
  return {
    role: leg.role,
    level: leg.level,
    leg: leg.leg,
    cycle: leg.cycle,
    price: trade.price,
    amount: plain(amount),
    fee: plain(fee),
    isComplete,
    at: trade.at,
  };
}

export function toStored(order: TrackedOrder, at: number): StoredOrder {
  return {
    clientOrderId: order.clientOrderId,
    slot: order.slot,
    cycle: order.cycle,
    generation: order.generation,
    request: order.request,
    legs: order.legs as unknown as Json,
    status: storedStatus(order),
    exchangeOrderId: order.exchangeOrderId,
    filled: order.filled,
    reason: order.reason,
    updatedAt: at,
  };
}

function storedStatus(order: TrackedOrder): StoredOrderStatus {
  if (isSettled(order)) return order.finalStatus === 'rejected' && order.exchangeOrderId === null ? 'refused' : 'closed';
  return order.status;
}

/** An order that was working when it was stored. */
export function fromStored(stored: StoredOrder): TrackedOrder {
  invariant(stored.status !== 'refused' && stored.status !== 'closed', 'I13 a finished order is not tracked again', { id: stored.clientOrderId });
  return { ...fromStoredClosed(stored), status: stored.status };
}

/** Any stored order, for a trade that arrives after its end. */
export function fromStoredClosed(stored: StoredOrder): TrackedOrder {
  const { request } = stored;
  invariant(request.type !== 'limit', 'I2 the bot places no plain limit orders', { id: stored.clientOrderId });
  return {
    clientOrderId: stored.clientOrderId,
    account: request.account,
    symbol: request.symbol,
    side: request.side,
    type: request.type,
    amount: request.amount,
    filled: stored.filled,
    triggerPrice: request.triggerPrice,
    price: request.price,
    triggerBy: request.triggerBy,
    positionSide: request.positionSide,
    reduceOnly: request.reduceOnly,
    legs: stored.legs as unknown as readonly OrderLeg[],
    status: 'live',
    isTriggered: false,
    slot: stored.slot,
    cycle: stored.cycle,
    generation: stored.generation,
    request,
    exchangeOrderId: stored.exchangeOrderId,
    finalStatus: null,
    reportedFilled: stored.filled,
    reason: stored.reason,
    seenAt: 0,
  };
}
