/**
 * Private streams: a listen key per account, valid for an hour, and the account's events on every socket opened with it. What one
 * operation of the exchange did goes out together, in the order seen in the field: the account, the fill, then what became of the
 * conditional order. A socket with a key nobody has stays open and hears nothing, as at Binance.
 */
import { createHash } from 'node:crypto';
import { dec, plain } from '../../../domain/decimal.ts';
import type { OrderRecord } from '../../../ports/exchange.ts';
import type { WireSocket } from '../../../ports/wire.ts';
import { settingsOf } from './account-routes.ts';
import { BinanceError } from './binance-error.ts';
import { isRegular, isRejectedAtTrigger } from './binance-ledger.ts';
import type { LedgerChange, LedgerOrder } from './binance-ledger.ts';
import type { BinanceParts, BinanceRoutes } from './binance-route.ts';
import { parseRequest } from './market-streams.ts';
import * as rows from './binance-rows.ts';

const VALID_MS = 3_600_000;

interface ListenKey {
  readonly key: string;
  readonly account: string;
  validUntil: number;
}

export class UserStreams {
  readonly #parts: BinanceParts;
  readonly #keys = new Map<string, ListenKey>();
  readonly #sockets = new Map<number, { readonly socket: WireSocket; readonly key: string }>();
  readonly #pending = new Map<string, LedgerChange[]>();
  #given = 0;

