/** Parts of the page that say how the run ended: the headline, what needs attention, the figures, costs, and bounds. */
import { COARSE_SHARE, FIGURE_DEFINITIONS } from '../metric-definitions.ts';
import type { Cost, RunMetrics } from '../run-metrics.ts';
import { boundsOf } from '../run-origin.ts';
import type { PathBounds } from '../run-origin.ts';
import { html } from './html-text.ts';
import type { Html } from './html-text.ts';
import { count, day, duration, money, moment, percent, ratio, signedMoney, signedPercent, timeframe } from './figures.ts';
import type { ReportFacts } from './report-facts.ts';
import type { ReportInput } from './report-input.ts';

export function headline({ record, metrics, origin }: ReportInput, { quote, base }: ReportFacts): Html {
  const { comparison } = metrics;
  return html`<header class="top">
<p class="kicker">Backtest · ${record.symbol} · ${timeframe(record.timeframeMs)} candles</p>
<h1>${record.plan}</h1>
<p class="period">${day(record.from)} to ${day(record.to)} · ${count(metrics.days)} days · ${count(record.candles)} candles · hedgerow ${origin.version}</p>
<p class="verdict">${money(metrics.capital)} ${quote} became <b>${money(metrics.equity)} ${quote}</b>: <b>${signedPercent(metrics.totalReturn)}</b>${metrics.annualReturn === null ? '' : `, ${signedPercent(metrics.annualReturn)} a year`}.
Buying and holding ${base} made ${signedPercent(comparison.hold.totalReturn)}, cash nothing.
At its worst the plan stood ${percent(metrics.drawdown.maxDrawdown)} below its peak, holding ${percent(comparison.hold.drawdown.maxDrawdown)}.</p>
</header>`;
}

/** What a reader has to know before he believes the result; nothing where all is well. */
export function attention({ record, metrics, assumptions, origin, bounds }: ReportInput, { quote }: ReportFacts): Html {
  const notes: string[] = [];
  const { liquidations } = metrics;
  if (liquidations.count > 0) {
    notes.push(`Liquidated ${times(liquidations.count)}, first at ${liquidations.firstAt === null ? '?' : moment(liquidations.firstAt)}: ${money(liquidations.notional)} ${quote} taken by force.`);
  }
  const stopped = record.operations.filter(({ operation }) => operation !== 'running');
  const last = record.operations.at(-1);
  if (stopped.length > 0) notes.push(`The plan did not run all the time: ${stopped.length === 1 ? 'once' : times(stopped.length)} ${[...new Set(stopped.map(({ operation }) => operation))].join(', ')}${last !== undefined && last.operation !== 'running' ? `, and it ended ${last.operation}` : ''}.`);
  if (record.path === 'best') notes.push('This result is under the best order of each candle’s low and high. It is an upper bound, not an estimate.');
  if (assumptions.funding.type === 'none') notes.push('No funding was paid. Real perpetual futures pay it every few hours.');
  if (assumptions.funding.type === 'assumed') notes.push('Funding rates were assumed, not taken from history.');
  if (bounds !== null && changesSign(bounds, metrics.capital)) notes.push('Whether this run won or lost hangs on the order of prices inside candles: see the bounds.');
  if ((metrics.ambiguousShare ?? 0) > COARSE_SHARE) notes.push(`In ${percent(metrics.ambiguousShare)} of the candles more than one outcome was possible: they are too coarse for this unit, and the truth may lie far outside the bounds. Finer candles, or --detail, settle that.`);
  const gaps = origin.data.flatMap(({ what, gaps: found }) => (what === 'candles' ? found : []));
  if (gaps.length > 0) notes.push(`The candles have ${gaps.length} ${gaps.length === 1 ? 'gap' : 'gaps'}, ${duration(gaps.reduce((sum, gap) => sum + gap.until - gap.from, 0))} in all. What happened there is unknown.`);
  return notes.length === 0 ? html`` : html`<section class="attention" aria-label="Read this first"><h2>Read this first</h2><ul>${notes.map((note) => html`<li>${note}</li>`)}</ul></section>`;
}

function times(n: number): string {
  return n === 1 ? 'once' : n === 2 ? 'twice' : `${count(n)} times`;
}

function changesSign(bounds: PathBounds, capital: string): boolean {
  const { lowest, highest } = boundsOf(bounds);
  return Number(lowest.equity) < Number(capital) !== Number(highest.equity) < Number(capital);
}

interface Card {
  readonly name: string;
  readonly value: string;
  readonly beside: string;
}

export function figureCards({ metrics }: ReportInput): Html {
  const meaning = new Map(FIGURE_DEFINITIONS.map(({ name, definition }) => [name.toLowerCase(), definition]));
  return html`<section id="figures"><h2>Figures</h2>
<dl class="cards">${cardsOf(metrics).map(({ name, value, beside }) => html`<div><dt title="${meaning.get(name.toLowerCase()) ?? ''}">${name}</dt><dd>${value}</dd><dd class="beside">${beside}</dd></div>`)}</dl>
<details><summary>How these are defined</summary><dl class="definitions">${FIGURE_DEFINITIONS.map(({ name, definition }) => html`<dt>${name}</dt><dd>${definition}</dd>`)}</dl></details>
</section>`;
}

