/** What the usual names of data files say: the ccxt symbol and the timeframe of `binance-um_BTCUSDT_1m_20250504_20250624.csv.gz`. */
import { basename } from 'node:path';
import { parseTimeframe } from '../../domain/timeframe.ts';

/** Settlement currencies that end a joined market name, the longest first. */
const QUOTES = ['USDT', 'USDC', 'USD'];
/** What a venue's linear perpetuals are settled in when its market names do not say. */
const PERPETUAL_SETTLE: Readonly<Record<string, string>> = { hyperliquid: 'USDC', ftx: 'USD', dydx: 'USDC' };

const STORED_TABLE = /^([A-Za-z0-9.]+)-([A-Z0-9]+)-([A-Z0-9]+)(?:_(?:mark|funding))?(?:_\d+[smhdw])?\.arrow$/;

function parts(path: string): string[] {
  return basename(path).replace(/\.gz$/i, '').replace(/\.(?:csv|arrow)$/i, '').split('_');
}

/**
 * The perpetual a file's prices are meant for, or null when its name does not say: `…_BTCUSDT_…` is BTC/USDT:USDT,
 * `hyperliquid_BTC-PERP_…` BTC/USDC:USDC, `coinbase_AVAX-USD_…` AVAX/USD:USD. Spot files give the perpetual of the same name.
 * A table of the candle store is named by its symbol: `BTC-USDT-USDT_1m.arrow`.
 */
export function guessSymbol(path: string): string | null {
  const stored = STORED_TABLE.exec(basename(path));
  if (stored !== null) return `${stored[1]}/${stored[2]}:${stored[3]}`;
  const [venue = '', ...rest] = parts(path);
  const market = rest[0] ?? '';
  const perpetual = /^([A-Z0-9]+)-PERP$/.exec(market);
  if (perpetual !== null) {
    const settle = PERPETUAL_SETTLE[venue];
    return settle === undefined ? null : `${perpetual[1]}/${settle}:${settle}`;
  }
  for (const quote of QUOTES) {
    const joined = new RegExp(`^([A-Z0-9]+?)-?${quote}$`).exec(market);
    if (joined === null) continue;
    const [, base = ''] = joined;
    // Coin-margined markets (BTCUSD_PERP) are settled in the base currency.
    return rest[1] === 'PERP' ? `${base}/${quote}:${base}` : `${base}/${quote}:${quote}`;
  }
  return null;
}

/** Milliseconds of the bars a file's name announces, or null. */
export function guessTimeframe(path: string): number | null {
  const timeframe = parts(path).find((part) => /^\d+[smhdw]$/.test(part));
  return timeframe === undefined ? null : parseTimeframe(timeframe);
}
