/** What each fault of the way to Binance looks like to the real ccxt client, and what truly happened. */
import type { binanceusdm } from 'ccxt';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { WireFault } from '../../../../src/ports/wire.ts';
import { binanceClient, startBinance } from './binance-rig.ts';
import type { BinanceRig } from './binance-rig.ts';

const BTC = 'BTC/USDT:USDT';

let rig: BinanceRig;
let client: binanceusdm;

beforeEach(async () => {
  rig = await startBinance();
  client = await binanceClient(rig, { timeout: 300 });
  await client.loadMarkets();
});
afterEach(async () => {
  await client.close();
  await rig.close();
});

/** Places one order through the fault: the error's class, or the id it resolved with. */
async function placeThrough(fault: WireFault): Promise<string> {
  rig.listener.requestPolicy = () => fault;
  try {
    const order = await client.createOrder(BTC, 'market', 'buy', '0.1' as unknown as number, undefined, { positionSide: 'LONG', clientOrderId: 'x1' });
    return order.id === undefined ? 'no id' : 'placed';
  } catch (error) {
    return (error as Error).name;
  } finally {
    rig.listener.requestPolicy = () => ({ type: 'none' });
  }
}

describe('an order through a fault', () => {
  it.each<[WireFault, string, boolean]>([
    [{ type: 'none' }, 'placed', true],
    [{ type: 'timeout-before-apply' }, 'RequestTimeout', false],
    [{ type: 'timeout-after-apply' }, 'RequestTimeout', true],
    [{ type: 'reset-before-apply' }, 'NetworkError', false],
    [{ type: 'reset-mid-body' }, 'SocketError', true],
    [{ type: 'server-error', status: 502, applied: false }, 'ExchangeNotAvailable', false],
    [{ type: 'server-error', status: 503, applied: true }, 'ExchangeNotAvailable', true],
    [{ type: 'html-page', status: 403, applied: false }, 'ExchangeNotAvailable', false],
    [{ type: 'html-page', status: 200, applied: true }, 'TypeError', true],
    [{ type: 'truncated-json' }, 'TypeError', true],
    [{ type: 'empty-body' }, 'TypeError', true],
    [{ type: 'incident', incident: 'rate-limited', retryAfterMs: 1_000 }, 'DDoSProtection', false],
    [{ type: 'incident', incident: 'banned', retryAfterMs: 1_000 }, 'DDoSProtection', false],
    [{ type: 'incident', incident: 'maintenance', retryAfterMs: 0 }, 'ExchangeNotAvailable', false],
    [{ type: 'incident', incident: 'internal-error', retryAfterMs: 0 }, 'OperationFailed', false],
    [{ type: 'delay', requestMs: 50, responseMs: 50 }, 'placed', true],
    [{ type: 'apply-late', afterMs: 400 }, 'RequestTimeout', true],
  ])('%j', async (fault, seen, isApplied) => {
    expect(await placeThrough(fault)).toBe(seen);
    await new Promise((resolve) => setTimeout(resolve, fault.type === 'apply-late' ? 300 : 0));
    expect(rig.legs()).toEqual(isApplied ? ['long 0.1'] : []);
    const found = await client.fetchOrder('', BTC, { clientOrderId: 'x1' }).then(
      ({ status }) => status,
      (error: unknown) => (error as Error).name,
    );
    expect(found).toBe(isApplied ? 'closed' : 'OrderNotFound');
  });
});
