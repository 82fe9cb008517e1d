/**
 * The simulated exchange behind a wire server: whose keys open which account, real time in place of virtual time, and the public record
 * (bars, funding rates) the simulated exchange itself does not keep. Everything that is due up to now happens in `advance`, which each
 * protocol calls before it reads or writes; every price comes in by `tick`.
 */
import type { DecimalString } from '../../domain/decimal.ts';
import { HedgerowError } from '../../domain/errors.ts';
import type { Tick } from '../../ports/price-feed.ts';
import type { PriceDelta } from '../exchange/delta.ts';
import type { SimulatedMarket } from '../exchange/config.ts';
import type { SimulatedExchange } from '../exchange/simulated-exchange.ts';
import { MarketRecord } from './market-record.ts';

/** Who may do what with an account. Each protocol uses the means it knows. */
export interface WireAccount {
  /** Its name at the simulated exchange. */
  readonly account: string;
  readonly apiKey: string;
  readonly secret: string;
  /** 0x and 40 hex digits: the account itself where accounts are addresses. */
  readonly walletAddress?: string;
  /** 0x and 64 hex digits: signs for the address. */
  readonly privateKey?: string;
  /** Addresses of other keys that may trade for it, but not withdraw. */
  readonly agents?: readonly string[];
  /** Default false. */
  readonly canWithdraw?: boolean;
  /** Whether the key works from named addresses only. Default true. */
  readonly isIpRestricted?: boolean;
}

export interface WireWorldOptions {
  readonly exchange: SimulatedExchange;
  /** Those of the exchange's configuration: limits, fees, tiers. */
  readonly markets: readonly SimulatedMarket[];
  readonly accounts: readonly WireAccount[];
  /** Server time, ms since 1970. */
  readonly now: () => number;
}

export class WireWorld {
  readonly exchange: SimulatedExchange;
  readonly markets: readonly SimulatedMarket[];
  readonly accounts: readonly WireAccount[];
  readonly #now: () => number;
  readonly #records: ReadonlyMap<string, MarketRecord>;

  constructor({ exchange, markets, accounts, now }: WireWorldOptions) {
    this.exchange = exchange;
    this.markets = markets;
    this.accounts = accounts;
    this.#now = now;
    this.#records = new Map(markets.map(({ symbol }) => [symbol, new MarketRecord()]));
    for (const price of exchange.truth().prices) this.record(price.symbol).addPrice(price);
  }

  /** Server time, ms; never before the exchange's own (I24: a clock that steps back holds it). */
  now(): number {
    return Math.max(this.#now(), this.exchange.now());
  }

  /** Lets everything happen that is due, and returns the time. */
  advance(): number {
    const at = this.now();
    this.exchange.advanceTo(at);
    return at;
  }

  /** A new price, now; with a funding rate when funding is settled at this moment. */
  tick(symbol: string, last: DecimalString, mark: DecimalString = last, index: DecimalString = mark, fundingRate?: DecimalString): void {
    const tick: Tick = { symbol, at: this.now(), last, mark, index, ...(fundingRate !== undefined && { fundingRate }) };
    const record = this.record(symbol);
    record.addPrice(tick);
    if (fundingRate !== undefined) record.addFunding({ at: tick.at, rate: fundingRate, mark });
    this.exchange.tick(tick);
  }

  /** The last price, null before the first. */
  price(symbol: string): PriceDelta | null {
    const price = this.record(symbol).price;
    return price === null ? null : { symbol, ...price };
  }

  /** Bars and funding rates. Throws INPUT_INVALID for a symbol the exchange does not have. */
  record(symbol: string): MarketRecord {
    const record = this.#records.get(symbol);
    if (record === undefined) throw new HedgerowError('INPUT_INVALID', `the wire server has no market ${symbol}; it has ${[...this.#records.keys()].join(', ')}`);
    return record;
  }

  accountOfKey(apiKey: string | undefined): WireAccount | null {
    return this.accounts.find((account) => account.apiKey === apiKey) ?? null;
  }
}
