/**
 * What a backtest prints for people: the result and how far it may be off, what was worst, where the money went, the wallets and their
 * phases; of several plans a line each and their sum. Lines fit the terminal of the house (LINE_COLUMNS).
 */
import type { PlanSum } from '../../backtest/plan-sum.ts';
import { settleOf } from '../../backtest/plan-sum.ts';
import type { RunResult } from '../../backtest/result-document.ts';
import type { Cost, Drawdown, RunMetrics, WalletMetrics } from '../../backtest/run-metrics.ts';
import { COARSE_SHARE } from '../../backtest/metric-definitions.ts';
import { boundsOf } from '../../backtest/run-origin.ts';
import type { PathBounds } from '../../backtest/run-origin.ts';
import { timeframeText } from '../../domain/timeframe.ts';
import { NOTHING, cents, dayOf, duration, figure, minuteOf, money, percent, signedCents, signedMoney, signedPercent } from '../figure-text.ts';
import { printable } from '../style.ts';
import type { Style } from '../style.ts';
import { LINE_COLUMNS, columns, wrappedList, wrappedText } from '../text-layout.ts';
import type { Alignment } from '../text-layout.ts';
import { assumptionsText } from './assumptions-text.ts';

/** One plan, as the summary needs it. */
export type SummaryPlan = Pick<RunResult, 'metrics' | 'bounds' | 'assumptions' | 'data' | 'overrides'>;

/** Above this share of candles with several outcomes, the bounds say more than the result. */
const AMBIGUOUS_WARNING = 0.001;

/** What the live engine follows alone, which knows one order of low and high: `replayObstacle`, fill models, ticks by significant figures. */
const ONE_ORDER_ONLY = 'isolated margin, fill models, market caps, ticks by significant figures and limits nearer than the slippage run under one order of low and high only';

/** `sum`: `sumOfPlans` of their metrics. */
export function summaryText(plans: readonly SummaryPlan[], sum: PlanSum | null, style: Style): string {
  const [first, ...others] = plans;
  if (first === undefined) return '';
  const lines = others.length === 0 ? planLines(first, style) : tableLines(plans, sum, style);
  return `${lines.map(printable).join('\n')}\n`;
}

// ---- one plan ------------------------------------------------------------------------------------------------------------

function planLines(plan: SummaryPlan, style: Style): string[] {
  const { metrics, assumptions } = plan;
  return [
    ...headLines(plan, style),
    '',
    ...resultLines(plan, style),
    '',
    ...worstLines(plan, style),
    '',
    ...costLines(metrics, style),
    '',
    ...walletLines(metrics, style),
    '',
    ...phaseLines(metrics),
    '',
    ...wrappedText('  assumed: ', assumptionsText(assumptions)).map((line) => (assumptions.funding.type === 'history' ? style.dim(line) : line)),
  ];
}

function headLines({ metrics, data, overrides }: SummaryPlan, style: Style): string[] {
  const { plan, symbol, from, to, days, candles } = metrics;
  const timeframeMs = data.find(({ what }) => what === 'candles')?.timeframeMs ?? null;
  const bars = timeframeMs === null ? `${candles} candles` : `${candles} ${timeframeText(timeframeMs)} candles`;
  return [
    `${style.bold(plan)}  ${symbol}`,
    `  ${minuteOf(from)} to ${minuteOf(to)} UTC, ${figure(days, days < 10 ? 2 : days < 100 ? 1 : 0)} days, ${bars}`,
    ...(overrides.length === 0 ? [] : wrappedText('  set: ', overrides.join(', '))),
  ];
}

