/** Plans that would get in each other's way: two of one name, or two that trade one symbol on one account. */
import type { Strategy } from '../../domain/strategy.ts';

export interface PlanConflict {
  readonly files: readonly string[];
  readonly message: string;
}

interface NamedStrategy {
  readonly file: string;
  readonly strategy: Strategy;
}

export function planConflicts(plans: readonly NamedStrategy[]): PlanConflict[] {
  return [
    ...shared(plans, ({ name }) => [name]).map(({ key, files }) => ({ files, message: `the name ${key} is used by ${files.join(' and ')}; a plan's orders and journal are found by its name, so give each its own` })),
    ...shared(plans, placesOf).map(({ key, files }) => ({ files, message: `${key} is traded by ${files.join(' and ')}; one position cannot be told apart from the other, so give one of them another account` })),
  ];
}

function placesOf({ symbol, exchange, wallets }: Strategy): string[] {
  return [...new Set(wallets.map(({ account }) => `${symbol} on account ${account} of ${exchange.id}`))];
}

function shared(plans: readonly NamedStrategy[], keysOf: (strategy: Strategy) => readonly string[]): { readonly key: string; readonly files: readonly string[] }[] {
  const users = new Map<string, string[]>();
  for (const { file, strategy } of plans) for (const key of keysOf(strategy)) users.set(key, [...(users.get(key) ?? []), file]);
  return [...users].filter(([, files]) => files.length > 1).map(([key, files]) => ({ key, files }));
}
