/** Ladders that want more conditional orders than the ten Bybit takes of a symbol: none too many is ever sent, and protection goes first (I6). */
import { expect, test } from 'vitest';
import { plain, sum, dec } from '../../../../src/domain/decimal.ts';
import { hedgeWallet, longWallet, strategy } from '../../../fixtures.ts';
import { BybitLimits } from '../../../../src/sim/wire/bybit/bybit-limits.ts';
import { BTC, BTC_MARKET } from '../../../sim/exchange/world.ts';
import { startBybitRig } from '../../../sim/wire/bybit/bybit-rig.ts';
import type { BybitRig } from '../../../sim/wire/bybit/bybit-rig.ts';
import { until } from '../../../sim/wire/wire-rig.ts';
import { WireBot } from '../wire-bot.ts';

const CREDENTIALS = new Map([['main', { apiKey: 'test-key', secret: 'test-secret' }]]);
const { symbol: _, ...LIMITS } = BTC_MARKET;
const CAP = 10;
const SETTLES_WITHIN_MS = 15_000;
const REST_MS = 200;
/** Down through four levels and up again, in units of 100. */
const PATH = [10_000, 9_900, 9_800, 9_700, 9_800, 9_900, 10_000, 10_100];

/** What each leg holds, and what the stops that close it amount to. */
function cover({ exchange }: BybitRig): readonly { readonly held: string; readonly stops: string }[] {
  const { positions, openOrders } = exchange.accountTruth('main');
  return (['long', 'short'] as const).map((leg) => {
    const closing = openOrders.filter(({ positionSide, side }) => positionSide === leg && side === (leg === 'long' ? 'sell' : 'buy'));
    return { held: plain(sum(positions.filter(({ positionSide }) => positionSide === leg).map(({ amount }) => dec(amount).abs()))), stops: plain(sum(closing.map(({ amount, filled }) => dec(amount).minus(filled)))) };
  });
}

test('eight stops and eight entries are nine orders, and every position is covered at each level', async () => {
  const limits = new BybitLimits();
  const server = await startBybitRig({ limits, account: { positionMode: 'hedge' }, markets: [BTC_MARKET], prices: { [BTC]: '10000' } });
  const waiting = (): number => server.exchange.accountTruth('main').openOrders.filter(({ triggerPrice, triggered }) => triggerPrice !== null && !triggered).length;
  let most = 0;
  server.exchange.onDelta(() => {
    most = Math.max(most, waiting());
  });
  const wallets = [longWallet({ capital: '1000' }), hedgeWallet({ capital: '1000', cycle: 'scaling' })];
  const bot = new WireBot({ server, exchangeId: 'bybit', strategy: strategy({ wallets, exchange: { id: 'bybit', positionMode: 'hedge', market: { ...LIMITS, slippage: '0' } } }), credentials: CREDENTIALS });
  try {
    await bot.start();
    // One place is kept for a stop that is replaced.
    await until(() => waiting() === CAP - 1, SETTLES_WITHIN_MS);
    for (const price of PATH) {
      server.world.tick(BTC, String(price));
      await until(() => cover(server).every(({ held, stops }) => held === stops) && cover(server).some(({ held }) => held !== '0') && bot.runner.prices?.last === String(price), SETTLES_WITHIN_MS);
      // What it would still send.
      await new Promise((resolve) => setTimeout(resolve, REST_MS));
    }
    expect(most).toBeLessThanOrEqual(CAP);
    const refused = server.exchange.truth().requests.filter(({ outcome }) => outcome === 'refused').map(({ code }) => code);
    expect(refused.filter((code) => code === 'MAX_CONDITIONAL_ORDERS')).toEqual([]);
    expect(limits.refused).toBe(0);
    expect(bot.auditor.violation).toBeNull();
  } finally {
    await bot.crash();
    await server.close();
  }
}, 180_000);