function cardsOf(metrics: RunMetrics): Card[] {
  const { comparison, drawdown, cycles, exposure, trades } = metrics;
  const { hold } = comparison;
  const card = (name: string, value: string, beside: string): Card => ({ name, value, beside });
  return [
    card('Total return', signedPercent(metrics.totalReturn), `hold ${signedPercent(hold.totalReturn)}`),
    card('Annual return', signedPercent(metrics.annualReturn), `hold ${signedPercent(hold.annualReturn)}`),
    card('Max drawdown', percent(drawdown.maxDrawdown), `hold ${percent(hold.drawdown.maxDrawdown)}`),
    card('Longest under water', drawdown.longest === null ? '–' : duration(drawdown.longest.lengthMs), `${percent(drawdown.underWaterShare, 0)} of the time under water`),
    card('Volatility', percent(metrics.volatility), `a year; hold ${percent(hold.volatility)}`),
    card('Sharpe', ratio(metrics.sharpe), `hold ${ratio(hold.sharpe)}`),
    card('Sortino', ratio(metrics.sortino), `hold ${ratio(hold.sortino)}`),
    card('Calmar', ratio(metrics.calmar), `hold ${ratio(hold.calmar)}`),
    card('Cycles', count(cycles.ended), `ended; ${count(cycles.whipsaws)} whipsaws`),
    card('Win rate', percent(cycles.winRate), `${count(cycles.won)} won, ${count(cycles.lost)} lost`),
    card('Profit factor', ratio(cycles.profitFactor), 'won over lost, per cycle'),
    card('Worst cycle', cycles.worst === null ? '–' : signedMoney(cycles.worst.result), cycles.worst === null ? '' : `${cycles.worst.wallet} ${cycles.worst.cycle}, ${signedPercent(cycles.worst.resultShare)}`),
    card('Fills', count(trades.fills), `turnover ${ratio(trades.turnoverOfCapital)} × capital`),
    card('Time in market', percent(exposure.timeInMarket), `gross ${percent(exposure.meanGross, 0)}, net ${percent(exposure.meanNet, 0)} of equity`),
    card('Liquidations', count(metrics.liquidations.count), metrics.liquidations.count === 0 ? '' : `${money(metrics.liquidations.notional)} taken`),
    card('Ambiguous candles', metrics.ambiguousCandles === null ? '–' : count(metrics.ambiguousCandles), metrics.ambiguousCandles === null ? 'not counted' : `${percent(metrics.ambiguousShare, 3)} of all`),
  ];
}

/** From the result before costs to the result, as bars; and each cost as a share of the absolute result and of the capital. */
export function costSection({ metrics }: ReportInput, { quote }: ReportFacts): Html {
  const { costs } = metrics;
  const before = Number(costs.resultBeforeCosts);
  const steps = [
    { name: 'Before costs', from: 0, to: before, isTotal: true },
    { name: 'Fees', from: before, to: before - Number(costs.fees.amount), isTotal: false },
    { name: 'Slippage', from: before - Number(costs.fees.amount), to: Number(metrics.result) - Number(costs.funding.amount), isTotal: false },
    { name: 'Funding', from: Number(metrics.result) - Number(costs.funding.amount), to: Number(metrics.result), isTotal: false },
    { name: 'Result', from: 0, to: Number(metrics.result), isTotal: true },
  ];
  const low = Math.min(0, ...steps.flatMap(({ from, to }) => [from, to]));
  const high = Math.max(0, ...steps.flatMap(({ from, to }) => [from, to]));
  const place = (value: number): string => (high === low ? '0' : (((value - low) / (high - low)) * 100).toFixed(3));
  const bars = steps.map(({ name, from, to, isTotal }, i) => {
    const [left, right] = [place(Math.min(from, to)), place(Math.max(from, to))];
    const kind = isTotal ? 'total' : to < from ? 'paid' : 'got';
    return html`<rect x="${left}%" y="${i * 22 + 3}" width="${Math.max(0.15, Number(right) - Number(left)).toFixed(3)}%" height="16" class="${kind}"><title>${name}: ${signedMoney(to - (isTotal ? 0 : from))} ${quote}</title></rect>`;
  });
  const row = (name: string, amount: string | number, ofResult: number | null, ofCapital: number | null): Html =>
    html`<tr><th scope="row">${name}</th><td>${signedMoney(amount)}</td><td>${ofResult === null ? '' : signedPercent(ofResult)}</td><td>${ofCapital === null ? '' : signedPercent(ofCapital)}</td></tr>`;
  const paid = (name: string, { amount, ofResult, ofCapital }: Cost): Html => row(name, -Number(amount), negated(ofResult), negated(ofCapital));
  const { funding } = costs;
  return html`<section id="costs"><h2>What it cost</h2>
<div class="beside-each-other">
<table class="figures waterfall"><thead><tr><th scope="col">${quote}</th><th scope="col">amount</th><th scope="col">of the result</th><th scope="col">of the capital</th></tr></thead><tbody>
${row('Before costs', costs.resultBeforeCosts, null, before / Number(metrics.capital))}
${paid('Fees', costs.fees)}
${paid('Slippage', costs.slippage)}
${row('Funding', funding.amount, funding.ofResult, funding.ofCapital)}
<tr class="sum"><th scope="row">Result</th><td>${signedMoney(metrics.result)}</td><td></td><td>${signedPercent(metrics.totalReturn)}</td></tr>
</tbody></table>
<svg class="waterfall-bars" role="img" aria-label="From the result before costs to the result" width="100%" height="112"><line x1="${place(0)}%" x2="${place(0)}%" y1="0" y2="112"/>${bars}</svg>
</div>
<p class="note">Taker fees ${money(costs.takerFees)}, maker fees ${money(costs.makerFees)}, fees of liquidations ${money(costs.liquidationFees)} ${quote}. Slippage is what fills lost against their triggers; it is in the prices of the fills already. Shares are of the absolute result.</p>
</section>`;
}

