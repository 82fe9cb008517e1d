/** Opens a real exchange, however long it is out of reach: that is said once. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { CcxtExchange } from '../../adapters/ccxt/ccxt-exchange.ts';
import { openCcxtExchange } from '../../adapters/ccxt/open-ccxt-exchange.ts';
import type { CcxtExchangeOptions } from '../../adapters/ccxt/open-ccxt-exchange.ts';
import { HedgerowError } from '../../domain/errors.ts';
import type { StopSignal } from './stop-signal.ts';

const FIRST_WAIT_MS = 1_000;
const WAIT_MAX_MS = 30_000;
/** A signal is heard this soon. */
const NAP_MS = 100;

/** Null when a signal ended the wait. Rejects with INPUT_INVALID. */
export async function reachExchange(options: CcxtExchangeOptions, stop: StopSignal, tell: (line: string) => void): Promise<CcxtExchange | null> {
  for (let waitMs = FIRST_WAIT_MS; stop.received === null; waitMs = Math.min(2 * waitMs, WAIT_MAX_MS)) {
    const opened = await opening(options);
    if (!(opened instanceof HedgerowError)) return opened;
    if (waitMs === FIRST_WAIT_MS) tell(`${opened.message}; asked again until it does`);
    for (const until = performance.now() + waitMs; performance.now() < until && stop.received === null; ) await sleep(NAP_MS);
  }
  return null;
}

async function opening(options: CcxtExchangeOptions): Promise<CcxtExchange | HedgerowError> {
  try {
    return await openCcxtExchange(options);
  } catch (error) {
    if (error instanceof HedgerowError && error.code === 'EXCHANGE_UNAVAILABLE') return error;
    throw error;
  }
}
