import { describe, expect, it } from 'vitest';
import { BTC, World, codeOf } from './world.ts';

describe('market and limit orders', () => {
  it('a market order takes at last, slippage and rounding against it', async () => {
    const world = new World({ market: { slippage: '0.00011' } });
    await world.done({ side: 'buy', amount: '0.5' }); // 10001.1
    await world.done({ side: 'sell', amount: '0.5' }); // 9998.9
    expect(world.exchange.truth().trades).toMatchObject([
      { price: '10001.1', amount: '0.5', fee: '2.500275', takerOrMaker: 'taker', positionSide: 'long' },
      { price: '9998.9', amount: '0.5', fee: '2.499725', takerOrMaker: 'taker', positionSide: 'short' },
    ]);
  });

  it('a limit above the market takes at the market, a resting one is maker at its own price however far the price jumps', async () => {
    const world = new World();
    await world.done({ side: 'buy', amount: '1', price: '10050' });
    await world.done({ side: 'buy', amount: '1', price: '9950' });
    world.price('9950.1');
    expect(world.trades()).toEqual(['buy 1 @ 10000']);
    world.price('9000');
    expect(world.exchange.truth().trades[1]).toMatchObject({ price: '9950', takerOrMaker: 'maker', fee: '1.99' });
  });

  it('limits reached by one tick fill from the nearest on', async () => {
    const world = new World();
    for (const price of ['9800', '9900', '9850']) await world.done({ side: 'buy', amount: '0.1', price });
    world.price('9700');
    expect(world.trades()).toEqual(['buy 0.1 @ 9900', 'buy 0.1 @ 9850', 'buy 0.1 @ 9800']);
  });

  it('a resting limit reserves its margin until it is cancelled', async () => {
    const world = new World({ account: { deposit: '1000' } });
    const { clientOrderId } = await world.done({ side: 'buy', amount: '1', price: '9000' }); // 900 + 4.5
    expect((await world.exchange.fetchSnapshot('main')).balance).toMatchObject({ total: '1000', equity: '1000', free: '95.5', marginRatio: null });
    expect(await world.code({ side: 'buy', amount: '0.1' })).toBe('INSUFFICIENT_MARGIN');
    await world.exchange.cancelOrder({ account: 'main', symbol: BTC, clientOrderId });
    expect(await world.code({ side: 'buy', amount: '0.1' })).toBe('done');
  });
});

describe('partial fills', () => {
  it('an order fills in several trades at once', async () => {
    const world = new World({ market: { maxAmountPerTrade: '0.4' } });
    const order = await world.done({ side: 'buy', amount: '1' });
    expect(world.trades()).toEqual(['buy 0.4 @ 10000', 'buy 0.4 @ 10000', 'buy 0.2 @ 10000']);
    expect(order).toMatchObject({ status: 'closed', filled: '1' });
  });

  it('a market order goes on at the next ticks at their prices', async () => {
    const world = new World({ market: { maxAmountPerTrade: '0.4', tradesPerTick: 1 } });
    const { clientOrderId } = await world.done({ side: 'buy', amount: '1' });
    expect(await world.order(clientOrderId)).toMatchObject({ status: 'open', filled: '0.4' });
    world.price('10010');
    expect(await world.order(clientOrderId)).toMatchObject({ status: 'open', filled: '0.8' });
    world.price('10020');
    expect(world.trades()).toEqual(['buy 0.4 @ 10000', 'buy 0.4 @ 10010', 'buy 0.2 @ 10020']);
    expect(await world.order(clientOrderId)).toMatchObject({ status: 'closed', filled: '1' });
  });

  it('a fired stop goes on at the next ticks, whatever the price does, and can be cancelled', async () => {
    const world = new World({ market: { maxAmountPerTrade: '0.4', tradesPerTick: 1 } });
    const { clientOrderId } = await world.done({ side: 'sell', amount: '1', triggerPrice: '9900' });
    world.price('9890');
    world.price('9950');
    const { type } = await world.exchange.cancelOrder({ account: 'main', symbol: BTC, clientOrderId });
    expect(type).toBe('done');
    expect(await world.order(clientOrderId)).toMatchObject({ status: 'canceled', filled: '0.8', triggered: true });
    expect(world.trades()).toEqual(['sell 0.4 @ 9890', 'sell 0.4 @ 9950']);
  });
});

