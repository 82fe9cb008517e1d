/** Results for people (one table, groups under their names) and for programs (one JSON document). */
import { cpus } from 'node:os';
import { columns } from '../cli/text-layout.ts';
import type { Goal } from './bench.ts';
import type { RowResult } from './measure.ts';

export function jsonReport(results: readonly RowResult[]): string {
  return JSON.stringify({ node: process.version, cores: cpus().length, rows: results }, null, 2);
}

export function textReport(results: readonly RowResult[]): string {
  const notes: string[] = [];
  const header = ['', 'median', '', 'p99', 'rounds from … to', 'goal', 'ratio'];
  const lines = columns([header, ...results.map((result) => cellsOf(result, notes))], ['left', 'right', 'left', 'right', 'left', 'left', 'left']);
  const [top = '', ...rows] = lines;
  const body = rows.flatMap((line, index) => (results[index - 1]?.group === results[index]?.group ? [line] : ['', results[index]?.group ?? '', line]));
  return [`Node ${process.version}, ${cpus().length} cores. Medians of interleaved rounds; ratios are to a row of the same rounds.`, '', top, ...body, '', ...notes].join('\n').trimEnd();
}

function cellsOf({ name, unit, median, p99, low, high, rounds, goal, isGoalMet, ratio, note }: RowResult, notes: string[]): string[] {
  const mark = note === null ? '' : ` [${notes.push(`[${notes.length + 1}] ${note}`)}]`;
  return [
    `  ${name}${mark}`,
    median === null ? 'not measured' : numberText(median),
    unit,
    p99 === null ? '' : numberText(p99),
    low === null || high === null || rounds < 2 ? '' : `${numberText(low)} … ${numberText(high)}`,
    goal === null ? '' : `${goalText(goal)}${isGoalMet === null ? '' : isGoalMet ? ' ✓' : ' missed'}`,
    ratio === null ? '' : `${numberText(ratio.value)} × ${ratio.to}`,
  ];
}

function goalText(goal: Goal): string {
  if ('p99AtMost' in goal) return `p99 ≤ ${numberText(goal.p99AtMost)}`;
  return 'atLeast' in goal ? `≥ ${numberText(goal.atLeast)}` : `≤ ${numberText(goal.atMost)}`;
}

/** Three digits say all a busy machine can. */
function numberText(value: number): string {
  return value.toLocaleString('en-US', { maximumSignificantDigits: 3 });
}
