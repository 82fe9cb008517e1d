/** The shapes the book is made of: orders, accounts, markets. Changed by book.ts only. */
import { ZERO } from '../../domain/decimal.ts';
import type { D, DecimalString } from '../../domain/decimal.ts';
import type { MarginMode, PositionMode } from '../../domain/strategy.ts';
import type { OrderRecord, TradeRecord } from '../../ports/exchange.ts';
import type { CandleTape } from './candle-tape.ts';
import type { SymbolSettings } from './config.ts';
import type { AccountEvent } from './delta.ts';
import type { MarketChange } from './faults.ts';
import type { Market, Quote } from './market.ts';
import type { Leg } from './position.ts';
import { legKey } from './position.ts';
import type { PriceWatch } from './price-watch.ts';

export interface BookOrder {
  readonly sequence: number;
  record: OrderRecord;
  amount: D;
  filled: D;
  price: D | null;
  triggerPrice: D | null;
  /** Number of the tick at which it traded last: at one tick an order trades once. */
  tradedAtTick: number;
  /** Executes nothing before this time, ms; null: no such wait. */
  waitsUntil: number | null;
}

export interface AccountState {
  readonly account: string;
  readonly currency: string;
  positionMode: PositionMode;
  /** The mode it was created in: what a configuration must agree with. */
  readonly createdMode: PositionMode;
  /** For symbols without settings of their own. */
  readonly defaults: SymbolSettings;
  readonly symbols: Map<string, SymbolSettings>;
  deposits: D;
  /** deposits − Σ buys + Σ sells − fees + funding. */
  cash: D;
  /** Trade fees and liquidation fees paid. */
  fees: D;
  funding: D;
  readonly legs: Map<string, Leg>;
  /** By client order id, in order of placement. */
  readonly open: Map<string, BookOrder>;
  /** By client order id, in order of closing. */
  readonly closed: Map<string, BookOrder>;
  /** Ids of orders that are no longer kept. */
  readonly forgottenIds: Set<string>;
  trades: TradeRecord[];
  events: AccountEvent[];
}

export interface MarketState {
  market: Market;
  /** What changed about it since the start; empty: nothing. */
  change: MarketChange;
  quote: Quote | null;
  halted: boolean;
  /** Open orders of all accounts, in order of placement except after an amendment. */
  readonly open: Set<BookOrder>;
  readonly watch: PriceWatch;
  /** What a taker pays on top of the slippage now, as a price distance; null: nothing. */
  readonly takerDistance: (() => D) | null;
  /** By timeframe, ms. */
  readonly candles: Map<number, CandleTape>;
}

export function newAccount(
  name: string,
  currency: string,
  positionMode: PositionMode,
  defaults: { readonly marginMode: MarginMode; readonly leverage: DecimalString },
): AccountState {
  return {
    account: name,
    currency,
    positionMode,
    createdMode: positionMode,
    defaults,
    symbols: new Map(),
    deposits: ZERO,
    cash: ZERO,
    fees: ZERO,
    funding: ZERO,
    legs: new Map(),
    open: new Map(),
    closed: new Map(),
    forgottenIds: new Set(),
    trades: [],
    events: [],
  };
}

/** The open legs in an order that does not depend on how they came about (I22). */
export function sortedLegs(account: AccountState): readonly Leg[] {
  if (account.legs.size < 2) return [...account.legs.values()];
  return [...account.legs.values()].sort((a, b) => (legKey(a.symbol, a.positionSide) < legKey(b.symbol, b.positionSide) ? -1 : 1));
}
