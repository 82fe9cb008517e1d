/** A report in which everything that comes from outside tries to run a program or to load something. */
import type { CandleColumns } from '../../../src/domain/candle-columns.ts';
import type { ReportInput } from '../../../src/backtest/report/report-input.ts';
import { generatedRun } from './generated-run.ts';
import { generatedReport } from './generated-report.ts';

/** Sets `window.broken` where it gets to run. */
export const HOSTILE = `"'></script></style></pre><script>window.broken=1</script><img src="http://127.0.0.1:9/x" onerror="window.broken=1"><!--`;

export function hostileReport(candles: CandleColumns): ReportInput {
  const run = generatedRun(candles, { plan: HOSTILE, symbol: `${HOSTILE}/U<b>SDT:USDT` });
  const record = {
    ...run,
    operations: [...run.operations, { at: run.from + 1_000_000, operation: 'paused' as const, reason: HOSTILE }],
    detours: [{ at: run.from, reason: HOSTILE }],
  };
  const report = generatedReport(record, candles);
  return {
    ...report,
    origin: {
      version: HOSTILE,
      command: HOSTILE,
      strategy: { file: HOSTILE, text: `name: ${HOSTILE}\n`, hash: HOSTILE, overrides: [HOSTILE] },
      data: report.origin.data.map((data) => ({ ...data, source: HOSTILE, hash: HOSTILE })),
      resultHash: HOSTILE,
    },
  };
}
