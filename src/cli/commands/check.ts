/** `hedgerow check`: what it takes and says about itself; the work is in src/cli/check. */
import type { CommandSpec } from '../command-spec.ts';

export const checkCommand: CommandSpec = {
  name: 'check',
  summary: 'check strategy files and show the fully resolved plan',
  description:
    'Reads strategy files and shows what they mean: every default, the ladder of orders at the start, the capital needed, the margin if ' +
    'everything fills, the liquidation distance, the limits of the exchange, and warnings. Nothing is sent anywhere.\n\n' +
    'Amounts and prices are shown at --price, else at the last close of --candles, else, for BTC, ETH and SOL against USDT, at the first ' +
    'price of the built-in generator.\n\n' +
    'Exits 2 when a file is invalid, 1 when the capital is too small for the limits of the exchange or two files get in each other\'s way, else 0.',
  arguments: [{ syntax: '<file...>', description: 'strategy files, or folders, of which all *.yaml and *.yml are taken' }],
  options: [
    { flags: '--price <price>', description: 'price at which amounts are shown; for files of one symbol' },
    { flags: '--candles <file>', description: 'candle file for the last price and for units of ATR; may be given once per symbol', isRepeatable: true },
    { flags: '--json', description: 'one JSON document for all files' },
  ],
  examples: [
    'hedgerow check strategies/btc-rotation.yaml --price 100000',
    'hedgerow check strategies',
    'hedgerow check strategies --json',
  ],
  load: async () => (await import('../check/check-action.ts')).checkAction,
};
