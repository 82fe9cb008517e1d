import { describe, expect, it } from 'vitest';
import type { BookDelta } from '../../../src/sim/exchange/delta.ts';
import { SimulatedExchange } from '../../../src/sim/exchange/simulated-exchange.ts';
import { BTC, ETH, World, codeOf, configOf } from './world.ts';

const ONE_WAY = { account: { positionMode: 'one-way' } } as const;

/** A world with long 1 and its stop-loss `stop`; what happens from here on is heard. */
async function holding(): Promise<World> {
  const world = new World();
  await world.done({ side: 'buy', amount: '1' });
  await world.done({ side: 'sell', amount: '1', positionSide: 'long', triggerPrice: '9000', clientOrderId: 'stop' });
  world.events.length = 0;
  return world;
}

describe('auto-deleveraging', () => {
  it('takes a part of the leg at the mark, with a trade of nobody and an event', async () => {
    const world = await holding();
    world.price('10100', { mark: '10100.04' });
    world.events.length = 0;
    world.exchange.acts.deleverage('main', BTC, 'long', '0.4');
    const [trade, event] = world.events;
    expect(trade).toMatchObject({ type: 'trade', trade: { clientOrderId: null, side: 'sell', positionSide: 'long', price: '10100', amount: '0.4', fee: '0' } });
    expect(event).toMatchObject({ type: 'liquidation', cause: 'adl', id: 'adl-t2', positionSide: 'long', amount: '0.4', price: '10100', fee: '0' });
    expect(await world.exchange.fetchAccountEvents('main', 0)).toEqual([event]);
    expect([world.legs(), (await world.order('stop'))?.status]).toEqual([['long 0.6'], 'open']);
  });

  it('takes a short back, and never more than there is', async () => {
    const world = new World(ONE_WAY);
    await world.done({ side: 'sell', amount: '1' });
    world.exchange.acts.deleverage('main', BTC, 'both', '5');
    world.exchange.acts.deleverage('main', BTC, 'both', '5');
    expect([world.trades(), world.legs()]).toEqual([['sell 1 @ 10000', 'buy 1 @ 10000'], []]);
  });
});

describe('on demand', () => {
  it('everything is liquidated, whatever the margin', async () => {
    const world = await holding();
    world.exchange.acts.liquidate('main');
    expect(await world.order('stop')).toMatchObject({ status: 'canceled', reason: 'LIQUIDATION' });
    expect(world.legs()).toEqual([]);
    expect(world.events.at(-1)).toMatchObject({ type: 'liquidation', cause: 'liquidation', amount: '1', fee: '50' });
  });

  it('isolated legs too', async () => {
    const world = new World({ account: { marginMode: 'isolated' } });
    await world.done({ side: 'buy', amount: '1' });
    world.exchange.acts.liquidate('main');
    expect(world.legs()).toEqual([]);
  });

  it('the insurance fund pays', async () => {
    const world = await holding();
    const before = Number(world.cash());
    world.exchange.acts.insure('main', BTC, 'long', '12.5');
    expect(world.events).toMatchObject([{ type: 'liquidation', cause: 'insurance', amount: '0', fee: '-12.5' }]);
    expect(Number(world.cash())).toBe(before + 12.5);
  });

  it('orders are cancelled by the exchange, of one symbol or all', async () => {
    const world = await holding();
    world.price('1000', { symbol: ETH });
    await world.done({ side: 'buy', amount: '1', symbol: ETH, triggerPrice: '1100', clientOrderId: 'eth' });
    world.exchange.acts.cancelAll('DELISTED', ETH);
    expect(world.exchange.truth().orders.map(({ order }) => order.reason)).toEqual([null, null, 'DELISTED']);
    world.exchange.acts.cancelAll('SYSTEM_CANCEL');
    expect(await world.order('stop')).toMatchObject({ status: 'canceled', reason: 'SYSTEM_CANCEL' });
  });
});

