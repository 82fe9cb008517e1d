/**
 * Hyperliquid's perpetuals: what they can do, what answers mean, their markets. Accounts are addresses; a key (best an agent's) signs for
 * its account or, naming a vault address, for a sub-account. One-way positions, triggers by mark price only. ccxt would on its own approve
 * a builder fee, set a referrer and attach a builder to every order: its ways to do so are closed here.
 */
import { D, plain } from '../../../domain/decimal.ts';
import type { Json } from '../../../domain/json.ts';
import type { CcxtMarket, Dialect, Verdict, VenueMarket } from '../dialect.ts';
import { optionalText, rowOf, rowOrNull, textOf } from '../fields.ts';
import type { CcxtClient } from '../load-exchange.ts';
import type { Answer } from '../rest-client.ts';
import { HyperliquidAccount } from './hyperliquid-account.ts';
import { HyperliquidPublic } from './hyperliquid-public.ts';
import { EXPIRES_AFTER_MS } from './l1-sender.ts';
import { ADDRESS_PAUSE_MS, UNDESERIALISABLE, refusalOf } from './refusals.ts';

/** Prices: at most this many significant figures, whole numbers always, and this many decimals less those of the size. */
const SIGNIFICANT_FIGURES = 5;
const PRICE_DECIMALS = 6;
const MIN_COST = '10';
/** Until the account's own are read: those of an account without volume. */
const TAKER_FEE = '0.00045';
const MAKER_FEE = '0.00015';
/** Blocks take a second, and clocks are known to a round trip. */
const DEADLINE_MARGIN_MS = 3_000;

export const hyperliquid: Dialect = {
  capabilities: {
    exchangeId: 'hyperliquid',
    // Modifying gives an order another number and cancels the old one: there is nothing to prove which of them a fill belongs to.
    amendsConditional: false,
    reduceOnlyInHedgeMode: false,
    maxConditionalPerSymbol: null,
    // From a thousand open orders on, triggers and reduce-only orders are refused.
    maxConditionalPerAccount: 1_000,
    triggerSources: ['mark'],
    requestDeadlineMs: EXPIRES_AFTER_MS + DEADLINE_MARGIN_MS,
    hasLosslessEvents: false,
    readLagMs: 1_000,
    clientOrderIdForm: 'hex128',
    positionModes: ['one-way'],
  },
  budget: { capacity: 1_200, windowMs: 60_000 },
  readWeights: { perAccount: 32, perSymbol: 40 },
  hintedEventsMs: 60_000,
  credentials: ['walletAddress', 'privateKey'],
  config: { options: { builderFee: false, fetchMarkets: { types: ['swap'] } } },
  prepare,
  judge,
  marketOf,
  openPublic: (parts) => new HyperliquidPublic(parts),
  openAccount: (parts) => new HyperliquidAccount(parts),
};

/** What of ccxt's client would sign a fee or a referral. */
interface FeeSigning {
  initializeClient: () => Promise<boolean>;
  approveBuilderFee: () => Promise<never>;
  setRef: () => Promise<never>;
}

function prepare(client: CcxtClient): void {
  const signing = client as unknown as FeeSigning;
  signing.initializeClient = () => Promise.resolve(true);
  signing.approveBuilderFee = () => Promise.reject(new Error('hedgerow approves no builder fee'));
  signing.setRef = () => Promise.reject(new Error('hedgerow sets no referrer'));
}

function judge({ status, json: parsed, text, retryAfterMs }: Answer): Verdict {
  const json = parsed ?? textIn(text);
  if (status === 429) return { type: 'refused', code: 'RATE_LIMITED', message: 'HTTP 429', ...(retryAfterMs === null ? {} : { retryAfterMs }) };
  if (status === 422 && text === UNDESERIALISABLE) return { type: 'refused', code: 'BAD_REQUEST', message: text };
  if (status !== 200 || json === undefined) return { type: 'unknown', message: `HTTP ${status}` };
  const failure = failureIn(json);
  if (failure === null) return { type: 'ok', json };
  const code = refusalOf(failure);
  if (code === null) return { type: 'unknown', message: failure };
  return { type: 'refused', code, message: failure, ...(code === 'RATE_LIMITED' ? { retryAfterMs: ADDRESS_PAUSE_MS } : {}) };
}

/** ccxt reads objects and lists only; some answers are a text. */
function textIn(body: string): string | undefined {
  const [, text] = /^\s*"([\w ]*)"\s*$/.exec(body) ?? [];
  return text;
}

/** An action as a whole, or its only row. */
function failureIn(json: Json): string | null {
  const body = rowOrNull(json);
  if (body === null) return null;
  if (body['status'] === 'err') return optionalText(body, 'response') ?? 'err';
  const data = body['status'] === 'ok' ? rowOf(body['response'])['data'] : undefined;
  const statuses = data === undefined ? undefined : rowOf(data)['statuses'];
  const row = rowOrNull(Array.isArray(statuses) ? (statuses as readonly Json[])[0] : undefined);
  return row === null ? null : optionalText(row, 'error');
}

function marketOf(market: CcxtMarket): VenueMarket | null {
  const info = rowOf(market.info);
  const szDecimals = Number(textOf(info, 'szDecimals'));
  if (!Number.isInteger(szDecimals) || szDecimals < 0 || szDecimals > PRICE_DECIMALS) return null;
  const amountStep = plain(new D(10).pow(-szDecimals));
  return {
    symbol: market.symbol,
    id: textOf(info, 'name'),
    quote: market.settle,
    instrument: {
      symbol: market.symbol,
      tickSize: plain(new D(10).pow(szDecimals - PRICE_DECIMALS)),
      significantFigures: SIGNIFICANT_FIGURES,
      amountStep,
      minAmount: amountStep,
      minCost: MIN_COST,
      takerFee: TAKER_FEE,
      makerFee: MAKER_FEE,
    },
    contractSize: '1',
    isActive: info['isDelisted'] !== true,
    maxMarketAmount: null,
    maxLeverage: optionalText(info, 'maxLeverage'),
    info: market.info,
  };
}
