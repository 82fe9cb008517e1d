/** A store that passes everything on to another, except what is given instead: how simulations listen to commits and break them. */
import type { Store } from '../ports/store.ts';

export function forwardingStore(store: Store, instead: Partial<Store>): Store {
  return {
    description: store.description,
    mayForget: store.mayForget,
    openPlan: (...args) => store.openPlan(...args),
    findPlan: (...args) => store.findPlan(...args),
    listPlans: () => store.listPlans(),
    commit: (...args) => store.commit(...args),
    readJournal: (...args) => store.readJournal(...args),
    loadWorkingOrders: (...args) => store.loadWorkingOrders(...args),
    loadOrder: (...args) => store.loadOrder(...args),
    loadGenerations: (...args) => store.loadGenerations(...args),
    loadPendingIntents: (...args) => store.loadPendingIntents(...args),
    loadTrades: (...args) => store.loadTrades(...args),
    acquireLease: (...args) => store.acquireLease(...args),
    releaseLease: (...args) => store.releaseLease(...args),
    findLease: (...args) => store.findLease(...args),
    bindWorld: (...args) => store.bindWorld(...args),
    requestAction: (...args) => store.requestAction(...args),
    loadPendingActions: (...args) => store.loadPendingActions(...args),
    loadAction: (...args) => store.loadAction(...args),
    loadCheckpoint: (...args) => store.loadCheckpoint(...args),
    compact: (...args) => store.compact(...args),
    close: () => store.close(),
    ...instead,
  };
}
