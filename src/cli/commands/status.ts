/** `hedgerow status`: what it takes and says about itself; the work is in src/cli/operator. */
import type { CommandSpec } from '../command-spec.ts';

export const statusCommand: CommandSpec = {
  name: 'status',
  summary: 'show how plans stand, and what they need',
  description:
    'For each plan: whether it runs and if not why, phase, wallets, orders, what is held without a confirmed order to close it, ' +
    'price and its age, latch, what was asked for and is not done yet, and who trades its accounts. Reads the running bot, or the ' +
    'store when none runs.\n\nExits 1 when a plan was stopped by what the bot found, not by a person.',
  arguments: [{ syntax: '[plan...]', description: 'names of plans, or their strategy files (default: all)' }],
  options: [
    { flags: '--venue <venue>', description: 'of several worlds with a plan of that name the one that is meant' },
    { flags: '--data <folder>', description: 'data folder (default .hedgerow)' },
    { flags: '--json', description: 'one JSON document' },
  ],
  examples: ['hedgerow status', 'hedgerow status btc-rotation --json'],
  load: async () => (await import('../operator/status-action.ts')).statusAction,
};
