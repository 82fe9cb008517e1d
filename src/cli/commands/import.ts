/** `hedgerow import`: what it takes and says about itself; the work is in src/cli/import. */
import type { CommandSpec } from '../command-spec.ts';

export const importCommand: CommandSpec = {
  name: 'import',
  summary: 'take candles and funding from files into the candle store',
  description:
    'Takes candles, mark-price candles or funding rates from files into <data>/data/<source>, where backtest finds them: CSV, plain, gzip or ' +
    'zip, with the header timestamp_ms,open,high,low,close,volume or timestamp_ms,funding_rate, or as Binance Vision packs them; feather and ' +
    'JSON of freqtrade; JSON lists of ccxt. Of a trade tape candles of the --timeframe are made. Tables are Arrow files (feather version 2).\n\n' +
    'Rows that stand twice, are out of order, impossible or of another timeframe are named by row and time, and nothing is taken from their ' +
    'file: then it exits 2. Gaps are named and stay gaps: then it exits 1. Rows that are stored already have to be the same.\n\n' +
    'Source, symbol, timeframe and kind are taken from the names Binance Vision, freqtrade and fetch give; say them for other names.',
  arguments: [{ syntax: '<file...>', description: 'data files' }],
  options: [
    { flags: '--source <name>', description: 'exchange or other origin, which is the folder: binanceusdm, bybit, …' },
    { flags: '--symbol <symbol>', description: 'market as ccxt writes it, such as BTC/USDT:USDT' },
    { flags: '--timeframe <timeframe>', description: 'length of the candles, such as 1m' },
    { flags: '--kind <kind>', description: 'candles, mark or funding' },
    { flags: '--replace', description: 'rows that differ from stored ones take their place' },
    { flags: '--data <folder>', description: 'data folder (default .hedgerow)' },
    { flags: '--json', description: 'the result as one JSON document' },
  ],
  examples: [
    'hedgerow import bybit_BTCUSDT_1m_20260101_20260201.csv.gz',
    'hedgerow import futures/um/monthly/klines/BTCUSDT/1m/BTCUSDT-1m-2025-*.zip',
    'hedgerow import user_data/data/binance/futures/BTC_USDT_USDT-1m-futures.feather',
    'hedgerow import prices.csv --source bybit --symbol ETH/USDT:USDT --timeframe 5m',
  ],
  load: async () => (await import('../import/import-action.ts')).importAction,
};
