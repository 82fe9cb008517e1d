/** `hedgerow reset`: what it takes and says about itself; the work is in src/cli/operator. */
import type { CommandSpec } from '../command-spec.ts';

export const resetCommand: CommandSpec = {
  name: 'reset',
  summary: 'start a new cycle in every wallet now',
  description:
    'Every wallet of a running plan trades the difference to its target at market and starts a new cycle at the present price. ' +
    'Asks on a terminal.\n\nActs on the running bot. When none runs, the request is written down and taken first thing at the next ' +
    'start.',
  arguments: [{ syntax: '<plan...>', description: 'names of plans, or their strategy files' }],
  options: [
    { flags: '--yes', description: 'do not ask for confirmation on a terminal' },
    { flags: '--reason <text>', description: 'why; kept with who asked and when' },
    { flags: '--wait <time>', description: 'how long to wait for the running bot, e.g. 30s (default), 2m, 0s' },
    { flags: '--venue <venue>', description: 'of several worlds with a plan of that name the one that is meant' },
    { flags: '--data <folder>', description: 'data folder (default .hedgerow)' },
    { flags: '--json', description: 'one JSON document' },
  ],
  examples: ['hedgerow reset btc-rotation --yes'],
  load: async () => (await import('../operator/act-action.ts')).actAction('reset'),
};
