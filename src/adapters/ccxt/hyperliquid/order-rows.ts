/** Hyperliquid's order rows as our records, and our requests as rows of an action. */
import { D, ONE, dec, isPlainDecimal, plain } from '../../../domain/decimal.ts';
import { HedgerowError } from '../../../domain/errors.ts';
import type { Json } from '../../../domain/json.ts';
import { ceilPrice, floorPrice, priceGridOf } from '../../../domain/price-grid.ts';
import type { Instrument } from '../../../domain/strategy.ts';
import type { OrderRecord, OrderRequest, OrderStatus, OrderType, Side } from '../../../ports/exchange.ts';
import type { VenueMarket } from '../dialect.ts';
import { decimalOf, nonZeroDecimal, optionalText, rowOf, textOf, timeOf } from '../fields.ts';
import type { Row } from '../fields.ts';

/** How much worse than the middle of the book a market order may trade. */
const MARKET_BOUND = new D('0.05');
/** And a stop beyond its trigger: what the exchange itself grants to stops placed by hand. */
const STOP_BOUND = new D('0.1');

/** Of orders that carry no id of ours: their number stands for it. */
const NUMBERED = /^oid-(\d+)$/;

export function sideOf(row: Row): Side {
  return textOf(row, 'side') === 'B' ? 'buy' : 'sell';
}

export function clientIdFor(oid: string, cloid: string | null): string {
  return cloid ?? `oid-${oid}`;
}

/** The number in an id that stands for one; null for ids of clients. */
export function numberIn(clientOrderId: string): number | null {
  const [, digits] = NUMBERED.exec(clientOrderId) ?? [];
  return digits === undefined ? null : Number(digits);
}

/** The reason the engine knows cancellations by somebody with the same key by; it knows its own. */
const BY_USER = 'CANCELED_BY_USER';

interface Fate {
  readonly status: OrderStatus;
  readonly reason: string | null;
  readonly triggered: boolean;
}

/** Rejects with EXCHANGE_UNAVAILABLE for a word that is in no list: nothing is concluded from it. */
export function fateOf(said: string): Fate {
  if (said === 'open') return { status: 'open', reason: null, triggered: false };
  if (said === 'triggered') return { status: 'open', reason: null, triggered: true };
  if (said === 'filled') return { status: 'closed', reason: null, triggered: false };
  if (said === 'canceled') return { status: 'canceled', reason: BY_USER, triggered: false };
  if (said === 'reduceOnlyCanceled') return { status: 'expired', reason: said, triggered: true };
  if (said === 'scheduledCancel' || said.endsWith('Canceled')) return { status: 'canceled', reason: said, triggered: false };
  if (said.toLowerCase().endsWith('rejected')) return { status: 'rejected', reason: said, triggered: true };
  throw new HedgerowError('EXCHANGE_UNAVAILABLE', `an order has the status ${said}, which is not known; nothing is concluded from it`);
}

/** A row of `frontendOpenOrders` (status open) or the order in an `orderStatus` answer. */
export function recordOf(row: Row, account: string, market: VenueMarket, said = 'open', updatedAt = timeOf(row, 'timestamp')): OrderRecord {
  const { status, reason, triggered } = fateOf(said);
  const type = typeOf(row);
  const isConditional = type === 'stop-market' || type === 'stop-limit';
  const oid = textOf(row, 'oid');
  const amount = decimalOf(row, 'origSz');
  return {
    account,
    symbol: market.symbol,
    clientOrderId: clientIdFor(oid, optionalText(row, 'cloid')),
    id: oid,
    side: sideOf(row),
    type,
    amount,
    price: type === 'limit' || type === 'stop-limit' ? decimalOf(row, 'limitPx') : null,
    triggerPrice: isConditional ? nonZeroDecimal(row, 'triggerPx') : null,
    triggerBy: 'mark',
    positionSide: null,
    reduceOnly: row['reduceOnly'] === true,
    postOnly: row['tif'] === 'Alo',
    status,
    triggered: isConditional && (triggered || status === 'closed' || row['triggerCondition'] === 'Triggered'),
    filled: plain(dec(amount).minus(decimalOf(row, 'sz'))),
    reason,
    createdAt: timeOf(row, 'timestamp'),
    updatedAt,
  };
}

