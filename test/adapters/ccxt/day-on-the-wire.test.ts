/** A day on each exchange's wire with everything that goes wrong on a bad line; WIRE_DAY_SEED draws another one. */
import { expect, test } from 'vitest';
import type { PositionMode, TriggerSource, WalletSpec } from '../../../src/domain/strategy.ts';
import { ROLES } from '../../../src/domain/strategy.ts';
import type { SimulatedMarket } from '../../../src/sim/exchange/config.ts';
import { hyperliquidMarket } from '../../../src/sim/wire/hyperliquid/assets.ts';
import { equalWeights, hedgeWallet, longWallet, strategy } from '../../fixtures.ts';
import { BTC, BTC_MARKET } from '../../sim/exchange/world.ts';
import { startBinance } from '../../sim/wire/binanceusdm/binance-rig.ts';
import { startBybitRig } from '../../sim/wire/bybit/bybit-rig.ts';
import * as hyperliquid from '../../sim/wire/hyperliquid/hyperliquid-server.ts';
import { WireBot } from './wire-bot.ts';
import type { WireBotOptions } from './wire-bot.ts';
import { tradeDay } from './wire-day.ts';

const SEED = Number(process.env['WIRE_DAY_SEED'] ?? 1);
/** A day in a quarter of a minute takes the requests of a day in a quarter of a minute. */
const FAST = { capacity: 1_000_000, windowMs: 60_000 };
const KEYS = new Map([['main', { apiKey: 'test-key', secret: 'test-secret' }]]);
/** After the faults, for requests that had to be given up with proof and readings that had failed. */
const REST_WITHIN_MS = 90_000;
const START = 10_000;

interface DayCase {
  readonly market: SimulatedMarket;
  readonly positionMode: PositionMode;
  readonly triggerBy: TriggerSource;
  readonly wallets: WalletSpec[];
  readonly credentials: WireBotOptions['credentials'];
  readonly serve: () => Promise<WireBotOptions['server'] & { readonly listener: Parameters<typeof tradeDay>[0]['listener'] }>;
}

const HYPERLIQUID = hyperliquidMarket({ symbol: hyperliquid.BTC, amountStep: '0.00001', minAmount: '0.00001', maxLeverage: '40', tickSize: '1', minCost: '0', takerFee: '0.00045', makerFee: '0.00015' });

const CASES: Readonly<Record<'binanceusdm' | 'bybit' | 'hyperliquid', DayCase>> = {
  binanceusdm: {
    market: BTC_MARKET,
    positionMode: 'one-way',
    triggerBy: 'last',
    wallets: [longWallet({ capital: '2000' }), hedgeWallet({ capital: '2000', cycle: 'scaling' })],
    credentials: KEYS,
    serve: () => startBinance({ account: { positionMode: 'one-way' }, markets: [BTC_MARKET], prices: { [BTC]: String(START) }, weightLimit: FAST.capacity }),
  },
  bybit: {
    market: BTC_MARKET,
    positionMode: 'hedge',
    triggerBy: 'mark',
    wallets: [longWallet({ capital: '2000', weights: equalWeights(3) }), hedgeWallet({ capital: '2000', weights: equalWeights(3) })],
    credentials: KEYS,
    serve: () => startBybitRig({ account: { positionMode: 'hedge' }, markets: [BTC_MARKET], prices: { [BTC]: String(START) } }),
  },
  hyperliquid: {
    market: HYPERLIQUID,
    positionMode: 'one-way',
    triggerBy: 'mark',
    wallets: [hedgeWallet({ capital: '2000' })],
    credentials: new Map([['main', hyperliquid.CREDENTIALS.main]]),
    serve: async () => {
      const server = await hyperliquid.startServer({ markets: [HYPERLIQUID] });
      server.world.tick(hyperliquid.BTC, String(START));
      return server;
    },
  },
};

test.concurrent.each(Object.entries(CASES))('%s', async (exchangeId, { market, positionMode, triggerBy, wallets, credentials, serve }) => {
  const { symbol, maxLeverage: _, ...limits } = market;
  const base = strategy();
  const windows = Object.fromEntries(ROLES.map((role) => [role, { ...base.windows[role], triggerBy }])) as typeof base.windows;
  const plan = strategy({ symbol, wallets, windows, exchange: { id: exchangeId as keyof typeof CASES, positionMode, triggerBy, market: { ...limits, slippage: '0' } } });
  const server = await serve();
  const bot = new WireBot({ server, exchangeId: exchangeId as keyof typeof CASES, strategy: plan, credentials, deadlineMs: 500, budget: FAST, restWithinMs: REST_WITHIN_MS });
  try {
    await bot.start();
    await bot.rest();
    const report = await tradeDay({ bot, listener: server.listener, startPrice: START, move: 60, tick: (price) => server.world.tick(symbol, price), seed: SEED });
    expect(server.exchange.truth().trades.length).toBeGreaterThan(10);
    expect(report.faults).toBeGreaterThan(5);
    expect(report.cycles).toBeGreaterThan(0);
  } finally {
    await bot.crash();
    await server.listener.close();
  }
}, 240_000);
