/**
 * What a simulated exchange is made of: markets, accounts, and the knobs of its behaviour with their defaults.
 * Everything here is given from outside; nothing is read from the environment.
 */
import type { Candle } from '../../domain/candle.ts';
import type { D, DecimalString } from '../../domain/decimal.ts';
import type { Instrument, MarginMode, PositionMode } from '../../domain/strategy.ts';
import type { ExchangeCapabilities, OrderRecord } from '../../ports/exchange.ts';
import type { ExecutionPolicy, FalseAnswer, Incident, ReadFate, StreamPolicy } from './faults.ts';

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
  /** Fraction of its trigger beyond which a stop never fills, however far the price has jumped. Default: no such bound. */
  readonly maxStopSlip?: DecimalString | null;
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
  /** The order a write or fetchOrder is about; null for other reads. */
  readonly clientOrderId: string | null;
  readonly sentAt: number;
}

/**
 * What the network and the exchange's front do to one request. A request under way is bound to nobody: it arrives also when its
 * sender is gone. `applied`, `answer` and `repeatAfterMs` are for writes, `read` for reads.
 */
export interface Delivery {
  readonly requestMs: number;
  readonly responseMs: number;
  /** How often the exchange receives it: 0 lost, 1 normal, 2 delivered twice. */
  readonly applied: 0 | 1 | 2;
  /** What the client is told instead of the truth; null: the truth. */
  readonly answer: FalseAnswer | null;
  /**
   * The client hears at this time after sending, whatever has arrived until then: `answer`, or unknown when that is null; a read
   * rejects with EXCHANGE_UNAVAILABLE. Absent: `responseMs` after the arrival.
   */
  readonly answerAfterMs?: number;
  /** The second delivery comes this long after the first and answers nobody. Absent: at once, and its answer is the one told. */
  readonly repeatAfterMs?: number;
  /** Absent: fresh and complete. */
  readonly read?: ReadFate;
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
  /** Asked once for each event; default: everything is heard at once. */
  readonly stream?: StreamPolicy;
  /** Asked whenever an order is about to execute; default: all of it does. */
  readonly execution?: ExecutionPolicy;
  /** What a taker pays on top of the slippage at this moment, as a price distance; default: nothing. */
  readonly takerDistance?: (symbol: string) => D;
  /** Which of two orders that act at one price comes first; default, and where it says 0: the one placed first. */
  readonly tieBreak?: (a: OrderRecord, b: OrderRecord) => number;
  /** Closed bars in the place of those built from ticks: at most `limit` that have ended at `now`, oldest first. */
  readonly bars?: (symbol: string, timeframeMs: number, now: number, limit: number) => readonly Candle[];
  /** Known from the start; more by `beginIncident`. */
  readonly incidents?: readonly Incident[];
  /** Default true: a request that arrives more than the capability `requestDeadlineMs` after it was sent is refused. */
  readonly honoursDeadline?: boolean;
  /** Takes client order ids of any form: a protocol in front has rules of its own. Default false: the capability's form. */
  readonly anyClientOrderId?: boolean;
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
  /** Numbers of orders, trades and events come after this one. Default 0. */
  readonly idsAfter?: number;
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
