/**
 * OKX USDT- and USDC-margined swaps (API v5): what it can do, what its answers mean, its markets. Amounts are contracts there. Conditional
 * orders live in a namespace of their own ("algo orders"); one that has fired continues as one or more regular orders.
 *
 * Conditional orders are stop-loss orders (`conditional` with slTriggerPx), never `trigger` orders: a trigger order fires when its price is
 * crossed from either side, may be shrunk to the balance at hand, and cannot be reduce-only. Margin is always cross: OKX has no margin mode
 * of a symbol, every order names one.
 */
import { dec, plain } from '../../../domain/decimal.ts';
import type { Json } from '../../../domain/json.ts';
import { baseAmountOf } from '../contract-amounts.ts';
import type { CcxtMarket, Dialect, Verdict, VenueMarket } from '../dialect.ts';
import { optionalText, rowOf, rowOrNull } from '../fields.ts';
import type { Row } from '../fields.ts';
import type { Answer } from '../rest-client.ts';
import { OkxAccount } from './okx-account.ts';
import { OkxPublic } from './okx-public.ts';
import { OKX_REFUSALS } from './refusals.ts';

/** Signed requests are refused when their stamp is more than 30 s off (50102). */
const STAMP_WINDOW_MS = 30_000;
/** Stamps may be off by this much of the exchange's clock; what is in its queue is not looked at again. */
const DEADLINE_MARGIN_MS = 5_000;

export const okx: Dialect = {
  capabilities: {
    exchangeId: 'okx',
    amendsConditional: false,
    reduceOnlyInHedgeMode: false,
    maxConditionalPerSymbol: 100,
    triggerSources: ['last', 'mark', 'index'],
    requestDeadlineMs: STAMP_WINDOW_MS + DEADLINE_MARGIN_MS,
    hasLosslessEvents: false,
    readLagMs: 2_000,
    clientOrderIdForm: 'alphanumeric',
    positionModes: ['hedge', 'one-way'],
  },
  // The strictest limit of what is used is 5 requests per 2 s; a weight is 20 over the endpoint's own limit.
  budget: { capacity: 20, windowMs: 2_000 },
  readWeights: { perAccount: 20, perSymbol: 4 },
  credentials: ['apiKey', 'secret', 'password'],
  config: {
    has: { fetchCurrencies: false },
    options: { adjustForTimeDifference: false, fetchMarkets: { types: ['swap'] } },
  },
  judge,
  marketOf,
  openPublic: (parts) => new OkxPublic(parts),
  openAccount: (parts) => new OkxAccount(parts),
};

/** Requests that change something answer per row: `code` is then 1 when the only row failed, and the row tells why. */
function judge({ status, json, retryAfterMs }: Answer): Verdict {
  const body = rowOrNull(json);
  const { code, message } = body === null ? { code: null, message: '' } : wordOf(body);
  const said = code === null ? `HTTP ${status}` : `${code} ${message}`.trim();
  if (code === '0' && status === 200 && json !== undefined) return { type: 'ok', json };
  const refusal = code === null ? (status === 429 ? 'RATE_LIMITED' : undefined) : OKX_REFUSALS[code];
  // A 5xx is the gateway's word, not the engine's.
  if (refusal === undefined || status >= 500) return { type: 'unknown', message: said };
  return { type: 'refused', code: refusal, message: said, ...(retryAfterMs === null ? {} : { retryAfterMs }) };
}

function wordOf(body: Row): { readonly code: string | null; readonly message: string } {
  const rows = body['data'];
  const [first] = Array.isArray(rows) ? (rows as readonly Json[]) : [];
  const row = rowOrNull(first);
  const own = row === null ? null : optionalText(row, 'sCode');
  if (row !== null && own !== null && own !== '0') return { code: own, message: optionalText(row, 'sMsg') ?? '' };
  return { code: optionalText(body, 'code'), message: optionalText(body, 'msg') ?? '' };
}

/** Null also for contracts whose value is not counted in their base coin. */
function marketOf(market: CcxtMarket): VenueMarket | null {
  const info = rowOf(market.info);
  const { precision, limits, contractSize } = market;
  const minContracts = limits.amount?.min;
  const isInBase = info['ctType'] === 'linear' && info['ctValCcy'] === market.baseId;
  if (!isInBase || contractSize === undefined || precision.price === undefined || precision.amount === undefined || minContracts === undefined) return null;
  const size = { contractSize: plain(dec(String(contractSize)).times(optionalText(info, 'ctMult') ?? '1')) };
  const maxContracts = optionalText(info, 'maxMktSz');
  return {
    ...size,
    symbol: market.symbol,
    id: market.id,
    quote: market.settle,
    instrument: {
      symbol: market.symbol,
      tickSize: plain(dec(precision.price)),
      amountStep: baseAmountOf(size, precision.amount),
      minAmount: baseAmountOf(size, minContracts),
      minCost: '0',
      takerFee: plain(dec(String(market.taker ?? '0.0005'))),
      makerFee: plain(dec(String(market.maker ?? '0.0002'))),
    },
    isActive: info['state'] === 'live',
    maxMarketAmount: maxContracts === null ? null : baseAmountOf(size, maxContracts),
    maxLeverage: limits.leverage?.max === undefined ? null : plain(dec(String(limits.leverage.max))),
    info: market.info,
  };
}
