/**
 * The exchange as the engine sees it, in ccxt's unified vocabulary. Implemented by the simulated exchange and by the ccxt adapters.
 *
 * Writes have three outcomes: done, refused (a whitelisted raw code, I18) or unknown; a write never throws for what an exchange does.
 * A read gives everything it was asked for, from every namespace and page, or rejects with EXCHANGE_UNAVAILABLE; only a snapshot may
 * come with `complete: false`. What a read shows may be as old as `readLagMs` before it began. Streamed events are hints: they may
 * come late, twice, out of order or never. Every price is a plain decimal string.
 */
import type { Candle } from '../domain/candle.ts';
import type { DecimalString } from '../domain/decimal.ts';
import type { Json } from '../domain/json.ts';
import type { Instrument, MarginMode, PositionMode, TriggerSource } from '../domain/strategy.ts';

export type Side = 'buy' | 'sell';
export type PositionSide = 'long' | 'short';
export type OrderType = 'market' | 'limit' | 'stop-market' | 'stop-limit';
/** `open` covers resting, untriggered and triggered-but-unfilled orders; the other four are final (I13). */
export type OrderStatus = 'open' | 'closed' | 'canceled' | 'rejected' | 'expired';

export interface OrderRequest {
  readonly account: string;
  readonly symbol: string;
  /** Ours, chosen and committed before the request is sent (I2). Taken once; some exchanges forget it with the order, so nothing is ever sent again unasked. */
  readonly clientOrderId: string;
  readonly side: Side;
  readonly type: OrderType;
  /** Base units. */
  readonly amount: DecimalString;
  /** Limit price; only for `limit` and `stop-limit`. */
  readonly price: DecimalString | null;
  /** Only for `stop-market` and `stop-limit`. A sell triggers at or below it, a buy at or above it. */
  readonly triggerPrice: DecimalString | null;
  readonly triggerBy: TriggerSource;
  /** The leg it acts on in hedge position mode; null in one-way mode. */
  readonly positionSide: PositionSide | null;
  /** May only shrink a position. In hedge mode a closing side of a leg never opens, with or without the flag. */
  readonly reduceOnly: boolean;
  readonly postOnly: boolean;
}

export interface OrderRecord extends OrderRequest {
  /** The exchange's id. */
  readonly id: string;
  readonly status: OrderStatus;
  /** True once a conditional order has fired; it may still be unfilled. */
  readonly triggered: boolean;
  /** Base units executed so far. */
  readonly filled: DecimalString;
  /** Raw reason of the exchange for canceled, rejected, expired; null otherwise. */
  readonly reason: string | null;
  readonly createdAt: number;
  /** Exchange time of the last change, never of the answer: what is newer wins. */
  readonly updatedAt: number;
}

export interface TradeRecord {
  /** Unique per account and symbol (I4). */
  readonly id: string;
  readonly orderId: string;
  /** Null for trades that no order of a client caused (liquidation, ADL). */
  readonly clientOrderId: string | null;
  readonly account: string;
  readonly symbol: string;
  readonly side: Side;
  readonly positionSide: PositionSide | null;
  readonly price: DecimalString;
  readonly amount: DecimalString;
  /** Quote currency, positive is paid. */
  readonly fee: DecimalString;
  readonly takerOrMaker: 'taker' | 'maker';
  /** Exchange time, ms. */
  readonly at: number;
  /** The exchange's own record, as ccxt's `info`; absent where there is none beyond these fields. */
  readonly info?: Json;
}

export interface PositionRecord {
  readonly account: string;
  readonly symbol: string;
  /** `long` and `short` in hedge mode (amount ≥ 0), `both` in one-way mode (amount signed). */
  readonly positionSide: PositionSide | 'both';
  readonly amount: DecimalString;
  readonly entryPrice: DecimalString;
  readonly leverage: DecimalString;
  readonly marginMode: MarginMode;
  readonly liquidationPrice: DecimalString | null;
}

export interface BalanceRecord {
  readonly account: string;
  readonly currency: string;
  /** Wallet balance: deposits and realised results, without unrealised PnL. */
  readonly total: DecimalString;
  /** Total plus unrealised PnL. */
  readonly equity: DecimalString;
  /** Equity not bound as initial margin. */
  readonly free: DecimalString;
  /** Maintenance margin over equity; null without positions. */
  readonly marginRatio: DecimalString | null;
}

