/** The storage lane's report for people. */
import type { LaneReport } from './storage-lane.ts';
import type { Violation } from './storage-round.ts';
import type { TakeoverReport } from './takeovers.ts';

export function storageText(reports: readonly LaneReport[], takeovers: readonly TakeoverReport[]): string {
  return [...reports.map(laneText), ...takeovers.map(takeoverText)].join('\n');
}

function takeoverText({ seed, rounds, takeoverMs, violations }: TakeoverReport): string {
  const sorted = [...takeoverMs].sort((a, b) => a - b).map(Math.round);
  return `${[
    `Standby on PostgreSQL, seed ${seed}: ${takeoverMs.length} takeovers in ${rounds} rounds`,
    `  death to running  p50 ${sorted[Math.floor(sorted.length / 2)] ?? 0} ms, longest ${sorted.at(-1) ?? 0} ms`,
    ...violationLines(violations),
  ].join('\n')}\n`;
}

function violationLines(violations: readonly Violation[]): readonly string[] {
  return [`  violations  ${violations.length}`, ...violations.map((violation) => `    ${violation.invariant} round ${violation.seed}, after ${violation.afterKills} kills: ${violation.what}`)];
}

function laneText({ store, cutsPower, seed, rounds, kills, looks, lostBytes, restartMs, rows, requests, violations }: LaneReport): string {
  const lines = [
    `${store === 'pglite' ? 'PGlite' : 'PostgreSQL'}, seed ${seed}: ${kills.all} ${cutsPower ? 'power cuts' : 'kills'} in ${rounds} rounds`,
    `  killed while  creating the store ${kills.creation}, starting up ${kills['start-up']}, running ${kills.run}, shutting down ${kills.shutdown}`,
    `  looked into right after the kill  ${looks}`,
    ...(cutsPower ? [`  unsynced and lost  ${Math.round(lostBytes / 1_024)} KiB`] : []),
    `  restart to running  p50 ${restartMs.p50} ms, p99 ${restartMs.p99} ms, longest ${restartMs.max} ms (${restartMs.count} starts)`,
    `  rows at the end  ${rows.journal} journal, ${rows.orders} orders, ${rows.intents} intents, ${rows.trades} trades; ${requests} requests at the exchange`,
    ...violationLines(violations),
  ];
  return `${lines.join('\n')}\n`;
}
