import { describe, expect, it } from 'vitest';
import type { Incident } from '../../../src/sim/exchange/faults.ts';
import { BTC, World } from './world.ts';

/** From two seconds to ten; the world begins at one. */
const WINDOW = { from: 2_000, until: 10_000 } as const;

/** A world at the first moment of the incident, with a stop-loss of long 1 resting at 9900. */
async function during(incident: Incident): Promise<World> {
  const world = new World({ incidents: [incident] });
  await world.done({ side: 'buy', amount: '1', clientOrderId: 'entry' });
  await world.done({ side: 'sell', amount: '1', positionSide: 'long', triggerPrice: '9900', clientOrderId: 'stop' });
  world.exchange.advanceTo(incident.from);
  world.events.length = 0;
  return world;
}

function heard(world: World): readonly string[] {
  return world.events.map((event) => (event.type === 'price' ? `price ${event.last}` : event.type === 'order' ? `order ${event.order.status}` : event.type));
}

describe('too many requests', () => {
  it.each([
    [{ ...WINDOW, type: 'rate-limit', retryAfterMs: 700 }, 700],
    [{ ...WINDOW, type: 'ban' }, 8_000],
  ] as const)('refuses writes with a pause and reads without an answer: %j', async (incident, retryAfterMs) => {
    const world = await during(incident);
    expect(await world.place({ side: 'buy', amount: '1' })).toMatchObject({ type: 'refused', code: 'RATE_LIMITED', retryAfterMs });
    await expect(world.exchange.fetchPrice(BTC)).rejects.toMatchObject({ code: 'EXCHANGE_UNAVAILABLE' });
    expect(world.trades().length).toBe(1);
    expect(world.exchange.truth().requests.at(-1)?.code).toBe('RATE_LIMITED');
    world.exchange.advanceTo(WINDOW.until);
    expect(await world.code({ side: 'buy', amount: '1' })).toBe('done');
    expect(await world.exchange.fetchPrice(BTC)).not.toBeNull();
  });

  it('is not yet so just before', async () => {
    const world = new World({ incidents: [{ ...WINDOW, type: 'ban' }] });
    world.exchange.advanceTo(WINDOW.from - 1);
    expect(await world.code({ side: 'buy', amount: '1' })).toBe('done');
  });
});

describe('maintenance', () => {
  const maintenance = { ...WINDOW, type: 'maintenance', answer: 'halted', tellsGap: true, cancelsAll: null } as const;

  it('refuses writes, cancellations too, rejects reads and says nothing', async () => {
    const world = await during(maintenance);
    expect(await world.code({ side: 'buy', amount: '1' })).toBe('MARKET_HALTED');
    expect(await world.exchange.cancelOrder({ account: 'main', symbol: BTC, clientOrderId: 'stop' })).toMatchObject({ code: 'MARKET_HALTED' });
    await expect(world.exchange.fetchSnapshot('main')).rejects.toMatchObject({ code: 'EXCHANGE_UNAVAILABLE' });
    world.price('9990');
    expect(heard(world)).toEqual([]);
  });

  it('may answer unknown; nothing is carried out either way', async () => {
    const world = await during({ ...maintenance, answer: 'unknown' });
    expect(await world.code({ side: 'buy', amount: '1' })).toBe('unknown');
    expect(world.trades().length).toBe(1);
  });

  it('executes nothing; after it the gap does at once', async () => {
    const world = await during(maintenance);
    world.price('9800');
    expect(world.trades().length).toBe(1);
    world.exchange.advanceTo(WINDOW.until);
    expect(world.events).toEqual([{ type: 'gap', since: WINDOW.from, at: WINDOW.until }]);
    world.price('9790');
    expect(world.trades()[1]).toBe('sell 1 @ 9790');
  });

  it('may have cancelled everything on return, unheard', async () => {
    const world = await during({ ...maintenance, tellsGap: false, cancelsAll: 'SYSTEM_CANCEL' });
    world.exchange.advanceTo(WINDOW.until - 2);
    expect(world.exchange.truth().accounts[0]?.openOrders.length).toBe(1);
    world.exchange.advanceTo(WINDOW.until);
    expect(await world.order('stop')).toMatchObject({ status: 'canceled', reason: 'SYSTEM_CANCEL' });
    expect(heard(world)).toEqual([]);
  });
});