function resultLines({ metrics, bounds }: SummaryPlan, style: Style): string[] {
  const { capital, equity, result, totalReturn, annualReturn, volatility, sharpe, sortino, calmar, comparison, stopped, symbol } = metrics;
  const { hold, leveredHold } = comparison;
  const levered = leveredHold.ruinedAt === null ? signedPercent(leveredHold.totalReturn) : `-100 %, gone on ${dayOf(leveredHold.ruinedAt)}`;
  return [
    `  ${label('result')}${style.bold(signedPercent(totalReturn))}  ${signedCents(result)} ${settleOf(symbol)}: ${cents(capital)} became ${cents(equity)}`,
    ...boundLines(metrics, bounds, style),
    `  ${label('a year')}${signedPercent(annualReturn)}, volatility ${percent(volatility)}, Sharpe ${figure(sharpe)}, Sortino ${figure(sortino)}, Calmar ${figure(calmar)}`,
    ...wrappedText(`  ${label('against')}`, `buy and hold ${signedPercent(hold.totalReturn)} (drawdown ${percent(hold.drawdown.maxDrawdown)}), at ${leveredHold.leverage}x ${levered}; cash 0 %`),
    ...(stopped === null ? [] : wrappedText(`  ${label('stopped')}`, `${stopped.operation} on ${minuteOf(stopped.at)} UTC${stopped.reason === null ? '' : `: ${stopped.reason}`}`).map(style.red)),
  ];
}

function boundLines({ ambiguousCandles, ambiguousShare }: RunMetrics, bounds: PathBounds | null, style: Style): string[] {
  const name = label('bounds');
  const counted = ambiguousCandles === 0 ? 'no candle' : `${ambiguousCandles} ${ambiguousCandles === 1 ? 'candle' : 'candles'} (${percent(ambiguousShare, 3)})`;
  const candles = ambiguousCandles === null ? 'candles with more than one outcome were not counted' : `${counted} had more than one outcome${(ambiguousShare ?? 0) > COARSE_SHARE ? ': too coarse for this unit, so that the truth may lie far outside the bounds; take finer candles, or add --detail' : ''}`;
  const mark = (line: string): string => (ambiguousShare !== null && ambiguousShare > AMBIGUOUS_WARNING ? style.yellow(line) : line);
  if (bounds === null) return wrappedText(`  ${name}`, `none: ${ONE_ORDER_ONLY}; ${candles}`).map(mark);
  const { lowest, highest, deepest } = boundsOf(bounds);
  const span = `${signedPercent(lowest.totalReturn)} to ${signedPercent(highest.totalReturn)}`;
  return wrappedText(`  ${name}`, `${span} by the order of low and high, drawdown up to ${percent(deepest)}; ${candles}`).map(mark);
}

function worstLines({ metrics }: SummaryPlan, style: Style): string[] {
  const { drawdown, liquidations, cycles, exposure } = metrics;
  const { deepest, longest, underWaterShare } = drawdown;
  const worst = cycles.worst;
  return [
    ...wrappedText(`  ${label('drawdown')}`, deepest === null ? 'none' : `${percent(deepest.depth)}, ${drawdownSpan(deepest)}`).map((line, index) => (index === 0 && deepest !== null ? style.red(line) : line)),
    ...wrappedText(`  ${label('under water')}`, longest === null ? 'never' : `${percent(underWaterShare, 1)} of the time, longest ${duration(longest.lengthMs / 1_000)} from ${dayOf(longest.peakAt)}`),
    ...liquidationLines(liquidations, style),
    ...wrappedText(
      `  ${label('cycles')}`,
      `${cycles.begun}, of ${cycles.ended} ended ${percent(cycles.winRate, 1)} won, profit factor ${figure(cycles.profitFactor)}, ${cycles.whipsaws} whipsaws${
        worst === null ? '' : `; worst ${worst.wallet} ${worst.cycle} on ${dayOf(worst.startedAt)} with ${signedCents(worst.result)} (${signedPercent(worst.resultShare)})`
      }`,
    ),
    ...wrappedText(`  ${label('exposure')}`, `${percent(exposure.timeInMarket, 1)} of the time, gross ${times(exposure.meanGross)} on average and ${times(exposure.maxGross)} at most, net ${times(exposure.meanNet)}`),
  ];
}

function drawdownSpan({ peakAt, troughAt, recoveredAt, lengthMs }: Drawdown): string {
  const end = recoveredAt === null ? 'not back at the end' : `back ${dayOf(recoveredAt)}`;
  return `from ${dayOf(peakAt)} to ${dayOf(troughAt)}, ${end}, ${duration(lengthMs / 1_000)}`;
}

