/**
 * Snapshots as version 1 wrote them, of every machine in every state, with what their plans wanted then: what is stored today must
 * still be understood after every later change (I12). A new version adds files beside these and leaves them as they are.
 * `UPDATE_GOLDEN=1` writes the files of the present versions; look at the difference first.
 */
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { hedgeWalletMachine } from '../../machines/hedge-wallet.machine.ts';
import { longWalletMachine } from '../../machines/long-wallet.machine.ts';
import { planMachine } from '../../machines/plan.machine.ts';
import { MACHINE_VERSIONS } from '../../machines/versions.ts';
import type { MachineId } from '../../machines/versions.ts';
import type { WalletSpec } from '../../src/domain/strategy.ts';
import { planDesire } from '../../src/engine/plan-desire.ts';
import { operationOf, persistPlan, planPhaseOf, restorePlan, startPlan } from '../../src/engine/step.ts';
import type { PlanState } from '../../src/engine/step.ts';
import { equalWeights, hedgeWallet, instrumentOf, longWallet, strategy } from '../fixtures.ts';
import { declaredStates, statesOf, walkPlan, walkWallet } from './machine-graph.ts';

const FOLDER = new URL('../golden/snapshots/', import.meta.url);
const MACHINES = { plan: planMachine, hedgeWallet: hedgeWalletMachine, longWallet: longWalletMachine };
const two = { weights: equalWeights(2) };

interface Golden {
  readonly machine: MachineId;
  readonly version: number;
  /** What the snapshot shows, for a reader. */
  readonly title: string;
  readonly wallets: readonly WalletSpec[];
  readonly stored: { readonly machines: readonly { readonly name: string; readonly value: unknown }[] };
  /** Derived from the snapshot. */
  readonly desired: unknown;
}

function goldenOf(machine: MachineId, title: string, wallets: readonly WalletSpec[], state: PlanState): Golden {
  return { machine, version: MACHINE_VERSIONS[machine], title, wallets, stored: persistPlan(state), desired: desiredOf(state, wallets) };
}

function desiredOf(state: PlanState, wallets: readonly WalletSpec[]): unknown {
  return planDesire(state, strategy({ wallets })).map(({ name, orders }) => ({ wallet: name, orders: orders.map(({ role, side, level, triggerPrice, amount }) => [role, side, level, triggerPrice, amount].join(' ')) }));
}

function freshPlan(wallet: WalletSpec): PlanState {
  const plan = strategy({ wallets: [wallet] });
  return startPlan(plan, instrumentOf(plan), '10000', null);
}

function presentGoldens(): Golden[] {
  const wallets = ([['hedgeWallet', hedgeWallet(two)], ['hedgeWallet', hedgeWallet({ ...two, cycle: 'scaling' })], ['longWallet', longWallet(two)]] as const).flatMap(([machine, spec]) => {
    const { snapshots } = walkWallet(spec);
    const states = [...new Set(snapshots.map(({ value }) => value))];
    // The third of a state has usually lived a little.
    return states.map((value) => {
      const ofState = snapshots.filter((snapshot) => snapshot.value === value);
      const snapshot = ofState[Math.min(2, ofState.length - 1)] ?? ofState[0];
      if (snapshot === undefined) throw new Error(`no snapshot in ${value}`);
      return goldenOf(machine, `${spec.cycle} in ${value}`, [spec], { ...freshPlan(spec), wallets: [{ name: spec.name, snapshot }] });
    });
  });
  const byValue = new Map(walkPlan().snapshots.map((snapshot) => [JSON.stringify(snapshot.value), snapshot]));
  const plans = [...byValue.values()].map((snapshot) => {
    const state: PlanState = { ...freshPlan(hedgeWallet(two)), plan: snapshot };
    return goldenOf('plan', `${planPhaseOf(state)} and ${operationOf(state)}`, [hedgeWallet(two)], state);
  });
  return [...wallets, ...plans];
}

function fileOf({ machine, version, title }: Golden): string {
  return `${machine}.${version}.${title.replaceAll(' ', '-')}.json`;
}

if (process.env['UPDATE_GOLDEN'] === '1') {
  mkdirSync(FOLDER, { recursive: true });
  for (const golden of presentGoldens()) writeFileSync(new URL(fileOf(golden), FOLDER), `${JSON.stringify(golden, null, 2)}\n`);
}

describe('golden snapshots', () => {
  const goldens = readdirSync(FOLDER).map((name) => [name, JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8')) as Golden] as const);

  it.each(Object.entries(MACHINES))('cover every state of %s in its present version', (id, machine) => {
    const ofMachine = goldens.filter(([, golden]) => golden.machine === id && golden.version === MACHINE_VERSIONS[id as MachineId]);
    const states = ofMachine.flatMap(([, { stored }]) => statesOf(stored.machines[id === 'plan' ? 0 : 1]?.value));
    expect([...new Set(states)].sort()).toEqual(declaredStates(machine));
  });

  it.each(goldens)('%s is restored and its plan wants what it wanted', (_, { stored, wallets, desired }) => {
    const state = restorePlan(stored);
    expect(persistPlan(state).machines.map(({ value }) => value)).toEqual(stored.machines.map(({ value }) => value));
    expect(desiredOf(state, wallets)).toEqual(desired);
  });
});
