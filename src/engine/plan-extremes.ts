/**
 * The two ends a plan swings between, taken from its own machines: the start, when every wallet is long, and the DECLINE below the
 * lowest rung, when every order of the ladder has filled. Margins and liquidation prices there, by the maths of linear perpetuals.
 */
import { D, ZERO, dec, floorQuotientToStep, minOf, plain } from '../domain/decimal.ts';
import type { DecimalString } from '../domain/decimal.ts';
import { nearestPrice, priceGridOf } from '../domain/price-grid.ts';
import type { Instrument, Strategy, WalletName } from '../domain/strategy.ts';
import { signedPercent } from './percent.ts';
import type { PreviewInputs, WalletPreview } from './plan-preview.ts';
import { trace } from './trace.ts';
import type { TraceDocument } from './trace.ts';

/** Maintenance margin as a share of the notional: the first tier of most markets. Real tiers rise with the size of the position. */
export const MAINTENANCE_RATE: DecimalString = '0.005';

/** What the figures rest on; printed with them. */
export const EXTREMES_ASSUMPTIONS =
  'each wallet stands alone with its own equity as margin; orders fill at their trigger with the taker fee, without slippage or funding; ' +
  'maintenance margin 0.5 % of the notional; the market does not trade away from the mark price';

export interface Liquidation {
  readonly price: DecimalString;
  /** From the price of this extreme, two decimals; negative: below it. */
  readonly distancePercent: DecimalString;
}

export interface WalletExtreme {
  readonly wallet: WalletName;
  readonly long: DecimalString;
  readonly short: DecimalString;
  /** Long and short together at their entry prices, quote. */
  readonly notional: DecimalString;
  /** Notional / leverage, rounded up to a cent. */
  readonly initialMargin: DecimalString;
  readonly maintenanceMargin: DecimalString;
  readonly equity: DecimalString;
  /** Null: no price liquidates this wallet. */
  readonly liquidation: Liquidation | null;
}

export interface Extreme {
  readonly name: 'start' | 'decline';
  readonly price: DecimalString;
  readonly wallets: readonly WalletExtreme[];
  readonly notional: DecimalString;
  readonly initialMargin: DecimalString;
  readonly maintenanceMargin: DecimalString;
  readonly equity: DecimalString;
}

/** A wallet that is liquidated before the next order that would shrink its position. */
export interface UnprotectedMove {
  readonly wallet: WalletName;
  readonly side: 'long' | 'short';
  readonly from: DecimalString;
  readonly liquidationPrice: DecimalString;
  readonly orderPrice: DecimalString;
}

export interface PlanExtremes {
  readonly start: Extreme;
  readonly decline: Extreme;
  /** The first of each wallet and side on the way down and up again. */
  readonly unprotected: readonly UnprotectedMove[];
  readonly assumptions: string;
}

/** Null while prices of the ladder are not known, or when nothing of it can rest. Throws STRATEGY_TOO_SMALL as a trace does. */
export function extremesOf({ strategy, instrument, price, atr }: PreviewInputs, wallets: readonly WalletPreview[]): PlanExtremes | null {
  const levels = wallets.flatMap(({ ladder }) => ladder.flatMap((row) => (row.price === null ? [] : [row.price])));
  if (instrument === null || price === null || levels.length === 0) return null;
  const down = sortedPrices(levels).reverse();
  const walk = (prices: readonly DecimalString[]): TraceDocument[] => [...trace({ strategy, instrument, prices, fill: 'touch', atr })];
  const fall = walk([price, ...down]);
  const covers = (fall.at(-1)?.orders ?? []).flatMap(({ side, triggerPrice }) => (side === 'buy' && triggerPrice !== null ? [triggerPrice] : []));
  const documents = covers.length === 0 ? fall : walk([price, ...down, ...sortedPrices(covers)]);
  const [start] = fall;
  const end = fall.at(-1);
  if (start === undefined || end === undefined) return null;
  return {
    start: extremeAt('start', [start], { strategy, instrument }),
    decline: extremeAt('decline', fall, { strategy, instrument }),
    unprotected: unprotectedMoves(documents, { strategy, instrument }),
    assumptions: strategy.exchange.marginMode === 'cross' ? EXTREMES_ASSUMPTIONS : `${EXTREMES_ASSUMPTIONS}; isolated: a position's margin is its notional / leverage, as if opened at that price`,
  };
}

function sortedPrices(prices: readonly DecimalString[]): DecimalString[] {
  return [...new Set(prices)].sort((a, b) => dec(a).comparedTo(b));
}

interface Market {
  readonly strategy: Strategy;
  readonly instrument: Instrument;
}

const CENT = new D('0.01');

