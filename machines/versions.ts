/**
 * Version of each machine's stored snapshot, and the numbered migrations that lead to it. A change of a machine's states or facts
 * raises its version and ships the migration from the one before, with a golden file under test/golden/snapshots.
 */
export const MACHINE_VERSIONS = { plan: 1, hedgeWallet: 1, longWallet: 1 } as const;
export type MachineId = keyof typeof MACHINE_VERSIONS;

/** A stored machine state: which state, and its facts. JSON only. */
export interface StoredState {
  readonly value: unknown;
  readonly context: unknown;
}

/** `MIGRATIONS[machine][n]` turns a snapshot of version n + 1 into one of version n + 2; pure functions on JSON. */
export const MIGRATIONS: Readonly<Record<MachineId, readonly ((stored: StoredState) => StoredState)[]>> = {
  plan: [],
  hedgeWallet: [],
  longWallet: [],
};