describe('a freeze', () => {
  const freeze = { ...WINDOW, type: 'freeze', tellsGap: false } as const;

  it('keeps requests waiting and carries them out at its end', async () => {
    const world = await during(freeze);
    const placing = world.place({ side: 'buy', amount: '1' });
    const reading = world.exchange.fetchPrice(BTC);
    world.price('10050');
    expect(world.trades().length).toBe(1);
    world.exchange.advanceTo(WINDOW.until);
    expect([(await placing).type, (await reading)?.last]).toEqual(['done', '10050']);
    expect(world.trades()[1]).toBe('buy 1 @ 10050');
  });

  it('lets requests expire that waited too long', async () => {
    const world = new World({ incidents: [freeze], capabilities: { requestDeadlineMs: 5_000 } });
    world.exchange.advanceTo(WINDOW.from);
    const early = world.place({ side: 'buy', amount: '1' });
    world.exchange.advanceTo(WINDOW.until - 5_000);
    const late = world.place({ side: 'buy', amount: '1' });
    world.exchange.advanceTo(WINDOW.until);
    expect([await early, await late]).toMatchObject([{ code: 'REQUEST_EXPIRED' }, { type: 'done' }]);
  });

  it('executes nothing', async () => {
    const world = await during(freeze);
    world.price('9000');
    expect([world.trades().length, heard(world)]).toEqual([1, []]);
  });
});

describe('wrong answers', () => {
  it('are errors for what was carried out', async () => {
    const world = await during({ ...WINDOW, type: 'wrong-answer', kinds: ['place'], answer: { type: 'unknown', message: '503' } });
    expect(await world.code({ side: 'buy', amount: '1' })).toBe('unknown');
    expect(world.trades().length).toBe(2);
    expect((await world.exchange.cancelOrder({ account: 'main', symbol: BTC, clientOrderId: 'stop' })).type).toBe('done');
  });

  it('or refusals of everything, whatever the code', async () => {
    const world = await during({ ...WINDOW, type: 'refusal', kinds: ['place', 'amend'], code: 'POSITION_SIDE_MISMATCH' });
    expect(await world.code({ side: 'buy', amount: '1' })).toBe('POSITION_SIDE_MISMATCH');
    expect(world.trades().length).toBe(1);
    expect((await world.exchange.cancelOrder({ account: 'main', symbol: BTC, clientOrderId: 'stop' })).type).toBe('done');
  });
});

describe('silence', () => {
  it.each([
    ['prices', ['order open', 'trade', 'order closed']],
    ['account', ['price 9990']],
    ['all', []],
  ] as const)('of %s, without a word about it', async (of, told) => {
    const world = await during({ ...WINDOW, type: 'silence', of, tellsGap: false });
    await world.done({ side: 'buy', amount: '1' });
    world.price('9990');
    world.exchange.advanceTo(WINDOW.until);
    expect(heard(world)).toEqual(told);
    world.price('9991');
    expect(heard(world)).toEqual([...told, 'price 9991']);
    expect(await world.exchange.fetchPrice(BTC)).toMatchObject({ last: '9991' });
  });

  it('may end with a gap', async () => {
    const world = await during({ ...WINDOW, type: 'silence', of: 'all', tellsGap: true });
    expect(world.exchange.nextDueAt()).toBe(WINDOW.until);
    world.exchange.advanceTo(WINDOW.until);
    expect(world.events).toEqual([{ type: 'gap', since: WINDOW.from, at: WINDOW.until }]);
  });
});

describe('stale prices', () => {
  it('go on with the price from before, while orders see the true one', async () => {
    const world = await during({ ...WINDOW, type: 'stale-prices' });
    world.price('9950');
    world.price('9900');
    const [price] = world.events;
    expect(price).toMatchObject({ type: 'price', last: '10000', at: 1_000 });
    expect(heard(world)).toEqual(['price 10000', 'price 10000', 'order open', 'trade', 'order closed']);
    expect(await world.exchange.fetchPrice(BTC)).toMatchObject({ last: '10000', at: 1_000 });
    world.exchange.advanceTo(WINDOW.until);
    expect(await world.exchange.fetchPrice(BTC)).toMatchObject({ last: '9900' });
    world.price('9901');
    expect(heard(world).at(-1)).toBe('price 9901');
  });
});

describe('an incident made known on the way', () => {
  it('works at once and ends by itself', async () => {
    const world = new World();
    world.exchange.beginIncident({ type: 'ban', from: 0, until: 3_000 });
    expect(await world.code({ side: 'buy', amount: '1' })).toBe('RATE_LIMITED');
    world.exchange.advanceTo(3_000);
    expect(await world.code({ side: 'buy', amount: '1' })).toBe('done');
  });

  it('must not be over', () => {
    const world = new World();
    expect(() => world.exchange.beginIncident({ type: 'ban', from: 0, until: 1_000 })).toThrow(/an incident lasts/);
  });
});
