/**
 * A funding payment of the exchange divided over the wallets that held the position (I14): by their holdings, exactly; what a
 * rounded share leaves over goes to the largest holder, so the shares always add up to the payment.
 */
import { D, ZERO, dec, floorQuotientToStep, plain, sum } from '../domain/decimal.ts';
import type { DecimalString } from '../domain/decimal.ts';
import type { Strategy, WalletName } from '../domain/strategy.ts';
import { longOf, shortOf } from '../domain/wallet.ts';
import type { Leg } from '../domain/wallet.ts';
import type { ExchangeEvent } from '../ports/exchange.ts';
import { factsOf } from './step.ts';
import type { PlanState } from './step.ts';

const SHARE_STEP = new D('1e-18');

export interface FundingShare {
  readonly wallet: WalletName;
  readonly amount: DecimalString;
}

/** A fill that was booked lately: what came after a payment did not earn it. */
export interface RecentFill {
  readonly wallet: WalletName;
  readonly leg: Leg;
  readonly amount: DecimalString;
  /** Exchange time, ms. */
  readonly at: number;
}

type FundingEvent = Extract<ExchangeEvent, { type: 'funding' }>;

/** `isExplained`: the payment is the rate on just what the wallets held; else fills may be missing, or it is somebody else's in part. */
export interface SharedFunding {
  readonly shares: readonly FundingShare[];
  readonly isExplained: boolean;
}

/**
 * Shares of `event` by what the wallets held when it was due, which may be before fills that were heard of earlier; none when no wallet
 * of the plan held anything (the payment then belongs to someone else).
 */
export function shareFunding(event: FundingEvent, state: PlanState, strategy: Strategy, recent: readonly RecentFill[]): SharedFunding {
  // A fill of the very moment came before or after the payment: whichever of the two makes the payment what it is.
  const before = heldBy(event, state, strategy, recent.filter(({ at }) => at > event.at));
  const after = heldBy(event, state, strategy, recent.filter(({ at }) => at >= event.at));
  const [isPaidBefore, isPaidAfter] = [isPaidOn(event, before), isPaidOn(event, after)];
  return { shares: sharesOf(event, isPaidAfter && !isPaidBefore ? after : before), isExplained: isPaidBefore || isPaidAfter };
}

function sharesOf(event: FundingEvent, holders: readonly Holder[]): readonly FundingShare[] {
  const total = sum(holders.map(({ held }) => held));
  if (holders.length === 0) return [];
  // A netted position can be flat while its wallets hold opposite sides: what one receives the other pays, by the rate itself.
  if (total.isZero()) return holders.map(({ wallet, held }) => ({ wallet, amount: plain(held.times(event.markPrice).times(event.rate).negated()) }));
  return divided(dec(event.amount), holders, total);
}

interface Holder {
  readonly wallet: WalletName;
  readonly held: D;
}

/** Who held how much before `later` was filled; nobody who held nothing. */
function heldBy(event: FundingEvent, state: PlanState, strategy: Strategy, later: readonly RecentFill[]): Holder[] {
  return state.wallets
    .filter(({ name }) => strategy.wallets.find((wallet) => wallet.name === name)?.account === event.account)
    .map((wallet) => ({ wallet: wallet.name, held: heldOn(wallet, event.positionSide).minus(changeOf(wallet.name, event.positionSide, later)) }))
    .filter(({ held }) => !held.isZero());
}

/** The payment is the rate on just these holdings: longs pay a positive rate, shorts receive it. */
function isPaidOn({ positionSide, markPrice, rate, amount }: FundingEvent, holders: readonly Holder[]): boolean {
  const due = sum(holders.map(({ held }) => held)).times(markPrice).times(rate);
  return (positionSide === 'short' ? due : due.negated()).equals(amount);
}

function heldOn(wallet: PlanState['wallets'][number], side: 'long' | 'short' | 'both'): D {
  const facts = factsOf(wallet);
  if (side === 'long') return longOf(facts);
  if (side === 'short') return shortOf(facts);
  return longOf(facts).minus(shortOf(facts));
}

/** What these fills changed of what `heldOn` tells. */
function changeOf(wallet: WalletName, side: 'long' | 'short' | 'both', fills: readonly RecentFill[]): D {
  const signed = fills.filter((fill) => fill.wallet === wallet).map(({ leg, amount }) => {
    const isLong = leg === 'open-long' || leg === 'close-long';
    if (side !== 'both' && (side === 'long') !== isLong) return ZERO;
    const change = leg === 'open-long' || leg === 'open-short' ? dec(amount) : dec(amount).negated();
    return side === 'both' && !isLong ? change.negated() : change;
  });
  return sum(signed);
}

function divided(amount: D, holders: readonly { wallet: WalletName; held: D }[], total: D): FundingShare[] {
  const largest = holders.reduce((best, holder) => (holder.held.abs().greaterThan(best.held.abs()) ? holder : best));
  const shares = holders.map(({ wallet, held }) => ({ wallet, amount: signedShare(amount, held, total) }));
  const rest = amount.minus(sum(shares.map((share) => share.amount)));
  return shares.map((share) => ({ wallet: share.wallet, amount: plain(share.wallet === largest.wallet ? share.amount.plus(rest) : share.amount) }));
}

function signedShare(amount: D, held: D, total: D): D {
  const product = amount.times(held);
  const size = floorQuotientToStep(product.abs(), total.abs(), SHARE_STEP);
  if (size.isZero()) return ZERO;
  return product.isNegative() === total.isNegative() ? size : size.negated();
}
