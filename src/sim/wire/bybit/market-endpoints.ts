/** Bybit's public endpoints. The category is always `linear`; another one has nothing listed. */
import type { Candle } from '../../../domain/candle.ts';
import type { Json } from '../../../domain/json.ts';
import type { TriggerSource } from '../../../domain/strategy.ts';
import type { BybitParts, PublicCall, PublicEndpoints } from './bybit-endpoint.ts';
import { checkCategory } from './bybit-endpoint.ts';
import { instrumentRow, riskLimitRows, tickerRow } from './bybit-markets.ts';
import type { BybitMarket } from './bybit-markets.ts';
import { CATEGORY, intervalMs } from './bybit-names.ts';
import { badParameter } from './bybit-reply.ts';
import { limitOf, pageOf } from './pages.ts';

const INSTRUMENTS_PAGE = { max: 1_000, standard: 500 };
const BARS_PAGE = { max: 1_000, standard: 200 };
const FUNDING_PAGE = { max: 200, standard: 200 };

export function marketEndpoints({ world, markets }: BybitParts): PublicEndpoints {
  return {
    'GET /v5/market/time': ({ at }) => ({ timeSecond: String(Math.floor(at / 1_000)), timeNano: `${at}000000` }),
    'GET /v5/market/instruments-info': ({ query }) => {
      const isListed = query.get('category') === CATEGORY && (query.get('status') ?? 'Trading') === 'Trading';
      // The cursor counts from the end, because keys fall along a page.
      const rows = isListed ? markets.named(query) : [];
      const page = pageOf(rows, (market) => rows.length - rows.indexOf(market), query, INSTRUMENTS_PAGE);
      return { category: query.get('category') ?? '', list: page.rows.map(instrumentRow), nextPageCursor: page.nextPageCursor };
    },
    'GET /v5/market/tickers': async ({ query }) => {
      checkCategory(query.get('category'));
      const list: Json[] = [];
      for (const market of markets.named(query)) {
        const price = await world.exchange.fetchPrice(market.symbol);
        if (price !== null) list.push(tickerRow(market, price, world.record(market.symbol).fundingRate));
      }
      return { category: CATEGORY, list };
    },
    'GET /v5/market/kline': (call) => klines(call, 'last', (bar) => [String(bar.at), bar.open, bar.high, bar.low, bar.close, bar.volume, '0']),
    'GET /v5/market/mark-price-kline': (call) => klines(call, 'mark', (bar) => [String(bar.at), bar.open, bar.high, bar.low, bar.close]),
    'GET /v5/market/index-price-kline': (call) => klines(call, 'index', (bar) => [String(bar.at), bar.open, bar.high, bar.low, bar.close]),
    'GET /v5/market/funding/history': ({ query }) => {
      checkCategory(query.get('category'));
      const { id, symbol } = markets.ofId(query.get('symbol'));
      const until = Number(query.get('endTime') ?? Infinity);
      const from = Number(query.get('startTime') ?? -Infinity);
      // endTime must come with startTime at Bybit; a start alone is refused.
      if (query.has('startTime') && !query.has('endTime')) throw badParameter('params error: endTime is missing');
      const rows = world.record(symbol).funding.filter(({ at }) => at >= from && at <= until);
      const list = [...rows].reverse().slice(0, limitOf(query, FUNDING_PAGE));
      return { category: CATEGORY, list: list.map(({ at, rate }) => ({ symbol: id, fundingRate: rate, fundingRateTimestamp: String(at) })) };
    },
    'GET /v5/market/risk-limit': ({ query }) => {
      checkCategory(query.get('category'));
      const rows = markets.named(query).flatMap(riskLimitRows);
      const page = pageOf(rows, (row) => rows.length - rows.indexOf(row), query, BARS_PAGE);
      return { category: CATEGORY, list: page.rows, nextPageCursor: page.nextPageCursor };
    },
  };

  /** Newest first, the running bar included; `start` and `end` are of the bar's start. */
  function klines({ query }: PublicCall, source: TriggerSource, row: (bar: Candle) => string[]): Json {
    checkCategory(query.get('category') ?? CATEGORY);
    const market: BybitMarket = markets.ofId(query.get('symbol'));
    const timeframeMs = intervalMs(query.get('interval') ?? '');
    if (timeframeMs === null) throw badParameter(`params error: interval ${query.get('interval') ?? ''}`);
    const from = query.has('start') ? Number(query.get('start')) : null;
    const to = query.has('end') ? Number(query.get('end')) : null;
    // With both ends Bybit counts the limit from the newest bar.
    const bars = world.record(market.symbol).bars(source, timeframeMs, { from, to, limit: from !== null && to !== null ? Infinity : limitOf(query, BARS_PAGE) });
    return { category: CATEGORY, symbol: market.id, list: [...bars].reverse().slice(0, limitOf(query, BARS_PAGE)).map(row) };
  }
}
