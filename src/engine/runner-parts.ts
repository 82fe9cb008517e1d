/** What a runner is given besides the outside world: the right to trade, and what the store knew. */
import type { Clock } from '../ports/clock.ts';
import type { Exchange } from '../ports/exchange.ts';
import type { KillLatch } from '../ports/latch.ts';
import type { Log } from '../ports/log.ts';
import type { Fence, Store } from '../ports/store.ts';
import type { PricePoint } from './event-queue.ts';
import type { MachineCounters, RunnerObserver } from './journalled-machines.ts';
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
  /** The price the machines were shown last, where that is known for certain: they are not shown it again. */
  readonly point?: PricePoint;
}

export interface RunnerDeps {
  readonly exchange: Exchange;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly observer?: RunnerObserver;
  /** Absent where only this process can know of the store (simulation). */
  readonly lease?: LeaseHold;
  readonly latch?: KillLatch;
  /** Which strategy and which code decide from now on (I21); absent where nobody will ask. */
  readonly origin?: PlanOrigin;
}

export interface PlanOrigin {
  readonly strategyHash: string;
  /** Version of the program. */
  readonly build: string;
}

/** What a runner has done so far. */
export interface RunnerCounters extends MachineCounters {
  readonly fills: number;
  readonly requests: number;
  readonly refusals: number;
}