describe('rules that change', () => {
  const stop = { side: 'buy', amount: '0.01', triggerPrice: '11000.5' } as const;

  it.each([
    [{ tickSize: '1' }, 'PRICE_OFF_TICK'],
    [{ amountStep: '0.1' }, 'AMOUNT_OFF_STEP'],
    [{ minAmount: '0.02' }, 'MIN_AMOUNT'],
    [{ minCost: '500' }, 'MIN_COST'],
    [{ maxConditionalOrders: 1 }, 'MAX_CONDITIONAL_ORDERS'],
    [{ maxOpenOrders: 1 }, 'MAX_OPEN_ORDERS'],
  ] as const)('%j count from the next request on; what rests stays', async (change, code) => {
    const world = await holding();
    expect(await world.code(stop)).toBe('done');
    world.exchange.acts.changeMarket(BTC, change);
    expect(await world.code(stop)).toBe(code);
    expect(await world.order('stop')).toMatchObject({ status: 'open' });
  });

  it('add up, are read, and are known to an exchange that was restored', async () => {
    const world = await holding();
    const deltas: BookDelta[] = [world.exchange.snapshot()];
    world.exchange.onDelta((delta) => deltas.push(delta));
    world.exchange.acts.changeMarket(BTC, { tickSize: '1' });
    world.exchange.acts.changeMarket(BTC, { takerFee: '0.001' });
    for (const exchange of [world.exchange, SimulatedExchange.restore(configOf(), deltas), SimulatedExchange.restore(configOf(), [world.exchange.snapshot()])]) {
      expect(await exchange.fetchInstrument(BTC)).toMatchObject({ tickSize: '1', takerFee: '0.001', amountStep: '0.001' });
    }
  });

  it('lift the cap again', async () => {
    const world = await holding();
    world.exchange.acts.changeMarket(BTC, { maxConditionalOrders: 1 });
    world.exchange.acts.changeMarket(BTC, { maxConditionalOrders: null });
    expect(await world.code(stop)).toBe('done');
  });
});

