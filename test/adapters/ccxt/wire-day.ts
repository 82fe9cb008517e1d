/**
 * A day of trading at many times real speed over an exchange's wire, with the faults of a bad line: answers lost before and after the order
 * was taken, resets, gateways, junk, rate limits, silent, doubled and reordered frames, closed sockets, a restart of the server, a crash of
 * the bot. At the end of each third the faults stop, and the bot has to come to rest with the server's own records.
 */
import { expect } from 'vitest';
import { HedgerowError } from '../../../src/domain/errors.ts';
import { seededFrameFaults, seededRequestFaults } from '../../../src/sim/wire/wire-faults.ts';
import { seededRandom } from '../../../src/sim/random.ts';
import type { WireListener } from '../../../src/adapters/wire/wire-listener.ts';
import type { WireBot } from './wire-bot.ts';

export interface WireDay {
  readonly bot: WireBot;
  readonly listener: WireListener;
  readonly startPrice: number;
  /** Largest move between two prices. */
  readonly move: number;
  readonly tick: (price: string) => void;
  readonly seed: number;
}

/** A day in steps of five minutes. */
const PRICES = 288;
const THIRDS = 3;
/** Between two prices, ms: most answers are there by then, not all. */
const PACE_MS = 40;
const REQUEST_FAULTS_PER_MILLE = 80;
const FRAME_FAULTS_PER_MILLE = 15;
const STARTS_MAX = 5;
/** A walk that stays near its start, so that a ladder is crossed many times. */
const PULL = 0.02;

export interface DayReport {
  /** Most resets of a wallet. */
  readonly cycles: number;
  readonly requests: number;
  readonly faults: number;
}

/** Throws what the auditor finds, with the seed. */
export async function tradeDay({ bot, listener, startPrice, move, tick, seed }: WireDay): Promise<DayReport> {
  const random = seededRandom(`wire day ${seed}`);
  let price = startPrice;
  let faults = 0;
  let requests = 0;
  for (let third = 0; third < THIRDS; third += 1) {
    listener.requestPolicy = seededRequestFaults({ random: random.fork(`requests ${third}`), perMille: REQUEST_FAULTS_PER_MILLE });
    listener.sockets.framePolicy = seededFrameFaults({ random: random.fork(`frames ${third}`), perMille: FRAME_FAULTS_PER_MILLE });
    for (let step = 0; step < PRICES / THIRDS; step += 1) {
      price = Math.max(move, price + Math.round(random.normal() * move - (price - startPrice) * PULL));
      tick(String(price));
      await pause(PACE_MS);
      if (bot.runner.failure !== null) throw bot.runner.failure;
      if (step === 40 && third === 1) await restartServer(listener);
      if (step === 60 && third === 2) {
        await bot.crash();
        await startAgain(bot);
      }
    }
    faults += listener.requests.filter(({ fault }) => fault !== 'none').length;
    requests += listener.requests.length;
    listener.requestPolicy = () => ({ type: 'none' });
    listener.sockets.framePolicy = () => ({ type: 'none' });
    await bot.rest().catch((error: unknown) => {
      throw new Error(`seed ${seed}, third ${third + 1}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    });
    listener.forgetRequests();
  }
  expect(bot.auditor.violation).toBeNull();
  return { cycles: Math.max(...bot.wallets().map(({ cycle }) => cycle)), requests, faults };
}

/** As a supervisor does: until the exchange tells its markets. */
async function startAgain(bot: WireBot): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await bot.start();
    } catch (error) {
      if (!(error instanceof HedgerowError) || error.code !== 'EXCHANGE_UNAVAILABLE' || attempt === STARTS_MAX) throw error;
    }
  }
}

async function restartServer(listener: WireListener): Promise<void> {
  await listener.stop();
  await pause(200);
  await listener.start();
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
