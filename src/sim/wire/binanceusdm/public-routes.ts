/** Endpoints anybody may call: time, markets, prices, bars, funding. */
import { dec, maxOf, plain } from '../../../domain/decimal.ts';
import type { DecimalString } from '../../../domain/decimal.ts';
import type { Candle } from '../../../domain/candle.ts';
import { parseTimeframe } from '../../../domain/timeframe.ts';
import type { TriggerSource } from '../../../domain/strategy.ts';
import { FUNDING_INTERVAL_MS, nextFundingAt } from '../market-record.ts';
import type { MarketPrice } from '../market-record.ts';
import { BinanceError } from './binance-error.ts';
import { exchangeInfo } from './binance-market.ts';
import type { BinanceMarket } from './binance-market.ts';
import type { BinanceParams } from './binance-params.ts';
import { bySymbol } from './binance-route.ts';
import type { BinanceCall, BinanceParts, BinanceRoutes } from './binance-route.ts';

const INTERVALS = new Set(['1m', '3m', '5m', '15m', '30m', '1h', '2h', '4h', '6h', '8h', '12h', '1d', '3d', '1w']);
const BARS_DEFAULT = 500;
const BARS_MAX = 1_500;
const FUNDING_DEFAULT = 100;
const FUNDING_MAX = 1_000;
const QUOTED_AMOUNT = '10.000';

export function publicRoutes(parts: BinanceParts): BinanceRoutes {
  const { markets, world } = parts;
  const open = (weight: number | ((params: BinanceParams) => number), answer: (call: BinanceCall) => unknown) => ({ security: 'none', weight, answer }) as const;
  return {
    'GET /fapi/v1/ping': open(1, () => ({})),
    'GET /fapi/v1/time': open(1, ({ at }) => ({ serverTime: at })),
    'GET /fapi/v1/exchangeInfo': open(1, ({ at }) => exchangeInfo(markets, at)),
    'GET /fapi/v1/ticker/price': open(bySymbol(1, 2), ({ params }) => oneOrAll(parts, params, (market, { last, at }) => ({ symbol: market.id, price: last, time: at }))),
    'GET /fapi/v2/ticker/price': open(bySymbol(1, 2), ({ params }) => oneOrAll(parts, params, (market, { last, at }) => ({ symbol: market.id, price: last, time: at }))),
    'GET /fapi/v1/ticker/bookTicker': open(bySymbol(2, 5), ({ params }) => oneOrAll(parts, params, bookTicker)),
    'GET /fapi/v1/ticker/24hr': open(bySymbol(1, 40), ({ params, at }) => oneOrAll(parts, params, (market, price) => dayTicker(parts, market, price, at))),
    'GET /fapi/v1/premiumIndex': open(bySymbol(1, 10), ({ params, at }) =>
      oneOrAll(parts, params, (market, price) => ({
        symbol: market.id,
        markPrice: price.mark,
        indexPrice: price.index,
        estimatedSettlePrice: price.index,
        lastFundingRate: world.record(market.symbol).fundingRate,
        interestRate: '0.00010000',
        nextFundingTime: nextFundingAt(at),
        time: price.at,
      })),
    ),
    'GET /fapi/v1/klines': open(barsWeight, (call) => bars(parts, call, 'last', 'symbol')),
    'GET /fapi/v1/markPriceKlines': open(barsWeight, (call) => bars(parts, call, 'mark', 'symbol')),
    'GET /fapi/v1/indexPriceKlines': open(barsWeight, (call) => bars(parts, call, 'index', 'pair')),
    'GET /fapi/v1/fundingRate': open(1, ({ params }) => fundingRates(parts, params)),
    'GET /fapi/v1/fundingInfo': open(1, () =>
      markets.all.map(({ id }) => ({ symbol: id, adjustedFundingRateCap: '0.02000000', adjustedFundingRateFloor: '-0.02000000', fundingIntervalHours: FUNDING_INTERVAL_MS / 3_600_000, disclaimer: false })),
    ),
  };
}

