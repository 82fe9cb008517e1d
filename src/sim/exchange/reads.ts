/** What reads of an account return: the book at one moment, as the port's records. Flat legs are left out. */
import { ZERO, dec, floorQuotientToStep, maxOf, minOf, plain } from '../../domain/decimal.ts';
import type { D, DecimalString } from '../../domain/decimal.ts';
import { nearestPrice } from '../../domain/price-grid.ts';
import type { AccountSnapshot, BalanceRecord, PositionRecord } from '../../ports/exchange.ts';
import { sortedLegs } from './book-state.ts';
import type { AccountState } from './book-state.ts';
import type { Book } from './book.ts';
import { accountMargin, isIsolated, legMaintenance, markOf } from './margin.ts';
import type { AccountMargin } from './margin.ts';
import { tierOf } from './market.ts';
import type { Leg } from './position.ts';
import { entryPrice } from './position.ts';

/** Step of a margin ratio, and its value when the equity is gone (only without liquidation). */
const RATIO_STEP = dec('0.00000001');
const HIGHEST_RATIO = dec('1000');

export function accountSnapshot(book: Book, account: AccountState, startedAt: number, endedAt: number): AccountSnapshot {
  const margin = accountMargin(book, account);
  return {
    account: account.account,
    startedAt,
    endedAt,
    complete: true,
    positions: sortedLegs(account).map((leg) => positionRecord(book, account, leg, margin)),
    openOrders: [...account.open.values()].map((order) => order.record),
    balance: balanceRecord(account, margin),
  };
}

export function positionRecord(book: Book, account: AccountState, leg: Leg, margin: AccountMargin): PositionRecord {
  const { marginMode, leverage } = book.settings(account, leg.symbol);
  return {
    account: account.account,
    symbol: leg.symbol,
    positionSide: leg.positionSide,
    amount: plain(leg.positionSide === 'both' ? leg.amount : leg.amount.abs()),
    entryPrice: entryPrice(leg),
    leverage,
    marginMode,
    liquidationPrice: liquidationPrice(book, account, leg, margin),
  };
}

export function balanceRecord(account: AccountState, margin: AccountMargin): BalanceRecord {
  const { equity, maintenance } = margin;
  const ratio = (): D => (equity.greaterThan(0) ? minOf(HIGHEST_RATIO, floorQuotientToStep(maintenance, equity, RATIO_STEP)) : HIGHEST_RATIO);
  return {
    account: account.account,
    currency: account.currency,
    total: plain(margin.walletBalance),
    equity: plain(equity),
    free: plain(maxOf(ZERO, margin.free)),
    marginRatio: account.legs.size === 0 ? null : plain(ratio()),
  };
}

/**
 * The mark at which the leg is liquidated if only its own symbol moves and every leg stays in its maintenance tier, to the nearest
 * tick; null when no price above zero does that, or nothing is ever liquidated here. Both legs of a cross hedge have the same one. For display: the rule itself is
 * checked by liquidation.ts.
 */
function liquidationPrice(book: Book, account: AccountState, leg: Leg, margin: AccountMargin): DecimalString | null {
  if (!book.options.liquidates) return null;
  const isolated = isIsolated(book, account, leg.symbol);
  const state = book.marketOf(leg.symbol);
  const mark = markOf(state);
  const legs = isolated ? [leg] : sortedLegs(account).filter((other) => other.symbol === leg.symbol);
  let slack = isolated ? leg.margin.plus(leg.amount.times(mark)).minus(leg.cost).minus(legMaintenance(state, leg)) : margin.crossEquity.minus(margin.crossMaintenance);
  let slope = ZERO;
  for (const { amount } of legs) {
    const { tier } = tierOf(state.market, amount.abs().times(mark));
    slope = slope.plus(amount).minus(amount.abs().times(tier.rate));
  }
  if (slope.isZero()) return null;
  // slack + slope × (price − mark) = 0
  slack = slope.times(mark).minus(slack);
  const price = slack.dividedBy(slope);
  if (!price.greaterThan(0)) return null;
  return plain(nearestPrice(state.market.prices, price));
}
