/**
 * /v5/private: order, execution, position and wallet topics of the account that authenticated. Events come through the exchange's stream
 * and so with its faults; the rows they are told in come from the ledger, which has none.
 */
import { ZERO, dec, plain, roundQuotientToStep } from '../../../domain/decimal.ts';
import type { Json } from '../../../domain/json.ts';
import type { ExchangeEvent, PositionSide } from '../../../ports/exchange.ts';
import { accountOf } from '../../../ports/exchange.ts';
import type { WireSocket } from '../../../ports/wire.ts';
import { authenticateStream } from './bybit-auth.ts';
import type { BybitParts } from './bybit-endpoint.ts';
import type { Execution, LedgerOrder } from './bybit-ledger.ts';
import { CATEGORY, marketNames } from './bybit-names.ts';
import { executionRow } from './execution-row.ts';
import { feeRateOf } from './fee-rate.ts';
import { orderRow } from './order-row.ts';
import { flatPositionRow, positionRow } from './position-row.ts';
import { acknowledge, pong, refuse, say } from './stream-commands.ts';
import type { StreamCommand } from './stream-commands.ts';
import { walletRow } from './wallet-row.ts';

interface Listener {
  readonly socket: WireSocket;
  /** Null before it has authenticated. */
  account: string | null;
  readonly topics: Set<string>;
}

type AccountEvent = Exclude<ExchangeEvent, { type: 'price' | 'gap' }>;

const PRICE_STEP = dec('0.00000001');
/** With or without the category: `order` and `order.linear` are the same to an account that trades nothing else. */
const TOPIC = /^(order|execution|position|wallet)(?:\.linear)?$/;

export class PrivateStream {
  readonly #parts: BybitParts;
  readonly #listeners = new Map<number, Listener>();
  #frames = 0;

  constructor(parts: BybitParts) {
    this.#parts = parts;
    parts.world.exchange.subscribe((event) => {
      if (event.type !== 'price' && event.type !== 'gap') this.#tell(event);
    });
  }

  opened(socket: WireSocket): void {
    this.#listeners.set(socket.id, { socket, account: null, topics: new Set() });
  }

  closed(socket: WireSocket): void {
    this.#listeners.delete(socket.id);
  }

  received(socket: WireSocket, command: StreamCommand, at: number): void {
    const listener = this.#listeners.get(socket.id);
    if (listener === undefined) return;
    switch (command.op) {
      case 'ping':
        return pong(socket, command, at, true);
      case 'auth':
        return this.#authenticate(listener, command, at);
      case 'subscribe':
      case 'unsubscribe':
        return this.#subscribe(listener, command);
      default:
        return refuse(socket, command, `error:unknown op ${command.op}`);
    }
  }

  /** Of an order that is in no book and so has no event. */
  tellOrder(order: LedgerOrder): void {
    this.#say(order.record.account, 'order', order.record.updatedAt, () => [{ category: CATEGORY, ...orderRow(order) }]);
  }

  #authenticate(listener: Listener, command: StreamCommand, at: number): void {
    const account = authenticateStream(this.#parts.world, command.args, at);
    if (account === null) {
      refuse(listener.socket, command, 'Params Error');
      return listener.socket.close(1000, 'authentication failed');
    }
    listener.account = account.account;
    acknowledge(listener.socket, command);
  }

  #subscribe(listener: Listener, command: StreamCommand): void {
    const { socket, topics } = listener;
    if (listener.account === null) return refuse(socket, command, 'Request not authorized');
    for (const arg of command.args) {
      const topic = TOPIC.exec(String(arg))?.[1];
      if (topic === undefined) return refuse(socket, command, `error:handler not found,topic:${String(arg)}`);
      if (command.op === 'subscribe') topics.add(topic);
      else topics.delete(topic);
    }
    acknowledge(socket, command);
  }

  #tell(event: AccountEvent): void {
    const account = accountOf(event) ?? '';
    switch (event.type) {
      case 'order': {
        const order = this.#parts.ledger.account(account).orders.get(event.order.clientOrderId);
        if (order !== undefined) this.#say(account, 'order', event.at, () => [{ category: CATEGORY, ...orderRow(order, event.order) }]);
        return;
      }
      case 'trade':
        this.#tellExecution(account, event.trade.id, event.at);
        this.#say(account, 'position', event.at, () => [this.#position(account, event.trade.symbol, event.trade.positionSide ?? 'both', event.at)]);
        return this.#tellWallet(account, event.at);
      case 'funding':
        this.#tellExecution(account, event.id, event.at);
        return this.#tellWallet(account, event.at);
      case 'liquidation':
      case 'transfer':
        return this.#tellWallet(account, event.at);
    }
  }

  #tellExecution(account: string, id: string, at: number): void {
    const execution = this.#parts.ledger.account(account).executions.findLast((each) => each.id === id);
    if (execution !== undefined) this.#say(account, 'execution', at, () => [this.#execution(execution)]);
  }

  #execution(execution: Execution): Json {
    return { category: CATEGORY, ...executionRow(execution, feeRateOf(this.#parts.world, execution)), execPnl: '0', feeCoin: marketNames(execution.symbol).settle };
  }

  #position(account: string, symbol: string, leg: PositionSide | 'both', at: number): Json {
    const { world, ledger } = this.#parts;
    const { legs, settings } = ledger.account(account);
    const open = legs.get(`${symbol}|${leg}`);
    const mark = world.price(symbol)?.mark ?? '0';
    const { leverage, marginMode } = { leverage: settings?.leverage ?? '1', marginMode: settings?.marginMode ?? 'cross', ...settings?.symbols[symbol] };
    if (open === undefined) return { category: CATEGORY, ...flatPositionRow(marketNames(symbol).id, leg, leverage, mark, at), entryPrice: '0' };
    const amount = dec(open.amount);
    const entryPrice = plain(roundQuotientToStep(dec(open.cost).abs(), amount.abs(), PRICE_STEP));
    const position = { account, symbol, positionSide: leg, amount: plain(leg === 'both' ? amount : amount.abs()), entryPrice, leverage, marginMode, liquidationPrice: null };
    return { category: CATEGORY, ...positionRow(position, mark, at), entryPrice };
  }

  /** Margin is not in the ledger: what is bound is left at 0. */
  #tellWallet(account: string, at: number): void {
    this.#say(account, 'wallet', at, () => {
      const { world, ledger } = this.#parts;
      const { legs, settings } = ledger.account(account);
      let total = dec(settings?.cash ?? '0');
      let unrealised = ZERO;
      for (const leg of legs.values()) {
        total = total.plus(leg.cost);
        unrealised = unrealised.plus(dec(leg.amount).times(world.price(leg.symbol)?.mark ?? '0').minus(leg.cost));
      }
      const equity = plain(total.plus(unrealised));
      const balance = { account, currency: settings?.currency ?? 'USDT', total: plain(total), equity, free: equity, marginRatio: null };
      return [walletRow(balance, [], 'cross')];
    });
  }

  /** Rows are made only when somebody listens. */
  #say(account: string, topic: string, at: number, rows: () => readonly Json[]): void {
    for (const listener of this.#listeners.values()) {
      if (listener.account !== account || !listener.topics.has(topic)) continue;
      this.#frames += 1;
      say(listener.socket, { id: `wire${account}${this.#frames}`, topic, creationTime: at, data: rows() });
    }
  }
}
