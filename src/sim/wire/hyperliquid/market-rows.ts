/** Public market data: the universe, the contexts with their prices, a thin book of one tick on both sides. */
import { dec, plain } from '../../../domain/decimal.ts';
import type { Json } from '../../../domain/json.ts';
import type { Asset } from './assets.ts';
import { MAX_PRICE_DECIMALS, SIGNIFICANT_FIGURES } from './assets.ts';
import type { MarketRecord } from '../market-record.ts';

export interface Price {
  readonly last: string;
  readonly mark: string;
  readonly index: string;
  readonly at: number;
}

export function universeRow({ coin, szDecimals, maxLeverage, index }: Asset): Json {
  return { szDecimals, name: coin, maxLeverage, marginTableId: index + 1 };
}

export function marginTable({ maxLeverage }: Asset): Json {
  return { description: '', marginTiers: [{ lowerBound: '0.0', maxLeverage }] };
}

export function assetContext(asset: Asset, { price, fundingRate: funding }: MarketRecord): Json {
  const { last, mark, index } = price ?? { last: '0.0', mark: '0.0', index: '0.0' };
  const { bid, ask } = spread(asset, last);
  return { funding, openInterest: '0.0', prevDayPx: last, dayNtlVlm: '0.0', premium: '0.0', oraclePx: index, markPx: mark, midPx: price === null ? null : last, impactPxs: price === null ? null : [bid, ask], dayBaseVlm: '0.0' };
}

/** One step of the five significant figures below and above. */
export function spread({ szDecimals }: Asset, last: string): { readonly bid: string; readonly ask: string } {
  const value = dec(last);
  if (value.isZero()) return { bid: '0.0', ask: '0.0' };
  const magnitude = value.precision(true) - value.decimalPlaces();
  const decimals = Math.max(0, Math.min(MAX_PRICE_DECIMALS - szDecimals, SIGNIFICANT_FIGURES - magnitude));
  const step = dec('10').pow(-decimals);
  const below = value.minus(step);
  return { bid: plain(below.greaterThan(0) ? below : value), ask: plain(value.plus(step)) };
}

/** Sizes are nominal: the simulated exchange fills whatever the last price allows. */
const LEVEL_SIZE = '100';

export function bboRow(asset: Asset, { last, at }: Price): Json {
  const { bid, ask } = spread(asset, last);
  return { coin: asset.coin, time: at, bbo: [levelRow(bid), levelRow(ask)] };
}

export function bookRow(asset: Asset, { last, at }: Price): Json {
  const { bid, ask } = spread(asset, last);
  return { coin: asset.coin, time: at, levels: [[levelRow(bid)], [levelRow(ask)]] };
}

function levelRow(px: string): Json {
  return { px, sz: LEVEL_SIZE, n: 1 };
}