/** The state at the last of `documents`; those before it tell at which prices its positions were opened. */
function extremeAt(name: Extreme['name'], documents: readonly TraceDocument[], market: Market): Extreme {
  const last = documents.at(-1) as TraceDocument;
  const wallets = last.wallets.map((wallet): WalletExtreme => {
    const notional = entryValue(wallet, documents);
    return {
      wallet: wallet.wallet,
      long: wallet.long,
      short: wallet.short,
      notional: plain(notional),
      initialMargin: plain(ceilCents(notional, dec(market.strategy.leverage))),
      maintenanceMargin: plain(notional.times(MAINTENANCE_RATE)),
      equity: wallet.equity,
      liquidation: liquidationOf(wallet, dec(last.price), market),
    };
  });
  const total = (pick: (wallet: WalletExtreme) => DecimalString): DecimalString => plain(wallets.reduce((all, wallet) => all.plus(pick(wallet)), ZERO));
  return {
    name,
    price: last.price,
    wallets,
    notional: total((wallet) => wallet.notional),
    initialMargin: total((wallet) => wallet.initialMargin),
    maintenanceMargin: total((wallet) => wallet.maintenanceMargin),
    equity: total((wallet) => wallet.equity),
  };
}

type WalletDocument = TraceDocument['wallets'][number];

/** What is held, at the prices it was opened at: the long all at once, the short at its levels on the way down. */
function entryValue({ wallet, long, short }: WalletDocument, documents: readonly TraceDocument[]): D {
  const fills = documents.flatMap((document) => document.fills.filter((fill) => fill.wallet === wallet));
  let value = ZERO;
  for (const { role, level, price, amount } of fills) {
    if (level === null && !dec(long).isZero()) value = value.plus(dec(price).times(long));
    if (dec(short).isZero()) continue;
    if (role === 'stop-entry-short') value = value.plus(dec(price).times(amount));
    // One order closes the long fragment and opens a short of the same size.
    if (role === 'flip-short') value = value.plus(dec(price).times(amount).times('0.5'));
  }
  return value;
}

function ceilCents(numerator: D, denominator: D): D {
  const floored = floorQuotientToStep(numerator, denominator, CENT);
  return floored.times(denominator).lessThan(numerator) ? floored.plus(CENT) : floored;
}

/**
 * Where equity meets maintenance margin: `E + n·(p − P) = m·G·p`, with the net position n, the gross position G (both legs in hedge
 * mode), the rate m, equity E at price P. Multiplied by the leverage, so that isolated margin `|n|·P / leverage` needs no quotient.
 */
function liquidationOf({ long, short, equity }: WalletDocument, price: D, { strategy, instrument }: Market): Liquidation | null {
  const net = dec(long).minus(short);
  const size = net.abs();
  if (size.isZero()) return null;
  const leverage = dec(strategy.leverage);
  const gross = strategy.exchange.positionMode === 'hedge' ? dec(long).plus(short) : size;
  const value = size.times(price);
  const levered = leverage.times(equity);
  const backing = strategy.exchange.marginMode === 'isolated' ? minOf(levered, value) : levered;
  const kept = gross.times(MAINTENANCE_RATE);
  const isLong = net.greaterThan(0);
  const numerator = isLong ? leverage.times(value).minus(backing) : leverage.times(value).plus(backing);
  const denominator = leverage.times(isLong ? size.minus(kept) : size.plus(kept));
  if (numerator.lessThanOrEqualTo(0) || denominator.lessThanOrEqualTo(0)) return null;
  const at = nearestPrice(priceGridOf(instrument), numerator, denominator);
  return at.isZero() ? null : { price: plain(at), distancePercent: signedPercent(at.minus(price), price) };
}

function unprotectedMoves(documents: readonly TraceDocument[], market: Market): UnprotectedMove[] {
  const moves: UnprotectedMove[] = [];
  for (const document of documents) {
    for (const wallet of document.wallets) {
      const move = unprotectedAt(document, wallet, market);
      if (move !== null && !moves.some((known) => known.wallet === move.wallet && known.side === move.side)) moves.push(move);
    }
  }
  return moves;
}

function unprotectedAt({ price, orders }: TraceDocument, wallet: WalletDocument, market: Market): UnprotectedMove | null {
  const liquidation = liquidationOf(wallet, dec(price), market);
  if (liquidation === null) return null;
  const isLong = dec(wallet.long).greaterThan(wallet.short);
  const side = isLong ? 'sell' : 'buy';
  const triggers = sortedPrices(orders.flatMap((order) => (order.wallet === wallet.wallet && order.side === side && order.triggerPrice !== null ? [order.triggerPrice] : [])));
  const nearest = isLong ? triggers.at(-1) : triggers[0];
  if (nearest === undefined) return null;
  const isLate = isLong ? dec(liquidation.price).greaterThanOrEqualTo(nearest) : dec(liquidation.price).lessThanOrEqualTo(nearest);
  if (!isLate) return null;
  return { wallet: wallet.wallet, side: isLong ? 'long' : 'short', from: price, liquidationPrice: liquidation.price, orderPrice: nearest };
}

