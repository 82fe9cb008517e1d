/**
 * What one backtest did, as rows: everything that results, tables, files and pictures are made of. Times are ms since 1970, money is
 * quote currency, amounts are base units; decimal strings are exact, numbers are for statistics and pictures.
 */
import type { DecimalString } from '../domain/decimal.ts';
import type { Fill } from '../domain/ladder.ts';
import type { WalletName } from '../domain/strategy.ts';
import type { ResetReason } from '../domain/wallet.ts';
import type { Operation } from '../../machines/plan.machine.ts';
import type { Phase } from '../../machines/wallet-cycle.ts';

/** One leg of an executed order. A flip has two rows: what it closed, then what it opened. */
export interface FillRow {
  readonly at: number;
  readonly wallet: WalletName;
  /** The wallet's cycle the order belonged to. */
  readonly cycle: number;
  readonly role: Fill['role'];
  /** Null for orders at market of a start, reset or flatten. */
  readonly level: number | null;
  readonly leg: Fill['leg'];
  readonly side: 'buy' | 'sell';
  readonly price: DecimalString;
  readonly amount: DecimalString;
  readonly fee: DecimalString;
  readonly takerOrMaker: 'taker' | 'maker';
  /** What the fill lost against its trigger, or the market at that moment for orders without one: positive is worse. Quote. */
  readonly slippage: DecimalString;
}

export interface FundingRow {
  readonly at: number;
  readonly wallet: WalletName;
  /** Positive is received. */
  readonly amount: DecimalString;
  readonly rate: DecimalString;
  readonly markPrice: DecimalString;
}

/** What the exchange took by force, per wallet that lost it. */
export interface LiquidationRow {
  readonly at: number;
  readonly wallet: WalletName;
  readonly leg: 'close-long' | 'close-short';
  readonly price: DecimalString;
  readonly amount: DecimalString;
  /** Negative where the insurance fund paid. */
  readonly fee: DecimalString;
}

export interface CycleRow {
  readonly wallet: WalletName;
  readonly cycle: number;
  readonly startedAt: number;
  /** Null: still running at the end of the data. */
  readonly endedAt: number | null;
  /** Why it ended; null while running. */
  readonly reason: ResetReason | null;
  readonly anchor: DecimalString;
  readonly unitSize: DecimalString;
  /** Equity of the wallet when the cycle began, before the order of its reset, at the price of that moment. */
  readonly equityAtStart: DecimalString;
  /** The same when the next one began, or at the end of the data. */
  readonly equityAtEnd: DecimalString;
  readonly peakUnit: number;
  readonly valleyUnit: number;
  /** Rows of `fills` with this wallet and cycle, the order of the reset that began it included. */
  readonly fills: number;
  /** Different levels at which orders of the ladder filled downwards. */
  readonly levelsDown: number;
  readonly fees: DecimalString;
  readonly funding: DecimalString;
}

/** From `at` on the wallet, or the plan, was in this phase. */
export interface PhaseRow {
  readonly at: number;
  readonly of: WalletName | 'plan';
  readonly phase: Phase;
}

/** From `at` on the plan was in this operation. */
export interface OperationRow {
  readonly at: number;
  readonly operation: Operation;
  readonly reason: string | null;
}

export const WINDOW_ROLES = ['stop-loss', 'stop-entry-short', 'stop-entry-long', 'cover', 'flip-short', 'flip-long'] as const;

/** Orders of the windows as they rested: one row from when it was placed or moved there until it was moved, filled or cancelled. */
export interface WindowColumns {
  readonly length: number;
  /** Index into `wallets`. */
  readonly wallet: Uint8Array;
  /** Index into `WINDOW_ROLES`. */
  readonly role: Uint8Array;
  readonly price: Float64Array;
  readonly from: Float64Array;
  /** Equal to the end of the data for what still rests. */
  readonly until: Float64Array;
}

/**
 * What the wallets held, one row after each moment at which that changed; the first row is the moment of the start. Between two rows a
 * wallet's equity at price p is `balance + position · p`.
 */
export interface HoldingColumns {
  readonly length: number;
  readonly at: Float64Array;
  /** By wallet, in the order of `wallets`. */
  readonly balance: readonly Float64Array[];
  /** Long − short, base units. */
  readonly position: readonly Float64Array[];
  /** Long + short, base units. */
  readonly gross: readonly Float64Array[];
}

export interface WalletEnd {
  readonly wallet: WalletName;
  readonly capital: DecimalString;
  readonly equity: DecimalString;
  readonly realised: DecimalString;
  readonly unrealised: DecimalString;
  readonly fees: DecimalString;
  readonly funding: DecimalString;
  readonly long: DecimalString;
  readonly short: DecimalString;
  /** Resets so far: the number of the cycle it ended in. */
  readonly cycle: number;
  readonly phase: Phase;
}

export type PathOrder = 'ohlc' | 'worst' | 'best';

export interface RunRecord {
  readonly plan: string;
  readonly symbol: string;
  readonly timeframeMs: number;
  /** Time of the first and of the last price, ms. */
  readonly from: number;
  readonly to: number;
  readonly candles: number;
  readonly path: PathOrder;
  readonly wallets: readonly WalletName[];
  readonly capital: DecimalString;
  /** First and last price. */
  readonly firstPrice: DecimalString;
  readonly lastPrice: DecimalString;
  readonly equity: DecimalString;
  readonly ends: readonly WalletEnd[];
  readonly fills: readonly FillRow[];
  readonly funding: readonly FundingRow[];
  readonly liquidations: readonly LiquidationRow[];
  readonly cycles: readonly CycleRow[];
  readonly phases: readonly PhaseRow[];
  readonly operations: readonly OperationRow[];
  readonly windows: WindowColumns;
  readonly holdings: HoldingColumns;
  /** Candles in which more than one outcome was possible; null: nobody looked. */
  readonly ambiguousCandles: number | null;
  /** Why and when the run left the table of the compiled ladder for the live engine; empty when it never did. */
  readonly detours: readonly { readonly at: number; readonly reason: string }[];
}
