import { describe, expect, it } from 'vitest';
import { SimulatedExchange } from '../../../src/sim/exchange/simulated-exchange.ts';
import type { BookDelta } from '../../../src/sim/exchange/delta.ts';
import { BTC, configOf } from './world.ts';

const MINUTE = 60_000;

function tick(exchange: SimulatedExchange, seconds: number, last: string): void {
  exchange.tick({ symbol: BTC, at: seconds * 1000, last, mark: last, index: last });
}

function bar(minute: number, [open, high, low, close]: readonly [string, string, string, string]): object {
  return { at: minute * MINUTE, open, high, low, close, volume: '0' };
}

describe('candles of the simulated exchange', () => {
  it('are whole closed bars of the last price, oldest first', async () => {
    const exchange = new SimulatedExchange(configOf({ candleTimeframesMs: [MINUTE] }));
    tick(exchange, 30, '50'); // minute 0 was not seen from its start
    tick(exchange, 61, '100');
    tick(exchange, 70, '90');
    tick(exchange, 80, '110');
    tick(exchange, 119, '105');
    tick(exchange, 190, '9.5'); // minute 2 has no tick
    expect(await exchange.fetchCandles(BTC, MINUTE, 10)).toEqual([bar(1, ['100', '110', '90', '105'])]);
    tick(exchange, 200, '10');
    exchange.advanceTo(240_000);
    expect(await exchange.fetchCandles(BTC, MINUTE, 10)).toEqual([bar(1, ['100', '110', '90', '105']), bar(3, ['9.5', '10', '9.5', '10'])]);
    expect(await exchange.fetchCandles(BTC, MINUTE, 1)).toEqual([bar(3, ['9.5', '10', '9.5', '10'])]);
    expect(await exchange.fetchCandles(BTC, MINUTE, 0)).toEqual([]);
  });

  it('go on after history that is given, and survive a restart', async () => {
    const exchange = new SimulatedExchange(configOf());
    const deltas: BookDelta[] = [exchange.snapshot()];
    exchange.onDelta((delta) => deltas.push(JSON.parse(JSON.stringify(delta)) as BookDelta));
    const history = { at: 0, open: '1', high: '1', low: '1', close: '1', volume: '7' };
    exchange.keepCandles(BTC, MINUTE, [history]);
    exchange.keepCandles(BTC, MINUTE, []);
    tick(exchange, 63, '2');
    const restored = SimulatedExchange.restore(configOf(), deltas);
    const fromSnapshot = SimulatedExchange.restore(configOf(), [exchange.snapshot()]);
    for (const each of [exchange, restored, fromSnapshot]) {
      tick(each, 90, '3');
      tick(each, 121, '4');
      expect(await each.fetchCandles(BTC, MINUTE, 10)).toEqual([history, bar(1, ['2', '3', '2', '3'])]);
    }
  });

  it('of a timeframe nobody asked for are refused', async () => {
    await expect(new SimulatedExchange(configOf()).fetchCandles(BTC, MINUTE, 1)).rejects.toThrow(/no candles of 60000 ms/);
  });
});
