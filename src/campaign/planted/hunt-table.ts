/** What the hunt for the planted bugs found, as a table and one line, or as JSON. */
import Table from 'cli-table3';
import type { HuntResult } from './hunt.ts';

export function huntText(results: readonly HuntResult[]): string {
  const table = new Table({ head: ['planted bug', 'what the broken bot does', 'found by', 'seeds', 'seconds'], style: { head: [], border: [], compact: true }, colAligns: ['left', 'left', 'left', 'right', 'right'], colWidths: [null, 62, null, null, null], wordWrap: true });
  for (const { bug, sight, seedsTried, seconds } of results) table.push([bug.name, bug.story, sight?.invariant ?? 'NOT FOUND', String(seedsTried), seconds.toFixed(1)]);
  return `${table.toString()}\n${summaryOf(results)}\n`;
}

export function huntJson(results: readonly HuntResult[]): string {
  const rows = results.map(({ bug, sight, seedsTried, seconds }) => ({ name: bug.name, story: bug.story, source: bug.source, found: sight !== null, ...sight, seedsTried, seconds }));
  return `${JSON.stringify({ ...figuresOf(results), bugs: rows }, null, 2)}\n`;
}

interface Figures {
  readonly planted: number;
  readonly found: number;
  /** Seeds until found, over those that were; null when none was. */
  readonly medianSeeds: number | null;
  readonly maxSeeds: number | null;
}

function figuresOf(results: readonly HuntResult[]): Figures {
  const seeds = results.flatMap(({ sight, seedsTried }) => (sight === null ? [] : [seedsTried])).sort((a, b) => a - b);
  return { planted: results.length, found: seeds.length, medianSeeds: seeds[(seeds.length - 1) >> 1] ?? null, maxSeeds: seeds.at(-1) ?? null };
}

function summaryOf(results: readonly HuntResult[]): string {
  const { planted, found, medianSeeds, maxSeeds } = figuresOf(results);
  const missed = results.flatMap(({ bug, sight }) => (sight === null ? [bug.name] : []));
  const seeds = medianSeeds === null ? '' : `; seeds until found: median ${medianSeeds}, most ${maxSeeds}`;
  return `${found}/${planted} planted bugs found${seeds}${missed.length === 0 ? '' : `; not found: ${missed.join(', ')}`}`;
}
