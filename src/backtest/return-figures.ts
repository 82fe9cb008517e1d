/**
 * Return and risk of a series of daily equities, by the usual definitions (metric-definitions.ts says them for users). Whatever cannot be
 * said is null: no figure is ever NaN or infinite.
 */
import { DAY_MS } from './equity-walk.ts';
import type { ReturnFigures } from './run-metrics.ts';

/** Crypto trades every day. */
const DAYS_PER_YEAR = 365;
/** A standard deviation of returns below this is the rounding of floats: there was no variance. */
const NO_VARIANCE = 1e-14;
const DAYS_MIN = 2;
const ANNUAL_DAYS_MIN = 30;
/** Of the capital: two wallets whose debts and money cancel out leave the rounding of floats, on which no return can stand. */
const NOTHING_LEFT = 1e-9;

export interface ReturnInput {
  readonly capital: number;
  readonly equity: number;
  /** From the first price to the last, ms. */
  readonly from: number;
  readonly to: number;
  /** The capital first, then the equity of each UTC day's last close. */
  readonly dailyEquity: readonly number[];
  readonly maxDrawdown: number;
}

export function returnFigures({ capital, equity, from, to, dailyEquity, maxDrawdown }: ReturnInput): ReturnFigures {
  const returns = dailyReturns(dailyEquity);
  const totalReturn = equity / capital - 1;
  const annualReturn = annualised(totalReturn, daysBetween(from, to));
  const mean = meanOf(returns);
  const deviation = returns.length < DAYS_MIN ? null : Math.sqrt(sumOf(returns, (each) => (each - mean) ** 2) / (returns.length - 1));
  const downside = returns.length < DAYS_MIN ? null : Math.sqrt(sumOf(returns, (each) => Math.min(each, 0) ** 2) / returns.length);
  return {
    totalReturn,
    annualReturn,
    volatility: deviation === null ? null : deviation * Math.sqrt(DAYS_PER_YEAR),
    sharpe: ratio(mean, deviation),
    sortino: ratio(mean, downside),
    calmar: annualReturn === null || maxDrawdown <= 0 ? null : finite(annualReturn / maxDrawdown),
    dailyReturns: returns.length,
  };
}

/** The last price is reached in the last millisecond, so a year of candles is 365 whole days. */
export function daysBetween(from: number, to: number): number {
  return (to - from + 1) / DAY_MS;
}

/** Days after equity was gone are no returns. */
export function dailyReturns(equity: readonly number[]): number[] {
  const gone = (equity[0] ?? 0) * NOTHING_LEFT;
  const returns: number[] = [];
  for (let day = 1; day < equity.length; day += 1) {
    const before = equity[day - 1] ?? 0;
    if (before <= gone) break;
    returns.push((equity[day] ?? 0) / before - 1);
  }
  return returns;
}

/** Null under thirty days: a week's luck to the power of fifty tells nothing. Everything lost stays everything lost. */
function annualised(totalReturn: number, days: number): number | null {
  if (days < ANNUAL_DAYS_MIN) return null;
  return totalReturn <= -1 ? -1 : finite((1 + totalReturn) ** (DAYS_PER_YEAR / days) - 1);
}

function ratio(mean: number, deviation: number | null): number | null {
  return deviation === null || deviation < NO_VARIANCE ? null : finite((mean / deviation) * Math.sqrt(DAYS_PER_YEAR));
}

function meanOf(values: readonly number[]): number {
  return values.length === 0 ? 0 : sumOf(values, (value) => value) / values.length;
}

function sumOf(values: readonly number[], term: (value: number) => number): number {
  let sum = 0;
  for (const value of values) sum += term(value);
  return sum;
}

export function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
