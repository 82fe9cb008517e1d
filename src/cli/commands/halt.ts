/** `hedgerow halt`: what it takes and says about itself; the work is in src/cli/operator. */
import type { CommandSpec } from '../command-spec.ts';

export const haltCommand: CommandSpec = {
  name: 'halt',
  summary: 'cancel all orders of a plan, keep its positions',
  description:
    'Cancels every order of the plan, also its protective stops, and keeps what it holds. Latched in the store and in <data>/latch ' +
    'before anything else: it holds across restarts, even if the store is lost, until hedgerow resume. Done only when a complete ' +
    'reading of the exchange shows no order of the plan; until then this exits 1 and says what still rests.\n\nIt also works when ' +
    'the store cannot be reached: the running bot watches the latch folder.\n\nActs on the running bot. When none runs, the ' +
    'request is written down and taken first thing at the next start.',
  arguments: [{ syntax: '[plan...]', description: 'names of plans, or their strategy files' }],
  options: [
    { flags: '--all', description: 'every plan in the store' },
    { flags: '--reason <text>', description: 'why; kept with who asked and when' },
    { flags: '--wait <time>', description: 'how long to wait for the running bot, e.g. 30s (default), 2m, 0s' },
    { flags: '--venue <venue>', description: 'of several worlds with a plan of that name the one that is meant' },
    { flags: '--data <folder>', description: 'data folder (default .hedgerow)' },
    { flags: '--json', description: 'one JSON document' },
  ],
  examples: ["hedgerow halt --all --reason 'exchange acts up'"],
  load: async () => (await import('../operator/act-action.ts')).actAction('halt'),
};
