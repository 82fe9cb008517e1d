/** Stored snapshots (I12): JSON only, never changed in place, restored to a plan that wants and does the same. */
import { describe, expect, it } from 'vitest';
import type { PlanEvent } from '../../machines/plan.machine.ts';
import type { WalletEvent } from '../../machines/wallet-cycle.ts';
import type { Strategy, WalletSpec } from '../../src/domain/strategy.ts';
import { HedgerowError } from '../../src/domain/errors.ts';
import { planDesire } from '../../src/engine/plan-desire.ts';
import { persistPlan, restorePlan, startPlan, stepPlan } from '../../src/engine/step.ts';
import type { PlanInputEvent, PlanState } from '../../src/engine/step.ts';
import { equalWeights, hedgeWallet, instrumentOf, longWallet, strategy } from '../fixtures.ts';
import { statesOf, walkPlan, walkWallet } from './machine-graph.ts';

const WALLETS: readonly (readonly [string, WalletSpec])[] = [
  ['rotation', hedgeWallet({ weights: equalWeights(2) })],
  ['scaling', hedgeWallet({ weights: equalWeights(2), cycle: 'scaling' })],
  ['fragments', longWallet({ weights: equalWeights(2) })],
];
/** Every so many snapshots of a walk are tried, besides the first ones of each state. */
const SAMPLE_EVERY = 5;
const FIRST_OF_STATE = 5;

function planOf(spec: WalletSpec): { plan: Strategy; fresh: PlanState } {
  const plan = strategy({ wallets: [spec] });
  return { plan, fresh: startPlan(plan, instrumentOf(plan), '10000', null) };
}

/** The states a walk reached, as states of a plan, each with the events the walk tried there. */
function statesOfWallet(spec: WalletSpec): { state: PlanState; events: WalletEvent[] }[] {
  const { fresh } = planOf(spec);
  const walk = walkWallet(spec);
  const seen = new Map<string, number>();
  const sample = walk.snapshots.filter(({ value }, index) => {
    const count = seen.get(value) ?? 0;
    seen.set(value, count + 1);
    return count < FIRST_OF_STATE || index % SAMPLE_EVERY === 0;
  });
  return sample.map((snapshot) => ({
    state: { ...fresh, seen: null, wallets: [{ name: spec.name, snapshot }] },
    events: walk.steps.filter(({ from }) => from === snapshot).map(({ event }) => event),
  }));
}

function throughJson(state: PlanState): PlanState {
  return restorePlan(JSON.parse(JSON.stringify(persistPlan(state))));
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value;
}

function expectSameLife(before: PlanState, after: PlanState, plan: Strategy, inputs: readonly PlanInputEvent[]): void {
  expectEqual(after, before, plan);
  for (const input of inputs) {
    const one = stepPlan(before, input);
    const other = stepPlan(after, input);
    expect(other.isIgnored).toBe(one.isIgnored);
    expectEqual(other.state, one.state, plan);
  }
}

/** The same facts and the same orders wanted; compared as text, because there are many. */
function expectEqual(actual: PlanState, expected: PlanState, plan: Strategy): void {
  const textOf = (state: PlanState): string => JSON.stringify([persistPlan(state), planDesire(state, plan)]);
  if (textOf(actual) === textOf(expected)) return;
  expect(persistPlan(actual)).toStrictEqual(persistPlan(expected));
  expect(planDesire(actual, plan)).toStrictEqual(planDesire(expected, plan));
}

describe.each(WALLETS)('a wallet with cycle %s', (_, spec) => {
  const { plan } = planOf(spec);
  const states = statesOfWallet(spec);

  it('is tried in every state', () => {
    expect(new Set(states.map(({ state }) => state.wallets[0]?.snapshot.value))).toEqual(new Set(['ADVANCE', 'RETRACEMENT', 'DECLINE', 'RECOVERY', 'RESET']));
  });

  it('lives on after a restart as if there had been none', () => {
    for (const { state, events } of states) expectSameLife(state, throughJson(state), plan, events.map((event) => ({ to: 'wallet', wallet: spec.name, event })));
  });

  it('never changes the facts it was given', () => {
    for (const { state, events } of states) {
      const frozen = restorePlan(deepFreeze(JSON.parse(JSON.stringify(persistPlan(state)))));
      for (const event of events) planDesire(stepPlan(frozen, { to: 'wallet', wallet: spec.name, event: deepFreeze(structuredClone(event)) }).state, plan);
    }
  });

  it('holds nothing that JSON would lose', () => {
    for (const { state } of states) expect(JSON.parse(JSON.stringify(persistPlan(state)))).toStrictEqual(persistPlan(state));
  });
});

describe('a plan', () => {
  const { plan, fresh } = planOf(hedgeWallet());
  const walk = walkPlan({ policy: 'joint', onAdvance: 3 });
  const states = walk.snapshots.map((snapshot): PlanState => ({ ...fresh, seen: null, plan: snapshot }));
  const events: PlanEvent[] = walk.steps.filter(({ from }) => from === walk.snapshots[0]).map(({ event }) => event);

  it('lives on after a restart as if there had been none, in every state', () => {
    expect(new Set(states.flatMap((state) => statesOf(state.plan.value))).size).toBe(10);
    for (const state of states) expectSameLife(state, throughJson(state), plan, events.map((event) => ({ to: 'plan', event })));
  });

  it('never changes the facts it was given', () => {
    for (const state of states) {
      const frozen = restorePlan(deepFreeze(JSON.parse(JSON.stringify(persistPlan(state)))));
      for (const event of events) stepPlan(frozen, { to: 'plan', event: deepFreeze(structuredClone(event)) });
    }
  });
});

describe('a stored snapshot is refused with SNAPSHOT_INVALID and what to do', () => {
  type Machine = Record<string, unknown>;
  const { fresh } = planOf(hedgeWallet());
  const stored = (): { machines: Machine[] } => JSON.parse(JSON.stringify(persistPlan(fresh))) as { machines: Machine[] };
  const changed = (index: number, change: Machine): unknown => ({ machines: stored().machines.map((machine, at) => (at === index ? { ...machine, ...change } : machine)) });

  it.each<[string, unknown, RegExp]>([
    ['a newer version of a wallet', changed(1, { version: 2 }), /hedgeWallet is stored in version 2, this hedgerow knows 1; install the newer version/],
    ['a newer version of the plan', changed(0, { version: 7 }), /plan is stored in version 7/],
    ['a machine nobody knows', changed(1, { machine: 'gridWallet' }), /unknown machine "gridWallet"; install the version that wrote it/],
    ['a state nobody knows', changed(1, { value: 'SIDEWAYS' }), /hedgeWallet has no state "SIDEWAYS"/],
    ['a state of the plan nobody knows', changed(0, { value: { view: {}, phase: 'ADVANCE', operation: 'sleeping' } }), /plan has no state .*sleeping/],
    ['nothing', null, /holds no machines; restore the store from a backup/],
    ['something else', { states: [] }, /holds no machines/],
  ])('%s', (_, snapshot, message) => {
    let error: unknown = null;
    try {
      restorePlan(snapshot);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(HedgerowError);
    expect(error).toMatchObject({ code: 'SNAPSHOT_INVALID', message: expect.stringMatching(message) as unknown });
  });

  it('as it was written is accepted', () => {
    expect(persistPlan(restorePlan(stored()))).toStrictEqual(persistPlan(fresh));
  });
});
