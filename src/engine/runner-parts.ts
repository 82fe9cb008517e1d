/** What a runner is given besides the outside world: the right to trade, and what the store knew. */
import type { Fence } from '../ports/store.ts';
import type { TrackedOrder } from './order-tracker.ts';
import type { EngineMemory } from './plan-memory.ts';
import type { PlanState } from './step.ts';

/** The right to trade the plan's accounts (I16). */
export interface LeaseHold {
  /** Put into every commit, which fails when another process has taken over. */
  readonly fences: readonly Fence[];
  /** Certain to hold for the time of a request. */
  isHeld(): boolean;
}

export interface RestoredPlan {
  readonly state: PlanState;
  readonly memory: EngineMemory;
  readonly orders: readonly TrackedOrder[];
  readonly bookedTrades: readonly { readonly id: string; readonly at: number }[];
}
