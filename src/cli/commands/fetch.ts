/** `hedgerow fetch`: what it takes and says about itself; the work is in src/cli/fetch. */
import type { CommandSpec } from '../command-spec.ts';

export const fetchCommand: CommandSpec = {
  name: 'fetch',
  summary: 'download candles, funding and market data of an exchange',
  description:
    'Downloads public history of one market into <data>/data/<exchange>: candles and mark-price candles, funding rates, the market with its ' +
    'limits and fees, and leverage tiers where they can be read without keys. Tables are gzipped CSV files that --feed, --funding and ' +
    '--candles read, each with every digit the exchange sends; a manifest beside them has rows, gaps, faults and checksums. What has no faults ' +
    'goes into the candle store as well, where backtest finds it.\n\n' +
    'Stopped or killed, it goes on where it was when the same command is given again. Only closed candles are taken. What is missing, doubled ' +
    'or impossible is named by its time and left as it is: then it exits 1.\n\n' +
    'The exchange is named, or taken from a strategy file with its symbol, addresses and proxies.',
  arguments: [
    { syntax: '<exchange>', description: 'binanceusdm, bybit, hyperliquid, okx, bitget, gate, or a strategy file' },
    { syntax: '[symbol]', description: 'a linear swap such as BTC/USDT:USDT; of a strategy file: its own' },
  ],
  options: [
    { flags: '--since <time>', description: 'from this day, time, or span back from the end: 2026-01-01, 2026-01-01T12:00Z, 30d' },
    { flags: '--until <time>', description: 'before this day or time (default: the last UTC midnight)' },
    { flags: '--timeframe <timeframe>', description: 'length of the candles (default 1m)' },
    { flags: '--only <kinds>', description: 'of candles,mark,funding,market,tiers (default: all that there are)' },
    { flags: '--data <folder>', description: 'data folder (default .hedgerow)' },
    { flags: '--json', description: 'the result as one JSON document' },
  ],
  examples: [
    'hedgerow fetch bybit BTC/USDT:USDT --since 2026-01-01 --until 2026-02-01',
    'hedgerow fetch strategies/btc-rotation.yaml --since 90d --timeframe 5m --only candles,funding',
  ],
  load: async () => (await import('../fetch/fetch-action.ts')).fetchAction,
};
