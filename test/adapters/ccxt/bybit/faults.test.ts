/** Writes and reads on a bad line to Bybit: one of three outcomes each, and the truth is found by our own id (I2, I3, I18). */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CcxtExchange } from '../../../../src/adapters/ccxt/ccxt-exchange.ts';
import { openCcxtExchange } from '../../../../src/adapters/ccxt/open-ccxt-exchange.ts';
import { PLAIN_CONNECTION } from '../../../../src/adapters/ccxt/ccxt-clients.ts';
import type { OrderRequest } from '../../../../src/ports/exchange.ts';
import type { WireFault } from '../../../../src/ports/wire.ts';
import { BTC } from '../../../sim/exchange/world.ts';
import { startBybitRig } from '../../../sim/wire/bybit/bybit-rig.ts';
import type { BybitRig } from '../../../sim/wire/bybit/bybit-rig.ts';
import { until } from '../../../sim/wire/wire-rig.ts';

const DEADLINE_MS = 400;
let rig: BybitRig;
let exchange: CcxtExchange;
let warnings: string[];

beforeEach(async () => {
  warnings = [];
  rig = await startBybitRig();
  const log = { info: () => {}, warn: (facts: object, message: string) => void warnings.push(`${message} ${JSON.stringify(facts)}`), error: () => {} };
  const { address } = rig.listener;
  exchange = await openCcxtExchange({ exchangeId: 'bybit', connection: { ...PLAIN_CONNECTION, restUrl: `http://${address}`, streamUrl: `ws://${address}` }, credentials: new Map([['main', { apiKey: 'test-key', secret: 'test-secret' }]]), symbols: [BTC], log, deadlineMs: DEADLINE_MS });
});
afterEach(async () => {
  await exchange.close();
  await rig.close();
});

function stop(clientOrderId: string): OrderRequest {
  return { account: 'main', symbol: BTC, clientOrderId, side: 'sell', type: 'stop-market', amount: '0.01', price: null, triggerPrice: '59000', triggerBy: 'last', positionSide: 'short', reduceOnly: false, postOnly: false };
}
const once = (fault: WireFault): void => {
  rig.listener.requestPolicy = () => {
    rig.listener.requestPolicy = () => ({ type: 'none' });
    return fault;
  };
};
const isThere = (id: string): boolean => rig.exchange.truth().orders.some(({ order }) => order.clientOrderId === id);

describe('an order', () => {
  test.each<[WireFault, 'unknown' | 'refused', boolean]>([
    [{ type: 'timeout-before-apply' }, 'unknown', false],
    [{ type: 'timeout-after-apply' }, 'unknown', true],
    [{ type: 'reset-before-apply' }, 'unknown', false],
    [{ type: 'reset-mid-body' }, 'unknown', true],
    [{ type: 'server-error', status: 502, applied: false }, 'unknown', false],
    [{ type: 'server-error', status: 504, applied: true }, 'unknown', true],
    [{ type: 'html-page', status: 403, applied: false }, 'unknown', false],
    [{ type: 'html-page', status: 200, applied: true }, 'unknown', true],
    [{ type: 'truncated-json' }, 'unknown', true],
    [{ type: 'empty-body' }, 'unknown', true],
    [{ type: 'incident', incident: 'internal-error', retryAfterMs: 0 }, 'unknown', false],
    [{ type: 'incident', incident: 'maintenance', retryAfterMs: 0 }, 'unknown', false],
    [{ type: 'incident', incident: 'rate-limited', retryAfterMs: 700 }, 'refused', false],
    [{ type: 'incident', incident: 'banned', retryAfterMs: 0 }, 'refused', false],
  ])('%j', async (fault, type, isApplied) => {
    once(fault);
    const outcome = await exchange.placeOrder(stop('hrfault'));
    expect(outcome.type).toBe(type);
    if (fault.type === 'incident' && fault.incident === 'rate-limited') expect(outcome).toMatchObject({ code: 'RATE_LIMITED', retryAfterMs: 700 });
    expect(JSON.stringify(outcome)).not.toMatch(/test-key|test-secret|sign/i);
    expect(isThere('hrfault')).toBe(isApplied);
    const found = await exchange.fetchOrder('main', BTC, 'hrfault');
    expect(found?.status ?? null).toBe(isApplied ? 'open' : null);
    if (isApplied) expect(await exchange.placeOrder(stop('hrfault'))).toMatchObject({ type: 'refused', code: 'DUPLICATE_CLIENT_ORDER_ID' });
  });

  test('that is delayed past its window is not taken any more', async () => {
    once({ type: 'apply-late', afterMs: 500 });
    expect(await exchange.placeOrder(stop('hrlate'))).toMatchObject({ type: 'unknown' });
    rig.clockAheadMs += 6_000;
    await until(() => rig.listener.requests.some(({ body, status }) => body.includes('hrlate') && status === 200));
    expect(isThere('hrlate')).toBe(false);
  });

  test('that is not sent is refused', async () => {
    await rig.listener.stop();
    expect(await exchange.placeOrder(stop('hrdown'))).toMatchObject({ type: 'refused', code: 'MARKET_HALTED', message: expect.stringContaining('not sent') });
  });
});

