/**
 * Why the exchange refuses an order: the rules in the order they are checked, each one function. The first that applies wins.
 * Keeps I15 and I7 from the exchange's side: nothing off the grid and no closing order that would open is ever accepted.
 */
import { dec, isOnStep, isPlainDecimal, plain } from '../../domain/decimal.ts';
import type { D } from '../../domain/decimal.ts';
import { isOnGrid, tickAt } from '../../domain/price-grid.ts';
import type { ExchangeCapabilities, OrderRequest, RefusalCode } from '../../ports/exchange.ts';
import type { AccountState, BookOrder, MarketState } from './book-state.ts';
import type { Book } from './book.ts';
import { isMarketable } from './execution.ts';
import { canAfford, takingPrice } from './margin.ts';
import { isReached } from './matching.ts';
import type { Quote } from './market.ts';
import { closableAmount, closesLeg, legSideOf } from './position.ts';
import { isConditional, isUntriggered } from './price-watch.ts';

export interface Refusal {
  readonly code: RefusalCode;
  readonly message: string;
}

export interface OrderRules {
  readonly capabilities: ExchangeCapabilities;
  readonly marginChecks: boolean;
  /** Takes ids of any form, as an exchange's own website writes them. */
  readonly anyClientOrderId?: boolean;
}

/** Everything a rule may look at. `existing`: the order an amendment would change. */
interface Case {
  readonly book: Book;
  readonly account: AccountState;
  readonly state: MarketState;
  readonly quote: Quote;
  readonly request: OrderRequest;
  readonly rules: OrderRules;
  readonly existing: BookOrder | null;
  readonly amount: D;
  /** What is left to fill. */
  readonly remaining: D;
  readonly price: D | null;
  readonly triggerPrice: D | null;
  /** A conditional order that has not fired. */
  readonly waits: boolean;
}

type Rule = (given: Case) => Refusal | null;

const CLIENT_ORDER_ID_FORMS = { alphanumeric: /^[A-Za-z0-9]{1,32}$/, hex128: /^0x[0-9a-fA-F]{32}$/ } as const;

export function refusalOfPlacement(book: Book, request: OrderRequest, rules: OrderRules): Refusal | null {
  const account = book.account(request.account);
  const state = book.markets.get(request.symbol);
  if (state === undefined) return refuse('UNKNOWN_SYMBOL', request.symbol);
  const malformed = malformation(request, rules);
  if (malformed !== null) return refuse('BAD_REQUEST', malformed);
  if (book.isUsedId(account, request.clientOrderId)) return refuse('DUPLICATE_CLIENT_ORDER_ID', request.clientOrderId);
  return firstRefusal(book, account, state, request, rules, null, [checkPositionSide, checkCaps]);
}

/** `request`: the order as it would be after the amendment. */
export function refusalOfAmendment(book: Book, request: OrderRequest, existing: BookOrder, rules: OrderRules): Refusal | null {
  const malformed = malformation(request, rules);
  if (malformed !== null) return refuse('BAD_REQUEST', malformed);
  return firstRefusal(book, book.account(request.account), book.marketOf(request.symbol), request, rules, existing, [checkAboveFilled]);
}

function firstRefusal(
  book: Book,
  account: AccountState,
  state: MarketState,
  request: OrderRequest,
  rules: OrderRules,
  existing: BookOrder | null,
  first: readonly Rule[],
): Refusal | null {
  if (state.quote === null || state.halted) return refuse('MARKET_HALTED', `${request.symbol} does not trade now`);
  const amount = dec(request.amount);
  const given: Case = {
    book,
    account,
    state,
    quote: state.quote,
    request,
    rules,
    existing,
    amount,
    remaining: existing === null ? amount : amount.minus(existing.filled),
    price: request.price === null ? null : dec(request.price),
    triggerPrice: request.triggerPrice === null ? null : dec(request.triggerPrice),
    waits: existing === null ? isConditional(request) : isUntriggered(existing.record),
  };
  for (const rule of [...first, checkGrid, checkMinimums, checkTrigger, checkPostOnly, checkReduceOnly, checkMargin]) {
    const refusal = rule(given);
    if (refusal !== null) return refusal;
  }
  return null;
}

function refuse(code: RefusalCode, message: string): Refusal {
  return { code, message };
}

/** What is wrong with the form of a request, null when it is well formed. */
function malformation(request: OrderRequest, { capabilities, anyClientOrderId = false }: OrderRules): string | null {
  const { type, amount, price, triggerPrice } = request;
  const needsPrice = type === 'limit' || type === 'stop-limit';
  if (!anyClientOrderId && !CLIENT_ORDER_ID_FORMS[capabilities.clientOrderIdForm].test(request.clientOrderId)) return `clientOrderId ${request.clientOrderId}`;
  if (!isPositive(amount)) return `amount ${amount}`;
  if (needsPrice ? price === null || !isPositive(price) : price !== null) return `price ${price} of a ${type}`;
  if (isConditional(request) ? triggerPrice === null || !isPositive(triggerPrice) : triggerPrice !== null) return `triggerPrice ${triggerPrice} of a ${type}`;
  if (isConditional(request) && !capabilities.triggerSources.includes(request.triggerBy)) return `triggerBy ${request.triggerBy}`;
  if (request.postOnly && !needsPrice) return `postOnly ${type}`;
  return null;
}

