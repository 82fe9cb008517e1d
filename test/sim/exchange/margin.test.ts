import { describe, expect, it } from 'vitest';
import { BTC, ETH, World } from './world.ts';
import type { WorldOptions } from './world.ts';

const FREE_OF_FEES = { takerFee: '0', makerFee: '0', liquidationFee: '0.001' } as const;

/** 1 000 of margin behind 1 BTC long at 10 000, 10x, no trading fees. */
function leveraged(more: WorldOptions = {}): World {
  return new World({ ...more, market: { ...FREE_OF_FEES, ...more.market }, account: { deposit: '1000', ...more.account } });
}

describe('balances', () => {
  it('total is at cost, equity at mark, free is what initial margin leaves', async () => {
    const world = new World({ account: { deposit: '5000' } });
    await world.done({ side: 'buy', amount: '1' }); // fee 5
    world.price('10100', { mark: '10200' });
    expect((await world.exchange.fetchSnapshot('main')).balance).toEqual({
      account: 'main',
      currency: 'USDT',
      total: '4995',
      equity: '5195',
      free: '4175', // 5195 − 10200/10
      marginRatio: '0.00981713', // 51 / 5195
    });
  });

  it('maintenance margin follows the tier of each leg', async () => {
    const tiers = [
      { maxNotional: '50000', maintenanceMarginRate: '0.005', maintenanceAmount: '0' },
      { maxNotional: null, maintenanceMarginRate: '0.01', maintenanceAmount: '250' },
    ];
    const world = new World({ market: { maintenanceTiers: tiers } });
    await world.done({ side: 'buy', amount: '5' });
    expect(world.exchange.truth().accounts[0]?.maintenance).toBe('250');
    await world.done({ side: 'buy', amount: '1' });
    expect(world.exchange.truth().accounts[0]?.maintenance).toBe('350'); // 60000 × 1 % − 250
  });

  it('refuses a leverage above the market’s cap', () => {
    expect(() => new World({ market: { maxLeverage: '20' }, account: { symbols: { [BTC]: { leverage: '21' } } } })).toThrow(/leverage 21/);
  });
});

