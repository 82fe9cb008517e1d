/** Binance's names and limits of the simulated markets: `BTC/USDT:USDT` is `BTCUSDT`. */
import { dec, plain } from '../../../domain/decimal.ts';
import type { DecimalString } from '../../../domain/decimal.ts';
import { DEFAULT_MAINTENANCE_TIERS, DEFAULT_MAX_LEVERAGE } from '../../exchange/config.ts';
import type { SimulatedMarket } from '../../exchange/config.ts';
import { BinanceError } from './binance-error.ts';

export interface BinanceMarket {
  readonly id: string;
  readonly symbol: string;
  readonly base: string;
  readonly quote: string;
  readonly rules: SimulatedMarket;
}

export class BinanceMarkets {
  readonly all: readonly BinanceMarket[];

  constructor(markets: readonly SimulatedMarket[]) {
    this.all = markets.map((rules) => {
      const [, base = '', quote = ''] = /^(\w+)\/(\w+):\w+$/.exec(rules.symbol) ?? [];
      return { id: `${base}${quote}`, symbol: rules.symbol, base, quote, rules };
    });
  }

  /** Throws -1121. */
  ofId(id: string): BinanceMarket {
    const market = this.all.find((each) => each.id === id.toUpperCase());
    if (market === undefined) throw new BinanceError('-1121');
    return market;
  }

  ofSymbol(symbol: string): BinanceMarket {
    const market = this.all.find((each) => each.symbol === symbol);
    if (market === undefined) throw new BinanceError('-1121');
    return market;
  }
}

/** Largest amount of a limit and of a market order where the market names none. */
export const MAX_AMOUNT = '1000';
const MAX_MARKET_AMOUNT = '120';
const MAX_PRICE_MULTIPLE = 1_000_000;
/** Conditional orders of an account, all symbols together. */
export const MAX_ALGO_ORDERS = 200;
const ORDER_TYPES = ['LIMIT', 'MARKET', 'STOP', 'STOP_MARKET', 'TAKE_PROFIT', 'TAKE_PROFIT_MARKET', 'TRAILING_STOP_MARKET'];

export function exchangeInfo(markets: BinanceMarkets, at: number): object {
  return {
    timezone: 'UTC',
    serverTime: at,
    futuresType: 'U_MARGINED',
    rateLimits: [
      { rateLimitType: 'REQUEST_WEIGHT', interval: 'MINUTE', intervalNum: 1, limit: 2400 },
      { rateLimitType: 'ORDERS', interval: 'MINUTE', intervalNum: 1, limit: 1200 },
      { rateLimitType: 'ORDERS', interval: 'SECOND', intervalNum: 10, limit: 300 },
    ],
    exchangeFilters: [],
    assets: [{ asset: 'USDT', marginAvailable: true, autoAssetExchange: '-10000' }],
    symbols: markets.all.map(symbolInfo),
  };
}

function symbolInfo({ id, base, quote, rules }: BinanceMarket): object {
  const { tickSize, amountStep, minAmount, minCost } = rules;
  const maxPrice = plain(dec(tickSize).times(MAX_PRICE_MULTIPLE * 10));
  return {
    symbol: id,
    pair: id,
    contractType: 'PERPETUAL',
    deliveryDate: 4133404800000,
    onboardDate: 1569398400000,
    status: 'TRADING',
    maintMarginPercent: '2.5000',
    requiredMarginPercent: '5.0000',
    baseAsset: base,
    quoteAsset: quote,
    marginAsset: quote,
    pricePrecision: decimalsOf(tickSize),
    quantityPrecision: decimalsOf(amountStep),
    baseAssetPrecision: 8,
    quotePrecision: 8,
    underlyingType: 'COIN',
    underlyingSubType: ['PoW'],
    triggerProtect: '0.0500',
    liquidationFee: rules.liquidationFee ?? '0.005',
    marketTakeBound: '0.05',
    filters: [
      { filterType: 'PRICE_FILTER', minPrice: tickSize, maxPrice, tickSize },
      { filterType: 'LOT_SIZE', stepSize: amountStep, minQty: minAmount, maxQty: MAX_AMOUNT },
      { filterType: 'MARKET_LOT_SIZE', stepSize: amountStep, minQty: minAmount, maxQty: MAX_MARKET_AMOUNT },
      { filterType: 'MAX_NUM_ORDERS', limit: rules.maxOpenOrders ?? 200 },
      { filterType: 'MAX_NUM_ALGO_ORDERS', limit: MAX_ALGO_ORDERS },
      { filterType: 'MIN_NOTIONAL', notional: minCost },
      { filterType: 'PERCENT_PRICE', multiplierUp: '1.0500', multiplierDown: '0.9500', multiplierDecimal: '4' },
    ],
    orderTypes: ORDER_TYPES,
    timeInForce: ['GTC', 'IOC', 'FOK', 'GTX', 'GTD'],
    permissionSets: ['GRID', 'COPY'],
  };
}

function decimalsOf(step: DecimalString): number {
  return dec(step).decimalPlaces();
}

/** Maintenance tiers as `leverageBracket` tells them. */
export function leverageBrackets({ id, rules }: BinanceMarket): object {
  const tiers = rules.maintenanceTiers ?? DEFAULT_MAINTENANCE_TIERS;
  const maxLeverage = Number(rules.maxLeverage ?? DEFAULT_MAX_LEVERAGE);
  return {
    symbol: id,
    notionalCoef: 1,
    brackets: tiers.map((tier, index) => ({
      bracket: index + 1,
      initialLeverage: Math.max(1, Math.floor(maxLeverage / 2 ** index)),
      notionalCap: Number(tier.maxNotional ?? '9223372036'),
      notionalFloor: Number(tiers[index - 1]?.maxNotional ?? '0'),
      maintMarginRatio: Number(tier.maintenanceMarginRate),
      cum: Number(tier.maintenanceAmount),
    })),
  };
}
