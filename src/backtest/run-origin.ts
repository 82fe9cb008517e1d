/** Where a result comes from: what was assumed, which data was read, and how the same run ended under other orders of low and high. */
import type { DecimalString } from '../domain/decimal.ts';
import type { MarginMode, PositionMode, TriggerSource } from '../domain/strategy.ts';
import type { RunMetrics } from './run-metrics.ts';
import type { PathOrder } from './run-record.ts';

export interface RunAssumptions {
  readonly path: PathOrder;
  readonly leverage: DecimalString;
  readonly marginMode: MarginMode;
  readonly positionMode: PositionMode;
  readonly triggerBy: TriggerSource;
  /** Fractions of the price. */
  readonly takerFee: DecimalString;
  readonly makerFee: DecimalString;
  readonly slippage: DecimalString;
  readonly liquidationFee: DecimalString;
  /** Fraction of the candle's high − low on top; null or 0: none. */
  readonly rangeSlippage: DecimalString | null;
  /** Fraction of a candle's volume that may fill in it; null: no bound. */
  readonly volumeShare: DecimalString | null;
  /** Fraction of the trigger a stop may slip at most; null: no bound. */
  readonly maxStopSlip: DecimalString | null;
  /** Number of maintenance tiers. */
  readonly maintenanceTiers: number;
  /** Timeframe of the mark candles, ms; null: the last price is the mark price. */
  readonly markTimeframeMs: number | null;
  readonly funding: { readonly type: 'history'; readonly rows: number } | { readonly type: 'assumed'; readonly rate: DecimalString } | { readonly type: 'none' };
  /** Timeframe of finer candles used inside candles that matter, ms; null: none were given. */
  readonly detailTimeframeMs: number | null;
}

export const DATA_KINDS = ['candles', 'history', 'mark', 'funding', 'detail'] as const;

export interface DataOrigin {
  readonly what: (typeof DATA_KINDS)[number];
  /** A file's name, or what was assumed. */
  readonly source: string;
  readonly timeframeMs: number | null;
  readonly rows: number;
  /** Times of the first and of the last row, ms. */
  readonly from: number;
  readonly to: number;
  /** Equal for equal content. */
  readonly hash: string;
  /** Stretches without data, ms: from the end of the last row before to the next one. */
  readonly gaps: readonly { readonly from: number; readonly until: number }[];
}

/** How a run ended, in short: what is kept of the runs under the other orders. */
export interface PathResult {
  readonly equity: DecimalString;
  readonly totalReturn: number;
  /** A fraction, 0 or above. */
  readonly maxDrawdown: number;
  readonly fills: number;
  readonly cycles: number;
  readonly liquidations: number;
}

export type PathBounds = Readonly<Record<PathOrder, PathResult>>;

export function pathResult({ equity, totalReturn, drawdown, trades, cycles, liquidations }: RunMetrics): PathResult {
  return { equity, totalReturn, maxDrawdown: drawdown.maxDrawdown, fills: trades.fills, cycles: cycles.begun, liquidations: liquidations.count };
}

/** Lowest and highest of the three: which order is worst inside a candle does not say which run ends worst. */
export function boundsOf(bounds: PathBounds): { readonly lowest: PathResult; readonly highest: PathResult; readonly deepest: number } {
  const results = [bounds.ohlc, bounds.worst, bounds.best];
  const byReturn = results.toSorted((a, b) => a.totalReturn - b.totalReturn);
  return { lowest: byReturn[0] ?? bounds.worst, highest: byReturn[2] ?? bounds.best, deepest: Math.max(...results.map(({ maxDrawdown }) => maxDrawdown)) };
}