/** An object for one symbol, a list for all that have a price. */
function oneOrAll({ markets, world }: BinanceParts, params: BinanceParams, row: (market: BinanceMarket, price: MarketPrice) => object): object {
  const id = params.text('symbol');
  if (id !== null) {
    const market = markets.ofId(id);
    const price = world.price(market.symbol);
    if (price === null) throw new BinanceError('-1000', 'no price yet', 503);
    return row(market, price);
  }
  return markets.all.flatMap((market) => {
    const price = world.price(market.symbol);
    return price === null ? [] : [row(market, price)];
  });
}

/** Best prices one tick around the last one. */
export function bestPrices({ rules }: BinanceMarket, last: DecimalString): { readonly bid: DecimalString; readonly ask: DecimalString } {
  const tick = dec(rules.tickSize);
  return { bid: plain(maxOf(tick, dec(last).minus(tick))), ask: plain(dec(last).plus(tick)) };
}

function bookTicker(market: BinanceMarket, { last, at }: MarketPrice): object {
  const { bid, ask } = bestPrices(market, last);
  return { symbol: market.id, bidPrice: bid, bidQty: QUOTED_AMOUNT, askPrice: ask, askQty: QUOTED_AMOUNT, time: at, lastUpdateId: at };
}

function dayTicker({ world }: BinanceParts, market: BinanceMarket, { last, at: priceAt }: MarketPrice, at: number): object {
  const day = world.record(market.symbol).bars('last', 86_400_000, { from: null, to: null, limit: 1 })[0];
  return {
    symbol: market.id,
    priceChange: '0',
    priceChangePercent: '0',
    weightedAvgPrice: last,
    lastPrice: last,
    lastQty: '0.001',
    openPrice: day?.open ?? last,
    highPrice: day?.high ?? last,
    lowPrice: day?.low ?? last,
    volume: '0',
    quoteVolume: '0',
    openTime: at - 86_400_000,
    closeTime: priceAt,
    firstId: 1,
    lastId: 1,
    count: 1,
  };
}

function barsWeight(params: BinanceParams): number {
  const limit = params.whole('limit') ?? BARS_DEFAULT;
  if (limit < 100) return 1;
  if (limit < 500) return 2;
  return limit <= 1000 ? 5 : 10;
}

function bars({ markets, world }: BinanceParts, { params }: BinanceCall, source: TriggerSource, name: 'symbol' | 'pair'): object {
  const market = markets.ofId(params.required(name));
  const interval = params.required('interval');
  if (!INTERVALS.has(interval)) throw new BinanceError('-1120');
  const timeframeMs = parseTimeframe(interval);
  const limit = Math.min(params.whole('limit') ?? BARS_DEFAULT, BARS_MAX);
  const range = { from: params.whole('startTime'), to: params.whole('endTime'), limit };
  return world.record(market.symbol).bars(source, timeframeMs, range).map((bar) => barRow(bar, timeframeMs));
}

function barRow({ at, open, high, low, close, volume }: Candle, timeframeMs: number): readonly unknown[] {
  return [at, open, high, low, close, volume, at + timeframeMs - 1, '0', 0, '0', '0', '0'];
}

function fundingRates({ markets, world }: BinanceParts, params: BinanceParams): object {
  const id = params.text('symbol');
  const from = params.whole('startTime');
  const to = params.whole('endTime') ?? Infinity;
  const limit = Math.min(params.whole('limit') ?? FUNDING_DEFAULT, FUNDING_MAX);
  const rows = (id === null ? markets.all : [markets.ofId(id)])
    .flatMap((market) => world.record(market.symbol).funding.map(({ at, rate, mark }) => ({ symbol: market.id, fundingTime: at, fundingRate: rate, markPrice: mark })))
    .filter(({ fundingTime }) => (from === null || fundingTime >= from) && fundingTime <= to)
    .sort((a, b) => a.fundingTime - b.fundingTime);
  return from === null ? rows.slice(-limit) : rows.slice(0, limit);
}
