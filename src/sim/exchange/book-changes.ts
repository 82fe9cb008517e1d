/** The changes of one operation while it runs, and how they and the book's shapes are written in a delta. */
import { plain } from '../../domain/decimal.ts';
import type { TradeRecord } from '../../ports/exchange.ts';
import type { AccountState, BookOrder, MarketState } from './book-state.ts';
import { BOOK_DELTA_VERSION } from './delta.ts';
import type { AccountDelta, AccountEvent, BookDelta, CandleDelta, LegDelta, OrderDelta, PriceDelta, ReceivedRequest } from './delta.ts';
import type { MarketChange } from './faults.ts';
import type { Leg } from './position.ts';

export interface Changes {
  readonly prices: Set<MarketState>;
  readonly halted: Set<MarketState>;
  readonly markets: Set<MarketState>;
  readonly candles: CandleDelta[];
  readonly accounts: Set<AccountState>;
  readonly legs: Map<string, { readonly account: AccountState; readonly leg: Leg }>;
  readonly orders: OrderDelta[];
  readonly trades: TradeRecord[];
  readonly events: AccountEvent[];
  readonly requests: ReceivedRequest[];
}

export function emptyChanges(): Changes {
  return { prices: new Set(), halted: new Set(), markets: new Set(), candles: [], accounts: new Set(), legs: new Map(), orders: [], trades: [], events: [], requests: [] };
}

export function deltaOf(changes: Changes, at: number, counters: BookDelta['counters']): BookDelta {
  return {
    version: BOOK_DELTA_VERSION,
    at,
    counters,
    ...(changes.prices.size > 0 && { prices: [...changes.prices].flatMap(priceDelta) }),
    ...(changes.halted.size > 0 && { halted: [...changes.halted].map((state) => ({ symbol: state.market.symbol, halted: state.halted })) }),
    ...(changes.markets.size > 0 && { markets: [...changes.markets].map(marketDelta) }),
    ...(changes.candles.length > 0 && { candles: changes.candles }),
    ...(changes.accounts.size > 0 && { accounts: [...changes.accounts].map(accountDelta) }),
    ...(changes.legs.size > 0 && { legs: [...changes.legs.values()].map(({ account, leg }) => legDelta(account.account, leg)) }),
    ...(changes.orders.length > 0 && { orders: changes.orders }),
    ...(changes.trades.length > 0 && { trades: changes.trades }),
    ...(changes.events.length > 0 && { events: changes.events }),
    ...(changes.requests.length > 0 && { requests: changes.requests }),
  };
}

export function priceDelta(state: MarketState): readonly PriceDelta[] {
  if (state.quote === null) return [];
  const { last, mark, index, at, nth } = state.quote;
  return [{ symbol: state.market.symbol, last, mark, index, at, ...(nth > 1 && { nth }) }];
}

export function marketDelta(state: MarketState): { readonly symbol: string; readonly change: MarketChange } {
  return { symbol: state.market.symbol, change: state.change };
}

export function accountDelta(account: AccountState): AccountDelta {
  return {
    account: account.account,
    currency: account.currency,
    positionMode: account.positionMode,
    ...(account.createdMode !== account.positionMode && { createdMode: account.createdMode }),
    marginMode: account.defaults.marginMode,
    leverage: account.defaults.leverage,
    symbols: Object.fromEntries(account.symbols),
    deposits: plain(account.deposits),
    cash: plain(account.cash),
    fees: plain(account.fees),
    funding: plain(account.funding),
  };
}

export function orderDelta({ sequence, record, waitsUntil }: BookOrder): OrderDelta {
  return { sequence, order: record, ...(waitsUntil !== null && { waitsUntil }) };
}

export function legDelta(account: string, leg: Leg): LegDelta {
  return {
    account,
    symbol: leg.symbol,
    positionSide: leg.positionSide,
    amount: plain(leg.amount),
    cost: plain(leg.cost),
    margin: plain(leg.margin),
  };
}
