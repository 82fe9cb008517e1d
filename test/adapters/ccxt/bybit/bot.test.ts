/** The whole bot trades full cycles on Bybit's wire, and the server's own records agree with its books. */
import { describe, expect, test } from 'vitest';
import { trace } from '../../../../src/engine/trace.ts';
import { BybitLimits } from '../../../../src/sim/wire/bybit/bybit-limits.ts';
import { equalWeights, hedgeWallet, instrumentOf, longWallet, strategy } from '../../../fixtures.ts';
import { BTC, BTC_MARKET } from '../../../sim/exchange/world.ts';
import { startBybitRig } from '../../../sim/wire/bybit/bybit-rig.ts';
import { WireBot } from '../wire-bot.ts';

const CREDENTIALS = new Map([['main', { apiKey: 'test-key', secret: 'test-secret' }]]);
const { symbol: _, ...LIMITS } = BTC_MARKET;

/** Ladders that fit into the ten conditional orders Bybit takes; a flip is two of them in hedge mode. Down through the ladder, up again to the reset, and on: in units of 100 from 10000. */
const CYCLE = [10_000, 10_200, 10_100, 9_900, 9_700, 9_600, 9_700, 9_900, 10_100, 10_200];

describe.each(['hedge', 'one-way'] as const)('in %s position mode', (positionMode) => {
  test.each([
    ['rotation', [hedgeWallet({ capital: '1000' })]],
    ['scaling', [hedgeWallet({ capital: '1000', cycle: 'scaling' })]],
    ['fragments and scaling', [longWallet({ capital: '1000', confirmation: 2, weights: equalWeights(2) }), hedgeWallet({ capital: '1000', cycle: 'scaling', weights: equalWeights(2) })]],
  ])('%s', async (_, wallets) => {
    const limits = new BybitLimits();
    const server = await startBybitRig({ limits, account: { positionMode }, markets: [BTC_MARKET], prices: { [BTC]: '10000' } });
    const plan = strategy({ wallets, exchange: { id: 'bybit', positionMode, market: { ...LIMITS, slippage: '0' } } });
    const bot = new WireBot({ server, exchangeId: 'bybit', strategy: plan, credentials: CREDENTIALS });
    try {
      await bot.start();
      for (const price of CYCLE) await bot.price(String(price));
      // What a trace of the same prices says, whatever the position mode.
      const expected = [...trace({ strategy: plan, instrument: instrumentOf(plan), prices: CYCLE.map(String), fill: 'gap', atr: null })].at(-1)?.wallets;
      expect(bot.wallets().map(({ name, cycle, phase, long, short, equity }) => ({ wallet: name, cycle, phase, long, short, equity }))).toEqual(
        expected?.map(({ wallet, cycle, phase, long, short, equity }) => ({ wallet, cycle, phase, long, short, equity })),
      );
      expect(bot.runner.counters.resets).toBeGreaterThan(0);
      // A loaded machine may push what was sent in two seconds into one.
      expect(limits.refused).toBeLessThan(3);
    } finally {
      await bot.crash();
      await server.close();
    }
  }, 30_000);
});