describe('hedge mode', () => {
  it('keeps both legs apart and closes each by its own side', async () => {
    const world = new World();
    await world.done({ side: 'buy', amount: '1', positionSide: 'long' });
    await world.done({ side: 'sell', amount: '0.4', positionSide: 'short' });
    expect(world.legs()).toEqual(['long 1', 'short -0.4']);
    await world.done({ side: 'sell', amount: '0.3', positionSide: 'long' });
    await world.done({ side: 'buy', amount: '0.4', positionSide: 'short' });
    expect(world.legs()).toEqual(['long 0.7']);
    expect(await world.code({ side: 'sell', amount: '0.8', positionSide: 'long' })).toBe('REDUCE_ONLY_REJECTED');
    expect((await world.exchange.fetchSnapshot('main')).positions).toMatchObject([{ positionSide: 'long', amount: '0.7', entryPrice: '10000', leverage: '10', marginMode: 'cross' }]);
  });

  it('a resting closing limit is cut to what is left of the leg', async () => {
    const world = new World();
    await world.done({ side: 'buy', amount: '1' });
    const limit = await world.done({ side: 'sell', amount: '1', positionSide: 'long', price: '10100' });
    await world.done({ side: 'sell', amount: '0.6', positionSide: 'long' });
    world.price('10100');
    expect(await world.order(limit.clientOrderId)).toMatchObject({ status: 'closed', amount: '0.4', filled: '0.4' });
    expect(world.legs()).toEqual([]);
  });
});

describe('one-way mode', () => {
  const oneWay = { account: { positionMode: 'one-way' } } as const;

  it('one trade closes and opens through zero, exactly', async () => {
    const world = new World({ ...oneWay, market: { takerFee: '0' } });
    await world.done({ side: 'buy', amount: '1' });
    world.price('10100');
    await world.done({ side: 'sell', amount: '1.25' });
    expect(world.trades()).toEqual(['buy 1 @ 10000', 'sell 1.25 @ 10100']);
    expect(world.legs()).toEqual(['both -0.25']);
    const snapshot = await world.exchange.fetchSnapshot('main');
    expect(snapshot.positions).toMatchObject([{ positionSide: 'both', amount: '-0.25', entryPrice: '10100' }]);
    expect(snapshot.balance).toMatchObject({ total: '100100', equity: '100100' });
  });

  it('cuts a reduce-only order to the position', async () => {
    const world = new World(oneWay);
    await world.done({ side: 'sell', amount: '0.4' });
    const order = await world.done({ side: 'buy', amount: '1', reduceOnly: true });
    expect(order).toMatchObject({ status: 'closed', amount: '0.4', filled: '0.4' });
    expect(world.legs()).toEqual([]);
  });

  it('a flip frees the margin of what it closes', async () => {
    const world = new World({ account: { positionMode: 'one-way', deposit: '1100' }, market: { takerFee: '0' } });
    await world.done({ side: 'buy', amount: '1.1' });
    expect(await world.code({ side: 'sell', amount: '2.201' })).toBe('INSUFFICIENT_MARGIN');
    expect(await world.code({ side: 'sell', amount: '2.2' })).toBe('done');
    expect(world.legs()).toEqual(['both -1.1']);
  });

  it('average entry of added and part-closed positions is for display, the cash is exact', async () => {
    const world = new World({ ...oneWay, market: { takerFee: '0' } });
    await world.done({ side: 'buy', amount: '1' });
    world.price('10001');
    await world.done({ side: 'buy', amount: '2' });
    world.price('10003');
    await world.done({ side: 'sell', amount: '1' });
    const { positions, balance } = await world.exchange.fetchSnapshot('main');
    expect(positions[0]).toMatchObject({ amount: '2', entryPrice: '10000.666666666667' });
    expect(balance.equity).toBe('100007'); // 3 + 2 × 2
    expect(world.cash()).toBe('80001'); // 100000 − 10000 − 20002 + 10003
    await world.done({ side: 'sell', amount: '2' });
    expect((await world.exchange.fetchSnapshot('main')).balance).toMatchObject({ total: '100007', equity: '100007', free: '100007' });
  });

  it('reads leave flat legs out and name refusals', async () => {
    const world = new World(oneWay);
    expect((await world.exchange.fetchSnapshot('main')).positions).toEqual([]);
    expect(codeOf(await world.exchange.cancelOrder({ account: 'main', symbol: BTC, clientOrderId: 'x' }))).toBe('ORDER_NOT_FOUND');
  });
});
