/** What a wallet wants to rest: everything it holds is protected, whatever was filled in parts or late (I6). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ZERO, dec, minOf, plain } from '../../src/domain/decimal.ts';
import type { D } from '../../src/domain/decimal.ts';
import type { Fill } from '../../src/domain/ladder.ts';
import { longOf, shortOf } from '../../src/domain/wallet.ts';
import type { Leg, WalletFacts } from '../../src/domain/wallet.ts';
import { factsOf, phaseOf } from '../../src/engine/step.ts';
import type { WalletState } from '../../src/engine/step.ts';
import { desiredOrders } from '../../src/window/desired-orders.ts';
import type { DesiredOrder } from '../../src/window/desired-orders.ts';
import { Life, instructions, strategies } from '../engine/random-life.ts';
import { equalWeights, hedgeWallet, longWallet, strategy } from '../fixtures.ts';

function amountOf(orders: readonly DesiredOrder[], leg: Leg): D {
  return orders.flatMap(({ legs }) => legs).filter((part) => part.leg === leg).reduce((total, part) => total.plus(part.amount), ZERO);
}

/** Long and short of one fragment in the middle of a flip protect each other. */
function hedgedWithin(facts: WalletFacts): D {
  if (facts.parameters.cycle !== 'scaling') return ZERO;
  return facts.rungs.reduce((total, { long, short }) => total.plus(minOf(dec(long), dec(short))), ZERO);
}

function expectProtected(wallet: WalletState, orders: readonly DesiredOrder[]): void {
  const facts = factsOf(wallet);
  const naked = longOf(facts).plus(shortOf(facts)).minus(amountOf(orders, 'close-long')).minus(amountOf(orders, 'close-short'));
  expect(naked.lessThanOrEqualTo(hedgedWithin(facts)), `${wallet.name} in ${phaseOf(wallet)}: ${plain(naked)} without protection`).toBe(true);
  expect(amountOf(orders, 'close-long').lessThanOrEqualTo(longOf(facts))).toBe(true);
  expect(amountOf(orders, 'close-short').lessThanOrEqualTo(shortOf(facts))).toBe(true);
}

describe('desired orders', () => {
  it('close all that is held, and not more, after every event of a cycle', () => {
    fc.assert(
      fc.property(strategies, instructions, (plan, list) => {
        const life = new Life(plan, ({ state }) => {
          for (const wallet of state.wallets) {
            if (phaseOf(wallet) !== 'RESET') expectProtected(wallet, desiredOrders(wallet.name, phaseOf(wallet), factsOf(wallet), plan.windows));
          }
        });
        for (const instruction of list) life.follow(instruction);
      }),
      { numRuns: 60 },
    );
  });

  it('are at most one for each wallet, role and level, on its grid, never of nothing', () => {
    fc.assert(
      fc.property(strategies, instructions, (plan, list) => {
        const life = new Life(plan, ({ state }) => {
          for (const wallet of state.wallets) {
            const orders = desiredOrders(wallet.name, phaseOf(wallet), factsOf(wallet), plan.windows).filter(({ level }) => level !== null);
            expect(new Set(orders.map(({ role, level }) => `${role} ${level}`)).size).toBe(orders.length);
            for (const { amount, legs, triggerPrice } of orders) {
              expect(dec(triggerPrice ?? '0').greaterThan(0) && legs.every((leg) => dec(leg.amount).greaterThan(0))).toBe(true);
              expect(plain(legs.reduce((total, leg) => total.plus(leg.amount), ZERO))).toBe(amount);
            }
          }
        });
        for (const instruction of list) life.follow(instruction);
      }),
      { numRuns: 40 },
    );
  });

  it('rest only as many rungs of a role as its window allows, the nearest to the market first', () => {
    const windows = { ...strategy().windows };
    const plan = strategy({ windows: { ...windows, 'stop-entry-short': { ...windows['stop-entry-short'], resting: 2 } } });
    const wallet = new Life(plan).state.wallets[0];
    if (wallet === undefined) throw new Error('a plan has a wallet');
    const orders = desiredOrders(wallet.name, phaseOf(wallet), factsOf(wallet), plan.windows);
    expect(orders.map(({ role, level }) => `${role} ${level}`)).toEqual(['stop-loss -1', 'stop-entry-short -1', 'stop-entry-short -2']);
  });
});

describe('a fragment whose flip was filled half', () => {
  const life = new Life(strategy({ wallets: [hedgeWallet({ cycle: 'scaling', weights: equalWeights(2) })] }));
  const book = (fill: Partial<Fill>): void =>
    life.apply({ to: 'wallet', wallet: 'hedge', event: { type: 'fill.booked', fill: { role: 'flip-short', level: -1, leg: 'close-long', cycle: 0, price: '9900', amount: '0.5', fee: '0', isComplete: true, at: 5, ...fill } } });
  const wanted = (): string[] => life.state.wallets.flatMap((wallet) => desiredOrders(wallet.name, phaseOf(wallet), factsOf(wallet), life.strategy.windows)).map(({ role, level, legs }) => `${role} ${level}: ${legs.map(({ leg, amount }) => `${leg} ${amount}`).join(', ')}`);

  it('has a stop for the part of its short that is open, when the rest does not follow', () => {
    book({});
    book({ leg: 'open-short', amount: '0.125', isComplete: false });
    expect(wanted()).toEqual(['flip-short -1: open-short 0.375', 'flip-long 0: close-short 0.125', 'flip-short -2: close-long 0.5, open-short 0.5']);
  });

  it('is empty but still in when that stop fills, and flips completely at the next decline', () => {
    book({ role: 'flip-long', level: 0, leg: 'close-short', amount: '0.125', price: '10000' });
    expect(wanted()).toEqual(['flip-short -1: open-short 0.5', 'flip-short -2: close-long 0.5, open-short 0.5']);
    book({ leg: 'open-short', amount: '0.5' });
    expect(wanted()).toEqual(['flip-long 0: close-short 0.5, open-long 0.5', 'flip-short -2: close-long 0.5, open-short 0.5']);
  });
});

describe('a long wallet whose re-entry was filled half', () => {
  it('has a stop for what it bought', () => {
    const life = new Life(strategy({ wallets: [longWallet({ weights: equalWeights(1) })] }));
    for (const halves of [-2, -2]) life.follow({ type: 'move', halves, prompt: true });
    life.follow({ type: 'move', halves: 2, prompt: false });
    life.follow({ type: 'fill', pick: 0, quarters: 2 });
    const orders = life.state.wallets.flatMap((wallet) => desiredOrders(wallet.name, phaseOf(wallet), factsOf(wallet), life.strategy.windows));
    expect(orders.map(({ role, amount }) => role === 'stop-loss' ? `${role} ${amount}` : role)).toEqual([expect.stringMatching(/^stop-loss 0\.50/), 'stop-entry-long']);
  });
});
