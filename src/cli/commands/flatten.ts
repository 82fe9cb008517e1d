/** `hedgerow flatten`: what it takes and says about itself; the work is in src/cli/operator. */
import type { CommandSpec } from '../command-spec.ts';

export const flattenCommand: CommandSpec = {
  name: 'flatten',
  summary: 'cancel all orders and close all positions at market',
  description:
    'Halts the plan, then closes everything it holds at market, reduce-only. Latched like halt. Done only when a complete reading ' +
    'of the exchange shows neither an order nor a position of the plan; until then this exits 1 and says what is left. Shows what ' +
    'would be closed, and asks on a terminal.\n\nActs on the running bot. When none runs, the request is written down and taken ' +
    'first thing at the next start.',
  arguments: [{ syntax: '[plan...]', description: 'names of plans, or their strategy files' }],
  options: [
    { flags: '--all', description: 'every plan in the store' },
    { flags: '--yes', description: 'do not ask for confirmation on a terminal' },
    { flags: '--reason <text>', description: 'why; kept with who asked and when' },
    { flags: '--wait <time>', description: 'how long to wait for the running bot, e.g. 30s (default), 2m, 0s' },
    { flags: '--venue <venue>', description: 'of several worlds with a plan of that name the one that is meant' },
    { flags: '--data <folder>', description: 'data folder (default .hedgerow)' },
    { flags: '--json', description: 'one JSON document' },
  ],
  examples: ["hedgerow flatten btc-rotation --yes --reason 'end of the test'"],
  load: async () => (await import('../operator/act-action.ts')).actAction('flatten'),
};
