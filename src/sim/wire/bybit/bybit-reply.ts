/** Bybit's answers: HTTP 200 and an envelope whose retCode says what happened, and what each refusal of the simulated exchange is called. */
import type { Json } from '../../../domain/json.ts';
import { REFUSALS } from '../../../ports/exchange.ts';
import type { AmendRequest, OrderRequest, RefusalCode, WriteOutcome } from '../../../ports/exchange.ts';
import type { WireReply } from '../../../ports/wire.ts';

/** A retCode other than 0. Source of codes and texts: bybit-exchange.github.io/docs/v5/error. */
export interface Failure {
  readonly code: number;
  readonly message: string;
  /** The client is asked for this pause, ms. */
  readonly retryAfterMs?: number;
}

/** Thrown by endpoints, answered by the protocol. */
export class BybitFailure extends Error {
  readonly failure: Failure;
  constructor(code: number, message: string, retryAfterMs?: number) {
    super(message);
    this.failure = { code, message, ...(retryAfterMs !== undefined && { retryAfterMs }) };
  }
}

export function badParameter(message: string): BybitFailure {
  return new BybitFailure(10001, message);
}

export function okReply(result: Json, time: number): WireReply {
  return envelope(0, 'OK', result, time);
}

export function failureReply({ code, message, retryAfterMs }: Failure, time: number): WireReply {
  const reply = envelope(code, message, {}, time);
  if (retryAfterMs === undefined) return reply;
  return { ...reply, headers: { ...reply.headers, 'x-bapi-limit-status': '0', 'x-bapi-limit-reset-timestamp': String(time + retryAfterMs) } };
}

function envelope(retCode: number, retMsg: string, result: Json, time: number): WireReply {
  return {
    status: 200,
    headers: { 'content-type': 'application/json; charset=utf-8', 'x-bapi-limit': '50', 'x-bapi-limit-status': '49', 'x-bapi-limit-reset-timestamp': String(time) },
    body: JSON.stringify({ retCode, retMsg, result, retExtInfo: {}, time }),
  };
}

const OUT_OF_WINDOW: Failure = { code: 10002, message: 'The request time exceeds the time window range.' };

type Request = Pick<OrderRequest, 'side'> | AmendRequest;

/**
 * Bybit has one code, 10001, for everything malformed, off the grid, or of the wrong position index; only its text tells which. The texts
 * for prices off the tick are assumed, those of the others are known from the field.
 */
const REFUSAL_CODES: Readonly<Record<Exclude<RefusalCode, 'WOULD_TRIGGER_IMMEDIATELY'>, (message: string) => Failure>> = {
  REDUCE_ONLY_REJECTED: () => ({ code: 110017, message: 'current position is zero, cannot fix reduce-only order qty' }),
  INSUFFICIENT_MARGIN: () => ({ code: 110007, message: 'ab not enough for new order' }),
  DUPLICATE_CLIENT_ORDER_ID: () => ({ code: 110072, message: 'OrderLinkedID is duplicate' }),
  MIN_AMOUNT: (message) => ({ code: 10001, message: `The number of contracts exceeds minimum limit allowed: too small, ${message}` }),
  MIN_COST: (message) => ({ code: 110094, message: `Order does not meet minimum order value: ${message}` }),
  PRICE_OFF_TICK: (message) => ({ code: 10001, message: `Price invalid: ${message}` }),
  AMOUNT_OFF_STEP: (message) => ({ code: 10001, message: `Qty invalid: ${message}` }),
  MAX_CONDITIONAL_ORDERS: () => ({ code: 110009, message: 'The number of stop orders exceeds the maximum allowable limit' }),
  MAX_OPEN_ORDERS: () => ({ code: 110020, message: 'Not allowed to have more than 500 active orders' }),
  // Only of amendments: a new order is taken and cancelled at once.
  POST_ONLY_WOULD_TAKE: () => ({ code: 110003, message: 'Order price exceeds the allowable range.' }),
  POSITION_SIDE_MISMATCH: () => ({ code: 10001, message: 'position idx not match position mode' }),
  ORDER_NOT_FOUND: () => ({ code: 110001, message: 'order not exists or too late to cancel' }),
  ORDER_NOT_AMENDABLE: (message) => (message.includes('filled') ? { code: 110064, message: 'The number of contracts modified cannot be less than or equal to the filled quantity' } : { code: 110001, message: 'order not exists or too late to replace' }),
  UNKNOWN_SYMBOL: (message) => ({ code: 10001, message: `params error: symbol invalid ${message}` }),
  BAD_REQUEST: (message) => ({ code: 10001, message: `params error: ${message}` }),
  MARKET_HALTED: () => ({ code: 110066, message: 'Trading is currently not allowed' }),
  CLOCK_SKEW: () => OUT_OF_WINDOW,
  RATE_LIMITED: () => ({ code: 10006, message: 'Too many visits. Exceeded the API Rate Limit.' }),
};

/** What the client is told; null: done. A code no client knows is a server error, of which nothing can be concluded. */
export function failureOf(outcome: WriteOutcome<unknown>, request: Request | null): Failure | null {
  switch (outcome.type) {
    case 'done':
      return null;
    case 'unknown':
      return { code: 10000, message: 'Server Timeout' };
    case 'refused':
      return { ...refusal(outcome.code, outcome.message, request), ...(outcome.retryAfterMs !== undefined && { retryAfterMs: outcome.retryAfterMs }) };
  }
}

function refusal(code: string, message: string, request: Request | null): Failure {
  if (code === 'REQUEST_EXPIRED') return OUT_OF_WINDOW;
  if (code === 'WOULD_TRIGGER_IMMEDIATELY') return wrongSideOfTrigger(message, request);
  const known = REFUSALS.find((each) => each === code);
  if (known === undefined || known === 'WOULD_TRIGGER_IMMEDIATELY') return { code: 10016, message: `Server error. ${code}` };
  return REFUSAL_CODES[known](message);
}

function wrongSideOfTrigger(message: string, request: Request | null): Failure {
  const rises = request === null || !('side' in request) || request.side === 'buy';
  return rises ? { code: 110092, message: `expect Rising, but trigger_price <= current: ${message}` } : { code: 110093, message: `expect Falling, but trigger_price >= current: ${message}` };
}
