/** Opens a real exchange, and asks it what has to be known before the start, however long it is out of reach: that is said once. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { CcxtExchange } from '../../adapters/ccxt/ccxt-exchange.ts';
import { HedgerowError } from '../../domain/errors.ts';
import { openRealExchange } from '../real-exchange.ts';
import type { RealExchangeWishes } from '../real-exchange.ts';
import type { StopSignal } from './stop-signal.ts';

const FIRST_WAIT_MS = 1_000;
const WAIT_MAX_MS = 30_000;
/** A signal is heard this soon. */
const NAP_MS = 100;

export interface Patience {
  readonly stop: StopSignal;
  /** A line for people. */
  readonly tell: (line: string) => void;
}

/** Null when a signal ended the wait. Rejects with INPUT_INVALID. */
export function reachExchange(wishes: RealExchangeWishes, patience: Patience): Promise<CcxtExchange | null> {
  return patiently(() => openRealExchange(wishes), patience);
}

/** Does `work` again while it rejects with EXCHANGE_UNAVAILABLE; null when a signal ended that. */
export async function patiently<T>(work: () => Promise<T>, { stop, tell }: Patience): Promise<T | null> {
  for (let waitMs = FIRST_WAIT_MS; stop.received === null; waitMs = Math.min(2 * waitMs, WAIT_MAX_MS)) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof HedgerowError) || error.code !== 'EXCHANGE_UNAVAILABLE') throw error;
      if (waitMs === FIRST_WAIT_MS) tell(`${error.message}; asked again until it does`);
    }
    for (const until = performance.now() + waitMs; performance.now() < until && stop.received === null; ) await sleep(NAP_MS);
  }
  return null;
}
