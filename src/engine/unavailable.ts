/** A read the exchange did not answer is no answer, never an empty one (I9); every other error is passed on. */
import { HedgerowError } from '../domain/errors.ts';

export async function unlessUnavailable<T, Otherwise>(read: () => Promise<T>, otherwise: Otherwise): Promise<T | Otherwise> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof HedgerowError && error.code === 'EXCHANGE_UNAVAILABLE') return otherwise;
    throw error;
  }
}
