import { describe, expect, it } from 'vitest';
import type { Delivery } from '../../../src/sim/exchange/config.ts';
import type { OrderRecord, WriteOutcome } from '../../../src/ports/exchange.ts';
import { BTC, World, codeOf } from './world.ts';

const PROMPT: Delivery = { requestMs: 0, responseMs: 0, applied: 1, answer: null };

describe('requests under way', () => {
  it('take effect after the request delay and answer after the response delay', async () => {
    const world = new World({ latency: { requestMs: 100, responseMs: 50 } });
    const { exchange } = world;
    const sentAt = exchange.now();
    let answer: WriteOutcome<OrderRecord> | null = null;
    void world.place({ side: 'buy', amount: '1', clientOrderId: 'a' }).then((outcome) => (answer = outcome));
    expect(exchange.nextDueAt()).toBe(sentAt + 100);
    exchange.tick({ symbol: BTC, at: sentAt + 60, last: '10500', mark: '10500', index: '10500' });
    expect(world.trades()).toEqual([]);
    exchange.advanceTo(sentAt + 100);
    expect(world.trades()).toEqual(['buy 1 @ 10500']);
    expect(exchange.nextDueAt()).toBe(sentAt + 150);
    await Promise.resolve();
    expect(answer).toBeNull();
    exchange.advanceTo(sentAt + 150);
    await Promise.resolve();
    expect(answer).toMatchObject({ type: 'done', value: { status: 'closed', createdAt: sentAt + 100 } });
    expect(exchange.nextDueAt()).toBeNull();
  });

  it('due at the time of a tick arrive before its price', () => {
    const world = new World({ latency: { requestMs: 1000, responseMs: 0 } });
    void world.place({ side: 'buy', amount: '1' });
    world.price('10500');
    expect(world.trades()).toEqual(['buy 1 @ 10000']);
  });

  it('reads say when they began and ended', async () => {
    const world = new World({ latency: { requestMs: 100, responseMs: 50 } });
    const startedAt = world.exchange.now();
    const reading = world.exchange.fetchSnapshot('main');
    world.exchange.advanceTo(startedAt + 500);
    expect(await reading).toMatchObject({ startedAt, endedAt: startedAt + 150, complete: true });
  });

  it('sent by a listener arrive after the running tick, in order', () => {
    const world = new World({ account: { positionMode: 'one-way' } });
    void world.place({ side: 'buy', amount: '1', triggerPrice: '10100', clientOrderId: 'stop' });
    world.exchange.subscribe((event) => {
      if (event.type === 'price') void world.place({ side: 'sell', amount: '2', clientOrderId: `at${event.at}` });
    });
    world.price('10100');
    expect(world.trades()).toEqual(['buy 1 @ 10100', 'sell 2 @ 10100']);
  });

  it('every listener hears every event; the error of one comes out of the tick', () => {
    const world = new World();
    const heard: string[] = [];
    world.exchange.subscribe(() => {
      throw new Error('deaf');
    });
    const end = world.exchange.subscribe((event) => heard.push(event.type));
    expect(() => world.price('10001')).toThrow('deaf');
    expect(heard).toEqual(['price']);
    end();
    expect(() => world.price('10002')).toThrow('deaf');
    expect(heard).toEqual(['price']);
  });

  const fates: readonly { readonly fate: Partial<Delivery>; readonly told: string; readonly received: readonly string[]; readonly trades: number }[] = [
    { fate: { applied: 0 }, told: 'unknown', received: [], trades: 0 },
    { fate: { answer: { type: 'unknown', message: 'timeout' } }, told: 'unknown', received: ['done'], trades: 1 },
    { fate: { applied: 0, answer: { type: 'refused', code: 'MARKET_HALTED', message: '' } }, told: 'MARKET_HALTED', received: [], trades: 0 },
    { fate: { applied: 2 }, told: 'DUPLICATE_CLIENT_ORDER_ID', received: ['done', 'DUPLICATE_CLIENT_ORDER_ID'], trades: 1 },
  ];
  it.each(fates)('may be lost, doubled or answered wrongly: $fate', async ({ fate, told, received, trades }) => {
    const world = new World({ deliver: () => ({ ...PROMPT, ...fate }) });
    expect(codeOf(await world.place({ side: 'buy', amount: '1' }))).toBe(told);
    const truth = world.exchange.truth();
    expect(truth.requests.map((request) => request.code ?? request.outcome)).toEqual(received);
    expect(truth.trades.length).toBe(trades);
  });

  it('time does not go back', () => {
    const world = new World();
    expect(() => world.exchange.advanceTo(world.exchange.now() - 1)).toThrow(/I24/);
  });
});

describe('history', () => {
  it('trades and events are read from a time on, oldest first', async () => {
    const world = new World();
    for (const price of ['10001', '10002', '10003']) {
      world.price(price);
      await world.done({ side: 'buy', amount: '0.1' });
    }
    expect((await world.exchange.fetchTrades('main', BTC, 3000)).map((trade) => trade.price)).toEqual(['10002', '10003']);
  });

  it('is bounded without keepHistory', async () => {
    const world = new World({ keepHistory: false, retain: 3 });
    for (let n = 0; n < 50; n += 1) await world.done({ side: 'buy', amount: '0.01' });
    const { trades, orders, requests } = world.exchange.truth();
    expect([trades.length < 6, orders.length, requests.length < 6]).toEqual([true, 3, true]);
    expect(world.legs()).toEqual(['long 0.5']);
  });

  it('keeps every version of every order with keepHistory', async () => {
    const world = new World();
    await world.done({ side: 'sell', amount: '1', triggerPrice: '9900' });
    world.price('9900');
    expect(world.exchange.truth().orders[0]?.history.map(({ status, triggered }) => [status, triggered])).toEqual([
      ['open', false],
      ['open', true],
      ['closed', true],
    ]);
  });
});
