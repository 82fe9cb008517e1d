/**
 * What Hyperliquid's endpoints look up by their own numbers, folded from the simulated exchange's changes: orders by `oid` and `cloid`,
 * fills with the position they started from, funding and ledger rows. Bounded like the real one: the newest ten thousand closed orders
 * and fills of an account.
 */
import { dec } from '../../../domain/decimal.ts';
import type { Json } from '../../../domain/json.ts';
import type { OrderRecord, TradeRecord } from '../../../ports/exchange.ts';
import type { AccountEvent, BookDelta } from '../../exchange/delta.ts';
import { emptyLeg, signedAmount } from '../../exchange/position.ts';
import type { Leg } from '../../exchange/position.ts';
import type { SimulatedExchange } from '../../exchange/simulated-exchange.ts';
import type { Addresses } from './addresses.ts';
import type { Assets } from './assets.ts';
import { fillRow, fundingDelta, fundingRow, legAfter, transferRow } from './fill-rows.ts';
import { cloidOf } from './order-rows.ts';
import type { SentForm, WireOrder } from './order-rows.ts';

const KEPT = 10_000;
/** Order numbers of what no client ordered, above all others. */
const FOREIGN_OID = 1_000_000_000_000;

export interface Row {
  readonly at: number;
  readonly json: Json;
}

export interface FillKept extends Row {
  readonly tid: number;
  readonly symbol: string;
  readonly trade: TradeRecord;
}

export interface FundingKept extends Row {
  readonly id: string;
  /** As `userFundings` has it, without the time. */
  readonly delta: Record<string, Json>;
}

export interface LedgerKept extends Row {
  readonly id: string;
}

interface AccountBook {
  readonly orders: Map<number, WireOrder>;
  readonly oids: Map<string, number>;
  readonly closed: number[];
  readonly fills: FillKept[];
  readonly fundings: FundingKept[];
  readonly ledger: LedgerKept[];
  readonly legs: Map<string, Leg>;
}

export class WireBook {
  readonly #assets: Assets;
  readonly #addresses: Addresses;
  readonly #accounts = new Map<string, AccountBook>();
  readonly #forms = new Map<string, SentForm>();
  readonly #marks = new Map<string, string>();

  constructor(exchange: SimulatedExchange, assets: Assets, addresses: Addresses) {
    this.#assets = assets;
    this.#addresses = addresses;
    const start = exchange.snapshot();
    this.#startLegs(start);
    this.#fold(start);
    exchange.onDelta((delta) => this.#fold(delta));
  }

  /** What a request says beyond what the exchange keeps; told before it is placed. */
  noteForm(account: string, clientOrderId: string, form: SentForm): void {
    this.#forms.set(`${account}|${clientOrderId}`, form);
  }

  order(account: string, id: number | string): WireOrder | null {
    const book = this.#of(account);
    const oid = typeof id === 'number' ? id : book.oids.get(id);
    const order = oid === undefined ? undefined : book.orders.get(oid);
    return order === undefined || (typeof id === 'string' && cloidOf(order) === null) ? null : order;
  }

  /** The order with this record's versions, for events that tell of an older one. */
  orderOf(record: OrderRecord): WireOrder {
    return { oid: Number(record.id.slice(1)), record, form: this.#forms.get(`${record.account}|${record.clientOrderId}`) ?? null };
  }

  openOrders(account: string): readonly WireOrder[] {
    return [...this.#of(account).orders.values()].filter(({ record }) => record.status === 'open');
  }

  /** Newest first. */
  newestOrders(account: string, limit: number): readonly WireOrder[] {
    return [...this.#of(account).orders.values()].slice(-limit).reverse();
  }

  fills(account: string): readonly FillKept[] {
    return this.#of(account).fills;
  }

  fill(account: string, tradeId: string): FillKept | null {
    return this.#of(account).fills.findLast(({ trade }) => trade.id === tradeId) ?? null;
  }

  fundings(account: string): readonly FundingKept[] {
    return this.#of(account).fundings;
  }

  ledger(account: string): readonly LedgerKept[] {
    return this.#of(account).ledger;
  }

  #of(account: string): AccountBook {
    let book = this.#accounts.get(account);
    if (book === undefined) {
      book = { orders: new Map(), oids: new Map(), closed: [], fills: [], fundings: [], ledger: [], legs: new Map() };
      this.#accounts.set(account, book);
    }
    return book;
  }

  /** So that every leg ends where the snapshot has it when its trades are folded. */
  #startLegs({ legs = [], trades = [] }: BookDelta): void {
    for (const { account, symbol, amount } of legs) this.#of(account).legs.set(symbol, { ...emptyLeg(symbol, 'both'), amount: dec(amount) });
    for (const trade of trades) {
      const leg = this.#leg(trade.account, trade.symbol);
      this.#of(trade.account).legs.set(trade.symbol, { ...leg, amount: leg.amount.minus(signedAmount(trade.side, dec(trade.amount))) });
    }
  }

  #leg(account: string, symbol: string): Leg {
    return this.#of(account).legs.get(symbol) ?? emptyLeg(symbol, 'both');
  }

  #fold({ prices = [], orders = [], trades = [], events = [] }: BookDelta): void {
    for (const { symbol, mark } of prices) this.#marks.set(symbol, mark);
    for (const { order } of orders) this.#foldOrder(order);
    // Funding is settled before the orders of its tick trade.
    for (const event of events) if (event.type === 'funding') this.#foldFunding(event);
    for (const trade of trades) this.#foldTrade(trade, events);
    for (const event of events) this.#foldLedger(event);
  }

