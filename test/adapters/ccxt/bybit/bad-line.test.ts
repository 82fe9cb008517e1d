/**
 * The whole bot through full cycles on a bad line to Bybit: answers lost before and after the order was taken, resets, gateways, junk, rate
 * limits, frames doubled, reordered, dropped and silenced, sockets closed, a restart of the server and a crash of the bot. After each leg of
 * the path the faults stop, and the bot has to come to rest with the server's own records.
 */
import { describe, expect, test } from 'vitest';
import { HedgerowError } from '../../../../src/domain/errors.ts';
import { seededRandom } from '../../../../src/sim/random.ts';
import { BybitLimits } from '../../../../src/sim/wire/bybit/bybit-limits.ts';
import { seededFrameFaults, seededRequestFaults } from '../../../../src/sim/wire/wire-faults.ts';
import { equalWeights, hedgeWallet, longWallet, strategy } from '../../../fixtures.ts';
import { BTC, BTC_MARKET } from '../../../sim/exchange/world.ts';
import { startBybitRig } from '../../../sim/wire/bybit/bybit-rig.ts';
import type { BybitRig } from '../../../sim/wire/bybit/bybit-rig.ts';
import { WireBot } from '../wire-bot.ts';

const CREDENTIALS = new Map([['main', { apiKey: 'test-key', secret: 'test-secret' }]]);
const { symbol: _, ...LIMITS } = BTC_MARKET;
const SEED = process.env['BAD_LINE_SEED'] ?? '1';
/** Down the ladder, back up, beyond the reset and down again, in units of 100. */
const LEGS: readonly (readonly number[])[] = [
  [10_000, 10_100, 10_000, 9_900, 9_800],
  [9_700, 9_600, 9_700, 9_800, 9_900],
  [10_000, 10_100, 10_200, 10_300, 10_200],
  [10_100, 10_000, 9_900, 10_000, 10_200],
];
/** Between two prices, ms: most answers are there by then, not all. */
const PACE_MS = 120;
const REQUESTS_PER_MILLE = 200;
const FRAMES_PER_MILLE = 60;
const STARTS_MAX = 40;
/** The more is sent, the more goes wrong. */
const UNBOUNDED = { capacity: 1e9, windowMs: 60_000 };

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function worsen({ listener }: BybitRig, seed: string): void {
  const random = seededRandom(seed);
  listener.requestPolicy = seededRequestFaults({ random: random.fork('requests'), perMille: REQUESTS_PER_MILLE });
  listener.sockets.framePolicy = seededFrameFaults({ random: random.fork('frames'), perMille: FRAMES_PER_MILLE });
}

function mend({ listener }: BybitRig): void {
  listener.requestPolicy = () => ({ type: 'none' });
  listener.sockets.framePolicy = () => ({ type: 'none' });
}

/** A start that gets no whole answer ends, and is begun anew, as a supervisor does. */
async function startAgain(bot: WireBot): Promise<void> {
  for (let attempt = 0; attempt < STARTS_MAX; attempt += 1) {
    try {
      return await bot.start();
    } catch (error) {
      if (!(error instanceof HedgerowError) || error.code !== 'EXCHANGE_UNAVAILABLE') throw error;
    }
  }
  throw new Error(`no start in ${STARTS_MAX} came through`);
}

describe.each(['hedge', 'one-way'] as const)('in %s position mode', (positionMode) => {
  test.each([
    ['rotation', [hedgeWallet({ capital: '1000' })]],
    ['fragments and scaling', [longWallet({ capital: '1000', weights: equalWeights(2) }), hedgeWallet({ capital: '1000', cycle: 'scaling', weights: equalWeights(2) })]],
  ])(
    '%s',
    async (name, wallets) => {
      const server = await startBybitRig({ limits: new BybitLimits(), account: { positionMode }, markets: [BTC_MARKET], prices: { [BTC]: '10000' } });
      const plan = strategy({ wallets, exchange: { id: 'bybit', positionMode, market: { ...LIMITS, slippage: '0' } } });
      const bot = new WireBot({ server, exchangeId: 'bybit', strategy: plan, credentials: CREDENTIALS, deadlineMs: 400, budget: UNBOUNDED });
      let faults = 0;
      try {
        await bot.start();
        for (const [index, leg] of LEGS.entries()) {
          worsen(server, `${SEED} ${name} ${positionMode} ${index}`);
          for (const [step, price] of leg.entries()) {
            server.world.tick(BTC, String(price));
            await pause(PACE_MS);
            if (index === 1 && step === 2) {
              await server.listener.stop();
              await pause(PACE_MS);
              await server.listener.start();
            }
            if (index === 2 && step === 3) {
              await bot.crash();
              await startAgain(bot);
            }
          }
          mend(server);
          await bot.rest();
          faults += server.listener.requests.filter(({ fault }) => fault !== 'none').length;
          server.listener.forgetRequests();
        }
        expect(bot.auditor.violation).toBeNull();
        expect(faults).toBeGreaterThan(2);
        expect(server.exchange.truth().trades.length).toBeGreaterThan(5);
        expect(Math.max(...bot.wallets().map(({ cycle }) => cycle))).toBeGreaterThan(0);
      } finally {
        await bot.crash();
        await server.close();
      }
    },
    180_000,
  );
});
