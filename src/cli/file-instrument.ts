/** The market a strategy file itself describes: its limits and fees, for commands that ask no exchange. */
import type { Instrument, Strategy } from '../domain/strategy.ts';

/** Null when the strategy trades on a real exchange, which brings its own. */
export function simulatedInstrument({ symbol, exchange: { market } }: Strategy): Instrument | null {
  if (market === null) return null;
  const { slippage: _, ...limits } = market;
  return { symbol, ...limits };
}
