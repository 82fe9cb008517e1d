/**
 * What is different from exchange to exchange, as one interface per concern. A dialect knows an exchange's requests, answers and frames
 * and nothing of the engine; ccxt-exchange.ts makes the port of it. Amounts are base units here already: contracts × contractSize, where
 * an exchange counts contracts, happens inside its dialect and nowhere else.
 */
import type { Candle } from '../../domain/candle.ts';
import type { DecimalString } from '../../domain/decimal.ts';
import type { Json } from '../../domain/json.ts';
import type { Instrument, MarginMode, PositionMode } from '../../domain/strategy.ts';
import type {
  AccountSettings,
  AmendRequest,
  BalanceRecord,
  CancelRequest,
  ExchangeCapabilities,
  ExchangeEvent,
  OrderRecord,
  OrderRequest,
  PositionRecord,
  RefusalCode,
  TradeRecord,
  WriteOutcome,
} from '../../ports/exchange.ts';
import type { KeyPermissions, MarketFacts, SetupOutcome } from '../../ports/exchange-setup.ts';
import type { CcxtClient } from './load-exchange.ts';
import type { BudgetSpec, Priority } from './rate-budget.ts';
import type { Answer, Call } from './rest-client.ts';

/** What an answer means. `refused` only for whitelisted raw codes (I18); whatever is not understood is `unknown`. */
export type Verdict =
  | { readonly type: 'ok'; readonly json: Json }
  | { readonly type: 'refused'; readonly code: RefusalCode; readonly message: string; readonly retryAfterMs?: number }
  | { readonly type: 'unknown'; readonly message: string };

/** A market as its dialect needs it. */
export interface VenueMarket {
  readonly symbol: string;
  /** The exchange's own name. */
  readonly id: string;
  readonly quote: string;
  readonly instrument: Instrument;
  /** Base units per contract; `1` where amounts are base units. */
  readonly contractSize: DecimalString;
  readonly isActive: boolean;
  /** Largest amount of a market order, base units; null where none is published. */
  readonly maxMarketAmount: DecimalString | null;
  readonly maxLeverage: DecimalString | null;
  /** The exchange's own record. */
  readonly info: Json;
}

/** ccxt's unified market with `number: String`: every number of the exchange is its text. */
export interface CcxtMarket {
  readonly id: string;
  readonly symbol: string;
  readonly base: string;
  readonly baseId: string;
  readonly quote: string;
  readonly settle: string;
  readonly active: boolean | undefined;
  readonly swap: boolean;
  readonly linear: boolean | undefined;
  readonly taker: number | string | undefined;
  readonly maker: number | string | undefined;
  readonly contractSize: number | string | undefined;
  readonly precision: { readonly amount?: string; readonly price?: string };
  readonly limits: { readonly [kind in 'amount' | 'price' | 'cost' | 'leverage' | 'market']?: { readonly min?: string; readonly max?: string } };
  readonly info: Json;
}

export interface VenueMarkets {
  bySymbol(symbol: string): VenueMarket | null;
  byId(id: string): VenueMarket | null;
}

/** Prices as one frame or answer has them; what it does not tell is absent. */
export interface QuotePart {
  readonly type: 'quote';
  readonly symbol: string;
  readonly last?: DecimalString;
  readonly mark?: DecimalString;
  readonly index?: DecimalString;
  /** Exchange time, ms. */
  readonly at: number;
}

/** Something happened that has to be read; `orders`: and it is about orders alone, no money has moved. */
export interface Hint {
  readonly type: 'hint';
  readonly about?: 'orders';
}

/** What a frame of a stream says. `hint`: something happened that has to be read; `lost`: the stream has a hole, it is opened anew. */
export type Frame = Exclude<ExchangeEvent, { type: 'price' | 'gap' }> | QuotePart | Hint | { readonly type: 'lost'; readonly reason: string };

/** One subscription to keep alive. `open` resolves or rejects when it has to be opened again. */
export interface StreamSpec {
  readonly name: string;
  open(): Promise<unknown>;
  /** Without a frame for this long the connection counts as dead, ms; null where silence is normal. */
  readonly silenceMs: number | null;
}

export interface Reader {
  /** The JSON of an answer that is one, judged ok. Rejects with EXCHANGE_UNAVAILABLE for everything else. */
  read(call: Call): Promise<Json>;
  /** The same, with what a refusal says: for reads in which a refusal is information, e.g. an order that does not exist. */
  ask(call: Call): Promise<Verdict>;
}

export interface Caller extends Reader {
  /** Sends once. What did not come back whole is `unknown`; what never left is refused. */
  write(call: Call, priority: Priority): Promise<Verdict>;
}

export interface PublicParts {
  readonly reader: Reader;
  readonly markets: VenueMarkets;
  /** For streams; it never sends a request that changes anything. */
  readonly stream: CcxtClient;
  /** The exchange's clock as far as known, ms: for what an exchange does not stamp itself. */
  readonly now: () => number;
}

