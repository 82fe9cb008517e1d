/** `hedgerow replay`: what it takes and says about itself; the work is in src/cli/operator. */
import type { CommandSpec } from '../command-spec.ts';

export const replayCommand: CommandSpec = {
  name: 'replay',
  summary: 'rebuild plans from their journals and compare with what is stored',
  description:
    'Steps the machines of a plan through its journal from the beginning, or from the first kept checkpoint where older entries ' +
    'were compacted away, and compares the result with the stored snapshot, field by field. A difference is shown with the number ' +
    'of the journal entry, and exits 1. Changes nothing.',
  arguments: [{ syntax: '[plan...]', description: 'names of plans, or their strategy files' }],
  options: [
    { flags: '--all', description: 'every plan in the store' },
    { flags: '--venue <venue>', description: 'of several worlds with a plan of that name the one that is meant' },
    { flags: '--data <folder>', description: 'data folder (default .hedgerow)' },
    { flags: '--json', description: 'one JSON document' },
  ],
  examples: ['hedgerow replay btc-rotation', 'hedgerow replay --all --json'],
  load: async () => (await import('../operator/replay-action.ts')).replayAction,
};
