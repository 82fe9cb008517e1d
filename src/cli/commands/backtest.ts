/** `hedgerow backtest`: what it takes and says about itself; the work is in src/cli/backtest. */
import type { CommandSpec } from '../command-spec.ts';

export const backtestCommand: CommandSpec = {
  name: 'backtest',
  summary: 'run strategies over candles, exactly as the live bot would have traded them',
  description:
    'Runs each strategy over past candles and shows what it would have earned and paid. The machines, ladder, windows and ledger are those of ' +
    'the live bot, on the simulated exchange: the same fills and the same equity, to the last digit.\n\n' +
    'Candles come from <data>/data, where hedgerow fetch and hedgerow import put them (the finest that cover the period), or from --candles. ' +
    'Funding has to be known or said: from the same place, --funding FILE, assume:RATE or none. Limits and fees stand in the file of a ' +
    'strategy of the simulated exchange; of a real exchange they are what hedgerow fetch stored. Nothing is asked over the network.\n\n' +
    'Inside a candle the price is taken to go open, low, high, close, or open, high, low, close when it falls; the true order is not in the ' +
    'data. So every result comes with what the same run gives under the worst and the best order. Candles before --from are history for ' +
    'units of ATR; without --from a plan begins when its unit is known.\n\n' +
    'Exits 1 when candles or settlements are missing within the period (unless --allow-gaps), or it was stopped; 2 for wrong input; else 0: ' +
    'a plan that lost, was halted or liquidated is a result.',
  arguments: [{ syntax: '<path...>', description: 'strategy files, or folders, of which all *.yaml and *.yml are taken' }],
  options: [
    { flags: '--from <time>', description: 'from this day, time, or span back from the end: 2026-01-01, 2026-01-01T12:00Z, 90d (default: all there is)' },
    { flags: '--to <time>', description: 'before this day or time (default: the end of the data)' },
    { flags: '--timeframe <timeframe>', description: 'length of the candles, made of finer ones where need be (default: the finest there is)' },
    { flags: '--candles <file>', description: 'candles instead of the stored ones: CSV, gzip, zip, JSON, feather, or trades; once per symbol', isRepeatable: true },
    { flags: '--source <name>', description: 'of several stored sources this one, such as bybit or binance-spot' },
    { flags: '--mark <file>', description: 'mark-price candles (default: stored ones of the same source and length, else the last price); "last": the last price', isRepeatable: true },
    { flags: '--funding <what>', description: 'a file of settlements, assume:0.01% (every 8 hours, at 00, 08 and 16 UTC), or none (default: stored history)', isRepeatable: true },
    { flags: '--detail <file>', description: 'finer candles or trades, used inside the candles that matter', isRepeatable: true },
    { flags: '--path <order>', description: 'order of low and high inside a candle: ohlc, worst or best (default ohlc)' },
    { flags: '--slippage <percent>', description: 'what a taker pays on top of the price (default: the strategy file\'s)' },
    { flags: '--range-slippage <percent>', description: 'and this share of the candle\'s high − low (default 0%)' },
    { flags: '--volume-share <percent>', description: 'at most this share of a candle\'s volume fills in it (default: no bound)' },
    { flags: '--max-stop-slip <percent>', description: 'a stop fills at most this far from its trigger (default: no bound)' },
    { flags: '--fees <tier>', description: 'published fees such as bybit or binanceusdm:vip2, or taker/maker such as 0.05%/0.02% (default: the market\'s)' },
    { flags: '--tiers <file>', description: 'leverage tiers, for maintenance margins (default: as fetched, or the simulated exchange\'s)' },
    { flags: '--set <path=value>', description: 'another value for any field of the strategy, such as unit.percent=2%; nothing after = takes it away', isRepeatable: true },
    { flags: '--allow-gaps', description: 'missing candles and settlements are told in the result only' },
    { flags: '--json [file]', description: 'the results as one JSON document, to standard output or into a file' },
    { flags: '--trades <file>', description: 'fills as CSV; of one strategy' },
    { flags: '--equity <file>', description: 'equity at every close as CSV; of one strategy' },
    { flags: '--html <file>', description: 'a report to look at, in one file; of one strategy' },
    { flags: '--out <folder>', description: 'all of these for every strategy, named after it' },
    { flags: '--threads <count>', description: 'strategies run at once (default: one per core)' },
    { flags: '--data <folder>', description: 'data folder (default .hedgerow)' },
  ],
  examples: [
    'hedgerow backtest strategies/btc-rotation.yaml --from 2025-01-01 --to 2025-07-01',
    'hedgerow backtest strategies --candles candles_BTCUSDT_1m.csv.gz --funding assume:0.01%',
    'hedgerow backtest strategies/btc-rotation.yaml --set unit.percent=2% --html report.html',
    'hedgerow backtest strategies --out results',
  ],
  load: async () => (await import('../backtest/backtest-action.ts')).backtestAction,
};
