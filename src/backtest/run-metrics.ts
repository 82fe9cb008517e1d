/**
 * What is said about one backtest: figures, and tables per wallet, cycle, phase and kind of order. Types only; metrics.ts works them out.
 *
 * Exact money is a decimal string in quote currency; statistics are numbers, null where there is nothing to say (never NaN or Infinity).
 * Fractions are of 1: 0.25 is 25 %. Times are ms since 1970, lengths ms. How each figure is defined: metric-definitions.ts.
 */
import type { Phase } from '../../machines/wallet-cycle.ts';
import type { DecimalString } from '../domain/decimal.ts';
import type { WalletName } from '../domain/strategy.ts';
import type { FillRow, CycleRow as RecordedCycle, OperationRow, PathOrder } from './run-record.ts';

export interface Drawdown {
  /** 1 − equity / peak at the deepest close: 0 or above. */
  readonly depth: number;
  /** Quote, at that close. */
  readonly loss: number;
  /** The last close at the peak. */
  readonly peakAt: number;
  readonly troughAt: number;
  /** First close at or above the peak again; null: not until the end. */
  readonly recoveredAt: number | null;
  /** From the peak to the recovery, or to the end. */
  readonly lengthMs: number;
}

export interface DrawdownFigures {
  /** The deepest; null: equity was never below a close before. */
  readonly deepest: Drawdown | null;
  /** The longest one; it need not be the deepest. */
  readonly longest: Drawdown | null;
  /** Depth of the deepest, 0 where there was none. */
  readonly maxDrawdown: number;
  /** Time from peaks to their recoveries, all of them. */
  readonly underWaterMs: number;
  /** Of the whole time. */
  readonly underWaterShare: number;
}

export interface ReturnFigures {
  /** equity / capital − 1. */
  readonly totalReturn: number;
  /** Null under thirty days. */
  readonly annualReturn: number | null;
  readonly volatility: number | null;
  readonly sharpe: number | null;
  readonly sortino: number | null;
  /** Annual return / max drawdown; null without a drawdown. */
  readonly calmar: number | null;
  /** Daily returns the last four stand on. */
  readonly dailyReturns: number;
}

export interface CycleRef {
  readonly wallet: WalletName;
  readonly cycle: number;
  readonly startedAt: number;
  readonly endedAt: number | null;
  readonly result: DecimalString;
  /** Of the equity it began with; null where that was not above zero. */
  readonly resultShare: number | null;
}

export interface CycleFigures {
  /** Running ones included. */
  readonly begun: number;
  readonly ended: number;
  /** Ended with more than they began with. */
  readonly won: number;
  readonly lost: number;
  readonly winRate: number | null;
  readonly profitFactor: number | null;
  readonly whipsaws: number;
  /** Of the ended ones; null: none has ended. */
  readonly worst: CycleRef | null;
  readonly best: CycleRef | null;
}

export interface ExposureFigures {
  /** Of the closes at which something was held. */
  readonly timeInMarket: number;
  /** Mean (long + short)·price over mean equity; null where mean equity is not above zero. */
  readonly meanGross: number | null;
  /** The same for long − short. */
  readonly meanNet: number | null;
  /** Highest (long + short)·price / equity of a close; null: none with equity above zero. */
  readonly maxGross: number | null;
}

/** One kind of cost. Fees and slippage: positive is paid; funding: positive is received. */
export interface Cost {
  readonly amount: DecimalString;
  /** Of the absolute result (equity − capital); null for a result of zero. */
  readonly ofResult: number | null;
  readonly ofCapital: number;
}

export interface CostFigures {
  /** Everything the ledger booked as fees, those of liquidations included. */
  readonly fees: Cost;
  readonly funding: Cost;
  /** Already in the prices of the fills, so not a part of equity = capital + realised + unrealised − fees + funding. */
  readonly slippage: Cost;
  /** Part of `fees`. */
  readonly takerFees: DecimalString;
  readonly makerFees: DecimalString;
  readonly liquidationFees: DecimalString;
  /** Result + fees + slippage − funding: what it would have been had the same trades cost nothing. */
  readonly resultBeforeCosts: DecimalString;
}

export interface LiquidationFigures {
  /** Times the exchange took something; several legs at one moment are one. */
  readonly count: number;
  /** Σ price·amount, quote. */
  readonly notional: DecimalString;
  readonly fees: DecimalString;
  /** What the insurance fund paid because equity had fallen below zero. */
  readonly insured: DecimalString;
  readonly firstAt: number | null;
}

