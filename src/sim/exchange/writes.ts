/**
 * The three writes as the exchange carries them out. Each leaves a line in the log of received requests with its true outcome.
 * An accepted order takes from the market at once what it may; conditional orders and the rest of limits wait for ticks.
 */
import { plain, dec, isPlainDecimal } from '../../domain/decimal.ts';
import type { AmendRequest, CancelRequest, OrderRecord, OrderRequest, WriteOutcome } from '../../ports/exchange.ts';
import type { BookOrder, MarketState } from './book-state.ts';
import type { Book } from './book.ts';
import type { ReceivedRequest } from './delta.ts';
import { activate } from './execution.ts';
import type { OrderRules, Refusal } from './order-rules.ts';
import { refusalOfAmendment, refusalOfPlacement } from './order-rules.ts';
import { isConditional, isLimit, isUntriggered } from './price-watch.ts';

type Outcome = WriteOutcome<OrderRecord>;

export function place(book: Book, request: OrderRequest, rules: OrderRules): Outcome {
  return answer(book, 'place', request, accept(book, request, rules));
}

/** Placing without a line in the log of received requests: what somebody else than the client does. */
export function accept(book: Book, request: OrderRequest, rules: OrderRules): Outcome {
  const refusal = refusalOfPlacement(book, request, rules);
  if (refusal !== null) return refused(refusal);
  const sequence = book.nextId('order');
  const order = book.putOrder(sequence, {
    account: request.account,
    symbol: request.symbol,
    clientOrderId: request.clientOrderId,
    side: request.side,
    type: request.type,
    amount: plain(dec(request.amount)),
    price: canonical(request.price),
    triggerPrice: canonical(request.triggerPrice),
    triggerBy: request.triggerBy,
    positionSide: request.positionSide,
    reduceOnly: request.reduceOnly,
    postOnly: request.postOnly,
    id: `o${sequence}`,
    status: 'open',
    triggered: false,
    filled: '0',
    reason: null,
    createdAt: book.now,
    updatedAt: book.now,
  });
  if (!isConditional(request)) actNow(book, book.marketOf(request.symbol), order);
  return { type: 'done', value: order.record };
}

/** A null price or trigger price leaves the order's own as it is. */
export function amend(book: Book, request: AmendRequest, rules: OrderRules): Outcome {
  const found = findOpen(book, request);
  if (!('record' in found)) return answer(book, 'amend', request, refused(found));
  const changed: OrderRequest = {
    ...found.record,
    amount: request.amount,
    price: request.price ?? found.record.price,
    triggerPrice: request.triggerPrice ?? found.record.triggerPrice,
  };
  const refusal = refusalToAmend(found, changed, rules) ?? refusalOfAmendment(book, changed, found, rules);
  if (refusal !== null) return answer(book, 'amend', request, refused(refusal));
  book.changeOrder(found, {
    amount: plain(dec(changed.amount)),
    price: canonical(changed.price),
    triggerPrice: canonical(changed.triggerPrice),
  });
  if (!isUntriggered(found.record)) actNow(book, book.marketOf(request.symbol), found);
  return answer(book, 'amend', request, { type: 'done', value: found.record });
}

/** What is executing cannot be changed, what has fired has no trigger any more, and the exchange may not amend stops at all. */
function refusalToAmend(order: BookOrder, changed: OrderRequest, rules: OrderRules): Refusal | null {
  const { record } = order;
  if (isUntriggered(record)) {
    return rules.capabilities.amendsConditional ? null : { code: 'ORDER_NOT_AMENDABLE', message: 'conditional orders cannot be amended here' };
  }
  if (!isLimit(record)) return { code: 'ORDER_NOT_AMENDABLE', message: `a ${record.type} that executes cannot be amended` };
  const { triggerPrice } = changed;
  const isSameTrigger = triggerPrice === null || record.triggerPrice === null || (isPlainDecimal(triggerPrice) && dec(triggerPrice).equals(record.triggerPrice));
  return !isSameTrigger ? { code: 'ORDER_NOT_AMENDABLE', message: 'the order has fired' } : null;
}

export function cancel(book: Book, request: CancelRequest): Outcome {
  return answer(book, 'cancel', request, withdraw(book, request, 'CANCELED_BY_CLIENT'));
}

/** Cancelling without a line in the log of received requests. `reason`: the raw one the order ends with. */
export function withdraw(book: Book, request: CancelRequest, reason: string): Outcome {
  const found = findOpen(book, request);
  if (!('record' in found)) return refused(found);
  book.closeOrder(found, 'canceled', reason);
  return { type: 'done', value: found.record };
}

/** A write that was refused before the book was asked; `code` may be one no client knows. */
export function turnAway(book: Book, kind: ReceivedRequest['kind'], request: ReceivedRequest['request'], code: string, message: string): Outcome {
  return answer(book, kind, request, { type: 'refused', code, message });
}

function actNow(book: Book, state: MarketState, order: BookOrder): void {
  if (state.quote !== null) activate(book, state, order, state.quote.of('last'));
}

function findOpen(book: Book, request: CancelRequest): BookOrder | Refusal {
  const account = book.account(request.account);
  if (!book.markets.has(request.symbol)) return { code: 'UNKNOWN_SYMBOL', message: request.symbol };
  const order = account.open.get(request.clientOrderId);
  if (order !== undefined && order.record.symbol === request.symbol) return order;
  return { code: 'ORDER_NOT_FOUND', message: `no open order ${request.clientOrderId}` };
}

function canonical(value: string | null): string | null {
  return value === null ? null : plain(dec(value));
}

function refused(refusal: Refusal): Outcome {
  return { type: 'refused', code: refusal.code, message: refusal.message };
}

function answer(book: Book, kind: ReceivedRequest['kind'], request: ReceivedRequest['request'], outcome: Outcome): Outcome {
  book.addRequest({
    sequence: book.nextId('request'),
    receivedAt: book.now,
    kind,
    request,
    outcome: outcome.type === 'done' ? 'done' : 'refused',
    code: outcome.type === 'refused' ? outcome.code : null,
  });
  return outcome;
}
