/** Candles that come as lists of numbers, by the names of their places. Volumes may be contracts. */
import type { Candle } from '../../domain/candle.ts';
import { HedgerowError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import { baseAmountOf } from './contract-amounts.ts';
import { decimalOf, timeOf } from './fields.ts';
import type { Row } from './fields.ts';

/** What a place of a row holds; `volume` is base units, `contracts` counts only where there is no `volume`. */
export type CandleField = 'at' | 'open' | 'high' | 'low' | 'close' | 'volume' | 'contracts' | 'other';

/** Rejects with EXCHANGE_UNAVAILABLE what is no list of such rows. */
export function barsOf(json: Json | undefined, places: readonly CandleField[], contractSize: string): readonly Candle[] {
  if (!Array.isArray(json)) throw malformed();
  return (json as readonly Json[]).map((each) => {
    if (!Array.isArray(each)) throw malformed();
    const values = each as readonly Json[];
    return barOf(Object.fromEntries(places.map((name, place) => [name, values[place] ?? null])), contractSize);
  });
}

/** A bar whose fields have the names of CandleField. */
export function barOf(row: Row, contractSize: string): Candle {
  return {
    at: timeOf(row, 'at'),
    open: decimalOf(row, 'open'),
    high: decimalOf(row, 'high'),
    low: decimalOf(row, 'low'),
    close: decimalOf(row, 'close'),
    volume: row['volume'] === undefined ? baseAmountOf({ contractSize }, decimalOf(row, 'contracts')) : decimalOf(row, 'volume'),
  };
}

function malformed(): HedgerowError {
  return new HedgerowError('EXCHANGE_UNAVAILABLE', "the exchange's answer has no list of candles; nothing is concluded from it");
}
