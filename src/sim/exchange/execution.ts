/**
 * Trades: one order meeting the market at one price. A closing order never trades more than its leg holds (I7): it is cut to the
 * leg, or expires when nothing is left. Money moves here and in funding and liquidation only, as sums and products (I14).
 */
import { ONE, dec, floorToStep, maxOf, minOf, plain } from '../../domain/decimal.ts';
import type { D } from '../../domain/decimal.ts';
import { absurd } from '../../domain/invariant.ts';
import { ceilPrice, floorPrice } from '../../domain/price-grid.ts';
import type { PositionSide, Side, TradeRecord } from '../../ports/exchange.ts';
import type { AccountState, BookOrder, MarketState } from './book-state.ts';
import type { Book } from './book.ts';
import type { ExecutionCause, ExecutionFate } from './faults.ts';
import { coverIsolatedLoss } from './insurance.ts';
import { canAfford, isIsolated, takingPrice } from './margin.ts';
import { closableAmount, closesLeg, legAfterTrade, legSideOf, signedAmount } from './position.ts';

/** Trades of one order at one moment; what is left goes on at the next tick. Keeps a tick bounded whatever the amounts are. */
const MAX_TRADES_AT_ONCE = 1_000;

const NORMAL: ExecutionFate = { type: 'normal' };

type Liquidity = TradeRecord['takerOrMaker'];

export interface TradeParts {
  readonly side: Side;
  readonly positionSide: PositionSide | null;
  readonly price: D;
  readonly amount: D;
  readonly fee: D;
  readonly liquidity: Liquidity;
}

/** Books one trade: leg, cash, fee, record, event. */
export function bookTrade(
  book: Book,
  account: AccountState,
  symbol: string,
  origin: { readonly orderId: string; readonly clientOrderId: string | null },
  parts: TradeParts,
): TradeRecord {
  const leg = book.leg(account, symbol, legSideOf(account.positionMode, parts.positionSide));
  const delta = signedAmount(parts.side, parts.amount);
  const leverage = isIsolated(book, account, symbol) ? dec(book.settings(account, symbol).leverage) : null;
  const closed = minOf(parts.amount, closableAmount(leg, parts.side));
  book.putLeg(account, legAfterTrade(leg, delta, parts.price, leverage));
  book.addCash(account, 'trade', delta.times(parts.price).negated());
  book.chargeFee(account, parts.fee);
  const trade: TradeRecord = {
    id: `t${book.nextId('trade')}`,
    orderId: origin.orderId,
    clientOrderId: origin.clientOrderId,
    account: account.account,
    symbol,
    side: parts.side,
    positionSide: parts.positionSide,
    price: plain(parts.price),
    amount: plain(parts.amount),
    fee: plain(parts.fee),
    takerOrMaker: parts.liquidity,
    at: book.now,
  };
  book.addTrade(account, trade);
  if (leverage !== null && book.options.liquidates) coverIsolatedLoss(book, account, leg, signedAmount(parts.side, closed), parts.price);
  return trade;
}

/** How much of the order can trade: what is left of it, at most what its leg holds when it closes. */
export function executableAmount(book: Book, account: AccountState, order: BookOrder): D {
  const left = order.amount.minus(order.filled);
  const { record } = order;
  if (!closesLeg(record)) return left;
  const leg = book.leg(account, record.symbol, legSideOf(account.positionMode, record.positionSide));
  return minOf(left, closableAmount(leg, record.side));
}

/** What becomes of this execution; asked once for each. */
export function fateOf(book: Book, order: BookOrder, cause: ExecutionCause): ExecutionFate {
  return book.options.execution === null ? NORMAL : book.options.execution(order.record, cause);
}

/** Whether the rest of a partly executed order is still kept back. */
export function isHeldBack(book: Book, order: BookOrder): boolean {
  return order.waitsUntil !== null && book.now < order.waitsUntil;
}

/** Trades the order at `price`, in as many trades as the market allows now; closes it when it is done. */
export function fillOrder(book: Book, state: MarketState, order: BookOrder, price: D, liquidity: Liquidity, fate: ExecutionFate): void {
  const account = book.account(order.record.account);
  const executable = executableAmount(book, account, order);
  if (executable.isZero()) return book.closeOrder(order, 'expired', 'REDUCE_ONLY_REJECTED');
  if (fate.type === 'refused') return book.closeOrder(order, fate.status, fate.reason);
  const amount = order.filled.plus(executable);
  const granted = grantedAmount(book, account, state, order, executable, fate);
  const done = tradeInChunks(book, account, state, order, granted, price, liquidity);
  order.tradedAtTick = book.tickNumber;
  const isDone = done.greaterThanOrEqualTo(executable);
  const change = { amount: plain(amount), filled: plain(order.filled.plus(done)) };
  if (fate.type === 'bounded' && !isDone) book.changeOrder(order, { ...change, status: 'expired', reason: fate.reason });
  else if (fate.type === 'partial' && !isDone) book.changeOrder(order, change, book.now + fate.restAfterMs);
  else if (fate.type === 'capped' && !isDone) book.changeOrder(order, change, fate.restAt);
  else book.changeOrder(order, { ...change, ...(isDone && { status: 'closed' }) });
}

