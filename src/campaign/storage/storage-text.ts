/** The storage lane's report for people. */
import type { LaneReport } from './storage-lane.ts';

export function storageText(reports: readonly LaneReport[]): string {
  return reports.map(laneText).join('\n');
}

function laneText({ store, cutsPower, seed, rounds, kills, looks, lostBytes, restartMs, rows, requests, violations }: LaneReport): string {
  const lines = [
    `${store === 'pglite' ? 'PGlite' : 'PostgreSQL'}, seed ${seed}: ${kills.all} ${cutsPower ? 'power cuts' : 'kills'} in ${rounds} rounds`,
    `  killed while  creating the store ${kills.creation}, starting up ${kills['start-up']}, running ${kills.run}, shutting down ${kills.shutdown}`,
    `  looked into right after the kill  ${looks}`,
    ...(cutsPower ? [`  unsynced and lost  ${Math.round(lostBytes / 1_024)} KiB`] : []),
    `  restart to running  p50 ${restartMs.p50} ms, p99 ${restartMs.p99} ms, longest ${restartMs.max} ms (${restartMs.count} starts)`,
    `  rows at the end  ${rows.journal} journal, ${rows.orders} orders, ${rows.intents} intents, ${rows.trades} trades; ${requests} requests at the exchange`,
    `  violations  ${violations.length}`,
    ...violations.map((violation) => `    ${violation.invariant} round ${violation.seed}, after ${violation.afterKills} kills: ${violation.what}`),
  ];
  return `${lines.join('\n')}\n`;
}
