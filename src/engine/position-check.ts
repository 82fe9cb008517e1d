/** I5: what the wallets of a plan hold together is what the exchange holds, per position side, or net in one-way mode. */
import { ZERO, dec, plain } from '../domain/decimal.ts';
import type { D } from '../domain/decimal.ts';
import type { Strategy } from '../domain/strategy.ts';
import { longOf, shortOf } from '../domain/wallet.ts';
import type { AccountSnapshot, PositionSide } from '../ports/exchange.ts';
import { factsOf } from './step.ts';
import type { PlanState } from './step.ts';

/** What differs, in words, or null. A snapshot that is not complete proves nothing and gives null. */
export function comparePositions(snapshot: AccountSnapshot, state: PlanState, strategy: Strategy): string | null {
  if (!snapshot.complete) return null;
  const facts = state.wallets.filter(({ name }) => strategy.wallets.find((wallet) => wallet.name === name)?.account === snapshot.account).map(factsOf);
  const long = facts.reduce<D>((total, wallet) => total.plus(longOf(wallet)), ZERO);
  const short = facts.reduce<D>((total, wallet) => total.plus(shortOf(wallet)), ZERO);
  const where = `on account ${snapshot.account}`;
  if (strategy.exchange.positionMode === 'one-way') {
    return differenceText('net', positionOn(snapshot, strategy.symbol, 'both'), long.minus(short), where);
  }
  return (
    differenceText('long', positionOn(snapshot, strategy.symbol, 'long'), long, where) ?? differenceText('short', positionOn(snapshot, strategy.symbol, 'short'), short, where)
  );
}

function positionOn(snapshot: AccountSnapshot, symbol: string, side: PositionSide | 'both'): D {
  const record = snapshot.positions.find((position) => position.symbol === symbol && position.positionSide === side);
  return record === undefined ? ZERO : dec(record.amount);
}

function differenceText(side: string, actual: D, expected: D, where: string): string | null {
  if (actual.equals(expected)) return null;
  return `the exchange holds ${plain(actual)} ${side} ${where}, the wallets ${plain(expected)}`;
}
