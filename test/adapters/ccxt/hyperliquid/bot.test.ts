/** The whole bot trades full cycles on Hyperliquid's wire, in one account and in two sub-accounts, through a bad network and crashes; the server's own records agree with its books. */
import { afterEach, describe, expect, test } from 'vitest';
import { trace } from '../../../../src/engine/trace.ts';
import { ROLES } from '../../../../src/domain/strategy.ts';
import type { Role, Strategy, WalletSpec, WindowSpec } from '../../../../src/domain/strategy.ts';
import type { BudgetSpec } from '../../../../src/adapters/ccxt/rate-budget.ts';
import { seededRandom } from '../../../../src/sim/random.ts';
import { hyperliquidMarket } from '../../../../src/sim/wire/hyperliquid/assets.ts';
import { seededFrameFaults, seededRequestFaults } from '../../../../src/sim/wire/wire-faults.ts';
import { hedgeWallet, instrumentOf, longWallet, strategy } from '../../../fixtures.ts';
import { BTC, CREDENTIALS, startServer } from '../../../sim/wire/hyperliquid/hyperliquid-server.ts';
import type { Server } from '../../../sim/wire/hyperliquid/hyperliquid-server.ts';
import { WireBot } from '../wire-bot.ts';

const MARKET = hyperliquidMarket({ symbol: BTC, amountStep: '0.00001', minAmount: '0.00001', maxLeverage: '40', tickSize: '1', minCost: '0', takerFee: '0', makerFee: '0' });
const { symbol: _, maxLeverage: __, ...LIMITS } = MARKET;
/** Down through the ladder, up again to the reset, and on: in units of 100 from 10000. */
const CYCLE = [10_000, 10_100, 10_200, 10_100, 10_000, 9_900, 9_800, 9_700, 9_600, 9_700, 9_800, 9_900, 10_000, 10_100, 10_200];
/** The same in jumps over several levels: where a stop is passed, the mark price that fired it is known only once it is told. */
const JUMPS = [10_000, 10_200, 10_100, 9_900, 9_700, 9_600, 9_700, 9_900, 10_100, 10_200];

/** So that prices may follow each other faster than the exchange would let the bot read. */
const UNBOUNDED = { capacity: 1_000_000, windowMs: 60_000 };

const PULSE_MS = 250;
/** A lost write is known to be lost after its deadline and two readings, and readings that fail are tried again less and less often. */
const PATIENCE_MS = 120_000;
const SEEDS = (process.env['HYPERLIQUID_SEEDS'] ?? '8').split(' ');

let running: { readonly server: Server; readonly bot: WireBot } | null = null;
afterEach(async () => {
  await running?.bot.crash();
  await running?.server.listener.close();
  running = null;
});

function planOf(wallets: readonly WalletSpec[], more: Partial<Strategy> = {}): Strategy {
  const window: WindowSpec = { order: 'stop-market', limitOffset: null, triggerBy: 'mark', onGap: 'market', resting: 50 };
  const windows = Object.fromEntries(ROLES.map((role) => [role, window])) as Record<Role, WindowSpec>;
  return strategy({ symbol: BTC, wallets: [...wallets], windows, exchange: { id: 'hyperliquid', positionMode: 'one-way', triggerBy: 'mark', market: { ...LIMITS, slippage: '0' } }, ...more });
}

async function startBot(plan: Strategy, budget?: BudgetSpec, restWithinMs?: number): Promise<{ readonly server: Server; readonly bot: WireBot }> {
  const server = await startServer({ markets: [MARKET] });
  server.world.tick(BTC, '10000');
  const names = [...new Set(plan.wallets.map(({ account }) => account))] as ('main' | 'long' | 'hedge')[];
  const bot = new WireBot({ server, exchangeId: 'hyperliquid', strategy: plan, credentials: new Map(names.map((name) => [name, CREDENTIALS[name]])), ...(budget !== undefined && { budget }), ...(restWithinMs !== undefined && { restWithinMs }) });
  running = { server, bot };
  await bot.start();
  return running;
}

/** What a trace of the same prices says. */
function tellsOf(bot: WireBot, plan: Strategy): void {
  const expected = [...trace({ strategy: plan, instrument: instrumentOf(plan), prices: CYCLE.map(String), fill: 'gap', atr: null })].at(-1)?.wallets;
  expect(bot.wallets().map(({ name, cycle, phase, long, short, equity }) => ({ wallet: name, cycle, phase, long, short, equity }))).toEqual(
    expected?.map(({ wallet, cycle, phase, long, short, equity }) => ({ wallet, cycle, phase, long, short, equity })),
  );
  expect(bot.runner.counters.resets).toBeGreaterThan(0);
}