function liquidationLines({ count, notional, fees, insured, firstAt }: RunMetrics['liquidations'], style: Style): string[] {
  if (count === 0 || firstAt === null) return [`  ${label('liquidations')}none`];
  const rest = Number(insured) === 0 ? '' : `, ${cents(insured)} beyond the money there was`;
  return wrappedText(`  ${label('liquidations')}`, `${count}, first on ${minuteOf(firstAt)} UTC: ${cents(notional)} taken, fees ${cents(fees)}${rest}`).map(style.red);
}

function costLines({ costs, trades, result, capital }: RunMetrics, style: Style): string[] {
  const row = (name: string, { amount, ofResult, ofCapital }: Cost, isPaid: boolean): string[] => {
    const sign = isPaid ? -1 : 1;
    return [name, signedMoney(isPaid ? negated(amount) : amount), signedPercent(ofCapital * sign), signedPercent(ofResult === null ? null : ofResult * sign, 1)];
  };
  const { resultBeforeCosts } = costs;
  const share = (amount: string): string => signedPercent(Number(amount) / Number(capital));
  const rows = [
    ['where it went', 'amount', 'of capital', 'of |result|'],
    ['before costs', signedMoney(resultBeforeCosts), share(resultBeforeCosts), ''],
    row('fees', costs.fees, true),
    row('slippage', costs.slippage, true),
    row('funding', costs.funding, false),
    ['result', signedMoney(result), share(result), ''],
  ];
  const parts = [`taker ${money(costs.takerFees)}`, `maker ${money(costs.makerFees)}`, ...(Number(costs.liquidationFees) === 0 ? [] : [`liquidation ${money(costs.liquidationFees)}`])];
  return [
    ...indented(table(rows, ['left', 'right', 'right', 'right'])),
    ...wrappedText('  ', `${trades.fills} fills, turnover ${money(trades.turnover)}, ${figure(trades.turnoverOfCapital, 1)} times the capital; fees: ${parts.join(', ')}`).map(style.dim),
  ];
}

function walletLines({ wallets }: RunMetrics, style: Style): string[] {
  const rows = wallets.map((wallet) => [
    wallet.wallet,
    money(wallet.equity),
    signedPercent(wallet.totalReturn),
    percent(wallet.drawdown.maxDrawdown),
    percent(wallet.drawdown.underWaterShare, 0),
    String(wallet.cycles.begun),
    percent(wallet.cycles.winRate, 0),
    figure(wallet.cycles.profitFactor),
    String(wallet.cycles.whipsaws),
    money(wallet.costs.fees.amount),
    signedMoney(wallet.costs.funding.amount),
  ]);
  return [
    ...indented(table([['wallet', 'equity', 'return', 'drawdown', 'under', 'cycles', 'won', 'factor', 'whips', 'fees', 'funding'], ...rows])),
    ...wallets.filter(({ liquidations }) => liquidations.count > 0).map((wallet) => style.red(`  ${wallet.wallet} was liquidated ${liquidatedText(wallet)}`)),
  ];
}

function liquidatedText({ liquidations: { count, firstAt } }: WalletMetrics): string {
  return `${count === 1 ? 'once' : `${count} times`}${firstAt === null ? '' : `, first on ${minuteOf(firstAt)} UTC`}`;
}

function phaseLines({ phaseRows, wallets }: RunMetrics): string[] {
  const ofWallets = phaseRows.filter((row) => row.of !== 'plan' || wallets.length > 1);
  const rows = ofWallets.map((row, index) => [
    row.of === ofWallets[index - 1]?.of ? '' : row.of,
    row.phase,
    String(row.entered),
    duration(row.timeMs / 1_000),
    percent(row.timeShare, 1),
    signedMoney(row.result.toFixed(8)),
    signedPercent(row.resultOfCapital),
    String(row.fills),
    money(row.fees),
  ]);
  return indented(table([['phase of', '', 'times', 'lasted', 'share', 'result', 'of capital', 'fills', 'fees'], ...rows], ['left', 'left', 'right', 'right', 'right', 'right', 'right', 'right', 'right']));
}

// ---- several plans -------------------------------------------------------------------------------------------------------

