/**
 * /v5/public/linear: tickers (a snapshot, then deltas of what changed), publicTrade and kline. Prices come through the exchange's stream,
 * with its faults. Source: bybit-exchange.github.io/docs/v5/websocket/public/ticker.
 */
import type { Json } from '../../../domain/json.ts';
import type { WireSocket } from '../../../ports/wire.ts';
import type { MarketPrice } from '../market-record.ts';
import type { BybitParts } from './bybit-endpoint.ts';
import { tickerRow } from './bybit-markets.ts';
import type { BybitMarket } from './bybit-markets.ts';
import { intervalMs } from './bybit-names.ts';
import { acknowledge, pong, refuse, say } from './stream-commands.ts';
import type { StreamCommand } from './stream-commands.ts';

interface Listener {
  readonly socket: WireSocket;
  readonly topics: Set<string>;
}

const TOPIC = /^(?:(tickers|publicTrade)\.|kline\.(\w+)\.)(\w+)$/;

export class PublicStream {
  readonly #parts: BybitParts;
  readonly #listeners = new Map<number, Listener>();
  /** By symbol: the ticker as it was told last. */
  readonly #tickers = new Map<string, { readonly [key: string]: string }>();
  #sequence = 0;

  constructor(parts: BybitParts) {
    this.#parts = parts;
    parts.world.exchange.subscribe((event) => {
      if (event.type === 'price') this.#tell(event.symbol, event);
    });
  }

  opened(socket: WireSocket): void {
    this.#listeners.set(socket.id, { socket, topics: new Set() });
  }

  closed(socket: WireSocket): void {
    this.#listeners.delete(socket.id);
  }

  received(socket: WireSocket, command: StreamCommand, at: number): void {
    const listener = this.#listeners.get(socket.id);
    if (listener === undefined) return;
    if (command.op === 'ping') return pong(socket, command, at, false);
    if (command.op !== 'subscribe' && command.op !== 'unsubscribe') return refuse(socket, command, `error:unknown op ${command.op}`);
    const topics = command.args.map(String);
    const unknown = topics.find((topic) => this.#marketOf(topic) === null);
    if (unknown !== undefined) return refuse(socket, command, `error:handler not found,topic:${unknown}`);
    acknowledge(socket, command);
    for (const topic of topics) {
      if (command.op === 'unsubscribe') listener.topics.delete(topic);
      else if (!listener.topics.has(topic)) this.#begin(listener, topic, at);
    }
  }

  /** About once a second: prices go on being told while nothing trades, as they were told last. */
  clock(at: number): void {
    for (const ticker of this.#tickers.values()) {
      const { symbol = '', lastPrice = '', markPrice = '', indexPrice = '' } = ticker;
      this.#say(`tickers.${symbol}`, () => this.#frame(`tickers.${symbol}`, 'delta', at, { symbol, lastPrice, markPrice, indexPrice }));
    }
  }

  #begin(listener: Listener, topic: string, at: number): void {
    listener.topics.add(topic);
    const market = this.#marketOf(topic);
    if (market === null || !topic.startsWith('tickers.')) return;
    const price = this.#parts.world.price(market.symbol);
    if (price === null) return;
    const ticker = this.#tickers.get(market.symbol) ?? this.#ticker(market, price);
    this.#tickers.set(market.symbol, ticker);
    say(listener.socket, this.#frame(topic, 'snapshot', at, ticker));
  }

  #marketOf(topic: string): BybitMarket | null {
    const [, , interval, id] = TOPIC.exec(topic) ?? [];
    if (interval !== undefined && intervalMs(interval) === null) return null;
    return this.#parts.markets.all.find((market) => market.id === id) ?? null;
  }

  #tell(symbol: string, price: MarketPrice): void {
    const market = this.#parts.markets.all.find((each) => each.symbol === symbol);
    if (market === undefined) return;
    this.#sequence += 1;
    const before = this.#tickers.get(symbol);
    const ticker = this.#ticker(market, price);
    this.#tickers.set(symbol, ticker);
    const changed = Object.fromEntries(Object.entries(ticker).filter(([name, value]) => name === 'symbol' || value !== before?.[name]));
    this.#say(`tickers.${market.id}`, () => this.#frame(`tickers.${market.id}`, before === undefined ? 'snapshot' : 'delta', price.at, changed));
    this.#say(`publicTrade.${market.id}`, () => this.#trade(market, price, before?.['lastPrice']));
    for (const topic of this.#klineTopics(market)) this.#say(topic, () => this.#kline(topic, market, price.at));
  }

  #ticker(market: BybitMarket, price: MarketPrice): { readonly [key: string]: string } {
    return tickerRow(market, price, this.#parts.world.record(market.symbol).fundingRate);
  }

  #frame(topic: string, type: 'snapshot' | 'delta', at: number, data: Json): Json {
    return { topic, type, data, cs: this.#sequence, ts: at };
  }

  /** Each price is one trade of the smallest amount. */
  #trade({ id, rules }: BybitMarket, { last, at }: MarketPrice, before: string | undefined): Json {
    const isFalling = before !== undefined && Number(last) < Number(before);
    const data = { T: at, s: id, S: isFalling ? 'Sell' : 'Buy', v: rules.minAmount, p: last, L: isFalling ? 'MinusTick' : 'PlusTick', i: `${id}-${this.#sequence}`, BT: false, RPI: false, seq: this.#sequence };
    return { topic: `publicTrade.${id}`, type: 'snapshot', ts: at, data: [data] };
  }

  #klineTopics({ id }: BybitMarket): readonly string[] {
    const topics = [...this.#listeners.values()].flatMap((listener) => [...listener.topics].filter((topic) => topic.startsWith('kline.') && topic.endsWith(`.${id}`)));
    return [...new Set(topics)];
  }

  #kline(topic: string, market: BybitMarket, at: number): Json {
    const interval = topic.split('.')[1] ?? '';
    const timeframeMs = intervalMs(interval) ?? 0;
    const bar = this.#parts.world.record(market.symbol).bars('last', timeframeMs, { from: null, to: null, limit: 1 })[0];
    const data = bar === undefined ? [] : [{ start: bar.at, end: bar.at + timeframeMs - 1, interval, open: bar.open, close: bar.close, high: bar.high, low: bar.low, volume: bar.volume, turnover: '0', confirm: false, timestamp: at }];
    return { topic, data, ts: at, type: 'snapshot' };
  }

  #say(topic: string, frame: () => Json): void {
    for (const { socket, topics } of this.#listeners.values()) if (topics.has(topic)) say(socket, frame());
  }
}
