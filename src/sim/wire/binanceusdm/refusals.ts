/** What the simulated exchange refuses, in Binance's codes. */
import { dec } from '../../../domain/decimal.ts';
import { HedgerowError } from '../../../domain/errors.ts';
import type { OrderRecord, RefusalCode, WriteOutcome } from '../../../ports/exchange.ts';
import { BinanceError } from './binance-error.ts';
import type { BinanceCode } from './binance-error.ts';
import type { BinanceMarket } from './binance-market.ts';

const CODES: Readonly<Record<RefusalCode, BinanceCode>> = {
  WOULD_TRIGGER_IMMEDIATELY: '-2021',
  REDUCE_ONLY_REJECTED: '-2022',
  INSUFFICIENT_MARGIN: '-2019',
  DUPLICATE_CLIENT_ORDER_ID: '-4116',
  MIN_AMOUNT: '-4004',
  MIN_COST: '-4164',
  PRICE_OFF_TICK: '-4014',
  AMOUNT_OFF_STEP: '-4023',
  MAX_CONDITIONAL_ORDERS: '-4045',
  MAX_OPEN_ORDERS: '-2025',
  POST_ONLY_WOULD_TAKE: '-5022',
  POSITION_SIDE_MISMATCH: '-4061',
  ORDER_NOT_FOUND: '-2011',
  ORDER_NOT_AMENDABLE: '-2011',
  UNKNOWN_SYMBOL: '-1121',
  BAD_REQUEST: '-1102',
  MARKET_HALTED: '-4140',
  RATE_LIMITED: '-1003',
  CLOCK_SKEW: '-1021',
};

/** The order, or Binance's refusal. */
export function orderOf(outcome: WriteOutcome<OrderRecord>): OrderRecord {
  switch (outcome.type) {
    case 'done':
      return outcome.value;
    case 'unknown':
      throw new BinanceError('-1007');
    case 'refused': {
      const code = outcome.code in CODES ? CODES[outcome.code as RefusalCode] : '-1008';
      throw code === '-1003' ? new BinanceError('-1003', undefined, 429) : new BinanceError(code);
    }
  }
}

/** Reads of the simulated exchange fail only while it takes none. */
export async function orUnavailable<T>(read: Promise<T>): Promise<T> {
  try {
    return await read;
  } catch (error) {
    if (error instanceof HedgerowError && error.code === 'EXCHANGE_UNAVAILABLE') throw new BinanceError('-1001', undefined, 503);
    throw error;
  }
}

/** Binance looks at decimals before it looks at steps. */
export function checkPrecision(value: string | null, step: string): void {
  if (value !== null && dec(value).decimalPlaces() > dec(step).decimalPlaces()) throw new BinanceError('-1111');
}

export function checkPrices({ rules }: BinanceMarket, ...prices: readonly (string | null)[]): void {
  for (const price of prices) checkPrecision(price, rules.tickSize);
}
