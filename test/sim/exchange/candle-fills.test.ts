import { describe, expect, it } from 'vitest';
import { dec } from '../../../src/domain/decimal.ts';
import { World } from './world.ts';
import type { WorldOptions } from './world.ts';

/** Long 1 and short 1 with a stop each, `s` to sell at 9900 and `b` to buy at 10100. */
async function guarded(options: WorldOptions): Promise<World> {
  const world = new World(options);
  await world.done({ side: 'buy', amount: '1' });
  await world.done({ side: 'sell', amount: '1' });
  await world.done({ side: 'sell', amount: '1', positionSide: 'long', triggerPrice: '9900', clientOrderId: 's' });
  await world.done({ side: 'buy', amount: '1', positionSide: 'short', triggerPrice: '10100', clientOrderId: 'b' });
  return world;
}

function lastTrade(world: World): string | undefined {
  return world.trades().at(-1);
}

describe('a bound on how far a stop slips', () => {
  it.each([
    ['9500', 'sell 1 @ 9801'],
    ['9850', 'sell 1 @ 9850'],
    ['10900', 'buy 1 @ 10201'],
    ['10150', 'buy 1 @ 10150'],
  ])('holds where the price jumps to %s', async (price, trade) => {
    const world = await guarded({ market: { maxStopSlip: '0.01' } });
    world.price(price);
    expect(lastTrade(world)).toBe(trade);
  });

  it('is rounded to the tick in favour of who it protects', async () => {
    const world = await guarded({ market: { maxStopSlip: '0.010003' } });
    world.price('9500');
    expect(lastTrade(world)).toBe('sell 1 @ 9801');
    world.price('10900');
    expect(lastTrade(world)).toBe('buy 1 @ 10201');
  });

  it('holds for what a stop fills later as well', async () => {
    const world = await guarded({ market: { maxStopSlip: '0.01' }, execution: ({ clientOrderId }) => (clientOrderId === 's' ? { type: 'capped', most: '0.4', restAt: 3_000 } : { type: 'normal' }) });
    world.price('9890');
    world.price('9000');
    world.price('9000');
    expect(world.trades().slice(-3)).toEqual(['sell 0.4 @ 9890', 'sell 0.4 @ 9801', 'sell 0.2 @ 9801']);
  });

  it('bounds no order at market', async () => {
    const world = new World({ market: { maxStopSlip: '0', slippage: '0.01' } });
    await world.done({ side: 'buy', amount: '1' });
    expect(lastTrade(world)).toBe('buy 1 @ 10100');
  });
});

describe('a distance that takers pay', () => {
  it('comes on top of the slippage, against either side, before rounding to the tick', async () => {
    let distance = '1.01';
    const world = new World({ market: { slippage: '0.0001' }, takerDistance: () => dec(distance) });
    await world.done({ side: 'buy', amount: '1' });
    expect(lastTrade(world)).toBe('buy 1 @ 10002.1');
    await world.done({ side: 'sell', amount: '1' });
    expect(lastTrade(world)).toBe('sell 1 @ 9997.9');
    distance = '20000';
    await world.done({ side: 'sell', amount: '0.01', positionSide: 'long' });
    expect(lastTrade(world)).toBe('sell 0.01 @ 0.1');
  });

  it('is nothing to makers', async () => {
    const world = new World({ takerDistance: () => dec('5') });
    await world.done({ side: 'buy', amount: '1', type: 'limit', price: '9990' });
    world.price('9990');
    expect(lastTrade(world)).toBe('buy 1 @ 9990');
  });
});

describe('an execution with a cap', () => {
  it('fills in whole lots what it may and goes on when it may again', async () => {
    const world = new World({ execution: () => ({ type: 'capped', most: '0.4005', restAt: 3_000 }) });
    await world.done({ side: 'buy', amount: '1', clientOrderId: 'x' });
    expect(world.trades()).toEqual(['buy 0.4 @ 10000']);
    world.price('10010');
    expect(await world.order('x')).toMatchObject({ status: 'open', filled: '0.4' });
    world.price('10020');
    expect(world.trades().at(-1)).toBe('buy 0.4 @ 10020');
    world.price('10030');
    expect(await world.order('x')).toMatchObject({ status: 'closed', filled: '1' });
  });

  it('fills nothing where nothing may be', async () => {
    const world = new World({ execution: () => ({ type: 'capped', most: '0', restAt: 60_000 }) });
    await world.done({ side: 'buy', amount: '1', clientOrderId: 'x' });
    expect(world.trades()).toEqual([]);
    expect(await world.order('x')).toMatchObject({ status: 'open', filled: '0' });
  });
});

