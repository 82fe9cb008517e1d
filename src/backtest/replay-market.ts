/** A market and a plan's constants in whole numbers: prices in units of 10^−priceDecimals, amounts in lots, money in price units × lots. */
import { D, dec } from '../domain/decimal.ts';
import { priceGridOf, tickAt as gridTick } from '../domain/price-grid.ts';
import type { Strategy } from '../domain/strategy.ts';
import { exchangeLeverage } from '../sim/simulated-market.ts';
import type { SimulatedMarket } from '../sim/exchange/config.ts';
import { compileMarket } from '../sim/exchange/market.ts';
import type { Tier } from '../sim/exchange/market.ts';
import type { FillModel } from './fill-model.ts';
import { decimalsOf, ratioOf, scaled } from './whole-numbers.ts';
import type { Ratio } from './whole-numbers.ts';

export interface ReplayMarket {
  readonly config: SimulatedMarket;
  readonly priceDecimals: number;
  /** Price units per tick. */
  readonly tick: number;
  /** Where the tick depends on the price: by decade, from the highest down, in price units. Null: it is `tick` everywhere. */
  readonly ticks: readonly { readonly from: bigint; readonly tick: bigint }[] | null;
  readonly priceUnit: D;
  readonly lot: D;
  /** Quote currency of one price unit × one lot. */
  readonly valueUnit: D;
  readonly value: number;
  readonly takerFee: Ratio;
  readonly slippage: Ratio;
  /** Share of a candle's range on top of it. */
  readonly rangeSlippage: Ratio;
  readonly maxStopSlip: Ratio | null;
  /** Share of a candle's volume, in lots, that one order may fill; null: any amount. */
  readonly volumeLots: number | null;
  readonly minLots: number;
  /** In price units × lots, rounded up. */
  readonly minValue: number;
  /** What a fragment is worth at least: lots, and price units × lots. */
  readonly leastLots: number;
  readonly leastValue: number;
  readonly leverage: D;
  /** What is set at the exchange. */
  readonly exchangeLeverage: number;
  readonly tiers: readonly Tier[];
}

/** A wallet this near to the exchange's minimums is left to the live engine: prices move what its entries come to, and in one-way mode what closes is held to the smallest cost too. */
const LEAST_FACTOR = 4;

/** Decades of price units: whole numbers below 2^53 have no more. */
const DECADES = 16;

/** `decimals`: those of the candles; a finer tick counts finer. */
export function replayMarket(config: SimulatedMarket, strategy: Strategy, decimals: number, fills: FillModel): ReplayMarket {
  const priceDecimals = Math.max(decimals, decimalsOf(config.tickSize));
  const priceUnit = new D(`1e-${priceDecimals}`);
  const lot = dec(config.amountStep);
  const valueUnit = priceUnit.times(lot);
  const minLots = dec(config.minAmount).div(lot).ceil().toNumber();
  const minValue = dec(config.minCost).div(valueUnit).ceil().toNumber();
  return {
    config,
    priceDecimals,
    tick: scaled(config.tickSize, priceDecimals),
    ticks: ticksOf(config, priceDecimals),
    priceUnit,
    lot,
    valueUnit,
    value: valueUnit.toNumber(),
    takerFee: ratioOf(config.takerFee),
    slippage: ratioOf(config.slippage ?? '0'),
    rangeSlippage: ratioOf(fills.rangeSlippage),
    maxStopSlip: fills.maxStopSlip === null ? null : ratioOf(fills.maxStopSlip),
    volumeLots: fills.volumeShare === null ? null : Number(fills.volumeShare) / lot.toNumber(),
    leastLots: LEAST_FACTOR * minLots,
    leastValue: LEAST_FACTOR * minValue,
    minLots,
    minValue,
    leverage: dec(strategy.leverage),
    exchangeLeverage: Number(exchangeLeverage(strategy, config.maxLeverage)),
    tiers: compileMarket(config).tiers,
  };
}

/**
 * What a taker pays or gets where the market stands at `price` in a candle of this range (high − low): slippage and his share of the
 * range, then the tick, all against him.
 */
export function takerPriceOf(market: ReplayMarket, isBuy: boolean, price: number, range: number): number {
  const { tick, ticks, slippage, rangeSlippage } = market;
  const unit = slippage.denominator * rangeSlippage.denominator;
  const factor = (slippage.denominator + (isBuy ? slippage.numerator : -slippage.numerator)) * rangeSlippage.denominator;
  const distance = rangeSlippage.numerator * slippage.denominator;
  const under = unit * tick;
  if (ticks === null && price * factor + range * distance <= Number.MAX_SAFE_INTEGER && under <= Number.MAX_SAFE_INTEGER) {
    const over = price * factor + (isBuy ? 1 : -1) * range * distance;
    const rest = over % under;
    if (isBuy) return (rest === 0 ? over : over - rest + under) / unit;
    return Math.max(tick, over <= 0 ? 0 : (over - rest) / unit);
  }
  const wide = BigInt(price) * BigInt(factor) + (isBuy ? 1n : -1n) * BigInt(range) * BigInt(distance);
  return isBuy ? roundedUp(market, wide, BigInt(unit)) : Math.max(tick, wide <= 0n ? 0 : roundedDown(market, wide, BigInt(unit)));
}

/** A stop is assumed to fill no further from its trigger than the bound says. */
export function boundedStop(market: ReplayMarket, isBuy: boolean, paid: number, trigger: number): number {
  if (market.maxStopSlip === null) return paid;
  const { numerator, denominator } = market.maxStopSlip;
  const over = BigInt(trigger) * BigInt(isBuy ? denominator + numerator : denominator - numerator);
  return isBuy ? Math.min(paid, roundedDown(market, over, BigInt(denominator))) : Math.max(paid, roundedUp(market, over, BigInt(denominator)));
}

/** The nearest price to one that may be between two; a tie goes up. */
export function nearestTo(market: ReplayMarket, price: number): number {
  const tick = Number(tickAt(market, BigInt(price), 1n));
  return Math.floor((2 * price + tick) / (2 * tick)) * tick;
}

function roundedDown(market: ReplayMarket, over: bigint, under: bigint): number {
  const tick = tickAt(market, over, under);
  return Number((over / (under * tick)) * tick);
}

function roundedUp(market: ReplayMarket, over: bigint, under: bigint): number {
  const tick = tickAt(market, over, under);
  return Number(((over + under * tick - 1n) / (under * tick)) * tick);
}

/** The step of prices at over/under, in price units. */
function tickAt({ tick, ticks }: ReplayMarket, over: bigint, under: bigint): bigint {
  if (ticks === null) return BigInt(tick);
  return ticks.find(({ from }) => over >= from * under)?.tick ?? BigInt(tick);
}

/** Where the step of prices changes (domain/price-grid.ts), from the highest prices down. */
function ticksOf({ tickSize, significantFigures }: SimulatedMarket, priceDecimals: number): ReplayMarket['ticks'] {
  if (significantFigures === undefined || significantFigures === null) return null;
  const grid = priceGridOf({ tickSize, significantFigures });
  const units = new D(`1e${priceDecimals}`);
  return Array.from({ length: DECADES }, (_, index) => {
    const from = new D(`1e${DECADES - priceDecimals - 1 - index}`);
    return { from: BigInt(from.times(units).toFixed()), tick: BigInt(gridTick(grid, from).times(units).toFixed()) };
  });
}
