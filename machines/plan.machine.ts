/**
 * What joins the wallets of one strategy file to a plan (DOMAIN §3.5, §3.6, §8): the plan's phase, the joint reset, and whether
 * the plan runs, is paused, halted, being flattened or diverged. It is told what the wallets look like after each of their steps.
 */
import { setup } from 'xstate';
import type { ResetSpec } from '../src/domain/strategy.ts';
import type { Phase } from './wallet-cycle.ts';

/** What the plan may know of a wallet. */
export interface WalletView {
  readonly phase: Phase;
  /** k = 0, 0 < k < N or k = N. */
  readonly rungs: 'all-in' | 'mixed' | 'all-out';
  readonly hasTraded: boolean;
  /** Nothing traded and `onAdvance` units above the anchor. */
  readonly hasAdvanced: boolean;
  readonly isOpened: boolean;
  readonly entriesAllowed: boolean;
}

export interface PlanFacts {
  readonly reset: ResetSpec;
  /** Why the plan does not run; null while it does. */
  readonly reason: string | null;
  /** Every wallet has to be reset now (`reset: joint`). */
  readonly isJointResetDue: boolean;
  /** Some wallet has 0 < k < N. */
  readonly isChoppy: boolean;
}

export interface PlanInput {
  readonly reset: ResetSpec;
}

export type PlanEvent =
  | { readonly type: 'wallets.changed'; readonly wallets: readonly WalletView[] }
  | { readonly type: 'pause'; readonly reason: string }
  | { readonly type: 'resume' }
  | { readonly type: 'halt'; readonly reason: string }
  | { readonly type: 'flatten'; readonly reason: string }
  | { readonly type: 'flattened' }
  | { readonly type: 'diverge'; readonly reason: string }
  | { readonly type: 'adopt' };

export const OPERATIONS = ['running', 'paused', 'halted', 'flattening', 'diverged'] as const;
export type Operation = (typeof OPERATIONS)[number];

/** The plan pauses itself with this reason when a reset leaves a wallet below the exchange's minimums. */
export const TOO_SMALL = 'a wallet is below the smallest order the exchange takes; it keeps its protective stop and places no entries';

function isJointResetDue({ reset }: PlanFacts, wallets: readonly WalletView[]): boolean {
  if (reset.policy !== 'joint' || wallets.some((wallet) => !wallet.isOpened || wallet.phase === 'RESET')) return false;
  const isBackInLong = wallets.every((wallet) => wallet.rungs === 'all-in') && wallets.some((wallet) => wallet.hasTraded);
  return isBackInLong || (wallets.every((wallet) => !wallet.hasTraded) && wallets.some((wallet) => wallet.hasAdvanced));
}

const plan = setup({
  types: {} as { context: PlanFacts; events: PlanEvent; input: PlanInput },
  guards: {
    allAdvance: ({ event }) => event.type === 'wallets.changed' && event.wallets.every((wallet) => wallet.phase === 'ADVANCE'),
    allDecline: ({ event }) => event.type === 'wallets.changed' && event.wallets.every((wallet) => wallet.phase === 'DECLINE'),
    allOpened: ({ event }) => event.type === 'wallets.changed' && event.wallets.every((wallet) => wallet.isOpened),
    someTooSmall: ({ event }) => event.type === 'wallets.changed' && event.wallets.some((wallet) => !wallet.entriesAllowed),
  },
});

const view = plan.assign(({ context, event }) => {
  if (event.type !== 'wallets.changed') return context;
  return {
    ...context,
    isJointResetDue: isJointResetDue(context, event.wallets),
    isChoppy: event.wallets.some((wallet) => wallet.rungs === 'mixed'),
  };
});
const keepReason = plan.assign(({ context, event }) => ('reason' in event ? { ...context, reason: event.reason } : context));
const clearReason = plan.assign({ reason: null });
const noteTooSmall = plan.assign({ reason: TOO_SMALL });

const toPaused = { target: '#plan.operation.paused', actions: keepReason } as const;
const toHalted = { target: '#plan.operation.halted', actions: keepReason } as const;
const toFlattening = { target: '#plan.operation.flattening', actions: keepReason } as const;
const toDiverged = { target: '#plan.operation.diverged', actions: keepReason } as const;
const toRunning = { target: '#plan.operation.running', actions: clearReason } as const;

const toAdvance = { guard: 'allAdvance', target: 'ADVANCE' } as const;
const toDecline = { guard: 'allDecline', target: 'DECLINE' } as const;

export const planMachine = plan.createMachine({
  id: 'plan',
  context: ({ input }) => ({ reset: input.reset, reason: null, isJointResetDue: false, isChoppy: false }),
  type: 'parallel',
  states: {
    view: { on: { 'wallets.changed': { actions: view } } },
    phase: {
      initial: 'ADVANCE',
      states: {
        ADVANCE: { on: { 'wallets.changed': [toAdvance, toDecline, { guard: 'allOpened', target: 'RETRACEMENT' }] } },
        RETRACEMENT: { on: { 'wallets.changed': [toAdvance, toDecline] } },
        DECLINE: { on: { 'wallets.changed': [toDecline, toAdvance, { target: 'RECOVERY' }] } },
        RECOVERY: { on: { 'wallets.changed': [toAdvance, toDecline] } },
      },
    },
    operation: {
      initial: 'running',
      states: {
        running: {
          on: {
            'wallets.changed': { guard: 'someTooSmall', target: 'paused', actions: noteTooSmall },
            pause: toPaused,
            halt: toHalted,
            flatten: toFlattening,
            diverge: toDiverged,
          },
        },
        paused: { on: { resume: toRunning, halt: toHalted, flatten: toFlattening, diverge: toDiverged } },
        halted: { on: { resume: toRunning, flatten: toFlattening } },
        flattening: { on: { flattened: { target: 'halted' }, diverge: toDiverged } },
        diverged: { on: { adopt: toRunning, halt: toHalted, flatten: toFlattening } },
      },
    },
  },
});
