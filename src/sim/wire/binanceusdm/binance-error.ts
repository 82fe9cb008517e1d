/** Refusals in Binance's words: code, message and HTTP status, as documented for USDⓈ-M futures. */
import type { WireReply } from '../../../ports/wire.ts';

/** Codes this server can answer, with their messages. */
export const BINANCE_MESSAGES = {
  '-1000': 'An unknown error occurred while processing the request.',
  '-1001': 'Internal error; unable to process your request. Please try again.',
  '-1003': 'Too many requests; current limit is 2400 requests per minute. Please use the websocket for live updates to avoid polling the API.',
  '-1007': 'Timeout waiting for response from backend server. Send status unknown; execution status unknown.',
  '-1008': 'Server is currently overloaded with other requests. Please try again in a few minutes.',
  '-1021': 'Timestamp for this request is outside of the recvWindow.',
  '-1022': 'Signature for this request is not valid.',
  '-1100': 'Illegal characters found in a parameter.',
  '-1102': 'A mandatory parameter was not sent, was empty/null, or malformed.',
  '-1106': 'A parameter was sent when not required.',
  '-1111': 'Precision is over the maximum defined for this asset.',
  '-1115': 'Invalid timeInForce.',
  '-1116': 'Invalid orderType.',
  '-1120': 'Invalid interval.',
  '-1121': 'Invalid symbol.',
  '-1125': 'This listenKey does not exist.',
  '-1127': 'Lookup interval is too big.',
  '-1130': 'Invalid data sent for a parameter.',
  '-1131': 'recvWindow must be less than 60000.',
  '-2011': 'Unknown order sent.',
  '-2013': 'Order does not exist.',
  '-2014': 'API-key format invalid.',
  '-2015': 'Invalid API-key, IP, or permissions for action.',
  '-2019': 'Margin is insufficient.',
  '-2021': 'Order would immediately trigger.',
  '-2022': 'ReduceOnly Order is rejected.',
  '-2025': 'Reach max open order limit.',
  '-4003': 'Quantity less than or equal to zero.',
  '-4004': 'Quantity less than min quantity.',
  '-4005': 'Quantity greater than max quantity.',
  '-4014': 'Price not increased by tick size.',
  '-4015': 'Client order id length should not be more than 36 chars',
  '-4023': 'Qty not increased by step size.',
  '-4028': 'Leverage is not valid',
  '-4045': 'Reach max stop order limit.',
  '-4046': 'No need to change margin type.',
  '-4047': 'Margin type cannot be changed if there exists open orders.',
  '-4048': 'Margin type cannot be changed if there exists position.',
  '-4059': 'No need to change position side.',
  '-4061': "Order's position side does not match user's setting.",
  '-4067': 'Position side cannot be changed if there exists open orders.',
  '-4068': 'Position side cannot be changed if there exists position.',
  '-4116': 'ClientOrderId is duplicated.',
  '-4120': 'Order type not supported for this endpoint. Please use the Algo Order API endpoints instead.',
  '-4140': 'Invalid symbol status for opening position.',
  '-4164': "Order's notional must be no smaller than 5 (unless you choose reduce only).",
  '-5022': 'Due to the order could not be executed as maker, the Post Only order will be rejected. The order will not be recorded in the order history',
  '-5000': 'Path is invalid.',
  '-20132': 'Client algo id is duplicated.',
} as const;
export type BinanceCode = keyof typeof BINANCE_MESSAGES;

/** Thrown by a route, answered as `{code, msg}`. */
export class BinanceError extends Error {
  readonly code: BinanceCode;
  /** HTTP. */
  readonly status: number;

  constructor(code: BinanceCode, message: string = BINANCE_MESSAGES[code], status = statusOf(code)) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

function statusOf(code: BinanceCode): number {
  if (code === '-2014' || code === '-2015') return 401;
  if (code === '-5000') return 404;
  if (code === '-1007') return 408;
  if (code === '-1000' || code === '-1001') return 500;
  return 400;
}

export function errorReply({ code, message, status }: BinanceError, headers: Readonly<Record<string, string>> = {}): WireReply {
  return { status, headers, body: JSON.stringify({ code: Number(code), msg: message }) };
}