describe('somebody else', () => {
  it('places orders with ids that are not ours, which are no requests of ours', async () => {
    const world = await holding();
    const requests = world.exchange.truth().requests.length;
    const market = await world.exchange.others.place({ account: 'main', symbol: BTC, side: 'buy', amount: '0.5', positionSide: 'long' });
    const stop = await world.exchange.others.place({ account: 'main', symbol: BTC, side: 'sell', amount: '0.5', positionSide: 'long', triggerPrice: '9500' });
    expect([market, stop]).toMatchObject([{ value: { clientOrderId: 'web_3', type: 'market', status: 'closed' } }, { value: { clientOrderId: 'web_4', type: 'stop-market', status: 'open' } }]);
    expect([world.legs(), world.exchange.truth().requests.length]).toEqual([['long 1.5'], requests]);
    expect(world.events.map((event) => event.type)).toEqual(['order', 'trade', 'order', 'order']);
    expect((await world.exchange.fetchTrades('main', BTC, 0)).at(-1)?.clientOrderId).toBe('web_3');
  });

  it('is a second bot with ids of its own, under the same rules', async () => {
    const world = await holding();
    const order = { account: 'main', symbol: BTC, side: 'buy', amount: '0.5', positionSide: 'long', price: '9000', clientOrderId: 'other-bot-1' } as const;
    expect(codeOf(await world.exchange.others.place(order))).toBe('done');
    expect(codeOf(await world.exchange.others.place(order))).toBe('DUPLICATE_CLIENT_ORDER_ID');
    expect(codeOf(await world.exchange.others.place({ ...order, clientOrderId: 'other-bot-2', amount: '0.00001' }))).toBe('AMOUNT_OFF_STEP');
    expect(await world.code({ side: 'buy', amount: '0.5', clientOrderId: 'with-hyphens' })).toBe('BAD_REQUEST');
  });

  it('cancels one of ours, with a reason that is not our own', async () => {
    const world = await holding();
    expect((await world.exchange.others.cancel('main', BTC, 'stop')).type).toBe('done');
    expect(await world.order('stop')).toMatchObject({ status: 'canceled', reason: 'CANCELED_BY_USER' });
    expect(world.exchange.truth().requests.some((request) => request.kind === 'cancel')).toBe(false);
    expect(codeOf(await world.exchange.others.cancel('main', BTC, 'stop'))).toBe('ORDER_NOT_FOUND');
  });

  it('closes a position by hand, in part or whole, in both modes', async () => {
    const world = await holding();
    await world.exchange.others.closePosition('main', BTC, 'long', '0.4');
    expect(world.legs()).toEqual(['long 0.6']);
    await world.exchange.others.closePosition('main', BTC, 'long');
    expect(world.legs()).toEqual([]);
    expect(await world.exchange.others.closePosition('main', BTC, 'long')).toBeNull();
    const oneWay = new World(ONE_WAY);
    await oneWay.done({ side: 'sell', amount: '1' });
    await oneWay.exchange.others.closePosition('main', BTC, 'both', '7');
    expect(oneWay.legs()).toEqual([]);
  });

  it('moves money: an event on the stream and in the history, unlike the first deposit', async () => {
    const world = new World();
    expect(await world.exchange.fetchAccountEvents('main', 0)).toEqual([]);
    world.exchange.others.transfer('main', '250');
    world.exchange.others.transfer('main', '-50');
    const events = await world.exchange.fetchAccountEvents('main', 0);
    expect(events).toMatchObject([
      { type: 'transfer', account: 'main', currency: 'USDT', amount: '250', at: 1_000 },
      { type: 'transfer', amount: '-50' },
    ]);
    expect(world.events.slice(1)).toEqual(events);
    expect(new Set(events.map((event) => (event.type === 'transfer' ? event.id : ''))).size).toBe(2);
    expect(world.cash()).toBe('100200');
  });

  it('changes leverage at any time, margin mode only while flat', async () => {
    const world = await holding();
    const { others } = world.exchange;
    expect(await others.changeSettings('main', BTC, { leverage: '3' })).toBe(true);
    expect(await others.changeSettings('main', BTC, { marginMode: 'isolated' })).toBe(false);
    await others.closePosition('main', BTC, 'long');
    expect(await others.changeSettings('main', BTC, { marginMode: 'isolated' })).toBe(true);
    expect(await world.exchange.fetchSettings('main', BTC)).toEqual({ positionMode: 'hedge', marginMode: 'isolated', leverage: '3' });
  });

  it('changes the position mode while flat, after cancelling all orders; requests of the old mode are refused', async () => {
    const world = await holding();
    const { others } = world.exchange;
    expect(await others.changePositionMode('main', 'one-way')).toBe(false);
    await others.closePosition('main', BTC, 'long');
    expect(await others.changePositionMode('main', 'one-way')).toBe(true);
    expect(await world.order('stop')).toMatchObject({ status: 'canceled', reason: 'CANCELED_BY_USER' });
    expect(await world.code({ side: 'buy', amount: '1', positionSide: 'long' })).toBe('POSITION_SIDE_MISMATCH');
    expect((await world.exchange.fetchSettings('main', BTC)).positionMode).toBe('one-way');
  });

  it('changed position mode: known to an exchange that was restored, which still wants the mode it was created in', async () => {
    const world = new World();
    const deltas: BookDelta[] = [world.exchange.snapshot()];
    world.exchange.onDelta((delta) => deltas.push(delta));
    await world.exchange.others.changePositionMode('main', 'one-way');
    for (const history of [deltas, [world.exchange.snapshot()]]) {
      const restored = SimulatedExchange.restore(configOf(), history);
      restored.ensureAccount({ account: 'main', deposit: '1', positionMode: 'hedge' });
      expect((await restored.fetchSettings('main', BTC)).positionMode).toBe('one-way');
      expect(() => SimulatedExchange.restore(configOf(ONE_WAY), history)).toThrow(/hedge mode/);
    }
  });

  it('acts after the running operation when called from a listener', async () => {
    const world = await holding();
    let closing: Promise<unknown> | null = null;
    world.exchange.subscribe((event) => {
      if (event.type === 'price') closing ??= world.exchange.others.closePosition('main', BTC, 'long');
    });
    world.price('9000');
    expect([world.trades()[1], await closing]).toEqual(['sell 1 @ 9000', null]);
  });
});
