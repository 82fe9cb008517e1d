/**
 * The simulated exchange's own persistence: state changes as JSON. Folding every delta in order gives the book again (I12);
 * `snapshot` is one delta that says everything. Upserts by key except trades, events and requests, which are only ever added.
 */
import type { DecimalString } from '../../domain/decimal.ts';
import type { MarginMode, PositionMode } from '../../domain/strategy.ts';
import type { AmendRequest, CancelRequest, ExchangeEvent, OrderRecord, OrderRequest, TradeRecord } from '../../ports/exchange.ts';
import type { CandleTapeState } from './candle-tape.ts';
import type { SymbolSettings } from './config.ts';
import type { MarketChange } from './faults.ts';
import type { LegSide } from './position.ts';

export const BOOK_DELTA_VERSION = 1;

/** Funding, liquidation and transfers: what happens to an account without a request. */
export type AccountEvent = Extract<ExchangeEvent, { type: 'funding' | 'liquidation' | 'transfer' }>;

export interface PriceDelta {
  readonly symbol: string;
  readonly last: DecimalString;
  readonly mark: DecimalString;
  readonly index: DecimalString;
  readonly at: number;
  /** The symbol's how many-th tick of this time it is; absent: the first. */
  readonly nth?: number;
}

/** Written when bars begin to be kept and in snapshots; in between they follow from the prices. */
export interface CandleDelta extends CandleTapeState {
  readonly symbol: string;
}

export interface AccountDelta {
  readonly account: string;
  readonly currency: string;
  readonly positionMode: PositionMode;
  /** The mode the account was created in, when that is another one. */
  readonly createdMode?: PositionMode;
  readonly marginMode: MarginMode;
  readonly leverage: DecimalString;
  readonly symbols: Readonly<Record<string, SymbolSettings>>;
  readonly deposits: DecimalString;
  readonly cash: DecimalString;
  readonly fees: DecimalString;
  readonly funding: DecimalString;
}

export interface LegDelta {
  readonly account: string;
  readonly symbol: string;
  readonly positionSide: LegSide;
  readonly amount: DecimalString;
  readonly cost: DecimalString;
  readonly margin: DecimalString;
}

/** One version of an order. `sequence` is its place in the queue, kept by amendments. */
export interface OrderDelta {
  readonly sequence: number;
  readonly order: OrderRecord;
  /** What is left executes at this time at the earliest, ms. */
  readonly waitsUntil?: number;
}

/** A write as the exchange received it, with what it truly answered. */
export interface ReceivedRequest {
  readonly sequence: number;
  readonly receivedAt: number;
  readonly kind: 'place' | 'amend' | 'cancel';
  readonly request: OrderRequest | AmendRequest | CancelRequest;
  readonly outcome: 'done' | 'refused';
  /** Raw code of a refusal. */
  readonly code: string | null;
}

export interface Counters {
  readonly order: number;
  readonly trade: number;
  readonly event: number;
  readonly request: number;
}

export interface BookDelta {
  readonly version: typeof BOOK_DELTA_VERSION;
  readonly at: number;
  readonly counters: Counters;
  readonly prices?: readonly PriceDelta[];
  readonly halted?: readonly { readonly symbol: string; readonly halted: boolean }[];
  /** Everything that changed about a market since the start. */
  readonly markets?: readonly { readonly symbol: string; readonly change: MarketChange }[];
  readonly candles?: readonly CandleDelta[];
  readonly accounts?: readonly AccountDelta[];
  readonly legs?: readonly LegDelta[];
  /** Every version since the last delta, in order. */
  readonly orders?: readonly OrderDelta[];
  readonly trades?: readonly TradeRecord[];
  readonly events?: readonly AccountEvent[];
  readonly requests?: readonly ReceivedRequest[];
  /** Only in snapshots: client order ids whose orders are no longer kept. */
  readonly usedClientOrderIds?: readonly { readonly account: string; readonly clientOrderIds: readonly string[] }[];
}