test.each<WireFault>([{ type: 'timeout-after-apply' }, { type: 'reset-mid-body' }, { type: 'empty-body' }, { type: 'incident', incident: 'internal-error', retryAfterMs: 0 }])('a cancellation: %j', async (fault) => {
  await exchange.placeOrder(stop('hrcancel'));
  once(fault);
  expect(await exchange.cancelOrder({ account: 'main', symbol: BTC, clientOrderId: 'hrcancel' })).toMatchObject({ type: 'unknown' });
  const isApplied = fault.type !== 'incident';
  expect(await exchange.fetchOrder('main', BTC, 'hrcancel')).toMatchObject({ status: isApplied ? 'canceled' : 'open' });
});

test('a read that breaks off proves nothing', async () => {
  for (const fault of [{ type: 'truncated-json' }, { type: 'empty-body' }, { type: 'html-page', status: 200, applied: true }, { type: 'timeout-after-apply' }] as const) {
    once(fault);
    await expect(exchange.fetchOrder('main', BTC, 'hrnone')).rejects.toMatchObject({ code: 'EXCHANGE_UNAVAILABLE' });
  }
  expect(await exchange.fetchOrder('main', BTC, 'hrnone')).toBeNull();
});

test.each<WireFault>([{ type: 'html-page', status: 200, applied: true }, { type: 'empty-body' }, { type: 'truncated-json' }, { type: 'server-error', status: 502, applied: false }])(
  'markets that do not come whole are not markets that do not exist: %j',
  async (fault) => {
    const { address } = rig.listener;
    const open = (): Promise<CcxtExchange> => openCcxtExchange({ exchangeId: 'bybit', connection: { ...PLAIN_CONNECTION, restUrl: `http://${address}`, streamUrl: null }, credentials: new Map(), symbols: [BTC], log: { info: () => {}, warn: () => {}, error: () => {} } });
    for (const status of ['', 'PreLaunch']) {
      rig.listener.requestPolicy = ({ path, query }) => (path.endsWith('instruments-info') && (new URLSearchParams(query).get('status') ?? '') === status ? fault : { type: 'none' });
      await expect(open()).rejects.toMatchObject({ code: 'EXCHANGE_UNAVAILABLE' });
    }
  },
);

test('a clock that was set is measured again when it is noticed', async () => {
  rig.clockAheadMs += 3_600_000;
  expect(await exchange.placeOrder(stop('hrclock'))).toMatchObject({ type: 'refused', code: 'CLOCK_SKEW' });
  expect((await exchange.measureClock()).offsetMs).toBeLessThan(-3_500_000);
  expect(await exchange.placeOrder(stop('hrclock'))).toMatchObject({ type: 'done' });
});

test('an account whose key is refused opens no stream and says so without the key', async () => {
  await exchange.close();
  const { address } = rig.listener;
  const log = { info: () => {}, warn: (facts: object, message: string) => void warnings.push(`${message} ${JSON.stringify(facts)}`), error: () => {} };
  exchange = await openCcxtExchange({ exchangeId: 'bybit', connection: { ...PLAIN_CONNECTION, restUrl: `http://${address}`, streamUrl: `ws://${address}` }, credentials: new Map([['main', { apiKey: 'test-key', secret: 'canary-of-the-secret' }]]), symbols: [BTC], log });
  exchange.start();
  await expect(exchange.fetchSnapshot('main')).rejects.toMatchObject({ code: 'EXCHANGE_UNAVAILABLE', message: expect.stringContaining('10004') });
  await until(() => warnings.some((warning) => warning.includes('auth was refused')));
  expect(warnings.join('\n')).not.toMatch(/test-key|canary/);
});