/** A take-profit, which only somebody else places, rests like a limit at its trigger. */
function typeOf(row: Row): OrderType {
  switch (optionalText(row, 'orderType')) {
    case 'Stop Market':
      return 'stop-market';
    case 'Stop Limit':
      return 'stop-limit';
    case 'Market':
      return 'market';
    default:
      return row['tif'] === 'Ioc' || row['tif'] === 'FrontendMarket' ? 'market' : 'limit';
  }
}

/** An order as the stream of updates tells of it: no type, no trigger, no flags. `known`: what it was placed as. */
export function updatedRecord(known: OrderRecord, order: Row, said: string, updatedAt: number): OrderRecord {
  const { status, reason, triggered } = fateOf(said);
  const amount = decimalOf(order, 'origSz');
  const isConditional = known.triggerPrice !== null;
  return {
    ...known,
    id: textOf(order, 'oid'),
    amount,
    status,
    reason,
    triggered: isConditional && (known.triggered || triggered || status === 'closed'),
    filled: plain(dec(amount).minus(decimalOf(order, 'sz'))),
    updatedAt,
  };
}

/** What was accepted a moment ago, or is about to be. */
export function acceptedRecord(request: OrderRequest, id: string, at: number): OrderRecord {
  return { ...request, id, status: 'open', triggered: false, filled: '0', reason: null, createdAt: at, updatedAt: at };
}

const CLOID = /^0x[0-9a-f]{32}$/;

/** What is wrong with the form of a request, null when it is well formed. */
export function malformation({ clientOrderId, type, amount, price, triggerPrice, postOnly }: OrderRequest): string | null {
  const [needsPrice, needsTrigger] = [type === 'limit' || type === 'stop-limit', type === 'stop-market' || type === 'stop-limit'];
  if (!CLOID.test(clientOrderId)) return 'clientOrderId must be 0x and 32 hex digits in lower case';
  if (!isPositive(amount)) return `amount ${amount}`;
  if (needsPrice ? price === null || !isPositive(price) : price !== null) return `price ${price} of a ${type}`;
  if (needsTrigger ? triggerPrice === null || !isPositive(triggerPrice) : triggerPrice !== null) return `triggerPrice ${triggerPrice} of a ${type}`;
  return postOnly && type !== 'limit' ? `a ${type} that may only rest` : null;
}

function isPositive(text: string): boolean {
  return isPlainDecimal(text) && dec(text).greaterThan(0);
}

export function assetIndexOf({ info }: VenueMarket): number {
  return Number(textOf(rowOf(info), 'baseId'));
}

/** The only row of an order action; the order of its keys is part of what is signed. `mid`: for market orders. */
export function orderRow(request: OrderRequest, market: VenueMarket, mid: string | null): Record<string, Json> {
  return {
    a: assetIndexOf(market),
    b: request.side === 'buy',
    p: limitOf(request, market.instrument, mid),
    s: plain(dec(request.amount)),
    r: request.reduceOnly,
    t: kindOf(request),
    c: request.clientOrderId,
  };
}

function kindOf({ type, triggerPrice, postOnly }: OrderRequest): Json {
  if (triggerPrice !== null) return { trigger: { isMarket: type === 'stop-market', triggerPx: plain(dec(triggerPrice)), tpsl: 'sl' } };
  return { limit: { tif: type === 'market' ? 'Ioc' : postOnly ? 'Alo' : 'Gtc' } };
}

/** Every order has a limit here: of market orders and stops it is only how far they may run. */
function limitOf({ price, triggerPrice, side }: OrderRequest, instrument: Instrument, mid: string | null): string {
  if (price !== null) return plain(dec(price));
  const [reference, share] = triggerPrice === null ? [mid ?? '0', MARKET_BOUND] : [triggerPrice, STOP_BOUND];
  const grid = priceGridOf(instrument);
  // Away from the market, on the grid.
  return plain(side === 'buy' ? ceilPrice(grid, dec(reference).times(ONE.plus(share))) : floorPrice(grid, dec(reference).times(ONE.minus(share))));
}
