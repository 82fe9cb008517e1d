/**
 * The retCodes with which Bybit v5 says that it did not do it (I18), and how its texts tell apart what shares code 10001. Source:
 * bybit-exchange.github.io/docs/v5/error. What is not here proves nothing: 10000, 10016, 10019 and 429 may come after an order was taken.
 */
import type { RefusalCode } from '../../../ports/exchange.ts';

const BYBIT_REFUSALS: Readonly<Record<string, RefusalCode>> = {
  '10001': 'BAD_REQUEST',
  '10002': 'CLOCK_SKEW',
  '10003': 'BAD_REQUEST',
  '10004': 'BAD_REQUEST',
  '10005': 'BAD_REQUEST',
  '10006': 'RATE_LIMITED',
  '10010': 'BAD_REQUEST',
  '10014': 'DUPLICATE_CLIENT_ORDER_ID',
  '10017': 'BAD_REQUEST',
  '10018': 'RATE_LIMITED',
  '10027': 'MARKET_HALTED',
  '10029': 'UNKNOWN_SYMBOL',
  '10032': 'BAD_REQUEST',
  '110001': 'ORDER_NOT_FOUND',
  '110003': 'BAD_REQUEST',
  '110004': 'INSUFFICIENT_MARGIN',
  '110006': 'INSUFFICIENT_MARGIN',
  '110007': 'INSUFFICIENT_MARGIN',
  '110008': 'ORDER_NOT_FOUND',
  '110009': 'MAX_CONDITIONAL_ORDERS',
  '110010': 'ORDER_NOT_FOUND',
  '110012': 'INSUFFICIENT_MARGIN',
  '110016': 'INSUFFICIENT_MARGIN',
  '110017': 'REDUCE_ONLY_REJECTED',
  '110020': 'MAX_OPEN_ORDERS',
  '110022': 'ORDER_NOT_AMENDABLE',
  '110023': 'MARKET_HALTED',
  '110030': 'DUPLICATE_CLIENT_ORDER_ID',
  '110040': 'INSUFFICIENT_MARGIN',
  '110042': 'MARKET_HALTED',
  '110044': 'INSUFFICIENT_MARGIN',
  '110045': 'INSUFFICIENT_MARGIN',
  '110051': 'INSUFFICIENT_MARGIN',
  '110052': 'INSUFFICIENT_MARGIN',
  '110053': 'INSUFFICIENT_MARGIN',
  '110063': 'MARKET_HALTED',
  '110064': 'ORDER_NOT_AMENDABLE',
  '110066': 'MARKET_HALTED',
  '110072': 'DUPLICATE_CLIENT_ORDER_ID',
  '110079': 'ORDER_NOT_AMENDABLE',
  '110092': 'WOULD_TRIGGER_IMMEDIATELY',
  '110093': 'WOULD_TRIGGER_IMMEDIATELY',
  '110094': 'MIN_COST',
};

/** All of them are refusals whatever the text says; the text only sharpens which. */
const PARAMETER_TEXTS: readonly (readonly [text: RegExp, code: RefusalCode])[] = [
  [/position idx not match/i, 'POSITION_SIDE_MISMATCH'],
  [/minimum limit/i, 'MIN_AMOUNT'],
  [/qty invalid/i, 'AMOUNT_OFF_STEP'],
  [/price invalid|price precision/i, 'PRICE_OFF_TICK'],
  [/symbol invalid|not supported symbols/i, 'UNKNOWN_SYMBOL'],
];
const PARAMETER_ERROR = '10001';

/** Undefined: the code proves nothing. */
export function refusalOf(code: string, text: string): RefusalCode | undefined {
  if (code !== PARAMETER_ERROR) return BYBIT_REFUSALS[code];
  return PARAMETER_TEXTS.find(([pattern]) => pattern.test(text))?.[1] ?? BYBIT_REFUSALS[code];
}

/** An amendment to what the order is already. */
export const UNCHANGED = /remains unchanged/i;
