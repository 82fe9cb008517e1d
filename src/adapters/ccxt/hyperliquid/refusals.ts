/**
 * Texts with which Hyperliquid says that it did not do it (I18); it has no codes. Source: the error responses, rate limits and nonces pages
 * of its documentation. A text that is not here proves nothing, also when it says that an order was not taken.
 */
import type { RefusalCode } from '../../../ports/exchange.ts';

/** Each stands at the beginning of a text; what follows is an asset number or a price. */
export const HYPERLIQUID_REFUSALS: Readonly<Record<string, RefusalCode>> = {
  'Price must be divisible by tick size.': 'PRICE_OFF_TICK',
  'Order must have minimum value of $10': 'MIN_COST',
  'Insufficient margin to place order.': 'INSUFFICIENT_MARGIN',
  'Reduce only order would increase position.': 'REDUCE_ONLY_REJECTED',
  'Post only order would have immediately matched, bbo was': 'POST_ONLY_WOULD_TAKE',
  'Order could not immediately match against any resting orders.': 'MARKET_HALTED',
  'Invalid TP/SL price.': 'WOULD_TRIGGER_IMMEDIATELY',
  'No liquidity available for market order.': 'MARKET_HALTED',
  'Order would increase open interest while open interest is capped': 'MARKET_HALTED',
  'Order would increase open interest too quickly': 'MARKET_HALTED',
  'Order rejected due to price more aggressive than oracle while at open interest cap': 'MARKET_HALTED',
  'Order price too far from oracle': 'BAD_REQUEST',
  'Order price cannot be more than 80% away from the reference price': 'BAD_REQUEST',
  'Order would cause position to exceed margin tier limit at current leverage': 'INSUFFICIENT_MARGIN',
  'Order was never placed, already canceled, or filled.': 'ORDER_NOT_FOUND',
  'Order has invalid size.': 'AMOUNT_OFF_STEP',
  'Order has zero size.': 'MIN_AMOUNT',
  'Too many cumulative requests sent': 'RATE_LIMITED',
  'User or API Wallet ': 'BAD_REQUEST',
  'Must deposit before performing actions': 'BAD_REQUEST',
  'Action already expired': 'CLOCK_SKEW',
  'Invalid nonce: nonce too low': 'CLOCK_SKEW',
  'Invalid nonce: nonce too high': 'CLOCK_SKEW',
};

/** Status 422: the body never became an action. */
export const UNDESERIALISABLE = 'Failed to deserialize the JSON body into the target type';
/** An address whose requests are used up may still send one in this time, ms. */
export const ADDRESS_PAUSE_MS = 10_000;

export function refusalOf(text: string): RefusalCode | null {
  const known = Object.entries(HYPERLIQUID_REFUSALS).find(([beginning]) => text.startsWith(beginning));
  return known === undefined ? null : known[1];
}
