/** Figures for people: money rounded to cents, shares as percent, durations in the largest units that matter. JSON and CSV keep every digit. */
import { dec, plain } from '../domain/decimal.ts';
import type { DecimalString } from '../domain/decimal.ts';

/** What stands where there is nothing to say. */
export const NOTHING = '–';

export function cents(value: DecimalString): string {
  return dec(value).toFixed(2).replace(/^-(0\.00)$/, '$1');
}

/** From here on cents are no figures, only width. */
const WHOLE_FROM = 1_000_000;

/** For columns: in whole units where cents say nothing any more. */
export function money(value: DecimalString): string {
  return Math.abs(Number(value)) < WHOLE_FROM ? cents(value) : dec(value).toFixed(0);
}

export function signedMoney(value: DecimalString): string {
  return withSign(money(value));
}

/** With its sign, unless it is zero. */
export function signedCents(value: DecimalString): string {
  return withSign(cents(value));
}

/** `0.1234` as `12.34 %`. */
export function percent(share: number | null, decimals = 2): string {
  return share === null ? NOTHING : `${fixed(share * 100, decimals)} %`;
}

export function signedPercent(share: number | null, decimals = 2): string {
  return share === null ? NOTHING : `${withSign(fixed(share * 100, decimals))} %`;
}

/** `0.0005` as `0.05 %`, with every digit. */
export function shareText(fraction: DecimalString): string {
  return `${plain(dec(fraction).times(100))} %`;
}

export function figure(value: number | null, decimals = 2): string {
  return value === null ? NOTHING : fixed(value, decimals);
}

/** Too large for digits that mean something: a power of ten. */
const PLAIN_BELOW = 1e9;

function fixed(value: number, decimals: number): string {
  if (Math.abs(value) >= PLAIN_BELOW) return value.toExponential(decimals);
  return value.toFixed(decimals).replace(/^-(0(?:\.0+)?)$/, '$1');
}

function withSign(text: string): string {
  return text.startsWith('-') || /^0(?:\.0+)?$/.test(text) ? text : `+${text}`;
}

/** `2026-11-01 12:00`, UTC. */
export function minuteOf(at: number): string {
  return new Date(at).toISOString().slice(0, 16).replace('T', ' ');
}

/** `2026-11-01`, UTC. */
export function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}

/** `3 d 4 h`, `5 h 12 min`, `7 min`, `12 s`. */
export function duration(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  if (minutes === 0) return `${Math.round(seconds)} s`;
  const hours = Math.floor(minutes / 60);
  if (hours === 0) return `${minutes} min`;
  const days = Math.floor(hours / 24);
  return days === 0 ? `${hours} h ${minutes % 60} min` : `${days} d ${hours % 24} h`;
}
