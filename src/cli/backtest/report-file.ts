/** Writes a backtest's report as one HTML file: reads the files of its page and of the charting library from the package. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { packageRoot } from '../../adapters/postgres/package-root.ts';
import { PAGE_SCRIPTS, PAGE_STYLE, reportPage } from '../../backtest/report/report-page.ts';
import type { PageFiles, ReportInput } from '../../backtest/report/report-input.ts';

/** The page's own files are shipped as they are, in src/ of the package; the build has no copy of them. */
export function pageFiles(): PageFiles {
  const root = packageRoot();
  const own = (path: string): string => readFileSync(join(root, path), 'utf8');
  const manifest = createRequire(import.meta.url).resolve('uplot/package.json');
  const library = (path: string): string => readFileSync(join(dirname(manifest), path), 'utf8');
  const { version } = JSON.parse(library('package.json')) as { readonly version: string };
  return {
    scripts: PAGE_SCRIPTS.map(own),
    style: own(PAGE_STYLE),
    library: { name: 'uPlot', version, script: library('dist/uPlot.iife.min.js'), style: library('dist/uPlot.min.css'), licence: library('LICENSE') },
  };
}

/** The report as text, ready to be written. Level 9 would take four times as long for half a percent. */
export function reportHtml(input: ReportInput): string {
  return reportPage(input, pageFiles(), (bytes) => deflateRawSync(bytes));
}
