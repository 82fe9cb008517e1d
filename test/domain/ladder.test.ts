/** The ladder (DOMAIN §2): only fills change a rung, a touch only slides; the order of arrival and the parts of fills do not matter. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dec, plain } from '../../src/domain/decimal.ts';
import { bookFill, touchPrice } from '../../src/domain/ladder.ts';
import type { Fill } from '../../src/domain/ladder.ts';
import type { WalletSpec } from '../../src/domain/strategy.ts';
import { rungsOut } from '../../src/domain/wallet.ts';
import type { WalletFacts } from '../../src/domain/wallet.ts';
import { factsOf, phaseOf, stepPlan } from '../../src/engine/step.ts';
import type { PlanState } from '../../src/engine/step.ts';
import { desiredOrders } from '../../src/window/desired-orders.ts';
import { Life, hedgeSpec, instructions, longSpec } from '../engine/random-life.ts';
import { hedgeWallet, longWallet, strategy } from '../fixtures.ts';

const specs: fc.Arbitrary<WalletSpec> = fc.oneof(longSpec, hedgeSpec);

/** The fills of everything that rests above or below the price down to a number of levels, whole. */
function dueFills(state: PlanState, side: 'buy' | 'sell', depth: number): Fill[] {
  return state.wallets.flatMap((wallet) =>
    desiredOrders(wallet.name, phaseOf(wallet), factsOf(wallet), strategy().windows)
      .filter((order) => order.side === side && order.level !== null)
      .sort((a, b) => (side === 'sell' ? 1 : -1) * ((b.level ?? 0) - (a.level ?? 0)))
      .slice(0, depth)
      .flatMap((order) =>
        order.legs.map(({ leg, amount }): Fill => ({ role: order.role, level: order.level, leg, cycle: order.cycle, price: order.triggerPrice ?? '0', amount, fee: '0', isComplete: true, at: 10 })),
      ),
  );
}

/** The same executions cut in up to three parts each. */
function cut(fills: readonly Fill[], cuts: readonly number[]): Fill[][] {
  return fills.map((fill, index) => {
    const first = dec(fill.amount).times(cuts[index % cuts.length] ?? 0).div(100).toDecimalPlaces(4, 1);
    const second = dec(fill.amount).minus(first).div(2).toDecimalPlaces(4, 1);
    const parts = [first, second, dec(fill.amount).minus(first).minus(second)].filter((part) => part.greaterThan(0));
    return parts.map((part, at) => ({ ...fill, amount: plain(part), isComplete: at === parts.length - 1 }));
  });
}

/** Merges the parts: parts of one fill stay in order, everything else is as `order` says. */
function shuffled(parts: readonly Fill[][], order: readonly number[]): Fill[] {
  const queues = parts.map((list) => [...list]);
  const merged: Fill[] = [];
  for (let turn = 0; queues.some((queue) => queue.length > 0); turn += 1) {
    const open = queues.filter((queue) => queue.length > 0);
    const next = open[(order[turn % order.length] ?? 0) % open.length]?.shift();
    if (next !== undefined) merged.push(next);
  }
  return merged;
}

function book(state: PlanState, fills: readonly Fill[]): PlanState {
  return fills.reduce((now, fill) => stepPlan(now, { to: 'wallet', wallet: now.wallets[0]?.name ?? 'long', event: { type: 'fill.booked', fill } }).state, state);
}

/** What must not depend on the order of arrival; costs and realised results follow it by average cost, their sum does not. */
function outcomeOf(state: PlanState): unknown {
  return state.wallets.map((wallet) => {
    const { rungs, top, coreLong, strayShort, hasTraded, resetDue, ledger, unit } = factsOf(wallet);
    const { bought, sold, fees } = ledger;
    return { phase: phaseOf(wallet), rungs, top, unit, coreLong, strayShort, hasTraded, isResetDue: resetDue !== null, bought, sold, fees };
  });
}

describe('fills', () => {
  it('of one decline end in the same ladder, holdings and money in any order and any parts', () => {
    const run = fc.property(specs, fc.integer({ min: 1, max: 9 }), fc.array(fc.nat({ max: 99 }), { minLength: 1, maxLength: 6 }), fc.array(fc.nat({ max: 20 }), { minLength: 1, maxLength: 25 }), (spec, depth, cuts, order) => {
      const { state } = new Life(strategy({ wallets: [spec] }));
      const fills = dueFills(state, 'sell', depth);
      expect(outcomeOf(book(state, shuffled(cut(fills, cuts), order)))).toEqual(outcomeOf(book(state, fills)));
    });
    fc.assert(run, { numRuns: 100 });
  });

  it('of one recovery do too, from wherever a random life has led', () => {
    const run = fc.property(specs, instructions, fc.integer({ min: 1, max: 9 }), fc.array(fc.nat({ max: 99 }), { minLength: 1, maxLength: 6 }), fc.array(fc.nat({ max: 20 }), { minLength: 1, maxLength: 25 }), (spec, list, depth, cuts, order) => {
      const life = new Life(strategy({ wallets: [spec], reset: { policy: spec.cycle === 'scaling' ? 'joint' : 'independent', onAdvance: null } }));
      for (const instruction of list) life.follow(instruction.type === 'move' ? { ...instruction, prompt: true } : instruction);
      life.settle();
      const all = dueFills(life.state, 'buy', depth);
      // The fill that completes a cycle begins the next one, where those that follow it are late: §2 speaks of one cycle.
      const facts = life.state.wallets[0] === undefined ? null : factsOf(life.state.wallets[0]);
      const fills = facts !== null && spec.cycle !== 'scaling' ? all.slice(0, Math.max(0, rungsOut(facts) - 1)) : all;
      expect(outcomeOf(book(life.state, shuffled(cut(fills, cuts), order)))).toEqual(outcomeOf(book(life.state, fills)));
    });
    fc.assert(run, { numRuns: 60 });
  });
});

