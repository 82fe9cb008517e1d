/**
 * What the path of a data file says about its rows: the names of this program and its test data (`bybit_BTCUSDT_1m_….csv.gz`), of Binance
 * Vision (`BTCUSDT-1m-2025-10.zip`), and of freqtrade (`binance/futures/BTC_USDT_USDT-1m-futures.feather`).
 */
import { basename, dirname, sep } from 'node:path';
import { parseTimeframe } from '../../../domain/timeframe.ts';
import { guessSymbol, guessTimeframe } from '../file-symbol.ts';
import type { StoredKind } from './stored-dataset.ts';

/** Null is what the path does not say. */
export interface TableFileFacts {
  readonly source: string | null;
  readonly symbol: string | null;
  readonly timeframeMs: number | null;
  readonly kind: StoredKind | null;
}

const NOTHING: TableFileFacts = { source: null, symbol: null, timeframeMs: null, kind: null };
const EXTENSIONS = /(?:\.(?:csv|json|feather|arrow|zip|gz))+$/i;
const FREQTRADE = /^([A-Za-z0-9]+)_([A-Z0-9]+)(?:_([A-Z0-9]+))?-(\d+[smhdw])(?:-(futures|spot|mark|funding_rate))?$/;
const VISION = /^([A-Z0-9]+?)(_PERP)?-(?:(\d+[smhdw])|(fundingRate))-\d{4}-\d{2}(?:-\d{2})?$/;
/** Names of others for exchanges of this program. */
const SOURCES: Readonly<Record<string, string>> = { 'binance-um': 'binanceusdm', gateio: 'gate' };

export function tableFileFacts(path: string): TableFileFacts {
  const name = basename(path).replace(EXTENSIONS, '');
  return freqtradeFacts(name, path) ?? visionFacts(name, path) ?? ownFacts(name);
}

function freqtradeFacts(name: string, path: string): TableFileFacts | null {
  const match = FREQTRADE.exec(name);
  if (match === null) return null;
  const [, base = '', quote = '', settle, timeframe = '', type] = match;
  const kind = type === 'mark' ? 'mark' : type === 'funding_rate' ? 'funding' : 'candles';
  return {
    source: freqtradeSource(path, settle),
    // Prices of a spot market stand for the perpetual of the same name, as with all files.
    symbol: `${base}/${quote}:${settle ?? quote}`,
    timeframeMs: kind === 'funding' ? null : parseTimeframe(timeframe),
    kind,
  };
}

/** `…/data/binance/futures/FILE`, and `…/data/binance/FILE` for spot. */
function freqtradeSource(path: string, settle: string | undefined): string | null {
  const folders = dirname(path).split(sep);
  const last = folders.at(-1);
  const isFutures = last === 'futures';
  const exchange = isFutures ? folders.at(-2) : folders.at(-2) === 'data' ? last : undefined;
  if (exchange === undefined || !/^[a-z0-9]+$/.test(exchange)) return null;
  if (exchange === 'binance') return !isFutures ? 'binance-spot' : settle !== undefined && /^USD/.test(settle) ? 'binanceusdm' : 'binance-cm';
  return SOURCES[exchange] ?? (isFutures ? exchange : `${exchange}-spot`);
}

function visionFacts(name: string, path: string): TableFileFacts | null {
  const match = VISION.exec(name);
  if (match === null) return null;
  const [, market = '', perpetual, timeframe, funding] = match;
  const folders = dirname(path).split(sep);
  const place = folders.includes('um') ? 'binanceusdm' : folders.includes('cm') || perpetual !== undefined ? 'binance-cm' : folders.includes('spot') ? 'binance-spot' : null;
  const kind = funding !== undefined ? 'funding' : folders.includes('markPriceKlines') ? 'mark' : folders.includes('klines') ? 'candles' : null;
  return {
    source: place,
    symbol: guessSymbol(`binance_${market}${perpetual ?? ''}_${timeframe ?? 'funding'}`),
    timeframeMs: timeframe === undefined ? null : parseTimeframe(timeframe),
    kind,
  };
}

/** `venue_MARKET_timeframe_…`, `venue-mark_…`, `venue_MARKET_funding_…`. */
function ownFacts(name: string): TableFileFacts {
  const parts = name.split('_');
  const symbol = guessSymbol(`${name}.csv`);
  const timeframeMs = guessTimeframe(`${name}.csv`);
  const [venue = ''] = parts;
  if (parts.length < 3 || !/^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(venue)) return { ...NOTHING, symbol, timeframeMs };
  const isMark = venue.endsWith('-mark');
  const place = isMark ? venue.slice(0, -'-mark'.length) : venue;
  const kind = parts.includes('funding') ? 'funding' : isMark ? 'mark' : timeframeMs === null ? null : 'candles';
  return { source: SOURCES[place] ?? place, symbol, timeframeMs, kind };
}
