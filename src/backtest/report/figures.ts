/** Figures as people read them: grouped digits, real minus signs, durations in the two largest units. Exact digits stay in JSON and CSV. */
import { dec } from '../../domain/decimal.ts';
import type { DecimalString } from '../../domain/decimal.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** `12,345.60`; more digits where the number is small. */
export function money(value: DecimalString | number): string {
  const number = typeof value === 'number' ? value : dec(value).toNumber();
  return grouped(number, Math.abs(number) >= 1 || number === 0 ? 2 : 4);
}

/** The same with its sign; zero has none. */
export function signedMoney(value: DecimalString | number): string {
  const text = money(value);
  return text.startsWith('−') || /^[0.]+$/.test(text) ? text : `+${text}`;
}

/** A price or amount with all its digits, the whole part grouped. */
export function exact(value: DecimalString): string {
  const [, sign = '', whole = '', rest = ''] = /^(-?)(\d+)(\.\d+)?$/.exec(value) ?? [];
  return whole === '' ? value : `${sign === '-' ? '−' : ''}${whole.replace(/\B(?=(\d{3})+$)/g, ',')}${rest}`;
}

/** A fraction as percent; null as a dash. */
export function percent(fraction: number | null, digits = 1): string {
  return fraction === null ? '–' : `${grouped(fraction * 100, digits)}\u00a0%`;
}

export function signedPercent(fraction: number | null, digits = 1): string {
  const text = percent(fraction, digits);
  return fraction === null || text.startsWith('−') || /^[0.]+\u00a0%$/.test(text) ? text : `+${text}`;
}

/** A fraction given as a decimal string, with the digits it has. */
export function exactPercent(fraction: DecimalString): string {
  return `${dec(fraction).times('100').toFixed()}\u00a0%`;
}

export function ratio(value: number | null): string {
  return value === null ? '–' : grouped(value, 2);
}

export function count(value: number): string {
  return grouped(value, 0);
}

function grouped(value: number, digits: number): string {
  const text = Math.abs(value).toFixed(digits);
  const [whole = '', rest = ''] = text.split('.');
  const sign = value < 0 && /[1-9]/.test(text) ? '−' : '';
  return `${sign}${whole.replace(/\B(?=(\d{3})+$)/g, ',')}${rest === '' ? '' : `.${rest}`}`;
}

/** `3 d 4 h`, `12 min`, `45 s`. */
export function duration(ms: number): string {
  if (ms < MINUTE_MS) return `${Math.round(ms / 1000)} s`;
  const minutes = Math.round(ms / MINUTE_MS);
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h${minutes % 60 === 0 ? '' : ` ${minutes % 60} min`}`;
  const hours = Math.round(ms / HOUR_MS);
  const days = Math.floor(hours / 24);
  return `${grouped(days, 0)} d${hours % 24 === 0 || days >= 100 ? '' : ` ${hours % 24} h`}`;
}

/** UTC, to the minute. */
export function moment(at: number): string {
  return new Date(at).toISOString().slice(0, 16).replace('T', ' ');
}

export function day(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}

/** `1m`, `4h`, `1d`, as ccxt writes them. */
export function timeframe(ms: number): string {
  if (ms % DAY_MS === 0) return `${ms / DAY_MS}d`;
  if (ms % HOUR_MS === 0) return `${ms / HOUR_MS}h`;
  return ms % MINUTE_MS === 0 ? `${ms / MINUTE_MS}m` : `${ms / 1000}s`;
}
