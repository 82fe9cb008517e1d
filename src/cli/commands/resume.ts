/** `hedgerow resume`: what it takes and says about itself; the work is in src/cli/operator. */
import type { CommandSpec } from '../command-spec.ts';

export const resumeCommand: CommandSpec = {
  name: 'resume',
  summary: 'let a paused or halted plan go on',
  description:
    'Ends a pause and a halt, and is the only command that lifts the latch of a halt or flatten. The windows catch up with the ' +
    'price, and positions are compared with the exchange before anything is opened. A plan that has diverged is ended by adopt or ' +
    'flatten.\n\nActs on the running bot. When none runs, the request is written down and taken first thing at the next start.',
  arguments: [{ syntax: '<plan...>', description: 'names of plans, or their strategy files' }],
  options: [
    { flags: '--reason <text>', description: 'why; kept with who asked and when' },
    { flags: '--wait <time>', description: 'how long to wait for the running bot, e.g. 30s (default), 2m, 0s' },
    { flags: '--venue <venue>', description: 'of several worlds with a plan of that name the one that is meant' },
    { flags: '--data <folder>', description: 'data folder (default .hedgerow)' },
    { flags: '--json', description: 'one JSON document' },
  ],
  examples: ["hedgerow resume btc-rotation --reason 'checked by hand'"],
  load: async () => (await import('../operator/act-action.ts')).actAction('resume'),
};
