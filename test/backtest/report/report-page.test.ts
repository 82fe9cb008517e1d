/** The page as text: what it says, that it loads nothing, and that nothing from outside gets to run in it. */
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { pageFiles, reportHtml } from '../../../src/cli/backtest/report-file.ts';
import { monthlyReturns } from '../../../src/backtest/report/table-sections.ts';
import type { ReportInput } from '../../../src/backtest/report/report-input.ts';
import type { RunRecord } from '../../../src/backtest/run-record.ts';
import { generatedCandles, generatedRun } from './generated-run.ts';
import { generatedReport } from './generated-report.ts';
import { HOSTILE, hostileReport } from './hostile-report.ts';
import { sourceFile } from '../../source-text.ts';

const candles = generatedCandles(20_000, { gapEvery: 9_000 });
const record = generatedRun(candles);
const input = generatedReport(record, candles);
const page = reportHtml(input);
/** The text a reader sees of a part, tags taken out. */
const partOf = (text: string, id: string): string => (new RegExp(`<section id="${id}".*?</section>`, 's').exec(text)?.[0] ?? '').replace(/<[^>]+>/g, ' ').replace(/[ \n]+/g, ' ');

describe('the file', () => {
  test('loads nothing: no address outside it, and a policy that forbids it', () => {
    const markup = page.replace(/<(script|style)\b[^>]*>.*?<\/\1>/gs, '');
    expect(markup).not.toMatch(/\b(?:src|href|action|data)\s*=\s*["'](?!#)/);
    expect(markup).not.toMatch(/https?:|url\(/);
    const { scripts, style, library } = pageFiles();
    const loads = /\bimport\b|\bfetch\b|XMLHttpRequest|WebSocket|EventSource|sendBeacon|\bWorker\b/;
    expect(scripts.filter((script) => loads.test(sourceFile('page.js', script).code))).toEqual([]);
    expect(loads.test(library.script)).toBe(false);
    expect(/@import|url\(/.test(style + library.style)).toBe(false);
    expect(/default-src &#39;none&#39;/.test(page)).toBe(true);
  });

  test('its policy lets exactly its own program and style run', () => {
    const policy = /Content-Security-Policy" content="([^"]+)"/.exec(page)?.[1]?.replaceAll('&#39;', "'") ?? '';
    const hash = (text: string | undefined): string => `'sha256-${createHash('sha256').update(text ?? '').digest('base64')}'`;
    expect(policy).toContain(`script-src ${hash(/<script>(.*?)<\/script>/s.exec(page)?.[1])};`);
    expect(policy).toContain(`style-src ${hash(/<style>(.*?)<\/style>/s.exec(page)?.[1])};`);
    expect(page.match(/<script\b/g)).toHaveLength(4);
    expect(/<[a-z][^>]*\s(?:on\w+|style)=/i.exec(page.replace(/<(script|style)\b[^>]*>.*?<\/\1>/gs, ''))?.[0]).toBeUndefined();
  });

  test('is the same for the same run', () => {
    expect(reportHtml(generatedReport(record, candles)) === page).toBe(true);
  });

  test('names the charting library and holds its licence', () => {
    expect(partOf(page, 'licences')).toMatch(/uPlot 1\.\d+\.\d+/);
    expect(partOf(page, 'licences')).toContain('MIT License');
    expect(partOf(page, 'licences')).toContain('Leon Sorokin');
  });

  test('holds the strategy, the data, the hashes and the command', () => {
    const text = partOf(page, 'reproduce');
    for (const part of ['cycle: rotation', 'made-up.csv.gz', 'sha256:b1c2', 'sha256:0f4a', 'sha256:77aa', 'hedgerow backtest strategies/btc-rotation.yaml', '2 gaps in the data']) expect(text).toContain(part);
  });
});

describe('what it says', () => {
  test('the result against holding and cash', () => {
    const text = /<header.*?<\/header>/s.exec(page)?.[0].replace(/<[^>]+>/g, '').replace(/\n/g, ' ');
    expect(text).toMatch(/10,000\.00 USDT became [\d,]+\.\d\d USDT: [+−][\d.]+\u00a0%/);
    expect(text).toMatch(/holding BTC made [+−][\d.]+\u00a0%, cash nothing/);
  });

  test('costs from before to after add up', () => {
    const figures = [...partOf(page, 'costs').matchAll(/(Before costs|Fees|Slippage|Funding|Result) ([+−]?[\d,]+\.\d+)/g)].map(([, , text = '']) => Number(text.replaceAll(',', '').replace('−', '-')));
    const [before = NaN, fees = NaN, slippage = NaN, funding = NaN, result = NaN] = figures;
    expect(before + fees + slippage + funding).toBeCloseTo(result, 1);
    expect(fees).toBeLessThan(0);
  });

  test('bounds under each order of low and high', () => {
    expect(partOf(page, 'bounds')).toMatch(/Worst order .* Order by direction \(shown\) .* Best order/);
    expect(partOf(reportHtml({ ...input, bounds: null }), 'bounds')).toContain('bounds are unknown');
    const same = input.bounds?.ohlc;
    if (same === undefined) throw new Error('the generated report has bounds');
    const text = reportHtml({ ...input, bounds: { ohlc: same, worst: same, best: same } });
    expect(/<svg class="bounds-bar".*?<\/svg>/s.exec(text)?.[0].match(/<text/g)).toHaveLength(2);
  });

  test('tables of wallets, kinds of order and phases', () => {
    expect(partOf(page, 'wallets')).toMatch(/long 5,000\.00 .* hedge 5,000\.00/);
    expect(partOf(page, 'wallets')).toContain('stop-entry-short');
    expect(partOf(page, 'phases')).toMatch(/ADVANCE plan \d/);
  });

  test('what finer bars are left out', () => {
    expect(partOf(page, 'charts')).toContain('All 20,000 candles of 1m are in this file');
    const small = reportHtml({ ...input, budget: { bars: 5_000, near: 6_000 } });
    expect(partOf(small, 'charts')).toMatch(/bars of 5m for the whole time, and the 1m candles themselves from \d+ before to \d+ after each fill/);
  });

  test('what was taken for granted, as it was set', () => {
    expect(partOf(page, 'assumptions')).toContain('gone open, low, high, close');
    const marked = partOf(reportHtml({ ...input, assumptions: { ...input.assumptions, triggerBy: 'mark', markTimeframeMs: 60_000 } }), 'assumptions');
    expect(marked).toContain('stops triggered by the mark price, for which the last price is taken.');
    const other = partOf(reportHtml({ ...input, assumptions: { ...input.assumptions, path: 'worst', funding: { type: 'assumed', rate: '0.0001' }, maxStopSlip: '0.02', volumeShare: '0.1', rangeSlippage: '0.05', markTimeframeMs: 60_000, detailTimeframeMs: 1_000 } }), 'assumptions');
    for (const part of ['worse for the plan', '0.01\u00a0% at every settlement', 'slips at most 2\u00a0%', '10\u00a0% of a candle', '5\u00a0% of the candle', 'own candles of 1m', 'candles of 1s say']) expect(other).toContain(part);
  });

  test('first of all what makes the result doubtful', () => {
    const stopped: RunRecord = {
      ...record,
      liquidations: [{ at: record.from + 5_000_000, wallet: 'hedge', leg: 'close-short', price: '7000.5', amount: '0.5', fee: '17.5' }],
      operations: [...record.operations, { at: record.from + 5_000_000, operation: 'halted', reason: 'liquidated' }],
    };
    const report = generatedReport(stopped, candles);
    const text = reportHtml({ ...report, assumptions: { ...report.assumptions, funding: { type: 'none' } } });
    const notes = /<section class="attention".*?<\/section>/s.exec(text)?.[0] ?? '';
    for (const part of ['Liquidated once, first at 2020-01-01', 'once halted, and it ended halted', 'No funding was paid', 'The candles have 2 gaps']) expect(notes).toContain(part);
    expect(partOf(text, 'events')).toMatch(/hedge close-short 7,000\.5 0\.5 17\.50/);
    expect(partOf(text, 'events')).toContain('halted liquidated');
  });

  test('candles that are too coarse for the unit', () => {
    const report: ReportInput = { ...input, metrics: { ...input.metrics, ambiguousCandles: 272, ambiguousShare: 0.9067 } };
    const notes = /<section class="attention".*?<\/section>/s.exec(reportHtml(report))?.[0] ?? '';
    expect(notes).toContain('In 90.7\u00a0% of the candles more than one outcome was possible: they are too coarse for this unit');
  });

  test('nothing doubtful where all is well', () => {
    const report: ReportInput = { ...input, origin: { ...input.origin, data: [] }, bounds: null };
    expect(reportHtml(report).includes('Read this first')).toBe(false);
  });

  test('months compound to the year, the year to the result', () => {
    const rows = monthlyReturns(input.metrics);
    expect(rows.map(({ year }) => year)).toEqual([2020]);
    const compounded = rows[0]?.months.reduce<number>((product, month) => product * (1 + (month ?? 0)), 1) ?? NaN;
    expect(compounded - 1).toBeCloseTo(rows[0]?.total ?? NaN, 10);
    expect(rows[0]?.total).toBeCloseTo(input.metrics.totalReturn, 8);
    expect(rows[0]?.months[0]).not.toBeNull();
    expect(rows[0]?.months[5]).toBeNull();
  });
});

test('hostile names, YAML, reasons and file names stay text', () => {
  const text = reportHtml(hostileReport(candles));
  expect(text.includes(HOSTILE)).toBe(false);
  expect(text.match(/<script\b/g)).toHaveLength(4);
  expect(text.match(/<\/script>/g)).toHaveLength(4);
  expect(/<(?:img|iframe|object|embed|link|base)\b/i.exec(text)?.[0]).toBeUndefined();
  const read = text.replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&quot;/g, '"').replace(/&#39;/g, "'").replace(/&amp;/g, '&');
  expect(read.split(HOSTILE).length).toBeGreaterThan(10);
});
