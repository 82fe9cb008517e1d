/** A simulation's report as text: what was run, what was covered, how it went, and a violation with the command that replays it. */
import type { Distribution, FoundViolation, SimulationReport } from '../../sim/simulation.ts';
import type { Style } from '../style.ts';
import { columns, wrappedText } from '../text-layout.ts';

/** Seed and start price are in it: path and price determine the run, the seed says where it came from. */
export function replayCommand(file: string, { seed, startPrice, violation }: SimulationReport): string {
  const quoted = /^[\w./-]+$/.test(file) ? file : `'${file.replace(/'/g, `'\\''`)}'`;
  return `hedgerow simulate ${quoted} --seed ${seed} --price ${startPrice} --path "${violation?.path ?? ''}"`;
}

export function simulationText(report: SimulationReport, command: string | null, style: Style): string {
  const sections = [
    headText(report, style),
    report.refusal === null ? [] : wrappedText('  not started: ', `${report.refusedStarts} paths; ${report.refusal}`),
    coverageText(report, style),
    sequencesText(report, style),
    resultText(report, style),
    report.violation === null || command === null ? [style.green('No invariant was broken.')] : violationText(report.violation, report.seed, command, style),
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function headText(report: SimulationReport, style: Style): string[] {
  const kinds = Object.entries(report.pathsByKind).map(([kind, count]) => `${count} ${kind}`);
  return [
    `${style.bold(report.strategy)}  seed ${report.seed}, starting at ${report.startPrice}`,
    `  ${report.paths} paths (${kinds.join(', ')})`,
    `  ${report.steps} steps, all invariants checked after ${report.auditedSteps} of them; during the others orders or answers were under way`,
  ];
}

function coverageText({ states, transitions }: SimulationReport, style: Style): string[] {
  const owners = [...new Set([...states, ...transitions].map(([name]) => ownerOf(name)))];
  return owners.flatMap((owner) => {
    const own = (entries: SimulationReport['states']): string[][] => entries.filter(([name]) => ownerOf(name) === owner).map(([name, count]) => [name.slice(owner.length + 2), `${count}`]);
    const left = own(states);
    const right = own(transitions);
    const rows = Array.from({ length: Math.max(left.length, right.length) }, (_, index) => ['', ...(left[index] ?? ['', '']), ...(right[index] ?? ['', ''])]);
    return [style.bold(owner), ...columns([['', 'state', 'steps', 'transition', 'times'], ...rows], ['left', 'left', 'right', 'left', 'right'])];
  });
}

function ownerOf(name: string): string {
  return name.split(':')[0] ?? name;
}

function sequencesText({ sequences }: SimulationReport, style: Style): string[] {
  if (sequences.length === 0) return [];
  return [style.bold('most frequent phase sequences'), ...columns(sequences.map(([sequence, count]) => ['', `${count} ×`, sequence]), ['left', 'right', 'left'])];
}

function resultText(report: SimulationReport, style: Style): string[] {
  const rows = [
    ['', '', 'count', 'min', 'p5', 'median', 'p95', 'max'],
    percentRow('return per path', report.returns),
    percentRow('drawdown per path', report.drawdowns),
    percentRow('result per cycle', report.cycleResults),
  ];
  const perUnit = (value: number | null): string => (value === null ? '–' : value.toFixed(2));
  const interruptions = Object.entries(report.interruptions).map(([operation, count]) => `${operation} on ${count}`);
  return [
    style.bold('results'),
    ...columns(rows, ['left', 'left', 'right', 'right', 'right', 'right', 'right', 'right']),
    `  ${report.unitsMoved} units moved, ${report.fills} fills, ${report.ordersPlaced} orders placed (${perUnit(report.ordersPerUnit)} per unit), ${report.requests} requests (${perUnit(report.requestsPerUnit)} per unit), ${report.refusals} refused`,
    `  ${report.liquidations} liquidations; ${interruptions.length === 0 ? 'no path was interrupted' : `paths interrupted: ${interruptions.join(', ')}`}`,
  ];
}

function percentRow(name: string, values: Distribution | null): string[] {
  if (values === null) return ['', name, '0'];
  const percent = (value: number): string => `${(value * 100).toFixed(2)} %`;
  return ['', name, `${values.count}`, percent(values.min), percent(values.p5), percent(values.median), percent(values.p95), percent(values.max)];
}

function violationText({ message, step, path, facts }: FoundViolation, seed: number, command: string, style: Style): string[] {
  return [
    style.red('An invariant was broken.'),
    ...wrappedText('  ', message),
    `  at step ${step} of the path below; found with seed ${seed}`,
    `  facts  ${JSON.stringify(facts)}`,
    `  path   ${path}`,
    `  replay ${command}`,
  ];
}
