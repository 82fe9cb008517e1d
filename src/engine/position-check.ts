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
 * The exchange is right: what it has more is somebody else's from now on and left alone; what it has less is taken from the wallets, in
 * file order, as far as they hold it.
 */
export function adoption(differences: readonly PositionDifference[], state: PlanState, strategy: Strategy, external: readonly ExternalPosition[]): Adoption {
  const booked = differences.reduce((all, { account, positionSide, actual, expected }) => withExternal(all, account, positionSide, externalOn(all, account, positionSide).plus(actual).minus(expected)), external);
  const taken: TakenPart[] = [];
  let next = booked;
  for (const { account, positionSide, amount } of booked) {
    const outside = dec(amount);
    const leg = closedBy(positionSide, outside);
    if (leg === null) continue;
    const done = takeFrom(holdersOn(account, state, strategy), leg, outside.abs(), taken);
    next = withExternal(next, account, positionSide, outside.isNegative() ? outside.plus(done) : outside.minus(done));
  }
  return { external: next, taken };
}

/** What of the wallets an external position stands against: a side that is short of what they hold, or the other way in one-way mode. */
function closedBy(positionSide: PositionSide | 'both', outside: D): TakenPart['leg'] | null {
  if (positionSide === 'both') return outside.isNegative() ? 'close-long' : 'close-short';
  if (!outside.isNegative()) return null;
  return positionSide === 'long' ? 'close-long' : 'close-short';
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
