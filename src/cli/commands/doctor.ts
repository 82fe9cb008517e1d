/** `hedgerow doctor`: what it takes and says about itself; the work is in src/cli/doctor. */
import type { CommandSpec } from '../command-spec.ts';

export const doctorCommand: CommandSpec = {
  name: 'doctor',
  summary: 'look at everything live trading rests on, before it does',
  description:
    'For strategies on a real exchange: credentials and what the keys may do, account type, position mode, margin mode, leverage, clock, market ' +
    'status, limits, fees, funding, whether the capital and the windows fit, and orders and positions of others. Each line passes, warns or ' +
    'fails, with the remedy. Keys that may withdraw fail.\n\n' +
    'It changes nothing, except with --apply: then position mode, margin mode and leverage are set as the strategy wants them, on accounts that ' +
    'hold no position and no order.\n\n' +
    'Credentials come from the environment (HEDGEROW_<ACCOUNT>_API_KEY, …) or from a file that only you can read. Exits 1 when something fails.',
  arguments: [{ syntax: '<file...>', description: 'strategy files, or folders, of which all *.yaml and *.yml are taken' }],
  options: [
    { flags: '--apply', description: 'set position mode, margin mode and leverage where they differ' },
    { flags: '--keys <file>', description: 'file with credentials, mode 0600 (default: keys.yaml in the data folder, if it is there)' },
    { flags: '--data <folder>', description: 'data folder (default: .hedgerow)' },
    { flags: '--json', description: 'one JSON document' },
  ],
  examples: ['hedgerow doctor my-strategies/btc.yaml', 'hedgerow doctor my-strategies/btc.yaml --apply'],
  load: async () => (await import('../doctor/doctor-action.ts')).doctorAction,
};
