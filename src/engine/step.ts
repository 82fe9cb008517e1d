/**
 * The one file that calls XState's runtime (besides machines/). A step is a function of (state, event); nothing runs, nothing is sent.
 *
 * A plan's state is its plan machine and its wallets' machines. One event goes to the machines it concerns; afterwards the plan
 * machine sees the wallets, and a joint reset that has become due is passed on to them in the same step (I12, I22).
 */
import { createActor } from 'xstate';
import type { ActorScope, AnyMachineSnapshot, SnapshotFrom } from 'xstate';
import { hedgeWalletMachine } from '../../machines/hedge-wallet.machine.ts';
import { longWalletMachine } from '../../machines/long-wallet.machine.ts';
import { planMachine } from '../../machines/plan.machine.ts';
import type { Operation, PlanEvent, PlanFacts, WalletView } from '../../machines/plan.machine.ts';
import { MACHINE_VERSIONS, MIGRATIONS } from '../../machines/versions.ts';
import type { MachineId, StoredState } from '../../machines/versions.ts';
import type { Phase, WalletEvent } from '../../machines/wallet-cycle.ts';
import type { DecimalString } from '../domain/decimal.ts';
import { HedgerowError } from '../domain/errors.ts';
import { invariant } from '../domain/invariant.ts';
import { awaitsLaterPrice, isAdvancedBy } from '../domain/ladder.ts';
import type { Instrument, Strategy, WalletName } from '../domain/strategy.ts';
import { rungsOut, walletParameters } from '../domain/wallet.ts';
import type { WalletFacts } from '../domain/wallet.ts';

type WalletSnapshot = SnapshotFrom<typeof hedgeWalletMachine>;
export type PlanSnapshot = SnapshotFrom<typeof planMachine>;

export interface WalletState {
  readonly name: WalletName;
  readonly snapshot: WalletSnapshot;
}

export interface PlanState {
  readonly plan: PlanSnapshot;
  /** In file order. */
  readonly wallets: readonly WalletState[];
  /** How the plan machine last saw the wallets; null when something else has happened to it since. */
  readonly seen: readonly WalletView[] | null;
}

/** An event of a plan: for one wallet, for all of them, or for the plan itself. */
export type PlanInputEvent =
  | { readonly to: 'wallet'; readonly wallet: WalletName; readonly event: WalletEvent }
  | { readonly to: 'wallets'; readonly event: WalletEvent }
  | { readonly to: 'plan'; readonly event: PlanEvent };

export interface StepResult {
  readonly state: PlanState;
  /** No machine had a transition for the event. */
  readonly isIgnored: boolean;
}

function walletMachine(name: WalletName): typeof hedgeWalletMachine {
  // Both machines are made by one factory and differ in their id only, which is a literal type.
  return name === 'hedge' ? hedgeWalletMachine : (longWalletMachine as unknown as typeof hedgeWalletMachine);
}

function machineIdOf(name: WalletName): MachineId {
  return name === 'hedge' ? 'hedgeWallet' : 'longWallet';
}

/** `transition()` of XState builds a scope per call; one inert scope per machine does the same at a third of the cost. */
function inertScope<Snapshot extends AnyMachineSnapshot>(machine: typeof hedgeWalletMachine | typeof planMachine): ActorScope<Snapshot, never> {
  const self = createActor(machine as typeof planMachine, { input: { reset: { policy: 'independent', onAdvance: null } } });
  const scope = {
    self,
    defer: () => {},
    id: machine.id,
    logger: () => {},
    sessionId: '',
    stopChild: () => {},
    system: self.system,
    emit: () => {},
    actionExecutor: () => {},
  };
  return scope as unknown as ActorScope<Snapshot, never>;
}

// XState types its scope by the actor; an inert one fits every machine.
const PLAN_SCOPE = inertScope(planMachine) as unknown as Parameters<typeof planMachine.transition>[2];
const WALLET_SCOPE = PLAN_SCOPE as unknown as Parameters<typeof hedgeWalletMachine.transition>[2];

