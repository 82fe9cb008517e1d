/**
 * What a simulated exchange is made of: markets, accounts, and the knobs of its behaviour with their defaults.
 * Everything here is given from outside; nothing is read from the environment.
 */
import type { DecimalString } from '../../domain/decimal.ts';
import type { Instrument, MarginMode, PositionMode } from '../../domain/strategy.ts';
import type { ExchangeCapabilities, WriteOutcome } from '../../ports/exchange.ts';

/** Maintenance margin of a leg = notional × rate − amount, by the first tier whose `maxNotional` the leg's notional does not exceed. */
export interface MaintenanceTier {
  /** Quote currency; null: no upper end (the last tier). */
  readonly maxNotional: DecimalString | null;
  readonly maintenanceMarginRate: DecimalString;
  readonly maintenanceAmount: DecimalString;
}

export interface SimulatedMarket extends Instrument {
  /** Fraction of the price a taker pays on top, always against him. Default 0. */
  readonly slippage?: DecimalString;
  /** Default: one tier of 0.5 %. */
  readonly maintenanceTiers?: readonly MaintenanceTier[];
  /** Default 125. */
  readonly maxLeverage?: DecimalString;
  /** Fraction of the notional charged on top of a liquidation. Default 0.5 %. */
  readonly liquidationFee?: DecimalString;
  /** Most conditional orders per account on this symbol; default: the capability's. */
  readonly maxConditionalOrders?: number | null;
  /** Most open orders per account on this symbol, of every kind. Default: no cap. */
  readonly maxOpenOrders?: number | null;
  /** Largest amount of one trade: a bigger order fills in several. Default: no such limit. */
  readonly maxAmountPerTrade?: DecimalString | null;
  /** Trades one order gets per tick: what is left fills at the next ticks. Default: all at once. */
  readonly tradesPerTick?: number | null;
}

export interface SymbolSettings {
  readonly marginMode: MarginMode;
  readonly leverage: DecimalString;
}

export interface SimulatedAccount {
  readonly account: string;
  /** Quote currency, put in once when the account is created. */
  readonly deposit: DecimalString;
  readonly positionMode: PositionMode;
  /** For symbols not named below. Defaults: cross, 1. */
  readonly marginMode?: MarginMode;
  readonly leverage?: DecimalString;
  readonly symbols?: Readonly<Record<string, Partial<SymbolSettings>>>;
  /** Default USDT. */
  readonly currency?: string;
}

/** A request on its way to the exchange, as the network sees it. */
export interface RequestInfo {
  /** 1, 2, … in the order they were sent. */
  readonly sequence: number;
  readonly kind: 'place' | 'amend' | 'cancel' | 'read';
  /** The port's method. */
  readonly method: string;
  /** Null for reads of public data. */
  readonly account: string | null;
  readonly sentAt: number;
}

/** What the network does to one request. The seam for faults: everything but the delays applies to writes only. */
export interface Delivery {
  readonly requestMs: number;
  readonly responseMs: number;
  /** How often the exchange carries it out: 0 lost, 1 normal, 2 delivered twice. */
  readonly applied: 0 | 1 | 2;
  /** What the client is told instead of the truth; null: the truth. */
  readonly answer: Exclude<WriteOutcome<never>, { type: 'done' }> | null;
}

export type DeliveryPolicy = (request: RequestInfo) => Delivery;

/** Where a stop that a jump passed fills: at the new price (`gap`), or at its trigger as if the price had moved continuously. */
export type FillPrice = 'gap' | 'touch';

export interface SimulatedExchangeConfig {
  readonly markets: readonly SimulatedMarket[];
  readonly accounts: readonly SimulatedAccount[];
  readonly capabilities?: Partial<ExchangeCapabilities>;
  /** Default `gap`. */
  readonly fillPrice?: FillPrice;
  /** Default 0 and 0: a request takes effect at once and its promise resolves without waiting. */
  readonly latency?: { readonly requestMs: number; readonly responseMs: number };
  /** Default: `latency` for everyone, everything delivered once and answered truthfully. */
  readonly deliver?: DeliveryPolicy;
  /** Default true. */
  readonly liquidation?: boolean;
  /** Default true; false grants every margin. */
  readonly marginChecks?: boolean;
  /** Default true; false drops closed orders, trades, events and requests beyond `retain`, but never a used client order id. */
  readonly keepHistory?: boolean;
  /** Per account. Default 1000. */
  readonly retain?: number;
  /** Timeframes, ms, whose bars every market keeps from the start; others by `keepCandles`. Default: none. */
  readonly candleTimeframesMs?: readonly number[];
  /** Virtual time at the start, ms. Default 0. */
  readonly startAt?: number;
}

export const DEFAULT_CAPABILITIES: ExchangeCapabilities = {
  exchangeId: 'simulated',
  amendsConditional: true,
  reduceOnlyInHedgeMode: false,
  maxConditionalPerSymbol: null,
  triggerSources: ['last', 'mark', 'index'],
  clientOrderIdForm: 'alphanumeric',
  requestDeadlineMs: 30_000,
  hasLosslessEvents: true,
  readLagMs: 0,
};

export const DEFAULT_MAINTENANCE_TIERS: readonly MaintenanceTier[] = [
  { maxNotional: null, maintenanceMarginRate: '0.005', maintenanceAmount: '0' },
];
export const DEFAULT_MAX_LEVERAGE: DecimalString = '125';
export const DEFAULT_LIQUIDATION_FEE: DecimalString = '0.005';
/** Closed orders, trades, events and requests kept per account without `keepHistory`: days of a busy grid. */
export const DEFAULT_RETAIN = 1_000;
