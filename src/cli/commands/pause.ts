/** `hedgerow pause`: what it takes and says about itself; the work is in src/cli/operator. */
import type { CommandSpec } from '../command-spec.ts';

export const pauseCommand: CommandSpec = {
  name: 'pause',
  summary: 'leave what rests, slide nothing, open nothing',
  description:
    'What rests stays as it is, also the protective stops; nothing slides and no new risk is taken; fills are still booked. ' +
    'hedgerow resume ends it.\n\nActs on the running bot. When none runs, the request is written down and taken first thing at the ' +
    'next start.',
  arguments: [{ syntax: '[plan...]', description: 'names of plans, or their strategy files' }],
  options: [
    { flags: '--all', description: 'every plan in the store' },
    { flags: '--reason <text>', description: 'why; kept with who asked and when' },
    { flags: '--wait <time>', description: 'how long to wait for the running bot, e.g. 30s (default), 2m, 0s' },
    { flags: '--venue <venue>', description: 'of several worlds with a plan of that name the one that is meant' },
    { flags: '--data <folder>', description: 'data folder (default .hedgerow)' },
    { flags: '--json', description: 'one JSON document' },
  ],
  examples: ["hedgerow pause btc-rotation --reason 'news at 14:00'"],
  load: async () => (await import('../operator/act-action.ts')).actAction('pause'),
};
