/** `hedgerow trace`: what it takes and says about itself; the work is in src/cli/trace. */
import type { CommandSpec } from '../command-spec.ts';

export const traceCommand: CommandSpec = {
  name: 'trace',
  summary: "show a strategy's orders, fills and money on a given price path",
  description:
    'Opens the strategy at the first price and shows, for each price, phase, wallets, resting orders and what was filled. Nothing is sent ' +
    'anywhere and every margin is granted.\n\n' +
    'With --json: one document per line, nothing else. With --prices-file: one path of prices per line; blank lines and lines that begin ' +
    'with # are skipped; the paths are numbered 0, 1, … in the order they stand, and each document begins with its "path". Documents of ' +
    'the paths before a wrong line are printed before the error.\n\n' +
    'A strategy whose unit is an ATR needs --candles; the ATR at the end of that file is used for every cycle.',
  arguments: [{ syntax: '<strategy>', description: 'strategy file; it must trade on the simulated exchange, whose market block gives steps and fees' }],
  options: [
    { flags: '--prices <list>', description: 'prices in plain decimals, separated by commas' },
    { flags: '--prices-file <file>', description: 'file with one such path per line; - reads standard input' },
    { flags: '--fill <mode>', description: 'touch: the price moves continuously, orders fill at their trigger; gap: it jumps, orders fill at the new price (default: touch)' },
    { flags: '--candles <file>', description: 'candle file for units of ATR (timestamp_ms,open,high,low,close,volume; plain or gzip)' },
    { flags: '--json', description: 'one JSON document per price, one per line' },
  ],
  examples: [
    'hedgerow trace strategies/btc-rotation.yaml --prices 100000,107000,103000,99000,103000',
    'hedgerow trace strategies/btc-rotation.yaml --prices 100000,90000 --fill gap --json',
    'hedgerow trace strategies/eth-joint-scaling.yaml --prices-file paths.txt --json',
  ],
  load: async () => (await import('../trace/trace-action.ts')).traceAction,
};
