/** The whole bot on Binance's wire through a bad network, expired listen keys, restarts of the server and of itself; judged by the server's own records. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { hedgeWallet, longWallet, strategy } from '../../../fixtures.ts';
import { BTC_MARKET } from '../../../sim/exchange/world.ts';
import { startBinance } from '../../../sim/wire/binanceusdm/binance-rig.ts';
import type { BinanceRig } from '../../../sim/wire/binanceusdm/binance-rig.ts';
import { until } from '../../../sim/wire/wire-rig.ts';
import { liveThroughFaults } from '../faulty-life.ts';
import type { FaultyLife } from '../faulty-life.ts';
import { WireBot } from '../wire-bot.ts';

const CREDENTIALS = new Map([['main', { apiKey: 'test-key', secret: 'test-secret' }]]);
const { symbol: _, ...LIMITS } = BTC_MARKET;
const LEVELS = Array.from({ length: 13 }, (_unused, index) => 9_400 + index * 100);
/** Accelerated: prices come faster than the real limits let a bot read. */
const UNBOUNDED = { capacity: 1e9, windowMs: 60_000 };
const LIFE: Omit<FaultyLife, 'seed'> = { levels: LEVELS, prices: 30, writesPerMille: 150, readsPerMille: 60, framesPerMille: 40 };

let server: BinanceRig;
let bot: WireBot;

async function begin(positionMode: 'hedge' | 'one-way'): Promise<void> {
  server = await startBinance({ account: { positionMode }, markets: [BTC_MARKET], prices: { 'BTC/USDT:USDT': '10000' }, weightLimit: 1e9 });
  const wallets = [longWallet({ capital: '1000' }), hedgeWallet({ capital: '1000', cycle: 'scaling' })];
  const plan = strategy({ wallets, exchange: { id: 'binanceusdm', positionMode, market: { ...LIMITS, slippage: '0' } } });
  bot = new WireBot({ server, exchangeId: 'binanceusdm', strategy: plan, credentials: CREDENTIALS, deadlineMs: 300, budget: UNBOUNDED });
  await bot.start();
  await bot.rest();
}
afterEach(async () => {
  await bot.crash();
  await server.close();
});

describe.each(['hedge', 'one-way'] as const)('in %s position mode', (positionMode) => {
  beforeEach(() => begin(positionMode));

  test.each([1, 2])('requests and frames are hit, seed %i', async (seed) => {
    await liveThroughFaults(server, bot, { seed, ...LIFE });
    const hit = server.listener.requests.filter(({ fault }) => fault !== 'none');
    expect(hit.length).toBeGreaterThan(5);
    expect(hit.filter(({ method, path }) => method !== 'GET' && /rder$/.test(path)).length).toBeGreaterThan(1);
    expect(server.exchange.truth().trades.length).toBeGreaterThan(5);
  });

  test('the server goes down, listen keys expire, the bot is killed and comes back', async () => {
    await liveThroughFaults(server, bot, {
      seed: 4,
      ...LIFE,
      acts: {
        5: async () => server.protocol.expireListenKeys(),
        10: async () => {
          await server.listener.stop();
          server.price('9700');
          await new Promise((resolve) => setTimeout(resolve, 300));
          await server.listener.start();
        },
        18: async () => {
          await bot.crash();
          server.price('10100');
          server.listener.requestPolicy = () => ({ type: 'none' });
          await bot.start();
        },
      },
    });
  });

  test('streams that fall silent are noticed and opened again', async () => {
    server.listener.sockets.silence();
    const silent = new Set(server.listener.sockets.list().map(({ id }) => id));
    await bot.price('9900');
    await bot.price('9800');
    await until(() => server.listener.sockets.list().some(({ id }) => !silent.has(id)), 20_000);
    await bot.price('9900');
  });
});
