/** What a whole plan wants on the exchange in its present operation: running, paused, halted, being flattened or diverged. */
import { dec, plain } from '../domain/decimal.ts';
import type { Instrument, Strategy } from '../domain/strategy.ts';
import { longOf, shortOf } from '../domain/wallet.ts';
import type { WalletFacts } from '../domain/wallet.ts';
import type { Operation } from '../../machines/plan.machine.ts';
import { desiredOrders } from '../window/desired-orders.ts';
import type { DesiredLeg, DesiredOrder } from '../window/desired-orders.ts';
import { isProtective } from '../window/exchange-orders.ts';
import type { ExchangeOrder, WalletDesire } from '../window/exchange-orders.ts';
import { factsOf, operationOf, phaseOf } from './step.ts';
import type { PlanState, WalletState } from './step.ts';

export function planDesire(state: PlanState, strategy: Strategy): WalletDesire[] {
  const operation = operationOf(state);
  return state.wallets.map((wallet) => ({
    name: wallet.name,
    account: strategy.wallets.find((spec) => spec.name === wallet.name)?.account ?? strategy.exchange.account,
    facts: factsOf(wallet),
    orders: walletDesire(wallet, operation, strategy),
  }));
}

function walletDesire(wallet: WalletState, operation: Operation, strategy: Strategy): readonly DesiredOrder[] {
  switch (operation) {
    case 'running':
    case 'paused':
    case 'diverged':
      return desiredOrders(wallet.name, phaseOf(wallet), factsOf(wallet), strategy.windows);
    case 'halted':
      return [];
    case 'flattening':
      return closeEverything(wallet.name, factsOf(wallet));
  }
}

function closeEverything(wallet: WalletState['name'], facts: WalletFacts): DesiredOrder[] {
  const legs: DesiredLeg[] = [
    { leg: 'close-long' as const, amount: plain(longOf(facts)) },
    { leg: 'close-short' as const, amount: plain(shortOf(facts)) },
  ].filter(({ amount }) => dec(amount).greaterThan(0));
  return legs.map((leg) => ({
    wallet,
    role: 'flatten',
    side: leg.leg === 'close-long' ? 'sell' : 'buy',
    rung: null,
    level: null,
    triggerPrice: null,
    amount: leg.amount,
    legs: [leg],
    cycle: facts.cycle,
  }));
}

/** Nothing is held any more. */
export function isFlat(state: PlanState): boolean {
  return state.wallets.every((wallet) => longOf(factsOf(wallet)).isZero() && shortOf(factsOf(wallet)).isZero());
}

/** Entries that have become smaller than the exchange takes, with the reason: they are not sent (I11). Limits of a window lie beyond its trigger. */
export function tooSmallSlots(desired: readonly ExchangeOrder[], { minAmount, minCost }: Instrument): ReadonlyMap<string, string> {
  const slots = new Map<string, string>();
  for (const { slot, legs, amount, triggerPrice } of desired) {
    if (triggerPrice === null || isProtective({ legs })) continue;
    const size = dec(amount);
    const isEnough = size.greaterThanOrEqualTo(minAmount) && size.times(triggerPrice).greaterThanOrEqualTo(minCost);
    if (!isEnough) slots.set(slot, `${amount} at ${triggerPrice} is below the ${minAmount} and ${minCost} quote the exchange takes at least`);
  }
  return slots;
}

/** Which changes the present operation allows (DOMAIN §8). */
export function permissions(operation: Operation): { readonly mayOpen: boolean; readonly mayCancelEntries: boolean } {
  return { mayOpen: operation === 'running', mayCancelEntries: operation !== 'paused' };
}
