/** `hedgerow plan`: what it takes and says about itself; the work is in src/cli/plan. */
import type { CommandSpec } from '../command-spec.ts';

export const planCommand: CommandSpec = {
  name: 'plan',
  summary: 'show what would be placed, moved and cancelled now, and why',
  description:
    'Compares the orders a plan wants with those that rest, without changing anything: + place, ~ move, - cancel, = stays, . withheld. A plan ' +
    'that was never started is shown as it would open. Give the same --feed, --seed and --data as to run; the bot may ' +
    'be running meanwhile.',
  arguments: [{ syntax: '[path...]', description: 'strategy files, or folders of them (default: strategies)' }],
  options: [
    { flags: '--live', description: 'the plan as it trades real money; reads the exchange with the credentials of its accounts' },
    { flags: '--keys <file>', description: 'file of credentials, mode 0600 (default keys.yaml in the data folder, or the environment)' },
    { flags: '--price <price>', description: 'what would happen at this price instead of the last one' },
    { flags: '--feed <file>', description: 'candle or trade file the plan runs on; once per symbol', isRepeatable: true },
    { flags: '--prices <list>', description: 'a price path of your own, one price a minute, e.g. 60000,61000,58000; for one symbol' },
    { flags: '--seed <seed>', description: 'seed of the price generator (default 9)' },
    { flags: '--start-price <price>', description: 'where the generator starts a symbol it does not know' },
    { flags: '--data <folder>', description: 'data folder (default .hedgerow)' },
    { flags: '--json', description: 'one JSON document' },
  ],
  examples: ['hedgerow plan strategies', 'hedgerow plan strategies/btc-rotation.yaml --price 58000', 'hedgerow plan strategies --json'],
  load: async () => (await import('../plan/plan-action.ts')).planAction,
};
