/** Timeframes as ccxt writes them (`1m`, `15m`, `4h`, `1d`, `1w`) in milliseconds. Months have no fixed length and are refused. */
import { HedgerowError } from './errors.ts';

const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };
const TIMEFRAME = /^([1-9]\d{0,3})([smhdw])$/;

/** Milliseconds of a timeframe; throws INPUT_INVALID for anything else. */
export function parseTimeframe(text: string): number {
  const match = TIMEFRAME.exec(text);
  if (match === null) {
    throw new HedgerowError('INPUT_INVALID', `timeframe ${JSON.stringify(text)} is not one; write a whole number and s, m, h, d or w, for example 1h`);
  }
  const [, count = '', unit = ''] = match;
  return Number(count) * (UNIT_MS[unit] ?? 0);
}

const NAMES = Object.entries(UNIT_MS).reverse();

/** The timeframe of so many milliseconds, in the largest unit that divides it: `1h` for 3,600,000. Throws INPUT_INVALID below a second. */
export function timeframeText(timeframeMs: number): string {
  const unit = NAMES.find(([, ms]) => timeframeMs % ms === 0);
  if (unit === undefined || !(timeframeMs > 0)) throw new HedgerowError('INPUT_INVALID', `${timeframeMs} ms is no timeframe; timeframes are whole seconds`);
  return `${timeframeMs / unit[1]}${unit[0]}`;
}
