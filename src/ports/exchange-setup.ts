/**
 * What `doctor` asks an exchange, and the few settings it may change: apart from the port the engine trades through, which changes none.
 * Reads reject with EXCHANGE_UNAVAILABLE when there is no whole answer.
 */
import type { DecimalString } from '../domain/decimal.ts';
import type { MarginMode, PositionMode } from '../domain/strategy.ts';
import type { OrderRecord } from './exchange.ts';

/** What a key may do, as far as the exchange tells; null where it does not. */
export interface KeyPermissions {
  readonly canTrade: boolean | null;
  /** Withdrawals or transfers out of the account. */
  readonly canWithdraw: boolean | null;
  readonly isIpRestricted: boolean | null;
  /** The account's type or margin system in the exchange's words, e.g. `UNIFIED`. */
  readonly accountType: string;
  /** Null where the account is of a kind the adapter trades; else what is wrong with it. */
  readonly unsupported: string | null;
}

export interface MarketFacts {
  /** Trading, in the exchange's words. */
  readonly status: string;
  readonly isActive: boolean;
  readonly maxLeverage: DecimalString | null;
  readonly fundingIntervalMs: number | null;
  /** Next funding rate, a fraction; null where unknown. */
  readonly fundingRate: DecimalString | null;
}

/** `unchanged`: it was so already. */
export type SetupOutcome = { readonly type: 'done' } | { readonly type: 'unchanged' } | { readonly type: 'failed'; readonly message: string };

export interface ExchangeSetup {
  /** Accounts with whole credentials. */
  readonly accounts: readonly string[];
  /** Our clock minus the exchange's, ms, and how long the question took; the offset is known to half of that. */
  measureClock(): Promise<{ readonly offsetMs: number; readonly roundTripMs: number }>;
  fetchMarketFacts(symbol: string): Promise<MarketFacts>;
  fetchKeyPermissions(account: string): Promise<KeyPermissions>;
  /** Of every symbol. */
  fetchOpenOrders(account: string): Promise<readonly OrderRecord[]>;
  fetchFees(account: string, symbol: string): Promise<{ readonly takerFee: DecimalString; readonly makerFee: DecimalString }>;
  setPositionMode(account: string, symbol: string, mode: PositionMode): Promise<SetupOutcome>;
  setMarginMode(account: string, symbol: string, mode: MarginMode, leverage: DecimalString): Promise<SetupOutcome>;
  setLeverage(account: string, symbol: string, leverage: DecimalString): Promise<SetupOutcome>;
}
