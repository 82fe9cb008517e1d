/**
 * From what a run did to what is said about it: every figure and table of run-metrics.ts, in one pass over the closes for each series and
 * one over the fills. Money is summed exactly; statistics are floats.
 */
import type { CandleColumns } from '../domain/candle-columns.ts';
import { dec, plain, sum } from '../domain/decimal.ts';
import type { DecimalString } from '../domain/decimal.ts';
import type { WalletName } from '../domain/strategy.ts';
import { cycleFigures, cycleRows } from './cycle-figures.ts';
import { closeBlocks, closeTime, equityStatistics, heldSince, planHoldings, rowEnds, walletHoldings } from './equity-walk.ts';
import type { CloseBlocks, EquityStatistics, SeriesHoldings } from './equity-walk.ts';
import { ExactSum, productOf, scaledOf } from './exact-sum.ts';
import { sumFills, sumOfTexts } from './fill-sums.ts';
import type { FillSums, RoleSum } from './fill-sums.ts';
import { PathPrice } from './path-price.ts';
import { PhaseClock } from './phase-clock.ts';
import { daysBetween, returnFigures } from './return-figures.ts';
import type {
  Comparison,
  Cost,
  CostFigures,
  CycleMetrics,
  ExposureFigures,
  LeveredHold,
  LiquidationFigures,
  ReturnFigures,
  RoleMetrics,
  RunMetrics,
  TradeFigures,
  WalletMetrics,
} from './run-metrics.ts';
import type { FillRow, LiquidationRow, RunRecord, WalletEnd } from './run-record.ts';

export interface MetricsOptions {
  /** The strategy's: what buying and holding is compared with. */
  readonly leverage: DecimalString;
  /** The finer candles the run used; null: none. Only for the prices at which phases changed. */
  readonly detail: CandleColumns | null;
}

/** `candles` are those of the run. Throws RangeError for others. */
export function runMetrics(record: RunRecord, candles: CandleColumns, { leverage, detail }: MetricsOptions): RunMetrics {
  if (candles.length === 0 || candles.length !== record.candles || candles.at[0] !== record.from) {
    throw new RangeError(`the record is of ${record.candles} candles from ${record.from}, the candles given are ${candles.length} from ${candles.at[0]}`);
  }
  const clocks = (['plan', ...record.wallets] as const).map((of) => new PhaseClock(of, record));
  const sums = sumFills(record, clocks);
  for (const row of record.funding) for (const clock of clocks) if (clock.of === 'plan' || clock.of === row.wallet) clock.addFunding(row);
  const rows = cycleRows(record, sums);
  const prices = new PathPrice(record, candles, detail);
  const holdings = planHoldings(record);
  const capital = Number(record.capital);
  const blocks = closeBlocks(candles, record.from);
  const ends = rowEnds(candles, holdings);
  const statistics = equityStatistics(blocks, holdings, ends, capital, record.from);
  const returns = returnsOf(record.capital, record.equity, record, statistics);
  const comparison = comparisonOf(record, blocks, leverage, returns.totalReturn);
  const money = moneyOf(record.capital, record.equity, record.ends, rolesOf(sums, record.wallets), record.liquidations);
  return {
    plan: record.plan,
    symbol: record.symbol,
    path: record.path,
    from: record.from,
    to: record.to,
    days: daysBetween(record.from, record.to),
    candles: record.candles,
    capital: record.capital,
    equity: record.equity,
    result: difference(record.equity, record.capital),
    ...returns,
    drawdown: statistics.drawdown,
    exposure: exposureOf(statistics),
    ...money,
    cycles: cycleFigures(rows),
    stopped: stoppedBy(record),
    comparison,
    ambiguousCandles: record.ambiguousCandles,
    ambiguousShare: record.ambiguousCandles === null ? null : record.ambiguousCandles / record.candles,
    wallets: record.ends.map((end) => walletMetrics(record, blocks, ends, end, sums, rows)),
    cycleRows: rows,
    phaseRows: clocks.flatMap((clock) => clock.rows(clock.of === 'plan' ? { holdings, capital, equity: Number(record.equity) } : walletWorth(record, clock.of), prices)),
    roleRows: record.wallets.flatMap((wallet) => [...(sums.roles.get(wallet) ?? [])].map(([role, of]) => roleMetrics(wallet, role, of))),
    daily: statistics.daily,
  };
}

