/**
 * The fault powers of the simulated exchange, as data. The exchange decides nothing by itself: a policy is asked for each request,
 * event and execution, and an incident has its time written on it, so the same answers give the same run (I22). Without any of
 * them everything is prompt, complete and true.
 */
import type { DecimalString } from '../../domain/decimal.ts';
import type { ExchangeEvent, OrderRecord, OrderStatus, WriteOutcome } from '../../ports/exchange.ts';
import type { SimulatedMarket } from './config.ts';

/**
 * What a read is made of. `orders`: open and live; `conditional-orders`: open and not fired; `history`: closed orders;
 * `positions`: positions and balance; `prices`: prices and candles; `settings`: instruments, modes and leverage.
 * A snapshot reads orders, conditional-orders and positions; fetchOrder reads orders, conditional-orders and history.
 */
export type ReadSurface = 'orders' | 'conditional-orders' | 'history' | 'positions' | 'trades' | 'events' | 'prices' | 'settings';

/** What becomes of one read. */
export interface ReadFate {
  /**
   * How old what is served is when the read arrives, ms; at most the capability `readLagMs`, without which no past is kept.
   * Candles and `settings` never lag.
   */
  readonly lagMs?: Partial<Record<ReadSurface, number>>;
  /** A read of any of these rejects with EXCHANGE_UNAVAILABLE. */
  readonly fails?: readonly ReadSurface[];
  /** Rows left out, the newest ones: a snapshot is then `complete: false` (also for 0), any other read of the surface rejects. */
  readonly missing?: Partial<Record<ReadSurface, number>>;
}

/** What a client may be told although it is not what happened. */
export type FalseAnswer = Exclude<WriteOutcome<never>, { type: 'done' }>;

/** How many ms later each copy of an event is heard: `[0]` as usual, `[]` never, `[0, 0]` twice, `[700]` late, `[0, 2_400_000]` again. */
export type StreamPolicy = (event: ExchangeEvent) => readonly number[];

/** Why an order executes: it has just fired, it takes from the market (new, amended, or working on), or the price reached its limit. */
export type ExecutionCause = 'fired' | 'taken' | 'reached';

/** What becomes of one execution. `share`: the part of what could execute, 0 to 1, floored to the amount step. */
export type ExecutionFate =
  | { readonly type: 'normal' }
  /** Nothing executes and the order ends: a child refused, no liquidity, self-trade prevention. */
  | { readonly type: 'refused'; readonly status: Extract<OrderStatus, 'canceled' | 'rejected' | 'expired'>; readonly reason: string }
  /** A share executes; the order stays open and the rest may execute `restAfterMs` later at the earliest. */
  | { readonly type: 'partial'; readonly share: DecimalString; readonly restAfterMs: number }
  /** At most this many base units execute, floored to the amount step; the rest may execute at `restAt`, ms, at the earliest. */
  | { readonly type: 'capped'; readonly most: DecimalString; readonly restAt: number }
  /** A share executes, the rest is beyond the slippage bound: the order ends `expired`, `filled` below `amount`. */
  | { readonly type: 'bounded'; readonly share: DecimalString; readonly reason: string }
  /** Everything executes and this many amount steps more; a closing order still never more than its leg holds (I7). */
  | { readonly type: 'overfill'; readonly steps: number };

export type ExecutionPolicy = (order: OrderRecord, cause: ExecutionCause) => ExecutionFate;

/** When it lasts: from the first moment to just before the last, ms of exchange time. */
interface Window {
  readonly from: number;
  readonly until: number;
}

export type WriteKind = 'place' | 'amend' | 'cancel';

/**
 * Something that goes wrong at the exchange for a while. What counts for a request is when it arrives. `tellsGap`: a `gap` event
 * since `from` comes at `until`. The stream is dumb in freezes, maintenance and silences; what it would have told is lost.
 */
export type Incident =
  /** HTTP 429: nothing is carried out, writes are refused RATE_LIMITED with this pause, reads reject. */
  | (Window & { readonly type: 'rate-limit'; readonly retryAfterMs: number })
  /** HTTP 418: the same, with the pause that is left of the ban. */
  | (Window & { readonly type: 'ban' })
  /** Writes are refused MARKET_HALTED, or not carried out and answered unknown; reads reject; prices go on unseen, nothing executes. */
  | (Window & {
      readonly type: 'maintenance';
      readonly answer: 'halted' | 'unknown';
      readonly tellsGap: boolean;
      /** On return every open order has been cancelled with this raw reason; null: they rest as before. */
      readonly cancelsAll: string | null;
    })
  /** Requests wait for its end before they arrive; nothing executes meanwhile. */
  | (Window & { readonly type: 'freeze'; readonly tellsGap: boolean })
  /** Writes of these kinds are carried out as always, but the client is told this. */
  | (Window & { readonly type: 'wrong-answer'; readonly kinds: readonly WriteKind[]; readonly answer: FalseAnswer })
  /** Writes of these kinds are refused with this raw code, whatever they say. */
  | (Window & { readonly type: 'refusal'; readonly kinds: readonly WriteKind[]; readonly code: string })
  | (Window & { readonly type: 'silence'; readonly of: 'prices' | 'account' | 'all'; readonly tellsGap: boolean })
  /** Stream and fetchPrice go on with the last prices from before, their time included. */
  | (Window & { readonly type: 'stale-prices' });

/** What can change about a market while it is traded. */
export type MarketChange = Partial<
  Pick<
    SimulatedMarket,
    | 'tickSize'
    | 'significantFigures'
    | 'amountStep'
    | 'minAmount'
    | 'minCost'
    | 'takerFee'
    | 'makerFee'
    | 'slippage'
    | 'maxConditionalOrders'
    | 'maxOpenOrders'
    | 'maxAmountPerTrade'
    | 'tradesPerTick'
  >
>;
