/**
 * What paper trading needs to know of a real market beyond its prices: funding rates that were settled, and maintenance margins. Through
 * ccxt's unified calls, which are the same for every exchange; nothing here is on the way of an order.
 */
import { D, dec, plain } from '../../domain/decimal.ts';
import type { DecimalString } from '../../domain/decimal.ts';
import { HedgerowError } from '../../domain/errors.ts';
import type { VenueMarket } from './dialect.ts';
import type { CcxtClient, CcxtExchangeId } from './load-exchange.ts';

export interface FundingRate {
  /** When it was settled, ms. */
  readonly at: number;
  /** A fraction of the notional; longs pay positive ones. */
  readonly rate: DecimalString;
}

/** The maintenance margin of a position whose notional does not exceed `maxNotional`, as a fraction of it. */
export interface LeverageTier {
  /** Quote currency; null: no upper end (the last tier). */
  readonly maxNotional: DecimalString | null;
  readonly maintenanceMarginRate: DecimalString;
}

export interface LeverageTiers {
  /** Smallest first. */
  readonly tiers: readonly LeverageTier[];
  readonly maxLeverage: DecimalString | null;
}

/** ccxt's unified rows with `number: String`. */
interface TierRow {
  readonly maxNotional?: string;
  readonly maintenanceMarginRate?: string;
  readonly maxLeverage?: string;
}
interface Unified {
  fetchFundingRateHistory(symbol: string, since: number, limit: number): Promise<readonly { readonly timestamp?: number; readonly fundingRate?: string }[]>;
  fetchMarketLeverageTiers(symbol: string): Promise<readonly TierRow[]>;
}

export interface PublicFactsParts {
  readonly exchangeId: CcxtExchangeId;
  /** A client whose answers ccxt parses itself. */
  readonly client: CcxtClient;
  /** Signs; null: nobody's keys are at hand. */
  readonly signed: CcxtClient | null;
  readonly deadlineMs: number;
}

/** Rates of one answer: four days of hourly ones. */
const RATES_MAX = 100;
/** Tells its tiers only to those who sign. */
const SIGNED_TIERS: readonly CcxtExchangeId[] = ['binanceusdm'];
/** Counts the sizes of its tiers in contracts. */
const TIERS_IN_CONTRACTS: readonly CcxtExchangeId[] = ['okx'];

export class PublicFacts {
  readonly #parts: PublicFactsParts;

  constructor(parts: PublicFactsParts) {
    this.#parts = parts;
  }

  /** Settled after `since` (ms), oldest first, at most the hundred that follow it. Rejects with EXCHANGE_UNAVAILABLE. */
  async fundingRates({ symbol }: VenueMarket, since: number): Promise<readonly FundingRate[]> {
    const client = this.#parts.client as unknown as Unified;
    const rows = await this.#ask(`funding rates of ${symbol}`, () => client.fetchFundingRateHistory(symbol, since + 1, RATES_MAX));
    return rows
      .flatMap(({ timestamp, fundingRate }) => (timestamp === undefined || fundingRate === undefined || timestamp <= since ? [] : [{ at: timestamp, rate: plain(dec(fundingRate)) }]))
      .sort((a, b) => a.at - b.at);
  }

  /** Null when the exchange does not tell without keys. Rejects with EXCHANGE_UNAVAILABLE. */
  async leverageTiers(market: VenueMarket, mark: DecimalString): Promise<LeverageTiers | null> {
    const { exchangeId, client, signed } = this.#parts;
    if (exchangeId === 'hyperliquid') return halfOfInitial(market.maxLeverage);
    const teller = SIGNED_TIERS.includes(exchangeId) ? signed : client;
    if (teller === null) return null;
    const rows = await this.#ask(`leverage tiers of ${market.symbol}`, () => (teller as unknown as Unified).fetchMarketLeverageTiers(market.symbol));
    const unit = TIERS_IN_CONTRACTS.includes(exchangeId) ? dec(market.contractSize).times(mark) : new D(1);
    return tiersOf(rows, unit, market.symbol);
  }

  /** The message names the kind of failure only: ccxt's own carries the URL (I19). */
  async #ask<T>(what: string, call: () => Promise<T>): Promise<T> {
    const { exchangeId, deadlineMs } = this.#parts;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new HedgerowError('EXCHANGE_UNAVAILABLE', `no answer within ${deadlineMs} ms`)), deadlineMs);
    });
    try {
      return await Promise.race([call(), late]);
    } catch (error) {
      throw new HedgerowError('EXCHANGE_UNAVAILABLE', `${exchangeId} does not tell the ${what}: ${error instanceof Error ? error.name : 'unknown failure'}`);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Hyperliquid's rule: maintenance is half of the initial margin at the highest leverage. */
function halfOfInitial(maxLeverage: DecimalString | null): LeverageTiers | null {
  if (maxLeverage === null) return null;
  // Rounded up where it is no finite decimal: rather liquidated too early than too late.
  const rate = new D(1).div(dec(maxLeverage).times(2)).toDecimalPlaces(8, D.ROUND_UP);
  return { tiers: [{ maxNotional: null, maintenanceMarginRate: plain(rate) }], maxLeverage };
}

function tiersOf(rows: readonly TierRow[], unit: D, symbol: string): LeverageTiers {
  const tiers = rows.map(({ maxNotional, maintenanceMarginRate }) => {
    const rate = dec(maintenanceMarginRate ?? '0');
    if (!rate.greaterThan(0) || !rate.lessThan(1)) throw new HedgerowError('EXCHANGE_UNAVAILABLE', `the leverage tiers of ${symbol} have a maintenance margin rate of ${plain(rate)}`);
    return { maxNotional: maxNotional === undefined ? null : plain(dec(maxNotional).times(unit)), maintenanceMarginRate: plain(rate) };
  });
  const last = tiers.at(-1);
  if (last === undefined) throw new HedgerowError('EXCHANGE_UNAVAILABLE', `the leverage tiers of ${symbol} are an empty list`);
  const maxLeverage = rows[0]?.maxLeverage;
  // Beyond the last tier nothing can be opened; what has grown beyond it is kept at its rate.
  return { tiers: [...tiers.slice(0, -1), { ...last, maxNotional: null }], maxLeverage: maxLeverage === undefined ? null : plain(dec(maxLeverage)) };
}
