/**
 * The `/ws` socket: subscriptions, their acknowledgements and snapshots, and what each event of the simulated exchange becomes on every
 * channel. Streams say what the exchange's own event stream says, with its delays, gaps and repeats.
 */
import type { Json } from '../../../domain/json.ts';
import type { WireSocket } from '../../../ports/wire.ts';
import type { ExchangeEvent } from '../../../ports/exchange.ts';
import type { WireWorld } from '../wire-world.ts';
import type { Addresses } from './addresses.ts';
import type { Asset, Assets } from './assets.ts';
import { INTERVALS, runningCandle } from './candle-rows.ts';
import { hashOf } from './fill-rows.ts';
import { assetContext, bboRow, bookRow } from './market-rows.ts';
import type { Price } from './market-rows.ts';
import { basicOrder, cloidOf, sideLetter, statusOf } from './order-rows.ts';
import type { WireBook } from './wire-book.ts';
import { addressField, fieldsOf, textOf } from './wire-json.ts';
import type { Fields } from './wire-json.ts';

export interface StreamParts {
  readonly world: WireWorld;
  readonly assets: Assets;
  readonly addresses: Addresses;
  readonly book: WireBook;
}

interface Subscription {
  readonly type: string;
  readonly coin: string | null;
  /** Null for public channels, and for addresses without an account. */
  readonly account: string | null;
  readonly user: string | null;
  readonly interval: string | null;
  /** As it came, for acknowledgements. */
  readonly asked: Fields;
}

const MARKET_CHANNELS = ['activeAssetCtx', 'trades', 'bbo', 'l2Book', 'candle'];
const USER_CHANNELS = ['orderUpdates', 'userFills', 'userFundings', 'userEvents', 'userNonFundingLedgerUpdates'];
/** A server takes so many subscriptions from one address. */
const SUBSCRIPTIONS_MAX = 1_000;
const SNAPSHOT_ROWS = 2_000;
/** Trade numbers of prints that are no fill of a client, above all others. */
const PRINT_TID = 2_000_000_000_000;

export class StreamDesk {
  readonly #parts: StreamParts;
  readonly #sockets = new Map<WireSocket, Map<string, Subscription>>();
  readonly #lastPrint = new Map<string, string>();
  #prints = 0;

  constructor(parts: StreamParts) {
    this.#parts = parts;
    parts.world.exchange.subscribe((event) => this.#publish(event));
  }

  opened(socket: WireSocket): void {
    this.#sockets.set(socket, new Map());
  }

  closed(socket: WireSocket): void {
    this.#sockets.delete(socket);
  }

  received(socket: WireSocket, text: string): void {
    try {
      const message = fieldsOf(JSON.parse(text) as Json);
      const method = textOf(message['method']);
      if (method === 'ping') send(socket, { channel: 'pong' });
      else if (method === 'subscribe') this.#subscribe(socket, fieldsOf(message['subscription']));
      else if (method === 'unsubscribe') this.#unsubscribe(socket, fieldsOf(message['subscription']));
      else throw new Error('no such method');
    } catch {
      send(socket, { channel: 'error', data: `Error parsing JSON into valid websocket request: ${text}` });
    }
  }

  #subscribe(socket: WireSocket, asked: Fields): void {
    const subscriptions = this.#sockets.get(socket);
    if (subscriptions === undefined) return;
    const subscription = this.#subscriptionOf(asked);
    const key = keyOf(subscription);
    if (subscriptions.has(key)) return send(socket, { channel: 'error', data: `Already subscribed: ${JSON.stringify(asked)}` });
    if (subscriptions.size >= SUBSCRIPTIONS_MAX) return send(socket, { channel: 'error', data: 'Cannot subscribe to more than 1000 channels' });
    subscriptions.set(key, subscription);
    send(socket, { channel: 'subscriptionResponse', data: { method: 'subscribe', subscription: asked } });
    this.#sendFirst(socket, subscription);
  }