/** Labels of a span need this much of the width to stand inside it. */
const LABELS_INSIDE_FROM = 20;

/** Under the ends of the span: inside it where there is room, else one in the middle for both. */
function boundLabels([worst, left]: readonly [number, number], [best, right]: readonly [number, number]): Html {
  if (right - left >= LABELS_INSIDE_FROM) return html`<text x="${left}%" y="62">${money(worst)}</text><text x="${right}%" y="62" class="high">${money(best)}</text>`;
  const text = money(worst) === money(best) ? money(best) : `${money(worst)} to ${money(best)}`;
  const middle = (left + right) / 2;
  return html`<text x="${middle}%" y="62" class="${middle < 15 ? 'low' : middle > 85 ? 'high' : 'middle'}">${text}</text>`;
}

function negated(value: number | null): number | null {
  return value === null ? null : -value;
}

export function boundsSection({ metrics, bounds, record }: ReportInput, { quote }: ReportFacts): Html {
  const ambiguous = metrics.ambiguousCandles === null ? html`<p>How many candles had more than one possible outcome was not counted.</p>` : html`<p>In ${count(metrics.ambiguousCandles)} of ${count(metrics.candles)} candles (${percent(metrics.ambiguousShare, 3)}) more than one outcome was possible, because the data does not say whether the low or the high came first.</p>`;
  if (bounds === null) return html`<section id="bounds"><h2>How wrong the candles may make it</h2>${ambiguous}<p class="note">The run was not repeated under the worst and the best order, so its bounds are unknown.</p></section>`;
  const names = { worst: 'Worst order', ohlc: 'Order by direction', best: 'Best order' };
  const paths = ['worst', 'ohlc', 'best'] as const;
  const equities = paths.map((path) => Number(bounds[path].equity));
  const [low, high] = [Math.min(...equities, Number(metrics.capital)), Math.max(...equities, Number(metrics.capital))];
  const place = (value: number): string => (high === low ? '50' : (4 + ((value - low) / (high - low)) * 92).toFixed(3));
  const [worst, best] = [Math.min(...equities), Math.max(...equities)];
  return html`<section id="bounds"><h2>How wrong the candles may make it</h2>${ambiguous}
<div class="beside-each-other">
<table class="figures"><thead><tr><th scope="col">Inside each candle</th><th scope="col">equity</th><th scope="col">return</th><th scope="col">drawdown</th><th scope="col">fills</th><th scope="col">liquidations</th></tr></thead><tbody>
${paths.map((path) => html`<tr${path === record.path ? html` class="sum"` : null}><th scope="row">${names[path]}${path === record.path ? ' (shown)' : ''}</th><td>${money(bounds[path].equity)}</td><td>${signedPercent(bounds[path].totalReturn)}</td><td>${percent(bounds[path].maxDrawdown)}</td><td>${count(bounds[path].fills)}</td><td>${count(bounds[path].liquidations)}</td></tr>`)}
</tbody></table>
<svg class="bounds-bar" role="img" aria-label="Equity between ${money(worst)} and ${money(best)} ${quote}" width="100%" height="64">
<line class="axis" x1="0" x2="100%" y1="34" y2="34"/><rect class="span" x="${place(worst)}%" y="26" width="${(Number(place(best)) - Number(place(worst))).toFixed(3)}%" height="16"/>
<line class="capital" x1="${place(Number(metrics.capital))}%" x2="${place(Number(metrics.capital))}%" y1="14" y2="54"/>
<circle cx="${place(Number(bounds[record.path].equity))}%" cy="34" r="6"/>
${boundLabels([worst, Number(place(worst))], [best, Number(place(best))])}<text x="${place(Number(metrics.capital))}%" y="11" class="middle">capital</text></svg>
</div>
<p class="note">The true result may lie outside where other assumptions fail; worst and best are chosen candle by candle, not over all runs at once.</p></section>`;
}

