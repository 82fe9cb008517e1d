/**
 * Real candles: the plain backtest beside the live engine that is shown every price. The ticks are coarser than the markets' own, so that
 * every price can be shown; the candles are not, so that most of their prices lie between two ticks.
 */
import { describe, expect, test } from 'vitest';
import type { Strategy } from '../../src/domain/strategy.ts';
import type { SimulatedMarket } from '../../src/sim/exchange/config.ts';
import { equalWeights, hedgeWallet, longWallet, strategy } from '../fixtures.ts';
import { compareWithDense } from './agreement.ts';
import { plainBacktest } from './plain/plain-backtest.ts';
import { realCandles, realFunding, SHARED_DATA } from './real-candles.ts';

const FEES = { takerFee: '0.0005', makerFee: '0.0002' };

function marketOf({ exchange, symbol }: Strategy): SimulatedMarket {
  if (exchange.market === null) throw new Error('the strategy of a test trades on the simulated exchange');
  return { symbol, ...exchange.market };
}

describe.runIf(SHARED_DATA !== null)('on real candles', () => {
  test('a day of BTC in minutes: a long wallet and a rotation, one-way, with funding and slippage', async () => {
    const market = { tickSize: '10', amountStep: '0.001', minAmount: '0.001', minCost: '5', ...FEES, slippage: '0.0001' };
    const plan = strategy({
      leverage: '3',
      unit: { type: 'percent', fraction: '0.002' },
      wallets: [longWallet({ capital: '5000' }), hedgeWallet({ capital: '5000', weights: equalWeights(5) })],
      exchange: { positionMode: 'one-way', market },
    });
    const candles = await realCandles('binance-um_BTCUSDT_1m_20250504_20250624.csv.gz', 60_000, '2025-05-08', '2025-05-09');
    const funding = await realFunding('binance-um_BTCUSDT_funding_20241231_20251031.csv.gz');
    const { difference, notModelled, fills, dense } = await compareWithDense({ seed: 0, strategy: plan, market: marketOf(plan), candles, mark: null, funding, history: [] }, false);
    expect([difference, notModelled, dense.failure]).toEqual([null, null, null]);
    expect(fills).toBeGreaterThan(40);
    expect(dense.funding.length).toBeGreaterThan(2);
  });

  /** Held by a long wallet that sells too late: its first stop lies far below, at ten times its capital. */
  const doge = strategy({
    symbol: 'DOGE/USDT:USDT',
    leverage: '10',
    unit: { type: 'percent', fraction: '0.2' },
    wallets: [longWallet({ capital: '1000', confirmation: 2 })],
    exchange: { market: { tickSize: '0.0005', amountStep: '1', minAmount: '1', minCost: '5', ...FEES, slippage: '0' } },
  });

  test('DOGE on 10 October 2025: whoever held ten times his money is liquidated on the way, and pays no more than he had', async () => {
    const candles = await realCandles('binance-um_DOGEUSDT_5m_20241231_20251031.csv.gz', 300_000, '2025-10-10', '2025-10-12');
    const funding = await realFunding('binance-um_DOGEUSDT_funding_20241231_20251031.csv.gz');
    const given = { seed: 0, strategy: doge, market: marketOf(doge), candles, mark: null, funding, history: [] };
    const { difference, notModelled, dense } = await compareWithDense(given, false);
    expect([difference, notModelled]).toEqual([null, null]);
    expect(dense.liquidations).toHaveLength(1);
    const [{ at, price } = { at: 0, price: '0' }] = dense.liquidations;
    expect(new Date(at).toISOString()).toMatch(/^2025-10-10T/);
    expect(Number(price)).toBeGreaterThan(0.2);
    expect(Number(dense.ends[0]?.balance)).toBeGreaterThanOrEqual(0);
    expect(plainBacktest({ ...given, path: 'ohlc' }).reason).toBe('liquidated');
  });

  test('the same day with a rotation: what it sold short on the way down pays for it', async () => {
    const plan: Strategy = { ...doge, leverage: '2', unit: { type: 'percent', fraction: '0.01' }, wallets: [hedgeWallet({ capital: '1000' })] };
    const candles = await realCandles('binance-um_DOGEUSDT_5m_20241231_20251031.csv.gz', 300_000, '2025-10-10', '2025-10-12');
    const funding = await realFunding('binance-um_DOGEUSDT_funding_20241231_20251031.csv.gz');
    const { difference, notModelled, fills, dense } = await compareWithDense({ seed: 0, strategy: plan, market: marketOf(plan), candles, mark: null, funding, history: [] }, false);
    expect([difference, notModelled]).toEqual([null, null]);
    expect(dense.liquidations).toEqual([]);
    expect(fills).toBeGreaterThan(100);
    expect(Number(dense.ends[0]?.equity)).toBeGreaterThan(1_000);
  });
});
