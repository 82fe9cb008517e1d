/**
 * Names as Bybit v5 writes them, and ours: symbols, sides, position indices, trigger sources, intervals, order ids.
 * Source: bybit-exchange.github.io/docs/v5/enum.
 */
import type { TriggerSource } from '../../../domain/strategy.ts';
import type { OrderRecord, PositionSide, Side } from '../../../ports/exchange.ts';

export const CATEGORY = 'linear';

/** `BTC/USDT:USDT` → its parts and `BTCUSDT`. */
export function marketNames(symbol: string): { readonly id: string; readonly base: string; readonly quote: string; readonly settle: string } {
  const [pair = '', settle = ''] = symbol.split(':');
  const [base = '', quote = ''] = pair.split('/');
  return { id: `${base}${quote}`, base, quote, settle };
}

export function sideName(side: Side): 'Buy' | 'Sell' {
  return side === 'buy' ? 'Buy' : 'Sell';
}

/** 0: one-way mode; 1: the long leg of hedge mode; 2: the short one. */
export function positionIdxOf(positionSide: PositionSide | 'both' | null): 0 | 1 | 2 {
  if (positionSide === null || positionSide === 'both') return 0;
  return positionSide === 'long' ? 1 : 2;
}

export const TRIGGER_NAMES: Readonly<Record<TriggerSource, string>> = { last: 'LastPrice', mark: 'MarkPrice', index: 'IndexPrice' };

export function triggerSourceOf(name: string): TriggerSource | null {
  const found = Object.entries(TRIGGER_NAMES).find(([, text]) => text === name);
  return found === undefined ? null : (found[0] as TriggerSource);
}

/** Minutes as digits, days and weeks as letters; months have no fixed length and are left out. */
const INTERVALS_MS: Readonly<Record<string, number>> = {
  '1': 60_000,
  '3': 180_000,
  '5': 300_000,
  '15': 900_000,
  '30': 1_800_000,
  '60': 3_600_000,
  '120': 7_200_000,
  '240': 14_400_000,
  '360': 21_600_000,
  '720': 43_200_000,
  D: 86_400_000,
  W: 604_800_000,
};

export function intervalMs(name: string): number | null {
  return INTERVALS_MS[name] ?? null;
}

/** Orders of clients that gave no orderLinkId show none. */
const HIDDEN_ID = /^nolink/;

export function orderLinkIdOf(order: Pick<OrderRecord, 'clientOrderId'>): string {
  return HIDDEN_ID.test(order.clientOrderId) ? '' : order.clientOrderId;
}

/** An id of our own for an order that came without one. */
export function hiddenId(at: number, count: number): string {
  return `nolink${at}x${count}`;
}

const ID_PREFIXES: readonly (readonly [pattern: RegExp, prefix: string])[] = [
  [/^o(\d+)$/, 'b1b17000'],
  [/^liquidation-(\d+)$/, 'b1b17001'],
  [/^adl-(\d+)$/, 'b1b17002'],
  [/^stillborn-(\d+)$/, 'b1b17003'],
];

/** Order ids are UUIDs at Bybit; the simulated exchange counts. */
export function wireOrderId(id: string): string {
  for (const [pattern, prefix] of ID_PREFIXES) {
    const count = pattern.exec(id)?.[1];
    if (count !== undefined) return `${prefix}-0000-4000-8000-${Number(count).toString(16).padStart(12, '0')}`;
  }
  return id;
}
