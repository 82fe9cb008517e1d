/**
 * Public streams: `/public` and `/market` sockets, subscribed by SUBSCRIBE messages, by path (`/ws/btcusdt@trade`) or by query
 * (`/stream?streams=…`). One message per stream for every price; mark prices once a second too. Every price is one trade.
 */
import { parseTimeframe } from '../../../domain/timeframe.ts';
import type { WireSocket } from '../../../ports/wire.ts';
import type { ExchangeEvent } from '../../../ports/exchange.ts';
import { nextFundingAt } from '../market-record.ts';
import type { MarketPrice } from '../market-record.ts';
import type { BinanceMarket } from './binance-market.ts';
import type { BinanceParts } from './binance-route.ts';
import { bestPrices } from './public-routes.ts';

const TRADE_AMOUNT = '0.001';
const QUOTED_AMOUNT = '10.000';
/** Streams one socket may have, as documented. */
const STREAMS_MAX = 1_024;

interface Subscriber {
  readonly socket: WireSocket;
  readonly streams: Set<string>;
  /** Whether messages are wrapped as `{stream, data}`. */
  readonly isCombined: boolean;
}

interface StreamRequest {
  readonly method: string;
  readonly params?: readonly string[];
  readonly id: number | string;
}

export class MarketStreams {
  readonly #parts: BinanceParts;
  readonly #subscribers = new Map<number, Subscriber>();
  #trades = 0;

  constructor(parts: BinanceParts) {
    this.#parts = parts;
    parts.world.exchange.subscribe((event) => {
      if (event.type === 'price') this.#onPrice(event);
    });
  }

  opened(socket: WireSocket): void {
    const isCombined = /\/stream(?:\/|$)/.test(socket.path);
    const named = isCombined ? (new URLSearchParams(socket.query).get('streams') ?? '').split('/') : [/\/ws\/([a-z0-9]+@[\w@]+)$/i.exec(socket.path)?.[1] ?? ''];
    this.#subscribers.set(socket.id, { socket, streams: new Set(named.filter((name) => name !== '')), isCombined });
  }

  received(socket: WireSocket, text: string): void {
    const subscriber = this.#subscribers.get(socket.id);
    const request = parseRequest(text);
    if (subscriber === undefined) return;
    if (request === null) return socket.send(JSON.stringify({ error: { code: 3, msg: 'Invalid JSON: malformed request' } }));
    const params = request.params ?? [];
    if (request.method === 'SUBSCRIBE') for (const name of params) subscriber.streams.add(name);
    if (request.method === 'UNSUBSCRIBE') for (const name of params) subscriber.streams.delete(name);
    if (subscriber.streams.size > STREAMS_MAX) return socket.close(1008, 'Too many streams');
    socket.send(JSON.stringify({ result: request.method === 'LIST_SUBSCRIPTIONS' ? [...subscriber.streams] : null, id: request.id }));
  }

  closed(socket: WireSocket): void {
    this.#subscribers.delete(socket.id);
  }

  /** Mark prices go out by the clock. */
  clock(at: number): void {
    for (const market of this.#parts.markets.all) {
      const price = this.#parts.world.price(market.symbol);
      if (price !== null) this.#send(market, (name) => (isMarkStream(name) ? this.#markPrice(market, price, at) : null));
    }
  }

  #onPrice(event: Extract<ExchangeEvent, { type: 'price' }>): void {
    const market = this.#parts.markets.ofSymbol(event.symbol);
    this.#trades += 1;
    this.#send(market, (name) => this.#message(name, market, event, event.at));
  }

  #send(market: BinanceMarket, message: (name: string) => object | null): void {
    const prefix = `${market.id.toLowerCase()}@`;
    for (const { socket, streams, isCombined } of this.#subscribers.values()) {
      for (const stream of streams) {
        const data = stream.startsWith(prefix) ? message(stream.slice(prefix.length)) : arrayMessage(stream, message);
        if (data !== null) socket.send(JSON.stringify(isCombined ? { stream, data } : data));
      }
    }
  }

  #message(name: string, market: BinanceMarket, price: MarketPrice, at: number): object | null {
    const { id } = market;
    const { last } = price;
    if (isMarkStream(name)) return this.#markPrice(market, price, at);
    const [channel, interval] = name.split('_');
    switch (channel) {
      case 'trade':
        return { e: 'trade', E: at, T: at, s: id, t: this.#trades, p: last, q: TRADE_AMOUNT, X: 'MARKET', m: false };
      case 'aggTrade':
        return { e: 'aggTrade', E: at, a: this.#trades, s: id, p: last, q: TRADE_AMOUNT, f: this.#trades, l: this.#trades, T: at, m: false };
      case 'bookTicker': {
        const { bid, ask } = bestPrices(market, last);
        return { e: 'bookTicker', u: this.#trades, s: id, b: bid, B: QUOTED_AMOUNT, a: ask, A: QUOTED_AMOUNT, T: at, E: at };
      }
      case 'miniTicker':
        return { e: '24hrMiniTicker', E: at, s: id, ...this.#day(market, last), v: '0', q: '0' };
      case 'ticker':
        return { e: '24hrTicker', E: at, s: id, p: '0', P: '0', w: last, Q: TRADE_AMOUNT, ...this.#day(market, last), v: '0', q: '0', O: at - 86_400_000, C: at, F: 1, L: this.#trades, n: this.#trades };
      case 'kline':
        return interval === undefined ? null : this.#kline(market, interval, at);
      default:
        return null;
    }
  }

  #day({ symbol }: BinanceMarket, last: string): object {
    const day = this.#parts.world.record(symbol).bars('last', 86_400_000, { from: null, to: null, limit: 1 })[0];
    return { c: last, o: day?.open ?? last, h: day?.high ?? last, l: day?.low ?? last };
  }

  #kline({ id, symbol }: BinanceMarket, interval: string, at: number): object | null {
    const timeframeMs = parseTimeframe(interval);
    const bar = this.#parts.world.record(symbol).bars('last', timeframeMs, { from: null, to: null, limit: 1 })[0];
    if (bar === undefined) return null;
    const k = { t: bar.at, T: bar.at + timeframeMs - 1, s: id, i: interval, f: 1, L: 1, o: bar.open, c: bar.close, h: bar.high, l: bar.low, v: '0', n: 1, x: false, q: '0', V: '0', Q: '0', B: '0' };
    return { e: 'kline', E: at, s: id, k };
  }

  #markPrice({ id, symbol }: BinanceMarket, { mark, index }: MarketPrice, at: number): object {
    return { e: 'markPriceUpdate', E: at, s: id, p: mark, i: index, P: index, r: this.#parts.world.record(symbol).fundingRate, T: nextFundingAt(at) };
  }
}

function isMarkStream(name: string): boolean {
  return name === 'markPrice' || name === 'markPrice@1s';
}

/** Streams of all markets: a list with the one that changed. */
function arrayMessage(stream: string, message: (name: string) => object | null): object | null {
  const name = /^!(\w+)@arr(@1s)?$/.exec(stream)?.[1];
  const data = name === undefined ? null : message(name);
  return data === null ? null : [data];
}

/** Null for what is none. */
export function parseRequest(text: string): StreamRequest | null {
  try {
    const value = JSON.parse(text) as Partial<StreamRequest> | null;
    const isList = value?.params === undefined || (Array.isArray(value.params) && value.params.every((each) => typeof each === 'string'));
    return typeof value?.method === 'string' && value.id !== undefined && isList ? (value as StreamRequest) : null;
  } catch {
    return null;
  }
}
