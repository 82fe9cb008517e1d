/**
 * Which regular order came from which conditional one, and which client order id an order id stands for: trades name only the order id, and
 * the id of a fired conditional order is a new one. Learnt from every answer and frame; what is not known is asked.
 */
import type { Row } from '../fields.ts';
import { optionalText, rowOf, rowsOf, textOf } from '../fields.ts';
import type { Reader, VenueMarket } from '../dialect.ts';
import type { OrderRecord } from '../../../ports/exchange.ts';
import type { Call } from '../rest-client.ts';
import { algoRecord, childIdOf } from './order-rows.ts';

/** Ids remembered; each is two short texts. */
const KNOWN_MAX = 20_000;
/** A conditional order is mostly younger than this when it fires (a week is the most the exchange searches at once); older ones are found without. */
const SEARCH_BACK_MS = 7 * 86_400_000 - 60_000;
const ALGO_PAGE = 1_000;
/** The form of our own ids: a child that carries one has it from its conditional order. */
export const OURS = /^hr[0-9a-z]{25}$/;
/** A list of all orders weighs as much as this many single ones. */
const ONE_BY_ONE_MAX = 5;
/** Orders that are filled at once, or have fired a moment before. */
const ORDER_LIFE_MS = 3_600_000;
/** Client ids the exchange gives to orders of its own. */
const FORCED = /^(?:autoclose-|adl_autoclose|settlement_autoclose-|delivery_autoclose-)/;

export class ChildOrders {
  readonly #reader: Reader;
  /** Order id → our client order id; null for orders of the exchange itself. */
  readonly #clientIds = new Map<string, string | null>();
  /** By our client order id: the conditional order as it was placed; null for orders that never were one. */
  readonly #origins = new Map<string, OrderRecord | null>();
  readonly #account: string;
  /** By market id: orders up to this time were compared with all conditional ones of the last week. */
  readonly #searchedTo = new Map<string, number>();

  constructor(reader: Reader, account: string) {
    this.#reader = reader;
    this.#account = account;
  }

  /** What the order was placed as: the record of a conditional one, null for every other. */
  learnOrigin(clientOrderId: string, origin: OrderRecord | null): void {
    if (this.#origins.size >= KNOWN_MAX) this.#origins.clear();
    this.#origins.set(clientOrderId, origin);
  }

  /** Undefined when it is not known. */
  knownOrigin(clientOrderId: string): OrderRecord | null | undefined {
    return this.#origins.get(clientOrderId);
  }

  /** The child of a conditional order does not tell its trigger; asked for where it is not known. */
  async originOf(clientOrderId: string, market: VenueMarket): Promise<OrderRecord | null> {
    const known = this.#origins.get(clientOrderId);
    if (known !== undefined) return known;
    const call: Call = { api: 'fapiPrivate', method: 'GET', path: 'algoOrder', params: { symbol: market.id, clientAlgoId: clientOrderId }, weight: 1 };
    const verdict = await this.#reader.ask(call);
    if (verdict.type === 'refused' && verdict.code === 'ORDER_NOT_FOUND') {
      this.learnOrigin(clientOrderId, null);
      return null;
    }
    const row = rowOf(verdict.type === 'ok' ? verdict.json : await this.#reader.read(call));
    this.learnAlgo(row);
    const origin = algoRecord(row, this.#account, market.symbol);
    this.learnOrigin(clientOrderId, origin);
    return origin;
  }

  learn(orderId: string, clientOrderId: string): void {
    if (this.#clientIds.size >= KNOWN_MAX) this.#clientIds.clear();
    this.#clientIds.set(orderId, FORCED.test(clientOrderId) ? null : clientOrderId);
  }

  /** From a row of the conditional namespace. */
  learnAlgo(row: Row): void {
    const child = childIdOf(row);
    if (child !== null) this.learn(child, textOf(row, 'clientAlgoId'));
  }

  /** Undefined when it is not known. */
  known(orderId: string): string | null | undefined {
    return this.#clientIds.get(orderId);
  }

  /** Learns the ids of many orders at once, where that weighs less than one by one. `from` and `to`: when they were placed at the earliest and traded at the latest, ms. */
  async learnMany(orderIds: readonly string[], market: VenueMarket, from: number, to: number): Promise<void> {
    const unknown = new Set(orderIds.filter((orderId) => !this.#clientIds.has(orderId)));
    if (unknown.size < ONE_BY_ONE_MAX) return;
    const params = { symbol: market.id, startTime: Math.max(from - ORDER_LIFE_MS, to - SEARCH_BACK_MS), endTime: to + 1, limit: ALGO_PAGE };
    const rows = rowsOf(await this.#reader.read({ api: 'fapiPrivate', method: 'GET', path: 'allOrders', params, weight: 5 }));
    for (const row of rows) {
      const [orderId, own] = [textOf(row, 'orderId'), textOf(row, 'clientOrderId')];
      if (unknown.has(orderId) && (FORCED.test(own) || OURS.test(own))) this.learn(orderId, own);
    }
  }

  /**
   * The id the conditional order had where there was one, else the order's own; null for the exchange's own orders. `at`: when the order was
   * made or traded, ms; `shown`: the order's own id where it is known.
   */
  async clientIdOf(orderId: string, market: VenueMarket, at: number, shown: string | null = null): Promise<string | null> {
    const known = this.#clientIds.get(orderId);
    if (known !== undefined) return known;
    const own = shown ?? (await this.#ownId(orderId, market));
    if (own !== null && (FORCED.test(own) || OURS.test(own))) this.learn(orderId, own);
    else await this.#search(orderId, market, at, own ?? orderId);
    return this.#clientIds.get(orderId) ?? null;
  }

  async #ownId(orderId: string, market: VenueMarket): Promise<string | null> {
    const order = await this.#reader.ask({ api: 'fapiPrivate', method: 'GET', path: 'order', params: { symbol: market.id, orderId }, weight: 1 });
    return order.type === 'ok' ? textOf(rowOf(order.json), 'clientOrderId') : null;
  }

  /** Through the conditional orders of the symbol; an order that none of them became has its own id. What is older than one that was searched for needs no other search. */
  async #search(orderId: string, market: VenueMarket, at: number, own: string): Promise<void> {
    if (at <= (this.#searchedTo.get(market.id) ?? -Infinity)) return this.learn(orderId, own);
    for (const range of [{ startTime: at - SEARCH_BACK_MS, endTime: at + 1 }, {}]) {
      const rows = rowsOf(await this.#reader.read({ api: 'fapiPrivate', method: 'GET', path: 'allAlgoOrders', params: { symbol: market.id, limit: ALGO_PAGE, ...range }, weight: 5 }));
      for (const row of rows) this.learnAlgo(row);
      if (this.#clientIds.has(orderId)) return;
    }
    this.learn(orderId, own);
    this.#searchedTo.set(market.id, at);
  }
}

export function isForced(clientOrderId: string | null): boolean {
  return clientOrderId !== null && FORCED.test(clientOrderId);
}

export function forcedCause(clientOrderId: string): 'liquidation' | 'adl' {
  return clientOrderId.startsWith('adl_') ? 'adl' : 'liquidation';
}

/** A row's client id under whichever name it has. */
export function clientIdIn(row: Row): string | null {
  return optionalText(row, 'clientOrderId') ?? optionalText(row, 'clientAlgoId');
}