function stoppedBy({ operations }: RunRecord): RunMetrics['stopped'] {
  const last = operations.at(-1);
  return last === undefined || last.operation === 'running' ? null : last;
}

function walletMetrics(record: RunRecord, blocks: CloseBlocks, ends: Int32Array, end: WalletEnd, sums: FillSums, rows: readonly CycleMetrics[]): WalletMetrics {
  const { wallet, capital, equity, realised, unrealised, long, short, phase } = end;
  const statistics = equityStatistics(blocks, walletHoldings(record, record.wallets.indexOf(wallet)), ends, Number(capital), record.from);
  return {
    wallet,
    capital,
    equity,
    result: difference(equity, capital),
    realised,
    unrealised,
    long,
    short,
    phase,
    ...returnsOf(capital, equity, record, statistics),
    drawdown: statistics.drawdown,
    exposure: exposureOf(statistics),
    ...moneyOf(capital, equity, [end], rolesOf(sums, [wallet]), record.liquidations.filter((row) => row.wallet === wallet)),
    cycles: cycleFigures(rows.filter((row) => row.wallet === wallet)),
  };
}

function walletWorth(record: RunRecord, wallet: WalletName): { readonly holdings: SeriesHoldings; readonly capital: number; readonly equity: number } {
  const end = record.ends.find((each) => each.wallet === wallet);
  if (end === undefined) throw new RangeError(`the record has no end of the wallet ${wallet}`);
  return { holdings: walletHoldings(record, record.wallets.indexOf(wallet)), capital: Number(end.capital), equity: Number(end.equity) };
}

function returnsOf(capital: DecimalString, equity: DecimalString, { from, to }: RunRecord, { daily, drawdown }: EquityStatistics): ReturnFigures {
  return returnFigures({ capital: Number(capital), equity: Number(equity), from, to, dailyEquity: daily.equity, maxDrawdown: drawdown.maxDrawdown });
}

function exposureOf({ heldShare, meanEquity, meanGross, meanNet, maxGross }: EquityStatistics): ExposureFigures {
  const isThere = meanEquity > 0;
  return { timeInMarket: heldShare, meanGross: isThere ? meanGross / meanEquity : null, meanNet: isThere ? meanNet / meanEquity : null, maxGross };
}

interface Money {
  readonly costs: CostFigures;
  readonly trades: TradeFigures;
  readonly liquidations: LiquidationFigures;
}

function moneyOf(capital: DecimalString, equity: DecimalString, ends: readonly WalletEnd[], roles: readonly RoleSum[], liquidated: readonly LiquidationRow[]): Money {
  const result = difference(equity, capital);
  const fees = plain(sum(ends.map((end) => dec(end.fees))));
  const funding = plain(sum(ends.map((end) => dec(end.funding))));
  const slippage = totalOf(roles, (role) => role.slippage);
  const liquidations = liquidationFigures(liquidated);
  const turnover = plain(dec(totalOf(roles, (role) => role.turnover)).plus(dec(liquidations.notional)));
  const cost = (amount: DecimalString): Cost => ({ amount, ofResult: result === '0' ? null : Number(amount) / Math.abs(Number(result)), ofCapital: Number(amount) / Number(capital) });
  return {
    costs: {
      fees: cost(fees),
      funding: cost(funding),
      slippage: cost(slippage),
      takerFees: totalOf(roles, (role) => role.takerFees),
      makerFees: totalOf(roles, (role) => role.makerFees),
      liquidationFees: liquidations.fees,
      resultBeforeCosts: plain(dec(result).plus(dec(fees)).plus(dec(slippage)).minus(dec(funding))),
    },
    trades: { fills: roles.reduce((fills, role) => fills + role.fills, 0), turnover, turnoverOfCapital: Number(turnover) / Number(capital) },
    liquidations,
  };
}

