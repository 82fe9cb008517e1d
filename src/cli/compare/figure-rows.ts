/** The figures two results are compared by: how each is called, where it stands, and how it is written. */
import type { RunDocument } from '../../backtest/result-document.ts';
import type { CycleRef, RunMetrics } from '../../backtest/run-metrics.ts';
import { boundsOf } from '../../backtest/run-origin.ts';
import type { PathBounds } from '../../backtest/run-origin.ts';

/** Money is an exact decimal string, everything else a number; null: not said. */
export type FigureValue = string | number | null;
export type FigureKind = 'money' | 'share' | 'number' | 'count' | 'duration';

export interface FigureRow {
  readonly name: string;
  readonly kind: FigureKind;
  readonly value: FigureValue;
}

/** All of a run. Rows of different runs belong together by their names. */
export function figureRows({ figures, bounds }: RunDocument): FigureRow[] {
  return [
    ...resultRows(figures),
    ...boundRows(bounds),
    ...riskRows(figures),
    ...cycleRows(figures),
    ...moneyRows(figures),
    ...figures.wallets.flatMap((wallet) => walletRows(wallet)),
    ...figures.phaseRows.flatMap(({ of, phase, timeShare, result, fills, fees }) => [
      row(`${of} ${phase} time`, 'share', timeShare),
      row(`${of} ${phase} result`, 'number', result),
      row(`${of} ${phase} fills`, 'count', fills),
      row(`${of} ${phase} fees`, 'money', fees),
    ]),
    ...figures.roleRows.flatMap(({ wallet, role, fills, turnover, fees, slippage }) => [
      row(`${wallet} ${role} fills`, 'count', fills),
      row(`${wallet} ${role} turnover`, 'money', turnover),
      row(`${wallet} ${role} fees`, 'money', fees),
      row(`${wallet} ${role} slippage`, 'money', slippage),
    ]),
  ];
}

function row(name: string, kind: FigureKind, value: FigureValue): FigureRow {
  return { name, kind, value };
}

function resultRows({ capital, equity, result, totalReturn, annualReturn, comparison }: RunMetrics): FigureRow[] {
  return [
    row('capital', 'money', capital),
    row('equity', 'money', equity),
    row('result', 'money', result),
    row('total return', 'share', totalReturn),
    row('annual return', 'share', annualReturn),
    row('over buy and hold', 'share', comparison.overHold),
  ];
}

function boundRows(bounds: PathBounds | null): FigureRow[] {
  const span = bounds === null ? null : boundsOf(bounds);
  return [
    row('lowest bound', 'share', span?.lowest.totalReturn ?? null),
    row('highest bound', 'share', span?.highest.totalReturn ?? null),
    row('deepest bound', 'share', span?.deepest ?? null),
  ];
}

function riskRows({ volatility, sharpe, sortino, calmar, drawdown, exposure, liquidations, ambiguousCandles }: RunMetrics): FigureRow[] {
  return [
    row('max drawdown', 'share', drawdown.maxDrawdown),
    row('its length', 'duration', drawdown.deepest?.lengthMs ?? null),
    row('time under water', 'share', drawdown.underWaterShare),
    row('longest drawdown', 'duration', drawdown.longest?.lengthMs ?? null),
    row('volatility', 'share', volatility),
    row('Sharpe', 'number', sharpe),
    row('Sortino', 'number', sortino),
    row('Calmar', 'number', calmar),
    row('liquidations', 'count', liquidations.count),
    row('time in market', 'share', exposure.timeInMarket),
    row('gross exposure', 'number', exposure.meanGross),
    row('highest exposure', 'number', exposure.maxGross),
    row('net exposure', 'number', exposure.meanNet),
    row('ambiguous candles', 'count', ambiguousCandles),
  ];
}

function cycleRows({ cycles }: RunMetrics): FigureRow[] {
  return [
    row('cycles begun', 'count', cycles.begun),
    row('cycles ended', 'count', cycles.ended),
    row('win rate', 'share', cycles.winRate),
    row('profit factor', 'number', cycles.profitFactor),
    row('whipsaws', 'count', cycles.whipsaws),
    row('worst cycle', 'money', resultOf(cycles.worst)),
    row('best cycle', 'money', resultOf(cycles.best)),
  ];
}

function resultOf(cycle: CycleRef | null): string | null {
  return cycle?.result ?? null;
}

function moneyRows({ costs, trades }: RunMetrics): FigureRow[] {
  return [
    row('before costs', 'money', costs.resultBeforeCosts),
    row('fees', 'money', costs.fees.amount),
    row('funding', 'money', costs.funding.amount),
    row('slippage', 'money', costs.slippage.amount),
    row('liquidation fees', 'money', costs.liquidationFees),
    row('fills', 'count', trades.fills),
    row('turnover', 'money', trades.turnover),
  ];
}

function walletRows({ wallet, equity, totalReturn, drawdown, sharpe, cycles, costs, trades, liquidations }: RunMetrics['wallets'][number]): FigureRow[] {
  return [
    row(`${wallet} equity`, 'money', equity),
    row(`${wallet} return`, 'share', totalReturn),
    row(`${wallet} drawdown`, 'share', drawdown.maxDrawdown),
    row(`${wallet} under water`, 'share', drawdown.underWaterShare),
    row(`${wallet} Sharpe`, 'number', sharpe),
    row(`${wallet} cycles`, 'count', cycles.begun),
    row(`${wallet} win rate`, 'share', cycles.winRate),
    row(`${wallet} whipsaws`, 'count', cycles.whipsaws),
    row(`${wallet} fills`, 'count', trades.fills),
    row(`${wallet} fees`, 'money', costs.fees.amount),
    row(`${wallet} funding`, 'money', costs.funding.amount),
    row(`${wallet} liquidations`, 'count', liquidations.count),
  ];
}