  #foldOrder(record: OrderRecord): void {
    const book = this.#of(record.account);
    const order = this.orderOf(record);
    const isNews = book.orders.get(order.oid)?.record.status !== record.status;
    book.orders.set(order.oid, order);
    book.oids.set(record.clientOrderId, order.oid);
    if (record.status === 'open' || !isNews) return;
    book.closed.push(order.oid);
    if (book.closed.length > KEPT) this.#forget(book, record.account);
  }

  #forget(book: AccountBook, account: string): void {
    const oid = book.closed.shift();
    const clientOrderId = oid === undefined ? undefined : book.orders.get(oid)?.record.clientOrderId;
    if (oid === undefined || clientOrderId === undefined) return;
    book.orders.delete(oid);
    book.oids.delete(clientOrderId);
    this.#forms.delete(`${account}|${clientOrderId}`);
  }

  #foldTrade(trade: TradeRecord, events: readonly AccountEvent[]): void {
    const book = this.#of(trade.account);
    const before = this.#leg(trade.account, trade.symbol);
    const tid = Number(trade.id.slice(1));
    const oid = trade.clientOrderId === null ? FOREIGN_OID + tid : (book.oids.get(trade.clientOrderId) ?? 0);
    const order = book.orders.get(oid);
    const json = fillRow({
      trade,
      tid,
      oid,
      cloid: order === undefined ? null : cloidOf(order),
      coin: this.#assets.bySymbol(trade.symbol).coin,
      before,
      forced: events.find((event) => event.type === 'liquidation' && event.id.endsWith(`-${trade.id}`)) as Extract<AccountEvent, { type: 'liquidation' }> | undefined ?? null,
      user: this.#addresses.addressOfAccount(trade.account),
      markPrice: this.#marks.get(trade.symbol) ?? trade.price,
    });
    book.legs.set(trade.symbol, legAfter(before, trade));
    keep(book.fills, { tid, symbol: trade.symbol, trade, at: trade.at, json });
  }

  #foldFunding(event: Extract<AccountEvent, { type: 'funding' }>): void {
    const { coin } = this.#assets.bySymbol(event.symbol);
    const delta = fundingDelta(event, coin, this.#leg(event.account, event.symbol).amount);
    keep(this.#of(event.account).fundings, { id: event.id, at: event.at, delta, json: fundingRow(event, delta) });
  }

  /** Deposits, withdrawals, and what the insurance fund pays, which reaches the account as money too. */
  #foldLedger(event: AccountEvent): void {
    if (event.type === 'transfer') keep(this.#of(event.account).ledger, { id: event.id, at: event.at, json: transferRow(event) });
    if (event.type === 'liquidation' && event.cause === 'insurance') {
      const amount = dec(event.fee).negated().toFixed();
      keep(this.#of(event.account).ledger, { id: event.id, at: event.at, json: transferRow({ id: event.id, at: event.at, amount }) });
    }
  }
}

function keep<T>(list: T[], row: T): void {
  list.push(row);
  if (list.length > KEPT) list.shift();
}