function rolesOf(sums: FillSums, wallets: readonly WalletName[]): RoleSum[] {
  return wallets.flatMap((wallet) => [...(sums.roles.get(wallet)?.values() ?? [])]);
}

function totalOf(roles: readonly RoleSum[], pick: (role: RoleSum) => ExactSum): DecimalString {
  const total = new ExactSum();
  for (const role of roles) total.add(pick(role).value);
  return total.text;
}

/** A row without an amount is what the insurance fund paid: its fee is negative. */
function liquidationFigures(rows: readonly LiquidationRow[]): LiquidationFigures {
  const taken = rows.filter(({ amount }) => Number(amount) !== 0);
  const notional = new ExactSum();
  for (const { price, amount } of taken) notional.add(productOf(scaledOf(price), scaledOf(amount)));
  return {
    count: new Set(taken.map(({ at }) => at)).size,
    notional: notional.text,
    fees: sumOfTexts(rows.filter(({ fee }) => !fee.startsWith('-')).map(({ fee }) => fee)).text,
    insured: sumOfTexts(rows.filter(({ fee }) => fee.startsWith('-')).map(({ fee }) => fee.slice(1))).text,
    firstAt: taken.reduce<number | null>((first, { at }) => (first === null || at < first ? at : first), null),
  };
}

function comparisonOf(record: RunRecord, blocks: CloseBlocks, leverage: DecimalString, totalReturn: number): Comparison {
  const [capital, first, last] = [Number(record.capital), Number(record.firstPrice), Number(record.lastPrice)];
  const held = heldSince(record.from, capital, first);
  const statistics = equityStatistics(blocks, held, rowEnds(blocks.candles, held), capital, record.from);
  const equity = (capital * last) / first;
  const hold = returnFigures({ capital, equity, from: record.from, to: record.to, dailyEquity: statistics.daily.equity, maxDrawdown: statistics.drawdown.maxDrawdown });
  return {
    hold: { ...hold, equity, drawdown: statistics.drawdown },
    leveredHold: leveredHold(capital, first, last, leverage, blocks.candles),
    overCash: totalReturn,
    overHold: totalReturn - hold.totalReturn,
  };
}

function leveredHold(capital: number, first: number, last: number, leverage: DecimalString, candles: CandleColumns): LeveredHold {
  const times = Number(leverage);
  const ruinedAt = times > 1 ? firstLowAt(candles, first * (1 - 1 / times)) : null;
  const totalReturn = ruinedAt === null ? times * (last / first - 1) : -1;
  return { leverage, equity: capital * (1 + totalReturn), totalReturn, ruinedAt };
}

/** Close of the first candle whose low is at or below the price; null: none is. */
function firstLowAt(candles: CandleColumns, price: number): number | null {
  const { low, length, priceDecimals } = candles;
  const limit = price * 10 ** priceDecimals;
  for (let candle = 0; candle < length; candle += 1) if ((low[candle] ?? Infinity) <= limit) return closeTime(candles, candle);
  return null;
}

function roleMetrics(wallet: WalletName, role: FillRow['role'], sums: RoleSum): RoleMetrics {
  const fees = new ExactSum();
  fees.add(sums.takerFees.value);
  fees.add(sums.makerFees.value);
  const turnover = sums.turnover.number;
  const slippage = sums.slippage;
  return { wallet, role, fills: sums.fills, turnover: sums.turnover.text, fees: fees.text, slippage: slippage.text, slippageShare: turnover > 0 ? slippage.number / turnover : null };
}

function difference(a: DecimalString, b: DecimalString): DecimalString {
  return plain(dec(a).minus(dec(b)));
}
