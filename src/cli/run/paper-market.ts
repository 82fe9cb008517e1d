/**
 * The simulated exchange of paper trading: the real exchange's markets, fees, maintenance margins and abilities. What an exchange does not
 * tell is assumed, and said.
 */
import type { CcxtExchange } from '../../adapters/ccxt/ccxt-exchange.ts';
import type { LeverageTier, LeverageTiers } from '../../adapters/ccxt/public-facts.ts';
import { D, ONE, ZERO, dec, maxOf, minOf, plain } from '../../domain/decimal.ts';
import type { DecimalString } from '../../domain/decimal.ts';
import type { Strategy } from '../../domain/strategy.ts';
import { unlessUnavailable } from '../../engine/unavailable.ts';
import type { ExchangeCapabilities } from '../../ports/exchange.ts';
import { DEFAULT_MAX_LEVERAGE } from '../../sim/exchange/config.ts';
import type { MaintenanceTier, SimulatedMarket } from '../../sim/exchange/config.ts';

export interface PaperMarkets {
  readonly markets: readonly SimulatedMarket[];
  /** What was assumed because the exchange does not tell it, for people. */
  readonly assumptions: readonly string[];
}

/** Assumed where tiers are unknown: well above what large markets ask of small positions, so paper rather liquidates too early. */
const ASSUMED_RATE = new D('0.025');

type MarketTeller = Pick<CcxtExchange, 'fetchInstrument' | 'fetchLeverageTiers' | 'fetchMarketFacts' | 'capabilities'>;

/** Rejects with EXCHANGE_UNAVAILABLE. */
export async function paperMarkets(exchange: MarketTeller, strategies: readonly Strategy[]): Promise<PaperMarkets> {
  const markets: SimulatedMarket[] = [];
  const assumptions: string[] = [];
  for (const symbol of new Set(strategies.map((strategy) => strategy.symbol))) {
    const instrument = await exchange.fetchInstrument(symbol);
    const told = await unlessUnavailable(() => exchange.fetchLeverageTiers(symbol), null);
    const highest = strategies.filter((strategy) => strategy.symbol === symbol).reduce((most, { leverage }) => maxOf(most, dec(leverage)), ONE);
    const { tiers, maxLeverage } = told ?? assumedTiers(highest);
    if (told === null) assumptions.push(`${symbol}: maintenance margin of ${percentText(tiers)} of the notional is assumed, ${exchange.capabilities.exchangeId} tells its own only with keys`);
    markets.push({ ...instrument, maintenanceTiers: withAmounts(tiers), maxLeverage: maxLeverage ?? DEFAULT_MAX_LEVERAGE });
  }
  return { markets, assumptions };
}

/** Half of the initial margin, where that is less: an exchange grants no leverage that would be liquidated at once. */
export function assumedTiers(leverage: D): LeverageTiers {
  const rate = minOf(ASSUMED_RATE, ONE.div(leverage.times(2)).toDecimalPlaces(8));
  return { tiers: [{ maxNotional: null, maintenanceMarginRate: plain(rate) }], maxLeverage: null };
}

export function percentText([first]: readonly LeverageTier[]): string {
  return `${plain(dec(first?.maintenanceMarginRate ?? '0').times(100))} %`;
}

/** The amounts that make the margin grow without a jump from tier to tier. */
export function withAmounts(tiers: readonly LeverageTier[]): MaintenanceTier[] {
  let amount = ZERO;
  let before: { readonly maxNotional: DecimalString; readonly rate: D } | null = null;
  return tiers.map(({ maxNotional, maintenanceMarginRate }) => {
    const rate = dec(maintenanceMarginRate);
    if (before !== null) amount = amount.plus(dec(before.maxNotional).times(rate.minus(before.rate)));
    if (maxNotional !== null) before = { maxNotional, rate };
    return { maxNotional, maintenanceMarginRate, maintenanceAmount: plain(amount) };
  });
}

/** The exchange's abilities; requests and events of a simulated one are not lost, and die with the process. */
export function paperCapabilities(capabilities: ExchangeCapabilities): ExchangeCapabilities {
  return { ...capabilities, requestDeadlineMs: 0, hasLosslessEvents: true, readLagMs: 0 };
}