describe('cross liquidation', () => {
  // 1000 + (m − 10000) = 0.005·m at m = 9045.226…
  it('happens at the first mark at which equity no longer exceeds maintenance, not before', async () => {
    const world = leveraged();
    await world.done({ side: 'buy', amount: '1' });
    const resting = await world.done({ side: 'buy', amount: '0.01', triggerPrice: '11000' });
    expect((await world.exchange.fetchSnapshot('main')).positions[0]?.liquidationPrice).toBe('9045.2');
    world.price('9000', { mark: '9045.3' });
    expect(world.legs()).toEqual(['long 1']);
    world.events.length = 0;
    world.price('9000', { mark: '9045.2' });
    expect(world.legs()).toEqual([]);
    expect(world.cash()).toBe('36.1548'); // 45.2 − 0.1 % of 9045.2
    expect(await world.order(resting.clientOrderId)).toMatchObject({ status: 'canceled', reason: 'LIQUIDATION' });
    const [, canceled, trade, liquidation] = world.events;
    expect(canceled).toMatchObject({ type: 'order' });
    expect(trade).toMatchObject({ type: 'trade', trade: { clientOrderId: null, side: 'sell', positionSide: 'long', price: '9045.2', amount: '1', fee: '0' } });
    expect(liquidation).toMatchObject({ type: 'liquidation', positionSide: 'long', amount: '1', price: '9045.2', fee: '9.0452' });
    expect(await world.exchange.fetchAccountEvents('main', 0)).toEqual([liquidation]);
  });

  it('never leaves a debt: a gap is closed at the bankruptcy price, the fee is what is left', async () => {
    const world = leveraged();
    await world.done({ side: 'buy', amount: '1' });
    world.price('7000');
    expect(world.trades()[1]).toBe('sell 1 @ 9000');
    expect(world.cash()).toBe('0');
  });

  it('rounds the bankruptcy price in favour of the account', async () => {
    const world = leveraged({ account: { deposit: '3001' }, market: { liquidationFee: '0' } });
    await world.done({ side: 'sell', amount: '3', positionSide: 'short' });
    world.price('13000'); // owes 9000, has 3001: 1000.333… above 10000
    expect(world.trades()[1]).toBe('buy 3 @ 11000.3');
    expect(world.cash()).toBe('0.1');
  });

  it('takes both legs of a hedge together', async () => {
    const world = leveraged({ account: { deposit: '2000' } });
    await world.done({ side: 'buy', amount: '1' });
    await world.done({ side: 'sell', amount: '1' });
    world.price('199000'); // flat in the net: 2000 against 2 × 995
    expect(world.legs()).toEqual(['long 1', 'short -1']);
    world.price('200000');
    expect(world.legs()).toEqual([]);
    expect(world.cash()).toBe('1600'); // 2 × 200
  });

  it('takes all cross positions, whichever symbol moved', async () => {
    const world = leveraged({ account: { deposit: '2001' } });
    world.price('1000', { symbol: ETH });
    await world.done({ side: 'buy', amount: '1' });
    await world.done({ side: 'buy', amount: '1', symbol: ETH });
    world.price('8000'); // 0.5 left − fee 0.5 of ETH, against 45
    expect(world.legs()).toEqual([]);
    expect(Number(world.cash())).toBe(0);
  });

  it('does not happen when switched off', async () => {
    const world = leveraged({ liquidation: false });
    await world.done({ side: 'buy', amount: '1' });
    world.price('7000');
    expect((await world.exchange.fetchSnapshot('main')).balance).toMatchObject({ equity: '-2000', free: '0', marginRatio: '1000' });
  });

  it('has no price where it is switched off', async () => {
    const world = leveraged({ liquidation: false, account: { positionMode: 'one-way' } });
    await world.done({ side: 'buy', amount: '1' });
    world.price('7000');
    expect((await world.exchange.fetchSnapshot('main')).positions).toMatchObject([{ liquidationPrice: null }]);
  });

  it('the insurance fund pays what a stop lost beyond the balance in a gap', async () => {
    const world = leveraged();
    await world.done({ side: 'buy', amount: '1' });
    await world.done({ side: 'sell', amount: '1', positionSide: 'long', triggerPrice: '9500' });
    world.price('8000');
    expect(world.trades()[1]).toBe('sell 1 @ 8000');
    expect(world.events.at(-1)).toMatchObject({ type: 'liquidation', amount: '0', fee: '-1000' });
    expect(world.cash()).toBe('0');
  });
});

describe('isolated margin', () => {
  const isolated = { account: { deposit: '5000', marginMode: 'isolated' } } as const;

  it('is fixed at opening and moves pro rata when reduced', async () => {
    const world = leveraged(isolated);
    const margin = (): string | undefined => world.exchange.truth().accounts[0]?.positions[0]?.margin;
    await world.done({ side: 'buy', amount: '1' });
    expect(margin()).toBe('1000');
    world.price('10100');
    expect((await world.exchange.fetchSnapshot('main')).balance).toMatchObject({ total: '5000', equity: '5100', free: '4000' });
    await world.done({ side: 'sell', amount: '0.25', positionSide: 'long' });
    expect(margin()).toBe('750');
    await world.done({ side: 'buy', amount: '0.25' });
    expect(margin()).toBe('1002.5');
  });

  it('loses its margin and nothing else', async () => {
    const world = leveraged(isolated);
    await world.done({ side: 'buy', amount: '1' });
    const onBtc = await world.done({ side: 'buy', amount: '0.01', price: '5000' });
    world.price('1000', { symbol: ETH });
    const onEth = await world.done({ side: 'buy', amount: '1', price: '900', symbol: ETH });
    expect((await world.exchange.fetchSnapshot('main')).positions[0]?.liquidationPrice).toBe('9045.2');
    world.price('9045.3');
    expect(world.legs()).toEqual(['long 1']);
    world.price('7000');
    expect(world.legs()).toEqual([]);
    expect(world.cash()).toBe('4000');
    expect((await world.order(onBtc.clientOrderId))?.status).toBe('canceled');
    expect((await world.exchange.fetchOrder('main', ETH, onEth.clientOrderId))?.status).toBe('open');
  });

  it('loses no more when a stop closes it beyond its margin in a gap', async () => {
    const world = leveraged(isolated);
    await world.done({ side: 'buy', amount: '1' });
    await world.done({ side: 'sell', amount: '1', positionSide: 'long', triggerPrice: '9500' });
    world.price('8000');
    expect(world.trades()[1]).toBe('sell 1 @ 8000');
    expect(world.cash()).toBe('4000');
  });

  it('keeps its margin mode while a position is open', async () => {
    const world = leveraged(isolated);
    await world.done({ side: 'buy', amount: '1' });
    expect(() => world.exchange.changeSettings('main', BTC, { marginMode: 'cross' })).toThrow(/margin mode/);
    world.exchange.changeSettings('main', BTC, { leverage: '5' });
    expect(await world.exchange.fetchSettings('main', BTC)).toEqual({ positionMode: 'hedge', marginMode: 'isolated', leverage: '5' });
  });
});