describe('touches', () => {
  const rungsOf = (facts: WalletFacts): string => JSON.stringify([facts.rungs, facts.coreLong, facts.strayShort, facts.ledger]);

  it('never change a rung or the money', () => {
    const run = fc.property(specs, instructions, fc.array(fc.integer({ min: 2_000, max: 30_000 }), { maxLength: 10 }), (spec, list, prices) => {
      const life = new Life(strategy({ wallets: [spec] }));
      for (const instruction of list) life.follow(instruction);
      life.settle();
      for (const wallet of life.state.wallets) {
        const before = factsOf(wallet);
        const after = prices.reduce((facts, price) => touchPrice(facts, { price: String(price), at: 1_000, slides: true }), before);
        expect(rungsOf(after)).toBe(rungsOf(before));
      }
    });
    fc.assert(run, { numRuns: 40 });
  });

  it('slide by k alone: all in trails up to c − m, all out trails down to c + m + N − 2, else the ladder is pinned', () => {
    const run = fc.property(specs, instructions, fc.integer({ min: -6, max: 6 }), (spec, list, units) => {
      const life = new Life(strategy({ wallets: [spec] }));
      for (const instruction of list) life.follow(instruction);
      life.settle();
      for (const wallet of life.state.wallets) {
        const before = factsOf(wallet);
        const after = touchPrice(before, { price: plain(dec(before.anchor).plus(100 * (before.unit + units))), at: 1_000, slides: true });
        const [k, count] = [rungsOut(before), before.rungs.length];
        const expected = k === 0 ? Math.max(before.top, after.unit - spec.confirmation) : k === count ? Math.min(before.top, after.unit + spec.confirmation + count - 2) : before.top;
        if (after.resetDue === null) expect(after.top).toBe(expected);
      }
    });
    fc.assert(run, { numRuns: 60 });
  });

  it('slide nothing while the plan is paused', () => {
    const facts = new Life(strategy()).state.wallets.map(factsOf)[0];
    if (facts === undefined) throw new Error('a plan has a wallet');
    expect(touchPrice(facts, { price: '10700', at: 5, slides: false })).toEqual({ ...facts, price: '10700', unit: 7, peakUnit: 7 });
    expect(touchPrice(facts, { price: '10700', at: 5, slides: true }).top).toBe(6);
  });
});

describe('late fills', () => {
  const started = (spec: WalletSpec): WalletFacts => {
    const facts = new Life(strategy({ wallets: [spec] })).state.wallets.map(factsOf)[0];
    if (facts === undefined) throw new Error('a plan has a wallet');
    return { ...facts, cycle: 1 };
  };
  const late = (fill: Pick<Fill, 'role' | 'leg' | 'amount'>): Fill => ({ level: -1, cycle: 0, price: '9900', fee: '0', isComplete: true, at: 9, ...fill });

  it('of an earlier cycle open a stray short, which is closed at market', () => {
    const facts = bookFill(started(hedgeWallet()), late({ role: 'stop-entry-short', leg: 'open-short', amount: '0.25' }));
    expect([facts.strayShort, rungsOut(facts), facts.hasTraded]).toEqual(['0.25', 0, false]);
    expect(desiredOrders('hedge', 'ADVANCE', facts, strategy().windows)[0]).toMatchObject({ role: 'close-stray', side: 'buy', amount: '0.25', level: null });
  });

  it('of an earlier cycle that bought join the last rung, which sells all it holds', () => {
    const facts = bookFill(started(longWallet()), late({ role: 'stop-entry-long', leg: 'open-long', amount: '0.2' }));
    expect(facts.rungs.map(({ long }) => long)).toEqual(['0.25', '0.25', '0.25', '0.45']);
  });

  it('of an earlier cycle that sold empty the new ladder from the top, and what is empty is out', () => {
    const facts = bookFill(started(longWallet()), late({ role: 'stop-loss', leg: 'close-long', amount: '0.3' }));
    expect(facts.rungs.map(({ long, out }) => [long, out])).toEqual([['0', true], ['0.2', false], ['0.25', false], ['0.25', false]]);
  });
});
