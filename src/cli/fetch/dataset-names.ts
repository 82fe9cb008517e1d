/** Names of downloaded files: what `--feed` guesses a symbol and a timeframe from (adapters/files/file-symbol.ts). */
import type { DatasetKind } from '../../adapters/files/dataset/dataset-manifest.ts';
import type { Environment } from '../../domain/strategy.ts';
import type { FetchWish, Period } from './fetch-wish.ts';

/** `bybit_BTCUSDT_1m_20260101_20260201.csv.gz`; a period that does not begin and end at midnight shows its times. */
export function datasetName({ exchangeId, symbol, timeframe }: FetchWish, kind: DatasetKind, period: Period): string {
  const market = marketName(symbol);
  switch (kind) {
    case 'candles':
      return `${exchangeId}_${market}_${timeframe}_${span(period)}.csv.gz`;
    case 'mark':
      return `${exchangeId}-mark_${market}_${timeframe}_${span(period)}.csv.gz`;
    case 'funding':
      return `${exchangeId}_${market}_funding_${span(period)}.csv.gz`;
    case 'market':
    case 'tiers':
      return recordName(exchangeId, symbol, kind);
  }
}

/** `bybit_BTCUSDT_market.json`: a record is of its last download, whatever the period. */
export function recordName(exchangeId: string, symbol: string, kind: 'market' | 'tiers'): string {
  return `${exchangeId}_${marketName(symbol)}_${kind}.json`;
}

/** The folder of an exchange's files; those of its test networks are kept apart. */
export function placeOf(exchangeId: string, environment: Environment): string {
  return environment === 'production' ? exchangeId : `${exchangeId}-${environment}`;
}

export function manifestName({ exchangeId, symbol }: FetchWish, period: Period): string {
  return `${exchangeId}_${marketName(symbol)}_${span(period)}.json`;
}

function marketName(symbol: string): string {
  const [base = '', rest = ''] = symbol.split('/');
  return `${base.replace(/[^A-Za-z0-9]/g, '-')}${rest.split(':')[0]}`;
}

function span({ since, until }: Period): string {
  return `${moment(since)}_${moment(until)}`;
}

function moment(at: number): string {
  const [day = '', time = ''] = new Date(at).toISOString().split('T');
  const clock = time.slice(0, 8).replaceAll(':', '');
  return clock === '000000' ? day.replaceAll('-', '') : `${day.replaceAll('-', '')}T${clock}`;
}
