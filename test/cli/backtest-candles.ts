/** Small candle and funding files for backtests: a made-up market, the same at every run. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;
export const START = Date.parse('2025-03-01T00:00:00Z');

export interface MadeCandles {
  readonly from?: number;
  readonly minutes: number;
  readonly stepMinutes?: number;
  readonly price?: number;
  readonly decimals?: number;
  /** Bars whose number is in it are left out. */
  readonly without?: (bar: number) => boolean;
  /** Waves of its own for each market. */
  readonly phase?: number;
}

/** Waves of some percent over hours and days, with a tremble in each bar: cycles begin and end, ladders go down and up. */
function priceAt(minute: number, phase: number): number {
  const wave = Math.sin(minute / 190 + phase) * 0.02 + Math.sin(minute / 1_130 + phase * 2) * 0.035 + Math.sin(minute / 17) * 0.002;
  return 1 + wave;
}

export function candleLines({ from = START, minutes, stepMinutes = 1, price = 100_000, decimals = 1, without = () => false, phase = 0 }: MadeCandles): string[] {
  const lines: string[] = [];
  const text = (value: number): string => String(Number(value.toFixed(decimals)));
  for (let bar = 0; bar * stepMinutes < minutes; bar += 1) {
    if (without(bar)) continue;
    const minute = bar * stepMinutes;
    const open = price * priceAt(minute, phase);
    const close = price * priceAt(minute + stepMinutes, phase);
    const tremble = price * 0.0006 * (1 + Math.sin(bar * 1.7));
    lines.push([from + minute * MINUTE_MS, text(open), text(Math.max(open, close) + tremble), text(Math.min(open, close) - tremble), text(close), text(10 + (bar % 7))].join(','));
  }
  return lines;
}

/** The file's path. */
export function writeCandles(folder: string, name: string, made: MadeCandles): string {
  const path = join(folder, name);
  writeFileSync(path, `timestamp_ms,open,high,low,close,volume\n${candleLines(made).join('\n')}\n`);
  return path;
}

/** Every eight hours from `from` to `to`, exclusive. */
export function writeFunding(folder: string, name: string, from: number, to: number): string {
  const path = join(folder, name);
  const lines: string[] = [];
  for (let at = from; at < to; at += 8 * HOUR_MS) lines.push(`${at},${(at / HOUR_MS) % 16 === 0 ? '0.0001' : '-0.00005'}`);
  writeFileSync(path, `timestamp_ms,funding_rate\n${lines.join('\n')}\n`);
  return path;
}

export interface MadeStrategy {
  readonly name: string;
  readonly symbol?: string;
  readonly exchange?: string;
  readonly unit?: string;
  readonly rest?: string;
}

export function strategyText({ name, symbol = 'BTC/USDT:USDT', exchange = '{ market: { tickSize: 0.1, amountStep: 0.001, slippage: 0.01% } }', unit = '{ percent: 1% }', rest = 'wallets: { hedge: { capital: 5000, cycle: rotation } }' }: MadeStrategy): string {
  return `version: 1\nname: ${name}\nsymbol: ${symbol}\nexchange: ${exchange}\nleverage: 3\nunit: ${unit}\n${rest}\n`;
}

export function writeStrategy(folder: string, made: MadeStrategy): string {
  const path = join(folder, `${made.name}.yaml`);
  writeFileSync(path, strategyText(made));
  return path;
}
