/** What is wrong with rows of a file: each named by row and time. A row that was repaired would be one nobody traded. */
import { HedgerowError } from '../../../domain/errors.ts';
import type { Gap, ROW_FAULTS } from '../dataset/row-audit.ts';

export interface TableFault {
  /** Line of a text file, else the row, counted from 1. */
  readonly row: number;
  /** Null when the row's time cannot be read. */
  readonly at: number | null;
  readonly kind: (typeof ROW_FAULTS)[number] | 'unreadable' | 'timeframe';
  /** What stands there, in words. */
  readonly problem: string;
}

/** What was seen in a file, apart from its rows. */
export interface TableAudit {
  readonly faultCount: number;
  /** The first ones, by row. */
  readonly faults: readonly TableFault[];
  /** Bars or settlements that are not there. */
  readonly missing: number;
  /** The first ones; `missing` counts all. */
  readonly gaps: readonly Gap[];
}

/** So many are kept in memory; the count goes on. */
export const FAULTS_MAX = 1_000;
/** And so many stand in a message. */
const SHOWN_MAX = 20;

export function iso(at: number): string {
  return Number.isFinite(at) && Math.abs(at) <= 8.64e15 ? new Date(at).toISOString() : String(at);
}

export function faultLines({ faultCount, faults }: Pick<TableAudit, 'faultCount' | 'faults'>, rowWord: string): string[] {
  const shown = faults.slice(0, SHOWN_MAX).map(({ row, at, kind, problem }) => `  ${rowWord} ${row}${at === null ? '' : `, ${iso(at)}`}: ${kind}: ${problem}`);
  return faultCount > shown.length ? [...shown, `  … ${faultCount} in all`] : shown;
}

/** FEED_INVALID with every fault up to a bound. */
export function tableError(path: string, audit: Pick<TableAudit, 'faultCount' | 'faults'>, rowWord: string): HedgerowError {
  const { faultCount } = audit;
  const headline = `${path}: ${faultCount} fault${faultCount === 1 ? '' : 's'}; nothing is taken from a file with faults: correct it or get it again`;
  return new HedgerowError('FEED_INVALID', [headline, ...faultLines(audit, rowWord)].join('\n'));
}