  #unsubscribe(socket: WireSocket, asked: Fields): void {
    const isKnown = this.#sockets.get(socket)?.delete(keyOf(this.#subscriptionOf(asked))) ?? false;
    if (!isKnown) return send(socket, { channel: 'error', data: `Already unsubscribed: ${JSON.stringify(asked)}` });
    send(socket, { channel: 'subscriptionResponse', data: { method: 'unsubscribe', subscription: asked } });
  }

  #subscriptionOf(asked: Fields): Subscription {
    const type = textOf(asked['type']);
    const isMarket = MARKET_CHANNELS.includes(type);
    const isUser = USER_CHANNELS.includes(type);
    if (!isMarket && !isUser && type !== 'allMids') throw new Error('no such channel');
    const coin = isMarket ? textOf(asked['coin']) : null;
    if (coin !== null && this.#parts.assets.byCoin(coin) === null) throw new Error('no such coin');
    const user = isUser ? addressField(asked['user']) : null;
    const interval = type === 'candle' ? textOf(asked['interval']) : null;
    if (interval !== null && !INTERVALS.includes(interval)) throw new Error('no such interval');
    return { type, coin, user, account: user === null ? null : this.#parts.addresses.accountOfUser(user), interval, asked };
  }

  /** What a subscriber gets at once: the state so far. */
  #sendFirst(socket: WireSocket, subscription: Subscription): void {
    const { type, account, user } = subscription;
    const { book } = this.#parts;
    const last = <T>(rows: readonly T[]): readonly T[] => rows.slice(-SNAPSHOT_ROWS);
    if (user !== null && type !== 'orderUpdates' && type !== 'userEvents') {
      const rows: Record<string, readonly Json[]> =
        type === 'userFills'
          ? { fills: account === null ? [] : last(book.fills(account)).map(({ json }) => json) }
          : type === 'userFundings'
            ? { fundings: account === null ? [] : last(book.fundings(account)).map(({ at, delta }) => ({ time: at, ...delta })) }
            : { nonFundingLedgerUpdates: account === null ? [] : last(book.ledger(account)).map(({ json }) => json) };
      return send(socket, { channel: type, data: { isSnapshot: true, user, ...rows } });
    }
    const asset = subscription.coin === null ? null : this.#parts.assets.byCoin(subscription.coin);
    const price = asset === null ? null : this.#parts.world.price(asset.symbol);
    if (asset !== null && price !== null && type !== 'trades') this.#sendPrice(socket, subscription, asset, price);
  }

  #publish(event: ExchangeEvent): void {
    switch (event.type) {
      case 'price':
        return this.#publishPrice(event);
      case 'order': {
        const order = this.#parts.book.orderOf(event.order);
        const row = { order: basicOrder(order, this.#parts.assets.bySymbol(event.order.symbol)), status: statusOf(event.order), statusTimestamp: event.order.updatedAt };
        this.#toUser(event.order.account, 'orderUpdates', () => [row]);
        if (event.order.status === 'canceled' && event.order.reason !== 'CANCELED_BY_CLIENT') {
          const { coin } = this.#parts.assets.bySymbol(event.order.symbol);
          this.#toUser(event.order.account, 'userEvents', () => ({ nonUserCancel: [{ coin, oid: order.oid, ...(cloidOf(order) !== null && { cloid: cloidOf(order) }) }] }));
        }
        return;
      }
      case 'trade': {
        const fill = this.#parts.book.fill(event.trade.account, event.trade.id);
        if (fill === null) return;
        this.#toUser(event.trade.account, 'userFills', (user) => ({ user, fills: [fill.json] }));
        this.#toUser(event.trade.account, 'userEvents', () => ({ fills: [fill.json] }));
        return this.#print(this.#parts.assets.bySymbol(event.trade.symbol), event.trade.price, event.trade.amount, sideLetter(event.trade.side), event.trade.at, fill.tid);
      }
      case 'funding': {
        const kept = this.#parts.book.fundings(event.account).findLast(({ id }) => id === event.id);
        if (kept === undefined) return;
        this.#toUser(event.account, 'userFundings', (user) => ({ user, fundings: [{ time: event.at, ...kept.delta }] }));
        return this.#toUser(event.account, 'userEvents', () => ({ funding: { time: event.at, ...kept.delta } }));
      }
      case 'transfer':
      case 'liquidation': {
        const kept = this.#parts.book.ledger(event.account).findLast(({ id }) => id === event.id);
        if (kept !== undefined) this.#toUser(event.account, 'userNonFundingLedgerUpdates', (user) => ({ user, nonFundingLedgerUpdates: [kept.json] }));
        return;
      }
      case 'gap':
        return;
    }
  }

  #publishPrice({ symbol, ...price }: Extract<ExchangeEvent, { type: 'price' }>): void {
    const asset = this.#parts.assets.bySymbol(symbol);
    for (const [socket, subscriptions] of this.#sockets) {
      for (const subscription of subscriptions.values()) {
        const concerns = subscription.coin === asset.coin && subscription.type !== 'trades';
        if (concerns) this.#sendPrice(socket, subscription, asset, price);
        else if (subscription.type === 'allMids') send(socket, { channel: 'allMids', data: { mids: { [asset.coin]: price.last } } });
      }
    }
    if (this.#lastPrint.get(symbol) === price.last) return;
    this.#lastPrint.set(symbol, price.last);
    this.#prints += 1;
    this.#print(asset, price.last, NOMINAL_PRINT, 'B', price.at, PRINT_TID + this.#prints);
  }

  #sendPrice(socket: WireSocket, { type, interval, coin }: Subscription, asset: Asset, price: Price): void {
    const record = this.#parts.world.record(asset.symbol);
    if (type === 'activeAssetCtx') send(socket, { channel: type, data: { coin, ctx: assetContext(asset, record) } });
    if (type === 'bbo') send(socket, { channel: type, data: bboRow(asset, price) });
    if (type === 'l2Book') send(socket, { channel: type, data: bookRow(asset, price) });
    if (type !== 'candle' || interval === null) return;
    const data = runningCandle(record, asset, interval);
    if (data !== null) send(socket, { channel: type, data });
  }

  #print({ coin }: Asset, px: string, sz: string, side: string, time: number, tid: number): void {
    const data = [{ coin, side, px, sz, time, hash: hashOf(tid), tid, users: [hashOf(0).slice(0, 42), hashOf(0).slice(0, 42)] }];
    for (const [socket, subscriptions] of this.#sockets) {
      for (const subscription of subscriptions.values()) if (subscription.type === 'trades' && subscription.coin === coin) send(socket, { channel: 'trades', data });
    }
  }

  /** The channel of `userEvents` is called `user`. */
  #toUser(account: string, type: string, dataFor: (user: string) => Json): void {
    for (const [socket, subscriptions] of this.#sockets) {
      for (const subscription of subscriptions.values()) {
        if (subscription.type !== type || subscription.account !== account || subscription.user === null) continue;
        send(socket, { channel: type === 'userEvents' ? 'user' : type, data: dataFor(subscription.user) });
      }
    }
  }
}

/** Size of a print that only shows that the price moved. */
const NOMINAL_PRINT = '1';

function keyOf({ type, coin, user, interval }: Subscription): string {
  return JSON.stringify([type, coin, user, interval]);
}

function send(socket: WireSocket, message: Json): void {
  socket.send(JSON.stringify(message));
}
