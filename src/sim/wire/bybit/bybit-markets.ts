/** The simulated markets as Bybit lists them: ids, limits, risk limits, tickers. Source: bybit-exchange.github.io/docs/v5/market/instrument. */
import { ONE, dec, plain, roundQuotientToStep } from '../../../domain/decimal.ts';
import type { DecimalString } from '../../../domain/decimal.ts';
import type { Json } from '../../../domain/json.ts';
import { DEFAULT_MAINTENANCE_TIERS, DEFAULT_MAX_LEVERAGE } from '../../exchange/config.ts';
import type { SimulatedMarket } from '../../exchange/config.ts';
import type { MarketPrice } from '../market-record.ts';
import { FUNDING_INTERVAL_MS, nextFundingAt } from '../market-record.ts';
import { marketNames } from './bybit-names.ts';
import { badParameter } from './bybit-reply.ts';

export interface BybitMarket {
  readonly id: string;
  readonly symbol: string;
  readonly base: string;
  readonly settle: string;
  readonly rules: SimulatedMarket;
}

/** Largest amounts where the simulated market names none: the limit of an order and of a market order, in smallest amounts. */
const MAX_ORDER_STEPS = 1_190_000;
const MAX_MARKET_ORDER_STEPS = 500_000;
const MAX_PRICE_TICKS = 20_000_000;
/** 2020-03-15. */
const LAUNCH_TIME = '1584230400000';
/** A risk limit without an upper end. */
const UNBOUNDED = '100000000000';
const RATE_STEP = dec('0.000001');

export class BybitMarkets {
  readonly all: readonly BybitMarket[];

  constructor(markets: readonly SimulatedMarket[]) {
    this.all = markets.map((rules) => ({ ...marketNames(rules.symbol), symbol: rules.symbol, rules }));
  }

  /** Throws 10001 for an id that is not listed. */
  ofId(id: string | undefined): BybitMarket {
    const market = this.all.find((each) => each.id === id);
    if (market === undefined) throw badParameter(`params error: symbol invalid ${id ?? ''}`);
    return market;
  }

  /** The markets a query names by symbol or base coin; all of them when it names none. */
  named(query: ReadonlyMap<string, string>): readonly BybitMarket[] {
    const id = query.get('symbol');
    if (id !== undefined) return [this.ofId(id)];
    const base = query.get('baseCoin');
    return this.all.filter((market) => base === undefined || market.base === base);
  }
}

export function instrumentRow({ id, base, settle, rules }: BybitMarket): Json {
  const { tickSize, amountStep, minAmount, minCost } = rules;
  return {
    symbol: id,
    contractType: 'LinearPerpetual',
    status: 'Trading',
    baseCoin: base,
    quoteCoin: settle,
    launchTime: LAUNCH_TIME,
    deliveryTime: '0',
    deliveryFeeRate: '',
    priceScale: String(dec(tickSize).decimalPlaces()),
    leverageFilter: { minLeverage: '1', maxLeverage: rules.maxLeverage ?? DEFAULT_MAX_LEVERAGE, leverageStep: '0.01' },
    priceFilter: { minPrice: tickSize, maxPrice: plain(dec(tickSize).times(MAX_PRICE_TICKS)), tickSize },
    lotSizeFilter: {
      maxOrderQty: plain(dec(amountStep).times(MAX_ORDER_STEPS)),
      minOrderQty: minAmount,
      qtyStep: amountStep,
      postOnlyMaxOrderQty: plain(dec(amountStep).times(MAX_ORDER_STEPS)),
      maxMktOrderQty: plain(dec(amountStep).times(MAX_MARKET_ORDER_STEPS)),
      minNotionalValue: minCost,
    },
    unifiedMarginTrade: true,
    fundingInterval: FUNDING_INTERVAL_MS / 60_000,
    settleCoin: settle,
    copyTrading: 'both',
    upperFundingRate: '0.00375',
    lowerFundingRate: '-0.00375',
    isPreListing: false,
    preListingInfo: null,
    riskParameters: { priceLimitRatioX: '0.01', priceLimitRatioY: '0.02' },
    symbolType: '',
  };
}

export function riskLimitRows({ id, rules }: BybitMarket): readonly { readonly [key: string]: Json }[] {
  const maxLeverage = dec(rules.maxLeverage ?? DEFAULT_MAX_LEVERAGE);
  return (rules.maintenanceTiers ?? DEFAULT_MAINTENANCE_TIERS).map((tier, index) => ({
    id: index + 1,
    symbol: id,
    riskLimitValue: tier.maxNotional ?? UNBOUNDED,
    maintenanceMargin: tier.maintenanceMarginRate,
    initialMargin: plain(roundQuotientToStep(ONE, maxLeverage, RATE_STEP)),
    isLowestRisk: index === 0 ? 1 : 0,
    maxLeverage: plain(maxLeverage),
    mmDeduction: tier.maintenanceAmount === '0' ? '' : tier.maintenanceAmount,
  }));
}

/** All of a ticker. The simulated market has no order book and no volume: bid and ask are a tick around the last price, volumes 0. */
export function tickerRow({ id, rules }: BybitMarket, price: MarketPrice, fundingRate: DecimalString): { readonly [key: string]: string } {
  const { last, mark, index } = price;
  return {
    symbol: id,
    tickDirection: 'ZeroPlusTick',
    lastPrice: last,
    indexPrice: index,
    markPrice: mark,
    prevPrice24h: last,
    price24hPcnt: '0',
    highPrice24h: last,
    lowPrice24h: last,
    prevPrice1h: last,
    openInterest: '0',
    openInterestValue: '0',
    turnover24h: '0',
    volume24h: '0',
    fundingRate,
    nextFundingTime: String(nextFundingAt(price.at)),
    predictedDeliveryPrice: '',
    basisRate: '',
    deliveryFeeRate: '',
    deliveryTime: '0',
    bid1Price: plain(dec(last).minus(rules.tickSize)),
    bid1Size: rules.minAmount,
    ask1Price: plain(dec(last).plus(rules.tickSize)),
    ask1Size: rules.minAmount,
  };
}
