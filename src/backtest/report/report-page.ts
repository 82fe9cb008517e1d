/**
 * The whole report as one HTML file that needs nothing but itself: text, tables, charts, their data, and the programs that draw them. Its
 * own policy forbids the browser to load anything or to run any program but these. Same input, same bytes.
 */
import { createHash } from 'node:crypto';
import { html, jsonText, ownText } from './html-text.ts';
import type { Html } from './html-text.ts';
import { assumptionSentences } from './assumptions.ts';
import { count, day, exact, moment, timeframe } from './figures.ts';
import { packedReport } from './report-facts.ts';
import type { PackedReport } from './report-facts.ts';
import type { Deflate, PageFiles, ReportInput } from './report-input.ts';
import { attention, boundsSection, costSection, figureCards, headline } from './result-sections.ts';
import { eventSection, longTableSections, monthSection, phaseSection, walletSection, waterSection } from './table-sections.ts';

/** In the order they run, after the charting library; all in one scope of their own. Found in the package's sources by whoever writes the report. */
export const PAGE_SCRIPTS = [
  'src/backtest/report/page/columns.js',
  'src/backtest/report/page/candle-stack.js',
  'src/backtest/report/page/equity-series.js',
  'src/backtest/report/page/look.js',
  'src/backtest/report/page/chart-frame.js',
  'src/backtest/report/page/price-marks.js',
  'src/backtest/report/page/price-chart.js',
  'src/backtest/report/page/phase-chart.js',
  'src/backtest/report/page/money-charts.js',
  'src/backtest/report/page/overview.js',
  'src/backtest/report/page/long-tables.js',
  'src/backtest/report/page/controls.js',
  'src/backtest/report/page/start.js',
];
export const PAGE_STYLE = 'src/backtest/report/page/report.css';

