/**
 * Every error a user can meet, with a stable code. Codes are never reused; README's list is compared with this file by a test.
 * Results of the outside world are values (see ports/exchange.ts); these are thrown only to end a command or to stop a plan.
 */

export const ERROR_CODES = {
  STRATEGY_INVALID: 'the strategy file is wrong; file, line and column, what was found and what was expected follow',
  STRATEGY_TOO_SMALL: 'the capital cannot pay for the smallest order the exchange takes',
  STRATEGY_UNPROTECTABLE: 'the exchange takes fewer conditional orders at once than the plan has stops',
  INPUT_INVALID: 'a flag, an argument or an input file is wrong',
  FEED_INVALID: 'a price, candle or trade file is wrong; file and line follow',
  STORE_LOCKED: 'another process uses this data folder or trades these accounts',
  STORE_TOO_NEW: 'the store was written by a newer version of hedgerow',
  STORE_UNAVAILABLE: 'the store cannot be opened or reached',
  LEASE_LOST: 'another process trades this account now, or may; this one sends nothing more',
  EXCHANGE_UNAVAILABLE: 'the exchange did not answer, or not completely; nothing is concluded from it and it is asked again',
  PLAN_CHANGED: 'the strategy file differs from the plan that is already running under its name',
  SNAPSHOT_INVALID: 'a stored machine snapshot cannot be restored',
  INVARIANT_BROKEN: 'an invariant of ARCHITECTURE does not hold; the plan stops, resting protection stays',
} as const;
export type ErrorCode = keyof typeof ERROR_CODES;

/** An error meant for the user: a stable code and a message that says what to do. */
export class HedgerowError extends Error {
  readonly code: ErrorCode;
  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'HedgerowError';
    this.code = code;
  }
}

/** True for errors whose cause is what the user gave (exit code 2), false for what the bot found wrong (exit code 1). */
export function isInputError(error: unknown): error is HedgerowError {
  return error instanceof HedgerowError && error.code !== 'INVARIANT_BROKEN' && error.code !== 'LEASE_LOST';
}