  constructor(parts: BinanceParts) {
    this.#parts = parts;
    parts.ledgers.onChange((account, change) => this.#collect(account, change));
  }

  routes(): BinanceRoutes {
    return {
      'POST /fapi/v1/listenKey': { security: 'key', weight: 1, answer: ({ account, at }) => ({ listenKey: this.#give(account.account, at) }) },
      'PUT /fapi/v1/listenKey': { security: 'key', weight: 1, answer: ({ account, at }) => ({ listenKey: this.#extend(account.account, at) }) },
      'DELETE /fapi/v1/listenKey': {
        security: 'key',
        weight: 1,
        answer: ({ account }) => {
          const known = this.#keyOf(account.account);
          if (known === undefined) throw new BinanceError('-1125');
          this.#keys.delete(known.key);
          return {};
        },
      },
    };
  }

  static isPrivate({ path }: WireSocket): boolean {
    return path.startsWith('/private/');
  }

  opened(socket: WireSocket): void {
    this.#sockets.set(socket.id, { socket, key: new URLSearchParams(socket.query).get('listenKey') ?? '' });
  }

  received(socket: WireSocket, text: string): void {
    socket.send(JSON.stringify({ result: null, id: parseRequest(text)?.id ?? null }));
  }

  closed(socket: WireSocket): void {
    this.#sockets.delete(socket.id);
  }

  clock(at: number): void {
    for (const known of [...this.#keys.values()]) if (at >= known.validUntil) this.#expire(known, at);
  }

  /** Ends every listen key now. */
  expireAll(at: number): void {
    for (const known of [...this.#keys.values()]) this.#expire(known, at);
  }

  #expire(known: ListenKey, at: number): void {
    this.#send(known.account, { e: 'listenKeyExpired', E: at, listenKey: known.key });
    this.#keys.delete(known.key);
  }

  #keyOf(account: string): ListenKey | undefined {
    return [...this.#keys.values()].find((each) => each.account === account);
  }

  #give(account: string, at: number): string {
    const known = this.#keyOf(account);
    if (known !== undefined && at < known.validUntil) return this.#extend(account, at);
    this.#given += 1;
    const key = createHash('sha256').update(`${account} ${this.#given} ${at}`).digest('hex');
    this.#keys.set(key, { key, account, validUntil: at + VALID_MS });
    return key;
  }

  #extend(account: string, at: number): string {
    const known = this.#keyOf(account);
    if (known === undefined || at >= known.validUntil) throw new BinanceError('-1125');
    known.validUntil = at + VALID_MS;
    return known.key;
  }

  /** All of one operation is told before anything else runs: its events come in one go. */
  #collect(account: string, change: LedgerChange): void {
    const pending = this.#pending.get(account);
    if (pending !== undefined) {
      pending.push(change);
      return;
    }
    this.#pending.set(account, [change]);
    queueMicrotask(() => this.#flush(account));
  }

  #flush(account: string): void {
    const changes = this.#pending.get(account) ?? [];
    this.#pending.delete(account);
    if (this.#keyOf(account) === undefined) return;
    for (const message of messagesOf(this.#parts, account, changes)) this.#send(account, message);
  }

  #send(account: string, message: object): void {
    const text = JSON.stringify(message);
    for (const { socket, key } of this.#sockets.values()) if (this.#keys.get(key)?.account === account) socket.send(text);
  }
}

/** The messages of one operation's changes, conditional orders last. */
function messagesOf(parts: BinanceParts, account: string, changes: readonly LedgerChange[]): readonly object[] {
  const messages: object[] = [];
  const afterwards: object[] = [];
  changes.forEach((change, index) => {
    const at = parts.world.now();
    switch (change.type) {
      case 'trade': {
        const { order, trade, filled } = change.trade;
        const isLast = !changes.slice(index + 1).some((later) => later.type === 'trade' && later.trade.order === order);
        const isFilled = isLast && order.record.status === 'closed';
        messages.push(accountUpdate(parts, account, 'ORDER', trade.symbol, at));
        messages.push(orderUpdate(parts, order, { execution: order.forced === null ? 'TRADE' : 'CALCULATED', status: isFilled ? 'FILLED' : 'PARTIALLY_FILLED', filled, at, trade: change.trade }));
        return;
      }
      case 'event':
        if (change.event.type === 'liquidation' && dec(change.event.fee).isZero()) return;
        messages.push(accountUpdate(parts, account, reasonOf(change), change.event.type === 'transfer' ? null : change.event.symbol, at));
        return;
      case 'order':
        return orderMessages(parts, change, messages, afterwards, at);
    }
  });
  return [...messages, ...afterwards];
}

function reasonOf({ event }: Extract<LedgerChange, { type: 'event' }>): string {
  switch (event.type) {
    case 'funding':
      return 'FUNDING_FEE';
    case 'liquidation':
      return 'INSURANCE_CLEAR';
    case 'transfer':
      return dec(event.amount).isNegative() ? 'WITHDRAW' : 'DEPOSIT';
  }
}

function orderMessages(parts: BinanceParts, { order, before, now }: Extract<LedgerChange, { type: 'order' }>, messages: object[], afterwards: object[], at: number): void {
  const tellRegular = (execution: string, status: string): void => void messages.push(orderUpdate(parts, order, { execution, status, filled: now.filled, at, trade: null }));
  const tellAlgo = (status: string, list = messages): void => void list.push(algoUpdate(parts, order, now, status, at));
  if (before === null) {
    if (order.isAlgo) tellAlgo('NEW');
    else tellRegular('NEW', 'NEW');
  }
  const hasTriggered = now.triggered && before?.triggered !== true;
  if (hasTriggered && isRegular(order)) {
    tellAlgo('TRIGGERING');
    tellRegular('NEW', 'NEW');
    tellAlgo('TRIGGERED', afterwards);
  }
  if (now.status === 'open' || before?.status === now.status) return;
  if (order.isAlgo && isRejectedAtTrigger(now)) return tellAlgo('REJECTED', afterwards);
  if (order.isAlgo && !now.triggered) return tellAlgo(rows.orderStatusOf(now));
  if (now.status !== 'closed') tellRegular(now.status === 'canceled' ? 'CANCELED' : 'EXPIRED', rows.orderStatusOf(now));
  if (order.isAlgo) tellAlgo('FINISHED', afterwards);
}

interface Execution {
  readonly execution: string;
  readonly status: string;
  readonly filled: string;
  readonly at: number;
  readonly trade: Extract<LedgerChange, { type: 'trade' }>['trade'] | null;
}

function orderUpdate({ markets }: BinanceParts, order: LedgerOrder, { execution, status, filled, at, trade }: Execution): object {
  const { record, terms } = order;
  const { id, quote } = markets.ofSymbol(record.symbol);
  const type = rows.regularTypeOf(record);
  return {
    e: 'ORDER_TRADE_UPDATE',
    E: at,
    T: trade?.trade.at ?? record.updatedAt,
    o: {
      s: id,
      c: terms.clientId,
      S: rows.sideOf(record.side),
      o: order.forced === null ? type : 'LIQUIDATION',
      f: terms.timeInForce,
      q: record.amount,
      p: record.price ?? '0',
      ap: rows.averagePrice(trade?.quote ?? plain(order.quote), filled),
      sp: '0',
      x: execution,
      X: status,
      i: rows.orderIdOf(order),
      l: trade?.trade.amount ?? '0',
      z: filled,
      L: trade?.trade.price ?? '0',
      ...(trade !== null && { N: quote, n: trade.trade.fee }),
      T: trade?.trade.at ?? record.updatedAt,
      t: trade === null ? 0 : rows.tradeIdOf(trade),
      b: '0',
      a: '0',
      m: trade?.trade.takerOrMaker === 'maker',
      R: record.reduceOnly,
      wt: rows.workingTypeOf(record),
      ot: order.forced === null ? type : 'LIQUIDATION',
      ps: rows.positionSideOf(record.positionSide),
      cp: terms.closePosition,
      rp: trade?.realised ?? '0',
      pP: terms.priceProtect,
      si: 0,
      ss: 0,
      V: 'EXPIRE_MAKER',
      pm: 'NONE',
      gtd: 0,
    },
  };
}

function algoUpdate({ markets }: BinanceParts, order: LedgerOrder, now: OrderRecord, status: string, at: number): object {
  const { terms } = order;
  const isPlaced = status === 'TRIGGERED' || status === 'FINISHED';
  return {
    e: 'ALGO_UPDATE',
    T: now.updatedAt,
    E: at,
    o: {
      caid: terms.clientId,
      aid: rows.algoIdOf(order),
      at: 'CONDITIONAL',
      o: rows.algoTypeOf(now),
      s: markets.ofSymbol(now.symbol).id,
      S: rows.sideOf(now.side),
      ps: rows.positionSideOf(now.positionSide),
      f: terms.timeInForce,
      q: now.amount,
      X: status,
      ai: isPlaced ? `${rows.orderIdOf(order)}` : '',
      ap: isPlaced ? rows.averagePrice(plain(order.quote), plain(order.executed)) : '0.00000',
      aq: isPlaced ? plain(order.executed) : '0.00000',
      act: isPlaced ? rows.regularTypeOf(now) : '0',
      tp: now.triggerPrice ?? '0',
      p: now.price ?? '0',
      V: 'EXPIRE_MAKER',
      wt: rows.workingTypeOf(now),
      pm: 'NONE',
      cp: terms.closePosition,
      pP: terms.priceProtect,
      R: now.reduceOnly,
      tt: order.triggeredAt ?? 0,
      gtd: 0,
      rm: status === 'REJECTED' ? rows.failReasonOf(now) : '',
    },
  };
}

/** Balance, and the legs of the symbol; `symbol` null: balance alone. */
function accountUpdate({ markets, world }: BinanceParts, account: string, reason: string, symbol: string | null, at: number): object {
  const truth = world.exchange.accountTruth(account);
  const legs = truth.positionMode === 'hedge' ? (['long', 'short'] as const) : (['both'] as const);
  const positions = symbol === null ? [] : legs.map((leg) => ({ leg, held: truth.positions.find((each) => each.symbol === symbol && each.positionSide === leg) }));
  const mark = symbol === null ? '0' : (world.price(symbol)?.mark ?? '0');
  return {
    e: 'ACCOUNT_UPDATE',
    T: at,
    E: at,
    a: {
      m: reason,
      B: [{ a: truth.currency, wb: truth.walletBalance, cw: truth.walletBalance, bc: '0' }],
      P: positions.map(({ leg, held }) => {
        const market = markets.ofSymbol(symbol ?? '');
        return {
          s: market.id,
          pa: held?.amount ?? '0',
          ep: held === undefined ? '0' : rows.averagePrice(plain(dec(held.cost).abs()), plain(dec(held.amount).abs())),
          cr: '0',
          up: held === undefined ? '0' : plain(dec(held.amount).times(mark).minus(held.cost)),
          mt: settingsOf(truth, market.symbol).marginMode,
          iw: held?.margin ?? '0',
          ps: rows.positionSideOf(leg),
          ma: market.quote,
          bep: '0',
        };
      }),
    },
  };
}
