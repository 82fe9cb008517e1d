/**
 * The market a plan is tried on: its limits, fees, slippage and maintenance margins. Of the simulated exchange it stands in the strategy
 * file; of a real one it is what `hedgerow fetch` stored. The network is never asked.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CcxtMarket, VenueMarket } from '../../adapters/ccxt/dialect.ts';
import type { LeverageTiers } from '../../adapters/ccxt/public-facts.ts';
import { readLeverageTiers } from '../../adapters/files/leverage-tiers-file.ts';
import { columnPrice } from '../../domain/candle-columns.ts';
import type { CandleColumns } from '../../domain/candle-columns.ts';
import { dec, isOnStep, plain } from '../../domain/decimal.ts';
import type { DecimalString } from '../../domain/decimal.ts';
import type { RealExchangeId } from '../../domain/exchange-rules.ts';
import type { Environment, Strategy } from '../../domain/strategy.ts';
import { refuseUnprotectable } from '../../engine/stop-capacity.ts';
import { DEFAULT_MAINTENANCE_TIERS, DEFAULT_MAX_LEVERAGE } from '../../sim/exchange/config.ts';
import type { SimulatedMarket } from '../../sim/exchange/config.ts';
import { inputError } from '../command-input.ts';
import { placeOf, recordName } from '../fetch/dataset-names.ts';
import { assumedTiers, percentText, withAmounts } from '../run/paper-market.ts';
import type { ChosenFees } from './fees-option.ts';

export interface MarketWish {
  /** Null: the market's own. */
  readonly fees: ChosenFees | null;
  /** Fraction of the price; null: the strategy file's, and none on a real exchange. */
  readonly slippage: DecimalString | null;
  /** A file of leverage tiers; null: those that were fetched. */
  readonly tiersFile: string | null;
  /** `<data>/data`. */
  readonly folder: string;
}

export interface PlanMarket {
  readonly market: SimulatedMarket;
  /** Where fees and maintenance margins come from, in words. */
  readonly feesFrom: string;
  readonly tiersFrom: string;
}

/** Throws INPUT_INVALID for what is missing, with the command that gets it, and FEED_INVALID for files that cannot be understood. */
export async function marketOfPlan(file: string, strategy: Strategy, wish: MarketWish, firstPrice: DecimalString): Promise<PlanMarket> {
  const own = strategy.exchange.market === null ? await fetchedMarket(file, strategy, wish, firstPrice) : await simulatedMarket(strategy, wish);
  const { market, feesFrom, tiersFrom } = own;
  checkTick(file, market, firstPrice);
  const fees = wish.fees === null ? {} : { takerFee: wish.fees.takerFee, makerFee: wish.fees.makerFee };
  return { market: { ...market, ...fees, ...(wish.slippage !== null && { slippage: wish.slippage }) }, feesFrom: wish.fees?.from ?? feesFrom, tiersFrom };
}

/** No market has ticks so coarse; one that has them is another market's. */
const TICK_SHARE_MAX = '0.01';

function checkTick(file: string, { symbol, tickSize }: SimulatedMarket, firstPrice: DecimalString): void {
  if (dec(tickSize).lessThanOrEqualTo(dec(firstPrice).times(TICK_SHARE_MAX))) return;
  throw inputError(`${file}: its ticks of ${tickSize} are too coarse for ${symbol} at ${firstPrice}; set exchange.market.tickSize and amountStep to that market's, in the file or with --set`);
}

/** Closes that are looked at, spread over the run. */
const CLOSES_SEEN = 200;
/** A few odd prices are of the data, not of the ticks. */
const OFF_TICK_MAX = 0.02;

/** A word of warning where the candles have prices between the market's ticks; null: they have none to speak of. */
export function offTickNote({ name, symbol }: Strategy, { tickSize, significantFigures }: SimulatedMarket, { close, length, priceDecimals }: CandleColumns): string | null {
  if (typeof significantFigures === 'number') return null;
  const count = Math.min(CLOSES_SEEN, length);
  const off = Array.from({ length: count }, (_, index) => close[Math.floor((index * length) / count)] ?? 0).filter((price) => !isOnStep(dec(columnPrice(price, priceDecimals)), dec(tickSize)));
  if (off.length <= count * OFF_TICK_MAX) return null;
  return `${name}: ${Math.round((off.length / count) * 100)} % of the candles close between its ticks of ${tickSize}, so ${symbol} has finer ones there; set exchange.market.tickSize to them`;
}