describe('funding', () => {
  it('longs pay positive rates, shorts receive them, at mark', async () => {
    const world = new World({ market: FREE_OF_FEES });
    await world.done({ side: 'buy', amount: '2' });
    await world.done({ side: 'sell', amount: '0.5' });
    world.events.length = 0;
    world.price('10000', { mark: '10100', fundingRate: '0.0001' });
    expect(world.events.map((event) => event.type)).toEqual(['price', 'funding', 'funding']);
    const [long, short] = await world.exchange.fetchAccountEvents('main', 0);
    expect(long).toMatchObject({ id: 'f1', positionSide: 'long', amount: '-2.02', rate: '0.0001', markPrice: '10100' });
    expect(short).toMatchObject({ id: 'f2', positionSide: 'short', amount: '0.505' });
    expect(world.exchange.truth().accounts[0]).toMatchObject({ funding: '-1.515', walletBalance: '99998.485' });
  });

  it('is paid before the tick’s orders: a stop that closes now has paid', async () => {
    const world = new World({ market: FREE_OF_FEES, account: { positionMode: 'one-way' } });
    await world.done({ side: 'sell', amount: '1' });
    await world.done({ side: 'buy', amount: '1', triggerPrice: '10100', reduceOnly: true });
    world.price('10100', { fundingRate: '-0.001' });
    expect(world.exchange.truth().events).toMatchObject([{ positionSide: 'both', amount: '-10.1' }]);
    expect(world.cash()).toBe('99889.9');
  });

  it('of an isolated leg goes into its own margin', async () => {
    const world = new World({ market: FREE_OF_FEES, account: { marginMode: 'isolated', deposit: '5000' } });
    await world.done({ side: 'buy', amount: '1' });
    world.price('10000', { fundingRate: '0.01' });
    expect(world.exchange.truth().accounts[0]?.positions[0]?.margin).toBe('900');
    expect((await world.exchange.fetchSnapshot('main')).balance).toMatchObject({ total: '4900', free: '4000' });
  });
});

describe('accounts', () => {
  it('are created once: ensuring again keeps money and settings', async () => {
    const world = new World({ account: { symbols: { [BTC]: { leverage: '5' } } } });
    world.exchange.ensureAccount({ account: 'hedge', deposit: '700', positionMode: 'one-way' });
    world.exchange.ensureAccount({ account: 'main', deposit: '1', positionMode: 'hedge', symbols: { [BTC]: { leverage: '7' }, [ETH]: { leverage: '9' } } });
    expect([world.cash('main'), world.cash('hedge')]).toEqual(['100000', '700']);
    expect((await world.exchange.fetchSettings('main', BTC)).leverage).toBe('5');
    expect((await world.exchange.fetchSettings('main', ETH)).leverage).toBe('9');
    world.exchange.deposit('hedge', '-200.5');
    expect(world.exchange.truth().accounts[1]).toMatchObject({ deposits: '499.5', cash: '499.5' });
    expect(() => world.exchange.ensureAccount({ account: 'hedge', deposit: '1', positionMode: 'hedge' })).toThrow(/one-way/);
  });

  it('do not see each other', async () => {
    const world = new World();
    world.exchange.ensureAccount({ account: 'hedge', deposit: '700', positionMode: 'one-way', leverage: '10' });
    await world.done({ side: 'sell', amount: '0.1', account: 'hedge', clientOrderId: 'same' });
    await world.done({ side: 'buy', amount: '0.2', clientOrderId: 'same' });
    expect(await world.exchange.fetchTrades('hedge', BTC, 0)).toMatchObject([{ amount: '0.1', positionSide: null }]);
    expect(await world.exchange.fetchTrades('main', BTC, 0)).toMatchObject([{ amount: '0.2', positionSide: 'long' }]);
  });
});
