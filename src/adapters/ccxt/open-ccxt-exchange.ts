/**
 * Opens a real exchange: clients, markets, clock, dialects; the only place that holds credentials of ccxt. Nothing is sent that changes
 * anything.
 */
import { dec, maxOf, plain } from '../../domain/decimal.ts';
import { HedgerowError } from '../../domain/errors.ts';
import type { Instrument } from '../../domain/strategy.ts';
import type { ExchangeCapabilities } from '../../ports/exchange.ts';
import type { Log } from '../../ports/log.ts';
import { AccountCaller } from './account-caller.ts';
import { createClient } from './ccxt-clients.ts';
import type { Connection, Credentials } from './ccxt-clients.ts';
import { CcxtExchange, readSpacing } from './ccxt-exchange.ts';
import type { OpenAccount } from './ccxt-exchange.ts';
import type { AccountDialect, CcxtMarket, Dialect, VenueMarket, VenueMarkets } from './dialect.ts';
import { dialectOf } from './dialects.ts';
import type { CcxtClient, CcxtExchangeId } from './load-exchange.ts';
import { PublicFacts } from './public-facts.ts';
import { RateBudget } from './rate-budget.ts';
import type { BudgetSpec } from './rate-budget.ts';
import { RestClient } from './rest-client.ts';
import { VenueClock } from './venue-clock.ts';

/** For a whole answer, ms; also the longest an order is waited for. */
const DEADLINE_MS = 5_000;
/** For the list of all markets. */
const MARKETS_DEADLINE_MS = 30_000;

export interface CcxtExchangeOptions {
  readonly exchangeId: CcxtExchangeId;
  readonly connection: Connection;
  /** By account name; empty for public data only. */
  readonly credentials: ReadonlyMap<string, Credentials>;
  /** Sign the questions about public facts that some exchanges answer only then; nothing is traded with them. */
  readonly factsCredentials?: Credentials;
  readonly symbols: readonly string[];
  readonly log: Log;
  readonly deadlineMs?: number;
  /** Default: what the exchange allows one address; less where others share it. */
  readonly budget?: BudgetSpec;
}

/** Rejects with EXCHANGE_UNAVAILABLE when the exchange does not answer, INPUT_INVALID when a credential is missing or a symbol does not exist. */
export async function openCcxtExchange(options: CcxtExchangeOptions): Promise<CcxtExchange> {
  const { exchangeId, credentials, symbols, log, connection, deadlineMs = DEADLINE_MS } = options;
  const dialect = dialectOf(exchangeId);
  checkCredentials(exchangeId, dialect, credentials);
  const create = (flavour: 'rest' | 'pro', keys: Credentials | null): Promise<CcxtClient> =>
    createClient({ exchangeId, flavour, dialect, connection, credentials: keys, timeoutMs: flavour === 'pro' ? MARKETS_DEADLINE_MS : deadlineMs });
  const budget = new RateBudget(options.budget ?? dialect.budget);
  const stamping: CcxtClient[] = [];
  const callerOf = (read: CcxtClient, write: CcxtClient): AccountCaller => {
    const wire = (client: CcxtClient): RestClient => new RestClient({ client, budget, deadlineMs, usedWeight: (answer) => dialect.usedWeight?.(answer) ?? null });
    return new AccountCaller({ exchangeId, dialect, read: wire(read), write: wire(write), budget, onClockRefusal: () => clock.remeasure() });
  };

  const publicStream = await create('pro', null);
  const listed = await loadMarkets(exchangeId, dialect, publicStream, symbols);
  const fees = new Map<string, Fees>();
  const markets = withFees(listed, fees);
  const publicClient = await create('rest', null);
  shareMarkets(publicStream, publicClient);
  const signed = options.factsCredentials === undefined ? null : await create('rest', options.factsCredentials);
  if (signed !== null) shareMarkets(publicStream, signed);
  const facts = new PublicFacts({ exchangeId, client: publicStream, signed, deadlineMs });
  const publicDialect = dialect.openPublic({ reader: callerOf(publicClient, publicClient), markets, stream: publicStream, now: () => clock.now() });
  const clock = new VenueClock(() => publicDialect.fetchTime(), stamping);
  const currency = markets.bySymbol(symbols[0] ?? '')?.quote ?? 'USDT';
  const accounts: OpenAccount[] = [];
  for (const [account, keys] of credentials) {
    const [stream, read, write] = [await create('pro', keys), await create('rest', keys), await create('rest', keys)];
    for (const client of [stream, read, write]) shareMarkets(publicStream, client);
    stamping.push(stream, read, write);
    accounts.push({ account, stream, dialect: dialect.openAccount({ account, currency, symbols, caller: callerOf(read, write), markets, stream, signer: write, now: () => clock.now(), spacingMs: readSpacing(dialect, symbols.length) }) });
  }
  if (signed !== null) stamping.push(signed);
  await clock.start();
  for (const symbol of symbols) for (const { account, dialect: own } of accounts) await learnFees(fees, own, marketOf(listed, symbol), account, log);
  return new CcxtExchange({ dialect, markets, publicDialect, publicStream, facts, accounts, symbols, clock, log });
}

/** The table of what an exchange can do, without opening it. */
export function capabilitiesOf(exchangeId: CcxtExchangeId): ExchangeCapabilities {
  return dialectOf(exchangeId).capabilities;
}