async function simulatedMarket({ symbol, exchange }: Strategy, { tiersFile }: MarketWish): Promise<PlanMarket> {
  const market: SimulatedMarket = { symbol, ...(exchange.market as NonNullable<Strategy['exchange']['market']>) };
  const feesFrom = 'the strategy file';
  if (tiersFile === null) {
    const tiersFrom = `${percentText(DEFAULT_MAINTENANCE_TIERS)} of the notional, the simulated exchange's; --tiers FILE for an exchange's`;
    return { market: { ...market, maintenanceTiers: DEFAULT_MAINTENANCE_TIERS, maxLeverage: DEFAULT_MAX_LEVERAGE }, feesFrom, tiersFrom };
  }
  return { market: withTiers(market, await readLeverageTiers(tiersFile, symbol)), feesFrom, tiersFrom: tiersFile };
}

async function fetchedMarket(file: string, strategy: Strategy, { tiersFile, folder }: MarketWish, firstPrice: DecimalString): Promise<PlanMarket> {
  const { symbol, exchange, leverage } = strategy;
  const id = exchange.id as RealExchangeId;
  const environment = exchange.connection?.environment ?? 'production';
  const venue = await venueMarket(file, strategy, id, environment, folder);
  const feesFrom = `${id}'s market, as fetched`;
  if (tiersFile !== null) return { market: withTiers(venue.instrument, await readLeverageTiers(tiersFile, symbol)), feesFrom, tiersFrom: tiersFile };
  const { tiersRefusal } = await import('../../adapters/ccxt/history/market-record.ts');
  const refusal = tiersRefusal(id);
  if (refusal !== null) {
    const tiers = assumedTiers(dec(leverage));
    return { market: withTiers(venue.instrument, tiers), feesFrom, tiersFrom: `${percentText(tiers.tiers)} of the notional is assumed: ${refusal}; --tiers FILE for others` };
  }
  const path = join(folder, placeOf(id, environment), recordName(id, symbol, 'tiers'));
  const fetched = await unlessMissing(() => readLeverageTiers(path, symbol));
  if (fetched === null) throw inputError(`${file} trades on ${id}, whose leverage tiers are not in ${path}; get them with hedgerow ${fetchCommand(file)}, or give --tiers FILE`);
  return { market: withTiers(venue.instrument, inQuote(id, fetched, venue, firstPrice)), feesFrom, tiersFrom: `${id}'s tiers, as fetched` };
}

/** Rejects with STRATEGY_UNPROTECTABLE, as a live start does, for a plan with more stops than the exchange takes. */
async function venueMarket(file: string, strategy: Strategy, id: RealExchangeId, environment: Environment, folder: string): Promise<VenueMarket> {
  const { symbol } = strategy;
  const path = join(folder, placeOf(id, environment), recordName(id, symbol, 'market'));
  const text = await unlessMissing(() => readFile(path, 'utf8'));
  const get = `get it with hedgerow ${fetchCommand(file)}`;
  if (text === null) throw inputError(`${file} trades on ${id}, whose market ${symbol} with its limits and fees is not in ${path}; ${get}`);
  // Loaded here only: a plan of the simulated exchange needs no exchange's rules.
  const { dialectOf } = await import('../../adapters/ccxt/dialects.ts');
  const dialect = dialectOf(id);
  refuseUnprotectable(strategy, dialect.capabilities.maxConditionalPerSymbol);
  const market = understood(() => dialect.marketOf(JSON.parse(text) as CcxtMarket));
  if (market === null || market.symbol !== symbol) throw inputError(`${path} is not the market ${symbol} as ${id} describes it; ${get}`);
  return market;
}

function understood<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}

function fetchCommand(file: string): string {
  return `fetch ${file} --since 1d --only market,tiers`;
}

/** OKX counts the sizes of its tiers in contracts; at the first price they are so much. */
function inQuote(id: RealExchangeId, { tiers, maxLeverage }: LeverageTiers, { contractSize }: VenueMarket, firstPrice: DecimalString): LeverageTiers {
  if (id !== 'okx') return { tiers, maxLeverage };
  const unit = dec(contractSize).times(dec(firstPrice));
  return { tiers: tiers.map((tier) => ({ ...tier, maxNotional: tier.maxNotional === null ? null : plain(dec(tier.maxNotional).times(unit)) })), maxLeverage };
}

function withTiers(market: SimulatedMarket, { tiers, maxLeverage }: LeverageTiers): SimulatedMarket {
  return { ...market, maintenanceTiers: withAmounts(tiers), maxLeverage: maxLeverage ?? DEFAULT_MAX_LEVERAGE };
}

async function unlessMissing<T>(read: () => Promise<T>): Promise<T | null> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof Error && (isMissing(error) || isMissing(error.cause))) return null;
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