/** How much of what could execute does; more than that only by an overfill, and then never more than a closing order's leg holds (I7). */
function grantedAmount(book: Book, account: AccountState, state: MarketState, order: BookOrder, executable: D, fate: ExecutionFate): D {
  const { amountStep } = state.market;
  switch (fate.type) {
    case 'normal':
    case 'refused':
      return executable;
    case 'partial':
    case 'bounded':
      return minOf(executable, floorToStep(executable.times(fate.share), amountStep));
    case 'capped':
      return minOf(executable, floorToStep(dec(fate.most), amountStep));
    case 'overfill': {
      const { record } = order;
      const wanted = executable.plus(amountStep.times(fate.steps));
      if (!closesLeg(record)) return wanted;
      return minOf(wanted, closableAmount(book.leg(account, record.symbol, legSideOf(account.positionMode, record.positionSide)), record.side));
    }
    default:
      return absurd(fate);
  }
}

function tradeInChunks(
  book: Book,
  account: AccountState,
  state: MarketState,
  order: BookOrder,
  executable: D,
  price: D,
  liquidity: Liquidity,
): D {
  const { market } = state;
  const { side, positionSide } = order.record;
  const origin = { orderId: order.record.id, clientOrderId: order.record.clientOrderId };
  const rate = liquidity === 'taker' ? market.takerFee : market.makerFee;
  const most = market.tradesPerTick ?? MAX_TRADES_AT_ONCE;
  let left = executable;
  for (let trades = 0; trades < most && left.greaterThan(0); trades += 1) {
    const amount = market.maxAmountPerTrade === null ? left : minOf(left, market.maxAmountPerTrade);
    const fee = amount.times(price).times(rate);
    bookTrade(book, account, market.symbol, origin, { side, positionSide, price, amount, fee, liquidity });
    left = left.minus(amount);
  }
  return executable.minus(left);
}

/** Whether a limit at this price would take from a market that stands at `reference`. */
export function isMarketable(side: Side, limit: D, reference: D): boolean {
  return side === 'buy' ? limit.greaterThanOrEqualTo(reference) : limit.lessThanOrEqualTo(reference);
}

/** Sends an accepted or amended order into a market that stands at `reference`: takes what it may, else rests. */
export function activate(book: Book, state: MarketState, order: BookOrder, reference: D): void {
  const { side } = order.record;
  if (order.price !== null && !isMarketable(side, order.price, reference)) return;
  fillOrder(book, state, order, takingPrice(state, side, reference, order.price), 'taker', fateOf(book, order, 'taken'));
}

/** What a fired order pays or gets as taker: never beyond its limit, nor further from its trigger than the market lets a stop slip. */
export function firedPrice(state: MarketState, order: BookOrder, reference: D): D {
  const { market } = state;
  const { side } = order.record;
  const price = takingPrice(state, side, reference, order.price);
  if (market.maxStopSlip === null || order.triggerPrice === null) return price;
  if (side === 'buy') return minOf(price, floorPrice(market.prices, order.triggerPrice.times(ONE.plus(market.maxStopSlip))));
  return maxOf(price, ceilPrice(market.prices, order.triggerPrice.times(ONE.minus(market.maxStopSlip))));
}

/** Fires a conditional order in a market that stands at `reference`. Margin is checked now: it reserved none before. */
export function fire(book: Book, state: MarketState, order: BookOrder, reference: D, marginChecks: boolean): void {
  const account = book.account(order.record.account);
  book.changeOrder(order, { triggered: true });
  const { side, postOnly } = order.record;
  const amount = executableAmount(book, account, order);
  if (amount.isZero()) return book.closeOrder(order, 'expired', 'REDUCE_ONLY_REJECTED');
  const takes = order.price === null || isMarketable(side, order.price, reference);
  const price = takes || order.price === null ? firedPrice(state, order, reference) : order.price;
  if (marginChecks && !canAfford(book, account, order.record, amount, price, order)) {
    return book.closeOrder(order, 'rejected', 'INSUFFICIENT_MARGIN');
  }
  if (takes && postOnly) return book.closeOrder(order, 'expired', 'POST_ONLY_WOULD_TAKE');
  const fate = fateOf(book, order, 'fired');
  if (takes) fillOrder(book, state, order, price, 'taker', fate);
  else if (fate.type === 'refused') book.closeOrder(order, fate.status, fate.reason);
}