function checkCredentials(exchangeId: string, { credentials: needed }: Dialect, given: ReadonlyMap<string, Credentials>): void {
  for (const [account, keys] of given) {
    const missing = needed.filter((name) => (keys[name] ?? '') === '');
    if (missing.length > 0) throw new HedgerowError('INPUT_INVALID', `account ${account} lacks ${missing.join(' and ')}, which ${exchangeId} needs`);
  }
}

type Fees = Pick<Instrument, 'takerFee' | 'makerFee'>;

/** The listed fees are those of nobody in particular: where accounts trade, theirs count. */
function withFees({ bySymbol, byId }: VenueMarkets, fees: ReadonlyMap<string, Fees>): VenueMarkets {
  const own = (market: VenueMarket | null): VenueMarket | null => {
    const known = market === null ? undefined : fees.get(market.symbol);
    return market === null || known === undefined ? market : { ...market, instrument: { ...market.instrument, ...known } };
  };
  return { bySymbol: (symbol) => own(bySymbol(symbol)), byId: (id) => own(byId(id)) };
}

/** One instrument stands for all accounts: what is reckoned with is never less than what is paid. Who does not tell pays what is listed. */
async function learnFees(fees: Map<string, Fees>, dialect: AccountDialect, market: VenueMarket, account: string, log: Log): Promise<void> {
  const { symbol, instrument } = market;
  const known = fees.get(symbol);
  const own = await dialect.fetchFees(market).catch((error: unknown) => {
    if (!(error instanceof HedgerowError) || error.code !== 'EXCHANGE_UNAVAILABLE') throw error;
    log.warn({ account, symbol, reason: error.message }, 'the fees of an account are not known; those listed for everybody are reckoned with');
    return instrument;
  });
  const higher = (a: string, b: string): string => plain(maxOf(dec(a), dec(b)));
  fees.set(symbol, { takerFee: higher(own.takerFee, known?.takerFee ?? own.takerFee), makerFee: higher(own.makerFee, known?.makerFee ?? own.makerFee) });
}

function marketOf(markets: VenueMarkets, symbol: string): VenueMarket {
  const market = markets.bySymbol(symbol);
  if (market === null) throw new HedgerowError('INPUT_INVALID', `there is no linear swap ${symbol}`);
  return market;
}

interface MarketHolder {
  handleErrors: (status: number, reason: string, url: string, method: string, headers: unknown, body: string, json: unknown, ...request: unknown[]) => unknown;
  loadMarkets(reload: boolean): Promise<Record<string, CcxtMarket>>;
  markets: Record<string, CcxtMarket>;
  currencies: unknown;
  setMarkets(markets: unknown, currencies: unknown): unknown;
  marketsLoading: Promise<unknown>;
}

/** Asked anew each time: ccxt remembers a failure for ever otherwise. */
async function loadMarkets(exchangeId: string, dialect: Dialect, client: CcxtClient, symbols: readonly string[]): Promise<VenueMarkets> {
  const holder = client as unknown as MarketHolder;
  refuseJunk(holder);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${MARKETS_DEADLINE_MS} ms`)), MARKETS_DEADLINE_MS);
  });
  let all: Record<string, CcxtMarket>;
  try {
    all = await Promise.race([holder.loadMarkets(true), late]);
  } catch (error) {
    throw new HedgerowError('EXCHANGE_UNAVAILABLE', `${exchangeId} does not tell its markets: ${error instanceof Error ? error.name : 'unknown failure'}`);
  } finally {
    clearTimeout(timer);
  }
  const known = Object.values(all).flatMap((market) => (market.swap && market.linear === true ? (dialect.marketOf(market) ?? []) : []));
  // Junk with 200 reads as an exchange without markets.
  if (known.length === 0) throw new HedgerowError('EXCHANGE_UNAVAILABLE', `${exchangeId} does not tell its markets: the answer holds none`);
  const bySymbol = new Map(known.map((market) => [market.symbol, market]));
  const byId = new Map(known.map((market) => [market.id, market]));
  for (const symbol of symbols) if (!bySymbol.has(symbol)) throw new HedgerowError('INPUT_INVALID', `${exchangeId} has no linear swap ${symbol}${nearest(symbol, known)}`);
  return { bySymbol: (symbol) => bySymbol.get(symbol) ?? null, byId: (id) => byId.get(id) ?? null };
}

/** ccxt takes a page of a proxy or an empty body that comes with status 200 for a list without markets. */
function refuseJunk(holder: MarketHolder): void {
  const handleErrors = holder.handleErrors.bind(holder);
  holder.handleErrors = (status, reason, url, method, headers, body, json, ...request) => {
    if (status === 200 && json === undefined) throw new SyntaxError('no JSON');
    return handleErrors(status, reason, url, method, headers, body, json, ...request);
  };
}

/** The same base with another quote, where there is one. */
function nearest(symbol: string, markets: readonly VenueMarket[]): string {
  const [base = ''] = symbol.split('/');
  const others = markets.filter((market) => market.symbol.startsWith(`${base}/`)).map((market) => market.symbol);
  return others.length === 0 ? '' : `; it has ${others.slice(0, 3).join(', ')}`;
}

function shareMarkets(from: CcxtClient, to: CcxtClient): void {
  const source = from as unknown as MarketHolder;
  const target = to as unknown as MarketHolder;
  target.setMarkets(Object.values(source.markets), source.currencies);
  target.marketsLoading = Promise.resolve(target.markets);
}
