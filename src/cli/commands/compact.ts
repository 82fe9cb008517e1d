/** `hedgerow compact`: what it takes and says about itself; the work is in src/cli/store. */
import type { CommandSpec } from '../command-spec.ts';

export const compactCommand: CommandSpec = {
  name: 'compact',
  summary: 'delete old rows of the store that neither recovery nor reports need',
  description:
    'Deletes, for every plan, what is older than --before: seen prices, measured ATRs and requests with their answers from the journal, orders ' +
    'that ended without a fill (the last of each place in a cycle stays), and settled requests. Fills, trades, funding, cycles, phases, external ' +
    'events and what operators did stay for ever, and so does everything of the last day; the requests table of a report counts what is left. A replay of the journal begins at a kept snapshot afterwards.\n\n' +
    'A period such as 30d counts back from the last activity of each plan. With DATABASE_URL set, the store is that PostgreSQL database, ' +
    'and bots may run meanwhile; with a data folder they may not. Interrupted, it is finished by the next one.\n\n' +
    'With --json: {store, plans: [{venue, plan, before, throughSeq, entries, orders, intents, checkpoints}]}, `before` in ms, `throughSeq` the ' +
    'number up to which journal entries may be missing, the rest rows deleted.',
  arguments: [],
  options: [
    { flags: '--before <time>', description: 'days such as 30d, or a date such as 2026-11-01 (UTC); default 30d' },
    { flags: '--data <folder>', description: 'data folder (default .hedgerow)' },
    { flags: '--json', description: 'what was deleted as one JSON document' },
  ],
  examples: ['hedgerow compact --before 90d', 'hedgerow compact --before 2026-11-01 --json'],
  load: async () => (await import('../store/compact-action.ts')).compactAction,
};