export function reportPage(input: ReportInput, files: PageFiles, deflate: Deflate): string {
  const packed = packedReport(input);
  const { facts } = packed;
  const style = `${files.library.style}\n${files.style}`;
  const script = `${files.library.script}\n(() => {\n'use strict';\n${files.scripts.join('\n')}\n})();\n`;
  const policy = `default-src 'none'; script-src '${hashOf(script)}'; style-src '${hashOf(style)}'; base-uri 'none'; form-action 'none'`;
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="hedgerow ${input.origin.version}">
<title>${input.record.plan}: backtest ${day(input.record.from)} to ${day(input.record.to)}</title>
<style>${ownText(style)}</style>
</head>
<body>
<a class="skip" href="#charts">To the charts</a>
<nav class="bar" aria-label="Parts of the report"><a href="#charts">Charts</a><a href="#figures">Figures</a><a href="#costs">Costs</a><a href="#bounds">Bounds</a><a href="#wallets">Wallets</a><a href="#cycles">Cycles</a><a href="#fills">Fills</a><a href="#assumptions">Assumptions</a><a href="#reproduce">Reproduce</a><button type="button" id="theme" aria-pressed="false" hidden>Dark</button></nav>
<main>
${headline(input, facts)}
${attention(input, facts)}
${chartSection(packed, input)}
${figureCards(input)}
${costSection(input, facts)}
${boundsSection(input, facts)}
${walletSection(input, facts)}
${monthSection(input)}
${waterSection(input, facts)}
${phaseSection(input, facts)}
${eventSection(input, facts)}
${longTableSections(input)}
${assumptionSection(input)}
${reproduceSection(input)}
${licenceSection(files)}
</main>
<script type="application/json" id="facts">${jsonText(facts)}</script>
<script type="text/plain" id="columns">${base64(deflate(packed.main.bytes))}</script>
<script type="text/plain" id="near-columns">${base64(deflate(packed.near.bytes))}</script>
<script>${ownText(script)}</script>
</body>
</html>
`;
  return page.text;
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

function chartSection({ embedded }: PackedReport, { record }: ReportInput): Html {
  return html`<section id="charts" aria-label="Charts">
<noscript><p class="note">The charts need JavaScript; the tables below do not.</p></noscript>
<div class="controls" id="controls"></div>
<p class="readout" id="readout" aria-live="off"></p>
<div class="charts" id="chart-area" tabindex="0" role="application" aria-label="Charts over time. Left and right move, plus and minus zoom, Home shows everything, n and p go to the next and the previous fill." aria-describedby="chart-help">
<p class="waiting" id="waiting">Unpacking the data…</p>
</div>
<p class="visually-hidden" id="spoken" role="status" aria-live="polite"></p>
<details id="chart-help"><summary>How to read and move the charts</summary>
<p>Drag to move. Click the charts once, then the wheel zooms (before that, hold Ctrl). Hold Shift and drag to zoom to a stretch, double-click to see everything, pinch on a touch screen. The strip at the bottom shows the whole time: drag its ends. Keys, when the charts have the focus: <kbd>←</kbd> <kbd>→</kbd> move, <kbd>+</kbd> <kbd>−</kbd> zoom, <kbd>Home</kbd> everything, <kbd>n</kbd> <kbd>p</kbd> next and previous fill, <kbd>Esc</kbd> closes a note.</p>
<p>A hollow candle closed above its open, a filled one below. Each horizontal line is an order from when it was placed at a price until it was moved, filled or cancelled; where too many lie side by side, the band between the lowest and the highest of its kind is drawn. ▲ bought, ▼ sold, ◆ at market for a start or a reset; the colour is the kind of order. A dotted vertical line is a reset. The strips below show each wallet’s phase; where several fall into one pixel, their shares of it.</p>
<p>${resolutionText(embedded, record.timeframeMs)}</p></details>
</section>`;
}

function resolutionText({ bars, near, radius }: PackedReport['embedded'], timeframeMs: number): string {
  if (near === null) return `All ${count(bars.length)} candles of ${timeframe(timeframeMs)} are in this file.`;
  return `To keep this file small it holds bars of ${timeframe(bars.timeframeMs)} for the whole time, and the ${timeframe(timeframeMs)} candles themselves from ${radius} before to ${radius} after each fill, liquidation and stop: ${count(near.length)} of them. Elsewhere the finest bar is ${timeframe(bars.timeframeMs)}. Figures, equity and drawdown were worked out from all candles.`;
}

function assumptionSection({ assumptions }: ReportInput): Html {
  return html`<section id="assumptions"><h2>What this run took for granted</h2><ul>${assumptionSentences(assumptions).map((sentence) => html`<li>${sentence}</li>`)}</ul></section>`;
}

/** Gaps named one by one; more are counted. */
const GAPS_LISTED = 50;

function reproduceSection({ origin, record }: ReportInput): Html {
  const { strategy } = origin;
  const rows = origin.data.map(
    (data) => html`<tr><th scope="row">${data.what}</th><td class="words">${data.source}</td><td>${data.timeframeMs === null ? '' : timeframe(data.timeframeMs)}</td><td>${count(data.rows)}</td><td>${moment(data.from)}</td><td>${moment(data.to)}</td><td>${data.gaps.length}</td><td class="words"><code>${data.hash}</code></td></tr>`,
  );
  const gaps = origin.data.flatMap(({ what, gaps: found }) => found.map((gap) => ({ what, ...gap })));
  return html`<section id="reproduce"><h2>To get this result again</h2>
<pre class="command"><code>${origin.command}</code></pre>
<dl class="facts"><dt>Result</dt><dd><code>${origin.resultHash}</code></dd><dt>Final equity, exactly</dt><dd><code>${exact(record.equity)}</code></dd><dt>Strategy</dt><dd>${strategy.file} · <code>${strategy.hash}</code></dd>${strategy.overrides.length === 0 ? null : html`<dt>Changed by --set</dt><dd>${strategy.overrides.map((override) => html`<code>${override}</code> `)}</dd>`}<dt>hedgerow</dt><dd>${origin.version}</dd>${record.detours.length === 0 ? null : html`<dt>Left to the live engine</dt><dd>${count(record.detours.length)} times</dd>`}</dl>
<div class="scroll" tabindex="0" role="region" aria-label="Data"><table class="figures"><caption>Data</caption><thead><tr><th scope="col">what</th><th scope="col">from</th><th scope="col">timeframe</th><th scope="col">rows</th><th scope="col">first</th><th scope="col">last</th><th scope="col">gaps</th><th scope="col">hash</th></tr></thead><tbody>${rows}</tbody></table></div>
${gaps.length === 0 ? null : html`<details><summary>${count(gaps.length)} gaps in the data</summary><ul class="gaps">${gaps.slice(0, GAPS_LISTED).map((gap) => html`<li>${gap.what}: <button type="button" class="show" data-from="${gap.from - (gap.until - gap.from)}" data-until="${gap.until + (gap.until - gap.from)}">${moment(gap.from)} to ${moment(gap.until)}</button></li>`)}${gaps.length > GAPS_LISTED ? html`<li>and ${count(gaps.length - GAPS_LISTED)} more</li>` : null}</ul></details>`}
<details open><summary>Strategy file</summary><pre class="yaml"><code>${strategy.text}</code></pre></details>
</section>`;
}

function licenceSection({ library }: PageFiles): Html {
  return html`<section id="licences"><details><summary>Made with hedgerow. Charts: ${library.name} ${library.version}</summary><pre>${library.licence}</pre></details></section>`;
}