export interface TradeFigures {
  readonly fills: number;
  /** Σ price·amount of the fills and of what was liquidated, quote. */
  readonly turnover: DecimalString;
  /** Turnover / capital. */
  readonly turnoverOfCapital: number;
}

export interface HoldFigures extends ReturnFigures {
  readonly equity: number;
  readonly drawdown: DrawdownFigures;
}

export interface LeveredHold {
  readonly leverage: DecimalString;
  readonly equity: number;
  readonly totalReturn: number;
  /** When a low took everything; null: never. */
  readonly ruinedAt: number | null;
}

export interface Comparison {
  /** All the capital in the base currency from the first price to the last, without fees: what the data did. */
  readonly hold: HoldFigures;
  /** The same with the plan's leverage, without fees and funding; gone when a low takes all of it. */
  readonly leveredHold: LeveredHold;
  /** Cash earns nothing: the result itself, total return over 0. */
  readonly overCash: number;
  /** Total return − that of buying and holding. */
  readonly overHold: number;
}

/** What is told of a wallet as of the whole run. */
interface TradingFigures extends ReturnFigures {
  readonly drawdown: DrawdownFigures;
  readonly exposure: ExposureFigures;
  readonly costs: CostFigures;
  readonly cycles: CycleFigures;
  readonly trades: TradeFigures;
  readonly liquidations: LiquidationFigures;
}

export interface WalletMetrics extends TradingFigures {
  readonly wallet: WalletName;
  readonly capital: DecimalString;
  readonly equity: DecimalString;
  /** equity − capital. */
  readonly result: DecimalString;
  readonly realised: DecimalString;
  readonly unrealised: DecimalString;
  readonly long: DecimalString;
  readonly short: DecimalString;
  readonly phase: Phase;
}

export interface CycleMetrics extends RecordedCycle {
  readonly lengthMs: number;
  /** equityAtEnd − equityAtStart. */
  readonly result: DecimalString;
  /** Of the equity it began with; null where that was not above zero. */
  readonly resultShare: number | null;
  readonly slippage: DecimalString;
  /** Traded, ended, and sold at no more than one level. */
  readonly isWhipsaw: boolean;
}

export interface PhaseMetrics {
  readonly of: WalletName | 'plan';
  readonly phase: Phase;
  /** Times it began; of RESET the moments at which orders of a start or reset filled. */
  readonly entered: number;
  readonly timeMs: number;
  /** Of the whole time. */
  readonly timeShare: number;
  /** Change of equity in it, quote. */
  readonly result: number;
  /** Of the capital of the wallet, or of the plan. */
  readonly resultOfCapital: number;
  readonly fills: number;
  readonly fees: DecimalString;
  readonly slippage: DecimalString;
  readonly funding: DecimalString;
}

export interface RoleMetrics {
  readonly wallet: WalletName;
  readonly role: FillRow['role'];
  readonly fills: number;
  readonly turnover: DecimalString;
  readonly fees: DecimalString;
  readonly slippage: DecimalString;
  /** Slippage / turnover. */
  readonly slippageShare: number | null;
}

export interface RunMetrics extends TradingFigures {
  readonly plan: string;
  readonly symbol: string;
  readonly path: PathOrder;
  readonly from: number;
  readonly to: number;
  /** From the first price to the last, in days of 24 hours. */
  readonly days: number;
  readonly candles: number;
  readonly capital: DecimalString;
  readonly equity: DecimalString;
  /** equity − capital. */
  readonly result: DecimalString;
  /** What it ended in, when it did not run on to the end: paused, halted, …; null: it did. */
  readonly stopped: OperationRow | null;
  readonly comparison: Comparison;
  /** Null: nobody looked. */
  readonly ambiguousCandles: number | null;
  /** Of all candles. */
  readonly ambiguousShare: number | null;
  /** In file order. */
  readonly wallets: readonly WalletMetrics[];
  /** In the order of the record. */
  readonly cycleRows: readonly CycleMetrics[];
  /** The plan's first, then each wallet's, in the order of a cycle. */
  readonly phaseRows: readonly PhaseMetrics[];
  readonly roleRows: readonly RoleMetrics[];
  /** Equity at the last close of each UTC day; the first row is the capital at the first price. */
  readonly daily: { readonly at: readonly number[]; readonly equity: readonly number[] };
}
