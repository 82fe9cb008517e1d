/** Writes on Binance through answers that do not come: three outcomes, never an exception (I3). */
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { CcxtExchange } from '../../../../src/adapters/ccxt/ccxt-exchange.ts';
import type { OrderRequest } from '../../../../src/ports/exchange.ts';
import type { WireFault } from '../../../../src/ports/wire.ts';
import { BTC } from '../../../sim/exchange/world.ts';
import { startBinance } from '../../../sim/wire/binanceusdm/binance-rig.ts';
import type { BinanceRig } from '../../../sim/wire/binanceusdm/binance-rig.ts';
import { openOverWire } from '../wire-harness.ts';

const ID = 'hr0000000000000000000000001';
const STOP: OrderRequest = { account: 'main', symbol: BTC, clientOrderId: ID, side: 'sell', type: 'stop-limit', amount: '0.1', price: '59000', triggerPrice: '59000', triggerBy: 'last', positionSide: 'short', reduceOnly: false, postOnly: false };

let rig: BinanceRig;
let exchange: CcxtExchange;

beforeEach(async () => {
  rig = await startBinance();
  exchange = await openOverWire(rig, { exchangeId: 'binanceusdm', symbols: [BTC], deadlineMs: 300 });
});
afterEach(async () => {
  await exchange.close();
  await rig.close();
});

/** One kind of request goes through the fault, all others well. */
function fault(route: string, what: WireFault): void {
  rig.listener.requestPolicy = ({ method, path }) => (`${method} ${path}` === route ? what : { type: 'none' });
}

const cancel = () => exchange.cancelOrder({ account: 'main', symbol: BTC, clientOrderId: ID });

test.each(['DELETE /fapi/v1/algoOrder', 'GET /fapi/v1/algoOrder', 'DELETE /fapi/v1/order', 'GET /fapi/v1/order'])('a stop that has fired and rests: its cancellation is unknown while %s is not answered', async (route) => {
  await exchange.placeOrder(STOP);
  rig.price('58000');
  fault(route, { type: 'timeout-before-apply' });
  expect(await cancel()).toMatchObject({ type: 'unknown' });
  rig.listener.requestPolicy = () => ({ type: 'none' });
  const [{ status } = { status: 'none' }] = rig.exchange.truth().orders.map(({ order }) => order);
  // Only a question about the order as it is now came after the cancellation itself.
  expect(status).toBe(route === 'GET /fapi/v1/order' ? 'canceled' : 'open');
});

test.each<[WireFault, string, number]>([
  [{ type: 'timeout-before-apply' }, 'unknown', 0],
  [{ type: 'timeout-after-apply' }, 'unknown', 1],
  [{ type: 'reset-before-apply' }, 'unknown', 0],
  [{ type: 'reset-mid-body' }, 'unknown', 1],
  [{ type: 'server-error', status: 502, applied: false }, 'unknown', 0],
  [{ type: 'server-error', status: 503, applied: true }, 'unknown', 1],
  [{ type: 'html-page', status: 200, applied: true }, 'unknown', 1],
  [{ type: 'html-page', status: 403, applied: false }, 'unknown', 0],
  [{ type: 'truncated-json' }, 'unknown', 1],
  [{ type: 'empty-body' }, 'unknown', 1],
  [{ type: 'incident', incident: 'maintenance', retryAfterMs: 0 }, 'unknown', 0],
  [{ type: 'incident', incident: 'internal-error', retryAfterMs: 0 }, 'unknown', 0],
  [{ type: 'incident', incident: 'rate-limited', retryAfterMs: 1_000 }, 'refused', 0],
  [{ type: 'incident', incident: 'banned', retryAfterMs: 1_000 }, 'refused', 0],
])('an order through %j is %s', async (what, outcome, orders) => {
  fault('POST /fapi/v1/algoOrder', what);
  expect(await exchange.placeOrder(STOP)).toMatchObject({ type: outcome });
  expect(rig.exchange.truth().orders).toHaveLength(orders);
});