/** Nothing that costs or binds anybody was ever sent. */
function sentOnlyOrders({ protocol }: Server): void {
  expect(new Set(protocol.receivedActions.map(({ type }) => type))).toEqual(new Set(['order', 'cancelByCloid']));
  expect(JSON.stringify(protocol.receivedActions.map(({ body }) => body))).not.toMatch(/builder|referrer/i);
}

describe('a full cycle', () => {
  test.each<[string, readonly WalletSpec[]]>([
    ['rotation', [hedgeWallet({ capital: '1000' })]],
    ['fragments and scaling, netted in one account', [longWallet({ capital: '1000', confirmation: 2 }), hedgeWallet({ capital: '1000', cycle: 'scaling' })]],
    ['fragments and rotation, each in a sub-account of its own', [longWallet({ capital: '1000', account: 'long' }), hedgeWallet({ capital: '1000', account: 'hedge' })]],
  ])('%s', async (_, wallets) => {
    const plan = planOf(wallets);
    const { server, bot } = await startBot(plan, UNBOUNDED);
    for (const price of CYCLE) await bot.price(String(price));
    tellsOf(bot, plan);
    sentOnlyOrders(server);
  });
});

test('jumps over several levels end in a reset too', async () => {
  const { bot } = await startBot(planOf([hedgeWallet({ capital: '1000' })]), UNBOUNDED);
  for (const price of JUMPS) await bot.price(String(price));
  expect(bot.wallets()).toMatchObject([{ phase: 'ADVANCE', short: '0' }]);
  expect(bot.runner.counters.resets).toBeGreaterThan(0);
});

test('in two sub-accounts each wallet has its own orders, signed by its own agent', async () => {
  const { server, bot } = await startBot(planOf([longWallet({ capital: '1000', account: 'long' }), hedgeWallet({ capital: '1000', account: 'hedge' })]), UNBOUNDED);
  for (const price of CYCLE.slice(0, 4)) await bot.price(String(price));
  const signers = new Map(server.protocol.receivedActions.map(({ account, signer }) => [account, signer]));
  expect([...signers.keys()].sort()).toEqual(['hedge', 'long']);
  expect(new Set(signers.values()).size).toBe(2);
});

test('a crash in the middle of the ladder changes nothing', async () => {
  const plan = planOf([hedgeWallet({ capital: '1000' })]);
  const { bot } = await startBot(plan, UNBOUNDED);
  for (const [index, price] of CYCLE.entries()) {
    await bot.price(String(price));
    if (index !== 5 && index !== 10) continue;
    await bot.crash();
    await bot.start();
    await bot.rest();
  }
  tellsOf(bot, plan);
});

test('a server that goes down and comes up again is read anew', async () => {
  const plan = planOf([hedgeWallet({ capital: '1000' })]);
  const { server, bot } = await startBot(plan, UNBOUNDED);
  for (const [index, price] of CYCLE.entries()) {
    if (index === 5) await server.listener.stop();
    // The market goes on meanwhile, and stops fire.
    server.world.tick(BTC, String(price));
    if (index === 5) {
      await new Promise((resolve) => setTimeout(resolve, PULSE_MS));
      await server.listener.start();
    }
    await bot.price(String(price));
  }
  tellsOf(bot, plan);
});

describe('over a bad network', () => {
  test.each(SEEDS)('every price comes to rest with the books of the exchange (seed %s)', async (seed) => {
    const { server, bot } = await startBot(planOf([longWallet({ capital: '1000', account: 'long' }), hedgeWallet({ capital: '1000', account: 'hedge' })]), UNBOUNDED, PATIENCE_MS);
    // A live market repeats its price, so a message that was lost is not missed for long.
    const pulse = setInterval(() => server.world.tick(BTC, server.world.price(BTC)?.last ?? '10000'), PULSE_MS);
    try {
      await bot.rest();
      const random = seededRandom(seed).fork('bad-network');
      // A reading is many requests, and after one that fails the next is waited for longer each time.
      const [writes, reads] = [seededRequestFaults({ random: random.fork('writes'), perMille: 100 }), seededRequestFaults({ random: random.fork('reads'), perMille: 10 })];
      server.listener.requestPolicy = (request) => (request.path === '/exchange' ? writes : reads)(request);
      server.listener.sockets.framePolicy = seededFrameFaults({ random: random.fork('frames'), perMille: 20 });
      for (const price of JUMPS) await bot.price(String(price));
    } finally {
      clearInterval(pulse);
    }
    sentOnlyOrders(server);
  }, 400_000);
});