function tableLines(plans: readonly SummaryPlan[], sum: PlanSum | null, style: Style): string[] {
  const from = Math.min(...plans.map(({ metrics }) => metrics.from));
  const to = Math.max(...plans.map(({ metrics }) => metrics.to));
  const sentences = new Map<string, string[]>();
  for (const { metrics, assumptions } of plans) {
    const sentence = assumptionsText(assumptions);
    sentences.set(sentence, [...(sentences.get(sentence) ?? []), metrics.plan]);
  }
  const assumed = [...sentences].flatMap(([sentence, names]) => [...(sentences.size === 1 ? [] : wrappedList('  ', names)), ...wrappedText('  assumed: ', sentence)]);
  return [
    style.bold(`${plans.length} plans, ${minuteOf(from)} to ${minuteOf(to)} UTC`),
    ...planTable(plans, sum).map((line, index) => (index === 0 ? style.dim(line) : line)),
    ...(sum === null ? ['  not added up: they are settled in different currencies'] : [style.dim('  drawdown and Sharpe of the sum by its equity at the ends of days')]),
    ...plans.flatMap(({ metrics }) => eventLines(metrics, style)),
    '',
    ...assumed.map((line) => style.dim(line)),
  ];
}

function planTable(plans: readonly SummaryPlan[], sum: PlanSum | null): string[] {
  const rows = [...plans.map(planRow), ...(sum === null ? [] : [sumRow(sum)])];
  const head = ['plan', 'market', 'result', 'return', 'lowest', 'highest', 'drawdown', 'Sharpe', 'fees', 'liq.'];
  const alignments: Alignment[] = head.map((_, index) => (index < 2 ? 'left' : 'right'));
  const lines = (nameMax: number): string[] => indented(columns([head, ...rows.map(([name = '', ...rest]) => [shortened(name, nameMax), ...rest])], alignments));
  const longest = Math.max(...rows.map(([name = '']) => name.length));
  const over = Math.max(...lines(longest).map((line) => line.length)) - LINE_COLUMNS;
  return lines(over > 0 ? Math.max(NAME_CHARS_MIN, longest - over) : longest);
}

const NAME_CHARS_MIN = 8;

function shortened(name: string, max: number): string {
  return name.length <= max ? name : `${name.slice(0, max - 1)}…`;
}

function planRow({ metrics, bounds }: SummaryPlan): string[] {
  const { plan, symbol, result, totalReturn, drawdown, sharpe, costs, liquidations } = metrics;
  const span = bounds === null ? null : boundsOf(bounds);
  const [market = symbol] = symbol.split(':');
  return [plan, market, signedMoney(result), signedPercent(totalReturn), signedPercent(span?.lowest.totalReturn ?? null), signedPercent(span?.highest.totalReturn ?? null), percent(drawdown.maxDrawdown), figure(sharpe), money(costs.fees.amount), String(liquidations.count)];
}

function sumRow({ plans, result, totalReturn, maxDrawdownDaily, sharpe, fees, liquidations, currency }: PlanSum): string[] {
  return [`sum of ${plans}`, currency, signedMoney(result), signedPercent(totalReturn), '', '', percent(maxDrawdownDaily), figure(sharpe), money(fees), String(liquidations)];
}

function eventLines({ plan, stopped, liquidations }: RunMetrics, style: Style): string[] {
  return [
    ...(liquidations.firstAt === null ? [] : [style.red(`  ${plan} was liquidated ${liquidations.count === 1 ? 'once' : `${liquidations.count} times`}, first on ${minuteOf(liquidations.firstAt)} UTC`)]),
    ...(stopped === null ? [] : wrappedText(`  ${plan} `, `${stopped.operation} on ${minuteOf(stopped.at)} UTC${stopped.reason === null ? '' : `: ${stopped.reason}`}`).map(style.red)),
  ];
}

// ---- pieces --------------------------------------------------------------------------------------------------------------

const LABEL_COLUMNS = 14;

function label(text: string): string {
  return text.padEnd(LABEL_COLUMNS);
}

/** The first column to the left, everything else to the right, unless told otherwise. */
function table(rows: readonly (readonly string[])[], alignments: readonly Alignment[] = (rows[0] ?? []).map((_, index) => (index === 0 ? 'left' : 'right'))): string[] {
  return columns(rows, alignments);
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}

function times(ratio: number | null): string {
  return ratio === null ? NOTHING : `${figure(ratio)}x`;
}

function negated(amount: string): string {
  return amount.startsWith('-') ? amount.slice(1) : `-${amount}`;
}
