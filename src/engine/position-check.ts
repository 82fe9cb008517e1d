/**
 * I5: what the wallets of a plan hold together, and what was accepted as somebody else's, is what the exchange holds, per position
 * side, or net in one-way mode; and what `adopt` does about a difference.
 */
import { ZERO, dec, minOf, plain } from '../domain/decimal.ts';
import type { D, DecimalString } from '../domain/decimal.ts';
import type { Strategy, WalletName } from '../domain/strategy.ts';
import { longOf, shortOf } from '../domain/wallet.ts';
import type { AccountSnapshot, PositionSide } from '../ports/exchange.ts';
import { factsOf } from './step.ts';
import type { PlanState } from './step.ts';

/** Signed base units on an account that are not the wallets': booked external events. Sides as in PositionRecord; a short counts positive in hedge mode. */
export interface ExternalPosition {
  readonly account: string;
  readonly positionSide: PositionSide | 'both';
  readonly amount: DecimalString;
}

export interface PositionDifference {
  readonly account: string;
  readonly positionSide: PositionSide | 'both';
  readonly actual: D;
  /** Wallets and external positions together. */
  readonly expected: D;
}

/** What differs. A snapshot that is not complete proves nothing and gives none. */
export function positionDifferences(snapshot: AccountSnapshot, state: PlanState, strategy: Strategy, external: readonly ExternalPosition[]): PositionDifference[] {
  if (!snapshot.complete) return [];
  const { account } = snapshot;
  const facts = holdersOn(account, state, strategy).map(factsOf);
  const long = facts.reduce<D>((total, wallet) => total.plus(longOf(wallet)), ZERO);
  const short = facts.reduce<D>((total, wallet) => total.plus(shortOf(wallet)), ZERO);
  const sides: readonly (readonly [PositionSide | 'both', D])[] =
    strategy.exchange.positionMode === 'one-way'
      ? [['both', long.minus(short)]]
      : [
          ['long', long],
          ['short', short],
        ];
  return sides
    .map(([positionSide, held]) => ({
      account,
      positionSide,
      actual: positionOn(snapshot, strategy.symbol, positionSide),
      expected: held.plus(externalOn(external, account, positionSide)),
    }))
    .filter(({ actual, expected }) => !actual.equals(expected));
}

export function differenceText({ account, positionSide, actual, expected }: PositionDifference): string {
  return `the exchange holds ${plain(actual)} ${positionSide === 'both' ? 'net' : positionSide} on account ${account}, the ledger ${plain(expected)}`;
}

function holdersOn(account: string, state: PlanState, strategy: Strategy): PlanState['wallets'] {
  return state.wallets.filter(({ name }) => strategy.wallets.find((wallet) => wallet.name === name)?.account === account);
}

function positionOn(snapshot: AccountSnapshot, symbol: string, side: PositionSide | 'both'): D {
  const record = snapshot.positions.find((position) => position.symbol === symbol && position.positionSide === side);
  return record === undefined ? ZERO : dec(record.amount);
}

export function externalOn(external: readonly ExternalPosition[], account: string, side: PositionSide | 'both'): D {
  const entry = external.find((each) => each.account === account && each.positionSide === side);
  return entry === undefined ? ZERO : dec(entry.amount);
}

/** A holding of a wallet that the exchange does not have any more. */
export interface TakenPart {
  readonly wallet: WalletName;
  readonly leg: 'close-long' | 'close-short';
  readonly amount: DecimalString;
}

export interface Adoption {
  readonly external: readonly ExternalPosition[];
  readonly taken: readonly TakenPart[];
}

/**
 * The exchange is right: what it has more is somebody else's from now on and left alone; what it has less is first taken from what was
 * somebody else's, then from the wallets, in file order.
 */
export function adoption(differences: readonly PositionDifference[], state: PlanState, strategy: Strategy, external: readonly ExternalPosition[]): Adoption {
  let next = external;
  const taken: TakenPart[] = [];
  for (const { account, positionSide, actual, expected } of differences) {
    const change = actual.minus(expected);
    const before = externalOn(next, account, positionSide);
    const holders = holdersOn(account, state, strategy);
    const isLess = positionSide !== 'both' ? change.isNegative() : false;
    let rest = change.abs();
    if (isLess) {
      const fromExternal = before.greaterThan(0) ? minOf(before, rest) : ZERO;
      next = withExternal(next, account, positionSide, before.minus(fromExternal));
      rest = rest.minus(fromExternal);
      rest = rest.minus(takeFrom(holders, positionSide === 'short' ? 'close-short' : 'close-long', rest, taken));
      if (rest.greaterThan(0)) next = withExternal(next, account, positionSide, externalOn(next, account, positionSide).minus(rest));
    } else if (positionSide === 'both') {
      // Net: what moved towards zero came out of the wallets, the rest is somebody else's.
      const opposite = !before.isZero() && before.isNegative() !== change.isNegative() ? minOf(before.abs(), rest) : ZERO;
      rest = rest.minus(opposite);
      rest = rest.minus(takeFrom(holders, change.isNegative() ? 'close-long' : 'close-short', rest, taken));
      const moved = change.isNegative() ? opposite.plus(rest).negated() : opposite.plus(rest);
      next = withExternal(next, account, positionSide, before.plus(moved));
    } else next = withExternal(next, account, positionSide, before.plus(change));
  }
  return { external: next, taken };
}

/** What could be taken. */
function takeFrom(holders: PlanState['wallets'], leg: TakenPart['leg'], amount: D, taken: TakenPart[]): D {
  let done = ZERO;
  for (const holder of holders) {
    const held = leg === 'close-long' ? longOf(factsOf(holder)) : shortOf(factsOf(holder));
    const part = minOf(held, amount.minus(done));
    if (!part.greaterThan(0)) continue;
    taken.push({ wallet: holder.name, leg, amount: plain(part) });
    done = done.plus(part);
  }
  return done;
}

export function withExternal(external: readonly ExternalPosition[], account: string, positionSide: PositionSide | 'both', amount: D): readonly ExternalPosition[] {
  const others = external.filter((each) => each.account !== account || each.positionSide !== positionSide);
  return amount.isZero() ? others : [...others, { account, positionSide, amount: plain(amount) }];
}