/** A new plan: every wallet owns its capital and wants its opening order. */
export function startPlan(strategy: Strategy, instrument: Instrument, price: DecimalString, atr: DecimalString | null): PlanState {
  const wallets = strategy.wallets.map((wallet): WalletState => {
    const machine = walletMachine(wallet.name);
    const input = { parameters: walletParameters(strategy, wallet, instrument), price, atr };
    return { name: wallet.name, snapshot: machine.getInitialSnapshot(WALLET_SCOPE as Parameters<typeof machine.getInitialSnapshot>[0], input) };
  });
  const plan = planMachine.getInitialSnapshot(PLAN_SCOPE as Parameters<typeof planMachine.getInitialSnapshot>[0], { reset: strategy.reset });
  return observeWallets({ plan, wallets, seen: null });
}

export function stepPlan(state: PlanState, input: PlanInputEvent): StepResult {
  switch (input.to) {
    case 'plan': {
      const isIgnored = !state.plan.can(input.event);
      const plan = planMachine.transition(state.plan, input.event, PLAN_SCOPE) as PlanSnapshot;
      return { state: { ...state, plan, seen: null }, isIgnored };
    }
    case 'wallet': {
      const wallets = state.wallets.map((wallet) => (wallet.name === input.wallet ? stepWallet(wallet, input.event) : wallet));
      return settle(state, wallets);
    }
    case 'wallets':
      return settle(state, state.wallets.map((wallet) => stepWallet(wallet, input.event)));
  }
}

/** One wallet alone; the plan machine is not told. */
export function stepWallet(wallet: WalletState, event: WalletEvent): WalletState {
  const snapshot = walletMachine(wallet.name).transition(wallet.snapshot, event, WALLET_SCOPE) as WalletSnapshot;
  return snapshot === wallet.snapshot ? wallet : { name: wallet.name, snapshot };
}

function settle(before: PlanState, wallets: readonly WalletState[]): StepResult {
  const isIgnored = wallets.every((wallet, index) => wallet === before.wallets[index]);
  return { state: isIgnored ? before : observeWallets({ ...before, wallets }), isIgnored };
}

/** Shows the wallets to the plan machine; shown the same wallets twice in a row it would stay as it is, so it is not asked. */
function observeWallets(state: PlanState): PlanState {
  const wallets = state.wallets.map(viewOf);
  const { seen } = state;
  if (seen !== null && wallets.every((view, index) => isSameView(view, seen[index]))) return state;
  return { ...state, plan: showWallets(state.plan, wallets), seen: wallets };
}

/** The plan machine after it has seen its wallets like this. */
export function showWallets(plan: PlanSnapshot, wallets: readonly WalletView[]): PlanSnapshot {
  return planMachine.transition(plan, { type: 'wallets.changed', wallets }, PLAN_SCOPE) as PlanSnapshot;
}

function isSameView(a: WalletView, b: WalletView | undefined): boolean {
  return (
    b !== undefined &&
    a.phase === b.phase &&
    a.rungs === b.rungs &&
    a.hasTraded === b.hasTraded &&
    a.hasAdvanced === b.hasAdvanced &&
    a.isOpened === b.isOpened &&
    a.entriesAllowed === b.entriesAllowed
  );
}

export function viewOf(wallet: WalletState): WalletView {
  const facts = wallet.snapshot.context;
  const out = rungsOut(facts);
  return {
    phase: phaseOf(wallet),
    rungs: out === 0 ? 'all-in' : out < facts.rungs.length ? 'mixed' : 'all-out',
    hasTraded: facts.hasTraded,
    hasAdvanced: isAdvancedBy(facts, facts.parameters.reset.onAdvance),
    isOpened: facts.isOpened,
    entriesAllowed: facts.entriesAllowed,
  };
}

/** The event that passes a joint reset on to the wallets, if one is due and the plan runs; else null. */
export function dueJointReset(state: PlanState, price: DecimalString): PlanInputEvent | null {
  if (!planFactsOf(state).isJointResetDue || operationOf(state) !== 'running') return null;
  return { to: 'wallets', event: { type: 'reset.requested', reason: 'joint', price } };
}

export function factsOf(wallet: WalletState): WalletFacts {
  return wallet.snapshot.context;
}