describe('orders that act at one price', () => {
  it.each([
    [undefined, ['a', 'b']],
    [(a: { readonly clientOrderId: string }, b: { readonly clientOrderId: string }): number => (a.clientOrderId < b.clientOrderId ? 1 : -1), ['b', 'a']],
    [(): number => 0, ['a', 'b']],
  ])('come in the order they were placed, unless told otherwise: %#', async (tieBreak, expected) => {
    const world = new World(tieBreak === undefined ? {} : { tieBreak });
    for (const clientOrderId of ['a', 'b']) await world.done({ side: 'buy', amount: '0.1', triggerPrice: '10010', clientOrderId });
    await world.done({ side: 'buy', amount: '0.1', triggerPrice: '10005', clientOrderId: 'nearer' });
    world.price('10020');
    expect(world.exchange.truth().trades.map(({ clientOrderId }) => clientOrderId)).toEqual(['nearer', ...expected]);
  });
});

describe('settlements that come due at one price', () => {
  it('are paid one after the other on what is held before orders fill', async () => {
    const world = await guarded({ account: { deposit: '100000' } });
    const at = world.exchange.now() + 1_000;
    world.exchange.tick({ symbol: 'BTC/USDT:USDT', at, last: '9900', mark: '9900', index: '9900', fundingRate: '0.0003' }, ['0.0001', '0.0002']);
    const paid = world.exchange.truth().events.flatMap((event) => (event.type === 'funding' && event.positionSide === 'long' ? [event.amount] : []));
    expect(paid).toEqual(['-0.99', '-1.98', '-2.97']);
    expect(world.legs()).toEqual(['short -1']);
  });
});

describe('bars from outside', () => {
  it('stand in the place of those built from ticks', async () => {
    const bar = { at: 0, open: '1', high: '3', low: '0.5', close: '2', volume: '0' };
    const asked: unknown[] = [];
    const world = new World({ bars: (...given) => [asked.push(given), bar].slice(1) as [typeof bar] });
    expect(await world.exchange.fetchCandles('BTC/USDT:USDT', 3_600_000, 14)).toEqual([bar]);
    expect(asked).toEqual([['BTC/USDT:USDT', 3_600_000, world.exchange.now(), 14]]);
  });
});

describe('quiet prices', () => {
  const quiet = (world: World): ReturnType<World['exchange']['quietPrices']> => world.exchange.quietPrices('BTC/USDT:USDT');

  it('lie between what rests, each by its source', async () => {
    const world = new World();
    world.price('10000');
    expect(quiet(world)).toEqual({ last: { low: -Infinity, high: Infinity }, mark: { low: -Infinity, high: Infinity }, index: { low: -Infinity, high: Infinity }, until: Infinity });
    await world.done({ side: 'sell', amount: '1', triggerPrice: '9900' });
    await world.done({ side: 'sell', amount: '1', triggerPrice: '9800' });
    await world.done({ side: 'buy', amount: '1', triggerPrice: '10100', triggerBy: 'mark' });
    await world.done({ side: 'sell', amount: '1', triggerPrice: '9700', triggerBy: 'index' });
    await world.done({ side: 'sell', amount: '1', type: 'limit', price: '10200' });
    expect(quiet(world)).toEqual({ last: { low: 9900, high: 10200 }, mark: { low: -Infinity, high: 10100 }, index: { low: 9700, high: Infinity }, until: Infinity });
  });

  it('are none after a fill until the account has been looked at, and end where it is liquidated', async () => {
    const world = new World({ account: { deposit: '1010', leverage: '10' } });
    await world.done({ side: 'buy', amount: '1' });
    expect(quiet(world).mark).toEqual({ low: Infinity, high: -Infinity });
    world.price('10000');
    const { low, high } = quiet(world).mark;
    expect([low > 9000 && low < 10000, high > 10000]).toEqual([true, true]);
  });

  it('are none while an order works, and last until one that is kept back goes on', async () => {
    let fate = { type: 'capped', most: '0.4', restAt: 0 } as const as { readonly type: 'capped'; readonly most: string; readonly restAt: number };
    const world = new World({ execution: () => fate });
    await world.done({ side: 'buy', amount: '1' });
    expect(quiet(world).last.low).toBe(Infinity);
    fate = { ...fate, restAt: 9_000 };
    world.price('10000');
    expect(quiet(world)).toMatchObject({ last: { low: -Infinity, high: Infinity }, until: 9_000 });
  });
});
