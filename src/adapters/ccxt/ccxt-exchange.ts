/**
 * The exchange port over ccxt, for every exchange: a dialect (dialect.ts) speaks its language; here is what all have in common: clients,
 * budget, clock, streams, shared reads.
 *
 * - I3, I18: three outcomes of a write, refusals only by whitelist; a cancellation is done when the order's own record says so. - I9: a
 *   read is whole or EXCHANGE_UNAVAILABLE. - I19: no message carries a URL, a header or a body that was sent.
 */
import type { Candle } from '../../domain/candle.ts';
import { dec } from '../../domain/decimal.ts';
import { HedgerowError } from '../../domain/errors.ts';
import type { Instrument, MarginMode, PositionMode } from '../../domain/strategy.ts';
import type { Clock } from '../../ports/clock.ts';
import type {
  AccountSettings,
  AccountSnapshot,
  AmendRequest,
  CancelRequest,
  Exchange,
  ExchangeCapabilities,
  ExchangeEvent,
  OrderRecord,
  OrderRequest,
  TradeRecord,
  WriteOutcome,
} from '../../ports/exchange.ts';
import type { ExchangeSetup, KeyPermissions, MarketFacts, SetupOutcome } from '../../ports/exchange-setup.ts';
import type { Log } from '../../ports/log.ts';
import type { AccountDialect, Dialect, Frame, Hint, PublicDialect, VenueMarket, VenueMarkets } from './dialect.ts';
import { EventLedger } from './event-ledger.ts';
import type { FundingRate, LeverageTiers, PublicFacts } from './public-facts.ts';
import type { AccountEvent } from './event-ledger.ts';
import type { Priority } from './rate-budget.ts';
import { QuoteBoard } from './quote-board.ts';
import { formFault } from './request-form.ts';
import { SharedRead } from './shared-read.ts';
import { StreamKeeper } from './stream-keeper.ts';
import type { VenueClock } from './venue-clock.ts';
import { timeframeName } from './timeframe-name.ts';
import type { CcxtClient } from './load-exchange.ts';

/** Least time between two readings of a plan where streams may lose events. */
const READ_EVERY_MS = 10_000;
/** Share of the weight per window that regular readings may take. */
const READING_SHARE = 0.6;
/** From this many symbols on, readings of the account are spaced out. */
const SYMBOLS_UNSPACED = 3;
/** A streamed last price younger than this is as good as one that is asked for. */
const PRICE_YOUNG_MS = 2_000;

export interface OpenAccount {
  readonly account: string;
  readonly dialect: AccountDialect;
  readonly stream: CcxtClient;
}

export interface CcxtExchangeParts {
  readonly dialect: Dialect;
  readonly markets: VenueMarkets;
  readonly publicDialect: PublicDialect;
  readonly publicStream: CcxtClient;
  readonly facts: PublicFacts;
  readonly accounts: readonly OpenAccount[];
  /** Symbols whose prices are followed. */
  readonly symbols: readonly string[];
  readonly clock: VenueClock;
  readonly log: Log;
}

interface AccountDesk extends OpenAccount {
  readonly snapshot: SharedRead<AccountSnapshot>;
  readonly events: EventLedger;
}

export class CcxtExchange implements Exchange, ExchangeSetup {
  readonly capabilities: ExchangeCapabilities;
  readonly #parts: CcxtExchangeParts;
  readonly #desks: ReadonlyMap<string, AccountDesk>;
  readonly #listeners = new Set<(event: ExchangeEvent) => void>();
  readonly #board = new QuoteBoard();
  readonly #lastHeardAt = new Map<string, number>();
  readonly #keepers: StreamKeeper[] = [];
  #lastGapAt: number;

