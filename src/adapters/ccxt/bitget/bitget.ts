/**
 * Bitget USDT- and USDC-margined futures of a classic account (API v2): what it can do, what its answers mean, its markets. Amounts are base
 * coins. Conditional orders ("plan orders") live in a namespace of their own; one that has fired continues as a regular order.
 *
 * What closes is a stop-loss order, which the exchange refuses when its price is passed already; what opens can only be a trigger order, of
 * whose direction its documents say nothing (see exchange-rules.ts). A product type is one currency of margin; an account here trades one.
 */
import { dec, plain } from '../../../domain/decimal.ts';
import type { CcxtMarket, Dialect, Verdict, VenueMarket } from '../dialect.ts';
import { optionalText, rowOf, rowOrNull } from '../fields.ts';
import type { CcxtClient } from '../load-exchange.ts';
import type { Answer } from '../rest-client.ts';
import { BitgetAccount } from './bitget-account.ts';
import { BitgetPublic } from './bitget-public.ts';
import { BITGET_REFUSALS } from './refusals.ts';

/** Signed requests are refused when their stamp is more than 30 s off (40008). */
const STAMP_WINDOW_MS = 30_000;
/** Stamps may be off by this much of the exchange's clock; what is in its queue is not looked at again. */
const DEADLINE_MARGIN_MS = 5_000;

export const bitget: Dialect = {
  capabilities: {
    exchangeId: 'bitget',
    amendsConditional: false,
    reduceOnlyInHedgeMode: false,
    maxConditionalPerSymbol: null,
    triggerSources: ['last', 'mark'],
    requestDeadlineMs: STAMP_WINDOW_MS + DEADLINE_MARGIN_MS,
    hasLosslessEvents: false,
    readLagMs: 2_000,
    clientOrderIdForm: 'alphanumeric',
    positionModes: ['hedge', 'one-way'],
  },
  // Most endpoints take 10 requests per second; those that take 5 weigh two.
  budget: { capacity: 10, windowMs: 1_000 },
  readWeights: { perAccount: 12, perSymbol: 3 },
  credentials: ['apiKey', 'secret', 'password'],
  config: {
    has: { fetchCurrencies: false },
    options: { adjustForTimeDifference: false, fetchMarkets: { types: ['swap'] } },
  },
  prepare: withoutChannelCode,
  judge,
  marketOf,
  openPublic: (parts) => new BitgetPublic(parts),
  openAccount: (parts) => new BitgetAccount(parts),
};

interface Signing {
  sign: (...request: unknown[]) => { headers?: Record<string, string | undefined> };
}

/** ccxt names itself as the channel a customer came through; it is no part of what is signed. */
function withoutChannelCode(client: CcxtClient): void {
  const signing = client as unknown as Signing;
  const sign = signing.sign.bind(client);
  signing.sign = (...request) => {
    const signed = sign(...request);
    if (signed.headers !== undefined) delete signed.headers['X-CHANNEL-API-CODE'];
    return signed;
  };
}

function judge({ status, json, retryAfterMs }: Answer): Verdict {
  const body = rowOrNull(json);
  const code = body === null ? null : optionalText(body, 'code');
  const said = code === null ? `HTTP ${status}` : `${code} ${(body === null ? null : optionalText(body, 'msg')) ?? ''}`.trim();
  if (code === '00000' && status === 200 && json !== undefined) return { type: 'ok', json };
  const refusal = status === 429 ? 'RATE_LIMITED' : code === null ? undefined : BITGET_REFUSALS[code];
  // A 5xx is the gateway's word, not the engine's.
  if (refusal === undefined || status >= 500) return { type: 'unknown', message: said };
  return { type: 'refused', code: refusal, message: said, ...(retryAfterMs === null ? {} : { retryAfterMs }) };
}

function marketOf(market: CcxtMarket): VenueMarket | null {
  const info = rowOf(market.info);
  const { precision, limits } = market;
  if (info['symbolType'] !== 'perpetual' || !['USDT', 'USDC'].includes(market.settle) || precision.price === undefined || precision.amount === undefined) return null;
  const maxMarketAmount = optionalText(info, 'maxMarketOrderQty');
  return {
    symbol: market.symbol,
    id: market.id,
    quote: market.settle,
    instrument: {
      symbol: market.symbol,
      tickSize: plain(dec(precision.price)),
      amountStep: plain(dec(precision.amount)),
      minAmount: plain(dec(limits.amount?.min ?? precision.amount)),
      minCost: plain(dec(optionalText(info, 'minTradeUSDT') ?? '0')),
      takerFee: plain(dec(String(market.taker ?? '0.0006'))),
      makerFee: plain(dec(String(market.maker ?? '0.0002'))),
    },
    contractSize: '1',
    isActive: info['symbolStatus'] === 'normal',
    maxMarketAmount: maxMarketAmount === null ? null : plain(dec(maxMarketAmount)),
    maxLeverage: limits.leverage?.max === undefined ? null : plain(dec(String(limits.leverage.max))),
    info: market.info,
  };
}
