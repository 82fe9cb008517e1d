/**
 * Binance USDⓈ-M futures: what it can do, what its answers mean, its markets. Conditional orders live at endpoints and in a namespace of
 * their own ("algo orders", since 2025-12-09); one that has fired continues as a regular order with an id of its own.
 */
import type { Json } from '../../../domain/json.ts';
import { plain, dec } from '../../../domain/decimal.ts';
import type { Answer } from '../rest-client.ts';
import type { CcxtMarket, Dialect, Verdict, VenueMarket } from '../dialect.ts';
import { optionalText, rowOf, rowOrNull } from '../fields.ts';
import { BinanceAccount } from './binance-account.ts';
import { BinancePublic } from './binance-public.ts';
import { BINANCE_REFUSALS } from './refusals.ts';

/** Requests older than this are refused by the exchange, ms. */
const RECEIVE_WINDOW_MS = 5_000;
/** Request stamps may be off by this much of the exchange's clock; what is in its queue is not looked at again. */
const DEADLINE_MARGIN_MS = 5_000;

export const binanceUsdm: Dialect = {
  capabilities: {
    exchangeId: 'binanceusdm',
    amendsConditional: false,
    reduceOnlyInHedgeMode: false,
    maxConditionalPerSymbol: null,
    maxConditionalPerAccount: 200,
    triggerSources: ['last', 'mark'],
    requestDeadlineMs: RECEIVE_WINDOW_MS + DEADLINE_MARGIN_MS,
    hasLosslessEvents: false,
    readLagMs: 1_000,
    clientOrderIdForm: 'alphanumeric',
    positionModes: ['hedge', 'one-way'],
  },
  budget: { capacity: 2_400, windowMs: 60_000 },
  readWeights: { perAccount: 110, perSymbol: 7 },
  hintedEventsMs: 60_000,
  credentials: ['apiKey', 'secret'],
  config: {
    options: {
      recvWindow: RECEIVE_WINDOW_MS,
      adjustForTimeDifference: false,
      fetchCurrencies: false,
      fetchMarkets: { types: ['linear'] },
      watchPositions: { fetchPositionsSnapshot: false },
      watchBalance: { fetchBalanceSnapshot: false },
    },
  },
  judge,
  usedWeight: ({ headers }) => {
    const used = Number(headers['x-mbx-used-weight-1m'] ?? NaN);
    return Number.isFinite(used) ? used : null;
  },
  marketOf,
  openPublic: (parts) => new BinancePublic(parts),
  openAccount: (parts) => new BinanceAccount(parts),
};

function judge({ status, json, retryAfterMs }: Answer): Verdict {
  const body = rowOrNull(json);
  const code = body === null ? null : optionalText(body, 'code');
  const said = `${code ?? `HTTP ${status}`}${body === null ? '' : ` ${optionalText(body, 'msg') ?? ''}`}`;
  if (status === 429 || status === 418) return { type: 'refused', code: 'RATE_LIMITED', message: said, ...(retryAfterMs === null ? {} : { retryAfterMs }) };
  if (status === 200 && json !== undefined && (code === null || !code.startsWith('-'))) return { type: 'ok', json };
  const refusal = code === null ? undefined : BINANCE_REFUSALS[code];
  // A 5xx is the gateway's word, not the engine's, except that it says itself that it was too busy.
  if (refusal === undefined || (status >= 500 && code !== '-1008')) return { type: 'unknown', message: said };
  return { type: 'refused', code: refusal, message: said };
}

function marketOf(market: CcxtMarket): VenueMarket | null {
  const info = rowOf(market.info);
  const { precision, limits } = market;
  if (precision.price === undefined || precision.amount === undefined || info['contractType'] === undefined || !String(info['contractType']).endsWith('PERPETUAL')) return null;
  return {
    symbol: market.symbol,
    id: market.id,
    quote: market.settle,
    instrument: {
      symbol: market.symbol,
      tickSize: text(precision.price),
      amountStep: text(precision.amount),
      minAmount: text(limits.amount?.min ?? precision.amount),
      minCost: text(limits.cost?.min ?? '0'),
      takerFee: text(String(market.taker ?? '0.0005')),
      makerFee: text(String(market.maker ?? '0.0002')),
    },
    contractSize: '1',
    isActive: info['status'] === 'TRADING',
    maxMarketAmount: limits.market?.max === undefined ? null : text(limits.market.max),
    maxLeverage: null,
    info: market.info as Json,
  };
}

function text(value: string): string {
  return plain(dec(value));
}