function isPositive(text: string): boolean {
  return isPlainDecimal(text) && dec(text).greaterThan(0);
}

function checkPositionSide({ account, request, rules }: Case): Refusal | null {
  if ((account.positionMode === 'hedge') !== (request.positionSide !== null)) {
    return refuse('POSITION_SIDE_MISMATCH', `positionSide ${request.positionSide} in ${account.positionMode} mode`);
  }
  if (request.positionSide === null || !request.reduceOnly) return null;
  if (!rules.capabilities.reduceOnlyInHedgeMode) return refuse('POSITION_SIDE_MISMATCH', 'reduceOnly is not accepted in hedge mode');
  return closesLeg(request) ? null : refuse('REDUCE_ONLY_REJECTED', `${request.side} opens the ${request.positionSide} leg`);
}

function checkCaps({ account, state, request, rules }: Case): Refusal | null {
  const ofSymbol = [...account.open.values()].filter((order) => order.record.symbol === request.symbol);
  const { maxOpenOrders, maxConditionalOrders } = state.market;
  if (maxOpenOrders !== null && ofSymbol.length >= maxOpenOrders) return refuse('MAX_OPEN_ORDERS', `${maxOpenOrders} open orders`);
  const cap = maxConditionalOrders === undefined ? rules.capabilities.maxConditionalPerSymbol : maxConditionalOrders;
  if (cap === null || !isConditional(request)) return null;
  const waiting = ofSymbol.filter((order) => isUntriggered(order.record)).length;
  return waiting >= cap ? refuse('MAX_CONDITIONAL_ORDERS', `${cap} conditional orders`) : null;
}

function checkAboveFilled({ remaining, existing }: Case): Refusal | null {
  if (remaining.greaterThan(0)) return null;
  return refuse('ORDER_NOT_AMENDABLE', `the amount must be above ${existing?.record.filled ?? '0'}, which is filled`);
}

function checkGrid({ state, amount, price, triggerPrice }: Case): Refusal | null {
  const { prices, amountStep } = state.market;
  for (const [name, value] of [['price', price], ['triggerPrice', triggerPrice]] as const) {
    if (value !== null && !isOnGrid(prices, value)) return refuse('PRICE_OFF_TICK', `${name} ${plain(value)}, tick ${plain(tickAt(prices, value))}`);
  }
  return isOnStep(amount, amountStep) ? null : refuse('AMOUNT_OFF_STEP', `amount ${plain(amount)}, step ${plain(amountStep)}`);
}

/** Closing orders are exempt from the minimal cost, so that a small rest can always be closed. */
function checkMinimums({ state, quote, request, amount, price, triggerPrice }: Case): Refusal | null {
  const { minAmount, minCost } = state.market;
  if (amount.lessThan(minAmount)) return refuse('MIN_AMOUNT', `amount ${plain(amount)} is below ${plain(minAmount)}`);
  if (closesLeg(request)) return null;
  const cost = amount.times(price ?? triggerPrice ?? quote.of('last'));
  return cost.lessThan(minCost) ? refuse('MIN_COST', `cost ${plain(cost)} is below ${plain(minCost)}`) : null;
}

function checkTrigger({ quote, request, triggerPrice, waits }: Case): Refusal | null {
  if (!waits || !isReached(request, triggerPrice, quote)) return null;
  return refuse('WOULD_TRIGGER_IMMEDIATELY', `${request.triggerBy} is at ${quote[request.triggerBy]}`);
}

function checkPostOnly({ quote, request, price, waits }: Case): Refusal | null {
  if (waits || !request.postOnly || price === null || !isMarketable(request.side, price, quote.of('last'))) return null;
  return refuse('POST_ONLY_WOULD_TAKE', `last is at ${quote.last}`);
}

/**
 * Closing orders that act now. A leg of hedge mode must hold all of the amount; a reduce-only order in one-way mode must find
 * something to close and is cut to it. Conditional orders are checked when they fire.
 */
function checkReduceOnly({ book, account, request, remaining, waits }: Case): Refusal | null {
  if (waits || !closesLeg(request)) return null;
  const leg = book.leg(account, request.symbol, legSideOf(account.positionMode, request.positionSide));
  const closable = closableAmount(leg, request.side);
  const isRefused = request.positionSide === null ? closable.isZero() : remaining.greaterThan(closable);
  return isRefused ? refuse('REDUCE_ONLY_REJECTED', `${plain(closable)} can be closed, not ${plain(remaining)}`) : null;
}

/** Conditional orders reserve nothing and are checked when they fire. */
function checkMargin({ book, account, state, quote, request, remaining, price, waits, rules, existing }: Case): Refusal | null {
  if (waits || !rules.marginChecks) return null;
  const last = quote.of('last');
  const rests = price !== null && !isMarketable(request.side, price, last);
  const at = rests ? price : takingPrice(state, request.side, last, price);
  if (canAfford(book, account, request, remaining, at, existing)) return null;
  return refuse('INSUFFICIENT_MARGIN', `${plain(remaining)} at ${plain(at)} costs more than the free margin`);
}
