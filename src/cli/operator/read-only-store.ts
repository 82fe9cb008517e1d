/** The whole store for code that only looks: whatever would write is refused. */
import type { OperatorStore } from '../../adapters/control/control-protocol.ts';
import { HedgerowError } from '../../domain/errors.ts';
import type { Store } from '../../ports/store.ts';

export function readOnlyStore(store: OperatorStore): Store {
  const refuse = (): Promise<never> => Promise.reject(new HedgerowError('INVARIANT_BROKEN', 'I16 a command that only looks has tried to write to the store'));
  return {
    description: store.description,
    mayForget: false,
    findPlan: (...args) => store.findPlan(...args),
    listPlans: () => store.listPlans(),
    readJournal: (...args) => store.readJournal(...args),
    loadWorkingOrders: (...args) => store.loadWorkingOrders(...args),
    loadOrder: (...args) => store.loadOrder(...args),
    loadGenerations: (...args) => store.loadGenerations(...args),
    loadPendingIntents: (...args) => store.loadPendingIntents(...args),
    loadTrades: (...args) => store.loadTrades(...args),
    loadCheckpoint: (...args) => store.loadCheckpoint(...args),
    findLease: (...args) => store.findLease(...args),
    loadPendingActions: (...args) => store.loadPendingActions(...args),
    loadAction: (...args) => store.loadAction(...args),
    openPlan: refuse,
    commit: refuse,
    acquireLease: refuse,
    releaseLease: refuse,
    bindWorld: refuse,
    requestAction: refuse,
    compact: refuse,
    close: () => store.close(),
  };
}
