/**
 * Liquidation by mark price. The rule:
 * - Cross: when the equity of the cross legs and the free money is at or below the sum of their maintenance margins, every open
 *   order on symbols in cross mode is cancelled and all cross legs, both sides of a hedge together, are closed at once.
 * - Isolated: when the margin of a leg plus its unrealised result is at or below its maintenance margin, the symbol's open orders
 *   are cancelled and that leg is closed.
 * - Price: the mark, rounded to the tick against the account. If that would leave less than nothing (a gap), the prices of the legs,
 *   biggest notional first, are moved in the account's favour, up to the tick, until nothing is owed: the insurance fund's loss.
 * - Fee: the market's liquidation fee on the notional, at most what is left. It is charged by the `liquidation` event, on top of the
 *   trade, whose own fee is 0; the event's id is `liq-` and the trade's id.
 * - What a fill lost beyond all that is paid by the insurance fund (insurance.ts). So no account stays below zero.
 */
import { ONE, ZERO, maxOf, minOf, plain } from '../../domain/decimal.ts';
import type { D } from '../../domain/decimal.ts';
import { ceilPrice, floorPrice } from '../../domain/price-grid.ts';
import { sortedLegs } from './book-state.ts';
import type { AccountState } from './book-state.ts';
import type { Book } from './book.ts';
import { bookTrade } from './execution.ts';
import { coverDebt } from './insurance.ts';
import { accountMargin, isIsolated, legMaintenance, markOf } from './margin.ts';
import type { Market } from './market.ts';
import type { Leg } from './position.ts';
import { unrealised } from './position.ts';

/** Liquidates what the account's legs no longer carry. True when anything was liquidated. */
export function liquidateIfNeeded(book: Book, account: AccountState): boolean {
  let happened = false;
  for (const leg of legsOf(book, account, 'isolated')) {
    const state = book.marketOf(leg.symbol);
    if (isolatedEquity(book, leg).greaterThan(legMaintenance(state, leg))) continue;
    liquidateIsolated(book, account, leg);
    happened = true;
  }
  const legs = legsOf(book, account, 'cross');
  const { crossEquity, crossMaintenance } = accountMargin(book, account);
  if (legs.length > 0 && crossEquity.greaterThan(crossMaintenance)) return happened;
  liquidateCross(book, account, legs);
  return legs.length > 0 || happened;
}

/** Liquidates everything, whatever the margin says: a rule or an error of the exchange's own. */
export function liquidateAll(book: Book, account: AccountState): void {
  for (const leg of legsOf(book, account, 'isolated')) liquidateIsolated(book, account, leg);
  liquidateCross(book, account, legsOf(book, account, 'cross'));
}

function isolatedEquity(book: Book, leg: Leg): D {
  return leg.margin.plus(unrealised(leg, markOf(book.marketOf(leg.symbol))));
}

function liquidateIsolated(book: Book, account: AccountState, leg: Leg): void {
  const left = isolatedEquity(book, leg);
  cancelOrders(book, account, (symbol) => symbol === leg.symbol);
  closeLegs(book, account, [leg], left);
}

function liquidateCross(book: Book, account: AccountState, legs: readonly Leg[]): void {
  if (legs.length > 0) {
    const { crossEquity } = accountMargin(book, account);
    cancelOrders(book, account, (symbol) => !isIsolated(book, account, symbol));
    closeLegs(book, account, legs, crossEquity);
  }
  coverDebt(book, account, accountMargin(book, account).crossEquity);
}

function legsOf(book: Book, account: AccountState, marginMode: 'cross' | 'isolated'): readonly Leg[] {
  return sortedLegs(account).filter((leg) => isIsolated(book, account, leg.symbol) === (marginMode === 'isolated'));
}

function cancelOrders(book: Book, account: AccountState, concerns: (symbol: string) => boolean): void {
  for (const order of [...account.open.values()]) {
    if (concerns(order.record.symbol)) book.closeOrder(order, 'canceled', 'LIQUIDATION');
  }
}

/** `equity`: what stands behind these legs at mark. */
function closeLegs(book: Book, account: AccountState, legs: readonly Leg[], equity: D): void {
  const closings = [...legs].sort((a, b) => biggestFirst(book, a, b)).map((leg) => closingAtMark(book, leg));
  let left = closings.reduce((sum, closing) => sum.plus(closing.leg.amount.times(closing.price.minus(closing.mark))), equity);
  for (const closing of closings) {
    if (!left.lessThan(0)) break;
    left = left.plus(relieve(closing, left.negated()));
  }
  for (const closing of closings) left = left.minus(closeLeg(book, account, closing, maxOf(ZERO, left)));
}

function biggestFirst(book: Book, a: Leg, b: Leg): number {
  const notional = (leg: Leg): D => leg.amount.abs().times(markOf(book.marketOf(leg.symbol)));
  return notional(b).comparedTo(notional(a));
}

interface Closing {
  readonly leg: Leg;
  readonly market: Market;
  readonly mark: D;
  price: D;
}

function closingAtMark(book: Book, leg: Leg): Closing {
  const state = book.marketOf(leg.symbol);
  const mark = markOf(state);
  const { market } = state;
  return { leg, market, mark, price: leg.amount.isNegative() ? ceilPrice(market.prices, mark) : maxOf(market.prices.tickSize, floorPrice(market.prices, mark)) };
}

/** Moves the closing price so that the account gains at least `shortfall` if it can (a price stays at one tick or above). */
function relieve(closing: Closing, shortfall: D): D {
  const { leg, market } = closing;
  const size = leg.amount.abs();
  const before = closing.price;
  const worth = before.times(size);
  closing.price = leg.amount.isNegative() ? maxOf(market.prices.tickSize, floorPrice(market.prices, maxOf(ZERO, worth.minus(shortfall)), size)) : ceilPrice(market.prices, worth.plus(shortfall), size);
  return closing.price.minus(before).abs().times(size);
}

/** Returns the fee charged. */
function closeLeg(book: Book, account: AccountState, closing: Closing, affordable: D): D {
  const { leg, market, price } = closing;
  const amount = leg.amount.abs();
  const side = leg.amount.isNegative() ? 'buy' : 'sell';
  const positionSide = leg.positionSide === 'both' ? null : leg.positionSide;
  const fee = minOf(affordable, amount.times(price).times(minOf(ONE, market.liquidationFee)));
  const origin = { orderId: `liquidation-${book.nextId('event')}`, clientOrderId: null };
  const trade = bookTrade(book, account, leg.symbol, origin, { side, positionSide, price, amount, fee: ZERO, liquidity: 'taker' });
  book.chargeFee(account, fee);
  book.addAccountEvent(account, {
    type: 'liquidation',
    cause: 'liquidation',
    id: `liq-${trade.id}`,
    account: account.account,
    symbol: leg.symbol,
    positionSide: leg.positionSide,
    amount: trade.amount,
    price: trade.price,
    fee: plain(fee),
    at: book.now,
  });
  return fee;
}
