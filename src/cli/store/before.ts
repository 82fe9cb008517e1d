/** The time before which old rows go: days counted back from a plan's last activity, or a date. */
import { inputError } from '../command-input.ts';

export type Before = { readonly type: 'days'; readonly days: number } | { readonly type: 'date'; /** Ms. */ readonly at: number };

const DAY_MS = 86_400_000;
/** A hundred years: more is a slip of the keyboard. */
const DAYS_MAX = 36_500;
/** Orders and requests this recent may still be answered for by a late trade; they are not touched. */
const KEPT_ALWAYS_MS = DAY_MS;

/** Throws INPUT_INVALID. */
export function readBefore(text: string): Before {
  const [, days] = /^(\d{1,5})d$/.exec(text) ?? [];
  if (days !== undefined && Number(days) >= 1 && Number(days) <= DAYS_MAX) return { type: 'days', days: Number(days) };
  const at = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  // The parser takes 2026-02-30 for a day in March.
  if (!Number.isNaN(at) && new Date(at).toISOString().startsWith(text)) return { type: 'date', at };
  throw inputError(`--before ${JSON.stringify(text)} is neither a number of days from 1d to ${DAYS_MAX}d nor a date such as 2026-11-01`);
}

/** Ms; never within the last day of a plan that was last active at `lastAt` (ms). */
export function cutOff(before: Before, lastAt: number): number {
  return Math.min(before.type === 'days' ? lastAt - before.days * DAY_MS : before.at, lastAt - KEPT_ALWAYS_MS);
}
