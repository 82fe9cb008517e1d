/** Records that dialects make alike: an order accepted a moment ago, a fee in the quote currency, a margin ratio. */
import { D, dec, plain } from '../../domain/decimal.ts';
import type { DecimalString } from '../../domain/decimal.ts';
import type { OrderRecord, OrderRequest } from '../../ports/exchange.ts';
import type { VenueMarket } from './dialect.ts';

/** The reason the engine knows cancellations by somebody with the same key by; it knows its own. */
export const CANCELED_BY_USER = 'CANCELED_BY_USER';
/** Decimals of the maintenance margin over the equity. */
const RATIO_STEP = new D('0.000001');

export function acceptedRecord(request: OrderRequest, id: string, at: number): OrderRecord {
  return { ...request, id, status: 'open', triggered: false, filled: '0', reason: null, createdAt: at, updatedAt: at };
}

/** In the quote currency. A fee paid in another coin counts at the full rate, which is never less than what was paid. */
export function feeIn(market: VenueMarket, commission: string | null, asset: string | null, price: string, amount: string, isMaker: boolean): DecimalString {
  if (commission !== null && (asset === null || asset === market.quote)) return commission;
  const { makerFee, takerFee } = market.instrument;
  return plain(dec(price).times(amount).times(isMaker ? makerFee : takerFee));
}

/** Maintenance margin over equity; null without positions or equity. */
export function marginRatioOf(maintenance: DecimalString, equity: DecimalString): DecimalString | null {
  if (dec(maintenance).isZero() || !dec(equity).greaterThan(0)) return null;
  return plain(dec(maintenance).div(dec(equity)).toNearest(RATIO_STEP));
}