export interface PublicDialect {
  /** Rejects with EXCHANGE_UNAVAILABLE. `last`, `mark` and `index` are all there. */
  fetchQuote(market: VenueMarket): Promise<Required<QuotePart>>;
  /** Closed and running bars, oldest first, at most `limit`. */
  fetchCandles(market: VenueMarket, timeframe: string, limit: number): Promise<readonly Candle[]>;
  /** The exchange's clock, ms. */
  fetchTime(): Promise<number>;
  fetchMarketFacts(market: VenueMarket): Promise<MarketFacts>;
  streams(symbols: readonly string[]): readonly StreamSpec[];
  /** Null: a frame for ccxt itself (an answer to a subscription, a pong). */
  frames(message: Json): readonly Frame[] | null;
}

export interface AccountParts {
  readonly account: string;
  /** Whose balance counts: the settle currency of what is traded. */
  readonly currency: string;
  /** What is traded. */
  readonly symbols: readonly string[];
  readonly caller: Caller;
  readonly markets: VenueMarkets;
  /** Carries the credentials; for streams only. */
  readonly stream: CcxtClient;
  /** Signs and addresses like `stream`, for exchanges whose requests are signed by hand. */
  readonly signer: CcxtClient;
  /** The exchange's clock as far as known, ms. */
  readonly now: () => number;
  /** Between two reads of a whole account that many plans share, ms; 0 where few do. */
  readonly spacingMs: number;
}

/** What a cancellation was answered with: the order's final record where the answer has it, else null and it is looked up. */
export type CancelOutcome = WriteOutcome<OrderRecord | null>;

export interface AccountDialect {
  place(market: VenueMarket, request: OrderRequest, priority: Priority): Promise<WriteOutcome<OrderRecord>>;
  /** Only called where the capability `amendsConditional` says so. Null: looked up. */
  amend(market: VenueMarket, request: AmendRequest): Promise<WriteOutcome<OrderRecord | null>>;
  cancel(market: VenueMarket, request: CancelRequest): Promise<CancelOutcome>;
  /** In every namespace; null only when the exchange itself says that there is none. */
  fetchOrder(market: VenueMarket, clientOrderId: string): Promise<OrderRecord | null>;
  /** Every namespace and page. One record per client order id. `traded`: at least those of the symbols that are traded here. */
  fetchOpenOrders(scope: 'traded' | 'all'): Promise<readonly OrderRecord[]>;
  /** Of all symbols; what is flat may be missing. */
  fetchPositions(): Promise<readonly PositionRecord[]>;
  fetchBalance(): Promise<BalanceRecord>;
  /** All pages, oldest first. */
  fetchTrades(market: VenueMarket, since: number): Promise<readonly TradeRecord[]>;
  fetchAccountEvents(since: number): Promise<readonly Extract<ExchangeEvent, { type: 'funding' | 'liquidation' | 'transfer' }>[]>;
  fetchSettings(market: VenueMarket): Promise<AccountSettings>;
  fetchKeyPermissions(): Promise<KeyPermissions>;
  /** Taker and maker fee of this account, fractions. */
  fetchFees(market: VenueMarket): Promise<{ readonly takerFee: DecimalString; readonly makerFee: DecimalString }>;
  setPositionMode(market: VenueMarket, mode: PositionMode): Promise<SetupOutcome>;
  setMarginMode(market: VenueMarket, mode: MarginMode, leverage: DecimalString): Promise<SetupOutcome>;
  setLeverage(market: VenueMarket, leverage: DecimalString): Promise<SetupOutcome>;
  streams(): readonly StreamSpec[];
  frames(message: Json): readonly Frame[] | null;
}

export interface Dialect {
  readonly capabilities: ExchangeCapabilities;
  readonly budget: BudgetSpec;
  /** What one reading of everything weighs: once for an account, and for each symbol. */
  readonly readWeights: { readonly perAccount: number; readonly perSymbol: number };
  /** The private stream tells of funding, forced closes and transfers; then they are read this often without being told, ms. Absent: with every reading. */
  readonly hintedEventsMs?: number;
  /** ccxt's constructor configuration, without credentials, rate limiter and number type. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Names of the credentials (ccxt's `requiredCredentials`) an account needs. */
  readonly credentials: readonly ('apiKey' | 'secret' | 'password' | 'walletAddress' | 'privateKey')[];
  /** Last touches on every client before its first call. */
  prepare?(client: CcxtClient): void;
  judge(answer: Answer): Verdict;
  /** The weight used so far, from an answer's headers, where the exchange tells. */
  usedWeight?(answer: Answer): number | null;
  /** Null for markets that are no linear swaps. */
  marketOf(market: CcxtMarket): VenueMarket | null;
  openPublic(parts: PublicParts): PublicDialect;
  openAccount(parts: AccountParts): AccountDialect;
}
