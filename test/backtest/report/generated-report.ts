/** Everything a report is made from, around a generated run. */
import type { CandleColumns } from '../../../src/domain/candle-columns.ts';
import { equityCurve } from '../../../src/backtest/equity-curve.ts';
import { runMetrics } from '../../../src/backtest/metrics.ts';
import { CURVE_STRETCHES } from '../../../src/backtest/report/report-input.ts';
import type { ReportInput } from '../../../src/backtest/report/report-input.ts';
import { pathResult } from '../../../src/backtest/run-origin.ts';
import type { RunRecord } from '../../../src/backtest/run-record.ts';

const STRATEGY = `# yaml-language-server: $schema=../schemas/strategy.schema.json
version: 1
name: btc-rotation
symbol: BTC/USDT:USDT
leverage: 1
unit: { percent: 1% }
wallets:
  long:  { capital: 5000, fragments: 4, confirmation: 1 }
  hedge: { capital: 5000, cycle: rotation, fragments: 4, confirmation: 1 }
`;

export function generatedReport(record: RunRecord, candles: CandleColumns, changes: Partial<ReportInput> = {}): ReportInput {
  const metrics = runMetrics(record, candles, { leverage: '1', detail: null });
  const result = pathResult(metrics);
  const times = (factor: number) => ({ ...result, equity: (Number(record.equity) * factor).toFixed(2), totalReturn: (Number(record.equity) * factor) / Number(record.capital) - 1 });
  return {
    record,
    candles,
    metrics,
    curve: equityCurve(record, candles, { stretches: CURVE_STRETCHES }),
    bounds: { ohlc: result, worst: times(0.94), best: times(1.05) },
    assumptions: {
      path: record.path, leverage: '1', marginMode: 'cross', positionMode: 'hedge', triggerBy: 'last', takerFee: '0.0005', makerFee: '0.0002', slippage: '0.0001', liquidationFee: '0.005', rangeSlippage: null,
      volumeShare: null, maxStopSlip: null, maintenanceTiers: 1, markTimeframeMs: null, funding: { type: 'history', rows: record.funding.length }, detailTimeframeMs: null,
    },
    origin: {
      version: '0.1.0',
      command: 'hedgerow backtest strategies/btc-rotation.yaml --candles made-up.csv.gz',
      strategy: { file: 'btc-rotation.yaml', text: STRATEGY, hash: 'sha256:0f4a', overrides: [] },
      data: [{ what: 'candles', source: 'made-up.csv.gz', timeframeMs: candles.timeframeMs, rows: candles.length, from: record.from, to: candles.at[candles.length - 1] ?? 0, hash: 'sha256:b1c2', gaps: gapsOf(candles) }],
      resultHash: 'sha256:77aa',
    },
    ...changes,
  };
}

function gapsOf({ at, length, timeframeMs }: CandleColumns): { from: number; until: number }[] {
  const gaps = [];
  for (let i = 1; i < length; i += 1) {
    const [from, until] = [(at[i - 1] ?? 0) + timeframeMs, at[i] ?? 0];
    if (until > from) gaps.push({ from, until });
  }
  return gaps;
}
