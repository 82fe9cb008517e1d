/** Trades, funding and transfers as Hyperliquid's account rows, and the running position each fill starts from. */
import { dec, plain } from '../../../domain/decimal.ts';
import type { D } from '../../../domain/decimal.ts';
import type { Json } from '../../../domain/json.ts';
import type { TradeRecord } from '../../../ports/exchange.ts';
import type { AccountEvent } from '../../exchange/delta.ts';
import type { Leg } from '../../exchange/position.ts';
import { legAfterTrade, signedAmount } from '../../exchange/position.ts';
import { sideLetter } from './order-rows.ts';

type Funding = Extract<AccountEvent, { type: 'funding' }>;
type Liquidation = Extract<AccountEvent, { type: 'liquidation' }>;
type Transfer = Extract<AccountEvent, { type: 'transfer' }>;

export interface FillParts {
  readonly trade: TradeRecord;
  readonly tid: number;
  readonly oid: number;
  readonly cloid: string | null;
  readonly coin: string;
  readonly before: Leg;
  /** What took the position, when no order of a client did. */
  readonly forced: Liquidation | null;
  readonly user: string;
  readonly markPrice: string;
}

export function legAfter(before: Leg, trade: TradeRecord): Leg {
  return legAfterTrade(before, signedAmount(trade.side, dec(trade.amount)), dec(trade.price), null);
}

/** The liquidation fee is part of the fill's fee: there is no other row that could tell it. */
export function fillRow({ trade, tid, oid, cloid, coin, before, forced, user, markPrice }: FillParts): Json {
  const delta = signedAmount(trade.side, dec(trade.amount));
  const after = legAfter(before, trade);
  const closedPnl = delta.times(trade.price).negated().plus(after.cost).minus(before.cost);
  return {
    coin,
    px: trade.price,
    sz: trade.amount,
    side: sideLetter(trade.side),
    time: trade.at,
    startPosition: plain(before.amount),
    dir: directionOf(before.amount, after.amount, forced),
    closedPnl: plain(closedPnl),
    hash: hashOf(tid),
    oid,
    crossed: trade.takerOrMaker === 'taker',
    fee: plain(dec(trade.fee).plus(forced?.fee ?? '0')),
    tid,
    feeToken: 'USDC',
    ...(cloid !== null && { cloid }),
    ...(forced?.cause === 'liquidation' && { liquidation: { liquidatedUser: user, markPx: markPrice, method: 'market' } }),
  };
}

function directionOf(before: D, after: D, forced: Liquidation | null): string {
  const held = before.isNegative() ? 'Short' : 'Long';
  if (forced?.cause === 'adl') return 'Auto-Deleveraging';
  if (forced?.cause === 'liquidation') return `Liquidated Cross ${held}`;
  if (before.isZero()) return `Open ${after.isNegative() ? 'Short' : 'Long'}`;
  if (before.times(after).lessThan(0)) return before.isNegative() ? 'Short > Long' : 'Long > Short';
  return `${after.abs().greaterThan(before.abs()) ? 'Open' : 'Close'} ${held}`;
}

/** The position is what the payment itself says: −usdc ÷ (mark × rate), exact because it was multiplied so. */
export function fundingDelta({ amount, rate, markPrice }: Funding, coin: string, held: D): Record<string, Json> {
  const perUnit = dec(markPrice).times(rate);
  const szi = perUnit.isZero() ? held : dec(amount).dividedBy(perUnit).negated();
  return { coin, usdc: amount, szi: plain(szi), fundingRate: rate };
}

export function fundingRow(event: Funding, delta: Record<string, Json>): Json {
  return { time: event.at, hash: hashOf(0), delta: { type: 'funding', ...delta, nSamples: null } };
}

export function transferRow({ amount, at, id }: Pick<Transfer, 'amount' | 'at' | 'id'>): Json {
  const value = dec(amount);
  const hash = hashOf(id);
  if (value.isNegative()) return { time: at, hash, delta: { type: 'withdraw', usdc: plain(value.abs()), nonce: at, fee: '0.0' } };
  return { time: at, hash, delta: { type: 'deposit', usdc: plain(value) } };
}

/** A transaction hash that is the same for the same thing. */
export function hashOf(what: number | string): string {
  const hex = typeof what === 'number' ? what.toString(16) : [...what].map((letter) => letter.charCodeAt(0).toString(16).padStart(2, '0')).join('');
  return `0x${hex.padStart(64, '0')}`;
}
