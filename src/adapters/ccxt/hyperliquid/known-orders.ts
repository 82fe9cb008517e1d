/**
 * What orders of an account were placed as: updates and fills on the streams name an order by number and id only, and an order that has
 * fired may show as a plain one. Bounded (I23): the newest orders; of others one is asked for again.
 */
import type { OrderRecord } from '../../../ports/exchange.ts';

const KEPT_MAX = 5_000;

export class KnownOrders {
  readonly #byClientId = new Map<string, OrderRecord>();
  readonly #clientIds = new Map<string, string>();

  /** Completes a record by what is known of the order, and remembers it. */
  learn(record: OrderRecord): OrderRecord {
    const before = this.#byClientId.get(record.clientOrderId);
    const hasFired = before !== undefined && before.triggerPrice !== null && record.triggerPrice === null;
    const learnt = hasFired ? { ...record, type: before.type, price: before.price, triggerPrice: before.triggerPrice, triggered: true } : record;
    this.#byClientId.delete(record.clientOrderId);
    this.#byClientId.set(record.clientOrderId, learnt);
    if (record.id !== '') this.#clientIds.set(record.id, record.clientOrderId);
    if (this.#byClientId.size > KEPT_MAX) this.#forgetOldest();
    return learnt;
  }

  get(clientOrderId: string): OrderRecord | null {
    return this.#byClientId.get(clientOrderId) ?? null;
  }

  /** An order that certainly does not exist. */
  forget(clientOrderId: string): void {
    this.#byClientId.delete(clientOrderId);
  }

  clientIdOf(oid: string): string | null {
    return this.#clientIds.get(oid) ?? null;
  }

  #forgetOldest(): void {
    const [oldest] = this.#byClientId.entries();
    if (oldest === undefined) return;
    this.#byClientId.delete(oldest[0]);
    this.#clientIds.delete(oldest[1].id);
  }
}
