/** What all wire servers share: real time in place of virtual time, bars, funding rates, and seeded faults. */
import { describe, expect, it } from 'vitest';
import type { WireRequest } from '../../../src/ports/wire.ts';
import { SimulatedExchange } from '../../../src/sim/exchange/simulated-exchange.ts';
import { seededRandom } from '../../../src/sim/random.ts';
import { FRAME_FAULTS, REQUEST_FAULTS, seededFrameFaults, seededRequestFaults } from '../../../src/sim/wire/wire-faults.ts';
import { WireWorld } from '../../../src/sim/wire/wire-world.ts';
import { BTC, BTC_MARKET, MAIN } from '../exchange/world.ts';

const MINUTE_MS = 60_000;

function worldAt(startAt: number): { readonly world: WireWorld; readonly clock: { now: number } } {
  const clock = { now: startAt };
  const exchange = new SimulatedExchange({ markets: [BTC_MARKET], accounts: [MAIN], startAt });
  return { clock, world: new WireWorld({ exchange, markets: [BTC_MARKET], accounts: [], now: () => clock.now }) };
}

describe('a wire world', () => {
  it('moves the exchange with its clock, and holds it when the clock steps back (I24)', () => {
    const { world, clock } = worldAt(1_000);
    clock.now = 5_000;
    expect([world.advance(), world.exchange.now()]).toEqual([5_000, 5_000]);
    clock.now = 2_000;
    world.tick(BTC, '10000');
    expect([world.advance(), world.price(BTC)?.at]).toEqual([5_000, 5_000]);
  });

  it('keeps bars of every price and any whole number of minutes, the running one last', () => {
    const { world, clock } = worldAt(10 * MINUTE_MS);
    for (const [minute, last, mark] of [[10, '100', '101'], [10, '105', '99'], [11, '103', '103'], [13, '90', '91']] as const) {
      clock.now = minute * MINUTE_MS + 7;
      world.tick(BTC, last, mark);
    }
    const bars = (...[source, minutes, range]: ['last' | 'mark', number, { from?: number; to?: number; limit?: number }?]) =>
      world.record(BTC).bars(source, minutes * MINUTE_MS, { from: null, to: null, limit: 10, ...range }).map(({ at, open, high, low, close }) => [at / MINUTE_MS, open, high, low, close].join(' '));
    expect(bars('last', 1)).toEqual(['10 100 105 100 105', '11 103 103 103 103', '13 90 90 90 90']);
    expect(bars('mark', 5)).toEqual(['10 101 103 91 91']);
    expect(bars('last', 1, { limit: 2 })).toEqual(['11 103 103 103 103', '13 90 90 90 90']);
    expect(bars('last', 1, { from: 10 * MINUTE_MS, to: 11 * MINUTE_MS, limit: 1 })).toEqual(['10 100 105 100 105']);
    world.record(BTC).addHistory([{ at: 9 * MINUTE_MS, open: '1', high: '2', low: '1', close: '2', volume: '0' }, { at: 10 * MINUTE_MS, open: '7', high: '7', low: '7', close: '7', volume: '0' }]);
    expect(bars('last', 1)[0]).toBe('9 1 2 1 2');
    expect(bars('last', 1)).toHaveLength(4);
  });

  it('keeps funding rates and shows the last one', () => {
    const { world } = worldAt(1_000);
    expect(world.record(BTC).fundingRate).toBe('0.0001');
    world.tick(BTC, '10000', '10001', '10002', '-0.0002');
    expect([world.record(BTC).fundingRate, world.record(BTC).funding]).toEqual(['-0.0002', [{ at: 1_000, rate: '-0.0002', mark: '10001' }]]);
  });

  it('knows the prices an exchange already has, and names the markets it serves', () => {
    const { world } = worldAt(1_000);
    world.tick(BTC, '10000');
    const again = new WireWorld({ exchange: world.exchange, markets: [BTC_MARKET], accounts: [], now: () => 2_000 });
    expect(again.price(BTC)?.last).toBe('10000');
    expect(() => again.record('XRP/USDT:USDT')).toThrow(/no market XRP.*it has BTC/);
  });
});

describe('seeded faults', () => {
  const request: WireRequest = { method: 'POST', path: '/order', query: '', headers: {}, body: '', receivedAt: 0 };

  it('are the same for the same seed, as many as asked, of every kind, and only where allowed', () => {
    const draw = (seed: number) => {
      const policy = seededRequestFaults({ random: seededRandom(seed), perMille: 100, concerns: ({ path }) => path === '/order' });
      return Array.from({ length: 3_000 }, () => policy(request));
    };
    const faults = draw(1).filter(({ type }) => type !== 'none');
    expect(draw(1)).toEqual(draw(1));
    expect(draw(2)).not.toEqual(draw(1));
    expect(faults.length).toBeGreaterThan(240);
    expect(faults.length).toBeLessThan(360);
    expect(new Set(faults)).toEqual(new Set(REQUEST_FAULTS));
    const elsewhere = seededRequestFaults({ random: seededRandom(1), perMille: 1_000, concerns: () => false });
    expect(elsewhere(request)).toEqual({ type: 'none' });
  });

  it('hit frames too', () => {
    const policy = seededFrameFaults({ random: seededRandom(1), perMille: 500 });
    const frame = { socket: { id: 1, path: '/', query: '' }, sequence: 1, text: '' };
    const faults = Array.from({ length: 400 }, () => policy(frame)).filter(({ type }) => type !== 'none');
    expect(new Set(faults)).toEqual(new Set(FRAME_FAULTS));
  });
});
