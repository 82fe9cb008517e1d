/** `hedgerow journal`: what it takes and says about itself; the work is in src/cli/operator. */
import type { CommandSpec } from '../command-spec.ts';

export const journalCommand: CommandSpec = {
  name: 'journal',
  summary: 'show what a plan has lived through, entry by entry',
  description:
    'The append-only journal of one plan: events in the past tense (fill.booked), decisions as commands (order.place). Without ' +
    '--after, the last entries are shown.',
  arguments: [{ syntax: '<plan...>', description: 'name of the plan, or its strategy file' }],
  options: [
    { flags: '--after <number>', description: 'entries with a higher number than this' },
    { flags: '--limit <count>', description: 'at most so many (default 50; with --after all)' },
    { flags: '--type <type>', description: 'only of this type, e.g. fill.booked or order.*', isRepeatable: true },
    { flags: '--follow', description: 'go on with new entries until interrupted' },
    { flags: '--venue <venue>', description: 'of several worlds with a plan of that name the one that is meant' },
    { flags: '--data <folder>', description: 'data folder (default .hedgerow)' },
    { flags: '--json', description: 'one JSON document per entry, one per line' },
  ],
  examples: ['hedgerow journal btc-rotation --type phase.changed --type cycle.started', 'hedgerow journal btc-rotation --after 1200 --limit 20 --json', 'hedgerow journal btc-rotation --follow'],
  load: async () => (await import('../operator/journal-action.ts')).journalAction,
};