  constructor(parts: CcxtExchangeParts) {
    this.#parts = parts;
    const { dialect, clock, symbols } = parts;
    const readEveryMs = readingInterval(dialect, symbols.length);
    this.capabilities = Object.freeze({ ...dialect.capabilities, readEveryMs, maxConditionalPerSymbol: conditionalShare(dialect.capabilities, symbols.length) });
    this.#lastGapAt = clock.now();
    const restMs = readSpacing(dialect, symbols.length);
    this.#desks = new Map(
      parts.accounts.map((open) => [
        open.account,
        {
          ...open,
          snapshot: new SharedRead(() => this.#readSnapshot(open), restMs),
          events: new EventLedger((since) => open.dialect.fetchAccountEvents(since), () => clock.now(), restMs),
        },
      ]),
    );
  }

  get accounts(): readonly string[] {
    return [...this.#desks.keys()];
  }

  /** The exchange's time, and deadlines that no clock step changes. */
  get clock(): Clock {
    return this.#parts.clock;
  }

  /** Opens the streams. Returns at once; every stream tells by a `gap` event when it is there. */
  start(): void {
    const { publicDialect, publicStream, symbols, dialect } = this.#parts;
    const name = dialect.capabilities.exchangeId;
    this.#keep(publicStream, `${name} prices`, (message) => publicDialect.frames(message), null).open(publicDialect.streams(symbols));
    for (const desk of this.#desks.values()) {
      this.#keep(desk.stream, `${name} ${desk.account}`, (message) => desk.dialect.frames(message), desk).open(desk.dialect.streams());
      desk.events.hintedEveryMs = dialect.hintedEventsMs ?? 0;
    }
  }

  #keep(client: CcxtClient, name: string, frames: PublicDialect['frames'], desk: AccountDesk | null): StreamKeeper {
    const onGap = (hint?: Hint): void => {
      if (hint?.about !== 'orders') desk?.events.doubt();
      this.#tellGap();
    };
    const keeper = new StreamKeeper({ client, name, log: this.#parts.log, frames, onFrame: (frame) => this.#hear(frame), onGap });
    this.#keepers.push(keeper);
    return keeper;
  }

  #hear(frame: Exclude<Frame, { type: 'lost' | 'hint' }>): void {
    if (frame.type !== 'quote') {
      this.#tell(frame);
      return;
    }
    const price = this.#board.hear(frame);
    if (price === null) return;
    // Mark prices come by the clock: they do not say that no trade was missed.
    if (frame.last !== undefined) this.#lastHeardAt.set(frame.symbol, performance.now());
    this.#tell(price);
  }

  #tellGap(): void {
    this.#lastHeardAt.clear();
    const at = this.#parts.clock.now();
    const since = this.#lastGapAt;
    this.#lastGapAt = at;
    this.#tell({ type: 'gap', since, at });
  }

