/**
 * The shape of the machines: every declared state is reached, and the table of what each event does in each state is kept as
 * reviewed files. `npx vitest -u` rewrites them; read the difference before committing it.
 */
import { describe, expect, it } from 'vitest';
import { hedgeWalletMachine } from '../../machines/hedge-wallet.machine.ts';
import { longWalletMachine } from '../../machines/long-wallet.machine.ts';
import { planMachine } from '../../machines/plan.machine.ts';
import { equalWeights, hedgeWallet, longWallet } from '../fixtures.ts';
import { declaredStates, statesOf, transitionTable, walkPlan, walkWallet } from './machine-graph.ts';

const two = { weights: equalWeights(2) };

const WALLETS = [
  ['rotation', hedgeWalletMachine, walkWallet(hedgeWallet({ ...two, cycle: 'rotation' }))],
  ['scaling', hedgeWalletMachine, walkWallet(hedgeWallet({ ...two, cycle: 'scaling' }))],
  ['fragments', longWalletMachine, walkWallet(longWallet(two))],
] as const;

describe.each(WALLETS)('a wallet with cycle %s', (name, machine, walk) => {
  it('reaches every declared state and no other', () => {
    expect([...new Set(walk.snapshots.flatMap(({ value }) => statesOf(value)))].sort()).toEqual(declaredStates(machine));
  });

  it('does in each state what the reviewed table says', async () => {
    await expect(transitionTable(machine, walk)).toMatchFileSnapshot(`../golden/transitions/${name}.txt`);
  });

  it("ignores nothing but the end of a reset's order outside a reset", () => {
    const ignored = walk.steps.filter(({ from, event }) => !from.can(event));
    expect(ignored.length).toBeGreaterThan(0);
    expect(new Set(ignored.map(({ event }) => event.type))).toEqual(new Set(['reset-order.ended']));
    expect(ignored.every(({ from, to }) => from.value !== 'RESET' && to.context === from.context)).toBe(true);
  });
});

describe('the plan', () => {
  const walk = walkPlan();

  it('reaches every declared state and no other', () => {
    expect([...new Set(walk.snapshots.flatMap(({ value }) => statesOf(value)))].sort()).toEqual(declaredStates(planMachine));
  });

  it('combines every phase with every operation', () => {
    expect(new Set(walk.snapshots.map(({ value }) => JSON.stringify(value))).size).toBe(4 * 5);
  });

  it('does in each state what the reviewed table says', async () => {
    await expect(transitionTable(planMachine, walk)).toMatchFileSnapshot('../golden/transitions/plan.txt');
  });

  it('ignores only orders of an operator that make no sense in its operation', () => {
    const ignored = new Set(walk.steps.filter(({ from, event }) => !from.can(event)).map(({ from, event }) => `${from.value.operation}: ${event.type}`));
    expect([...ignored].sort()).toEqual([
      'diverged: diverge',
      'diverged: flattened',
      'diverged: pause',
      'diverged: resume',
      'flattening: adopt',
      'flattening: flatten',
      'flattening: halt',
      'flattening: pause',
      'flattening: resume',
      'halted: adopt',
      'halted: diverge',
      'halted: flattened',
      'halted: halt',
      'halted: pause',
      'paused: adopt',
      'paused: flattened',
      'paused: pause',
      'running: adopt',
      'running: flattened',
      'running: resume',
    ]);
  });

  it('stays as it is when it is shown the same wallets twice', () => {
    for (const { event, to } of walk.steps) {
      if (event.type !== 'wallets.changed') continue;
      const again = walk.steps.find((step) => step.event === event && JSON.stringify([step.from.value, step.from.context]) === JSON.stringify([to.value, to.context]));
      expect([again?.to.value, again?.to.context]).toEqual([to.value, to.context]);
    }
  });
});

describe('xstate/graph sees the machines as data', () => {
  it.each([['plan', planMachine], ['hedgeWallet', hedgeWalletMachine], ['longWallet', longWalletMachine]] as const)('%s has no timers, no invoked actors and a bounded number of eventless steps', (_, machine) => {
    const text = JSON.stringify(machine.config);
    expect(text).not.toMatch(/"(?:after|invoke|history)"/);
    if (machine !== planMachine) expect(machine.options).toMatchObject({ maxIterations: 20 });
  });
});
