/**
 * Price and amount steps real perpetuals have had: every pair Bybit listed (ccxt's markets of 2023), ticks seen in Binance's candles with
 * the steps of its documents, Hyperliquid's size decimals 0 to 5. A price beside each, of the order of its own.
 */
import { dec, plain } from '../../src/domain/decimal.ts';
import type { SimulatedMarket } from '../../src/sim/exchange/config.ts';

export interface RealMarket {
  readonly exchange: 'binanceusdm' | 'bybit' | 'hyperliquid';
  readonly market: SimulatedMarket;
  readonly price: string;
}

type Row = readonly [tickSize: string, amountStep: string, price: string];

const BYBIT: readonly Row[] = [
  ['0.000001', '100', '0.0098'],
  ['0.000005', '1', '0.031'],
  ['0.000005', '10', '0.0101'],
  ['0.00001', '1', '0.0999'],
  ['0.00001', '10', '0.031'],
  ['0.00005', '0.1', '0.52'],
  ['0.00005', '1', '0.29'],
  ['0.0001', '0.1', '0.98'],
  ['0.0001', '1', '0.71'],
  ['0.0005', '0.01', '6.4'],
  ['0.0005', '0.1', '2.9'],
  ['0.001', '0.01', '9.97'],
  ['0.001', '0.1', '7.3'],
  ['0.005', '0.01', '28'],
  ['0.005', '0.1', '24'],
  ['0.01', '0.01', '1880'],
  ['0.01', '0.1', '101'],
  ['0.05', '0.01', '240'],
  ['0.1', '0.001', '29300'],
  ['0.5', '0.001', '29300'],
];

const BINANCE: readonly Row[] = [
  ['0.1', '0.001', '103000'],
  ['0.01', '0.001', '2500'],
  ['0.001', '1', '149'],
  ['0.0001', '0.1', '2.1'],
  ['0.00001', '1', '0.19'],
];

/** szDecimals and a price; some next to where the fifth figure ends. */
const HYPERLIQUID: readonly (readonly [szDecimals: number, price: string])[] = [
  [5, '99990'],
  [5, '104000'],
  [4, '2500'],
  [4, '9990'],
  [3, '10100'],
  [2, '149.9'],
  [2, '999'],
  [1, '38.1'],
  [0, '0.98'],
  [0, '1.02'],
  [0, '0.0101'],
];

const FEES = { takerFee: '0.0005', makerFee: '0.0002' };

function fixedTick(exchange: 'binanceusdm' | 'bybit') {
  return ([tickSize, amountStep, price]: Row): RealMarket => ({ exchange, price, market: { symbol: 'X/USDT:USDT', tickSize, amountStep, minAmount: amountStep, minCost: '5', ...FEES } });
}

export const REAL_MARKETS: readonly RealMarket[] = [
  ...BYBIT.map(fixedTick('bybit')),
  ...BINANCE.map(fixedTick('binanceusdm')),
  ...HYPERLIQUID.map(([szDecimals, price]): RealMarket => {
    const amountStep = plain(dec('0.1').pow(szDecimals));
    return { exchange: 'hyperliquid', price, market: { symbol: 'X/USDC:USDC', tickSize: plain(dec('0.1').pow(6 - szDecimals)), significantFigures: 5, amountStep, minAmount: amountStep, minCost: '10', ...FEES } };
  }),
];
