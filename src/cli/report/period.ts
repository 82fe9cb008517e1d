/** The ends of a period, as `--since` and `--until` give them. */
import { inputError } from '../command-input.ts';

const MINUTE_MS = 60_000;
const UNITS_MS: Readonly<Record<string, number>> = { m: MINUTE_MS, h: 60 * MINUTE_MS, d: 1_440 * MINUTE_MS, w: 10_080 * MINUTE_MS };
const SPAN = /^(\d{1,6})([mhdw])$/;
/** A day, or a day and a time; without a zone it is UTC. */
const MOMENT = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)?)?$/;

/** Milliseconds; null for no text. A span counts back from `newest`, the time of the newest record. Throws INPUT_INVALID. */
export function sinceOf(text: string | null, newest: number, flag = '--since'): number | null {
  if (text === null) return null;
  const [, count, unit = ''] = SPAN.exec(text) ?? [];
  if (count !== undefined) return Math.max(0, newest - Number(count) * (UNITS_MS[unit] ?? 0));
  const moment = MOMENT.exec(text);
  const at = moment === null ? NaN : momentOf(text, moment);
  if (Number.isNaN(at) || at < 0) throw inputError(`${flag} ${JSON.stringify(text)} is neither a span such as 90m, 12h, 7d or 4w nor a day such as 2026-11-01 or a time such as 2026-11-01T12:00Z`);
  return at;
}

/** NaN for a day that does not exist, which Date would push into the next month. */
function momentOf(text: string, [, year, month, day, hour, , , zone]: RegExpExecArray): number {
  const date = new Date(`${year}-${month}-${day}T00:00:00Z`);
  if (Number.isNaN(date.getTime()) || date.getUTCDate() !== Number(day)) return NaN;
  return new Date(hour === undefined ? `${text}T00:00:00Z` : `${text.replace(' ', 'T')}${zone === undefined ? 'Z' : ''}`).getTime();
}
