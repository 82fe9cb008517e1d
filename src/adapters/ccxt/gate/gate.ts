/**
 * Gate USDT-margined perpetual futures (API v4): what it can do, what its answers mean, its markets. Amounts are whole contracts there,
 * negative to sell. Conditional orders ("price orders") live in a namespace of their own, and take no id of ours: their text is documented
 * as their source. It is sent and looked for all the same, in lists; that it can be relied on is not known (see exchange-rules.ts).
 */
import { dec, plain } from '../../../domain/decimal.ts';
import { baseAmountOf } from '../contract-amounts.ts';
import type { CcxtMarket, Dialect, Verdict, VenueMarket } from '../dialect.ts';
import { nonZeroDecimal, optionalText, rowOf, rowOrNull } from '../fields.ts';
import type { CcxtClient } from '../load-exchange.ts';
import type { Answer } from '../rest-client.ts';
import { GateAccount } from './gate-account.ts';
import { GatePublic } from './gate-public.ts';
import { GATE_REFUSALS } from './refusals.ts';

/** Signed requests are refused when their stamp is more than 60 s off (REQUEST_EXPIRED). */
const STAMP_WINDOW_MS = 60_000;
/** Stamps may be off by this much of the exchange's clock; what is in its queue is not looked at again. */
const DEADLINE_MARGIN_MS = 5_000;
/** Names ccxt to the exchange; it is no part of what is signed. */
const CHANNEL_HEADER = 'X-Gate-Channel-Id';

export const gate: Dialect = {
  capabilities: {
    exchangeId: 'gate',
    amendsConditional: false,
    reduceOnlyInHedgeMode: false,
    maxConditionalPerSymbol: null,
    triggerSources: ['last', 'mark', 'index'],
    requestDeadlineMs: STAMP_WINDOW_MS + DEADLINE_MARGIN_MS,
    hasLosslessEvents: false,
    readLagMs: 2_000,
    clientOrderIdForm: 'alphanumeric',
    positionModes: ['hedge', 'one-way'],
  },
  // 200 requests per 10 s and endpoint; orders have more.
  budget: { capacity: 200, windowMs: 10_000 },
  readWeights: { perAccount: 7, perSymbol: 2 },
  credentials: ['apiKey', 'secret'],
  config: {
    has: { fetchCurrencies: false },
    options: { adjustForTimeDifference: false, unifiedAccount: false, fetchMarkets: { types: ['swap'] }, swap: { fetchMarkets: { settlementCurrencies: ['usdt'] } } },
  },
  prepare: (client) => {
    delete (client as CcxtClient & { headers: Record<string, string> }).headers[CHANNEL_HEADER];
  },
  judge,
  marketOf,
  openPublic: (parts) => new GatePublic(parts),
  openAccount: (parts) => new GateAccount(parts),
};

function judge({ status, json, retryAfterMs }: Answer): Verdict {
  const body = rowOrNull(json);
  const label = body === null ? null : optionalText(body, 'label');
  const said = label === null ? `HTTP ${status}` : `${label} ${(body === null ? null : (optionalText(body, 'message') ?? optionalText(body, 'detail'))) ?? ''}`.trim();
  if (label === null && (status === 200 || status === 201) && json !== undefined) return { type: 'ok', json };
  const refusal = status === 429 ? 'RATE_LIMITED' : label === null ? undefined : GATE_REFUSALS[label];
  // A 5xx is the gateway's word, not the engine's.
  if (refusal === undefined || status >= 500) return { type: 'unknown', message: said };
  return { type: 'refused', code: refusal, message: said, ...(retryAfterMs === null ? {} : { retryAfterMs }) };
}

/** Null also for contracts that take fractions of one: their sizes are told in another form. */
function marketOf(market: CcxtMarket): VenueMarket | null {
  const info = rowOf(market.info);
  const { precision, limits, contractSize } = market;
  if (info['type'] !== 'direct' || info['enable_decimal'] === true || contractSize === undefined || precision.price === undefined || precision.amount === undefined) return null;
  const size = { contractSize: plain(dec(String(contractSize))) };
  const most = nonZeroDecimal(info, 'market_order_size_max') ?? limits.amount?.max;
  return {
    ...size,
    symbol: market.symbol,
    id: market.id,
    quote: market.settle,
    instrument: {
      symbol: market.symbol,
      tickSize: plain(dec(precision.price)),
      amountStep: baseAmountOf(size, precision.amount),
      minAmount: baseAmountOf(size, limits.amount?.min ?? precision.amount),
      minCost: '0',
      takerFee: plain(dec(String(market.taker ?? '0.0005'))),
      makerFee: plain(dec(String(market.maker ?? '0.0002'))),
    },
    isActive: market.active === true && info['in_delisting'] !== true,
    maxMarketAmount: most === undefined ? null : baseAmountOf(size, most),
    maxLeverage: limits.leverage?.max === undefined ? null : plain(dec(String(limits.leverage.max))),
    info: market.info,
  };
}
