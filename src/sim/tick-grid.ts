/** Simulated prices leave as exact decimal strings on the tick grid (I15), however they were computed inside. */
import { D, plain } from '../domain/decimal.ts';
import type { DecimalString } from '../domain/decimal.ts';
import { HedgerowError } from '../domain/errors.ts';

/** Paths may rise this many times above the start before whole numbers of grid steps stop being exact. */
const HEAD_ROOM = 1_000;

export interface TickGrid {
  readonly tickSize: DecimalString;
  /** The grid price nearest to `value`, at least one tick and at most the largest exact one. */
  price(value: number): DecimalString;
}

/**
 * `significantFigures`: most of a price that is no whole number; null: no such limit. Throws INPUT_INVALID when `tickSize` or
 * `startPrice` is not positive or the start price is too many ticks high.
 */
export function tickGrid(tickSize: DecimalString, startPrice: DecimalString, significantFigures: number | null = null): TickGrid {
  const step = positive('tickSize', tickSize);
  const start = positive('startPrice', startPrice);
  const decimals = step.decimalPlaces();
  const scale = 10 ** decimals;
  /** One tick in units of the last decimal place, e.g. 5 for a tick of 0.05. */
  const tickUnits = step.times(scale).toNumber();
  if (start.times(scale).times(HEAD_ROOM).greaterThan(Number.MAX_SAFE_INTEGER)) {
    throw new HedgerowError('INPUT_INVALID', `tickSize ${tickSize} is too fine for a start price of ${startPrice}; use a coarser tick`);
  }
  const ticksPerPrice = scale / tickUnits;
  const ticksMax = Math.floor(Number.MAX_SAFE_INTEGER / tickUnits);
  return {
    tickSize: plain(step),
    price: (value) => {
      const nearest = significantFigures === null ? value : withFigures(value, significantFigures);
      return unitsToText(Math.min(ticksMax, Math.max(1, Math.round(nearest * ticksPerPrice))) * tickUnits, decimals, scale);
    },
  };
}

/** Whole numbers keep all their figures. */
function withFigures(value: number, figures: number): number {
  return value >= 10 ** (figures - 1) ? Math.round(value) : Number(value.toPrecision(figures));
}

function positive(name: string, text: DecimalString): D {
  let value: D;
  try {
    value = new D(text);
  } catch {
    throw new HedgerowError('INPUT_INVALID', `${name} ${JSON.stringify(text)} is not a number`);
  }
  if (!value.isFinite() || value.lessThanOrEqualTo(0)) throw new HedgerowError('INPUT_INVALID', `${name} ${text} must be above zero`);
  return value;
}

/** `units` of the last of `decimals` places as a plain decimal string without trailing zeros. */
function unitsToText(units: number, decimals: number, scale: number): DecimalString {
  const remainder = units % scale;
  if (remainder === 0) return `${units / scale}`;
  const digits = `${remainder}`.padStart(decimals, '0');
  let end = digits.length;
  while (digits.charCodeAt(end - 1) === 48) end -= 1;
  return `${(units - remainder) / scale}.${end === digits.length ? digits : digits.slice(0, end)}`;
}
