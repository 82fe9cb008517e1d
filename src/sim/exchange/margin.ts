/**
 * What an account is worth and what it has bound. Cross legs and the free money stand together; an isolated leg stands alone with
 * the margin fixed when it was opened. Initial margin of a cross leg is notional at mark ÷ leverage, floored to MONEY_STEP (in the
 * account's favour by less than 1e-12, so that an order sized to the last cent is not refused).
 */
import { ZERO, dec, floorQuotientToStep } from '../../domain/decimal.ts';
import type { D } from '../../domain/decimal.ts';
import { invariant } from '../../domain/invariant.ts';
import type { PositionSide, Side } from '../../ports/exchange.ts';
import type { AccountState, BookOrder, MarketState } from './book-state.ts';
import type { Book } from './book.ts';
import { maintenanceMargin, takerPrice } from './market.ts';
import type { Leg } from './position.ts';
import { MONEY_STEP, closableAmount, legSideOf, unrealised } from './position.ts';
import { isLimit, isUntriggered } from './price-watch.ts';

export interface AccountMargin {
  /** Cash with open positions at cost. */
  readonly walletBalance: D;
  /** Cash with open positions at mark. */
  readonly equity: D;
  /** Equity without the isolated legs and their margin. */
  readonly crossEquity: D;
  /** Maintenance margin of the cross legs. */
  readonly crossMaintenance: D;
  readonly maintenance: D;
  /** Initial margin of the cross legs. */
  readonly crossInitial: D;
  /** Margin and fees reserved by orders that rest or work in the book; untriggered orders reserve nothing. */
  readonly reserved: D;
  /** crossEquity − crossInitial − reserved; may be negative. */
  readonly free: D;
}

export function markOf(state: MarketState): D {
  invariant(state.quote !== null, 'a market with positions has a price', { symbol: state.market.symbol });
  return state.quote.of('mark');
}

export function legMaintenance(state: MarketState, leg: Leg): D {
  return maintenanceMargin(state.market, leg.amount.abs().times(markOf(state)));
}

export function isIsolated(book: Book, account: AccountState, symbol: string): boolean {
  return book.settings(account, symbol).marginMode === 'isolated';
}

function initialMargin(book: Book, account: AccountState, leg: Leg): D {
  const notional = leg.amount.abs().times(markOf(book.marketOf(leg.symbol)));
  return floorQuotientToStep(notional, dec(book.settings(account, leg.symbol).leverage), MONEY_STEP);
}

/** `without`: an order whose reserve is not counted (it is the one being checked). */
export function accountMargin(book: Book, account: AccountState, without: BookOrder | null = null): AccountMargin {
  let walletBalance = account.cash;
  let equity = account.cash;
  let isolatedEquity = ZERO;
  let crossMaintenance = ZERO;
  let maintenance = ZERO;
  let crossInitial = ZERO;
  for (const leg of account.legs.values()) {
    const state = book.marketOf(leg.symbol);
    const value = leg.amount.times(markOf(state));
    const needed = legMaintenance(state, leg);
    walletBalance = walletBalance.plus(leg.cost);
    equity = equity.plus(value);
    maintenance = maintenance.plus(needed);
    if (isIsolated(book, account, leg.symbol)) {
      isolatedEquity = isolatedEquity.plus(leg.margin).plus(value).minus(leg.cost);
    } else {
      crossMaintenance = crossMaintenance.plus(needed);
      crossInitial = crossInitial.plus(initialMargin(book, account, leg));
    }
  }
  const crossEquity = equity.minus(isolatedEquity);
  const reserved = reservedMargin(book, account, without);
  const free = crossEquity.minus(crossInitial).minus(reserved);
  return { walletBalance, equity, crossEquity, crossMaintenance, maintenance, crossInitial, reserved, free };
}

function reservedMargin(book: Book, account: AccountState, without: BookOrder | null): D {
  let reserved = ZERO;
  for (const order of account.open.values()) {
    if (order === without || isUntriggered(order.record)) continue;
    const state = book.marketOf(order.record.symbol);
    const opening = openingAmount(book, account, order.record, order.amount.minus(order.filled));
    if (opening.isZero()) continue;
    const notional = opening.times(isLimit(order.record) && order.price !== null ? order.price : markOf(state));
    const leverage = dec(book.settings(account, order.record.symbol).leverage);
    reserved = reserved.plus(floorQuotientToStep(notional, leverage, MONEY_STEP)).plus(notional.times(state.market.takerFee));
  }
  return reserved;
}

interface OrderShape {
  readonly symbol: string;
  readonly side: Side;
  readonly positionSide: PositionSide | null;
  readonly reduceOnly: boolean;
}

/** The part of `amount` that would open: all of it, none when the order closes, what goes through zero in one-way mode. */
export function openingAmount(book: Book, account: AccountState, order: OrderShape, amount: D): D {
  if (order.reduceOnly) return ZERO;
  if (order.positionSide !== null) return (order.positionSide === 'long') === (order.side === 'buy') ? amount : ZERO;
  const closable = closableAmount(book.leg(account, order.symbol, 'both'), order.side);
  return closable.lessThan(amount) ? amount.minus(closable) : ZERO;
}

/** Whether the account can pay initial margin and taker fee of what `amount` at `price` opens. Exact: no quotient of its own. */
export function canAfford(book: Book, account: AccountState, order: OrderShape, amount: D, price: D, without: BookOrder | null): boolean {
  const opening = openingAmount(book, account, order, amount);
  if (opening.isZero()) return true;
  const notional = opening.times(price);
  const fee = notional.times(book.marketOf(order.symbol).market.takerFee);
  const leverage = dec(book.settings(account, order.symbol).leverage);
  const free = accountMargin(book, account, without).free.plus(freedByFlip(book, account, order));
  return free.minus(fee).times(leverage).greaterThanOrEqualTo(notional);
}

/** In one-way mode an order that opens has closed the opposing position first: its margin is free again. */
function freedByFlip(book: Book, account: AccountState, order: OrderShape): D {
  if (order.positionSide !== null) return ZERO;
  const leg = book.leg(account, order.symbol, legSideOf(account.positionMode, null));
  if (closableAmount(leg, order.side).isZero()) return ZERO;
  if (!isIsolated(book, account, order.symbol)) return initialMargin(book, account, leg);
  return leg.margin.plus(unrealised(leg, markOf(book.marketOf(order.symbol))));
}

/** The price an order would trade at if it took now. */
export function takingPrice(state: MarketState, side: Side, reference: D, limit: D | null): D {
  const price = takerPrice(state.market, side, reference, state.takerDistance === null ? ZERO : state.takerDistance());
  if (limit === null) return price;
  return side === 'buy' ? (price.greaterThan(limit) ? limit : price) : price.lessThan(limit) ? limit : price;
}
