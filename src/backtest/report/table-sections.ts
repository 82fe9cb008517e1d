/** Tables that are written into the page: wallets, phases, kinds of order, months, drawdowns, liquidations and operations. */
import { html } from './html-text.ts';
import type { Html, HtmlValue } from './html-text.ts';
import { count, duration, exact, money, moment, percent, ratio, signedMoney, signedPercent } from './figures.ts';
import type { ReportFacts } from './report-facts.ts';
import type { ReportInput } from './report-input.ts';
import type { RunMetrics } from '../run-metrics.ts';

interface Cell {
  readonly text: HtmlValue;
  /** What the column is sorted by; absent: by the text. */
  readonly order?: number | null;
}

/** A table whose head sorts it (page/tables.js). The first cell of each row is its head. */
function sortableTable(caption: string, heads: readonly string[], rows: readonly (readonly Cell[])[]): Html {
  const isWords = (column: number): boolean => rows[0]?.[column]?.order === undefined;
  const head = heads.map((name, i) => html`<th scope="col"${isWords(i) ? html` class="words"` : null}>${name === '' ? null : html`<button type="button">${name}</button>`}</th>`);
  const cell = ({ text, order }: Cell, i: number): Html => {
    const by = order === undefined || order === null ? null : html` data-order="${order}"`;
    return i === 0 ? html`<th scope="row"${by}>${text}</th>` : html`<td${by}${order === undefined ? html` class="words"` : null}>${text}</td>`;
  };
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption}"><table class="figures" data-sortable><caption>${caption}</caption><thead><tr>${head}</tr></thead><tbody>${rows.map((row) => html`<tr>${row.map(cell)}</tr>`)}</tbody></table></div>`;
}

const word = (text: HtmlValue): Cell => ({ text });
const figure = (text: string, order: number | string | null): Cell => ({ text, order: order === null ? null : Number(order) });

export function walletSection({ metrics }: ReportInput, { quote, base }: ReportFacts): Html {
  const rows = metrics.wallets.map((wallet) => [
    word(wallet.wallet),
    figure(money(wallet.capital), wallet.capital),
    figure(money(wallet.equity), wallet.equity),
    figure(signedMoney(wallet.result), wallet.result),
    figure(signedPercent(wallet.totalReturn), wallet.totalReturn),
    figure(percent(wallet.drawdown.maxDrawdown), wallet.drawdown.maxDrawdown),
    figure(ratio(wallet.sharpe), wallet.sharpe),
    figure(signedMoney(wallet.realised), wallet.realised),
    figure(signedMoney(wallet.unrealised), wallet.unrealised),
    figure(money(wallet.costs.fees.amount), wallet.costs.fees.amount),
    figure(signedMoney(wallet.costs.funding.amount), wallet.costs.funding.amount),
    figure(money(wallet.costs.slippage.amount), wallet.costs.slippage.amount),
    figure(count(wallet.trades.fills), wallet.trades.fills),
    figure(count(wallet.cycles.ended), wallet.cycles.ended),
    figure(percent(wallet.cycles.winRate), wallet.cycles.winRate),
    figure(exact(wallet.long), wallet.long),
    figure(exact(wallet.short), wallet.short),
    word(wallet.phase),
  ]);
  const heads = ['wallet', 'capital', 'equity', 'result', 'return', 'drawdown', 'Sharpe', 'realised', 'unrealised', 'fees', 'funding', 'slippage', 'fills', 'cycles', 'won', `long ${base}`, `short ${base}`, 'phase'];
  return html`<section id="wallets"><h2>Wallets</h2>${sortableTable(`Wallets, in ${quote}`, heads, rows)}${roleTable(metrics, quote)}</section>`;
}

function roleTable({ roleRows }: RunMetrics, quote: string): Html {
  const rows = roleRows.map((row) => [
    word(row.role),
    word(row.wallet),
    figure(count(row.fills), row.fills),
    figure(money(row.turnover), row.turnover),
    figure(money(row.fees), row.fees),
    figure(money(row.slippage), row.slippage),
    figure(row.slippageShare === null ? '–' : `${(row.slippageShare * 10_000).toFixed(2)} bp`, row.slippageShare),
  ]);
  return sortableTable(`Kinds of order, in ${quote}`, ['order', 'wallet', 'fills', 'turnover', 'fees', 'slippage', 'of turnover'], rows);
}

export function phaseSection({ metrics }: ReportInput, { quote }: ReportFacts): Html {
  const rows = metrics.phaseRows
    .filter(({ entered }) => entered > 0)
    .map((row) => [
      word(html`<i class="phase ${row.phase.toLowerCase()}"></i>${row.phase}`),
      word(row.of),
      figure(count(row.entered), row.entered),
      figure(duration(row.timeMs), row.timeMs),
      figure(percent(row.timeShare), row.timeShare),
      figure(signedMoney(row.result), row.result),
      figure(signedPercent(row.resultOfCapital), row.resultOfCapital),
      figure(count(row.fills), row.fills),
      figure(money(row.fees), row.fees),
      figure(signedMoney(row.funding), row.funding),
      figure(money(row.slippage), row.slippage),
    ]);
  const heads = ['phase', 'of', 'entered', 'time', 'of all time', 'result', 'of capital', 'fills', 'fees', 'funding', 'slippage'];
  return html`<section id="phases"><h2>Phases</h2>${sortableTable(`Phases, in ${quote}`, heads, rows)}</section>`;
}

