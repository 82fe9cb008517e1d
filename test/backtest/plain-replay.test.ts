/**
 * The fast replay against the plain backtest, which visits every candle and shares no code with it: on random strategies, and over weeks of
 * real candles where they are beside the project.
 */
import { describe, expect, test } from 'vitest';
import { PLAIN_FILLS } from '../../src/backtest/fill-model.ts';
import { BacktestRun } from '../../src/backtest/run-backtest.ts';
import type { RunRecord } from '../../src/backtest/run-record.ts';
import { benchStrategy } from '../../src/bench/bench-strategies.ts';
import type { Strategy } from '../../src/domain/strategy.ts';
import { simulatedMarkets } from '../../src/sim/simulated-market.ts';
import { inputOf } from './live-runs.ts';
import { NotModelled } from './plain/not-modelled.ts';
import { plainBacktest } from './plain/plain-backtest.ts';
import type { PlainInput, PlainResult } from './plain/plain-backtest.ts';
import { randomCase } from './random-cases.ts';
import { realCandles, realFunding, SHARED_DATA } from './real-candles.ts';

const FROM = Number(process.env['HEDGEROW_REPLAY_FROM'] ?? 3_000);
const CASES = Number(process.env['HEDGEROW_REPLAY_CASES'] ?? 60);
const TIMEOUT_MS = CASES * 10_000;

/** The plain run, or why it cannot tell and until when it could. */
function plainly(input: PlainInput): { readonly result: PlainResult; readonly until: number } | null {
  try {
    return { result: plainBacktest(input), until: Infinity };
  } catch (error) {
    if (!(error instanceof NotModelled)) throw error;
    return error.sofar === null ? null : { result: error.sofar, until: error.at ?? 0 };
  }
}

/** Fills of one moment have no order between the two. */
function sorted(rows: readonly { readonly at: number }[], until: number): string[] {
  return rows.filter(({ at }) => at < until).map((row) => `${row.at} ${JSON.stringify(row)}`).sort();
}

type AnyFill = PlainResult['fills'][number];
type AnyEnd = Omit<PlainResult['ends'][number], 'balance'>;

/** The record counts the order of a reset to the cycle it begins, the plain backtest to the one it ends. */
const fillOf = ({ at, wallet, cycle, role, level, leg, price, amount, fee }: AnyFill): AnyFill => ({ at, wallet, cycle: level === null ? 0 : cycle, role, level, leg, price, amount, fee });
const paymentOf = ({ at, wallet, amount }: { readonly at: number; readonly wallet: string; readonly amount: string }): { readonly at: number } => ({ at, ...{ wallet, amount } });
const endOf = ({ wallet, equity, long, short, cycle, phase }: AnyEnd): AnyEnd => ({ wallet, equity, long, short, cycle, phase });

function compare(record: RunRecord, { result, until }: NonNullable<ReturnType<typeof plainly>>): void {
  expect(sorted(record.fills.map(fillOf), until)).toEqual(sorted(result.fills.map(fillOf), until));
  expect(sorted(record.funding.map(paymentOf), until)).toEqual(sorted(result.funding.map(paymentOf), until));
  expect(sorted(record.liquidations, until).length).toBe(sorted(result.liquidations, until).length);
  if (until === Infinity) expect(record.ends.map(endOf)).toEqual(result.ends.map(endOf));
}

test('on random strategies, markets and candles', async () => {
  let compared = 0;
  let replayed = 0;
  for (let seed = FROM; seed < FROM + CASES; seed += 1) {
    const given = randomCase(seed, { hasMark: false });
    const plain = plainly({ ...given, path: 'ohlc' });
    if (plain === null) continue;
    let run: BacktestRun;
    try {
      run = await BacktestRun.through(inputOf(given, PLAIN_FILLS));
    } catch (error) {
      if (['STRATEGY_TOO_SMALL', 'INPUT_INVALID'].includes((error as { code?: string }).code ?? '')) continue;
      throw new Error(`seed ${seed}`, { cause: error });
    }
    try {
      compare(run.record, plain);
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    }
    compared += 1;
    replayed += run.replayed;
  }
  expect(compared).toBeGreaterThan(CASES / 2);
  expect(replayed).toBeGreaterThan(3 * CASES);
}, TIMEOUT_MS);

function planOf(hedge: 'rotation' | 'scaling', percent: string, tickSize: string, amountStep: string): Strategy {
  const base = benchStrategy({ hedge });
  const market = { tickSize, amountStep, minAmount: amountStep, minCost: '5', takerFee: '0.0005', makerFee: '0.0002', slippage: '0.0001' };
  return { ...base, leverage: '2', unit: { type: 'percent', fraction: percent }, exchange: { ...base.exchange, market } };
}

describe.runIf(SHARED_DATA !== null)('over real candles', () => {
  test.each([
    ['binance-um_BTCUSDT_1m_20250504_20250624.csv.gz', 60_000, '2025-05-05', '2025-05-19', planOf('rotation', '0.005', '0.1', '0.0001')],
    ['binance-um_ETHUSDT_5m_20241231_20251031.csv.gz', 300_000, '2025-03-01', '2025-05-01', planOf('scaling', '0.02', '0.01', '0.001')],
    ['binance-um_DOGEUSDT_5m_20241231_20251031.csv.gz', 300_000, '2025-10-01', '2025-10-15', planOf('rotation', '0.02', '0.00001', '1')],
    ['binance-um_LTCUSDT_1h_20200109_20251031.csv.gz', 3_600_000, '2020-02-15', '2020-04-15', planOf('scaling', '0.03', '0.01', '0.001')],
  ] as const)('%s', async (file, timeframeMs, from, to, plan) => {
    const candles = await realCandles(file, timeframeMs, from, to);
    const funding = file.includes('BTCUSDT_1m') ? await realFunding('binance-um_BTCUSDT_funding_20241231_20251031.csv.gz') : null;
    const [market] = simulatedMarkets([plan]);
    if (market === undefined) throw new Error('the plan has a market');
    const plain = plainly({ strategy: plan, market, candles, mark: null, funding, path: 'ohlc', history: [] });
    if (plain === null) throw new Error('the plain backtest runs');
    const run = await BacktestRun.through({ strategy: plan, market, candles, history: null, mark: null, funding, detail: null, path: 'ohlc', fills: PLAIN_FILLS });
    compare(run.record, plain);
    expect(plain.result.fills.length).toBeGreaterThan(40);
  }, TIMEOUT_MS);
});