/** One consistent read of an account. `complete` is false when any namespace or page was missing: then absence proves nothing. */
export interface AccountSnapshot {
  readonly account: string;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly complete: boolean;
  /** Of every symbol; flat legs are left out. */
  readonly positions: readonly PositionRecord[];
  /** Of every symbol and kind, ours and those of others. */
  /** At least those of the symbols that are traded. */
  readonly openOrders: readonly OrderRecord[];
  readonly balance: BalanceRecord;
}

export type WriteOutcome<T> =
  | { readonly type: 'done'; readonly value: T }
  /** The exchange says it did not do it; `code` is its raw code. */
  | { readonly type: 'refused'; readonly code: string; readonly message: string; /** The exchange asks for this pause, ms. */ readonly retryAfterMs?: number }
  /** It may or may not have happened: look it up by its own id. */
  | { readonly type: 'unknown'; readonly message: string };

export interface AmendRequest {
  readonly account: string;
  readonly symbol: string;
  readonly clientOrderId: string;
  /** New total amount, including what is already filled. */
  readonly amount: DecimalString;
  readonly price: DecimalString | null;
  readonly triggerPrice: DecimalString | null;
}

export interface CancelRequest {
  readonly account: string;
  readonly symbol: string;
  readonly clientOrderId: string;
}

/** Raw codes every adapter translates its exchange's refusals into; the raw text stays in `message`. */
export const REFUSALS = [
  'WOULD_TRIGGER_IMMEDIATELY',
  'REDUCE_ONLY_REJECTED',
  'INSUFFICIENT_MARGIN',
  'DUPLICATE_CLIENT_ORDER_ID',
  'MIN_AMOUNT',
  'MIN_COST',
  'PRICE_OFF_TICK',
  'AMOUNT_OFF_STEP',
  'MAX_CONDITIONAL_ORDERS',
  'MAX_OPEN_ORDERS',
  'POST_ONLY_WOULD_TAKE',
  'POSITION_SIDE_MISMATCH',
  'ORDER_NOT_FOUND',
  'ORDER_NOT_AMENDABLE',
  'UNKNOWN_SYMBOL',
  /** Malformed: a field is missing, superfluous or not a number; the sender's fault. */
  'BAD_REQUEST',
  'MARKET_HALTED',
  /** Too many requests, not carried out; every request waits. */
  'RATE_LIMITED',
  /** Not carried out because of the time the request carried; every request waits until the clocks are compared. */
  'CLOCK_SKEW',
] as const;
export type RefusalCode = (typeof REFUSALS)[number];

export type ExchangeEvent =
  | {
      readonly type: 'price';
      readonly symbol: string;
      readonly last: DecimalString;
      readonly mark: DecimalString;
      readonly index: DecimalString;
      readonly at: number;
      /** Exchange time of each, where they are told one at a time; absent: all are of `at`. */
      readonly times?: Readonly<Record<TriggerSource, number>>;
    }
  | { readonly type: 'order'; readonly order: OrderRecord; readonly at: number }
  | { readonly type: 'trade'; readonly trade: TradeRecord; readonly at: number }
  | {
      readonly type: 'funding';
      /** Unique per account. */
      readonly id: string;
      readonly account: string;
      readonly symbol: string;
      readonly positionSide: PositionSide | 'both';
      /** Quote currency, positive is received. */
      readonly amount: DecimalString;
      readonly rate: DecimalString;
      readonly markPrice: DecimalString;
      readonly at: number;
    }
  | {
      /** `insurance`: the exchange took over a debt; amount zero, the fee negative. */
      readonly type: 'liquidation';
      readonly cause: 'liquidation' | 'adl' | 'insurance';
      readonly id: string;
      readonly account: string;
      readonly symbol: string;
      readonly positionSide: PositionSide | 'both';
      /** Base units taken away. */
      readonly amount: DecimalString;
      readonly price: DecimalString;
      /** Quote currency charged on top. */
      readonly fee: DecimalString;
      readonly at: number;
    }
  /** Money moved in or out by someone: a deposit is positive. */
  | { readonly type: 'transfer'; readonly id: string; readonly account: string; readonly currency: string; readonly amount: DecimalString; readonly at: number }
  /** Events may have been missed since `since`: everything is to be read again. */
  | { readonly type: 'gap'; readonly since: number; readonly at: number };

