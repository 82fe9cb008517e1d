/**
 * The figures of a run a second time, without a line of the first: money from the fills themselves, every close against all closes before
 * it, days by their names in the calendar. Slow and plain on purpose.
 */
import type { CandleColumns } from '../../src/domain/candle-columns.ts';
import type { WalletName } from '../../src/domain/strategy.ts';
import type { RunRecord } from '../../src/backtest/run-record.ts';

export interface PlainPoint {
  readonly at: number;
  readonly equity: number;
}

/** Equity before anything, then at each close: what was put in, what trades, payments and seizures before that moment brought, what is held. */
export function plainEquity(record: RunRecord, candles: CandleColumns, wallets: readonly WalletName[]): PlainPoint[] {
  const capital = record.ends.filter(({ wallet }) => wallets.includes(wallet)).reduce((sum, end) => sum + Number(end.capital), 0);
  const points = [{ at: record.from, equity: capital }];
  for (let candle = 0; candle < candles.length; candle += 1) {
    const ends = [candles.at[candle]! + candles.timeframeMs, candles.at[candle + 1] ?? Infinity];
    const at = Math.min(...ends) - 1;
    let cash = capital;
    let held = 0;
    for (const fill of record.fills.filter((each) => wallets.includes(each.wallet) && each.at <= at)) {
      const sign = fill.side === 'buy' ? 1 : -1;
      cash -= sign * Number(fill.price) * Number(fill.amount) + Number(fill.fee);
      held += sign * Number(fill.amount);
    }
    for (const row of record.funding.filter((each) => wallets.includes(each.wallet) && each.at <= at)) cash += Number(row.amount);
    for (const row of record.liquidations.filter((each) => wallets.includes(each.wallet) && each.at <= at)) {
      const sign = row.leg === 'close-long' ? -1 : 1;
      cash -= sign * Number(row.price) * Number(row.amount) + Number(row.fee);
      held += sign * Number(row.amount);
    }
    points.push({ at, equity: cash + (held * candles.close[candle]!) / 10 ** candles.priceDecimals });
  }
  return points;
}

export interface PlainDrawdowns {
  readonly deepest: number;
  readonly longestMs: number;
  readonly underWaterMs: number;
}

/** `slack`: what floats may be off by and still be at the peak. */
export function plainDrawdowns(points: readonly PlainPoint[], slack = 1e-12): PlainDrawdowns {
  let [deepest, longestMs, underWaterMs] = [0, 0, 0];
  for (const [index, { at, equity }] of points.entries()) {
    const before = points.slice(0, index + 1);
    const peak = Math.max(...before.map((point) => point.equity));
    const isBelow = equity < peak * (1 - slack);
    deepest = Math.max(deepest, isBelow ? (peak - equity) / peak : 0);
    const previous = points[index - 1];
    if (!isBelow && previous === undefined) continue;
    const lastAtPeak = before.findLast((point, i) => point.equity >= Math.max(...points.slice(0, i + 1).map((each) => each.equity)) * (1 - slack));
    const since = isBelow ? lastAtPeak!.at : lastUnder(points, index, slack);
    if (since === null) continue;
    longestMs = Math.max(longestMs, at - since);
    underWaterMs += at - previous!.at;
  }
  return { deepest, longestMs, underWaterMs };
}

/** For a point at the peak whose point before was under water: since when; null where it was not. */
function lastUnder(points: readonly PlainPoint[], index: number, slack: number): number | null {
  const isBelow = (at: number): boolean => points[at]!.equity < Math.max(...points.slice(0, at + 1).map((each) => each.equity)) * (1 - slack);
  if (!isBelow(index - 1)) return null;
  let last = index - 1;
  while (isBelow(last)) last -= 1;
  return points[last]!.at;
}

/** The last equity of each day of the calendar, the capital before the first; a day without one repeats the day before. */
export function plainDaily(points: readonly PlainPoint[]): number[] {
  const byDay = new Map(points.slice(1).map(({ at, equity }) => [new Date(at).toISOString().slice(0, 10), equity]));
  const days = [points[0]!.equity];
  const day = new Date(new Date(points[0]!.at).toISOString().slice(0, 10));
  const end = new Date(points.at(-1)!.at).toISOString().slice(0, 10);
  for (;;) {
    const name = day.toISOString().slice(0, 10);
    days.push(byDay.get(name) ?? days.at(-1)!);
    if (name === end) return days;
    day.setUTCDate(day.getUTCDate() + 1);
  }
}

export interface PlainRatios {
  readonly volatility: number | null;
  readonly sharpe: number | null;
  readonly sortino: number | null;
}

export function plainRatios(daily: readonly number[]): PlainRatios {
  const returns: number[] = [];
  for (let i = 1; i < daily.length && daily[i - 1]! > daily[0]! / 1e9; i += 1) returns.push((daily[i]! - daily[i - 1]!) / daily[i - 1]!);
  if (returns.length < 2) return { volatility: null, sharpe: null, sortino: null };
  const average = returns.reduce((a, b) => a + b) / returns.length;
  // The variance by its other formula: the mean over all pairs of half their squared difference.
  let squares = 0;
  for (const a of returns) for (const b of returns) squares += (a - b) ** 2;
  const sd = Math.sqrt(squares / (2 * returns.length * (returns.length - 1)));
  const losses = Math.sqrt(returns.filter((each) => each < 0).reduce((sum, each) => sum + each * each, 0) / returns.length);
  const year = Math.sqrt(365);
  return { volatility: sd * year, sharpe: sd < 1e-13 ? null : (average / sd) * year, sortino: losses < 1e-13 ? null : (average / losses) * year };
}
