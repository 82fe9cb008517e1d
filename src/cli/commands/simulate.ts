/** `hedgerow simulate`: what it takes and says about itself; the work is in src/cli/simulate. */
import type { CommandSpec } from '../command-spec.ts';

export const simulateCommand: CommandSpec = {
  name: 'simulate',
  summary: 'run a strategy through random price paths and check every step',
  description:
    'Runs random price paths (walks, trends, crashes, chop exactly at a level, gaps, and with --candles blocks of real candles) through the ' +
    'whole bot on the simulated exchange, with latency, partial fills and slippage drawn for each path. After every step an independent ' +
    'auditor compares the bot with the exchange. Pauses, halts and liquidations are results, not faults.\n\n' +
    'Reports which states and transitions were covered, the most frequent phase sequences, and how returns, drawdowns and cycle results are ' +
    'distributed. These paths are made to find faults: their returns say little about a real market.\n\n' +
    'A broken invariant prints the shortest path found that breaks it and the command that replays it, and exits 1. The same seed gives ' +
    'the same output.',
  arguments: [{ syntax: '<strategy>', description: 'strategy file; it must trade on the simulated exchange' }],
  options: [
    { flags: '--runs <count>', description: 'number of paths (default: 300)' },
    { flags: '--seed <number>', description: 'whole number that determines all paths (default: 1)' },
    { flags: '--steps <count>', description: 'prices per path (default: 60)' },
    { flags: '--candles <file>', description: 'candle file to draw blocks from (timestamp_ms,open,high,low,close,volume; plain or gzip)' },
    { flags: '--price <price>', description: 'price the paths start at (default: the last close of --candles, else the first price of the built-in generator)' },
    { flags: '--path <path>', description: 'run this one path, as a violation prints it: moves in units such as "+1 -0.5", levels such as "L-1"' },
    { flags: '--harsh', description: 'worst conditions too: prices move on by whole units while orders fill in parts or answers are still under way' },
    { flags: '--json', description: 'one JSON document' },
  ],
  examples: [
    'hedgerow simulate strategies/btc-rotation.yaml',
    'hedgerow simulate strategies/eth-joint-scaling.yaml --runs 1000 --seed 7 --json',
    'hedgerow simulate strategies/sol-independent.yaml --path "latency=250 gap | -4 +5 L-1"',
  ],
  load: async () => (await import('../simulate/simulate-action.ts')).simulateAction,
};
