/**
 * Which leg an execution belongs to. Bybit's execution rows do not say: it is known from the order, which names its position index, or it
 * follows from what the execution closed; only where a row tells neither is the order asked for. Bounded (I23).
 */
import type { PositionSide } from '../../../ports/exchange.ts';
import type { Reader } from '../dialect.ts';
import { optionalDecimal, rowsOf, textOf } from '../fields.ts';
import type { Row } from '../fields.ts';
import { READ_WEIGHT, resultOf } from './bybit-pages.ts';
import { CATEGORY, positionSideOf, sideOf } from './order-rows.ts';

/** Ids remembered; each is a short text and a number. */
const KNOWN_MAX = 20_000;
/** Forced closes: whatever they trade, they close it. */
const FORCED: readonly string[] = ['BustTrade', 'AdlTrade'];

export class OrderLegs {
  readonly #reader: Reader;
  readonly #isHedgeMode: (marketId: string) => Promise<boolean>;
  readonly #known = new Map<string, PositionSide | null>();

  constructor(reader: Reader, isHedgeMode: (marketId: string) => Promise<boolean>) {
    this.#reader = reader;
    this.#isHedgeMode = isHedgeMode;
  }

  /** From a row of an order. */
  learn(row: Row): void {
    this.learnLeg(textOf(row, 'orderId'), positionSideOf(Number(textOf(row, 'positionIdx'))));
  }

  learnLeg(orderId: string, positionSide: PositionSide | null): void {
    if (this.#known.size >= KNOWN_MAX) this.#known.clear();
    this.#known.set(orderId, positionSide);
  }

  /** Null in one-way mode; undefined when it has to be asked for. */
  known(execution: Row): PositionSide | null | undefined {
    return this.#known.get(textOf(execution, 'orderId'));
  }

  /** Null in one-way mode. Rejects with EXCHANGE_UNAVAILABLE. */
  async legOf(execution: Row): Promise<PositionSide | null> {
    const known = this.known(execution);
    if (known !== undefined) return known;
    if (!(await this.#isHedgeMode(textOf(execution, 'symbol')))) return null;
    return this.#byClosing(execution) ?? (await this.#byOrder(execution));
  }

  /** In hedge mode a leg never goes through zero: an execution opens or closes, whole. Null where the row does not tell. */
  #byClosing(execution: Row): PositionSide | null {
    const closed = FORCED.includes(textOf(execution, 'execType')) ? '1' : optionalDecimal(execution, 'closedSize');
    if (closed === null) return null;
    const closes = closed !== '0';
    return (sideOf(execution) === 'buy') === closes ? 'short' : 'long';
  }

  async #byOrder(execution: Row): Promise<PositionSide | null> {
    const orderId = textOf(execution, 'orderId');
    for (const path of ['v5/order/realtime', 'v5/order/history']) {
      const json = await this.#reader.read({ api: 'private', method: 'GET', path, params: { category: CATEGORY, symbol: textOf(execution, 'symbol'), orderId }, weight: READ_WEIGHT });
      for (const row of rowsOf(resultOf(json)['list'], 'orders')) this.learn(row);
    }
    // An order that nobody shows any more opened or closed as its side does by default.
    return this.#known.get(orderId) ?? (sideOf(execution) === 'buy' ? 'long' : 'short');
  }
}
