/** What paths say about the rows behind them. */
import { expect, test } from 'vitest';
import { tableFileFacts } from '../../../../src/adapters/files/candle-store/table-file-facts.ts';

const [M1, H1] = [60_000, 3_600_000];

test.each<[string, ReturnType<typeof tableFileFacts>]>([
  ['binance-um_BTCUSDT_1m_20250504_20250624.csv.gz', { source: 'binanceusdm', symbol: 'BTC/USDT:USDT', timeframeMs: M1, kind: 'candles' }],
  ['a/binance-um-mark_BTCUSDT_1h_20241231_20251031.csv.gz', { source: 'binanceusdm', symbol: 'BTC/USDT:USDT', timeframeMs: H1, kind: 'mark' }],
  ['binance-cm-mark_BTCUSD_PERP_1m_20251009_20251010.csv.gz', { source: 'binance-cm', symbol: 'BTC/USD:BTC', timeframeMs: M1, kind: 'mark' }],
  ['binance-spot_ETHUSDT_15m_20230102_20251031.csv', { source: 'binance-spot', symbol: 'ETH/USDT:USDT', timeframeMs: 900_000, kind: 'candles' }],
  ['hyperliquid_BTC-PERP_funding_20230512_20250726.csv.gz', { source: 'hyperliquid', symbol: 'BTC/USDC:USDC', timeframeMs: null, kind: 'funding' }],
  ['gemini_BTCUSD_trades_20251010.csv.gz', { source: 'gemini', symbol: 'BTC/USD:USD', timeframeMs: null, kind: null }],
  ['data/futures/um/monthly/klines/BTCUSDT/1m/BTCUSDT-1m-2025-10.zip', { source: 'binanceusdm', symbol: 'BTC/USDT:USDT', timeframeMs: M1, kind: 'candles' }],
  ['data/futures/um/daily/markPriceKlines/BTCUSDT/1h/BTCUSDT-1h-2025-10-10.zip', { source: 'binanceusdm', symbol: 'BTC/USDT:USDT', timeframeMs: H1, kind: 'mark' }],
  ['data/spot/monthly/klines/SOLUSDC/1m/SOLUSDC-1m-2025-01.zip', { source: 'binance-spot', symbol: 'SOL/USDC:USDC', timeframeMs: M1, kind: 'candles' }],
  ['BTCUSD_PERP-1m-2025-10-10.zip', { source: 'binance-cm', symbol: 'BTC/USD:BTC', timeframeMs: M1, kind: null }],
  ['BTCUSDT-fundingRate-2025-10.zip', { source: null, symbol: 'BTC/USDT:USDT', timeframeMs: null, kind: 'funding' }],
  ['BTCUSDT-1m-2025-10.csv', { source: null, symbol: 'BTC/USDT:USDT', timeframeMs: M1, kind: null }],
  ['user_data/data/binance/futures/BTC_USDT_USDT-1m-futures.feather', { source: 'binanceusdm', symbol: 'BTC/USDT:USDT', timeframeMs: M1, kind: 'candles' }],
  ['user_data/data/hyperliquid/futures/BTC_USDC_USDC-1h-mark.feather', { source: 'hyperliquid', symbol: 'BTC/USDC:USDC', timeframeMs: H1, kind: 'mark' }],
  ['user_data/data/gateio/futures/BTC_USDT_USDT-1h-funding_rate.feather', { source: 'gate', symbol: 'BTC/USDT:USDT', timeframeMs: null, kind: 'funding' }],
  ['user_data/data/binance/BTC_USDT-1h.feather', { source: 'binance-spot', symbol: 'BTC/USDT:USDT', timeframeMs: H1, kind: 'candles' }],
  ['user_data/data/binance/futures/BTC_USD_BTC-5m-futures.json.gz', { source: 'binance-cm', symbol: 'BTC/USD:BTC', timeframeMs: 300_000, kind: 'candles' }],
  ['Downloads/BTC_USDT-1h.json', { source: null, symbol: 'BTC/USDT:USDT', timeframeMs: H1, kind: 'candles' }],
  ['bybit_ETHUSDT_4h.feather', { source: 'bybit', symbol: 'ETH/USDT:USDT', timeframeMs: 14_400_000, kind: 'candles' }],
  ['prices.csv', { source: null, symbol: null, timeframeMs: null, kind: null }],
])('%s', (path, facts) => {
  expect(tableFileFacts(path)).toEqual(facts);
});