  #tell(event: ExchangeEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  /** Ends the streams and everything that keeps the process alive. Resting orders stay. */
  async close(): Promise<void> {
    this.#parts.clock.close();
    await Promise.all(this.#keepers.map((keeper) => keeper.close()));
    this.#listeners.clear();
  }

  subscribe(listener: (event: ExchangeEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  // --- writes ------------------------------------------------------------------------------------------------------------------

  async placeOrder(request: OrderRequest): Promise<WriteOutcome<OrderRecord>> {
    const market = this.#parts.markets.bySymbol(request.symbol);
    if (market === null) return unknownSymbol(request.symbol);
    const fault = formFault(request, this.capabilities);
    if (fault !== null) return { type: 'refused', ...fault };
    return orUnknown(this.#desk(request.account).dialect.place(market, request, priorityOf(request)));
  }

  async amendOrder(request: AmendRequest): Promise<WriteOutcome<OrderRecord>> {
    const market = this.#parts.markets.bySymbol(request.symbol);
    if (market === null) return unknownSymbol(request.symbol);
    if (!this.capabilities.amendsConditional) return { type: 'refused', code: 'ORDER_NOT_AMENDABLE', message: 'orders are replaced here, never amended' };
    const { dialect } = this.#desk(request.account);
    return this.#withRecord(await orUnknown(dialect.amend(market, request)), dialect, market, request.clientOrderId);
  }

  async cancelOrder(request: CancelRequest): Promise<WriteOutcome<OrderRecord>> {
    const market = this.#parts.markets.bySymbol(request.symbol);
    if (market === null) return unknownSymbol(request.symbol);
    const { dialect } = this.#desk(request.account);
    return this.#withRecord(await orUnknown(dialect.cancel(market, request)), dialect, market, request.clientOrderId);
  }

  /** Where the answer does not say how the order stands now, it is asked; while that is not known, nothing is. */
  async #withRecord(outcome: WriteOutcome<OrderRecord | null>, dialect: AccountDialect, market: VenueMarket, clientOrderId: string): Promise<WriteOutcome<OrderRecord>> {
    if (outcome.type !== 'done') return outcome;
    if (outcome.value !== null) return { type: 'done', value: outcome.value };
    return orUnknown(
      dialect.fetchOrder(market, clientOrderId).then((value) => (value === null ? { type: 'unknown', message: 'accepted, but the exchange does not show the order' } : { type: 'done', value })),
    );
  }

  // --- reads -------------------------------------------------------------------------------------------------------------------

  async fetchInstrument(symbol: string): Promise<Instrument> {
    return this.#market(symbol).instrument;
  }

  async fetchPrice(symbol: string): ReturnType<Exchange['fetchPrice']> {
    const heardAt = this.#lastHeardAt.get(symbol) ?? -Infinity;
    if (performance.now() - heardAt >= PRICE_YOUNG_MS) this.#board.hear(await this.#parts.publicDialect.fetchQuote(this.#market(symbol)));
    return this.#board.price(symbol);
  }

  async fetchCandles(symbol: string, timeframeMs: number, limit: number): Promise<readonly Candle[]> {
    const candles = await this.#parts.publicDialect.fetchCandles(this.#market(symbol), timeframeName(timeframeMs), limit + 1);
    const now = this.#parts.clock.now();
    return candles.filter(({ at }) => at + timeframeMs <= now).slice(-limit);
  }

  fetchSettings(account: string, symbol: string): Promise<AccountSettings> {
    return this.#desk(account).dialect.fetchSettings(this.#market(symbol));
  }

  fetchOrder(account: string, symbol: string, clientOrderId: string): Promise<OrderRecord | null> {
    return this.#desk(account).dialect.fetchOrder(this.#market(symbol), clientOrderId);
  }

  fetchTrades(account: string, symbol: string, since: number): Promise<readonly TradeRecord[]> {
    return this.#desk(account).dialect.fetchTrades(this.#market(symbol), since);
  }

  fetchSnapshot(account: string): Promise<AccountSnapshot> {
    return this.#desk(account).snapshot.get();
  }

  fetchAccountEvents(account: string, since: number): Promise<readonly AccountEvent[]> {
    return this.#desk(account).events.since(since);
  }

  /** Positions before orders: what a fill between them changed is then at least among the orders. */
  async #readSnapshot({ account, dialect }: OpenAccount): Promise<AccountSnapshot> {
    const startedAt = this.#parts.clock.now();
    const positions = (await dialect.fetchPositions()).filter(({ amount }) => !dec(amount).isZero());
    const [openOrders, balance] = await bothOf(dialect.fetchOpenOrders('traded'), dialect.fetchBalance());
    return { account, startedAt, endedAt: this.#parts.clock.now(), complete: true, positions, openOrders, balance };
  }

  #desk(account: string): AccountDesk {
    const desk = this.#desks.get(account);
    if (desk === undefined) throw new HedgerowError('INPUT_INVALID', `no credentials were loaded for account ${account}`);
    return desk;
  }

  #market(symbol: string): VenueMarket {
    const market = this.#parts.markets.bySymbol(symbol);
    if (market === null) throw new HedgerowError('INPUT_INVALID', `${this.capabilities.exchangeId} has no linear swap ${symbol}`);
    return market;
  }

  // --- for paper trading -------------------------------------------------------------------------------------------------------

  /** Settled after `since` (ms), oldest first, at most the hundred that follow it. Rejects with EXCHANGE_UNAVAILABLE. */
  async fetchFundingRates(symbol: string, since: number): Promise<readonly FundingRate[]> {
    return this.#parts.facts.fundingRates(this.#market(symbol), since);
  }

  /** Null when the exchange does not tell without keys. Rejects with EXCHANGE_UNAVAILABLE. */
  async fetchLeverageTiers(symbol: string): Promise<LeverageTiers | null> {
    const { mark } = (await this.fetchPrice(symbol)) ?? { mark: '0' };
    return this.#parts.facts.leverageTiers(this.#market(symbol), mark);
  }

  // --- set-up, for doctor ------------------------------------------------------------------------------------------------------

  measureClock(): Promise<{ readonly offsetMs: number; readonly roundTripMs: number }> {
    return this.#parts.clock.measure();
  }

  fetchMarketFacts(symbol: string): Promise<MarketFacts> {
    return this.#parts.publicDialect.fetchMarketFacts(this.#market(symbol));
  }

  fetchKeyPermissions(account: string): Promise<KeyPermissions> {
    return this.#desk(account).dialect.fetchKeyPermissions();
  }

  fetchOpenOrders(account: string): Promise<readonly OrderRecord[]> {
    return this.#desk(account).dialect.fetchOpenOrders('all');
  }

  fetchFees(account: string, symbol: string): Promise<{ readonly takerFee: string; readonly makerFee: string }> {
    return this.#desk(account).dialect.fetchFees(this.#market(symbol));
  }

  setPositionMode(account: string, symbol: string, mode: PositionMode): Promise<SetupOutcome> {
    return this.#desk(account).dialect.setPositionMode(this.#market(symbol), mode);
  }

  setMarginMode(account: string, symbol: string, mode: MarginMode, leverage: string): Promise<SetupOutcome> {
    return this.#desk(account).dialect.setMarginMode(this.#market(symbol), mode, leverage);
  }

  setLeverage(account: string, symbol: string, leverage: string): Promise<SetupOutcome> {
    return this.#desk(account).dialect.setLeverage(this.#market(symbol), leverage);
  }
}

/** A write may have to read, e.g. where an order has gone: what that read does not tell, nobody knows, and a write never throws for it. */
async function orUnknown<T>(write: Promise<WriteOutcome<T>>): Promise<WriteOutcome<T>> {
  try {
    return await write;
  } catch (error) {
    if (!(error instanceof HedgerowError) || error.code !== 'EXCHANGE_UNAVAILABLE') throw error;
    return { type: 'unknown', message: error.message };
  }
}

/** Both at once; when one fails the other is waited for all the same, so that no request goes on behind a reading that is over. */
async function bothOf<A, B>(first: Promise<A>, second: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([first, second]);
  return Promise.all([first, second]);
}

function unknownSymbol(symbol: string): WriteOutcome<never> {
  return { type: 'refused', code: 'UNKNOWN_SYMBOL', message: symbol };
}

/** What closes goes before what opens. */
function priorityOf({ reduceOnly, positionSide, side }: OrderRequest): Priority {
  const closes = reduceOnly || (positionSide === 'long' && side === 'sell') || (positionSide === 'short' && side === 'buy');
  return closes ? 'protect' : 'write';
}

/** Reads of a whole account come this long after each other, so that many plans share them. */
export function readSpacing(dialect: Dialect, symbols: number): number {
  return symbols > SYMBOLS_UNSPACED ? readingInterval(dialect, symbols) / 4 : 0;
}

/** So that the regular readings of that many plans stay within their share of the budget. */
function readingInterval({ readWeights, budget }: Dialect, symbols: number): number {
  const weight = readWeights.perAccount + readWeights.perSymbol * symbols;
  return Math.max(READ_EVERY_MS, Math.ceil((weight * budget.windowMs) / (budget.capacity * READING_SHARE)));
}

/** A cap over all symbols of an account is divided evenly: no plan can take the room of another one's stops. */
function conditionalShare({ maxConditionalPerSymbol, maxConditionalPerAccount = null }: ExchangeCapabilities, symbols: number): number | null {
  if (maxConditionalPerAccount === null) return maxConditionalPerSymbol;
  const share = Math.floor(maxConditionalPerAccount / Math.max(1, symbols));
  return maxConditionalPerSymbol === null ? share : Math.min(share, maxConditionalPerSymbol);
}
