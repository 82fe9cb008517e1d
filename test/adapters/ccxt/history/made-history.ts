/** Made-up history with prices of many digits: the same every time. */
import type { Bar, History, Settlement } from './history-server.ts';

export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
/** Far enough back that every exchange takes it for history. */
export const START = Date.UTC(2025, 5, 1);

export interface HistoryWish {
  readonly minutes: number;
  /** Bars that are not there, by minute. */
  readonly isAway?: (minute: number) => boolean;
  readonly settlements?: number;
  /** Default: more digits than a float carries. */
  readonly digits?: 'many' | 'usual';
  readonly intervalMs?: (index: number) => number;
}

export function historyOf({ minutes, isAway = () => false, settlements = 3, digits = 'many', intervalMs = () => 8 * HOUR_MS }: HistoryWish): History {
  const all = Array.from({ length: minutes }, (_, minute) => minute).filter((minute) => !isAway(minute));
  const funding: Settlement[] = [];
  for (let index = 0, at = START + 7; index < settlements; index += 1, at += intervalMs(index)) funding.push({ at, rate: `${index % 3 === 0 ? '-' : ''}0.000${100 + (index % 900)}7` });
  return { bars: all.map((minute) => barOf(minute, '1', digits)), markBars: all.map((minute) => barOf(minute, '2', digits)), funding, now: Date.UTC(2026, 0, 10, 12, 34, 56) };
}

/** Prices between 100 and 101 with sixteen digits behind the point, more than a float carries, or with ten; the last digit is no zero. */
function barOf(minute: number, series: string, digits: 'many' | 'usual'): Bar {
  const price = (part: number): string => `100.${String(part).padStart(4, '0')}${digits === 'many' ? '000000' : ''}${series}${String(minute % 10_000).padStart(4, '0')}7`;
  return { at: START + minute * MINUTE_MS, open: price(500 + (minute % 300)), high: price(900 + (minute % 90)), low: price(100 + (minute % 90)), close: price(500 + ((minute + 1) % 300)), volume: `${(minute % 50) + 1}.5` };
}
