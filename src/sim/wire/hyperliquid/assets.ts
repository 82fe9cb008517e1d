/**
 * Hyperliquid's names for markets: a coin, its index in the universe, and the decimals of its sizes (`szDecimals`). A price has at most
 * five significant figures and at most 6 − szDecimals decimals; whole numbers are always good.
 */
import { dec, plain } from '../../../domain/decimal.ts';
import { HedgerowError } from '../../../domain/errors.ts';
import type { SimulatedMarket } from '../../exchange/config.ts';

export const SIGNIFICANT_FIGURES = 5;
export const MAX_PRICE_DECIMALS = 6;

export interface Asset {
  /** Position in the universe: the `a` of an order. */
  readonly index: number;
  readonly coin: string;
  readonly symbol: string;
  readonly szDecimals: number;
  readonly maxLeverage: number;
  readonly takerFee: string;
  readonly makerFee: string;
}

export class Assets {
  readonly all: readonly Asset[];

  constructor(markets: readonly SimulatedMarket[]) {
    this.all = markets.map((market, index) => ({
      index,
      coin: market.symbol.split('/')[0] ?? market.symbol,
      symbol: market.symbol,
      szDecimals: szDecimalsOf(market),
      maxLeverage: Number(market.maxLeverage ?? '50'),
      takerFee: market.takerFee,
      makerFee: market.makerFee,
    }));
  }

  byIndex(index: unknown): Asset | null {
    return typeof index === 'number' ? (this.all[index] ?? null) : null;
  }

  byCoin(coin: unknown): Asset | null {
    return this.all.find((asset) => asset.coin === coin) ?? null;
  }

  bySymbol(symbol: string): Asset {
    const asset = this.all.find((each) => each.symbol === symbol);
    if (asset === undefined) throw new HedgerowError('INPUT_INVALID', `the Hyperliquid server has no market ${symbol}`);
    return asset;
  }
}

/** The market with Hyperliquid's price grid, minimum and fees; its amount step stays. */
export function hyperliquidMarket(market: SimulatedMarket): SimulatedMarket {
  const tickSize = plain(dec('10').pow(szDecimalsOf(market) - MAX_PRICE_DECIMALS));
  return { ...market, tickSize, significantFigures: SIGNIFICANT_FIGURES, minCost: '10', takerFee: '0.00045', makerFee: '0.00015' };
}

function szDecimalsOf({ symbol, amountStep }: SimulatedMarket): number {
  const decimals = dec(amountStep).decimalPlaces();
  if (!dec(amountStep).equals(dec('10').pow(-decimals)) || decimals > MAX_PRICE_DECIMALS) {
    throw new HedgerowError('INPUT_INVALID', `${symbol}: amountStep ${amountStep} must be a power of ten from 1 down to 0.000001 for Hyperliquid`);
  }
  return decimals;
}

export function isOnPriceGrid(price: string, { szDecimals }: Pick<Asset, 'szDecimals'>): boolean {
  const value = dec(price);
  if (value.isInteger()) return true;
  return value.decimalPlaces() <= MAX_PRICE_DECIMALS - szDecimals && value.precision() <= SIGNIFICANT_FIGURES;
}
