/**
 * How Hyperliquid words its answers. `documented` texts stand in its list of error responses; the others were seen in the field or,
 * where nothing is known, are this server's own: a client must not take those for a refusal it knows.
 */
import { absurd } from '../../../domain/invariant.ts';
import type { RefusalCode } from '../../../ports/exchange.ts';

export const DOCUMENTED = {
  tick: 'Price must be divisible by tick size.',
  minimum: 'Order must have minimum value of $10.',
  margin: 'Insufficient margin to place order.',
  reduceOnly: 'Reduce only order would increase position.',
  postOnly: 'Post only order would have immediately matched, bbo was ',
  ioc: 'Order could not immediately match against any resting orders.',
  trigger: 'Invalid TP/SL price.',
  missing: 'Order was never placed, already canceled, or filled.',
} as const;

export const SEEN = {
  unknownWallet: (address: string) => `User or API Wallet ${address} does not exist.`,
  noSigner: 'Unable to recover signer.',
  expired: 'Action already expired',
  builder: 'Builder fee has not been approved.',
  /** Status 422: the body is no action or info request. */
  undeserialisable: 'Failed to deserialize the JSON body into the target type',
  invalidSize: 'Order has invalid size.',
  zeroSize: 'Order has zero size.',
  rateLimited: 'Too many cumulative requests sent (10001 > 10000) for cumulative volume traded $0.00.',
} as const;

const OWN = {
  duplicate: 'an order with this cloid exists',
  openOrders: 'too many open orders',
  halted: 'trading is halted',
  notModifiable: 'the order cannot be modified',
} as const;

/** `bbo`: best bid and offer, for post-only orders. */
export function refusalText(code: RefusalCode, assetIndex: number, bbo: string): string {
  return `${wording(code, bbo)} asset=${assetIndex}`;
}

function wording(code: RefusalCode, bbo: string): string {
  switch (code) {
    case 'PRICE_OFF_TICK':
      return DOCUMENTED.tick;
    case 'MIN_COST':
      return DOCUMENTED.minimum;
    case 'INSUFFICIENT_MARGIN':
      return DOCUMENTED.margin;
    case 'REDUCE_ONLY_REJECTED':
    case 'POSITION_SIDE_MISMATCH':
      return DOCUMENTED.reduceOnly;
    case 'POST_ONLY_WOULD_TAKE':
      return `${DOCUMENTED.postOnly}${bbo}.`;
    case 'WOULD_TRIGGER_IMMEDIATELY':
      return DOCUMENTED.trigger;
    case 'ORDER_NOT_FOUND':
      return DOCUMENTED.missing;
    case 'AMOUNT_OFF_STEP':
    case 'BAD_REQUEST':
    case 'UNKNOWN_SYMBOL':
      return SEEN.invalidSize;
    case 'MIN_AMOUNT':
      return SEEN.zeroSize;
    case 'CLOCK_SKEW':
      return SEEN.expired;
    case 'RATE_LIMITED':
      return SEEN.rateLimited;
    case 'DUPLICATE_CLIENT_ORDER_ID':
      return OWN.duplicate;
    case 'MAX_OPEN_ORDERS':
    case 'MAX_CONDITIONAL_ORDERS':
      return OWN.openOrders;
    case 'MARKET_HALTED':
      return OWN.halted;
    case 'ORDER_NOT_AMENDABLE':
      return OWN.notModifiable;
    default:
      return absurd(code);
  }
}
