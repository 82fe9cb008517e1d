/**
 * Bybit's limits per account and endpoint, in a rolling second: docs/v5/rate-limit, for unified accounts without a VIP level. Endpoints that
 * are not here have none that a client comes near to.
 */
const SECOND_MS = 1_000;
const PER_SECOND: Readonly<Record<string, number>> = {
  'POST /v5/order/create': 10,
  'POST /v5/order/amend': 10,
  'POST /v5/order/cancel': 10,
  'POST /v5/order/cancel-all': 10,
  'GET /v5/order/realtime': 50,
  'GET /v5/order/history': 50,
  'GET /v5/execution/list': 50,
  'GET /v5/position/list': 50,
  'GET /v5/account/wallet-balance': 50,
  'GET /v5/account/transaction-log': 30,
};

export class BybitLimits {
  readonly #taken = new Map<string, number[]>();
  /** Requests that were above a limit. */
  refused = 0;

  /** Ms until the next request is taken; 0: this one is. */
  take(account: string, endpoint: string, at: number): number {
    const most = PER_SECOND[endpoint];
    if (most === undefined) return 0;
    const key = `${account} ${endpoint}`;
    const taken = (this.#taken.get(key) ?? []).filter((each) => each > at - SECOND_MS);
    this.#taken.set(key, taken);
    const [oldest = at] = taken;
    if (taken.length < most) {
      taken.push(at);
      return 0;
    }
    this.refused += 1;
    return oldest + SECOND_MS - at;
  }
}
