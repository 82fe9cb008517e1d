/** Start and reset of a cycle (DOMAIN §3.5): a plan that is left alone always comes to rest, whatever fills while it resets. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { affordableAmount } from '../../src/domain/cycle.ts';
import { D, dec, isOnStep } from '../../src/domain/decimal.ts';
import { longOf } from '../../src/domain/wallet.ts';
import { factsOf, phaseOf } from '../../src/engine/step.ts';
import { Life, instructions, strategies } from '../engine/random-life.ts';
import type { Instruction } from '../engine/random-life.ts';
import { equalWeights, hedgeWallet, strategy } from '../fixtures.ts';

describe('a plan that is left alone', () => {
  it('comes to rest with every wallet in a cycle, none in RESET', () => {
    fc.assert(
      fc.property(strategies, instructions, (plan, list) => {
        const life = new Life(plan);
        for (const instruction of list) life.follow(instruction);
        life.settle();
        expect(life.state.wallets.map(phaseOf)).not.toContain('RESET');
      }),
      { numRuns: 100 },
    );
  });
});

describe('a reset whose long is sold by a late stop while it waits', () => {
  it('buys back instead of waiting for ever to sell what is gone', () => {
    const life = new Life(strategy({ wallets: [hedgeWallet({ weights: equalWeights(1) })], reset: { policy: 'independent', onAdvance: 4 } }));
    const move = (halves: number): Instruction => ({ type: 'move', halves, prompt: false });
    for (const instruction of [move(-2), move(4), { type: 'fill', pick: 7, quarters: 1 }, move(4), move(2), { type: 'fill', pick: 0, quarters: 1 }] as const) life.follow(instruction);
    life.settle();
    const facts = life.state.wallets.map(factsOf)[0];
    expect(facts).toMatchObject({ resetOrder: null, resetDue: null, entriesAllowed: true });
    expect(facts === undefined ? 0 : longOf(facts).toNumber()).toBeGreaterThan(0.9);
  });
});

describe('what the money buys', () => {
  it('is the largest whole number of lots whose cost, margin and fee the equity pays', () => {
    const cents = fc.integer({ min: 1, max: 10 ** 9 }).map((value) => new D(value).div(100));
    fc.assert(
      fc.property(cents, cents, fc.constantFrom('1', '3', '10', '2.5'), fc.constantFrom('0', '0.0005', '0.00075'), fc.constantFrom('0.0001', '0.001', '1'), (equity, price, leverage, takerFee, amountStep) => {
        const amount = affordableAmount(equity, price, dec(leverage), { amountStep, takerFee });
        const isPaid = (lots: D): boolean => lots.times(price).div(leverage).plus(lots.times(price).times(takerFee)).lessThanOrEqualTo(equity);
        expect(isOnStep(amount, dec(amountStep))).toBe(true);
        expect(isPaid(amount)).toBe(true);
        expect(isPaid(amount.plus(amountStep))).toBe(false);
      }),
      { numRuns: 300 },
    );
  });

  it('is nothing without money', () => {
    for (const equity of ['0', '-5']) expect(affordableAmount(dec(equity), dec('100'), dec('3'), { amountStep: '1', takerFee: '0' }).toNumber()).toBe(0);
  });
});
