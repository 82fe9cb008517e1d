/**
 * How a running bot hears what people ask of it: actions in the store, latch files, and its control socket. Whatever comes, the plans
 * read it from store and latch themselves (I17, I20); here they are only woken.
 */
import { openControlServer } from '../../adapters/control/control-server.ts';
import type { ControlServer } from '../../adapters/control/control-server.ts';
import { FRESH_MS } from '../../adapters/control/control-protocol.ts';
import type { ControlRequest, LivePlan } from '../../adapters/control/control-protocol.ts';
import { HedgerowError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import { operationOf } from '../../engine/step.ts';
import type { KillLatch } from '../../ports/latch.ts';
import type { Log } from '../../ports/log.ts';
import type { Store } from '../../ports/store.ts';
import type { OperatedPlans } from './bot-venue.ts';

export interface WatchParts {
  readonly plans: OperatedPlans;
  readonly store: Store;
  readonly latch: KillLatch;
  readonly venue: string;
  readonly dataDir: string;
  readonly log: Log;
  /** The exchange's time of now, ms. */
  readonly now: () => number;
}

/** A kill that came by a file or another process's row in the store is heard within this. */
const LOOK_MS = 500;

export class OperatorWatch {
  readonly #parts: WatchParts;
  readonly #planIds: readonly number[];
  readonly #timer: NodeJS.Timeout;
  #server: ControlServer | null = null;
  #looking: Promise<void> | null = null;

  private constructor(parts: WatchParts, planIds: readonly number[]) {
    this.#parts = parts;
    this.#planIds = planIds;
    this.#timer = setInterval(() => void this.look(), LOOK_MS);
    this.#timer.unref();
  }

  /** Throws STORE_UNAVAILABLE when the control socket cannot be opened. The caller holds the data folder's lock. */
  static async open(parts: WatchParts): Promise<OperatorWatch> {
    const plans = await parts.store.listPlans();
    const names = new Set(parts.plans.runners.map(({ strategy }) => strategy.name));
    const watch = new OperatorWatch(parts, plans.flatMap(({ venue, name, planId }) => (venue === parts.venue && names.has(name) ? [planId] : [])));
    try {
      watch.#server = await openControlServer(parts.dataDir, (request) => watch.#answer(request));
      return watch;
    } catch (error) {
      await watch.close();
      throw error;
    }
  }

  /** Wakes the plans when somebody asked for something. A store that is away is asked again next time. */
  look(): Promise<void> {
    this.#looking ??= this.#look()
      .catch((error: unknown) => this.#parts.log.warn({ error: error instanceof Error ? error.message : String(error) }, 'operators could not be heard; asked again soon'))
      .finally(() => {
        this.#looking = null;
      });
    return this.#looking;
  }

  async #look(): Promise<void> {
    const { plans, store } = this.#parts;
    if (await this.#isLatchedAnew()) plans.readActions();
    for (const planId of this.#planIds) {
      if ((await store.loadPendingActions(planId)).length === 0) continue;
      plans.readActions();
      return;
    }
  }

  async #isLatchedAnew(): Promise<boolean> {
    const { plans, latch } = this.#parts;
    for (const { strategy, state } of plans.runners) {
      if (state === null || ['halted', 'flattening'].includes(operationOf(state))) continue;
      if ((await latch.read(strategy.name)) !== null) return true;
    }
    return false;
  }

  async #answer(request: ControlRequest): Promise<Json> {
    const { store, plans } = this.#parts;
    switch (request.method) {
      case 'live':
        return this.#live() as unknown as Json;
      case 'describe':
        return { description: store.description };
      case 'requestAction': {
        const [action] = request.args;
        // Both ends share one clock; what was asked for long ago may not be meant any more.
        if (Math.abs(Date.now() - action.requestedAt) > FRESH_MS) throw new HedgerowError('INPUT_INVALID', 'the request is not of now; ask again');
        const written = await store.requestAction(action);
        plans.readActions();
        return written as unknown as Json;
      }
      case 'findPlan':
        return (await store.findPlan(...request.args)) as unknown as Json;
      case 'listPlans':
        return (await store.listPlans()) as unknown as Json;
      case 'readJournal':
        return (await store.readJournal(...request.args)) as unknown as Json;
      case 'loadWorkingOrders':
        return (await store.loadWorkingOrders(...request.args)) as unknown as Json;
      case 'loadOrder':
        return (await store.loadOrder(...request.args)) as unknown as Json;
      case 'loadGenerations':
        return [...(await store.loadGenerations(...request.args))] as unknown as Json;
      case 'loadPendingIntents':
        return (await store.loadPendingIntents(...request.args)) as unknown as Json;
      case 'loadTrades':
        return (await store.loadTrades(...request.args)) as unknown as Json;
      case 'loadCheckpoint':
        return (await store.loadCheckpoint(...request.args)) as unknown as Json;
      case 'findLease':
        return (await store.findLease(...request.args)) as unknown as Json;
      case 'loadPendingActions':
        return (await store.loadPendingActions(...request.args)) as unknown as Json;
      case 'loadAction':
        return (await store.loadAction(...request.args)) as unknown as Json;
    }
  }

  #live(): readonly LivePlan[] {
    const { plans, venue, now } = this.#parts;
    return plans.runners.map((runner) => ({ venue, name: runner.strategy.name, failure: runner.failure?.message ?? null, prices: runner.prices, now: now() }));
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#server?.close();
    await this.#looking;
  }
}

/** A latch that cannot be written is told loudly and stops nobody from cancelling orders: the store latches too. */
export function loudLatch(latch: KillLatch, log: Log): KillLatch {
  const tell = (plan: string) => (error: unknown) => log.error({ plan, error: error instanceof Error ? error.message : String(error) }, 'the kill latch could not be written');
  return {
    read: (plan) => latch.read(plan),
    set: (plan, record) => latch.set(plan, record).catch(tell(plan)),
    clear: (plan) => latch.clear(plan).catch(tell(plan)),
  };
}
