/**
 * The public history of six exchanges over HTTP, each in its own words: its page lengths, its order (newest or oldest first), its ends of a
 * span, its envelopes. Written from the exchanges' documents, not from ccxt.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { CcxtExchangeId } from '../../../../src/adapters/ccxt/load-exchange.ts';

export interface Bar {
  readonly at: number;
  readonly open: string;
  readonly high: string;
  readonly low: string;
  readonly close: string;
  readonly volume: string;
}

export interface Settlement {
  readonly at: number;
  readonly rate: string;
}

/** What becomes of a request; `garbled` has a word in the place of a price. */
export type Fate = 'ok' | 'too-many' | 'reset' | 'half-body' | 'html' | 'empty-body' | 'garbled' | 'hang';

export interface History {
  readonly bars: readonly Bar[];
  readonly markBars: readonly Bar[];
  readonly funding: readonly Settlement[];
  readonly now: number;
}

interface Asked {
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: Record<string, unknown>;
}
type Answer = (asked: Asked, history: History) => unknown;

const STEP_MS = 60_000;

export class HistoryServer {
  readonly asked: Asked[] = [];
  /** Of the n-th request, from 1. */
  fateOf: (count: number, asked: Asked) => Fate = () => 'ok';
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(id: CcxtExchangeId, history: History) {
    this.#server = createServer((request, response) => this.#serve(request, response, ANSWERS[id], history));
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  static async open(id: CcxtExchangeId, history: History): Promise<HistoryServer> {
    const server = new HistoryServer(id, history);
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(request: IncomingMessage, response: ServerResponse, answer: Answer, history: History): void {
    let body = '';
    request.on('data', (piece: Buffer) => (body += String(piece)));
    request.on('end', () => {
      const url = new URL(request.url ?? '/', 'http://localhost');
      const asked: Asked = { path: url.pathname, query: url.searchParams, body: body === '' ? {} : (JSON.parse(body) as Record<string, unknown>) };
      this.asked.push(asked);
      this.#reply(response, this.fateOf(this.asked.length, asked), JSON.stringify(answer(asked, history) ?? { message: 'no such endpoint' }));
    });
  }

  #reply(response: ServerResponse, fate: Fate, text: string): void {
    response.setHeader('Content-Type', 'application/json');
    switch (fate) {
      case 'ok':
        return void response.end(text);
      case 'too-many':
        response.statusCode = 429;
        response.setHeader('Retry-After', '1');
        return void response.end('{"msg":"too many requests"}');
      case 'reset':
        return void response.socket?.destroy();
      case 'half-body':
        response.setHeader('Content-Length', text.length);
        return void response.write(text.slice(0, text.length / 2), () => response.socket?.destroy());
      case 'html':
        response.statusCode = 502;
        return void response.end('<html><body>Bad gateway</body></html>');
      case 'empty-body':
        return void response.end('');
      case 'garbled':
        return void response.end(text.replace(/"100\.\d+"/, '"about a hundred"'));
      case 'hang':
        return;
    }
  }
}

function number(query: URLSearchParams, name: string): number {
  return Number(query.get(name) ?? NaN);
}

/** The oldest or the newest rows of a span, at most `limit`. */
function span<Row extends { readonly at: number }>(rows: readonly Row[], from: number, to: number, limit: number, order: 'oldest' | 'newest'): Row[] {
  const within = rows.filter(({ at }) => !(at < from) && !(at > to));
  return order === 'oldest' ? within.slice(0, limit) : within.slice(-limit).reverse();
}

const binanceusdm: Answer = ({ path, query }, { bars, markBars, funding, now }) => {
  const klines = (rows: readonly Bar[]) =>
    span(rows, number(query, 'startTime'), number(query, 'endTime'), Math.min(number(query, 'limit'), 1_500), 'oldest').map((bar) => [bar.at, bar.open, bar.high, bar.low, bar.close, bar.volume, bar.at + STEP_MS - 1, '0', 1, '0', '0', '0']);
  switch (path) {
    case '/fapi/v1/time':
      return { serverTime: now };
    case '/fapi/v1/exchangeInfo':
      return {
        symbols: [
          {
            symbol: 'BTCUSDT', pair: 'BTCUSDT', contractType: 'PERPETUAL', status: 'TRADING', baseAsset: 'BTC', quoteAsset: 'USDT', marginAsset: 'USDT', onboardDate: 1, deliveryDate: 4_133_404_800_000, orderTypes: ['MARKET'],
            filters: [
              { filterType: 'PRICE_FILTER', tickSize: '0.10', minPrice: '1', maxPrice: '1000000' },
              { filterType: 'LOT_SIZE', stepSize: '0.001', minQty: '0.001', maxQty: '1000' },
              { filterType: 'MIN_NOTIONAL', notional: '5' },
            ],
          },
        ],
      };
    case '/fapi/v1/klines':
      return klines(bars);
    case '/fapi/v1/markPriceKlines':
      return klines(markBars);
    case '/fapi/v1/fundingRate':
      return span(funding, number(query, 'startTime'), number(query, 'endTime'), Math.min(number(query, 'limit'), 1_000), 'oldest').map(({ at, rate }) => ({ symbol: 'BTCUSDT', fundingTime: at, fundingRate: rate, markPrice: '1' }));
    default:
      return null;
  }
};

const bybit: Answer = ({ path, query }, { bars, markBars, funding, now }) => {
  const wrap = (result: object) => ({ retCode: 0, retMsg: 'OK', result, retExtInfo: {}, time: now });
  const klines = (rows: readonly Bar[], hasVolume: boolean) =>
    wrap({
      symbol: 'BTCUSDT', category: 'linear',
      list: span(rows, number(query, 'start'), number(query, 'end'), Math.min(number(query, 'limit'), 1_000), 'newest').map((bar) => [String(bar.at), bar.open, bar.high, bar.low, bar.close, ...(hasVolume ? [bar.volume, '0'] : [])]),
    });
  switch (path) {
    case '/v5/market/time':
      return wrap({ timeSecond: String(Math.floor(now / 1_000)) });
    case '/v5/market/instruments-info':
      return wrap({
        category: 'linear', nextPageCursor: '',
        list: query.get('status') === 'PreLaunch' ? [] : [{ symbol: 'BTCUSDT', contractType: 'LinearPerpetual', status: 'Trading', baseCoin: 'BTC', quoteCoin: 'USDT', settleCoin: 'USDT', launchTime: '1', deliveryTime: '0', fundingInterval: 480, leverageFilter: { minLeverage: '1', maxLeverage: '100' }, priceFilter: { tickSize: '0.1', minPrice: '0.1', maxPrice: '1000000' }, lotSizeFilter: { qtyStep: '0.001', minOrderQty: '0.001', maxOrderQty: '100', minNotionalValue: '5' } }],
      });
    case '/v5/market/kline':
      return klines(bars, true);
    case '/v5/market/mark-price-kline':
      return klines(markBars, false);
    case '/v5/market/funding/history':
      return wrap({ category: 'linear', list: span(funding, number(query, 'startTime'), number(query, 'endTime'), Math.min(number(query, 'limit'), 200), 'newest').map(({ at, rate }) => ({ symbol: 'BTCUSDT', fundingRate: rate, fundingRateTimestamp: String(at) })) });
    case '/v5/market/risk-limit':
      return wrap({ category: 'linear', nextPageCursor: '', list: [{ id: 1, symbol: 'BTCUSDT', riskLimitValue: '2000000', maintenanceMargin: '0.005', initialMargin: '0.01', isLowestRisk: 1, maxLeverage: '100.00' }] });
    default:
      return null;
  }
};

const hyperliquid: Answer = ({ path, body }, { bars, funding, now }) => {
  if (path !== '/info') return null;
  const universe = [{ name: 'BTC', szDecimals: 5, maxLeverage: 40, marginTableId: 56 }];
  const asked = (body['req'] ?? body) as { startTime?: number; endTime?: number };
  const [from, to] = [asked.startTime ?? NaN, asked.endTime ?? NaN];
  switch (body['type']) {
    case 'exchangeStatus':
      return { time: now, specialStatuses: null };
    case 'metaAndAssetCtxs':
      return [{ universe }, [{ markPx: '100', midPx: '100', oraclePx: '100', funding: '0.0000125', openInterest: '1', prevDayPx: '100', dayNtlVlm: '1', premium: '0', impactPxs: ['100', '100'] }]];
    case 'meta':
      return { universe, marginTables: [[56, { description: 'tiered 40x', marginTiers: [{ lowerBound: '0.0', maxLeverage: 40 }, { lowerBound: '150000000.0', maxLeverage: 20 }] }]] };
    case 'candleSnapshot':
      return span(bars, from, to, 5_000, 'oldest').map((bar) => ({ t: bar.at, T: bar.at + STEP_MS - 1, s: 'BTC', i: '1m', o: bar.open, h: bar.high, l: bar.low, c: bar.close, v: bar.volume, n: 1 }));
    case 'fundingHistory':
      return span(funding, from, to, 500, 'oldest').map(({ at, rate }) => ({ coin: 'BTC', fundingRate: rate, premium: '0', time: at }));
    default:
      return null;
  }
};

/** `before` and `after` are exclusive; the newest come first. History pages are shorter than ccxt asks for. */
const okx: Answer = ({ path, query }, { bars, markBars, funding, now }) => {
  const wrap = (data: readonly unknown[]) => ({ code: '0', msg: '', data });
  const [from, to] = [number(query, 'before') + 1, number(query, 'after') - 1];
  switch (path) {
    case '/api/v5/public/time':
      return wrap([{ ts: String(now) }]);
    case '/api/v5/public/instruments':
      return wrap([{ instType: 'SWAP', instId: 'BTC-USDT-SWAP', uly: 'BTC-USDT', instFamily: 'BTC-USDT', baseCcy: '', quoteCcy: '', settleCcy: 'USDT', ctVal: '0.01', ctMult: '1', ctValCcy: 'BTC', ctType: 'linear', listTime: '1', expTime: '', lever: '100', tickSz: '0.1', lotSz: '0.01', minSz: '0.01', state: 'live', maxMktSz: '1000', maxLmtSz: '1000' }]);
    case '/api/v5/market/history-candles':
      return wrap(span(bars, from, to, Math.min(number(query, 'limit'), 100), 'newest').map((bar) => [String(bar.at), bar.open, bar.high, bar.low, bar.close, '999', bar.volume, '0', '1']));
    case '/api/v5/market/history-mark-price-candles':
      return wrap(span(markBars, from, to, Math.min(number(query, 'limit'), 100), 'newest').map((bar) => [String(bar.at), bar.open, bar.high, bar.low, bar.close, '1']));
    case '/api/v5/public/funding-rate-history':
      return wrap(span(funding, from, to, Math.min(number(query, 'limit'), 100), 'newest').map(({ at, rate }) => ({ instType: 'SWAP', instId: 'BTC-USDT-SWAP', fundingRate: '9', realizedRate: rate, fundingTime: String(at), method: 'current_period' })));
    case '/api/v5/public/position-tiers':
      return wrap([{ uly: 'BTC-USDT', instFamily: 'BTC-USDT', instId: '', tier: '1', minSz: '0', maxSz: '1000', mmr: '0.004', imr: '0.01', maxLever: '100', optMgnFactor: '0', quoteMaxLoan: '0', baseMaxLoan: '0' }]);
    default:
      return null;
  }
};

/** Both ends of a span count; of more rows than the limit the newest come. */
const bitget: Answer = ({ path, query }, { bars, markBars, funding, now }) => {
  const wrap = (data: unknown) => ({ code: '00000', msg: 'success', requestTime: now, data });
  const klines = (rows: readonly Bar[]) => wrap(span(rows, number(query, 'startTime'), number(query, 'endTime'), Math.min(number(query, 'limit'), 200), 'newest').reverse().map((bar) => [String(bar.at), bar.open, bar.high, bar.low, bar.close, bar.volume, '0']));
  switch (path) {
    case '/api/v2/public/time':
      return wrap({ serverTime: String(now) });
    case '/api/v2/mix/market/contracts':
      return wrap(query.get('productType') !== 'USDT-FUTURES' ? [] : [{ symbol: 'BTCUSDT', baseCoin: 'BTC', quoteCoin: 'USDT', buyLimitPriceRatio: '0.05', sellLimitPriceRatio: '0.05', feeRateUpRatio: '0.005', makerFeeRate: '0.0002', takerFeeRate: '0.0006', openCostUpRatio: '0.01', supportMarginCoins: ['USDT'], minTradeNum: '0.001', priceEndStep: '1', volumePlace: '3', pricePlace: '1', sizeMultiplier: '0.001', symbolType: 'perpetual', minTradeUSDT: '5', maxSymbolOrderNum: '200', symbolStatus: 'normal', minLever: '1', maxLever: '125', fundInterval: '8' }]);
    case '/api/v2/mix/market/candles':
    case '/api/v2/mix/market/history-candles':
      return klines(bars);
    case '/api/v2/mix/market/history-mark-candles':
      return klines(markBars);
    case '/api/v2/mix/market/history-fund-rate': {
      const newest = [...funding].reverse();
      const size = Math.min(number(query, 'pageSize'), 100);
      const page = Number(query.get('pageNo') ?? 1);
      return wrap(newest.slice((page - 1) * size, page * size).map(({ at, rate }) => ({ symbol: 'BTCUSDT', fundingRate: rate, fundingTime: String(at) })));
    }
    case '/api/v2/mix/market/query-position-lever':
      return wrap([{ symbol: 'BTCUSDT', level: '1', startUnit: '0', endUnit: '150000', leverage: '125', keepMarginRate: '0.004' }]);
    default:
      return null;
  }
};

/** Times in seconds, both ends count; volumes are contracts of 0.0001. */
const gate: Answer = ({ path, query }, { bars, markBars, funding, now }) => {
  const [from, to] = [number(query, 'from') * 1_000, number(query, 'to') * 1_000];
  switch (path) {
    case '/api/v4/spot/time':
      return { server_time: now };
    case '/api/v4/futures/usdt/contracts':
      return [{ name: 'BTC_USDT', type: 'direct', quanto_multiplier: '0.0001', order_size_min: 1, order_size_max: 1_000_000, order_price_round: '0.1', mark_price_round: '0.01', leverage_min: '1', leverage_max: '100', maker_fee_rate: '-0.0001', taker_fee_rate: '0.0005', funding_interval: 28_800, status: 'trading', in_delisting: false, create_time: 1 }];
    case '/api/v4/futures/btc/contracts':
      return [];
    case '/api/v4/futures/usdt/candlesticks': {
      const isMark = query.get('contract') === 'mark_BTC_USDT';
      return span(isMark ? markBars : bars, from, to, 2_000, 'oldest').map((bar) => ({ t: bar.at / 1_000, o: bar.open, h: bar.high, l: bar.low, c: bar.close, ...(isMark ? {} : { v: Number(bar.volume) * 10_000, sum: '0' }) }));
    }
    case '/api/v4/futures/usdt/funding_rate':
      return span(funding, from, to, Math.min(number(query, 'limit'), 1_000), 'newest').map(({ at, rate }) => ({ t: Math.floor(at / 1_000), r: rate }));
    case '/api/v4/futures/usdt/risk_limit_tiers':
      return [{ tier: 1, risk_limit: '500000', initial_rate: '0.008', maintenance_rate: '0.004', leverage_max: '125', contract: 'BTC_USDT', deduction: '0' }];
    default:
      return null;
  }
};

const ANSWERS: Readonly<Record<CcxtExchangeId, Answer>> = { binanceusdm, bybit, hyperliquid, okx, bitget, gate };