/** Long tables are filled by the page from its columns. */
export function longTableSections({ metrics, record }: ReportInput): Html {
  return html`<section id="cycles"><h2>Cycles <span class="many">${count(metrics.cycleRows.length)}</span></h2><div class="long-table" data-table="cycles"></div></section>
<section id="fills"><h2>Fills <span class="many">${count(record.fills.length)}</span></h2><div class="long-table" data-table="fills"></div></section>`;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
/** A month of this much, up or down, has the full colour. */
const FULL_COLOUR_AT = 0.2;
const SHADES = 5;

/** Return of each calendar month, from the equity at the last close of each day; null where equity began at or below zero. */
export function monthlyReturns({ daily }: RunMetrics): { readonly year: number; readonly months: readonly (number | null)[]; readonly total: number | null }[] {
  const years = new Map<number, { start: number; end: number; months: { start: number; end: number }[] }>();
  let before = daily.equity[0] ?? 0;
  for (const [i, at] of daily.at.entries()) {
    const equity = daily.equity[i] ?? 0;
    const date = new Date(at);
    const year = years.get(date.getUTCFullYear()) ?? { start: before, end: equity, months: [] };
    years.set(date.getUTCFullYear(), year);
    const month = (year.months[date.getUTCMonth()] ??= { start: before, end: equity });
    month.end = equity;
    year.end = equity;
    before = equity;
  }
  const gain = (span: { start: number; end: number } | undefined): number | null => (span === undefined || span.start <= 0 ? null : span.end / span.start - 1);
  return [...years].map(([year, span]) => ({ year, months: MONTHS.map((_, month) => gain(span.months[month])), total: gain(span) }));
}

export function monthSection({ metrics }: ReportInput): Html {
  const shade = (value: number | null): string => {
    if (value === null) return 'none';
    const step = Math.min(SHADES, Math.ceil((Math.abs(value) / FULL_COLOUR_AT) * SHADES));
    return step === 0 ? 'flat' : `${value < 0 ? 'down' : 'up'}-${step}`;
  };
  const cell = (value: number | null): Html => html`<td class="${shade(value)}">${value === null ? '' : signedPercent(value).replace('\u00a0%', '')}</td>`;
  return html`<section id="months"><h2>Months</h2><div class="scroll" tabindex="0" role="region" aria-label="Returns by month"><table class="months"><caption>Return in percent by calendar month, UTC</caption>
<thead><tr><th scope="col">year</th>${MONTHS.map((month) => html`<th scope="col">${month}</th>`)}<th scope="col">year</th></tr></thead><tbody>
${monthlyReturns(metrics).map(({ year, months, total }) => html`<tr><th scope="row">${year}</th>${months.map(cell)}<td class="sum">${total === null ? '' : signedPercent(total).replace('\u00a0%', '')}</td></tr>`)}
</tbody></table></div></section>`;
}

export function waterSection({ metrics }: ReportInput, { quote }: ReportFacts): Html {
  const { drawdown, comparison } = metrics;
  const kinds = [
    ['Deepest', drawdown.deepest],
    ['Longest', drawdown.longest],
    ['Deepest of holding', comparison.hold.drawdown.deepest],
    ['Longest of holding', comparison.hold.drawdown.longest],
  ] as const;
  const rows = kinds.flatMap(([name, each]) =>
    each === null
      ? []
      : [
          [
            word(name),
            figure(percent(each.depth), each.depth),
            figure(money(each.loss), each.loss),
            figure(moment(each.peakAt), each.peakAt),
            figure(moment(each.troughAt), each.troughAt),
            figure(each.recoveredAt === null ? 'not yet' : moment(each.recoveredAt), each.recoveredAt),
            figure(duration(each.lengthMs), each.lengthMs),
            word(html`<button type="button" class="show" data-from="${each.peakAt}" data-until="${each.peakAt + each.lengthMs}">show</button>`),
          ],
        ],
  );
  return html`<section id="water"><h2>Time under water</h2>
<p>The plan was below an earlier peak ${percent(drawdown.underWaterShare)} of the time (${duration(drawdown.underWaterMs)}); holding ${percent(comparison.hold.drawdown.underWaterShare)}.</p>
${rows.length === 0 ? null : sortableTable(`Drawdowns at closes of candles, in ${quote}`, ['drawdown', 'depth', 'loss', 'peak', 'trough', 'recovered', 'length', ''], rows)}</section>`;
}

/** Nothing where nothing happened. */
export function eventSection({ record }: ReportInput, { quote }: ReportFacts): Html {
  const show = (at: number): Cell => word(html`<button type="button" class="show" data-from="${at - SHOWN_AROUND_MS}" data-until="${at + SHOWN_AROUND_MS}">show</button>`);
  const liquidations = record.liquidations.map((row) => [figure(moment(row.at), row.at), word(row.wallet), word(row.leg), figure(exact(row.price), row.price), figure(exact(row.amount), row.amount), figure(money(row.fee), row.fee), show(row.at)]);
  const operations = record.operations.map((row) => [figure(moment(row.at), row.at), word(row.operation), word(row.reason ?? ''), show(row.at)]);
  if (liquidations.length === 0 && operations.length <= 1) return html``;
  return html`<section id="events"><h2>Liquidations and stops</h2>
${liquidations.length === 0 ? null : sortableTable(`Liquidations, fees in ${quote}`, ['time', 'wallet', 'taken', 'price', 'amount', 'fee', ''], liquidations)}
${operations.length <= 1 ? null : sortableTable('How the plan stood', ['from', 'operation', 'reason', ''], operations)}</section>`;
}

/** Three hours on either side. */
const SHOWN_AROUND_MS = 3 * 3_600_000;