/** What an exchange can do; the window manager plans with it. */
export interface ExchangeCapabilities {
  readonly exchangeId: string;
  /** Conditional orders can be amended in place (same id, same queue). */
  readonly amendsConditional: boolean;
  /** `reduceOnly` is accepted beside a position side in hedge mode. */
  readonly reduceOnlyInHedgeMode: boolean;
  /** Most conditional orders per symbol; null: no such cap. */
  readonly maxConditionalPerSymbol: number | null;
  readonly triggerSources: readonly TriggerSource[];
  /** A request that was sent longer ago than this can no longer take effect, ms (a receive window; 0: it dies with its sender). */
  readonly requestDeadlineMs: number;
  /** Every event arrives, once and in order, as from an exchange in the same process; else the engine reads again on its own. */
  readonly hasLosslessEvents: boolean;
  /** A read that began this long after something happened shows it, ms. */
  readonly readLagMs: number;
  /** A plan is read this often where events may be lost, ms; absent: 10 s. Longer where many plans share an exchange's limits. */
  readonly readEveryMs?: number;
  /** Most conditional orders of the account over all symbols; null or absent: no such cap. */
  readonly maxConditionalPerAccount?: number | null;
  /** Absent: both. */
  readonly positionModes?: readonly PositionMode[];
  /** How our 128-bit id is written: `alphanumeric` ([A-Za-z0-9], ≤ 32) or `hex128` (0x and 32 hex digits). */
  readonly clientOrderIdForm: 'alphanumeric' | 'hex128';
}

export interface AccountSettings {
  readonly positionMode: PositionMode;
  readonly marginMode: MarginMode;
  readonly leverage: DecimalString;
}

export interface Exchange {
  readonly capabilities: ExchangeCapabilities;
  fetchInstrument(symbol: string): Promise<Instrument>;
  /** The last known prices, or null before the first. */
  fetchPrice(symbol: string): Promise<Pick<Extract<ExchangeEvent, { type: 'price' }>, 'last' | 'mark' | 'index' | 'at' | 'times'> | null>;
  /** Closed candles of the last price, oldest first, at most `limit`; `timeframeMs` is one the exchange was asked to keep. */
  fetchCandles(symbol: string, timeframeMs: number, limit: number): Promise<readonly Candle[]>;
  /** Position mode is the account's; margin mode and leverage the symbol's. */
  fetchSettings(account: string, symbol: string): Promise<AccountSettings>;
  placeOrder(request: OrderRequest): Promise<WriteOutcome<OrderRecord>>;
  amendOrder(request: AmendRequest): Promise<WriteOutcome<OrderRecord>>;
  cancelOrder(request: CancelRequest): Promise<WriteOutcome<OrderRecord>>;
  /** By our own id, open or not, in every namespace; null when the exchange has no such order. */
  fetchOrder(account: string, symbol: string, clientOrderId: string): Promise<OrderRecord | null>;
  /** Trades of the account at or after `since` (ms), oldest first. */
  fetchTrades(account: string, symbol: string, since: number): Promise<readonly TradeRecord[]>;
  fetchSnapshot(account: string): Promise<AccountSnapshot>;
  /** Funding, liquidation and transfer events at or after `since` (ms), oldest first. */
  fetchAccountEvents(account: string, since: number): Promise<readonly ExchangeEvent[]>;
  /** Returns the function that ends the subscription. Events are delivered in order, synchronously or not. */
  subscribe(listener: (event: ExchangeEvent) => void): () => void;
}

/** The account an event belongs to; null for what concerns every account. */
export function accountOf(event: ExchangeEvent): string | null {
  switch (event.type) {
    case 'price':
    case 'gap':
      return null;
    case 'order':
      return event.order.account;
    case 'trade':
      return event.trade.account;
    case 'funding':
    case 'liquidation':
    case 'transfer':
      return event.account;
  }
}

/** The symbol an event belongs to; null for what concerns every symbol. */
export function symbolOf(event: ExchangeEvent): string | null {
  switch (event.type) {
    case 'gap':
    case 'transfer':
      return null;
    case 'order':
      return event.order.symbol;
    case 'trade':
      return event.trade.symbol;
    case 'price':
    case 'funding':
    case 'liquidation':
      return event.symbol;
  }
}
