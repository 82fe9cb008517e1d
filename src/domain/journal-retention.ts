/**
 * How long what the journal says is kept: which entries may go when they are old, and how often a snapshot is kept to replay from.
 * Serves I12 (what is left still rebuilds the state) and the ledger (nothing it is derived from ever goes).
 */

/**
 * What compaction takes from a journal when it is old: what was seen and what was asked of the exchange on the way. Every other type stays
 * for ever, also one that is yet to be invented: fills, funding, phases, cycles, operations, external events and what operators did are
 * what the ledger's views and reports are made of.
 */
export const COMPACTED_ENTRY_TYPES: readonly string[] = ['price.touched', 'atr.measured', 'order.place', 'order.amend', 'order.cancel', 'order.answered'];

/**
 * Journal entries from one kept snapshot to the next: replaying them takes less than a second, on a busy machine too
 * (`npm run bench -- --only replay`), and a snapshot of a few kB among them adds about one percent to the journal.
 */
export const CHECKPOINT_EVERY = 2_000;
