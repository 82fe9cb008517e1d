/** Several plans as one: their money added, and the risk of the sum by its daily equity. Plans of different currencies are not added. */
import type { DecimalString } from '../domain/decimal.ts';
import { DAY_MS } from './equity-walk.ts';
import { sumOfTexts } from './fill-sums.ts';
import { returnFigures } from './return-figures.ts';
import type { ReturnFigures, RunMetrics } from './run-metrics.ts';

export interface PlanSum extends ReturnFigures {
  readonly plans: number;
  readonly currency: string;
  readonly from: number;
  readonly to: number;
  readonly capital: DecimalString;
  readonly equity: DecimalString;
  readonly result: DecimalString;
  readonly fees: DecimalString;
  readonly funding: DecimalString;
  readonly slippage: DecimalString;
  readonly fills: number;
  readonly liquidations: number;
  /** At the ends of UTC days: between them it may have been deeper. */
  readonly maxDrawdownDaily: number;
}

/** Null for one plan, or plans settled in different currencies. A plan whose data begins later, or ends earlier, counts as cash there. */
export function sumOfPlans(runs: readonly RunMetrics[]): PlanSum | null {
  const [first, ...others] = runs;
  if (first === undefined || others.length === 0) return null;
  const currency = settleOf(first.symbol);
  if (others.some(({ symbol }) => settleOf(symbol) !== currency)) return null;
  const from = Math.min(...runs.map((run) => run.from));
  const to = Math.max(...runs.map((run) => run.to));
  const capital = sumOfTexts(runs.map((run) => run.capital));
  const equity = sumOfTexts(runs.map((run) => run.equity));
  const daily = summedDaily(runs, from, to);
  const maxDrawdownDaily = deepestOf(daily);
  return {
    plans: runs.length,
    currency,
    from,
    to,
    capital: capital.text,
    equity: equity.text,
    result: sumOfTexts(runs.map((run) => run.result)).text,
    ...returnFigures({ capital: capital.number, equity: equity.number, from, to, dailyEquity: daily, maxDrawdown: maxDrawdownDaily }),
    fees: sumOfTexts(runs.map((run) => run.costs.fees.amount)).text,
    funding: sumOfTexts(runs.map((run) => run.costs.funding.amount)).text,
    slippage: sumOfTexts(runs.map((run) => run.costs.slippage.amount)).text,
    fills: runs.reduce((fills, run) => fills + run.trades.fills, 0),
    liquidations: runs.reduce((count, run) => count + run.liquidations.count, 0),
    maxDrawdownDaily,
  };
}

/** `USDT` of `BTC/USDT:USDT`. */
export function settleOf(symbol: string): string {
  return symbol.split(':')[1] ?? symbol.split('/')[1] ?? '';
}

/** The capital first, then the sum at the end of each UTC day. */
function summedDaily(runs: readonly RunMetrics[], from: number, to: number): number[] {
  const [firstDay, lastDay] = [Math.floor(from / DAY_MS), Math.floor(to / DAY_MS)];
  const sums = new Array<number>(lastDay - firstDay + 2).fill(0);
  for (const { daily } of runs) {
    let row = 0;
    sums[0] = (sums[0] ?? 0) + (daily.equity[0] ?? 0);
    for (let day = firstDay; day <= lastDay; day += 1) {
      while (row + 1 < daily.at.length && Math.floor((daily.at[row + 1] ?? 0) / DAY_MS) <= day) row += 1;
      sums[day - firstDay + 1] = (sums[day - firstDay + 1] ?? 0) + (daily.equity[row] ?? 0);
    }
  }
  return sums;
}

function deepestOf(equity: readonly number[]): number {
  let [peak, deepest] = [-Infinity, 0];
  for (const value of equity) {
    peak = Math.max(peak, value);
    deepest = Math.max(deepest, 1 - value / peak);
  }
  return deepest;
}