export function phaseOf(wallet: WalletState): Phase {
  return wallet.snapshot.value as Phase;
}

export function planFactsOf(state: PlanState): PlanFacts {
  return state.plan.context;
}

export function planPhaseOf(state: PlanState): Exclude<Phase, 'RESET'> {
  return state.plan.value.phase;
}

export function operationOf(state: PlanState): Operation {
  return state.plan.value.operation;
}

/** Every price has to be shown to the plan, not only those that reach a level. */
export function wantsEveryPrice(state: PlanState): boolean {
  // What is not running follows nothing until it resumes, and is shown the price then.
  return state.wallets.some((wallet) => phaseOf(wallet) === 'RESET' || (operationOf(state) === 'running' && waitsForAnyPrice(wallet)));
}

/** The wallet is to be shown prices between levels too. */
export function waitsForAnyPrice(wallet: WalletState): boolean {
  return phaseOf(wallet) === 'RESET' || awaitsLaterPrice(factsOf(wallet));
}

/** One stored machine of a plan. */
interface StoredMachine extends StoredState {
  readonly machine: MachineId;
  readonly version: number;
  readonly name: WalletName | 'plan';
}

/** The plan's state as JSON; `restorePlan` is its inverse. */
export function persistPlan(state: PlanState): { readonly machines: readonly StoredMachine[] } {
  return {
    machines: [
      { machine: 'plan', version: MACHINE_VERSIONS.plan, name: 'plan', value: state.plan.value, context: state.plan.context },
      ...state.wallets.map(({ name, snapshot }): StoredMachine => {
        const machine = machineIdOf(name);
        return { machine, version: MACHINE_VERSIONS[machine], name, value: snapshot.value, context: snapshot.context };
      }),
    ],
  };
}

/** A wallet in the given phase with the given facts. */
export function walletIn(phase: Phase, facts: WalletFacts): WalletState {
  const { name } = facts.parameters;
  return { name, snapshot: walletMachine(name).resolveState({ value: phase, context: facts }) as WalletSnapshot };
}

/** Restores what `persistPlan` wrote, migrating older versions. Throws SNAPSHOT_INVALID for newer or unknown ones. */
export function restorePlan(stored: unknown): PlanState {
  const machines = (stored as { machines?: readonly StoredMachine[] } | null)?.machines;
  if (!Array.isArray(machines)) throw new HedgerowError('SNAPSHOT_INVALID', 'the stored snapshot holds no machines; restore the store from a backup');
  const [plan, ...wallets] = (machines as readonly StoredMachine[]).map(migrate);
  invariant(plan?.name === 'plan', 'I12 the first stored machine is the plan');
  return {
    seen: null,
    plan: resolve(() => planMachine.resolveState(plan as never) as PlanSnapshot, plan),
    wallets: wallets.map((wallet) => {
      invariant(wallet.name !== 'plan', 'I12 a plan is stored once');
      const { name } = wallet;
      return { name, snapshot: resolve(() => walletMachine(name).resolveState(wallet as never) as WalletSnapshot, wallet) };
    }),
  };
}

function resolve<T>(restore: () => T, { machine, value }: StoredMachine): T {
  try {
    return restore();
  } catch (error) {
    throw new HedgerowError('SNAPSHOT_INVALID', `machine ${machine} has no state ${JSON.stringify(value)}; the store was written by another version`, { cause: error });
  }
}

function migrate(stored: StoredMachine): StoredMachine {
  const current = MACHINE_VERSIONS[stored.machine] as number | undefined;
  if (current === undefined) throw new HedgerowError('SNAPSHOT_INVALID', `the store names an unknown machine "${String(stored.machine)}"; install the version that wrote it`);
  if (stored.version > current) {
    throw new HedgerowError('SNAPSHOT_INVALID', `machine ${stored.machine} is stored in version ${stored.version}, this hedgerow knows ${current}; install the newer version`);
  }
  const steps = MIGRATIONS[stored.machine].slice(stored.version - 1);
  return { ...stored, version: current, ...steps.reduce<StoredState>((state, step) => step(state), { value: stored.value, context: stored.context }) };
}
