/** Cycles of wallets: what each one brought, and what is said about many of them. Results are exact; only cycles that ended are judged. */
import { differenceOf } from './exact-sum.ts';
import type { FillSums } from './fill-sums.ts';
import { finite } from './return-figures.ts';
import type { CycleFigures, CycleMetrics, CycleRef } from './run-metrics.ts';
import type { RunRecord } from './run-record.ts';

/** In the order of the record. */
export function cycleRows({ cycles, to }: RunRecord, sums: FillSums): CycleMetrics[] {
  return cycles.map((cycle) => {
    const own = sums.cycles.get(cycle.wallet)?.get(cycle.cycle);
    const began = Number(cycle.equityAtStart);
    const result = differenceOf(cycle.equityAtEnd, cycle.equityAtStart);
    return {
      ...cycle,
      lengthMs: (cycle.endedAt ?? to) - cycle.startedAt,
      result,
      resultShare: began > 0 ? finite(Number(result) / began) : null,
      slippage: own?.slippage.text ?? '0',
      isWhipsaw: cycle.endedAt !== null && own?.hasTraded === true && cycle.levelsDown <= 1,
    };
  });
}

/** Gains / losses of cycles; null where none lost. */
export function cycleFigures(rows: readonly CycleMetrics[]): CycleFigures {
  const ended = rows.filter(({ endedAt }) => endedAt !== null);
  const results = ended.map(({ result }) => Number(result));
  let gained = 0;
  let lost = 0;
  let worst = 0;
  let best = 0;
  for (const [index, result] of results.entries()) {
    if (result > 0) gained += result;
    else lost -= result;
    if (result < (results[worst] ?? 0)) worst = index;
    if (result > (results[best] ?? 0)) best = index;
  }
  const won = results.filter((result) => result > 0).length;
  return {
    begun: rows.length,
    ended: ended.length,
    won,
    lost: results.filter((result) => result < 0).length,
    winRate: ended.length === 0 ? null : won / ended.length,
    profitFactor: lost === 0 ? null : finite(gained / lost),
    whipsaws: ended.filter(({ isWhipsaw }) => isWhipsaw).length,
    worst: refTo(ended[worst]),
    best: refTo(ended[best]),
  };
}

function refTo(row: CycleMetrics | undefined): CycleRef | null {
  if (row === undefined) return null;
  const { wallet, cycle, startedAt, endedAt, result, resultShare } = row;
  return { wallet, cycle, startedAt, endedAt, result, resultShare };
}
