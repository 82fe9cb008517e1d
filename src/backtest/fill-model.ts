/**
 * How orders of a backtest fill beyond the market's fixed slippage, as options of the simulated exchange: slippage from the range of the
 * candle, a share of its volume, and a bound on how far a stop may slip. Everything follows from the candle the price is in.
 */
import { D, ZERO, dec, floorToStep, maxOf, plain } from '../domain/decimal.ts';
import type { DecimalString } from '../domain/decimal.ts';
import { HedgerowError } from '../domain/errors.ts';
import type { OrderRecord } from '../ports/exchange.ts';
import type { SimulatedExchangeConfig, SimulatedMarket } from '../sim/exchange/config.ts';
import type { ExecutionFate } from '../sim/exchange/faults.ts';
import type { Tape } from './tape.ts';

export interface FillModel {
  /** Share of a candle's high − low that every taker in it pays on top of the market's slippage. */
  readonly rangeSlippage: DecimalString;
  /** Fraction of a candle's volume an order may fill in it, floored to the amount step; the rest waits for the next one. Null: all at once. */
  readonly volumeShare: DecimalString | null;
  /** Fraction of its trigger beyond which a stop is assumed never to fill. Optimistic where prices jump. Null: no bound. */
  readonly maxStopSlip: DecimalString | null;
}

export const PLAIN_FILLS: FillModel = { rangeSlippage: '0', volumeShare: null, maxStopSlip: null };

/** The candle the price is in: rows of the tape. */
export interface Place {
  row: number;
}

/** Throws INPUT_INVALID for a model without sense. */
export function checkFillModel({ rangeSlippage, volumeShare, maxStopSlip }: FillModel): void {
  if (dec(rangeSlippage).isNegative()) throw new HedgerowError('INPUT_INVALID', `range slippage ${rangeSlippage}: give a share of the candle's range, 0 or more`);
  if (volumeShare !== null && !(dec(volumeShare).greaterThan(0) && dec(volumeShare).lessThanOrEqualTo(1))) throw new HedgerowError('INPUT_INVALID', `volume share ${volumeShare}: give a fraction above 0 and at most 1`);
  if (maxStopSlip !== null && (dec(maxStopSlip).isNegative() || dec(maxStopSlip).greaterThanOrEqualTo(1))) throw new HedgerowError('INPUT_INVALID', `bound on a stop's slip ${maxStopSlip}: give a fraction from 0 to below 1`);
}

export function marketOf(market: SimulatedMarket, { maxStopSlip }: FillModel): SimulatedMarket {
  return maxStopSlip === null ? market : { ...market, maxStopSlip };
}

export function fillOptions(model: FillModel, market: SimulatedMarket, tape: Tape, place: Place): Pick<SimulatedExchangeConfig, 'takerDistance' | 'execution'> {
  return {
    ...(dec(model.rangeSlippage).isZero() ? {} : { takerDistance: distanceIn(tape, place, dec(model.rangeSlippage)) }),
    ...(model.volumeShare === null ? {} : { execution: capIn(tape, place, dec(model.volumeShare), dec(market.amountStep)) }),
  };
}

function distanceIn(tape: Tape, place: Place, share: D): () => D {
  const unit = new D(`1e-${tape.decimals}`);
  let known = { row: -1, distance: ZERO };
  return () => {
    const { row } = place;
    if (known.row !== row) known = { row, distance: new D((tape.high[row] as number) - (tape.low[row] as number)).times(unit).times(share) };
    return known.distance;
  };
}

function capIn(tape: Tape, place: Place, share: D, amountStep: D): (order: OrderRecord) => ExecutionFate {
  let row = -1;
  let most = ZERO;
  /** What each order had filled before this candle. */
  const before = new Map<string, D>();
  return ({ id, filled }) => {
    if (row !== place.row) {
      row = place.row;
      most = floorToStep(new D(tape.volume[row] as number).times(share), amountStep);
      before.clear();
    }
    const earlier = before.get(id) ?? dec(filled);
    before.set(id, earlier);
    return { type: 'capped', most: plain(maxOf(ZERO, most.minus(dec(filled).minus(earlier)))), restAt: row + 1 < tape.length ? (tape.at[row + 1] as number) : tape.endsAt + 1 };
  };
}
