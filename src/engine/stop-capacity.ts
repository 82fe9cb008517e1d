/**
 * Whether everything that protects can rest at once (I6): an exchange takes so many conditional orders per symbol and no more. Entries may
 * wait until there is room, stops may not; so a plan with more of them than places is not started at all.
 */
import { HedgerowError } from '../domain/errors.ts';
import type { Strategy, WalletSpec } from '../domain/strategy.ts';

/** A stop that replaces another rests beside it for a moment. */
export const PLACES_KEPT = 1;

/** Most orders of a wallet that close something and rest at once, as far as its windows let them. */
function mostStops({ windows }: Pick<Strategy, 'windows'>, { cycle, weights }: Pick<WalletSpec, 'cycle' | 'weights'>): number {
  const count = weights.length;
  switch (cycle) {
    case 'fragments':
      return Math.min(count, windows['stop-loss'].resting);
    case 'rotation':
      // The full stop may still be filling when the entries of its level have filled.
      return 1 + Math.min(count, windows.cover.resting);
    case 'scaling':
      return Math.max(...Array.from({ length: count + 1 }, (_, out) => Math.min(count - out, windows['flip-short'].resting) + Math.min(out, windows['flip-long'].resting)));
  }
}

/** Places the plan needs on each account, the one for replacing included. */
export function stopPlacesByAccount(strategy: Pick<Strategy, 'wallets' | 'windows'>): ReadonlyMap<string, number> {
  const places = new Map<string, number>();
  for (const wallet of strategy.wallets) places.set(wallet.account, (places.get(wallet.account) ?? PLACES_KEPT) + mostStops(strategy, wallet));
  return places;
}

/** Throws STRATEGY_UNPROTECTABLE. `cap`: most conditional orders per symbol; null: no such cap. */
export function refuseUnprotectable(strategy: Strategy, cap: number | null): void {
  for (const [account, places] of cap === null ? [] : stopPlacesByAccount(strategy)) {
    if (places > (cap ?? Infinity)) throw new HedgerowError('STRATEGY_UNPROTECTABLE', unprotectableText(strategy.name, account, places, cap ?? places));
  }
}

export function unprotectableText(plan: string, account: string, places: number, cap: number): string {
  return (
    `plan ${plan} needs up to ${places} conditional orders on account ${account} for its stops (${PLACES_KEPT} of them for replacing one), the exchange takes ${cap} per symbol; ` +
    'use fewer fragments, give the wallets accounts of their own, or lower resting, which says how many rungs are protected at a time'
  );
}
