/**
 * One market of the simulated exchange: its limits as decimals, the price a taker gets, its maintenance margin, its current prices.
 * Keeps I15 from the exchange's side: every fill price is on the tick, rounded against the taker.
 */
import { ONE, ZERO, dec, floorToStep, maxOf } from '../../domain/decimal.ts';
import type { D, DecimalString } from '../../domain/decimal.ts';
import { HedgerowError } from '../../domain/errors.ts';
import { invariant } from '../../domain/invariant.ts';
import { ceilPrice, floorPrice, priceGridOf } from '../../domain/price-grid.ts';
import type { PriceGrid } from '../../domain/price-grid.ts';
import type { Instrument, TriggerSource } from '../../domain/strategy.ts';
import type { Side } from '../../ports/exchange.ts';
import type { SimulatedMarket } from './config.ts';
import { DEFAULT_LIQUIDATION_FEE, DEFAULT_MAINTENANCE_TIERS, DEFAULT_MAX_LEVERAGE } from './config.ts';
import type { MarketChange } from './faults.ts';

export interface Tier {
  /** Null: no upper end. */
  readonly maxNotional: D | null;
  readonly rate: D;
  readonly amount: D;
}

export interface Market {
  readonly config: SimulatedMarket;
  readonly symbol: string;
  readonly instrument: Instrument;
  readonly prices: PriceGrid;
  readonly amountStep: D;
  readonly minAmount: D;
  readonly minCost: D;
  readonly takerFee: D;
  readonly makerFee: D;
  readonly slippage: D;
  readonly maxStopSlip: D | null;
  readonly tiers: readonly Tier[];
  readonly maxLeverage: D;
  readonly liquidationFee: D;
  readonly maxConditionalOrders: number | null | undefined;
  readonly maxOpenOrders: number | null;
  readonly maxAmountPerTrade: D | null;
  readonly tradesPerTick: number | null;
}

export function compileMarket(config: SimulatedMarket): Market {
  const { symbol, tickSize, significantFigures = null, amountStep, minAmount, minCost, takerFee, makerFee } = config;
  const step = dec(amountStep);
  const instrument = Object.freeze({ symbol, tickSize, ...(significantFigures !== null && { significantFigures }), amountStep, minAmount, minCost, takerFee, makerFee });
  return {
    config,
    symbol,
    instrument,
    prices: priceGridOf(instrument),
    amountStep: step,
    minAmount: dec(minAmount),
    minCost: dec(minCost),
    takerFee: dec(takerFee),
    makerFee: dec(makerFee),
    slippage: dec(config.slippage ?? '0'),
    maxStopSlip: config.maxStopSlip === undefined || config.maxStopSlip === null ? null : dec(config.maxStopSlip),
    tiers: compileTiers(config),
    maxLeverage: dec(config.maxLeverage ?? DEFAULT_MAX_LEVERAGE),
    liquidationFee: dec(config.liquidationFee ?? DEFAULT_LIQUIDATION_FEE),
    maxConditionalOrders: config.maxConditionalOrders,
    maxOpenOrders: config.maxOpenOrders ?? null,
    maxAmountPerTrade: compileMaxAmountPerTrade(config, step),
    tradesPerTick: config.tradesPerTick ?? null,
  };
}

/** The market with other rules from now on. */
export function changedMarket(market: Market, change: MarketChange): Market {
  return compileMarket({ ...market.config, ...change });
}

function compileTiers(config: SimulatedMarket): readonly Tier[] {
  const tiers = (config.maintenanceTiers ?? DEFAULT_MAINTENANCE_TIERS).map((tier) => ({
    maxNotional: tier.maxNotional === null ? null : dec(tier.maxNotional),
    rate: dec(tier.maintenanceMarginRate),
    amount: dec(tier.maintenanceAmount),
  }));
  if (tiers.at(-1)?.maxNotional !== null) {
    throw new HedgerowError('INPUT_INVALID', `${config.symbol}: the last maintenance tier must have maxNotional null`);
  }
  return tiers;
}

function compileMaxAmountPerTrade(config: SimulatedMarket, step: D): D | null {
  if (config.maxAmountPerTrade === undefined || config.maxAmountPerTrade === null) return null;
  const amount = floorToStep(dec(config.maxAmountPerTrade), step);
  if (amount.isZero()) throw new HedgerowError('INPUT_INVALID', `${config.symbol}: maxAmountPerTrade is below the amount step ${config.amountStep}`);
  return amount;
}

/** What a taker pays or gets when the market stands at `reference`: slippage and `distance` against him, then rounded to the tick against him. */
export function takerPrice(market: Market, side: Side, reference: D, distance: D = ZERO): D {
  if (side === 'buy') return ceilPrice(market.prices, reference.times(ONE.plus(market.slippage)).plus(distance));
  return maxOf(market.prices.tickSize, floorPrice(market.prices, maxOf(ZERO, reference.times(ONE.minus(market.slippage)).minus(distance))));
}

export function tierOf(market: Market, notional: D): { readonly tier: Tier; readonly minNotional: D } {
  let minNotional = ZERO;
  for (const tier of market.tiers) {
    if (tier.maxNotional === null || notional.lessThanOrEqualTo(tier.maxNotional)) return { tier, minNotional };
    minNotional = tier.maxNotional;
  }
  throw new HedgerowError('INVARIANT_BROKEN', `no maintenance tier for a notional of ${notional.toFixed()}`);
}

export function maintenanceMargin(market: Market, notional: D): D {
  const { tier } = tierOf(market, notional);
  return maxOf(ZERO, notional.times(tier.rate).minus(tier.amount));
}

interface QuotedPrice {
  readonly last: DecimalString;
  readonly mark: DecimalString;
  readonly index: DecimalString;
  readonly at: number;
  /** Absent: counted from the tick before. */
  readonly nth?: number;
}

/** The prices of a market: text as given, floats for pre-filters, decimals parsed when they are first needed. */
export class Quote {
  last: DecimalString;
  mark: DecimalString;
  index: DecimalString;
  at: number;
  /** The last price of the tick before; the path between both is what `touch` fills walk. */
  previousLast: DecimalString;
  /** How many ticks it had at `at`, this one included. */
  nth: number;
  readonly #parsed = new Map<DecimalString, D>();

  constructor(price: QuotedPrice) {
    this.last = price.last;
    this.mark = price.mark;
    this.index = price.index;
    this.at = price.at;
    this.previousLast = price.last;
    this.nth = price.nth ?? 1;
  }

  move(price: QuotedPrice): void {
    this.previousLast = this.last;
    this.nth = price.nth ?? (price.at === this.at ? this.nth + 1 : 1);
    this.last = price.last;
    this.mark = price.mark;
    this.index = price.index;
    this.at = price.at;
    if (this.#parsed.size > 0) this.#parsed.clear();
  }

  of(source: TriggerSource): D {
    return this.decimal(this[source]);
  }

  previous(): D {
    return this.decimal(this.previousLast);
  }

  private decimal(text: DecimalString): D {
    let value = this.#parsed.get(text);
    if (value === undefined) {
      value = dec(text);
      invariant(value.isPositive() && !value.isZero(), 'I15 a price is positive', { price: text });
      this.#parsed.set(text, value);
    }
    return value;
  }
}
