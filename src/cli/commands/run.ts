/** `hedgerow run`: what it takes and says about itself; the work is in src/cli/run. */
import type { CommandSpec } from '../command-spec.ts';

export const runCommand: CommandSpec = {
  name: 'run',
  summary: 'run the bot: many plans in one process',
  description:
    'Runs every strategy file given (default: the folder strategies) on the simulated exchange, on generated prices or on files; where the ' +
    'files name a real exchange, on paper: at its live prices, without keys. State is ' +
    'kept in the data folder: killed at any moment and started again, it goes on where it was, with the same orders. SIGINT and SIGTERM ' +
    'stop it cleanly; resting orders stay. With DATABASE_URL set, the store is that PostgreSQL database.\n\n' +
    'One process trades an account. A second one on the same accounts, or on the same data folder, waits as standby and takes over when the ' +
    'first one ends or dies.\n\n' +
    'Log lines go to standard error, the summary to standard output. Exits 1 when a plan stopped, was halted by a limit or a liquidation, or ' +
    'has diverged from the exchange, 2 on wrong input; what an operator asked for is nothing wrong.',
  arguments: [{ syntax: '[path...]', description: 'strategy files, or folders of them' }],
  options: [
    { flags: '--feed <file>', description: 'candle or trade file to take prices from; once per symbol', isRepeatable: true },
    { flags: '--funding <file>', description: 'funding rate file (timestamp_ms,funding_rate) for a --feed; once per symbol', isRepeatable: true },
    { flags: '--prices <list>', description: 'a price path of your own, one price a minute, e.g. 60000,61000,58000; for one symbol' },
    { flags: '--seed <seed>', description: 'seed of the price generator (default 9)' },
    { flags: '--days <days>', description: 'length of the generated path (default 28); a finished run goes on for as many again' },
    { flags: '--start-price <price>', description: 'where the generator starts a symbol it does not know' },
    { flags: '--speed <factor>', description: 'max (default), 1 for real time, 60x, …' },
    { flags: '--live', description: 'trade real money on the exchange the files name; needs PostgreSQL, credentials and a passing doctor, and asks first' },
    { flags: '--yes', description: 'with --live: do not ask, for an unattended start' },
    { flags: '--keys <file>', description: 'file of credentials, mode 0600 (default keys.yaml in the data folder, or the environment)' },
    { flags: '--no-standby', description: 'refuse at once when another process trades the accounts or uses the data folder' },
    { flags: '--lease-ttl <seconds>', description: 'with DATABASE_URL: a dead process is taken over after this (default 15)' },
    { flags: '--data <folder>', description: 'data folder (default .hedgerow)' },
    { flags: '--log-level <level>', description: 'debug, info, warn, error or silent (default info; warn at full speed)' },
    { flags: '--json', description: 'the summary as one JSON document' },
  ],
  examples: ['hedgerow run strategies/btc-rotation.yaml', 'hedgerow run strategies --seed 7 --days 90', 'hedgerow run strategies/btc-rotation.yaml --feed candles_BTCUSDT_1m.csv.gz --log-level info'],
  outlivesItsReader: true,
  load: async () => (await import('../run/run-action.ts')).runAction,
};
