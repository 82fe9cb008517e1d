/** The report of a campaign as text for people. */
import type { CampaignFigures, Spread } from '../sim/campaign/campaign-tally.ts';

export interface Performance {
  readonly wallMs: number;
  /** Sum over all threads, ms. */
  readonly busyMs: number;
  readonly workers: number;
}

/** A failure made small, with what happened in it. */
export interface ShownFailure {
  readonly seed: string | null;
  readonly count: number;
  readonly message: string;
  readonly facts: Readonly<Record<string, unknown>>;
  /** Shrunk; `--tape` takes it. */
  readonly tape: string;
  readonly timeline: readonly string[];
}

const LABEL_WIDTH = 26;

export function textReport(figures: CampaignFigures, performance: Performance, failures: readonly ShownFailure[]): string {
  const line = (label: string, text: string): string => `${label.padEnd(LABEL_WIDTH)}${text}`;
  const total = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((sum, count) => sum + count, 0);
  const failed = total(figures.violations);
  return [
    line('runs', `${figures.runs}${figures.refusedStarts === 0 ? '' : ` (${figures.refusedStarts} could not start)`}`),
    line('steps', `${figures.steps}`),
    line('simulated time', durationText(figures.simulatedMs)),
    line('plans at the end', countsText(figures.operations)),
    line('faults injected', `${total(figures.faults)}: ${countsText(figures.faults)}`),
    line('crashes', `${total(figures.crashes)} at ${Object.keys(figures.crashes).length} kinds of boundaries`),
    line('boundaries not reached', figures.unreached.length === 0 ? 'none' : figures.unreached.join(', ')),
    line('invariant violations', failed === 0 ? `0${figures.runs === 0 ? '' : ` (95 % bound ${boundText(figures.runs)} per run of this mix)`}` : `${failed}: ${countsText(figures.violations)}`),
    line('duplicate orders', `${figures.duplicateOrders}`),
    line('orphan orders', `${figures.orphanOrders}`),
    line('lost fills', `${figures.lostFills}`),
    line('unprotected', spreadText(figures.unprotectedMs)),
    line('convergence', spreadText(figures.convergenceMs)),
    line('restart to protected', spreadText(figures.restartToProtectedMs)),
    line('steps/s per core', performance.busyMs === 0 ? '-' : `${Math.round((figures.steps / performance.busyMs) * 1_000)} (${performance.workers} threads, ${durationText(performance.wallMs)})`),
    ...failures.flatMap(failureText),
  ].join('\n');
}

function failureText({ seed, count, message, facts, tape, timeline }: ShownFailure): string[] {
  return ['', `${count} × ${message}`, seed === null ? 'golden scenario' : `seed ${seed}`, `--tape "${tape}"`, JSON.stringify(facts), ...timeline.map((text) => `  ${text}`)];
}

function countsText(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');
}

function spreadText(spread: Spread | null): string {
  return spread === null ? '-' : `p50 ${secondsText(spread.p50)}, p99 ${secondsText(spread.p99)}, max ${secondsText(spread.max)} (${spread.count})`;
}

function secondsText(ms: number): string {
  return `${(ms / 1_000).toFixed(ms < 10_000 ? 2 : 0)} s`;
}

function durationText(ms: number): string {
  const days = ms / 86_400_000;
  if (days >= 1) return `${days.toFixed(1)} days`;
  return ms >= 3_600_000 ? `${(ms / 3_600_000).toFixed(1)} hours` : secondsText(ms);
}

/** Rule of three. */
function boundText(runs: number): string {
  return (3 / runs).toPrecision(2);
}
