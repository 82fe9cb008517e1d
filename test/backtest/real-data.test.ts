/**
 * Real candles: the replay against the live engine alone over them, and what the two worst days of the data have to show. Skipped where
 * the data are not beside the project.
 */
import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readCandleFile, readFundingFile } from '../../src/adapters/files/candle-store/read-candle-file.ts';
import { PLAIN_FILLS } from '../../src/backtest/fill-model.ts';
import { LiveReplay } from '../../src/backtest/live-replay.ts';
import { BacktestRun, liveRunOf, recorderOf } from '../../src/backtest/run-backtest.ts';
import type { BacktestInput } from '../../src/backtest/run-backtest.ts';
import type { RunRecord } from '../../src/backtest/run-record.ts';
import type { CandleColumns, FundingColumns } from '../../src/domain/candle-columns.ts';
import type { Strategy, WalletSpec } from '../../src/domain/strategy.ts';
import { benchStrategy } from '../../src/bench/bench-strategies.ts';
import type { SimulatedMarket } from '../../src/sim/exchange/config.ts';

const SHARED = new URL('../../../shared/data/', import.meta.url).pathname;
const at = (text: string): number => Date.parse(`${text}Z`);

interface Terms {
  readonly tickSize: string;
  readonly amountStep: string;
  readonly percent: string;
  readonly leverage: string;
  readonly hedge?: 'rotation' | 'scaling';
  readonly only?: WalletSpec['name'];
}

function planOf({ tickSize, amountStep, percent, leverage, hedge = 'rotation', only }: Terms): { readonly strategy: Strategy; readonly market: SimulatedMarket } {
  const base = benchStrategy({ hedge });
  const market: SimulatedMarket = { symbol: base.symbol, tickSize, amountStep, minAmount: amountStep, minCost: '5', takerFee: '0.0005', makerFee: '0.0002', slippage: '0.0001', maintenanceTiers: [{ maxNotional: null, maintenanceMarginRate: '0.005', maintenanceAmount: '0' }] };
  const { symbol: _, maintenanceTiers: _tiers, ...limits } = market;
  const wallets = base.wallets.filter(({ name }) => only === undefined || name === only);
  return { strategy: { ...base, wallets, leverage, unit: { type: 'percent', fraction: percent }, exchange: { ...base.exchange, market: { ...limits, slippage: '0.0001' } } }, market };
}

async function inputOf(file: string, from: string, to: string, terms: Terms, more: { readonly funding?: string; readonly mark?: string } = {}): Promise<BacktestInput> {
  const range = { from: at(from), to: at(to) };
  const candles = await readCandleFile(`${SHARED}candles/${file}`, range);
  const mark: CandleColumns | null = more.mark === undefined ? null : await readCandleFile(`${SHARED}candles/${more.mark}`, range);
  const funding: FundingColumns | null = more.funding === undefined ? null : await readFundingFile(`${SHARED}funding/${more.funding}`, range);
  return { ...planOf(terms), candles, history: null, mark, funding, detail: null, path: 'ohlc', fills: PLAIN_FILLS };
}

/** The replay's record, after every row of it was found in the live engine's. */
async function agreed(input: BacktestInput): Promise<BacktestRun> {
  const turns = await BacktestRun.through(input);
  const run = liveRunOf(input, null);
  const recorder = recorderOf(input, run);
  const live = await LiveReplay.start(run, recorder);
  await live.run();
  const { tape } = run;
  const alone = recorder.finish({ to: tape.endsAt, lastPrice: tape.text(tape.close[tape.length - 1] as number), candles: input.candles.length, wallets: live.lastStates(), ambiguousCandles: null });
  for (const name of ['equity', 'ends', 'fills', 'funding', 'liquidations', 'cycles', 'phases', 'operations', 'windows', 'holdings'] as const) expect(turns.record[name], name).toEqual(alone[name]);
  return turns;
}

const liquidated = (record: RunRecord): number => record.liquidations[0]?.at ?? Number.NaN;

