/**
 * Bybit v5, linear perpetuals of a unified trading account: what it can do, what its answers mean, its markets. Answers come with HTTP 200
 * and say in `retCode` what happened.
 */
import { dec, plain } from '../../../domain/decimal.ts';
import type { Json } from '../../../domain/json.ts';
import type { CcxtMarket, Dialect, Verdict, VenueMarket } from '../dialect.ts';
import { optionalText, rowOf, rowOrNull } from '../fields.ts';
import type { Answer } from '../rest-client.ts';
import { BybitAccount } from './bybit-account.ts';
import { BybitPublic } from './bybit-public.ts';
import { refusalOf } from './refusals.ts';

/** Requests older than this are refused by the exchange, ms. */
const RECEIVE_WINDOW_MS = 5_000;
/** Request stamps may be off by this much of the exchange's clock; what is in its queue is not looked at again. */
const DEADLINE_MARGIN_MS = 5_000;
/** The engine of a market never takes what was refused at the door for its rate; asked again after this where no time is given, ms. */
const RATE_PAUSE_MS = 1_000;
/** An address that was shut out is let in again after ten minutes. */
const ADDRESS_BAN_MS = 600_000;

/** Of accounts without a VIP level; the markets list none, and ccxt's are out of date. Source: bybit.com, trading fee structure. */
const LISTED_FEES = { takerFee: '0.00055', makerFee: '0.0002' } as const;

export const bybit: Dialect = {
  capabilities: {
    exchangeId: 'bybit',
    amendsConditional: true,
    reduceOnlyInHedgeMode: true,
    maxConditionalPerSymbol: 10,
    triggerSources: ['last', 'mark', 'index'],
    requestDeadlineMs: RECEIVE_WINDOW_MS + DEADLINE_MARGIN_MS,
    hasLosslessEvents: false,
    readLagMs: 1_000,
    clientOrderIdForm: 'alphanumeric',
    positionModes: ['hedge', 'one-way'],
  },
  // Fifty requests a second, far below the 600 in five seconds of an address; EndpointPace keeps the ten writes of each account and endpoint.
  budget: { capacity: 10, windowMs: 1_000 },
  readWeights: { perAccount: 1.6, perSymbol: 0.6 },
  credentials: ['apiKey', 'secret'],
  config: {
    options: {
      recvWindow: RECEIVE_WINDOW_MS,
      adjustForTimeDifference: false,
      fetchMarkets: { types: ['linear'] },
      defaultType: 'swap',
      // Known from doctor; ccxt would ask before its first private call.
      enableUnifiedMargin: false,
      enableUnifiedAccount: true,
      unifiedMarginStatus: 6,
      // ccxt names itself as the broker of every order otherwise.
      brokerId: 'hedgerow',
    },
  },
  judge,
  marketOf,
  openPublic: (parts) => new BybitPublic(parts),
  openAccount: (parts) => new BybitAccount(parts),
};

function judge(answer: Answer): Verdict {
  const { status, json, text } = answer;
  const body = rowOrNull(json);
  const code = body === null ? null : optionalText(body, 'retCode');
  const message = body === null ? '' : (optionalText(body, 'retMsg') ?? '');
  const said = `${code ?? `HTTP ${status}`} ${message}`.trim();
  if (status === 429) return { type: 'refused', code: 'RATE_LIMITED', message: said, retryAfterMs: answer.retryAfterMs ?? RATE_PAUSE_MS };
  if (status === 403 && text.includes('access too frequent')) return { type: 'refused', code: 'RATE_LIMITED', message: said, retryAfterMs: ADDRESS_BAN_MS };
  if (status !== 200 || code === null || json === undefined) return { type: 'unknown', message: said };
  if (code === '0') return { type: 'ok', json };
  const refusal = refusalOf(code, message);
  if (refusal === undefined) return { type: 'unknown', message: said };
  return { type: 'refused', code: refusal, message: said, ...(refusal === 'RATE_LIMITED' && { retryAfterMs: pauseOf(answer, body) }) };
}

/** Until the limit of the endpoint is reset, by the exchange's own clock. */
function pauseOf({ headers }: Answer, body: ReturnType<typeof rowOf> | null): number {
  const resetAt = Number(headers['x-bapi-limit-reset-timestamp'] ?? NaN);
  const saidAt = Number(body?.['time'] ?? NaN);
  const pause = resetAt - saidAt;
  return Number.isFinite(pause) && pause > 0 ? pause : RATE_PAUSE_MS;
}

function marketOf(market: CcxtMarket): VenueMarket | null {
  const info = rowOf(market.info);
  const { precision, limits } = market;
  if (precision.price === undefined || precision.amount === undefined || info['contractType'] !== 'LinearPerpetual') return null;
  const lots = rowOf(info['lotSizeFilter'], 'lot sizes');
  const maxMarketAmount = optionalText(lots, 'maxMktOrderQty');
  return {
    symbol: market.symbol,
    id: market.id,
    quote: market.settle,
    instrument: {
      symbol: market.symbol,
      tickSize: exact(precision.price),
      amountStep: exact(precision.amount),
      minAmount: exact(limits.amount?.min ?? precision.amount),
      minCost: exact(limits.cost?.min ?? '0'),
      ...LISTED_FEES,
    },
    contractSize: '1',
    isActive: info['status'] === 'Trading',
    maxMarketAmount: maxMarketAmount === null ? null : exact(maxMarketAmount),
    maxLeverage: limits.leverage?.max === undefined ? null : exact(limits.leverage.max),
    info: market.info as Json,
  };
}

function exact(value: string): string {
  return plain(dec(value));
}