describe.runIf(existsSync(`${SHARED}candles`))('real candles', () => {
  const BTC: Terms = { tickSize: '0.1', amountStep: '0.001', percent: '0.005', leverage: '3' };

  test('a week of Bitcoin in minutes, with its funding', async () => {
    const input = await inputOf('binance-um_BTCUSDT_1m_20250504_20250624.csv.gz', '2025-05-04', '2025-05-11', BTC, { funding: 'binance-um_BTCUSDT_funding_20241231_20251031.csv.gz' });
    const { record, replayed, lived } = await agreed(input);
    expect(record.fills.length).toBeGreaterThan(50);
    expect(record.funding.length).toBeGreaterThan(20);
    expect(replayed).toBeGreaterThan(20 * lived);
  });

  test('2025-10-10 in Dogecoin: at twice the margin a wallet with wide units is liquidated in the minutes in which half was lost, at the price its margin says', async () => {
    const terms: Terms = { tickSize: '0.00001', amountStep: '1', percent: '0.6', leverage: '2', only: 'long' };
    const input = await inputOf('binance-um_DOGEUSDT_5m_20241231_20251031.csv.gz', '2025-10-10T20:00', '2025-10-11', terms);
    const { record } = await agreed(input);
    expect(liquidated(record)).toBeGreaterThan(at('2025-10-10T21:15'));
    expect(liquidated(record)).toBeLessThan(at('2025-10-10T21:25'));
    const [bought] = record.fills;
    const [lost] = record.liquidations;
    if (bought === undefined || lost === undefined) throw new Error('it bought and was liquidated');
    // capital − fee + amount·(p − entry) = 0.5 % · amount · p, so this is the price; the first tick at or below it ends the position.
    const [amount, entry, fee] = [Number(bought.amount), Number(bought.price), Number(bought.fee)];
    const price = (amount * entry + fee - Number(record.capital)) / (amount * (1 - 0.005));
    expect(Number(lost.price)).toBeLessThanOrEqual(price);
    expect(Number(lost.price)).toBeGreaterThan(price - 2 * Number(terms.tickSize));
    expect(record.operations.at(-1)?.operation).toBe('halted');
    expect(record.ends.every(({ equity }) => Number(equity) >= 0)).toBe(true);
  });

  test('2025-10-10 in Dogecoin with narrow units: the stops of the ladder come first', async () => {
    const input = await inputOf('binance-um_DOGEUSDT_5m_20241231_20251031.csv.gz', '2025-10-10', '2025-10-12', { tickSize: '0.00001', amountStep: '1', percent: '0.02', leverage: '3' }, { funding: 'binance-um_DOGEUSDT_funding_20241231_20251031.csv.gz' });
    const { record } = await agreed(input);
    expect(record.liquidations).toEqual([]);
    expect(record.fills.filter((fill) => fill.at > at('2025-10-10T21:15') && fill.at < at('2025-10-10T21:30')).length).toBeGreaterThan(4);
  });

  test('2025-10-10 in Bitcoin, minutes of the mark price', async () => {
    const { record } = await agreed(await inputOf('binance-cm-mark_BTCUSD_PERP_1m_20251009_20251010.csv.gz', '2025-10-09', '2025-10-11', { ...BTC, hedge: 'scaling' }));
    expect(record.fills.length).toBeGreaterThan(20);
  });

  test('2020-03-12: Litecoin fell by half; at five times the margin it is liquidated on the way', async () => {
    const { record } = await agreed(await inputOf('binance-um_LTCUSDT_1h_20200109_20251031.csv.gz', '2020-03-08', '2020-03-15', { tickSize: '0.01', amountStep: '0.001', percent: '0.25', leverage: '5', only: 'long' }));
    expect(liquidated(record)).toBeGreaterThan(at('2020-03-08'));
    expect(liquidated(record)).toBeLessThan(at('2020-03-13T06:00'));
  });

  test('a candle that opens beyond stops fills them at its open', async () => {
    const input = await inputOf('gemini_BTCUSD_1m_20251010_20251010.csv.gz', '2025-10-10T21:13', '2025-10-10T22:00', { ...BTC, tickSize: '0.01', leverage: '2', percent: '0.01' });
    const { record } = await agreed(input);
    // 112 000.66 was the close before, 108 712.45 is the open of 21:20.
    const there = record.fills.filter((fill) => fill.at === at('2025-10-10T21:20'));
    expect(there.length).toBeGreaterThan(2);
    for (const { price, side } of there) expect(Number(price)).toBeCloseTo(108_712.45 * (side === 'sell' ? 0.9999 : 1.0001), 1);
    expect(there.filter(({ level }) => level !== null).every(({ slippage }) => Number(slippage) > 0)).toBe(true);
  });

  test('a mark price of its own', async () => {
    const input = await inputOf('binance-um_BTCUSDT_5m_20241231_20251031.csv.gz', '2025-10-08', '2025-10-13', BTC, { mark: 'binance-um-mark_BTCUSDT_1h_20241231_20251031.csv.gz', funding: 'binance-um_BTCUSDT_funding_20241231_20251031.csv.gz' });
    const { record } = await agreed(input);
    expect(record.funding.map(({ markPrice }) => markPrice)).not.toContain(record.lastPrice);
    expect(record.fills.length).toBeGreaterThan(20);
  });
});
